"""Log: one line of JSON for each request and each event, on stderr."""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import os
import re
import secrets
import sys
import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TextIO

from flask import Response, g, request
from werkzeug.exceptions import HTTPException

from .errors import RequestError
from .protocol import QUERY, parameters

if TYPE_CHECKING:
    from flask import Flask

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""What a client may call its request: it comes back in a header and stands in the log."""

OURS = secrets.token_hex(8)
"""How the names begin that this process gives to requests; their number follows."""

LONGEST = 10_000
"""So many characters of a query stand in the log."""

events = logging.getLogger("seisaku")
_numbers = itertools.count(1)


class _Lines(logging.StreamHandler[TextIO]):
    """Writes a record as a line of JSON, so that nothing in it can look like another line."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        said: dict[str, Any] = getattr(record, "said", {})
        if record.exc_info:
            trace = logging.Formatter().formatException(record.exc_info)
            said = {**said, "trace": trace}
        return _line(record.created, record.levelname.lower(), record.getMessage(), said)


_encode = json.JSONEncoder(ensure_ascii=False).encode


def _line(created: float, level: str, event: str, said: dict[str, Any]) -> str:
    """Give the line that tells an event at a time, in seconds since 1970."""
    return _encode({"time": _at(created), "level": level, "event": event, **said})


def _at(created: float) -> str:
    return f"{_second(int(created))}.{int(created * 1000) % 1000:03d}+00:00"


@lru_cache(2)
def _second(created: int) -> str:
    return datetime.fromtimestamp(created, UTC).replace(tzinfo=None).isoformat()


def start(level: str) -> None:
    """Write what is of `level` (see `Config.log_level`) or above to stderr from here on."""
    # What no line tells is not looked up, which took a third of the time of a line: see
    # "Optimization" in Python's documentation of logging.
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    events.handlers[:] = [_Lines(sys.stderr)]
    events.setLevel(level.upper())
    events.propagate = False


def register(app: Flask, *, queries: bool) -> None:
    """Name every request, and log it; with `queries`, its query's text too."""
    app.before_request(_name)
    app.after_request(_named)
    app.after_request(_with_query if queries else _without_query)


def request_id(given: str | None) -> str:
    """Give the name of a request: what its client calls it, or one of ours."""
    return given if given and REQUEST_ID.fullmatch(given) else f"{OURS}{next(_numbers):016x}"


def answered(
    request_id: str, client: str, path: str, size: int, seconds: float, query: str | None
) -> None:
    """Log a GET that was answered with `size` bytes, as `events.info` does for five times the time.

    `query` is told unless it is None.
    """
    if not events.isEnabledFor(logging.INFO):
        return
    more = "" if query is None else f', "query": {_encode(query)}'
    line = (
        f'{{"time": "{_at(time.time())}", "level": "info", "event": "request",'
        f' "request_id": "{request_id}", "client": {_encode(client)}, "method": "GET",'
        f' "path": "{path}", "status": 200, "bytes": {size}, "seconds": {seconds:.6f}{more}}}\n'
    )
    os.write(sys.stderr.fileno(), line.encode("utf-8", "backslashreplace"))


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
