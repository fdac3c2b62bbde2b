"""Passages: what a record cites, with its text where the source document is at hand."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from conftest import REPOSITORY
from seisaku import snapshot
from seisaku.app import create_app
from seisaku.build import build
from seisaku.config import BASE, Config
from seisaku.errors import SourceMismatch
from seisaku.passages import Passage, Passages
from seisaku.workers import WorkerPool

SOURCE = REPOSITORY / "tests" / "small" / "source.txt"
FIRST, SECOND = (f"{BASE}id/segment/{name}" for name in ("L1", "L3-L4"))
QUERY = "SELECT ?line { ?record <https://w3id.org/seisaku/def#isStatedIn> ?line } ORDER BY ?line"


@pytest.fixture(autouse=True, params=[5000, 0], ids=["all known", "looked up"])
def most(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many passages are read at once: there are two."""
    monkeypatch.setattr("seisaku.passages.MOST", request.param)
    number: int = request.param
    return number


@pytest.fixture
def pool(config: Config) -> Iterator[WorkerPool]:
    folder = build(config, lambda _step, _what: None)
    with WorkerPool([folder / snapshot.DATASET], config, union_default_graph=True) as opened:
        yield opened


@pytest.fixture
def without(pool: WorkerPool, config: Config) -> FlaskClient:
    return create_app(pool, config).test_client()


@pytest.fixture
def with_text(pool: WorkerPool, config: Config) -> FlaskClient:
    return create_app(pool, replace(config, source=(SOURCE,))).test_client()


def test_every_segment_has_its_passage_in_the_order_of_the_lines(pool: WorkerPool) -> None:
    found = Passages(pool, [])
    assert found.in_order([SECOND, FIRST, "urn:no"]) == [FIRST, SECOND]
    assert [each.name for each in found.of("text").values()] == ["L1", "L3–L4"]
    assert found.of('t"} #') == {}
    assert found[FIRST] == Passage(f"{BASE}id/source/text", 1, 1, None, None)


def test_those_that_are_gone_through_are_all_where_they_are_few(
    pool: WorkerPool, most: int
) -> None:
    found = Passages(pool, [])
    assert found.are_all == (most > 0)
    assert found.are_all == (list(found) == [FIRST, SECOND])


@pytest.mark.parametrize("text", ["", "a text", f"{FIRST}> <urn:x", "urn:no", "第1行", '"'])
def test_what_is_no_segment_has_no_passage(pool: WorkerPool, text: str) -> None:
    found = Passages(pool, [])
    assert text not in found
    assert found.get(text) is None


def test_a_passage_has_its_text_when_the_document_is_at_hand(pool: WorkerPool) -> None:
    lines = SOURCE.read_text(encoding="utf-8").split("\n")
    found = Passages(pool, [SOURCE])
    assert found[FIRST].text == lines[0]
    assert found[SECOND].text == f"{lines[2]}\n{lines[3]}"


def test_a_document_that_nothing_cites_is_refused(pool: WorkerPool, tmp_path: Path) -> None:
    (tmp_path / "another.txt").write_text("another\n", encoding="utf-8")
    with pytest.raises(SourceMismatch, match=r"another.txt: no record cites this document"):
        Passages(pool, [tmp_path / "another.txt"])


def test_a_line_is_shown_by_its_number_and_links_to_the_source(without: FlaskClient) -> None:
    page = without.get("/en/query", query_string={"query": QUERY}).text
    assert '<a class="line" href="/en/source/text#L1">L1</a>' in page
    assert "<q" not in page


def test_the_passage_stands_beside_the_fact_when_the_document_is_at_hand(
    with_text: FlaskClient,
) -> None:
    page = with_text.get("/en/query", query_string={"query": QUERY}).text
    line = SOURCE.read_text(encoding="utf-8").split("\n")[0]
    assert f'<q class="passage">{line}</q>' in page


@pytest.mark.parametrize(("lang", "label"), [("ja", "東北圏"), ("en", "Tohoku area")])
def test_the_source_is_listed_by_line_with_what_cites_it(
    without: FlaskClient, lang: str, label: str
) -> None:
    page = without.get(f"/{lang}/source/text").text
    assert 'id="L3"' in page
    assert f">{label}</a>" in page
    assert "<blockquote" not in page


def test_the_listed_source_has_its_text_when_it_is_at_hand(with_text: FlaskClient) -> None:
    page = with_text.get("/ja/source/text").text
    assert SOURCE.read_text(encoding="utf-8").split("\n")[2] in page


def test_a_source_that_is_not_there_is_404(without: FlaskClient) -> None:
    assert without.get("/ja/source/gone").status_code == 404
