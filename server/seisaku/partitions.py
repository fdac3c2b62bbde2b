"""Partitions: what a graph holds, counted and said in VoID.

The counts of a class, a property, a language and a datatype are those that the SIB tools and VoID
readers look for: `void:classPartition` with `void:propertyPartition` in it, and in that the
classes (`void:classPartition`) and datatypes (`void-ext:datatypePartition`) of the values.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from rdflib import RDF, VOID, XSD, BNode, Graph, Literal, Namespace, URIRef

from .config import BASE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rdflib.graph import _TripleType
    from rdflib.term import Node

VOID_EXT = Namespace("http://ldf.fi/void-ext#")


def partitions(dataset: URIRef, graph: Graph) -> Iterator[_TripleType]:
    """Give the VoID statistics of `graph`, which `dataset` names, and of its partitions.

    A partition's IRI is that of the dataset, `#`, and a digest of what it is a partition by; so the
    same graph has the same statistics, name for name.
    """
    types: dict[Node, list[URIRef]] = defaultdict(list)
    for subject, class_ in graph.subject_objects(RDF.type):
        if isinstance(class_, URIRef):
            types[subject].append(class_)
    yield from _size(dataset, graph)
    yield _count(dataset, VOID.classes, len({each for found in types.values() for each in found}))
    yield _count(dataset, VOID.properties, len(set(graph.predicates())))
    yield _count(dataset, VOID.entities, sum(1 for each in set(graph.subjects()) if _is_ours(each)))
    yield from _classes(dataset, graph, types)
    yield from _properties(dataset, graph)
    yield from _languages(dataset, graph)


def _size(dataset: URIRef, triples: Iterable[_TripleType]) -> Iterator[_TripleType]:
    read = list(triples)
    yield _count(dataset, VOID.triples, len(read))
    yield _count(dataset, VOID.distinctSubjects, len({subject for subject, _, _ in read}))
    yield _count(dataset, VOID.distinctObjects, len({object_ for _, _, object_ in read}))


def _classes(
    dataset: URIRef, graph: Graph, types: dict[Node, list[URIRef]]
) -> Iterator[_TripleType]:
    said: dict[Node, list[_TripleType]] = defaultdict(list)
    for triple in graph:
        said[triple[0]].append(triple)
    members: dict[URIRef, list[Node]] = defaultdict(list)
    for subject, classes in types.items():
        for class_ in classes:
            members[class_].append(subject)
    for class_, subjects in members.items():
        part = _part(dataset, class_)
        yield dataset, VOID.classPartition, part
        yield part, VOID["class"], class_
        yield _count(part, VOID.entities, len(subjects))
        triples = [triple for each in subjects for triple in said[each]]
        yield _count(part, VOID.triples, len(triples))
        yield from _properties_of_class(dataset, class_, triples, types)


def _properties_of_class(
    dataset: URIRef,
    class_: URIRef,
    triples: Iterable[_TripleType],
    types: dict[Node, list[URIRef]],
) -> Iterator[_TripleType]:
    values: dict[URIRef, list[Node]] = defaultdict(list)
    for _, property_, value in triples:
        assert isinstance(property_, URIRef)  # noqa: S101  # RDF has no other
        values[property_].append(value)
    for property_, objects in values.items():
        part = _part(dataset, class_, property_)
        yield _part(dataset, class_), VOID.propertyPartition, part
        yield part, VOID.property, property_
        yield _count(part, VOID.triples, len(objects))
        of_class = Counter(each for value in objects for each in types.get(value, ()))
        for each, count in of_class.items():
            target = _part(dataset, class_, property_, each)
            yield part, VOID.classPartition, target
            yield target, VOID["class"], each
            yield _count(target, VOID.triples, count)
        of_datatype = Counter(_datatype(each) for each in objects if isinstance(each, Literal))
        for each, count in of_datatype.items():
            target = _part(dataset, class_, property_, each)
            yield part, VOID_EXT.datatypePartition, target
            yield target, VOID_EXT.datatype, each
            yield _count(target, VOID.triples, count)


def _properties(dataset: URIRef, graph: Graph) -> Iterator[_TripleType]:
    said: dict[Node, list[_TripleType]] = defaultdict(list)
    for triple in graph:
        said[triple[1]].append(triple)
    for property_, triples in said.items():
        assert isinstance(property_, URIRef)  # noqa: S101  # RDF has no other
        part = _part(dataset, "property", property_)
        yield dataset, VOID.propertyPartition, part
        yield part, VOID.property, property_
        yield from _size(part, triples)


def _languages(dataset: URIRef, graph: Graph) -> Iterator[_TripleType]:
    """Count the texts of each language (`void-ext:languagePartition`)."""
    found = Counter(
        each.language for each in graph.objects() if isinstance(each, Literal) and each.language
    )
    for language, count in found.items():
        part = URIRef(f"{dataset}#language-{language}")
        yield dataset, VOID_EXT.languagePartition, part
        yield part, VOID_EXT.language, Literal(language)
        yield _count(part, VOID.triples, count)


def _part(dataset: URIRef, *by: str) -> URIRef:
    return URIRef(f"{dataset}#{hashlib.sha256(' '.join(by).encode()).hexdigest()[:16]}")


def _count(subject: URIRef, property_: URIRef, number: int) -> _TripleType:
    return subject, property_, Literal(number, datatype=XSD.integer)


def _datatype(literal: Literal) -> URIRef:
    if literal.language:
        return RDF.langString
    return literal.datatype or XSD.string


def _is_ours(term: Node) -> bool:
    return not isinstance(term, BNode) and str(term).startswith(BASE)
