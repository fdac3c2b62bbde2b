"""HTTP: the MCP server at `/mcp`, by streamable HTTP without sessions: one request, one answer.

A request runs the SDK's own transport in the thread that has it, in an event loop of its own; so
what holds for every request holds here: the limits of its body, of its queries and of their queue,
the end of a query whose client leaves, the log. 3 ms of a request are the SDK's.
"""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING, Any

from flask import Response, current_app, request

from ..description import served
from ..errors import Refused, UnsupportedType
from ..protocol import client

if TYPE_CHECKING:
    from flask import Flask
    from mcp.server.lowlevel import Server


def register(app: Flask, origins: tuple[str, ...]) -> None:
    """Add the route; a page of another origin than `origins` may not use it."""
    app.extensions["mcp_origins"] = origins
    app.add_url_rule("/mcp", "mcp", _mcp, methods=["POST"])


def _mcp() -> Response:
    """Answer one message of an agent.

    A browser names the origin of the page that asks. None is allowed unless the operator says so:
    else a page could have its visitor's browser ask a server in the visitor's network.
    """
    from .server import CURRENT
    from .tools import Tools

    origin = request.headers.get("Origin")
    if origin is not None and origin not in current_app.extensions["mcp_origins"]:
        raise Refused("origin", origin=origin[:200])
    if request.mimetype != "application/json":
        raise UnsupportedType("json")
    now = served()
    CURRENT.set(Tools(now.pool, now.index, now.questions, now.description.passages, client()))
    status, headers, body = asyncio.run(_exchange(request.environ, request.get_data()))
    response = Response(body, status, headers)
    response.headers["Cache-Control"] = "no-store"
    return response


async def _exchange(
    environ: dict[str, Any], body: bytes
) -> tuple[int, list[tuple[str, str]], bytes]:
    """Run the SDK's transport (an ASGI application) for one request."""
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    said: list[dict[str, Any]] = []
    given = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if given:
            return given.pop()
        await asyncio.Event().wait()  # who leaves is told otherwise: see gateway.py
        raise AssertionError

    async def send(message: Any) -> None:  # noqa: ANN401  # ASGI's messages
        said.append(message)

    manager = StreamableHTTPSessionManager(_server(), json_response=True, stateless=True)
    async with manager.run():
        await manager.handle_request(_scope(environ), receive, send)
    headers = [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in said[0]["headers"]
    ]
    return said[0]["status"], headers, b"".join(each.get("body", b"") for each in said[1:])


@cache
def _server() -> Server[Any]:
    """Give the server of the tools, in the form that the transport takes."""
    from .server import server

    mcp = server()
    mcp.streamable_http_app()
    found: Server[Any] = mcp.session_manager.app
    return found


def _scope(environ: dict[str, Any]) -> dict[str, Any]:
    headers = [
        (name.removeprefix("HTTP_").replace("_", "-").lower(), value)
        for name, value in environ.items()
        if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")
    ]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": environ["REQUEST_METHOD"],
        "scheme": environ["wsgi.url_scheme"],
        "path": environ["PATH_INFO"],
        "raw_path": environ["PATH_INFO"].encode("latin-1"),
        "query_string": environ["QUERY_STRING"].encode("latin-1"),
        "root_path": environ["SCRIPT_NAME"],
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
        "client": None,
        "server": None,
    }
