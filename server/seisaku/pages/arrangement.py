"""Arrangement: the order, the readings and the sentences of `resource.toml`, by full IRI."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..config import LANGUAGES


@dataclass(frozen=True, slots=True)
class Arrangement:
    """How the page of a thing is arranged. Texts are by language."""

    groups: dict[str, list[str]]
    """The properties of each group of facts, in order."""
    group_of: dict[str, str]
    order: dict[str, int]
    """The place of a property among all of them."""
    names: tuple[str, ...]
    """The properties that name a thing."""
    same: tuple[str, ...]
    """The properties that lead to the same thing, or one like it, elsewhere."""
    sites: dict[str, str]
    """The name of a site by what its IRIs begin with."""
    apart: tuple[str, ...]
    """The properties that tell apart things of one name."""
    incoming: dict[str, dict[str, str]]
    """How a property reads from the thing that it refers to."""
    sentences: dict[str, list[dict[str, str]]]
    """What a thing of a class is, in sentences with places; the first that can be filled."""
    terms: dict[str, dict[str, str]]
    """The names of foreign terms that the dataset does not name."""
    schema: dict[str, str]
    """The type of Schema.org for a class, the most special first."""
    prefixes: dict[str, str]

    def full(self, name: str) -> str:
        """Give the IRI of a property or a class: `skos:broader`, or `hasTier` for one of ours."""
        return _full(name, self.prefixes)


@cache
def arrangement() -> Arrangement:
    """Read `resource.toml`."""
    file = Path(__file__).parent / "resource.toml"
    read = tomllib.loads(file.read_text(encoding="utf-8"))
    prefixes: dict[str, str] = read["prefixes"]

    def full(name: str) -> str:
        return _full(name, prefixes)

    groups = {name: [full(each) for each in listed] for name, listed in read["groups"].items()}
    flat = [(each, name) for name, listed in groups.items() for each in listed]
    return Arrangement(
        groups=groups,
        group_of=dict(flat),
        order={each: place for place, (each, _) in enumerate(flat)},
        names=tuple(map(full, read["shown"]["names"])),
        same=tuple(map(full, read["shown"]["same"])),
        sites=read["sites"],
        apart=tuple(map(full, read["apart"]["by"])),
        incoming={full(name): _both(texts) for name, texts in read["incoming"].items()},
        sentences={
            full(name): [_both(each) for each in texts] for name, texts in read["sentences"].items()
        },
        terms={full(name): _both(texts) for name, texts in read["terms"].items()},
        schema={full(name): type_ for name, type_ in read["schema"].items()},
        prefixes=prefixes,
    )


def _full(name: str, prefixes: dict[str, str]) -> str:
    prefix, _, local = name.rpartition(":")
    return prefixes[prefix] + local


def _both(texts: list[str]) -> dict[str, str]:
    return dict(zip(LANGUAGES, texts, strict=True))
