"""Partitions: the counts of a graph in VoID, the same each time, by names that stay."""

from rdflib import RDF, VOID, Graph, URIRef
from rdflib.term import Node

from conftest import REPOSITORY
from seisaku.load import load
from seisaku.ntriples import graph as graph_of
from seisaku.partitions import VOID_EXT, partitions

DATASET = URIRef("urn:dataset")
DATA = """
@prefix : <https://w3id.org/seisaku/id/> .
:a a :City ; :name "東京"@ja , "Tokyo"@en ; :of :b ; :size 1 .
:b a :Country ; :name "日本"@ja .
<urn:other> :of :b .
"""


def counted(data: str = DATA) -> Graph:
    found = graph_of(partitions(DATASET, Graph().parse(data=data, format="turtle")))
    return Graph() + found


def number(graph: Graph, node: Node, property_: URIRef) -> int:
    return int(str(graph.value(node, property_)))


def ours(name: str) -> URIRef:
    return URIRef(f"https://w3id.org/seisaku/id/{name}")


def test_a_graph_is_counted() -> None:
    graph = counted()
    said = {
        VOID.triples: 8,
        VOID.entities: 2,
        VOID.classes: 2,
        VOID.properties: 4,
        VOID.distinctSubjects: 3,
        VOID.distinctObjects: 7,
    }
    assert {each: number(graph, DATASET, each) for each in said} == said


def test_a_class_has_its_entities_its_triples_and_its_properties() -> None:
    graph = counted()
    (part,) = graph.subjects(VOID["class"], ours("City"))
    assert (DATASET, VOID.classPartition, part) in graph
    assert number(graph, part, VOID.entities) == 1
    assert number(graph, part, VOID.triples) == 5
    properties = {
        str(graph.value(each, VOID.property)).rpartition("/")[2]: number(graph, each, VOID.triples)
        for each in graph.objects(part, VOID.propertyPartition)
    }
    assert properties == {"22-rdf-syntax-ns#type": 1, "name": 2, "of": 1, "size": 1}


def test_a_property_of_a_class_tells_the_classes_and_datatypes_of_its_values() -> None:
    graph = counted()
    found = graph.query(
        """
        PREFIX void: <http://rdfs.org/ns/void#>
        PREFIX void-ext: <http://ldf.fi/void-ext#>
        SELECT ?kind {
          ?part void:class <https://w3id.org/seisaku/id/City> ; void:propertyPartition ?of .
          { ?of void:classPartition/void:class ?kind }
          UNION { ?of void-ext:datatypePartition/void-ext:datatype ?kind }
        }"""
    )
    kinds = sorted(str(row[0]).rpartition("/")[2] for row in found)  # type: ignore[index]
    assert kinds == ["22-rdf-syntax-ns#langString", "Country", "XMLSchema#integer"]


def test_a_property_is_counted_in_the_whole_graph() -> None:
    graph = counted()
    (part,) = (
        part
        for part in graph.objects(DATASET, VOID.propertyPartition)
        if graph.value(part, VOID.property) == ours("of")
    )
    assert number(graph, part, VOID.triples) == 2
    assert number(graph, part, VOID.distinctSubjects) == 2
    assert number(graph, part, VOID.distinctObjects) == 1


def test_the_texts_of_each_language_are_counted() -> None:
    graph = counted()
    found = {
        str(graph.value(part, VOID_EXT.language)): number(graph, part, VOID.triples)
        for part in graph.objects(DATASET, VOID_EXT.languagePartition)
    }
    assert found == {"ja": 2, "en": 1}


def test_nothing_is_a_blank_node_and_the_order_does_not_matter() -> None:
    lines = sorted(counted().serialize(format="nt").splitlines())
    statements = DATA.strip().splitlines()
    shuffled = "\n".join([statements[0], *reversed(statements[1:])])
    assert sorted(counted(shuffled).serialize(format="nt").splitlines()) == lines
    assert not [line for line in lines if "_:" in line]


def test_an_empty_graph_has_nothing_in_it() -> None:
    assert number(counted("@prefix : <urn:> ."), DATASET, VOID.triples) == 0


def test_what_is_said_of_the_real_data_has_no_partition_of_nothing() -> None:
    graph = load(REPOSITORY / "tests" / "small").union
    found = graph_of(partitions(DATASET, graph))
    assert all(int(str(each)) > 0 for each in found.objects(None, VOID.triples))
    assert len(list(found.objects(DATASET, VOID.classPartition))) == len(
        set(graph.objects(None, RDF.type))
    )
