"""The mutation run: what it makes is wrong, what it says is found `seisaku check` finds."""

from collections import Counter
from collections.abc import Iterator

import pytest
from rdflib import RDF, RDFS, SH, Literal, Namespace, URIRef

import mutate
from conftest import REPOSITORY
from mutants import OPERATORS, Model, Mutant, mutants, reason_to_survive
from mutate import Check, described
from seisaku.config import BASE
from seisaku.errors import Contradiction
from seisaku.load import Asserted, load, terms
from seisaku.reason import reason

SSK = Namespace(BASE + "def#")
EX = Namespace(BASE + "id/example/")


@pytest.fixture(scope="module")
def check(asserted: Asserted) -> Check:
    return Check(asserted)


@pytest.fixture(scope="module")
def made(check: Check) -> list[Mutant]:
    return mutants(check.model)


@pytest.fixture
def small() -> Check:
    return Check(load(REPOSITORY / "tests" / "small"))


def added(*triples: tuple[URIRef, URIRef, URIRef | Literal]) -> Mutant:
    subject, predicate, _ = triples[0]
    return Mutant("added", SSK.Hub, predicate, subject, frozenset(), frozenset(triples))


def test_every_operator_makes_mutants(made: list[Mutant]) -> None:
    assert len(made) > 300
    assert Counter(each.operator for each in made).keys() == OPERATORS.keys()


def test_every_class_that_data_use_is_broken(asserted: Asserted, made: list[Mutant]) -> None:
    used = {
        kind
        for layer in ("document", "curated", "external")
        for kind in asserted.layers[layer].objects(None, RDF.type)
        if str(kind).startswith(BASE)
    }
    assert used - {each.kind for each in made} == set()


def test_two_runs_make_the_same_mutants(check: Check, made: list[Mutant]) -> None:
    again = load(REPOSITORY)
    first = {described(check.graph, each) for each in made}
    assert {described(again.union, each) for each in mutants(Model(again))} == first


def test_a_fault_is_in_the_graph_for_a_while_only(check: Check, made: list[Mutant]) -> None:
    before = set(check.graph)
    for each in made[::20]:
        with check.broken(each):
            assert set(check.graph) != before
        assert len(check.graph) == len(before)
    assert set(check.graph) == before


def test_a_sample_of_the_mutants_is_found(check: Check, made: list[Mutant]) -> None:
    sample = [each for each in made[::60] if reason_to_survive(check.model, each) is None]
    score = mutate.run(check, sample, 2)
    assert [described(check.graph, each) for each in score.survivors] == []


def test_what_is_found_near_a_fault_is_in_the_report_of_the_whole_check(
    check: Check, made: list[Mutant]
) -> None:
    together = list(apart(check, made[::40]))
    assert len(together) > 10
    expected = set()
    for each in together:
        with check.broken(each):
            expected.add(check.violation_near(each))
    with check.broken(*together):
        results = whole_report(check)
    assert expected - {None} <= results


def apart(check: Check, sample: list[Mutant]) -> Iterator[Mutant]:
    """Give mutants that the shapes find and that have no node in common, of data or ontology."""
    seen: set[object] = set()
    for each in sample:
        with check.broken(each):
            found = not check.undeclared(each) and check.violation_near(each)
            nodes = {term for triple in each.removed | each.added for term in triple[::2]}
        if found and seen.isdisjoint(nodes):
            seen |= nodes
            yield each


def whole_report(check: Check) -> set[object]:
    import pyshacl

    _, report, _ = pyshacl.validate(check.graph, shacl_graph=check.shapes, inference="none")
    assert not isinstance(report, str | bytes | Exception)
    return {
        (report.value(result, SH.focusNode), node)
        for result in report.subjects(RDF.type, SH.ValidationResult)
        for shape in report.objects(result, SH.sourceShape)
        for node in {shape, *check.shapes.subjects(SH.property, shape)}
    }


def test_what_nothing_declares_since_a_fault_is_what_load_says(
    check: Check, made: list[Mutant]
) -> None:
    for each in made[::100]:
        with check.broken(each):
            declared = set(check.graph.subjects(RDF.type)) | set(check.shapes.subjects(RDF.type))
            assert check.undeclared(each) == terms(check.graph) - declared


def test_a_contradiction_near_a_fault_is_one_of_the_whole_graph(small: Check) -> None:
    fault = added((EX.tohoku, RDF.type, SSK.Designation))
    with small.broken(fault):
        near = set(small.contradictions_near(fault))
        with pytest.raises(Contradiction) as caught:
            reason(small.graph)
    assert near
    assert near <= set(str(caught.value).splitlines())


def test_what_is_no_fault_survives_the_whole_check(small: Check) -> None:
    assert small.finds(added((EX.tohoku, RDFS.comment, Literal("A hub.", lang="en")))) is None


@pytest.mark.parametrize(
    ("fault", "step"),
    [
        (added((EX.tohoku, SSK.hasTeir, EX.tohoku)), "load"),
        (added((EX.new, RDF.type, SSK.Designation)), "validate"),
        (added((EX.tohoku, RDF.type, SSK.Designation)), "reason"),
    ],
)
def test_a_fault_is_found_by_its_step(small: Check, fault: Mutant, step: str) -> None:
    assert small.finds(fault) == step
