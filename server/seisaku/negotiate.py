"""Negotiate: which media type, language and encoding the client gets (RFC 9110, section 12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from .config import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

ENCODINGS = ("zstd", "gzip")
"""The encodings that answers come in, the better first."""

COOKIE = "lang"
"""The cookie that remembers which language a reader chose."""

SYNONYMS = {"application/json": "application/sparql-results+json"}
"""What clients ask for who mean ours."""


def media_type(offered: Sequence[str]) -> str | None:
    """Pick one of the media types offered by the Accept header; None when it takes none.

    Of those that the client likes best it is the first; without the header the first of all.
    """
    if not request.accept_mimetypes:
        return offered[0]
    # We have each type in UTF-8 only, so `text/csv; charset=utf-8` asks for what we have.
    taken = [(each.partition(";")[0].strip().lower(), q) for each, q in request.accept_mimetypes]
    taken += [(SYNONYMS[each], q) for each, q in taken if each in SYNONYMS]
    best = max(offered, key=lambda each: _quality(each, taken))
    return best if _quality(best, taken) > 0 else None


def language(default: str = LANGUAGES[0]) -> str:
    """Give the language of the page that is asked for, else the one that the client likes best.

    An address says it (`/ja/…`), else a cookie, else Accept-Language; `default` when none does. A
    browser always asks for one. What asks for none is a program, and its errors are in English.
    """
    asked = request.path.split("/", 2)[1]
    return asked if asked in LANGUAGES else preferred(default)


def preferred(default: str = LANGUAGES[0]) -> str:
    """Give the language that the client chose before, else the one that it accepts."""
    chosen = request.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return chosen
    return request.accept_languages.best_match(LANGUAGES) or default


def encoding() -> str | None:
    """Give the encoding to send an answer in; None for as it is."""
    accepted = request.accept_encodings
    best = max(ENCODINGS, key=accepted.quality)
    # As it is when the client says that it likes that better.
    identity = accepted.quality("identity") if "identity" in accepted.values() else 0
    return best if accepted.quality(best) > 0 and accepted.quality(best) >= identity else None


def _quality(offered: str, taken: list[tuple[str, float]]) -> float:
    """Give the quality of the most specific range that `offered` lies in; 0 when in none."""
    for range_ in (offered, f"{offered.partition('/')[0]}/*"):
        for each, quality in taken:
            if each == range_:
                return quality
    return next((quality for each, quality in taken if each in ("*/*", "*")), 0.0)
