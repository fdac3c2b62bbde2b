"""Measure what the export takes: the seconds and the sizes of each kind of file.

Seconds are the processor's, so that what else runs on the machine counts little.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import platform
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from seisaku import snapshot
from seisaku.config import Config

if TYPE_CHECKING:
    from collections.abc import Iterable

RESULT = Path(__file__).parent / "results" / "export.md"


def main() -> None:
    """Measure, and write the tables."""
    config = Config()
    found = snapshot.find(config.snapshots, snapshot.digest(config.root))
    if found is None:
        sys.exit("bench: there is no snapshot of the graph as it is; `seisaku build` makes one")
    began = time.process_time()
    from seisaku.distribution import INDEX, Source
    from seisaku.export import GZIP_LEVEL, distributions, export
    from seisaku.graph import Graph

    seconds = {"start (imports)": time.process_time() - began}
    began = time.process_time()
    source = Source(Graph(found / snapshot.DATASET))
    seconds["read the snapshot"] = time.process_time() - began
    packing = 0.0
    for each in distributions():
        began = time.process_time()
        written = io.BytesIO()
        each.write(source, written)
        done = time.process_time()
        key = f"write {each.group}"
        seconds[key] = seconds.get(key, 0) + done - began
        if each.gzipped:
            gzip.compress(written.getvalue(), GZIP_LEVEL, mtime=0)
            packing += time.process_time() - done
    seconds["compress by gzip"] = packing
    with tempfile.TemporaryDirectory() as folder:
        export(found / snapshot.DATASET, Path(folder))
        listed = json.loads((Path(folder) / INDEX).read_text(encoding="utf-8"))["files"]
    text = report(seconds, listed)
    RESULT.write_text(text, encoding="utf-8")
    print(text)


def report(seconds: dict[str, float], listed: list[dict[str, object]]) -> str:
    """Give the Markdown of the results."""
    groups: dict[str, list[dict[str, object]]] = defaultdict(list)
    for each in listed:
        groups[str(each["group"])].append(each)
    largest = sorted(listed, key=lambda each: -_bytes(each))[:12]
    lines = [
        "# What the export takes",
        "",
        f"Made by `make bench`: one run in one process of {os.cpu_count()} processors,",
        f"Python {platform.python_version()}.",
        "",
        "| step | processor s |",
        "| --- | --: |",
        *(f"| {step} | {each:.2f} |" for step, each in seconds.items()),
        f"| all | {sum(seconds.values()):.2f} |",
        "",
        "| group | files | KB | KB by gzip |",
        "| --- | --: | --: | --: |",
        *(
            f"| {group} | {len(files)} | {_kb(map(_bytes, files))} | {_kb(map(_packed, files))} |"
            for group, files in groups.items()
        ),
        "",
        "| largest files | KB | KB by gzip |",
        "| --- | --: | --: |",
        *(
            f"| {each['name']} | {_kb([_bytes(each)])} | {_kb([_packed(each)])} |"
            for each in largest
        ),
    ]
    return "\n".join(lines) + "\n"


def _bytes(entry: dict[str, object]) -> int:
    return int(str(entry["bytes"]))


def _packed(entry: dict[str, object]) -> int:
    packed = entry.get("gzip")
    return int(str(packed["bytes"])) if isinstance(packed, dict) else _bytes(entry)


def _kb(sizes: Iterable[int]) -> str:
    return f"{sum(sizes) / 1000:,.0f}"


if __name__ == "__main__":
    main()
