"""The OpenAPI document: about the routes that there are, and true of a real server."""

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jsonschema_rs
import pytest
from flask.testing import FlaskClient

from conftest import REPOSITORY
from seisaku.app import create_app
from seisaku.config import Config
from seisaku.errors import RequestError
from seisaku.query import FORMATS
from seisaku.workers import WorkerPool

GRAPHS = {"/.well-known/void", "/catalog", "/graph", "/graph/{name}"}
"""Routes that give RDF, in JSON-LD too: other tests ask them."""

CONTRACT = REPOSITORY / "tests" / "contract"
UNDESCRIBED = {"static"}
"""Endpoints that are no part of the interface."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    file = tmp_path_factory.mktemp("openapi") / "a.ttl"
    file.write_text("<urn:a> <urn:b> 'c'@en .", encoding="utf-8")
    with WorkerPool([file], Config()) as pool:
        yield create_app(pool, Config()).test_client()


@pytest.fixture(scope="module")
def document(client: FlaskClient) -> Any:  # noqa: ANN401  # JSON
    found = client.get("/openapi.json")
    assert (found.status_code, found.content_type) == (200, "application/json")
    return found.json


def test_each_route_is_described_with_its_methods(client: FlaskClient, document: Any) -> None:  # noqa: ANN401
    routes = {
        re.sub(r"<(?:[^:>]*:)?(\w+)>", r"{\1}", rule.rule): {
            # OpenAPI 3.1 has no word for QUERY.
            each.lower()
            for each in rule.methods or ()
            if each not in ("HEAD", "OPTIONS", "QUERY")
        }
        for rule in client.application.url_map.iter_rules()
        if rule.endpoint not in UNDESCRIBED
    }
    described = {
        path: set(operations) - {"options", "head"}
        for path, operations in document["paths"].items()
    }
    assert described == routes


def test_each_format_and_each_problem_is_described(document: Any) -> None:  # noqa: ANN401
    responses = document["paths"]["/sparql"]["get"]["responses"]
    assert set(FORMATS.values()) <= set(responses["200"]["content"])
    text = str(document["components"]["responses"])
    for error in RequestError.__subclasses__():
        assert str(int(error.status)) in responses
        assert f"problem/{error.problem}'" in text


def test_the_document_names_the_address_that_it_was_asked_at(client: FlaskClient) -> None:
    found = client.get("/openapi.json", base_url="https://data.example.org/sub").json
    assert found is not None
    assert found["servers"] == [{"url": "https://data.example.org/sub"}]


def test_each_json_route_has_an_example_that_is_answered_as_described(stocked: str) -> None:
    with urllib.request.urlopen(f"{stocked}/openapi.json") as response:  # noqa: S310  # our own
        document = json.load(response)
    urllib.request.urlopen(f"{stocked}/sparql?query=ASK{{}}").close()  # noqa: S310  # waits for the dataset
    tried = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            content = operation["responses"].get("200", {}).get("content", {})
            if not any(each.endswith("json") for each in content) or path in GRAPHS:
                continue
            for request in _examples(stocked, path, method, operation):
                with urllib.request.urlopen(request) as response:  # noqa: S310
                    media_type = response.headers.get_content_type()
                    said = json.load(response) if media_type.endswith("json") else None
                if schema := content[media_type].get("schema"):
                    whole = {**schema, "components": document["components"]}
                    jsonschema_rs.validate(whole, said)
            tried.append(path)
    assert {"/search", "/search/suggest", "/mcp", "/sparql", "/health"} <= set(tried)


def _examples(
    served: str, path: str, method: str, operation: dict[str, Any]
) -> Iterator[urllib.request.Request]:
    """Give the requests that the examples of an operation are."""
    parameters = operation.get("parameters", [])
    given = {each["name"]: each["example"] for each in parameters if "example" in each}
    required = {each["name"] for each in parameters if each.get("required")}
    assert required <= given.keys(), path
    query = {
        each["name"]: given[each["name"]]
        for each in parameters
        if each["in"] == "query" and each["name"] in given
    }
    address = served + path.format_map(given) + (f"?{urlencode(query)}" if query else "")
    accept = {"Accept": "application/json, text/event-stream;q=0.1"}
    bodies = operation.get("requestBody", {}).get("content", {})
    for media_type, content in bodies.items():
        example = content["example"]
        body = urlencode(example) if media_type.endswith("urlencoded") else example
        if media_type.endswith("json"):
            body = json.dumps(example)
        headers = {**accept, "Content-Type": media_type}
        yield urllib.request.Request(address, body.encode(), headers, method=method.upper())  # noqa: S310
    if not bodies:
        yield urllib.request.Request(address, headers=accept, method=method.upper())  # noqa: S310


def test_schemathesis_finds_no_failure_on_a_running_server(stocked: str, tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("schemathesis"))]
    command += ["--config-file", str(CONTRACT / "schemathesis.toml")]
    command += ["run", f"{stocked}/openapi.json", "--seed", "1", "--max-examples", "15"]
    command += ["--phases", "examples,coverage,fuzzing", "--checks", "all", "--no-color"]
    # OpenAPI 3.1 has no word for QUERY, which /sparql tells in Allow.
    command += ["--exclude-checks", "allow_header_conformance"]
    environment = {**os.environ, "PYTHONPATH": str(CONTRACT), "SCHEMATHESIS_HOOKS": "hooks"}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout
    assert "0 skipped" in done.stdout or "passed" in done.stdout
