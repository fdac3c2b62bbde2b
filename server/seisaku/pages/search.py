"""Search: things whose name holds what the reader typed."""

from __future__ import annotations

import unicodedata

from flask import request

from ..config import BASE
from .frame import Row, ask, page, pages

LONGEST = 200
"""Characters of a search that are looked at."""


@pages.get("/<any(ja, en):lang>/search")
def search(lang: str) -> str:
    """List the things whose label holds the text searched for, by label."""
    typed = request.args.get("q", "")[:LONGEST]
    wanted = _folded(typed)
    found: dict[str, Row] = {}
    for row in ask("search") if wanted else []:
        if wanted in _folded(row["label"]["value"]) and row["thing"]["value"].startswith(BASE):
            found.setdefault(row["thing"]["value"], row)
    return page("search", lang, typed=typed, found=list(found.values()))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()
