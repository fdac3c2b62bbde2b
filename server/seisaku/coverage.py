"""Coverage: which record cites which line of the source, and what is left over."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rdflib import DCTERMS, OWL, RDF, Graph, Namespace, URIRef

from .config import BASE
from .errors import SourceMismatch
from .load import sources
from .source import SourceText, no_such_document, read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rdflib.term import Node

    from .load import Asserted

SSK = Namespace(BASE + "def#")
CITING = (SSK.isStatedIn, SSK.isLeftOpenIn)
NEEDS_NO_LINE = {SSK.SourceDocument, SSK.SourceSegment, OWL.Ontology, OWL.AllDifferent}
SEGMENT_NAME = re.compile(r"\bseg:(L(\d+)(?:-L(\d+))?)(?![\w-])")
HEADER = f"""\
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix seg: <{BASE}id/segment/> .
@prefix src: <{BASE}id/source/> .
@prefix ssk: <{BASE}def#> .

<{{ont}}/{{name}}> a owl:Ontology ;
    owl:versionIRI <{{ont}}/0.1.0/{{name}}> ;
    owl:imports <{{ont}}/core> ;
    dcterms:title "原資料の箇所"@ja , "Segments of the source document"@en .

# Made by `seisaku coverage --source FILE --segments`.
"""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What cites a source document, line by line. Lines count from 1."""

    document: str
    lines: dict[int, list[str]]
    """Each line that is not blank, and the records that cite it."""
    without_line: list[str]
    """The records of the document layer that cite no line."""

    @property
    def uncited(self) -> list[int]:
        """The lines that are not blank and that no record cites."""
        return [line for line, records in self.lines.items() if not records]


def coverage(asserted: Asserted, source: Path) -> Coverage:
    """Hold the records against the file `source`, which must be the very document they cite.

    Raises `SourceMismatch` when the SHA-256 of the file, or of the lines of a segment, is not
    the one on record.
    """
    text = read(source)
    graph = asserted.union
    document = _document(graph, text)
    cited: dict[int, set[str]] = {n: set() for n, line in enumerate(text.lines, 1) if line.strip()}
    for segment in graph.subjects(SSK.isSegmentOf, document):
        first, last = _span(graph, segment)
        text.holds(segment, first, last, str(graph.value(segment, SSK.contentSha256)))
        for number in cited.keys() & set(range(first, last + 1)):
            cited[number].update(_citing(graph, segment))
    records = {number: sorted(names) for number, names in cited.items()}
    return Coverage(str(document), records, sorted(_without_line(asserted)))


def segments(root: Path, source: Path) -> str:
    """Give the file of line records, in Turtle, of each `seg:` name that the data mention.

    A record holds the number of its lines, the RFC 5147 fragment and the SHA-256; never the text.
    Redirect it to `data/document/<document>-segments.ttl`.
    """
    text = read(source)
    files = list(sources(root, root / "data"))
    document = _document(sum((each.graph for each in files), Graph()), text)
    spans = {
        name: (int(first), int(last or first))
        for each in files
        for name, first, last in SEGMENT_NAME.findall(each.text)
    }
    for name, (first, last) in spans.items():
        if not 1 <= first <= last <= len(text.lines):
            raise SourceMismatch(f"seg:{name}: {source} has {len(text.lines)} lines")
    slug = str(document).rpartition("/")[2]
    ordered = sorted(spans.items(), key=lambda each: each[1])
    records = (_record(slug, name, *span, text) for name, span in ordered)
    return HEADER.format(ont=f"{BASE}ont", name=f"data/document/{slug}-segments") + "".join(records)


def _record(slug: str, name: str, first: int, last: int, text: SourceText) -> str:
    ja, en = (f"{first}行目", f"Line {first}")
    if last > first:
        ja, en = (f"{first}〜{last}行目", f"Lines {first}–{last}")
    return f"""
seg:{name} a ssk:SourceSegment ;
    rdfs:label "{ja}"@ja , "{en}"@en ;
    ssk:isSegmentOf src:{slug} ;
    ssk:startLine {first} ;
    ssk:endLine {last} ;
    ssk:fragmentValue "line={first - 1},{last}" ;
    ssk:contentSha256 "{text.digest(first, last)}" .
"""


def _document(graph: Graph, source: SourceText) -> Node:
    known = {
        str(graph.value(document, DCTERMS.identifier)): document
        for document in graph.subjects(RDF.type, SSK.SourceDocument)
    }
    if source.identifier not in known:
        raise no_such_document(source, list(known))
    return known[source.identifier]


def _span(graph: Graph, segment: Node) -> tuple[int, int]:
    first, last = (graph.value(segment, each) for each in (SSK.startLine, SSK.endLine))
    return int(str(first)), int(str(last))


def _citing(graph: Graph, segment: Node) -> Iterator[str]:
    for predicate in CITING:
        yield from map(str, graph.subjects(predicate, segment))


def _without_line(asserted: Asserted) -> Iterator[str]:
    document = asserted.layers["document"]
    ours = {
        record
        for record, kind in document.subject_objects(RDF.type)
        if isinstance(record, URIRef) and kind not in NEEDS_NO_LINE
    }
    return (str(each) for each in ours if not any((each, p, None) in document for p in CITING))
