"""Rereason: by rules kept of an earlier build the same follows as by the reference reasoner."""

from pathlib import Path
from typing import Any

import pytest
from rdflib import OWL, RDF, RDFS, XSD, Graph, Literal, Namespace

from conftest import REPOSITORY
from seisaku.config import BASE
from seisaku.errors import Contradiction
from seisaku.kept import Kept
from seisaku.load import Asserted, load
from seisaku.reason import reason
from seisaku.rereason import follow, rereason
from seisaku.rules import compile_rules

EX = Namespace(BASE + "id/example/")
SSK = Namespace(BASE + "def#")
KANSAI = [(EX["kansai-2"], RDF.type, SSK.Designation), (EX.kansai, RDF.type, SSK.Hub)]


@pytest.fixture
def small() -> Graph:
    return load(REPOSITORY / "tests" / "small").union


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / "kept", "code")


def test_the_reference_reasons_first_and_the_rules_after_an_edit_of_data(
    small: Graph, kept: Kept
) -> None:
    assert rereason(small, kept)[1] == "owlrl"
    for triple in [*KANSAI, (EX["kansai-2"], SSK.designatesHub, EX.kansai)]:
        small.add(triple)
        inferred, engine = rereason(small, kept)
        assert engine == "rules"
        assert set(inferred) == set(reason(small))
    assert (EX.kansai, SSK.hasDesignation, EX["kansai-2"]) in inferred
    small.remove((None, SSK.designatesHub, None))
    assert set(rereason(small, kept)[0]) == set(reason(small))


@pytest.mark.parametrize(
    "axiom",
    [
        (SSK.City, RDFS.subClassOf, SSK.Hub),
        (SSK.designatesHub, RDFS.domain, SSK.Designation),
        (SSK.designatesHub, RDF.type, OWL.IrreflexiveProperty),
        (SSK.designatesHub, RDFS.subPropertyOf, SSK.isStatedIn),
    ],
)
def test_the_reference_reasons_again_when_an_axiom_changes(
    small: Graph, kept: Kept, axiom: tuple[Any, Any, Any]
) -> None:
    rereason(small, kept)
    small.add(axiom)
    assert rereason(small, kept)[1] == "owlrl"
    inferred, engine = rereason(small, kept)
    assert engine == "rules"
    assert set(inferred) == set(reason(small))


@pytest.mark.parametrize(
    "wrong",
    [
        (EX.tohoku, RDF.type, SSK.Designation),
        (EX["tohoku-2"], SSK.designatesHub, EX.kansai),
        (EX.tohoku, OWL.sameAs, EX.kansai),
    ],
)
def test_a_contradiction_is_told_as_the_reference_tells_it(
    small: Graph, kept: Kept, wrong: tuple[Any, Any, Any]
) -> None:
    rereason(small, kept)
    small.add(wrong)
    with pytest.raises(Contradiction) as expected:
        reason(small)
    with pytest.raises(Contradiction) as caught:
        rereason(small, kept)
    assert str(caught.value) == str(expected.value)


def test_of_an_axiom_that_no_rule_is_known_for_no_rules_are_kept(small: Graph, kept: Kept) -> None:
    small.add((SSK.hasDesignation, RDF.type, OWL.InverseFunctionalProperty))
    assert [rereason(small, kept)[1] for _ in range(2)] == ["owlrl", "owlrl"]


def test_what_follows_among_the_terms_and_is_said_later_is_not_given_again(
    small: Graph, kept: Kept
) -> None:
    for one, other in ((SSK.A, SSK.B), (SSK.B, SSK.Hub)):
        small.add((one, RDFS.subClassOf, other))
    assert (SSK.A, RDFS.subClassOf, SSK.Hub) in rereason(small, kept)[0]
    small.add((SSK.A, RDFS.subClassOf, SSK.Hub))
    assert [set(rereason(small, kept)[0]) for _ in range(2)] == [set(reason(small))] * 2


def test_from_the_shipped_graph_the_rules_and_the_reference_let_the_same_follow(
    asserted: Asserted,
) -> None:
    followed = follow(asserted.union, compile_rules(asserted.union))
    assert followed is not None
    assert set(followed) == set(reason(asserted.union))


def test_a_class_that_is_disjoint_from_itself_can_have_no_member(small: Graph) -> None:
    small.add((SSK.None_, OWL.disjointWith, SSK.None_))
    rules = compile_rules(small)
    assert follow(small, rules) is not None
    small.add((EX.x, RDF.type, SSK.None_))
    assert follow(small, rules) is None


def test_a_value_that_no_datatype_of_its_range_has_is_impossible(small: Graph) -> None:
    at = Literal("2026-11-26T00:00:00", datatype=XSD.dateTime)
    for triple in [(SSK.at, RDF.type, OWL.DatatypeProperty), (SSK.at, RDFS.range, XSD.dateTime)]:
        small.add(triple)
    for value, also in ((at, SSK.at), (Literal(True), SSK.of)):
        small.add((EX.x, also, value))
    rules = compile_rules(small)
    assert follow(small, rules) is not None
    small.add((EX.x, SSK.at, Literal(True)))
    assert follow(small, rules) is None
    with pytest.raises(Contradiction):
        reason(small)


def test_a_chain_takes_both_of_its_properties(small: Graph) -> None:
    small += Graph().parse(
        data=f"""
        @prefix owl: <{OWL}> . @prefix : <{EX}> .
        :p a owl:ObjectProperty ; owl:propertyChainAxiom ( :q :r ) .
        :q a owl:ObjectProperty . :r a owl:ObjectProperty .
        :a :q :b . :b :r :c .
        """
    )
    followed = follow(small, compile_rules(small))
    assert followed is not None
    assert (EX.a, EX.p, EX.c) in followed
    assert set(followed) == set(reason(small))
