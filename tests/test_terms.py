"""Terms: what a release changes for those who use the ontology, and the version it asks for."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from seisaku import cli, terms
from seisaku.build import build
from seisaku.config import Config
from seisaku.diff import compare, read
from seisaku.snapshot import DATASET, SHAPES
from seisaku.terms import Release

ONTOLOGY = "ontology/seisaku.ttl"
FILES = {
    "ontology": ONTOLOGY,
    "shapes": "shapes/designation.ttl",
    "data": "data/document/hubs.ttl",
    "queries": "data/queries/*.rq",
}
DEPRECATED = """
ssk:StartupHub a owl:Class .
ssk:Hub owl:deprecated true ;
    <http://purl.org/dc/terms/isReplacedBy> ssk:StartupHub .
"""
HUB_SHAPE = """
shape:Hub a sh:NodeShape ;
    sh:targetClass ssk:Hub ;
    sh:nodeKind sh:IRI .
"""


def released(config: Config, tmp_path: Path, **changes: tuple[str, str]) -> Release:
    """Change the small graph (file, old text and new) and compare its terms with those before.

    A change is what to replace by what; with nothing to replace it is added at the end.
    """
    root = Path(shutil.copytree(config.root, tmp_path / "changed"))
    for name, (old, new) in changes.items():
        for file in root.glob(FILES[name.rstrip("_")]):
            text = file.read_text(encoding="utf-8")
            assert old in text
            changed = text.replace(old, new) if old else text + new
            file.write_text(changed, encoding="utf-8")
    snapshots = [
        build(Config(root=each, snapshots=config.snapshots), lambda _step, _what: None)
        for each in (config.root, root)
    ]
    return terms.release(compare(*(read(each.name, each / DATASET) for each in snapshots)))


def told(found: Release) -> list[tuple[str, str, str]]:
    return [(each.sort, each.change.how, each.step) for each in found.changes]


def test_the_same_terms_ask_for_no_step(config: Config, tmp_path: Path) -> None:
    found = released(config, tmp_path)
    assert told(found) == []
    assert found.step == "none"
    assert found.asked == "0.1.0"
    assert list(terms.text(found))[-1] == "no difference in terms"


def test_a_record_is_no_term(config: Config, tmp_path: Path) -> None:
    assert told(released(config, tmp_path, data=("", "ex:kansai a ssk:Hub .\n"))) == []


def test_a_new_term_asks_for_a_minor_step(config: Config, tmp_path: Path) -> None:
    found = released(config, tmp_path, ontology=("", "ssk:Area a owl:Class .\n"))
    assert told(found) == [("class", "added", "minor")]


def test_a_term_that_is_gone_asks_for_a_major_step(config: Config, tmp_path: Path) -> None:
    before = config.root / ONTOLOGY
    text = before.read_text(encoding="utf-8")
    before.write_text(f"{text}ssk:Area a owl:Class .\n", encoding="utf-8")
    found = released(config, tmp_path, ontology=("ssk:Area a owl:Class .\n", ""))
    assert told(found) == [("class", "removed", "major")]


def test_a_label_asks_for_a_patch(config: Config, tmp_path: Path) -> None:
    label = 'ssk:Hub <http://www.w3.org/2000/01/rdf-schema#label> "拠点"@ja .\n'
    found = released(config, tmp_path, ontology=("", label))
    assert told(found) == [("class", "changed", "patch")]


def test_an_axiom_by_which_more_follows_asks_for_a_minor_step(
    config: Config, tmp_path: Path
) -> None:
    axiom = "ssk:designatesHub rdfs:subPropertyOf ssk:isStatedIn .\n"
    found = released(config, tmp_path, ontology=("", axiom))
    assert told(found) == [("property", "changed", "minor")]


@pytest.mark.parametrize(
    "axiom",
    ["ssk:hasDesignation rdfs:domain ssk:Hub .", "ssk:isStatedIn a owl:AsymmetricProperty ."],
)
def test_an_axiom_that_may_forbid_asks_for_a_major_step(
    axiom: str, config: Config, tmp_path: Path
) -> None:
    found = released(config, tmp_path, ontology=("", f"{axiom}\n"))
    assert told(found) == [("property", "changed", "major")]


def test_an_axiom_that_is_gone_asks_for_a_major_step(config: Config, tmp_path: Path) -> None:
    found = released(config, tmp_path, ontology=("    rdfs:range ssk:Hub ;\n", ""))
    assert told(found) == [("property", "changed", "major")]


def test_an_axiom_on_two_old_terms_asks_for_a_major_step(config: Config, tmp_path: Path) -> None:
    axiom = "[] a owl:AllDisjointClasses ; owl:members ( ssk:Hub ssk:SourceDocument ) .\n"
    found = released(config, tmp_path, ontology=("", axiom))
    assert told(found) == [("axiom", "added", "major")]


def test_an_axiom_on_new_terms_asks_for_no_more_than_they(config: Config, tmp_path: Path) -> None:
    new = "ssk:A a owl:Class . ssk:B a owl:Class . [] a owl:AllDisjointClasses ; owl:members"
    found = released(config, tmp_path, ontology=("", f"{new} ( ssk:A ssk:B ) .\n"))
    assert told(found)[-1] == ("axiom", "added", "none")
    assert found.step == "minor"


@pytest.mark.parametrize(
    ("alias", "step", "asked"),
    [
        ("", "major", "0.2.0"),
        ("ssk:Hub owl:equivalentClass ssk:StartupHub .\n", "minor", "0.1.1"),
    ],
)
def test_a_renamed_term_asks_for_a_major_step_unless_the_old_name_is_answered_still(
    alias: str, step: str, asked: str, config: Config, tmp_path: Path
) -> None:
    file = config.root / ONTOLOGY
    text = file.read_text(encoding="utf-8").replace(" ; owl:disjointWith ssk:Hub", "")
    file.write_text(text, encoding="utf-8")
    found = released(
        config,
        tmp_path,
        ontology=("", DEPRECATED + alias),
        ontology_=("rdfs:range ssk:Hub", "rdfs:range ssk:StartupHub"),
        data=("a ssk:Hub ;", "a ssk:StartupHub ;"),
        shapes=("sh:class ssk:Hub", "sh:class ssk:StartupHub"),
        queries=("a ssk:Hub", "a ssk:StartupHub"),
    )
    assert told(found) == [("class", "renamed", step)]
    assert found.asked == asked
    assert f"  > ssk:Hub → ssk:StartupHub  [{step}]" in list(terms.text(found))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", HUB_SHAPE, ("shape", "added", "minor")),
        ("sh:minCount 1 ;", "sh:minCount 1 ; sh:maxCount 1 ;", ("shape", "changed", "minor")),
        ("    sh:minCount 1 ;\n", "", ("shape", "changed", "major")),
        ("A designation designates a hub.", "It designates a hub.", ("shape", "changed", "patch")),
    ],
)
def test_a_shape_asks_for_more_the_less_those_who_read_can_rely_on(
    old: str, new: str, expected: tuple[str, str, str], config: Config, tmp_path: Path
) -> None:
    assert told(released(config, tmp_path, shapes=(old, new))) == [expected]


def test_the_version_that_is_stated_is_held_against_the_one_that_is_asked_for(
    config: Config, tmp_path: Path
) -> None:
    raised = ("ont/0.1.0", "ont/0.1.1")
    added = ("", "ssk:Area a owl:Class .\n")
    found = released(config, tmp_path, ontology=raised, ontology_=added)
    assert (found.asked, found.enough) == ("0.1.1", True)
    assert list(terms.text(found))[-1] == (
        "the terms ask for a minor step: from 0.1.0 to 0.1.1 or higher; 0.1.1 is high enough"
    )


def test_from_1_0_0_each_step_raises_its_own_number(config: Config, tmp_path: Path) -> None:
    file = config.root / ONTOLOGY
    text = file.read_text(encoding="utf-8").replace("ont/0.1.0", "ont/1.4.2")
    file.write_text(text, encoding="utf-8")
    found = released(config, tmp_path, ontology=("", "ssk:Area a owl:Class .\n"))
    assert (found.step, found.asked, found.enough) == ("minor", "1.5.0", False)


def test_without_shapes_on_one_side_it_is_said_that_they_are_not_compared(
    config: Config, tmp_path: Path
) -> None:
    folder = build(config, lambda _step, _what: None)
    export = Path(shutil.copy(folder / DATASET, tmp_path / "last.nq"))
    found = terms.release(compare(read("last.nq", export), read("now", folder / DATASET)))
    assert (folder / SHAPES).is_file()
    assert "shapes: not compared, for there are none in last.nq" in list(terms.text(found))


def test_the_last_release_is_a_tag_whose_checkout_is_compared(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def git(*arguments: str) -> None:
        who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)

    monkeypatch.setenv("SEISAKU_SNAPSHOTS", str(tmp_path / "snapshots"))
    git("init", "--quiet")
    git("add", "--all")
    git("commit", "--quiet", "--message", "Release")
    git("tag", "v0.1.0")
    with (root / ONTOLOGY).open("a", encoding="utf-8") as file:
        file.write("ssk:Area a owl:Class .\n")
    git("worktree", "add", str(tmp_path / "last"), "v0.1.0")
    assert cli.main(["diff", "--terms", str(tmp_path / "last"), str(root)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"before  {tmp_path / 'last'}  0.1.0"
    assert "  + ssk:Area  [minor]" in said
    assert said[-1].endswith("from 0.1.0 to 0.1.1 or higher; 0.1.0 is too low")
    assert cli.main(["diff", "--terms", "--json", str(tmp_path / "last"), str(root)]) == 0
    machine = json.loads(capsys.readouterr().out)
    assert (machine["step"], machine["asked"], machine["enough"]) == ("minor", "0.1.1", False)
    assert machine["terms"][0]["record"]["value"].endswith("def#Area")
    assert cli.main(["diff", "--terms", "--brief", str(tmp_path / "last"), str(root)]) == 0
    assert "rdf:type" not in capsys.readouterr().out
