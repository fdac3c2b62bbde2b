"""Which WSGI server: look-ups at 1, 16 and 64 connections, slow senders, start and stop.

`make bench` runs it: the servers take turns, so that a slow minute of the machine hits them all.
It needs wrk (the Debian package of that name) and writes `bench/results/wsgi.md`.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import platform
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
PORT = 8765
THREADS = 16
SECONDS = 4
ROUNDS = 3
CONNECTIONS = (1, 16, 64)
LOOK_UP = "/sparql?query=" + quote(
    "SELECT ?label { <https://w3id.org/seisaku/id/hub/tokyo> "
    "<http://www.w3.org/2000/01/rdf-schema#label> ?label }"
)
SERVERS = {
    "gunicorn gthread": [
        *(str(BIN / "gunicorn"), "wsgi:application()", "--worker-class", "gthread"),
        *("--threads", str(THREADS), "--bind", f"127.0.0.1:{PORT}", "--log-level", "error"),
    ],
    "granian": [
        *(str(BIN / "granian"), "--interface", "wsgi", "--factory", "wsgi:application"),
        *("--blocking-threads", str(THREADS), "--port", str(PORT), "--log-level", "error"),
    ],
    "waitress": [
        *(str(BIN / "waitress-serve"), f"--listen=127.0.0.1:{PORT}", f"--threads={THREADS}"),
        *("--call", "wsgi:application"),
    ],
}


NOTE = """\
Each server has its own defaults. The 100 slow senders fill gunicorn's threads, and waitress's limit
of 100 connections, which could be raised; granian reads requests outside of Python's threads.
"""


def application() -> Flask:
    """Give the real application on the real graph; the servers call this."""
    from seisaku import snapshot
    from seisaku.app import create_app
    from seisaku.config import Config
    from seisaku.workers import WorkerPool

    config = Config()
    folder = snapshot.find(config.snapshots, snapshot.digest(config.root))
    if folder is None:
        raise SystemExit("run `make serve` or `seisaku build` first")
    pool = WorkerPool([folder / snapshot.DATASET], config, union_default_graph=True)
    return create_app(pool, config)


@contextlib.contextmanager
def running(command: list[str], said: dict[str, float]) -> Iterator[None]:
    """Run a server; `said` gets the seconds to its first answer and to its end."""
    begun = time.monotonic()
    process = subprocess.Popen(command, cwd=HERE, stderr=subprocess.DEVNULL)
    try:
        while not status("GET"):
            time.sleep(0.01)
            if process.poll() is not None or time.monotonic() - begun > 30:
                raise SystemExit(f"{command[0]} did not start")
        said["start"] = time.monotonic() - begun
        yield
    finally:
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        said["stop"] = time.monotonic() - begun


def status(method: str, timeout: float = 10.0) -> int:
    """Give the status of one look-up; 0 when nothing answers."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=timeout)
    try:
        connection.request(method, LOOK_UP)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def load(connections: int) -> tuple[float, float, float, int]:
    """Look up for some seconds: requests a second, p50 and p99 in ms, failed requests."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency"]
    said = subprocess.run(
        [*command, f"http://127.0.0.1:{PORT}{LOOK_UP}"], capture_output=True, text=True, check=True
    ).stdout
    (rate,) = re.findall(r"Requests/sec:\s+([\d.]+)", said)
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    socket_errors = re.findall(r"(?:connect|read|write|timeout) (\d+)", said)
    failures = int(failed[1]) if failed else 0
    failures += sum(map(int, socket_errors))
    return float(rate), latency(said, 50), latency(said, 99), failures


def latency(said: str, percent: int) -> float:
    """Give a percentile that wrk printed, in milliseconds."""
    ((number, unit),) = re.findall(rf"{percent}%\s+([\d.]+)(us|ms|s)", said)
    return float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]


def beside_slow_senders() -> tuple[int, float]:
    """Send 100 requests a byte at a time; give how many of 20 others are answered, and the worst.

    The worst is in milliseconds; who is not answered in 2 s is not answered.
    """
    senders = [socket.create_connection(("127.0.0.1", PORT)) for _ in range(100)]
    head = f"GET {LOOK_UP} HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ".encode()
    worst, answered = 0.0, 0
    for turn in range(20):
        for sender in senders:
            with contextlib.suppress(OSError):
                sender.sendall(head if turn == 0 else b"x")
        begun = time.monotonic()
        answered += status("GET", 2.0) == 200
        worst = max(worst, (time.monotonic() - begun) * 1000)
    for sender in senders:
        sender.close()
    return answered, worst


def main() -> None:
    """Measure, and write the table."""
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing: install the Debian package wrk")
    rates: dict[tuple[str, int], list[tuple[float, float, float, int]]] = {}
    times: dict[str, list[dict[str, float]]] = {name: [] for name in SERVERS}
    slow: dict[str, tuple[int, float]] = {}
    methods: dict[str, int] = {}
    for turn in range(ROUNDS):
        for name, command in SERVERS.items():
            said: dict[str, float] = {}
            with running(command, said):
                load(4)  # warm up
                for connections in CONNECTIONS:
                    rates.setdefault((name, connections), []).append(load(connections))
                if turn == 0:
                    methods[name] = status("QUERY")
                    slow[name] = beside_slow_senders()
            times[name].append(said)
            print(f"round {turn + 1}: {name} done", flush=True)
    text = report(rates, times, slow, methods)
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / "wsgi.md").write_text(text, encoding="utf-8")
    print(text)


def report(
    rates: dict[tuple[str, int], list[tuple[float, float, float, int]]],
    times: dict[str, list[dict[str, float]]],
    slow: dict[str, tuple[int, float]],
    methods: dict[str, int],
) -> str:
    """Give the results as Markdown: medians of the rounds."""
    versions = ", ".join(f"{each} {version(each)}" for each in ("gunicorn", "granian", "waitress"))
    lines = [
        "# Which WSGI server",
        "",
        f"Made by `make bench`: medians of {ROUNDS} rounds in turn, {SECONDS} s each.",
        f"{versions}; Python {platform.python_version()}; {os.cpu_count()} processors for server,",
        f"workers and client; one process, {THREADS} threads. Take ratios, not absolute figures.",
        "",
        "| server | connections | look-ups/s | p50 ms | p99 ms | failed |",
        "| --- | --: | --: | --: | --: | --: |",
    ]
    for (name, connections), runs in sorted(rates.items(), key=lambda each: each[0][1]):
        rate, p50, p99, _ = (statistics.median(column) for column in zip(*runs, strict=True))
        failed = sum(run[3] for run in runs)
        lines.append(f"| {name} | {connections} | {rate:,.0f} | {p50:.2f} | {p99:.2f} | {failed} |")
    lines += [
        "",
        "| server | first answer s | stopped s | beside 100 slow senders | worst ms | QUERY |",
        "| --- | --: | --: | --: | --: | --: |",
    ]
    for name, said in times.items():
        start, stop = (statistics.median(each[key] for each in said) for key in ("start", "stop"))
        answered, worst = slow[name]
        lines.append(
            f"| {name} | {start:.2f} | {stop:.2f} | {answered} of 20 | {worst:.0f} "
            f"| {methods[name]} |"
        )
    return "\n".join([*lines, "", NOTE])


if __name__ == "__main__":
    main()
