"""The W3C query tests, over HTTP against a server that runs and in process: the same passes.

One server holds every data file of the suites, each as the named graph that the tests call it; a
test's dataset is then chosen by the protocol's `default-graph-uri` and `named-graph-uri`. In
process each test has a store of its own. So what the front would lose shows as a difference.
"""

import http.client
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    parse,
    parse_query_results,
    serialize,
)
from rdflib import RDF, Graph, Namespace
from rdflib.collection import Collection
from rdflib.term import Node

from conftest import REPOSITORY, left_out, on_disk
from serving import Server, serving

FOLDER = REPOSITORY.parent / "shared" / "suites" / "rdf-tests" / "sparql"
HOME = "http://example.org/w3c/"
"""What stands for the folder in IRIs."""

MANIFESTS = (
    "sparql11/manifest-sparql11-query.ttl",
    "sparql11/csv-tsv-res/manifest.ttl",
    "sparql11/json-res/manifest.ttl",
    "sparql10/manifest-evaluation.ttl",
    "sparql10/manifest-syntax.ttl",
)
MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
QT = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-query#")
RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"

TESTS, PASSES = 820, 779
"""As many tests as the manifests list, and as many as pyoxigraph passes."""

REFUSED = {
    "2001/sw/DataAccess/tests/data-r2/syntax-sparql2/manifest#syntax-dataset-01",
    "2001/sw/DataAccess/tests/data-r2/syntax-sparql2/manifest#syntax-dataset-02",
    "2001/sw/DataAccess/tests/data-r2/syntax-sparql2/manifest#syntax-dataset-03",
    "2001/sw/DataAccess/tests/data-r2/syntax-sparql2/manifest#syntax-dataset-04",
    "2009/sparql/docs/tests/data-sparql11/syntax-query/manifest#test_42",
}
"""Tests of the syntax whose FROM names a graph that no data file is: 403, as it must be."""

Term = NamedNode | BlankNode | Literal
Row = frozenset[tuple[str, Term]]
Result = bool | list[Row] | frozenset[str]
"""Of an ASK, a SELECT or a graph: what can be compared."""

XSD = "http://www.w3.org/2001/XMLSchema#"


@dataclass(frozen=True)
class Test:
    """A test of the suite."""

    __test__ = False

    name: str
    kind: str
    query: str
    data: tuple[str, ...]
    named: tuple[str, ...]
    result: str | None
    text: str = field(repr=False, default="")


def path(iri: str) -> Path:
    return FOLDER / iri.removeprefix(HOME)


@cache
def suite() -> list[Test]:
    found: list[Test] = []
    for manifest in MANIFESTS:
        found += _listed(HOME + manifest)
    return found


def _listed(manifest: str) -> Iterator[Test]:
    graph = Graph().parse(path(manifest), publicID=manifest, format="turtle")
    for included in graph.objects(None, MF.include):
        for each in Collection(graph, included):
            yield from _listed(str(each))
    for entries in graph.objects(None, MF.entries):
        for each in Collection(graph, entries):
            yield _test(graph, each)


def _test(graph: Graph, test: Node) -> Test:
    action = graph.value(test, MF.action)
    assert action
    query = str(graph.value(action, QT.query) or action)
    result = graph.value(test, MF.result)
    return Test(
        str(test).removeprefix("http://www.w3.org/"),
        str(graph.value(test, RDF.type)).rpartition("#")[2],
        query,
        tuple(str(each) for each in graph.objects(action, QT.data)),
        tuple(str(each) for each in graph.objects(action, QT.graphData)),
        str(result) if result else None,
        f"BASE <{query}>\n" + path(query).read_text(encoding="utf-8"),
    )


@cache
def quads(iri: str, graph: str | None) -> list[Quad]:
    """The triples of a data file, in the named graph `graph` or the default graph."""
    form = RdfFormat.from_extension(path(iri).suffix[1:])
    name = NamedNode(graph) if graph else DefaultGraph()
    with path(iri).open("rb") as opened:
        read = parse(opened, form, base_iri=iri, rename_blank_nodes=True)
        return [Quad(each.subject, each.predicate, each.object, name) for each in read]


def graphs() -> list[str]:
    """Every file that a test takes as a graph, by the protocol or by FROM."""
    listed = {each for test in suite() for each in test.data + test.named}
    dataset = FOLDER / "sparql10" / "dataset"
    listed |= {HOME + str(each.relative_to(FOLDER)) for each in dataset.glob("data-g*.ttl")}
    return sorted(listed)


def in_process(test: Test) -> Result:
    """The result of pyoxigraph by itself. Raises `SyntaxError` when it refuses the query."""
    store = Store()
    for each in test.data:
        store.extend(quads(each, None))
    for each in test.named:
        store.extend(quads(each, each))
    if not test.data + test.named:  # the query brings its dataset along
        for each in graphs():
            store.extend(quads(each, each))
    result = store.query(test.text)
    if isinstance(result, QueryTriples):
        return _graph(serialize(result, format=RdfFormat.N_TRIPLES) or b"", RdfFormat.N_TRIPLES)
    return _table(result)


def over_http(
    connection: http.client.HTTPConnection, test: Test, form: str
) -> Result | dict[str, object]:
    """The result of the server in the format `form`, or the problem that it tells."""
    parameters = [("query", test.text)]
    if "FROM" not in test.text:  # which the protocol would override
        parameters += [("default-graph-uri", each) for each in test.data if quads(each, None)]
        parameters += [("named-graph-uri", each) for each in test.named if quads(each, None)]
    headers = {
        "Accept": f"{form}, application/n-triples;q=0.9, application/n-quads;q=0.1",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    body = urlencode(parameters, quote_via=quote)
    connection.request("POST", "/sparql", body, headers)
    response = connection.getresponse()
    said = response.read()
    if response.status != 200:
        problem: dict[str, object] = json.loads(said)
        return problem
    type_ = response.headers.get_content_type()
    if type_ == "application/n-triples":
        return _graph(said, RdfFormat.N_TRIPLES)
    assert type_ == form
    return _table(parse_query_results(said, QueryResultsFormat.from_media_type(form)))


def expected(test: Test) -> Result | None:
    """What the suite says; None when it says nothing."""
    if test.result is None:
        return None
    file = path(test.result)
    table = QueryResultsFormat.from_extension(file.suffix[1:])
    if table == QueryResultsFormat.CSV:
        return None  # holds no types: it cannot be read back
    if table:
        return _table(parse_query_results(file.read_bytes(), table))
    form = RdfFormat.from_extension(file.suffix[1:])
    read = list(parse(file.read_bytes(), form, base_iri=test.result))
    store = Store()
    store.extend(read)
    if not any(each.object == NamedNode(f"{RS}ResultSet") for each in read):
        return _graph(b"".join(f"{each} .\n".encode() for each in read), RdfFormat.N_TRIPLES)
    return _result_set(store)


def _result_set(store: Store) -> Result:
    said = store.query(f"PREFIX rs: <{RS}> SELECT ?b {{ ?set rs:boolean ?b }}")
    assert isinstance(said, QuerySolutions)
    for row in said:
        return bool(row["b"].value == "true")
    rows: dict[object, set[tuple[str, Term]]] = {}
    found = store.query(
        f"""PREFIX rs: <{RS}> SELECT * {{ ?set rs:solution ?solution
        OPTIONAL {{ ?solution rs:binding ?b . ?b rs:variable ?name ; rs:value ?value }} }}"""
    )
    assert isinstance(found, QuerySolutions)
    for row in found:
        bound = rows.setdefault(row["solution"], set())
        if row["name"] is not None:
            bound.add((row["name"].value, _canonical(row["value"])))
    return [frozenset(each) for each in rows.values()]


def _table(result: QuerySolutions | QueryBoolean) -> Result:
    if isinstance(result, QueryBoolean):
        return bool(result)
    names = [each.value for each in result.variables]
    return [
        frozenset((name, _canonical(row[name])) for name in names if row[name] is not None)
        for row in result
    ]


def _canonical(term: Term) -> Term:
    """Give a number in one form: the store keeps its value, not how it was written."""
    if not isinstance(term, Literal) or not term.datatype.value.startswith(XSD):
        return term
    name = term.datatype.value.removeprefix(XSD)
    try:
        if name in ("double", "float"):
            return Literal(str(float(term.value)), datatype=term.datatype)
        if name == "decimal" or name.lower().endswith("integer"):
            return Literal(f"{Decimal(term.value).normalize():f}", datatype=term.datatype)
    except (ArithmeticError, ValueError):
        pass
    return term


def _graph(text: bytes, form: RdfFormat) -> frozenset[str]:
    dataset = Dataset(parse(text, form))
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return frozenset(map(str, dataset))


def same(one: Result, other: Result) -> bool:
    """Whether two results are the same, whatever the order and the blank nodes' labels."""
    if not isinstance(one, list) or not isinstance(other, list):
        return type(one) is type(other) and one == other
    if len(one) != len(other):
        return False
    return _match(sorted(one, key=_blanks), list(other), {})


def _blanks(row: Row) -> int:
    return sum(isinstance(term, BlankNode) for _, term in row)


def _match(rows: list[Row], others: list[Row], labels: dict[BlankNode, BlankNode]) -> bool:
    if not any(map(_blanks, rows)):
        return Counter(rows) == Counter(others)
    first, rest = rows[-1], rows[:-1]
    for other in set(others):
        if (found := _renamed(first, other, labels)) is not None:
            left = list(others)
            left.remove(other)
            if _match(rest, left, found):
                return True
    return False


def _renamed(
    row: Row, other: Row, labels: dict[BlankNode, BlankNode]
) -> dict[BlankNode, BlankNode] | None:
    """The labels with which `row` is `other`, or None."""
    one, two = dict(row), dict(other)
    if one.keys() != two.keys():
        return None
    found = dict(labels)
    for name, term in one.items():
        if not isinstance(term, BlankNode):
            if term != two[name]:
                return None
        else:
            label = two[name]
            if not isinstance(label, BlankNode) or found.setdefault(term, label) != label:
                return None
    return found if len(set(found.values())) == len(found) else None


@pytest.fixture(scope="module", params=["memory", "disk"])
def server(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Server]:
    if not FOLDER.is_dir():
        left_out(f"the W3C suites are not at {FOLDER}")
    file = tmp_path_factory.mktemp("w3c") / "data.nq"
    lines = (f"{each} .\n" for graph in graphs() for each in quads(graph, graph))
    file.write_text("".join(lines), encoding="utf-8")
    data = file if request.param == "memory" else on_disk(file)
    with serving("--data", str(data)) as running:
        yield running


JSON = "application/sparql-results+json"
FORMATS = (JSON, "application/sparql-results+xml", "text/tab-separated-values")


def agrees(found: Result, test: Test) -> bool:
    """Whether a result is what the suite says."""
    wanted = expected(test)
    if "REDUCED" in test.text and isinstance(found, list) and isinstance(wanted, list):
        return set(found) == set(wanted)
    return wanted is not None and same(found, wanted)


def passes_in_process(test: Test) -> tuple[bool, Result | None]:
    """Whether pyoxigraph passes a test, and its result when the query runs."""
    try:
        found = in_process(test)
    except SyntaxError:
        return test.kind.startswith("Negative"), None
    except RuntimeError:  # it parses, and calls a function that is not there
        return test.kind.startswith("Positive"), None
    if test.kind != "QueryEvaluationTest":
        return test.kind.startswith("Positive"), found
    return agrees(found, test), found


def passes_over_http(test: Test, found: Result | dict[str, object]) -> bool:
    if isinstance(found, dict):
        placed = found["status"] == 400 and "line" in found
        unplaced = found["status"] == 400 and "line" not in found
        return placed if test.kind.startswith("Negative") else unplaced
    if test.kind != "QueryEvaluationTest":
        return test.kind.startswith("Positive")
    return agrees(found, test)


def test_every_test_passes_over_http_that_passes_in_process(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    both, refused, differing = 0, set(), {}
    for test in suite():
        here, result = passes_in_process(test)
        found = over_http(connection, test, JSON)
        there = passes_over_http(test, found)
        both += here and there
        if isinstance(found, dict) and found["status"] == 403:
            refused.add(test.name)
            continue
        if here != there:
            differing[test.name] = f"in process {here}, over HTTP {there}: {found}"
        if here and isinstance(result, list):
            for form in FORMATS[1:]:
                table = over_http(connection, test, form)
                if isinstance(table, dict) or not same(table, result):
                    differing[test.name] = f"another table as {form}: {table}"
    connection.close()
    with capsys.disabled():
        print(f"\nW3C query tests: {both} of {len(suite())} pass in process and over HTTP")
    assert differing == {}
    assert refused == REFUSED
    assert (len(suite()), both) == (TESTS, PASSES)
