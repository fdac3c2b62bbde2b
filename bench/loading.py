"""Measure loading by size: a snapshot on disk, its seconds, memory and bytes, and the first answer.

    python bench/loading.py              # 10^5 and 10^6 triples
    python bench/loading.py 10000000     # these sizes; each takes the place of its row

Each step runs in a process of its own, so that its memory is its own. The start is that of
`seisaku serve --data`, from the call to the whole answer to a look-up over HTTP: first as files in
memory where that is under a minute, then from disk with nothing of it in memory, then once more.
Seconds are of the clock where nothing else is said; the load that others put on the machine stands
beside them.
"""

from __future__ import annotations

import json
import os
import platform
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from importlib.metadata import version
from pathlib import Path
from typing import TypeAlias

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "bench" / "results" / "loading.md"
SIZES = (100_000, 1_000_000)
IN_MEMORY = 1_000_000
"""Up to this size the files are served from memory too."""

LOOK_UP = "SELECT * { <https://w3id.org/seisaku/def#> ?p ?o } LIMIT 1"
SEISAKU = [sys.executable, "-m", "seisaku.cli"]
COLUMNS = {
    "load": "load, s",
    "load_cpu": "load, processor s",
    "index": "index, s",
    "index_cpu": "index, processor s",
    "memory": "memory at most, MiB",
    "source": "N-Quads, MB",
    "disk": "on disk, MB",
    "memory_start": "start from files, s",
    "memory_server": "memory then, MiB",
    "cold": "start from disk, cold, s",
    "warm": "start from disk, s",
    "server": "memory then, MiB",
}
NOTES = """
The graphs are of our shape (`bench/generate.py`, with the base). *Load* is parsing, sorting into
the indexes of RocksDB and compaction; *index* is that of the search. Memory at most is of the
process that builds; memory of a server is of all its processes, four workers among them, what they
share counted once. A start is from the call of `seisaku serve --data` to the whole answer to a
look-up over HTTP; cold is with nothing of the store in the system's memory. Without a figure: not
measured; bytes on disk are then those of the store without the index.
"""
Row: TypeAlias = dict[str, float]


def main() -> None:
    """Measure the sizes that are given, and write the table."""
    rows = _kept()
    for size in [int(each) for each in sys.argv[1:]] or SIZES:
        with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
            rows[size] = measured(size, Path(folder))
        text = report(rows)
        RESULT.write_text(text, encoding="utf-8")
    print(text)


def measured(size: int, folder: Path) -> Row:
    """Give the figures of one size."""
    file = folder / "data.nq"
    generate = [sys.executable, str(ROOT / "bench" / "generate.py"), str(size), str(file)]
    subprocess.run([*generate, "--base"], check=True)
    row: Row = {"source": file.stat().st_size / 1e6, "load_average": os.getloadavg()[0]}
    if size <= IN_MEMORY:
        row["memory_start"], row["memory_server"] = start(file)
    settings = os.environ | {"SEISAKU_SNAPSHOTS": str(folder)}
    command = [sys.executable, __file__, "--build", str(file)]
    done = subprocess.run(command, env=settings, capture_output=True, check=True, text=True)
    row |= json.loads(done.stdout)
    (snapshot,) = (each.parent for each in folder.glob("*/store.json"))
    row["disk"] = sum(each.stat().st_size for each in snapshot.rglob("*") if each.is_file()) / 1e6
    file.unlink()
    forget(snapshot)
    row["cold"], _ = start(snapshot)
    row["warm"], row["server"] = start(snapshot)
    return row


def build(file: Path) -> None:
    """Build a snapshot, and print what its steps took."""
    from seisaku import bulk
    from seisaku.config import Config

    times = [(time.monotonic(), time.process_time())]
    steps: list[str] = []

    def tell(step: str, _: str) -> None:
        steps.append(step)
        times.append((time.monotonic(), time.process_time()))

    bulk.build(Config.from_environment().snapshots, [file], tell, union=True)
    said = {"memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    for name, first, last in (("load", "load", "compact"), ("index", "index", "index")):
        begun, ended = times[steps.index(first)], times[steps.index(last) + 1]
        said[name], said[f"{name}_cpu"] = (
            end - begin for begin, end in zip(begun, ended, strict=True)
        )
    print(json.dumps(said))


def start(data: Path) -> tuple[float, float]:
    """Serve `data`; give the seconds to the first answer and the MiB of all processes then."""
    begun = time.monotonic()
    command = [*SEISAKU, "serve", "--port", "0", "--data", str(data), "--log-level", "error"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout  # noqa: S101
        said = re.search(r"http://\S+", process.stdout.readline())
        assert said  # noqa: S101
        address = f"{said[0]}sparql?{urllib.parse.urlencode({'query': LOOK_UP})}"
        while True:
            try:
                urllib.request.urlopen(address).read()  # noqa: S310  # our own
                break
            except urllib.error.HTTPError:  # it waits no longer than a query may take
                continue
        seconds = time.monotonic() - begun
        memory = sum(_own(pid) for pid in _processes(process.pid)) / 1024
        process.send_signal(signal.SIGTERM)
        process.wait()
    return seconds, memory


def forget(folder: Path) -> None:
    """Let the system forget what it holds in memory of the files of `folder`."""
    for each in folder.rglob("*"):
        if each.is_file():
            with each.open("rb") as opened:
                os.fsync(opened.fileno())
                os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _own(pid: int) -> int:
    """Give the kB of a process, what it shares counted by parts."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    found = re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)
    return int(found[1]) if found else 0


def _processes(pid: int) -> list[int]:
    found = [pid]
    for each in found:
        for task in Path(f"/proc/{each}/task").iterdir():
            found += map(int, (task / "children").read_text(encoding="ascii").split())
    return found


def report(rows: dict[int, Row]) -> str:
    """Give the Markdown of the results."""
    sizes = sorted(rows)
    made_with = f"Python {platform.python_version()}, pyoxigraph {version('pyoxigraph')}"
    lines = [
        "# Loading by size",
        "",
        f"Made by `bench/loading.py` on {os.cpu_count()} processors: {made_with}.",
        "",
        "| | " + " | ".join(f"{size:,} triples" for size in sizes) + " |",
        "| --- |" + " --: |" * len(sizes),
    ]
    for name, title in {**COLUMNS, "load_average": "load of others before"}.items():
        cells = (_cell(rows[size].get(name)) for size in sizes)
        lines.append(f"| {title} | {' | '.join(cells)} |")
    data = json.dumps({str(size): rows[size] for size in sizes})
    return "\n".join([*lines, NOTES, f"<!-- {data} -->", ""])


def _cell(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}" if value < 10 else f"{value:.1f}"


def _kept() -> dict[int, Row]:
    """Read the rows of an earlier run."""
    if not RESULT.is_file():
        return {}
    found = re.search(r"<!-- (\{.*\}) -->", RESULT.read_text(encoding="utf-8"))
    return {int(size): row for size, row in json.loads(found[1]).items()} if found else {}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--build"]:
        build(Path(sys.argv[2]))
    else:
        main()
