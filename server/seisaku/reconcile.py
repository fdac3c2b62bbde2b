"""Reconcile: which thing a text stands for, how likely, and what is known of things.

The matching behind the Entity Reconciliation API; no HTTP here. A candidate's score, from 0 to 100,
is how alike its name is to the text: 100 for its name, 95 for another name, a reading or a code,
else 90 times the share of character pairs that both have (Sørensen–Dice). Values of properties that
the client gives count three tenths. A candidate is a match only when it alone is exact, and
whatever the client says of it is so.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from .errors import BadRequest
from .folding import fold, squashed
from .index import FIELD
from .query import FORMATS, answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .client import Client
    from .index import Hit, Index
    from .pool import Pool

EXACT, OTHER, ALIKE = 100.0, 95.0, 90.0
OF_PROPERTIES = 0.3
"""The part of the score that the properties have, where the client gives some."""

LOOKED_AT = 50
"""So many things are compared with a text."""

STEPS = 3
"""So many properties a path may have."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One query: the text, the classes that candidates may have, what else is known of it."""

    text: str = ""
    id: str | None = None
    """The IRI of the thing, where the client has it already."""
    types: tuple[str, ...] = ()
    properties: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Pairs of a property, or of a path of some, and the values that it has for the client."""
    limit: int = 5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A thing that a text may stand for."""

    hit: Hit
    score: float
    match: bool
    features: dict[str, float] = field(default_factory=dict)
    """What the score is made of: `name`, and `properties` where some were given."""


def reconcile(
    pool: Pool, index: Index, asked: Asked, client: Client | None = None
) -> list[Candidate]:
    """Give the candidates for a query, the likeliest first. Raises `RequestError`."""
    hits = _found(index, asked)
    values = extend(pool, [hit.iri for hit in hits], [it for it, _ in asked.properties], client)
    scored = []
    for hit in hits:
        name = EXACT if asked.id else _likeness(hit, asked.text)
        features = {"name": round(name, 1)}
        score = name
        if asked.properties:
            share = _share(values[hit.iri], asked.properties)
            features["properties"] = round(100 * share, 1)
            score = (1 - OF_PROPERTIES) * name + OF_PROPERTIES * 100 * share
        scored.append((score, features, hit))
    scored.sort(key=lambda each: -each[0])  # stable: as the search has them else
    exact = [each for each in scored if each[1]["name"] >= OTHER and each[0] >= OTHER]
    return [
        Candidate(hit, round(score, 1), len(exact) == 1 and exact[0][2] is hit, features)
        for score, features, hit in scored[: asked.limit]
    ]


def proposed(
    pool: Pool, index: Index, kind: str, lang: str, client: Client | None = None
) -> list[tuple[str, str]]:
    """Give the properties that the things of a class have, with their names, the direct first.

    A path of two, as `…hasDesignation …hasTier`, leads over things that are not found by name.
    """
    rows = _rows(pool, PROPOSED % index.kind(kind), client)
    paths: set[tuple[str, ...]]
    paths = {(row["p"]["value"],) for row in rows}
    paths |= {(row["p"]["value"], row["q"]["value"]) for row in rows if "q" in row}
    names = index.names({each for path in paths for each in path})
    found = []
    for path in sorted(paths, key=lambda each: (len(each), each)):
        named = [names[each].get(lang, "") for each in path if each in names]
        if len(named) == len(path):
            found.append((" ".join(path), " / ".join(named)))
    return found


def property_name(index: Index, path: str, lang: str) -> str:
    """Give the name of a property, or of a path of some."""
    return " / ".join(index.name(each, lang) for each in path.split())


def _found(index: Index, asked: Asked) -> list[Hit]:
    if asked.id:
        return [hit for hit in _by_iri(index, asked.id) if _is_of(hit, asked.types, index)]
    if not asked.text.strip():
        return []
    found: dict[str, Hit] = {}
    for kind in asked.types or (None,):
        for hit in index.find(asked.text, kind=kind, limit=LOOKED_AT).hits:
            found.setdefault(hit.iri, hit)
    return list(found.values())


def _by_iri(index: Index, iri: str) -> list[Hit]:
    hit = index.hit(iri)
    return [hit] if hit else []


def _is_of(hit: Hit, types: tuple[str, ...], index: Index) -> bool:
    return not types or bool({index.kind(each) for each in types} & set(hit.kinds))


def _likeness(hit: Hit, text: str) -> float:
    """Tell how alike the names of a thing are to a text, from 0 to 100."""
    wanted = squashed(text)
    if wanted in {squashed(name) for name in hit.names.values()}:
        return EXACT
    if hit.rank == "exact":
        return OTHER
    names = [*hit.names.values(), *([hit.text] if FIELD.get(hit.property) != "body" else [])]
    return ALIKE * max((_dice(wanted, squashed(name)) for name in names), default=0.0)


def _dice(one: str, other: str) -> float:
    """Give the share of character pairs that two texts have in common (Sørensen–Dice)."""
    pairs, others = Counter(pairwise(one)), Counter(pairwise(other))
    total = pairs.total() + others.total()
    return 2 * (pairs & others).total() / total if total else float(one == other)


def _share(
    values: dict[str, list[dict[str, Any]]],
    wanted: tuple[tuple[str, tuple[str, ...]], ...],
) -> float:
    """Give the part of the properties that have one of the values that they should have."""
    right = 0
    for path, given in wanted:
        there = {fold(each["value"]) for each in values.get(path, [])}
        there |= {fold(each["label"]) for each in values.get(path, []) if "label" in each}
        right += any(fold(each) in there for each in given)
    return right / len(wanted)


def extend(
    pool: Pool, iris: Sequence[str], paths: Sequence[str], client: Client | None = None
) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Give the values of each property, or path of some, of each thing.

    A value is a term as SPARQL's JSON results have it, with the label of a thing. Raises
    `BadRequest` for what is no IRI, and for a path that is too long.
    """
    found: dict[str, dict[str, list[dict[str, Any]]]] = {
        iri: {path: [] for path in paths} for iri in iris
    }
    subjects = " ".join(f"<{_iri(each)}>" for each in dict.fromkeys(iris))
    for path in dict.fromkeys(paths) if iris else ():
        steps = path.split()
        if not 1 <= len(steps) <= STEPS:
            raise BadRequest("property", given=path[:200], most=STEPS)
        sequence = " / ".join(f"<{_iri(each)}>" for each in steps)
        for row in _rows(pool, VALUES % (subjects, sequence), client):
            term = dict(row["o"])
            if "label" in row:
                term |= {"label": row["label"]["value"], "label-lang": row["label"].get("xml:lang")}
            found[row["s"]["value"]][path].append(term)
    return found


def _rows(pool: Pool, query: str, client: Client | None) -> list[dict[str, dict[str, Any]]]:
    found = answer(pool, query, lambda _offered: FORMATS["json"], client)
    rows: list[dict[str, dict[str, Any]]] = json.loads(found.body)["results"]["bindings"]
    return rows


def _iri(text: str) -> str:
    """Give an IRI that may stand in a query. Raises `BadRequest` for what is none."""
    if not text.startswith(("http://", "https://", "urn:")) or set(text) & set(
        '<>"{}|\\^` \t\n\r\0'
    ):
        raise BadRequest("thing-iri", given=text[:200])
    return text


PROPOSED = """\
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX ssk: <https://w3id.org/seisaku/def#>

SELECT DISTINCT ?p ?q {
  ?s a <%s> ; ?p ?o .
  OPTIONAL { ?o ?q ?value . FILTER(STRSTARTS(STR(?q), STR(ssk:))) }
  FILTER(STRSTARTS(STR(?p), STR(ssk:)) || ?p IN (rdfs:label, skos:altLabel, skos:closeMatch))
}"""

VALUES = """\
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>

SELECT DISTINCT ?s ?o ?label {
  VALUES ?s { %s }
  ?s %s ?o .
  OPTIONAL { ?o rdfs:label|skos:prefLabel ?label }
}
ORDER BY ?s ?o ?label"""


def of_lang(terms: Iterable[dict[str, Any]], lang: str) -> list[dict[str, Any]]:
    """Keep the values in `lang`, and those in no language; all, when there is none of these."""
    by_value: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for term in terms:
        by_value[term["type"], term["value"]].append(term)
    one_each = [
        next((each for each in same if each.get("label-lang") == lang), same[0])
        for same in by_value.values()
    ]
    kept = [each for each in one_each if each.get("xml:lang", lang) == lang]
    return kept or one_each
