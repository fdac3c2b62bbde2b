"""Source: a source document line by line, with the records that cite each passage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, url_for
from werkzeug.exceptions import NotFound

from ..description import served
from .frame import Row, ask, page, pages

if TYPE_CHECKING:
    from werkzeug.wrappers import Response


@pages.get("/<any(ja, en):lang>/source")
def sources(lang: str) -> Response:
    """Lead to the source document."""
    known = served().description.passages
    if not known:
        raise NotFound("no source document is cited")
    first = next(iter(known.values()))
    return redirect(url_for("pages.source", lang=lang, slug=first.slug))


@pages.get("/<any(ja, en):lang>/source/<slug>")
def source(lang: str, slug: str) -> str:
    """List the passages of one source document with the records that cite each."""
    known = served().description.passages
    listed = {segment: each for segment, each in known.items() if each.slug == slug}
    if not listed:
        raise NotFound(f"no source document is called {slug}")
    (document,) = {each.document for each in listed.values()}
    cited: dict[str, list[Row]] = {segment: [] for segment in listed}
    for row in ask("source", document=document):
        if row["label"]["xml:lang"] == lang:
            cited[row["segment"]["value"]].append(row)
    return page("source", lang, slug=slug, passages=listed, cited=cited)
