"""Two servers of one snapshot behind the nginx of `deploy/`: no change loses a request."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest

from conftest import REPOSITORY, left_out, on_disk
from serving import Server, serving

SITE = REPOSITORY / "deploy" / "nginx.conf"
AROUND = """
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    include {folder}/site.conf;
}}
"""
VALUE = "SELECT ?o { <urn:a> <urn:is> ?o }"


@dataclass
class Readers:
    """Two servers behind nginx, and the link that leads to the snapshot that they serve."""

    port: int
    link: Path
    ports: tuple[int, int]
    servers: dict[int, Server] = field(default_factory=dict)
    ends: dict[int, contextlib.ExitStack] = field(default_factory=dict)

    def start(self, port: int) -> None:
        stack = self.ends[port] = contextlib.ExitStack()
        flags = ("--data", str(self.link), "--port", str(port), "--log-level", "error")
        self.servers[port] = stack.enter_context(serving(*flags, workers=2, proxies=1))
        wait_until(lambda: self.servers[port].request("GET", "/ready").status == 200)

    def stop(self, port: int) -> None:
        self.ends.pop(port).close()

    def lead_to(self, snapshot: Path) -> None:
        beside = self.link.with_suffix(".new")
        beside.symlink_to(snapshot)
        beside.rename(self.link)


def wait_until(there: object) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError, http.client.HTTPException):
            if callable(there) and there():
                return
        time.sleep(0.05)
    raise AssertionError("it never was")


def nginx(folder: Path, ports: tuple[int, int], port: int) -> list[str]:
    """Put the site of `deploy/` at free ports; give the command that runs nginx with it."""
    found = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if found is None:
        left_out("nginx: install the Debian package nginx-light")
    site = SITE.read_text(encoding="utf-8")
    for old, new in (
        ("127.0.0.1:8001 ", f"127.0.0.1:{ports[0]} "),
        ("127.0.0.1:8002 ", f"127.0.0.1:{ports[1]} "),
        ("listen 80;", f"listen 127.0.0.1:{port};"),
        ("listen [::]:80;", ""),
    ):
        assert site.count(old) == 1, old
        site = site.replace(old, new)
    (folder / "site.conf").write_text(site, encoding="utf-8")
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder), encoding="utf-8")
    return [found, "-c", f"{folder}/nginx.conf", "-p", str(folder)]


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in opened]


def snapshots(folder: Path) -> list[Path]:
    """Two snapshots that differ in a value."""
    found = []
    for value in ("old", "new"):
        (folder / value).mkdir()
        file = folder / value / "data.nt"
        file.write_text(f"<urn:a> <urn:is> <urn:{value}> .\n", encoding="utf-8")
        found.append(on_disk(file))
    return found


@pytest.fixture
def readers(tmp_path: Path) -> Iterator[Readers]:
    one, other, port = free_ports(3)
    readers = Readers(port, tmp_path / "current", (one, other))
    command = nginx(tmp_path, readers.ports, port)
    readers.lead_to(snapshots(tmp_path)[0])
    with contextlib.ExitStack() as stack:
        for each in readers.ports:
            readers.start(each)
            stack.callback(readers.stop, each)
        front = stack.enter_context(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        stack.callback(front.terminate)
        wait_until(lambda: get(port, "/ready")[0] == 200)
        yield readers


def get(port: int, path: str) -> tuple[int, str, str | None]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path, headers={"Host": "seisaku.example.org"})
        response = connection.getresponse()
        return response.status, response.read().decode(), response.headers["ETag"]
    finally:
        connection.close()


class Clients:
    """Clients that ask without a pause, each query another, by GET and by POST."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.ended = threading.Event()
        self.answers: Counter[str] = Counter()
        self.failures: list[str] = []
        self.threads = [threading.Thread(target=self._ask, args=(n,)) for n in range(4)]

    def __enter__(self) -> "Clients":
        for each in self.threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        for each in self.threads:
            each.join()

    def some(self) -> None:
        """Wait until fifty more have been answered."""
        before = self.answers.total()
        wait_until(lambda: self.answers.total() >= before + 50 or self.failures)

    def _ask(self, number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        count = 0
        while not self.ended.is_set():
            count += 1
            query = f"{VALUE} # {number} {count}"
            try:
                if count % 2:
                    connection.request("GET", f"/sparql?query={quote(query)}")
                else:
                    type_ = {"Content-Type": "application/sparql-query"}
                    connection.request("POST", "/sparql", query, type_)
                response = connection.getresponse()
                said = response.read()
                if response.status == 200:
                    (row,) = json.loads(said)["results"]["bindings"]
                    self.answers[row["o"]["value"]] += 1
                else:
                    self.failures.append(f"{response.status} {said[:200]!r}")
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                connection.close()
        connection.close()


def test_two_servers_give_the_same_etags_and_answers(readers: Readers) -> None:
    for path in (f"/sparql?query={quote(VALUE)}", "/graph?default", "/en/"):
        one, other = (get(port, path) for port in readers.ports)
        assert one[0] == other[0] == 200
        assert one[2] == other[2] is not None, path
        through = get(readers.port, path)
        assert through[2] == one[2]


def test_a_change_of_snapshot_at_one_server_after_the_other_loses_no_request(
    readers: Readers, tmp_path: Path
) -> None:
    (new,) = (tmp_path / "new" / "snapshots").iterdir()
    with Clients(readers.port) as clients:
        clients.some()
        readers.lead_to(new)
        for port in readers.ports:
            os.kill(readers.servers[port].process.pid, signal.SIGHUP)
            wait_until(lambda port=port: "urn:new" in get(port, f"/sparql?query={quote(VALUE)}")[1])
            clients.some()
        answered = clients.answers.copy()
        clients.some()
        assert clients.answers["urn:old"] == answered["urn:old"] > 0
    assert clients.failures == []


def test_a_restart_of_one_server_after_the_other_loses_no_request(readers: Readers) -> None:
    with Clients(readers.port) as clients:
        clients.some()
        for port in readers.ports:
            readers.stop(port)
            clients.some()
            readers.start(port)
            clients.some()
    assert clients.failures == []
    assert clients.answers.keys() == {"urn:old"}


def test_the_site_is_one_that_nginx_takes(tmp_path: Path) -> None:
    one, other, port = free_ports(3)
    command = [*nginx(tmp_path, (one, other), port), "-t"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr
