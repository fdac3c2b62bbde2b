"""Explain: each inferred statement follows by a rule from statements that are in the dataset."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store

from seisaku import snapshot
from seisaku.config import Config
from seisaku.explain import (
    INFERRED,
    PREFIXES,
    RULES,
    Explanation,
    Premise,
    Rule,
    Statement,
    explain,
    read,
)
from seisaku.workers import WorkerPool

GRAPH = "https://w3id.org/seisaku/graph/"
DEF = "https://w3id.org/seisaku/def#"
ID = "https://w3id.org/seisaku/id/"
BOTH = "(ex:C [ owl:onProperty ex:q ; owl:hasValue ex:v ])"
RULE_CASES = {
    "prp-spo1": ("ex:a ex:below ex:b . ex:below rdfs:subPropertyOf ex:p", "ex:a ex:p ex:b"),
    "prp-inv1": ("ex:b ex:inv ex:a . ex:inv owl:inverseOf ex:p", "ex:a ex:p ex:b"),
    "prp-inv2": ("ex:b ex:inv ex:a . ex:p owl:inverseOf ex:inv", "ex:a ex:p ex:b"),
    "prp-symp": ("ex:b ex:p ex:a . ex:p a owl:SymmetricProperty", "ex:a ex:p ex:b"),
    "prp-spo2": (
        "ex:a ex:q ex:x . ex:x ex:r ex:b . ex:p owl:propertyChainAxiom (ex:q ex:r)",
        "ex:a ex:p ex:b",
    ),
    "prp-trp": (
        "ex:a ex:p ex:x . ex:x ex:p ex:b . ex:p a owl:TransitiveProperty",
        "ex:a ex:p ex:b",
    ),
    "prp-eqp1": ("ex:a ex:q ex:b . ex:q owl:equivalentProperty ex:p", "ex:a ex:p ex:b"),
    "prp-eqp2": ("ex:a ex:q ex:b . ex:p owl:equivalentProperty ex:q", "ex:a ex:p ex:b"),
    "cax-sco": ("ex:a a ex:C . ex:C rdfs:subClassOf ex:D", "ex:a a ex:D"),
    "cax-eqc1": ("ex:a a ex:C . ex:C owl:equivalentClass ex:D", "ex:a a ex:D"),
    "cax-eqc2": ("ex:a a ex:C . ex:D owl:equivalentClass ex:C", "ex:a a ex:D"),
    "prp-dom": ("ex:a ex:q ex:b . ex:q rdfs:domain ex:D", "ex:a a ex:D"),
    "prp-rng": ("ex:b ex:q ex:a . ex:q rdfs:range ex:D", "ex:a a ex:D"),
    "cls-int1": (
        f"ex:a a ex:C ; ex:q ex:v . ex:D owl:equivalentClass [ owl:intersectionOf {BOTH} ]",
        "ex:a a ex:D",
    ),
    "cls-hv1": (
        "ex:a a ex:C . ex:C rdfs:subClassOf [ owl:onProperty ex:p ; owl:hasValue ex:b ]",
        "ex:a ex:p ex:b",
    ),
    "scm-dom1": ("ex:a rdfs:domain ex:C . ex:C rdfs:subClassOf ex:D", "ex:a rdfs:domain ex:D"),
    "scm-rng1": ("ex:a rdfs:range ex:C . ex:C rdfs:subClassOf ex:D", "ex:a rdfs:range ex:D"),
    "scm-cls": ("ex:a rdfs:domain ex:C", "ex:a rdfs:domain owl:Thing"),
    "scm-dom2": ("ex:q rdfs:domain ex:D . ex:a rdfs:subPropertyOf ex:q", "ex:a rdfs:domain ex:D"),
    "scm-rng2": ("ex:q rdfs:range ex:D . ex:a rdfs:subPropertyOf ex:q", "ex:a rdfs:range ex:D"),
    "scm-sco": (
        "ex:a rdfs:subClassOf ex:C . ex:C rdfs:subClassOf ex:D",
        "ex:a rdfs:subClassOf ex:D",
    ),
    "scm-spo": (
        "ex:a rdfs:subPropertyOf ex:q . ex:q rdfs:subPropertyOf ex:p",
        "ex:a rdfs:subPropertyOf ex:p",
    ),
}
"""For each rule statements that it takes, and the one that it concludes."""


@pytest.fixture(scope="module")
def store(built: Path) -> Store:
    found = Store()
    found.bulk_load(path=built / snapshot.DATASET, format=RdfFormat.N_QUADS)
    return found


@pytest.fixture(scope="module")
def pool(built: Path) -> Iterator[WorkerPool]:
    with WorkerPool(
        [built / snapshot.DATASET], Config(workers=1), union_default_graph=True
    ) as found:
        yield found


def inferred(store: Store) -> list[Quad]:
    return list(store.quads_for_pattern(None, None, None, NamedNode(GRAPH + INFERRED)))


def statement(quad: Quad) -> Statement:
    return Statement(str(quad.subject), str(quad.predicate), str(quad.object))


def conclusions(store: Store, rule: Rule) -> set[Statement]:
    """All that a rule concludes from the dataset, whichever layer the premises are in."""
    bound = "" if rule.concluding == "?p" else f"BIND({rule.concluding} AS ?p)"
    where = " ".join(f"{each} ." for each in rule.premises)
    if "FILTER" in rule.within:
        where += " BIND(owl:Thing AS ?o)"
    query = f"{PREFIXES}SELECT DISTINCT ?s ?p ?o {{ {rule.within} {where} {bound} }}"
    found = store.query(query, use_default_graph_as_union=True)
    return {Statement(*(str(row[each]) for each in "spo")) for row in found}  # type: ignore[union-attr]


def test_every_inferred_statement_follows_by_a_rule_from_the_dataset(store: Store) -> None:
    by_rules = {each for rule in RULES for each in conclusions(store, rule)}
    left = [each for each in inferred(store) if statement(each) not in by_rules]
    # What owlrl adds by itself: that datatypes are disjoint, and which of OWL's own properties are
    # for annotations. They have no premises.
    assert {each.predicate.value.rpartition("#")[2] for each in left} <= {"disjointWith", "type"}
    assert not [each for each in left if str(each.subject).startswith("<https://w3id.org/seisaku/")]
    assert len(left) < 20
    assert len(inferred(store)) > 1500


def test_a_sample_is_explained_back_to_what_people_wrote(store: Store, pool: WorkerPool) -> None:
    ours = [each for each in inferred(store) if str(each.subject).startswith(f"<{ID}")]
    sample = ours[::60]
    assert len(sample) > 10
    for each in sample:
        found = explain(pool, statement(each))
        assert found, each
        for premise in leaves(found):
            assert premise.layer != INFERRED
            assert premise.layer in premise.statement.layers(pool)


def leaves(explanation: Explanation) -> Iterator[Premise]:
    for each in explanation.premises:
        if each.why:
            yield from leaves(each.why)
        else:
            yield each


def test_a_listed_government_follows_from_the_listing_and_its_line(pool: WorkerPool) -> None:
    asked = Statement(
        f"<{ID}designation/tokyo-p2>", f"<{DEF}hasListedGovernment>", f"<{ID}area/08000>"
    )
    found = explain(pool, asked)
    assert found
    assert found.rule == "prp-spo2"
    assert found.chain == (f"<{DEF}hasListing>", f"<{DEF}lists>")
    assert [each.layer for each in found.premises] == [INFERRED, "document"]
    why = found.premises[0].why
    assert why
    assert (why.rule, [each.layer for each in why.premises]) == (
        "prp-inv1",
        ["ontology", "document"],
    )


@pytest.mark.parametrize("rule", RULE_CASES)
def test_a_rule_is_found_by_its_premises(rule: str, tmp_path: Path) -> None:
    premises, conclusion = RULE_CASES[rule]
    prefixes = "PREFIX ex: <urn:ex:>\n" + PREFIXES
    data = f"{prefixes} GRAPH <{GRAPH}document> {{ {premises} . }}"
    (tmp_path / "a.trig").write_text(data, encoding="utf-8")
    store = Store()
    store.load(f"{prefixes} {conclusion} .".encode(), format=RdfFormat.TURTLE)
    (wanted,) = store
    with WorkerPool([tmp_path / "a.trig"], Config(workers=1), union_default_graph=True) as pool:
        found = explain(pool, statement(wanted))
        assert found
        assert found.rule == rule
        assert {each.layer for each in found.premises} == {"document"}
        assert explain(pool, Statement(str(wanted.object), "<urn:no>", "<urn:no>")) is None


def test_each_rule_has_a_case() -> None:
    assert RULE_CASES.keys() == {each.name for each in RULES}


def test_what_leads_in_a_circle_explains_nothing(tmp_path: Path) -> None:
    data = f"""{PREFIXES}
    GRAPH <{GRAPH}inferred> {{ <urn:a> <urn:p> <urn:b> . <urn:b> <urn:q> <urn:a> . }}
    GRAPH <{GRAPH}ontology> {{ <urn:p> owl:inverseOf <urn:q> . }}"""
    (tmp_path / "a.trig").write_text(data, encoding="utf-8")
    with WorkerPool([tmp_path / "a.trig"], Config(workers=1), union_default_graph=True) as pool:
        asked = Statement("<urn:a>", "<urn:p>", "<urn:b>")
        assert explain(pool, asked) is None
        assert explain(pool, asked, deep=False)


def test_a_literal_is_explained_as_it_is_written(pool: WorkerPool) -> None:
    label = "http://www.w3.org/2000/01/rdf-schema#label"
    asked = read("https://w3id.org/seisaku/scheme/field/ai", label, '"AI"@ja')
    assert asked
    assert asked.object == str(Literal("AI", language="ja"))
    found = explain(pool, asked)
    assert found
    assert found.rule == "prp-spo1"


@pytest.mark.parametrize(
    "asked",
    [
        ("a b", "urn:p", "<urn:o>"),
        ("urn:s", "urn:p", "urn:o"),
        ("urn:s", "urn:p", '"open'),
        ("urn:s", "urn:p", "<urn:o> . <urn:x> <urn:y> <urn:z>"),
        ("urn:s> <urn:p> <urn:o> . <urn:s", "urn:p", "<urn:o>"),
        ("", "", ""),
    ],
)
def test_what_is_no_statement_is_none(asked: tuple[str, str, str]) -> None:
    assert read(*asked) is None
