"""Problems: an error in its one shape, RFC 9457, or as a page or a line where that is accepted."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Response, current_app

from . import negotiate
from .config import BASE
from .errors import QueueFull, RequestError, messages
from .pages.frame import page

if TYPE_CHECKING:
    from werkzeug.exceptions import HTTPException
    from werkzeug.wrappers import Response as AnyResponse

PROBLEM = "application/problem+json"


def of_request(error: RequestError) -> Response:
    """Tell what is wrong with a request."""
    lang = negotiate.language("en")
    said: dict[str, object] = {
        "type": f"{BASE}problem/{error.problem}",
        "title": error.title(lang),
        "status": error.status,
        "detail": error.detail(lang),
    }
    for name in ("line", "column", "token"):
        if (value := getattr(error, name)) is not None:
            said[name] = value
    response = _response(said, error.status, lang)
    if isinstance(error, QueueFull):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def of_http(error: HTTPException) -> AnyResponse:
    """Tell what Flask refuses: no such address, a method that it does not take, a fault of ours."""
    if error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return error.get_response()
    lang = negotiate.language("en")
    given = error.get_response().headers
    texts = messages().get(f"http-{error.code}")
    status = HTTPStatus(error.code)
    places = {
        "allowed": given.get("Allow", ""),
        "bytes": current_app.config["MAX_CONTENT_LENGTH"],
    }
    said: dict[str, object] = {
        "type": "about:blank",
        "title": texts["title"][lang] if texts else status.phrase,
        "status": status,
        "detail": texts["detail"][lang].format_map(places) if texts else status.phrase,
    }
    response = _response(said, status, lang)
    for name in ("Allow", "Retry-After"):
        if name in given:
            response.headers[name] = given[name]
    return response


def _response(said: dict[str, object], status: HTTPStatus, lang: str) -> Response:
    chosen = negotiate.media_type([PROBLEM, "application/json", "text/html", "text/plain"])
    if chosen == "text/html":
        text = page("error", lang, **said)
    elif chosen == "text/plain":
        place = f"{said['line']}:{said['column']}: " if "line" in said else ""
        text = f"{status.value} {said['title']}\n{place}{said['detail']}\n"
    else:
        text = json.dumps(said, ensure_ascii=False)
    response = Response(text, status, mimetype=chosen or PROBLEM)
    response.headers["Content-Language"] = lang
    response.headers["Cache-Control"] = "no-store"
    return response
