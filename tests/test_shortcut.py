"""The straight way of plain look-ups: the same answers as by the application, and no loose ends."""

from __future__ import annotations

import http.client
import json
import os
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from conftest import REPOSITORY, serving
from seisaku.config import Config
from seisaku.errors import RequestError
from seisaku.query import glance, inspect
from serving import with_descendants

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORT = "SELECT ?o { <urn:s1> <urn:p> ?o }"
LONG = "SELECT ?s ?o { ?s <urn:p> ?o } ORDER BY ?s LIMIT 200"
GRAPH = "CONSTRUCT { ?s <urn:p> ?o } WHERE { ?s <urn:p> ?o } LIMIT 3"
HEAVY = "SELECT (COUNT(*) AS ?c) { ?a ?b ?c1 . ?d ?e ?f . ?g ?h ?i }"
OF_EACH = ("date", "x-request-id")
"""The headers in which two answers to one query differ."""

Answered = tuple[int, dict[str, str], bytes]


@pytest.fixture(scope="module", params=["0", "1000000"], ids=["no cache", "cache"])
def port(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    file = tmp_path_factory.mktemp("shortcut") / "data.nt"
    lines = (f"<urn:s{n}> <urn:p> <urn:o{n}> .\n" for n in range(1000))
    file.write_text("".join(lines), encoding="utf-8")
    settings = {"SEISAKU_CACHE": request.param, "SEISAKU_DEADLINE": "1.5"}
    with serving("--data", str(file), settings=settings) as (port, _):
        yield port


def ask(port: int, query: str, **headers: str) -> Answered:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.request("GET", f"/sparql?query={quote(query)}", headers=given)
        answer = connection.getresponse()
        said = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, said, answer.read()
    finally:
        connection.close()


def like(answered: Answered) -> Answered:
    status, headers, body = answered
    return status, {name: headers[name] for name in headers if name not in OF_EACH}, body


@pytest.mark.parametrize(
    "query", [SHORT, LONG, GRAPH, HEAVY, "SELECT {", "ASK { SERVICE <urn:x> {} }"]
)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Accept": "application/sparql-results+xml, application/rdf+xml;q=0.5"},
        {"Accept": "text/html"},
        {"Accept_Encoding": "gzip, zstd"},
        {"Accept_Encoding": "gzip", "Accept": "text/csv, text/turtle"},
    ],
    ids=str,
)
def test_the_second_answer_of_a_kind_is_like_the_first(
    port: int, query: str, headers: dict[str, str]
) -> None:
    first = ask(port, query, **headers)
    for _ in range(2):
        assert like(ask(port, query, **headers)) == like(first)


def test_another_query_of_a_known_kind_gets_its_own_answer(port: int) -> None:
    for number in range(5):
        status, headers, body = ask(port, SHORT.replace("s1", f"s{number}"))
        assert status == 200
        (row,) = json.loads(body)["results"]["bindings"]
        assert row["o"]["value"] == f"urn:o{number}"
        assert int(headers["content-length"]) == len(body)


def test_tags_are_heeded(port: int) -> None:
    tag = [ask(port, SHORT)[1]["etag"] for _ in range(2)]
    assert tag[0] == tag[1]
    assert ask(port, SHORT, If_None_Match=tag[0])[0] == 304


def test_a_request_keeps_the_name_that_its_client_gives_it(port: int) -> None:
    for _ in range(2):
        assert ask(port, SHORT, X_Request_ID="mine")[1]["x-request-id"] == "mine"
        assert len(ask(port, SHORT, X_Request_ID="no name")[1]["x-request-id"]) == 32


def test_every_request_is_counted(port: int) -> None:
    def counted() -> float:
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as response:
            told = response.read().decode()
        name = 'seisaku_requests_total{method="GET",route="/sparql",status="200"}'
        return float(next(line.split()[-1] for line in told.splitlines() if name in line))

    ask(port, SHORT)
    before = counted()
    for _ in range(5):
        ask(port, SHORT)
    assert counted() == before + 5


def test_who_has_nothing_to_do_takes_no_time_whoever_heard_the_workers_last(tmp_path: Path) -> None:
    file = tmp_path / "data.nt"
    lines = (f"<urn:s{n}> <urn:p> <urn:o{n}> .\n" for n in range(2000))
    file.write_text("".join(lines), encoding="utf-8")
    long = "SELECT ?s ?o { ?s <urn:p> ?o }"  # more than a worker says at a time
    with serving("--data", str(file), settings={"SEISAKU_DEADLINE": "1"}) as (port, process):
        for _ in range(3):
            ask(port, SHORT)
            assert ask(port, long)[0] == 200
            assert ask(port, HEAVY)[0] == 504
            ask(port, SHORT)
        time.sleep(0.5)
        before = _processor_seconds(process.pid)
        time.sleep(1)
        assert _processor_seconds(process.pid) - before < 0.5


def _processor_seconds(pid: int) -> float:
    """What a process and those below it have taken, those that have ended not counted."""
    ticks = 0
    for each in with_descendants(pid):
        fields = Path(f"/proc/{each}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def test_who_leaves_gives_its_worker_back(port: int) -> None:
    ask(port, SHORT)
    for number in range(12):  # thrice as many as there are workers
        with socket.create_connection(("127.0.0.1", port)) as leaving:
            target = f"/sparql?query={quote(f'{HEAVY} # {number}')}"
            leaving.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            time.sleep(0.02)
    until = time.monotonic() + 5
    while ask(port, SHORT)[0] != 200:
        assert time.monotonic() < until


@pytest.mark.parametrize("file", sorted((REPOSITORY / "data" / "queries").glob("*.rq")), ids=str)
def test_a_glance_sees_what_an_inspection_sees(file: Path) -> None:
    text = file.read_text(encoding="utf-8").partition("\n\n")[2]
    found = glance(text, Config())
    assert found is None or found == inspect(text, Config())
    assert found or "#" in text.partition("{")[0] or "FROM" in text.upper()


@pytest.mark.parametrize(
    "text",
    [
        "ASK { BIND(RAND() AS ?x) }",
        "ASK FROM <urn:g> { }",
        "ASK { SERVICE <urn:x> { } }",
        "ASK { SERV\\u0049CE <urn:x> { } }",
        "INSERT DATA { <urn:a> <urn:b> <urn:c> }",
        "PREFIX select: <urn:x> DELETE WHERE { ?s ?p ?o }",
        "# ASK\nCONSTRUCT WHERE { ?s ?p ?o }",
        "ASK " + "{" * 200 + "}" * 200,
        "ask",
        "PREFIX ask: <urn:ask> SELECT * { ?s ask:x ?o }",
        "SELECT ('FROM' AS ?x) { }",
        "SELECT ?from $service { ?from ?now $service }",
        "SELECT ?s { ?s <urn:p>?SERVICE <urn:x> { } }",
        "SELECT * { ?x a ?SERVICE<urn:x>{ } }",
    ],
)
def test_a_glance_is_sure_or_gives_none(text: str) -> None:
    found = glance(text, Config())
    try:
        inspected = inspect(text, Config())
    except RequestError:
        assert found is None
    else:
        assert found in (None, inspected)


def test_a_variable_may_have_the_name_of_a_keyword() -> None:
    assert glance("SELECT ?from { ?from ?now $service }", Config())
