"""The index: what is found, in which order, and what cannot go wrong."""

import csv
import shutil
import threading
from pathlib import Path

import pytest

from conftest import REPOSITORY
from seisaku import bulk, snapshot
from seisaku.build import build
from seisaku.config import BASE, GRAPH, Config
from seisaku.errors import BadRequest, DeadlineExceeded, Unreadable
from seisaku.index import FIELDS, LONGEST, MOST, SSK, TYPE, Index
from seisaku.index import _in_memory as in_memory

QUERIES = REPOSITORY / "tests" / "search" / "queries.tsv"
ROWS = list(csv.DictReader(QUERIES.read_text(encoding="utf-8").splitlines(), delimiter="\t"))

PLACES = {
    "startup ecosystem hub city": 3,
    "quantum technologies": 2,
    "先端科学技術の戦略的な推進": 2,
}
"""Where the expected hit is that is not first; 0: not among the first ten."""


@pytest.fixture(scope="module", params=["memory", "disk"])
def index(
    built: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Index:
    dataset = built / snapshot.DATASET
    if request.param == "memory":
        return Index([dataset])
    place = tmp_path_factory.mktemp("index")
    return Index([bulk.build(place, [dataset], lambda _step, _what: None)])


def found(index: Index, text: str, **options: str | int) -> list[str]:
    hits = index.find(text, **options).hits  # type: ignore[arg-type]
    return [hit.iri.removeprefix(BASE) for hit in hits]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["query"])
def test_the_expected_hit_is_where_people_look_for_it(index: Index, row: dict[str, str]) -> None:
    hits = found(index, row["query"], limit=10)
    place = hits.index(row["expected"]) + 1 if row["expected"] in hits else 0
    assert place == PLACES.get(row["query"], 1), hits[:5]


def test_there_are_queries_enough() -> None:
    assert len({row["query"] for row in ROWS}) == len(ROWS) >= 80
    assert PLACES.keys() <= {row["query"] for row in ROWS}
    assert len(PLACES) < len(ROWS) / 20


def test_a_name_comes_before_the_beginning_of_one_and_that_before_a_word(index: Index) -> None:
    ranks = [hit.rank for hit in index.find("半導体", limit=100).hits]
    assert ranks[0] == "exact"
    assert set(ranks) >= {"exact", "prefix", "body"}
    hits = index.find("東京圏", limit=100).hits
    order = ["exact", "prefix", "name", "body"]
    places = [
        order.index(hit.rank) for hit in hits if not hit.iri.startswith(f"{BASE}id/indicator")
    ]
    assert places == sorted(places)


def test_a_kind_and_a_layer_narrow_what_is_found(index: Index) -> None:
    assert found(index, "東京", kind="StartupHub") == ["id/hub/tokyo"]
    assert found(index, "東京", kind="ssk:startuphub") == ["id/hub/tokyo"]
    assert found(index, "東京", kind=SSK + "StartupHub") == ["id/hub/tokyo"]
    assert found(index, "東京都", layer="external") == ["id/area/13000"]
    assert "id/area/13000" not in found(index, "東京都", layer="document")
    assert found(index, "東京都", layer=f"{BASE}graph/external") == ["id/area/13000"]
    assert found(index, "東京", kind="Prefecture", layer="document") == []


def test_a_class_that_only_follows_narrows_too(index: Index) -> None:
    assert found(index, "東京都", kind="AdministrativeArea")[0] == "id/area/13000"


def test_a_kind_or_a_layer_that_there_is_not_is_told_with_those_that_there_are(
    index: Index,
) -> None:
    with pytest.raises(BadRequest, match=r"no kind “Hub”; there are .*StartupHub"):
        index.find("a", kind="Hub")
    with pytest.raises(BadRequest, match=r"no layer “slides”; there are curated, .*document"):
        index.find("a", layer="slides")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\0",
        '"',
        "'",
        "*",
        "AND",
        "NOT",
        'a" OR "b',
        "NEAR(",
        "{name} : x",
        "-",
        "^",
        "(",
        "%",
    ],
)
def test_nothing_that_one_types_is_an_operator_or_an_error(index: Index, text: str) -> None:
    index.find(text)


def test_marks_alone_find_nothing(index: Index) -> None:
    for text in ("", "  ", "\0", "「」", '"*"'):
        assert index.find(text).total == 0


@pytest.mark.parametrize("text", ["京", "a", "1", "第", "ー", "が"])
def test_one_character_finds(index: Index, text: str) -> None:
    assert 0 < index.find(text).total <= MOST


def test_a_text_that_is_too_long_is_refused(index: Index) -> None:
    index.find("あ" * LONGEST)
    with pytest.raises(BadRequest, match="200 characters"):
        index.find("a" * (LONGEST + 1))


def test_a_sentence_finds_what_comes_near_and_says_so(index: Index) -> None:
    hits = index.find("どの拠点が半導体に言及しているか").hits
    assert {hit.rank for hit in hits} == {"near"}
    assert index.find("どの拠点が半導体に言及しているか", near=False).total == 0


def test_a_hit_tells_its_names_kinds_layers_lines_and_why(index: Index) -> None:
    (hit,) = index.find("ユニコーン数", kind="Indicator").hits
    assert hit.names == {"ja": "ユニコーン数", "en": "Unicorns"}
    assert hit.kinds[0] == SSK + "Indicator"
    assert hit.layers == ("document",)
    assert [each.rpartition("/")[2] for each in hit.lines] == ["L209", "L260"]
    assert (hit.rank, hit.text, hit.lang) == ("exact", "ユニコーン数", "ja")
    assert hit.property in FIELDS["name"]
    assert hit.name("en") == "Unicorns"


def test_a_class_of_another_vocabulary_has_a_name_too(index: Index) -> None:
    (hit,) = index.find("UQ18", limit=1).hits
    assert index.told_kind(hit, "ja") == {
        "iri": "http://www.w3.org/ns/shacl#SPARQLExecutable",
        "name": "質問",
    }


def test_fewer_hits_are_given_than_there_are(index: Index) -> None:
    got = index.find("大学", limit=3)
    assert len(got.hits) == 3 < got.total


def test_threads_may_ask_at_once(index: Index) -> None:
    expected = {row["query"]: found(index, row["query"], limit=3) for row in ROWS[:40]}
    wrong: list[str] = []

    def ask() -> None:
        for text, hits in expected.items():
            if found(index, text, limit=3) != hits:
                wrong.append(text)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not wrong


def test_a_search_that_takes_too_long_ends(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    index.load()
    monkeypatch.setattr("seisaku.index.SECONDS", -1.0)
    monkeypatch.setattr("seisaku.index.STEPS", 1)
    with pytest.raises(DeadlineExceeded):
        index.find("大学")


def test_any_rdf_is_indexed_also_without_graphs(tmp_path: Path) -> None:
    file = tmp_path / "a.ttl"
    file.write_text(
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . <x> rdfs:label 'Ä thing' ;"
        " a <urn:k#Kind> ; rdfs:comment 'told of it' . <y> rdfs:comment 'no name' ."
        " [] rdfs:label 'no IRI' .",
        encoding="utf-8",
    )
    index = Index([file])
    (hit,) = index.find("a thing").hits
    assert (hit.names, hit.kinds, hit.layers) == ({"": "Ä thing"}, ("urn:k#Kind",), ("",))
    assert index.find("told").hits[0].iri == hit.iri
    assert index.find("name").total == index.find("no iri").total == 0
    assert index.kinds == {"urn:k#Kind": 1}


def test_what_is_no_rdf_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a.ttl"
    file.write_text("no", encoding="utf-8")
    with pytest.raises(Unreadable, match=r"a\.ttl:1:"):
        Index([file]).load()
    with pytest.raises(Unreadable, match=r"b\.ttl"):
        Index([tmp_path / "b.ttl"]).load()


def test_the_index_on_disk_holds_what_that_in_memory_does(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the store is cut into parts: what is said of a thing may stand in several."""
    monkeypatch.setattr("seisaku.index.PART", 1000)
    monkeypatch.setattr("seisaku.index.TOGETHER", 7)
    file = built / snapshot.DATASET
    folder = bulk.build(tmp_path, [file], lambda _step, _what: None)
    indexes = Index([file]), Index([folder])
    for table in ("things", "texts", "kinds", "lines", "keys", "kind_counts", "layers"):
        memory, disk = (sorted(rows(index, table)) for index in indexes)
        assert disk == memory, table


def test_on_disk_a_class_that_is_said_and_follows_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever comes first in the store, whose order of graphs nobody knows."""
    monkeypatch.setattr("seisaku.index.PART", 1)
    lines = (
        f"<urn:x{n}> <http://www.w3.org/2000/01/rdf-schema#label> 'x' .\n"
        f"<urn:x{n}> <{TYPE}> <urn:K> <urn:g{n}> .\n"
        f"<urn:x{n}> <{TYPE}> <urn:K> <{GRAPH}inferred> .\n"
        f"<urn:x{n}> <{TYPE}> <urn:L> <{GRAPH}inferred> .\n"
        for n in range(8)
    )
    file = tmp_path / "a.nq"
    file.write_text("".join(lines).replace("'", '"'), encoding="utf-8")
    index = Index([bulk.build(tmp_path / "snapshots", [file], lambda _step, _what: None)])
    direct = {(kind, said) for _, kind, said in rows(index, "kinds")}
    assert direct == {("urn:K", 1), ("urn:L", 0)}


def rows(index: Index, table: str) -> list[tuple[object, ...]]:
    """What a table of an index holds, which has rows."""
    with index._asking() as database:
        found = database.execute(f"SELECT * FROM {table}").fetchall()
    assert found
    return found


def quiet(_step: str, _what: str) -> None:
    """Take no notice of the progress."""


def test_the_index_of_a_snapshot_is_that_of_its_dataset(config: Config, tmp_path: Path) -> None:
    folder = build(config, quiet)
    alone = Path(shutil.copy(folder / snapshot.DATASET, tmp_path / "alone.nq"))
    assert in_memory([alone]).serialize() == (folder / snapshot.INDEX).read_bytes()


@pytest.mark.parametrize("damage", [b"", b"SQLite format 3\0", b"\0" * 9000, None])
def test_where_the_index_of_a_snapshot_is_damaged_it_is_made_anew(
    config: Config, damage: bytes | None
) -> None:
    folder = build(config, quiet)
    file = folder / snapshot.INDEX
    hits = found(Index([folder / snapshot.DATASET]), "Tohoku")
    assert hits
    if damage is None:
        whole = file.read_bytes()
        damage = whole[:5000] + bytes(3000) + whole[8000:]
    file.write_bytes(damage)
    assert found(Index([folder / snapshot.DATASET]), "Tohoku") == hits
    file.unlink()
    assert found(Index([folder / snapshot.DATASET]), "Tohoku") == hits


def test_a_file_beside_other_data_is_not_taken_for_their_index(
    config: Config, tmp_path: Path
) -> None:
    folder = build(config, quiet)
    shutil.copy(folder / snapshot.INDEX, tmp_path / snapshot.INDEX)
    (tmp_path / snapshot.DATASET).write_text(f'<urn:x> <{FIELDS["name"][0]}> "y" .\n')
    assert found(Index([tmp_path / snapshot.DATASET]), "Tohoku") == []
    assert found(Index([tmp_path / snapshot.DATASET]), "y") == ["urn:x"]


def test_a_mentions_wording_finds_the_concept(index: Index) -> None:
    assert found(index, "再エネ", kind="Concept")[0] == "scheme/field/renewable-energy"
