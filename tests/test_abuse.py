"""Whatever comes, comes a valid answer of a documented status, and nothing ends but workers."""

import contextlib
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest

from seisaku.errors import RequestError
from serving import Said, Server, peak, serving

DEADLINE = 0.6
MEMORY = 128 << 20
ANSWER = 4 << 20
FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
ASK = "ASK { ?s ?p ?o }"
HEAVY = "SELECT (COUNT(*) AS ?c) { ?a ?b ?c1 . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
DOCUMENTED = {200, 404, 405} | {int(error.status) for error in RequestError.__subclasses__()}

SERVES = 220 << 20
"""Bytes of memory that the process which serves may take: 45 MB when it starts, the answers kept
in the cache, and what 500 connections need."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose processes and memory are looked at when all is over."""
    file = tmp_path_factory.mktemp("abuse") / "data.nq"
    chain = (f"<urn:n{n}> <urn:next> <urn:n{(n + 1) % 3000}> .\n" for n in range(3000))
    text = (f'<urn:n{n}> <urn:says> "{"a" * (n % 40)}{n}" <urn:g> .\n' for n in range(3000))
    file.write_text("".join([*chain, *text]), encoding="utf-8")
    limits = {"deadline": DEADLINE, "memory": MEMORY, "answer_bytes": ANSWER, "workers": 2}
    with serving("--data", str(file), queue=16, **limits) as running:
        assert running.ask(ASK).status == 200
        before = running.standing
        base = peak(running.zygote)
        yield running
        assert running.ask(ASK).status == 200
        assert running.standing == before
        assert peak(running.serves) < SERVES
        assert all(peak(worker) < base + MEMORY for worker in running.workers)


def valid(said: Said) -> int:
    """The status of a response, once it is known to be whole and in its documented shape."""
    assert said.status in DOCUMENTED, (said.status, said.body)
    if said.status == 200:
        json.loads(said.body)
        return said.status
    assert said.headers.get_content_type() == "application/problem+json"
    told = json.loads(said.body)
    assert told["status"] == said.status
    assert told["title"]
    assert told["detail"]
    assert "Traceback" not in said.body.decode()
    assert "/" + "site-packages" not in said.body.decode()
    assert said.headers["Access-Control-Allow-Origin"] == "*"
    return said.status


def posted(server: Server, query: str) -> Said:
    return server.request("POST", "/sparql", query.encode(), {"Content-Type": QUERY})


def nested(before: str, inside: str, after: str, count: int) -> str:
    return before * count + inside + after * count


NESTED: dict[str, Callable[[int], str]] = {
    "groups": lambda n: "SELECT * {" + nested("{", "", "}", n) + "}",
    "parentheses": lambda n: "SELECT * { FILTER " + nested("(", "1", ")", n) + "}",
    "unions": lambda n: "SELECT * { {}" + " UNION {}" * n + "}",
    "optionals": lambda n: "SELECT * {" + nested("OPTIONAL { ?s ?p ?o ", "", "}", n) + "}",
    "sub-selects": lambda n: nested("SELECT * { ", "", "}", n),
    "collections": lambda n: "SELECT * { ?s ?p " + nested("(", "1", ")", n) + "}",
    "blank nodes": lambda n: "SELECT * { ?s ?p " + nested("[ ?p ", "1", "]", n) + "}",
    "nots": lambda n: "SELECT * { FILTER(" + "!" * n + "true) }",
    "minuses": lambda n: "SELECT * { FILTER(" + "- " * n + "1) }",
    "ors": lambda n: "SELECT * { FILTER(true" + " || true" * n + ") }",
    "sums": lambda n: "SELECT * { FILTER(1" + " + 1" * n + ") }",
    "exists": lambda n: "SELECT * {" + nested("FILTER EXISTS { ?s ?p ?o ", "", "}", n) + "}",
    "paths": lambda n: "SELECT * { ?s " + nested("(", "<urn:next>", ")*", n) + " ?o }",
    "inverse paths": lambda n: "SELECT * { ?s " + "^" * n + "<urn:next> ?o }",
    "path sequences": lambda n: "SELECT * { ?s <urn:next>" + "/<urn:next>" * n + " ?o }",
    "functions": lambda n: "SELECT * { BIND(" + nested("STR(", "1", ")", n) + " AS ?x) }",
    "conditions": lambda n: "SELECT * { BIND(" + nested("IF(true, ", "1", ", 1)", n) + " AS ?x) }",
}


@pytest.mark.parametrize("kind", NESTED)
@pytest.mark.parametrize("count", [90, 3000])
def test_nesting_of_every_kind(server: Server, kind: str, count: int) -> None:
    assert valid(posted(server, NESTED[kind](count))) in {200, 400, 413, 504}


def patterns(count: int) -> str:
    return " . ".join(f"?s{n} <urn:next> ?s{n + 1}" for n in range(count))


BOMBS = {
    "product": (HEAVY, {504}),
    "product of three": ("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", {413, 504}),
    "order by": ("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?i", {400, 504}),
    "distinct": ("SELECT DISTINCT * { ?a ?b ?c . ?d ?e ?f }", {400, 413, 504}),
    "group by": (
        "SELECT ?a ?d (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f } GROUP BY ?a ?d",
        {400, 413, 504},
    ),
    "group concat": (
        "SELECT (GROUP_CONCAT(CONCAT(STR(?a), STR(?d))) AS ?x) { ?a ?b ?c . ?d ?e ?f }",
        {400, 413, 504},
    ),
    "doubling": (
        "SELECT (STRLEN(?x30) AS ?n) { BIND('aaaaaaaaaaaaaaaa' AS ?x0) "
        + "".join(f"BIND(CONCAT(?x{n}, ?x{n}) AS ?x{n + 1}) " for n in range(30))
        + "}",
        {400, 504},
    ),
    "regex": (
        "SELECT * { GRAPH ?g { ?s ?p ?o } FILTER REGEX(?o, '(a+)+(a+)+(a+)+b$') }",
        {200, 400, 504},
    ),
    "regex of a great size": (
        "SELECT * { FILTER REGEX('a', '((((a{100}){100}){100}){100})') }",
        {200, 400, 504},
    ),
    "replace": (
        "SELECT (REPLACE(REPLACE(?o, '', ?o), '', ?o) AS ?x) { GRAPH ?g { ?s ?p ?o } }",
        {200, 400, 413, 504},
    ),
    "paths": ("SELECT (COUNT(*) AS ?n) { ?a <urn:next>* ?b . ?c <urn:next>* ?d }", {504}),
    "path cycles": ("SELECT (COUNT(*) AS ?n) { ?a (<urn:next>+/<urn:next>+)+ ?b }", {400, 504}),
    "negated paths": ("SELECT (COUNT(*) AS ?n) { ?a (!<urn:x>|!^<urn:x>)* ?b }", {400, 504}),
    "values": ("SELECT * { VALUES ?x { " + "1 " * 45_000 + "} }", {200}),
    "values, twice": (
        "SELECT (COUNT(*) AS ?n) { "
        + "".join(f"VALUES ?{x} {{ {'1 ' * 15_000}}} " for x in "abc")
        + "}",
        {400, 504},
    ),
    "500 patterns": (f"SELECT * {{ {patterns(500)} }}", {200, 413, 504}),
    "500 patterns, apart": (
        "ASK { " + " . ".join(f"?a{n} ?b{n} ?c{n}" for n in range(500)) + "}",
        {200, 504},
    ),
    "describe all": ("DESCRIBE * { ?s ?p ?o . ?a ?b ?c }", {400, 406, 413, 504}),
    "construct": ("CONSTRUCT { ?a ?b ?f } { ?a ?b ?c . ?d ?e ?f }", {400, 406, 413, 504}),
    "an error after many rows": (
        "SELECT ?s (<urn:no-function>(?s) AS ?x) { ?s ?p ?o }",
        {400},
    ),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_bombs_of_every_kind(server: Server, kind: str) -> None:
    query, statuses = BOMBS[kind]
    assert valid(posted(server, query)) in statuses | {504}


def test_a_query_of_2_mb(server: Server) -> None:
    query = "ASK { " + " " * 2_000_000 + "}"
    assert valid(posted(server, query)) == 413
    form = f"query={quote(query)}".encode()
    assert valid(server.request("POST", "/sparql", form, {"Content-Type": FORM})) == 413


def exchange(server: Server, sent: bytes) -> bytes:
    """Send bytes as they are, and read what comes until the server closes."""
    with server.connect() as connection:
        connection.settimeout(10)
        connection.sendall(sent)
        said = b""
        with contextlib.suppress(OSError):
            while part := connection.recv(65536):
                said += part
        return said


def head(target: str, *headers: str, method: str = "GET") -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


TRUE = quote(ASK)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (head(f"/sparql?query={'a' * 70_000}"), 414),
        (head("/sparql", f"X: {'a' * 600_000}"), 431),
        (
            head("/sparql", f"Content-Length: {50 << 30}", f"Content-Type: {QUERY}", method="POST"),
            413,
        ),
        (
            head("/sparql", f"Content-Length: {50 << 30}", f"Content-Type: {FORM}", method="POST"),
            413,
        ),
        (head("/sparql", "Content-Length: 1e9", method="POST"), 400),
        (head("/sparql", "Content-Length: -1", method="POST"), 400),
        (head("/sparql?query=%FF%FE"), 400),
        (head("/sparql?query=%00"), 400),
        (head("/sparql?query=ASK%00%7B%7D"), 400),
        (head("/%FF%FE%00"), 404),
        (head("/../../etc/passwd"), 404),
        (head("/static/..%2f..%2fapp.py"), 404),
        (head("/sparql?query=" + "%E6%9D"), 400),
        (b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /sparql HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n", 400),
        (b"GET /sparql HTTP/1.1\r\nHost: a\r\nX\x00: a\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"\x00" * 1000, 400),
        (b"GET\r\n\r\n", 400),
        (head(f"/sparql?query={TRUE}", "Accept: " + "a/b," * 5000), 406),
        (head(f"/sparql?query={TRUE}", "Accept: ;;;q=x,,/"), 406),
        (head(f"/sparql?query={TRUE}", "Accept: */*;q=nan"), None),
        (head(f"/sparql?query={TRUE}", "Accept-Language: " + "x-" * 9000), 200),
        (head(f"/sparql?query={TRUE}", "Accept-Encoding: \xe9"), 200),
        (head(f"/sparql?query={TRUE}", 'If-None-Match: W/"' + "x" * 9000), 200),
        (head(f"/sparql?query={TRUE}", "Range: bytes=0-1"), 200),
        (head(f"/sparql?query={TRUE}&format=json%0d%0aX-Evil:%201"), 400),
        (head(f"/sparql?query={TRUE}%0d%0aX-Evil:%201"), 400),
        (head("/%0d%0aX-Evil:%201"), 404),
        (head("/ja%0d%0aX-Evil:%201/"), 404),
        (head("/graph?graph=urn:x%0d%0aX-Evil:%201"), 404),
        (head("/graph?graph=%3E%7D%20SERVICE%20%3Curn:x%3E%20%7B%7D"), 404),
    ],
)
def test_what_is_hardly_http(server: Server, sent: bytes, status: int | None) -> None:
    said = exchange(server, sent)
    first, _, rest = said.partition(b"\r\n")
    assert first.startswith(b"HTTP/1.1 ")
    assert status is None or int(first.split()[1]) == status
    headers = rest.partition(b"\r\n\r\n")[0].lower()
    assert b"x-evil" not in headers
    assert b"traceback" not in said.lower()


def test_a_body_that_does_not_come_is_408_and_holds_nobody(server: Server) -> None:
    begun = head("/sparql", f"Content-Type: {QUERY}", "Content-Length: 999", method="POST") + b"ASK"
    slow = [server.connect() for _ in range(100)]
    for each in slow:
        each.sendall(begun)
    assert server.ask("ASK { ?s ?p 3 }").status == 200
    said = [each.recv(65536) for each in slow]
    assert {each.split()[1] for each in said} == {b"408"}
    assert all(b"too-slow" in each for each in said)
    for each in slow:
        each.close()


def test_headers_that_come_slowly_hold_nobody(server: Server) -> None:
    slow = [server.connect() for _ in range(200)]
    for each in slow:
        each.sendall(b"GET /sparql HTTP/1.1\r\nX: ")
    assert server.ask(ASK).status == 200
    for each in slow:
        each.close()


LONG = "SELECT ?s ?o { GRAPH ?g { ?s ?p ?o } { ?a ?b ?c } } LIMIT 100000"


@pytest.fixture
def patient(tmp_path: Path) -> Iterator[Server]:
    """A server that takes its time for long answers, and not much of it to send them."""
    file = tmp_path / "data.nq"
    lines = (f"<urn:n{n}> <urn:next> <urn:n{n + 1}> <urn:g> .\n" for n in range(2000))
    file.write_text("<urn:a> <urn:b> <urn:c> .\n" * 50 + "".join(lines), encoding="utf-8")
    others = "".join(f"<urn:x{n}> <urn:y> <urn:z> .\n" for n in range(50))
    with file.open("a", encoding="utf-8") as opened:
        opened.write(others)
    limits = {"deadline": 60, "workers": 2, "queue": 64, "send_seconds": 4}
    with serving("--data", str(file), **limits) as running:
        assert running.ask(ASK).status == 200
        yield running


def spooled(server: Server) -> int:
    """The number of files without a name that the server holds."""
    links = []
    for each in Path(f"/proc/{server.serves}/fd").iterdir():
        with contextlib.suppress(OSError):
            links.append(str(each.readlink()))
    return sum("(deleted)" in link for link in links)


def test_a_long_answer_is_whole_and_who_does_not_take_it_is_hung_up_on(patient: Server) -> None:
    others = spooled(patient)  # as where pytest collects what is said on stderr
    whole = patient.ask(LONG)
    assert whole.status == 200
    assert len(whole.body) == int(whole.headers["Content-Length"]) > 7_000_000
    assert len(json.loads(whole.body)["results"]["bindings"]) == 100_000
    once = peak(patient.serves)
    with contextlib.ExitStack() as leave:
        for _ in range(20):
            slow = leave.enter_context(patient.connect())
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.sendall(head(f"/sparql?query={quote(LONG)}"))
        until(lambda: spooled(patient) > others + 3, 60)
        assert patient.ask("ASK { ?s ?p 1 }").status == 200
        until(lambda: spooled(patient) == others, 60)  # though none of them has left
    assert peak(patient.serves) - once < 60 << 20  # not the 160 MB of their answers


def until(true: Callable[[], bool], seconds: float) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.05)


def test_many_who_leave_before_their_answer(server: Server) -> None:
    for _ in range(60):
        with server.connect() as connection:
            connection.sendall(head(f"/sparql?query={quote(HEAVY)}"))
    assert server.ask("ASK { ?s ?p 2 }", source="127.0.0.9").status == 200


def test_500_connections_at_once(server: Server) -> None:
    connections = [server.connect() for _ in range(500)]
    for number, each in enumerate(connections):
        each.sendall(head(f"/sparql?query={quote(f'SELECT * {{ ?s ?p {number} }}')}"))
    statuses = Counter(each.recv(65536).split()[1] for each in connections)
    for each in connections:
        each.close()
    assert statuses.keys() <= {b"200", b"503", b"504"}
    assert statuses[b"200"] > 0


def test_a_client_with_fifty_heavy_queries_does_not_starve_one_with_a_light_one(
    server: Server,
) -> None:
    with ThreadPoolExecutor(50) as threads:
        heavy = [threads.submit(server.ask, f"{HEAVY} # {n}", None, "127.0.0.2") for n in range(50)]
        time.sleep(0.2)
        light = []
        for number in range(10):
            found = server.ask(f"SELECT * {{ <urn:n{number}> ?p ?o }}", source="127.0.0.3")
            light.append(found.status)
        statuses = Counter(valid(each.result()) for each in heavy)
    assert light == [200] * 10
    assert statuses.keys() <= {503, 504}


def test_a_client_that_leaves_frees_its_worker(tmp_path: Path) -> None:
    file = tmp_path / "data.nt"
    lines = (f"<urn:s{n}> <urn:p> <urn:o{n}> .\n" for n in range(3000))
    file.write_text("".join(lines), encoding="utf-8")
    with serving("--data", str(file), deadline=60, workers=1, queue=4) as server:
        assert server.ask(ASK).status == 200
        before = server.workers
        with server.connect() as connection:
            connection.sendall(head(f"/sparql?query={quote(HEAVY)}"))
            time.sleep(0.5)
            waiting = server.connect()
            waiting.sendall(head(f"/sparql?query={quote(HEAVY)}"))
            time.sleep(0.2)
            assert server.workers == before
            waiting.close()  # one that waits leaves first
        begun = time.monotonic()
        assert server.ask("ASK { ?s ?p 1 }").status == 200  # not one that it has kept
        assert time.monotonic() - begun < 5
        assert server.workers != before


def test_requests_of_all_kinds_at_once(server: Server) -> None:
    queries = [query for query, _ in BOMBS.values()] + [NESTED[kind](3000) for kind in NESTED]
    statuses: Counter[int] = Counter()
    lock = threading.Lock()

    def send(query: str) -> None:
        status = valid(posted(server, query))
        with lock:
            statuses[status] += 1

    with ThreadPoolExecutor(20) as threads:
        for each in [threads.submit(send, query) for query in queries]:
            each.result()
    assert sum(statuses.values()) == len(queries)
