"""Every rule of the data has a shape, and every shape cases: some that pass, some it stops.

A case is a Turtle file in `shapes/<shapes file>/`. `valid….ttl` conforms. `invalid-<why>.ttl`
begins with a line `# expect: <message>` for each English `sh:message` that it must provoke,
and provokes no other: so it fails for its own reason.
A case takes the ontology, the areas and the periods for granted.
"""

from pathlib import Path

import pyshacl
import pytest
from rdflib import RDF, RDFS, SH, Graph, Literal, URIRef

from conftest import REPOSITORY
from seisaku.config import BASE
from seisaku.load import Asserted

FILES = sorted(file.stem for file in (REPOSITORY / "shapes").glob("*.ttl"))
CASES = sorted((REPOSITORY / "tests" / "shapes").glob("*/*.ttl"))
EXPECT = "# expect: "


@pytest.fixture(scope="module")
def reference(asserted: Asserted) -> Graph:
    """What a case may take for granted: the ontology, the areas and the periods."""
    periods = Graph().parse(REPOSITORY / "data" / "curated" / "periods.ttl")
    return asserted.layers["ontology"] + asserted.layers["external"] + periods


def described(case: Graph, reference: Graph) -> Graph:
    """Give the case and what the reference says of the things it reaches, and nothing else.

    The whole reference would do as well, in five seconds a case rather than a twentieth of one.
    """
    found, waiting = Graph() + case, set(case.objects())
    while waiting:
        thing = waiting.pop()
        for triple in reference.triples((thing, None, None)):
            if triple not in found:
                found.add(triple)
                waiting.add(triple[2])
    return found


def provoked(case: Path, reference: Graph, shapes: Graph) -> set[str]:
    graph = described(Graph().parse(case), reference)
    _, report, _ = pyshacl.validate(graph, shacl_graph=shapes, inference="none")
    assert isinstance(report, Graph)
    # Told apart by their text: a SPARQL constraint's message loses its language in the report.
    return english(shapes) & {str(message) for message in report.objects(None, SH.resultMessage)}


def english(shapes: Graph) -> set[str]:
    return {
        str(message)
        for message in shapes.objects(None, SH.message)
        if isinstance(message, Literal) and message.language == "en"
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.stem}")
def test_a_case_provokes_just_the_messages_that_it_expects(
    case: Path, asserted: Asserted, reference: Graph
) -> None:
    lines = case.read_text(encoding="utf-8").splitlines()
    expected = {line.removeprefix(EXPECT) for line in lines if line.startswith(EXPECT)}
    assert case.stem.startswith("invalid-" if expected else "valid")
    assert provoked(case, reference, asserted.shapes) == expected


def test_cases_are_found() -> None:
    assert len(CASES) > len(FILES) > 5


@pytest.mark.parametrize("file", FILES)
def test_every_file_of_shapes_has_valid_and_invalid_cases(file: str) -> None:
    kinds = {case.stem.partition("-")[0] for case in CASES if case.parent.name == file}
    assert kinds == {"valid", "invalid"}


def test_every_case_belongs_to_a_file_of_shapes() -> None:
    assert {case.parent.name for case in CASES} <= set(FILES)


def test_every_message_is_in_japanese_and_in_english(asserted: Asserted) -> None:
    for shape in set(asserted.shapes.subjects(SH.message)):
        languages = sorted(
            message.language or ""
            for message in asserted.shapes.objects(shape, SH.message)
            if isinstance(message, Literal)
        )
        assert languages == ["en", "ja"], shape


def test_every_constraint_of_a_shape_with_a_target_speaks(asserted: Asserted) -> None:
    shapes = asserted.shapes
    with_target = {*shapes.subjects(SH.targetClass), *shapes.subjects(SH.targetSubjectsOf)}
    constraints = {
        constraint
        for shape in with_target
        for kind in (SH.property, SH.sparql)
        for constraint in shapes.objects(shape, kind)
    }
    assert len(constraints) > 100
    assert [each for each in constraints if (each, SH.message, None) not in shapes] == []


def test_every_shape_has_something_to_look_at(asserted: Asserted) -> None:
    union = asserted.union
    idle = [
        target
        for target in set(asserted.shapes.objects(None, SH.targetClass))
        if not any(
            (None, RDF.type, kind) in union
            for kind in union.transitive_subjects(RDFS.subClassOf, target)
        )
    ]
    assert idle == []


def test_every_english_message_has_a_case_that_provokes_it(asserted: Asserted) -> None:
    expected = {
        line.removeprefix(EXPECT)
        for case in CASES
        for line in case.read_text(encoding="utf-8").splitlines()
        if line.startswith(EXPECT)
    }
    assert english(asserted.shapes) - expected == set()


def test_every_class_that_data_use_has_a_shape_besides_that_of_all_records(
    asserted: Asserted,
) -> None:
    union, shapes = asserted.union, asserted.shapes
    record = URIRef(BASE + "shapes#Record")
    used = {
        kind
        for layer in ("document", "curated", "external")
        for kind in asserted.layers[layer].objects(None, RDF.type)
        if str(kind).startswith(BASE)
    }
    targets = {each for shape, each in shapes.subject_objects(SH.targetClass) if shape != record}
    assert [
        each for each in used if targets.isdisjoint(union.transitive_objects(each, RDFS.subClassOf))
    ] == []
