"""Report: the engine for large data finds the faults that the reference, pyshacl, finds."""

from importlib.util import find_spec
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, Quad, RdfFormat, Store
from rdflib import RDF, SH, Graph, Literal, URIRef

from conftest import REPOSITORY, left_out
from seisaku import report, validate
from seisaku.config import BASE
from seisaku.errors import InvalidData
from seisaku.load import Asserted, load
from test_shapes import CASES, EXPECT, described, english
from test_validate import DANGLING

PREFIXES = """
@prefix ex: <https://example.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
"""
DIFFERENT = {
    "invalid-start-as-a-date": {"A period does not reach beyond the one that it lies in."},
}
"""What pyshacl alone finds: rdflib compares a date with a time, and SPARQL does not."""

EVERY = 12
"""Of the cases of SHACL Core so many are tried once; `bench/validators.py` tries all."""


@pytest.fixture(scope="module", autouse=True)
def _engine() -> None:
    if find_spec("shacl") is None:
        left_out("the engine `shacl`: install the extra `shacl`")


@pytest.fixture(scope="module")
def small() -> Asserted:
    return load(REPOSITORY / "tests" / "small")


@pytest.fixture(scope="module")
def reference(asserted: Asserted) -> Graph:
    periods = Graph().parse(REPOSITORY / "data" / "curated" / "periods.ttl")
    return asserted.layers["ontology"] + asserted.layers["external"] + periods


def graph(turtle: str) -> Graph:
    return Graph(bind_namespaces="none").parse(data=PREFIXES + turtle, format="turtle")


def told(validated: Graph, shapes: Graph, by: object) -> str:
    """Give what an engine says of a graph; nothing when it conforms."""
    try:
        by(validated, shapes)  # type: ignore[operator]
    except InvalidData as error:
        return str(error)
    return ""


def expected(case: Path) -> set[str]:
    lines = case.read_text(encoding="utf-8").splitlines()
    return {line.removeprefix(EXPECT) for line in lines if line.startswith(EXPECT)}


def test_a_case_provokes_the_messages_that_it_expects(asserted: Asserted, reference: Graph) -> None:
    shapes = asserted.shapes
    asked = {
        str(message)
        for rule in report.rules_of(shapes)
        for message in shapes.objects(rule.constraint, SH.message)
    }
    tried = [
        case
        for number, case in enumerate(CASES)
        if number % EVERY == 0 or not asked.isdisjoint(expected(case))
    ]
    assert len(tried) > 80
    for case in tried:
        said = told(described(Graph().parse(case), reference), shapes, report.validate)
        found = {each for each in english(shapes) if each in said}
        assert expected(case) - found == DIFFERENT.get(case.stem, set()), case
        assert found <= expected(case), case


def test_each_message_of_a_rule_that_is_asked_at_once_has_a_case(asserted: Asserted) -> None:
    shapes, cases = asserted.shapes, {each for case in CASES for each in expected(case)}
    for rule in report.rules_of(shapes):
        messages = set(map(str, shapes.objects(rule.constraint, SH.message)))
        assert not messages.isdisjoint(cases), rule.constraint


def test_a_violation_is_told_in_the_words_of_the_reference(small: Asserted) -> None:
    broken = small.union
    broken.parse(data=DANGLING, format="turtle")
    said = told(broken, small.shapes, report.validate)
    assert said == told(broken, small.shapes, validate.validate)
    assert said.startswith("ex:new ssk:designatesHub ex:not-a-hub: A designation designates a hub.")


def test_sound_data_give_the_report_of_the_reference(small: Asserted) -> None:
    reports = [each(small.union, small.shapes) for each in (report.validate, validate.validate)]
    assert set(reports[0].predicate_objects()) == set(reports[1].predicate_objects())


RULE = URIRef("https://example.org/rule")
QUERY = """
    ex:Shape a sh:NodeShape ; sh:targetNode ex:a , ex:b ; sh:sparql ex:rule .
    ex:rule sh:message "違う"@ja , "wrong"@en ; sh:select "SELECT $this ?value {{ {} }}" .
"""
BOUND = "$this <https://example.org/p> ?value FILTER(?value != $this)"
DATA = "ex:a ex:p ex:b . ex:b ex:p ex:b ."


@pytest.mark.parametrize(
    ("body", "at_once"),
    [
        (BOUND, True),
        (f"{{ {BOUND} }} UNION {{ ?value <https://example.org/q> $this }}", True),
        (f"OPTIONAL {{ ?value a $this }} {BOUND}", True),
        ("{ ?value ?p ?o FILTER NOT EXISTS { $this ?p ?value } }", False),
        ("?value ?p ?o { SELECT $this (COUNT(*) AS ?n) { $this ?p ?x } GROUP BY $this }", False),
    ],
)
def test_only_a_rule_that_binds_this_is_asked_at_once_and_each_finds_the_same(
    body: str, at_once: bool
) -> None:
    shapes = graph(QUERY.format(body))
    assert [each.constraint.n3() for each in report.rules_of(shapes)] == (
        ["<https://example.org/rule>"] if at_once else []
    )
    data = graph(DATA)
    assert told(data, shapes, report.validate) == told(data, shapes, validate.validate)


@pytest.mark.parametrize(
    "body",
    [
        "{ { ?value a ?kind } UNION { ?value ?p $this } FILTER(?value != $this) }",
        "{ ?value a ?kind OPTIONAL { $this ?p ?value } FILTER(?value != $this) }",
    ],
)
def test_what_only_some_solutions_bind_is_not_bound(body: str) -> None:
    assert list(report.rules_of(graph(QUERY.format(body)))) == []


def test_a_solution_that_comes_twice_is_told_once() -> None:
    shapes = graph(QUERY.format(f"{BOUND} $this <https://example.org/q> ?why"))
    said = told(graph(DATA + "ex:a ex:q 1 , 2 ."), shapes, report.validate)
    assert said == "ex:a ex:b: wrong / 違う"


def test_a_rule_that_binds_this_nowhere_finds_the_focus_node_all_the_same() -> None:
    shapes = graph(QUERY.format("{ FILTER(false) } UNION { FILTER($this = ex:a) }"))
    query = "PREFIX ex: <https://example.org/> " + str(shapes.value(RULE, SH.select))
    shapes.set((RULE, SH.select, Literal(query)))
    assert list(report.rules_of(shapes)) == []
    assert told(graph(DATA), shapes, report.validate) == "ex:a ex:a: wrong / 違う"


@pytest.mark.parametrize(
    "more",
    [
        "ex:rule sh:deactivated true .",
        "ex:Shape sh:deactivated true .",
        "ex:rule sh:prefixes ex:a .",
        'ex:rule sh:message "{?value}" .',
        "ex:Other a sh:NodeShape ; sh:targetNode ex:a ; sh:not ex:Shape .",
        "ex:Shape a rdfs:Class .",
    ],
)
def test_a_rule_with_more_to_it_stays_with_the_engine(more: str) -> None:
    assert list(report.rules_of(graph(QUERY.format(BOUND) + more))) == []


TARGETS = {
    "sh:targetNode ex:a": {"ex:a"},
    "sh:targetClass ex:C": {"ex:a", "ex:b"},
    "sh:targetSubjectsOf ex:q": {"ex:b"},
    "sh:targetObjectsOf ex:q": {"ex:c"},
    "sh:targetNode ex:a ; sh:targetObjectsOf ex:q": {"ex:a", "ex:c"},
}


@pytest.mark.parametrize("target", TARGETS)
def test_a_rule_is_asked_of_the_focus_nodes_of_its_shape(target: str) -> None:
    shapes = graph(
        f"ex:Shape a sh:NodeShape ; {target} ; sh:sparql ex:rule . ex:rule sh:message 'm'@en ;"
        " sh:select 'SELECT $this { $this <https://example.org/p> ?value }' ."
    )
    data = graph(
        "ex:D rdfs:subClassOf ex:C . ex:a a ex:C ; ex:p 1 . ex:b a ex:D ; ex:p 1 ; ex:q ex:c ."
        " ex:c ex:p 1 . ex:d ex:p 1 ."
    )
    assert list(report.rules_of(shapes))
    said = told(data, shapes, report.validate)
    assert {line.split()[0] for line in said.splitlines()} == TARGETS[target]
    assert said == told(data, shapes, validate.validate)


def test_the_report_names_shape_rule_component_and_both_messages(tmp_path: Path) -> None:
    shapes, data = graph(QUERY.format(BOUND)), tmp_path / "data.nt"
    graph(DATA).serialize(data, format="nt", encoding="utf-8")
    store = Store()
    store.bulk_load(path=data, format=RdfFormat.N_TRIPLES)
    found = report.report(data, store, shapes)
    ex = "https://example.org/"
    (result,) = found.subjects(RDF.type, SH.ValidationResult)
    assert set(found.predicate_objects(result)) == {
        (RDF.type, SH.ValidationResult),
        (SH.focusNode, URIRef(ex + "a")),
        (SH.value, URIRef(ex + "b")),
        (SH.resultMessage, Literal("違う", lang="ja")),
        (SH.resultMessage, Literal("wrong", lang="en")),
        (SH.resultSeverity, SH.Violation),
        (SH.sourceConstraintComponent, SH.SPARQLConstraintComponent),
        (SH.sourceShape, URIRef(ex + "Shape")),
        (SH.sourceConstraint, URIRef(ex + "rule")),
    }
    (whole,) = found.subjects(RDF.type, SH.ValidationReport)
    assert (whole, SH.result, result) in found
    assert list(found.objects(whole, SH.conforms)) == [Literal(False)]


def test_all_graphs_are_validated_as_one_but_what_is_inferred_is_not(
    small: Asserted, tmp_path: Path
) -> None:
    store, thing = Store(), NamedNode(BASE + "id/example/not-a-hub")
    typed = (thing, NamedNode(str(RDF.type)), NamedNode(BASE + "def#Hub"))
    store.bulk_load(DANGLING.encode(), RdfFormat.TURTLE)
    store.add(Quad(*typed, report.INFERRED))
    with pytest.raises(InvalidData, match=r"designatesHub> <.*not-a-hub>: A designation"):
        report.validate_store(store, small.shapes, tmp_path)
    store.add(Quad(*typed, NamedNode(BASE + "graph/document")))
    assert set(report.validate_store(store, small.shapes, tmp_path).objects(None, SH.conforms)) == {
        Literal(True)
    }
    assert not list(tmp_path.iterdir())


def test_a_rule_does_not_see_what_is_inferred(tmp_path: Path) -> None:
    store, ex = Store(), "https://example.org/"
    fault = (NamedNode(ex + "a"), NamedNode(ex + "p"), NamedNode(ex + "b"))
    store.add(Quad(*fault, report.INFERRED))
    shapes = graph(QUERY.format(BOUND))
    report.validate_store(store, shapes, tmp_path)
    store.add(Quad(*fault, NamedNode(ex + "said")))
    with pytest.raises(InvalidData, match="wrong"):
        report.validate_store(store, shapes, tmp_path)


def test_of_very_many_faults_so_many_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "TOLD", 2)
    shapes = graph(
        QUERY.format(BOUND)
        + "ex:Shape sh:targetSubjectsOf ex:p . ex:Core a sh:NodeShape ; sh:targetSubjectsOf ex:p ;"
        " sh:property [ sh:path ex:p ; sh:nodeKind sh:Literal ; sh:message 'core'@en ] ."
    )
    many = graph(" ".join(f"ex:s{number} ex:p ex:o ." for number in range(5)))
    lines = told(many, shapes, report.validate).splitlines()
    assert sorted(line.rpartition(": ")[2] for line in lines) == [
        *("core", "core"),
        *("wrong / 違う", "wrong / 違う"),
    ]
