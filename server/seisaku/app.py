"""The application: the routes, one shape of errors, and the headers that every response has."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from . import (
    assets,
    conformance,
    description,
    downloads,
    llms,
    log,
    metrics,
    openapi,
    operation,
    problems,
    reconciliation,
    search,
    snapshot,
)
from .agents import http as mcp
from .errors import ClientGone, RequestError, StoreChanged
from .index import Index
from .pages import pages
from .pages.search import opensearch
from .protocol import METHODS, READ, chosen, graph_store, sparql
from .questions import read

if TYPE_CHECKING:
    from pathlib import Path

    from .config import Config
    from .pool import Pool


def create_app(pool: Pool, config: Config, queries: Path | None = None, digest: str = "") -> Flask:
    """Serve the dataset of `pool`, which `digest` names.

    `queries` is the folder of the questions that go with it.
    """
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = config.body_bytes
    app.url_map.merge_slashes = False  # a graph's name may hold two
    asked = read(queries) if queries else []
    told = description.Description(pool, config.source)
    index = Index(pool.files)
    checked = conformance.read(snapshot.find(config.snapshots, digest) if digest else None)
    app.extensions["served"] = description.Served(pool, told, asked, digest, index, checked)
    app.register_blueprint(pages)
    assets.register(app)
    description.register(app, chosen)
    downloads.register(app, config)
    search.register(app)
    reconciliation.register(app)
    llms.register(app)
    mcp.register(app, config.mcp_origins)
    app.add_url_rule("/opensearch.xml", view_func=opensearch)
    openapi.register(app)
    log.register(app, queries=config.log_queries)
    metrics.register(app)
    operation.register(app)
    if proxies := config.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, *(proxies,) * 3, x_prefix=proxies
        )
    for rule, view, methods in (
        ("/sparql", sparql, METHODS),
        ("/graph", graph_store, READ),
        ("/graph/<path:name>", graph_store, READ),
    ):
        app.add_url_rule(rule, view_func=view, methods=methods, provide_automatic_options=False)
    app.register_error_handler(RequestError, problems.of_request)
    app.register_error_handler(HTTPException, problems.of_http)
    app.register_error_handler(ClientGone, _nobody)
    app.register_error_handler(StoreChanged, operation.again)
    app.after_request(_with_headers)
    return app


def _nobody(_: ClientGone) -> Response:
    """Answer who has gone: nobody reads it, but the server wants a response."""
    return Response(status=HTTPStatus.REQUEST_TIMEOUT)


def _with_headers(response: Response) -> Response:
    """Let scripts of any origin read the answer, and let pages load nothing but our own files."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "*"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault(
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
        "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    )
    if not response.vary:
        response.vary.update(("Accept", "Accept-Language"))
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "")
        response.headers["Access-Control-Allow-Headers"] = (
            "Accept, Accept-Language, Content-Type, If-None-Match, "
            "MCP-Protocol-Version, Mcp-Method, Mcp-Name, Mcp-Session-Id"
        )
        response.headers["Access-Control-Max-Age"] = "86400"
    return response
