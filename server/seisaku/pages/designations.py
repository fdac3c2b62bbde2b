"""Designations: which hub was designated in which phase, and what is said of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from ..config import BASE
from .frame import Row, ask, kept

FIELDS = BASE + "scheme/field"
NEXT = BASE + "scheme/hub-tier/p2-next-global"


@dataclass(frozen=True, slots=True)
class Designation:
    """One hub in one phase. Things are given by their IRIs; "" is what is not said."""

    iri: str
    hub: str
    phase: str
    tier: str
    type: str
    open: str
    """The record that says that the type is not stated."""
    partial: str
    """The record that says that others than those listed may take part."""
    consortium: str
    lines: tuple[str, ...]
    layer: str
    kinship: str
    """The layer that says which hub it designates."""


@dataclass(frozen=True, slots=True)
class Hub:
    """A hub with its designations, by phase."""

    iri: str
    reading: str
    designations: tuple[Designation, ...]

    @property
    def last(self) -> Designation:
        """Its designation in the last phase."""
        return self.designations[-1]


@dataclass(frozen=True, slots=True)
class Mention:
    """A wording of the source, and the concept that it is taken for: a field or a feature."""

    hub: str
    concept: str
    scheme: str
    wording: str
    line: str
    layer: str


@dataclass(frozen=True, slots=True)
class Succession:
    """That a designation carries on an earlier one, with the reason and the lines for it."""

    later: str
    earlier: str
    layer: str
    reasons: dict[str, str]
    """By language."""
    lines: tuple[str, ...]


@kept
def designated() -> dict[str, Hub]:
    """Give the hubs by IRI, in the order that the source lists them in."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in ask("designations"):  # by line, so that the last is where the source is at length
        rows[row["designation"]["value"]].append(row)
    where = {each: number for number, each in enumerate(_last_mentioned(rows))}
    grouped: dict[str, list[Designation]] = defaultdict(list)
    for iri in sorted(rows, key=where.__getitem__):
        each = _designation(iri, rows[iri])
        grouped[each.hub].append(each)
    readings = {row[0]["hub"]["value"]: _value(row[0], "reading") for row in rows.values()}
    found = [
        Hub(hub, readings[hub], tuple(sorted(each, key=lambda one: one.phase)))
        for hub, each in grouped.items()
    ]
    found.sort(key=lambda each: where[each.last.iri])
    return {each.iri: each for each in found}


def _last_mentioned(rows: dict[str, list[Row]]) -> list[str]:
    """Sort designations by the last line of each."""
    return sorted(rows, key=lambda iri: int(rows[iri][-1]["number"]["value"]))


def _designation(iri: str, rows: list[Row]) -> Designation:
    said = ("hub", "phase", "tier", "type", "open", "partial", "consortium")
    lines = tuple(dict.fromkeys(row["line"]["value"] for row in rows))
    return Designation(
        iri,
        **{each: _value(rows[0], each) for each in said},
        lines=lines,
        layer=_layer(rows[0], "layer"),
        kinship=_layer(rows[0], "kinship"),
    )


@kept
def mentions() -> list[Mention]:
    """Give the fields and features that are mentioned of hubs, in the order of the lines."""
    said = ("hub", "concept", "scheme", "wording", "line")
    return [
        Mention(
            **{each: _value(row, each) for each in said},
            layer=_layer(row, "layer"),
        )
        for row in ask("designations-mentions")
    ]


@kept
def successions() -> dict[str, Succession]:
    """Give which designation carries on which, by the later one."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in ask("designations-succession"):
        rows[row["later"]["value"]].append(row)
    return {later: _succession(later, each) for later, each in rows.items()}


def _succession(later: str, rows: list[Row]) -> Succession:
    said = [row for row in rows if "comment" in row]
    return Succession(
        later,
        rows[0]["earlier"]["value"],
        _layer(rows[0], "layer"),
        {row["comment"].get("xml:lang", ""): row["comment"]["value"] for row in said},
        tuple(dict.fromkeys(row["line"]["value"] for row in said)),
    )


def _value(row: Row, name: str) -> str:
    found: str = row.get(name, {}).get("value", "")
    return found


def _layer(row: Row, name: str) -> str:
    return _value(row, name).rpartition("/")[2]
