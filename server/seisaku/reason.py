"""Reason: the OWL 2 RL closure of the asserted graph, cleaned, or the contradiction in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import owlrl
from owlrl.AxiomaticTriples import OWLRL_Datatypes_Disjointness
from owlrl.XsdDatatypes import OWL_Datatype_Subsumptions, OWL_RL_Datatypes
from rdflib import OWL, RDF, RDFS, BNode, Graph, Literal, URIRef

from .errors import Contradiction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rdflib.graph import _TripleType

ERROR = URIRef("http://www.daml.org/2002/03/agents/agent-ont#error")
"""How owlrl writes a contradiction down: as the object's text, not as an exception."""

REFLEXIVE = {
    OWL.sameAs,
    OWL.equivalentClass,
    OWL.equivalentProperty,
    RDFS.subClassOf,
    RDFS.subPropertyOf,
}
TRIVIAL_TYPES = {OWL.Thing, RDFS.Resource, RDFS.Class, RDFS.Datatype, RDF.Property}
TRIVIAL_CLASSES = {OWL.Thing, OWL.Nothing}

DATATYPES: dict[URIRef, set[URIRef]] = {
    each: {each, *OWL_Datatype_Subsumptions.get(each, ())} for each in OWL_RL_Datatypes
}
"""The datatypes of OWL 2 RL, each with itself and those that it is derived from."""

DISJOINT_DATATYPES: set[tuple[URIRef, URIRef]] = {
    (one, other) for one, _, other in OWLRL_Datatypes_Disjointness
}
"""The datatypes that have no value in common, two at a time."""


def reason(asserted: Graph) -> Graph:
    """Give what follows from `asserted` by OWL 2 RL and is not in it already.

    Raises `Contradiction` that names every contradiction and every two things that would have
    to be one. What owlrl adds and nobody asks for is left out: literals as subjects, statements
    about blank nodes, each thing being the same as itself and an `owl:Thing`, and who differs
    from whom (`owl:AllDifferent` says it).
    """
    inferred = Graph(bind_namespaces="none")
    for triple in closed(asserted):
        if triple not in asserted and not is_trivial(triple):
            inferred.add(triple)
    return inferred


def closed(asserted: Graph) -> Graph:
    """Give `asserted` with all that follows from it by OWL 2 RL, or raise `Contradiction`."""
    closure = Graph(bind_namespaces="none")
    closure += asserted
    owlrl.DeductiveClosure(
        owlrl.OWLRL_Semantics, axiomatic_triples=False, datatype_axioms=False
    ).expand(closure)
    if faults := sorted(_contradictions(closure)):
        raise Contradiction.listing(faults)
    return closure


def _contradictions(closure: Graph) -> Iterator[str]:
    for _, _, what in closure.triples((None, ERROR, None)):
        yield f"contradiction: {what}"
    for one, _, other in closure.triples((None, OWL.sameAs, None)):
        if one.n3() < other.n3():
            yield f"two things would have to be one: {one.n3()} {other.n3()}"


def is_trivial(triple: _TripleType) -> bool:
    """Tell whether nobody asks for a statement that follows."""
    subject, predicate, object_ = triple
    return (
        isinstance(subject, Literal | BNode)
        or isinstance(object_, BNode)
        or predicate == OWL.differentFrom
        or (predicate in REFLEXIVE and subject == object_)
        or (predicate == RDF.type and object_ in TRIVIAL_TYPES)
        or (predicate == RDFS.subClassOf and not TRIVIAL_CLASSES.isdisjoint((subject, object_)))
    )
