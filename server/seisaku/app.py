"""The application: HTTP in and out. SPARQL 1.1 Protocol, query side, and one shape of errors."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Flask, Response, current_app, redirect, render_template, request, url_for
from werkzeug.datastructures import MIMEAccept
from werkzeug.exceptions import HTTPException, UnsupportedMediaType
from werkzeug.middleware.proxy_fix import ProxyFix

from . import description, log, metrics, openapi, operation
from .config import BASE
from .errors import BadQuery, BadRequest, QueueFull, Refused, RequestError
from .pages import CATALOGUES, pages, preferred_language
from .query import FORMATS, answer
from .questions import questions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from werkzeug.wrappers import Response as AnyResponse

    from .config import Config
    from .workers import WorkerPool

METHODS = "GET, HEAD, POST, OPTIONS"
FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"
PROBLEM = "application/problem+json"


def create_app(pool: WorkerPool, config: Config, queries: Path | None = None) -> Flask:
    """Serve the dataset of `pool`; `queries` is the folder of the questions that go with it."""
    app = Flask(__name__)
    # A form's query arrives percent-encoded: up to three bytes for each.
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = 4 * config.query_bytes
    app.extensions["pool"] = pool
    app.extensions["questions"] = questions(queries) if queries else []
    app.extensions["description"] = description.Description(pool)
    app.register_blueprint(pages)
    description.register(app, _choose)
    openapi.register(app)
    log.register(app, queries=config.log_queries)
    metrics.register(app)
    operation.register(app)
    if proxies := config.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, *(proxies,) * 3, x_prefix=proxies
        )
    app.add_url_rule(
        "/sparql",
        view_func=sparql,
        methods=METHODS.split(", "),
        provide_automatic_options=False,
    )
    app.register_error_handler(RequestError, _request_error)
    app.register_error_handler(HTTPException, _http_error)
    app.after_request(_with_headers)
    return app


def sparql() -> AnyResponse:
    """Answer a query of the SPARQL 1.1 Protocol."""
    if request.method == "OPTIONS":
        return Response(status=HTTPStatus.NO_CONTENT, headers={"Allow": METHODS})
    if _asks_for_the_form():
        return redirect(url_for("pages.query", lang=preferred_language()))
    if request.method in ("GET", "HEAD") and request.args.keys() <= {"format"}:
        return description.service_description(_choose)
    pool: WorkerPool = current_app.extensions["pool"]
    text, parameters = _query(), request.form if _is_form() else request.args
    found = answer(
        pool,
        text,
        _choose,
        parameters.getlist("default-graph-uri"),
        parameters.getlist("named-graph-uri"),
    )
    return Response(found.body, content_type=_content_type(found.media_type))


def _is_form() -> bool:
    return request.method == "POST" and request.mimetype == FORM


def _asks_for_the_form() -> bool:
    """Tell whether a browser came here without a query: who likes a page better than RDF."""
    return (
        request.method in ("GET", "HEAD")
        and "query" not in request.args
        and _choose((*description.GRAPH_TYPES, "text/html")) == "text/html"
    )


def _query() -> str:
    """Give the one query of the request, wherever the protocol lets it be."""
    if request.mimetype == UPDATE or "update" in request.values:
        raise Refused("this endpoint is read-only: it takes queries, no updates")
    if request.mimetype == QUERY and request.method == "POST":
        return _body()
    if request.method == "POST" and not _is_form():
        raise UnsupportedMediaType(f"POST the query as {FORM}, or as a body of type {QUERY}.")
    queries = (request.form if request.method == "POST" else request.args).getlist("query")
    if len(queries) != 1:
        raise BadRequest(f"give exactly one parameter `query`; there are {len(queries)}")
    return queries[0]


def _body() -> str:
    charset = request.mimetype_params.get("charset", "utf-8")
    if charset.lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType(f"the query is in {charset}; send it in UTF-8.")
    try:
        return request.get_data().decode()
    except UnicodeDecodeError as error:
        raise BadRequest(f"the query is not UTF-8 at byte {error.start}") from error


def _choose(offered: Sequence[str]) -> str | None:
    """Pick by `?format=`, else by the Accept header; the first when it does not matter."""
    if (name := request.values.get("format")) is not None:
        if name not in FORMATS:
            raise BadRequest(f"format is one of {', '.join(FORMATS)}")
        return FORMATS[name] if FORMATS[name] in offered else None
    if "Accept" not in request.headers:
        return offered[0]
    # We have each type in UTF-8 only, so `text/csv; charset=utf-8` asks for what we have.
    accept = [(taken.partition(";")[0].strip(), q) for taken, q in request.accept_mimetypes]
    return MIMEAccept(accept).best_match(offered)


def _content_type(media_type: str) -> str:
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type


def _request_error(error: RequestError) -> Response:
    place = {}
    if isinstance(error, BadQuery) and error.line is not None:
        place = {"line": error.line, "column": error.column}
    return _problem(error.status, str(error), error.problem, place)


def _http_error(error: HTTPException) -> AnyResponse:
    if error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return error.get_response()
    given = error.get_response().headers
    answered = _problem(HTTPStatus(error.code), error.description or error.name)
    for name in ("Allow", "Retry-After"):
        if name in given:
            answered.headers[name] = given[name]
    return answered


def _problem(
    status: HTTPStatus,
    detail: str,
    problem: str | None = None,
    place: dict[str, int | None] | None = None,
) -> Response:
    """Give an error its one shape (RFC 9457), as a page when a browser asks."""
    title = status.phrase
    accept = request.accept_mimetypes
    if accept.best_match([PROBLEM, "text/html"]) == "text/html":
        lang = preferred_language()
        page = render_template(
            "error.html", lang=lang, t=CATALOGUES[lang], title=title, detail=detail, status=status
        )
        answered = Response(page, status)
    else:
        type_ = f"{BASE}problem/{problem}" if problem else "about:blank"
        said = {"type": type_, "title": title, "status": status, "detail": detail, **(place or {})}
        answered = Response(json.dumps(said, ensure_ascii=False), status, content_type=PROBLEM)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        answered.headers["Retry-After"] = str(QueueFull.retry_after)
    return answered


def _with_headers(response: Response) -> Response:
    """Let scripts of any origin read the answer, and let pages load nothing but our own files."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    response.vary.update(("Accept", "Accept-Language"))
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = METHODS
        response.headers["Access-Control-Allow-Headers"] = "Accept, Accept-Language, Content-Type"
        response.headers["Access-Control-Max-Age"] = "86400"
    return response
