"""Query: a form for SPARQL, and the answer on a page."""

from __future__ import annotations

import json

from flask import request

from ..description import served
from ..errors import AnswerTooLarge, RequestError
from ..protocol import client
from ..query import FORMATS, answer
from .frame import Table, formats, page, pages, table, words

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
    if not text.strip():
        return page("query", lang, query=EXAMPLE)
    try:
        found = answer(served().pool, text, lambda offered: offered[0], client())
        if found.size > LONGEST:
            raise AnswerTooLarge("limit", bytes=LONGEST)
    except RequestError as error:
        place = error.line, error.column
        written = page("query", lang, query=text, error=error.detail(lang), place=place)
        return written, error.status
    if found.media_type != FORMATS["json"]:
        graph = found.body.decode()
        return page("query", lang, query=text, graph=graph, formats=formats(table=False))
    result = json.loads(found.body)
    if "boolean" in result:
        yes = words("query")[lang]["yes" if result["boolean"] else "no"]
        return page("query", lang, query=text, yes=yes, formats=formats(table=True))
    shown = table(result, {}, None)
    return page("query", lang, query=text, table=shown, formats=formats(table=True))


def select(text: str, lang: str, names: dict[str, str]) -> Table:
    """Answer the SELECT query `text` in one language, its columns headed by `names`."""
    found = answer(served().pool, text, lambda offered: offered[0], client())
    return table(json.loads(found.body), names, lang)
