"""Build: load, validate, reason, describe, snapshot, in this order."""

import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from conftest import left_out
from seisaku import snapshot
from seisaku.build import KEPT, build, close
from seisaku.config import Config
from seisaku.errors import InvalidData, UnknownAxiom, UsageError


def test_each_step_says_what_came_of_it_in_order(config: Config) -> None:
    told: list[tuple[str, str]] = []
    build(config, lambda step, what: told.append((step, what)))
    assert [step for step, _ in told] == [
        "load",
        "validate",
        "reason",
        "describe",
        "index",
        "snapshot",
    ]
    assert "from 5 files" in told[0][1]


def test_the_data_are_validated_before_anything_is_inferred(config: Config) -> None:
    with (config.root / "data/document/hubs.ttl").open("a", encoding="utf-8") as file:
        file.write("ex:new a ssk:Designation ; ssk:designatesHub seg:L1 .\n")
    told: list[str] = []
    with pytest.raises(InvalidData):
        build(config, lambda step, _: told.append(step))
    assert told == ["load"]


def test_a_check_writes_nothing(config: Config) -> None:
    layers, *_ = close(config, lambda _step, _what: None)
    assert layers["inferred"]
    assert not config.snapshots.exists()
    assert snapshot.find(config.snapshots, snapshot.digest(config.root)) is None


def engines(folder: Path) -> dict[str, object]:
    return {**snapshot.manifest(folder)["engines"]}


HUBS, SHAPES = "data/document/hubs.ttl", "shapes/designation.ttl"
PARTS = (snapshot.DATASET, snapshot.SHAPES, snapshot.REPORT, snapshot.INDEX)
EDITS = {
    "a label": (HUBS, 'ex:kansai a ssk:Hub ; dcterms:identifier "関西"@ja .\n'),
    "an inverse": (HUBS, "ex:k a ssk:Hub .\nex:k-2 a ssk:Designation ; ssk:designatesHub ex:k .\n"),
    "a note": (HUBS, '[] dcterms:title "x" , [] .\n'),
    "an axiom": ("ontology/seisaku.ttl", "ssk:City a owl:Class ; owl:disjointWith ssk:Hub .\n"),
    "a message": (SHAPES, 'shape:Designation sh:message "x"@en .\n'),
    "a comment": (HUBS, "# nothing\n"),
    "what follows": (HUBS, "ex:k ssk:hasDesignation ex:k-2 .\n"),
    "a designation": (HUBS, "ex:kansai-2 a ssk:Designation ; ssk:designatesHub ex:kansai .\n"),
    "labels": (HUBS, 'ex:kansai rdfs:label "Kansai"@en , "関西"@ja , "A"@en .\n'),
}


def test_a_build_after_an_edit_has_the_bytes_of_a_build_from_nothing(
    config: Config, tmp_path: Path
) -> None:
    build(config, lambda _step, _what: None)
    anew = replace(config, snapshots=tmp_path / "anew")
    for name, (file, text) in EDITS.items():
        with (config.root / file).open("a", encoding="utf-8") as opened:
            opened.write(text)
        quick = build(config, lambda _step, _what: None)
        whole = build(anew, lambda _step, _what: None, anew=True)
        for part in PARTS:
            assert (quick / part).read_bytes() == (whole / part).read_bytes(), name
    assert not (anew.snapshots / KEPT).exists()


def test_what_is_kept_and_damaged_is_not_used(config: Config, tmp_path: Path) -> None:
    build(config, lambda _step, _what: None)
    kept = sorted((config.snapshots / KEPT).iterdir())
    assert {each.name.split("-")[1] for each in kept} >= {"load", "validate", "rules", "derived"}
    for file in kept:
        content = file.read_bytes()
        file.write_bytes(content.replace(b"Hub", b"Bun").replace(b"T", b"t", 1)[:-1] + b" ")
    with (config.root / HUBS).open("a", encoding="utf-8") as opened:
        opened.write(EDITS["a label"][1])
    quick = build(config, lambda _step, _what: None)
    anew = build(replace(config, snapshots=tmp_path), lambda _step, _what: None, anew=True)
    for part in PARTS:
        assert (quick / part).read_bytes() == (anew / part).read_bytes()


def test_the_manifest_and_the_progress_tell_the_engines(config: Config) -> None:
    told: list[str] = []
    folders = [build(config, lambda _step, what: told.append(what)) for _ in range(1)]
    with (config.root / HUBS).open("a", encoding="utf-8") as file:
        file.write("ex:k a ssk:Hub .\n")
    folders += [build(config, lambda _step, what: told.append(what))]
    assert [engines(each)["reasoner"] for each in folders] == ["owlrl", "rules"]
    assert [engines(each)["validator"] for each in folders] == ["pyshacl", "pyshacl"]
    assert any("inferred by rules" in each for each in told)


def test_violations_after_an_edit_are_told_as_by_a_build_from_nothing(config: Config) -> None:
    build(config, lambda _step, _what: None)
    with (config.root / HUBS).open("a", encoding="utf-8") as file:
        file.write("ex:new a ssk:Designation ; ssk:designatesHub seg:L1 .\n")
    told = []
    for anew in (False, True):
        with pytest.raises(InvalidData) as caught:
            build(config, lambda _step, _what: None, anew=anew)
        told.append(str(caught.value))
    assert told[0] == told[1]


def test_the_reasoner_that_is_set_infers_and_is_told(config: Config) -> None:
    pytest.importorskip("ibis")
    told: dict[str, str] = {}
    reference = build(config, told.__setitem__)
    assert "inferred by owlrl" in told["reason"]
    assert engines(reference)["reasoner"] == "owlrl"
    elsewhere = replace(config, snapshots=config.snapshots / "other", reasoner="duckdb")
    folder = build(elsewhere, told.__setitem__)
    assert "inferred by duckdb" in told["reason"]
    assert engines(folder)["reasoner"] == "duckdb"
    assert folder.name == reference.name
    for name in PARTS:
        assert (folder / name).read_bytes() == (reference / name).read_bytes()


def test_the_validator_that_is_set_validates_and_is_told(config: Config) -> None:
    if find_spec("shacl") is None:
        left_out("the engine `shacl`: install the extra `shacl`")
    told: dict[str, str] = {}
    reference = build(config, told.__setitem__)
    assert "by pyshacl" in told["validate"]
    elsewhere = replace(config, snapshots=config.snapshots / "other", validator="shacl")
    folder = build(elsewhere, told.__setitem__)
    assert "by shacl" in told["validate"]
    assert engines(folder)["validator"] == "shacl"
    assert folder.name == reference.name
    assert (folder / snapshot.DATASET).read_bytes() == (reference / snapshot.DATASET).read_bytes()
    with (config.root / HUBS).open("a", encoding="utf-8") as file:
        file.write("ex:new a ssk:Designation ; ssk:designatesHub seg:L1 .\n")
    with pytest.raises(InvalidData, match="ex:new ssk:designatesHub seg:L1: A designation desig"):
        build(elsewhere, told.__setitem__)
    assert {each.name for each in elsewhere.snapshots.iterdir()} - {KEPT} == {folder.name}


def test_a_validator_that_is_missing_is_told_with_what_to_install(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "shacl", None)
    with pytest.raises(UsageError, match=r"validator shacl needs .*pip install 'seisaku\[shacl\]'"):
        build(replace(config, validator="shacl"), lambda _step, _what: None)


def test_an_axiom_that_the_reasoner_does_not_know_stops_the_build(config: Config) -> None:
    pytest.importorskip("ibis")
    with (config.root / "ontology/seisaku.ttl").open("a", encoding="utf-8") as file:
        file.write("ssk:Hub owl:hasKey ( ssk:designatesHub ) .")
    with pytest.raises(UnknownAxiom, match=r"owl#hasKey> of <https://w3id.org/seisaku/def#Hub>"):
        build(replace(config, reasoner="duckdb"), lambda _step, _what: None)
    assert list(config.snapshots.glob(f"*/{snapshot.MANIFEST}")) == []


def test_a_reasoner_that_is_not_installed_says_what_to_install(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ibis", None)
    monkeypatch.delitem(sys.modules, "seisaku.closure", raising=False)
    with pytest.raises(UsageError, match=r"pip install 'seisaku\[duckdb\]'"):
        build(replace(config, reasoner="duckdb"), lambda _step, _what: None)
