"""Documents: the RDF document of a thing, which is what its IRI leads a program to.

It holds what every layer says of the thing, what refers to it, the notes on its statements, and
the names of all that is mentioned. The document of an ontology holds its terms; so does `/def`,
where the terms themselves live behind a hash.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Triple,
    parse_query_results,
    serialize,
)

from .config import BASE, GRAPH
from .query import FORMATS, TABLES, answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .client import Client
    from .pool import Pool

    Node = NamedNode | BlankNode | Literal | Triple

TYPES = {
    "ttl": FORMATS["turtle"],
    "jsonld": FORMATS["jsonld"],
    "rdf": FORMATS["rdfxml"],
    "nt": FORMATS["ntriples"],
    "trig": FORMATS["trig"],
    "nq": FORMATS["nquads"],
    "json": FORMATS["jsonld"],
}
"""The media type of a document by the suffix of its address; of two for one type the first."""

WITH_LAYERS = (FORMATS["trig"], FORMATS["nquads"])
"""The formats that tell which layer says what; the others hold all layers as one graph."""

MOST = 1000
"""So many statements that refer to a thing are in its document; who wants all asks by SPARQL."""

AT_ONCE = 500
"""So many things are asked for in one query, which may not be too long."""

DEF = BASE + "def"
ONTOLOGY = BASE + "ont"
LAYER = GRAPH + "ontology"

RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
DEFINED = NamedNode(RDFS + "isDefinedBy")
PRIMARY_TOPIC = NamedNode("http://xmlns.com/foaf/0.1/primaryTopic")
IN_DATASET = NamedNode("http://rdfs.org/ns/void#inDataset")
DATASET = NamedNode(BASE + "id/dataset/seisaku")

PREFIXES = {
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "http://www.w3.org/2003/01/geo/wgs84_pos#",
    "owl": OWL,
    "rdfs": RDFS,
    "skos": SKOS,
    "ssk": DEF + "#",
    "void": "http://rdfs.org/ns/void#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

IS_THERE = "ASK {{ {{ {about} }} UNION {{ {to} }} UNION {{ GRAPH <{iri}> {{ }} }} }}"
IN_PARTS = f"""\
SELECT DISTINCT (STRBEFORE(STR(?s), "#") AS ?document) {{{{
  {{0}} FILTER(STRSTARTS(STR(?s), "{BASE}") && CONTAINS(STR(?s), "#"))
}}}}"""
OF_VERSION = "SELECT ?ontology {{ {0} }}"
PARTS = 'SELECT ?g ?s ?p ?o {{ {0} FILTER(STRSTARTS(STR(?s), "{1}#")) }}'
ABOUT = f"""\
SELECT ?g ?s ?p ?o {{{{
  {{{{ {{about}} BIND({{iri}} AS ?s) }}}}
  UNION {{{{ {{notes}} }}}}
  UNION {{{{ SELECT ?g ?s ?p ({{iri}} AS ?o) {{{{ {{to}} FILTER(isIRI(?s)) }}}} LIMIT {MOST} }}}}
}}}}"""
NAMES = f"""\
SELECT ?g ?s ?p ?o {{{{
  VALUES ?s {{{{ {{0}} }}}}
  {{1}}
  FILTER(?p IN (<{RDFS}label>, <{SKOS}prefLabel>))
}}}}"""
WHOLE = f"SELECT (<{LAYER}> AS ?g) ?s ?p ?o {{ GRAPH <{LAYER}> {{ ?s ?p ?o }} }}"


def layered(pool: Pool, pattern: str) -> str:
    """Give the pattern that finds `pattern` and in `?g` the layer that says so, if one does."""
    named = f"GRAPH ?g {{ {pattern} }}"
    return named if pool.union_default_graph else f"{{ {pattern} }} UNION {{ {named} }}"


def is_there(pool: Pool, iri: str, client: Client) -> bool:
    """Tell whether the dataset says anything of `iri`, of a part `iri#…` of it, or mentions it."""
    about, to = layered(pool, f"<{iri}> ?p ?o"), layered(pool, f"?s ?p <{iri}>")
    asked = IS_THERE.format(iri=iri, about=about, to=to)
    return b"true" in answer(pool, asked, _json, client).body or iri in _in_parts(pool)


def current(pool: Pool, version: str, client: Client) -> str | None:
    """Give the IRI of the ontology whose present version is called `version`."""
    asked = OF_VERSION.format(layered(pool, f"?ontology <{OWL}versionIRI> <{version}>"))
    return next((each["ontology"].value for each in _solutions(pool, asked, client)), None)


def write(pool: Pool, iri: str, address: str, media_type: str, client: Client) -> bytes:
    """Write down what the dataset says of `iri`, as the document at `address`."""
    quads = _of_ontology(pool, iri, client) or _about(pool, iri, client)
    mentioned = sorted({*_mentioned(quads)})
    for start in range(0, len(mentioned), AT_ONCE):
        things = " ".join(mentioned[start : start + AT_ONCE])
        quads += _quads(pool, NAMES.format(things, layered(pool, "?s ?p ?o")), client)
    told = [Quad(NamedNode(address), PRIMARY_TOPIC, NamedNode(iri))]
    if DATASET.value != iri and GRAPH + "description" in pool.dataset.graphs:
        told.append(Quad(NamedNode(address), IN_DATASET, DATASET))
    form = RdfFormat.from_media_type(media_type)
    assert form is not None  # noqa: S101  # a test writes each
    listed = [*told, *sorted(set(quads), key=str)]
    if media_type in WITH_LAYERS:
        return serialize(listed, format=form, prefixes=PREFIXES) or b""
    triples = dict.fromkeys(each.triple for each in listed)
    return serialize(triples, format=form, prefixes=PREFIXES) or b""


def _about(pool: Pool, iri: str, client: Client) -> list[Quad]:
    asked = ABOUT.format(
        iri=f"<{iri}>",
        about=layered(pool, f"<{iri}> ?p ?o"),
        to=layered(pool, f"?s ?p <{iri}>"),
        notes=layered(pool, f"?s <{OWL}annotatedSource> <{iri}> ; ?p ?o"),
    )
    found = _quads(pool, asked, client)
    if iri in _in_parts(pool):
        found += _quads(pool, PARTS.format(layered(pool, "?s ?p ?o"), iri), client)
    return found


def _in_parts(pool: Pool) -> frozenset[str]:
    """Give the IRIs that have parts: things called by them, a hash and a name."""
    return _in_parts_of(pool, pool.dataset.digest)


@lru_cache(maxsize=2)  # looking for them takes 30 ms
def _in_parts_of(pool: Pool, _digest: str) -> frozenset[str]:
    asked = IN_PARTS.format(layered(pool, "?s ?p ?o"))
    return frozenset(each["document"].value for each in _solutions(pool, asked, None))


def _of_ontology(pool: Pool, iri: str, client: Client) -> list[Quad]:
    """Give the ontology `iri`: the whole, or the header of a part of it with the part's terms."""
    if not iri.startswith((DEF, ONTOLOGY)) or LAYER not in pool.dataset.graphs:
        return []
    whole = _ontology(pool, pool.dataset.digest)
    if iri in (DEF, ONTOLOGY):
        return whole
    module = NamedNode(iri)
    terms = {each.subject for each in whole if (each.predicate, each.object) == (DEFINED, module)}
    return [*_closed(whole, {module, *terms}), *_about(pool, iri, client)]


@lru_cache(maxsize=1)  # to read 5,000 statements takes 100 ms
def _ontology(pool: Pool, _digest: str) -> list[Quad]:
    return _quads(pool, WHOLE, None)


def _closed(whole: list[Quad], kept: Iterable[Node]) -> list[Quad]:
    """Give the statements of all that is `kept`, and of the blank nodes that they lead to."""
    by_subject: dict[Node, list[Quad]] = defaultdict(list)
    for each in whole:
        by_subject[each.subject].append(each)
    found: list[Quad] = []
    waiting, seen = list(kept), set(kept)
    while waiting:
        for each in by_subject.get(waiting.pop(), []):
            found.append(each)
            if isinstance(each.object, BlankNode) and each.object not in seen:
                seen.add(each.object)
                waiting.append(each.object)
    return found


def _mentioned(quads: list[Quad]) -> Iterator[str]:
    """Give the IRIs that the statements mention, as SPARQL writes them."""
    for each in quads:
        for term in (each.subject, each.predicate, each.object):
            if isinstance(term, NamedNode):
                yield str(term)


def _quads(pool: Pool, query: str, client: Client | None) -> list[Quad]:
    return [
        Quad(each["s"], each["p"], each["o"], each["g"] or DefaultGraph())
        for each in _solutions(pool, query, client)
    ]


def _solutions(pool: Pool, query: str, client: Client | None) -> QuerySolutions:
    body = answer(pool, query, _json, client).body
    found = parse_query_results(body, format=QueryResultsFormat.JSON)
    assert isinstance(found, QuerySolutions)  # noqa: S101  # it was a SELECT
    return found


def _json(_offered: object) -> str:
    return FORMATS[TABLES[0]]
