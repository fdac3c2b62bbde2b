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
        self.found: int | None = None

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
    def standing(self) -> list[int]:
        """The processes that live as long as the server: all but the workers."""
        zygote = self.zygote
        found = with_descendants(self.process.pid)
        return [pid for pid in found if pid == zygote or not _is_ours(pid)]

    @property
    def serves(self) -> int:
        """The process that serves: the parent of the zygote."""
        return _parent(self.zygote)

    @property
    def zygote(self) -> int:
        """The process that the workers are forked from."""
        if self.found is None:
            ours = [pid for pid in with_descendants(self.process.pid) if _is_ours(pid)]
            (self.found,) = (pid for pid in ours if not _is_ours(_parent(pid)))
        return self.found

    @property
    def workers(self) -> list[int]:
        """The workers of the moment."""
        return with_descendants(self.zygote)[1:]


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


def peak(pid: int) -> int:
    """The bytes of memory that a process has had at most."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found
    return int(found[1]) * 1024


def _is_ours(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
        return b"seisaku.workers" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[1])


def with_descendants(pid: int) -> list[int]:
    """A process and all those below it, itself first."""
    found = [pid]
    for each in found:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            for task in Path(f"/proc/{each}/task").iterdir():
                found += map(int, (task / "children").read_text(encoding="ascii").split())
    return found
