"""Rules: the axioms that are known become tables, and one that is not stops the build by name."""

import pytest
from rdflib import RDFS, Graph

from seisaku.errors import UnknownAxiom
from seisaku.load import Asserted
from seisaku.ntriples import text
from seisaku.rules import TABLES, Rules, compile_rules

PREFIXES = """
    @prefix : <https://example.org/> .
    @prefix owl: <http://www.w3.org/2002/07/owl#> .
    @prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
    @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
    @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


def rules(turtle: str) -> Rules:
    return compile_rules(Graph().parse(data=PREFIXES + turtle, format="turtle"))


def rows(turtle: str, table: str) -> list[str]:
    """Give the rows of a table, with `:` for the name space of the examples."""
    short = (" ".join(each) for each in rules(turtle).table(table))
    return [each.replace("<https://example.org/", ":").replace(">", "") for each in short]


@pytest.mark.parametrize(
    ("turtle", "table", "expected"),
    [
        (":p rdfs:subPropertyOf :q .", "copies", [":p :q"]),
        (":p owl:equivalentProperty :q .", "copies", [":p :q", ":q :p"]),
        (":p owl:inverseOf :q .", "inverses", [":p :q", ":q :p"]),
        (":p a owl:SymmetricProperty .", "inverses", [":p :p"]),
        (":p a owl:TransitiveProperty .", "chains", [":p :p :p"]),
        (":r owl:propertyChainAxiom (:p :q) .", "chains", [":p :q :r"]),
        (":p rdfs:domain :C .", "domains", [":p :C"]),
        (":p rdfs:range :C .", "ranges", [":p :C"]),
        (":p rdfs:range :C .", "data_ranges", []),
        (
            ":C rdfs:subClassOf :D . :D rdfs:subClassOf :E .",
            "subclasses",
            [":C :D", ":C :E", ":D :E"],
        ),
        (":C owl:equivalentClass :D .", "subclasses", [":C :D", ":D :C"]),
        (":E owl:intersectionOf (:C :D) .", "intersections", [":C :D :E"]),
        (":E owl:intersectionOf (:C :D) .", "subclasses", [":E :C", ":E :D"]),
        (":C owl:onProperty :p ; owl:hasValue :v .", "gives", [":C :p :v"]),
        (":C owl:onProperty :p ; owl:hasValue :v .", "takes", [":p :v :C"]),
        (":p a owl:FunctionalProperty .", "functional", [":p"]),
        (":p a owl:IrreflexiveProperty .", "irreflexive", [":p"]),
        (":p a owl:AsymmetricProperty .", "asymmetric", [":p"]),
        (":C owl:disjointWith :D .", "disjoint", [":C :D"]),
        (
            "[] a owl:AllDisjointClasses ; owl:members (:C :D :E) .",
            "disjoint",
            [":C :D", ":C :E", ":D :E"],
        ),
    ],
)
def test_each_kind_of_axiom_becomes_rows_of_a_table(
    turtle: str, table: str, expected: list[str]
) -> None:
    assert rows(turtle, table) == expected


def test_a_longer_chain_is_joined_two_at_a_time() -> None:
    (first, second) = rules(":s owl:propertyChainAxiom (:p :q :r) .").table("chains")
    assert first[2].startswith("_:")
    assert second == (first[2], "<https://example.org/r>", "<https://example.org/s>")


def test_chains_that_begin_alike_share_what_they_begin_with() -> None:
    chains = ":s owl:propertyChainAxiom (:p :q :r) . :t owl:propertyChainAxiom (:p :q :p) ."
    assert len(rules(chains).chains) == 3


def test_a_range_of_values_is_kept_apart_from_one_of_things() -> None:
    assert rows(":p rdfs:range xsd:date .", "ranges") == []
    assert len(rules(":p rdfs:range xsd:date .").data_ranges) == 1


def test_a_datatype_that_the_data_have_and_a_range_excludes_is_a_misfit() -> None:
    values = ':p "1"^^xsd:boolean ; :q "2026-11-24T00:00:00"^^xsd:dateTime'
    turtle = f":p rdfs:range xsd:dateTime . :x {values} ."
    (misfit,) = rules(turtle).misfits
    assert misfit == ("<https://example.org/p>", "<http://www.w3.org/2001/XMLSchema#boolean>")


def test_what_is_trivial_is_no_rule() -> None:
    found = rules(":p rdfs:domain owl:Thing ; rdfs:range rdfs:Resource . :C a owl:Class .")
    assert not any(getattr(found, table) for table in TABLES)


def test_what_follows_among_the_terms_is_given_with_the_rules() -> None:
    found = rules(":p rdfs:domain :C . :C rdfs:subClassOf :D .")
    assert "<https://example.org/p> rdfs:domain <https://example.org/D>" in {
        f"{text(s)} rdfs:domain {text(o)}" for s, p, o in found.terms if p == RDFS.domain
    }


@pytest.mark.parametrize(
    ("turtle", "named"),
    [
        (
            ":C rdfs:subClassOf [ owl:onProperty :p ; owl:someValuesFrom :D ] .",
            "someValuesFrom.*/C>",
        ),
        (":C owl:equivalentClass [ owl:unionOf (:D :E) ] .", "unionOf.*/C>"),
        (":C owl:complementOf :D .", "complementOf.*/C>"),
        (":p a owl:InverseFunctionalProperty .", "InverseFunctionalProperty.*/p>"),
        (":p owl:propertyDisjointWith :q .", "propertyDisjointWith.*/p>"),
        (":C owl:hasKey (:p) .", "hasKey.*/C>"),
        ("[] a owl:AllDisjointProperties ; owl:members (:p :q) .", "AllDisjointProperties.*/p>"),
        (
            "[] owl:sourceIndividual :x ; owl:assertionProperty :p ; owl:targetIndividual :y .",
            "assertionProperty",
        ),
        (":p owl:propertyChainAxiom (:q) .", "propertyChainAxiom.*/p>.*fewer than two"),
        (":p rdfs:subPropertyOf rdfs:subClassOf .", "subClassOf.*/p>"),
        (":p rdfs:range owl:TransitiveProperty .", "TransitiveProperty.*/p>"),
        (":C rdfs:subClassOf owl:Nothing .", "Nothing.*/C>"),
        ("owl:Thing rdfs:subClassOf :C .", "Thing.*/C>"),
        (":x a xsd:date .", "date.*/x>"),
    ],
)
def test_an_axiom_that_no_rule_is_known_for_is_named_with_its_term(turtle: str, named: str) -> None:
    with pytest.raises(UnknownAxiom, match=named):
        rules(turtle)


def test_every_axiom_of_the_ontology_is_known(asserted: Asserted) -> None:
    found = compile_rules(asserted.union)
    empty = {table for table in TABLES if not getattr(found, table)}
    assert empty == set()


def test_the_tables_hold_no_literal_that_is_not_a_value(asserted: Asserted) -> None:
    found = compile_rules(asserted.union)
    for table in TABLES:
        for row in found.table(table):
            assert all(each[0] in '<_"' for each in row)
            assert row[0][0] != '"'
