"""Coverage: which record cites which line of the source, and what is left over."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from typing import TYPE_CHECKING

from rdflib import DCTERMS, OWL, RDF, RDFS, Graph, Literal, Namespace, URIRef

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
NEEDS_NO_LINE = {
    SSK.SourceDocument,
    SSK.SourceSegment,
    OWL.Ontology,
    OWL.AllDifferent,
    OWL.NamedIndividual,  # a name that is kept although its record is gone
}
LINES = r"L(\d+)(?:-L(\d+))?"
SEGMENT = f"{BASE}id/segment/"
HEADER = f"""\
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix seg: <{SEGMENT}> .
@prefix src: <{BASE}id/source/> .
@prefix ssk: <{BASE}def#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

<{{ont}}/{{name}}> a owl:Ontology ;
    owl:versionIRI <{{ont}}/{{version}}/{{name}}> ;
    owl:versionInfo "{{version}}" ;
    owl:imports <{{ont}}/core> ;
    dcterms:title "原資料の箇所"@ja , "Segments of the source document"@en ;
    dcterms:creator "Seisaku maintainers" ;
    dcterms:license <https://creativecommons.org/licenses/by/4.0/> ;
    dcterms:created "{{created}}"^^xsd:date ;
    dcterms:modified "{{modified}}"^^xsd:date .

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

    Raises `SourceMismatch` when the SHA-256 of the file, the number of its lines, or the SHA-256
    of the lines of a segment is not the one on record.
    """
    text = read(source)
    graph = asserted.union
    document = _document(graph, text)
    count = graph.value(document, SSK.lineCount)
    if count is not None and int(str(count)) != text.count:
        raise SourceMismatch(f"{source}: {text.count} lines; on record: {count}")
    cited: dict[int, set[str]] = {n: set() for n, line in enumerate(text.lines, 1) if line.strip()}
    for segment in graph.subjects(SSK.isSegmentOf, document):
        first, last = _span(graph, segment)
        text.holds(segment, first, last, str(graph.value(segment, SSK.contentSha256)))
        for number in cited.keys() & set(range(first, last + 1)):
            cited[number].update(_citing(graph, segment))
    records = {number: sorted(names) for number, names in cited.items()}
    return Coverage(str(document), records, sorted(_without_line(asserted)))


def segments(root: Path, source: Path) -> str:
    """Give the file of line records, in Turtle, of each segment of `source` that the data mention.

    They are called `seg:<document>-L<line>` or `seg:<document>-L<first>-L<last>`, after the
    document's own name in `src:`. One document may go without its name: the one whose segments
    are on record so, or the only one that there is. A record holds the number of its lines, the
    RFC 5147 fragment and the SHA-256; never the text.
    Redirect it to `data/document/<document>-segments.ttl`.
    """
    text = read(source)
    files = list(sources(root, root / "data"))
    graph = sum((each.graph for each in files), Graph())
    document = _document(graph, text)
    slug = str(document).rpartition("/")[2]
    stems = [f"{slug}-", ""] if _takes_short_names(graph, document) else [f"{slug}-"]
    pattern = re.compile(rf"\bseg:(({'|'.join(map(re.escape, stems))}){LINES})(?![\w-])")
    spans = {
        name: (int(first), int(last or first))
        for each in files
        for name, _, first, last in pattern.findall(each.text)
    }
    for name, (first, last) in spans.items():
        if not 1 <= first <= last <= len(text.lines):
            raise SourceMismatch(f"seg:{name}: {source} has {len(text.lines)} lines")
    labels = _labels(graph, document)
    records = (
        _record(slug, name, *span, text, {} if re.fullmatch(LINES, name) else labels)
        for name, span in sorted(spans.items(), key=lambda each: each[1])
    )
    return _header(graph, f"data/document/{slug}-segments") + "".join(records)


def _header(graph: Graph, name: str) -> str:
    """Give the head of the file; its days are those on record, or today for a new one."""
    module, today = URIRef(f"{BASE}ont/{name}"), Literal(date.today().isoformat())
    days = {
        each: graph.value(module, DCTERMS[each], default=today) for each in ("created", "modified")
    }
    return HEADER.format(ont=f"{BASE}ont", name=name, version=version("seisaku"), **days)


def _takes_short_names(graph: Graph, document: Node) -> bool:
    """Whether a segment that is named without its document is one of this document."""
    short = re.compile(re.escape(SEGMENT) + LINES)
    on_record = {
        whose for each, whose in graph[: SSK.isSegmentOf] if short.fullmatch(str(each))
    } or set(graph[: RDF.type : SSK.SourceDocument])
    return on_record == {document}


def _labels(graph: Graph, document: Node) -> dict[str, str]:
    labels = graph[document : RDFS.label]
    return {each.language or "": str(each) for each in labels if isinstance(each, Literal)}


def _record(
    slug: str, name: str, first: int, last: int, text: SourceText, of: dict[str, str]
) -> str:
    ja, en = (f"{first}行目", f"Line {first}")
    if last > first:
        ja, en = (f"{first}〜{last}行目", f"Lines {first}–{last}")
    if of:
        ja, en = (f"{of.get('ja', slug)}の{ja}", f"{en} of {of.get('en', slug)}")
    return f"""
seg:{name} a ssk:SourceSegment ;
    rdfs:label {Literal(ja, "ja").n3()} , {Literal(en, "en").n3()} ;
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
