"""The pages: the server's time for each kind in both languages, and what a reader transfers.

The time is that of the whole application, from the request to the compressed bytes, in one process
with a pool of workers and nothing between; the bytes are counted over HTTP at `seisaku serve`.
`make bench` runs it; it writes `bench/results/pages.md`.
"""

from __future__ import annotations

import os
import platform
import re
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from browser.kinds import KINDS, Kind
from seisaku import snapshot
from seisaku.app import create_app
from seisaku.build import build
from seisaku.config import LANGUAGES, Config
from seisaku.workers import WorkerPool
from serving import Server, serving

if TYPE_CHECKING:
    from flask.testing import FlaskClient

RESULT = Path(__file__).parent / "results" / "pages.md"
ROUNDS = 40
GZIP = {"Accept-Encoding": "gzip"}
ASSET = re.compile(
    r'<link rel="(?:stylesheet|icon)"[^>]* href="([^"]+)"|<script [^>]*src="([^"]+)"'
)
TARGET_MS, TARGET_KB = 20, 100


@dataclass(frozen=True)
class Measured:
    """What one page took."""

    path: str
    first: float
    """Milliseconds of the first time."""
    median: float
    """Milliseconds at the median: a page is kept as it was written."""
    p95: float
    written: float
    """Milliseconds at the median of writing it anew, with the answers of the store kept."""
    html: int
    """Bytes of the compressed page with its headers."""
    all: int
    """The same with the style sheets, the icon and the scripts, as at a first visit."""


def main() -> None:
    """Measure, and write the table."""
    config = Config()
    name = snapshot.digest(config.root)
    folder = snapshot.find(config.snapshots, name) or build(config, lambda _step, _what: None)
    kinds = [kind for kind in KINDS if kind.is_here]
    with WorkerPool([folder / snapshot.DATASET], config, union_default_graph=True) as pool:
        pool.load()
        client = create_app(pool, config, config.root / "data" / "queries", name).test_client()
        client.get("/health")
        times = {path: timed(client, path) for path in paths(kinds)}
    with serving(log_level="warning") as server:
        server.ask("ASK {}")  # until the data are loaded
        found = [Measured(path, *times[path], *transferred(server, path)) for path in paths(kinds)]
    text = report(found)
    RESULT.write_text(text, encoding="utf-8")
    print(text)


def paths(kinds: list[Kind]) -> list[str]:
    """Give the addresses, both languages of a kind together."""
    return [f"/{lang}{kind.path}" for kind in kinds for lang in LANGUAGES]


def timed(client: FlaskClient, path: str) -> tuple[float, float, float, float]:
    """Give milliseconds: of the first, the median, the 95th in a hundred; of writing anew."""
    pages = client.application.extensions["served"].description.pages
    first, *_ = asked(client, path, 1)
    rest = asked(client, path, ROUNDS)
    anew = []
    for _ in range(ROUNDS):
        pages.clear()
        anew += asked(client, path, 1)
    return (
        first,
        statistics.median(rest),
        statistics.quantiles(rest, n=20)[-1],
        statistics.median(anew),
    )


def asked(client: FlaskClient, path: str, times: int) -> list[float]:
    """Ask for a page so many times; give the milliseconds of each."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        client.get(path, headers=GZIP)
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def transferred(server: Server, path: str) -> tuple[int, int]:
    """Give the bytes of the page, and of the page with all that it loads."""
    page, text = got(server, path)
    assets = {one or other for one, other in ASSET.findall(text)}
    return page, page + sum(got(server, each)[0] for each in assets)


def got(server: Server, path: str) -> tuple[int, str]:
    """Give the bytes of an answer in gzip, headers included, and its text when it is a page."""
    said = server.request("GET", path, headers={**GZIP, "Accept": "text/html"})
    headers = sum(len(f"{name}: {value}\r\n") for name, value in said.headers.items())
    plain = server.request("GET", path, headers={"Accept": "text/html"})
    is_page = "html" in (plain.headers["Content-Type"] or "")
    return headers + len(said.body), plain.body.decode() if is_page else ""


def report(found: list[Measured]) -> str:
    """Give the Markdown of the results."""
    home = max(each.all for each in found if re.fullmatch(r"/\w\w/", each.path))
    quick = sum(each.median < TARGET_MS for each in found)
    light = sum(each.written < TARGET_MS for each in found)
    load, python = os.getloadavg()[0], platform.python_version()
    lines = [
        "# The pages",
        "",
        f"Made by `make bench`: Python {python}, {os.cpu_count()} processors (load {load:.1f}),",
        f"{ROUNDS} requests of each page in one process, one after the other. The first has to ask",
        "the store; then answers are kept, and pages as they were written. Written anew: the",
        "answers are kept, the page is not.",
        "The bytes are those of gzip, with headers; with all: style sheets, icon and scripts too.",
        "",
        f"Below {TARGET_MS} ms at the median: {quick} of {len(found)} pages; written anew {light}.",
        f"The home page with all: {home / 1000:.0f} kB; the target is {TARGET_KB} kB.",
        "",
        "| page | first ms | p50 ms | p95 ms | p50 written anew ms | page kB | with all kB |",
        "| --- | --: | --: | --: | --: | --: | --: |",
        *(
            f"| `{each.path.partition('?')[0]}` | {each.first:.0f} | {each.median:.1f} "
            f"| {each.p95:.1f} | {each.written:.1f} "
            f"| {each.html / 1000:.1f} | {each.all / 1000:.1f} |"
            for each in found
        ),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
