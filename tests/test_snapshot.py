"""Snapshot: named by what went into it, whole or not there, the same bytes each time."""

from pathlib import Path

import pytest

from seisaku import snapshot
from seisaku.build import KEPT, build
from seisaku.config import LAYERS, Config
from seisaku.errors import InvalidData


def quiet(step: str, what: str) -> None:
    """Take no notice of the progress."""
    del step, what


def test_the_name_is_the_digest_of_the_input(config: Config) -> None:
    assert build(config, quiet).name == snapshot.digest(config.root)


@pytest.mark.parametrize(
    "file",
    [
        "ontology/seisaku.ttl",
        "data/document/hubs.ttl",
        "shapes/designation.ttl",
        "data/queries/cq01.rq",
    ],
)
def test_a_change_of_any_input_changes_the_digest(config: Config, file: str) -> None:
    before = snapshot.digest(config.root)
    with (config.root / file).open("a", encoding="utf-8") as opened:
        opened.write("# changed\n")
    assert snapshot.digest(config.root) != before


def test_a_renamed_file_changes_the_digest(config: Config) -> None:
    before = snapshot.digest(config.root)
    (config.root / "data" / "curated" / "empty.ttl").rename(config.root / "data/curated/none.ttl")
    assert snapshot.digest(config.root) != before


def test_a_version_that_matters_changes_the_digest(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = snapshot.digest(config.root)
    monkeypatch.setattr(snapshot, "LIBRARIES", ("rdflib", "pyshacl", "owlrl", "pytest"))
    assert snapshot.digest(config.root) != before


def test_two_builds_are_the_same_bytes(config: Config, tmp_path: Path) -> None:
    (config.root / "data" / "curated" / "blank.ttl").write_text(
        "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>\n"
        "<https://example.org/x> rdfs:seeAlso [ rdfs:comment 1 ] , [] .\n",
        encoding="utf-8",
    )
    again = Config(root=config.root, snapshots=tmp_path / "again")
    first, second = (build(each, quiet) for each in (config, again))
    for name in (snapshot.DATASET, snapshot.MANIFEST, snapshot.REPORT):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_the_dataset_holds_each_layer_in_its_graph(config: Config) -> None:
    lines = (build(config, quiet) / snapshot.DATASET).read_text(encoding="utf-8").splitlines()
    graphs = {line.rpartition(" <")[2].removesuffix("> .") for line in lines}
    layers = ("ontology", "document", "inferred", "description")
    assert graphs == {f"https://w3id.org/seisaku/graph/{layer}" for layer in layers}
    assert lines == sorted(lines)


def test_the_manifest_counts_the_triples_of_each_layer(config: Config) -> None:
    triples = snapshot.manifest(build(config, quiet))["triples"]
    assert list(triples) == list(LAYERS)
    assert triples["document"] == 23
    assert triples["curated"] == 0


def test_a_failed_build_leaves_the_old_snapshot_and_nothing_half_written(config: Config) -> None:
    old = build(config, quiet)
    with (config.root / "data/document/hubs.ttl").open("a", encoding="utf-8") as file:
        file.write("ex:new a ssk:Designation .\n")
    with pytest.raises(InvalidData):
        build(config, quiet)
    left = {each.name for each in config.snapshots.iterdir()}
    assert left == {old.name, KEPT}


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        snapshot.write(tmp_path, "name", {"document": set()}, set(), "", b"", {})
    assert not list(tmp_path.iterdir())


def test_what_a_killed_clean_up_left_is_replaced(config: Config) -> None:
    broken = config.snapshots / snapshot.digest(config.root)
    broken.mkdir(parents=True)
    (broken / snapshot.DATASET).write_text("half", encoding="utf-8")
    assert snapshot.find(config.snapshots, broken.name) is None
    assert snapshot.find(config.snapshots, build(config, quiet).name) == broken


def test_only_the_newest_snapshots_stay(config: Config) -> None:
    for number in range(snapshot.KEPT + 2):
        with (config.root / "data/document/hubs.ttl").open("a", encoding="utf-8") as file:
            file.write(f"# {number}\n")
        newest = build(config, quiet)
    kept = {each.name for each in config.snapshots.iterdir()} - {KEPT}
    assert len(kept) == snapshot.KEPT
    assert newest.name in kept
