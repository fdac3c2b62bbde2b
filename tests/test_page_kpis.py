"""The page of the KPIs: each figure with its unit, its basis and the reading it rests on."""

import re
from collections.abc import Iterator
from decimal import Decimal
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from conftest import REPOSITORY
from seisaku import snapshot
from seisaku.app import create_app
from seisaku.config import BASE, Config
from seisaku.pages import kpis
from seisaku.workers import WorkerPool

QUERIES = REPOSITORY / "data" / "queries"
SCHEME = BASE + "scheme/"


@pytest.fixture(scope="module")
def client(built: Path) -> Iterator[FlaskClient]:
    config = Config()
    with WorkerPool([built / snapshot.DATASET], config, union_default_graph=True) as pool:
        yield create_app(pool, config, QUERIES).test_client()


def got(client: FlaskClient, path: str) -> str:
    found = client.get(path)
    assert found.status_code == 200
    return unescape(found.text)


def plain(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def rows(html: str, heading: str) -> list[str]:
    """The rows of the table below a heading, as they are read."""
    table = html.partition(f'id="{heading}"')[2].partition("<tbody>")[2].partition("</table>")[0]
    return [plain(row) for row in table.split("<tr>")[1:]]


def value(role: str, number: int | None, **others: str) -> kpis.Value:
    said = {
        "direction": SCHEME + "preferred-direction/higher",
        "basis": SCHEME + "aggregation-basis/not-stated",
        "comparator": kpis.AT_LEAST if role == kpis.TARGET else "",
        "unit": SCHEME + "unit/company",
        **others,
    }
    of = dict.fromkeys(("iri", "indicator", "hub", "designation", "phase", "end", "base"), "")
    reached = None if number is None else Decimal(number)
    return kpis.Value(
        **of, **said, role=role, wording="", number=reached, multiplier=None, lines=(), layer=""
    )


def result(start: int, aim: int | None, end: int, **others: str) -> kpis.Result:
    target = value(kpis.TARGET, aim, **others)
    actual = {key: each for key, each in others.items() if key != "comparator"}
    baseline = value(kpis.BASELINE, start, **actual)
    return kpis.Result(baseline, target, value(kpis.ACTUAL, end, **actual), target.number)


def test_whether_tokyo_met_its_kpis_is_the_first_thing_that_is_said(client: FlaskClient) -> None:
    told = plain(got(client, "/en/kpis").partition("<main")[2])
    beginning = told.partition("our calculation")[0]
    assert "Did the Tokyo area meet its KPIs?" in beginning
    assert "Of 3 KPIs, 2 reached the target and 1 did not." in beginning
    told = plain(got(client, "/ja/kpis"))
    assert "東京圏はKPIを達成したか" in told
    assert "3つのKPIのうち、2つが目標に届き、1つが届きませんでした。" in told


def test_values_come_with_unit_wording_basis_and_lines(client: FlaskClient) -> None:
    startups, projects, unicorns = rows(got(client, "/en/kpis"), "results-1")
    assert "533 companies wording 533社" in startups
    assert "wording 倍増 1,066 companies our calculation" in startups
    assert (
        "1,643 companies wording 1,643社 Counted over: not stated said L204 L206 L207" in startups
    )
    assert "✓ reached" in startups
    for said in ("0 projects", "50 projects", "198 projects", "✓ reached", "L208"):
        assert said in projects
    for said in ("3 companies", "20 companies", "15 companies", "✗ not reached", "L209"):
        assert said in unicorns


def test_the_odd_wording_of_the_source_stands_beside_the_name(client: FlaskClient) -> None:
    page = got(client, "/en/kpis")
    assert 'in the source <q lang="ja">ユニコン数</q>' in page
    assert "ユニコーン数 資料の表記 ユニコン数" in plain(got(client, "/ja/kpis"))


def test_each_percentage_comes_with_its_reading(client: FlaskClient) -> None:
    told = " ".join(rows(got(client, "/en/kpis"), "readings-1"))
    for formula, figure in (
        ("1,643 ÷ 1,066", "154.1%"),
        ("(1,643 − 533) ÷ (1,066 − 533)", "208.3%"),
        ("1,643 ÷ 533", "3.08 times"),
        ("198 ÷ 50", "396.0%"),
        ("(198 − 0) ÷ (50 − 0)", "396.0%"),
        ("15 ÷ 20", "75.0%"),
        ("(15 − 3) ÷ (20 − 3)", "70.6%"),
        ("15 ÷ 3", "5.00 times"),
    ):
        assert f"{formula} {figure}" in told
    assert "198 ÷ 0" not in told


def test_cumulative_and_per_year_are_not_comparable(client: FlaskClient) -> None:
    unicorns, _ = rows(got(client, "/en/kpis"), "ahead")
    assert "15社(5年累積)" in unicorns
    assert "15社/年" in unicorns
    assert "end of FY2024" in unicorns
    assert "not comparable our calculation" in unicorns
    assert "(cumulative over five years; per year)" in unicorns
    assert "if 15 companies a year were kept up for five years, that would be 75" in unicorns


def test_a_rank_is_lower_is_better_and_has_no_bar(client: FlaskClient) -> None:
    page = got(client, "/en/kpis")
    _, ranking = rows(page, "ahead")
    assert "rank 10" in ranking
    assert "rank 5 or better" in ranking
    assert "lower is better: the target is 5 places up" in ranking
    assert page.count('<svg class="bar"') == 3
    assert '<svg class="bar"' not in page.partition('id="ahead"')[2]
    assert "10位" in plain(got(client, "/ja/kpis"))


def test_a_bar_says_its_values_in_words_and_draws_them_on_one_scale(client: FlaskClient) -> None:
    page = got(client, "/en/kpis")
    assert (
        'aria-label="Unicorns: start 3 companies, target 20 companies, actual 15 companies"' in page
    )
    (unicorns,) = re.findall(r'aria-label="Unicorns: start.*?</svg>', page, re.DOTALL)
    assert 'width="145.5"' in unicorns  # 15/20 of the 194 units
    assert 'class="aim" d="M196.0 2V26"' in unicorns


def test_the_kpis_of_all_other_hubs_are_not_stated(client: FlaskClient) -> None:
    told = rows(got(client, "/en/kpis"), "open")
    first, second = (row for row in told if row.startswith("KPI values of"))
    assert all("not stated" in row for row in told)
    assert "Sapporo-Hokkaido , Sendai City , Chubu area , Keihanshin (Osaka-Kyoto-Kobe)" in first
    assert first.count(" , ") == 6
    assert second.count(" , ") == 11
    assert "Tokyo area" not in first + second
    assert any(row.startswith("Definition of a unicorn") for row in told)
    assert any(row.startswith("Publisher of the world ranking") for row in told)


def test_japanese_on_the_english_page_is_marked_as_such(client: FlaskClient) -> None:
    content = got(client, "/en/kpis").partition("<main")[2].partition("</main>")[0]
    marked = re.sub(r'<(\w+)[^>]* lang="ja">.*?</\1>', "", content, flags=re.DOTALL)
    assert not re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", marked)


def test_other_peoples_data_have_no_kpis_and_the_page_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text("<urn:a> <urn:b> 'c'@en .", encoding="utf-8")
    config = Config()
    with WorkerPool([tmp_path / "a.ttl"], config) as pool:
        page = got(create_app(pool, config).test_client(), "/en/kpis")
    assert "No record gives the value of a KPI." in page


@pytest.mark.parametrize(
    ("comparator", "end", "met"),
    [
        (kpis.AT_LEAST, 20, True),
        (kpis.AT_LEAST, 19, False),
        (kpis.AT_MOST, 20, True),
        (kpis.AT_MOST, 21, False),
        ("", 20, None),
    ],
)
def test_a_target_is_met_as_its_comparator_says(
    comparator: str, end: int, met: bool | None
) -> None:
    assert result(3, 20, end, comparator=comparator).met is met


def test_values_on_another_basis_are_not_held_against_each_other() -> None:
    target = value(kpis.TARGET, 20, basis=kpis.PER_YEAR)
    start, end = value(kpis.BASELINE, 3), value(kpis.ACTUAL, 30)
    mixed = kpis.Result(start, target, end, target.number)
    assert (mixed.met, mixed.readings, mixed.bar) == (None, [], None)


def test_a_target_without_a_number_leaves_it_open() -> None:
    unknown = result(3, None, 15)
    assert (unknown.met, unknown.readings, unknown.bar) == (None, [], None)


def test_where_less_is_better_there_is_neither_percentage_nor_bar() -> None:
    ranking = result(20, 10, 8, direction=kpis.LOWER, comparator=kpis.AT_MOST)
    assert (ranking.met, ranking.readings, ranking.bar) == (True, [], None)
