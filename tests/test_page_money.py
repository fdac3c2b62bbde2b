"""The page on money: each amount over its window, each budget with its line, and no total."""

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from markupsafe import escape
from rdflib import RDF, RDFS, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from seisaku import snapshot
from seisaku.app import create_app
from seisaku.config import LANGUAGES, Config
from seisaku.load import Asserted
from seisaku.pages.money import SUPPLEMENTARY, Amount, Budget, _bar, _short
from seisaku.workers import WorkerPool

SSK = Namespace("https://w3id.org/seisaku/def#")
ID = "https://w3id.org/seisaku/id/"
RECORDS = (SSK.BudgetAllocation, SSK.Fund, SSK.GovernmentBudget)
YEARS = range(2018, 2026)


NAMELESS = """\
@prefix ssk: <https://w3id.org/seisaku/def#> .
<urn:graph> {
  <urn:m> ssk:allocatesTo <urn:p> ; ssk:amountInYen 5.0 ; ssk:isApproximate false ;
    ssk:wording "5" ; ssk:drawsOn <urn:b> ; ssk:isStatedIn <urn:line> .
  <urn:b> a ssk:GovernmentBudget ; ssk:isBudgetOf <urn:y> ; ssk:hasBudgetType <urn:t> ;
    ssk:isStatedIn <urn:line> .
  <urn:y> ssk:fiscalYearNumber 2020 .
}
"""
"""Records in our terms, which nothing names and no line states."""


@pytest.fixture(scope="module")
def client(built: Path) -> Iterator[FlaskClient]:
    config = Config()
    with WorkerPool([built / snapshot.DATASET], config, union_default_graph=True) as pool:
        yield create_app(pool, config).test_client()


@pytest.fixture(scope="module")
def pages(client: FlaskClient) -> dict[str, str]:
    return {lang: client.get(f"/{lang}/money").text for lang in LANGUAGES}


@pytest.fixture(scope="module")
def said(asserted: Asserted) -> Graph:
    return asserted.layers["document"]


def last(iri: Node) -> str:
    return str(iri).rpartition("/")[2]


def block(page: str, record: Node) -> str:
    """The row of the table, or the box, that shows the record."""
    found = re.search(rf'<(tr|article)[^>]* id="{last(record)}">.*?</\1>', page, re.DOTALL)
    assert found, record
    return found[0]


def bars(page: str) -> dict[str, list[tuple[str, int]]]:
    """For each bar, by its title, the kind and the fiscal year of each of its pieces."""
    found = {}
    for title, bar in re.findall(
        r'<svg class="bar" role="img".*?<title[^>]*>(.*?)</title>(.*?)</svg>', page, re.DOTALL
    ):
        pieces = re.findall(r'<rect class="(\w+)" x="([\d.]+)%" width="([\d.]+)%"', bar)
        assert {width for _, _, width in pieces} == {f"{100 / len(YEARS):.3f}"}
        found[title] = [(kind, YEARS[round(float(x) * len(YEARS) / 100)]) for kind, x, _ in pieces]
    return found


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_amount_and_every_budget_is_on_the_page_once_with_its_lines(
    pages: dict[str, str], said: Graph, lang: str
) -> None:
    records = {each for kind in RECORDS for each in said.subjects(RDF.type, kind)}
    assert len(records) == 12
    ids = Counter(re.findall(r'<(?:tr|article)[^>]* id="([^"]+)"', pages[lang]))
    assert sum(ids.values()) == len(records)
    for each in records:
        row = block(pages[lang], each)
        lines = {last(line) for line in said.objects(each, SSK.isStatedIn)}
        assert lines == set(re.findall(r">(L\d+)<", row))
        assert f'/{str(each).removeprefix(ID)}"' in row
        assert 'class="badge document"' in row


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_amount_stands_as_it_is_printed_and_in_yen(
    pages: dict[str, str], said: Graph, lang: str
) -> None:
    found = list(said.subject_objects(SSK.amountInYen))
    assert len(found) == 6
    for record, amount in found:
        row = block(pages[lang], record)
        printed = str(said.value(record, SSK.wording))
        assert f'<span lang="ja">{printed}<' in row or (lang == "ja" and f"<span>{printed}<" in row)
        assert f"{int(Decimal(str(amount))):,}" in row


def test_a_bar_covers_the_years_of_its_budgets_and_tells_their_types_apart(
    pages: dict[str, str], said: Graph
) -> None:
    shown = bars(pages["en"])
    expected = {}
    for allocation in said.subjects(RDF.type, SSK.BudgetAllocation):
        ends = [*said.objects(allocation, SSK.drawsOn)]
        ends += [*said.objects(allocation, SSK.rangeStartsWith)]
        ends += [*said.objects(allocation, SSK.rangeEndsWith)]
        named = {
            int(last(said.value(end, SSK.isBudgetOf) or end)[2:]): last(
                said.value(end, SSK.hasBudgetType) or end
            )
            for end in ends
        }
        (title,) = (
            str(escape(each))
            for each in said.objects(allocation, RDFS.label)
            if isinstance(each, Literal) and each.language == "en"
        )
        whole = range(min(named), max(named) + 1)
        expected[title] = [(named.get(year, "within"), year) for year in whole]
    assert len(expected) == 5
    assert shown == expected


def test_the_two_types_look_different_without_their_colour(pages: dict[str, str]) -> None:
    for page, words in ((pages["ja"], ("当初", "補正")), (pages["en"], ("initial", "suppl."))):
        (drawing,) = re.findall(r'<div class="windows">.*?</div>', page, re.DOTALL)
        written = Counter(re.findall(r"<text class=[^>]*>([^<]*)</text>", drawing))
        assert written == {words[0]: 4, words[1]: 5}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_sum_of_amounts_is_anywhere(pages: dict[str, str], said: Graph, lang: str) -> None:
    amounts = [int(Decimal(str(each))) for each in said.objects(None, SSK.amountInYen)]
    sums = {
        sum(some) for size in range(2, len(amounts) + 1) for some in combinations(amounts, size)
    } - set(amounts)
    assert len(sums) > 50
    text = re.sub(r"<[^>]*>", "", pages[lang])
    for each in sums:
        for written in (f"{each:,}", str(each), f"{each // 10**8:,}億円", _short(each)):
            assert not re.search(rf"(?<![\d,.]){re.escape(written)}", text), written


@pytest.mark.parametrize(
    ("lang", "why"),
    [
        ("ja", "足し合わせても一つの期間の額にはならない"),
        ("en", "so their sum is the amount of no one period"),
    ],
)
def test_why_there_is_no_total_is_said_by_the_record_that_says_so(
    pages: dict[str, str], lang: str, why: str
) -> None:
    (note,) = re.findall(r'<p class="note">.*?</p>', pages[lang], re.DOTALL)
    assert why in note
    assert f'href="/{lang}/id/unstated-matter/budgets-total"' in note
    assert 'class="badge unstated"' in note
    assert re.findall(r">(L\d+)<", note) == ["L128", "L133", "L134", "L159"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_fund_is_kept_apart_and_approximate(pages: dict[str, str], lang: str) -> None:
    fund = URIRef(ID + "fund/university-fund")
    chart = pages[lang][pages[lang].index('<div class="windows">') :].partition("</section>")[0]
    assert "10兆円" not in chart
    row = block(pages[lang], fund)
    assert {"ja": "約10,000,000,000,000円", "en": "about 10 trillion yen"}[lang] in row


@pytest.mark.parametrize(
    ("lang", "length"),
    [
        ("ja", "金額の大きさは表しません"),
        ("en", "the window of the budgets covered, not the amount"),
    ],
)
def test_the_page_says_what_the_length_of_a_bar_means(
    pages: dict[str, str], lang: str, length: str
) -> None:
    assert length in pages[lang]


def test_named_budgets_are_drawn_without_the_years_between_and_two_of_a_year_side_by_side() -> None:
    initial = [Budget("urn:i", "document", year, "urn:initial", []) for year in (2020, 2022)]
    other = Budget("urn:s", "document", 2020, SUPPLEMENTARY, [])
    budgets = [initial[0], other, initial[1]]
    amount = Amount("urn:a", "document", ("", ""), 1, False, [], None, [], budgets, range=False)
    pieces = _bar(amount, [2020, 2021, 2022, 2023])
    assert [each.budget for each in pieces] == budgets
    assert [each.start for each in pieces] == ["0.000%", "12.500%", "50.000%"]
    assert [each.length for each in pieces] == ["12.500%", "12.500%", "25.000%"]


@pytest.mark.parametrize(
    ("yen", "written"),
    [
        (411_400_000_000, "411.4 billion yen"),
        (10_000_000_000_000, "10 trillion yen"),
        (1_231_400_000_000, "1.2314 trillion yen"),
        (84_000_000, "84,000,000 yen"),
    ],
)
def test_an_amount_in_english_words_is_exact(yen: int, written: str) -> None:
    assert _short(yen) == written


def test_an_english_page_has_no_japanese_without_its_language(pages: dict[str, str]) -> None:
    body = re.sub(r'<(\w+)[^>]* lang="ja".*?</\1>', "", pages["en"].partition("<main")[2])
    assert not re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", body)


def test_other_peoples_data_have_nothing_to_show(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text("<urn:a> <urn:b> 'c'@en .", encoding="utf-8")
    config = Config()
    with WorkerPool([tmp_path / "a.ttl"], config) as pool:
        found = create_app(pool, config).test_client().get("/en/money")
    assert found.status_code == 200
    assert "no allocation with an amount" in found.text


def test_records_of_other_people_need_no_names(tmp_path: Path) -> None:
    (tmp_path / "a.trig").write_text(NAMELESS, encoding="utf-8")
    config = Config()
    with WorkerPool([tmp_path / "a.trig"], config, union_default_graph=True) as pool:
        found = create_app(pool, config).test_client().get("/en/money")
    assert found.status_code == 200
    assert "5 yen" in found.text
