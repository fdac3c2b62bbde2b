"""Search over HTTP for programs: JSON, and suggestions as one types."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urldefrag, urlencode

from flask import Response, json, redirect, request, url_for

from . import negotiate
from .config import BASE, LANGUAGES
from .description import served
from .errors import BadRequest, NotAcceptable
from .protocol import parameters

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.datastructures import MultiDict
    from werkzeug.wrappers import Response as AnyResponse

    from .index import Found

HITS, MOST_HITS = 20, 100
"""So many hits come at first, and at most."""

SUGGESTIONS = 10
"""So many suggestions come at first."""

JSON = "application/json"
SUGGESTING = "application/x-suggestions+json"


def register(app: Flask) -> None:
    """Add the routes of the search."""
    app.add_url_rule("/search", "search", _search)
    app.add_url_rule("/search/suggest", "suggest", _suggest)


def whole_number(given: MultiDict[str, str], name: str, default: int, most: int) -> int:
    """Give the parameter `name`, a number from 1 to `most`. Raises `BadRequest` for another."""
    text = given.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= most):
        raise BadRequest("number", name=name, least=1, most=most)
    return int(text)


def language(given: MultiDict[str, str]) -> str:
    """Give the language that is asked for: by `lang`, else by Accept-Language."""
    lang = given.get("lang") or negotiate.language()
    if lang not in LANGUAGES:
        raise BadRequest("lang", known=", ".join(LANGUAGES))
    return lang


def _search() -> AnyResponse:
    """Answer in JSON, or send a browser to the page."""
    given = parameters()
    media_type = negotiate.media_type([JSON, "text/html"])
    if media_type is None:
        raise NotAcceptable("offered", offered=f"{JSON}, text/html")
    lang = language(given)
    if media_type == "text/html":
        kept = {each: given[each] for each in ("q", "kind", "layer", "limit") if each in given}
        return redirect(f"{url_for('pages.search', lang=lang)}?{urlencode(kept)}")
    index = served().index
    text = given.get("q", "")
    return _kept(json.dumps(index.told(found(given), text, lang), ensure_ascii=False), JSON)


def _suggest() -> AnyResponse:
    """Answer with names that begin so, in the suggestions format of OpenSearch 1.1 (draft 6)."""
    given = parameters()
    lang = language(given)
    text = given.get("q", "")
    limit = whole_number(given, "limit", SUGGESTIONS, MOST_HITS)
    index = served().index
    results = index.told(index.find(text, limit=limit, near=False), text, lang)["results"]
    columns = (
        [each["name"] for each in results],
        [each["kind"]["name"] if each["kind"] else "" for each in results],
        [here(each["iri"]) for each in results],
    )
    return _kept(json.dumps([text, *columns], ensure_ascii=False), SUGGESTING)


def here(iri: str) -> str:
    """Give the address of a thing on this server; of what has no page here, its IRI."""
    kind, _, name = iri.removeprefix(BASE).partition("/")
    if iri.startswith(f"{BASE}def#"):
        return url_for("pages.vocabulary", kind="def", _anchor=urldefrag(iri)[1], _external=True)
    if not iri.startswith(BASE) or kind not in ("id", "scheme", "ont") or "#" in name:
        return iri
    return url_for("pages.thing", kind=kind, name=name, _external=True)


def found(given: MultiDict[str, str]) -> Found:
    """Find what the parameters `given` ask for: `q`, `kind`, `layer`, `limit`."""
    return served().index.find(
        given.get("q", ""),
        kind=given.get("kind") or None,
        layer=given.get("layer") or None,
        limit=whole_number(given, "limit", HITS, MOST_HITS),
    )


def _kept(text: str, content_type: str) -> AnyResponse:
    """Give a response that may be kept as long as an answer to a query may."""
    response = Response(text, content_type=content_type)
    age = served().pool.config.max_age
    response.headers["Cache-Control"] = f"public, max-age={age}, must-revalidate"
    response.add_etag(weak=True)
    return response.make_conditional(request)
