"""Answered: the answer of a question, arranged for who reads it in one language.

Names lead to what they name, rows that differ in their lines alone are one, and what the source
does not state stands apart from what it does.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..config import GRAPH, LANGUAGES
from ..description import served
from ..protocol import client
from ..query import answer
from .frame import labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..questions import Question
    from .frame import Row

Term = dict[str, Any]
"""A term of a result. A name has the IRI of what it names as `thing`, where the query tells, and
an IRI its name as `label`."""

NUMBERS = ("integer", "decimal", "double", "float", "nonNegativeInteger", "positiveInteger")
SILENCE = ("record", "matter", "aspect")
"""The columns that tell of an `ssk:UnstatedMatter`; so do `remark` and `line` beside a record."""

SAID: tuple[str, ...] = ("matter", "aspect", "remark")

NAMING = re.compile(
    r"^ *(?:\{ *)?\?(\w+) (?:[^.{}]*?;\s+)?(?:rdfs:label|skos:prefLabel) \?(\w+)_ja , \?\2_en\b",
    re.MULTILINE,
)
"""In a query, the variable of a thing and the stem of the variables of its names."""

PROJECTION = re.compile(r"^SELECT((?:\s+\?\w+)+)\s*\{", re.MULTILINE)
"""The projection of a query that neither computes nor drops: more variables are no other rows."""

GROUPED = re.compile(r"^GROUP BY\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its variable, without the language, its heading, and what its cells are."""

    name: str
    heading: str
    kind: str
    """`text`, `number`, `date`, `line` or `layer`."""


@dataclass(frozen=True, slots=True)
class Unstated:
    """What the source leaves open: the record of that, what it says, the lines that it is of."""

    record: str
    said: dict[str, Term]
    """The terms of `matter`, `aspect` and `remark`."""
    lines: list[Term]


@dataclass(slots=True)
class Answered:
    """An answer. A cell is a list of terms: a statement may rest on several lines."""

    yes: bool | None = None
    """The answer of an ASK; None for a SELECT."""
    columns: list[Column] = field(default_factory=list)
    rows: list[list[list[Term]]] = field(default_factory=list)
    unstated: list[Unstated] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """The segments that it rests on, in the order of the source."""
        cited = {term["value"] for term in self._terms("line")}
        cited |= {term["value"] for each in self.unstated for term in each.lines}
        return served().description.passages.in_order(cited)

    @property
    def records(self) -> list[str]:
        """The IRIs of what it names, in the order of the answer."""
        named = [term.get("thing") for term in self._terms("text")]
        iris = [term["value"] for term in self._terms("text") if term["type"] == "uri"]
        found = [*(each.record for each in self.unstated), *named, *iris]
        return list(dict.fromkeys(each for each in found if each))

    def _terms(self, kind: str) -> list[Term]:
        places = [place for place, each in enumerate(self.columns) if each.kind == kind]
        return [term for row in self.rows for place in places for term in row[place]]


def answered(asked: Question, text: str, lang: str) -> Answered:
    """Answer `text`, the query of the question `asked` with its parameters, in one language.

    Raises the `RequestError` that says why there is no answer.
    """
    naming = dict.fromkeys(NAMING.findall(text))
    wider = _wider(text, [thing for thing, _ in naming])
    found = answer(served().pool, wider, lambda offered: offered[0], client())
    result = json.loads(found.body)
    if "boolean" in result:
        return Answered(yes=result["boolean"])
    solutions = result["results"]["bindings"]
    for row in solutions:
        for thing, stem in naming:
            for name in (f"{stem}_{each}" for each in LANGUAGES):
                if name in row and row.get(thing, {}).get("type") == "uri":
                    row[name]["thing"] = row[thing]["value"]
    projected = PROJECTION.search(text)
    variables = projected[1].replace("?", "").split() if projected else result["head"]["vars"]
    return _arranged(_in_language(solutions, variables, lang), asked.columns.get(lang, {}), lang)


def _wider(text: str, things: Sequence[str]) -> str:
    """Give the query for the same rows with more variables, where it can have them."""
    projected = PROJECTION.search(text)
    if projected is None or GROUPED.search(text):
        return text
    names = projected[1].split()
    more = sorted({f"?{each}" for each in things} - set(names))
    return f"{text[: projected.start(1)]} {' '.join(names + more)}{text[projected.end(1) :]}"


def _in_language(solutions: list[Row], variables: Sequence[str], lang: str) -> list[Row]:
    """Give the rows with the variables of one language, by their names without it."""
    others = tuple(f"_{each}" for each in LANGUAGES if each != lang)
    names = {each: each.removesuffix(f"_{lang}") for each in variables if not each.endswith(others)}
    return [{short: row[name] for name, short in names.items() if name in row} for row in solutions]


def _arranged(solutions: list[Row], headings: dict[str, str], lang: str) -> Answered:
    unstated = _unstated(solutions)
    rows = [_stated(row) for row in solutions]
    names = dict.fromkeys(name for row in solutions for name in row)
    ordered = sorted(names, key=lambda it: list(headings).index(it) if it in headings else 99)
    kept = [name for name in ordered if any(name in row for row in rows)]
    columns = [Column(each, headings.get(each, each), _kind(each, rows)) for each in kept]
    found = Answered(None, columns, _joined(columns, rows), unstated)
    called = labels((term["value"] for term in found._terms("text") if term["type"] == "uri"), lang)
    for term in found._terms("text"):
        if term["value"] in called:
            term["label"] = called[term["value"]]
    return found


def _unstated(solutions: list[Row]) -> list[Unstated]:
    found: dict[str, Unstated] = {}
    for row in solutions:
        if "record" in row:
            said = {name: row[name] for name in SAID if name in row}
            record = row["record"]["value"]
            each = found.setdefault(record, Unstated(record, said, []))
            if "line" in row and row["line"] not in each.lines:
                each.lines.append(row["line"])
    return list(found.values())


def _stated(row: Row) -> Row:
    """Give what a row states besides that something is not stated; nothing when it is but that."""
    silent = (*SILENCE, "remark") if "record" in row else ()
    left = {name: term for name, term in row.items() if name not in silent}
    return left if any(_is_said(name) for name in left) else {}


def _is_said(name: str) -> bool:
    return name != "layer" and not _is_line(name)


def _is_line(name: str) -> bool:
    return name == "line" or name.endswith("Line")


def _kind(name: str, rows: list[Row]) -> str:
    if _is_line(name):
        return "line"
    terms = [row[name] for row in rows if name in row]
    if all(each["value"].startswith(GRAPH) for each in terms):
        return "layer"
    datatypes = {each.get("datatype", "").rpartition("#")[2] for each in terms}
    if datatypes == {"date"}:
        return "date"
    return "number" if datatypes <= set(NUMBERS) else "text"


def _joined(columns: list[Column], rows: list[Row]) -> list[list[list[Term]]]:
    """Make one row of those that differ in their lines alone."""
    joined: dict[str, list[list[Term]]] = {}
    for row in filter(None, rows):
        cells = [[row[each.name]] if each.name in row else [] for each in columns]
        same = [cell for cell, each in zip(cells, columns, strict=True) if each.kind != "line"]
        there = joined.setdefault(json.dumps(same), [[] for _ in columns])
        for place, cell in enumerate(cells):
            there[place] += [term for term in cell if term not in there[place]]
    return list(joined.values())
