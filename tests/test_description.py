"""The service description, VoID and the catalogue, over HTTP."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pyoxigraph import RdfFormat, parse, serialize
from pyshacl import validate
from rdflib import DCAT, DCTERMS, FOAF, RDF, RDFS, VOID, Graph, Literal, URIRef
from werkzeug.test import TestResponse

from conftest import REPOSITORY, on_disk
from seisaku import snapshot
from seisaku.app import create_app
from seisaku.config import BASE, GRAPH, LAYERS, Config
from seisaku.describe import SD, SSK
from seisaku.description import FORMAT_IRIS, GRAPH_TYPES, LIMITS
from seisaku.load import Asserted
from seisaku.query import FORMATS
from seisaku.workers import WorkerPool

CONFIG = Config(deadline=7.5, workers=2, queue=9)
DOCUMENTS = ("/sparql", "/.well-known/void", "/catalog")
WHOLE = URIRef(BASE + "id/dataset/seisaku")
SERVICE = URIRef("http://localhost/sparql")


@pytest.fixture(scope="module")
def client(built: Path) -> Iterator[FlaskClient]:
    with WorkerPool([built / snapshot.DATASET], CONFIG, union_default_graph=True) as pool:
        yield create_app(pool, CONFIG).test_client()


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[FlaskClient]:
    """Other people's data, which say nothing of themselves."""
    (tmp_path / "a.nq").write_text(
        "<urn:a> <urn:b> 'c' .\n<urn:a> <urn:b> 'c' <urn:g> .\n".replace("'", '"'), "utf-8"
    )
    with WorkerPool([tmp_path / "a.nq"], CONFIG) as pool:
        yield create_app(pool, CONFIG).test_client()


def read(response: TestResponse) -> Graph:
    """The document in a response, as one graph."""
    assert response.status_code == 200, response.text
    form = RdfFormat.from_media_type(response.content_type)
    triples = [quad.triple for quad in parse(response.data, format=form)]
    return Graph().parse(data=serialize(triples, format=RdfFormat.N_TRIPLES) or b"", format="nt")


def test_the_service_says_what_it_is_where_it_is_and_what_it_answers_with(
    client: FlaskClient,
) -> None:
    graph = read(client.get("/sparql"))
    assert (SERVICE, RDF.type, SD.Service) in graph
    assert (SERVICE, SD.endpoint, URIRef("http://localhost/sparql")) in graph
    assert (SERVICE, SD.supportedLanguage, SD.SPARQL11Query) in graph
    assert (SERVICE, SD.feature, SD.UnionDefaultGraph) in graph
    assert len(set(graph.objects(SERVICE, SD.resultFormat))) == len(FORMATS)


def test_the_function_that_a_query_may_call_is_told_in_both_languages(client: FlaskClient) -> None:
    graph = read(client.get("/sparql"))
    assert (SERVICE, SD.extensionFunction, SSK.matches) in graph
    assert (SSK.matches, RDF.type, SD.Function) in graph
    told = graph.objects(SSK.matches, RDFS.comment)
    assert {each.language for each in told if isinstance(each, Literal)} == {"ja", "en"}


def test_each_format_has_its_iri() -> None:
    assert set(FORMAT_IRIS) == set(FORMATS)


def test_each_limit_is_told_with_its_value(client: FlaskClient) -> None:
    graph = read(client.get("/sparql"))
    for setting, term in LIMITS.items():
        value = graph.value(SERVICE, SSK[term])
        assert isinstance(value, Literal)
        assert float(value) == getattr(CONFIG, setting)


def test_each_limit_is_a_setting_and_a_property_that_the_ontology_defines(
    asserted: Asserted,
) -> None:
    assert set(LIMITS) <= {each.name for each in fields(Config)}
    defined = asserted.layers["ontology"].subjects(RDFS.domain, SD.Service)
    assert {SSK[each] for each in LIMITS.values()} == set(defined)


def test_each_named_graph_is_told_with_its_size(client: FlaskClient) -> None:
    graph = read(client.get("/sparql"))
    (dataset,) = graph.objects(SERVICE, SD.defaultDataset)
    named = list(graph.objects(dataset, SD.namedGraph))
    assert {graph.value(each, SD.name) for each in named} == {
        URIRef(GRAPH + layer) for layer in LAYERS
    }
    for each in named:
        size = graph.value(graph.value(each, SD.graph), VOID.triples)
        name = str(graph.value(each, SD.name))
        query = f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{name}> {{ ?s ?p ?o }} }}"
        found = client.get("/sparql", query_string={"query": query, "format": "csv"})
        assert found.text.split() == ["n", str(size)]
    default = graph.value(dataset, SD.defaultGraph)
    every = {"query": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", "format": "csv"}
    size = graph.value(default, VOID.triples)
    assert client.get("/sparql", query_string=every).text.split() == ["n", str(size)]


@pytest.mark.parametrize("path", DOCUMENTS)
@pytest.mark.parametrize("media_type", GRAPH_TYPES)
def test_a_document_comes_in_each_format_and_says_the_same(
    client: FlaskClient, path: str, media_type: str
) -> None:
    turtle = read(client.get(path))
    found = client.get(path, headers={"Accept": media_type})
    assert found.content_type.partition(";")[0] == media_type
    assert set(read(found)) == set(turtle)


@pytest.mark.parametrize("path", DOCUMENTS)
def test_a_document_is_turtle_for_who_takes_turtle_or_rdf_xml(
    client: FlaskClient, path: str
) -> None:
    found = client.get(path, headers={"Accept": "text/turtle, application/rdf+xml"})
    assert found.content_type == "text/turtle; charset=utf-8"
    assert "Accept" in found.headers["Vary"]


def test_a_client_that_takes_a_page_if_it_must_gets_the_description(client: FlaskClient) -> None:
    accept = "application/n-quads,text/turtle;q=0.7,text/html;q=0.2,*/*;q=0.1"
    found = client.get("/sparql", headers={"Accept": accept})
    assert (found.status_code, found.content_type) == (200, "application/n-quads")


def test_a_browser_gets_the_form(client: FlaskClient) -> None:
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    found = client.get("/sparql", headers={"Accept": accept, "Accept-Language": "en"})
    assert (found.status_code, found.headers["Location"]) == (302, "/en/query")


@pytest.mark.parametrize("path", DOCUMENTS)
def test_a_document_that_cannot_be_had_so_is_406_with_what_there_is(
    client: FlaskClient, path: str
) -> None:
    found = client.get(path, headers={"Accept": "image/png"})
    assert found.status_code == 406
    assert all(each in found.text for each in GRAPH_TYPES)


@pytest.mark.parametrize("path", DOCUMENTS)
def test_format_chooses_for_people(client: FlaskClient, path: str) -> None:
    found = client.get(path, query_string={"format": "ntriples"})
    assert found.content_type == "application/n-triples"


@pytest.mark.parametrize("path", DOCUMENTS)
def test_head_is_get_without_the_body(client: FlaskClient, path: str) -> None:
    head, get = client.head(path), client.get(path)
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == get.headers["Content-Length"]


@pytest.mark.parametrize("path", DOCUMENTS)
def test_the_documents_name_the_address_that_they_were_asked_at(
    client: FlaskClient, path: str
) -> None:
    found = client.get(path, base_url="https://data.example.org/sub")
    graph = read(found)
    assert URIRef("https://data.example.org/sub/sparql") in graph.objects()
    assert URIRef(BASE + "sparql") not in graph.all_nodes()


@pytest.mark.parametrize("path", DOCUMENTS)
def test_the_documents_have_no_blank_nodes(client: FlaskClient, path: str) -> None:
    assert "_:" not in client.get(path, query_string={"format": "ntriples"}).text


def test_the_three_documents_lead_to_each_other(client: FlaskClient) -> None:
    linked = {
        path: set(map(str, read(client.get(path)).objects(None, RDFS.seeAlso)))
        for path in DOCUMENTS
    }
    assert linked["/sparql"] == {"http://localhost/.well-known/void", "http://localhost/catalog"}
    assert linked["/.well-known/void"] == {"http://localhost/sparql", "http://localhost/catalog"}
    assert linked["/catalog"] == {"http://localhost/.well-known/void"}


def test_void_has_partitions_vocabularies_examples_and_linksets(client: FlaskClient) -> None:
    graph = read(client.get("/.well-known/void"))
    document = URIRef("http://localhost/.well-known/void")
    assert (document, FOAF.primaryTopic, WHOLE) in graph
    assert (WHOLE, VOID.sparqlEndpoint, URIRef("http://localhost/sparql")) in graph
    assert (WHOLE, VOID.uriSpace, Literal(BASE)) in graph
    subsets = set(graph.objects(WHOLE, VOID.subset))
    assert {URIRef(f"{BASE}id/dataset/{layer}") for layer in LAYERS} < subsets
    for property_ in (VOID.classPartition, VOID.propertyPartition):
        for layer in LAYERS[:-1]:
            assert graph.value(URIRef(f"{BASE}id/dataset/{layer}"), property_), layer
    vocabularies = set(graph.objects(WHOLE, VOID.vocabulary))
    assert URIRef(BASE + "def#") in vocabularies
    assert URIRef("http://www.w3.org/2004/02/skos/core#") in vocabularies
    assert len(list(graph.subjects(RDF.type, VOID.Linkset))) == 4


def test_the_catalogue_keeps_the_rules_of_dcat_ap(client: FlaskClient) -> None:
    graph = read(client.get("/catalog"))
    shapes = Graph().parse(REPOSITORY / "tests" / "catalog-shapes.ttl")
    conforms, _, text = validate(graph, shacl_graph=shapes)
    assert conforms, text
    for kind in (DCAT.Catalog, DCAT.Dataset, DCAT.Distribution, DCAT.DataService):
        assert len(list(graph.subjects(RDF.type, kind))) == 1, kind


@pytest.mark.parametrize(
    ("kind", "property_"),
    [
        (DCAT.Catalog, DCTERMS.publisher),
        (DCAT.Dataset, DCTERMS.description),
        (DCAT.Dataset, DCTERMS.license),
        (DCAT.Distribution, DCAT.accessURL),
        (DCAT.DataService, DCAT.endpointURL),
        (FOAF.Agent, FOAF.name),
    ],
)
def test_a_catalogue_that_lacks_what_dcat_ap_asks_for_would_be_found(
    client: FlaskClient, kind: URIRef, property_: URIRef
) -> None:
    graph = read(client.get("/catalog"))
    (subject,) = graph.subjects(RDF.type, kind)
    graph.remove((subject, property_, None))
    shapes = Graph().parse(REPOSITORY / "tests" / "catalog-shapes.ttl")
    assert not validate(graph, shacl_graph=shapes)[0]


def test_other_peoples_data_are_described_by_what_can_be_counted(bare: FlaskClient) -> None:
    graph = read(bare.get("/sparql"))
    (dataset,) = graph.objects(SERVICE, SD.defaultDataset)
    assert (SERVICE, SD.feature, None) not in graph
    (named,) = graph.objects(dataset, SD.namedGraph)
    assert graph.value(named, SD.name) == URIRef("urn:g")
    void = read(bare.get("/.well-known/void"))
    assert [str(each) for each in void.objects(None, VOID.triples)] == ["1"]
    assert URIRef("http://localhost/sparql") in void.objects(None, VOID.sparqlEndpoint)


def test_other_peoples_data_have_no_catalogue(bare: FlaskClient) -> None:
    assert bare.get("/catalog").status_code == 404


def test_a_dataset_that_is_too_large_to_count_in_time_is_described_without_sizes(
    tmp_path: Path,
) -> None:
    config = Config(deadline=0.005)
    with WorkerPool([too_large(tmp_path)], config, union_default_graph=True) as pool:
        client = create_app(pool, config).test_client()
        graph, void = read(client.get("/sparql")), read(client.get("/.well-known/void"))
    assert URIRef("urn:g") in graph.objects(None, SD.name)
    assert not list(graph.objects(None, VOID.triples))
    assert list(void.objects(None, VOID.sparqlEndpoint))
    assert not list(void.objects(None, VOID.triples))


@pytest.mark.parametrize(("union", "default"), [(True, 60_001), (False, 1)])
def test_of_a_snapshot_on_disk_the_sizes_are_known_without_a_count(
    tmp_path: Path, union: bool, default: int
) -> None:
    folder = on_disk(too_large(tmp_path))
    config = Config(deadline=0.005)
    with WorkerPool([folder], config, union_default_graph=union) as pool:
        client = create_app(pool, config).test_client()
        graph, void = read(client.get("/sparql")), read(client.get("/.well-known/void"))
    named = graph.value(URIRef("urn:g"), SD.graph)
    assert graph.value(named, VOID.triples) == Literal(60_000)
    assert [str(each) for each in void.objects(None, VOID.triples)] == [str(default)]


def too_large(folder: Path) -> Path:
    """A file of what is not counted in 5 ms: 60,000 triples in a graph, and one outside."""
    lines = "".join(f"<urn:s{n}> <urn:p> <urn:o{n}> <urn:g> .\n" for n in range(60_000))
    file = folder / "a.nq"
    file.write_text(lines + "<urn:s> <urn:p> <urn:o> .\n", encoding="utf-8")
    return file


def test_no_more_documents_are_kept_than_a_number(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seisaku.description.KEPT", 2)
    hosts = ("a.example", "b.example", "c.example", "a.example")
    for host in hosts:
        found = client.get("/catalog", base_url=f"http://{host}")
        assert f"<http://{host}/sparql>" in found.text
    assert len(client.application.extensions["served"].description.documents) <= 2
