"""Search over HTTP: JSON, the page, suggestions, the OpenSearch description."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from flask.testing import FlaskClient

from seisaku import operation, snapshot
from seisaku.app import create_app
from seisaku.config import BASE, Config
from seisaku.workers import WorkerPool

OPENSEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"


@pytest.fixture(scope="module")
def client(built: Path) -> Iterator[FlaskClient]:
    config = Config()
    with WorkerPool([built / snapshot.DATASET], config, union_default_graph=True) as pool:
        yield create_app(pool, config).test_client()


def searched(client: FlaskClient, **parameters: str) -> Any:  # noqa: ANN401  # JSON
    found = client.get("/search", query_string=parameters)
    assert (found.status_code, found.content_type) == (200, "application/json"), found.text
    return json.loads(found.data)


def test_a_search_answers_in_json(client: FlaskClient) -> None:
    found = searched(client, q="東京", kind="StartupHub", lang="en")
    assert {each: found[each] for each in ("query", "lang", "total")} == {
        "query": "東京",
        "lang": "en",
        "total": 1,
    }
    (hit,) = found["results"]
    assert hit["iri"] == f"{BASE}id/hub/tokyo"
    assert (hit["name"], hit["names"]["ja"], hit["rank"]) == ("Tokyo area", "東京圏", "prefix")
    assert hit["kind"]["name"] == "startup ecosystem hub"
    assert hit["layers"] == ["document"]
    assert all(each.startswith(f"{BASE}id/segment/L") for each in hit["lines"])
    assert hit["lines"]
    assert hit["matched"] == {
        "property": "http://www.w3.org/2000/01/rdf-schema#label",
        "text": "東京圏",
        "lang": "ja",
    }


def test_the_language_is_that_of_lang_else_of_accept_language(client: FlaskClient) -> None:
    query = {"q": "東京圏", "kind": "StartupHub"}
    assert searched(client, **query)["lang"] == "ja"
    found = client.get("/search", query_string=query, headers={"Accept-Language": "en"})
    assert json.loads(found.data)["results"][0]["name"] == "Tokyo area"
    found = client.get(
        "/search", query_string={**query, "lang": "ja"}, headers={"Accept-Language": "en"}
    )
    assert json.loads(found.data)["results"][0]["name"] == "東京圏"


def test_a_browser_is_sent_to_the_page_with_what_it_looks_for(client: FlaskClient) -> None:
    found = client.get(
        "/search",
        query_string={"q": "a&b", "kind": "", "layer": "document", "x": "y"},
        headers={"Accept": "text/html,*/*;q=0.8", "Accept-Language": "en"},
    )
    assert (found.status_code, found.location) == (302, "/en/search?q=a%26b&kind=&layer=document")


def test_what_the_client_does_not_take_is_told(client: FlaskClient) -> None:
    assert client.get("/search?q=a", headers={"Accept": "image/png"}).status_code == 406


@pytest.mark.parametrize("text", ["", " ", "\0", '"', "京", "AND", "' OR 1=1"])
def test_no_text_is_an_error(client: FlaskClient, text: str) -> None:
    assert searched(client, q=text)["query"] == text
    assert client.get("/ja/search", query_string={"q": text}).status_code == 200
    assert client.get("/search/suggest", query_string={"q": text}).status_code == 200


def test_no_parameter_at_all_finds_nothing(client: FlaskClient) -> None:
    assert searched(client)["results"] == []


@pytest.mark.parametrize(
    ("parameters", "detail"),
    [
        ({"q": "a" * 201}, "200 characters at most"),
        ({"q": "a", "kind": "Nothing"}, "there is no kind “Nothing”; there are "),
        ({"q": "a", "layer": "none"}, "there is no layer “none”; there are "),
        ({"q": "a", "limit": "0"}, "limit is a whole number from 1 to 100"),
        ({"q": "a", "limit": "101"}, "limit is a whole number from 1 to 100"),
        ({"q": "a", "limit": "٣"}, "limit is a whole number from 1 to 100"),
        ({"q": "a", "lang": "fr"}, "lang is one of ja, en"),
    ],
)
def test_a_parameter_that_cannot_be_is_told(
    client: FlaskClient, parameters: dict[str, str], detail: str
) -> None:
    found = client.get("/search", query_string=parameters)
    assert (found.status_code, found.content_type) == (400, "application/problem+json")
    assert detail in json.loads(found.data)["detail"]


def test_an_answer_that_the_client_has_is_not_sent_again(client: FlaskClient) -> None:
    found = client.get("/search?q=a")
    assert "max-age=60" in found.headers["Cache-Control"]
    again = client.get("/search?q=a", headers={"If-None-Match": found.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_suggestions_are_in_the_format_of_opensearch(client: FlaskClient) -> None:
    found = client.get("/search/suggest", query_string={"q": "ユニコ", "limit": 2})
    assert found.content_type == "application/x-suggestions+json"
    text, names, kinds, addresses = json.loads(found.data)
    assert (text, names) == ("ユニコ", ["ユニコーン数", "ユニコーンの定義"])
    assert kinds == ["指標", "記載のない事項"]
    assert addresses[0] == "http://localhost/id/indicator/unicorns"
    assert client.get(addresses[0]).status_code == 303


def test_a_term_that_is_suggested_has_its_address_on_this_server(client: FlaskClient) -> None:
    found = client.get("/search/suggest", query_string={"q": "StartupHub", "lang": "en"})
    assert "http://localhost/def#StartupHub" in json.loads(found.data)[3]


def test_what_only_comes_near_is_no_suggestion(client: FlaskClient) -> None:
    found = client.get("/search/suggest", query_string={"q": "どの拠点が半導体に言及しているか"})
    assert json.loads(found.data)[1:] == [[], [], []]


def test_the_description_leads_to_the_search_and_to_suggestions(client: FlaskClient) -> None:
    found = client.get("/opensearch.xml", base_url="https://data.example.org/sub")
    assert found.content_type == "application/opensearchdescription+xml; charset=utf-8"
    root = ET.fromstring(found.data)  # noqa: S314  # our own
    assert len(root.findtext(f"{OPENSEARCH}ShortName", "")) <= 16
    urls = {each.get("type"): each.get("template", "") for each in root.iter(f"{OPENSEARCH}Url")}
    assert urls.keys() == {"text/html", "application/json", "application/x-suggestions+json"}
    for template in urls.values():
        assert template.startswith("https://data.example.org/sub/search")
        path = re.sub(r"&lang={language\?}|https://data.example.org/sub", "", template)
        assert client.get(path.replace("{searchTerms}", "a")).status_code == 200


@pytest.mark.parametrize(("lang", "title"), [("ja", "東京圏 – 政策"), ("en", "東京圏 – Seisaku")])
def test_the_page_shows_hits_with_kind_and_lines(
    client: FlaskClient, lang: str, title: str
) -> None:
    text = client.get(f"/{lang}/search", query_string={"q": "東京圏"}).text
    assert f"<title>{title}" in text
    assert text.index("id/hub/tokyo") < text.index("id/designation/tokyo-p1")
    assert f'<a class="line" href="/{lang}/source/strategy-slides#L307">' in text
    assert 'href="/opensearch.xml"' in text


def test_the_page_keeps_what_it_was_asked(client: FlaskClient) -> None:
    text = client.get(
        "/en/search", query_string={"q": '<"a>', "kind": "StartupHub", "layer": "document"}
    ).text
    assert 'value="&lt;&#34;a&gt;"' in text
    assert re.search(r'value="[^"]*#StartupHub" selected', text)
    assert 'value="document" selected' in text


def test_a_page_says_when_it_shows_only_what_comes_near(client: FlaskClient) -> None:
    text = client.get("/en/search", query_string={"q": "hydrogen energy"}).text
    assert "nothing has all of the words" in text


def test_the_index_changes_with_the_dataset(tmp_path: Path) -> None:
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    for name in ("old", "new"):
        text = f'<urn:{name}> {label} "{name}" .\n'
        (tmp_path / f"{name}.nt").write_text(text, encoding="utf-8")
    config = Config(deadline=1)
    app = create_app(WorkerPool([tmp_path / "old.nt"], config), config)
    client = app.test_client()
    assert searched(client, q="old")["total"] == 1
    try:
        operation.change(app, WorkerPool([tmp_path / "new.nt"], config), [], "new")
        assert [searched(client, q=each)["total"] for each in ("old", "new")] == [0, 1]
    finally:
        app.extensions["served"].pool.close()
