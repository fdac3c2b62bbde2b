"""The mutation run: what it makes is wrong, and what it says is found `seisaku check` finds."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyshacl
import pytest
from rdflib import RDF, RDFS, SH, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from conftest import REPOSITORY
from mutants import LEGITIMATE, OPERATORS, SURVIVORS, Model, Mutant, candidates, reason_to_survive
from mutate import Check, described
from seisaku.config import BASE
from seisaku.load import Asserted, load, terms

SSK = Namespace(BASE + "def#")
EX = Namespace(BASE + "id/example/")
TESTS = REPOSITORY / "tests"
STRIDE = 60

LIST = """
from mutants import Model, candidates
from mutate import ROOT, described
from seisaku.load import load

model = Model(load(ROOT))
print(*(described(model.graph, each) for each in candidates(model)), sep="\\n")
"""


@pytest.fixture(scope="module")
def check(asserted: Asserted) -> Check:
    return Check(asserted)


@pytest.fixture(scope="module")
def made(check: Check) -> list[Mutant]:
    return candidates(check.model)


@pytest.fixture(scope="module")
def faults(made: list[Mutant]) -> list[Mutant]:
    return [each for each in made if not each.legitimate]


@pytest.fixture
def small() -> Check:
    return Check(load(TESTS / "small"))


def added(*triples: tuple[URIRef, URIRef, URIRef | Literal]) -> Mutant:
    subject, predicate, _ = triples[0]
    return Mutant("added", SSK.Hub, predicate, subject, frozenset(), frozenset(triples))


def test_every_operator_makes_faults(faults: list[Mutant]) -> None:
    assert len(faults) > 4000
    assert Counter(each.operator for each in faults).keys() == OPERATORS.keys()


def test_every_class_that_data_use_is_broken(asserted: Asserted, faults: list[Mutant]) -> None:
    used = {
        kind
        for layer in ("document", "curated", "external")
        for kind in asserted.layers[layer].objects(None, RDF.type)
        if str(kind).startswith(BASE)
    }
    assert used - {each.kind for each in faults} == set()


def test_what_is_said_to_be_no_fault_or_to_survive_is_made(
    check: Check, made: list[Mutant]
) -> None:
    idle = [
        row[:3]
        for row in (*LEGITIMATE, *SURVIVORS)
        if not any(is_about(check.model, each, *row[:3]) for each in made)
    ]
    assert idle == []


def is_about(
    model: Model, mutant: Mutant, name: str, kind: Node | None, predicate: Node | None
) -> bool:
    return (
        mutant.operator == name
        and kind in (None, *model.above[mutant.kind])
        and predicate in (None, mutant.property)
    )


def test_no_two_records_are_ordered_alike(check: Check) -> None:
    keys = Counter(check.model.key(each) for each in check.model.home)
    assert [key for key, count in keys.items() if count > 1] == []


def test_another_process_makes_the_same_mutants_in_the_same_order(
    check: Check, made: list[Mutant]
) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": "1", "PYTHONPATH": str(TESTS)}
    command = [sys.executable, "-c", LIST]
    there = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert there.stdout.splitlines() == [described(check.graph, each) for each in made]


def test_a_fault_is_in_the_graph_for_a_while_only(check: Check, faults: list[Mutant]) -> None:
    before = set(check.graph)
    for each in faults[::STRIDE]:
        with check.broken(each):
            assert set(check.graph) != before
    assert set(check.graph) == before


def sample(check: Check, faults: list[Mutant]) -> list[Mutant]:
    """Give every `STRIDE`-th fault and the first of each operator, but those that survive."""
    found = [each for each in faults if reason_to_survive(check.model, each) is None]
    first = {each.operator: each for each in reversed(found)}
    return list(dict.fromkeys([*found[::STRIDE], *first.values()]))


def test_each_of_a_sample_of_the_faults_is_found(check: Check, faults: list[Mutant]) -> None:
    chosen = sample(check, faults)
    assert {each.operator for each in chosen} == OPERATORS.keys()
    assert [described(check.graph, each) for each in chosen if not check.finds(each)] == []


def test_what_is_found_near_a_fault_is_in_the_report_of_the_whole_check(
    check: Check, faults: list[Mutant]
) -> None:
    near = dict(apart(check, faults[:: 4 * STRIDE]))
    assert len(near) > 5
    with check.broken(*near):
        assert set(near.values()) <= set(whole_report(check))


def apart(check: Check, chosen: list[Mutant]) -> Iterator[tuple[Mutant, object]]:
    """Give faults that have no node in common, with the node and the shape found near each."""
    seen: set[object] = set()
    for each in chosen:
        with check.broken(each):
            found = None if check.undeclared(each) else check.violation_near(each)
        nodes = {term for triple in each.removed | each.added for term in triple[::2]}
        if found and seen.isdisjoint(nodes):
            seen |= nodes
            yield each, found


def whole_report(check: Check) -> Iterator[object]:
    """Give each node and shape of the report; a property shape stands for those that have it."""
    _, report, _ = pyshacl.validate(check.graph, shacl_graph=check.shapes, inference="none")
    assert isinstance(report, Graph)
    for result in report.subjects(RDF.type, SH.ValidationResult):
        for shape in report.objects(result, SH.sourceShape):
            for each in (shape, *check.shapes.subjects(SH.property, shape)):
                yield report.value(result, SH.focusNode), each


def test_what_nothing_declares_since_a_fault_is_what_load_says(
    check: Check, faults: list[Mutant]
) -> None:
    for each in faults[:: 4 * STRIDE]:
        with check.broken(each):
            declared = set(check.graph.subjects(RDF.type)) | set(check.shapes.subjects(RDF.type))
            assert check.undeclared(each) == terms(check.graph) - declared


def test_what_is_no_fault_survives_the_whole_check(small: Check) -> None:
    assert small.finds(added((EX.tohoku, RDFS.comment, Literal("A hub.", lang="en")))) is None


@pytest.mark.parametrize(
    ("fault", "step"),
    [
        (added((EX.tohoku, SSK.hasTeir, EX.tohoku)), "load"),
        (added((EX.new, RDF.type, SSK.Designation)), "validate"),
        (
            added(
                (EX.tohoku, RDF.type, SSK.Designation), (EX.tohoku, SSK.designatesHub, EX.tohoku)
            ),
            "reason",
        ),
    ],
)
def test_a_fault_is_found_by_its_step(small: Check, fault: Mutant, step: str) -> None:
    assert small.finds(fault) == step


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(TESTS / "mutate.py"), "--root", str(root), "--jobs", "2"]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)


def test_the_run_fails_when_a_shape_is_taken_away(root: Path) -> None:
    only = ("--only", "text-for-a-thing: ssk:Designation ssk:designatesHub")
    there = run(root, *only)
    assert there.returncode == 0, there.stderr
    assert "finds **100.00%** of 1 faults; 0 survive." in there.stdout
    shapes = root / "shapes" / "designation.ttl"
    text = shapes.read_text(encoding="utf-8")
    shapes.write_text(text.replace("    sh:class ssk:Hub ;\n", ""), encoding="utf-8")
    gone = run(root, *only)
    assert gone.returncode == 1, gone.stderr
    assert "finds **0.00%** of 1 faults; 1 survive." in gone.stdout
    assert 'ssk:designatesHub "tohoku"`: NOT EXPLAINED' in gone.stdout


def test_the_run_writes_down_what_it_prints(root: Path, tmp_path: Path) -> None:
    kept = tmp_path / "mutation.md"
    said = run(root, "--every", "20", "--write", str(kept))
    assert said.returncode == 1  # the small graph has few shapes
    assert kept.read_text(encoding="utf-8") == said.stdout
