"""A snapshot on disk: whole or not there, the same answers as from memory, memory bounded."""

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from conftest import REPOSITORY, left_out, on_disk
from seisaku import bulk, cli, disk, index, snapshot
from seisaku.config import Config
from seisaku.errors import Unreadable
from seisaku.query import answer
from seisaku.workers import WorkerPool

LINES = (
    '<urn:s1> <http://www.w3.org/2000/01/rdf-schema#label> "東北"@ja <urn:g1> .\n'
    "<urn:s2> <urn:p> <urn:s1> .\n"
    "<urn:s2> <urn:p> <urn:s1> <urn:g2> .\n"
    "<urn:s2> <urn:p> _:b <urn:g2> .\n"
)
TOLD: list[tuple[str, str]] = []


def tell(step: str, what: str) -> None:
    TOLD.append((step, what))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "data.nq"
    file.write_text(LINES, encoding="utf-8")
    return file


def test_it_says_what_it_holds_and_is_named_by_what_went_into_it(file: Path) -> None:
    folder = on_disk(file)
    told = disk.told(folder)
    assert folder.name == told.digest
    assert (told.quads, told.graphs, told.default) == (4, {"urn:g1": 1, "urn:g2": 2}, 1)
    assert told.union is False
    file.write_text(LINES.replace("東北", "東京"), encoding="utf-8")
    assert on_disk(file) != folder
    assert bulk.build(folder.parent, [file], tell, union=True) != folder


def test_the_order_and_the_names_of_the_files_do_not_change_its_name(
    file: Path, tmp_path: Path
) -> None:
    (tmp_path / "more.nt").write_text("<urn:a> <urn:b> <urn:c> .\n", encoding="utf-8")
    (tmp_path / "copy.nq").write_bytes(file.read_bytes())
    one = bulk.build(tmp_path / "one", [file, tmp_path / "more.nt"], tell)
    other = bulk.build(tmp_path / "other", [tmp_path / "more.nt", tmp_path / "copy.nq"], tell)
    assert one.name == other.name


AXIOM = "<urn:p> <http://www.w3.org/2000/01/rdf-schema#domain> <urn:C> .\n"
INFERRED = "https://w3id.org/seisaku/graph/inferred"


def test_what_follows_from_the_files_is_in_a_graph_of_its_own(file: Path, tmp_path: Path) -> None:
    pytest.importorskip("ibis")
    (tmp_path / "axioms.nt").write_text(AXIOM, encoding="utf-8")
    files = [file, tmp_path / "axioms.nt"]
    folder = bulk.build(tmp_path / "one", files, tell, reasoner="duckdb")
    assert disk.told(folder).graphs.keys() == {"urn:g1", "urn:g2", INFERRED}
    with WorkerPool([folder], Config(workers=1)) as pool:
        asked = f"ASK {{ GRAPH <{INFERRED}> {{ <urn:s2> a <urn:C> }} }}"
        assert b"true" in answer(pool, asked, lambda offered: offered[0]).body
    again = bulk.build(tmp_path / "other", files, tell, reasoner="duckdb")
    assert again.name == folder.name != bulk.build(tmp_path / "plain", files, tell).name
    assert not list(folder.glob("inferred*"))


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--infer"], "--infer goes with --data"),
        (["--infer", "--data", "x.nt"], "SEISAKU_REASONER to be duckdb or spark"),
        (["--validate"], "--validate goes with --data"),
        (["--validate", "--data", "x.nt"], "SEISAKU_VALIDATOR to be shacl"),
    ],
)
def test_inferring_or_validating_at_size_says_what_it_needs(
    arguments: list[str], what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["build", *arguments]) == 2
    assert what in capsys.readouterr().err


def test_a_validator_that_is_missing_is_told_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "shacl", None)
    monkeypatch.setenv("SEISAKU_VALIDATOR", "shacl")
    assert cli.main(["build", "--validate", "--data", "x.nt"]) == 2
    assert "validator shacl needs what is not installed: pip install 'seisaku[shacl]'" in (
        capsys.readouterr().err
    )


SMALL = REPOSITORY / "tests" / "small"
NEW = "<https://w3id.org/seisaku/id/example/new>"
FAULT = (
    f"{NEW} a <https://w3id.org/seisaku/def#Designation> ;"
    " <https://w3id.org/seisaku/def#designatesHub> <https://w3id.org/seisaku/id/example/none> .\n"
)


def test_only_files_that_conform_to_the_shapes_are_put_on_disk_when_it_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if find_spec("shacl") is None:
        left_out("the engine `shacl`: install the extra `shacl`")
    settings = {"ROOT": str(SMALL), "SNAPSHOTS": str(tmp_path / "s"), "VALIDATOR": "shacl"}
    for name, value in settings.items():
        monkeypatch.setenv(f"SEISAKU_{name}", value)
    sound = [str(each) for part in ("ontology", "data") for each in (SMALL / part).rglob("*.ttl")]
    wrong = tmp_path / "wrong.ttl"
    wrong.write_text(FAULT, encoding="utf-8")
    assert cli.main(["build", "--validate", "--data", str(wrong), *sound]) == 1
    assert "ex:new ssk:designatesHub ex:none: A designation designates a hub. / 選定" in (
        capsys.readouterr().err
    )
    assert not list((tmp_path / "s").iterdir())
    assert cli.main(["build", "--validate", "--data", *sound]) == 0
    folder = Path(capsys.readouterr().out.strip())
    assert disk.is_one(folder)
    assert not list(folder.glob("validated*"))


def test_blank_nodes_of_two_files_stay_apart(tmp_path: Path) -> None:
    for name in ("one.nt", "two.nt"):
        (tmp_path / name).write_text("_:b <urn:p> <urn:o> .\n", encoding="utf-8")
    folder = bulk.build(tmp_path / "snapshots", [tmp_path / "one.nt", tmp_path / "two.nt"], tell)
    assert disk.told(folder).quads == 2


def test_a_file_of_several_parts_is_loaded_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "PART", 100)
    for count in (99, 100, 101, 1000):
        file = tmp_path / f"{count}.nt"
        lines = (f"<urn:s{n}> <urn:p> <urn:o> .\n" for n in range(count))
        file.write_text("".join(lines), encoding="utf-8")
        assert disk.told(bulk.build(tmp_path, [file], tell)).quads == count


@pytest.mark.parametrize("text", [LINES + "<urn:a> <urn:b> .\n", None], ids=["syntax", "missing"])
def test_a_build_that_fails_leaves_nothing(file: Path, tmp_path: Path, text: str | None) -> None:
    wrong = tmp_path / "wrong.nq"
    if text:
        wrong.write_text(text, encoding="utf-8")
    with pytest.raises(Unreadable, match=r"wrong\.nq:5:\d+: " if text else r"wrong\.nq: No such"):
        bulk.build(tmp_path / "snapshots", [file, wrong], tell)
    assert not list((tmp_path / "snapshots").iterdir())


def test_a_build_that_is_killed_leaves_nothing_that_would_be_served(file: Path) -> None:
    folder = on_disk(file)
    (folder / disk.TOLD).unlink()
    assert not disk.is_one(folder)
    with pytest.raises(Unreadable, match="no snapshot on disk"):
        disk.told(folder)
    assert disk.is_one(on_disk(file))


def test_no_build_of_the_graph_removes_one(file: Path, config: Config) -> None:
    folder = bulk.build(config.snapshots, [file], tell)
    for number in range(snapshot.KEPT + 1):
        other = config.snapshots / str(number)
        other.mkdir()
        (other / snapshot.MANIFEST).write_text("{}", encoding="utf-8")
    snapshot.prune(config.snapshots)
    assert disk.is_one(folder)


@pytest.fixture
def pools(file: Path) -> Iterator[tuple[WorkerPool, WorkerPool]]:
    config = Config(workers=1)
    with (
        WorkerPool([file], config, union_default_graph=True) as memory,
        WorkerPool([on_disk(file)], config, union_default_graph=True) as stored,
    ):
        yield memory, stored


@pytest.mark.parametrize(
    "query",
    [
        "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
        "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g",
        "SELECT (COUNT(*) AS ?n) FROM <urn:g2> { ?s ?p ?o }",
        'ASK { ?s ?p "東北"@ja }',
    ],
)
def test_the_answers_are_those_from_memory(
    pools: tuple[WorkerPool, WorkerPool], query: str
) -> None:
    bodies = [answer(pool, query, lambda offered: offered[0]).body for pool in pools]
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize("union", [True, False])
def test_the_sizes_that_are_told_are_those_that_a_query_counts(file: Path, union: bool) -> None:
    file.write_text(LINES + "<urn:s3> <urn:p> <urn:s1> _:graph .\n", encoding="utf-8")
    with WorkerPool([on_disk(file)], Config(workers=1), union_default_graph=union) as pool:
        counted = answer(pool, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", lambda _: "text/csv").body
        assert counted.split() == [b"n", str(pool.dataset.size).encode()]
        assert pool.dataset.sizes == {"urn:g1": 1, "urn:g2": 2}


def test_the_digest_is_that_of_no_pool_in_memory(pools: tuple[WorkerPool, WorkerPool]) -> None:
    """Rows without an order come in another one, and a part of them is another part."""
    memory, stored = (pool.dataset for pool in pools)
    assert memory.digest != stored.digest
    assert (memory.quads, memory.graphs) == (stored.quads, stored.graphs)


def test_the_digest_is_the_same_wherever_the_folder_is(file: Path, tmp_path: Path) -> None:
    folder = on_disk(file)
    with WorkerPool([folder], Config(workers=1)) as pool:
        before = pool.dataset.digest
    moved = folder.rename(tmp_path / "moved")
    with WorkerPool([moved], Config(workers=1)) as pool:
        assert pool.dataset.digest == before


def test_a_damaged_store_is_told_at_the_start(file: Path) -> None:
    folder = on_disk(file)
    (folder / disk.STORE / "CURRENT").unlink()
    with pytest.raises(Unreadable, match="the store: "):
        WorkerPool([folder], Config()).__enter__()


def test_the_index_is_in_the_folder(file: Path) -> None:
    folder = on_disk(file)
    found = index.Index([folder]).find("東北")
    assert [hit.iri for hit in found.hits] == ["urn:s1"]
    (folder / index.DATABASE).unlink()
    with pytest.raises(Unreadable, match=r"index\.sqlite: unable to open"):
        index.Index([folder]).load()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["build", "--union"], "--union goes with --data"),
        (["query", "ASK {}", "--data", "FOLDER", "--data", "FILE"], "one folder of a snapshot"),
    ],
)
def test_a_wrong_call_is_exit_2(file: Path, more: list[str], said: str) -> None:
    folder = str(on_disk(file))
    words = [{"FOLDER": folder, "FILE": str(file)}.get(each, each) for each in more]
    done = run(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_the_command_builds_what_the_others_take(file: Path, tmp_path: Path) -> None:
    settings = {"SEISAKU_SNAPSHOTS": str(tmp_path / "snapshots")}
    done = run("build", "--data", str(file), "--union", "--json", **settings)
    said = json.loads(done.stdout)
    assert (said["quads"], said["union"]) == (4, True)
    asked = run("query", "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", "--data", said["folder"])
    assert asked.stdout.split() == ["n", "4"]
    assert "urn:s1" in run("search", "東北", "--data", said["folder"]).stdout


def run(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "seisaku.cli", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=settings)
