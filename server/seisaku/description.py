"""What the service says of itself in RDF: service description, VoID and DCAT catalogue.

The figures and texts of the dataset stand in its graph `…/graph/description`; what only the server
that runs knows, its address and its limits, is added here.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from flask import Response, abort, current_app, g, request, url_for
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse, serialize

from .config import BASE, ENDPOINT, GRAPH, MATCHES
from .errors import DeadlineExceeded, NotAcceptable
from .passages import Passages, blank_lines
from .query import FORMATS, TABLES, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from flask import Flask

    from .config import Config
    from .conformance import Conformance
    from .index import Index
    from .pool import Pool
    from .questions import Question

    Term = NamedNode | BlankNode | Literal | Triple
    Choose = Callable[[Sequence[str]], str | None]

SD = "http://www.w3.org/ns/sparql-service-description#"
VOID = "http://rdfs.org/ns/void#"
DCAT = "http://www.w3.org/ns/dcat#"
DCTERMS = "http://purl.org/dc/terms/"
FOAF = "http://xmlns.com/foaf/0.1/"
VOID_EXT = "http://ldf.fi/void-ext#"
XSD = "http://www.w3.org/2001/XMLSchema#"
SSK = BASE + "def#"

RDFS = "http://www.w3.org/2000/01/rdf-schema#"
MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"

RDF_TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
SEE_ALSO = NamedNode(RDFS + "seeAlso")
PREFIXES = {
    "dcat": DCAT,
    "dcterms": DCTERMS,
    "foaf": FOAF,
    "graph": GRAPH,
    "rdfs": RDFS,
    "sd": SD,
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "ssk": SSK,
    "void": VOID,
    "void-ext": VOID_EXT,
    "xsd": XSD,
}

DESCRIPTION = GRAPH + "description"
DATASET = BASE + "id/dataset/"
WHOLE = NamedNode(DATASET + "seisaku")
ID = BASE + "id/"
EXAMPLES = ID + "query/"
OF_CATALOGUE = re.compile(f"{BASE}(ont|id/(agent|catalog|distribution|service)/.*)?|(?!{BASE}).*")
"""What the catalogue describes besides the dataset: parts of it, the home page, foreign things."""

OF_VOID = (SD, VOID, VOID_EXT, DCTERMS + "source")
"""What the predicates begin with that VoID says of the dataset and the catalogue does not."""

GRAPH_TYPES = tuple(FORMATS[each] for each in FORMATS if each not in TABLES)
"""The media types of a document in RDF, in order of preference."""

FORMAT_IRIS = {
    "json": "SPARQL_Results_JSON",
    "xml": "SPARQL_Results_XML",
    "csv": "SPARQL_Results_CSV",
    "tsv": "SPARQL_Results_TSV",
    "turtle": "Turtle",
    "ntriples": "N-Triples",
    "nquads": "N-Quads",
    "trig": "TriG",
    "jsonld": "JSON-LD",
    "rdfxml": "RDF_XML",
}
"""Each format's name below http://www.w3.org/ns/formats/."""

KEPT = 32
"""So many documents are kept as they were told: VoID of 8,500 triples takes 70 ms to write."""

LIMITS = {
    "deadline": "queryDeadline",
    "memory": "queryMemoryLimit",
    "answer_bytes": "answerSizeLimit",
    "query_bytes": "queryLengthLimit",
    "nesting": "queryNestingLimit",
    "workers": "queryConcurrencyLimit",
    "queue": "queryQueueLimit",
}
"""The settings that limit a client, each with the property of `ontology/service.ttl` for it."""


MATCHES_TEXTS = {
    "ja": "第1引数の文字列が、第2引数の各語を含むかどうか。大文字と小文字、全角と半角、"
    "平仮名と片仮名、新字体と旧字体を区別しない。",
    "en": "Whether the text of the first argument has each word of the second, whatever their "
    "case, width, kana and forms of kanji.",
}

T = TypeVar("T")


class Description:
    """What the dataset of `pool` says of itself and what can be counted in it, read once.

    `sources` are the source documents at hand, which the passages are taken from.
    """

    def __init__(self, pool: Pool, sources: Sequence[Path]) -> None:
        self._pool = pool
        self._sources = sources
        self.documents: dict[tuple[str, str, str], bytes] = {}
        """Documents as they were told: by name, media type and the address they were asked at."""
        self.pages: dict[tuple[str, date, int], tuple[bytes, list[tuple[str, str]]]] = {}
        """Pages as they were written, by address, day, and last change of the assets."""

    @cached_property
    def said(self) -> list[Triple]:
        """The graph that describes the dataset; empty when the dataset has none."""
        if DESCRIPTION not in self._pool.dataset.graphs:
            return []
        query = f"CONSTRUCT {{ ?s ?p ?o }} {{ GRAPH <{DESCRIPTION}> {{ ?s ?p ?o }} }}"
        found = answer(self._pool, query, lambda _offered: FORMATS["ntriples"])
        return [quad.triple for quad in parse(found.body, format=RdfFormat.N_TRIPLES)]

    @cached_property
    def sizes(self) -> dict[str, int | None]:
        """The number of triples of each named graph; None of those that take too long to count."""
        dataset = self._pool.dataset
        if dataset.sizes is not None:
            return {**dataset.sizes}
        try:
            rows = self._rows("SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g")
        except DeadlineExceeded:  # the graphs still have names
            return dict.fromkeys(dataset.graphs)
        return {row["g"]["value"]: int(row["n"]["value"]) for row in rows}

    @cached_property
    def size(self) -> int | None:
        """The number of triples of the default graph; None when it takes too long to count."""
        if self._pool.dataset.size is not None:
            return self._pool.dataset.size
        try:
            (row,) = self._rows("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
        except DeadlineExceeded:
            return None
        return int(row["n"]["value"])

    @cached_property
    def passages(self) -> Passages:
        """The passages of the source documents, by the IRI of their segment."""
        return Passages(self._pool, self._sources)

    @cached_property
    def blank_lines(self) -> dict[str, frozenset[int]]:
        """The blank lines of the source documents at hand, by the document's IRI."""
        return blank_lines(self._pool, self._sources)

    @property
    def facts(self) -> int:
        """The number of statements besides the description."""
        return self._pool.dataset.quads - (self.sizes.get(DESCRIPTION) or 0)

    def _rows(self, query: str) -> list[dict[str, dict[str, str]]]:
        found = answer(self._pool, query, lambda _offered: FORMATS["json"])
        rows: list[dict[str, dict[str, str]]] = json.loads(found.body)["results"]["bindings"]
        return rows


@dataclass(frozen=True, slots=True)
class Served:
    """A dataset that is served, with all that is known of it; it is exchanged as a whole."""

    pool: Pool
    description: Description
    questions: list[Question]
    digest: str
    """The name of the snapshot, or the SHA-256 of other files, in hex."""
    index: Index
    conformance: Conformance | None = None
    """What the snapshot says of its check; None for other files."""


def served() -> Served:
    """Give what the request is answered from: the same to its end, whatever changes meanwhile."""
    if "served" not in g:
        g.served = current_app.extensions["served"]
    found: Served = g.served
    return found


def register(app: Flask, choose: Choose) -> None:
    """Add the routes of VoID and the catalogue; `choose` picks the media type of a document."""
    app.add_url_rule("/.well-known/void", "void", lambda: _document("void", _void, choose))
    app.add_url_rule("/catalog", "catalog", lambda: _document("catalog", _catalogue, choose))


def service_description(choose: Choose) -> Response:
    """Answer with the service description, in the media type that `choose` picks."""
    return _document("service", _service, choose)


def _document(name: str, tell: Callable[[], Iterable[Triple]], choose: Choose) -> Response:
    """Give what `tell` tells as the document called `name`."""
    media_type = choose(GRAPH_TYPES)
    if media_type is None:
        raise NotAcceptable("offered", offered=", ".join(GRAPH_TYPES))
    documents = served().description.documents
    key = name, media_type, request.url_root
    if (body := documents.get(key)) is None:
        if len(documents) >= KEPT:
            documents.clear()
        body = documents[key] = _written(tell(), media_type)
    charset = "; charset=utf-8" if media_type.startswith("text/") else ""
    return Response(body, content_type=media_type + charset)


def _written(triples: Iterable[Triple], media_type: str) -> bytes:
    """Write `triples` down, with this server's addresses in place of the dataset's."""
    form = RdfFormat.from_media_type(media_type)
    assert form is not None  # noqa: S101  # test_description holds it
    here = {
        NamedNode(BASE): NamedNode(url_for("pages.start", _external=True)),
        NamedNode(ENDPOINT): NamedNode(_address()),
    }
    told = [
        Triple(_at(here, each.subject), each.predicate, _at(here, each.object)) for each in triples
    ]
    told.sort(key=lambda each: (_iri(each.subject), each.predicate != RDF_TYPE, str(each)))
    return serialize(told, format=form, prefixes=PREFIXES) or b""


def _at(here: dict[NamedNode, NamedNode], term: T) -> T | NamedNode:
    return here.get(term, term) if isinstance(term, NamedNode) else term


def _address() -> str:
    return url_for("sparql", _external=True)


def _service() -> Iterator[Triple]:
    """Describe the service (SPARQL 1.1 Service Description)."""
    pool = served().pool
    service = NamedNode(_address())  # Comunica looks for an endpoint by this name, and no other
    yield Triple(service, RDF_TYPE, NamedNode(SD + "Service"))
    yield Triple(service, NamedNode(SD + "endpoint"), NamedNode(_address()))
    yield Triple(service, NamedNode(SD + "supportedLanguage"), NamedNode(SD + "SPARQL11Query"))
    for name in FORMATS:
        form = NamedNode(f"http://www.w3.org/ns/formats/{FORMAT_IRIS[name]}")
        yield Triple(service, NamedNode(SD + "resultFormat"), form)
    if pool.union_default_graph:
        yield Triple(service, NamedNode(SD + "feature"), NamedNode(SD + "UnionDefaultGraph"))
    yield from _limits(service, pool.config)
    if MATCHES in pool.functions:
        yield Triple(service, NamedNode(SD + "extensionFunction"), NamedNode(MATCHES))
        yield Triple(NamedNode(MATCHES), RDF_TYPE, NamedNode(SD + "Function"))
        for lang, text in MATCHES_TEXTS.items():
            told = Literal(text, language=lang)
            yield Triple(NamedNode(MATCHES), NamedNode(RDFS + "comment"), told)
    for endpoint in ("void", "catalog"):
        yield Triple(service, SEE_ALSO, NamedNode(url_for(endpoint, _external=True)))
    yield from _dataset(service)


def _limits(service: NamedNode, config: Config) -> Iterator[Triple]:
    for setting, term in LIMITS.items():
        value = getattr(config, setting)
        decimal = Literal(f"{value:f}", datatype=NamedNode(XSD + "decimal"))
        told = decimal if setting == "deadline" else Literal(value)
        yield Triple(service, NamedNode(SSK + term), told)


def _dataset(service: NamedNode) -> Iterator[Triple]:
    """Describe the default dataset: its graphs and their sizes, and what it says of them."""
    description = served().description
    dataset = WHOLE if description.said else NamedNode(f"{_address()}#dataset")
    default = NamedNode(f"{_address()}#default-graph")
    yield Triple(service, NamedNode(SD + "defaultDataset"), dataset)
    yield Triple(dataset, RDF_TYPE, NamedNode(SD + "Dataset"))
    yield Triple(dataset, NamedNode(SD + "defaultGraph"), default)
    sizes = description.sizes
    yield from _graph(default, description.size)
    described = {_iri(each.subject) for each in description.said}
    for number, name in enumerate(sorted(sizes), 1):
        graph = (
            name.replace(GRAPH, DATASET) if name in described else f"{_address()}#graph-{number}"
        )
        yield Triple(dataset, NamedNode(SD + "namedGraph"), NamedNode(name))
        yield Triple(NamedNode(name), RDF_TYPE, NamedNode(SD + "NamedGraph"))
        yield Triple(NamedNode(name), NamedNode(SD + "name"), NamedNode(name))
        yield Triple(NamedNode(name), NamedNode(SD + "graph"), NamedNode(graph))
        yield from _graph(NamedNode(graph), sizes[name])
    of = {dataset.value, *sizes, *(name.replace(GRAPH, DATASET) for name in sizes)}
    for each in description.said:
        if _iri(each.subject) in of and each.predicate.value.startswith((DCTERMS, RDFS)):
            yield each


def _graph(graph: NamedNode, size: int | None) -> Iterator[Triple]:
    yield Triple(graph, RDF_TYPE, NamedNode(SD + "Graph"))
    yield Triple(graph, RDF_TYPE, NamedNode(VOID + "Dataset"))
    if size is not None:
        yield Triple(graph, NamedNode(VOID + "triples"), Literal(size))


def _void() -> Iterator[Triple]:
    """Describe the dataset in VoID: as it says itself, else by what can be counted."""
    description = served().description
    document = NamedNode(url_for("void", _external=True))
    dataset = WHOLE if description.said else NamedNode(f"{document.value}#dataset")
    yield Triple(document, RDF_TYPE, NamedNode(VOID + "DatasetDescription"))
    yield Triple(document, NamedNode(FOAF + "primaryTopic"), dataset)
    yield Triple(document, SEE_ALSO, NamedNode(_address()))
    if description.said:
        yield Triple(document, SEE_ALSO, NamedNode(url_for("catalog", _external=True)))
        for each in description.said:
            if not _iri(each.subject).startswith(EXAMPLES):
                yield each
    else:
        yield from _graph(dataset, description.size)
        yield Triple(dataset, NamedNode(VOID + "sparqlEndpoint"), NamedNode(_address()))


def _catalogue() -> Iterator[Triple]:
    """Give the catalogue in DCAT."""
    description = served().description
    if not description.said:
        abort(HTTPStatus.NOT_FOUND)  # the files that are served say nothing of themselves
    yield Triple(WHOLE, SEE_ALSO, NamedNode(url_for("void", _external=True)))
    for each in description.said:
        of_dataset = each.subject == WHOLE and not each.predicate.value.startswith(OF_VOID)
        if of_dataset or _is_of_catalogue(each):
            yield each
    if current_app.extensions["downloads"].snapshot(served().digest):
        yield from _files()


def _files() -> Iterator[Triple]:
    """Give the files of `/download/` as distributions of the dataset."""
    from .export import distributions  # only here, so that no start waits for what writes them

    page = NamedNode(url_for("downloads", _external=True))
    for each in distributions():
        file = NamedNode(f"{ID}distribution/{each.name}")
        media_type = NamedNode(MEDIA_TYPES + each.media_type.partition(";")[0])
        address = NamedNode(url_for("download", name=each.name, _external=True))
        yield Triple(WHOLE, NamedNode(DCAT + "distribution"), file)
        yield Triple(file, RDF_TYPE, NamedNode(DCAT + "Distribution"))
        yield Triple(file, NamedNode(DCAT + "accessURL"), page)
        yield Triple(file, NamedNode(DCAT + "downloadURL"), address)
        yield Triple(file, NamedNode(DCAT + "mediaType"), media_type)
        yield Triple(media_type, RDF_TYPE, NamedNode(DCTERMS + "MediaType"))
        yield Triple(file, NamedNode(DCTERMS + "license"), NamedNode(LICENCE))
        for lang, title in each.titles.items():
            yield Triple(file, NamedNode(DCTERMS + "title"), Literal(title, language=lang))


def _is_of_catalogue(triple: Triple) -> bool:
    return bool(OF_CATALOGUE.fullmatch(_iri(triple.subject)))


def _iri(term: Term) -> str:
    """Give the IRI of a subject of the description, which has no blank nodes."""
    assert isinstance(term, NamedNode)  # noqa: S101  # describe.py names everything
    return term.value
