"""Measure what a build takes after an edit, step by step, and hold its bytes against a whole build.

Each build is a process of its own, as `seisaku build` is. Seconds are the processor's, so that what
else runs on the machine counts less; under load a second of it still does less work. Take ratios
and orders of size from them, not absolute figures.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from seisaku import snapshot
from seisaku.build import build
from seisaku.config import Config
from seisaku.index import Index
from seisaku.workers import WorkerPool

RESULT = Path(__file__).parent / "results" / "rebuild.md"
STEPS = ("start", "load", "validate", "reason", "describe", "index", "snapshot", "serve")
PARTS = (snapshot.DATASET, snapshot.SHAPES, snapshot.REPORT, snapshot.INDEX)

HUBS = "data/document/hubs.ttl"

EDITS = {
    "a label changed": (HUBS, '"Tokyo area"@en', '"The Tokyo area"@en'),
    "a triple added": (HUBS, 'rdfs:label "東京圏"@ja ,', 'skos:altLabel "東京都市圏"@ja ; {0}'),
    "a shape edited": ("shapes/area.ttl", "sh:maxInclusive 46", "sh:maxInclusive 47"),
    "an axiom added": (
        "ontology/core.ttl",
        "\nssk:StartupHub a owl:Class ;",
        "{0} owl:disjointWith ssk:Region ;",
    ),
}
"""Each edit: a file, what stands there, and what is to stand there; `{0}` is what stood there."""


def one(root: Path, snapshots: Path, *, anew: bool) -> None:
    """Build and load for serving, and print the seconds of each step and the snapshot's folder."""
    config = replace(Config(), root=root, snapshots=snapshots)
    seconds = {"start": time.process_time()}
    last = seconds["start"]

    def tell(step: str, _: str) -> None:
        nonlocal last
        now = time.process_time()
        seconds[step], last = seconds.get(step, 0) + now - last, now

    folder = build(config, tell, anew=anew)
    children = os.times()
    with WorkerPool([folder / snapshot.DATASET], config, union_default_graph=True) as pool:
        pool.load()
    ended = os.times()
    seconds["serve"] = sum(
        getattr(ended, part) - getattr(children, part)
        for part in ("children_user", "children_system")
    )
    last = time.process_time()
    Index([folder / snapshot.DATASET]).load()
    tell("index", "")
    print(json.dumps({"seconds": seconds, "folder": str(folder)}))


def built(root: Path, snapshots: Path, *, anew: bool = False) -> tuple[dict[str, float], Path]:
    """Build in a process of its own."""
    command = [sys.executable, __file__, "--root", str(root), "--snapshots", str(snapshots)]
    done = subprocess.run(
        [*command, *(["--anew"] if anew else [])], check=True, capture_output=True, text=True
    )
    said = json.loads(done.stdout)
    return said["seconds"], Path(said["folder"])


def edit(root: Path, file: str, before: str, after: str) -> None:
    """Edit a file. Raises `ValueError` when what is to be edited does not stand there."""
    text = (root / file).read_text(encoding="utf-8")
    if before not in text:
        raise ValueError(f"{file}: {before!r} does not stand there")
    (root / file).write_text(text.replace(before, after.format(before), 1), encoding="utf-8")


def row(name: str, seconds: dict[str, float], engine: str, same: str) -> str:
    """Give a row of the table."""
    cells = [f"{seconds.get(step, 0):.2f}" for step in STEPS]
    return f"| {name} | {' | '.join(cells)} | {sum(seconds.values()):.2f} | {engine} | {same} |"


def measured(edits: list[str], *, whole: bool) -> list[str]:
    """Measure the first build and each edit after it."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        root, kept, other = (Path(folder, each) for each in ("root", "kept", "other"))
        for each in ("ontology", "data", "shapes"):
            shutil.copytree(Config().root / each, root / each)
        seconds, first = built(root, kept)
        rows.append(row("the first", seconds, snapshot.manifest(first)["engines"]["reasoner"], ""))
        for name in edits:
            edit(root, *EDITS[name])
            seconds, quick = built(root, kept)
            same = "not compared"
            if whole:
                _, anew = built(root, other, anew=True)
                pairs = [
                    ((quick / part).read_bytes(), (anew / part).read_bytes()) for part in PARTS
                ]
                same = "same" if all(one == two for one, two in pairs) else "DIFFERENT"
            engine = snapshot.manifest(quick)["engines"]["reasoner"]
            rows.append(row(name, seconds, engine, same))
            print(rows[-1], file=sys.stderr)
    return rows


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--root", type=Path, help="build this once and print JSON")
    parser.add_argument("--snapshots", type=Path)
    parser.add_argument("--anew", action="store_true")
    parser.add_argument("--only", choices=EDITS, nargs="*", help="measure these edits only")
    parser.add_argument("--no-whole", action="store_true", help="do not compare the bytes")
    call = parser.parse_args()
    if call.root:
        one(call.root, call.snapshots, anew=call.anew)
        return
    rows = measured(call.only or list(EDITS), whole=not call.no_whole)
    lines = [
        "# What a build takes after an edit",
        "",
        "Made by `python bench/rebuild.py`: processor seconds from the saved edit to a loaded",
        "store and a search index. The last columns tell what reasoned, and whether the bytes of",
        "dataset, shapes, report and index are those of a build from nothing.",
        f"{os.cpu_count()} processors, Python {platform.python_version()},",
        f"load {os.getloadavg()[0]:.0f} at the end.",
        "",
        f"| edit | {' | '.join(STEPS)} | all | reasoner | bytes |",
        "| --- |" + " --: |" * (len(STEPS) + 1) + " --- | --- |",
        *rows,
        "",
    ]
    RESULT.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
