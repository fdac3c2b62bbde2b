"""KPIs: what was aimed at and what was reached, each percentage with the reading it rests on."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from ..config import BASE
from .country import named
from .designations import designated
from .frame import ask, kept, page, pages

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .frame import Row

RANK = BASE + "scheme/unit/rank"
LOWER = BASE + "scheme/preferred-direction/lower"
AT_MOST = BASE + "scheme/comparator/at-most"
AT_LEAST = BASE + "scheme/comparator/at-least"
FIVE_YEARS = BASE + "scheme/aggregation-basis/cumulative-5-years"
PER_YEAR = BASE + "scheme/aggregation-basis/per-year"

BASELINE, TARGET, ACTUAL, PHASE_END = "baseline", "target", "actual", "phase-end"
YEARS = 5
"""The years of a phase, which a value per year is held against a value over five years by."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value of an indicator for one designation. Things are given by their IRIs."""

    iri: str
    role: str
    """`baseline`, `target`, `actual` or `phase-end`."""
    indicator: str
    unit: str
    direction: str
    hub: str
    designation: str
    phase: str
    basis: str
    """What it is counted over; "" is what is not said."""
    comparator: str
    end: str
    base: str
    """The value that a target without a number of its own is relative to."""
    wording: str
    number: Decimal | None
    multiplier: Decimal | None
    lines: tuple[str, ...]
    layer: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to hold a value against another, with the figures that it takes."""

    kind: str
    """`level`, `rise` or `times`."""
    formula: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class Result:
    """An indicator at the start of a phase, its target, and what was reached."""

    baseline: Value
    target: Value
    actual: Value
    required: Decimal | None
    """The number of the target, computed when the source gives it in relation to another."""

    @property
    def is_computed(self) -> bool:
        """Whether the number of the target is ours."""
        return self.target.number is None and self.required is not None

    @property
    def met(self) -> bool | None:
        """Whether the actual value meets the target; None when they cannot be held together."""
        reached = self.actual.number
        if self.required is None or reached is None or self.target.basis != self.actual.basis:
            return None
        if self.target.comparator == AT_MOST:
            return reached <= self.required
        return reached >= self.required if self.target.comparator == AT_LEAST else None

    @property
    def readings(self) -> list[Reading]:
        """The ways to put the result into one figure; none for a rank, where less is better."""
        start, reached, aim = self.baseline.number, self.actual.number, self.required
        if self.met is None or start is None or reached is None or aim is None:
            return []
        if self.actual.direction == LOWER:
            return []
        found = []
        if aim:
            found.append(Reading("level", f"{reached:,} ÷ {aim:,}", 100 * reached / aim))
        if aim != start:
            formula = f"({reached:,} − {start:,}) ÷ ({aim:,} − {start:,})"
            found.append(Reading("rise", formula, 100 * (reached - start) / (aim - start)))
        if start:
            found.append(Reading("times", f"{reached:,} ÷ {start:,}", reached / start))
        return found

    @property
    def bar(self) -> dict[str, float] | None:
        """The values as parts of the longest; None where unit or basis allow no bar."""
        numbers = {"start": self.baseline.number, "aim": self.required, "end": self.actual.number}
        bases = {self.baseline.basis, self.target.basis, self.actual.basis}
        if self.actual.direction == LOWER or len(bases) > 1:
            return None
        known = {key: each for key, each in numbers.items() if each is not None}
        if len(known) < len(numbers) or not (longest := max(known.values())):
            return None
        return {key: float(each / longest) for key, each in known.items()}


@dataclass(frozen=True, slots=True)
class Ahead:
    """An indicator at the end of a phase, beside its target for the end of the next."""

    then: Value
    target: Value

    @property
    def is_comparable(self) -> bool:
        """Whether both are counted over the same."""
        return self.then.basis == self.target.basis

    @property
    def over_years(self) -> Decimal | None:
        """What a target per year comes to over five years, beside a value over five years."""
        if (self.then.basis, self.target.basis) != (FIVE_YEARS, PER_YEAR):
            return None
        return YEARS * self.target.number if self.target.number is not None else None

    @property
    def places(self) -> Decimal | None:
        """The places to gain in a ranking."""
        if self.then.unit != RANK or self.then.number is None or self.target.number is None:
            return None
        return self.then.number - self.target.number


@dataclass(frozen=True, slots=True)
class Open:
    """A matter of the KPIs that the source leaves open."""

    iri: str
    subjects: tuple[str, ...]
    notes: dict[str, str]
    lines: tuple[str, ...]
    layer: str


@pages.get("/<any(ja, en):lang>/kpis")
def kpis(lang: str) -> str:
    """Say whether the KPIs were met, hub by hub, and what can and cannot be compared."""
    found = values()
    results, ahead, remarks, left = _results(found), _ahead(found), _remarks(), _open()
    return page(
        "kpis",
        lang,
        results=results,
        ahead=ahead,
        wordings={of: each["altLabel"] for of, each in remarks.items() if "altLabel" in each},
        notes={
            of: each["scopeNote"].get(lang) for of, each in remarks.items() if "scopeNote" in each
        },
        open=left,
        labels=named(_things(found, left), lang),
        RANK=RANK,
        AT_MOST=AT_MOST,
    )


@kept
def values() -> list[Value]:
    """Give the values of all indicators, in the order of the source."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in ask("kpis"):
        rows[row["value"]["value"]].append(row)
    found = [_value(iri, each) for iri, each in rows.items()]
    place = {iri: int(each[-1]["first"]["value"]) for iri, each in rows.items()}
    return sorted(found, key=lambda each: place[each.iri])


def _value(iri: str, rows: list[Row]) -> Value:
    row = {key: str(term["value"]) for key, term in rows[0].items()}
    said = (
        *("indicator", "unit", "direction", "hub", "designation", "phase"),
        *("basis", "comparator", "end", "base", "wording"),
    )
    return Value(
        iri,
        _last(row.get("role", TARGET)),
        **{each: row.get(each, "") for each in said},
        number=Decimal(row["number"]) if "number" in row else None,
        multiplier=Decimal(row["multiplier"]) if "multiplier" in row else None,
        lines=tuple(dict.fromkeys(str(each["line"]["value"]) for each in rows)),
        layer=_last(row["layer"]),
    )


def _results(found: Iterable[Value]) -> dict[str, list[Result]]:
    """Give the results of each designation that has a start, a target and an actual value."""
    numbers = {each.iri: each.number for each in found}
    grouped: dict[tuple[str, str], dict[str, Value]] = defaultdict(dict)
    for each in found:
        grouped[each.designation, each.indicator][each.role] = each
    results: dict[str, list[Result]] = defaultdict(list)
    for (designation, _), roles in grouped.items():
        if {BASELINE, TARGET, ACTUAL} <= roles.keys():
            start, target, actual = roles[BASELINE], roles[TARGET], roles[ACTUAL]
            required = _required(target, numbers)
            results[designation].append(Result(start, target, actual, required))
    return results


def _required(target: Value, numbers: dict[str, Decimal | None]) -> Decimal | None:
    """Give the number that a target asks for."""
    base = numbers.get(target.base)
    if target.number is not None or target.multiplier is None or base is None:
        return target.number
    return target.multiplier * base


def _ahead(found: Iterable[Value]) -> list[Ahead]:
    """Set each value at the end of a phase beside the target of a later one."""
    each_one = list(found)
    return [
        Ahead(then, target)
        for then in each_one
        for target in each_one
        if (then.role, target.role) == (PHASE_END, TARGET)
        and (then.hub, then.indicator) == (target.hub, target.indicator)
        and then.phase < target.phase
    ]


@kept
def _remarks() -> dict[str, dict[str, dict[str, str]]]:
    """Give other names and notes, by what they are of, by property and by language."""
    found: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for row in ask("kpis-remarks"):
        name = row["property"]["value"].rpartition("#")[2]
        remark = row["remark"]
        found[row["of"]["value"]][name][remark.get("xml:lang", "")] = remark["value"]
    return found


@kept
def _open() -> list[Open]:
    """Give what the source leaves open of the KPIs, in the order of its lines."""
    made = [one.iri for hub in designated().values() for one in hub.designations]
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in ask("kpis-open"):
        rows[row["matter"]["value"]].append(row)
    return [
        Open(
            iri,
            _in_order({str(row["of"]["value"]) for row in each}, made),
            {
                row["note"].get("xml:lang", ""): row["note"]["value"]
                for row in each
                if "note" in row
            },
            tuple(dict.fromkeys(str(row["line"]["value"]) for row in each)),
            _last(each[0]["layer"]["value"]),
        )
        for iri, each in rows.items()
    ]


def _in_order(subjects: set[str], made: list[str]) -> tuple[str, ...]:
    """Put designations into the order of the source, before anything else."""
    return (*(each for each in made if each in subjects), *sorted(subjects.difference(made)))


def _things(found: Iterable[Value], left: Iterable[Open]) -> set[str]:
    things = {each.iri for each in left} | {one for each in left for one in each.subjects}
    for each in found:
        things |= {each.indicator, each.unit, each.direction, each.hub, each.designation}
        things |= {each.phase, each.basis, each.comparator, each.end}
    return things


def _last(iri: str) -> str:
    return iri.rpartition("/")[2]
