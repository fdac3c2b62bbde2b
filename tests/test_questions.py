"""Every competency question: a query file, and the exact set of its answers."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import QueryResultsFormat, QuerySolutions, parse_query_results

from conftest import REPOSITORY
from seisaku import snapshot
from seisaku.build import build
from seisaku.config import Config
from seisaku.query import answer
from seisaku.workers import WorkerPool

QUERIES = sorted((REPOSITORY / "data" / "queries").glob("*.rq"))
EXPECTED = REPOSITORY / "tests" / "questions"
TSV = "text/tab-separated-values"
HEADERS = ("# id: ", "# title@ja: ", "# title@en: ")


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerPool]:
    config = Config(snapshots=tmp_path_factory.mktemp("snapshots"))
    folder = build(config, lambda _step, _what: None)
    with WorkerPool([folder / snapshot.DATASET], config, union_default_graph=True) as opened:
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
