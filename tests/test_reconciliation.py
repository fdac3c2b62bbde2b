"""The Entity Reconciliation API: by its own schemas, and honest in what it calls a match."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from flask.testing import FlaskClient

from conftest import REPOSITORY
from seisaku import snapshot
from seisaku.app import create_app
from seisaku.config import BASE, Config
from seisaku.workers import WorkerPool

SCHEMAS = REPOSITORY / "tests" / "reconciliation"
ID = BASE + "id/"
SSK = BASE + "def#"
HUB = SSK + "StartupHub"
TIER = f"{SSK}hasDesignation {SSK}hasTier"
SWAGGER: dict[str, Any] = {"definitions": {"securityDefinitions": {"additionalProperties": {}}}}


def validate(version: str, name: str, value: Any) -> None:  # noqa: ANN401  # JSON
    """Hold a value against a schema of the API."""

    def retrieve(uri: str) -> Any:  # noqa: ANN401
        if "swagger.io" in uri:
            return SWAGGER
        return json.loads((SCHEMAS / version / uri.rpartition("/")[2]).read_text(encoding="utf-8"))

    schema = json.loads((SCHEMAS / version / f"{name}.json").read_text(encoding="utf-8"))
    schema.pop("$schema", None)  # which names no version
    jsonschema_rs.validator_for(schema, retriever=retrieve).validate(value)


@pytest.fixture(scope="module")
def client(built: Path) -> Iterator[FlaskClient]:
    config = Config()
    with WorkerPool([built / snapshot.DATASET], config, union_default_graph=True) as pool:
        yield create_app(pool, config).test_client()


def matched(client: FlaskClient, **queries: Any) -> Any:  # noqa: ANN401
    """Send a batch as OpenRefine does: in a form, by POST."""
    validate("0.2", "reconciliation-query-batch", queries)
    found = client.post("/reconcile", data={"queries": json.dumps(queries)})
    assert found.status_code == 200, found.text
    validate("0.2", "reconciliation-result-batch", found.json)
    return found.json


def only(client: FlaskClient, **query: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    result: list[dict[str, Any]] = matched(client, q0=query)["q0"]["result"]
    return result


def test_a_schema_can_be_broken() -> None:
    with pytest.raises(jsonschema_rs.ValidationError):
        validate("0.2", "manifest", {"versions": ["0.2"], "name": "a"})
    with pytest.raises(jsonschema_rs.ValidationError):
        validate("1.0-draft", "reconciliation-result-batch", {"results": [{}]})


def test_the_manifest_is_as_the_schema_has_it_and_names_this_server(client: FlaskClient) -> None:
    found = client.get("/reconcile", base_url="https://data.example.org/sub")
    validate("0.2", "manifest", found.json)
    assert found.headers["Access-Control-Allow-Origin"] == "*"
    assert found.json
    assert found.json["identifierSpace"] == BASE
    assert found.json["preview"]["url"].startswith("https://data.example.org/sub/reconcile/")
    assert found.json["defaultTypes"][0]["id"] == HUB
    validate("1.0-draft", "manifest", client.get("/reconcile/draft").json)


def test_a_name_of_one_thing_of_the_class_is_a_match(client: FlaskClient) -> None:
    first, *_ = only(client, query="東京圏", type=HUB)
    assert (first["id"], first["score"], first["match"]) == (f"{ID}hub/tokyo", 100.0, True)
    assert {"id": HUB, "name": "スタートアップ・エコシステム拠点"} in first["type"]


def test_a_name_of_several_things_is_no_match(client: FlaskClient) -> None:
    found = only(client, query="東京圏")
    assert [each["score"] for each in found[:3]] == [100.0, 100.0, 100.0]
    assert not any(each["match"] for each in found)


@pytest.mark.parametrize(
    ("text", "kind", "iri", "score"),
    [
        ("ﾎｯｶｲﾄﾞｳ", "Prefecture", "area/01000", 95.0),
        ("JP-13", "Prefecture", "area/13000", 95.0),
        ("Osaka Prefecture", "Prefecture", "area/27000", 100.0),
        ("廣島縣", "Prefecture", "area/34000", 100.0),
        ("sapporo hokkaido", "StartupHub", "hub/sapporo-hokkaido", 100.0),
        ("仙台市", "StartupHub", "hub/tohoku", 95.0),
        ("J-PEAKS", "Program", "program/j-peaks", 100.0),
        ("Startup Ecosystem Tokyo Consortium", "Consortium", "consortium/tokyo", 100.0),
    ],
)
def test_writings_of_a_name_match(
    client: FlaskClient, text: str, kind: str, iri: str, score: float
) -> None:
    first, *_ = only(client, query=text, type=kind)
    assert (first["id"], first["score"], first["match"]) == (ID + iri, score, True)


def test_a_name_that_is_only_alike_is_no_match_and_scores_less(client: FlaskClient) -> None:
    first, *_ = only(client, query="東京", type="Prefecture")
    assert first["id"] == f"{ID}area/13000"
    assert 0 < first["score"] < 90
    assert not first["match"]
    assert only(client, query="zzzzzz") == []


def test_what_the_client_knows_else_moves_the_score_and_can_undo_a_match(
    client: FlaskClient,
) -> None:
    def asked(code: Any) -> dict[str, Any]:  # noqa: ANN401
        of = [{"pid": f"{SSK}isoCode", "v": code}]
        return only(client, query="福岡県", type="Prefecture", properties=of)[0]

    assert (asked("JP-40")["score"], asked("JP-40")["match"]) == (100.0, True)
    assert (asked(["JP-1", "jp-40"])["score"], asked(["JP-1", "jp-40"])["match"]) == (100.0, True)
    assert (asked("JP-41")["score"], asked("JP-41")["match"]) == (70.0, False)
    assert {each["id"]: each["value"] for each in asked("JP-41")["features"]} == {
        "name": 100.0,
        "properties": 0.0,
    }


def test_a_property_may_be_a_path_and_its_value_a_thing_or_its_name(client: FlaskClient) -> None:
    for value in ({"id": f"{BASE}scheme/hub-tier/p2-next"}, "NEXTグローバル拠点都市"):
        of = [{"pid": TIER, "v": value}]
        found = only(client, query="北陸", type=HUB, properties=of)
        assert {each["id"] for each in found[0]["features"]} == {"name", "properties"}


def test_a_batch_is_answered_query_by_query_also_by_get(client: FlaskClient) -> None:
    queries = {"a": {"query": "北陸", "type": HUB}, "b": {"query": "沖縄", "type": HUB, "limit": 1}}
    found = matched(client, **queries)
    assert [found[each]["result"][0]["id"] for each in "ab"] == [
        f"{ID}hub/hokuriku",
        f"{ID}hub/okinawa",
    ]
    got = client.get("/reconcile", query_string={"queries": json.dumps(queries)})
    assert got.json == found


def test_limits_are_kept(client: FlaskClient) -> None:
    assert len(only(client, query="東京", limit=2)) == 2
    assert len(only(client, query="第", limit=1000)) <= 50
    many = {f"q{n}": {"query": "a"} for n in range(101)}
    found = client.post("/reconcile", data={"queries": json.dumps(many)})
    assert found.status_code == 413
    assert "100 queries at most" in found.text
    draft = {"queries": [{"conditions": [{"matchType": "name", "propertyValue": "a"}]}] * 101}
    assert client.post("/reconcile/draft/match", json=draft).status_code == 413


@pytest.mark.parametrize(
    ("queries", "what"),
    [
        ("{", "Expecting property name"),
        ("[]", "no object"),
        ('{"q": 1}', "a query is an object"),
        ('{"q": {}}', "a query has query or properties"),
        ('{"q": {"query": 1}}', "query is missing, or is no text"),
        ('{"q": {"query": "a", "type": 1}}', "type is no list"),
        ('{"q": {"query": "a", "type": "Nothing"}}', "no kind"),
        ('{"q": {"query": "a", "limit": 0}}', "limit is a whole number"),
        ('{"q": {"query": "a", "properties": [{"v": 1}]}}', "pid is missing"),
        ('{"q": {"query": "大学", "properties": [{"pid": "x> ?p", "v": 1}]}}', "is no IRI"),
        ("[" * 100000, "nested too deep"),
    ],
)
def test_what_is_no_batch_is_told(client: FlaskClient, queries: str, what: str) -> None:
    found = client.post("/reconcile", data={"queries": queries})
    assert found.status_code == 400, found.text
    assert what in json.loads(found.data)["detail"]


def test_the_draft_matches_by_conditions(client: FlaskClient) -> None:
    body = {
        "queries": [
            {"type": HUB, "conditions": [{"matchType": "name", "propertyValue": "東京圏"}]},
            {"conditions": [{"matchType": "id", "propertyValue": f"{ID}area/13000"}]},
            {
                "type": SSK + "Prefecture",
                "limit": 1,
                "conditions": [
                    {"matchType": "name", "propertyValue": "福岡県"},
                    {
                        "matchType": "property",
                        "propertyId": f"{SSK}isoCode",
                        "propertyValue": ["JP-40"],
                    },
                ],
            },
        ]
    }
    validate("1.0-draft", "reconciliation-query-batch", body)
    found = client.post("/reconcile/draft/match", json=body)
    validate("1.0-draft", "reconciliation-result-batch", found.json)
    assert found.json
    best = [each["candidates"][0] for each in found.json["results"]]
    assert [(each["id"], each["match"]) for each in best] == [
        (f"{ID}hub/tokyo", True),
        (f"{ID}area/13000", True),
        (f"{ID}area/40000", True),
    ]
    assert client.post("/reconcile/draft/match", json={"queries": [{}]}).status_code == 400
    assert client.post("/reconcile/draft/match", data="{}").status_code == 400


@pytest.mark.parametrize(
    ("kind", "prefix", "iri"),
    [
        ("entity", "札幌", f"{ID}hub/sapporo-hokkaido"),
        ("type", "startup", HUB),
        ("property", "iso", f"{SSK}isoCode"),
    ],
)
@pytest.mark.parametrize(("base", "version"), [("", "0.2"), ("/draft", "1.0-draft")])
def test_suggestions_begin_so(
    client: FlaskClient, kind: str, prefix: str, iri: str, base: str, version: str
) -> None:
    found = client.get(f"/reconcile{base}/suggest/{kind}", query_string={"prefix": prefix})
    plural = {"entity": "entities", "type": "types", "property": "properties"}[kind]
    validate(version, f"suggest-{plural}-response", found.json)
    assert found.json
    assert iri in [each["id"] for each in found.json["result"]]


def test_there_are_no_other_suggestions(client: FlaskClient) -> None:
    assert client.get("/reconcile/suggest/nothing?prefix=a").status_code == 404


def test_properties_are_proposed_for_a_class_the_direct_ones_first(client: FlaskClient) -> None:
    for base, version in (("", "0.2"), ("/draft", "1.0-draft")):
        path = f"/reconcile{base}/extend/propose"
        found = client.get(path, query_string={"type": HUB, "lang": "en"})
        validate(version, "data-extension-property-proposal", found.json)
        assert found.json
        names = {each["id"]: each["name"] for each in found.json["properties"]}
        assert names[f"{SSK}hasDesignation"] == "has designation"
        assert names[TIER] == "has designation / has tier"
        lengths = [len(each.split()) for each in names]
        assert lengths == sorted(lengths)


def test_things_are_extended_by_properties_and_paths(client: FlaskClient) -> None:
    ids = [f"{ID}hub/tokyo", f"{ID}area/13000", f"{ID}none"]
    code = f"{SSK}isoCode"
    body = {"ids": ids, "properties": [{"id": TIER}, {"id": code}]}
    validate("0.2", "data-extension-query", body)
    found = client.post("/reconcile", data={"extend": json.dumps(body)})
    validate("0.2", "data-extension-response", found.json)
    assert found.json
    rows = found.json["rows"]
    assert [each["name"] for each in rows[ids[0]][TIER]] == [
        "グローバル拠点都市（第1期）",
        "グローバル拠点都市（第2期）",
    ]
    assert rows[ids[1]][code] == [{"str": "JP-13"}]
    assert rows[ids[2]] == {TIER: [], code: []}
    assert [each["id"] for each in found.json["meta"]] == [TIER, code]
    draft = client.post("/reconcile/draft/extend", json=body)
    validate("1.0-draft", "data-extension-response", draft.json)
    assert draft.json
    assert draft.json["rows"][1]["properties"][1] == {"id": code, "values": [{"str": "JP-13"}]}


def test_a_value_in_two_languages_comes_in_the_one_asked_for(client: FlaskClient) -> None:
    label = "http://www.w3.org/2000/01/rdf-schema#label"
    body = {"ids": [f"{ID}hub/tokyo"], "properties": [{"id": label}]}
    for lang, name in (("ja", "東京圏"), ("en", "Tokyo area")):
        found = client.post(
            "/reconcile", data={"extend": json.dumps(body)}, headers={"Accept-Language": lang}
        )
        assert found.json
        assert found.json["rows"][f"{ID}hub/tokyo"][label] == [{"str": name}]


@pytest.mark.parametrize(
    ("ids", "properties", "what"),
    [
        (["urn:a> ?p ?o . ?s"], [f"{SSK}isoCode"], "is no IRI"),
        ([f"{ID}hub/tokyo"], ["a b c d"], "nor a path of 3"),
        ([f"{ID}hub/tokyo"], [""], "nor a path of 3"),
    ],
)
def test_what_is_no_thing_or_property_is_told(
    client: FlaskClient, ids: list[str], properties: list[str], what: str
) -> None:
    body = {"ids": ids, "properties": [{"id": each} for each in properties]}
    found = client.post("/reconcile", data={"extend": json.dumps(body)})
    assert found.status_code == 400
    assert what in json.loads(found.data)["detail"]


def test_a_preview_may_stand_in_a_frame_of_another_page(client: FlaskClient) -> None:
    found = client.get("/reconcile/preview", query_string={"id": f"{ID}hub/tokyo", "lang": "en"})
    assert "Tokyo area" in found.text
    assert "L253" in found.text
    assert "frame-ancestors" not in found.headers["Content-Security-Policy"]
    flyout = client.get("/reconcile/flyout", query_string={"id": f"{ID}hub/tokyo"}).json
    assert flyout
    assert "東京圏" in flyout["html"]
    assert client.get("/reconcile/preview?id=urn:none").status_code == 404


def test_an_iri_leads_to_its_page(client: FlaskClient) -> None:
    found = client.get("/reconcile/view", query_string={"id": f"{ID}hub/tokyo"})
    assert found.location == "http://localhost/id/hub/tokyo"
    assert client.get("/reconcile/view?id=urn:none").status_code == 404
