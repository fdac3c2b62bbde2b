"""The endpoint under load: look-ups beside hostile clients, long answers, 200 clients at once.

`make bench` runs it against servers that it starts; it writes `bench/results/endpoint.md`.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
SECONDS = 10
TRIPLES = 100_000
ROWS = 1_000_000
HOSTILE = {
    "product": "SELECT (COUNT(*) AS ?c) { ?a ?b ?c1 . ?d ?e ?f . ?g ?h ?i }",
    "sort": "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?f ?c",
    "paths": "SELECT (COUNT(*) AS ?n) { ?a <urn:next>* ?b }",
}


@contextlib.contextmanager
def serving(data: Path, **settings: object) -> Iterator[tuple[int, int]]:
    """Run `seisaku serve`; give its port and the process that serves."""
    command = [sys.executable, "-m", "seisaku.cli", "serve", "--port", "0", "--data", str(data)]
    given = {f"SEISAKU_{name.upper()}": str(value) for name, value in settings.items()}
    environment = os.environ | given
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            said = process.stdout.readline() if process.stdout else ""
            found = re.search(r":(\d+)/", said)
            if not found:
                raise SystemExit("the server did not start")
            port = int(found[1])
            ask(port, "ASK {}")  # until the data are loaded
            yield port, _serves(process.pid)
        finally:
            process.terminate()
            process.wait(30)


def _serves(pid: int) -> int:
    """Give the child of `pid` that has the workers below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    (serves,) = (
        int(each)
        for each in children
        if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes()
    )
    return serves


def ask(
    port: int, query: str, accept: str = "*/*", source: str = "127.0.0.1"
) -> tuple[int, int, float]:
    """Ask once: the status, the bytes of the answer, the seconds."""
    begun = time.monotonic()
    connection = http.client.HTTPConnection(
        "127.0.0.1", port, timeout=120, source_address=(source, 0)
    )
    try:
        connection.request("GET", f"/sparql?query={quote(query)}", headers={"Accept": accept})
        response = connection.getresponse()
        size = 0
        while part := response.read(1 << 16):
            size += len(part)
        return response.status, size, time.monotonic() - begun
    finally:
        connection.close()


def look_ups(port: int, first: int) -> tuple[list[float], Counter[int]]:
    """Look up one thing after another for some seconds, none of them twice."""
    times, statuses = [], Counter[int]()
    ends = time.monotonic() + SECONDS
    number = first
    while time.monotonic() < ends:
        number += 1
        query = f"SELECT ?o {{ <urn:n{number}> <urn:next> ?o }}"
        status, _, seconds = ask(port, query, source="127.0.0.3")
        times.append(seconds * 1000)
        statuses[status] += 1
    return times, statuses


def hostile(port: int, query: str, source: str, stop: threading.Event, told: Counter[int]) -> None:
    """Ask a hostile query again and again."""
    number = 0
    while not stop.is_set():
        number += 1
        status, _, _ = ask(port, f"{query} # {number}", source=source)
        told[status] += 1


def beside_hostile_clients(data: Path) -> list[str]:
    """Measure look-ups alone and beside three hostile clients."""
    lines = ["| look-ups | answered | p50 ms | p99 ms | worst ms | other statuses |"]
    lines.append("| --- | --: | --: | --: | --: | --- |")
    with serving(data) as (port, _):
        look_ups(port, 0)  # warm up
        for name, queries in (
            ("alone", {}),
            ("beside three hostile clients", HOSTILE),
            ("alone, again", {}),
        ):
            stop, told = threading.Event(), Counter[int]()
            threads = [
                threading.Thread(
                    target=hostile, args=(port, query, f"127.0.0.{10 + n}", stop, told)
                )
                for n, query in enumerate(queries.values())
            ]
            for thread in threads:
                thread.start()
            time.sleep(1 if threads else 0)
            times, statuses = look_ups(port, 30_000 if threads else 60_000)
            stop.set()
            for thread in threads:
                thread.join()
            percentiles = statistics.quantiles(times, n=100)
            others = {status: count for status, count in statuses.items() if status != 200}
            lines.append(
                f"| {name} | {statuses[200]:,} | {percentiles[49]:.1f} | {percentiles[98]:.1f} "
                f"| {max(times):.0f} | {others or 'none'} |"
            )
            if threads:
                lines_told = ", ".join(f"{count} × {each}" for each, count in sorted(told.items()))
    return [*lines, "", f"The hostile clients were told: {lines_told}."]


def long_answers(folder: Path) -> list[str]:
    """Measure a million rows in JSON and CSV, and the memory of the process that serves."""
    data = folder / "million.nt"
    with data.open("w", encoding="utf-8") as opened:
        opened.writelines(f'<urn:n{n}> <urn:says> "value {n}" .\n' for n in range(ROWS))
    lines = ["| a million rows | status | MB | seconds | memory of the server, before → at most |"]
    lines.append("| --- | --: | --: | --: | --: |")
    limits = {"answer_bytes": 512 << 20, "deadline": 60, "spool": 4 << 30}
    for accept in ("application/sparql-results+json", "text/csv"):
        with serving(data, **limits) as (port, serves):
            before = peak(serves)
            status, size, seconds = ask(port, "SELECT * { ?s ?p ?o }", accept)
            lines.append(
                f"| {accept} | {status} | {size / 1e6:.0f} | {seconds:.1f} "
                f"| {before >> 20} → {peak(serves) >> 20} MiB |"
            )
    return lines


def peak(pid: int) -> int:
    """Give the bytes of memory that a process has had at most."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) * 1024


def many_clients(data: Path, count: int) -> list[str]:
    """Let many clients look up at once for some seconds, each on its own connection."""
    statuses, times = Counter[int](), list[float]()
    lock = threading.Lock()
    with serving(data) as (port, serves):

        def look_up(client: int) -> None:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            number, ends = client * 500, time.monotonic() + SECONDS
            while time.monotonic() < ends:
                number += 1
                query = quote(f"SELECT ?o {{ <urn:n{number}> <urn:next> ?o }}")
                begun = time.monotonic()
                connection.request("GET", f"/sparql?query={query}")
                response = connection.getresponse()
                response.read()
                with lock:
                    statuses[response.status] += 1
                    times.append((time.monotonic() - begun) * 1000)
            connection.close()

        threads = [threading.Thread(target=look_up, args=(each,)) for each in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        memory = peak(serves) >> 20
    percentiles = statistics.quantiles(times, n=100)
    failed = sum(many for status, many in statuses.items() if status >= 500)
    said = (
        f"{count} clients for {SECONDS} s: {statuses[200] / SECONDS:,.0f} look-ups a second, p50 "
        f"{percentiles[49]:.0f} ms, p99 {percentiles[98]:.0f} ms; {failed} of "
        f"{statuses.total():,} answers were 5xx; the server took {memory} MiB at most."
    )
    return [said]


def main() -> None:
    """Measure, and write the report."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = folder / "chain.nt"
        with data.open("w", encoding="utf-8") as opened:
            opened.writelines(f"<urn:n{n}> <urn:next> <urn:n{n + 1}> .\n" for n in range(TRIPLES))
        lines = [
            "# The endpoint under load",
            "",
            f"Made by `make bench`: granian {version('granian')}, pyoxigraph",
            f"{version('pyoxigraph')}, Python {platform.python_version()}; {os.cpu_count()}",
            "processors for server, workers and clients, all over loopback. Take ratios, not",
            f"absolute figures. {TRIPLES:,} triples; no look-up is asked twice, so none is",
            "answered from the cache. The settings are the defaults where nothing else is said.",
            "",
            "## Look-ups beside hostile clients",
            "",
            f"One client looks up for {SECONDS} s, beside three that ask a product, a sort and",
            "property paths without end, each from an address of its own.",
            "",
            *beside_hostile_clients(data),
            "",
            "## Long answers",
            "",
            f"`SELECT * {{ ?s ?p ?o }}` over {ROWS:,} triples, with `SEISAKU_ANSWER_BYTES` at",
            "512 MiB. The answer is written to a file without a name before it is sent.",
            "",
            *long_answers(folder),
            "",
            "## Many clients",
            "",
            *many_clients(data, 200),
        ]
    text = "\n".join(lines) + "\n"
    (HERE / "results" / "endpoint.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
