"""Describe: the dataset's VoID, DCAT and example queries, as its own graph in the store."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from rdflib import DCTERMS, RDF, SDO, SH, SKOS, VOID, Graph, Literal, URIRef

from seisaku import snapshot
from seisaku.build import close
from seisaku.config import BASE, ENDPOINT, GRAPH, LAYERS, Config
from seisaku.describe import DATASET, SPEX
from seisaku.errors import Unreadable
from seisaku.query import FORMATS, answer
from seisaku.questions import read
from seisaku.workers import WorkerPool

PREFIXES = """
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX sd: <http://www.w3.org/ns/sparql-service-description#>
PREFIX sh: <http://www.w3.org/ns/shacl#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX spex: <https://purl.expasy.org/sparql-examples/ontology#>
PREFIX void: <http://rdfs.org/ns/void#>
PREFIX void-ext: <http://ldf.fi/void-ext#>
"""


def quiet(step: str, what: str) -> None:
    """Take no notice of the progress."""
    del step, what


def described(root: Path) -> Graph:
    return close(Config(root=root), quiet)[0]["description"]


@pytest.fixture(scope="module")
def pool(built: Path) -> Iterator[WorkerPool]:
    with WorkerPool([built / snapshot.DATASET], Config(), union_default_graph=True) as opened:
        yield opened


def rows(pool: WorkerPool, query: str) -> list[dict[str, str]]:
    found = answer(pool, PREFIXES + query, lambda _offered: FORMATS["json"])
    bindings = json.loads(found.body)["results"]["bindings"]
    return [{name: cell["value"] for name, cell in row.items()} for row in bindings]


def one(pool: WorkerPool, query: str) -> int:
    ((count,),) = (row.values() for row in rows(pool, query))
    return int(count)


def test_every_question_is_an_executable_with_its_text_and_titles(root: Path) -> None:
    graph = described(root)
    example = URIRef(BASE + "id/query/cq01")
    assert set(graph.objects(example, RDF.type)) == {
        SH.SPARQLExecutable,
        SH.SPARQLSelectExecutable,
    }
    for property_ in (URIRef("http://www.w3.org/2000/01/rdf-schema#label"),):
        assert set(graph.objects(example, property_)) == {
            Literal("拠点はどれか", lang="ja"),
            Literal("Which hubs are there?", lang="en"),
        }
    assert str(graph.value(example, SH.select)).startswith("PREFIX ssk: ")
    assert (example, SDO.target, URIRef(ENDPOINT)) in graph
    assert graph.value(URIRef(BASE + "id/query/cq02"), SH.ask)
    assert set(graph.objects(example, SKOS.note)) == {
        Literal("小さな例", lang="ja"),
        Literal("A small example", lang="en"),
    }


@pytest.mark.parametrize(
    ("text", "property_"),
    [
        ("CONSTRUCT WHERE { ?s ?p ?o }", SH.construct),
        ("DESCRIBE <urn:a>", SPEX.describe),
        ("ASK {}", SH.ask),
    ],
)
def test_each_form_of_query_has_its_property(root: Path, text: str, property_: URIRef) -> None:
    header = "# id: CQ01\n# title@ja: それ\n# title@en: It\n\n"
    (root / "data/queries/cq01.rq").write_text(header + text, encoding="utf-8")
    assert str(described(root).value(URIRef(BASE + "id/query/cq01"), property_)) == text


def test_a_question_that_is_no_query_is_refused_by_name(root: Path) -> None:
    (root / "data/queries/cq01.rq").write_text(
        "# id: CQ01\n# title@ja: それ\n# title@en: It\n\nSELECT ?x {", encoding="utf-8"
    )
    with pytest.raises(Unreadable, match="CQ01: not a SPARQL query"):
        described(root)


def test_a_graph_without_questions_is_described_too(root: Path) -> None:
    for file in (root / "data/queries").iterdir():
        file.unlink()
    (root / "data/queries").rmdir()
    graph = described(root)
    assert not list(graph.subjects(RDF.type, SH.SPARQLExecutable))
    assert graph.value(DATASET, VOID.triples)


def test_the_description_does_not_count_itself(pool: WorkerPool) -> None:
    counted = one(pool, f"SELECT ?n {{ <{DATASET}> void:triples ?n }}")
    others = " ".join(f"<{GRAPH}{layer}>" for layer in LAYERS if layer != "description")
    union = f"""SELECT (COUNT(*) AS ?n) {{ SELECT DISTINCT ?s ?p ?o {{
        VALUES ?g {{ {others} }} GRAPH ?g {{ ?s ?p ?o }} }} }}"""
    assert counted == one(pool, union)


@pytest.mark.parametrize("layer", [each for each in LAYERS if each != "description"])
def test_the_statistics_of_each_graph_are_those_that_can_be_counted(
    pool: WorkerPool, layer: str
) -> None:
    part = f"<{GRAPH}{layer}> sd:graph ?d . ?d"
    for said, counted in (
        ("void:triples", "SELECT (COUNT(*) AS ?n) { GRAPH <G> { ?s ?p ?o } }"),
        ("void:properties", "SELECT (COUNT(DISTINCT ?p) AS ?n) { GRAPH <G> { ?s ?p ?o } }"),
        ("void:distinctSubjects", "SELECT (COUNT(DISTINCT ?s) AS ?n) { GRAPH <G> { ?s ?p ?o } }"),
    ):
        expected = one(pool, counted.replace("<G>", f"<{GRAPH}{layer}>"))
        assert one(pool, f"SELECT ?n {{ {part} {said} ?n }}") == expected, said
    classes = rows(
        pool,
        f"SELECT ?c ?n {{ {part} void:classPartition [ void:class ?c ; void:entities ?n ] }}",
    )
    counted = f"""SELECT ?c (COUNT(DISTINCT ?s) AS ?n) {{
        GRAPH <{GRAPH}{layer}> {{ ?s a ?c }} FILTER(isIRI(?c)) }} GROUP BY ?c"""
    assert {(row["c"], row["n"]) for row in classes} == {
        (row["c"], row["n"]) for row in rows(pool, counted)
    }
    languages = rows(
        pool,
        f"SELECT ?l ?n {{ {part} void-ext:languagePartition "
        "[ void-ext:language ?l ; void:triples ?n ] }",
    )
    texts = f"""SELECT ?l (COUNT(*) AS ?n) {{ GRAPH <{GRAPH}{layer}> {{ ?s ?p ?o }}
        BIND(LANG(?o) AS ?l) FILTER(?l != "") }} GROUP BY ?l"""
    # The engine lowers a language's letters, as RDF 1.1 lets it.
    assert {(row["l"].lower(), row["n"]) for row in languages} == {
        (row["l"].lower(), row["n"]) for row in rows(pool, texts)
    }


@pytest.mark.parametrize(
    ("name", "space"),
    [
        ("wikidata", "http://www.wikidata.org/entity/"),
        ("e-stat", "http://data.e-stat.go.jp/lod/"),
        ("geonames", "https://sws.geonames.org/"),
        ("ror", "https://ror.org/"),
    ],
)
def test_links_to_other_datasets_are_counted(pool: WorkerPool, name: str, space: str) -> None:
    linkset = f"<{BASE}id/linkset/{name}/closeMatch>"
    said = one(pool, f"SELECT ?n {{ {linkset} a void:Linkset ; void:triples ?n }}")
    counted = f"""SELECT (COUNT(*) AS ?n) {{
        ?s skos:closeMatch ?o FILTER(STRSTARTS(STR(?o), "{space}")) }}"""
    assert said == one(pool, counted) > 0


def test_example_resources_are_in_the_dataset(pool: WorkerPool) -> None:
    found = rows(
        pool,
        f"""SELECT ?e (COUNT(?o) AS ?n) {{ <{DATASET}> void:exampleResource ?e .
            GRAPH <{GRAPH}document> {{ ?e ?p ?o }} }} GROUP BY ?e""",
    )
    assert len(found) >= 5


# What the SIB's editor and language-model tools ask an endpoint, of its default graph.


def test_prefixes_are_found_as_editors_look_for_them(pool: WorkerPool) -> None:
    found = rows(
        pool,
        "SELECT DISTINCT ?prefix ?namespace { [] sh:namespace ?namespace ; sh:prefix ?prefix }",
    )
    assert {"prefix": "ssk", "namespace": f"{BASE}def#"} in found
    assert len(found) == len({row["prefix"] for row in found}) > 20


def test_examples_are_found_as_editors_look_for_them(pool: WorkerPool) -> None:
    found = rows(
        pool,
        """SELECT DISTINCT ?sq ?comment ?query {
            ?sq a sh:SPARQLExecutable ; rdfs:comment ?comment ;
                sh:select|sh:ask|sh:construct|spex:describe ?query . } ORDER BY ?sq""",
    )
    asked = read(Path(__file__).parents[1] / "data" / "queries")
    assert len({row["sq"] for row in found}) == len(asked) >= 22
    assert len(found) == 2 * len(asked)  # in Japanese and in English
    for row in found:
        answer(pool, row["query"], lambda offered: offered[0])


def test_classes_and_their_properties_are_found_as_editors_look_for_them(pool: WorkerPool) -> None:
    found = rows(
        pool,
        """SELECT DISTINCT ?graph ?subjectClass ?prop ?objectClass ?objectDatatype {
            OPTIONAL { ?graph sd:graph ?described . ?described void:classPartition ?cp }
            ?cp void:class ?subjectClass ; void:propertyPartition ?pp .
            ?pp void:property ?prop .
            OPTIONAL {
              { ?pp void:classPartition [ void:class ?objectClass ] }
              UNION { ?pp void-ext:datatypePartition [ void-ext:datatype ?objectDatatype ] }
            } }""",
    )
    assert {
        "graph": f"{GRAPH}document",
        "subjectClass": f"{BASE}def#HubDesignation",
        "prop": f"{BASE}def#designatesHub",
        "objectClass": f"{BASE}def#StartupHub",
    } in found


def test_every_example_keeps_the_rules_of_the_sib_collection(pool: WorkerPool) -> None:
    graph = Graph().parse(
        data=answer(
            pool,
            PREFIXES + "CONSTRUCT { ?e ?p ?o } { ?e a sh:SPARQLExecutable ; ?p ?o }",
            lambda _offered: FORMATS["ntriples"],
        ).body,
        format="nt",
    )
    for example in set(graph.subjects(RDF.type, SH.SPARQLExecutable)):
        texts = [
            text
            for property_ in (SH.select, SH.ask, SH.construct, SPEX.describe)
            for text in graph.objects(example, property_)
        ]
        assert len(texts) == 1, example
        comments = list(
            graph.objects(example, URIRef("http://www.w3.org/2000/01/rdf-schema#comment"))
        )
        assert {getattr(each, "language", None) for each in comments} == {"ja", "en"}, example
        assert list(graph.objects(example, SDO.target)) == [URIRef(ENDPOINT)]
        assert list(graph.objects(example, SH.prefixes)) == [URIRef(BASE + "ont")]
        for keyword in graph.objects(example, SDO.keywords):
            assert str(keyword) == str(keyword).strip()
    assert len(set(graph.subjects(SDO.keywords))) > 10


def test_the_dates_and_the_licence_are_those_of_the_ontology(pool: WorkerPool) -> None:
    for property_ in (DCTERMS.modified, DCTERMS.license):
        same = f"<{DATASET}> <{property_}> ?v . <{BASE}ont> <{property_}> ?v"
        assert one(pool, f"SELECT (COUNT(*) AS ?n) {{ {same} }}") == 1, property_
