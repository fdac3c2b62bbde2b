"""Every question: a query file, and the exact set of its answers on the dataset that is served.

`tests/questions/<id>.tsv` is the answer of the query as it stands. With other parameters it is
`tests/questions/<id>/<choice>.tsv`: `<choice>` is the last part of the IRI that is chosen in place
of the default, and where the question has several parameters, `<choice>+<choice>` in their order.
The answers were written down from the source, line by line, before the queries were run.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import QueryResultsFormat, QuerySolutions, parse_query_results

from conftest import REPOSITORY
from seisaku import snapshot
from seisaku.config import GRAPH, LANGUAGES, Config
from seisaku.query import answer
from seisaku.questions import Parameter, Question, read
from seisaku.workers import WorkerPool

FOLDER = REPOSITORY / "data" / "queries"
EXPECTED = REPOSITORY / "tests" / "questions"
CASES = sorted(EXPECTED.rglob("*.tsv"))
QUESTIONS = read(FOLDER)
BY_ID = {question.id: question for question in QUESTIONS}
TSV = "text/tab-separated-values"

IDS = {
    *(f"CQ{number:02}" for number in range(1, 60, 2)),
    *(f"G{number}" for number in range(1, 10, 2)),
    *(f"UQ{number:02}" for number in range(1, 41)),
}
"""The competency questions, the guard questions, and the forty that users ask."""

Rows = tuple[list[str], list[tuple[str, ...]]]


@pytest.fixture(scope="module")
def pool(built: Path) -> Iterator[WorkerPool]:
    with WorkerPool([built / snapshot.DATASET], Config(), union_default_graph=True) as opened:
        yield opened


def rows(results: bytes) -> Rows:
    read = parse_query_results(results, format=QueryResultsFormat.TSV)
    assert isinstance(read, QuerySolutions)
    names = [variable.value for variable in read.variables]
    return names, [tuple(str(term or "") for term in row) for row in read]


def ask(pool: WorkerPool, query: str) -> Rows:
    return rows(answer(pool, query, lambda _offered: TSV).body)


def found(pool: WorkerPool, query: str) -> list[tuple[str, ...]]:
    prefixes = (
        "PREFIX ssk: <https://w3id.org/seisaku/def#>\n"
        "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>\n"
    )
    return ask(pool, prefixes + query)[1]


def of(file: Path) -> Question:
    """Give the question whose answer `file` is."""
    return BY_ID[file.relative_to(EXPECTED).parts[0].removesuffix(".tsv").upper()]


def chosen(file: Path) -> dict[str, str]:
    """Give the choices that the name of `file` stands for."""
    if file.parent == EXPECTED:
        return {}
    parameters = of(file).parameters
    return {
        each.name: f"{each.default.rpartition('/')[0]}/{choice}"
        for each, choice in zip(parameters, file.stem.split("+"), strict=False)
    }


def name(file: Path) -> str:
    return file.relative_to(EXPECTED).with_suffix("").as_posix()


def test_every_question_has_its_file() -> None:
    assert BY_ID.keys() == IDS
    assert {file.stem.upper() for file in FOLDER.glob("*.rq")} == IDS


def test_a_query_file_is_named_by_its_id() -> None:
    for file in FOLDER.glob("*.rq"):
        assert file.read_text(encoding="utf-8").startswith(f"# id: {file.stem.upper()}\n")


def test_every_question_has_its_expected_answer_and_every_answer_its_question() -> None:
    assert {file.stem.upper() for file in EXPECTED.glob("*.tsv")} == IDS
    assert {file.name.upper() for file in EXPECTED.iterdir() if file.is_dir()} == {
        question.id for question in QUESTIONS if question.parameters
    }


@pytest.mark.parametrize("file", CASES, ids=name)
def test_the_answers_are_exactly_those_expected(file: Path, pool: WorkerPool) -> None:
    text = of(file).asking(**chosen(file))
    names, answers = ask(pool, text)
    expected_names, expected = rows(file.read_bytes())
    assert names == expected_names
    if "ORDER BY" in text:
        assert answers == expected
    assert Counter(answers) == Counter(expected)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: each.id)
def test_each_question_speaks_both_languages(question: Question, pool: WorkerPool) -> None:
    assert question.titles.keys() == set(LANGUAGES)
    assert question.notes.keys() in (set(), set(LANGUAGES))
    names, _ = ask(pool, question.text)
    stems = {each.removesuffix("_ja").removesuffix("_en") for each in names}
    for lang in LANGUAGES:
        assert question.columns[lang].keys() == stems


def test_the_questions_of_users_say_who_asks_and_what_the_answer_rests_on() -> None:
    for question in QUESTIONS:
        assert (question.who is not None) == question.id.startswith("UQ"), question.id
        assert question.classes or not question.who, question.id


def test_each_line_in_an_answer_is_a_segment_of_the_source(pool: WorkerPool) -> None:
    segments = {row[0] for row in found(pool, "SELECT ?s { ?s a ssk:SourceSegment }")}
    cells = 0
    for file in CASES:
        names, answers = rows(file.read_bytes())
        for column in (each for each in names if each == "line" or each.endswith("Line")):
            lines = {row[names.index(column)] for row in answers} - {""}
            assert lines <= segments, file
            cells += len(lines)
    assert cells > 200


def test_an_answer_shows_its_lines() -> None:
    # The number of hubs of a tier, and which prefectures are not listed, stand in no line.
    without = {"CQ31", "UQ29"}
    for file in CASES:
        names, _ = rows(file.read_bytes())
        shown = [each for each in names if each == "line" or each.endswith("Line")]
        assert bool(shown) != (of(file).id in without), file


def classed(kind: str) -> list[Question]:
    questions = [question for question in QUESTIONS if kind in question.classes]
    assert questions
    return questions


@pytest.mark.parametrize("question", classed("N"), ids=lambda each: each.id)
def test_what_is_not_stated_is_answered_by_the_statement_that_it_is_not(
    question: Question, pool: WorkerPool
) -> None:
    query = """
        PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
        SELECT ?record ?ja ?en ?line ?aspect {
          ?record a ssk:UnstatedMatter ; rdfs:label ?ja , ?en ; ssk:isLeftOpenIn ?line ;
            ssk:hasUnstatedAspect / skos:prefLabel ?aspect .
          FILTER(LANG(?ja) = "ja" && LANG(?en) = "en" && LANG(?aspect) = "ja")
        }"""
    matters = set(found(pool, query))
    names, answers = ask(pool, question.text)
    said = [dict(zip(names, row, strict=True)) for row in answers]
    open_ = [row for row in said if row["record"]]
    assert open_
    for row in open_:
        keys = ("record", "matter_ja", "matter_en", "line", "aspect_ja")
        assert tuple(row[each] for each in keys) in matters
    if set(question.classes) <= {"N", "X"}:
        assert all(row["record"] or row.get("source_ja") for row in said)


@pytest.mark.parametrize("question", classed("D*"), ids=lambda each: each.id)
def test_what_is_ours_in_an_answer_is_shown(question: Question, pool: WorkerPool) -> None:
    assert question.notes
    names, answers = ask(pool, question.text)
    layers = {row[names.index("layer")] for row in answers} - {""}
    assert layers - {f"<{GRAPH}document>"}


@pytest.mark.parametrize("question", classed("X"), ids=lambda each: each.id)
def test_what_comes_from_elsewhere_has_its_source(question: Question, pool: WorkerPool) -> None:
    names, answers = ask(pool, question.text)
    said = [dict(zip(names, row, strict=True)) for row in answers]
    foreign = [
        row for row in said if row.get("fact_ja") or row.get("layer") == f"<{GRAPH}external>"
    ]
    assert foreign
    assert all(row["source_ja"] and row["source_en"] for row in foreign)


PARAMETERS = [(each, parameter) for each in QUESTIONS for parameter in each.parameters]


@pytest.mark.parametrize(
    ("question", "parameter"), PARAMETERS, ids=[f"{q.id}-{p.name}" for q, p in PARAMETERS]
)
def test_each_choice_of_a_parameter_can_be_asked(
    question: Question, parameter: Parameter, pool: WorkerPool
) -> None:
    choices = [row[0].strip("<>") for row in ask(pool, parameter.choices)[1]]
    assert len(choices) == len(set(choices)) > 1
    assert parameter.default in choices
    names, _ = ask(pool, question.text)
    for choice in choices:
        assert ask(pool, question.asking(**{parameter.name: choice}))[0] == names


def test_every_prefecture_is_listed_or_what_is_left_open_is_said(pool: WorkerPool) -> None:
    (parameter,) = BY_ID["UQ28"].parameters
    for choice, *_ in ask(pool, parameter.choices)[1]:
        assert ask(pool, BY_ID["UQ28"].asking(prefecture=choice.strip("<>")))[1], choice


def test_every_programme_has_a_ministry_or_the_statement_that_none_is_named(
    pool: WorkerPool,
) -> None:
    (parameter,) = BY_ID["UQ11"].parameters
    for choice, *_ in ask(pool, parameter.choices)[1]:
        assert ask(pool, BY_ID["UQ11"].asking(program=choice.strip("<>")))[1], choice


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
        SELECT ?hub { ?hub a ssk:StartupHub ; rdfs:label ?ja , ?en .
          FILTER(LANG(?ja) = "ja" && LANG(?en) = "en") }"""
    assert len(found(pool, query)) == 13
