"""The server as a user runs it: `seisaku serve`, over real HTTP."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from conftest import serving

ASK = "ASK { ?s ?p ?o }"
PRODUCT = "SELECT (COUNT(*) AS ?c) { ?a ?b ?c1 . ?d ?e ?f . ?g ?h ?i }"
NESTED = "SELECT * {" + "{" * 2500 + "}" * 2500 + "}"
DEADLINE = 1.0
SETTINGS = {"SEISAKU_DEADLINE": str(DEADLINE)}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("serve") / "data.nt"
    lines = (f"<urn:s{n}> <urn:p> <urn:o{n}> .\n" for n in range(2000))
    file.write_text("".join(lines), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def port(data: Path) -> Iterator[int]:
    with serving("--data", str(data), settings=SETTINGS) as (port, _):
        yield port


def ask(port: int, query: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", f"/sparql?query={quote(query)}")
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_files_are_served_as_they_are(port: int) -> None:
    status, body = ask(port, "SELECT (COUNT(*) AS ?c) { ?s ?p ?o }")
    assert status == 200
    assert json.loads(body)["results"]["bindings"][0]["c"]["value"] == "2000"


@pytest.mark.parametrize(("query", "status"), [(PRODUCT, 504), (NESTED, 400)])
def test_a_hostile_query_gets_a_clean_error_in_time_and_others_their_answers(
    port: int, query: str, status: int
) -> None:
    hostile: list[tuple[int, bytes, float]] = []

    def attack() -> None:
        begun = time.monotonic()
        hostile.append((*ask(port, query), time.monotonic() - begun))

    thread = threading.Thread(target=attack)
    thread.start()
    simple = [ask(port, ASK) for _ in range(20)]
    thread.join()
    assert [each for each, _ in simple] == [200] * 20
    ((found, body, seconds),) = hostile
    assert found == status
    assert json.loads(body)["status"] == status
    assert seconds < DEADLINE + 0.5


def test_slow_senders_do_not_stop_the_others(port: int) -> None:
    senders = [socket.create_connection(("127.0.0.1", port)) for _ in range(120)]
    for sender in senders:
        sender.sendall(b"GET /sparql HTTP/1.1\r\nX: ")
    assert ask(port, ASK)[0] == 200
    for sender in senders:
        sender.close()


@pytest.mark.parametrize("path", ["/search?q=東京", "/東京?q=東京", "/sparql?query=東京"])
def test_an_address_may_have_letters_as_they_are(port: int, path: str) -> None:
    with socket.create_connection(("127.0.0.1", port)) as sender:
        lines = [f"GET {path} HTTP/1.1", "Host: x", "Connection: close", "", ""]
        sender.sendall("\r\n".join(lines).encode())
        plain = b"".join(iter(lambda: sender.recv(1 << 16), b""))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", quote(path, safe="/?="))
    escaped = connection.getresponse()
    status, _, body = plain.partition(b"\r\n\r\n")
    assert int(status.split()[1]) == escaped.status < 500
    assert body == escaped.read()
    connection.close()


def test_terminating_ends_the_server_and_its_workers(data: Path) -> None:
    with serving("--data", str(data), settings=SETTINGS) as (port, process):
        assert ask(port, ASK)[0] == 200
        processes = _descendants(process.pid)
        assert len(processes) >= 6  # the server's process, the zygote and four workers
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        assert time.monotonic() - begun < 5
        time.sleep(0.3)
        assert not [pid for pid in processes if Path(f"/proc/{pid}/exe").exists()]
    with pytest.raises(OSError, match="refused"):
        ask(port, ASK)


def _descendants(pid: int) -> set[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    children = {int(each) for each in listed}
    return children.union(*(_descendants(each) for each in children))


def test_a_port_that_is_taken_is_a_wrong_call(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "seisaku.cli", "serve", "--data", str(data)]
        done = subprocess.run(
            [*command, "--port", str(port)], capture_output=True, text=True, check=False
        )
    assert done.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_does_not_parse_is_exit_1_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text("<urn:a> ] .", encoding="utf-8")
    command = [sys.executable, "-m", "seisaku.cli", "serve", "--port", "0"]
    done = subprocess.run(
        [*command, "--data", str(tmp_path / "a.ttl")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"seisaku: {tmp_path / 'a.ttl'}:1:9: ")
    assert done.stdout == ""
