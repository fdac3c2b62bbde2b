"""Problem: what an error of ours means, at the IRI that is its type (RFC 9457)."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Response, abort, redirect, url_for

from .. import negotiate
from ..config import BASE, LANGUAGES
from ..errors import RequestError, messages
from .frame import page, pages

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

KNOWN = {error.problem: error for error in RequestError.__subclasses__()}


@pages.get("/problem/<name>")
def problem(name: str) -> AnyResponse:
    """Lead to the page of a problem, or tell a program its name and its status."""
    if name not in KNOWN:
        abort(HTTPStatus.NOT_FOUND)
    if negotiate.media_type(("text/html", "application/json")) == "application/json":
        title = {lang: messages()[name]["title"][lang] for lang in LANGUAGES}
        said = {"type": f"{BASE}problem/{name}", "title": title, "status": KNOWN[name].status}
        return Response(json.dumps(said, ensure_ascii=False), mimetype="application/json")
    there = url_for("pages.problem_page", lang=negotiate.language(), name=name)
    return redirect(there, HTTPStatus.SEE_OTHER)


@pages.get("/<any(ja, en):lang>/problem/<name>")
def problem_page(lang: str, name: str) -> str:
    """Say what a problem is, and what may be the matter."""
    if name not in KNOWN:
        abort(HTTPStatus.NOT_FOUND)
    texts = messages()[name]
    reasons = [text[lang] for reason, text in texts.items() if reason != "title"]
    title, status = texts["title"][lang], KNOWN[name].status
    return page(
        "problem", lang, iri=f"{BASE}problem/{name}", title=title, status=status, reasons=reasons
    )
