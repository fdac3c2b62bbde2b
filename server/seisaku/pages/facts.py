"""Facts: what the dataset says of one thing, arranged for reading in one language."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..config import BASE, GRAPH, LAYERS
from ..description import served
from ..documents import AT_ONCE, layered
from .arrangement import arrangement
from .frame import Label, in_order, rows
from .sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..description import Description

MOST = 1000
"""So many statements that refer to a thing are looked at."""

SSK = BASE + "def#"
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
STATED_IN, LEFT_OPEN_IN = SSK + "isStatedIn", SSK + "isLeftOpenIn"
SOURCED_FROM, UNSTATED_FOR = SSK + "isSourcedFrom", SSK + "isUnstatedFor"
READING, POSITION = SSK + "reading", SSK + "position"
LABELS = (
    "http://www.w3.org/2000/01/rdf-schema#label",
    "http://www.w3.org/2004/02/skos/core#prefLabel",
    "http://purl.org/dc/terms/title",
    "http://xmlns.com/foaf/0.1/name",
    "http://rdfs.org/ns/void#class",
    "http://rdfs.org/ns/void#property",
    "http://www.w3.org/ns/shacl#prefix",
)
PARTED_BY = LABELS[4:6]
"""What names a thing, the better first; a partition of VoID is named by what it is a part for."""

Term = dict[str, Any]


@dataclass(slots=True)
class Value:
    """A value of a fact, with all that says where it comes from."""

    term: Term
    layers: list[str] = field(default_factory=list)
    segments: list[str] = field(default_factory=list)
    """The IRIs of the passages that it rests on."""
    sources: list[str] = field(default_factory=list)
    """The IRIs of the other sources that it rests on."""
    notes: list[str] = field(default_factory=list)
    apart: Label | None = None
    """What tells it from another of the same name in the list."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What a property says: its values."""

    property: str
    reading: Label
    values: list[Value]
    total: int


@dataclass(frozen=True, slots=True)
class Matter:
    """What the source leaves open about a thing."""

    iri: str
    note: str
    segments: list[str]


@dataclass(frozen=True, slots=True)
class Same:
    """The same thing, or one like it, in another dataset."""

    site: str
    iri: str
    relation: Label
    layer: str


@dataclass(frozen=True, slots=True)
class About:
    """All that a page shows of a thing."""

    iri: str
    classes: list[str]
    other_name: Label | None
    """What it is called in the other language."""
    groups: dict[str, list[Fact]]
    incoming: list[Fact]
    matters: list[Matter]
    same: list[Same]
    sentence: str
    objects: dict[str, list[Term]]
    """The values of each property."""
    near: Near

    @property
    def labels(self) -> dict[str, Label]:
        """What the things on the page are called."""
        return self.near.labels


class Near:
    """What has to be known of the things around one thing, in one language."""

    def __init__(self, iris: Iterable[str], lang: str) -> None:
        self._lang = lang
        self._said: dict[str, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
        self.labels: dict[str, Label] = {}
        self.read(iris)

    def read(self, iris: Iterable[str]) -> None:
        """Look up things that have not been yet."""
        asked = {each for each in iris if each not in self._said}
        if not asked:
            return
        wanted = (
            *LABELS,
            *arrangement().apart,
            RDF_TYPE,
            READING,
            POSITION,
            STATED_IN,
            LEFT_OPEN_IN,
        )
        for each in asked:
            self._said[each]  # it has been asked for, whatever is found
        listed = sorted(asked)
        for start in range(0, len(listed), AT_ONCE):
            things = _written(listed[start : start + AT_ONCE])
            for row in rows(NEAR % (things, ", ".join(f"<{each}>" for each in wanted))):
                self._said[row["thing"]["value"]][row["p"]["value"]].append(row["o"])
        self.read(
            term["value"]
            for each in asked
            for property_ in PARTED_BY
            for term in self.said(each, property_)
        )
        for each in asked:
            if label := self._label(each):
                self.labels[each] = label

    def said(self, iri: str, property_: str) -> list[Term]:
        """Give what a thing's property says."""
        return self._said[iri][property_] if iri in self._said else []

    def other(self, iri: str) -> Label | None:
        """Give what a thing is called in the other language."""
        named = [term for each in LABELS[:4] for term in self.said(iri, each)]
        found = [each for each in named if each.get("xml:lang", self._lang) != self._lang]
        return Label(found[0]["value"], found[0]["xml:lang"]) if found else None

    def key(self, term: Term) -> tuple[float, str, str]:
        """Give what a value is sorted by: its position, its reading in Japanese, its name."""
        iri = term["value"]
        if term["type"] != "uri":
            return _number(iri), "", iri
        position = self.said(iri, POSITION)
        place = _number(position[0]["value"]) if len(position) == 1 else 0.0
        reading = self.said(iri, READING) if self._lang == "ja" else []
        label = self.labels.get(iri)
        name = label.text if label else iri
        return place, reading[0]["value"] if reading else name, iri

    def _label(self, iri: str) -> Label | None:
        if found := arrangement().terms.get(iri):
            return Label(found[self._lang], self._lang)
        for each in LABELS:
            terms = self.said(iri, each)
            ours = [term for term in terms if term.get("xml:lang") == self._lang]
            for term in ours or terms:
                if term["type"] == "uri":
                    return self.labels.get(term["value"])
                return Label(term["value"], term.get("xml:lang", ""))
        return None


def about(iri: str, lang: str) -> About:
    """Gather what the dataset says of a thing."""
    return _Gathering(iri, lang).about()


class _Gathering:
    def __init__(self, iri: str, lang: str) -> None:
        self._iri = iri
        self._lang = lang
        pool = served().pool
        self._said = rows(SAID % layered(pool, f"<{iri}> ?p ?o"))
        self._referring = rows(REFERRING % layered(pool, f"?s ?p <{iri}>"))
        self._notes: dict[tuple[str, Key], list[Term]] = defaultdict(list)
        for row in rows(NOTES % (iri, lang)):
            self._notes[row["p"]["value"], _key(row["o"])].append(row)
        self._inverse = _inverses(served().description)
        self._near = Near(self._iris(), lang)

    def about(self) -> About:
        """Arrange what was found."""
        said = self._by_property()
        facts = sorted(self._facts(said), key=self._place)
        incoming = sorted(self._incoming(said), key=self._place)
        self._tell_apart([*facts, *incoming])
        groups: dict[str, list[Fact]] = {name: [] for name in (*arrangement().groups, "other")}
        for each in facts:
            groups[arrangement().group_of.get(each.property, "other")].append(each)
        objects = {each: [value.term for value in listed] for each, listed in said.items()}
        return About(
            iri=self._iri,
            classes=self._classes(said),
            other_name=self._near.other(self._iri),
            groups={name: listed for name, listed in groups.items() if listed},
            incoming=incoming,
            matters=self._matters(),
            same=list(self._same(said)),
            sentence=sentence(self._iri, self._classes(said), objects, self._near, self._lang),
            objects=objects,
            near=self._near,
        )

    def _iris(self) -> Iterator[str]:
        yield self._iri
        for row in [*self._said, *self._referring]:
            yield from (each["value"] for each in row.values() if each["type"] == "uri")
        for row in self._said:
            if inverse := self._inverse.get(row["p"]["value"]):
                yield inverse
        for row in self._referring:
            if inverse := self._inverse.get(row["p"]["value"]):
                yield inverse
        for listed in self._notes.values():
            yield from (row["source"]["value"] for row in listed if "source" in row)

    def _by_property(self) -> dict[str, list[Value]]:
        """Give the values of each property, one that several layers say once."""
        found: dict[str, dict[Key, Value]] = defaultdict(dict)
        for row in self._said:
            if row["o"]["type"] != "bnode":
                value = found[row["p"]["value"]].setdefault(_key(row["o"]), Value(row["o"]))
                value.layers.append(_layer(row))
        for listed in found.values():
            for value in listed.values():
                value.layers.sort(key=_rank)
        said = {
            each: _in_language(list(listed.values()), self._lang) for each, listed in found.items()
        }
        for each, values in said.items():
            for value in values:
                self._ground(each, value, said)
        return said

    def _ground(self, property_: str, value: Value, said: dict[str, list[Value]]) -> None:
        """Say what a value rests on: its own notes, else the lines or sources of the record."""
        for row in self._notes.get((property_, _key(value.term)), []):
            if "source" in row:
                iri = row["source"]["value"]
                listed = value.segments if iri in served().description.passages else value.sources
                if iri not in listed:
                    listed.append(iri)
            if "note" in row and row["note"]["value"] not in value.notes:
                value.notes.append(row["note"]["value"])
        self._as_said_from_there(property_, value)
        if value.segments or value.sources or property_ in (STATED_IN, SOURCED_FROM, LEFT_OPEN_IN):
            return
        if "document" in value.layers:
            value.segments = in_order(_values(said, STATED_IN))
        if "external" in value.layers:
            value.sources = _values(said, SOURCED_FROM)

    def _as_said_from_there(self, property_: str, value: Value) -> None:
        """Give to what follows by an inverse the grounds of what is said the other way round."""
        inverse, there = self._inverse.get(property_), value.term["value"]
        for row in self._referring if value.layers == ["inferred"] and inverse else []:
            if (row["p"]["value"], row["s"]["value"]) == (inverse, there):
                layer = _layer(row)
                value.layers = [layer, *value.layers] if layer != "inferred" else value.layers
                if layer == "document":
                    stated = self._near.said(there, STATED_IN)
                    value.segments = in_order({each["value"] for each in stated})

    def _facts(self, said: dict[str, list[Value]]) -> Iterator[Fact]:
        elsewhere = {*arrangement().names, *arrangement().same}
        for property_, values in said.items():
            if property_ not in elsewhere:
                values.sort(key=lambda each: self._near.key(each.term))
                if property_ == RDF_TYPE:
                    values.sort(key=lambda each: _rank(each.layers[0]))
                yield Fact(property_, self._reading(property_), values, len(values))

    def _incoming(self, said: dict[str, list[Value]]) -> Iterator[Fact]:
        found: dict[str, dict[str, Value]] = defaultdict(dict)
        for row in self._referring:
            property_, subject = row["p"]["value"], row["s"]
            inverse = self._inverse.get(property_)
            told = inverse and subject["value"] in _values(said, inverse)
            if told or property_ == UNSTATED_FOR:
                continue
            value = found[property_].setdefault(subject["value"], Value(subject))
            value.layers.append(_layer(row))
            value.layers.sort(key=_rank)
        counts = self._counts() if len(self._referring) >= MOST else {}
        for property_, listed in found.items():
            values = sorted(listed.values(), key=lambda each: self._near.key(each.term))
            for each in values:
                if "document" in each.layers and property_ != STATED_IN:
                    stated = self._near.said(each.term["value"], STATED_IN)
                    each.segments = in_order({term["value"] for term in stated})
            total = max(counts.get(property_, 0), len(values))
            yield Fact(property_, self._inverse_reading(property_), values, total)

    def _counts(self) -> dict[str, int]:
        found = rows(COUNTS % layered(served().pool, f"?s ?p <{self._iri}>"))
        return {row["p"]["value"]: int(row["n"]["value"]) for row in found}

    def _reading(self, property_: str) -> Label:
        return self._near.labels.get(property_) or Label(_local(property_), "")

    def _inverse_reading(self, property_: str) -> Label:
        if (inverse := self._inverse.get(property_)) and inverse in self._near.labels:
            return self._near.labels[inverse]
        if reading := arrangement().incoming.get(property_):
            return Label(reading[self._lang], self._lang)
        return Label(UNNAMED[self._lang].format(self._reading(property_).text), self._lang)

    def _place(self, fact: Fact) -> tuple[int, str]:
        order = arrangement().order
        return order.get(fact.property, len(order)), fact.property

    def _tell_apart(self, facts: list[Fact]) -> None:
        """Add to things of one name in a list, or of the page's own, what tells them apart."""
        alike: list[list[Value]] = []
        for fact in facts:
            by_name: dict[str, list[Value]] = defaultdict(list)
            for each in fact.values:
                if each.term["type"] == "uri" and each.term["value"] != self._iri:
                    by_name[self._name(each.term["value"])].append(each)
            by_name.pop("", None)
            own = self._name(self._iri)
            alike += [each for name, each in by_name.items() if len(each) > 1 or name == own]
        tellers = {
            each.term["value"]: self._teller(each.term["value"])
            for listed in alike
            for each in listed
        }
        self._near.read(iri for iri in tellers.values() if iri)
        for listed in alike:
            told = [tellers[each.term["value"]] for each in listed]
            for each, teller in zip(listed, told, strict=True):
                local = Label(_local(each.term["value"]), "")
                single = teller is not None and told.count(teller) == 1
                each.apart = self._near.labels.get(teller or "", local) if single else local

    def _name(self, iri: str) -> str:
        return self._near.labels[iri].text if iri in self._near.labels else ""

    def _teller(self, iri: str) -> str | None:
        """Give what tells a thing from others of its name: what it belongs to, or its class."""
        for property_ in (*arrangement().apart, RDF_TYPE):
            for found in self._near.said(iri, property_):
                if found["value"] != self._iri:
                    return str(found["value"])
        return None

    def _classes(self, said: dict[str, list[Value]]) -> list[str]:
        """Give the classes of the thing, those that people wrote first."""
        values = sorted(said.get(RDF_TYPE, []), key=lambda each: _rank(each.layers[0]))
        return [each.term["value"] for each in values]

    def _matters(self) -> list[Matter]:
        iris = {row["s"]["value"] for row in self._referring if row["p"]["value"] == UNSTATED_FOR}
        asked = " ".join(f"<{each}>" for each in sorted(iris))
        notes = {
            row["matter"]["value"]: row["note"]["value"]
            for row in (rows(MATTERS % (asked, self._lang)) if asked else [])
        }
        return [
            Matter(
                each,
                notes.get(each, ""),
                in_order({term["value"] for term in self._near.said(each, LEFT_OPEN_IN)}),
            )
            for each in sorted(
                iris, key=lambda each: self._near.key({"type": "uri", "value": each})
            )
        ]

    def _same(self, said: dict[str, list[Value]]) -> Iterator[Same]:
        for property_ in arrangement().same:
            for value in said.get(property_, []):
                iri = value.term["value"]
                sites = arrangement().sites.items()
                host = urlsplit(iri).hostname or iri
                site = next((name for start, name in sites if iri.startswith(start)), host)
                yield Same(site, iri, self._reading(property_), value.layers[0])


Key = tuple[str, ...]


def _key(term: Term) -> Key:
    return term["type"], term["value"], term.get("xml:lang", ""), term.get("datatype", "")


def _layer(row: dict[str, Term]) -> str:
    return row["g"]["value"].removeprefix(GRAPH) if "g" in row else ""


def _rank(layer: str) -> int:
    return LAYERS.index(layer) if layer in LAYERS else len(LAYERS)


def _values(said: dict[str, list[Value]], property_: str) -> list[str]:
    return [each.term["value"] for each in said.get(property_, [])]


def _in_language(values: list[Value], lang: str) -> list[Value]:
    """Leave out what is there in `lang` too, in another language."""
    ours = any(each.term.get("xml:lang") == lang for each in values)
    return [each for each in values if not ours or each.term.get("xml:lang", lang) == lang]


def _local(iri: str) -> str:
    return iri.replace("#", "/").rstrip("/").rpartition("/")[2]


@lru_cache(maxsize=2)
def _inverses(_description: Description) -> dict[str, str]:
    """Give the inverse of each property that has one, both ways."""
    found = [(row["p"]["value"], row["q"]["value"]) for row in rows(INVERSES)]
    return dict(found) | {inverse: property_ for property_, inverse in found}


def _written(iris: Iterable[str]) -> str:
    return " ".join(f"<{each}>" for each in iris)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


UNNAMED = {"ja": "「{}」がこれであるもの", "en": "Things whose “{}” is this"}

SAID = "SELECT ?g ?p ?o { %s }"
REFERRING = f"SELECT ?g ?s ?p {{ %s FILTER(isIRI(?s)) }} LIMIT {MOST}"
COUNTS = "SELECT ?p (COUNT(DISTINCT ?s) AS ?n) { %s FILTER(isIRI(?s)) } GROUP BY ?p"
INVERSES = """\
PREFIX owl: <http://www.w3.org/2002/07/owl#>

SELECT ?p ?q { ?p owl:inverseOf ?q FILTER(isIRI(?p) && isIRI(?q)) }
"""
NEAR = """\
SELECT ?thing ?p ?o {
  VALUES ?thing { %s }
  ?thing ?p ?o
  FILTER(?p IN (%s))
}
"""
# (A second VALUES in place of the filter is joined with the first, which takes 20 times as long.)
NOTES = """\
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>

SELECT ?p ?o ?source ?note {
  ?axiom owl:annotatedSource <%s> ;
    owl:annotatedProperty ?p ;
    owl:annotatedTarget ?o .
  OPTIONAL { ?axiom dcterms:source ?source }
  OPTIONAL { ?axiom rdfs:comment ?note FILTER(LANG(?note) = "%s") }
}
"""
MATTERS = """\
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>

SELECT ?matter ?note {
  VALUES ?matter { %s }
  ?matter skos:scopeNote ?note FILTER(LANG(?note) = "%s")
}
"""
