"""Measure what it takes to infer, by size and by engine, and whether the engines infer the same.

Each run is a process of its own, over a file that generate.py writes: from the file in N-Triples to
the inferred statements in another, parsing included. Memory is the most that the process and those
that it starts have at once, looked at ten times a second. owlrl is the reference; it takes so long
that it is measured on the smaller graphs only, and there all that is inferred is compared. On the
larger ones DuckDB is compared with Spark.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pyoxigraph
from rdflib import Graph

BENCH = Path(__file__).parent
RESULT = BENCH / "results" / "reasoning.md"
SHORT = {10_000: ("owlrl", "duckdb"), 100_000: ("duckdb",)}
FULL = {
    20_000: ("owlrl", "duckdb", "spark"),
    100_000: ("duckdb", "spark"),
    1_000_000: ("duckdb", "spark"),
    10_000_000: ("duckdb",),
}
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Run:
    """What one engine took for one file."""

    triples: int
    engine: str
    inferred: int
    seconds: float
    processor: float
    memory: int
    digest: str
    load: float


def main() -> None:
    """Measure, and write the table; or, with `--one`, be the process that is measured."""
    parser = argparse.ArgumentParser(description="Measure the reasoners.")
    parser.add_argument("--full", action="store_true", help="up to ten million triples")
    parser.add_argument("--one", nargs=3, metavar=("ENGINE", "FILE", "OUTPUT"), help="run once")
    parser.add_argument("--only", type=int, nargs="+", help="only these sizes")
    parser.add_argument("--engines", nargs="+", help="only these engines")
    given = parser.parse_args()
    if given.one:
        engine, file, output = given.one
        print(infer(engine, Path(file), Path(output)))
        return
    plan = FULL if given.full else SHORT
    runs = [
        run
        for size, engines in plan.items()
        if not given.only or size in given.only
        for run in measure(size, [each for each in engines if each in (given.engines or engines)])
    ]
    text = report(runs, " ".join(["bench/reasoning.py", *sys.argv[1:]]))
    RESULT.write_text(text, encoding="utf-8")
    print(text)


def measure(size: int, engines: list[str]) -> list[Run]:
    """Generate a graph and run each engine on it."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        file, output = Path(folder, "graph.nt"), Path(folder, "inferred.nt")
        generate = [sys.executable, str(BENCH / "generate.py"), str(size), str(file), "--base"]
        subprocess.run(generate, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with file.open("rb") as lines:
            triples = sum(1 for _ in lines)
        return [once(engine, file, output, triples) for engine in engines]


def once(engine: str, file: Path, output: Path, triples: int) -> Run:
    """Run one engine in a process of its own, and watch how much memory it has."""
    load, began, most = os.getloadavg()[0], time.monotonic(), 0
    command = [sys.executable, __file__, "--one", engine, str(file), str(output)]
    environment = {**os.environ, "TMPDIR": str(file.parent)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True
    ) as process:
        while process.poll() is None:
            most = max(most, resident(process.pid))
            time.sleep(0.1)
        seconds = time.monotonic() - began
        assert process.stdout  # noqa: S101  # it is a pipe
        said = json.loads(process.stdout.read().splitlines()[-1])
    if process.returncode:
        sys.exit(f"{engine} failed on {triples:,} triples")
    with output.open("rb") as lines:
        sorted_ = sorted(lines)
    digest = hashlib.sha256(b"".join(sorted_)).hexdigest()
    run = Run(triples, engine, len(sorted_), seconds, said["processor"], most, digest, load)
    print(run, file=sys.stderr)
    return run


def resident(session: int) -> int:
    """Give the bytes in memory of all processes of a session."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            of = int((folder / "stat").read_text().rpartition(")")[2].split()[3])
            if of == session:
                total += int((folder / "statm").read_text().split()[1]) * PAGE
        except (OSError, IndexError):
            continue  # it has ended
    return total


def infer(engine: str, file: Path, output: Path) -> str:
    """Write what follows from `file`, and say what it took of the processor."""
    if engine == "owlrl":
        import rdflib

        from seisaku.reason import reason

        rdflib.NORMALIZE_LITERALS = False
        inferred = reason(Graph(bind_namespaces="none").parse(file))
        text = inferred.serialize(format="nt", encoding="utf-8")
        triples = pyoxigraph.parse(text, format=pyoxigraph.RdfFormat.N_TRIPLES)
        pyoxigraph.serialize(triples, output, format=pyoxigraph.RdfFormat.N_TRIPLES)
    else:
        from seisaku import closure

        with closure.engine(engine) as joins:
            closure.write_inferred([file], output, joins)
    spent = os.times()
    return json.dumps({"processor": spent.user + spent.system})


def report(runs: list[Run], command: str) -> str:
    """Give the Markdown of the results."""
    libraries = ("owlrl", "ibis-framework", "duckdb")
    versions = ", ".join(f"{each} {version(each)}" for each in libraries)
    lines = [
        "# What inferring takes",
        "",
        f"Made by `{command}`: Python {platform.python_version()}, {versions},",
        f"{os.cpu_count()} processors. A line is one run in a process of its own: start, parsing,",
        "what follows among the terms (by owlrl, whichever the engine), joins, writing.",
        "`load` is how many processes the machine ran in the minute before, others' included.",
        "",
        "| triples | engine | inferred | seconds | processor s | memory MiB | load | the same as |",
        "| --: | --- | --: | --: | --: | --: | --: | --- |",
    ]
    for run in runs:
        same = [
            each.engine
            for each in runs
            if each.triples == run.triples and each.engine != run.engine
            if each.digest == run.digest
        ]
        other = [
            f"not {each.engine}"
            for each in runs
            if each.triples == run.triples and each.digest != run.digest
        ]
        lines.append(
            f"| {run.triples:,} | {run.engine} | {run.inferred:,} | {run.seconds:.1f}"
            f" | {run.processor:.1f} | {run.memory >> 20:,} | {run.load:.1f}"
            f" | {', '.join(same + other) or '–'} |"
        )
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
