"""The ontology page: every term in both languages at the anchor of its IRI."""

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from rdflib import OWL, RDF, RDFS, SKOS, Graph, Literal, URIRef

from conftest import REPOSITORY
from seisaku import snapshot
from seisaku.app import create_app
from seisaku.config import LANGUAGES, Config
from seisaku.load import Asserted
from seisaku.pages.ontology import curie
from seisaku.workers import WorkerPool

SSK = "https://w3id.org/seisaku/def#"


@pytest.fixture(scope="module")
def client(built: Path) -> Iterator[FlaskClient]:
    config = Config(snapshots=built.parent)
    with WorkerPool([built / snapshot.DATASET], config, union_default_graph=True) as pool:
        queries = REPOSITORY / "data" / "queries"
        yield create_app(pool, config, queries, built.name).test_client()


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[FlaskClient]:
    (tmp_path / "a.ttl").write_text("<urn:a> <urn:b> 'c'@en .", encoding="utf-8")
    with WorkerPool([tmp_path / "a.ttl"], Config()) as pool:
        yield create_app(pool, Config()).test_client()


def section(page: str, name: str) -> str:
    found = re.search(f'<section class="term" id="{name}".*?</section>', page, re.DOTALL)
    assert found, name
    return found[0]


def named(graph: Graph, kind: URIRef) -> set[URIRef]:
    return {each for each in graph.subjects(RDF.type, kind) if isinstance(each, URIRef)}


def texts(html: str) -> str:
    return " ".join(unescape(re.sub("<[^>]+>", " ", html)).split())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_term_has_a_section_at_its_anchor_with_its_label_and_definition(
    client: FlaskClient, asserted: Asserted, lang: str
) -> None:
    page = client.get(f"/{lang}/ontology").text
    graph = asserted.layers["ontology"]
    terms = [each for each in set(graph.subjects(RDFS.isDefinedBy)) if str(each).startswith(SSK)]
    assert len(terms) > 150
    for term in terms:
        said = texts(section(page, str(term).removeprefix(SSK)))
        for property_ in (RDFS.label, SKOS.definition):
            (text,) = (
                each
                for each in graph.objects(term, property_)
                if isinstance(each, Literal) and each.language == lang
            )
            assert " ".join(str(text).split()) in said


def test_a_class_says_its_place_its_properties_its_rules_its_use_and_an_example(
    client: FlaskClient,
) -> None:
    hub = section(client.get("/en/ontology").text, "StartupHub")
    assert 'href="#hasDesignation"' in hub
    assert 'href="#designatesHub"' in hub
    assert "A hub has at least one designation." in hub
    assert 'href="/en/quality#StartupHub-designation"' in hub
    assert "13 things" in hub
    assert '<a href="/en/id/hub/tokyo">Tokyo area</a>' in hub
    assert 'href="#PolicyDocument"' in section(client.get("/en/ontology").text, "BasicPlan")


def test_a_property_says_domain_range_inverse_characteristics_and_a_statement(
    client: FlaskClient,
) -> None:
    page = client.get("/en/ontology").text
    property_ = texts(section(page, "designatesHub"))
    assert "Domain hub designation" in property_
    assert "Range startup ecosystem hub" in property_
    assert "Inverse" in property_
    assert "one value at most (functional)" in property_
    assert re.search(r"Example .+ → \w+", property_)
    assert "→" in texts(section(page, "hasListedGovernment"))


def test_a_class_that_is_defined_by_a_value_says_so(client: FlaskClient) -> None:
    said = texts(section(client.get("/en/ontology").text, "GlobalHubDesignation"))
    assert "hub designation with has tier = Global Hub City (phase 2)" in said


def test_the_diagram_shows_every_class_and_the_table_beside_it_every_link(
    client: FlaskClient, asserted: Asserted
) -> None:
    page = client.get("/ja/ontology").text
    picture = re.search(r"<svg.*?</svg>", page, re.DOTALL)
    assert picture
    graph = asserted.layers["ontology"]
    for each in graph.subjects(RDF.type, OWL.Class):
        if str(each).startswith(SSK):
            assert f'href="#{str(each).removeprefix(SSK)}"' in picture[0]
    relations = re.search(r"<details>.*?</details>", page, re.DOTALL)
    assert relations
    linking = {
        str(each).removeprefix(SSK)
        for each in graph.subjects(RDF.type, OWL.ObjectProperty)
        for ends in [[*graph.objects(each, RDFS.domain), *graph.objects(each, RDFS.range)]]
        if len(ends) == 2 and all(str(end).startswith(SSK) for end in ends)
    }
    assert linking
    for name in linking:
        assert f'href="#{name}"' in relations[0]


def test_every_link_within_the_page_leads_somewhere(client: FlaskClient) -> None:
    page = client.get("/ja/ontology").text
    anchors = re.findall(r'\bid="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(anchors)


def test_the_rules_are_linked_where_they_stand(client: FlaskClient) -> None:
    linked = set(re.findall(r'href="/ja/quality#([^"]+)"', client.get("/ja/ontology").text))
    assert len(linked) > 100
    assert linked <= set(re.findall(r'\bid="([^"]+)"', client.get("/ja/quality").text))


def test_every_concept_is_there_below_its_scheme(client: FlaskClient, asserted: Asserted) -> None:
    page = client.get("/en/ontology").text
    for concept in asserted.layers["ontology"].subjects(RDF.type, SKOS.Concept):
        path = str(concept).removeprefix("https://w3id.org/seisaku/")
        assert f'href="/en/{path}"' in page


@pytest.mark.parametrize("lang", LANGUAGES)
def test_search_engines_are_told_the_terms(client: FlaskClient, lang: str) -> None:
    page = client.get(f"/{lang}/ontology").text
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert found
    told = json.loads(found[1])
    assert told["@type"] == "DefinedTermSet"
    assert told["license"] == "https://creativecommons.org/licenses/by/4.0/"
    codes = [each["termCode"] for each in told["hasDefinedTerm"]]
    assert "StartupHub" in codes
    assert len(codes) == page.count('<section class="term"')


def test_the_file_to_download_is_one_ontology_that_imports_nothing(
    client: FlaskClient, asserted: Asserted
) -> None:
    page = client.get("/en/ontology").text
    links = re.findall(r'href="(/sparql\?query=[^"]+format=(?:rdfxml|turtle))"', page)
    assert len(links) == 2
    xml, turtle = (client.get(unescape(each)).text for each in links)
    graph = Graph().parse(data=turtle, format="turtle")
    assert len(Graph().parse(data=xml, format="xml")) == len(graph)
    assert len(list(graph.subjects(RDF.type, OWL.Ontology))) == 1
    assert not list(graph.objects(None, OWL.imports))
    for kind in (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, SKOS.Concept):
        assert named(graph, kind) == named(asserted.layers["ontology"], kind)


def test_the_page_is_written_once_but_not_for_each_parameter(client: FlaskClient) -> None:
    first = client.get("/ja/ontology")
    assert client.get("/ja/ontology?x=1").data == first.data
    assert 'href="/en/ontology"' in first.text
    below = client.get("/ja/ontology", base_url="https://example.org/policy/").text
    assert 'href="/policy/ja/ontology"' in below


@pytest.mark.parametrize("lang", LANGUAGES)
def test_other_peoples_data_come_without_our_ontology(bare: FlaskClient, lang: str) -> None:
    found = bare.get(f"/{lang}/ontology")
    assert found.status_code == 200
    assert '<section class="term"' not in found.text
    assert "ld+json" not in found.text


def test_an_iri_is_shortened_by_its_longest_prefix() -> None:
    prefixes = {"a": "urn:a/", "ab": "urn:a/b/"}
    assert curie("urn:a/b/c", prefixes) == "ab:c"
    assert curie("urn:c", prefixes) == "urn:c"
