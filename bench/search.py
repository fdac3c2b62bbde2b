"""Measures the search: how good it is, how long it takes, what its index costs.

Quality is the mean reciprocal rank over `tests/search/queries.tsv`, whose expected first hits
people chose: 1 / place of the expected hit among the first ten, 0 when it is not there. The
ranking was tuned by the queries of the set `tuned`; those of the set `new` were written after.

    .venv/bin/python bench/search.py > bench/results/search.md
"""

import csv
import platform
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, serialize

from seisaku import snapshot
from seisaku.config import BASE, Config
from seisaku.index import Index

QUERIES = Path(__file__).parents[1] / "tests" / "search" / "queries.tsv"
LARGE = 100_000
FIRST = 10
REPEATS = 5

PARTS = (
    *("北海道", "観光", "戦略", "再生可能", "エネルギー", "離島", "東京", "大学", "推進", "事業"),
    *("半導体", "医療", "宇宙", "データ", "人材", "育成", "地域", "連携", "研究", "開発"),
)


def main() -> None:
    """Print all of it as Markdown."""
    folder = snapshot.find(Config().snapshots, snapshot.digest(Config().root))
    if folder is None:
        sys.exit("build first: seisaku build")
    dataset = folder / snapshot.DATASET
    rows = list(csv.DictReader(QUERIES.read_text(encoding="utf-8").splitlines(), delimiter="\t"))
    index = Index([dataset])
    index.load()
    print("# Search\n")
    print(f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, ", end="")
    print(f"{platform.machine()}. Made by `bench/search.py`.\n")
    print("## Quality\n")
    print("| set | queries | expected hit is first | mean reciprocal rank |")
    print("| --- | --: | --: | --: |")
    for name in ("tuned", "new"):
        places = [_place(index, row) for row in rows if row["set"] == name]
        mean = statistics.mean(1 / place if place else 0 for place in places)
        print(f"| {name} | {len(places)} | {places.count(1)} | {mean:.3f} |")
    print("\nNot first:\n")
    for row in rows:
        if (place := _place(index, row)) != 1:
            told = f"place {place}" if place else f"not among the first {FIRST}"
            print(f"- {row['query']} → `{row['expected']}`: {told}")
    _costs(dataset, [row["query"] for row in rows])


def _place(index: Index, row: dict[str, str]) -> int:
    found = [hit.iri for hit in index.find(row["query"], limit=FIRST).hits]
    expected = BASE + row["expected"]
    return found.index(expected) + 1 if expected in found else 0


def _costs(dataset: Path, queries: list[str]) -> None:
    print("\n## Cost\n")
    print("An index in memory, made when the dataset is loaded; a file in the snapshot would save")
    print("the seconds of *make*, and cost the bytes of *size* in each snapshot. Times are the")
    print("processor's.\n")
    print("| data | quads | make, s | size, MB | a search: median, ms | slowest, ms |")
    print("| --- | --: | --: | --: | --: | --: |")
    _cost("the graph", dataset, queries)
    with tempfile.NamedTemporaryFile(suffix=".nq") as file:
        _write_large(Path(file.name))
        _cost(f"{LARGE:,} things", Path(file.name), queries)
    print("\n`seisaku search 東京` on the command line, with a snapshot: ", end="")
    print(f"{min(_command() for _ in range(REPEATS)):.2f} s.")
    print(
        f"\nPeak memory of this run: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB."
    )


def _cost(name: str, file: Path, queries: list[str]) -> None:
    quads = sum(1 for _ in file.open(encoding="utf-8"))
    begun = time.process_time()
    index = Index([file])
    index.load()
    made = time.process_time() - begun
    database = index._database()  # what it costs is its own affair
    (pages,), (size,) = (
        database.execute(f"PRAGMA {it}").fetchone() for it in ("page_count", "page_size")
    )
    times = []
    for query in queries * REPEATS:
        begun = time.process_time()
        index.find(query)
        times.append(1000 * (time.process_time() - begun))
    told = f"{statistics.median(times):.1f} | {max(times):.1f}"
    print(f"| {name} | {quads:,} | {made:.2f} | {pages * size / 1e6:.1f} | {told} |")


def _write_large(file: Path) -> None:
    """Write things with a name in Japanese each, of four words."""
    label = NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
    with file.open("wb") as opened:
        for number in range(LARGE):
            picked = (PARTS[number // 20**place % 20] for place in range(4))
            text = "".join(picked) + str(number)
            thing = NamedNode(f"https://example.org/id/{number}")
            serialize([Quad(thing, label, Literal(text, language="ja"))], opened, RdfFormat.N_QUADS)


def _command() -> float:
    begun = time.perf_counter()
    command = [sys.executable, "-m", "seisaku.cli", "search", "東京"]
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
