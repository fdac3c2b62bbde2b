"""Mutants: the asserted graph, broken in one way each.

No list of faults is written down here. An operator breaks something, and what it can break is
read from the graph: its kinds of records, the properties that they carry, what all of them carry,
what none carries twice, what no two share. A class or a property that joins brings its mutants.

A mutant is wrong by what the model means, not by what a shape happens to say: what every record
of a kind has, when there are `CASES` or more, is taken as its rule. `LEGITIMATE` lists where that
is no rule: where what comes out could be true, for all that anyone knows who has not the source.
What is wrong only in the light of the source (another figure, another name) is no mutant either:
`seisaku coverage` and the questions' exact answers hold those.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
import warnings
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, NamedTuple

from rdflib import DCTERMS, OWL, RDF, RDFS, SH, SKOS, XSD, BNode, Graph, Literal, Namespace, URIRef

from seisaku.config import BASE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rdflib.term import Node

    from seisaku.load import Asserted

    Triple = tuple[Node, Node, Node]
    Family = tuple[Node | None, str | None]
    """The records of one class and those below it, of one layer, or of both: what shows a rule."""

SSK = Namespace(BASE + "def#")
GEO = Namespace("http://www.w3.org/2003/01/geo/wgs84_pos#")

CASES = 4
"""So many records show a rule. Fewer show what happens to be so."""

VICTIMS = 1
"""So many records of each kind in each layer are broken in one way, where that many can be."""

TRIED = 20
"""So many records are tried to find one that an operator can break."""

NOT_RECORDS: dict[Node, str] = {
    OWL.Ontology: "the head of a file: tests/test_ontology.py holds it",
    OWL.AllDifferent: "a list for the reasoners: tests/test_ontology.py holds it",
    OWL.AllDisjointClasses: "an axiom, which the reasoners take as it is",
    OWL.Restriction: "part of an axiom",
    SH.PrefixDeclaration: "the parser holds it",
}
"""What has a class and is no record, and why."""

CHARACTERISTICS: set[Node] = {
    OWL.FunctionalProperty,
    OWL.TransitiveProperty,
    OWL.AsymmetricProperty,
    OWL.IrreflexiveProperty,
}
"""Further classes of a property, which are no kinds of records."""

AXIOMS: set[Node] = {
    RDFS.domain,
    RDFS.range,
    RDFS.subClassOf,
    RDFS.subPropertyOf,
    OWL.inverseOf,
    OWL.disjointWith,
    OWL.equivalentClass,
    OWL.propertyChainAxiom,
}
"""What a term of the ontology means to a reasoner, which tests/test_ontology.py runs."""

JAPANESE = re.compile("[\u3041-\u30ff\u3400-\u9fff]")

SPELT_OUT = (None, XSD.string, XSD.integer, XSD.dateTime, XSD.date, XSD.gYearMonth)
"""Datatypes of codes, counts and dates, which a record tends to repeat in other words."""


class Change(NamedTuple):
    """Triples to take out and to put in."""

    removed: set[Triple]
    added: set[Triple]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: what an operator does to a property of a record."""

    operator: str
    kind: Node
    property: Node
    record: Node
    removed: frozenset[Triple]
    added: frozenset[Triple]
    legitimate: str | None = None
    """Why this is no fault, if it is none."""


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """A property as the records of one kind and one layer carry it."""

    kind: Node
    layer: str
    property: Node
    carriers: tuple[Node, ...]
    is_mandatory: bool
    """Each record of the kind, of a class above it or of the layer carries it."""
    languages: tuple[str, ...]
    """The languages in which each record of the kind, class or layer that carries it does so."""
    is_single: bool
    """No record of the class carries it twice (twice in one language)."""
    is_key: bool
    """No two records of the class share a value."""

    def change(self, record: Node, old: Iterable[Node], new: Iterable[Node]) -> Change:
        """Give the change of values of the property."""
        removed = {(record, self.property, each) for each in old}
        return Change(removed, {(record, self.property, each) for each in new})


@dataclass(frozen=True, slots=True)
class Tally:
    """How the records of a family carry a property."""

    carriers: set[Node] = field(default_factory=set)
    values: dict[Node, set[Node]] = field(default_factory=lambda: defaultdict(set))
    languages: dict[str, set[Node]] = field(default_factory=lambda: defaultdict(set))
    counts: list[int] = field(default_factory=list)

    @property
    def is_key(self) -> bool:
        """Tell whether no two share a value."""
        shared = (len(each) > 1 for each in self.values.values())
        return len(self.carriers) >= CASES and not any(shared)


class Model:
    """What the asserted graph itself says of its records."""

    def __init__(self, asserted: Asserted) -> None:
        self.graph = Graph() + asserted.union  # in a store that pyshacl takes
        self.keys: dict[Node, str] = {}
        self.home: dict[Node, str] = {
            record: name
            for name, layer in asserted.layers.items()
            for record, kind in layer.subject_objects(RDF.type)
            if kind not in NOT_RECORDS and kind not in CHARACTERISTICS
            if str(record).startswith(BASE) or kind == OWL.Axiom
        }
        """The layer that gives each record its class."""
        self.said = {each: self._said(each) for each in self.home}
        """The values of each property of each record, in order."""
        self.kind = {each: self._kind(each) for each in self.home}
        self.above = {kind: self._above(kind) for kind in set(self.kind.values())}
        self.members: dict[Family, set[Node]] = defaultdict(set)
        self.tallies: dict[tuple[Family, Node], Tally] = defaultdict(Tally)
        for record, layer in self.home.items():
            for family in self._families(self.kind[record], layer):
                self.members[family].add(record)
                self._count(family, record)

    def _said(self, record: Node) -> dict[Node, list[Node]]:
        said: dict[Node, list[Node]] = defaultdict(list)
        for predicate, value in self.graph.predicate_objects(record):
            said[predicate].append(value)
        return {predicate: sorted(values, key=self.key) for predicate, values in said.items()}

    def _kind(self, record: Node) -> Node:
        return min(set(self.graph.objects(record, RDF.type)) - CHARACTERISTICS, key=str)

    def _above(self, kind: Node) -> list[Node]:
        above = {each for each in self.graph.transitive_objects(kind, RDFS.subClassOf) if each}
        return sorted((e for e in above if str(e).startswith(BASE) or e == kind), key=str)

    def _families(self, kind: Node, layer: str) -> Iterator[Family]:
        yield kind, layer
        for each in self.above[kind]:
            yield each, None
        yield None, layer

    def _count(self, family: Family, record: Node) -> None:
        counts: dict[tuple[Node, str | None], int] = defaultdict(int)
        for predicate, value in self.graph.predicate_objects(record):
            tally = self.tallies[family, predicate]
            tally.carriers.add(record)
            tally.values[value].add(record)
            language = value.language if isinstance(value, Literal) else None
            if language:
                tally.languages[language].add(record)
            counts[predicate, language] += 1
        for (predicate, _), count in counts.items():
            self.tallies[family, predicate].counts.append(count)

    @cached_property
    def uses(self) -> list[Use]:
        """Each property of each kind of records in each layer."""
        carried: dict[tuple[Node, str, Node], list[Node]] = defaultdict(list)
        for record, layer in self.home.items():
            for predicate in set(self.graph.predicates(record)) - AXIOMS:
                carried[self.kind[record], layer, predicate].append(record)
        return [self._use(*of, carriers) for of, carriers in sorted(carried.items())]

    def _use(self, kind: Node, layer: str, predicate: Node, carriers: list[Node]) -> Use:
        families = list(self._families(kind, layer))
        tallies = {each: self.tallies[each, predicate] for each in families}
        shown = [each for each in tallies.values() if len(each.carriers) >= CASES]
        of_class = [self.tallies[(each, None), predicate] for each in self.above[kind]]
        return Use(
            kind,
            layer,
            predicate,
            tuple(sorted(carriers, key=self.key)),
            is_mandatory=any(
                len(tallies[each].carriers) == len(self.members[each]) >= CASES for each in families
            ),
            languages=tuple(
                language
                for language in ("ja", "en")
                if any(each.languages.get(language) == each.carriers for each in shown)
            ),
            is_single=(predicate, RDF.type, OWL.FunctionalProperty) in self.graph
            or any(len(e.carriers) >= CASES and max(e.counts) == 1 for e in of_class),
            is_key=any(each.is_key for each in of_class),
        )

    def key(self, term: Node) -> str:
        """Give what orders a term; a blank node is known by what it says."""
        if term not in self.keys:
            self.keys[term] = self._key(term)
        return self.keys[term]

    def _key(self, term: Node) -> str:
        if isinstance(term, BNode):
            said = self.graph.predicate_objects(term)
            return " ".join(sorted(f"{p} {o.n3()}" for p, o in said if not isinstance(o, BNode)))
        return str(term) if isinstance(term, URIRef) else term.n3()

    def shuffled(self, seed: str, terms: Iterable[Node]) -> list[Node]:
        """Give the terms in an order that looks like chance and stays the same."""
        return sorted(
            terms, key=lambda each: hashlib.sha256((seed + self.key(each)).encode()).digest()
        )

    def values(self, record: Node, predicate: Node) -> list[Node]:
        """Give the values of a property of a record, in order."""
        return self.said[record].get(predicate, [])

    def literals(self, record: Node, predicate: Node) -> list[Literal]:
        """Give those values that are literals."""
        return [each for each in self.values(record, predicate) if isinstance(each, Literal)]

    def things(self, record: Node, predicate: Node) -> list[Node]:
        """Give those values that are records."""
        return [each for each in self.values(record, predicate) if each in self.home]

    def others(self, use: Use, record: Node) -> list[Node]:
        """Give values that other records of the class have and this one has not; or like ones."""
        own = set(self.graph.objects(record, use.property))
        found: set[Node] = set()
        for each in self.above[use.kind]:
            found = found or self.tallies[(each, None), use.property].values.keys() - own
        kinds = {self.kind[each] for each in own & self.home.keys()}
        like = (each for each in self.home if self.kind[each] in kinds and each not in own)
        return self.shuffled(self.key(record), found or like)

    def of_kinds(self, seed: str, kinds: Iterable[Node]) -> list[Node]:
        """Give one record that has a name of each kind, in an order that looks like chance."""
        chosen = (self.chosen(seed, kind) for kind in self.shuffled(seed, kinds))
        return [each for each in chosen if isinstance(each, URIRef)]

    def chosen(self, seed: str, kind: Node) -> Node:
        """Give a record of a class: one that looks chosen by chance and stays the same."""
        members = self.ordered[kind]
        return members[int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4]) % len(members)]

    @cached_property
    def ordered(self) -> dict[Node, list[Node]]:
        """The records of each class, in order."""
        return {
            kind: sorted(members, key=self.key)
            for (kind, layer), members in self.members.items()
            if kind is not None and layer is None
        }

    def is_akin(self, one: Node, other: Node) -> bool:
        """Tell whether two classes have a class above them both."""
        return not set(self.above[one]).isdisjoint(self.above[other])

    def are_akin(self, one: Node, other: Node) -> bool:
        """Tell whether the classes of two records are akin."""
        return self.is_akin(self.kind[one], self.kind[other])

    def unlike(self, kinds: Iterable[Node]) -> list[Node]:
        """Give the classes of records that are akin to none of these, the ontology's left out."""
        kinds = set(kinds)
        return [
            each
            for each, above in self.above.items()
            if kinds.isdisjoint(above) and not str(each).startswith(str(OWL))
        ]

    @cached_property
    def by_scheme(self) -> dict[Node, list[Node]]:
        """The concepts of each scheme, in order."""
        found: dict[Node, list[Node]] = defaultdict(list)
        for concept in self.ordered.get(SKOS.Concept, ()):
            for scheme in self.graph.objects(concept, SKOS.inScheme):
                found[scheme].append(concept)
        return found

    def others_akin(self, record: Node) -> list[Node]:
        """Give other records of the class of a record, or other records at all."""
        named = [each for each in self.home if isinstance(each, URIRef) and each != record]
        same = [each for each in named if self.kind[each] == self.kind[record]]
        return self.shuffled(self.key(record), same or named)

    def beside(self, use: Use, record: Node) -> list[Node]:
        """Give records that share with this one what tells apart those of equal labels.

        A property does, when no two records have one label and one value of it.
        """
        found: list[Node] = []
        for by in sorted(set(self.graph.predicates(record)) - {RDF.type, use.property}, key=str):
            if not self.things(record, by):
                continue
            pairs = [
                (each, by_value)
                for each in use.carriers
                for by_value in self.things(each, by)
                for _ in self.literals(each, use.property)[:1]
            ]
            said = [(self.literals(e, use.property)[0], b) for e, b in pairs]
            groups = {b for _, b in pairs}
            if len(said) == len(set(said)) and len(groups) * 2 <= len(said) >= CASES:
                near = {e for e, b in pairs if b in self.things(record, by)} - {record}
                found += self.shuffled(self.key(record), near)
        return found

    def said_twice(self, record: Node, predicate: Node, value: Node) -> str | None:
        """Give digits of a value that another value of the record begins with, or None."""
        said = {
            digits
            for p, o in self.graph.predicate_objects(record)
            if p != predicate and (isinstance(o, Literal) or not str(o).startswith(BASE))
            for digits in re.findall(r"\d+", str(o).replace(",", ""))
        }
        for digits in re.findall(r"\d{2,}", str(value)):
            if any(
                each.startswith(digits) or digits.startswith(each) for each in said if len(each) > 1
            ):
                return str(digits)
        return None

    def start(self, record: Node, predicate: Node) -> str:
        """Give the value of a property, or the first two characters of a code."""
        value = next(iter(self.values(record, predicate)), None)
        return str(value)[:2] if isinstance(value, Literal) else str(value or "")


@cache
def carried_beside(model: Model, use: Use) -> list[Node]:
    """Give the properties of the records that carry a property, in order."""
    return sorted({p for each in use.carriers for p in model.graph.predicates(each)}, key=str)


@cache
def later(model: Model, use: Use) -> list[Node]:
    """Give properties whose values are nowhere before those of this one."""
    found = []
    for predicate in carried_beside(model, use):
        pairs = [
            (one, two)
            for each in use.carriers
            for one in model.literals(each, use.property)
            for two in model.literals(each, predicate)
            if one.datatype == two.datatype in (XSD.integer, XSD.decimal, XSD.dateTime)
        ]
        if (
            len(pairs) >= CASES
            and all(one <= two for one, two in pairs)
            and predicate != use.property
        ):
            found.append(predicate)
    return sorted(found, key=str)


@cache
def common(model: Model, use: Use) -> list[Node]:
    """Give what a record and the value of the property have in common everywhere."""
    found = []
    for predicate in carried_beside(model, use):
        pairs = [
            (model.start(each, predicate), theirs)
            for each in use.carriers
            for thing in model.things(each, use.property)
            if not any(text.language for text in model.literals(thing, predicate))
            if (theirs := model.start(thing, predicate))
        ]
        several = len({one for one, _ in pairs}) > 1
        if len(pairs) >= CASES and several and all(one == other for one, other in pairs):
            found.append(predicate)
    return [each for each in found if each not in (RDF.type, RDFS.isDefinedBy)]


@cache
def equal(model: Model, use: Use) -> list[Node]:
    """Give properties that have the same values as this one wherever both are."""
    found = []
    for predicate in carried_beside(model, use):
        both = [
            (model.values(each, use.property), other)
            for each in use.carriers
            if (other := model.values(each, predicate)) and isinstance(other[0], URIRef)
        ]
        if len(both) >= CASES and all(one == other for one, other in both):
            found.append(predicate)
    return [each for each in found if each != use.property]


@cache
def determined(model: Model, use: Use) -> list[Node]:
    """Give properties whose values go with those of this one: a phase with its tiers."""
    found = []
    groups: dict[Node, list[Node]] = defaultdict(list)
    for each in use.carriers:
        for thing in model.things(each, use.property)[:1]:
            if model.kind[thing] == SKOS.Concept:
                groups[thing].append(each)
    if use.is_key or sum(len(each) >= CASES for each in groups.values()) < 2:
        return []
    for predicate in carried_beside(model, use):
        values = [
            {tuple(model.things(each, predicate)) for each in them} for them in groups.values()
        ]
        several = len(set().union(*values)) > 1
        if predicate != use.property and several and all(len(e) == 1 and any(e) for e in values):
            found.append(predicate)
    return found


@cache
def kinds_of_values(model: Model, predicate: Node) -> set[Node]:
    """Give the classes of all values of a property, and those above them."""
    values = set(model.graph.objects(None, predicate)) & model.home.keys()
    return {above for each in values for above in model.above[model.kind[each]]}


@cache
def kinds_without_range(model: Model, use: Use) -> set[Node]:
    """Give, where a property has no range, the classes of the values of all that have none."""
    ours = {each.property for each in model.uses if str(each.property).startswith(BASE)}
    of_any = {each for each in ours if (each, RDFS.range, None) not in model.graph}
    if use.property not in of_any:
        return set()
    return {kind for each in of_any for kind in kinds_of_values(model, each)}


@cache
def schemes_of_values(model: Model, predicate: Node) -> set[Node]:
    """Give the schemes of all concepts that are values of a property."""
    values = set(model.graph.objects(None, predicate))
    return {each for each, concepts in model.by_scheme.items() if not values.isdisjoint(concepts)}


@cache
def kinds_of_carriers(model: Model, predicate: Node) -> set[Node]:
    """Give the classes of all records that carry a property, and those above them."""
    carriers = set(model.graph.subjects(predicate)) & model.home.keys()
    return {above for each in carriers for above in model.above[model.kind[each]]}


OPERATORS: dict[str, Callable[[Model, Use, Node], Iterator[Change]]] = {}


def operator(
    make: Callable[[Model, Use, Node], Iterator[Change]],
) -> Callable[[Model, Use, Node], Iterator[Change]]:
    """Add an operator, named after its function; the docstring says what is wrong."""
    OPERATORS[make.__name__.replace("_", "-")] = make
    return make


def candidates(model: Model) -> list[Mutant]:
    """Give every mutant once, those that are no fault with the reason, in an order that stays."""
    found: dict[tuple[frozenset[Triple], frozenset[Triple]], Mutant] = {}
    for each in (
        each for use in model.uses for name in OPERATORS for each in made(model, name, use)
    ):
        change = each.removed, each.added
        if change not in found or (found[change].legitimate and not each.legitimate):
            found[change] = each
    return list(found.values())


def made(model: Model, name: str, use: Use) -> Iterator[Mutant]:
    """Give the mutants of an operator, from the first `VICTIMS` records that it can break."""
    why = legitimate(model, name, use)
    broken = 0
    for record in model.shuffled(f"{name} {use.property}", use.carriers)[:TRIED]:
        changes = [each for each in OPERATORS[name](model, use, record) if changes_any(model, each)]
        for removed, added in changes:
            gone, new = frozenset(removed), frozenset(added)
            yield Mutant(name, use.kind, use.property, record, gone, new, why)
        broken += bool(changes)
        if broken == VICTIMS:
            return


def changes_any(model: Model, change: Change) -> bool:
    """Tell whether a change makes another graph."""
    return any(each in model.graph for each in change.removed - change.added) or any(
        each not in model.graph for each in change.added - change.removed
    )


# ---- Something is missing, or there twice ----


@operator
def dropped(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A property that every record of the kind has is not there."""
    if use.is_mandatory and use.property != RDF.type:
        yield use.change(record, model.values(record, use.property), [])


@operator
def one_language(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A text that is in Japanese and in English wherever it is given is there in one."""
    for language in use.languages if len(use.languages) == 2 else ():
        texts = [each for each in model.literals(record, use.property) if each.language == language]
        yield use.change(record, texts, [])


@operator
def second(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A property that no record of the kind has twice has another value besides."""
    if not use.is_single or use.property == RDF.type:
        return
    languages = {getattr(each, "language", None) for each in model.values(record, use.property)}
    for other in model.others(use, record):
        if getattr(other, "language", None) in languages:
            yield use.change(record, [], [other])
            return


@operator
def without_class(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A record has no class."""
    if use.property == RDF.type:
        yield use.change(record, model.values(record, RDF.type), [])


@operator
def gone(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A record that others refer to is not there."""
    if use.property == RDF.type and (None, None, record) in model.graph:
        yield Change({(record, p, o) for p, o in model.graph.predicate_objects(record)}, set())


@operator
def copied(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A record is there twice, under two names."""
    if use.property == RDF.type and isinstance(record, URIRef):
        copy = URIRef(f"{record}-copy")
        yield Change(set(), {(copy, p, o) for p, o in model.graph.predicate_objects(record)})


@operator
def unexplained(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A statement of ours, of a property that is explained wherever we state it, is not."""
    if use.kind != OWL.Axiom or use.property != OWL.annotatedProperty:
        return
    (predicate,) = model.values(record, use.property)
    explained = model.tallies[(OWL.Axiom, None), use.property].values[predicate]
    stated = [s for s, _ in model.graph.subject_objects(predicate) if s in model.home]
    if len(explained) >= CASES and len(stated) == len(explained):
        yield Change({(record, p, o) for p, o in model.graph.predicate_objects(record)}, set())


@operator
def sourced_elsewhere(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A record of the document names an external source in place of the lines that state it."""
    is_stated = use.property == SSK.isStatedIn and use.layer == "document"
    if is_stated and SSK.ExternalSource in model.ordered:
        source = model.chosen(model.key(record), SSK.ExternalSource)
        stated = use.change(record, model.values(record, use.property), [])
        yield Change(stated.removed, {(record, SSK.isSourcedFrom, source)})


# ---- A wrong name ----


@operator
def misspelt_value(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A record is referred to by a name that is not its name."""
    for thing in model.things(record, use.property)[:1]:
        if isinstance(thing, URIRef):
            yield use.change(record, [thing], [misspelt(model, thing)])


@operator
def misspelt_property(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A property is misspelt."""
    value = model.values(record, use.property)[0]
    name = misspelt(model, use.property)
    yield Change({(record, use.property, value)}, {(record, name, value)})


@operator
def misspelt_record(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """Something is said of a record by a name that is not its name."""
    if use.property != RDF.type and isinstance(record, URIRef):
        value = model.values(record, use.property)[0]
        yield Change(
            {(record, use.property, value)}, {(misspelt(model, record), use.property, value)}
        )


@operator
def misspelt_class(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """The class of a record is misspelt."""
    if use.property == RDF.type:
        yield use.change(record, [use.kind], [misspelt(model, use.kind)])


# ---- A wrong thing ----


@operator
def wrong_class_of_value(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A value is a record of a class quite unlike those of all values of the property."""
    wrong = model.unlike(kinds_of_values(model, use.property) | kinds_without_range(model, use))
    for thing in model.things(record, use.property)[:1] if use.property != RDF.type else ():
        for other in model.of_kinds(model.key(record), wrong)[:1]:
            yield use.change(record, [thing], [other])


@operator
def akin_class_of_value(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A value is of another class than that of all values: a prefecture in a prefecture."""
    values = {each for carrier in use.carriers for each in model.things(carrier, use.property)}
    kinds = {model.kind[each] for each in values}
    if len(use.carriers) < CASES or len(kinds) != 1 or use.property == RDF.type:
        return
    (kind,) = kinds
    akin = (
        each for each in model.above if model.is_akin(each, kind) and kind not in model.above[each]
    )
    for thing in model.things(record, use.property)[:1]:
        for other in model.of_kinds(model.key(record), set(akin) - set(model.above[kind]))[:1]:
            yield use.change(record, [thing], [other])


@operator
def concept_of_another_scheme(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A concept is of a scheme from which the property has no value anywhere."""
    others = model.by_scheme.keys() - schemes_of_values(model, use.property)
    for thing in model.things(record, use.property)[:1]:
        if model.kind[thing] == SKOS.Concept:
            for scheme in model.shuffled(model.key(record), others)[:1]:
                yield use.change(record, [thing], model.by_scheme[scheme][:1])


@operator
def text_for_a_thing(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A value is a text where it should be a thing."""
    for value in model.values(record, use.property)[:1]:
        if isinstance(value, URIRef) and use.property != RDF.type:
            yield use.change(record, [value], [Literal(str(value).rpartition("/")[2])])


@operator
def thing_for_a_text(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A value is a thing where it should be a text or a number."""
    for value in model.literals(record, use.property)[:1]:
        yield use.change(record, [value], model.others_akin(record)[:1])


@operator
def another_class(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A record is of another class: one that is akin to its own, and one that is not."""
    if use.property != RDF.type:
        return
    used = {each for each in model.above if use.kind not in model.above[each]}
    used -= set(model.above[use.kind])
    akin = {each for each in used if model.is_akin(each, use.kind)}
    for kinds in (akin, used - akin):
        for other in model.shuffled(model.key(record), kinds)[:1]:
            yield use.change(record, [use.kind], [other])


@operator
def second_class(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A record is of a second class, which excludes its own."""
    if use.property == RDF.type:
        for other in model.shuffled(model.key(record), model.unlike([use.kind]))[:1]:
            yield use.change(record, [], [other])


@operator
def out_of_place(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A record has a property that only records of quite other classes have."""
    wrong = model.unlike(kinds_of_carriers(model, use.property))
    values = model.values(record, use.property)[:1]
    for other in model.of_kinds(f"{use.property} {use.kind}", wrong)[:1]:
        yield Change(set(), {(other, use.property, value) for value in values})


# ---- A wrong text or number ----


@operator
def wrong_datatype(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A number, a date or a code is of another datatype: most often, a text."""
    for value in model.literals(record, use.property)[:1]:
        if value.language is None:
            text = value.datatype in (None, XSD.string)
            yield use.change(record, [value], [typed(value, XSD.anyURI if text else XSD.string)])
            if str(value).isdecimal():
                yield use.change(
                    record, [value], [typed(value, XSD.integer if text else XSD.float)]
                )


@operator
def no_number(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """What should be a number or a date cannot be read as one."""
    for value in model.literals(record, use.property)[:1]:
        if value.datatype not in (None, XSD.string, XSD.anyURI):
            yield use.change(record, [value], [typed(f"約{value}", value.datatype)])


@operator
def no_language(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A text does not say its language."""
    for value in model.literals(record, use.property)[:1]:
        if value.language:
            yield use.change(record, [value], [Literal(str(value))])


@operator
def third_language(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A text is in a language that is neither Japanese nor English."""
    for value in model.literals(record, use.property)[:1]:
        if value.language:
            yield use.change(record, [value], [Literal(str(value), lang="zh")])


@operator
def swapped_languages(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A Japanese text is marked as English, and its English one as Japanese."""
    texts = [each for each in model.literals(record, use.property) if each.language in ("ja", "en")]
    if any(each.language == "ja" and JAPANESE.search(each) for each in texts):
        swapped = [Literal(str(e), lang="en" if e.language == "ja" else "ja") for e in texts]
        yield use.change(record, texts, swapped)


@operator
def blank(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A text or a code is empty."""
    for value in model.literals(record, use.property)[:1]:
        if value.datatype in (None, XSD.string, RDF.langString, XSD.anyURI):
            empty = Literal("", value.language) if value.language else typed("", value.datatype)
            yield use.change(record, [value], [empty])


@operator
def untidy(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A text or a code has a blank after it, or is written with combining marks."""
    for value in model.literals(record, use.property)[:1]:
        if value.datatype in (None, XSD.string, RDF.langString):
            yield use.change(record, [value], [Literal(f"{value} ", lang=value.language)])
    for value in model.literals(record, use.property):
        if value.language and (apart := unicodedata.normalize("NFD", value)) != str(value):
            yield use.change(record, [value], [Literal(apart, lang=value.language)])
            return


@operator
def below_zero(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A number is negative, where none is."""
    for value in model.literals(record, use.property)[:1]:
        if value.datatype in (XSD.integer, XSD.decimal):
            yield use.change(record, [value], [typed(f"-{value}", value.datatype)])


# ---- A wrong value that the graph itself gives away ----


@operator
def shared(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """Two records have one value, such as a code or a label, that no two share."""
    if use.is_key and not model.things(record, use.property):
        for value in model.values(record, use.property)[:1]:
            language = getattr(value, "language", None)
            for other in model.others(use, record):
                if getattr(other, "language", None) == language:
                    yield use.change(record, [value], [other])
                    return


@operator
def shared_beside(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """Two records that have the same parent, phase or document have one label or position."""
    if use.property not in (RDFS.label, SKOS.prefLabel, SSK.position) or use.is_key:
        return
    for other in model.beside(use, record):
        yield use.change(
            record, model.values(record, use.property), model.values(other, use.property)
        )
        return


@operator
def traded(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """Two records have each other's code, number or date, which other properties repeat."""
    for value in model.literals(record, use.property)[:1] if use.is_key else ():
        if value.datatype not in SPELT_OUT or value.language:
            continue
        for other in model.shuffled(model.key(record), use.carriers):
            for given in model.literals(other, use.property):
                if given != value:
                    one, two = (
                        use.change(record, [value], [given]),
                        use.change(other, [given], [value]),
                    )
                    yield Change(one.removed | two.removed, one.added | two.added)
                    return


@operator
def out_of_step(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A code or number is not the one that another value of the record repeats."""
    for value in model.values(record, use.property):
        if value in model.home or (isinstance(value, Literal) and value.datatype not in SPELT_OUT):
            continue
        if (old := model.said_twice(record, use.property, value)) is not None:
            new = re.sub(rf"(?<!\d){old}", stepped(old), str(value), count=1)
            changed = typed(new, value.datatype) if isinstance(value, Literal) else URIRef(new)
            yield use.change(record, [value], [changed])
            return


@operator
def out_of_order(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """What comes first everywhere comes last: an end before its start."""
    for value in model.literals(record, use.property)[:1]:
        for last in later(model, use):
            for end in model.literals(record, last):
                if value < end:
                    other = {(record, last, end)}, {(record, last, value)}
                    change = use.change(record, [value], [end])
                    yield Change(change.removed | other[0], change.added | other[1])


@operator
def disagreeing(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A record refers to one that differs from it in what they have in common everywhere."""
    for thing in model.things(record, use.property)[:1]:
        for alike in common(model, use):
            own = model.start(record, alike)
            for other in model.shuffled(model.key(record), model.members[model.kind[thing], None]):
                if other != record and (theirs := model.start(other, alike)) and theirs != own:
                    yield use.change(record, [thing], [other])
                    break


@operator
def unequal(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """Two properties that have the same value everywhere have different ones."""
    if equal(model, use):
        for other in model.others(use, record)[:1]:
            yield use.change(record, model.values(record, use.property), [other])


@operator
def undetermined(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A value goes with another property's value with which it goes nowhere else."""
    for result in determined(model, use):
        own = set(model.graph.objects(record, result))
        for other in model.shuffled(model.key(record), use.carriers):
            values = model.values(other, use.property)
            if own.isdisjoint(model.graph.objects(other, result)):
                yield use.change(record, model.values(record, use.property), values)
                break


# ---- A wrong structure ----


@operator
def of_itself(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A record is related to itself."""
    for thing in model.things(record, use.property)[:1]:
        if model.are_akin(record, thing):
            yield use.change(record, [thing], [record])


@operator
def both_ways(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """Two records are each above, before or part of the other."""
    for thing in model.things(record, use.property)[:1]:
        if model.are_akin(record, thing) and thing != record:
            yield Change(set(), {(thing, use.property, record)})


@operator
def the_wrong_way_round(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A relation goes from its value to its record."""
    for thing in model.things(record, use.property)[:1]:
        if not model.are_akin(record, thing) and use.property != RDF.type:
            yield Change({(record, use.property, thing)}, {(thing, use.property, record)})


@operator
def stated_inference(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """What follows by an inverse property, and is stated nowhere, is stated."""
    for inverse in model.graph.objects(use.property, OWL.inverseOf):
        for thing in model.things(record, use.property)[:1]:
            yield Change(set(), {(thing, inverse, record)})


@operator
def past_the_end(model: Model, use: Use, record: Node) -> Iterator[Change]:
    """A segment lies past the last line of its document."""
    if use.property == SSK.endLine:
        ends = [int(str(each)) for each in model.graph.objects(None, SSK.endLine)]
        line = max(ends) + 1000
        new: dict[Node, Literal] = {
            SSK.startLine: Literal(line),
            SSK.endLine: Literal(line),
            SSK.fragmentValue: Literal(f"line={line - 1},{line}"),
        }
        yield Change(
            {(record, p, o) for p in new for o in model.graph.objects(record, p)},
            {(record, p, o) for p, o in new.items()},
        )


def typed(text: str, datatype: URIRef | None) -> Literal:
    """Give a literal just as it is written."""
    with warnings.catch_warnings():  # rdflib's, on "約true": a weird boolean
        warnings.simplefilter("ignore")
        return Literal(str(text), datatype=datatype, normalize=False)


def misspelt(model: Model, name: Node) -> URIRef:
    """Give the name with its last letters the other way round, or one letter more."""
    turned = URIRef(str(name)[:-2] + str(name)[:-3:-1])
    is_a_name = turned in model.home or (turned, None, None) in model.graph
    return URIRef(f"{name}s") if is_a_name or turned == name else turned


def stepped(digits: str) -> str:
    """Give as many digits, of which the last is one more."""
    return digits[:-1] + str((int(digits[-1]) + 1) % 10)


ANY = None

LEGITIMATE: list[tuple[str, Node | None, Node | None, str]] = [
    ("dropped", ANY, SKOS.scopeNote, "a note is never owed"),
    ("one-language", ANY, SKOS.altLabel, "another name may be one in one language only"),
    *(
        ("out-of-place", ANY, predicate, "any record may have a source, a topic, a note or a link")
        for predicate in (
            *(SKOS.altLabel, SKOS.scopeNote, SKOS.closeMatch, SKOS.relatedMatch),
            *(SSK.isSourcedFrom, SSK.hasAssertionBasis, SSK.hasTranslationStatus),
            SSK.refersToConcept,
        )
    ),
    *(
        ("second", ANY, predicate, "there may be more of these, though there are not yet")
        for predicate in (
            *(SSK.isStatedIn, SSK.isSourcedFrom, SKOS.altLabel, SKOS.closeMatch, SKOS.example),
            *(SSK.isStatementAbout, SSK.refersToConcept),
        )
    ),
    *(
        ("shared", kind, predicate, "two may have one figure, place, other name, note or link")
        for kind, predicate in (
            *((ANY, SSK.amountInYen), (ANY, GEO.lat), (ANY, GEO.long), (ANY, SKOS.altLabel)),
            *((ANY, SSK.wording), (ANY, SSK.tagline), (ANY, SSK.reading), (ANY, SKOS.scopeNote)),
            *((OWL.Class, SKOS.closeMatch), (OWL.Class, SKOS.relatedMatch)),
            *((SKOS.Concept, SKOS.prefLabel), (SKOS.ConceptScheme, RDFS.isDefinedBy)),
            (SSK.ExternalSource, DCTERMS.date),
        )
    ),
    *(
        (name, ANY, predicate, "what may stand there has no class or scheme in common")
        for name, predicate in (
            ("akin-class-of-value", SSK.isStatementAbout),
            ("concept-of-another-scheme", SSK.countsThingsOf),
            ("concept-of-another-scheme", SSK.involves),
        )
    ),
    *(
        (name, SSK.ExternalSource, predicate, "when a source appeared or was seen is said once")
        for name, predicate in (
            *(("out-of-step", DCTERMS.date), ("traded", DCTERMS.date)),
            ("out-of-step", SSK.accessedOn),
        )
    ),
    ("both-ways", ANY, SKOS.closeMatch, "a match is one both ways"),
    ("out-of-step", ANY, SSK.contentSha256, "`seisaku coverage --source` computes it anew"),
]
"""Operator, class, property, and why this is no fault."""


def legitimate(model: Model, name: str, use: Use) -> str | None:
    """Give why an operator makes no fault there, or None when it makes one."""
    return listed(LEGITIMATE, model, name, use.kind, use.property)


SURVIVORS: list[tuple[str, Node | None, Node | None, str]] = [
    *(
        ("another-class", kind, RDF.type, "which kind of it a thing is, only its source says")
        for kind in (SSK.Organization, SSK.Program)
    ),
    *(
        ("sourced-elsewhere", kind, ANY, "it would be right in a file of the external layer")
        for kind in (SSK.IndicatorValue, SSK.PolicyStatement)
    ),
]
"""Operator, class, property, and why the check cannot find it."""


def reason_to_survive(model: Model, mutant: Mutant) -> str | None:
    """Give why a mutant is expected to survive, or None when nobody has said."""
    return listed(SURVIVORS, model, mutant.operator, mutant.kind, mutant.property)


def listed(
    rows: list[tuple[str, Node | None, Node | None, str]],
    model: Model,
    name: str,
    kind: Node,
    predicate: Node,
) -> str | None:
    """Give the reason of the first row that is about an operator, a kind and a property."""
    kinds = (ANY, *model.above[kind])
    for operator_of, kind_of, property_of, why in rows:
        if operator_of == name and kind_of in kinds and property_of in (ANY, predicate):
            return why
    return None
