"""Strategies: what each annual strategy sets, what runs on to the next, what progress there is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ..config import BASE
from .frame import ask, grouped, in_order, labels, page, pages, segments, text_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .frame import Label

SSK = BASE + "def#"
CONTINUES, REAFFIRMS, MATCHES = (
    SSK + each for each in ("continuesElement", "reaffirmsElement", "correspondsToElement")
)
MOST_COLUMNS, MOST_ROWS = 8, 12
"""So many years and elements a year the style sheet has places for; more are only listed."""

MARGIN = 10
"""How far a box stays from each side of its column, as strategies.css has it, in hundredths."""

SHIFT = {CONTINUES: 14, REAFFIRMS: -14}
"""How far below the middle of a box a line ends, so that two that run level stay apart."""

LAST = 999
"""The place of what has no number, which stands beside the numbered elements: after them."""

YEAR = re.compile(r"(\d{4})$")


@dataclass(slots=True)
class Record:
    """Something with its layer and the segments that state it, in the order of their lines."""

    iri: str
    layer: str
    segments: list[str]


@dataclass(slots=True)
class Element(Record):
    """An element of a strategy; of its lines the last is its own, those before are headings."""

    position: int | None
    role: str | None
    parts: list[Element] = field(default_factory=list)

    def whole(self) -> Iterator[Element]:
        """Give this element and all below it, in order."""
        yield self
        for each in self.parts:
            yield from each.whole()


@dataclass(slots=True)
class Link(Record):
    """That something later takes up something earlier; `iri` is the property that says so."""

    later: str
    earlier: str
    reason: str | None


@dataclass(slots=True)
class Document:
    """A document that has elements.

    `year` is what its name ends in, and `named` the layer of that name: the source has none for
    its last strategy.
    """

    iri: str
    segments: list[str]
    annual: bool
    elements: list[Element]
    year: str | None = None
    named: str = ""

    def roles(self) -> list[tuple[str | None, list[Element]]]:
        """Give its elements by what it calls them, in its order."""
        found: dict[str | None, list[Element]] = {}
        for each in self.elements:
            found.setdefault(each.role, []).append(each)
        return list(found.items())


class Cell(NamedTuple):
    """A box of the diagram: an element, or a link by which a strategy keeps to an earlier one."""

    row: int
    what: Element | Link

    @property
    def ends(self) -> tuple[str, ...]:
        """What a line leads to here: the element, or the two ends of the link."""
        what = self.what
        return (what.iri,) if isinstance(what, Element) else (what.later, what.earlier)


class Edge(NamedTuple):
    """A line of the diagram: the layer that states it and its path, in hundredths of a box."""

    layer: str
    path: str


class Same(NamedTuple):
    """The names that several strategies have in common, as far as links of ours connect them."""

    names: int
    years: list[str]
    reordered: list[tuple[str, str]]
    kept: list[str]
    segments: list[str]
    gone: int
    """So many names of the first strategy do not come again; 0 when one does."""


@pages.get("/<any(ja, en):lang>/strategies")
def strategies(lang: str) -> str:
    """Show what each annual strategy sets, what runs on from year to year, and the progress."""
    documents = _documents()
    links = _links(lang)
    progress = _progress()
    matters = _open(lang)
    called = labels(_mentioned(documents, links, progress, matters), lang)
    annual = sorted((each for each in documents if each.annual), key=lambda each: each.year or "")
    drawn = [each for each in links if each.iri != MATCHES]
    pairs: dict[str, list[Link]] = {}
    for link in links:
        if link.iri == MATCHES:
            pairs.setdefault(link.earlier, []).append(link)
    columns = _columns(annual, drawn)
    rows = max((cell.row for column in columns for cell in column), default=0)
    return page(
        "strategies",
        lang,
        annual=annual,
        others=[each for each in documents if not each.annual],
        columns=columns,
        rows=rows if rows <= MOST_ROWS and len(columns) <= MOST_COLUMNS else 0,
        edges=_edges(columns, drawn),
        links=drawn,
        pairs=pairs,
        progress=progress,
        loose=[
            each for each in progress.values() if each.iri not in {link.later for link in links}
        ],
        counts={each.iri: _counts(each, pairs) for each in annual},
        matters=matters,
        same=_same(annual, drawn, called),
        years=_years(annual),
        labels=called,
    )


def _documents() -> list[Document]:
    """Give the documents that have elements, each with its elements in its order."""
    tops = _elements()
    found: dict[str, Document] = {}
    for (iri, layer, annual), rows in grouped(
        ask("strategies-documents"), "document", "layer", "annual"
    ):
        document = Document(iri, segments(rows), annual == "true", tops.get(iri, []))
        known = found.setdefault(iri, document)
        years = (YEAR.search(row["name"]["value"]) for row in rows)
        year = next((match[1] for match in years if match), None)
        if year and (known.year is None or layer == "document"):
            known.year, known.named = year, layer
    return list(found.values())


def _elements() -> dict[str, list[Element]]:
    """Give the elements that stand highest, by their document, each with those below it."""
    known: dict[str, Element] = {}
    above: dict[str, str] = {}
    for (iri, layer), rows in grouped(ask("strategies"), "element", "layer"):
        role = rows[0]["role"]["value"] if "role" in rows[0] else None
        position = int(rows[0]["position"]["value"]) if "position" in rows[0] else None
        known[iri] = Element(iri, layer, segments(rows), position, role)
        above[iri] = rows[0]["above"]["value"]
    tops: dict[str, list[Element]] = {}
    for each in sorted(known.values(), key=lambda each: each.position or LAST):
        higher = known.get(above[each.iri])
        (higher.parts if higher else tops.setdefault(above[each.iri], [])).append(each)
    return tops


def _links(lang: str) -> list[Link]:
    """Give the links from later to earlier things, each with its reason in `lang`, if it has."""
    found = grouped(ask("strategies-links"), "property", "earlier", "later", "layer")
    return [
        Link(name, layer, segments(rows), later, earlier, text_in(lang, rows, "reason"))
        for (name, earlier, later, layer), rows in found
    ]


def _progress() -> dict[str, Record]:
    """Give the items of progress by their IRI."""
    found = grouped(ask("strategies-progress"), "item", "layer")
    return {iri: Record(iri, layer, segments(rows)) for (iri, layer), rows in found}


def _open(lang: str) -> list[tuple[Record, str | None]]:
    """Give what the source leaves open about plans and strategies, each with the note on it."""
    found = grouped(ask("strategies-open"), "matter", "layer")
    return [
        (Record(iri, layer, segments(rows)), text_in(lang, rows, "note"))
        for (iri, layer), rows in found
    ]


def _mentioned(
    documents: list[Document],
    links: list[Link],
    progress: dict[str, Record],
    matters: list[tuple[Record, str | None]],
) -> Iterator[str]:
    """Give what the page calls by its name."""
    yield from progress
    yield from (matter.iri for matter, _ in matters)
    yield from (link.iri for link in links)
    for document in documents:
        yield document.iri
        yield from (role for role, _ in document.roles() if role)
        for element in document.elements:
            yield from (each.iri for each in element.whole())


def _columns(annual: list[Document], links: list[Link]) -> list[list[Cell]]:
    """Place the boxes of each strategy: what it keeps to beside that, its own in the rest."""
    placed: dict[str, int] = {}
    columns = []
    for document in annual:
        kept = [each for each in links if each.later == document.iri and each.earlier in placed]
        cells = {placed[each.earlier]: Cell(placed[each.earlier], each) for each in kept}
        free = [row for row in range(1, len(kept) + len(document.elements) + 1) if row not in cells]
        for row, element in zip(free, document.elements, strict=False):
            cells[row] = Cell(row, element)
            placed[element.iri] = row
        columns.append([cells[row] for row in sorted(cells)])
    return columns


def _edges(columns: list[list[Cell]], links: list[Link]) -> list[Edge]:
    """Draw a line for each link, from the box of the earlier to that of the later."""
    boxes = {
        cell.ends: (number, cell.row) for number, cells in enumerate(columns) for cell in cells
    }
    edges = []
    for link in links:
        earlier = boxes.get((link.earlier,))
        later = boxes.get((link.later,)) or boxes.get((link.later, link.earlier))
        if earlier and later:
            edges.append(Edge(link.layer, _path(*earlier, *later, SHIFT[link.iri])))
    return edges


def _path(column: int, row: int, later: int, lower: int, shift: int) -> str:
    """Draw a line that stays level behind the columns between, and bends before the last."""
    start, bend, end = 100 * column + 100 - MARGIN, 100 * later - MARGIN, 100 * later + MARGIN
    here, there = 100 * row - 50 + shift, 100 * lower - 50 + shift
    return f"M{start} {here}H{bend}C{bend + MARGIN} {here} {end - MARGIN} {there} {end} {there}"


def _counts(document: Document, pairs: dict[str, list[Link]]) -> dict[str, int]:
    """Count the measures of a document, and those that some progress matches."""
    below = [each for top in document.elements for each in top.whole() if not each.parts]
    matched = sum(each.iri in pairs for each in below)
    return {"measures": len(below), "matched": matched, "unmatched": len(below) - matched}


def _years(annual: list[Document]) -> dict[str, str | None]:
    """Give the year of each strategy, and of each of its elements."""
    return {
        iri: document.year
        for document in annual
        for iri in (document.iri, *(each.iri for each in document.elements))
    }


def _same(annual: list[Document], links: list[Link], called: dict[str, Label]) -> Same | None:
    """Say which names come again: only what has the same name and is linked counts."""
    own = {each.iri: (document, each) for document in annual for each in document.elements}
    joined = [
        (own[each.earlier], own[each.later])
        for each in links
        if each.iri == CONTINUES
        and {each.earlier, each.later} <= own.keys()
        and called.get(each.earlier) == called.get(each.later)
    ]
    if not joined:
        return None
    members = [each for pair in joined for each in pair]
    reordered = {
        (earlier.year or "", later.year or "")
        for (earlier, before), (later, after) in joined
        if before.position != after.position
    }
    first = annual[0]
    names = {called.get(each.iri) for each in first.elements}
    again = names & {called.get(iri) for iri, (document, _) in own.items() if document is not first}
    return Same(
        names=len({called.get(each.iri) for _, each in members}),
        years=sorted({document.year or "" for document, _ in members}),
        reordered=sorted(reordered),
        kept=sorted(
            {_years(annual).get(each.later) or "" for each in links if each.iri == REAFFIRMS}
        ),
        segments=in_order({each.segments[-1] for _, each in members if each.segments}),
        gone=0 if again else len(names),
    )
