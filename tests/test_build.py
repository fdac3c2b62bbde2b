"""Build: load, validate, reason, describe, snapshot, in this order."""

from dataclasses import replace
from pathlib import Path

import pytest

from seisaku import snapshot
from seisaku.build import KEPT, build, close
from seisaku.config import Config
from seisaku.errors import InvalidData


def test_each_step_says_what_came_of_it_in_order(config: Config) -> None:
    told: list[tuple[str, str]] = []
    build(config, lambda step, what: told.append((step, what)))
    assert [step for step, _ in told] == ["load", "validate", "reason", "describe", "snapshot"]
    assert "from 5 files" in told[0][1]


def test_the_data_are_validated_before_anything_is_inferred(config: Config) -> None:
    with (config.root / "data/document/hubs.ttl").open("a", encoding="utf-8") as file:
        file.write("ex:new a ssk:Designation ; ssk:designatesHub seg:L1 .\n")
    told: list[str] = []
    with pytest.raises(InvalidData):
        build(config, lambda step, _: told.append(step))
    assert told == ["load"]


def test_a_check_writes_nothing(config: Config) -> None:
    layers, *_ = close(config.root, lambda _step, _what: None)
    assert layers["inferred"]
    assert not config.snapshots.exists()
    assert snapshot.find(config.snapshots, snapshot.digest(config.root)) is None


HUBS, SHAPES = "data/document/hubs.ttl", "shapes/designation.ttl"
EDITS = {
    "a label": (HUBS, 'ex:kansai a ssk:Hub ; dcterms:identifier "関西"@ja .\n'),
    "an inverse": (HUBS, "ex:k a ssk:Hub .\nex:k-2 a ssk:Designation ; ssk:designatesHub ex:k .\n"),
    "a note": (HUBS, '[] dcterms:title "x" , [] .\n'),
    "an axiom": ("ontology/seisaku.ttl", "ssk:City a owl:Class ; owl:disjointWith ssk:Hub .\n"),
    "a message": (SHAPES, 'shape:Designation sh:message "x"@en .\n'),
    "a comment": (HUBS, "# nothing\n"),
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
        for part in (snapshot.DATASET, snapshot.SHAPES, snapshot.REPORT):
            assert (quick / part).read_bytes() == (whole / part).read_bytes(), name
    assert not (anew.snapshots / KEPT).exists()


def test_the_manifest_and_the_progress_tell_the_engines(config: Config) -> None:
    told: list[str] = []
    folders = [build(config, lambda _step, what: told.append(what)) for _ in range(1)]
    with (config.root / HUBS).open("a", encoding="utf-8") as file:
        file.write("ex:k a ssk:Hub .\n")
    folders += [build(config, lambda _step, what: told.append(what))]
    engines = [snapshot.manifest(each)["engines"] for each in folders]
    assert [each["reasoner"] for each in engines] == ["owlrl", "rules"]
    assert [each["validator"] for each in engines] == ["pyshacl", "pyshacl"]
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
