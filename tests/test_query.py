"""Query: text in, bytes out; what may not be asked is refused before the engine sees it."""

import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from conftest import on_disk
from seisaku.client import Client
from seisaku.config import Config
from seisaku.errors import (
    BadQuery,
    BadRequest,
    NotAcceptable,
    QueryTooLong,
    Refused,
    TooComplex,
)
from seisaku.query import FORMATS, TABLES, answer, inspect, prepare
from seisaku.workers import WorkerPool

CONFIG = Config()


@pytest.fixture(scope="module", params=["memory", "disk"])
def pool(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[WorkerPool]:
    file = tmp_path_factory.mktemp("query") / "data.nq"
    file.write_text(
        '<urn:a> <urn:p> "東北"@ja <urn:one> .\n<urn:b> <urn:p> 1 <urn:two> .\n'.replace(
            " 1 ", ' "1"^^<http://www.w3.org/2001/XMLSchema#integer> '
        )
        + "<urn:d> <http://www.w3.org/ns/shacl#prefix> 'u' <urn:two> .\n".replace("'", '"')
        + "<urn:d> <http://www.w3.org/ns/shacl#namespace> 'urn:' <urn:two> .\n".replace("'", '"'),
        encoding="utf-8",
    )
    data = file if request.param == "memory" else on_disk(file)
    with WorkerPool([data], CONFIG, union_default_graph=True) as opened:
        yield opened


def first(offered: Sequence[str]) -> str:
    return offered[0]


def csv(
    pool: WorkerPool, text: str, default: Sequence[str] = (), named: Sequence[str] = ()
) -> list[str]:
    asked = prepare(pool, text, lambda _offered: "text/csv", default, named)
    return asked.answer(pool).body.decode().split()[1:]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }",
        "SELECT * { service silent <http://127.0.0.1/> { ?s ?p ?o } }",
        "SELECT * { ?s ?p ?o . SeRvIcE ?x { ?s ?p ?o } }",
        "SELECT * { \\u0053ERVICE <http://127.0.0.1/> { ?s ?p ?o } }",
        "SELECT * { S\\U00000045RVICE <http://127.0.0.1/> {} }",
        "SELECT * { { { OPTIONAL{SERVICE<http://127.0.0.1/>{}} } } }",
        "SELECT * { FILTER EXISTS { SERVICE <http://127.0.0.1/> {} } }",
        "PREFIX s: <http://127.0.0.1/> SELECT * { SERVICE s:x {} }",
        "SELECT * { # no\nSERVICE # yes\n<http://127.0.0.1/> {} }",
        "SELECT * { { SELECT * { SERVICE <http://127.0.0.1/> {} } } }",
        'SELECT * { ?s ?p "#" . SERVICE <http://127.0.0.1/> {} }',
        'SELECT * { ?s ?p "\\u0022" . SERVICE <http://127.0.0.1/> { ?s ?p "" } }',
        "SELECT * { ?s ?p ?o FILTER(?o<?p)SERVICE<http://127.0.0.1/>{} }",
        "ASK { ?s ?p '''a''' . SERVICE <http://127.0.0.1/> {} }",
        "CONSTRUCT { ?s ?p ?o } WHERE { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }",
        "DESCRIBE ?s { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }",
    ],
)
def test_service_is_refused_in_every_disguise(query: str) -> None:
    with pytest.raises(Refused, match="SERVICE"):
        inspect(query, CONFIG)


@pytest.mark.parametrize(
    "query",
    [
        "ASK { ?s ?p 'SERVICE' }",
        'ASK { ?s ?p """a "SERVICE" b""" }',
        "ASK { ?service ?SERVICE $SERVICE }",
        "PREFIX service: <urn:> ASK { service:SERVICE service: _:SERVICE }",
        "ASK { <urn:SERVICE> ?p ?o } # SERVICE <http://127.0.0.1/> {}",
        "ASK { ?s ?p 'x'@SERVICE }",
    ],
)
def test_what_only_looks_like_service_is_not_refused(pool: WorkerPool, query: str) -> None:
    assert answer(pool, query, first).body


@pytest.mark.parametrize(
    "query",
    [
        "INSERT DATA { <urn:a> <urn:b> <urn:c> }",
        "PREFIX u: <urn:> DELETE WHERE { ?s ?p ?o }",
        "LOAD <http://127.0.0.1/>",
        "clear all",
        "WITH <urn:one> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    ],
)
def test_an_update_is_refused_for_what_it_is(query: str) -> None:
    with pytest.raises(Refused, match="read-only"):
        inspect(query, CONFIG)


@pytest.mark.parametrize(
    "clause",
    [
        "FROM <http://127.0.0.1/x>",
        "FROM <file:///etc/passwd>",
        "FROM NAMED <http://127.0.0.1/x>",
        "FROM <urn:one> FROM NAMED <urn:other>",
        "FROM <\\u0068ttp://127.0.0.1/>",
    ],
)
def test_a_graph_that_is_not_in_the_dataset_is_refused(pool: WorkerPool, clause: str) -> None:
    with pytest.raises(Refused, match="is not a graph of this dataset"):
        answer(pool, f"SELECT * {clause} {{ ?s ?p ?o }}", first)


def test_a_prefixed_or_relative_graph_is_read_as_its_iri(pool: WorkerPool) -> None:
    assert csv(pool, "PREFIX u: <urn:> SELECT ?s FROM u:one { ?s ?p ?o }") == ["urn:a"]
    assert inspect("BASE <http://x/y/> ASK FROM <z> {}", CONFIG).graphs == ("http://x/y/z",)
    prefixed = "BASE <http://x/> PREFIX p: <q/> CONSTRUCT {} FROM NAMED p:z\\,1 WHERE {}"
    assert inspect(prefixed, CONFIG).graphs == ("http://x/q/z,1",)


def test_the_default_graph_is_the_union_unless_a_graph_is_named(pool: WorkerPool) -> None:
    query = "SELECT ?s {} {{ ?s <urn:p> ?o }} ORDER BY ?s"
    assert csv(pool, query.format("")) == ["urn:a", "urn:b"]
    assert csv(pool, query.format("FROM <urn:two>")) == ["urn:b"]
    assert csv(pool, "SELECT ?s FROM NAMED <urn:one> { ?s ?p ?o }") == []


def test_the_graphs_of_the_protocol_override_from(pool: WorkerPool) -> None:
    query = "SELECT ?s FROM <urn:one> { ?s <urn:p> ?o }"
    assert csv(pool, query, ["urn:two"]) == ["urn:b"]
    assert csv(pool, "SELECT ?s { GRAPH ?g { ?s <urn:p> ?o } }", [], ["urn:one"]) == ["urn:a"]


def test_a_graph_of_the_protocol_that_is_not_in_the_dataset_is_refused(pool: WorkerPool) -> None:
    with pytest.raises(Refused, match="<urn:other> is not a graph"):
        prepare(pool, "ASK {}", first, ["urn:other"])


def test_a_graph_of_the_protocol_that_is_no_iri_is_a_bad_request(pool: WorkerPool) -> None:
    with pytest.raises(BadRequest):
        prepare(pool, "ASK {}", first, [], ["not an iri"])


def test_nesting_is_counted_before_the_engine_sees_it() -> None:
    depth = CONFIG.nesting
    inspect("ASK " + "{" * depth + "}" * depth, CONFIG)
    with pytest.raises(TooComplex, match=rf"deeper than {depth}") as caught:
        inspect("ASK " + "{" * (depth + 1) + "}" * (depth + 1), CONFIG)
    assert (caught.value.line, caught.value.column) == (1, depth + 5)


@pytest.mark.parametrize("text", ["'{' " * 200, "# {{{{\n" * 200, "<urn:(> " * 200])
def test_brackets_in_strings_and_comments_do_not_nest(text: str) -> None:
    inspect(f"ASK {{ {text} }}", CONFIG)


def test_a_query_that_is_too_long_is_refused() -> None:
    config = Config(query_bytes=12)
    inspect("ASK { '東' }"[:12], Config(query_bytes=20))
    with pytest.raises(QueryTooLong, match="longer than 12 bytes"):
        inspect("ASK { '東' }", config)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_comes_in_each_format(pool: WorkerPool, name: str) -> None:
    found = answer(pool, "SELECT * { ?s ?p ?o }", lambda _offered: FORMATS[name])
    assert found.media_type == FORMATS[name]
    assert "東北".encode() in found.body


@pytest.mark.parametrize("name", [each for each in FORMATS if each not in TABLES])
def test_a_graph_comes_in_each_format(pool: WorkerPool, name: str) -> None:
    found = answer(pool, "CONSTRUCT WHERE { ?s ?p ?o }", lambda _offered: FORMATS[name])
    assert "東北".encode() in found.body


def test_a_graph_in_turtle_uses_the_prefixes_of_the_dataset(pool: WorkerPool) -> None:
    found = answer(pool, "DESCRIBE <urn:a>", first)
    assert found.media_type == "text/turtle"
    assert 'u:a u:p "東北"@ja .' in found.body.decode()


def test_only_formats_that_the_answer_can_have_are_offered(pool: WorkerPool) -> None:
    offered: list[list[str]] = []
    for query in ("ASK {}", "SELECT * {}", "CONSTRUCT {} {}", "DESCRIBE <urn:a>"):
        with pytest.raises(NotAcceptable):
            answer(pool, query, lambda types: offered.append(list(types)))
    tables = [FORMATS[each] for each in TABLES]
    graphs = [each for each in FORMATS.values() if each not in tables]
    assert offered == [tables, tables, graphs, graphs]


def test_what_there_is_is_said_when_nothing_is_acceptable(pool: WorkerPool) -> None:
    with pytest.raises(NotAcceptable, match=r"sparql-results\+json, .*, text/csv"):
        answer(pool, "ASK {}", lambda _offered: None)


@pytest.mark.parametrize(
    ("query", "line", "column", "what"),
    [
        ("SELECT * WHERE {\n ?s ?p\n", 3, 1, "the query ends too early: the “{” at 1:16 is not"),
        ("ASK {\n ?s ?p ?o FILTER(?o > 1 }", 2, 26, "the query ends too early: the “(” at 2:17"),
        ("SELECT *\nFRM <urn:a> { ?s ?p ?o }", 2, 5, "“<urn:a>” is not"),
        ("ASK {}\nLIMIT x", 2, 7, "“x” is not"),
        ("", 1, 1, "the query ends too early"),
    ],
)
def test_a_syntax_error_says_line_column_and_what_stands_there(
    pool: WorkerPool, query: str, line: int, column: int, what: str
) -> None:
    with pytest.raises(BadQuery) as caught:
        answer(pool, query, first)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert str(caught.value).startswith(what)
    assert "SERVICE" not in str(caught.value)


def test_a_string_that_is_not_closed_is_an_error_at_its_first_quote() -> None:
    with pytest.raises(BadQuery, match="not closed") as caught:
        inspect("SELECT * {\n ?s ?p 'x }", CONFIG)
    assert (caught.value.line, caught.value.column) == (2, 8)


def test_a_fault_that_the_engine_does_not_place_is_told_as_it_is(pool: WorkerPool) -> None:
    with pytest.raises(BadQuery, match="x"):
        answer(pool, "SELECT (1 AS ?x) (2 AS ?x) {}", first)


def test_an_unbound_prefix_is_a_bad_query(pool: WorkerPool) -> None:
    with pytest.raises(BadQuery, match=r"the prefix nope: is not declared"):
        answer(pool, "SELECT * { nope:a ?p ?o }", first)


def test_a_data_file_is_given_in_its_own_extension(tmp_path: Path) -> None:
    files = {
        "a.ttl": "<urn:a> a <urn:C> .",
        "a.nt": "<urn:b> <urn:p> <urn:C> .",
        "a.trig": "<urn:g> { <urn:c> a <urn:C> }",
        "a.rdf": '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<r:Description r:about="urn:d"><r:type r:resource="urn:C"/></r:Description></r:RDF>',
        "a.jsonld": '{"@id": "urn:e", "@type": "urn:C"}',
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with WorkerPool([tmp_path / name for name in files], CONFIG) as opened:
        assert csv(opened, "SELECT ?s { ?s ?p <urn:C> } ORDER BY ?s") == [
            f"urn:{each}" for each in "abde"
        ]
        assert csv(opened, "SELECT ?s { GRAPH <urn:g> { ?s ?p ?o } }") == ["urn:c"]


@pytest.mark.parametrize(
    "query",
    [
        "BASE <http://[> ASK FROM <x> {}",
        "PREFIX a: <//[x> ASK FROM a:b {}",
        "ASK FROM <http://[::1> {}",
        "BASE",
        "PREFIX",
        "PREFIX a:",
        "ASK FROM",
        "ASK FROM NAMED",
        "\\u",
        "\\U00110000",
        "a:b",
        "\ufeffASK {}",
        "ASK {}\x00",
        "\ud800",
    ],
)
def test_whatever_the_text_it_is_told_apart_as_a_request(pool: WorkerPool, query: str) -> None:
    with pytest.raises((BadQuery, Refused)):
        answer(pool, query, first)


def test_long_queries_are_looked_at_one_at_a_time(pool: WorkerPool) -> None:
    text = "ASK { VALUES ?x { " + "1 " * 10_000 + "} }"
    place = pool.inspections.take(Client(), time.monotonic() + 1)
    done: list[bool] = []
    thread = threading.Thread(target=lambda: done.append(bool(answer(pool, text, first))))
    thread.start()
    assert answer(pool, "ASK { ?s ?p 'a short one' }", first)
    assert done == []
    pool.inspections.give_back(place, Client())
    thread.join()
    assert done == [True]
