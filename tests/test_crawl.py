"""A crawl: every IRI of ours in the dataset leads somewhere, and no link on the way is broken."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from flask.testing import FlaskClient
from pyoxigraph import NamedNode, RdfFormat, parse

from seisaku import snapshot
from seisaku.app import create_app
from seisaku.config import BASE, Config
from seisaku.workers import WorkerPool

HTML = {"Accept": "text/html", "Accept-Language": "ja"}
TURTLE = {"Accept": "text/turtle"}
SAMPLED = re.compile(
    r"/(?:en/.*|ja/(?:cite|why|query)\b.*|(?:id|scheme|ont|def)\b.*\.(?:nt|nq|trig|jsonld|rdf)|graph/.*)"
)
"""Links of which there is one kind for each thing: of each kind a few are followed."""

FOLLOWED = 3
"""So many links of a kind are followed."""


class Page(HTMLParser):
    """The links of a page and the places on it that a link can lead to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, _: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src", "action") and value:
                self.links.add(value)
            elif name == "id" and value:
                self.ids.append(value)


@dataclass
class Crawl:
    """What was found on the way."""

    things: list[str]
    """The paths of our IRIs, without what comes after a hash."""
    pages: dict[str, Page] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    """Pages on which two places have one name."""
    mute: list[str] = field(default_factory=list)
    """Documents in Turtle that do not speak of the thing."""
    followed: int = 0


@pytest.fixture(scope="module")
def client(built: Path) -> Iterator[FlaskClient]:
    config = Config(workers=2)
    with WorkerPool([built / snapshot.DATASET], config, union_default_graph=True) as pool:
        queries = Path(__file__).parents[1] / "data" / "queries"
        yield create_app(pool, config, queries).test_client(use_cookies=False)


@pytest.fixture(scope="module")
def crawl(built: Path, client: FlaskClient) -> Crawl:
    found = Crawl(sorted(things(built / snapshot.DATASET)))
    for path in found.things:
        as_page(client, path, found)
        as_turtle(client, path, found)
    follow(client, found)
    return found


def things(file: Path) -> set[str]:
    """The paths of all IRIs of ours: subjects, predicates, objects and graphs."""
    return {
        term.value.removeprefix(BASE).partition("#")[0]
        for quad in parse(path=file, format=RdfFormat.N_QUADS)
        for term in (quad.subject, quad.predicate, quad.object, quad.graph_name)
        if isinstance(term, NamedNode) and term.value.startswith(BASE)
    }


def as_page(client: FlaskClient, path: str, found: Crawl) -> None:
    got = client.get(f"/{path}", headers=HTML)
    steps = [got.status_code]
    where = f"/{path}"
    while got.status_code in (302, 303) and len(steps) < 4:
        where = got.headers["Location"]
        if where in found.pages:
            return
        got = client.get(where, headers=HTML)
        steps.append(got.status_code)
    if steps[-1] != 200 or got.mimetype != "text/html":
        found.broken.append(f"{path}: {steps}")
        return
    keep(found, where, got.text)


def keep(found: Crawl, where: str, text: str) -> None:
    page = found.pages[where] = Page(text)
    if len(set(page.ids)) != len(page.ids):
        found.twice.append(where)


def as_turtle(client: FlaskClient, path: str, found: Crawl) -> None:
    got = client.get(f"/{path}", headers=TURTLE)
    if got.status_code == 303:
        got = client.get(got.headers["Location"], headers=TURTLE)
    if got.status_code != 200 or got.mimetype != "text/turtle":
        found.broken.append(f"{path} in Turtle: {got.status_code}")
    elif path.startswith(("id/", "scheme/")) and f"<{BASE}{path}>" not in got.text:
        found.mute.append(path)


def follow(client: FlaskClient, found: Crawl) -> None:
    """Follow the links of all pages, and of the pages that they lead to."""
    kinds: dict[str, int] = defaultdict(int)
    seen: set[str] = set()
    waiting = [(where, link) for where, page in found.pages.items() for link in page.links]
    while waiting:
        where, link = waiting.pop()
        parts = urlsplit(link)
        if parts.scheme or not parts.path or link.partition("#")[0] in seen:
            continue
        address = link.partition("#")[0]
        seen.add(address)
        if address in found.pages or (SAMPLED.fullmatch(parts.path) and enough(kinds, parts.path)):
            continue
        found.followed += 1
        with client.get(address, headers=HTML, follow_redirects=True) as got:
            if got.status_code != 200:
                found.broken.append(f"{where} → {link}: {got.status_code}")
            elif got.mimetype == "text/html" and parts.path.startswith("/ja/"):
                keep(found, address, got.get_data(as_text=True))
                waiting += [(address, each) for each in found.pages[address].links]


def enough(kinds: dict[str, int], path: str) -> bool:
    kind = re.sub(r"/[^/]*?(\.\w+)?$", r"/…\1", path)
    kinds[kind] += 1
    return kinds[kind] > FOLLOWED


def test_every_iri_of_ours_leads_to_a_page_and_to_turtle(crawl: Crawl) -> None:
    assert len(crawl.things) > 1200
    assert len(crawl.pages) > 1200
    assert crawl.broken == []


def test_every_document_in_turtle_speaks_of_its_thing(crawl: Crawl) -> None:
    assert crawl.mute == []


def test_links_were_followed(crawl: Crawl) -> None:
    assert crawl.followed > 400  # among them each line of the source


def test_no_two_places_on_a_page_have_one_name(crawl: Crawl) -> None:
    assert crawl.twice == []


def test_a_link_into_a_page_leads_to_a_place_on_it(crawl: Crawl) -> None:
    lost = set()
    for where, page in crawl.pages.items():
        for link in page.links:
            address, _, place = link.partition("#")
            there = crawl.pages.get(address or where)
            if place and there and unquote(place) not in there.ids:
                lost.add(f"{where} → {link}")
    assert not lost
