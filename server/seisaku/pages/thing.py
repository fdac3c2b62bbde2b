"""Thing: where the IRI of a thing of ours leads: 303 to its page, or to its document in RDF."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Response, abort, redirect, request, url_for

from .. import negotiate
from ..config import BASE, LANGUAGES
from ..description import GRAPH_TYPES, served
from ..documents import TYPES, current, is_there, write
from ..errors import NotAcceptable
from ..protocol import client
from ..query import FORMATS
from .frame import address, pages

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

HTML = "text/html"
JSON, JSON_LD = "application/json", FORMATS["jsonld"]
SUFFIXES = {media_type: suffix for suffix, media_type in reversed(TYPES.items())}
NAMES = {suffix: name for suffix in TYPES for name in FORMATS if FORMATS[name] == TYPES[suffix]}
OFFERED = (HTML, *GRAPH_TYPES, JSON)

SUFFIX = re.compile(rf"(?P<thing>.+)\.(?P<suffix>{'|'.join([*TYPES, 'html'])})")
NO_IRI = re.compile(r'[\x00-\x20<>"{}|\\^`]')
"""What no IRI has in it (RFC 3987), and SPARQL no IRI in brackets."""


@pages.get("/<any(id, scheme, ont):kind>/<path:name>")
def thing(kind: str, name: str) -> AnyResponse:
    """Send who asks for a thing to a document about it: 303, for a thing is no document.

    With a suffix, as in `/id/hub/tokyo.ttl`, the address is that of the document itself.
    """
    if found := SUFFIX.fullmatch(name):
        return _document(kind, found["thing"], found["suffix"])
    return _elsewhere(kind, name)


@pages.get("/<any(ont, def):kind>")
def vocabulary(kind: str) -> AnyResponse:
    """Send who asks for the ontology, or a term of it behind a hash, to a document about it."""
    return _elsewhere(kind, "")


@pages.get("/<any(ont, def):kind>.<any(ttl, jsonld, rdf, nt, trig, nq, json, html):suffix>")
def vocabulary_document(kind: str, suffix: str) -> AnyResponse:
    """Answer with the whole ontology in RDF."""
    return _document(kind, "", suffix)


def known(kind: str, name: str) -> str:
    """Give the IRI of a thing; 404 unless the dataset says something of it or mentions it."""
    iri = BASE + (f"{kind}/{name}" if name else kind)
    if NO_IRI.search(iri) or not is_there(served().pool, iri, client()):
        abort(HTTPStatus.NOT_FOUND)
    return iri


def alternates(iri: str) -> dict[str, str]:
    """Give the addresses of a thing's documents in RDF, by media type."""
    kind, _, name = iri.removeprefix(BASE).partition("/")
    return {each: _address(kind, name, SUFFIXES[each]) for each in GRAPH_TYPES}


def _links(iri: str) -> list[str]:
    """Give the values of `Link` that lead from any document about a thing to the others."""
    links = [f'<{iri}>; rel="describes"']
    for lang in LANGUAGES:
        there = address(iri, lang)
        links.append(f'<{there}>; rel="alternate"; type="{HTML}"; hreflang="{lang}"')
    for media_type, there in alternates(iri).items():
        links.append(f'<{there}>; rel="alternate describedby"; type="{media_type}"')
    return links


def _address(kind: str, name: str, suffix: str, *, external: bool = False) -> str:
    if kind == "graph":
        return url_for("graph_store", name=name, format=NAMES[suffix], _external=external)
    if not name:
        there = "pages.vocabulary_document"
        return url_for(there, kind=kind, suffix=suffix, _external=external)
    return url_for("pages.thing", kind=kind, name=f"{name}.{suffix}", _external=external)


def _elsewhere(kind: str, name: str) -> AnyResponse:
    """Lead to the page or the document that the client likes best."""
    iri = known(kind, name)
    iri = current(served().pool, iri, client()) or iri  # `iri` may name the version that we have
    chosen = negotiate.media_type(OFFERED)
    if chosen is None:
        raise NotAcceptable("offered", offered=", ".join((HTML, *GRAPH_TYPES)))
    chosen = JSON_LD if chosen == JSON else chosen
    there = address(iri, negotiate.language()) if chosen == HTML else alternates(iri)[chosen]
    response = redirect(there, HTTPStatus.SEE_OTHER)
    response.vary.update(("Accept", "Accept-Language", "Cookie"))
    for each in _links(iri):
        response.headers.add("Link", each)
    return response


def _document(kind: str, name: str, suffix: str) -> AnyResponse:
    """Answer with the document of a thing."""
    iri = known(kind, name)
    if suffix == "html":
        return redirect(address(iri, negotiate.language()), HTTPStatus.SEE_OTHER)
    there = _address(kind, name, suffix, external=True)
    body = write(served().pool, iri, there, TYPES[suffix], client())
    charset = "; charset=utf-8" if TYPES[suffix].startswith("text/") else ""
    response = Response(body, content_type=TYPES[suffix] + charset)
    response.headers["Content-Location"] = request.root_path + request.path
    for each in _links(iri):
        response.headers.add("Link", each)
    return response
