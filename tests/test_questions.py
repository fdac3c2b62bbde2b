"""Every competency question: a query file, and the exact set of its answers."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import QueryResultsFormat, QuerySolutions, parse_query_results

from conftest import REPOSITORY
from seisaku import snapshot
from seisaku.config import Config
from seisaku.query import answer
from seisaku.workers import WorkerPool

QUERIES = sorted((REPOSITORY / "data" / "queries").glob("*.rq"))
EXPECTED = REPOSITORY / "tests" / "questions"
TSV = "text/tab-separated-values"
HEADERS = ("# id: ", "# title@ja: ", "# title@en: ")


@pytest.fixture(scope="module")
def pool(built: Path) -> Iterator[WorkerPool]:
    with WorkerPool([built / snapshot.DATASET], Config(), union_default_graph=True) as opened:
        yield opened


def rows(results: bytes) -> tuple[list[str], list[tuple[str, ...]]]:
    read = parse_query_results(results, format=QueryResultsFormat.TSV)
    assert isinstance(read, QuerySolutions)
    names = [variable.value for variable in read.variables]
    return names, [tuple(str(term) for term in row) for row in read]


def test_questions_are_found() -> None:
    assert len(QUERIES) >= 22


@pytest.mark.parametrize("file", QUERIES, ids=lambda file: file.stem)
def test_the_answers_are_exactly_those_expected(file: Path, pool: WorkerPool) -> None:
    text = file.read_text(encoding="utf-8")
    found = answer(pool, text, lambda _offered: TSV)
    names, answers = rows(found.body)
    expected_names, expected = rows((EXPECTED / f"{file.stem}.tsv").read_bytes())
    assert names == expected_names
    if "ORDER BY" in text:
        assert answers == expected
    assert Counter(answers) == Counter(expected)


@pytest.mark.parametrize("file", QUERIES, ids=lambda file: file.stem)
def test_a_query_file_says_its_id_and_its_title_in_both_languages(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    assert [line[: len(each)] for line, each in zip(lines, HEADERS, strict=False)] == list(HEADERS)
    assert lines[0] == f"# id: {file.stem.upper()}"


def test_every_expected_answer_has_its_question() -> None:
    assert {file.stem for file in EXPECTED.iterdir()} == {file.stem for file in QUERIES}


def found(pool: WorkerPool, query: str) -> list[tuple[str, ...]]:
    prefixes = (
        "PREFIX ssk: <https://w3id.org/seisaku/def#>\nPREFIX id: <https://w3id.org/seisaku/id/>\n"
    )
    return rows(answer(pool, prefixes + query, lambda _offered: TSV).body)[1]


def test_the_source_does_not_name_the_fifth_strategy_and_we_say_that_the_name_is_inferred(
    pool: WorkerPool,
) -> None:
    query = """
        SELECT ?graph {
          GRAPH ?graph { ?strategy ?named "統合イノベーション戦略2025"@ja }
          ?strategy ssk:hasAssertionBasis <https://w3id.org/seisaku/scheme/assertion-basis/inferred>
          FILTER(?strategy = <https://w3id.org/seisaku/id/strategy/2025>)
        }"""
    assert found(pool, query) == [("<https://w3id.org/seisaku/graph/curated>",)]


def test_no_consortium_of_phase_2_leads_a_designation_of_phase_1(pool: WorkerPool) -> None:
    query = """
        SELECT ?designation {
          ?designation ssk:isMadeInPhase <https://w3id.org/seisaku/id/phase/startup-hubs-1> ;
            ssk:isLedBy ?consortium
        }"""
    assert found(pool, query) == []


def test_a_rank_is_better_when_it_is_lower(pool: WorkerPool) -> None:
    query = """
        SELECT ?direction ?comparator ?target {
          ?value a ssk:IndicatorTarget ; ssk:numericValue ?target ; ssk:hasComparator ?comparator ;
            ssk:ofIndicator ?indicator .
          ?indicator ssk:hasPreferredDirection ?direction ;
            ssk:hasUnit <https://w3id.org/seisaku/scheme/unit/rank>
        }"""
    ((direction, comparator, target),) = found(pool, query)
    assert direction.endswith("/lower>")
    assert comparator.endswith("/at-most>")
    assert target.startswith('"5"')


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        ("?x a ssk:StartupHub", 13),
        ("?x a ssk:HubDesignation", 21),
        ("?x a ssk:LocalGovernmentListing", 15),
        ("?x a ssk:LocalGovernmentListing ; ssk:isExhaustive false", 13),
        ("?listing ssk:lists ?x", 44),
        ("?x a ssk:Prefecture", 47),
        ("?x a ssk:Municipality", 17),
        ("?x a ssk:AnnualStrategy", 5),
        ("?x a ssk:MeasureGroup", 9),
        ("?x a ssk:Measure ; ssk:isElementOf <https://w3id.org/seisaku/id/strategy/2025>", 28),
    ],
)
def test_there_are_as_many_as_the_source_has(pool: WorkerPool, pattern: str, count: int) -> None:
    ((said,),) = found(pool, f"SELECT (COUNT(DISTINCT ?x) AS ?count) {{ {pattern} }}")
    assert said.startswith(f'"{count}"')


def test_every_hub_has_a_label_in_both_languages(pool: WorkerPool) -> None:
    query = """
        SELECT ?hub { ?hub a ssk:StartupHub ;
            <http://www.w3.org/2000/01/rdf-schema#label> ?ja , ?en .
          FILTER(LANG(?ja) = "ja" && LANG(?en) = "en") }"""
    assert len(found(pool, query)) == 13
