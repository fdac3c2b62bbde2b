"""The OpenAPI document: about the routes that there are, and true of a real server."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from conftest import REPOSITORY
from seisaku.app import create_app
from seisaku.config import Config
from seisaku.errors import RequestError
from seisaku.query import FORMATS
from seisaku.workers import WorkerPool

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


def test_schemathesis_finds_no_failure_on_a_running_server(served: str, tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("schemathesis"))]
    command += ["--config-file", str(CONTRACT / "schemathesis.toml")]
    command += ["run", f"{served}/openapi.json", "--seed", "1", "--max-examples", "15"]
    command += ["--phases", "examples,coverage,fuzzing", "--checks", "all", "--no-color"]
    # OpenAPI 3.1 has no word for QUERY, which /sparql tells in Allow.
    command += ["--exclude-checks", "allow_header_conformance"]
    environment = {**os.environ, "PYTHONPATH": str(CONTRACT), "SCHEMATHESIS_HOOKS": "hooks"}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout
    assert "0 skipped" in done.stdout or "passed" in done.stdout
