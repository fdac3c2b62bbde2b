"""Log: one line of JSON for each request and each event, on stderr."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import secrets
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flask import Response, g, request
from werkzeug.exceptions import HTTPException

from .errors import RequestError
from .protocol import QUERY, parameters

if TYPE_CHECKING:
    from flask import Flask

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""What a client may call its request: it comes back in a header and stands in the log."""

LONGEST = 10_000
"""So many characters of a query stand in the log."""

events = logging.getLogger("seisaku")


class _Lines(logging.Formatter):
    """Writes a record as a line of JSON, so that nothing in it can look like another line."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "said", {}),
        }
        if record.exc_info:
            said["trace"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False)


def start(level: str) -> None:
    """Write what is of `level` (see `Config.log_level`) or above to stderr from here on."""
    # What no line tells is not looked up, which took a third of the time of a line: see
    # "Optimization" in Python's documentation of logging.
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    events.handlers[:] = [handler]
    events.setLevel(level.upper())
    events.propagate = False


def register(app: Flask, *, queries: bool) -> None:
    """Name every request, and log it; with `queries`, its query's text too."""
    app.before_request(_name)
    app.after_request(_named)
    app.after_request(_with_query if queries else _without_query)


def request_id(given: str) -> str:
    """Give the name of a request: what its client calls it, or one of ours."""
    return given if REQUEST_ID.fullmatch(given) else secrets.token_hex(16)


def _name() -> None:
    g.request_id = request_id(request.headers.get("X-Request-ID", ""))
    g.named_at = time.monotonic()


def _named(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.request_id
    return response


def _with_query(response: Response) -> Response:
    text = ""
    with contextlib.suppress(RequestError, HTTPException):  # what was refused is refused again
        text = parameters().get("query", "")
        if request.mimetype == QUERY:
            text = request.get_data(as_text=True)
    return _log(response, query=text[:LONGEST])


def _without_query(response: Response) -> Response:
    return _log(response)


def _log(response: Response, **more: object) -> Response:
    said = {
        "request_id": g.request_id,
        "client": request.remote_addr,
        "method": request.method,
        "path": request.path,
        "status": response.status_code,
        "bytes": response.content_length,
        "seconds": round(time.monotonic() - g.named_at, 6),
        **more,
    }
    events.info("request", extra={"said": said})
    return response
