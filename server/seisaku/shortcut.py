"""Shortcut: a plain GET of the endpoint, answered in the event loop, without a thread or Flask.

Four fifths of the time of a look-up went into the way to the worker and back: a thread, the
framework, the parsing of headers that are the same each time. What is plain here goes the straight
way: one query that stays home, no condition, a short answer that comes soon. All else goes through
the application, which also says how a plain answer looks: its headers for one kind of request are
learnt from its own answer to the first of that kind. A query that is slow, long or in error goes on
in the application where it stands: nothing is asked twice.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from . import log
from .query import Request, glance

if TYPE_CHECKING:
    from flask import Flask
    from granian.rsgi import Scope

    from .answers import Answer
    from .client import Client
    from .config import Config
    from .query import Query
    from .workers import WorkerPool

PATH = "/sparql"
LONGEST = 1000
"""Characters of a query that is looked at here: it takes a millisecond at most."""

LONG = 1024
"""An answer of so many bytes or more is another kind: the application may compress it."""

SEEN = 1024
"""So many queries that were looked at are known again: 4 MB at most."""

KINDS = 256
"""So many kinds of requests are known; clients must not choose how many."""

VARYING = ("etag", "content-length", "x-request-id")
"""The headers that no two answers have in common."""

CONDITIONS = ("if-none-match", "content-length", "transfer-encoding")
"""What makes a request not plain."""

Kind = tuple[str | None, str | None, bool]
"""What an answer's form depends on: Accept, Accept-Encoding, and whether it is a graph."""


@dataclass(frozen=True, slots=True)
class Form:
    """How the application answers one kind of request."""

    media_type: str
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Plain:
    """A request that may go the straight way, if its kind is known."""

    asked: Request
    kind: Kind
    begun: float
    request_id: str
    address: str


class Shortcut:
    """Answers what is plain for `app`, within the limits of `config`."""

    def __init__(self, app: Flask, config: Config) -> None:
        self._app = app
        self._config = config
        self._forms: dict[tuple[Kind, bool], Form] = {}
        """The form of the short and of the long answers of each kind."""
        self._metrics = app.extensions["metrics"]
        self._look = lru_cache(SEEN)(self._look_at)

    def plain(self, scope: Scope, client: Client) -> Plain | None:
        """Give the request when it is plain; and tell `client` who it is."""
        if scope.method != "GET" or scope.path != PATH:
            return None
        given = scope.headers.items()
        headers = dict(given)
        if len(headers) != len(given) or any(each in headers for each in CONDITIONS):
            return None
        if (looked := self._look(scope.query_string)) is None or not self._can_run():
            return None
        text, query = looked
        graph = query.form in ("CONSTRUCT", "DESCRIBE")
        kind = (headers.get("accept"), headers.get("accept-encoding"), graph)
        form = self._forms.get((kind, False)) or self._forms.get((kind, True))
        asked = Request(text, form.media_type if form else "", (), (), query)
        address = _address(scope, headers, self._config.proxies)
        client.known_as(address)
        request_id = log.request_id(headers.get("x-request-id", ""))
        return Plain(asked, kind, time.monotonic(), request_id, address)

    async def answer(self, plain: Plain, client: Client) -> Answer | None:
        """Give the answer when it comes soon and whole, in a form that is known.

        None when the application has to go on: what was begun is `client.ahead`.
        """
        if not plain.asked.media_type:
            return None
        pool: WorkerPool = self._app.extensions["served"].pool
        key = plain.asked.key(pool)
        found = pool.answers.get(key) if key else None
        if found is None:
            found = await pool.soon(plain.asked.text, plain.asked.media_type, client)
            if found and key and key == plain.asked.key(pool):
                pool.answers.put(key, found)
        if found and (found.file or (plain.kind, found.size >= LONG) not in self._forms):
            client.ahead = partial(_same, found)
            return None
        return found

    def headers(self, plain: Plain, found: Answer) -> list[tuple[str, str]]:
        """Give the headers of an answer, once it is logged and counted."""
        pool = self._app.extensions["served"].pool
        seconds = time.monotonic() - plain.begun
        said = {
            "request_id": plain.request_id,
            "client": plain.address,
            "method": "GET",
            "path": PATH,
            "status": 200,
            "bytes": found.size,
            "seconds": round(seconds, 6),
        }
        if self._config.log_queries:
            said["query"] = plain.asked.text[: log.LONGEST]
        log.events.info("request", extra={"said": said})
        self._metrics.observe(PATH, "GET", 200, seconds)
        return [
            *self._forms[plain.kind, found.size >= LONG].headers,
            ("etag", f'W/"{plain.asked.tag(pool)}"'),
            ("content-length", str(found.size)),
            ("x-request-id", plain.request_id),
        ]

    def learn(
        self, plain: Plain, environ: dict[str, Any], status: int, headers: list[tuple[str, str]]
    ) -> None:
        """Note how the application has answered a plain request, unless it has compressed it."""
        media_type = environ.get("seisaku.media_type")
        named = dict(headers)
        if status != 200 or media_type is None or "content-encoding" in named:
            return
        if "etag" in named and len(self._forms) < KINDS:
            same = tuple(each for each in headers if each[0] not in VARYING)
            is_long = int(named["content-length"]) >= LONG
            self._forms[plain.kind, is_long] = Form(media_type, same)

    def _look_at(self, query_string: str) -> tuple[str, Query] | None:
        text = _query(query_string)
        query = None if text is None else glance(text, self._config)
        return None if text is None or query is None else (text, query)

    def _can_run(self) -> bool:
        """Tell whether workers of our own can answer; a remote store's answer is waited for."""
        if self._config.store:
            return False
        extensions = self._app.extensions
        return bool(extensions["served"].pool.loaded and not extensions["traffic"].stopping)


def _same(found: Answer) -> Answer:
    return found


def _address(scope: Scope, headers: dict[str, str], proxies: int) -> str:
    """Give the address of who asks; behind proxies as werkzeug's ProxyFix reads it."""
    told = headers.get("x-forwarded-for", "").split(",")
    if 0 < proxies <= len(told) and (said := told[-proxies].strip()):
        return said
    address: str = scope.client.rpartition(":")[0]
    return address.strip("[]")


def _query(query_string: str) -> str | None:
    """Give the query when it is the only parameter, short, and in UTF-8."""
    if len(query_string) > 3 * LONGEST:
        return None
    try:
        given = parse_qsl(query_string, keep_blank_values=True, errors="strict", max_num_fields=2)
    except ValueError:
        return None
    if len(given) != 1 or given[0][0] != "query" or len(given[0][1]) > LONGEST:
        return None
    return given[0][1]
