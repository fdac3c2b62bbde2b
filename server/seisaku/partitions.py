"""Partitions: what a graph holds, counted and said in VoID.

The counts of a class, a property, a language and a datatype are those that the SIB tools and VoID
readers look for: `void:classPartition` with `void:propertyPartition` in it, and in that the
classes (`void:classPartition`) and datatypes (`void-ext:datatypePartition`) of the values.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from rdflib import RDF, VOID, XSD, Literal, Namespace

from .config import BASE
from .ntriples import text, triples

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from rdflib import Graph, URIRef

    from .ntriples import Triple

VOID_EXT = Namespace("http://ldf.fi/void-ext#")

TYPE = text(RDF.type)
INTEGER, STRING, LANG_STRING = text(XSD.integer), text(XSD.string), text(RDF.langString)
CLASS, PROPERTY = text(VOID["class"]), text(VOID.property)
CLASS_PARTITION, PROPERTY_PARTITION = text(VOID.classPartition), text(VOID.propertyPartition)
DATATYPE, DATATYPE_PARTITION = text(VOID_EXT.datatype), text(VOID_EXT.datatypePartition)
LANGUAGE, LANGUAGE_PARTITION = text(VOID_EXT.language), text(VOID_EXT.languagePartition)
TRIPLES, ENTITIES = text(VOID.triples), text(VOID.entities)
SUBJECTS, OBJECTS = text(VOID.distinctSubjects), text(VOID.distinctObjects)
CLASSES, PROPERTIES = text(VOID.classes), text(VOID.properties)


def partitions(dataset: URIRef, graph: Graph) -> Iterator[Triple]:
    """Give the VoID statistics of `graph`, which `dataset` names, and of its partitions.

    A partition's IRI is that of the dataset, `#`, and a digest of what it is a partition by; so the
    same graph has the same statistics, name for name.
    """
    held = triples(graph)
    types: dict[str, list[str]] = defaultdict(list)
    of_subject: dict[str, list[Triple]] = defaultdict(list)
    of_property: dict[str, list[Triple]] = defaultdict(list)
    for triple in held:
        subject, property_, object_ = triple
        of_subject[subject].append(triple)
        of_property[property_].append(triple)
        if property_ == TYPE and object_.startswith("<"):
            types[subject].append(object_)
    named = text(dataset)
    yield from _size(named, held)
    yield _count(named, CLASSES, len({each for found in types.values() for each in found}))
    yield _count(named, PROPERTIES, len(of_property))
    yield _count(named, ENTITIES, sum(each.startswith(f"<{BASE}") for each in of_subject))
    yield from _classes(dataset, of_subject, types)
    for property_, said in of_property.items():
        part = _part(dataset, "property", property_)
        yield named, PROPERTY_PARTITION, part
        yield part, PROPERTY, property_
        yield from _size(part, said)
    yield from _languages(dataset, held)


def _size(part: str, said: Collection[Triple]) -> Iterator[Triple]:
    yield _count(part, TRIPLES, len(said))
    yield _count(part, SUBJECTS, len({subject for subject, _, _ in said}))
    yield _count(part, OBJECTS, len({object_ for _, _, object_ in said}))


def _classes(
    dataset: URIRef, of_subject: dict[str, list[Triple]], types: dict[str, list[str]]
) -> Iterator[Triple]:
    members: dict[str, list[str]] = defaultdict(list)
    for subject, classes in types.items():
        for class_ in classes:
            members[class_].append(subject)
    for class_, subjects in members.items():
        part = _part(dataset, class_)
        yield text(dataset), CLASS_PARTITION, part
        yield part, CLASS, class_
        yield _count(part, ENTITIES, len(subjects))
        said = [triple for each in subjects for triple in of_subject[each]]
        yield _count(part, TRIPLES, len(said))
        yield from _properties_of_class(dataset, class_, said, types)


def _properties_of_class(
    dataset: URIRef, class_: str, said: Iterable[Triple], types: dict[str, list[str]]
) -> Iterator[Triple]:
    values: dict[str, list[str]] = defaultdict(list)
    for _, property_, value in said:
        values[property_].append(value)
    whole = _part(dataset, class_)
    for property_, objects in values.items():
        part = _part(dataset, class_, property_)
        yield whole, PROPERTY_PARTITION, part
        yield part, PROPERTY, property_
        yield _count(part, TRIPLES, len(objects))
        of_class = Counter(each for value in objects for each in types.get(value, ()))
        for each, count in of_class.items():
            target = _part(dataset, class_, property_, each)
            yield part, CLASS_PARTITION, target
            yield target, CLASS, each
            yield _count(target, TRIPLES, count)
        of_datatype = Counter(_datatype(each) for each in objects if each.startswith('"'))
        for each, count in of_datatype.items():
            target = _part(dataset, class_, property_, each)
            yield part, DATATYPE_PARTITION, target
            yield target, DATATYPE, each
            yield _count(target, TRIPLES, count)


def _languages(dataset: URIRef, held: Iterable[Triple]) -> Iterator[Triple]:
    """Count the texts of each language (`void-ext:languagePartition`)."""
    found = Counter(_language(object_) for _, _, object_ in held if object_.startswith('"'))
    for language, count in found.items():
        if language:
            part = f"<{dataset}#language-{language}>"
            yield text(dataset), LANGUAGE_PARTITION, part
            yield part, LANGUAGE, text(Literal(language))
            yield _count(part, TRIPLES, count)


def _part(dataset: URIRef, *by: str) -> str:
    named = " ".join(each.strip("<>") for each in by)
    return f"<{dataset}#{hashlib.sha256(named.encode()).hexdigest()[:16]}>"


def _count(subject: str, property_: str, number: int) -> Triple:
    return subject, property_, f'"{number}"^^{INTEGER}'


def _language(literal: str) -> str:
    """Give the language tag of a literal; of one without, the empty string."""
    return literal.rpartition('"')[2].removeprefix("@") if literal[-1] not in '">' else ""


def _datatype(literal: str) -> str:
    if literal.endswith('"'):
        return STRING
    return literal.rpartition("^^")[2] if literal.endswith(">") else LANG_STRING
