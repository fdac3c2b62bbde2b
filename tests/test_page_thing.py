"""Dereferencing: the IRI of a thing leads to a page or a document in RDF, by what is accepted."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pyoxigraph import NamedNode, RdfFormat, parse
from werkzeug.test import TestResponse

from seisaku import snapshot
from seisaku.app import create_app
from seisaku.config import Config
from seisaku.documents import MOST, TYPES
from seisaku.workers import WorkerPool

BASE = "https://w3id.org/seisaku/"
TOKYO = "/id/hub/tokyo"


@pytest.fixture(scope="module")
def client(built: Path) -> Iterator[FlaskClient]:
    config = Config(workers=2)
    with WorkerPool([built / snapshot.DATASET], config, union_default_graph=True) as pool:
        yield create_app(pool, config).test_client(use_cookies=False)


def get(client: FlaskClient, path: str, accept: str = "*/*", **headers: str) -> TestResponse:
    return client.get(path, headers={"Accept": accept, **headers})


def subjects(found: TestResponse) -> set[str]:
    form = RdfFormat.from_media_type(found.mimetype or "")
    assert form
    return {str(each.subject) for each in parse(found.data, format=form)}


@pytest.mark.parametrize(
    ("accept", "there"),
    [
        ("text/html", "/ja/id/hub/tokyo"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "/ja/id/hub/tokyo"),
        ("*/*", "/ja/id/hub/tokyo"),
        ("text/turtle", "/id/hub/tokyo.ttl"),
        ("text/turtle;q=0.5, application/ld+json", "/id/hub/tokyo.jsonld"),
        ("text/html;q=0.5, application/rdf+xml;q=0.9", "/id/hub/tokyo.rdf"),
        ("application/json", "/id/hub/tokyo.jsonld"),
        ("application/n-triples", "/id/hub/tokyo.nt"),
        ("application/n-quads", "/id/hub/tokyo.nq"),
        ("application/trig", "/id/hub/tokyo.trig"),
    ],
)
def test_a_thing_leads_to_what_the_client_likes_best(
    client: FlaskClient, accept: str, there: str
) -> None:
    found = get(client, TOKYO, accept)
    assert (found.status_code, found.headers["Location"]) == (303, there)
    assert {"Accept", "Accept-Language", "Cookie"} <= set(found.headers["Vary"].split(", "))
    assert get(client, there).status_code == 200


def test_the_page_is_in_the_language_of_the_cookie_or_the_browser(client: FlaskClient) -> None:
    asked = {"Accept-Language": "en"}
    assert get(client, TOKYO, **asked).headers["Location"] == "/en/id/hub/tokyo"
    asked["Cookie"] = "lang=ja"
    assert get(client, TOKYO, **asked).headers["Location"] == "/ja/id/hub/tokyo"


def test_a_type_that_we_do_not_have_is_not_acceptable(client: FlaskClient) -> None:
    found = get(client, TOKYO, "image/png")
    assert found.status_code == 406
    assert found.json
    assert "text/turtle" in found.json["detail"]


@pytest.mark.parametrize("suffix", TYPES)
def test_each_suffix_is_a_document_of_that_type(client: FlaskClient, suffix: str) -> None:
    found = get(client, f"{TOKYO}.{suffix}", "text/html")
    assert (found.status_code, found.mimetype) == (200, TYPES[suffix])
    assert found.headers["Content-Location"] == f"{TOKYO}.{suffix}"
    assert f"<{BASE}id/hub/tokyo>" in subjects(found)


def test_the_suffix_of_a_page_leads_to_it(client: FlaskClient) -> None:
    found = get(client, f"{TOKYO}.html", **{"Accept-Language": "en"})
    assert (found.status_code, found.headers["Location"]) == (303, "/en/id/hub/tokyo")


def test_a_document_is_not_sent_again_and_is_compressed(client: FlaskClient) -> None:
    found = get(client, f"{TOKYO}.ttl", **{"Accept-Encoding": "gzip"})
    assert found.data.startswith(b"\x1f\x8b")
    again = get(client, f"{TOKYO}.ttl", **{"If-None-Match": found.headers["ETag"]})
    assert again.status_code == 304


def test_a_document_leads_to_the_others(client: FlaskClient) -> None:
    links = get(client, f"{TOKYO}.ttl").headers.getlist("Link")
    assert f'<{BASE}id/hub/tokyo>; rel="describes"' in links
    assert '</en/id/hub/tokyo>; rel="alternate"; type="text/html"; hreflang="en"' in links
    assert any("/id/hub/tokyo.rdf" in each and "describedby" in each for each in links)


def test_layers_are_told_in_trig_and_merged_in_turtle(client: FlaskClient) -> None:
    trig = [*parse(get(client, f"{TOKYO}.trig").data, format=RdfFormat.TRIG)]
    layers = {str(each.graph_name) for each in trig}
    assert {f"<{BASE}graph/document>", f"<{BASE}graph/inferred>"} <= layers
    turtle = {*parse(get(client, f"{TOKYO}.ttl").data, format=RdfFormat.TURTLE)}
    said = {(str(e.subject), str(e.predicate), str(e.object)) for e in turtle}
    same = {(str(e.subject), str(e.predicate), str(e.object)) for e in trig}
    # The document speaks of itself by its own address.
    address = re.compile(r"\.(trig|ttl)>")
    assert {tuple(address.sub(">", t) for t in each) for each in said} == {
        tuple(address.sub(">", t) for t in each) for each in same
    }


def test_a_document_holds_what_refers_to_the_thing_and_the_names_of_its_neighbours(
    client: FlaskClient,
) -> None:
    text = get(client, f"{TOKYO}.nt").text
    assert f"<{BASE}id/designation/tokyo-p2> <{BASE}def#designatesHub> <{BASE}id/hub/tokyo>" in text
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    assert f'<{BASE}id/designation/tokyo-p2> {label} "東京圏"@ja' in text
    assert f'<{BASE}def#hasDesignation> {label} "拠点の選定"@ja' in text
    assert f"<{BASE}id/dataset/seisaku>" in text


def test_a_document_holds_the_notes_on_statements(client: FlaskClient) -> None:
    text = get(client, "/id/designation/tokyo-p2.nt").text
    assert "annotatedSource" in text
    assert "annotatedTarget" in text


def test_the_vocabulary_is_one_document_whose_terms_are_behind_a_hash(client: FlaskClient) -> None:
    assert get(client, "/def", "text/turtle").headers["Location"] == "/def.ttl"
    page = get(client, "/def", "text/html")
    assert page.status_code == 303
    assert get(client, page.headers["Location"]).status_code == 200
    assert f"<{BASE}def#StartupHub>" in subjects(get(client, "/def.ttl"))
    assert get(client, "/def.zip").status_code == 404


def test_an_ontology_holds_the_terms_that_it_defines_with_their_axioms(client: FlaskClient) -> None:
    found = get(client, "/ont/core.ttl")
    assert f"<{BASE}def#StartupHub>" in subjects(found)
    assert "intersectionOf" in found.text
    assert f"<{BASE}def#queryDeadline>" not in subjects(found)
    assert f"<{BASE}def#queryDeadline>" in subjects(get(client, "/ont/service.ttl"))


def test_the_present_version_of_an_ontology_leads_to_it(client: FlaskClient) -> None:
    version = re.search(r"/ont/([\d.]+)/core", get(client, "/ont/core.nt").text)
    assert version
    found = get(client, f"/ont/{version[1]}/core", "text/turtle")
    assert (found.status_code, found.headers["Location"]) == (303, "/ont/core.ttl")
    assert get(client, "/ont/0.0.0/core", "text/turtle").status_code == 404


def test_parts_behind_a_hash_are_in_the_document(client: FlaskClient) -> None:
    found = subjects(get(client, "/id/dataset/document.nt"))
    assert sum(each.startswith(f"<{BASE}id/dataset/document#") for each in found) > 100


def test_a_graph_has_a_page_and_keeps_its_address(client: FlaskClient) -> None:
    found = get(client, "/graph/document", "text/html", **{"Accept-Language": "en"})
    assert (found.status_code, found.headers["Location"]) == (303, "/en/graph/document")
    assert get(client, "/en/graph/document").status_code == 200
    assert get(client, "/graph/document", "text/turtle").mimetype == "text/turtle"
    assert get(client, "/graph/nowhere", "text/html").status_code == 404


def test_the_dataset_itself_leads_to_what_it_says_of_itself(client: FlaskClient) -> None:
    found = get(client, "/", "text/turtle")
    assert (found.status_code, found.headers["Location"]) == (303, "/.well-known/void")
    assert get(client, "/", "text/html").headers["Location"] == "/ja/"


def test_a_problem_is_explained_at_its_type(client: FlaskClient) -> None:
    found = get(client, "/problem/refused", "text/html")
    assert (found.status_code, found.headers["Location"]) == (303, "/ja/problem/refused")
    assert "SERVICE" in get(client, "/en/problem/refused").text
    told = get(client, "/problem/refused", "application/json")
    assert json.loads(told.data)["type"] == f"{BASE}problem/refused"
    assert get(client, "/problem/none").status_code == 404
    assert get(client, "/en/problem/none").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/id/hub/nowhere", "/id/hub/nowhere.ttl", "/id/a%3E%20b", "/id/%22", "/scheme/x", "/ont/x"],
)
def test_what_is_not_in_the_dataset_is_not_found(client: FlaskClient, path: str) -> None:
    for asked in (path, f"/ja{path}"):
        found = get(client, asked, "application/problem+json, text/turtle;q=0.5")
        assert found.status_code == 404
        assert found.mimetype == "application/problem+json"


def test_links_stay_below_a_sub_path(client: FlaskClient) -> None:
    root = "https://example.org/policy/"
    found = client.get(TOKYO, base_url=root, headers={"Accept": "text/turtle"})
    assert found.headers["Location"] == "/policy/id/hub/tokyo.ttl"
    document = client.get(f"{TOKYO}.ttl", base_url=root)
    assert document.headers["Content-Location"] == "/policy/id/hub/tokyo.ttl"
    assert "<https://example.org/policy/id/hub/tokyo.ttl>" in document.text


def test_no_iri_of_ours_ends_as_a_document_does(client: FlaskClient) -> None:
    query = f'SELECT DISTINCT ?s {{ ?s ?p ?o FILTER(STRSTARTS(STR(?s), "{BASE}")) }}'
    found = client.get("/sparql", query_string={"query": query, "format": "csv"}).text.split()
    assert len(found) > 1000
    assert not [each for each in found if re.search(rf"\.({'|'.join([*TYPES, 'html'])})$", each)]


def test_other_peoples_data_about_our_iris_are_given_without_layers(tmp_path: Path) -> None:
    thing, many = (
        f"{BASE}id/x/y",
        "".join(f"<urn:{n}> <urn:p> <{BASE}id/x/y> ." for n in range(1200)),
    )
    (tmp_path / "a.ttl").write_text(f"<{thing}> <urn:q> 'c'@en . {many}", encoding="utf-8")
    with WorkerPool([tmp_path / "a.ttl"], Config(workers=1)) as pool:
        bare = create_app(pool, Config()).test_client()
        found = [*parse(bare.get("/id/x/y.nt").data, format=RdfFormat.N_TRIPLES)]
        assert sum(each.object == NamedNode(thing) for each in found) == MOST + 1  # its topic
        assert "primaryTopic" in bare.get("/id/x/y.trig").text
        page = bare.get("/en/id/x/y")
        assert page.status_code == 200
        assert ">c<" in page.text
        assert "See all 1200" in page.text
        assert bare.get("/def", headers={"Accept": "text/turtle"}).status_code == 404
        assert bare.get("/en/ont").status_code == 404
