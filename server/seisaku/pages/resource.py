"""Resource: the page of a thing of ours, and the way to it from the thing's IRI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, redirect, url_for

from .. import negotiate
from ..config import BASE
from ..description import GRAPH_TYPES
from .frame import ask, labels, page, pages

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response

SECTIONS: dict[str, Callable[[str, str], str]] = {}
"""What stands above the facts on the page of a thing: by its class, a function that is given the
thing's IRI and the language and writes the section in HTML."""


@pages.get("/<any(id, scheme, ont):kind>/<path:name>")
def thing(kind: str, name: str) -> Response:
    """Send who asks for a thing to a document about it: 303, for a thing is no document."""
    iri = f"{BASE}{kind}/{name}"
    chosen = negotiate.media_type(("text/html", *GRAPH_TYPES))
    if chosen == "text/html":
        there = url_for("pages.resource", lang=negotiate.language(), kind=kind, name=name)
    else:
        there = url_for("sparql", query=f"DESCRIBE <{iri}>")
    return redirect(there, 303)


@pages.get("/<any(ja, en):lang>/<any(id, scheme, ont):kind>/<path:name>")
def resource(lang: str, kind: str, name: str) -> str:
    """Show what is known of a thing: its sections, its facts by layer, what refers to it."""
    iri = f"{BASE}{kind}/{name}"
    facts = ask("resource", thing=iri)
    if not facts:
        abort(404)
    terms = [each["value"] for row in facts for each in row.values() if each["type"] == "uri"]
    classes = [row["o"]["value"] for row in facts if row["p"]["value"].endswith("#type")]
    sections = [SECTIONS[each](iri, lang) for each in classes if each in SECTIONS]
    called = labels([iri, *terms], lang)
    return page("resource", lang, iri=iri, facts=facts, labels=called, sections=sections)
