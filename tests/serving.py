"""The server as a user runs it, `seisaku serve`, and requests to it over real sockets."""

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

SERVE = [sys.executable, "-m", "seisaku.cli", "serve", "--port", "0"]


@dataclass(frozen=True)
class Said:
    """A response, read whole."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Server:
    """A server that runs: its address and its processes."""

    def __init__(self, port: int, process: subprocess.Popen[str]) -> None:
        self.port = port
        self.process = process

    def request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        source: str = "127.0.0.1",
        timeout: float = 30.0,
    ) -> Said:
        """Send one request on a connection of its own, from the address `source`."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=timeout, source_address=(source, 0)
        )
        try:
            connection.request(method, target, body, dict(headers or {}))
            response = connection.getresponse()
            return Said(response.status, response.headers, response.read())
        finally:
            connection.close()

    def ask(self, query: str, accept: str | None = None, source: str = "127.0.0.1") -> Said:
        """Send a query by GET."""
        headers = {"Accept": accept} if accept else {}
        target = f"/sparql?{urlencode({'query': query})}"
        return self.request("GET", target, headers=headers, source=source)

    def connect(self) -> socket.socket:
        """Open a connection, for what no client library sends."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    @property
    def processes(self) -> list[int]:
        """The server's process, the one that serves, the zygote; then the workers."""
        return _with_descendants(self.process.pid)


@contextlib.contextmanager
def serving(*arguments: str, **settings: object) -> Iterator[Server]:
    """Run `seisaku serve` with settings, from when it says its address to its end."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("SEISAKU_")
    }
    environment |= {f"SEISAKU_{name.upper()}": str(value) for name, value in settings.items()}
    command = [*SERVE, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout
            said = re.search(r"http://127\.0\.0\.1:(\d+)/", process.stdout.readline())
            assert said
            yield Server(int(said[1]), process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(15)


def memory(pid: int) -> int:
    """The bytes of a process that are in memory and its own."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"RssAnon:\s+(\d+) kB", status)
    assert found
    return int(found[1]) * 1024


def _with_descendants(pid: int) -> list[int]:
    found = [pid]
    for each in found:
        for task in Path(f"/proc/{each}/task").iterdir():
            found += map(int, (task / "children").read_text(encoding="ascii").split())
    return found
