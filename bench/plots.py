"""Plots of `bench/results/peers.json`, as SVG: latency and build by size, look-ups by connections.

It is run by the bench's own environment, which has matplotlib: `plots.py FILE FOLDER`.
"""

from __future__ import annotations

import json
import math
import statistics
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

mpl.use("svg")

from matplotlib import pyplot as plt

if TYPE_CHECKING:
    from collections.abc import Callable

COLORS = ("#b3261e", "#e08a1e", "#1b6ca8", "#3d8b40", "#7b4fa3", "#666666")


def curve(sizes: dict[str, Any], name: str, of: Callable[[dict[str, Any]], float]) -> list[Any]:
    """Give what a server measured at each size: the triples, and the values."""
    found = [
        (each["triples"], of(each["peers"][name]))
        for each in sizes.values()
        if name in each["peers"]
    ]
    return [list(each) for each in zip(*((x, y) for x, y in found if y > 0), strict=True)]


def latency(peer: dict[str, Any]) -> float:
    """Give the geometric mean of the medians of what it answered, in milliseconds."""
    medians = [
        statistics.median(each["warm"]) for each in peer["templates"].values() if each["warm"]
    ]
    return math.exp(statistics.fmean(map(math.log, medians))) if medians else 0


def build(peer: dict[str, Any]) -> float:
    """Give the seconds from a file to the first answer."""
    return float(peer["load_seconds"] + peer["start_seconds"])


def draw(told: dict[str, Any], folder: Path) -> None:
    """Draw the three plots."""
    sizes = dict(sorted(told["sizes"].items()))
    names = list(dict.fromkeys(name for each in sizes.values() for name in sorted(each["peers"])))
    for file, of, title, unit in (
        ("peers-latency", latency, "Latency by size: geometric mean of medians, warm", "ms"),
        ("peers-build", build, "From a file to the first answer, by size", "s"),
    ):
        figure, axes = plt.subplots(figsize=(7, 4.2))
        for name, color in zip(names, COLORS, strict=False):
            if points := curve(sizes, name, of):
                axes.loglog(*points, "o-", label=name, color=color)
        _finish(figure, axes, title, "triples", unit, folder / f"{file}.svg")
    largest = max((each for each in sizes if each <= "6"), default=next(iter(sizes)))
    figure, axes = plt.subplots(figsize=(7, 4.2))
    for name, color in zip(names, COLORS, strict=False):
        if found := sizes[largest]["peers"].get(name, {}).get("look_ups"):
            points = sorted((int(each), it["per second"]) for each, it in found.items())
            axes.loglog(*zip(*points, strict=True), "o-", label=name, color=color)
    axes.set_xticks([1, 16, 64], ["1", "16", "64"])
    title = f"Look-ups in a second, at 10^{largest} triples"
    _finish(figure, axes, title, "connections", "look-ups/s", folder / "peers-look-ups.svg")


def _finish(figure: Any, axes: Any, title: str, x: str, y: str, file: Path) -> None:  # noqa: ANN401  # matplotlib's
    axes.set(title=title, xlabel=x, ylabel=y)
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    mpl.rcParams["svg.hashsalt"] = "seisaku"
    draw(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2]))
