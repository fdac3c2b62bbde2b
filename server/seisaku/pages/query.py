"""Query: an editor for SPARQL, a plain form without JavaScript, and the answer on a page."""

from __future__ import annotations

import json

from flask import request
from werkzeug.exceptions import NotFound

from ..assets import is_there
from ..description import served
from ..errors import AnswerTooLarge, RequestError
from ..protocol import client
from ..query import FORMATS, answer
from ..questions import ASKERS
from .frame import formats, page, pages, table, words

LONGEST = 2 << 20
"""Bytes of an answer that is shown on a page: as Python's objects it takes 7 times as much."""

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


@pages.get("/<any(ja, en):lang>/query")
def query(lang: str) -> str | tuple[str, int]:
    """Answer the query of the form on a page, or say on it what is wrong with the query."""
    text = request.args.get("query", "")
    if not text.strip() and (name := request.args.get("question")):
        text = _of_question(name)
    if not text.strip():
        return _page(lang, query=EXAMPLE)
    try:
        found = answer(served().pool, text, lambda offered: offered[0], client())
        if found.size > LONGEST:
            raise AnswerTooLarge("limit", bytes=LONGEST)
    except RequestError as error:
        place = error.line, error.column
        written = _page(lang, query=text, error=error.detail(lang), place=place)
        return written, error.status
    if found.media_type != FORMATS["json"]:
        graph = found.body.decode()
        return _page(lang, query=text, graph=graph, formats=list(formats(table=False)))
    result = json.loads(found.body)
    tables = list(formats(table=True))
    if "boolean" in result:
        yes = words("query")[lang]["yes" if result["boolean"] else "no"]
        return _page(lang, query=text, yes=yes, formats=tables)
    return _page(lang, query=text, table=table(result, {}, None), formats=tables)


def _page(lang: str, **values: object) -> str:
    """Write the page with its examples, and with the words of the editor where that is built."""
    asked = served().questions
    examples = {who: [each for each in asked if each.who == who] for who in (*ASKERS, None)}
    said = {key: text for key, text in words("query")[lang].items() if key.startswith("editor_")}
    return page(
        "query", lang, examples=examples, words=said, editor=is_there("editor/editor.js"), **values
    )


def _of_question(name: str) -> str:
    """Give the query of a question as it stands."""
    for each in served().questions:
        if each.id.lower() == name:
            return each.text.strip() + "\n"
    raise NotFound(f"no question is called {name}")
