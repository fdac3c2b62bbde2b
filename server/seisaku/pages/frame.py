"""Frame: what every page has: its words in two languages, its headers, its way to the dataset."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache, wraps
from http import HTTPStatus
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from urllib.parse import quote

from flask import Blueprint, current_app, render_template, request, url_for

from .. import assets, negotiate
from ..config import BASE, GRAPH, LANGUAGES, PACKAGE
from ..description import served
from ..protocol import client
from ..query import FORMATS, TABLES, answer
from ..reference import today
from ..respond import compressor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date

    from flask import Response

P = ParamSpec("P")
T = TypeVar("T")

Row = dict[str, dict[str, Any]]
"""A solution, in the terms of SPARQL's JSON results: `{"hub": {"type": "uri", "value": "…"}}`."""

NAVIGATION = (
    *("home", "hubs", "strategies", "kpis", "money", "timeline", "sources"),
    *("ontology", "quality", "query"),
)
"""The pages that every page leads to, in this order."""

KINDS = ("id", "scheme", "ont", "graph")
"""What the IRIs of the things begin with that have a page each."""

YEAR = 365 * 24 * 3600
SMALL = 1000
"""Bytes that are not worth compressing."""

PAGES_KEPT = 512
"""So many pages are kept as they were written: some 40 kB each."""

SHOWN = 500
"""So many rows of an answer are shown on a page; the downloads have all."""

KEPT = 4
"""So many readings of one kind are kept: two languages, before and after a change of dataset."""

pages = Blueprint("pages", __name__)


@cache
def words(name: str) -> dict[str, dict[str, str]]:
    """Give the words of the page `name` with those that all pages have, by language.

    They stand in `translations/<name>.toml`. Flask-Babel wants its catalogues compiled at set-up;
    these do without, and a test holds that both languages have the same words and use them all.
    """
    own = _catalogue(name) if name != "base" else {}
    return {lang: {**_catalogue("base")[lang], **own.get(lang, {})} for lang in LANGUAGES}


@cache
def _catalogue(name: str) -> dict[str, dict[str, str]]:
    file = PACKAGE / "translations" / f"{name}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def page(name: str, lang: str, **values: object) -> str:
    """Write the template `<name>.html` in one language, `t` being its words."""
    return render_template(f"{name}.html", lang=lang, t=words(name)[lang], **values)


@cache
def _text(name: str) -> Template:
    return Template((Path(__file__).parent / f"{name}.rq").read_text(encoding="utf-8"))


def text_of(name: str) -> str:
    """Give the query `pages/<name>.rq`, which has no `$name` in it."""
    return _text(name).substitute()


def ask(name: str, **iris: str) -> list[Row]:
    """Answer the query `pages/<name>.rq`, with each `$name` in it replaced by that IRI.

    Raises `RequestError` as `query.answer` does. The IRIs are our own or were found in the
    dataset; what a reader typed is looked up there first.
    """
    text = _text(name).substitute({key: f"<{iri}>" for key, iri in iris.items()})
    return rows(text)


def rows(text: str) -> list[Row]:
    """Answer the SELECT query `text`."""
    found = answer(served().pool, text, lambda offered: offered[0], client())
    result: list[Row] = json.loads(found.body)["results"]["bindings"]
    return result


def kept(read: Callable[P, T]) -> Callable[P, T]:
    """Let `read` read a dataset once for the same arguments, and give that again.

    What is given is shared by all requests and must not be changed.
    """

    @lru_cache(maxsize=KEPT)
    def of_digest(_digest: str, *args: P.args, **kwargs: P.kwargs) -> T:
        return read(*args, **kwargs)

    @wraps(read)
    def again(*args: P.args, **kwargs: P.kwargs) -> T:
        return of_digest(served().pool.dataset.digest, *args, **kwargs)  # type: ignore[arg-type]

    return again


@dataclass(frozen=True, slots=True)
class Label:
    """What a thing is called, and in which language that is."""

    text: str
    lang: str


def labels(iris: Iterable[str], lang: str) -> dict[str, Label]:
    """Give each thing's label in `lang`, else the one it has; what has none is left out."""
    asked = " ".join(f"<{iri}>" for iri in sorted(set(iris)))
    found: dict[str, Label] = {}
    for row in rows(LABELS % asked) if asked else []:
        label = Label(row["label"]["value"], row["label"].get("xml:lang", ""))
        iri = row["thing"]["value"]
        if iri not in found or label.lang == lang:
            found[iri] = label
    return found


def plain_name(iri: str, names: dict[str, Label]) -> str:
    """Give the name of a thing, or the end of its IRI, for where HTML takes no marks."""
    return names[iri].text if iri in names else iri.rpartition("/")[2]


def grouped(rows: Iterable[Row], *keys: str) -> list[tuple[tuple[str, ...], list[Row]]]:
    """Put the solutions together that have the same values of `keys`; a layer by its name."""
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        values = tuple(row[key]["value"].removeprefix(GRAPH) for key in keys)
        found.setdefault(values, []).append(row)
    return list(found.items())


def segments(rows: Iterable[Row]) -> list[str]:
    """Give the segments that the solutions name as `?segment`, once, in the order of the lines."""
    return in_order({row["segment"]["value"] for row in rows if "segment" in row})


def in_order(found: Iterable[str]) -> list[str]:
    """Give the segments that are among those found, in the order of the lines."""
    return served().description.passages.in_order(found)


def text_in(lang: str, rows: Iterable[Row], name: str) -> str | None:
    """Give the text that the solutions have as `name` in `lang`."""
    texts = (row[name] for row in rows if name in row)
    return next((each["value"] for each in texts if each.get("xml:lang") == lang), None)


def address(iri: str, lang: str) -> str:
    """Give the page of a thing of ours, and of anything else its own IRI."""
    if not iri.startswith(BASE):
        return iri
    name, _, fragment = iri.removeprefix(BASE).partition("#")
    kind, _, rest = name.partition("/")
    anchor = fragment or None
    if kind in KINDS and rest:
        return url_for("pages.resource", lang=lang, kind=kind, name=rest, _anchor=anchor)
    if name == "def":
        return url_for("pages.ontology", lang=lang, _anchor=anchor)
    if name == "ont":
        return url_for("pages.vocabulary_page", lang=lang)
    if name in ("", "sparql"):
        return url_for("pages.query" if name else "pages.home", lang=lang, _anchor=anchor)
    return iri


@dataclass(frozen=True, slots=True)
class Table:
    """An answer in one language: the names of its columns, its rows of cells, how many it has."""

    columns: list[str]
    rows: list[list[dict[str, Any]]]
    total: int


def table(result: dict[str, Any], names: dict[str, str], lang: str | None) -> Table:
    """Arrange a result in SPARQL's JSON for reading in one language; None shows it as it is.

    Of the variables that end in `_ja` or `_en` those of `lang` become columns; `names` gives the
    columns their headings.
    """
    others = tuple(f"_{each}" for each in LANGUAGES if each != lang) if lang else ()
    variables = [each for each in result["head"]["vars"] if not (others and each.endswith(others))]
    bindings = result["results"]["bindings"]
    found = [[_cell(row.get(each, {})) for each in variables] for row in bindings[:SHOWN]]
    stems = [each.removesuffix(f"_{lang}") for each in variables]
    return Table([names.get(each, each) for each in stems], found, len(bindings))


def _cell(term: dict[str, Any]) -> dict[str, Any]:
    """Give the term of a result, with the passage that it names when it is a segment."""
    return {**term, "passage": served().description.passages.get(term.get("value", ""))}


def formats(*, table: bool) -> Iterator[str]:
    """List the formats that a table, or else a graph, can be had in."""
    return (each for each in FORMATS if (each in TABLES) == table)


@pages.app_context_processor
def _shared() -> dict[str, object]:
    """Give the templates what they all use."""
    there = current_app.view_functions
    return {
        "address": address,
        "navigation": [each for each in NAVIGATION if f"pages.{each}" in there],
        "plain_name": plain_name,
        "passages": served().description.passages,
        "snapshot": served().digest,
        "suggest": "suggest" in there,
        "source_page": cache(_source_page),  # for one page: it may name one source 200 times
        "quote": quote,
    }


def _source_page(lang: str, slug: str) -> str:
    return url_for("pages.source", lang=lang, slug=slug)


@pages.before_request
def _kept() -> Response | None:
    """Give the page as it was written before: the same dataset and address give the same page."""
    found = served().description.pages.get(_key())
    if found is None or request.method not in ("GET", "HEAD"):
        return None
    body, headers = found
    return current_app.response_class(body, headers=headers)


def _key() -> tuple[str, date, int]:
    """Give what a page is made from besides the dataset: citations tell the day."""
    return request.url, today(), assets.changed()


def _keep(response: Response) -> None:
    """Keep a page. What a query of the reader's gives may differ each time (RAND), or be long."""
    written = served().description.pages
    key = _key()
    ours = response.mimetype == "text/html" and "lang" in (request.view_args or {})
    if not ours or request.endpoint == "pages.query" or request.method != "GET" or key in written:
        return
    if len(written) >= PAGES_KEPT:
        written.clear()
    written[key] = response.get_data(), list(response.headers)


@pages.after_request
def _with_headers(response: Response) -> Response:
    """Remember the language, tag the page by what it says, and compress it."""
    if response.status_code == HTTPStatus.OK and not response.is_streamed:
        _keep(response)
    lang = (request.view_args or {}).get("lang")
    if lang in LANGUAGES and lang != negotiate.preferred():
        path = request.root_path or "/"
        response.set_cookie(negotiate.COOKIE, lang, max_age=YEAR, samesite="Lax", path=path)
    if response.status_code != HTTPStatus.OK or response.is_streamed:
        return response
    response.add_etag(weak=True)
    response.headers["Cache-Control"] = "no-cache"  # kept, and asked for: a page changes with data
    response.make_conditional(request)
    if response.status_code == HTTPStatus.OK and len(response.get_data()) > SMALL:
        _compress(response)
    return response


def _compress(response: Response) -> None:
    encoding = negotiate.encoding()
    response.vary.update(("Accept-Encoding",))
    if encoding is None:
        return
    body = response.get_data()
    packer = compressor(encoding, size=len(body))
    response.set_data(packer.compress(body) + packer.flush())
    response.headers["Content-Encoding"] = encoding


LABELS = """\
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>

SELECT ?thing ?label {
  VALUES ?thing { %s }
  ?thing rdfs:label|skos:prefLabel ?label .
}
"""
