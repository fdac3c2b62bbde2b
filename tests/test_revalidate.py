"""Revalidate: an edit's validation says what a validation of all says, and does less."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from rdflib import DCTERMS, OWL, RDF, RDFS, SH, XSD, BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection

from conftest import REPOSITORY
from seisaku.config import BASE
from seisaku.errors import InvalidData
from seisaku.load import Asserted, load
from seisaku.revalidate import Checked, _Looking, _Run, revalidate
from seisaku.validate import turtle, validate
from test_shapes import CASES, described

EX = Namespace(BASE + "id/example/")
SSK = Namespace(BASE + "def#")
CASES_EACH = 4
"""So many of each folder are enough here: all of them take two minutes."""

FOLDERS = sorted({case.parent.name for case in CASES})


def outcome(run: Callable[..., Any], *given: Any) -> str:  # noqa: ANN401
    """Give the violations that a validation tells, or nothing."""
    try:
        run(*given)
    except InvalidData as error:
        return str(error)
    return ""


@pytest.fixture(scope="module")
def reference(asserted: Asserted) -> Graph:
    periods = Graph().parse(REPOSITORY / "data" / "curated" / "periods.ttl")
    return asserted.layers["ontology"] + asserted.layers["external"] + periods


@pytest.fixture
def small() -> tuple[Graph, Graph]:
    loaded = load(REPOSITORY / "tests" / "small")
    return loaded.union, loaded.shapes


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The checks that are made: the shape and the focus node of each."""
    made: list[tuple[str, str]] = []
    look = _Run._look

    def noted(self: _Run, shape: Any, focus: Any, before: Any) -> list[int]:  # noqa: ANN401
        made.append((str(shape.node), str(focus)))
        return look(self, shape, focus, before)

    monkeypatch.setattr(_Run, "_look", noted)
    return made


def only(file: str, shapes: Graph) -> Graph:
    """Give the shapes, of which those of one file alone have targets."""
    own = set(Graph().parse(REPOSITORY / "shapes" / f"{file}.ttl").subjects())
    aimed, targets = Graph() + shapes, (SH.targetClass, SH.targetNode, SH.targetSubjectsOf)
    for triple in shapes:
        if triple[1] in (*targets, SH.targetObjectsOf) and triple[0] not in own:
            aimed.remove(triple)
    return aimed


@pytest.mark.parametrize("folder", FOLDERS)
def test_from_one_case_to_the_next_it_finds_what_a_validation_of_all_finds(
    folder: str, asserted: Asserted, reference: Graph
) -> None:
    shapes = only(folder, asserted.shapes)
    cases = [case for case in CASES if case.parent.name == folder]
    before: Checked | None = None
    for case in sorted(cases, key=lambda each: not each.stem.startswith("valid"))[:CASES_EACH]:
        graph = described(Graph().parse(case), reference)
        found = outcome(validate, graph, shapes)
        assert outcome(revalidate, graph, shapes, before) == found, case.stem
        if before is None:
            _, before = revalidate(graph, shapes, None)


def test_one_edit_after_another_is_as_good_as_a_validation_of_all(
    small: tuple[Graph, Graph],
) -> None:
    graph, shapes = small
    _, before = revalidate(graph, shapes, None)
    edits: list[tuple[str, tuple[Any, Any, Any]]] = [
        ("-", (EX["tohoku-2"], SSK.designatesHub, EX.tohoku)),
        ("+", (EX["tohoku-2"], SSK.designatesHub, EX.tohoku)),
        ("+", (EX.kansai, RDF.type, SSK.Hub)),
        ("+", (EX["kansai-2"], RDF.type, SSK.Designation)),
        ("+", (EX["kansai-2"], SSK.designatesHub, EX.kansai)),
        ("-", (EX.kansai, RDF.type, SSK.Hub)),
        ("+", (SSK.Other, RDFS.subClassOf, SSK.Hub)),
        ("+", (EX.kansai, RDF.type, SSK.Other)),
        ("+", (SSK.Third, RDFS.subClassOf, SSK.Designation)),
        ("+", (EX.third, RDF.type, SSK.Third)),
    ]
    found = []
    for sign, triple in edits:
        graph.add(triple) if sign == "+" else graph.remove(triple)
        found.append(outcome(validate, graph, shapes))
        assert outcome(revalidate, graph, shapes, before) == found[-1]
        if not found[-1]:
            _, before = revalidate(graph, shapes, before)
    assert any(found)
    assert not all(found)


def edited_shapes() -> list[tuple[str, Callable[[Graph], object]]]:
    """Give edits of the shapes of the small graph."""
    shape, value = URIRef(BASE + "shapes#Designation"), BNode()

    def again(graph: Graph, *triples: tuple[Any, Any, Any]) -> None:
        for triple in triples:
            graph.add(triple)

    return [
        ("no target", lambda g: g.remove((shape, SH.targetClass, None))),
        ("another target", lambda g: g.set((shape, SH.targetClass, SSK.Hub))),
        ("deactivated", lambda g: g.add((shape, SH.deactivated, Literal(True)))),
        ("another rule", lambda g: again(g, (shape, SH.property, value), *counted(value))),
        ("a rule of nobody", lambda g: again(g, *counted(value))),
        (
            "a new shape",
            lambda g: again(
                g, (EX.s, SH.targetClass, SSK.Hub), (EX.s, SH.property, value), *counted(value)
            ),
        ),
        ("a new message", lambda g: g.add((shape, SH.message, Literal("x", lang="en")))),
    ]


def counted(shape: BNode) -> list[tuple[Any, Any, Any]]:
    """Give a shape that no record of the small graph conforms to."""
    path = (shape, SH.path, DCTERMS.identifier)
    return [path, (shape, SH.minCount, Literal(7, datatype=XSD.integer))]


@pytest.mark.parametrize(("name", "edit"), edited_shapes())
def test_after_an_edit_of_the_shapes_it_finds_what_a_validation_of_all_finds(
    name: str, edit: Callable[[Graph], object], small: tuple[Graph, Graph]
) -> None:
    graph, shapes = small
    _, before = revalidate(graph, shapes, None)
    edit(shapes)
    found = outcome(validate, graph, shapes)
    assert bool(found) == (name in ("another rule", "a new shape", "another target"))
    assert outcome(revalidate, graph, shapes, before) == found


def test_a_shape_that_is_activated_inside_another_is_looked_at_again(
    small: tuple[Graph, Graph],
) -> None:
    graph, shapes = small
    inner = EX.inner
    for triple in [
        (EX.s, SH.targetClass, SSK.Hub),
        (EX.s, SH.property, inner),
        (inner, SH.path, DCTERMS.identifier),
        (inner, SH.minCount, Literal(7, datatype=XSD.integer)),
        (inner, SH.deactivated, Literal(True)),
    ]:
        shapes.add(triple)
    _, before = revalidate(graph, shapes, None)
    shapes.remove((inner, SH.deactivated, None))
    assert "tohoku" in outcome(revalidate, graph, shapes, before)


TIDY = """SELECT DISTINCT $this ?value {
    ?value $this ?text . FILTER(LANG(?text) = "en" && REGEX(STR(?text), "^ "))
}"""


def asking(shape: URIRef, query: str) -> list[tuple[Any, Any, Any]]:
    """Give a shape that holds a query to each property of labels."""
    rule = EX[f"{shape.rpartition('/')[2]}-rule"]
    return [(shape, SH.sparql, rule), (rule, SH.select, Literal(query))]


@pytest.fixture
def asked(small: tuple[Graph, Graph], monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The small graph's shapes ask for tidy labels; what the data are asked for."""
    for triple in [(EX.s, SH.targetNode, RDFS.label), *asking(EX.s, TIDY)]:
        small[1].add(triple)
    patterns: list[tuple[str, ...]] = []
    fitting = _Looking.fitting

    def noted(self: _Looking, *pattern: str) -> Iterable[tuple[str, str, str]]:
        patterns.append(pattern)
        return fitting(self, *pattern)

    monkeypatch.setattr(_Looking, "fitting", noted)
    return patterns


ALL_LABELS = ("", f"<{RDFS.label}>", "")


def test_a_query_is_asked_anew_of_what_an_edit_has_added(
    small: tuple[Graph, Graph], asked: list[tuple[str, ...]]
) -> None:
    graph, shapes = small
    _, before = revalidate(graph, shapes, None)
    assert ALL_LABELS in asked
    asked.clear()
    graph.set((EX.tohoku, RDFS.label, Literal("Tohoku", lang="en")))
    _, before = revalidate(graph, shapes, before)
    assert ALL_LABELS not in asked
    assert (f"<{EX.tohoku}>", f"<{RDFS.label}>", '"Tohoku"@en') in asked
    for name in (EX.tohoku, EX["tohoku-2"]):
        graph.add((name, RDFS.label, Literal(" x", lang="en")))
    told = outcome(validate, graph, shapes)
    assert told.count("tohoku") == 2
    assert outcome(revalidate, graph, shapes, before) == told


@pytest.mark.parametrize("within", [SH["or"], SH.xone, SH["not"], SH.node])
def test_a_shape_with_more_than_queries_asks_of_all(
    small: tuple[Graph, Graph], asked: list[tuple[str, ...]], within: URIRef
) -> None:
    """Of two labels that are not tidy, one was let pass for the reason that then falls away."""
    graph, shapes = small
    shapes.remove((EX.s, SH.sparql, None))
    for triple in asking(EX.tidy, TIDY):
        shapes.add(triple)
    other = [(EX.other, SH.property, EX.path), (EX.path, SH.path, RDFS.seeAlso)]
    for triple in [*other, (EX.path, SH.minCount, Literal(1))]:
        shapes.add(triple)
    if within in (SH["or"], SH.xone):
        Collection(shapes, EX.list, [EX.tidy, EX.other])
        shapes.add((EX.s, within, EX.list))
    else:
        shapes.add((EX.s, within, EX.tidy))
    graph.add((RDFS.label, RDFS.seeAlso, EX.kansai))
    if within in (SH["or"], SH.xone, SH["not"]):
        graph.add((EX.tohoku, RDFS.label, Literal(" x", lang="en")))
    _, before = revalidate(graph, shapes, None)
    asked.clear()
    untidy = (EX.tohoku, RDFS.label, Literal(" x", lang="en"))
    for triple in [(RDFS.label, RDFS.seeAlso, EX.kansai), untidy]:
        edited = Graph(bind_namespaces="none")
        for prefix, namespace in graph.namespaces():  # with others, all is checked anew
            edited.bind(prefix, namespace)
        edited += graph
        edited.remove(triple) if triple in edited else edited.add(triple)
        assert outcome(revalidate, edited, shapes, before) == outcome(validate, edited, shapes)
    assert ALL_LABELS in asked


def test_without_an_edit_nothing_is_looked_at(
    small: tuple[Graph, Graph], looks: list[tuple[str, str]]
) -> None:
    _, before = revalidate(*small, None)
    assert looks
    looks.clear()
    report, again = revalidate(*small, before)
    assert looks == []
    assert again == before
    assert (None, SH.conforms, Literal(True)) in Graph().parse(data=report)


def test_of_an_edit_only_the_shapes_and_records_that_it_touches_are_looked_at(
    small: tuple[Graph, Graph], looks: list[tuple[str, str]]
) -> None:
    graph, shapes = small
    _, before = revalidate(graph, shapes, None)
    looks.clear()
    graph.add((EX.kansai, RDF.type, SSK.Hub))
    graph.add((EX["kansai-2"], RDF.type, SSK.Designation))
    graph.add((EX["kansai-2"], SSK.designatesHub, EX.kansai))
    revalidate(graph, shapes, before)
    assert {focus for _, focus in looks} == {str(EX["kansai-2"])}


def test_a_blank_node_keeps_its_name_when_its_file_is_edited(root: Path) -> None:
    file = root / "data" / "curated" / "blank.ttl"
    prefixes = (root / "data/document/hubs.ttl").read_text(encoding="utf-8").partition("\n\n")[0]
    note = "[] rdfs:comment {} ; rdfs:seeAlso [] , [] .\n"
    prefixes = f"@prefix rdfs: <{RDFS}> .\n"

    def blank(*comments: int) -> set[str]:
        file.write_text(prefixes + "".join(map(note.format, comments)), encoding="utf-8")
        return {str(each) for each in load(root).layers["curated"].subjects() if True}

    assert blank(2) < blank(1, 2) < blank(1, 3, 2)
    assert len(blank(1, 1)) == 2


def test_other_prefixes_have_all_looked_at_again(
    small: tuple[Graph, Graph], looks: list[tuple[str, str]]
) -> None:
    graph, shapes = small
    _, before = revalidate(graph, shapes, None)
    count = len(looks)
    looks.clear()
    graph.bind("more", EX)
    revalidate(graph, shapes, before)
    assert len(looks) == count


def test_shapes_with_constraint_components_of_their_own_are_validated_as_a_whole(
    small: tuple[Graph, Graph],
) -> None:
    graph, shapes = small
    component, parameter, validator = EX.component, EX.parameter, EX.validator
    for triple in [
        (component, RDF.type, SH.ConstraintComponent),
        (component, SH.parameter, parameter),
        (parameter, SH.path, EX.lang),
        (component, SH.nodeValidator, validator),
        (validator, RDF.type, SH.SPARQLAskValidator),
        (validator, SH.ask, Literal("ASK { FILTER(false) }")),
    ]:
        shapes.add(triple)
    checked: Checked
    _, checked = revalidate(graph, shapes, None)
    assert checked == {}


def test_shapes_that_are_no_shacl_are_told_as_by_a_validation_of_all(
    small: tuple[Graph, Graph],
) -> None:
    graph, shapes = small
    _, before = revalidate(graph, shapes, None)
    shapes.add((EX.s, RDF.type, SH.PropertyShape))
    assert "not SHACL" in outcome(validate, graph, shapes)
    assert outcome(revalidate, graph, shapes, before) == outcome(validate, graph, shapes)
    assert (None, OWL.sameAs, None) not in graph


def test_the_report_is_the_same_text_however_little_is_looked_at(
    small: tuple[Graph, Graph],
) -> None:
    graph, shapes = small
    first, before = revalidate(graph, shapes, None)
    graph.add((EX.tohoku, RDFS.label, Literal("x", lang="en")))
    assert revalidate(graph, shapes, before)[0] == first == turtle(validate(graph, shapes))
    unbound = Graph(bind_namespaces="none")
    unbound += Graph().parse(data=first)
    assert turtle(unbound) == first
