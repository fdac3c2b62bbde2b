"""Hubs: a map and a table of the hub cities, the prefectures in them, and what joins the hubs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from flask import request

from .country import COVERAGE, UNNAMED, country, named
from .designations import FIELDS, mentions, successions
from .frame import ask, kept, page, pages, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .country import Area, Country
    from .designations import Designation, Hub, Mention, Succession
    from .frame import Label

T = TypeVar("T")
Columns = dict[str, "Callable[[T], object]"]

FILTERS = ("phase", "tier", "type", "field")
UNSTATED = "unstated"
"""The value of the filter `type` for the hubs whose type is not stated."""

ROW = 28
"""Units: the height of a row of the diagram."""


@dataclass(frozen=True, slots=True)
class Change:
    """A designation, and the one of the phase before that it carries on."""

    later: Designation
    earlier: Designation | None
    succession: Succession | None
    kind: str
    """`kept` when the source has one name for both, `renamed`, or `new`."""


@dataclass(frozen=True, slots=True)
class Side:
    """The designations of one phase in a diagram, tier by tier."""

    phase: str
    heights: dict[str, int]
    """By the IRI of a tier or a designation, in units."""


@pages.get("/<any(ja, en):lang>/hubs")
def hubs(lang: str) -> str:
    """Show the hub cities on a map and in tables, sorted and filtered as asked."""
    whole, said, above = country(lang), mentions(), _above()
    args = {each: request.args.get(each, "") for each in (*FILTERS, "sort", "order")}
    chosen = whole.of(each for each in whole.hubs.values() if _is_chosen(each, args, said, above))
    names, states = _names(lang), dict(whole.legend)
    prefectures = chosen.prefectures
    if len(chosen.hubs) < len(whole.hubs):  # of the others nothing is said here
        states[UNNAMED] = words("hubs")[lang]["elsewhere"]
        prefectures = [each for each in prefectures if chosen.listed_in(each.iri)]
    changes = _changes(whole.hubs.values())
    return page(
        "hubs",
        lang,
        whole=whole,
        chosen=chosen,
        labels=names,
        hubs=_sorted(chosen.hubs.values(), args["sort"], _hub_columns(chosen)),
        prefectures=_sorted(prefectures, args["order"], _prefecture_columns(chosen)),
        args=args,
        states=states,
        map=chosen.drawn(words("hubs")[lang]["map"], list(states.items())),
        choices=_choices(whole, said, above, names),
        shared=_shared(said, chosen, names),
        changes=changes,
        sides=_sides(changes),
    )


@kept
def _names(lang: str) -> dict[str, Label]:
    """Give what all that the page is about is called."""
    concepts = {each.concept for each in mentions()}.union(*_above().values())
    return {**country(lang).labels, **named(concepts, lang)}


@kept
def _above() -> dict[str, set[str]]:
    """Give each field with itself and what it is part of."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in ask("hubs-fields"):
        found[row["field"]["value"]].add(row["above"]["value"])
    return found


def _is_chosen(
    hub: Hub, args: Mapping[str, str], said: Iterable[Mention], above: Mapping[str, set[str]]
) -> bool:
    """Tell whether a hub mentions the field asked for, and has a designation as asked."""
    fields = {
        _last(each) for one in said if one.hub == hub.iri for each in above.get(one.concept, ())
    }
    return args["field"] in ("", *fields) and any(
        args["phase"] in ("", _last(each.phase))
        and args["tier"] in ("", _last(each.tier))
        and args["type"] in ("", UNSTATED if each.open else _last(each.type))
        for each in hub.designations
    )


def _hub_columns(chosen: Country) -> Columns[Hub]:
    """Give what the table of hubs is sorted by, column by column."""
    return {
        "hub": chosen.key,
        "tier": lambda each: each.last.tier,
        "type": lambda each: each.last.type or "~",  # what is not stated comes last
        "governments": lambda each: len({one.government for one in chosen.listed_for(each.iri)}),
    }


def _prefecture_columns(chosen: Country) -> Columns[Area]:
    """Give what the table of prefectures is sorted by, column by column."""
    order = list(chosen.hubs)

    def place(area: Area) -> int:
        return min((order.index(each.hub) for each in chosen.listed_in(area.iri)), default=99)

    return {
        "prefecture": chosen.key,
        "coverage": lambda each: COVERAGE.index(chosen.coverage(each.iri)),
        "place": place,
    }


def _sorted(things: Iterable[T], column: str, columns: Columns[T]) -> list[T]:
    """Sort by the column asked for, downwards after a `-`, else leave the order as it is."""
    key = columns.get(column.removeprefix("-"))
    found = list(things)
    return sorted(found, key=key, reverse=column.startswith("-")) if key else found  # type: ignore[arg-type]


def _choices(
    whole: Country,
    said: Iterable[Mention],
    above: Mapping[str, set[str]],
    names: Mapping[str, Label],
) -> dict[str, list[tuple[str, str]]]:
    """Give the values of each filter with what they are called."""
    made = [each for hub in whole.hubs.values() for each in hub.designations]
    fields = {each for one in said for each in above.get(one.concept, ())}
    found = {
        "phase": {each.phase for each in made},
        "tier": {each.tier for each in made},
        "type": {each.type for each in made if each.type},
    }
    named = {
        key: [(_last(each), names[each].text) for each in sorted(values) if each in names]
        for key, values in found.items()
    }
    by_name = sorted((names[each].text, _last(each)) for each in fields if each in names)
    return {**named, "field": [(value, text) for text, value in by_name]}


def _shared(
    said: Iterable[Mention], chosen: Country, names: Mapping[str, Label]
) -> list[tuple[str, dict[str, list[Mention]]]]:
    """Give the fields that more than one hub mentions, those of most hubs first.

    With each come the hubs, and with each hub the words and the lines.
    """
    found: dict[str, dict[str, list[Mention]]] = defaultdict(lambda: defaultdict(list))
    for each in said:
        if each.scheme == FIELDS and each.hub in chosen.hubs:
            found[each.concept][each.hub].append(each)
    several = [(field, by_hub) for field, by_hub in found.items() if len(by_hub) > 1]
    return sorted(several, key=lambda each: (-len(each[1]), names[each[0]].text))


def _changes(there: Iterable[Hub]) -> list[Change]:
    """Give what each designation after the first phase carries on, in the order of the source."""
    made = {each.iri: each for hub in there for each in hub.designations}
    known = successions()
    first = min((each.phase for each in made.values()), default="")
    return [_change(each, made, known) for each in made.values() if each.phase != first]


def _change(
    later: Designation, made: Mapping[str, Designation], known: Mapping[str, Succession]
) -> Change:
    succession = known.get(later.iri)
    earlier = made.get(succession.earlier) if succession else None
    if earlier is None:
        return Change(later, None, None, "new")
    kept = earlier.kinship == later.kinship == "document"
    return Change(later, earlier, succession, "kept" if kept else "renamed")


def _sides(changes: Iterable[Change]) -> tuple[Side, Side] | None:
    """Lay out the diagram of the last change of phase, each with its tiers and names."""
    carried = [(each.earlier, each.later) for each in changes if each.earlier]
    if not carried:
        return None
    newest = max(later.phase for _, later in carried)
    made = [each.later for each in changes if each.later.phase == newest]
    return _side([earlier for earlier, later in carried if later.phase == newest]), _side(made)


def _side(made: Iterable[Designation]) -> Side:
    """Stack designations below the tier of each."""
    heights: dict[str, int] = {}
    tiers: dict[str, list[Designation]] = defaultdict(list)
    for each in made:
        tiers[each.tier].append(each)
    at = ROW
    for tier in sorted(tiers):
        heights[tier] = at
        for row, each in enumerate(tiers[tier], 1):
            heights[each.iri] = at + row * ROW
        at += (len(tiers[tier]) + 1) * ROW + ROW // 2
    return Side(next(iter(made)).phase, heights)


def _last(iri: str) -> str:
    return iri.rpartition("/")[2]
