"""Rules: what the axioms of an ontology let follow, as tables, one for each kind of rule.

Compiled from OWL 2 RL (OWL 2 Profiles, section 4.3) for the axioms that our ontology uses. What
follows among the terms themselves, and it is little, is the answer of the reference reasoner; the
tables are read from its closure of the axioms, which is why those of classes and of properties are
closed. What follows for the things closure.py finds, by joining the data with the tables.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import combinations
from typing import TYPE_CHECKING

from rdflib import OWL, RDF, RDFS, BNode, Graph, Literal, URIRef

from .errors import UnknownAxiom
from .ntriples import text
from .reason import DATATYPES, DISJOINT_DATATYPES, TRIVIAL_TYPES, closed, is_trivial

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rdflib.namespace import DefinedNamespace
    from rdflib.term import Node

Row = tuple[str, ...]

LISTS = {OWL.propertyChainAxiom, OWL.intersectionOf, OWL.members}
"""What names a list that a rule is made from."""

AXIOMS = {
    *(RDFS.subClassOf, RDFS.subPropertyOf, RDFS.domain, RDFS.range),
    *(OWL.equivalentClass, OWL.equivalentProperty, OWL.inverseOf, OWL.disjointWith),
    *(OWL.onProperty, OWL.hasValue, *LISTS),
}
"""Predicates that rules are compiled from."""

SILENT = {
    *(RDFS.label, RDFS.comment, RDFS.seeAlso, RDFS.isDefinedBy, OWL.deprecated),
    *(OWL.imports, OWL.versionIRI, OWL.versionInfo, OWL.priorVersion),
    *(OWL.backwardCompatibleWith, OWL.incompatibleWith),
    *(OWL.annotatedSource, OWL.annotatedProperty, OWL.annotatedTarget),
    # Who differs from whom adds nothing: that two things would have to be one is a contradiction
    # whichever they are.
    *(OWL.differentFrom, OWL.distinctMembers, OWL.sameAs),
}
"""Predicates of the vocabulary that no axiom needs."""

DECLARATIONS = {
    *(OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty),
    *(OWL.Restriction, OWL.TransitiveProperty, OWL.SymmetricProperty, OWL.FunctionalProperty),
    *(OWL.IrreflexiveProperty, OWL.AsymmetricProperty, OWL.AllDisjointClasses),
    *(RDFS.Class, RDFS.Datatype, RDF.Property),
}
"""Types of terms, those among them that rules are compiled from."""

SILENT_TYPES = {
    *(OWL.Ontology, OWL.Axiom, OWL.AllDifferent),
    *(OWL.NamedIndividual, OWL.Thing, RDFS.Resource),
}
"""Types of the vocabulary that no axiom needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules of one ontology; each row of a table is a rule's terms as N-Triples writes them.

    A term that begins with `_:` is a class or a property without a name: no answer holds it.
    """

    copies: frozenset[Row]
    """p, q: what has p has q too. prp-spo1, prp-eqp1, prp-eqp2."""
    inverses: frozenset[Row]
    """p, q: what has p is what q is of. prp-inv1, prp-inv2, prp-symp."""
    chains: frozenset[Row]
    """p, q, r: what has p that has q has r. prp-spo2, prp-trp."""
    domains: frozenset[Row]
    """p, c: what has p is a c. prp-dom."""
    ranges: frozenset[Row]
    """p, c: what p is of is a c. prp-rng for classes."""
    data_ranges: frozenset[Row]
    """p, d: the same for datatypes; of a literal it is checked, and not concluded."""
    subclasses: frozenset[Row]
    """c, d: a c is a d. cax-sco, cax-eqc1, cax-eqc2, cls-int2."""
    intersections: frozenset[Row]
    """c, d, e: what is a c and a d is an e. cls-int1."""
    takes: frozenset[Row]
    """p, v, c: what has p with the value v is a c. cls-hv2."""
    gives: frozenset[Row]
    """c, p, v: a c has p with the value v. cls-hv1."""
    functional: frozenset[Row]
    """p: two values would have to be one. prp-fp."""
    irreflexive: frozenset[Row]
    """p: nothing has itself. prp-irp."""
    asymmetric: frozenset[Row]
    """p: nothing has what has it. prp-asyp."""
    disjoint: frozenset[Row]
    """c, d: nothing is both. cax-dw, cax-adc."""
    misfits: frozenset[Row]
    """p, d: no literal of the datatype d is in the range of p. prp-rng with dt-type2, cax-dw."""
    terms: Graph
    """What follows among the terms themselves. scm-*, prp-ap."""

    def table(self, name: str) -> list[Row]:
        """Give the rows of one table, in order."""
        rows: frozenset[Row] = getattr(self, name)
        return sorted(rows)

    @property
    def properties(self) -> set[str]:
        """The properties that a rule takes or gives; what data say by others changes nothing."""
        given = {"gives": 1, "copies": 1, "inverses": 1, "chains": 2}
        return self.taken | {row[at] for name, at in given.items() for row in getattr(self, name)}

    @property
    def taken(self) -> set[str]:
        """The properties that a rule takes; what data say by others lets nothing follow."""
        places = {"chains": (0, 1), "gives": ()}
        places |= {"subclasses": (), "intersections": (), "disjoint": ()}
        named = {
            row[place]
            for name in TABLES
            for row in getattr(self, name)
            for place in places.get(name, (0,))
        }
        return named | {text(RDF.type), text(OWL.sameAs)}


TABLES = tuple(each.name for each in fields(Rules) if each.name != "terms")


def compile_rules(graph: Graph, datatypes: Iterable[str] | None = None) -> Rules:
    """Compile the axioms among the statements of `graph`, and leave the others aside.

    `datatypes` are the IRIs of all that literals of the data have; None means those of `graph`.
    Raises `UnknownAxiom` that names each axiom that there is no rule for, with its term.
    """
    _refuse(_unknown(graph))
    used = _datatypes(graph) if datatypes is None else {URIRef(each) for each in datatypes}
    # A datatype that is used brings those that it is derived from.
    used = {above for each in used for above in DATATYPES.get(each, ())}
    axioms = _axioms(graph)
    closure = closed(axioms)
    for one, other in DISJOINT_DATATYPES:
        if {one, other} <= used:
            closure.add((one, OWL.disjointWith, other))
    terms = Graph(bind_namespaces="none")
    for triple in closure:
        if triple not in graph and not is_trivial(triple):
            terms.add(triple)
    ranges = _typing(closure, RDFS.range)
    data_ranges = {each for each in ranges if _is_datatype(closure, each[1])}
    rules = Rules(
        copies=_rows(_pairs(closure, RDFS.subPropertyOf)),
        inverses=_rows(_inverses(closure)),
        chains=_rows(_chains(closure)),
        domains=_rows(_typing(closure, RDFS.domain)),
        ranges=_rows(ranges - data_ranges),
        data_ranges=_rows(data_ranges),
        subclasses=_rows(_pairs(closure, RDFS.subClassOf)),
        intersections=_rows(_intersections(closure)),
        takes=_rows((p, v, c) for c, p, v in _values(closure)),
        gives=_rows(_values(closure)),
        functional=_rows(_of_type(closure, OWL.FunctionalProperty)),
        irreflexive=_rows(_of_type(closure, OWL.IrreflexiveProperty)),
        asymmetric=_rows(_of_type(closure, OWL.AsymmetricProperty)),
        disjoint=_rows(_disjoint(closure)),
        misfits=_rows(_misfits(closure, data_ranges, used)),
        terms=terms,
    )
    _refuse(_meddling(rules))
    return rules


def _refuse(faults: Iterable[str]) -> None:
    if found := sorted(set(faults)):
        raise UnknownAxiom.listing(found)


def _unknown(graph: Graph) -> Iterator[str]:
    """Name the axioms that there is no rule for."""
    for subject, predicate, object_ in graph:
        if predicate == RDF.type:
            known = not _is_of(OWL, object_) or object_ in DECLARATIONS | SILENT_TYPES
            if not known or object_ in DATATYPES:
                yield _told(object_, _bearer(graph, subject))
        elif _is_of(OWL, predicate) | _is_of(RDFS, predicate) and predicate not in AXIOMS | SILENT:
            yield _told(predicate, _bearer(graph, subject))
        elif predicate in LISTS and len(list(graph.items(object_))) < 2:
            yield f"{_told(predicate, _bearer(graph, subject))} with fewer than two members"


def _is_of(vocabulary: type[DefinedNamespace], term: Node) -> bool:
    return str(term).startswith(str(vocabulary))


def _told(axiom: Node, term: Node) -> str:
    return f"no rule is known for {text(axiom)} of {text(term)}"


def _bearer(graph: Graph, term: Node) -> Node:
    """Give the term that a part without a name belongs to, or else the first that it names."""
    above = term
    while isinstance(above, BNode) and (holder := next(graph.subjects(None, above), None)):
        above = holder
    if isinstance(above, BNode):
        parts = [part for each in graph.objects(term) for part in (each, *graph.items(each))]
        named = [each for each in parts if isinstance(each, URIRef) and not _is_of(OWL, each)]
        return min(named, default=term)
    return above


def _meddling(rules: Rules) -> Iterator[str]:
    """Name the rules that would let data say what is an axiom, or that ask what is trivial."""
    silent = {text(each) for each in SILENT}
    refused = tuple(f"<{each}" for each in (OWL, RDFS, RDF.type, RDF.first, RDF.rest, RDF.List))
    for name in TABLES:
        for row in getattr(rules, name):
            for term in row:
                if term.startswith(refused) and term not in silent and name != "data_ranges":
                    others = ", ".join(each for each in row if each != term)
                    yield f"no rule is known for {term} with {others or 'itself'}"


def _datatypes(graph: Graph) -> set[URIRef]:
    return {
        each.datatype for each in graph.objects() if isinstance(each, Literal) and each.datatype
    }


def _axioms(graph: Graph) -> Graph:
    """Pick what is said of terms, and the lists in it."""
    axioms = Graph(bind_namespaces="none")
    for triple in graph:
        _, predicate, object_ = triple
        if predicate in AXIOMS or (predicate == RDF.type and object_ in DECLARATIONS):
            axioms.add(triple)
        if predicate in LISTS:
            for cell in graph.transitive_objects(object_, RDF.rest):
                axioms += graph.triples((cell, None, None))
    return axioms


def _rows(rows: Iterable[Iterable[Node]]) -> frozenset[Row]:
    return frozenset(tuple(map(text, row)) for row in rows)


def _pairs(closure: Graph, predicate: URIRef) -> Iterator[tuple[Node, Node]]:
    """Give what is below another: not below itself, nor below what everything is below."""
    for below, above in closure.subject_objects(predicate):
        if below != above and above not in TRIVIAL_TYPES and below != OWL.Nothing:
            yield below, above


def _inverses(closure: Graph) -> Iterator[tuple[Node, Node]]:
    for one, other in closure.subject_objects(OWL.inverseOf):
        yield from ((one, other), (other, one))
    for each in closure.subjects(RDF.type, OWL.SymmetricProperty):
        yield each, each


def _chains(closure: Graph) -> Iterator[tuple[Node, Node, Node]]:
    for each in closure.subjects(RDF.type, OWL.TransitiveProperty):
        yield each, each, each
    for property_, chain in closure.subject_objects(OWL.propertyChainAxiom):
        yield from _by_twos(list(closure.items(chain)), property_)


def _intersections(closure: Graph) -> Iterator[tuple[Node, Node, Node]]:
    for class_, parts in closure.subject_objects(OWL.intersectionOf):
        yield from _by_twos(list(closure.items(parts)), class_)


def _by_twos(parts: list[Node], whole: Node) -> Iterator[tuple[Node, Node, Node]]:
    """Join several parts two at a time; what is made before the whole has no name."""
    before = parts[0]
    for number, part in enumerate(parts[1:], 2):
        made = whole if number == len(parts) else BNode(" ".join(map(text, parts[:number])))
        yield before, part, made
        before = made


def _typing(closure: Graph, predicate: URIRef) -> set[tuple[Node, Node]]:
    """Give the domains or the ranges that say something."""
    return {
        (property_, class_)
        for property_, class_ in closure.subject_objects(predicate)
        if class_ not in TRIVIAL_TYPES
    }


def _is_datatype(closure: Graph, class_: Node) -> bool:
    return class_ in DATATYPES or (class_, RDF.type, RDFS.Datatype) in closure


def _values(closure: Graph) -> Iterator[tuple[Node, Node, Node]]:
    """Give the restrictions to one value: the class, the property, the value."""
    for class_, value in closure.subject_objects(OWL.hasValue):
        for property_ in closure.objects(class_, OWL.onProperty):
            yield class_, property_, value


def _of_type(closure: Graph, type_: URIRef) -> Iterator[tuple[Node]]:
    for each in closure.subjects(RDF.type, type_):
        yield (each,)


def _disjoint(closure: Graph) -> Iterator[tuple[Node, Node]]:
    yield from closure.subject_objects(OWL.disjointWith)
    for each in closure.subjects(RDF.type, OWL.AllDisjointClasses):
        for members in closure.objects(each, OWL.members):
            yield from combinations(closure.items(members), 2)


def _misfits(
    closure: Graph, data_ranges: set[tuple[Node, Node]], used: set[URIRef]
) -> Iterator[tuple[Node, URIRef]]:
    disjoint = {frozenset(each) for each in _disjoint(closure)}
    for property_ in {each for each, _ in data_ranges}:
        ranges = {each for of, each in data_ranges if of == property_}
        for datatype in used:
            types = ranges | DATATYPES[datatype]
            if any(frozenset(each) in disjoint for each in combinations(types, 2)):
                yield property_, datatype
