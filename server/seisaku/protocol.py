"""Protocol: what a request asks for, by the SPARQL 1.1 Protocol and the Graph Store Protocol."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from flask import Response, redirect, request, url_for
from werkzeug.datastructures import MultiDict

from . import description, negotiate
from .client import Client
from .config import GRAPH
from .description import served
from .errors import BadRequest, NoSuchGraph, Refused, UnsupportedType
from .query import FORMATS, prepare
from .respond import respond

if TYPE_CHECKING:
    from collections.abc import Sequence

    from werkzeug.wrappers import Response as AnyResponse

    from .query import Choose

METHODS = ("GET", "HEAD", "POST", "QUERY", "OPTIONS")
"""What the endpoint takes; QUERY is GET with a body (draft-ietf-httpbis-safe-method-w-body)."""

READ = ("GET", "HEAD", "OPTIONS")
"""What the graph store takes: there is no writing."""

FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"
FIELDS = 1000
"""So many parameters a request may have; one for each graph of a large dataset."""

WHOLE_DEFAULT_GRAPH = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"
WHOLE_GRAPH = "CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{}> {{ ?s ?p ?o }} }}"


def sparql() -> AnyResponse:
    """Answer a query of the SPARQL 1.1 Protocol."""
    if request.method == "OPTIONS":
        return options(METHODS)
    if _asks_for_the_form():
        return redirect(url_for("pages.query", lang=negotiate.language()))
    pool = served().pool
    given = parameters()
    if request.method in ("GET", "HEAD") and given.keys() <= {"format"}:
        return description.service_description(chooser(given))
    graphs = given.getlist("default-graph-uri"), given.getlist("named-graph-uri")
    asking = client()
    asked = prepare(pool, _query(given), chooser(given), *graphs, client=asking)
    return respond(pool, asked, asking)


def graph_store(name: str | None = None) -> AnyResponse:
    """Give a whole graph: the one called `name` of ours, or `?graph=IRI`, or `?default`."""
    if request.method == "OPTIONS":
        return options(READ)
    pool = served().pool
    given = parameters()
    if name and GRAPH + name in pool.dataset.graphs and _likes_a_page():
        there = url_for("pages.resource", lang=negotiate.language(), kind="graph", name=name)
        return redirect(there, HTTPStatus.SEE_OTHER)
    iri = GRAPH + name if name else _graph(given)
    if iri is None:
        text = WHOLE_DEFAULT_GRAPH
    elif iri in pool.dataset.graphs:
        text = WHOLE_GRAPH.format(iri)
    else:
        raise NoSuchGraph("unknown", graph=iri)
    return respond(pool, prepare(pool, text, chooser(given)), client())


def options(methods: Sequence[str]) -> Response:
    """Say which methods an address takes, and what QUERY takes as a query."""
    response = Response(status=HTTPStatus.NO_CONTENT)
    response.headers["Allow"] = ", ".join(methods)
    if "QUERY" in methods:
        response.headers["Accept-Query"] = f"{QUERY}, {FORM}"
    return response


def parameters() -> MultiDict[str, str]:
    """Give the parameters of the URL and of a form in the body, decoded once."""
    given = _parsed(request.query_string)
    if _takes_a_body() and request.mimetype == FORM:
        given.update(_parsed(_body()))
    return given


def chooser(given: MultiDict[str, str]) -> Choose:
    """Give what picks a media type: by `format` of the parameters `given`, else by Accept."""

    def choose(offered: Sequence[str]) -> str | None:
        if (name := given.get("format")) is None:
            return negotiate.media_type(offered)
        if name not in FORMATS:
            raise BadRequest("format", known=", ".join(FORMATS))
        return FORMATS[name] if FORMATS[name] in offered else None

    return choose


def chosen(offered: Sequence[str]) -> str | None:
    """Pick a media type by the parameters of the request that is being answered."""
    return chooser(parameters())(offered)


def client() -> Client:
    """Give who asks: the gateway says when it has gone, and a trusted proxy who it is."""
    found = request.environ.get("seisaku.client")
    asking = found if isinstance(found, Client) else Client()
    asking.known_as(request.remote_addr)
    return asking


def _asks_for_the_form() -> bool:
    """Tell whether a browser came here without a query: who likes a page better than RDF."""
    return request.method in ("GET", "HEAD") and "query" not in request.args and _likes_a_page()


def _likes_a_page() -> bool:
    return chosen((*description.GRAPH_TYPES, "text/html")) == "text/html"


def _takes_a_body() -> bool:
    return request.method in ("POST", "QUERY")


def _query(given: MultiDict[str, str]) -> str:
    """Give the one query of the request, wherever the protocol lets it be."""
    if "update" in given or (_takes_a_body() and request.mimetype == UPDATE):
        raise Refused("update")
    queries = given.getlist("query")
    if _takes_a_body() and request.mimetype != FORM:
        if request.mimetype != QUERY:
            raise UnsupportedType("type", form=FORM, query=QUERY)
        queries.append(_decoded(_body()))
    if len(queries) != 1:
        raise BadRequest("queries", count=len(queries))
    return queries[0]


def _graph(given: MultiDict[str, str]) -> str | None:
    """Give the IRI of the graph that is asked for; None for the default graph."""
    graphs = given.getlist("graph")
    if len(graphs) + len(given.getlist("default")) != 1:
        raise BadRequest("one-graph")
    return graphs[0] if graphs else None


def _body() -> bytes:
    """Give the body, which must be as it is and in UTF-8."""
    charset = request.mimetype_params.get("charset", "utf-8")
    if charset.lower() not in ("utf-8", "utf8"):
        raise UnsupportedType("charset", charset=charset)
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedType("coding")
    return request.get_data()


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise BadRequest("not-utf-8") from None


def _parsed(text: bytes) -> MultiDict[str, str]:
    decoded = _decoded(text)
    try:
        return MultiDict(
            parse_qsl(decoded, keep_blank_values=True, errors="strict", max_num_fields=FIELDS)
        )
    except UnicodeDecodeError:
        raise BadRequest("not-utf-8") from None
    except ValueError:
        raise BadRequest("fields") from None
