"""No disguise of SERVICE, FROM or LOAD makes the server connect to anything or open a file.

A listening socket must stay untouched, and strace must see no call of a process of the server that
opens a connection or a file of the battery, where strace may be used.
"""

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from conftest import left_out, on_disk
from serving import Server, serving

GRAPH = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"


def battery(target: str, file: str) -> list[str]:
    """Every way that we know to make an engine fetch `target` or read `file`."""
    queries = []
    for iri in (target, f"file://{file}"):
        encoded = "".join(f"\\u{ord(each):04x}" for each in iri)
        capital = "".join(f"\\U{ord(each):08X}" for each in iri)
        base, _, local = iri.rpartition("/")
        for named in (
            f"<{iri}>",
            f"<{encoded}>",
            f"<{capital}>",
            f"<{iri[:4]}\\u{ord(iri[4]):04x}{iri[5:]}>",
        ):
            queries += [
                f"SELECT * {{ SERVICE {named} {{ ?s ?p ?o }} }}",
                f"SELECT * {{ SERVICE SILENT {named} {{ ?s ?p ?o }} }}",
                f"SELECT * {{ sErViCe#x\n{named}#y\n{{ ?s ?p ?o }} }}",
                f"SELECT * {{ {{{{ OPTIONAL {{ SERVICE{named}{{}} }} }}}} }}",
                f"SELECT * {{ {{ SELECT * {{ SERVICE {named} {{}} }} }} }}",
                f"ASK {{ FILTER EXISTS {{ SERVICE {named} {{}} }} }}",
                f"ASK {{ FILTER NOT EXISTS {{ SERVICE {named} {{}} }} }}",
                f"SELECT * {{ MINUS {{ SERVICE {named} {{}} }} }}",
                f"SELECT * {{ {{}} UNION {{ SERVICE {named} {{}} }} }}",
                f"SELECT * {{ GRAPH ?g {{ SERVICE {named} {{}} }} }}",
                f"SELECT * {{ VALUES ?x {{ {named} }} SERVICE ?x {{ ?s ?p ?o }} }}",
                f"SELECT * {{ BIND({named} AS ?x) SERVICE SILENT ?x {{ ?s ?p ?o }} }}",
                f'SELECT * {{ BIND(IRI("{iri}") AS ?x) SERVICE ?x {{ ?s ?p ?o }} }}',
                f"SELECT * {{ \\u0053ERVICE {named} {{}} }}",
                f"SELECT * {{ S\\U00000045RVICE {named} {{}} }}",
                f"SELECT * {{ SERVICE\\u0020{named} {{}} }}",
                f"SELECT * {{ \\u0053\\u0045\\u0052\\u0056\\u0049\\u0043\\u0045 {named} {{}} }}",
                f'SELECT * {{ ?s ?p "\\u0022 . SERVICE {named} {{}} #" }}',
                f"SELECT * {{ ?s ?p '#' . SERVICE {named} {{}} }}",
                f"SELECT * {{ ?s ?p '''a'b''' . SERVICE {named} {{}} }}",
                f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ SERVICE {named} {{ ?s ?p ?o }} }}",
                f"DESCRIBE ?s {{ SERVICE {named} {{ ?s ?p ?o }} }}",
                f"SELECT * FROM {named} {{ ?s ?p ?o }}",
                f"SELECT * FROM NAMED {named} {{ GRAPH ?g {{ ?s ?p ?o }} }}",
                f"SELECT * fRoM#x\n{named} {{ ?s ?p ?o }}",
                f"SELECT * \\u0046ROM {named} {{ ?s ?p ?o }}",
                f"SELECT * FROM <urn:g> FROM {named} {{ ?s ?p ?o }}",
                f"CONSTRUCT FROM {named} WHERE {{ ?s ?p ?o }}",
                f"DESCRIBE {named} FROM {named}",
                f"ASK FROM NAMED {named} {{}}",
                f"SELECT * {{ GRAPH {named} {{ ?s ?p ?o }} }}",
                f"DESCRIBE {named}",
                f"LOAD {named}",
                f"LOAD SILENT {named} INTO GRAPH <urn:g>",
                f"L\\u004fAD {named}",
                f"ASK {{}} ; LOAD {named}",
                f"INSERT {{ ?s ?p ?o }} WHERE {{ SERVICE {named} {{ ?s ?p ?o }} }}",
                f"INSERT DATA {{ <urn:a> <urn:b> {named} }} ; LOAD {named}",
            ]
        queries += [
            f"PREFIX x: <{base}/> SELECT * {{ SERVICE x:{local} {{}} }}",
            f"PREFIX : <{iri}> SELECT * {{ SERVICE : {{}} }}",
            f"PREFIX service: <{iri}> SELECT * {{ SERVICE service: {{}} }}",
            f"PREFIX x: <{base}/> SELECT * FROM x:{local} {{ ?s ?p ?o }}",
            f"BASE <{base}/> SELECT * FROM <{local}> {{ ?s ?p ?o }}",
            f"BASE <{base}/> SELECT * {{ SERVICE <{local}> {{}} }}",
            f"BASE <{base}/a/> PREFIX x: <../> SELECT * FROM NAMED x:{local} {{}}",
            f"BASE <{base}/> LOAD <{local}>",
        ]
    return queries


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "secret.nt"
    file.write_text("<urn:secret> <urn:is> <urn:secret> .\n", encoding="utf-8")
    return file


@pytest.fixture(params=["memory", "disk"])
def server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    file = tmp_path / "data.nq"
    file.write_text("<urn:a> <urn:b> <urn:c> <urn:g> .\n", encoding="utf-8")
    data = file if request.param == "memory" else on_disk(file)
    with serving("--data", str(data), deadline=5) as running:
        assert running.ask("ASK {}").status == 200
        yield running


def send(server: Server, queries: list[str], target: str, file: str) -> set[int]:
    """Send the battery by every way that a query or a graph can come."""
    statuses = set()
    for number, query in enumerate(queries):
        if number % 2:
            found = server.request("POST", "/sparql", query.encode(), {"Content-Type": QUERY})
        else:
            found = server.ask(query)
        assert b"urn:secret" not in found.body
        assert found.status != 200 or "GRAPH" in query or query.startswith("DESCRIBE"), query
        statuses.add(found.status)
    for iri in (target, f"file://{file}", file):
        for path in (
            f"/sparql?query=ASK%20%7B%7D&default-graph-uri={quote(iri)}",
            f"/sparql?query=ASK%20%7B%7D&named-graph-uri={quote(iri)}",
            f"/sparql?update=LOAD%20%3C{quote(iri)}%3E",
            f"/graph?graph={quote(iri)}",
            f"/graph/{quote(iri)}",
            f"/ja/query?query={quote(f'SELECT * FROM <{iri}> {{ ?s ?p ?o }}')}",
        ):
            statuses.add(server.request("GET", path).status)
        body = f"<urn:x> <urn:y> <{iri}> .".encode()
        for method in ("PUT", "POST", "DELETE", "PATCH"):
            statuses.add(server.request(method, f"/graph?graph={quote(iri)}", body).status)
    return statuses


def test_nothing_connects_and_nothing_is_read(server: Server, secret: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        target = f"http://127.0.0.1:{listening.getsockname()[1]}/secret.nt"
        queries = battery(target, str(secret))
        assert len(queries) > 300
        statuses = send(server, queries, target, str(secret))
        assert 200 in statuses
        assert statuses <= {200, 400, 403, 404, 405}
        assert server.ask("SELECT * { ?s ?p ?o }").body.count(b"urn:a") == 0
        listening.settimeout(0.5)
        with pytest.raises(TimeoutError):
            listening.accept()


CALL = re.compile(r"\b(connect|openat|open|sendto)\((.*)")


def test_no_system_call_opens_a_connection_or_a_file_of_ours(
    server: Server, secret: Path, tmp_path: Path
) -> None:
    if shutil.which("strace") is None:
        left_out("strace is not installed")
    log = tmp_path / "strace.log"
    watched = [f"-p{pid}" for pid in (*server.standing, *server.workers)]
    command = ["strace", "-f", "-qq", "-e", "trace=connect,openat,open", "-s", "300"]
    with subprocess.Popen([*command, "-o", str(log), *watched], stderr=subprocess.PIPE) as strace:
        try:
            time.sleep(1)
            if strace.poll() is not None:
                left_out("strace may not look at processes here")
            with socket.create_server(("127.0.0.1", 0)) as listening:
                target = f"http://127.0.0.1:{listening.getsockname()[1]}/secret.nt"
                send(server, battery(target, str(secret)), target, str(secret))
                # That it sees what there is to see:
                assert server.request("GET", "/static/seisaku.css").status == 200
        finally:
            strace.terminate()
            strace.wait()
    calls = [line for line in log.read_text(encoding="utf-8").splitlines() if CALL.search(line)]
    assert any("seisaku.css" in line for line in calls)
    assert not [line for line in calls if "connect(" in line]
    assert not [line for line in calls if "secret" in line]
