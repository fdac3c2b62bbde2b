"""Graph: the dataset asked from Python, in memory, without a server."""

import subprocess
import sys
from pathlib import Path

import pytest
from pyoxigraph import NamedNode

import seisaku
from conftest import REPOSITORY
from seisaku import snapshot
from seisaku.config import Config
from seisaku.errors import BadQuery, InputError, Refused, Unreadable, UsageError
from seisaku.graph import Graph, Rows
from seisaku.questions import Question, read

HUBS = """
SELECT ?hub ?name_ja ?name_en ?line {
  ?hub a ssk:StartupHub ; rdfs:label ?name_ja , ?name_en ; ssk:isStatedIn ?line .
  FILTER(?hub = hub:tokyo && LANG(?name_ja) = "ja" && LANG(?name_en) = "en")
}
ORDER BY ?line LIMIT 1
"""


@pytest.fixture(scope="module")
def graph(built: Path) -> Graph:
    return Graph(built / snapshot.DATASET)


def test_it_opens_the_graph_that_came_with_it(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEISAKU_SNAPSHOTS", str(built.parent))
    assert len(seisaku.open()) == len((built / snapshot.DATASET).read_text().splitlines())


def test_it_opens_a_folder_and_builds_it_when_it_must(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEISAKU_SNAPSHOTS", str(config.snapshots))
    first = seisaku.open(config.root)
    assert snapshot.find(config.snapshots, snapshot.digest(config.root))
    assert len(first) == len(seisaku.open(str(config.root))) > 50


def test_it_opens_a_file_that_was_downloaded(exported: Path, graph: Graph) -> None:
    opened = seisaku.open(exported / "seisaku.nq")
    assert opened.quads == graph.quads


@pytest.mark.parametrize("text", ["<urn:a> <urn:b> 1 .", "{"])
def test_a_file_that_is_no_n_quads_is_an_error_that_says_where(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.nq").write_text(text, encoding="utf-8")
    with pytest.raises(Unreadable, match=r"a\.nq:1:"):
        seisaku.open(tmp_path / "a.nq")


def test_a_folder_without_a_graph_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        seisaku.open(tmp_path)


def test_a_select_gives_rows_with_columns(graph: Graph) -> None:
    found = graph.query(HUBS)
    assert isinstance(found, Rows)
    assert found.columns == ["hub", "name_ja", "name_en", "line"]
    assert len(found) == 1
    assert next(iter(found))[0] == NamedNode("https://w3id.org/seisaku/id/hub/tokyo")


def test_an_ask_gives_a_truth_and_a_construct_triples(graph: Graph) -> None:
    assert graph.query("ASK { hub:tokyo a ssk:StartupHub }") is True
    assert graph.query("ASK { hub:tokyo a ssk:Program }") is False
    found = graph.query("CONSTRUCT WHERE { hub:tokyo a ?kind }")
    assert isinstance(found, list)
    assert found[0].subject == NamedNode("https://w3id.org/seisaku/id/hub/tokyo")


def test_without_a_language_a_frame_has_iris_and_all_columns(graph: Graph) -> None:
    frame = graph.rows(HUBS).to_pandas()
    assert list(frame.columns) == ["hub", "name_ja", "name_en", "line"]
    assert frame["hub"][0] == "https://w3id.org/seisaku/id/hub/tokyo"
    assert (frame["name_ja"][0], frame["name_en"][0]) == ("東京圏", "Tokyo area")


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("ja", {"hub": "東京圏", "name": "東京圏", "line": "172〜173行目"}),
        ("en", {"hub": "Tokyo area", "name": "Tokyo area", "line": "Lines 172–173"}),
    ],
)
def test_in_a_language_a_frame_has_names_in_it_and_one_column_of_two(
    graph: Graph, built: Path, lang: str, expected: dict[str, str]
) -> None:
    for frame in (
        graph.rows(HUBS).to_pandas(lang),
        Graph(built / snapshot.DATASET, lang).rows(HUBS).to_pandas(),
    ):
        assert list(frame.columns) == list(expected)
        assert dict(frame.iloc[0]) == expected


def test_numbers_truths_and_nothing_are_what_they_are(graph: Graph) -> None:
    query = 'SELECT * { VALUES (?a ?b ?c ?d ?e) { (5 1.5 true "x"@ja UNDEF) } }'
    row = graph.rows(query).to_pandas().iloc[0]
    assert (row["a"], row["b"], bool(row["c"]), row["d"]) == (5, 1.5, True, "x")
    assert row["e"] is None or row["e"] != row["e"]


def test_no_rows_are_a_frame_with_columns(graph: Graph) -> None:
    frame = graph.rows("SELECT ?a ?b { <urn:no> ?a ?b }").to_pandas()
    assert (len(frame), list(frame.columns)) == (0, ["a", "b"])


@pytest.mark.parametrize(
    "question", read(REPOSITORY / "data" / "queries"), ids=lambda each: str(each.id)
)
def test_each_question_gives_what_the_endpoint_gives(question: Question, graph: Graph) -> None:
    answer = REPOSITORY / "tests" / "questions" / f"{question.id.lower()}.tsv"
    assert len(graph.rows(question.text)) == len(answer.read_text("utf-8").splitlines()) - 1


def test_an_error_says_line_and_column(graph: Graph) -> None:
    with pytest.raises(BadQuery, match="“x” is not expected here") as told:
        graph.query("ASK {}\nLIMIT x")
    assert (told.value.line, told.value.column) == (2, 7)
    with pytest.raises(BadQuery, match="prefix nope: is not declared"):
        graph.query("ASK { hub:tokyo a nope:Hub }")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "INSERT DATA { <urn:a> <urn:b> <urn:c> }",
    ],
)
def test_nothing_else_is_asked_and_nothing_is_changed(graph: Graph, query: str) -> None:
    with pytest.raises(Refused):
        graph.query(query)


def test_from_asks_the_layer_alone(graph: Graph) -> None:
    query = "SELECT (COUNT(*) AS ?n) FROM <https://w3id.org/seisaku/graph/%s> { ?s ?p ?o }"
    counts = [graph.rows(query % each).to_pandas()["n"][0] for each in ("document", "curated")]
    assert counts[0] > counts[1] > 100


def test_another_language_and_a_query_without_rows_are_refused(graph: Graph) -> None:
    with pytest.raises(UsageError, match="no names in 'fr': the languages are ja and en"):
        seisaku.open(lang="fr")
    with pytest.raises(UsageError, match="'fr'"):
        graph.rows(HUBS).to_pandas("fr")
    with pytest.raises(UsageError, match="not a SELECT"):
        graph.rows("ASK {}")


def test_without_pandas_the_error_says_what_to_install(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UsageError, match="pip install pandas"):
        graph.rows(HUBS).to_pandas()


def test_the_import_alone_reads_nothing() -> None:
    code = "import seisaku, sys; sys.exit('pyoxigraph' in sys.modules or 'rdflib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
