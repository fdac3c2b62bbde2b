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
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl

from . import log
from .cache import Key
from .query import glance, tag

if TYPE_CHECKING:
    from flask import Flask
    from granian.rsgi import Scope

    from .answers import Answer
    from .client import Client
    from .config import Config
    from .metrics import Metrics
    from .operation import Traffic
    from .workers import WorkerPool

PATH = "/sparql"
LONGEST = 2000
"""Characters of a query that is looked at here: it takes a millisecond at most."""

LONG = 1024
"""An answer of so many bytes or more is another kind: the application may compress it."""

SEEN = 1024
"""So many queries that were looked at are known again: 16 MB at most."""

KINDS = 256
"""So many kinds of requests are known; clients must not choose how many."""

VARYING = ("etag", "content-length", "x-request-id")
"""The headers that no two answers have in common."""

CONDITIONS = frozenset({"if-none-match", "content-length", "transfer-encoding"})
"""The headers that make a request not plain."""

OK = 200
"""`HTTPStatus.OK` costs a look-up of a property each time."""

Kind = tuple[str | None, str | None, bool]
"""What an answer's form depends on: Accept, Accept-Encoding, and whether it is a graph."""


@dataclass(frozen=True, slots=True)
class Form:
    """How the application answers one kind of request."""

    media_type: str
    headers: tuple[tuple[str, str], ...]


class Asked(NamedTuple):
    """A query in the media type that its answer gets, ready to be asked on one dataset."""

    key: Key
    etag: str
    message: bytes
    """What the pool sends to a worker."""


@dataclass(slots=True)
class Plain:
    """A request that may go the straight way, if its kind is known: then it is `asked`."""

    kind: Kind
    asked: Asked | None
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
        self._traffic: Traffic = app.extensions["traffic"]
        self._metrics: Metrics = app.extensions["metrics"]
        self._look = lru_cache(SEEN)(self._look_at)
        self._prepared = lru_cache(SEEN)(self._prepare)

    def plain(self, scope: Scope) -> Plain | None:
        """Give the request when it is plain."""
        if scope.path != PATH or scope.method != "GET":
            return None
        given = scope.headers.items()
        headers = dict(given)
        if len(headers) != len(given) or not CONDITIONS.isdisjoint(headers):
            return None
        if (looked := self._look(scope.query_string)) is None or not self._can_run():
            return None
        text, is_graph = looked
        kind = (headers.get("accept"), headers.get("accept-encoding"), is_graph)
        form = self._forms.get((kind, False)) or self._forms.get((kind, True))
        pool: WorkerPool = self._app.extensions["served"].pool
        digest = pool.dataset.digest
        return Plain(
            kind,
            self._prepared(text, form.media_type, pool, digest) if form else None,
            time.monotonic(),
            log.request_id(headers.get("x-request-id")),
            _address(scope.client, headers.get("x-forwarded-for"), self._config.proxies),
        )

    async def answer(self, plain: Plain, client: Client) -> Answer | None:
        """Give the answer when it comes soon and whole, in a form that is known.

        None when the application has to go on: what was begun is `client.ahead`.
        """
        if (asked := plain.asked) is None:
            return None
        pool: WorkerPool = self._app.extensions["served"].pool
        found = pool.answers.get(asked.key)
        if found is None:
            found = await pool.soon(asked.message, asked.key.media_type, client)
            if found and asked.key.digest == pool.dataset.digest:
                pool.answers.put(asked.key, found)
        if found and (found.file or (plain.kind, found.size >= LONG) not in self._forms):
            client.ahead = partial(_same, found)
            return None
        return found

    def headers(self, plain: Plain, found: Answer) -> list[tuple[str, str]]:
        """Give the headers of an answer."""
        assert plain.asked  # noqa: S101  # it has an answer
        return [
            *self._forms[plain.kind, found.size >= LONG].headers,
            ("etag", plain.asked.etag),
            ("content-length", str(found.size)),
            ("x-request-id", plain.request_id),
        ]

    def note(self, plain: Plain, found: Answer) -> None:
        """Log and count an answer that has been given."""
        seconds = time.monotonic() - plain.begun
        query = None
        if self._config.log_queries and plain.asked:
            query = plain.asked.key.text[: log.LONGEST]
        log.answered(plain.request_id, plain.address, PATH, found.size, seconds, query)
        self._metrics.observe(PATH, "GET", OK, seconds)

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

    def _look_at(self, query_string: str) -> tuple[str, bool] | None:
        """Give a plain query, and whether its answer is a graph."""
        text = _query(query_string)
        query = None if text is None else glance(text, self._config)
        if text is None or query is None:
            return None
        return text, query.form in ("CONSTRUCT", "DESCRIBE")

    def _prepare(self, text: str, media_type: str, pool: WorkerPool, digest: str) -> Asked:
        """Prepare a query for `pool` as long as `digest` names its dataset."""
        key = Key(digest, text, media_type, (), ())
        return Asked(key, f'W/"{tag(key)}"', pool.message(text, media_type))

    def _can_run(self) -> bool:
        """Tell whether workers of our own can answer; a remote store's answer is waited for."""
        if self._config.store or self._traffic.stopping:
            return False
        loaded: bool = self._app.extensions["served"].pool.loaded
        return loaded


def _same(found: Answer) -> Answer:
    return found


def _address(client: str, forwarded: str | None, proxies: int) -> str:
    """Give the address of who asks; behind proxies as werkzeug's ProxyFix reads it."""
    if proxies and forwarded:
        told = forwarded.split(",")
        if proxies <= len(told) and (said := told[-proxies].strip()):
            return said
    return _without_port(client)


@lru_cache(1024)
def _without_port(client: str) -> str:
    return client.rpartition(":")[0].strip("[]")


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
