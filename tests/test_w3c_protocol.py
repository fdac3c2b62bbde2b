"""The W3C tests of the SPARQL 1.1 Protocol, over HTTP, against a server that runs."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rdflib import RDF, RDFS, Graph, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from conftest import REPOSITORY, left_out
from serving import Said, Server, serving

FOLDER = REPOSITORY.parent / "shared" / "suites" / "rdf-tests" / "sparql" / "sparql11" / "protocol"
MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
HT = Namespace("http://www.w3.org/2011/http#")
CNT = Namespace("http://www.w3.org/2011/content#")
UT = Namespace("http://www.w3.org/2009/sparql/tests/test-update#")
DATA = "http://kasei.us/2009/09/sparql/data/"

TESTS = 34
"""As many as the suite has; the Oxigraph server, which can update, passes them all."""

UPDATES = {
    "update_base_uri",
    "update_dataset_default_graph",
    "update_dataset_default_graphs",
    "update_dataset_full",
    "update_dataset_named_graphs",
    "update_post_direct",
    "update_post_form",
}
"""These change the data. A read-only endpoint may refuse them, and does."""


@dataclass(frozen=True)
class Exchange:
    """A request of the suite and the response that it expects."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes | None
    statuses: set[str]
    form: str | None
    boolean: bool | None


def exchanges(graph: Graph, test: Node) -> list[Exchange]:
    listed = graph.value(graph.value(test, MF.action), HT.requests)
    assert listed
    return [_exchange(graph, each) for each in Collection(graph, listed)]


def _exchange(graph: Graph, request: Node) -> Exchange:
    headers = {}
    if listed := graph.value(request, HT.headers):
        for each in Collection(graph, listed):
            headers[str(graph.value(each, HT.fieldName))] = str(graph.value(each, HT.fieldValue))
    body = None
    if content := graph.value(request, HT.body):
        encoding = str(graph.value(content, CNT.characterEncoding))
        body = str(graph.value(content, CNT.chars)).encode(encoding)
    expected = graph.value(request, HT.resp)
    statuses = {str(each)[-3] for each in graph.objects(expected, MF.expectedStatus)}
    form = graph.value(expected, MF.expectedFormat)
    boolean = graph.value(expected, MF.expectedBoolean)
    return Exchange(
        str(graph.value(request, HT.methodName)),
        str(graph.value(request, HT.absolutePath)).replace("/sparql/", "/sparql", 1),
        headers,
        body,
        statuses,
        str(form) if form else None,
        None if boolean is None else str(boolean) == "true",
    )


@pytest.fixture(scope="module")
def suite() -> Graph:
    if not FOLDER.is_dir():
        left_out(f"the W3C suites are not at {FOLDER}")
    return Graph().parse(FOLDER / "manifest.ttl", publicID="http://example.org/protocol/")


def given(suite: Graph) -> list[str]:
    """The graphs that the tests presuppose, each in its own named graph, as lines of N-Quads."""
    data = [f'<urn:s> <urn:p> "the default graph is not empty" <{DATA}data0.rdf> .\n']
    for each in set(suite.objects(None, UT.graphData)):
        name = Path(str(suite.value(each, UT.graph))).name
        graph = suite.value(each, RDFS.label)
        lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
        triples = [line.strip()[:-1] for line in lines if line.strip().endswith(".")]
        data += [f"{triple} <{graph}> .\n" for triple in triples]
    return sorted(set(data))


@pytest.fixture(scope="module")
def server(suite: Graph, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the graphs that the tests presuppose."""
    file = tmp_path_factory.mktemp("protocol") / "data.nq"
    file.write_text("".join(given(suite)), encoding="utf-8")
    with serving("--data", str(file)) as running:
        yield running


def said(server: Server, exchange: Exchange) -> Said:
    """Send it as it stands in the suite: no header of ours but those HTTP needs."""
    return server.request(exchange.method, exchange.path, exchange.body, exchange.headers)


def fault(expected: Exchange, found: Said) -> str | None:
    """Say what is wrong with a response, or None."""
    if str(found.status)[0] not in expected.statuses:
        return f"status {found.status}, not {expected.statuses}: {found.body.decode()}"
    form, type_ = expected.form, found.headers.get_content_type()
    tables = {"application/sparql-results+json", "application/sparql-results+xml"}
    if form == "boolean" and type_ not in tables:
        return f"{type_} is no format of a boolean"
    if form == "tabular" and type_ not in tables | {"text/csv", "text/tab-separated-values"}:
        return f"{type_} is no format of a table"
    if form == "RDF":
        Graph().parse(data=found.body, format=type_)  # which raises on another type, or bad RDF
    if expected.boolean is not None and _boolean(found) is not expected.boolean:
        return f"not {expected.boolean}: {found.body.decode()}"
    return None


def _boolean(found: Said) -> bool:
    if found.headers.get_content_type().endswith("xml"):
        text = ElementTree.fromstring(found.body).findtext("{*}boolean")  # noqa: S314
        return text == "true"
    boolean: bool = json.loads(found.body)["boolean"]
    return boolean


def test_all_protocol_tests_pass_and_updates_are_refused(
    suite: Graph, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    tests = sorted(map(str, suite.subjects(RDF.type, MF.ProtocolTest)))
    assert len(tests) == TESTS
    faults, refused = {}, set()
    before = server.ask("SELECT * { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g ?s ?p ?o").body
    for test in tests:
        name = test.rpartition("#")[2]
        asked = exchanges(suite, URIRef(test))
        if name in UPDATES:
            found = said(server, asked[0])
            refused |= {name} if found.status == 403 else set()
            continue
        for each in asked:
            if problem := fault(each, said(server, each)):
                faults[name] = problem
    after = server.ask("SELECT * { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g ?s ?p ?o").body
    passed = TESTS - len(UPDATES) - len(faults)
    with capsys.disabled():
        print(f"\nW3C protocol tests: {passed} pass, {len(refused)} updates are refused")
    assert faults == {}
    assert refused == UPDATES
    assert before == after
