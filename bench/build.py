"""Measure what `seisaku build` takes, step by step, and how large the layers are.

Seconds are the processor's, so that what else runs on the machine counts little; memory is the
largest that the process has had. Take ratios and orders of size from them, not absolute figures.
"""

from __future__ import annotations

import os
import platform
import resource
import time
from pathlib import Path

from seisaku.config import Config
from seisaku.load import load
from seisaku.reason import reason
from seisaku.validate import validate

RESULT = Path(__file__).parent / "results" / "build.md"


def main() -> None:
    """Measure, and write the tables."""
    began = time.process_time()
    seconds: dict[str, float] = {}

    def done(step: str) -> None:
        nonlocal began
        now = time.process_time()
        seconds[step], began = now - began, now

    asserted = load(Config().root)
    union = asserted.union
    done("load")
    validate(union, asserted.shapes)
    done("validate")
    inferred = reason(union)
    done("reason")
    layers = {name: len(graph) for name, graph in asserted.layers.items()}
    text = report(seconds, {**layers, "inferred": len(inferred)}, asserted.files)
    RESULT.write_text(text, encoding="utf-8")
    print(text)


def report(seconds: dict[str, float], triples: dict[str, int], files: int) -> str:
    """Give the Markdown of the results."""
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    lines = [
        "# What a build takes",
        "",
        f"Made by `make bench`: one run in one process of {os.cpu_count()} processors,",
        f"Python {platform.python_version()}; {files} files; {memory:.0f} MiB at most.",
        "",
        "| step | processor s |",
        "| --- | --: |",
        *(f"| {step} | {each:.1f} |" for step, each in seconds.items()),
        "",
        "| layer | triples |",
        "| --- | --: |",
        *(f"| {layer} | {each:,} |" for layer, each in triples.items()),
        f"| all | {sum(triples.values()):,} |",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
