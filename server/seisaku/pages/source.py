"""Source: a source document line by line, with what each line gave to the graph."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from flask import abort, redirect, request, url_for
from werkzeug.exceptions import NotFound

from ..description import served
from .cite import box_of_line
from .frame import page, pages
from .outline import Line, Outline, outline

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from ..description import Description

AROUND = 4
"""So many lines before and after are shown with a line."""


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
    """Show a source document as an outline, with what each line gave to the graph."""
    _known(slug, lang)
    return _written(served().description, slug, lang, request.url_root)


@pages.get("/<any(ja, en):lang>/source/<slug>/line")
def to_line(lang: str, slug: str) -> Response:
    """Lead to the line whose number is typed (`n`)."""
    number = request.args.get("n", "").strip().lstrip("Ll")
    found = _known(slug, lang)
    if not number.isdecimal() or not 1 <= int(number) <= found.count:
        return redirect(url_for("pages.source", lang=lang, slug=slug))
    return redirect(url_for("pages.line", lang=lang, slug=slug, number=int(number)))


@pages.get("/<any(ja, en):lang>/source/<slug>/L<int:number>")
def line(lang: str, slug: str, number: int) -> str:
    """Show one line of a source document: what it gave to the graph, and how to cite it."""
    found = _known(slug, lang)
    if not 1 <= number <= found.count:
        abort(404)
    shown = found.lines[number - 1]
    first = max(1, number - AROUND)
    return page(
        "line",
        lang,
        outline=found,
        line=shown,
        around=found.lines[first - 1 : number + AROUND],
        above=_above(found, shown),
        citation=box_of_line(slug, number, lang),
    )


@lru_cache(maxsize=8)  # of one dataset it is always the same, and takes 60 ms to write
def _written(_description: Description, slug: str, lang: str, _root: str) -> str:
    found = _known(slug, lang)
    return page("source", lang, outline=found, bars=_bars(found))


def _known(slug: str, lang: str) -> Outline:
    found = outline(slug, lang)
    if found is None:
        raise NotFound(f"no source document is called {slug}")
    return found


def _above(found: Outline, shown: Line) -> list[Line]:
    """Give the headings that a line lies below, the highest first."""
    above: list[Line] = []
    depth = shown.depth
    for each in reversed(found.lines[: shown.number - 1]):
        if each.heading and each.depth < depth:
            above.insert(0, each)
            depth = each.depth
    return above


def _bars(found: Outline) -> list[tuple[int, int]]:
    """Give the lines that are cited with the number of their records, for the drawing."""
    return [(each.number, len(each.covering)) for each in found.lines if each.cited]
