"""Describe: what the dataset says of itself, in VoID, DCAT and SHACL, in a graph of its own.

The figures are those of the layers before; the description does not count itself.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING, TypeGuard

from rdflib import (
    DCAT,
    DCTERMS,
    FOAF,
    OWL,
    PROV,
    RDF,
    RDFS,
    SDO,
    SH,
    SKOS,
    VOID,
    Graph,
    Literal,
    Namespace,
    URIRef,
)
from rdflib.plugins.sparql import prepareQuery

from .config import BASE, ENDPOINT, GRAPH
from .errors import Unreadable
from .ntriples import graph as graph_of
from .ntriples import merged, plain, term, text, triples
from .partitions import partitions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rdflib.graph import _TripleType
    from rdflib.term import Node

    from .kept import Kept
    from .questions import Question

ID = Namespace(BASE + "id/")
SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
SPEX = Namespace("https://purl.expasy.org/sparql-examples/ontology#")
SSK = Namespace(BASE + "def#")
AUTHORITY = Namespace("http://publications.europa.eu/resource/authority/")
"""The EU's lists of languages, countries and themes, which DCAT-AP asks for."""

ONTOLOGY = URIRef(BASE + "ont")
"""The root ontology, whose header says title, dates, licence and publisher of the whole."""

ENDPOINT_IRI = URIRef(ENDPOINT)
DATASET = ID["dataset/seisaku"]
CATALOGUE = ID["catalog/seisaku"]
SERVICE = ID["service/sparql"]
DISTRIBUTION = ID["distribution/sparql"]
PROTOCOL = URIRef("https://www.w3.org/TR/sparql11-protocol/")
PUBLISHER = ID["agent/maintainers"]

LAYER_TITLES = {
    "ontology": ("オントロジーと概念体系", "Ontology and concept schemes"),
    "document": ("資料の記載", "What the slides say"),
    "curated": ("本データセットによる対応付けと表現", "Our mappings and wording"),
    "external": ("外部資料の記載", "What other sources say"),
    "inferred": ("推論された文", "What follows by OWL 2 RL"),
    "description": ("データセットの記述", "What the dataset says of itself"),
}
LANGUAGES = ("JPN", "ENG")
THEMES = {
    "TECH": ("科学技術", "Science and technology"),
    "GOVE": ("政府・公共部門", "Government and public sector"),
}
KEYWORDS = {
    "ja": ("科学技術・イノベーション政策", "基本計画", "スタートアップ・エコシステム拠点都市"),
    "en": ("science, technology and innovation policy", "basic plan", "startup ecosystem"),
}
LINKED = {
    "wikidata": ("http://www.wikidata.org/entity/", "Wikidata"),
    "e-stat": ("http://data.e-stat.go.jp/lod/", "統計LOD (e-Stat)"),
    "ror": ("https://ror.org/", "ROR"),
    "geonames": ("https://sws.geonames.org/", "GeoNames"),
}
"""The datasets that ours links to: a name, what their IRIs begin with, a title."""

TYPE, ANNOTATED = text(RDF.type), text(OWL.annotatedTarget)
VERSION = URIRef(str(DCAT) + "version")  # of DCAT 3, which rdflib's list is older than

EXAMPLES = 10
"""So many example resources are named, each of another class."""


def describe(
    layers: dict[str, Graph], questions: Sequence[Question], kept: Kept | None = None
) -> Graph:
    """Give the description of the graphs in `layers` and of the `questions` that go with them.

    With `kept`, a query that is kept there is not parsed again. Raises `Unreadable` for a question
    that is not a SPARQL 1.1 query.
    """
    union = merged(layers.values())
    counted = chain(
        partitions(DATASET, union),
        *(partitions(ID[f"dataset/{layer}"], graph) for layer, graph in layers.items()),
    )
    described = graph_of(counted)
    for triple in _everything(layers, union, questions, kept):
        described.add(triple)
    return described


def _everything(
    layers: dict[str, Graph], union: Graph, questions: Sequence[Question], kept: Kept | None
) -> Iterator[_TripleType]:
    yield from _dataset(union)
    for layer in (*layers, "description"):
        yield from _layer(layer, union)
    yield from _links(union)
    yield from _catalogue(union)
    for question in questions:
        yield from _example(question, union, kept)


def _dataset(union: Graph) -> Iterator[_TripleType]:
    for kind in (VOID.Dataset, DCAT.Dataset, SD.Dataset):
        yield DATASET, RDF.type, kind
    yield from _header(DATASET, union)
    yield DATASET, VOID.sparqlEndpoint, ENDPOINT_IRI
    yield DATASET, VOID.uriSpace, Literal(BASE)
    yield DATASET, DCTERMS.identifier, Literal(str(DATASET))
    yield DATASET, DCAT.landingPage, URIRef(BASE)
    yield DATASET, DCAT.distribution, DISTRIBUTION
    for format_ in ("Turtle", "N-Triples", "N-Quads", "TriG", "JSON-LD", "RDF_XML"):
        yield DATASET, VOID.feature, URIRef(f"http://www.w3.org/ns/formats/{format_}")
    members = _members(union)
    for vocabulary in sorted(_vocabularies(union, members)):
        yield DATASET, VOID.vocabulary, URIRef(vocabulary)
    for example in _example_resources(members):
        yield DATASET, VOID.exampleResource, example
    for kind in (SSK.SourceDocument, SSK.ExternalSource):
        for source in map(term, members[text(kind)]):
            yield DATASET, DCTERMS.source, source  # as VoID says it
            yield DATASET, PROV.wasDerivedFrom, source  # as DCAT does, where it is no dataset
    yield DATASET, DCTERMS.conformsTo, ONTOLOGY
    yield DATASET, DCTERMS.spatial, AUTHORITY["country/JPN"]
    yield from _subjects(DATASET)


def _subjects(subject: URIRef) -> Iterator[_TripleType]:
    for theme in THEMES:
        yield subject, DCAT.theme, AUTHORITY[f"data-theme/{theme}"]
    for language, keywords in KEYWORDS.items():
        for keyword in keywords:
            yield subject, DCAT.keyword, Literal(keyword, lang=language)


def _header(subject: URIRef, union: Graph) -> Iterator[_TripleType]:
    """Say of `subject` what the root ontology's header says of the whole."""
    same = {
        DCTERMS.title: DCTERMS.title,
        DCTERMS.description: DCTERMS.description,
        DCTERMS.license: DCTERMS.license,
        DCTERMS.created: DCTERMS.issued,
        DCTERMS.modified: DCTERMS.modified,
        OWL.versionInfo: VERSION,
    }
    for said, property_ in same.items():
        for value in union.objects(ONTOLOGY, said):
            yield subject, property_, value
    for language in LANGUAGES:
        yield subject, DCTERMS.language, AUTHORITY[f"language/{language}"]
    for name in union.objects(ONTOLOGY, DCTERMS.publisher):
        yield subject, DCTERMS.publisher, PUBLISHER
        yield PUBLISHER, RDF.type, FOAF.Agent
        yield PUBLISHER, FOAF.name, name


def _layer(layer: str, union: Graph) -> Iterator[_TripleType]:
    """Describe a named graph, as service descriptions do and SIB's tools expect."""
    named, dataset = URIRef(GRAPH + layer), ID[f"dataset/{layer}"]
    yield DATASET, SD.namedGraph, named
    yield DATASET, VOID.subset, dataset
    yield named, RDF.type, SD.NamedGraph
    yield named, SD.name, named
    yield named, SD.graph, dataset
    yield dataset, RDF.type, SD.Graph
    yield dataset, RDF.type, VOID.Dataset
    yield dataset, VOID.sparqlEndpoint, ENDPOINT_IRI
    for title in _both(*LAYER_TITLES[layer]):
        yield named, RDFS.label, title
        yield dataset, DCTERMS.title, title
    for property_ in (DCTERMS.license, DCTERMS.modified):
        for value in union.objects(ONTOLOGY, property_):
            yield dataset, property_, value


def _links(union: Graph) -> Iterator[_TripleType]:
    """Count the links to each of `LINKED`, by their property."""
    spaces = tuple(mark + space for space, _ in LINKED.values() for mark in '<"')
    said = (each for each in triples(union) if each[1] != ANNOTATED)
    linked = [each for each in said if each[2].startswith(spaces)]
    for name, (space, title) in LINKED.items():
        target = ID[f"dataset/linked/{name}"]
        links = [p for _, p, o in linked if o[1:].startswith(space)]
        if not links:
            continue
        yield target, RDF.type, VOID.Dataset
        yield target, DCTERMS.title, Literal(title)
        yield target, VOID.uriSpace, Literal(space)
        for property_, count in Counter(map(term, links)).items():
            local = str(property_).replace("#", "/").rpartition("/")[2]
            linkset = ID[f"linkset/{name}/{local}"]
            yield DATASET, VOID.subset, linkset
            yield linkset, RDF.type, VOID.Linkset
            yield linkset, VOID.subjectsTarget, DATASET
            yield linkset, VOID.objectsTarget, target
            yield linkset, VOID.linkPredicate, property_
            yield linkset, VOID.triples, Literal(count)


def _catalogue(union: Graph) -> Iterator[_TripleType]:
    """Describe the catalogue, its service and its distribution (DCAT 3, after DCAT-AP 3.0)."""
    yield CATALOGUE, RDF.type, DCAT.Catalog
    yield from _header(CATALOGUE, union)
    yield CATALOGUE, DCAT.dataset, DATASET
    yield CATALOGUE, DCAT.service, SERVICE
    yield CATALOGUE, FOAF.homepage, URIRef(BASE)
    yield CATALOGUE, DCAT.themeTaxonomy, AUTHORITY["data-theme"]
    yield SERVICE, RDF.type, DCAT.DataService
    yield from (each for each in _header(SERVICE, union) if each[1] != DCTERMS.title)
    yield from _subjects(SERVICE)
    yield SERVICE, DCAT.endpointURL, ENDPOINT_IRI
    yield SERVICE, DCAT.endpointDescription, ENDPOINT_IRI
    yield SERVICE, DCAT.servesDataset, DATASET
    yield SERVICE, DCTERMS.conformsTo, PROTOCOL
    yield DISTRIBUTION, RDF.type, DCAT.Distribution
    yield DISTRIBUTION, DCAT.accessURL, ENDPOINT_IRI
    yield DISTRIBUTION, DCAT.accessService, SERVICE
    for title in _both("SPARQLエンドポイント", "SPARQL endpoint"):
        yield SERVICE, DCTERMS.title, title
        yield DISTRIBUTION, DCTERMS.title, title
    for description in _both(
        "SPARQL 1.1のクエリで、全体または一部を各種のRDF形式と表形式で取得する。",
        "All or any part of the data, by a SPARQL 1.1 query, as RDF or as a table.",
    ):
        yield DISTRIBUTION, DCTERMS.description, description
    for licence in union.objects(ONTOLOGY, DCTERMS.license):
        yield DISTRIBUTION, DCTERMS.license, licence
        yield licence, RDF.type, DCTERMS.LicenseDocument
    yield from _foreign_things()


def _foreign_things() -> Iterator[_TripleType]:
    """Say of what kind the foreign things are, as DCAT-AP's shapes ask."""
    for kind, name, list_ in (
        *((DCTERMS.LinguisticSystem, f"language/{each}", "language") for each in LANGUAGES),
        *((SKOS.Concept, f"data-theme/{each}", "data-theme") for each in THEMES),
        (DCTERMS.Location, "country/JPN", "country"),
    ):
        yield AUTHORITY[name], RDF.type, kind
        yield AUTHORITY[name], SKOS.inScheme, AUTHORITY[list_]
    for theme, labels in THEMES.items():
        for label in _both(*labels):
            yield AUTHORITY[f"data-theme/{theme}"], SKOS.prefLabel, label
    yield AUTHORITY["data-theme"], RDF.type, SKOS.ConceptScheme
    for title in _both("データのテーマ", "Data themes"):
        yield AUTHORITY["data-theme"], DCTERMS.title, title
    yield URIRef(BASE), RDF.type, FOAF.Document
    for standard in (ONTOLOGY, PROTOCOL):
        yield standard, RDF.type, DCTERMS.Standard


EXECUTABLES = {
    "SelectQuery": (SH.SPARQLSelectExecutable, SH.select),
    "AskQuery": (SH.SPARQLAskExecutable, SH.ask),
    "ConstructQuery": (SH.SPARQLConstructExecutable, SH.construct),
    # SHACL has no term for a DESCRIBE; the SIB's examples and editors have this one.
    "DescribeQuery": (None, SPEX.describe),
}


def _example(question: Question, union: Graph, kept: Kept | None) -> Iterator[_TripleType]:
    """Give a question as an executable of SHACL, as the SIB's example collections write them."""
    example = ID[f"query/{question.id.lower()}"]
    form, iris = _parsed(question, kept)
    kind, property_ = EXECUTABLES[form]
    yield example, RDF.type, SH.SPARQLExecutable
    if kind is not None:
        yield example, RDF.type, kind
    yield example, property_, Literal(question.text.strip())
    yield example, SH.prefixes, ONTOLOGY
    yield example, SDO.target, ENDPOINT_IRI
    yield example, DCTERMS.identifier, Literal(question.id)
    for language, title in question.titles.items():
        yield example, RDFS.label, Literal(title, lang=language)
        yield example, RDFS.comment, Literal(title, lang=language)
    for language, note in question.notes.items():
        yield example, SKOS.note, Literal(note, lang=language)
    for keyword in _keywords(iris, union):
        yield example, SDO.keywords, keyword


def _parsed(question: Question, kept: Kept | None) -> tuple[str, list[str]]:
    """Give the form of a query, as rdflib calls it, and the IRIs in it, sorted."""
    if kept and (found := kept.get("query", question.text)):
        return found["form"], found["iris"]
    try:
        algebra = prepareQuery(question.text).algebra
    except Exception as error:  # the parser's errors have many types
        raise Unreadable(f"data/queries: {question.id}", f"not a SPARQL query: {error}") from error
    form, iris = str(algebra.name), sorted(map(str, set(_iris(algebra))))
    if kept:
        kept.put("query", question.text, value={"form": form, "iris": iris})
    return form, iris


def _keywords(iris: Iterable[str], union: Graph) -> Iterator[Literal]:
    """Give the names, in both languages, of the classes and concepts that a query asks for."""
    for iri in map(URIRef, iris):
        for kind, property_ in ((OWL.Class, RDFS.label), (SKOS.Concept, SKOS.prefLabel)):
            if (iri, RDF.type, kind) in union:
                yield from (each for each in union.objects(iri, property_) if _is_text(each))


def _iris(part: object) -> Iterator[URIRef]:
    if isinstance(part, URIRef):
        yield part
    elif isinstance(part, dict):
        yield from _iris(list(part.values()))
    elif isinstance(part, Iterable) and not isinstance(part, str):
        for each in part:
            yield from _iris(each)


def _is_text(term: Node) -> TypeGuard[Literal]:
    return isinstance(term, Literal) and term.language is not None


def _members(union: Graph) -> dict[str, list[str]]:
    """Give the things of each class."""
    members: dict[str, list[str]] = defaultdict(list)
    for subject, property_, object_ in triples(union):
        if property_ == TYPE:
            members[object_].append(subject)
    return members


def _vocabularies(union: Graph, classes: Iterable[str]) -> set[str]:
    """Give the namespaces of the properties and classes in use."""
    terms = {property_ for _, property_, _ in triples(union)}.union(classes)
    return {NAMESPACE.match(plain(each))[0] for each in terms if each.startswith("<")}  # type: ignore[index]


NAMESPACE = re.compile(r".*[#/]")


def _example_resources(members: dict[str, list[str]]) -> list[URIRef]:
    """Give the first record of each of the classes of ours that have the most."""
    records = {
        plain(class_): [plain(each) for each in found if each.startswith(f"<{ID}")]
        for class_, found in members.items()
        if class_.startswith(f"<{SSK}")
    }
    largest = sorted(records, key=lambda each: (-len(records[each]), each))
    first = dict.fromkeys(min(records[each]) for each in largest if records[each])
    return [URIRef(each) for each in first][:EXAMPLES]


def _both(ja: str, en: str) -> tuple[Literal, Literal]:
    return Literal(ja, lang="ja"), Literal(en, lang="en")
