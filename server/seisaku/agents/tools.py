"""Tools: what agents may ask. Each answer has its lines, its layers, and what is not stated.

Most are questions with a header, as in `data/queries/`: those that only agents ask are beside this
file. No HTTP and no MCP here.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config import GRAPH, LANGUAGES
from ..errors import BadQuery, RequestError
from ..index import SSK
from ..query import FORMATS, answer
from ..questions import Question, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..client import Client
    from ..index import Hit, Index
    from ..passages import Passage
    from ..pool import Pool

SHOWN = 200
"""So many rows an answer has at most; `total` tells how many there are."""

LONGEST_GRAPH = 20_000
"""Characters of a graph in Turtle that are given."""

LAYER, MATTER, RECORD = "layer", "matter", "record"
"""Columns of a question that tell of a row what it rests on, and what is not stated."""

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Line:
    """A passage of the source: its name, as `L128` or `L12–L14`, its IRI, its text if at hand."""

    name: str
    iri: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One statement: its values and the IRIs behind them, by heading, and what it rests on."""

    values: dict[str, Value]
    iris: dict[str, str] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    layer: str | None = None
    """The layer that says so: `document` is the source, `external` another source, `curated` ours;
    None when the query does not tell."""
    stated: bool = True
    """False when the row says that the source does not state something."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool answers: rows, what one must know to read them, how many there are."""

    title: str
    lang: str
    rows: list[Row]
    total: int
    note: str | None = None
    text: str | None = None
    """A graph in Turtle, of a CONSTRUCT or DESCRIBE."""
    query: str | None = None
    """The SPARQL query that was run."""

    @property
    def state(self) -> str:
        """Tell whether the source states it: `stated`, `not stated`, `partly stated`, `nothing`."""
        kinds = {row.stated for row in self.rows}
        if len(kinds) == 2:
            return "partly stated"
        if not kinds and not self.text:
            return "nothing"
        return "not stated" if kinds == {False} else "stated"


class Unclear(Exception):
    """What was asked for names no thing, or several; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Tools:
    """Answers what agents ask of a dataset, in the language `lang` of each call.

    Raises `RequestError` as a query does, and `Unclear`.
    """

    pool: Pool
    index: Index
    questions: list[Question]
    passages: Mapping[str, Passage]
    client: Client | None = None

    def find(self, text: str, kind: str | None, layer: str | None, limit: int, lang: str) -> Answer:
        """Find things by what they are called."""
        found = self.index.find(text, kind=kind, layer=layer, limit=limit)
        name, what, how = ("名称", "種類", "一致") if lang == "ja" else ("Name", "Kind", "Match")
        rows = []
        for hit in found.hits:
            told = self.index.told_kind(hit, lang)
            values: dict[str, Value] = {name: hit.name(lang), how: hit.rank}
            if told:
                values[what] = told["name"]
            iris = {name: hit.iri, **({what: told["iri"]} if told else {})}
            lines = [self._line(each) for each in hit.lines]
            stated = SSK + "UnstatedMatter" not in hit.kinds
            rows.append(Row(values, iris, lines, ", ".join(hit.layers) or None, stated))
        title = f"「{text}」の検索結果" if lang == "ja" else f"What “{text}” finds"
        return Answer(title, lang, rows, found.total)

    def describe(self, thing: str, lang: str) -> Answer:
        """Tell all that is said of a thing, by layer."""
        iri = self._resolved(thing)
        asked = self._run(
            _own("thing"), lang, {"thing": iri}, lambda it: _is_in(it.get("value", {}), lang)
        )
        cited = self._run(_own("citation"), lang, {"claim": iri})
        lines = list(dict.fromkeys(line for row in cited.rows for line in row.lines))
        rows = [
            Row(row.values, row.iris, lines, row.layer, row.stated)
            if row.layer == "document"
            else row
            for row in asked.rows
        ]
        title = f"{self.index.name(iri, lang)} <{iri}>"
        return Answer(title, lang, rows, asked.total, asked.note, query=asked.query)

    def hubs(self, place: str | None, subject: str | None, lang: str) -> Answer:
        """List the hub cities: all, those that list a place, or those that mention a field."""
        if place and subject:
            raise Unclear("give place or field, not both: call twice and compare the hubs")
        if place:
            iri = self._resolved(place, "AdministrativeArea", "Region")
            return self._run(_own("hubs-by-place"), lang, {"place": iri})
        if subject:
            iri = self._resolved(subject, "Concept", under="scheme/field")
            return self._run(self._question("UQ21"), lang, {"field": iri})
        return self._run(_own("hubs"), lang)

    def strategy(self, year: int, lang: str) -> Answer:
        """List the elements of the annual strategy of a year, in order."""
        years = {each.rpartition("/")[2]: each for each in self.index.things("AnnualStrategy")}
        if str(year) not in years:
            raise Unclear(f"there is no annual strategy of {year}; there are {', '.join(years)}")
        return self._run(_own("elements"), lang, {"strategy": years[str(year)]})

    def kpi(self, hub: str, lang: str) -> Answer:
        """List the indicator values of a hub, with what they are counted over and what is open."""
        return self._run(_own("kpi"), lang, {"hub": self._resolved(hub, "StartupHub")})

    def budgets(self, program: str | None, lang: str) -> Answer:
        """List the amounts that the source states, or those of one programme."""
        if program is None:
            return self._run(self._question("UQ09"), lang)
        iri = self._resolved(program, "Program")
        return self._run(self._question("CQ35"), lang, {"program": iri})

    def timeline(self, since: int | None, until: int | None, lang: str) -> Answer:
        """List the dated events, of the calendar years from `since` to `until`."""
        found = self._run(self._question("UQ40"), lang)
        starts = _own_heading(self._question("UQ40"), "starts", lang)
        rows = [
            row
            for row in found.rows
            if (since or 0) <= int(str(row.values.get(starts, "0"))[:4]) <= (until or 9999)
        ]
        return Answer(found.title, lang, rows, len(rows), found.note, query=found.query)

    def cite(self, thing: str, lang: str) -> Answer:
        """Tell the lines that a record rests on, or where a line is, with its text if at hand."""
        return self._run(_own("citation"), lang, {"claim": self._resolved(thing)})

    def list_questions(self, lang: str) -> Answer:
        """List the questions that can be asked by their number, with their parameters."""
        number, title, takes, default = (
            ("番号", "質問", "パラメーター", "既定値")
            if lang == "ja"
            else ("Number", "Question", "Parameters", "Defaults")
        )
        rows = [
            Row(
                {
                    number: each.id,
                    title: each.titles[lang],
                    **({takes: _parameters(each, lang)} if each.parameters else {}),
                    **({default: _defaults(each)} if each.parameters else {}),
                }
            )
            for each in self.questions
        ]
        heading = "答えられる質問" if lang == "ja" else "The questions that can be asked"
        return Answer(heading, lang, rows, len(rows))

    def ask(self, number: str, parameters: Mapping[str, str], lang: str) -> Answer:
        """Answer a question by its number, with the parameters given, by IRI or by name."""
        question = self._question(number)
        kinds = {each.name: each.source for each in question.parameters}
        chosen = {
            name: self._resolved(value, kinds[name]) if name in kinds else value
            for name, value in parameters.items()
        }
        return self._run(question, lang, chosen)

    def sparql(self, query: str, lang: str) -> Answer:
        """Answer a query in SPARQL, under the limits of the endpoint."""
        offered = (FORMATS["json"], FORMATS["turtle"])
        found = answer(self.pool, query, lambda these: _first(offered, these), self.client)
        body = found.body.decode()
        title = "SPARQLの答え" if lang == "ja" else "What the query answers"
        if found.media_type != FORMATS["json"]:
            body = _with_prefixes_used(body)
            cut = body[:LONGEST_GRAPH]
            note = (
                None if cut == body else f"the first {LONGEST_GRAPH:,} of {len(body):,} characters"
            )
            return Answer(title, lang, [], 0, note, text=cut, query=query)
        result = json.loads(body)
        if "boolean" in result:
            return Answer(title, lang, [Row({"ASK": result["boolean"]})], 1, query=query)
        columns = {each: each for each in result["head"]["vars"]}
        rows = [self._row(each, columns, None, None) for each in result["results"]["bindings"]]
        return Answer(title, lang, rows[:SHOWN], len(rows), query=query)

    def _question(self, number: str) -> Question:
        for each in self.questions:
            if each.id.casefold() == number.strip().casefold():
                return each
        known = ", ".join(each.id for each in self.questions)
        raise Unclear(f"there is no question {number}; there are {known or 'none'}")

    def _run(
        self,
        question: Question,
        lang: str,
        chosen: Mapping[str, str] | None = None,
        keep: Callable[[dict[str, Any]], bool] = lambda _: True,
    ) -> Answer:
        """Answer a question; rows that differ in their lines alone become one."""
        query = question.asking(**chosen or {})
        found = answer(self.pool, query, lambda _offered: FORMATS["json"], self.client)
        result = json.loads(found.body)
        headings = question.columns.get(lang, {})
        columns = {
            each: headings.get(stem, stem)
            for each in result["head"]["vars"]
            if (stem := each.removesuffix(f"_{lang}")) and not _is_of_another(each, lang)
        }
        default = None if set(question.classes) - {"D", "D*"} else "document"
        merged: dict[str, Row] = {}
        for binding in filter(keep, result["results"]["bindings"]):
            row = self._row(binding, columns, lang, default)
            key = json.dumps([row.values, row.iris, row.layer], sort_keys=True)
            merged.setdefault(key, row).lines.extend(
                each for each in row.lines if each not in merged[key].lines
            )
        rows = list(merged.values())
        note = question.notes.get(lang)
        return Answer(question.titles[lang], lang, rows[:SHOWN], len(rows), note, query=query)

    def _row(
        self, binding: dict[str, Any], columns: dict[str, str], lang: str | None, layer: str | None
    ) -> Row:
        """Make a row of a solution: segments become its lines, `layer` its layer."""
        values: dict[str, Value] = {}
        iris: dict[str, str] = {}
        lines: list[Line] = []
        stated = True
        for variable, heading in columns.items():
            if (term := binding.get(variable)) is None:
                continue
            if term["value"] in self.passages and _holds_lines(variable, lang):
                lines.append(self._line(term["value"]))
            elif variable == LAYER and term["type"] == "uri":
                layer = term["value"].removeprefix(GRAPH)
            elif variable == RECORD and lang:
                stated = False
                iris[columns.get(f"{MATTER}_{lang}", MATTER)] = term["value"]
            elif term["type"] == "uri":
                iris[heading] = term["value"]
                values.setdefault(heading, self._short(term["value"]))
            else:
                values[heading] = _value(term)
        return Row(values, iris, lines, layer if stated else "curated", stated)

    def _line(self, segment: str) -> Line:
        passage = self.passages.get(segment)
        name = passage.name if passage else segment.rpartition("/")[2]
        return Line(name, segment, passage.text if passage else None)

    def _short(self, iri: str) -> str:
        """Give an IRI as a prefixed name, when the dataset has a prefix for it."""
        for prefix, namespace in self.pool.dataset.prefixes.items():
            if iri.startswith(namespace) and re.fullmatch(r"[\w-]+", iri[len(namespace) :]):
                return f"{prefix}:{iri[len(namespace) :]}"
        return iri

    def _resolved(self, name: str, *kinds: str, under: str = "") -> str:
        """Give the IRI that `name` is or stands for: an IRI, a prefixed name, or what it is called.

        What is called so must be of one of the classes or concept schemes in `kinds`, if any.
        """
        name = name.strip()
        if re.match(r"https?://\S+$", name):
            return name
        prefix, colon, local = name.partition(":")
        if colon and prefix in self.pool.dataset.prefixes:
            return self.pool.dataset.prefixes[prefix] + local
        hits: list[Hit] = []
        for kind in kinds or (None,):
            scheme = kind if kind and "/scheme/" in kind else under
            among = "Concept" if scheme else kind
            found = self.index.find(name, kind=among, near=False).hits
            hits += [hit for hit in found if scheme in hit.iri]
        if hits and (hits[0].rank == "exact" or len(hits) == 1):
            return hits[0].iri
        raise Unclear(_which(name, hits[:8]))


def text(answer: Answer) -> str:
    """Write an answer down for a reader, concisely: a statement a line, with lines and layer."""
    ja = answer.lang == "ja"
    said = [answer.title]
    if answer.note:
        said.append(f"{'注' if ja else 'Note'}: {answer.note}")
    for number, row in enumerate(answer.rows, start=1):
        said.append(f"{number}. {_told(row, ja=ja)}")
    if answer.total > len(answer.rows) and answer.rows:
        shown = f"{len(answer.rows)} / {answer.total}"
        said.append(f"（{shown}件）" if ja else f"({shown} rows)")
    if not answer.rows and answer.text is None:
        nothing = "該当するものはない。資料に記載がないとは限らない。find で言葉を変えて探すこと。"
        said.append(nothing if ja else NOTHING)
    if answer.text is not None:
        said.append(answer.text)
    return "\n".join(said)


NOTHING = (
    "Nothing was found. That does not mean that the source says it is not so: try find with other "
    "words."
)


def teach(error: RequestError, pool: Pool, lang: str) -> str:
    """Tell what is wrong with a request and what to do: where, the known prefixes, a hint."""
    place = f" (line {error.line}, column {error.column})" if error.line else ""
    said = [f"{error.title(lang)}{place}: {error.detail(lang)}"]
    if isinstance(error, BadQuery):
        known = sorted(pool.dataset.prefixes.items())
        said.append("Known prefixes:\n" + "\n".join(f"PREFIX {p}: <{n}>" for p, n in known))
    said.append(HINTS.get(error.problem, ""))
    return "\n".join(filter(None, said))


HINTS = {
    "bad-query": "Hint: SPARQL 1.1 only. Classes and properties are listed at /schema.txt; labels "
    'carry languages: FILTER(LANG(?label) = "en").',
    "refused": "Hint: ask by SELECT, ASK, CONSTRUCT or DESCRIBE, on graphs of this dataset.",
    "deadline-exceeded": "Hint: put the most selective pattern first, avoid products, add LIMIT.",
    "memory-exceeded": "Hint: sort and group less, add LIMIT.",
    "answer-too-large": "Hint: add LIMIT, or ask for counts.",
    "queue-full": "Hint: wait a second and ask again.",
}


def _told(row: Row, *, ja: bool) -> str:
    parts = [
        f"{heading}: {value}" + (f" <{row.iris[heading]}>" if _names(row, heading) else "")
        for heading, value in row.values.items()
    ]
    if not row.stated:
        parts.insert(0, "【記載なし】" if ja else "[not stated]")
    cited = [_cited(line) for line in row.lines]
    if cited:
        parts.append(f"[{', '.join(cited)}]")
    if row.layer:
        parts.append(f"({'層' if ja else 'layer'}: {row.layer})")
    return "; ".join(parts)


def _cited(line: Line) -> str:
    return f"{line.name} <{line.iri}>" + (f" “{line.text.strip()}”" if line.text else "")


def _with_prefixes_used(turtle: str) -> str:
    """Leave out the prefixes that a graph declares and does not use."""
    head = re.compile(r"@prefix ([\w-]+:) <[^>]*> \.\n")
    body = head.sub("", turtle)
    used = set(re.findall(r"[\w-]+:", body))
    kept = (each[0] for each in head.finditer(turtle) if each[1] in used)
    return "".join(kept) + body


def _holds_lines(variable: str, lang: str | None) -> bool:
    """Tell whether a column holds lines: of a question by its name, of a free query any."""
    return lang is None or variable == "line" or variable.endswith("Line")


def _names(row: Row, heading: str) -> bool:
    return heading in row.iris and row.iris[heading] != row.values[heading]


def _which(name: str, hits: list[Hit]) -> str:
    if not hits:
        return f"nothing is called “{name}”; call find with other words, or give an IRI"
    named = "; ".join(f"{hit.name('ja')} / {hit.name('en')} <{hit.iri}>" for hit in hits)
    return f"“{name}” may be several things; give the IRI of one: {named}"


@cache
def _owns() -> dict[str, Question]:
    return {each.id: each for each in read(Path(__file__).parent)}


def _own(name: str) -> Question:
    return _owns()[name]


def _own_heading(question: Question, column: str, lang: str) -> str:
    return question.columns[lang][column]


def _parameters(question: Question, lang: str) -> str:
    return ", ".join(f"{each.name} ({each.labels[lang]})" for each in question.parameters)


def _defaults(question: Question) -> str:
    return ", ".join(f"{each.name}={each.default}" for each in question.parameters)


def _is_of_another(variable: str, lang: str) -> bool:
    return variable.endswith(tuple(f"_{each}" for each in LANGUAGES if each != lang))


def _is_in(term: dict[str, Any], lang: str) -> bool:
    """Tell whether a term is for readers of `lang`: a text in the other language is not."""
    return term.get("xml:lang", lang) not in set(LANGUAGES) - {lang}


def _value(term: dict[str, Any]) -> Value:
    kind = term.get("datatype", "").rpartition("#")[2]
    if kind == "boolean":
        return bool(term["value"] == "true")
    if kind in ("integer", "nonNegativeInteger", "positiveInteger", "decimal"):
        number = float(term["value"])
        return int(number) if number.is_integer() else number
    value: str = term["value"]
    return value


def _first(preferred: Iterable[str], offered: Iterable[str]) -> str | None:
    there = set(offered)
    return next((each for each in preferred if each in there), None)
