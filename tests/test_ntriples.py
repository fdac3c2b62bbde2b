"""N-Triples: terms as texts and back, and a graph of rdflib that holds texts."""

import pytest
from pyoxigraph import RdfFormat, parse
from rdflib import RDF, RDFS, XSD, BNode, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from seisaku.ntriples import graph, merged, plain, term, text, triples

EX = Namespace("https://example.org/")
TERMS = [
    (EX.a, "<https://example.org/a>"),
    (BNode("b1"), "_:b1"),
    (Literal("東京"), '"東京"'),
    (Literal("東京", lang="ja"), '"東京"@ja'),
    (Literal("x", lang="en-GB"), '"x"@en-gb'),
    (Literal(7), f'"7"^^<{XSD.integer}>'),
    (Literal("007", datatype=XSD.integer, normalize=False), f'"007"^^<{XSD.integer}>'),
    (Literal("約true", datatype=XSD.boolean, normalize=False), f'"約true"^^<{XSD.boolean}>'),
    (Literal(""), '""'),
    (Literal('"a"^^<b>@c\\n'), '"\\"a\\"^^<b>@c\\\\n"'),
    (Literal("a\nb\r\tc\b\f\x01\x7f"), '"a\\nb\\r\\tc\\b\\f\\u0001\\u007F"'),
]


@pytest.mark.parametrize(("made", "written"), TERMS)
def test_a_term_is_written_as_canonical_n_triples_and_read_as_it_was_spelt(
    made: Node, written: str
) -> None:
    assert text(made) == written
    read = term(written)
    assert type(read) is type(made)
    assert str(read) == str(made) == plain(written)
    assert text(read) == written


@pytest.mark.parametrize(("_", "written"), TERMS)
def test_the_engine_writes_a_term_alike(_: Node, written: str) -> None:
    (quad,) = parse(f"<urn:s> <urn:p> {written} .", RdfFormat.N_TRIPLES)
    if not written.startswith("_:"):
        assert str(quad.object) == written


@pytest.fixture
def held() -> Graph:
    filled = graph()
    for name, label in (("a", "x"), ("b", "x"), ("b", "y")):
        filled.add((EX[name], RDFS.label, Literal(label)))
    filled.add((EX.a, RDF.type, EX.C))
    return filled


@pytest.mark.parametrize("looked_for_before", [False, True])
def test_it_is_asked_added_to_and_removed_from_as_any_graph(
    held: Graph, looked_for_before: bool
) -> None:
    if looked_for_before:
        assert (EX.a, None, None) in held
    other = Graph() + held
    for each in (held, other):
        each.add((EX.c, RDFS.label, Literal("z")))
        each.add((EX.c, RDFS.label, Literal("z")))
        each.remove((EX.b, None, Literal("y")))
        each.remove((None, RDF.type, None))
    assert len(held) == len(other) == 3
    assert set(held) == set(other)
    for s in (None, EX.a, EX.d):
        for p in (None, RDFS.label, RDF.type):
            for o in (None, Literal("x"), EX.C):
                assert set(held.triples((s, p, o))) == set(other.triples((s, p, o)))
    assert triples(held) == triples(other)


def test_graphs_are_added_up_and_stay_as_they_are(held: Graph) -> None:
    other = Graph().add((EX.d, RDF.type, EX.C))
    union = merged([held, other])
    union.add((EX.e, RDF.type, EX.C))
    assert len(union) == 6
    assert (len(held), len(other)) == (4, 1)
    assert URIRef(EX.d) in set(union.subjects(RDF.type, EX.C))
