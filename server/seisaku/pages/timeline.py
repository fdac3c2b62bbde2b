"""Timeline: what happened when, each as exact as its source, over the fiscal years."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, NamedTuple, TypedDict

from flask import request
from werkzeug.exceptions import NotFound

from ..config import BASE
from .frame import ask, grouped, labels, page, pages, segments, text_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .frame import Row

AT_END = BASE + "def#appliesAtEndOf"
APRIL = 4
JAPAN = timezone(timedelta(hours=9))

DAY, MONTH, YEAR = timedelta(days=1), timedelta(days=31), timedelta(days=300)
"""The longest that a day and a month are, and a time that only years exceed."""

LEAST = 0.3
"""The width of the narrowest mark, in per cent: a day would be too narrow to see."""

HALF = 50
"""What begins after this, in per cent, has its name before its end, not after its start."""

AXIS, BAR, HEADING, LEVEL = 32, 30, 24, 14
"""The height, in pixels, of the years, a period with its name, a lane's name, a mark."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something with a time: from `starts` until before `ends`, as exact as the source is."""

    iri: str
    layer: str
    period: str
    starts: datetime
    ends: datetime
    segments: list[str]
    kind: str | None = None
    """What happens, for a milestone."""
    relation: str | None = None
    """How the time belongs to it, for what is no milestone."""
    target: bool = False
    subjects: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    status: str | None = None
    intentions: list[str] = field(default_factory=list)
    note: str | None = None

    @property
    def year(self) -> int:
        """The fiscal year that it is told in."""
        return fiscal_year(self.starts)

    @property
    def place(self) -> datetime:
        """Where it comes in that year: a value at the end of a year, at the end."""
        return self.ends if self.relation == AT_END else self.starts

    @property
    def precise(self) -> str:
        """How exact the time is: to the day, to the month, or longer."""
        length = self.ends - self.starts
        return "day" if length <= DAY else "month" if length <= MONTH else "long"

    @property
    def machine(self) -> str | None:
        """The time as HTML writes it, where it has a form for it."""
        if self.precise == "day":
            return f"{self.starts:%Y-%m-%d}"
        whole = self.starts.day == self.ends.day == 1
        return f"{self.starts:%Y-%m}" if self.precise == "month" and whole else None


class Mark(NamedTuple):
    """An entry as it is drawn: from where, how far and to where in per cent, how deep in pixels."""

    entry: Entry
    x: str
    width: str
    end: str
    y: int
    late: bool


class Lane(NamedTuple):
    """Marks that are drawn under one heading: a layer's milestones, or values."""

    name: str
    y: int
    marks: list[Mark]


class Drawing(NamedTuple):
    """The fiscal years with what lies on them, from above to below, and how high it all is."""

    years: list[Mark]
    periods: list[Mark]
    lanes: list[Lane]
    height: int


@pages.get("/<any(ja, en):lang>/timeline")
def timeline(lang: str) -> str:
    """List what has a time by fiscal year; `kind` asks for the milestones of one kind."""
    milestones = [
        _milestone(*each, lang) for each in grouped(ask("timeline"), "milestone", "layer")
    ]
    kinds = Counter(each.kind for each in milestones if each.kind)
    kind = _asked(request.args.get("kind", ""), kinds)
    if kind:
        milestones = [each for each in milestones if each.kind == kind]
    found = grouped(ask("timeline-spans"), "thing", "relation", "layer") if not kind else []
    spans = [_span(*each) for each in found]
    matters = grouped(ask("timeline-open"), "matter", "layer")
    entries = sorted([*milestones, *spans], key=lambda each: (each.place, each.starts - each.ends))
    years = _years(entries)
    called = labels(_mentioned(entries, kinds, [iri for (iri, _), _ in matters]), lang)
    return page(
        "timeline",
        lang,
        kinds=kinds.most_common(),
        kind=kind,
        milestones=milestones,
        periods=[each for each in spans if each.relation != AT_END],
        years={year: [each for each in entries if each.year == year] for year in years},
        drawing=_drawing(milestones, spans, years),
        matters=[
            (iri, layer, text_in(lang, rows, "note"), segments(rows))
            for (iri, layer), rows in matters
        ],
        labels=called,
    )


def fiscal_year(time: datetime) -> int:
    """Give the fiscal year, named by the year of its April, that a time in Japan is in."""
    return time.year if time.month >= APRIL else time.year - 1


def _milestone(key: tuple[str, ...], rows: list[Row], lang: str) -> Entry:
    iri, layer = key
    row = rows[0]
    return Entry(
        iri=iri,
        layer=layer,
        **_time(row),
        segments=segments(rows),
        kind=row["kind"]["value"],
        subjects=_named(rows, "subject"),
        sources=_named(rows, "source"),
        status=row["status"]["value"] if "status" in row else None,
        note=text_in(lang, rows, "note"),
    )


def _span(key: tuple[str, ...], rows: list[Row]) -> Entry:
    iri, relation, layer = key
    return Entry(
        iri=iri,
        layer=layer,
        **_time(rows[0]),
        segments=segments(rows),
        relation=relation,
        target=rows[0]["target"]["value"] == "true",
        intentions=_named(rows, "intention"),
    )


class Time(TypedDict):
    """When something is: the period's name, its start, and what it ends before."""

    period: str
    starts: datetime
    ends: datetime


def _time(row: Row) -> Time:
    starts, ends = (datetime.fromisoformat(row[each]["value"]) for each in ("starts", "ends"))
    return Time(period=row["period"]["value"], starts=starts, ends=ends)


def _asked(name: str, kinds: Counter[str]) -> str | None:
    """Give the kind that is called so in the address; raise `NotFound` when there is none."""
    if not name:
        return None
    for kind in kinds:
        if kind.rpartition("/")[2] == name:
            return kind
    raise NotFound(f"no kind of milestone is called {name}")


def _named(rows: list[Row], name: str) -> list[str]:
    return list(dict.fromkeys(row[name]["value"] for row in rows if name in row))


def _years(entries: list[Entry]) -> range:
    """Give the fiscal years that the dataset knows, and any that an entry is in besides."""
    if not entries:
        return range(0)
    (row,) = ask("timeline-years")
    known = [int(row[each]["value"]) for each in ("first", "last") if each in row]
    known += [each.year for each in entries]
    known += [fiscal_year(each.ends - DAY) for each in entries]
    return range(min(known), max(known) + 1)


def _whole(year: int) -> Entry:
    """Give a fiscal year as what there is to draw."""
    return Entry("", "", str(year), _april(year), _april(year + 1), [])


def _april(year: int) -> datetime:
    return datetime(year, APRIL, 1, tzinfo=JAPAN)


def _mark(entry: Entry, years: range, y: int) -> Mark:
    """Place an entry at its time; a value at the end of a period is placed at that end."""
    start, end = _april(years[0]), _april(years[-1] + 1)
    x = 100 * (entry.place - start) / (end - start)
    width = max(100 * (entry.ends - entry.starts) / (end - start), LEAST)
    return Mark(entry, f"{x:.3f}%", f"{width:.3f}%", f"{x + width:.3f}%", y, x > HALF)


def _drawing(milestones: list[Entry], spans: list[Entry], years: range) -> Drawing:
    """Draw the periods, the values and each layer's milestones below the fiscal years."""
    whole = [_mark(_whole(year), years, 0) for year in years]
    values = [each for each in spans if each.relation == AT_END]
    periods = [each for each in spans if each.relation != AT_END]
    bars = [_mark(each, years, AXIS + BAR * level) for level, each in enumerate(periods)]
    lanes, y = [], AXIS + BAR * len(bars)
    told = {"values": values}
    for each in milestones:
        told.setdefault(each.layer, []).append(each)
    for name, entries in told.items():
        if entries:
            lanes.append(Lane(name, y, _stacked(entries, years, y + HEADING)))
            y = max(each.y for each in lanes[-1].marks) + LEVEL
    return Drawing(whole, bars, lanes, y)


def _stacked(entries: list[Entry], years: range, top: int) -> list[Mark]:
    """Draw entries from `top` down, one below the other where their times meet."""
    free: list[datetime] = []
    """For each level, from when on it is free."""
    marks = []
    for entry in sorted(entries, key=lambda each: (each.place, each.ends)):
        level = next((n for n, end in enumerate(free) if end <= entry.place), len(free))
        free[level : level + 1] = [max(entry.ends, entry.place + MONTH)]
        marks.append(_mark(entry, years, top + LEVEL * level))
    return marks


def _mentioned(entries: list[Entry], kinds: Counter[str], matters: list[str]) -> Iterator[str]:
    """Give what the page calls by its name."""
    yield from kinds
    yield from matters
    for each in entries:
        yield from (each.iri, each.period, *each.subjects, *each.sources, *each.intentions)
        yield from (other for other in (each.status, each.relation) if other)
