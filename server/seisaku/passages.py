"""Passages: what a record cites, as people read it: the document, the lines and, at hand, the text.

The text of a source document is not in the graph. Whoever has the file can show it beside the
facts (`SEISAKU_SOURCE`); the digests in the graph tell that it is the very file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .query import FORMATS, answer
from .source import SourceText, no_such_document, read

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from .pool import Pool


SEGMENTS = """\
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX ssk: <https://w3id.org/seisaku/def#>
SELECT ?segment ?document ?identifier ?lang ?first ?last ?digest {
  ?segment ssk:isSegmentOf ?document ;
    ssk:startLine ?first ;
    ssk:endLine ?last ;
    ssk:contentSha256 ?digest .
  ?document dcterms:identifier ?identifier .
  OPTIONAL { ?document dcterms:language ?lang }
}
ORDER BY ?document ?first ?last"""


@dataclass(frozen=True, slots=True)
class Passage:
    """Consecutive lines of a source document. Lines count from 1, both ends included."""

    document: str
    """The document's IRI."""
    first: int
    last: int
    text: str | None
    """The lines, or None when the document is not at hand."""
    lang: str | None
    """The language of the text, as in BCP 47."""

    @property
    def name(self) -> str:
        """What it is called: `L12`, or `L12–L14`."""
        return f"L{self.first}" if self.first == self.last else f"L{self.first}–L{self.last}"

    @property
    def slug(self) -> str:
        """The last part of the document's IRI."""
        return self.document.rpartition("/")[2]


def passages(pool: Pool, files: Sequence[Path]) -> dict[str, Passage]:
    """Give the passage of every segment of the dataset, by IRI, in the order of the lines.

    `files` are source documents; the passages from them have their text. Raises `Unreadable` when
    one cannot be read, and `SourceMismatch` when it is not a document that the dataset cites, or
    when the lines of a segment are not the ones on record.
    """
    segments = _segments(pool)
    texts = _texts(files, {each["identifier"] for each in segments})
    return {each["segment"]: _passage(each, texts.get(each["identifier"])) for each in segments}


def blank_lines(pool: Pool, files: Sequence[Path]) -> dict[str, frozenset[int]]:
    """Give the numbers of the blank lines of each of `files`, by the document's IRI.

    Raises as `passages` does.
    """
    documents = {each["identifier"]: each["document"] for each in _segments(pool)}
    texts = _texts(files, documents.keys())
    return {
        documents[name]: frozenset(
            number for number, line in enumerate(text.lines[: text.count], 1) if not line.strip()
        )
        for name, text in texts.items()
    }


def _segments(pool: Pool) -> list[dict[str, str]]:
    found = json.loads(answer(pool, SEGMENTS, lambda _offered: FORMATS["json"]).body)
    return [
        {name: term["value"] for name, term in row.items()} for row in found["results"]["bindings"]
    ]


def _texts(files: Iterable[Path], known: Collection[str]) -> dict[str, SourceText]:
    texts = [read(file) for file in files]
    for text in texts:
        if text.identifier not in known:
            raise no_such_document(text, sorted(known))
    return {text.identifier: text for text in texts}


def _passage(segment: dict[str, str], source: SourceText | None) -> Passage:
    first, last = int(segment["first"]), int(segment["last"])
    text = None
    if source is not None:
        source.holds(segment["segment"], first, last, segment["digest"])
        text = source.passage(first, last)
    return Passage(segment["document"], first, last, text, segment.get("lang"))
