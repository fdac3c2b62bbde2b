"""Validate: the asserted graph against the shapes, before reasoning."""

import pytest
from rdflib import RDF, SH, Graph

from conftest import REPOSITORY
from seisaku.errors import InvalidData
from seisaku.load import load
from seisaku.reason import reason
from seisaku.validate import validate

DANGLING = """
@prefix ex: <https://w3id.org/seisaku/id/example/> .
@prefix ssk: <https://w3id.org/seisaku/def#> .
ex:new a ssk:Designation ; ssk:designatesHub ex:not-a-hub .
"""


@pytest.fixture
def graphs() -> tuple[Graph, Graph]:
    small = load(REPOSITORY / "tests" / "small")
    return small.union, small.shapes


def test_sound_data_gives_a_report_that_conforms(graphs: tuple[Graph, Graph]) -> None:
    report = validate(*graphs)
    assert (None, SH.conforms, None) in report
    assert not list(report.subjects(RDF.type, SH.ValidationResult))


def test_a_violation_names_record_path_value_and_rule_in_both_languages(
    graphs: tuple[Graph, Graph],
) -> None:
    union, shapes = graphs
    union.parse(data=DANGLING, format="turtle")
    with pytest.raises(InvalidData) as caught:
        validate(union, shapes)
    assert str(caught.value) == (
        "ex:new ssk:designatesHub ex:not-a-hub: "
        "A designation designates a hub. / 選定は拠点を選定する。"
    )


def test_reasoning_first_would_hide_a_dangling_object(graphs: tuple[Graph, Graph]) -> None:
    union, shapes = graphs
    union.parse(data=DANGLING, format="turtle")
    with pytest.raises(InvalidData):
        validate(union, shapes)
    validate(union + reason(union), shapes)  # passes: the fault is gone from sight


def test_shapes_that_are_no_shacl_are_an_error(graphs: tuple[Graph, Graph]) -> None:
    union, _ = graphs
    broken = Graph().parse(
        data="""
        @prefix sh: <http://www.w3.org/ns/shacl#> .
        @prefix ssk: <https://w3id.org/seisaku/def#> .
        <urn:x> a sh:NodeShape ; sh:targetClass ssk:Hub ; sh:property [ sh:minCount 1 ] .
        """,
        format="turtle",
    )
    with pytest.raises(InvalidData, match="the shapes are not SHACL"):
        validate(union, broken)


def test_a_query_that_is_asked_again_is_read_by_the_prefixes_of_that_time() -> None:
    graph = Graph().parse(data="<urn:x#s> a <urn:x#A> .", format="turtle")
    ask = "ASK { ?s a a:A }"
    for namespace, answer in (("urn:x#", True), ("urn:y#", False), ("urn:x#", True)):
        assert graph.query(ask, initNs={"a": namespace}).askAnswer is answer


def test_the_shapes_are_not_changed(graphs: tuple[Graph, Graph]) -> None:
    union, shapes = graphs
    before = set(shapes)
    validate(union, shapes)
    assert set(shapes) == before
