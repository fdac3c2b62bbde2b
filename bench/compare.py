"""Ours beside its peers: the same graph, the same fifteen queries, over HTTP, in one run.

All servers run at once and are asked in turn, query by query, so that a slow minute of the machine
hits them all and ratios hold. First every answer is compared with that of the Oxigraph server; what
differs is named and not timed. The first time that a server is asked a template after its start is
cold, the rounds after are warm.

    python bench/compare.py                        # short: 10^4 triples
    python bench/compare.py 4 5 6                  # 10^4, 10^5, 10^6
    python bench/compare.py 7 --peer "Oxigraph server"   # ours and one peer

From 10^7 on ours serves a snapshot on disk, which is built the first time. A query that a server
does not answer within 30 s is given up; what one server alone answers is compared with nothing.

It adds what it measured to `bench/results/peers.json`, size by size, and makes
`bench/results/peers.md` and the plots of it anew.
"""

from __future__ import annotations

import argparse
import contextlib
import http
import json
import os
import platform
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from pyoxigraph import (
    QueryResultsFormat,
    QueryTriples,
    RdfFormat,
    Store,
    serialize,
)

import mix
import peers
import report
from seisaku.disk import opened

if TYPE_CHECKING:
    from collections.abc import Iterable

    from peers import Peer, Running

HERE = Path(__file__).parent
DATA = HERE / ".data"
RESULTS = HERE / "results" / "peers.json"
PARAMETERS = 16
"""So many values of its parameters a template is asked with."""

ROUNDS = 5

LONGEST = 30.0
"""Seconds after which a query is given up; it counts as having taken so long."""

MOST = 64
"""So many values are drawn for each parameter; look-ups by wrk are asked with all of them."""

RESTARTS = 8
"""So often a server that a query got stuck is started anew at one size."""

ON_DISK = 7
"""From this exponent on ours serves a snapshot on disk, as `docs/capacity.md` has it."""

CONNECTIONS = (1, 16, 64)
SEED = 7
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)")


@dataclass(slots=True)
class Timed:
    """What one server did with one template."""

    cold: float
    """Milliseconds of the first answer after the start."""
    warm: list[float] = field(default_factory=list)
    given_up: int = 0


@dataclass(slots=True)
class Measured:
    """What one server did at one size."""

    load_seconds: float
    start_seconds: float
    disk: int
    memory: int = 0
    templates: dict[str, Timed] = field(default_factory=dict)
    differ: list[str] = field(default_factory=list)
    """The templates whose answers are not those of the reference."""
    look_ups: dict[str, dict[str, float]] = field(default_factory=dict)
    """By the number of connections: look-ups in a second, and milliseconds p50, p95, p99."""


class Asker:
    """A connection to a server that stays open.

    It reads no more of HTTP than these answers need: `http.client` takes as long as a look-up.
    """

    def __init__(self, address: str, patience: float = LONGEST) -> None:
        self._parts = urlsplit(address)
        self._patience = patience
        self._connection: socket.socket | None = None

    def ask(self, query: str) -> bytes:
        """Give the answer to a query. Raises `OSError` when there is none."""
        was_open = self._connection is not None
        try:
            return self._ask(query)
        except ConnectionError:  # a server closes what was idle while another one was asked
            if not was_open:
                raise
        return self._ask(query)

    def _ask(self, query: str) -> bytes:
        host, port = self._parts.hostname, self._parts.port
        target = self._parts.path + "?" + (self._parts.query and self._parts.query + "&")
        request = (
            f"GET {target}query={quote(query)} HTTP/1.1\r\nHost: {self._parts.netloc}\r\n"
            f"Accept: {mix.accepted(query)}\r\n\r\n"
        )
        try:
            if self._connection is None:
                self._connection = socket.create_connection((host, port), self._patience)
                self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connection.sendall(request.encode())
            status, headers, body = _response(self._connection)
        except OSError:
            self.close()
            raise
        if b"connection: close" in headers:
            self.close()
        if status != http.HTTPStatus.OK:
            raise OSError(f"{status}: {body[:200]!r}")
        return body

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _response(connection: socket.socket) -> tuple[int, bytes, bytes]:
    """Read a response: its status, its head in lower case, its body."""
    read = _more(connection)
    while b"\r\n\r\n" not in read:
        read += _more(connection)
    head, _, rest = read.partition(b"\r\n\r\n")
    lowered = head.lower()
    status = int(head[9:12])
    if length := LENGTH.search(lowered):
        parts = [rest]
        left = int(length[1]) - len(rest)
        while left > 0:
            parts.append(_more(connection))
            left -= len(parts[-1])
        return status, lowered, b"".join(parts)
    if b"transfer-encoding: chunked" not in lowered:
        with contextlib.suppress(ConnectionError):
            while True:  # until the server closes
                rest += _more(connection)
        return status, lowered + b"connection: close", rest
    return status, lowered, _chunks(connection, rest)


def _chunks(connection: socket.socket, read: bytes) -> bytes:
    """Read a body in chunks (RFC 9112, 7.1), of which `read` is the beginning."""
    body = bytearray()
    while True:
        while b"\r\n" not in read:
            read += _more(connection)
        size, _, read = read.partition(b"\r\n")
        length = int(size.partition(b";")[0], 16)
        parts = [read]
        left = length + 2 - len(read)
        while left > 0:
            parts.append(_more(connection))
            left -= len(parts[-1])
        read = b"".join(parts)
        if length == 0:
            return bytes(body)
        body += read[:length]
        read = read[length + 2 :]


def _more(connection: socket.socket) -> bytes:
    read = connection.recv(1 << 20)
    if not read:
        raise ConnectionError("the server has hung up")
    return read


class InProcess:
    """The engine without a server, in this process; asked in turn with the servers."""

    def __init__(self, file: Path, ours: Peer) -> None:
        if ours.is_on_disk:
            self._store = opened(peers.snapshot(ours.folder(place(file))))
        else:
            self._store = Store()
            self._store.bulk_load(path=file, format=RdfFormat.N_TRIPLES)

    def ask(self, query: str) -> bytes:
        """Give the answer to a query."""
        result = self._store.query(query)
        if isinstance(result, QueryTriples):
            return serialize(result, format=RdfFormat.N_TRIPLES) or b""
        return result.serialize(format=QueryResultsFormat.JSON) or b""


class Contestant:
    """A server that runs, is asked, and is started anew when a query has got it stuck."""

    def __init__(self, peer: Peer, file: Path) -> None:
        self.peer = peer
        self._place = file, place(file)
        self._restarts = 0
        self.is_out = False
        """Whether it has been stuck too often and is asked no more."""
        self._stack = contextlib.ExitStack()
        self.running: Running = self._stack.enter_context(peer.serving(*self._place))
        self.asker = Asker(self.running.address)
        it = self.running
        self.measured = Measured(it.load_seconds, it.start_seconds, it.disk)

    def start_anew(self) -> None:
        """End the server and start it, which is cheaper than to wait for what never ends."""
        self.close()
        self._restarts += 1
        self.is_out = self._restarts > RESTARTS
        if self.is_out:
            say(f"  {self.peer.name} is asked no more")
            return
        say(f"  {self.peer.name} is started anew")
        self.running = self._stack.enter_context(self.peer.serving(*self._place))
        self.asker = Asker(self.running.address)

    def close(self) -> None:
        """End the server."""
        self._stack.close()


def graph(exponent: int) -> Path:
    """Give the file of the graph of 10^`exponent` triples, generated at the first time."""
    file = DATA / f"1e{exponent}.nt"
    if not file.exists():
        DATA.mkdir(exist_ok=True)
        part = file.with_name("part.nt")
        peers.run(
            *(sys.executable, HERE / "generate.py", 10**exponent, part),
            *("--seed", SEED, "--base"),
        )
        part.rename(file)
    return file


def place(file: Path) -> Path:
    """Give the folder for what servers make of the graph in `file`."""
    return DATA / "run" / file.stem


def draw(file: Path) -> dict[str, list[str]]:
    """Give the queries of each template, with what a server finds in `file` that is ended then."""
    with peers.OXIGRAPH.serving(file, place(file)) as running:
        asker = Asker(running.address, peers.LOAD_SECONDS)
        return {each.id: mix.asked(each, MOST, asker.ask) for each in mix.questions()}


def compare(
    exponent: int, wanted: list[Peer], seconds: float, enough: float, parameters: int
) -> dict[str, Any]:
    """Measure the servers `wanted` on the graph of 10^`exponent` triples.

    A template is asked with up to `parameters` values. Each run of look-ups takes `seconds`. A
    server whose answers to one template have taken `enough` seconds is asked that one no more.
    """
    file = graph(exponent)
    say(f"10^{exponent}: draws the parameters")
    drawn = draw(file)
    look_up_texts = [text for name in mix.LOOK_UPS for text in drawn[name]]
    contestants: list[Contestant] = []
    with contextlib.ExitStack() as stack:
        for peer in wanted:
            say(f"10^{exponent}: {peer.name} loads and starts")
            contestants.append(Contestant(peer, file))
            stack.callback(contestants[-1].close)
        contestants.sort(key=lambda each: each.peer is not peers.OXIGRAPH)  # the reference first
        ours = wanted[0]
        local = InProcess(file, ours)
        in_process: dict[str, float] = {}
        for name, texts in drawn.items():
            say(f"10^{exponent}: {name}")
            alone = local if name in mix.LOOK_UPS or not ours.is_on_disk else None
            took = ask_in_turn(name, texts[:parameters], contestants, enough, alone)
            if took:
                in_process[name] = statistics.median(took)
        say(f"10^{exponent}: look-ups")
        for each in contestants:
            if not each.is_out:
                each.measured.memory = each.running.memory
                each.measured.look_ups = look_ups(each.running.address, look_up_texts, seconds)
    found = {each.peer.name: each.measured for each in contestants}
    return {
        "triples": sum(1 for _ in file.open("rb")),
        "bytes": file.stat().st_size,
        "parameters": parameters,
        "on disk": ours.is_on_disk,
        "load": [round(each, 2) for each in os.getloadavg()],
        "peers": {name: asdict(each) for name, each in found.items()},
        "in process": in_process,
    }


def ask_in_turn(
    name: str,
    texts: list[str],
    contestants: list[Contestant],
    enough: float,
    local: InProcess | None,
) -> list[float]:
    """Compare the answers of all servers to a template, then time them, in turn.

    Gives the milliseconds of the engine in this process, which has its turn too; at size, where it
    has no deadline, with look-ups alone.
    """
    expected: dict[str, tuple[Any, ...]] = {}
    timed: list[tuple[Contestant, Timed]] = []
    for each in contestants:
        if each.is_out:
            continue
        try:
            first = _compared(each.asker, texts, expected, enough)
        except OSError as error:
            say(f"  {name}: {each.peer.name}: {error}")
            given_up = LONGEST * 1000
            each.measured.templates[name] = Timed(given_up, [given_up], 1)
            each.start_anew()
            continue
        if first is None:
            each.measured.differ.append(name)
        else:
            each.measured.templates[name] = Timed(first)
            timed.append((each, each.measured.templates[name]))
    alone: list[float] = []
    for _ in range(ROUNDS):
        for text in texts:
            for each, found in timed:
                if not found.given_up and sum(found.warm) < enough * 1000:
                    _warm(found, each, text)
            if local and sum(alone) < enough * 1000:
                begun = time.perf_counter()
                local.ask(text)
                alone.append((time.perf_counter() - begun) * 1000)
    return alone


def _compared(
    asker: Asker, texts: list[str], expected: dict[str, tuple[Any, ...]], enough: float
) -> float | None:
    """Give the milliseconds of the first answer; None when an answer is not as expected.

    What the first server answers is expected of the others. One that is slow is compared on as
    many answers as it gives in `enough` seconds. Raises `OSError` when it gives none.
    """
    first: float | None = None
    begun = time.perf_counter()
    for text in texts:
        answer = asker.ask(text)
        if first is None:
            first = (time.perf_counter() - begun) * 1000
        rows = mix.same(text, answer)
        if expected.setdefault(text, rows) != rows:
            return None
        if time.perf_counter() - begun > enough:
            break
    return first


def _warm(timed: Timed, contestant: Contestant, text: str) -> None:
    begun = time.perf_counter()
    try:
        contestant.asker.ask(text)
    except OSError:
        timed.given_up += 1
        timed.warm.append(LONGEST * 1000)
        contestant.start_anew()
    else:
        timed.warm.append((time.perf_counter() - begun) * 1000)


def look_ups(address: str, texts: list[str], seconds: float) -> dict[str, dict[str, float]]:
    """Measure by wrk how many look-ups a server answers in a second."""
    parts = urlsplit(address)
    targets = [
        f"{parts.path}?{parts.query and parts.query + '&'}query={quote(text)}" for text in texts
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_script(targets))
        script.flush()
        return {
            str(connections): _wrk(f"http://{parts.netloc}", script.name, connections, seconds)
            for connections in CONNECTIONS
        }


def _script(targets: Iterable[str]) -> str:
    listed = ",\n".join(json.dumps(each) for each in targets)
    return f"""\
local targets = {{ {listed} }}
local headers = {{ ["Accept"] = "{mix.ROWS}" }}
local n = 0
function request()
  n = n % #targets + 1
  return wrk.format("GET", targets[n], headers)
end
function done(summary, latency)
  io.write(string.format("RESULT %d %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(95), latency:percentile(99),
    summary.errors.status + summary.errors.timeout + summary.errors.read))
end
"""


def _wrk(server: str, script: str, connections: int, seconds: float) -> dict[str, float]:
    command = [*peers.wrk(), "-t1", f"-c{connections}", f"-d{seconds:g}", "--timeout", "30"]
    done = subprocess.run(
        [*command, "-s", script, server], capture_output=True, text=True, check=True
    )
    told = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)", done.stdout)
    if told is None:
        raise SystemExit(done.stdout + done.stderr)
    requests, duration, p50, p95, p99, failed = map(int, told.groups())
    return {
        "per second": requests / duration * 1e6,
        "p50": p50 / 1000,
        "p95": p95 / 1000,
        "p99": p99 / 1000,
        "failed": failed,
    }


def say(what: str) -> None:
    """Say how far it is."""
    print(what, file=sys.stderr, flush=True)


def main() -> None:
    """Measure each size that is asked for, and write the results and the plots."""
    parser = argparse.ArgumentParser(description="Measure our server beside its peers.")
    parser.add_argument("exponents", type=int, nargs="*", default=[4], help="4 for 10^4 triples, …")
    parser.add_argument("--peer", action="append", help="only ours and this; may be repeated")
    parser.add_argument("--seconds", type=float, default=5, help="how long each look-up run takes")
    parser.add_argument(
        "--parameters", type=int, default=PARAMETERS, help="values that a template is asked with"
    )
    parser.add_argument(
        "--enough", type=float, default=20, help="seconds that one server gets for one template"
    )
    parser.add_argument(
        "--on-disk", type=int, default=ON_DISK, help="exponent from which ours is on disk"
    )
    given = parser.parse_args()
    wanted = [
        each
        for each in peers.ALL
        if not given.peer
        or each in (peers.SEISAKU, peers.SEISAKU_CACHED, peers.OXIGRAPH)
        or each.name in given.peer
    ]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # which ends the servers
    for peer in wanted:
        say(f"installing {peer.name}")
        peer.install()
    told = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"sizes": {}}
    for exponent in given.exponents:
        is_ours = (peers.SEISAKU, peers.SEISAKU_CACHED) if exponent >= given.on_disk else ()
        at_size = [peers.on_disk(each) if each in is_ours else each for each in wanted]
        size = compare(exponent, at_size, given.seconds, given.enough, given.parameters)
        told["sizes"][str(exponent)] = size
        told["machine"] = f"Python {platform.python_version()}, {os.cpu_count()} processors"
        RESULTS.write_text(json.dumps(told, indent=1, sort_keys=True) + "\n")
        report.write(told)


if __name__ == "__main__":
    main()
