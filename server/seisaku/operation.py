"""Operation: is the server alive and ready; its stop and its change of dataset without loss."""

from __future__ import annotations

import threading
import time
from collections import Counter
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Response, current_app, g, json, request

from . import conformance, snapshot
from .description import Description, Served, served
from .errors import QueueFull, RequestError, StoreChanged
from .index import Index

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue

    from .pool import Pool
    from .questions import Question

ALWAYS = ("health", "ready", "metrics")
"""The endpoints that answer while the server stops."""

TICK = 0.05
"""Seconds between two looks whether the snapshot that the store holds is served."""


class Traffic:
    """Counts the requests that are being answered, before and after a change of dataset.

    The gateway counts them, which sees the whole of each, until its answer is sent. Thread-safe.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._waited = 0
        self._running: Counter[int] = Counter()
        self._generation = 0
        self.stopping = False

    def begin(self) -> int:
        """Count a request in; give what `end` wants to know."""
        with self._lock:
            self._running[self._generation] += 1
            return self._generation

    def end(self, generation: int) -> None:
        """Count a request out."""
        with self._lock:
            self._running[generation] -= 1
            if self._waited:
                self._changed.notify_all()

    def turn(self) -> int:
        """Begin a new generation; give the one before."""
        with self._lock:
            self._generation += 1
            return self._generation - 1

    def wait(self, generation: int, seconds: float) -> bool:
        """Wait until no request of `generation`, or of one before, is left; tell whether so."""
        with self._lock:
            self._waited += 1
            try:
                return self._changed.wait_for(lambda: not self._left(generation), seconds)
            finally:
                self._waited -= 1

    def _left(self, generation: int) -> int:
        return sum(count for each, count in self._running.items() if each <= generation)


def register(app: Flask) -> None:
    """Add the routes of health and readiness, and refuse requests while the server stops."""
    app.extensions["traffic"] = Traffic()
    app.add_url_rule("/health", "health", lambda: _said("ok"))
    app.add_url_rule("/ready", "ready", _ready)
    app.before_request(_refuse_when_stopping)


def change(app: Flask, pool: Pool, questions: list[Question], digest: str) -> None:
    """Serve another dataset: that of `pool`, with its `questions`; `digest` names it.

    Raises what the loading raises, or that the source documents are not those it cites; then
    `pool` is closed, and the old one goes on. Else the old one is closed when the requests that
    may use it have ended, which the deadline of its queries sees to.
    """
    description = Description(pool, pool.config.source)
    try:
        pool.load()
        index = Index(pool.files)
        _ = description.passages
        index.load()
    except BaseException:
        pool.close()
        raise
    old: Served = app.extensions["served"]
    checked = conformance.read(snapshot.find(pool.config.snapshots, digest))
    app.extensions["served"] = Served(pool, description, questions, digest, index, checked)
    traffic: Traffic = app.extensions["traffic"]
    # Not here: what it waits for may itself wait for the next change (`again`).
    leaving = (old.pool, traffic, traffic.turn())
    threading.Thread(target=_close, args=leaving, name="closing", daemon=True).start()


def _close(pool: Pool, traffic: Traffic, generation: int) -> None:
    """Close `pool` when no request of `generation`, or of one before, is left."""
    traffic.wait(generation, 2 * pool.config.deadline)
    pool.close()


def stop(app: Flask, seconds: float) -> None:
    """Refuse new requests; give those that run some `seconds`, then end their queries (503)."""
    traffic: Traffic = app.extensions["traffic"]
    traffic.stopping = True
    if not traffic.wait(traffic.turn(), seconds):
        app.extensions["served"].pool.close()
        traffic.wait(traffic.turn(), 0.5)


def again(_: StoreChanged) -> ResponseReturnValue:
    """Answer a request once more, now that the store holds another snapshot than it began with.

    When that is not served within the time that a query may take, it is to be tried again (503).
    """
    before = served()
    ends = time.monotonic() + before.pool.config.deadline
    fault: RequestError = QueueFull("changing")
    while time.monotonic() < ends:
        if current_app.extensions["served"] is before:
            time.sleep(TICK)
            continue
        before = g.served = current_app.extensions["served"]
        try:
            return current_app.dispatch_request()
        except StoreChanged:
            continue
        except RequestError as error:
            fault = error
            break
    # Raised from here it would be an error of the server: a handler's errors have no handler.
    return current_app.handle_user_exception(fault)


def _ready() -> Response:
    traffic: Traffic = current_app.extensions["traffic"]
    if traffic.stopping:
        return _said("stopping", HTTPStatus.SERVICE_UNAVAILABLE)
    if not served().pool.loaded:
        return _said("loading", HTTPStatus.SERVICE_UNAVAILABLE)
    return _said("ready")


def _said(status: str, code: HTTPStatus = HTTPStatus.OK) -> Response:
    response = Response(json.dumps({"status": status}), code, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _refuse_when_stopping() -> None:
    traffic: Traffic = current_app.extensions["traffic"]
    if traffic.stopping and request.endpoint not in ALWAYS:
        raise QueueFull("stopping")
