"""SERVICE: closed unless an endpoint is allowed, and then asked within its limits."""

import contextlib
import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from seisaku.config import Config
from seisaku.errors import Refused, ServiceFailed, UsageError
from seisaku.query import answer, inspect
from seisaku.workers import WorkerPool
from serving import serving

ALLOWED = "http://127.0.0.1:9/sparql"
OPEN = Config(workers=1, services=(ALLOWED,))


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE <http://127.0.0.1:10/sparql> {} }",
        "SELECT * { SERVICE <http://127.0.0.1:9/sparql/> {} }",
        "SELECT * { SERVICE <http://127.0.0.1:9/sparql?x> {} }",
        "SELECT * { SERVICE <http://127.0.0.1:9@evil.example/sparql> {} }",
        "SELECT * { SERVICE <sparql> {} }",
        "PREFIX s: <http://127.0.0.1:10/> SELECT * { SERVICE s:sparql {} }",
        "PREFIX s: <http://127.0.0.1:9/sparql> SELECT * { SERVICE s:x {} }",
    ],
)
def test_an_endpoint_that_is_not_allowed_is_refused_by_name(query: str) -> None:
    with pytest.raises(Refused, match="this server asks only <http"):
        inspect(query, OPEN)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE ?x {} }",
        "SELECT * { VALUES ?x { <http://127.0.0.1:9/sparql> } SERVICE SILENT ?x {} }",
        f"SELECT * {{ SERVICE <{ALLOWED}> {{ SERVICE <{ALLOWED}> {{}} }} }}",
        f"SELECT * {{ SERVICE <{ALLOWED}> {{ ",
        f"SELECT * {{ {f'SERVICE <{ALLOWED}> {{}} ' * 9} }}",
        f"SELECT * {{ SERVICE <{ALLOWED}>",
        "SELECT * { SERVICE",
        "SELECT * { SERVICE SILENT",
        f"SELECT * {{ SERVICE <{ALLOWED}> {{}} ?s ?p '\\u0041' }}",
        f"SELECT * {{ S\\u0045RVICE <{ALLOWED}> {{}} }}",
    ],
)
def test_a_service_of_another_shape_is_refused(query: str) -> None:
    with pytest.raises(Refused):
        inspect(query, OPEN)


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        (f"SELECT * {{ SERVICE <{ALLOWED}> {{ ?s ?p '}}' }} }}", "{ ?s ?p '}' }"),
        (f"SELECT * {{ service silent <{ALLOWED}> {{ {{ ?s ?p 1 }} }} }}", "{ { ?s ?p 1 } }"),
        ("PREFIX s: <http://127.0.0.1:9/> SELECT * { SERVICE s:sparql { ?s s:p ?o } }", None),
        ("BASE <http://127.0.0.1:9/> SELECT * { SERVICE <sparql> { ?s <p> ?o } }", None),
    ],
)
def test_what_is_asked_is_the_group_with_the_prologue(query: str, asked: str | None) -> None:
    (service,) = inspect(query, OPEN).services
    assert service.endpoint == ALLOWED
    prologue, _, group = service.query.partition("SELECT * WHERE ")
    assert prologue.startswith("BASE <https://w3id.org/seisaku/>\n")
    assert query.startswith(prologue.partition("\n")[2])
    assert asked is None or group == asked


@pytest.mark.parametrize(
    "value", ["ftp://a/", "a", "http://", "http://a/<x>", "file:///etc/passwd"]
)
def test_only_addresses_of_the_web_can_be_allowed(value: str) -> None:
    with pytest.raises(UsageError, match="SEISAKU_SERVICES"):
        Config.from_environment({"SEISAKU_SERVICES": value})


def test_the_endpoints_are_given_with_spaces_between() -> None:
    config = Config.from_environment({"SEISAKU_SERVICES": "http://a/x https://b/y"})
    assert config.services == ("http://a/x", "https://b/y")


HERE = "".join(f"<urn:s{n}> <urn:p> {n} .\n" for n in range(5))


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    here, there = tmp_path / "here.ttl", tmp_path / "there.ttl"
    here.write_text(HERE, encoding="utf-8")
    there.write_text(
        '<urn:s1> <urn:name> "一"@ja , "a \\"b\\"\\n" .\n<urn:s3> <urn:name> "三" .\n'
        "[] <urn:blank> 1 .\n",
        encoding="utf-8",
    )
    return here, there


def names(pool: WorkerPool, query: str) -> list[tuple[str, ...]]:
    found = json.loads(answer(pool, query, lambda offered: offered[0]).body)
    rows = found["results"]["bindings"]
    return sorted(tuple(cell["value"] for cell in row.values()) for row in rows)


def test_an_allowed_endpoint_is_asked_and_its_answer_joined(files: tuple[Path, Path]) -> None:
    with serving("--data", str(files[1])) as other:
        endpoint = f"http://127.0.0.1:{other.port}/sparql"
        config = Config(workers=1, services=(endpoint,))
        with WorkerPool([files[0]], config) as pool:
            join = f"""SELECT ?n ?name {{ ?s <urn:p> ?n
                SERVICE <{endpoint}> {{ ?s <urn:name> ?name }} }}"""
            assert names(pool, join) == [("1", 'a "b"\n'), ("1", "一"), ("3", "三")]
            optional = f"""SELECT ?n ?name {{ ?s <urn:p> ?n
                OPTIONAL {{ SERVICE <{endpoint}> {{
                    ?s <urn:name> ?name FILTER(LANG(?name) = "ja") }} }} }}"""
            assert names(pool, optional) == [("0",), ("1", "一"), ("2",), ("3",), ("4",)]
            twice = f"""SELECT ?n {{ ?s <urn:p> ?n SERVICE <{endpoint}> {{ ?s <urn:name> "三" }}
                SERVICE <{endpoint}> {{ <urn:s1> <urn:name> [] }} }}"""
            assert names(pool, twice) == [("3",), ("3",)]
            none = f"SELECT ?n {{ ?s <urn:p> ?n SERVICE <{endpoint}> {{ ?s <urn:none> ?x }} }}"
            assert names(pool, none) == []
            blank = f"SELECT * {{ SERVICE <{endpoint}> {{ ?b <urn:blank> ?x }} }}"
            with pytest.raises(ServiceFailed, match="blank node"):
                names(pool, blank)
            request = inspect(join, config)
            assert request.services
            assert pool.answers.bytes == 0  # another endpoint may say something else next time


class Endpoint(http.server.ThreadingHTTPServer):
    """Another endpoint, which does as `respond` says."""

    daemon_threads = True

    def __init__(self, respond: Callable[[http.server.BaseHTTPRequestHandler], None]) -> None:
        self.requests: list[str] = []
        requests = self.requests

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                requests.append(self.path)
                self.rfile.read(int(self.headers["Content-Length"]))
                with contextlib.suppress(OSError):
                    respond(self)

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def iri(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/sparql"


@contextlib.contextmanager
def endpoint(respond: Callable[[http.server.BaseHTTPRequestHandler], None]) -> Iterator[Endpoint]:
    server = Endpoint(respond)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def sending(
    status: int, body: bytes, *headers: tuple[str, str]
) -> Callable[[http.server.BaseHTTPRequestHandler], None]:
    def respond(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers:
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return respond


def dripping(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" ")
        time.sleep(0.05)


EMPTY = b'{"head":{"vars":["x"]},"results":{"bindings":[]}}'


@pytest.mark.parametrize(
    ("respond", "match"),
    [
        (sending(500, b""), "status 500"),
        (sending(302, b"", ("Location", "http://127.0.0.1:9/")), "status 302"),
        (sending(200, b"<html>"), "did not answer with SPARQL results"),
        (sending(200, b'{"head":{},"boolean":true}'), "did not answer with SPARQL results"),
        (sending(200, EMPTY + b" " * 100_000), "more than 50,000 bytes"),
        (sending(200, b"[" * 40_000), "did not answer with SPARQL results"),
        (dripping, "within 0.5 seconds"),
        (lambda _: time.sleep(2), "within 0.5 seconds"),
    ],
)
def test_an_endpoint_that_fails_is_told_and_when_silent_passed_over(
    files: tuple[Path, Path],
    respond: Callable[[http.server.BaseHTTPRequestHandler], None],
    match: str,
) -> None:
    with endpoint(respond) as other:
        limits = replace(OPEN, services=(other.iri,), service_seconds=0.5, service_bytes=50_000)
        with WorkerPool([files[0]], limits) as pool:
            query = "SELECT ?n {{ ?s <urn:p> ?n SERVICE {} <{}> {{ ?s ?p ?x }} }}"
            begun = time.monotonic()
            with pytest.raises(ServiceFailed, match=match) as caught:
                names(pool, query.format("", other.iri))
            assert caught.value.status == 502
            assert time.monotonic() - begun < 3
            assert len(names(pool, query.format("SILENT", other.iri))) == 5
        assert other.requests == ["/sparql", "/sparql"]


def test_an_endpoint_that_nobody_serves_is_told(files: tuple[Path, Path]) -> None:
    with WorkerPool([files[0]], OPEN) as pool, pytest.raises(ServiceFailed, match="be reached"):
        names(pool, f"SELECT * {{ SERVICE <{ALLOWED}> {{ ?s ?p ?o }} }}")


def test_a_name_that_stands_for_an_address_inside_is_not_asked(files: tuple[Path, Path]) -> None:
    with endpoint(sending(200, EMPTY)) as other:
        iri = other.iri.replace("127.0.0.1", "localhost")
        limits = replace(OPEN, services=(iri,))
        with WorkerPool([files[0]], limits) as pool, pytest.raises(ServiceFailed, match="reached"):
            names(pool, f"SELECT * {{ SERVICE <{iri}> {{ ?s ?p ?o }} }}")
        assert other.requests == []
