"""Reason: what follows by OWL 2 RL, cleaned; a contradiction is an error that names it."""

import pytest
from rdflib import OWL, RDF, BNode, Graph, Literal, Namespace

from conftest import REPOSITORY
from seisaku.config import BASE
from seisaku.errors import Contradiction
from seisaku.load import load
from seisaku.reason import reason

EX = Namespace(BASE + "id/example/")
SSK = Namespace(BASE + "def#")


@pytest.fixture
def small() -> Graph:
    return load(REPOSITORY / "tests" / "small").union


def test_the_inverse_is_inferred(small: Graph) -> None:
    assert (EX.tohoku, SSK.hasDesignation, EX["tohoku-2"]) in reason(small)


def test_what_is_said_under_a_new_name_follows_under_the_deprecated_one(small: Graph) -> None:
    small.add((SSK.OldHub, OWL.equivalentClass, SSK.Hub))
    small.add((SSK.oldProperty, OWL.equivalentProperty, SSK.designatesHub))
    inferred = reason(small)
    assert (EX.tohoku, RDF.type, SSK.OldHub) in inferred
    assert (EX["tohoku-2"], SSK.oldProperty, EX.tohoku) in inferred


def test_nothing_that_is_asserted_is_given_again(small: Graph) -> None:
    assert not [triple for triple in reason(small) if triple in small]


def test_the_asserted_graph_is_not_changed(small: Graph) -> None:
    before = set(small)
    reason(small)
    assert set(small) == before


def test_what_nobody_asks_for_is_left_out(small: Graph) -> None:
    inferred = reason(small)
    assert not [s for s in inferred.subjects() if isinstance(s, Literal | BNode)]
    assert not list(inferred.triples((None, OWL.sameAs, None)))
    assert not list(inferred.triples((None, RDF.type, OWL.Thing)))
    assert not list(inferred.triples((None, OWL.differentFrom, None)))


def test_a_thing_of_two_disjoint_classes_is_a_contradiction(small: Graph) -> None:
    small.add((EX.tohoku, RDF.type, SSK.Designation))
    with pytest.raises(Contradiction, match=r"contradiction: .*tohoku"):
        reason(small)


def test_two_values_of_a_functional_property_are_named(small: Graph) -> None:
    small.add((EX.kansai, RDF.type, SSK.Hub))
    small.add((EX["tohoku-2"], SSK.designatesHub, EX.kansai))
    with pytest.raises(Contradiction, match=r"would have to be one: .*kansai.*tohoku"):
        reason(small)
