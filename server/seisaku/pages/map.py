"""Map: the prefectures of Japan as SVG, with hubs marked on it.

The outlines are in `map.json`; docs/map.md says where they come from.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from .frame import page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Box = tuple[float, float, float, float]
"""Left, top, right, bottom, in units of the map."""

LETTER = 17
"""Units: the size of the labels, which are 12 pixels on a map 343 pixels wide."""

CELL = 4
"""Units: labels keep off the land by squares of this size."""

KEPT = 128
"""So many drawings are kept, of some 20 kB each."""

TURNS = 24
FARTHEST = 220
GAP = 4


@dataclass(frozen=True, slots=True)
class Shape:
    """How a prefecture is drawn: its name, where it leads to, and its class in the style sheet."""

    iso: str
    title: str
    address: str
    state: str
    own: bool = False
    """Whether it is the one that the page is about."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A hub on the map, at a place in degrees."""

    label: str
    address: str
    latitude: float
    longitude: float
    kind: str
    """Its form: `circle` or `star`."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A mark with its place on the map and that of its label, where there is room for it."""

    mark: Mark
    x: float
    y: float
    box: Box | None

    @property
    def leader(self) -> tuple[float, float] | None:
        """The point of the label that a line leads to from the mark."""
        if self.box is None:
            return None
        left, top, right, bottom = self.box
        return min(max(self.x, left), right), min(max(self.y, top), bottom)


@cache
def outlines() -> Any:  # noqa: ANN401  # JSON
    """Give the content of `map.json`."""
    file = Path(__file__).with_suffix(".json")
    return json.loads(file.read_text(encoding="utf-8"))


def beside(iso: str) -> list[str]:
    """Give the ISO 3166-2 codes of the prefectures that share a border on land with `iso`."""
    found: list[str] = outlines()["prefectures"].get(iso, {}).get("beside", [])
    return found


def place(latitude: float, longitude: float) -> tuple[float, float]:
    """Give where a place in degrees is on the map, in the inset when it is that far south."""
    known = outlines()
    frame = known["frames"]["inset" if latitude < INSET_BELOW else "main"]
    (west, north), (x, y) = frame["corner"], frame["at"]
    scale = known["scale"]
    return (longitude - west) * known["squeeze"] * scale + x, (north - latitude) * scale + y


INSET_BELOW = 29.2
"""Degrees: Amami and Okinawa are south of this latitude."""


def draw(
    lang: str,
    shapes: Iterable[Shape],
    marks: Sequence[Mark] = (),
    *,
    name: str,
    legend: Sequence[tuple[str, str]] = (),
    small: bool = False,
) -> Markup:
    """Draw the prefectures and mark the hubs; `name` is what the map is of.

    `legend` gives the states that the legend explains, each with its name. A small map has no
    labels and no links: the text beside it says the same.
    """
    return _drawn(lang, tuple(shapes), tuple(marks), name, tuple(legend), small)


@lru_cache(maxsize=KEPT)
def _drawn(
    lang: str,
    shapes: tuple[Shape, ...],
    marks: tuple[Mark, ...],
    name: str,
    legend: tuple[tuple[str, str], ...],
    small: bool,
) -> Markup:
    known = outlines()["prefectures"]
    found = [(each, known[each.iso]["path"]) for each in shapes if each.iso in known]
    stood = [_at(each, None) for each in marks] if small else placed(marks)
    values = {"called": name, "legend": legend, "small": small, "map": outlines()}
    written = page("map", lang, shapes=found, marks=stood, **values)
    return Markup(written)  # noqa: S704  # Jinja has escaped it


def _at(mark: Mark, box: Box | None) -> Placed:
    x, y = place(mark.latitude, mark.longitude)
    return Placed(mark, round(x, 1), round(y, 1), box)


@lru_cache(maxsize=KEPT)
def placed(marks: tuple[Mark, ...]) -> tuple[Placed, ...]:
    """Give each mark the nearest room for its label that is free of land, marks and labels."""
    points = [place(each.latitude, each.longitude) for each in marks]
    taken: list[Box] = [(x - 8, y - 8, x + 8, y + 8) for x, y in points]
    taken.append(tuple(outlines()["inset"]))  # no label in the inset but that of its own hub
    found = []
    for mark, point in zip(marks, points, strict=True):
        inside = mark.latitude < INSET_BELOW
        box = next(
            (each for each in _rooms(mark.label, point) if _is_free(each, taken, inside)), None
        )
        if box:
            taken.append((box[0] - GAP, box[1] - GAP, box[2] + GAP, box[3] + GAP))
        found.append(_at(mark, box))
    return tuple(found)


def _rooms(label: str, point: tuple[float, float]) -> Iterator[Box]:
    """Give the boxes that could hold a label, the nearest to its mark first."""
    width, height = width_of(label) * LETTER, LETTER * 1.2
    x, y = point
    for far in range(14, FARTHEST, 6):
        for turn in range(TURNS):
            angle = 2 * math.pi * turn / TURNS
            cx, cy = x + far * math.cos(angle), y + far * math.sin(angle)
            left = cx - width * (1 - math.cos(angle)) / 2
            yield (left, cy - height / 2, left + width, cy + height / 2)


def width_of(label: str) -> float:
    """Guess how wide a text is, in letters of full width."""
    return sum(1 if unicodedata.east_asian_width(each) in "WFA" else 0.58 for each in label)


def _is_free(box: Box, taken: Iterable[Box], inside: bool) -> bool:
    left, top, right, bottom = box
    width, height = outlines()["size"]
    if left < 2 or top < 2 or right > width - 2 or bottom > height - 2:
        return False
    others = list(taken)
    if inside:
        others.remove(tuple(outlines()["inset"]))
    if any(left < x2 and right > x1 and top < y2 and bottom > y1 for x1, y1, x2, y2 in others):
        return False
    return not any(
        (across, down) in _land()
        for across in range(int(left // CELL), int(right // CELL) + 1)
        for down in range(int(top // CELL), int(bottom // CELL) + 1)
    )


@cache
def _land() -> frozenset[tuple[int, int]]:
    """Give the squares of the map with land in them."""
    found = set()
    for each in outlines()["prefectures"].values():
        for ring in rings(each["path"]):
            found |= {(int(x // CELL), int(y // CELL)) for x, y in ring}
            found |= set(_inside(ring))
    return frozenset(found)


def rings(path: str) -> Iterator[list[tuple[float, float]]]:
    """Give the corners of each ring of a path of `map.json`, in units of the map."""
    fine = outlines()["fine"]
    for part in path.split("M")[1:]:
        numbers = [int(each) for each in re.findall(r"-?\d+", part)]
        x, y = 0, 0
        ring = []
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
            x, y = x + dx, y + dy
            ring.append((x / fine, y / fine))
        yield ring


def _inside(ring: list[tuple[float, float]]) -> Iterator[tuple[int, int]]:
    """Give the squares whose middle row a ring covers."""
    heights = [y for _, y in ring]
    for down in range(int(min(heights) // CELL), int(max(heights) // CELL) + 1):
        y = (down + 0.5) * CELL
        crossings = sorted(
            a[0] + (y - a[1]) * (b[0] - a[0]) / (b[1] - a[1])
            for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)
            if (a[1] > y) != (b[1] > y)
        )
        for left, right in zip(crossings[::2], crossings[1::2], strict=True):
            yield from (
                (across, down) for across in range(int(left // CELL), int(right // CELL) + 1)
            )
