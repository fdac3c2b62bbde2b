"""Passages: what a record cites, as people read it: the document, the lines and, at hand, the text.

The text of a source document is not in the graph. Whoever has the file can show it beside the
facts (`SEISAKU_SOURCE`); the digests in the graph tell that it is the very file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from .query import FORMATS, answer
from .source import SourceText, no_such_document, read

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from .pool import Pool


PREFIXES = """\
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX ssk: <https://w3id.org/seisaku/def#>
"""
SEGMENTS = """\
SELECT ?segment ?document ?identifier ?lang ?first ?last ?digest {
  %s
  ?segment ssk:isSegmentOf ?document ;
    ssk:startLine ?first ;
    ssk:endLine ?last ;
    ssk:contentSha256 ?digest .
  ?document dcterms:identifier ?identifier .
  OPTIONAL { ?document dcterms:language ?lang }
}"""
DOCUMENTS = """\
SELECT DISTINCT ?document ?identifier {
  ?document dcterms:identifier ?identifier
  FILTER EXISTS { ?segment ssk:isSegmentOf ?document }
}"""
CALLED = """\
{
    SELECT DISTINCT ?document {
      ?document dcterms:identifier ?any FILTER STRENDS(STR(?document), %s)
    }
  }"""

MOST = 5_000
"""So many passages are read at once, which takes 0.1 s; a document has some hundred."""

LOOKED_UP = 10_000
"""So many that were looked up are kept."""

IRI = re.compile(r"[a-z][a-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]*", re.IGNORECASE)


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


class Passages(Mapping[str, Passage]):
    """The passages of the segments of a dataset, by IRI, in the order of the lines.

    `files` are source documents; the passages from them have their text. Where there are more than
    `MOST`, each is looked up when it is asked for, and only a part of them is gone through.
    Thread-safe. Raises `Unreadable` when a file cannot be read, and `SourceMismatch` when it is not
    a document that the dataset cites, or the lines of a segment are not the ones on record.
    """

    def __init__(self, pool: Pool, files: Sequence[Path]) -> None:
        self._pool = pool
        documents = _documents(pool) if files else {}
        self._texts = _texts(files, documents.keys())
        some = self._read("", f"LIMIT {MOST + 1}")
        self.are_all = len(some) <= MOST
        """Whether these are all, as they are gone through."""
        for identifier in () if self.are_all else self._texts:
            some |= self._read(f"VALUES ?document {{ <{documents[identifier]}> }}")
        self._known = some
        self._look_up = lru_cache(LOOKED_UP)(self._one)

    def __getitem__(self, segment: str) -> Passage:
        found = self._known.get(segment)
        if found is None and not self.are_all:
            found = self._look_up(segment)
        if found is None:
            raise KeyError(segment)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def in_order(self, found: Iterable[str]) -> list[str]:
        """Give the segments among what was found, in the order of the lines."""
        there = {each: self[each] for each in found if each in self}
        return [segment for segment, _ in sorted(there.items(), key=_place)]

    def of(self, slug: str) -> dict[str, Passage]:
        """Give those of the document whose IRI ends in `slug`."""
        called = CALLED % json.dumps(f"/{slug}", ensure_ascii=False)
        found = self._known if self.are_all else self._read(called)
        return {segment: each for segment, each in found.items() if each.slug == slug}

    def _one(self, segment: str) -> Passage | None:
        if not IRI.fullmatch(segment):  # a text, which would be no query
            return None
        return self._read(f"VALUES ?segment {{ <{segment}> }}").get(segment)

    def _read(self, where: str, limit: str = "") -> dict[str, Passage]:
        """Read the passages that there are where the query says, in the order of the lines."""
        rows = _rows(self._pool, SEGMENTS % where + limit)
        found = {each["segment"]: self._passage(each) for each in rows}
        return dict(sorted(found.items(), key=_place))

    def _passage(self, segment: dict[str, str]) -> Passage:
        first, last = int(segment["first"]), int(segment["last"])
        text = None
        if (source := self._texts.get(segment["identifier"])) is not None:
            source.holds(segment["segment"], first, last, segment["digest"])
            text = source.passage(first, last)
        return Passage(segment["document"], first, last, text, segment.get("lang"))


def blank_lines(pool: Pool, files: Sequence[Path]) -> dict[str, frozenset[int]]:
    """Give the numbers of the blank lines of each of `files`, by the document's IRI.

    Raises as `Passages` does.
    """
    documents = _documents(pool) if files else {}
    texts = _texts(files, documents.keys())
    return {
        documents[name]: frozenset(
            number for number, line in enumerate(text.lines[: text.count], 1) if not line.strip()
        )
        for name, text in texts.items()
    }


def _documents(pool: Pool) -> dict[str, str]:
    """Give the IRIs of the source documents that the dataset cites, by what identifies them."""
    return {each["identifier"]: each["document"] for each in _rows(pool, DOCUMENTS)}


def _rows(pool: Pool, query: str) -> list[dict[str, str]]:
    found = json.loads(answer(pool, PREFIXES + query, lambda _offered: FORMATS["json"]).body)
    return [
        {name: term["value"] for name, term in row.items()} for row in found["results"]["bindings"]
    ]


def _place(passage: tuple[str, Passage]) -> tuple[str, int, int, str]:
    """Give what passages are sorted by."""
    segment, at = passage
    return at.document, at.first, at.last, segment


def _texts(files: Iterable[Path], known: Collection[str]) -> dict[str, SourceText]:
    texts = [read(file) for file in files]
    for text in texts:
        if text.identifier not in known:
            raise no_such_document(text, sorted(known))
    return {text.identifier: text for text in texts}
