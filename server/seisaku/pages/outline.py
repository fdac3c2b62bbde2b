"""Outline: a source document line by line, headed by the records that hold others."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from ..config import BASE
from ..description import served
from .facts import SSK, Near
from .frame import Label, ask, rows

if TYPE_CHECKING:
    from ..description import Description
    from ..passages import Passage

HEADINGS = (
    "StrategyElement",
    "ProgressGroup",
    "PolicyDocument",
    "HubDesignation",
    "ProgramPhase",
    "Program",
)
"""The classes whose records may head others, for the source has them as headings."""

LEFT_OPEN_IN = SSK + "isLeftOpenIn"


@dataclass(frozen=True, slots=True)
class Record:
    """A record that rests on a line."""

    iri: str
    label: Label
    kind: Label | None
    """The name of its class."""
    open: bool
    """Whether the line only raises the question, and leaves it open."""
    passage: Passage


@dataclass(slots=True)
class Line:
    """A line, and what it gave to the graph."""

    number: int
    text: str | None = None
    lang: str | None = None
    cited: bool = False
    records: list[Record] = field(default_factory=list)
    """The records that rest on a passage that begins here."""
    covering: list[Record] = field(default_factory=list)
    """The records that rest on a passage that this line is in."""
    segments: list[str] = field(default_factory=list)
    """The passages that it is in, the shortest first."""
    heading: Record | None = None
    """The record that heads what follows."""
    depth: int = 0
    """How deep it lies in the outline: 1 below no heading."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A source document."""

    iri: str
    slug: str
    title: Label
    count: int
    """The number of its lines."""
    lines: list[Line]
    blank: frozenset[int] | None
    """Its blank lines, or None when the document is not at hand: the data do not tell."""

    @property
    def cited(self) -> int:
        """The number of lines that lie in a passage that a record rests on."""
        return sum(each.cited for each in self.lines)

    @property
    def headings(self) -> list[Line]:
        """The lines that head others."""
        return [each for each in self.lines if each.heading]

    @property
    def records(self) -> int:
        """The number of records that rest on its lines."""
        return len({each.iri for line in self.lines for each in line.records})


def outline(slug: str, lang: str) -> Outline | None:
    """Give the outline of the source document called `slug`; None when none is called so."""
    return _outline(served().description, slug, lang)


@lru_cache(maxsize=8)  # of one dataset it is always the same, and takes 60 ms
def _outline(description: Description, slug: str, lang: str) -> Outline | None:
    passages = description.passages.of(slug)
    if not passages:
        return None
    (document,) = {each.document for each in passages.values()}
    found = _Found(document, lang)
    last = max([found.count, *(each.last for each in passages.values())])
    lines = {number: Line(number) for number in range(1, last + 1)}
    for iri, passage in sorted(passages.items(), key=lambda each: each[1].last - each[1].first):
        _put(lines, iri, passage, found.records(iri, passage))
    _head(list(lines.values()), found)
    title = found.near.labels.get(document, Label(slug, ""))
    blank = description.blank_lines.get(document)
    return Outline(document, slug, title, last, list(lines.values()), blank)


class _Found:
    """The records that rest on a document, with what they are and what holds them."""

    def __init__(self, document: str, lang: str) -> None:
        self._by_segment: dict[str, dict[str, bool]] = defaultdict(dict)
        self.classes: dict[str, set[str]] = defaultdict(set)
        self.parents: dict[str, set[str]] = defaultdict(set)
        for row in ask("source", document=document):
            record = row["record"]["value"]
            left_open = row["how"]["value"] == LEFT_OPEN_IN
            self._by_segment[row["segment"]["value"]][record] = left_open
            if "class" in row:
                self.classes[record].add(row["class"]["value"])
            if "parent" in row:
                self.parents[record].add(row["parent"]["value"])
        every_class = {each for listed in self.classes.values() for each in listed}
        self.near = Near({document, *self.classes, *every_class}, lang)
        self._first = _most_special(every_class)
        counted = rows(f"SELECT ?n {{ <{document}> <{SSK}lineCount> ?n }}")
        self.count = int(counted[0]["n"]["value"]) if counted else 0

    def records(self, segment: str, passage: Passage) -> list[Record]:
        """Give the records that rest on a segment."""
        found = []
        for iri, left_open in self._by_segment[segment].items():
            label = self.near.labels.get(iri, Label(iri.removeprefix(BASE), ""))
            kinds = sorted(self.classes[iri], key=lambda each: self._first.get(each, 99))
            kind = next(
                (self.near.labels[each] for each in kinds if each in self.near.labels), None
            )
            found.append(Record(iri, label, kind, left_open, passage))
        return sorted(found, key=lambda each: (each.open, self._weight(each.iri), each.label.text))

    def heads(self, record: str) -> bool:
        """Tell whether the record is of a class that may head others."""
        return any(SSK + each in self.classes[record] for each in HEADINGS)

    def _weight(self, record: str) -> int:
        for weight, each in enumerate(HEADINGS):
            if SSK + each in self.classes[record]:
                return weight
        return len(HEADINGS)


def _most_special(classes: set[str]) -> dict[str, int]:
    """Give to each class the number of classes below it: the fewer, the more it says."""
    asked = " ".join(f"<{each}>" for each in sorted(classes))
    found = rows(BELOW % asked) if asked else []
    return {row["class"]["value"]: int(row["n"]["value"]) for row in found}


def _put(lines: dict[int, Line], iri: str, passage: Passage, records: list[Record]) -> None:
    texts = passage.text.split("\n") if passage.text is not None else []
    for place, number in enumerate(range(passage.first, passage.last + 1)):
        line = lines[number]
        line.cited = line.cited or bool(records)
        line.covering += records
        line.segments.append(iri)
        if place < len(texts):
            line.text, line.lang = texts[place], passage.lang
    lines[passage.first].records += records


def _head(lines: list[Line], found: _Found) -> None:
    """Find the headings, and how deep each line lies below them."""
    heads = _heads(lines, found)
    stack: list[str] = []
    before: set[str] = set()
    for line in lines:
        record = heads.get(line.number)
        if record is None or record.iri in before:
            line.depth = len(stack) + 1
            continue
        above = [place for place, each in enumerate(stack) if each in found.parents[record.iri]]
        del stack[above[-1] + 1 if above else 0 :]
        stack.append(record.iri)
        before.add(record.iri)
        line.heading, line.depth = record, len(stack)


def _heads(lines: list[Line], found: _Found) -> dict[int, Record]:
    """Give the record that heads others, by its line: the last that states it before them."""
    stated: dict[str, int] = {}
    held: dict[int, Counter[str]] = defaultdict(Counter)
    for line in lines:
        for each in line.records:
            if not each.open and each.iri not in stated:  # as it is said for the first time
                for parent in found.parents[each.iri]:
                    if parent in stated:
                        held[stated[parent]][parent] += 1
        stated |= {each.iri: line.number for each in line.records if not each.open}
    return {
        number: record
        for number, heads in held.items()
        for record in _alone(lines[number - 1], found)
        if record.iri == max(heads, key=lambda each: (heads[each], each))
    }


def _alone(line: Line, found: _Found) -> list[Record]:
    """Give the records that a line may be the heading for: one of its kind is, of two neither."""
    may = [each for each in line.records if found.heads(each.iri)]
    kinds = Counter(each.kind for each in may)
    return [each for each in may if kinds[each.kind] == 1]


BELOW = """\
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>

SELECT ?class (COUNT(DISTINCT ?below) AS ?n) {
  VALUES ?class { %s }
  OPTIONAL { ?below rdfs:subClassOf+ ?class }
}
GROUP BY ?class
"""
