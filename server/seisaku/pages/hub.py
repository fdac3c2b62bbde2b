"""Hub: what the page of a hub, or of its designation, says above the facts."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ..config import BASE
from ..description import SSK
from .country import CITY, COVERAGE, NAMED, UNNAMED, country, named
from .designations import FIELDS, mentions, successions
from .frame import ask, page, words
from .kpis import values
from .resource import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .designations import Mention

HERE = {NAMED: "here_named", CITY: "here_city", UNNAMED: "here_unnamed"}
FEATURES = BASE + "scheme/hub-feature"


def section(iri: str, lang: str) -> str:
    """Write what a hub is: its phases, its governments, its fields and features, its KPIs."""
    whole = country(lang)
    if iri not in whole.hubs:
        return ""
    hub, said, known = whole.hubs[iri], mentions(), successions()
    own = [each for each in said if each.hub == iri]
    fields = {each.concept for each in own if each.scheme == FIELDS}
    alike = [each for each in said if each.concept in fields and each.hub != iri]
    said_here = words("hub")[lang]
    legend = [(each, said_here[HERE[each]]) for each in COVERAGE]
    rows = ask("hub", hub=iri)
    measured = [each for each in values() if each.hub == iri]
    things = {each.concept for each in own} | {each.indicator for each in measured}
    return page(
        "hub",
        lang,
        hub=hub,
        whole=whole,
        labels={**whole.labels, **named(things, lang)},
        slogans={row["tagline"]["xml:lang"]: row["tagline"] for row in rows if "tagline" in row},
        open=list(dict.fromkeys(row["open"]["value"] for row in rows if "open" in row)),
        named_in=list(dict.fromkeys(row["named"]["value"] for row in rows if "named" in row)),
        successions=[known[each.iri] for each in hub.designations if each.iri in known],
        fields=_by_concept(own, FIELDS),
        features=_by_concept(own, FEATURES),
        alike=_by_concept(alike, FIELDS),
        measured=measured,
        map=whole.of([hub]).drawn(said_here["map"], legend, small=True),
    )


def of_designation(iri: str, lang: str) -> str:
    """Write which hub a designation is of, and what the source says of it there."""
    whole = country(lang)
    found = (each for hub in whole.hubs.values() for each in hub.designations if each.iri == iri)
    made = next(found, None)
    return page("designation", lang, made=made, labels=whole.labels) if made else ""


def _by_concept(said: Iterable[Mention], scheme: str) -> dict[str, list[Mention]]:
    """Group the mentions of the concepts of one scheme by concept."""
    found: dict[str, list[Mention]] = defaultdict(list)
    for each in said:
        if each.scheme == scheme:
            found[each.concept].append(each)
    return found


SECTIONS[SSK + "StartupHub"] = section
SECTIONS[SSK + "HubDesignation"] = of_designation
