"""The endpoint: SPARQL 1.1 Protocol, query side; negotiation; one shape of errors."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import zstandard
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from seisaku.app import create_app
from seisaku.config import Config
from seisaku.query import FORMATS, TABLES
from seisaku.workers import WorkerPool

CONFIG = Config(deadline=0.6, answer_bytes=100_000, workers=2, query_bytes=2_000)
DATA = "".join(f'<urn:s{n}> <urn:p> "v{n}" <urn:g{n % 2}> .\n' for n in range(900))
FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
ASK = "ASK { ?s ?p ?o }"
TRUE = {"head": {}, "boolean": True}
PRODUCT = "SELECT (COUNT(*) AS ?c) { ?a ?b ?c1 . ?d ?e ?f . ?g ?h ?i }"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    file = tmp_path_factory.mktemp("app") / "data.nq"
    file.write_text(DATA, encoding="utf-8")
    with WorkerPool([file], CONFIG, union_default_graph=True) as pool:
        yield create_app(pool, CONFIG).test_client()


def told(response: TestResponse) -> Any:  # noqa: ANN401  # JSON
    """What a response says in JSON."""
    return json.loads(response.data)


def bound(client: FlaskClient, query: str, **parameters: object) -> list[str]:
    """The values of ?x that a GET finds."""
    found = client.get("/sparql", query_string={"query": query, **parameters})
    assert found.status_code == 200, found.text
    return [row["x"]["value"] for row in told(found)["results"]["bindings"]]


def test_a_query_by_get(client: FlaskClient) -> None:
    assert client.get("/sparql", query_string={"query": ASK}).json == TRUE


def test_a_query_by_post_of_a_form(client: FlaskClient) -> None:
    assert client.post("/sparql", data={"query": ASK}).json == TRUE


@pytest.mark.parametrize("charset", ["", "; charset=utf-8", ";charset=UTF-8"])
def test_a_query_by_post_of_itself(client: FlaskClient, charset: str) -> None:
    found = client.post("/sparql", data=ASK, content_type=QUERY + charset)
    assert found.json == TRUE


def test_a_form_may_say_its_charset(client: FlaskClient) -> None:
    body = f"query={quote(ASK)}"
    found = client.post("/sparql", data=body, content_type=f"{FORM}; charset=UTF-8")
    assert found.json == TRUE


def test_head_is_get_without_the_body(client: FlaskClient) -> None:
    get = client.get("/sparql", query_string={"query": ASK})
    head = client.head("/sparql", query_string={"query": ASK})
    assert head.status_code == 200
    assert head.data == b""
    assert head.headers["Content-Length"] == get.headers["Content-Length"]
    assert head.content_type == get.content_type


@pytest.mark.parametrize("text", ["a+b", "a%2Bb", "a%25b", "a b", "東北", "%", "&=;", "a\nb"])
def test_nothing_is_decoded_twice(client: FlaskClient, text: str) -> None:
    query = f'SELECT ?x {{ BIND("""{text}""" AS ?x) }}'
    assert bound(client, query) == [text]
    for found in (
        client.post("/sparql", data={"query": query}),
        client.post("/sparql", data=query.encode(), content_type=QUERY),
    ):
        assert told(found)["results"]["bindings"][0]["x"]["value"] == text


@pytest.mark.parametrize("queries", [[], [ASK, ASK]])
def test_not_exactly_one_query_is_400(client: FlaskClient, queries: list[str]) -> None:
    parameters = {"query": queries, "default-graph-uri": "urn:g0"}
    assert client.get("/sparql", query_string=parameters).status_code == 400
    body = "&".join(f"query={quote(each)}" for each in queries)
    assert client.post("/sparql", data=body, content_type=FORM).status_code == 400


def test_another_content_type_is_415(client: FlaskClient) -> None:
    found = client.post("/sparql", data=ASK, content_type="text/plain")
    assert found.status_code == 415
    assert QUERY in told(found)["detail"]
    assert client.post("/sparql").status_code == 415


def test_another_charset_is_415(client: FlaskClient) -> None:
    found = client.post("/sparql", data=ASK, content_type=f"{QUERY}; charset=shift_jis")
    assert found.status_code == 415


def test_a_body_that_is_not_utf_8_is_400(client: FlaskClient) -> None:
    assert client.post("/sparql", data=b"ASK {\xff}", content_type=QUERY).status_code == 400


def test_the_graphs_of_the_protocol_choose_the_dataset(client: FlaskClient) -> None:
    count = "SELECT (COUNT(*) AS ?x) { ?s ?p ?o }"
    graphs = ["urn:g0", "urn:g1"]
    assert bound(client, count) == ["900"]
    assert bound(client, count, **{"default-graph-uri": "urn:g0"}) == ["450"]
    assert bound(client, count, **{"default-graph-uri": graphs}) == ["900"]
    named = "SELECT (COUNT(*) AS ?x) { GRAPH ?g { ?s ?p ?o } }"
    assert bound(client, named, **{"named-graph-uri": "urn:g1"}) == ["450"]
    posted = client.post("/sparql", data={"query": count, "default-graph-uri": "urn:g1"})
    assert told(posted)["results"]["bindings"][0]["x"]["value"] == "450"
    direct = client.post("/sparql?default-graph-uri=urn:g1", data=count, content_type=QUERY)
    assert told(direct)["results"]["bindings"][0]["x"]["value"] == "450"


def test_a_graph_that_is_no_iri_is_400_and_one_that_is_not_here_403(client: FlaskClient) -> None:
    for graph, status in (("no iri", 400), ("urn:other", 403)):
        found = client.get("/sparql", query_string={"query": ASK, "default-graph-uri": graph})
        assert found.status_code == status


@pytest.mark.parametrize(
    "request_",
    [
        {"data": {"update": "DROP ALL"}},
        {"data": "DROP ALL", "content_type": "application/sparql-update"},
        {"data": {"query": "DROP ALL"}},
    ],
)
def test_an_update_is_403(client: FlaskClient, request_: dict[str, object]) -> None:
    found = client.post("/sparql", **request_)
    assert found.status_code == 403
    assert "read-only" in told(found)["detail"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_another_method_is_405_with_those_allowed(client: FlaskClient, method: str) -> None:
    found = client.open("/sparql", method=method)
    assert found.status_code == 405
    assert set(found.headers["Allow"].split(", ")) == {"GET", "HEAD", "POST", "QUERY", "OPTIONS"}


def test_options_lets_any_origin_ask(client: FlaskClient) -> None:
    found = client.options("/sparql", headers={"Origin": "https://example.org"})
    assert found.status_code == 204
    assert found.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in found.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in found.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, "application/sparql-results+json"),
        ("*/*", "application/sparql-results+json"),
        ("application/*", "application/sparql-results+json"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/*", "text/csv; charset=utf-8"),
        ("text/csv; charset=utf-8", "text/csv; charset=utf-8"),
        ("text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("text/csv;q=0.5, application/sparql-results+xml;q=0.9", "application/sparql-results+xml"),
        ("application/rdf+xml, text/csv, */*;q=0.1", "text/csv; charset=utf-8"),
        ("text/html,application/xml;q=0.9,*/*;q=0.8", "application/sparql-results+json"),
    ],
)
def test_a_table_comes_as_the_client_takes_it(
    client: FlaskClient, accept: str | None, content_type: str
) -> None:
    headers = {"Accept": accept} if accept else {}
    found = client.get("/sparql", query_string={"query": ASK}, headers=headers)
    assert found.status_code == 200
    assert found.content_type == content_type
    assert "Accept" in found.headers["Vary"]


@pytest.mark.parametrize("name", FORMATS)
def test_format_chooses_for_people(client: FlaskClient, name: str) -> None:
    query = ASK if name in TABLES else "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o } LIMIT 1"
    found = client.get(
        "/sparql", query_string={"query": query, "format": name}, headers={"Accept": "image/png"}
    )
    assert found.content_type.partition(";")[0] == FORMATS[name]


def test_an_unknown_format_is_400_and_an_impossible_one_406(client: FlaskClient) -> None:
    for name, status in (("xlsx", 400), ("turtle", 406)):
        found = client.get("/sparql", query_string={"query": ASK, "format": name})
        assert found.status_code == status


def test_nothing_acceptable_is_406_with_what_there_is(client: FlaskClient) -> None:
    found = client.get("/sparql", query_string={"query": ASK}, headers={"Accept": "text/turtle"})
    assert found.status_code == 406
    assert all(FORMATS[each] in told(found)["detail"] for each in TABLES)


@pytest.mark.parametrize(
    ("query", "status", "problem"),
    [
        ("SELECT *", 400, "bad-query"),
        ("ASK {" + "{" * 200 + "}" * 201, 400, "too-complex"),
        ("SELECT * { SERVICE <http://127.0.0.1/> {} }", 403, "refused"),
        ("ASK { ?s ?p '" + "x" * 2000 + "' }", 413, "query-too-long"),
        ("SELECT * { ?s ?p ?o . ?s ?q ?r }", 413, "answer-too-large"),
        (PRODUCT, 504, "deadline-exceeded"),
    ],
)
def test_an_error_is_a_problem_with_type_title_status_and_detail(
    client: FlaskClient, query: str, status: int, problem: str
) -> None:
    found = client.get("/sparql", query_string={"query": query})
    assert found.status_code == status
    assert found.content_type == "application/problem+json"
    said = json.loads(found.data)
    assert said["type"] == f"https://w3id.org/seisaku/problem/{problem}"
    assert said["status"] == status
    assert said["title"]
    assert said["detail"]
    assert found.headers["Access-Control-Allow-Origin"] == "*"


def test_a_syntax_error_tells_line_and_column(client: FlaskClient) -> None:
    said = told(client.get("/sparql", query_string={"query": "ASK {}\nLIMIT x"}))
    assert (said["line"], said["column"]) == (2, 7)


def test_a_request_that_is_too_large_is_413(client: FlaskClient) -> None:
    found = client.post("/sparql", data="x" * 20_000, content_type=QUERY)
    assert found.status_code == 413
    assert found.content_type == "application/problem+json"


def test_a_missing_page_is_a_problem_too(client: FlaskClient) -> None:
    found = client.get("/nothing-here")
    assert found.status_code == 404
    assert told(found)["type"] == "about:blank"


def test_a_browser_gets_an_error_as_a_page_in_its_language(client: FlaskClient) -> None:
    headers = {"Accept": "text/html", "Accept-Language": "en"}
    found = client.get("/nothing-here", headers=headers)
    assert found.status_code == 404
    assert found.content_type.startswith("text/html")
    assert '<html lang="en">' in found.text


def test_what_a_query_says_is_escaped_in_a_page(client: FlaskClient) -> None:
    query = "SELECT * { <script>alert(1)</script> }"
    found = client.get("/sparql", query_string={"query": query}, headers={"Accept": "text/html"})
    assert "<script>" not in found.text


def test_a_browser_without_a_query_is_sent_to_the_form(client: FlaskClient) -> None:
    headers = {"Accept": "text/html", "Accept-Language": "en"}
    found = client.get("/sparql", headers=headers)
    assert (found.status_code, found.headers["Location"]) == (302, "/en/query")


def test_a_full_queue_says_when_to_come_back(tmp_path: Path) -> None:
    file = tmp_path / "data.nq"
    file.write_text(DATA, encoding="utf-8")
    pool = WorkerPool([file], CONFIG)
    client = create_app(pool, CONFIG).test_client()
    assert client.get("/sparql", query_string={"query": ASK}).status_code == 200
    pool.close()
    found = client.get("/sparql", query_string={"query": "ASK {}"})
    assert found.status_code == 503
    assert found.headers["Retry-After"] == "1"


def test_an_error_of_ours_is_500_without_its_trace(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = client.application
    monkeypatch.setitem(app.extensions, "served", None)  # as a bug would
    found = client.get("/sparql", query_string={"query": ASK})
    assert found.status_code == 500
    assert found.content_type == "application/problem+json"
    assert "Traceback" not in found.text
    assert "NoneType" not in found.text


def test_query_is_a_get_with_a_body(client: FlaskClient) -> None:
    for data, type_ in ((ASK, QUERY), (f"query={quote(ASK)}", FORM)):
        found = client.open("/sparql", method="QUERY", data=data, content_type=type_)
        assert found.json == TRUE
        assert found.headers["ETag"]
    assert client.open("/sparql", method="QUERY", data=ASK).status_code == 415


def test_options_says_what_query_takes(client: FlaskClient) -> None:
    found = client.options("/sparql")
    assert found.headers["Accept-Query"] == f"{QUERY}, {FORM}"
    assert found.headers["Allow"] == "GET, HEAD, POST, QUERY, OPTIONS"


def test_graphs_may_be_named_in_the_url_of_a_form(client: FlaskClient) -> None:
    count = "SELECT (COUNT(*) AS ?x) { ?s ?p ?o }"
    found = client.post("/sparql?default-graph-uri=urn:g0", data={"query": count})
    assert told(found)["results"]["bindings"][0]["x"]["value"] == "450"


@pytest.mark.parametrize("target", ["/sparql?query=ASK%20%7B%7D", "/sparql?query=ASK%7B%7D&query="])
def test_a_second_query_in_the_url_is_400(client: FlaskClient, target: str) -> None:
    assert client.post(target, data={"query": ASK}).status_code == 400
    assert client.post(target, data=ASK, content_type=QUERY).status_code == 400


@pytest.mark.parametrize("text", ["query=%FF", "query=ASK%20%7B%7D&x=%ED%A0%80", "a=1&" * 1001])
def test_parameters_that_are_not_utf_8_or_too_many_are_400(client: FlaskClient, text: str) -> None:
    assert client.get(f"/sparql?{text}").status_code == 400
    assert client.post("/sparql", data=text, content_type=FORM).status_code == 400


def test_a_compressed_request_is_415(client: FlaskClient) -> None:
    headers = {"Content-Encoding": "gzip"}
    found = client.post("/sparql", data=ASK, content_type=QUERY, headers=headers)
    assert found.status_code == 415


def test_a_range_of_quality_0_is_not_taken(client: FlaskClient) -> None:
    headers = {"Accept": "application/sparql-results+json;q=0, */*"}
    found = client.get("/sparql", query_string={"query": ASK}, headers=headers)
    assert found.content_type == "application/sparql-results+xml"
    headers = {"Accept": "text/*;q=0.9, text/csv;q=0.1, application/*;q=0.5"}
    found = client.get("/sparql", query_string={"query": ASK}, headers=headers)
    assert found.content_type.startswith("text/tab-separated-values")


def test_application_json_is_taken_for_the_results(client: FlaskClient) -> None:
    headers = {"Accept": "application/json"}
    found = client.get("/sparql", query_string={"query": ASK}, headers=headers)
    assert found.content_type == "application/sparql-results+json"


def test_who_has_the_answer_is_told_so_without_a_worker(client: FlaskClient) -> None:
    query = {"query": "SELECT ?s { ?s ?p 'v1' }"}
    first = client.get("/sparql", query_string=query)
    assert first.headers["Cache-Control"] == "public, max-age=60, must-revalidate"
    tag = first.headers["ETag"]
    assert tag.startswith('W/"')
    for given in (tag, f'"other", {tag}', tag.removeprefix("W/")):
        found = client.get("/sparql", query_string=query, headers={"If-None-Match": given})
        assert (found.status_code, found.data) == (304, b"")
        assert found.headers["ETag"] == tag
        assert "Accept-Encoding" in found.headers["Vary"]
    other = {"If-None-Match": tag, "Accept": "text/csv"}
    assert client.get("/sparql", query_string=query, headers=other).status_code == 200


def test_star_matches_an_answer_and_no_error(client: FlaskClient) -> None:
    for query, status in ((ASK, 304), ("ASK {", 400)):
        headers = {"If-None-Match": "*"}
        found = client.get("/sparql", query_string={"query": query}, headers=headers)
        assert found.status_code == status


def test_what_changes_each_time_and_what_fails_is_not_to_be_kept(client: FlaskClient) -> None:
    for query in ("SELECT (NOW() AS ?x) {}", "ASK {"):
        found = client.get("/sparql", query_string={"query": query})
        assert found.headers["Cache-Control"] == "no-store"
        assert "ETag" not in found.headers


LONG = "SELECT ?s ?o { ?s ?p ?o } ORDER BY ?s LIMIT 200"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"),
        ("zstd", "zstd"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0.5, gzip;q=0.8", "gzip"),
        ("*", "zstd"),
        ("zstd;q=0, *;q=0.1", "gzip"),
        ("identity, gzip;q=0.5", None),
        ("gzip;q=0", None),
        ("br", None),
        ("", None),
    ],
)
def test_an_answer_comes_compressed_as_the_client_takes_it(
    client: FlaskClient, accepted: str, encoding: str | None
) -> None:
    plain = client.get("/sparql", query_string={"query": LONG})
    headers = {"Accept-Encoding": accepted}
    found = client.get("/sparql", query_string={"query": LONG}, headers=headers)
    assert found.headers.get("Content-Encoding") == encoding
    assert "Accept-Encoding" in found.headers["Vary"]
    assert int(found.headers["Content-Length"]) == len(found.data)
    text = found.data
    if encoding == "gzip":
        text = gzip.decompress(text)
    elif encoding == "zstd":
        text = zstandard.ZstdDecompressor().decompressobj().decompress(text)
    assert text == plain.data
    assert encoding is None or len(found.data) < len(plain.data) / 3


def test_a_short_answer_is_not_compressed(client: FlaskClient) -> None:
    headers = {"Accept-Encoding": "gzip"}
    found = client.get("/sparql", query_string={"query": ASK}, headers=headers)
    assert "Content-Encoding" not in found.headers


@pytest.mark.parametrize(
    ("language", "title", "detail"),
    [
        (None, "The query is not well-formed", "“x” is not expected here"),
        ("en-GB,en", "The query is not well-formed", "“x” is not expected here"),
        ("ja,en;q=0.5", "検索式の文法が正しくありません", "ここに「x」は置けません"),
        ("fr", "The query is not well-formed", "“x” is not expected here"),
    ],
)
def test_an_error_is_told_in_the_language_asked_for(
    client: FlaskClient, language: str | None, title: str, detail: str
) -> None:
    headers = {"Accept-Language": language} if language else {}
    found = client.get("/sparql", query_string={"query": "ASK {} LIMIT x"}, headers=headers)
    said = json.loads(found.data)
    assert said["title"] == title
    assert said["detail"].startswith(detail)
    assert (said["line"], said["column"], said["token"]) == (1, 14, "x")
    assert found.headers["Content-Language"] == ("ja" if (language or "")[:2] == "ja" else "en")
    assert "Accept-Language" in found.headers["Vary"]


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/fr/", 404),
        ("GET", "/static/nothing.css", 404),
        ("GET", "/graph?graph=urn:nothing", 404),
        ("GET", "/graph/nothing", 404),
        ("GET", "/graph", 400),
        ("GET", "/graph?graph=urn:g0&default", 400),
        ("PUT", "/graph?graph=urn:g0", 405),
        ("POST", "/graph?default", 405),
        ("DELETE", "/graph/document", 405),
        ("PATCH", "/graph?graph=urn:g0", 405),
        ("DELETE", "/", 405),
        ("PUT", "/sparql", 405),
        ("POST", "/sparql", 415),
        ("GET", "/sparql?default-graph-uri=urn:g0", 400),
    ],
)
def test_every_route_tells_an_error_in_the_same_shape(
    client: FlaskClient, language: str, method: str, target: str, status: int
) -> None:
    found = client.open(target, method=method, headers={"Accept-Language": language})
    assert found.status_code == status
    assert found.content_type == "application/problem+json"
    said = json.loads(found.data)
    assert said["status"] == status
    assert bool(re.search("[\u3040-\u30ff]", said["title"] + said["detail"])) is (language == "ja")
    assert found.headers["Access-Control-Allow-Origin"] == "*"
    assert status != 405 or found.headers["Allow"]


def test_an_error_comes_as_plain_text_or_as_json_where_that_is_taken(client: FlaskClient) -> None:
    query = {"query": "ASK {} LIMIT x"}
    headers = {"Accept": "text/plain, text/csv;q=0.1"}
    text = client.get("/sparql", query_string=query, headers=headers)
    assert text.content_type == "text/plain; charset=utf-8"
    assert text.text.startswith("400 The query is not well-formed\n1:14: “x” is not")
    found = client.get("/sparql", query_string=query, headers={"Accept": "application/json"})
    assert found.content_type == "application/json"


def test_an_error_page_is_in_one_language(client: FlaskClient) -> None:
    headers = {"Accept": "text/html, */*;q=0.1", "Accept-Language": "ja"}
    page = client.get("/sparql?query=ASK+x", headers=headers).text
    assert "検索式の文法が正しくありません" in page
    assert "not expected" not in page


def test_a_token_is_quoted_in_part_and_escaped(client: FlaskClient) -> None:
    query = "ASK {} <" + "x" * 500 + "><script>"
    said = json.loads(client.get("/sparql", query_string={"query": query}).data)
    assert len(said["token"]) < 100
    page = client.get("/sparql", query_string={"query": query}, headers={"Accept": "text/html"})
    assert "<script>" not in page.text
    assert "<xxx" not in page.text


@pytest.mark.parametrize(
    ("target", "count"), [("/graph?graph=urn:g0", 450), ("/graph?default", 900)]
)
def test_a_graph_is_read_whole(client: FlaskClient, target: str, count: int) -> None:
    found = client.get(target, headers={"Accept": "application/n-triples"})
    assert found.status_code == 200
    assert found.text.count("\n") == count
    head = client.head(target, headers={"Accept": "application/n-triples"})
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == found.headers["Content-Length"]
    assert head.headers["ETag"] == found.headers["ETag"]


def test_a_graph_comes_in_the_formats_of_graphs(client: FlaskClient) -> None:
    for name in FORMATS:
        found = client.get(f"/graph?graph=urn:g0&format={name}")
        assert found.status_code == (406 if name in TABLES else 200)


def test_the_graph_store_says_that_it_is_read_only(client: FlaskClient) -> None:
    found = client.options("/graph?default")
    assert found.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_a_graph_of_ours_is_at_its_own_address(tmp_path: Path) -> None:
    file = tmp_path / "data.nq"
    graph = "https://w3id.org/seisaku/graph/document"
    file.write_text(f"<urn:a> <urn:p> <urn:b> <{graph}> .\n", encoding="utf-8")
    with WorkerPool([file], CONFIG, union_default_graph=True) as pool:
        client = create_app(pool, CONFIG).test_client()
        found = client.get("/graph/document", headers={"Accept": "application/n-triples"})
        assert found.text == "<urn:a> <urn:p> <urn:b> .\n"
        assert client.get("/graph/curated").status_code == 404
        assert client.get(f"/graph?graph={quote(graph)}").status_code == 200
