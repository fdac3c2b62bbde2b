"""Each layer holds what it promises: what is said, what is ours, what comes from elsewhere."""

import pytest
from rdflib import DCTERMS, OWL, RDF, RDFS, SKOS, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from seisaku.config import BASE
from seisaku.load import Asserted

SSK = Namespace(BASE + "def#")
TEXTS = (RDFS.label, SKOS.prefLabel, SKOS.definition, SKOS.scopeNote, RDFS.comment, DCTERMS.title)


@pytest.fixture(scope="module")
def external(asserted: Asserted) -> Graph:
    return asserted.layers["external"]


@pytest.fixture(scope="module")
def sources(external: Graph) -> set[URIRef]:
    found = external.subjects(RDF.type, SSK.ExternalSource)
    return {each for each in found if isinstance(each, URIRef)}


def noted(graph: Graph) -> set[tuple[Node | None, Node | None, Node | None]]:
    """The statements that a note with an external source is about."""
    return {
        (
            graph.value(note, OWL.annotatedSource),
            graph.value(note, OWL.annotatedProperty),
            graph.value(note, OWL.annotatedTarget),
        )
        for note in graph.subjects(RDF.type, OWL.Axiom)
        if (graph.value(note, DCTERMS.source), RDF.type, SSK.ExternalSource) in graph
    }


def test_every_record_of_the_external_layer_names_its_source_and_no_lines(
    external: Graph, sources: set[URIRef]
) -> None:
    records = {
        record
        for record, kind in external.subject_objects(RDF.type)
        if str(kind).startswith(SSK) and record not in sources
    }
    assert len(records) > 90
    assert [r for r in records if sources.isdisjoint(external.objects(r, SSK.isSourcedFrom))] == []
    assert list(external.subjects(SSK.isStatedIn)) == []


def test_what_the_external_layer_adds_to_a_record_of_the_document_has_a_note_with_its_source(
    external: Graph,
) -> None:
    here = set(external.subjects(RDF.type))
    added = {each for each in external if isinstance(each[0], URIRef) and each[0] not in here}
    assert len(added) > 20
    assert added - noted(external) == set()


def test_every_external_source_is_cited(asserted: Asserted, sources: set[URIRef]) -> None:
    union = asserted.union
    cited = {*union.objects(None, SSK.isSourcedFrom), *union.objects(None, DCTERMS.source)}
    assert sources - cited == set()


def test_the_document_layer_cites_no_external_source(asserted: Asserted) -> None:
    document = asserted.layers["document"]
    assert list(document.subjects(SSK.isSourcedFrom)) == []
    elsewhere = BASE + "id/external-source/"
    assert [each for each in document.objects() if str(each).startswith(elsewhere)] == []


def test_a_milestone_of_another_source_is_not_in_the_document_layer(asserted: Asserted) -> None:
    document, external = asserted.layers["document"], asserted.layers["external"]
    said = set(document.subjects(RDF.type, SSK.Milestone))
    elsewhere = set(external.subjects(RDF.type, SSK.Milestone))
    assert len(elsewhere) >= 16
    assert said & elsewhere == set()


@pytest.mark.parametrize("said", TEXTS, ids=str)
def test_every_text_is_in_japanese_and_in_english(asserted: Asserted, said: URIRef) -> None:
    union = asserted.union
    gaps = []
    for thing in set(union.subjects(said)):
        languages = {
            text.language for text in union.objects(thing, said) if isinstance(text, Literal)
        }
        if not languages >= {"ja", "en"} and str(thing).startswith(BASE):
            gaps.append((thing, languages))
    assert gaps == []
