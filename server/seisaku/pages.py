"""The pages that people read, in Japanese and English, each whole without JavaScript."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound

from . import downloads, negotiate
from .config import LANGUAGES
from .description import served
from .distribution import GROUPS
from .errors import AnswerTooLarge, RequestError
from .protocol import client
from .query import FORMATS, TABLES, answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from werkzeug.wrappers import Response

    from .workers import WorkerPool

# Flask-Babel wants its catalogues compiled at set-up; these few words do without.
CATALOGUES: dict[str, dict[str, str]] = {
    lang: tomllib.loads(
        (Path(__file__).parent / "translations" / f"{lang}.toml").read_text(encoding="utf-8")
    )
    for lang in LANGUAGES
}

SHOWN = 500
"""So many rows of an answer are shown on a page; the downloads have all."""

LONGEST = 2 << 20
"""Bytes of an answer that is shown on a page: as Python's objects it takes 7 times as much."""

pages = Blueprint("pages", __name__)


@dataclass(frozen=True, slots=True)
class Table:
    """An answer in one language: the names of its columns, its rows of cells, how many it has."""

    columns: list[str]
    rows: list[list[dict[str, Any]]]
    total: int


@pages.get("/")
def start() -> Response:
    """Send the reader to the home page in the language of the browser."""
    return redirect(url_for("pages.home", lang=negotiate.language()))


@pages.get("/<any(ja, en):lang>/")
def home(lang: str) -> str:
    """Say what this is, answer some questions, and take one."""
    pool = served().pool
    answers = [
        (question, table(pool, question.text, lang, question.columns.get(lang, {})))
        for question in served().questions
        if question.featured
    ]
    facts = served().description.facts
    return _page(
        "home.html", lang, answers=answers, facts=facts, dataset=pool.dataset, query=EXAMPLE
    )


@pages.get("/<any(ja, en):lang>/query")
def query(lang: str) -> str | tuple[str, int]:
    """Answer the query of the form on a page, or say on it what is wrong with the query."""
    text = request.args.get("query", "")
    if not text.strip():
        return _page("query.html", lang, query=EXAMPLE)
    pool = served().pool
    try:
        found = answer(pool, text, lambda offered: offered[0], client())
        if found.size > LONGEST:
            raise AnswerTooLarge("limit", bytes=LONGEST)
    except RequestError as error:
        place = error.line, error.column
        page = _page("query.html", lang, query=text, error=error.detail(lang), place=place)
        return page, error.status
    if found.media_type != FORMATS["json"]:
        graph = found.body.decode()
        return _page("query.html", lang, query=text, graph=graph, formats=_formats(table=False))
    result = json.loads(found.body)
    if "boolean" in result:
        yes = CATALOGUES[lang]["yes" if result["boolean"] else "no"]
        return _page("query.html", lang, query=text, yes=yes, formats=_formats(table=True))
    shown = _table(result, {}, None)
    return _page("query.html", lang, query=text, table=shown, formats=_formats(table=True))


@pages.get("/<any(ja, en):lang>/source/<slug>")
def source(lang: str, slug: str) -> str:
    """List the passages of one source document with the records that cite each."""
    known = served().description.passages
    listed = {segment: each for segment, each in known.items() if each.slug == slug}
    if not listed:
        raise NotFound(f"no source document is called {slug}")
    (document,) = {each.document for each in listed.values()}
    pool = served().pool
    found = answer(pool, CITING % document, lambda offered: offered[0], client())
    cited: dict[str, list[dict[str, Any]]] = {segment: [] for segment in listed}
    for row in json.loads(found.body)["results"]["bindings"]:
        if row["label"]["xml:lang"] == lang:
            cited[row["segment"]["value"]].append(row)
    return _page("source.html", lang, slug=slug, passages=listed, cited=cited)


@pages.get("/<any(ja, en):lang>/download")
def download(lang: str) -> str:
    """List the files that the dataset can be had as."""
    files = downloads.listed()
    groups = [(group, [each for each in files if each["group"] == group]) for group in GROUPS]
    return _page("download.html", lang, groups=[each for each in groups if each[1]])


def table(pool: WorkerPool, text: str, lang: str, names: dict[str, str]) -> Table:
    """Answer the SELECT query `text` in one language.

    Of the variables that end in `_ja` or `_en` those of `lang` become columns; `names` gives the
    columns their headings.
    """
    found = answer(pool, text, lambda offered: offered[0], client())
    return _table(json.loads(found.body), names, lang)


def _table(result: dict[str, Any], names: dict[str, str], lang: str | None) -> Table:
    others = tuple(f"_{each}" for each in LANGUAGES if each != lang) if lang else ()
    variables = [each for each in result["head"]["vars"] if not (others and each.endswith(others))]
    bindings = result["results"]["bindings"]
    rows = [[_cell(row.get(each, {})) for each in variables] for row in bindings[:SHOWN]]
    stems = [each.removesuffix(f"_{lang}") for each in variables]
    return Table([names.get(each, each) for each in stems], rows, len(bindings))


def _cell(term: dict[str, Any]) -> dict[str, Any]:
    """Give the term of a result, with the passage that it names when it is a segment."""
    return {**term, "passage": served().description.passages.get(term.get("value", ""))}


def _formats(*, table: bool) -> Iterator[str]:
    return (each for each in FORMATS if (each in TABLES) == table)


def _page(template: str, lang: str, **values: object) -> str:
    return render_template(template, lang=lang, t=CATALOGUES[lang], **values)


CITING = """\
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX ssk: <https://w3id.org/seisaku/def#>

SELECT ?segment ?record ?label {
  ?segment ssk:isSegmentOf <%s> .
  ?record ssk:isStatedIn|ssk:isLeftOpenIn ?segment ;
    rdfs:label|skos:prefLabel ?label .
}
ORDER BY ?record
"""
"""What cites the segments of a document."""

EXAMPLE = """\
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX ssk: <https://w3id.org/seisaku/def#>

SELECT ?hub ?label {
  ?hub a ssk:StartupHub ;
    rdfs:label ?label .
}
ORDER BY ?hub
"""
"""What stands in the form at first."""
