"""Each store, started for real: the push, the questions, the protocol and the limits behind us."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from pyoxigraph import Literal, QueryResultsFormat, QuerySolutions, parse_query_results
from rdflib import RDF, Graph, URIRef

import stores
from conftest import REPOSITORY, left_out
from seisaku import snapshot
from seisaku.config import STORE, Config
from seisaku.errors import InputError, StoreFailed
from seisaku.push import push
from seisaku.query import answer
from seisaku.questions import Question, read
from seisaku.remote import RemotePool
from serving import Said, Server, serving
from stores import Store
from test_w3c_protocol import FOLDER, MF, TESTS, UPDATES, exchanges, fault, given

JSON = "application/sparql-results+json"
EXPECTED = REPOSITORY / "tests" / "questions"
QUESTIONS = read(REPOSITORY / "data" / "queries")
LIMITS: dict[str, Any] = {"deadline": 60.0, "workers": 2}

UNASKED: dict[str, set[str]] = {
    "oxigraph": set(),
    # these may take it more than a minute on a busy machine
    "fuseki": {"CQ45", "G7", "UQ08", "UQ13", "UQ15", "UQ16", "UQ17", "UQ29"},
    # this ends its process: 7.2.5 takes a segmentation fault
    "virtuoso": {"CQ59"},
}
"""Questions that a store is not asked here."""

DIFFERENT: dict[str, set[str]] = {
    "oxigraph": set(),
    # CQ49 subtracts two moments, which SPARQL 1.1 leaves open
    "fuseki": {"CQ49"},
    # a truth that is computed is a number, the name of a graph a text, and CQ35 and UQ28 find
    # nothing
    "virtuoso": {
        *("CQ35", "CQ43", "CQ45", "CQ49", "CQ53", "G7", "G9", "UQ12", "UQ13", "UQ21", "UQ22"),
        "UQ28",
    },
}
"""Questions that a store may answer otherwise: `docs/stores.md` tells how."""


@pytest.fixture(scope="module", params=stores.NAMES)
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    name: str = request.param
    if what := stores.missing(name):
        left_out(what)
    with stores.running(name) as running:
        yield running


def pushed(store: Store, dataset: Path, digest: str) -> dict[str, int]:
    return push(dataset, digest, Config(**store.settings), lambda _step, _what: None)


def written(folder: Path, lines: list[str]) -> Path:
    file = folder / "data.nq"
    file.write_text("".join(sorted(set(lines))), encoding="utf-8")
    return file


def rows(results: bytes, form: QueryResultsFormat) -> Counter[tuple[object, ...]]:
    """Give the rows, numbers and truths by their value."""
    found = parse_query_results(results, format=form)
    assert isinstance(found, QuerySolutions)
    return Counter(tuple(by_value(term) for term in row) for row in found)


def by_value(term: object) -> object:
    if isinstance(term, Literal) and term.datatype.value.endswith(("#decimal", "#integer")):
        return term.datatype.value, float(term.value)
    return str(term)


def right(question: Question, pool: RemotePool) -> bool:
    try:
        found = answer(pool, question.text, lambda _offered: JSON)
    except StoreFailed:
        return False
    expected = (EXPECTED / f"{question.id.lower()}.tsv").read_bytes()
    return rows(found.body, QueryResultsFormat.JSON) == rows(expected, QueryResultsFormat.TSV)


def test_a_snapshot_is_pushed_whole_and_all_questions_are_answered(
    store: Store, built: Path, tmp_path: Path
) -> None:
    sizes = pushed(store, built / snapshot.DATASET, built.name)
    told = snapshot.manifest(built)["triples"]
    assert {graph.rpartition("/")[2]: size for graph, size in sizes.items()} == told
    config = Config(**store.settings, **LIMITS, snapshots=tmp_path)
    with RemotePool(config) as pool:
        assert pool.digest == built.name
        assert pool.dataset.quads == sum(told.values())
        assert pool.dataset.prefixes["ssk"] == "https://w3id.org/seisaku/def#"
        wrong = {
            each.id
            for each in QUESTIONS
            if each.id not in UNASKED[store.name] and not right(each, pool)
        }
    assert wrong <= DIFFERENT[store.name]


def test_the_search_reads_what_the_store_holds_where_the_snapshot_is_not(
    store: Store, tmp_path: Path
) -> None:
    lines = ['<urn:s> <urn:p> "東京"@ja <urn:g> .\n', "<urn:s> <urn:p> <urn:o> <urn:h> .\n"]
    pushed(store, written(tmp_path, lines), "copied")
    with RemotePool(Config(**store.settings, snapshots=tmp_path)) as pool:
        (file,) = pool.files
        assert sorted(file.read_text(encoding="utf-8").splitlines(keepends=True)) == sorted(lines)
    assert not file.exists()


def test_the_protocol_tests_pass_and_updates_are_refused(store: Store, tmp_path: Path) -> None:
    if not FOLDER.is_dir():
        left_out(f"the W3C suites are not at {FOLDER}")
    suite = Graph().parse(FOLDER / "manifest.ttl", publicID="http://example.org/protocol/")
    pushed(store, written(tmp_path, given(suite)), "protocol")
    tests = sorted(map(str, suite.subjects(RDF.type, MF.ProtocolTest)))
    assert len(tests) == TESTS
    faults, refused = {}, set()
    with serving(**store.settings, **LIMITS, snapshots=tmp_path) as server:
        before = server.ask("SELECT * { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g ?s ?p ?o").body
        for test in tests:
            name = test.rpartition("#")[2]
            for each in exchanges(suite, URIRef(test)):
                said = server.request(each.method, each.path, each.body, each.headers)
                if name in UPDATES:
                    refused |= {name} if said.status == 403 else set()
                    break
                if problem := fault(each, said):
                    faults[name] = problem
        assert server.ask("SELECT * { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g ?s ?p ?o").body == before
    assert faults == {}
    assert refused == UPDATES


@pytest.fixture(scope="module")
def front(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server before the store, which holds a thousand triples."""
    folder = tmp_path_factory.mktemp("front")
    integer = "http://www.w3.org/2001/XMLSchema#integer"
    lines = [f'<urn:s{i}> <urn:p> "{i}"^^<{integer}> <urn:g> .\n' for i in range(999)]
    lines += ['<urn:s> <urn:says> "true"^^<http://www.w3.org/2001/XMLSchema#boolean> <urn:h> .\n']
    lines += ["<urn:s> <urn:has> _:b <urn:h> .\n", '_:b <urn:says> "a" <urn:h> .\n']
    pushed(store, written(folder, lines), "thousand")
    limits = {"deadline": 3, "answer_bytes": 60_000, "snapshots": folder}
    with serving(**store.settings, **limits) as server:
        yield server


def problem(said: Said) -> tuple[int, str]:
    told = json.loads(said.body)
    return said.status, told["type"].rpartition("/")[2]


REFUSED = {
    "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }": (403, "refused"),
    "INSERT DATA { <urn:s> <urn:p> 1 }": (403, "refused"),
    "SELECT * FROM <urn:elsewhere> { ?s ?p ?o }": (403, "refused"),
    "PREFIX bif: <bif:> SELECT (bif:system('id') AS ?x) { }": (403, "refused"),
    "SELECT (<java:java.lang.System>() AS ?x) { }": (403, "refused"),
    "SELECT (bif:now() AS ?x) { }": (400, "bad-query"),
    'DEFINE get:soft "replace" SELECT * { ?s ?p ?o }': (400, "bad-query"),
    "SELECT * {\n ?s ?p }": (400, "bad-query"),
    "SELECT * { ?s ?p ?o": (400, "bad-query"),
    "SELECT * { ?s ?p ?o FILTER <https://w3id.org/seisaku/def#matches>(?o, 'a') }": (
        400,
        "bad-query",
    ),
    "SELECT * { ?a ?b ?c }": (413, "answer-too-large"),
}


@pytest.mark.parametrize("query", REFUSED)
def test_what_is_refused_is_refused_before_a_store(front: Server, query: str) -> None:
    assert problem(front.ask(query)) == REFUSED[query]


def test_a_syntax_error_is_told_with_its_line(front: Server) -> None:
    told = json.loads(front.ask("SELECT * {\n ?s ?p }").body)
    assert told["line"] == 2


def test_a_query_that_takes_too_long_gives_504_in_time(front: Server) -> None:
    begun = time.monotonic()
    said = front.ask(
        "SELECT (COUNT(*) AS ?n) { ?a <urn:p> ?b . ?c <urn:p> ?d . ?e <urn:p> ?f "
        "FILTER(?b * ?d - ?f = -1) }"
    )
    assert problem(said) == (504, "deadline-exceeded")
    assert time.monotonic() - begun < 6


def test_no_graph_but_those_of_the_snapshot_is_seen(front: Server) -> None:
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    graphs = "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g"
    assert front.ask(count, "text/csv").body.split() == [b"n", b"1002"]
    assert front.ask(graphs, "text/csv").body.split() == [b"g", b"urn:g", b"urn:h"]
    mark = f"SELECT ?s {{ GRAPH <{STORE}> {{ ?s ?p ?o }} }}"
    assert front.ask(mark, "text/csv").body.split() == [b"s"]
    one = "SELECT (COUNT(*) AS ?n) FROM <urn:h> { ?s ?p ?o }"
    assert front.ask(one, "text/csv").body.split() == [b"n", b"3"]
    none = "ASK FROM <urn:h> { GRAPH ?g { ?s ?p ?o } }"
    assert b"false" in front.ask(none, JSON).body
    over = {"query": one, "default-graph-uri": "urn:g", "format": "csv"}
    assert front.request("GET", f"/sparql?{urlencode(over)}").body.split() == [b"n", b"999"]


def test_each_format_says_the_same(front: Server) -> None:
    query = "SELECT ?o ?b { <urn:s> <urn:says> ?o ; <urn:has> ?b }"
    assert front.ask(query, "text/csv").body.split()[1].startswith(b"true,")
    told = json.loads(front.ask(query, JSON).body)["results"]["bindings"][0]
    assert told["o"]["value"] == "true"
    assert told["b"]["type"] == "bnode"
    assert json.loads(front.ask("ASK { ?s ?p ?o }", JSON).body)["boolean"] is True
    construct = "CONSTRUCT { ?s ?p ?o } { GRAPH <urn:h> { ?s ?p ?o } }"
    for media_type in ("text/turtle", "application/rdf+xml", "application/n-triples"):
        graph = Graph().parse(data=front.ask(construct, media_type).body, format=media_type)
        assert len(graph) == 3


def test_a_client_that_has_the_answer_is_told_so(front: Server) -> None:
    target = f"/sparql?{urlencode({'query': 'ASK { ?s ?p ?o }'})}"
    tag = front.request("GET", target).headers["ETag"]
    assert front.request("GET", target, headers={"If-None-Match": tag}).status == 304


def test_readers_see_one_snapshot_or_the_other_and_lose_no_request(
    store: Store, tmp_path: Path
) -> None:
    def version(name: int) -> Path:
        lines = [
            f'<urn:s{i}> <urn:version> "{name}" <urn:{g}> .\n' for i in range(300) for g in "ab"
        ]
        return written(tmp_path, lines)

    count = (
        "SELECT ?a ?b (COUNT(*) AS ?n) { GRAPH <urn:a> { ?s <urn:version> ?a } "
        "GRAPH <urn:b> { ?s <urn:version> ?b } } GROUP BY ?a ?b"
    )
    said: list[tuple[int, bytes, str | None]] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            found = server.ask(count, "text/csv")
            said.append((found.status, found.body, found.headers["ETag"]))

    pushed(store, version(0), "v0")
    with serving(**store.settings, deadline=8, cache=0, snapshots=tmp_path) as server:
        readers = [threading.Thread(target=ask) for _ in range(2)]
        for each in readers:
            each.start()
        for name in (1, 2, 3):
            pushed(store, version(name), f"v{name}")
        ends = time.monotonic() + 20
        while b"3,3," not in said[-1][1] and time.monotonic() < ends:
            time.sleep(0.1)
        stop.set()
        for each in readers:
            each.join()
    assert {status for status, *_ in said} == {200}
    seen = {(body.split()[1].decode(), tag) for _, body, tag in said}
    whole = {f"{name},{name},300" for name in range(4)}
    assert {row for row, _ in seen} <= whole
    assert {row for row, _ in seen} >= {"0,0,300", "3,3,300"}
    assert len(seen) == len({tag for _, tag in seen}) == len({row for row, _ in seen})


def test_a_wrong_password_is_told_and_the_store_stays_as_it_was(
    store: Store, tmp_path: Path
) -> None:
    if not store.password:
        pytest.skip("this store knows no users")
    pushed(store, written(tmp_path, ["<urn:s> <urn:p> <urn:o> <urn:g> .\n"]), "before")
    config = Config(**{**store.settings, "store_password": "wrong"})
    with pytest.raises(InputError, match="401"):
        push(written(tmp_path, ["<urn:s> <urn:p> <urn:x> <urn:g> .\n"]), "after", config, print)
    with RemotePool(Config(**store.settings)) as pool:
        assert pool.digest == "before"
