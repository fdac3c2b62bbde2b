"""Country: the hubs, the prefectures, and which of these the source lists for which of those."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from . import map as japan
from .designations import NEXT, designated
from .frame import Label, address, ask, kept, labels, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from markupsafe import Markup

    from .designations import Hub
    from .frame import Row

NAMED, CITY, UNNAMED = COVERAGE = "named", "city", "unnamed"
"""How a prefecture is in the lists: itself, only by a city or ward of it, or not at all."""


@dataclass(frozen=True, slots=True)
class Area:
    """A prefecture, or a city or ward, with the place of its main office in degrees."""

    iri: str
    prefecture: str
    """The prefecture's IRI: its own, when it is one."""
    code: str
    """The five digits of JIS X 0401 and 0402."""
    iso: str
    """ISO 3166-2, for a prefecture."""
    region: str
    """The IRI of the region that a prefecture is in."""
    reading: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Listed:
    """A government in a passage's list for a hub."""

    hub: str
    government: str
    prefecture: str
    line: str
    whole: bool
    """Whether the list has no “and others” at its end."""
    layer: str


@dataclass(frozen=True)
class Country:
    """What the pages of hubs and prefectures are written from, in one language."""

    lang: str
    hubs: dict[str, Hub]
    """By IRI, in the order of the source."""
    areas: dict[str, Area]
    """By IRI, in the order of their codes."""
    listed: list[Listed]
    """In the order of the source."""
    labels: dict[str, Label]

    @cached_property
    def prefectures(self) -> list[Area]:
        """The prefectures, in the order of their codes."""
        return [each for each in self.areas.values() if each.iri == each.prefecture]

    def of(self, hubs: Iterable[Hub]) -> Country:
        """Give the same with these hubs only, and what is listed for them."""
        kept = {each.iri: each for each in hubs}
        listed = [each for each in self.listed if each.hub in kept]
        return replace(self, hubs=kept, listed=listed)

    @property
    def regions(self) -> dict[str, list[Area]]:
        """The prefectures by region, in the order of their codes; "" is that of none."""
        found: dict[str, list[Area]] = defaultdict(list)
        for each in self.prefectures:
            found[each.region].append(each)
        return found

    @cached_property
    def _by_place(self) -> dict[str, list[Listed]]:
        found: dict[str, list[Listed]] = defaultdict(list)
        for each in self.listed:
            found[each.hub].append(each)
            found[each.prefecture].append(each)
        return found

    def listed_for(self, hub: str) -> list[Listed]:
        """Give what is listed for a hub."""
        return self._by_place.get(hub, [])

    def listed_in(self, prefecture: str) -> list[Listed]:
        """Give what is listed of a prefecture: itself, its cities and wards."""
        return self._by_place.get(prefecture, [])

    def coverage(self, prefecture: str) -> str:
        """Tell how a prefecture is in the lists: one of `COVERAGE`."""
        here = [each.government for each in self.listed_in(prefecture)]
        if not here:
            return UNNAMED
        return NAMED if prefecture in here else CITY

    def covered(self) -> dict[str, list[Area]]:
        """Give the prefectures by how they are in the lists."""
        found: dict[str, list[Area]] = {each: [] for each in COVERAGE}
        for each in self.prefectures:
            found[self.coverage(each.iri)].append(each)
        return found

    def name(self, iri: str) -> str:
        """Give what a thing is called."""
        return self.labels[iri].text

    def key(self, thing: Hub | Area) -> str:
        """Give what a thing is sorted by: its reading in Japanese, its name in English."""
        return thing.reading if self.lang == "ja" else self.name(thing.iri).casefold()

    @property
    def legend(self) -> list[tuple[str, str]]:
        """What the states of a prefecture are called."""
        return [(each, words("base")[self.lang][each]) for each in COVERAGE]

    def drawn(
        self,
        name: str,
        legend: Sequence[tuple[str, str]] = (),
        *,
        small: bool = False,
        own: str = "",
    ) -> Markup:
        """Draw the prefectures by how they are listed, and mark the hubs; `own` stands out."""
        said = dict(legend)
        shapes = [
            japan.Shape(
                each.iso,
                f"{self.name(each.iri)}: {said[state]}" if state in said else self.name(each.iri),
                address(each.iri, self.lang),
                state,
                own=each.iri == own,
            )
            for each in self.prefectures
            for state in (self.coverage(each.iri),)
        ]
        marks = [each for each in (self._mark(hub) for hub in self.hubs.values()) if each]
        return japan.draw(self.lang, shapes, marks, name=name, legend=legend, small=small)

    def _mark(self, hub: Hub) -> japan.Mark | None:
        """Mark a hub at the mean of the offices of what is listed for it."""
        listed = {each.government for each in self.listed_for(hub.iri)}
        places = [self.areas[each] for each in listed if each in self.areas]
        if not places:
            return None
        return japan.Mark(
            self.name(hub.iri),
            address(hub.iri, self.lang),
            sum(each.latitude for each in places) / len(places),
            sum(each.longitude for each in places) / len(places),
            "star" if hub.last.tier == NEXT else "circle",
        )


@kept
def country(lang: str) -> Country:
    """Read the hubs, the prefectures and the lists."""
    hubs, areas, listed = designated(), _areas(), _listed()
    things = {*hubs, *areas, *(each.region for each in areas.values() if each.region)}
    for each in (one for hub in hubs.values() for one in hub.designations):
        things |= {each.iri, each.phase, each.tier, each.type, each.consortium, each.open}
    return Country(lang, hubs, areas, listed, named(things, lang))


def named(things: Iterable[str], lang: str) -> dict[str, Label]:
    """Give what each thing is called, which is its IRI when it has no name."""
    asked = set(things) - {""}
    return {**{each: Label(each, "") for each in asked}, **labels(asked, lang)}


def _areas() -> dict[str, Area]:
    return {each.iri: each for each in map(_area, ask("country-areas"))}


def _area(row: Row) -> Area:
    names = ("area", "prefecture", "code", "iso", "region", "reading")
    said = {each: str(row.get(each, {}).get("value", "")) for each in names}
    iri, latitude, longitude = said.pop("area"), row["lat"]["value"], row["long"]["value"]
    return Area(iri, **said, latitude=float(latitude), longitude=float(longitude))


def _listed() -> list[Listed]:
    names = ("hub", "government", "prefecture", "line")
    return [
        Listed(
            **{each: str(row[each]["value"]) for each in names},
            whole=row["whole"]["value"] == "true",
            layer=str(row["layer"]["value"]).rpartition("/")[2],
        )
        for row in ask("country-listed")
    ]
