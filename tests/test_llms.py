"""What a language model reads first: true of what is served, and short."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from rdflib import OWL, RDF, RDFS

from conftest import REPOSITORY
from seisaku import snapshot
from seisaku.app import create_app
from seisaku.config import GRAPH, LAYERS, Config
from seisaku.index import SSK
from seisaku.load import Asserted
from seisaku.questions import read
from seisaku.workers import WorkerPool

QUERIES = REPOSITORY / "data" / "queries"


@pytest.fixture(scope="module")
def client(built: Path) -> Iterator[FlaskClient]:
    config = Config()
    with WorkerPool([built / snapshot.DATASET], config, union_default_graph=True) as pool:
        yield create_app(pool, config, QUERIES).test_client()


def told(client: FlaskClient, path: str) -> str:
    found = client.get(path)
    assert (found.status_code, found.content_type) == (200, "text/plain; charset=utf-8")
    return found.text


def test_the_guide_is_as_llmstxt_has_it(client: FlaskClient) -> None:
    lines = told(client, "/llms.txt").splitlines()
    assert lines[0] == "# Seisaku: Japan's innovation policy as a knowledge graph"
    assert lines[2].startswith("> ")
    assert [each for each in lines if each.startswith("## ")] == [
        "## Ask",
        "## Read",
        "## Questions with tested answers",
    ]
    assert len("\n".join(lines)) < 20_000


def test_each_link_of_the_guide_leads_somewhere_on_this_server(client: FlaskClient) -> None:
    links = re.findall(r"\]\((http://localhost/[^)]*)\)", told(client, "/llms.txt"))
    assert len(links) == 7 + len(read(QUERIES))
    for link in [*links[:7], links[7], links[-1]]:
        expected = {"/mcp": 405}.get(link.removeprefix("http://localhost"), 200)
        found = client.get(link, follow_redirects=True)
        assert found.status_code == expected, link


def test_the_limits_are_those_of_the_server(client: FlaskClient) -> None:
    config = Config()
    assert f"Limits of a query: {config.deadline:g} s, " in told(client, "/llms.txt")


def test_the_schema_has_each_class_and_property_of_ours_with_domain_and_range(
    client: FlaskClient, asserted: Asserted
) -> None:
    schema = told(client, "/schema.txt")
    lines = {
        line.partition(":")[0] + ":" + line.split(":")[1].split()[0]: line
        for line in schema.splitlines()
        if line.startswith("ssk:")
    }
    terms = asserted.layers["ontology"]
    kinds = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty)
    ours = {
        str(each).replace(SSK, "ssk:")
        for kind in kinds
        for each in terms.subjects(RDF.type, kind)
        if str(each).startswith(SSK)
    }
    assert lines.keys() == ours
    for subject, object_ in terms.subject_objects(RDFS.domain):
        if str(subject).startswith(SSK) and str(object_).startswith(SSK):
            assert str(object_).replace(SSK, "ssk:") in lines[str(subject).replace(SSK, "ssk:")]
    assert "owl:Thing" not in lines["ssk:designatesHub"]
    assert lines["ssk:designatesHub"].startswith(
        "ssk:designatesHub: ssk:HubDesignation -> ssk:StartupHub;"
    )


def test_the_schema_counts_things_and_triples(client: FlaskClient) -> None:
    schema = told(client, "/schema.txt")
    assert "ssk:StartupHub: 13; startup ecosystem hub;" in schema
    for layer in LAYERS:
        found = re.search(rf"<{GRAPH}{layer}> (\d+) triples: ", schema)
        assert found
        query = f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{GRAPH}{layer}> {{ ?s ?p ?o }} }}"
        counted = client.get("/sparql", query_string={"query": query, "format": "csv"}).text
        assert counted.split() == ["n", found[1]]


def test_the_examples_of_the_schema_are_questions_that_run(client: FlaskClient) -> None:
    examples = told(client, "/schema.txt").partition("# Examples\n")[2]
    texts = {each.text.strip() for each in read(QUERIES)}
    queries = re.split(r"^# .*$\n", examples, flags=re.MULTILINE)[1:]
    assert len(queries) == 5
    for query in queries:
        assert query.strip() in texts
        assert client.get("/sparql", query_string={"query": query}).status_code == 200


def test_data_of_ones_own_are_told_too(tmp_path: Path) -> None:
    file = tmp_path / "a.ttl"
    file.write_text("<urn:a> a <urn:k#Kind> ; <urn:p> 1 .", encoding="utf-8")
    with WorkerPool([file], Config()) as pool:
        client = create_app(pool, Config()).test_client()
        assert told(client, "/llms.txt").startswith("# A knowledge graph\n")
        assert "ssk:" not in told(client, "/llms.txt")
        assert "# Graphs\n" in told(client, "/schema.txt")
