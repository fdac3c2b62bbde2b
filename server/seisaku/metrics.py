"""Metrics: what the server does, counted for Prometheus.

One process answers all requests, in threads, so the counts of a process are those of the server.
"""

from __future__ import annotations

import time
from importlib.metadata import version
from typing import TYPE_CHECKING

from flask import Response, current_app, g, request
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from prometheus_client import Metric

    from .description import Served

METHODS = ("GET", "HEAD", "POST", "QUERY", "OPTIONS", "PUT", "DELETE", "PATCH")
"""Any other method counts as `other`: a client must not choose how many series there are."""

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The counters of one application."""

    def __init__(self, app: Flask) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.registry.register(_PoolCollector(app))
        self.requests = Counter(
            "seisaku_requests",
            "Requests answered.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "seisaku_request_seconds",
            "Seconds from a request to its response.",
            ("route",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self._series: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self.changes = Counter(
            "seisaku_dataset_changes",
            "Changes to another dataset, by whether they were done.",
            ("result",),
            registry=self.registry,
        )
        for result in ("done", "failed"):
            self.changes.labels(result)

    def count(self, response: Response) -> Response:
        """Count a request when its response is made."""
        route = request.url_rule.rule if request.url_rule else "none"
        method = request.method if request.method in METHODS else "other"
        self.observe(route, method, response.status_code, time.monotonic() - g.begun)
        return response

    def observe(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request that took so many seconds."""
        known = self._series.get((route, method, status))
        if known is None:
            known = self.requests.labels(route, method, status), self.seconds.labels(route)
            self._series[route, method, status] = known
        known[0].inc()
        known[1].observe(seconds)


class _PoolCollector(Collector):
    """Reads the pool when it is asked: it may have been changed for another since."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def collect(self) -> Iterator[Metric]:
        """Give what the pool tells of itself."""
        served: Served = self._app.extensions["served"]
        pool = served.pool
        yield GaugeMetricFamily(
            "seisaku_queries_waiting", "Queries that wait for a worker.", pool.waiting
        )
        yield GaugeMetricFamily("seisaku_queries_running", "Queries that run.", pool.running)
        yield GaugeMetricFamily("seisaku_ready", "Whether the dataset is loaded.", pool.loaded)
        kills = CounterMetricFamily(
            "seisaku_worker_kills", "Workers ended with their query.", labels=["reason"]
        )
        for reason, count in sorted(pool.kills.items()):
            kills.add_metric([reason], count)
        yield kills
        cache = CounterMetricFamily(
            "seisaku_cache", "Answers looked for in the cache.", labels=["result"]
        )
        cache.add_metric(["hit"], pool.answers.hits)
        cache.add_metric(["miss"], pool.answers.misses)
        yield cache
        info = InfoMetricFamily("seisaku_dataset", "What is served.")
        info.add_metric([], {"digest": served.digest, "version": version("seisaku")})
        yield info


def register(app: Flask) -> None:
    """Count every request from here on, and add the route that tells the counts."""
    metrics = app.extensions["metrics"] = Metrics(app)
    app.before_request(_begin)
    app.after_request(metrics.count)
    app.add_url_rule("/metrics", "metrics", _tell)


def _begin() -> None:
    g.begun = time.monotonic()


def _tell() -> Response:
    metrics: Metrics = current_app.extensions["metrics"]
    response = Response(generate_latest(metrics.registry), content_type=CONTENT_TYPE_LATEST)
    response.headers["Cache-Control"] = "no-store"
    return response
