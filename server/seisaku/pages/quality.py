"""Quality: how far the snapshot that is served can be trusted: checks, coverage, gaps."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import request

from ..config import GRAPH, LAYERS
from ..description import served
from ..errors import Unreadable
from ..source import read
from .frame import Label, Row, ask, labels, page, pages
from .ontology import curie

if TYPE_CHECKING:
    from collections.abc import Iterable

BLOCK = 50
"""Lines of the source that are counted together."""

REASONS = ("reason_inverse", "reason_transitive", "reason_chain", "reason_sub")
"""The words for what the ontology can say of a property that lets statements with it follow."""

OF_OWL = {
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#type": "reason_type",
    "http://www.w3.org/2000/01/rdf-schema#domain": "reason_schema",
    "http://www.w3.org/2000/01/rdf-schema#range": "reason_schema",
    "http://www.w3.org/2000/01/rdf-schema#subClassOf": "reason_schema",
    "http://www.w3.org/2000/01/rdf-schema#subPropertyOf": "reason_schema",
    "http://www.w3.org/2002/07/owl#disjointWith": "reason_schema",
}
"""Properties of the language itself, and the words for how statements with them follow."""

STEPS = ("step_load", "step_validate", "step_reason", "step_describe", "step_snapshot")
"""The words for what `seisaku build` does before there is a snapshot."""


@pages.get("/<any(ja, en):lang>/quality")
def quality(lang: str) -> str:
    """Say what the snapshot was checked by, what it covers, and what is left open."""
    # Written once for each dataset; parameters of no meaning are not kept.
    kept, key = served().description.documents, ("quality", lang, request.root_path)
    if key in kept:
        return kept[key].decode()
    written = page("quality", lang, **_everything(lang))
    if not request.args:
        kept[key] = written.encode()
    return written


def _everything(lang: str) -> dict[str, Any]:
    checked = served().conformance
    shapes = checked.shapes if checked else []
    inferred = ask("quality-inferred")
    unstated = _in_language(ask("quality-unstated"), lang)
    named = {row["property"]["value"] for row in inferred}
    named |= {iri for shape in shapes for iri in (*shape.classes, *shape.properties)}
    prefixes = served().pool.dataset.prefixes
    return {
        "checked": checked,
        "shapes": shapes,
        "rules": len({rule.iri for shape in shapes for rule in shape.rules}),
        "steps": STEPS,
        "layers": _layers(),
        "documents": _documents(lang),
        "inferred": [(row, _reasons(row)) for row in inferred],
        "translations": _in_language(ask("quality-translations"), lang),
        "sources": _in_language(ask("quality-sources"), lang),
        "unstated": _matters(unstated),
        "names": {iri: Label(curie(iri, prefixes), "") for iri in named} | labels(named, lang),
    }


def _in_language(rows: Iterable[Row], lang: str) -> list[Row]:
    return [row for row in rows if row["label"].get("xml:lang") == lang]


def _layers() -> list[tuple[str, int]]:
    """Give the layers with the number of their statements; other people's graphs are none."""
    sizes = {each: served().description.sizes.get(GRAPH + each) for each in LAYERS}
    return [(layer, size) for layer, size in sizes.items() if size is not None]


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of a source document: how many a record cites, and how many citations there are."""

    first: int
    last: int
    cited: int
    citations: int


@dataclass(frozen=True, slots=True)
class Document:
    """A source document and how much of it is cited."""

    iri: str
    slug: str
    label: str
    lines: int
    blank: int | None
    """The number of blank lines; None when the text is not at hand."""
    cited: int
    uncited: list[int]
    """The lines that no record cites, without the blank ones where those are known."""
    blocks: list[Block]


def _documents(lang: str) -> list[Document]:
    passages = served().description.passages
    if not passages.are_all:  # of a part the figures would be wrong
        return []
    counts: dict[str, Counter[int]] = {}
    cited = {row["segment"]["value"]: int(row["records"]["value"]) for row in ask("quality-cited")}
    for segment, passage in passages.items():
        lines = counts.setdefault(passage.document, Counter())
        for line in range(passage.first, passage.last + 1):
            lines[line] += cited.get(segment, 0)
    blanks = _blank_lines()
    found = []
    for row in _in_language(ask("quality-documents"), lang):
        iri, blank = row["document"]["value"], blanks.get(row["identifier"]["value"])
        of_line = counts.get(iri, Counter())
        total = int(row["lines"]["value"]) if "lines" in row else max(of_line, default=0)
        # A passage of several lines may hold a blank one, which is not said to be cited.
        cited_lines = sum(of_line[n] > 0 and n not in (blank or ()) for n in range(1, total + 1))
        uncited = [n for n in range(1, total + 1) if not of_line[n] and n not in (blank or ())]
        slug, label = iri.rpartition("/")[2], row["label"]["value"]
        blocks = [_block(of_line, first, total) for first in range(1, total + 1, BLOCK)]
        number = None if blank is None else len(blank)
        found.append(Document(iri, slug, label, total, number, cited_lines, uncited, blocks))
    return found


def _blank_lines() -> dict[str, set[int]]:
    """Give the blank lines of the documents at hand, by the document's identifier."""
    found = {}
    for file in served().pool.config.source:
        try:
            text = read(file)
        except Unreadable:  # it has gone since the server began
            continue
        lines = text.lines[: text.count]
        found[text.identifier] = {n for n, line in enumerate(lines, 1) if not line.strip()}
    return found


def _block(of_line: Counter[int], first: int, total: int) -> Block:
    last = min(first + BLOCK - 1, total)
    counts = [of_line[line] for line in range(first, last + 1)]
    return Block(first, last, sum(count > 0 for count in counts), sum(counts))


def _reasons(row: Row) -> list[str]:
    """Name the words for what lets statements with the row's property follow."""
    found = [each for each in REASONS if row[each.removeprefix("reason_")]["value"] == "true"]
    return found or [OF_OWL.get(row["property"]["value"], "reason_other")]


@dataclass(slots=True)
class Matter:
    """What the source leaves open, in one language."""

    iri: str
    label: str
    note: str
    aspect: str
    segments: list[str]


def _matters(rows: Iterable[Row]) -> list[Matter]:
    found: dict[str, Matter] = {}
    for row in rows:
        iri = row["matter"]["value"]
        note = row.get("note", {}).get("value", "")
        aspect, label = row["aspectLabel"]["value"], row["label"]["value"]
        matter = found.setdefault(iri, Matter(iri, label, note, aspect, []))
        if "segment" in row and row["segment"]["value"] not in matter.segments:
            matter.segments.append(row["segment"]["value"])
    return list(found.values())
