"""Layout: boxes in columns and the lines between them, for a diagram that is read left to right.

After Sugiyama, Tagawa and Toda (1981): columns by the longest way, the order in a column by the
mean of the neighbours, the heights by least squares. The same input gives the same picture.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Size = tuple[float, float]
    Edge = tuple[str, str]
    Columns = list[list[str]]
    Beside = dict[str, tuple[list[str], list[str]]]
    """The neighbours of each box to its left and to its right."""

ROUNDS = 12
"""So many times the order and the heights are improved, from left to right and back."""

COLUMN_GAP, ROW_GAP, BEND = 56.0, 16.0, 8.0
"""Pixels between columns, between the boxes of one, and the height of a line that passes one."""


@dataclass(frozen=True, slots=True)
class Box:
    """Where a box lies, in pixels from the top left."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Half-way down."""
        return self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Layout:
    """A picture: its size, its boxes by name, and its lines as paths of SVG."""

    width: float
    height: float
    boxes: dict[str, Box]
    lines: dict[Edge, str]


def layered(sizes: Mapping[str, Size], edges: Iterable[Edge]) -> Layout:
    """Lay out boxes of the given widths and heights, in pixels, by the lines from one to another.

    Boxes without a line stand below the others. A line from a box to itself is left out. Names
    hold no spaces.
    """
    kept = sorted({edge for edge in edges if edge[0] != edge[1]})
    routes, columns = _routes(kept)
    beside: Beside = {name: ([], []) for column in columns for name in column}
    for route in routes.values():
        for left, right in pairwise(route):
            beside[left][1].append(right)
            beside[right][0].append(left)
    boxes = _boxes(_ordered(columns, beside), beside, sizes)
    lines = {edge: _line(edge, routes[edge], boxes, beside) for edge in kept}
    linked = {name: box for name, box in boxes.items() if name in sizes}
    placed = linked | _below(linked, sizes)
    width = max((box.x + box.width for box in placed.values()), default=0.0)
    height = max((box.y + box.height for box in placed.values()), default=0.0)
    return Layout(width, height, placed, lines)


def _routes(edges: Sequence[Edge]) -> tuple[dict[Edge, list[str]], Columns]:
    """Give the boxes that each line passes from left to right, bends included, by column too."""
    backward = _backward(edges)
    forward = {edge: edge[::-1] if edge in backward else edge for edge in edges}
    ranks = _ranks(forward.values())
    columns: Columns = [[] for _ in range(max(ranks.values(), default=-1) + 1)]
    for name in sorted(ranks):
        columns[ranks[name]].append(name)
    routes: dict[Edge, list[str]] = {}
    for edge, (left, right) in forward.items():
        bends = {column: f"{edge} {column}" for column in range(ranks[left] + 1, ranks[right])}
        for column, bend in bends.items():
            columns[column].append(bend)
        routes[edge] = [left, *bends.values(), right]
    return routes, columns


def _backward(edges: Sequence[Edge]) -> set[Edge]:
    """Give the lines that would close a circle."""
    after = defaultdict(list)
    for left, right in edges:
        after[left].append(right)
    found: set[Edge] = set()
    done: set[str] = set()

    def follow(name: str, way: tuple[str, ...]) -> None:
        for each in after[name]:
            if each in way:
                found.add((name, each))
            elif each not in done:
                follow(each, (*way, each))
        done.add(name)

    for name in sorted(after, key=lambda each: (any(each == right for _, right in edges), each)):
        if name not in done:
            follow(name, (name,))
    return found


def _ranks(edges: Iterable[Edge]) -> dict[str, int]:
    """Give each box its column: right of all that lead to it, and next to what it leads to."""
    kept = set(edges)
    ranks = dict.fromkeys({name for edge in kept for name in edge}, 0)
    for _ in ranks:
        for left, right in kept:
            ranks[right] = max(ranks[right], ranks[left] + 1)
    led_to = {right for _, right in kept}
    for name in ranks.keys() - led_to:
        ranks[name] = min(ranks[right] for left, right in kept if left == name) - 1
    return ranks


def _ordered(columns: Columns, beside: Beside) -> Columns:
    """Order each column by the mean place of the neighbours; keep the order that crosses least."""
    best, fewest = [list(column) for column in columns], _crossings(columns, beside)
    place = {name: float(at) for column in columns for at, name in enumerate(column)}
    for turn in range(2 * ROUNDS):
        side = turn % 2
        for column in columns if side == 0 else columns[::-1]:
            means = {
                name: _mean([place[each] for each in beside[name][side]], place[name])
                for name in column
            }
            column.sort(key=means.__getitem__)
            place.update({name: float(at) for at, name in enumerate(column)})
        if (crossings := _crossings(columns, beside)) < fewest:
            best, fewest = [list(column) for column in columns], crossings
    return best


def _crossings(columns: Columns, beside: Beside) -> int:
    place = {name: at for column in columns for at, name in enumerate(column)}
    steps = [[(place[a], place[b]) for a in column for b in beside[a][1]] for column in columns]
    return sum(
        (a - c) * (b - d) < 0
        for found in steps
        for at, (a, b) in enumerate(found)
        for c, d in found[:at]
    )


def _boxes(columns: Columns, beside: Beside, sizes: Mapping[str, Size]) -> dict[str, Box]:
    """Place the boxes: each as near to the mean height of its neighbours as its column lets it."""
    high = {name: sizes.get(name, (0.0, BEND))[1] for column in columns for name in column}
    middle = dict.fromkeys(high, 0.0)
    for turn in range(ROUNDS):
        for column in columns if turn % 2 == 0 else columns[::-1]:
            offsets = [0.0]
            for above, name in pairwise(column):
                offsets.append(offsets[-1] + (high[above] + high[name]) / 2 + ROW_GAP)
            wanted = [
                _mean([middle[each] for side in beside[name] for each in side], middle[name])
                for name in column
            ]
            risen = _rising([want - off for want, off in zip(wanted, offsets, strict=True)])
            middle.update(
                {name: base + off for name, base, off in zip(column, risen, offsets, strict=True)}
            )
    top = min((middle[name] - high[name] / 2 for name in middle), default=0.0)
    boxes, x = {}, 0.0
    for column in columns:
        width = max(sizes.get(name, (0.0, 0.0))[0] for name in column)
        for name in column:
            boxes[name] = Box(x, middle[name] - high[name] / 2 - top, width, high[name])
        x += width + COLUMN_GAP
    return boxes


def _rising(values: Sequence[float]) -> list[float]:
    """Give the rising numbers nearest to `values` by least squares (pool adjacent violators)."""
    pools: list[tuple[float, int]] = []
    for value in values:
        mean, count = value, 1
        while pools and pools[-1][0] > mean:
            other, more = pools.pop()
            mean, count = (mean * count + other * more) / (count + more), count + more
        pools.append((mean, count))
    return [mean for mean, count in pools for _ in range(count)]


def _below(linked: Mapping[str, Box], sizes: Mapping[str, Size]) -> dict[str, Box]:
    """Place the boxes without a line in rows below the others, as wide as those."""
    right = max((box.x + box.width for box in linked.values()), default=COLUMN_GAP * 16)
    y = max((box.y + box.height + 2 * ROW_GAP for box in linked.values()), default=0.0)
    x, deepest, found = 0.0, 0.0, {}
    for name, (width, height) in sizes.items():
        if name in linked:
            continue
        if x and x + width > right:
            x, y, deepest = 0.0, y + deepest + ROW_GAP, 0.0
        found[name] = Box(x, y, width, height)
        x, deepest = x + width + ROW_GAP, max(deepest, height)
    return found


def _line(edge: Edge, route: Sequence[str], boxes: Mapping[str, Box], beside: Beside) -> str:
    """Draw the line of `edge`, from where it begins, as a path with smooth bends."""
    points = []
    for at, name in enumerate(route):
        box = boxes[name]
        if at > 0:
            points.append((box.x, _port(box, route[at - 1], beside[name][0], boxes)))
        if at < len(route) - 1:
            points.append((box.x + box.width, _port(box, route[at + 1], beside[name][1], boxes)))
    if edge[0] != route[0]:
        points.reverse()
    path = f"M{points[0][0]:.0f} {points[0][1]:.0f}"
    for at, ((x, y), (to_x, to_y)) in enumerate(pairwise(points)):
        half = (x + to_x) / 2
        curve = f"C{half:.0f} {y:.0f} {half:.0f} {to_y:.0f} {to_x:.0f} {to_y:.0f}"
        path += curve if at % 2 == 0 else f"L{to_x:.0f} {to_y:.0f}"
    return path


def _port(box: Box, to: str, all_: Sequence[str], boxes: Mapping[str, Box]) -> float:
    """Give the height at which the line to `to` meets the box: they share its side by height."""
    in_order = sorted(dict.fromkeys(all_), key=lambda name: boxes[name].middle)
    return box.y + box.height * (in_order.index(to) + 1) / (len(in_order) + 1)


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
