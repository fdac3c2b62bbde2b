"""The MCP server, asked by the SDK's own client over both transports."""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import pytest
from flask.testing import FlaskClient
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult, TextContent, Tool

from conftest import REPOSITORY
from seisaku import snapshot
from seisaku.agents.tools import Answer, Line, Row, text
from seisaku.app import create_app
from seisaku.config import BASE, LAYERS, Config
from seisaku.questions import read
from seisaku.workers import WorkerPool

PRODUCT = "SELECT (COUNT(*) AS ?c) { ?a ?b ?c1 . ?d ?e ?f . ?g ?h ?i }"
SSK = "PREFIX ssk: <https://w3id.org/seisaku/def#>"

CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "find": ("find", {"text": "ﾄｳｷｮｳ", "kind": "StartupHub", "lang": "ja"}),
    "find nothing": ("find", {"text": "zzzz"}),
    "find no kind": ("find", {"text": "a", "kind": "Hub"}),
    "find too long": ("find", {"text": "a" * 201}),
    "describe": ("describe", {"thing": "hub:hokuriku", "lang": "en"}),
    "describe by name": ("describe", {"thing": "北陸", "lang": "ja"}),
    "describe unknown": ("describe", {"thing": "no such thing"}),
    "describe unclear": ("describe", {"thing": "第2期"}),
    "hubs": ("hubs", {}),
    "hubs of a prefecture": ("hubs", {"place": "福岡県", "lang": "ja"}),
    "hubs of a region": ("hubs", {"place": "九州地方", "lang": "ja"}),
    "hubs of a city": ("hubs", {"place": "Kumamoto City"}),
    "hubs of a place not named": ("hubs", {"place": "29"}),
    "hubs of a field": ("hubs", {"field": "semiconductors"}),
    "hubs of both": ("hubs", {"field": "semiconductors", "place": "13"}),
    "strategy": ("strategy_elements", {"year": 2022}),
    "strategy with measures": ("strategy_elements", {"year": 2025, "lang": "ja"}),
    "no strategy": ("strategy_elements", {"year": 2019}),
    "kpi": ("kpi", {"hub": "hub:tokyo", "lang": "en"}),
    "kpi not stated": ("kpi", {"hub": "Hokuriku"}),
    "budgets": ("budgets", {}),
    "budget": ("budgets", {"program": "K program"}),
    "timeline": ("timeline", {"since": 2025, "until": 2025}),
    "cite": ("cite", {"thing": "L128"}),
    "cite a record": ("cite", {"thing": "alloc:k-program"}),
    "questions": ("list_questions", {"lang": "ja"}),
    "question": ("ask_question", {"number": "uq11", "parameters": {"program": "J-PEAKS"}}),
    "question of a scheme": ("ask_question", {"number": "UQ21", "parameters": {"field": "宇宙"}}),
    "no question": ("ask_question", {"number": "UQ99"}),
    "no parameter": ("ask_question", {"number": "UQ11", "parameters": {"x": "y"}}),
    "sparql": (
        "sparql",
        {"query": f"{SSK} SELECT ?s ?line {{ ?s a ssk:Bill ; ssk:isStatedIn ?line }}"},
    ),
    "sparql ask": ("sparql", {"query": "ASK { ?s ?p ?o }"}),
    "sparql graph": ("sparql", {"query": f"DESCRIBE <{BASE}id/hub/tokyo>"}),
    "sparql many": ("sparql", {"query": "SELECT ?s { ?s ?p ?o } LIMIT 1000"}),
    "sparql prefix": ("sparql", {"query": "SELECT * {\n ?s ex:p ?o }"}),
    "sparql wrong": ("sparql", {"query": f"{SSK} SELECT ?s {{ ?s a ssk:Bill "}),
    "sparql service": ("sparql", {"query": "SELECT * { SERVICE <http://x/> { ?s ?p ?o } }"}),
    "sparql update": ("sparql", {"query": "DROP ALL"}),
    "sparql slow": ("sparql", {"query": PRODUCT}),
}

Said = Mapping[str, CallToolResult]


async def _called(
    target: str | StdioServerParameters,
) -> tuple[list[Tool], dict[str, CallToolResult]]:
    async with Client(target) as client:
        tools = (await client.list_tools()).tools
        said = {name: await client.call_tool(*call) for name, call in CALLS.items()}
    return tools, said


@pytest.fixture(scope="module", params=["stdio", "http"])
def session(
    request: pytest.FixtureRequest, built: Path
) -> tuple[list[Tool], dict[str, CallToolResult]]:
    if request.param == "http":
        return anyio.run(_called, f"{request.getfixturevalue('served')}/mcp")
    environment = {"SEISAKU_SNAPSHOTS": str(built.parent)}
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "seisaku.cli", "mcp"], env=environment
    )
    return anyio.run(_called, command)


@pytest.fixture
def tools(session: tuple[list[Tool], dict[str, CallToolResult]]) -> list[Tool]:
    return session[0]


@pytest.fixture
def said(session: tuple[list[Tool], dict[str, CallToolResult]]) -> Said:
    return session[1]


def data(result: CallToolResult) -> Any:  # noqa: ANN401  # JSON
    assert not result.is_error, words(result)
    return result.structured_content


def words(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


def error(result: CallToolResult) -> str:
    assert result.is_error
    assert result.structured_content is None
    return words(result)


def test_each_tool_says_what_it_does_takes_and_gives(tools: list[Tool]) -> None:
    assert {tool.name for tool in tools} == {name for name, _ in CALLS.values()}
    for tool in tools:
        assert tool.description
        assert tool.annotations
        assert tool.annotations.read_only_hint
        assert tool.output_schema
        assert {"rows", "state", "note"} <= tool.output_schema["properties"].keys()
        lang = tool.input_schema["properties"]["lang"]
        assert (lang["enum"], lang["default"]) == (["ja", "en"], "en")


def test_each_row_has_a_layer_and_lines_that_are_iris(said: Said) -> None:
    rows = 0
    for name, result in said.items():
        if result.is_error or name.startswith(("sparql", "questions")):
            continue
        for row in data(result)["rows"]:
            rows += 1
            assert row["layer"] is None or set(row["layer"].split(", ")) <= set(LAYERS), name
            for line in row["lines"]:
                assert re.fullmatch(r"L\d+(–L\d+)?", line["name"])
                assert line["iri"] == f"{BASE}id/segment/{line['name'].replace('–', '-')}"
    assert rows > 150


def test_what_the_document_states_is_told_with_its_line(said: Said) -> None:
    (row,) = data(said["question of a scheme"])["rows"][:1]
    assert (row["layer"], row["stated"]) == ("document", True)
    assert "L295 <https://w3id.org/seisaku/id/segment/L295>" in words(said["question of a scheme"])


def test_find_folds_and_names_in_the_language_asked_for(said: Said) -> None:
    (row,) = data(said["find"])["rows"]
    assert row["values"]["名称"] == "東京圏"
    assert row["iris"]["名称"] == f"{BASE}id/hub/tokyo"
    assert {line["name"] for line in row["lines"]} >= {"L253", "L307"}
    assert "東京圏 <https://w3id.org/seisaku/id/hub/tokyo>" in words(said["find"])


def test_nothing_found_is_no_statement_that_there_is_nothing(said: Said) -> None:
    assert data(said["find nothing"])["state"] == "nothing"
    assert "does not mean that the source says it is not so" in words(said["find nothing"])


def test_describe_tells_statements_by_layer_and_what_is_open(said: Said) -> None:
    rows = data(said["describe"])["rows"]
    assert {row["layer"] for row in rows} >= {"document", "inferred"}
    assert all(row["lines"] for row in rows if row["layer"] == "document")
    texts = [row["values"]["Value"] for row in rows]
    assert "Hokuriku" in texts
    assert "北陸" not in texts
    assert "北陸" in [row["values"]["値"] for row in data(said["describe by name"])["rows"]]


def test_a_name_that_is_nothing_or_several_things_is_told_with_what_to_do(said: Said) -> None:
    assert "call find with other words" in error(said["describe unknown"])
    assert "give the IRI of one: " in error(said["describe unclear"])
    assert f"<{BASE}id/" in error(said["describe unclear"])


def test_hubs_come_with_their_designations_and_types_that_are_not_stated(said: Said) -> None:
    found = data(said["hubs"])
    assert len({row["iris"]["Hub"] for row in found["rows"]}) == 13
    assert len([row for row in found["rows"] if row["stated"]]) == 21
    open_ = [row for row in found["rows"] if not row["stated"]]
    assert {row["values"]["Hub"] for row in open_} == {
        *("Hokuriku", "Nagano × Niigata", "Setouchi", "Kumamoto", "Okinawa")
    }
    assert found["state"] == "partly stated"


def test_hubs_of_a_place_are_those_that_list_it_its_parts_or_what_it_is_in(said: Said) -> None:
    def hubs(name: str, heading: str) -> set[str]:
        return {row["values"][heading] for row in data(said[name])["rows"] if row["stated"]}

    assert hubs("hubs of a prefecture", "拠点") == {"北九州", "福岡"}
    assert hubs("hubs of a region", "拠点") == {"北九州", "福岡", "熊本", "沖縄"}
    assert hubs("hubs of a city", "Hub") == {"Kumamoto"}
    assert hubs("hubs of a field", "Hub") == {"Kumamoto"}


def test_a_place_that_no_list_names_may_still_take_part(said: Said) -> None:
    found = data(said["hubs of a place not named"])
    assert found["state"] == "not stated"
    assert len(found["rows"]) == 13
    assert "does not mean that it takes no part" in found["note"]
    assert "[not stated]" in words(said["hubs of a place not named"])


def test_a_place_and_a_field_at_once_are_refused(said: Said) -> None:
    assert "call twice" in error(said["hubs of both"])


def test_the_elements_of_a_strategy_come_in_their_order(said: Said) -> None:
    rows = data(said["strategy"])["rows"]
    assert [row["values"].get("No.") for row in rows] == [1, 2, 3, None]
    assert [row["lines"][0]["name"] for row in rows] == ["L86", "L87", "L88", "L90"]
    measures = data(said["strategy with measures"])["rows"]
    assert any("上位" in row["values"] for row in measures)
    assert "there are 2021, 2022, 2023, 2024, 2025" in error(said["no strategy"])


def test_indicator_values_come_with_what_they_are_counted_over(said: Said) -> None:
    found = data(said["kpi"])
    unicorns = [
        row["values"] for row in found["rows"] if row["values"].get("Indicator") == "Unicorns"
    ]
    told = {(each["Phase"][-12:-6], each["Wording"]): each["Counted over"] for each in unicorns}
    assert set(told.values()) == {"cumulative over five years", "per year", "not stated"}
    assert found["state"] == "partly stated"
    assert "No rate of attainment" in found["note"]


def test_a_hub_without_indicator_values_is_told_as_not_stated(said: Said) -> None:
    found = data(said["kpi not stated"])
    assert found["state"] == "not stated"
    assert [line["name"] for line in found["rows"][0]["lines"]] == ["L258"]


def test_budgets_are_whole_yen_and_warn_of_adding(said: Said) -> None:
    amounts = {row["values"]["Amount (yen)"] for row in data(said["budgets"])["rows"]}
    assert 84_000_000_000 in amounts
    assert all(isinstance(each, int) for each in amounts)
    assert "split by year is not stated" in data(said["budget"])["note"]
    assert {row["values"]["Budget"] for row in data(said["budget"])["rows"]} == {
        "FY2021 supplementary budget",
        "FY2022 supplementary budget",
    }


def test_the_timeline_is_of_the_years_asked_for_with_both_layers(said: Said) -> None:
    rows = data(said["timeline"])["rows"]
    assert {row["values"]["Period starts"][:4] for row in rows} == {"2025"}
    assert {row["layer"] for row in rows} == {"document", "external"}


def test_a_line_is_cited_by_its_fragment_and_digest(said: Said) -> None:
    (row,) = data(said["cite"])["rows"]
    assert row["values"]["Fragment"] == "line=127,128"
    assert re.fullmatch(r"[0-9a-f]{64}", row["values"]["SHA-256"])
    assert [line["name"] for line in row["lines"]] == ["L128"]
    (record,) = data(said["cite a record"])["rows"]
    assert (record["values"]["Wording"], record["lines"][0]["name"]) == ("計5,000億円", "L128")


def test_the_questions_are_listed_with_their_parameters(said: Said) -> None:
    rows = data(said["questions"])["rows"]
    assert len(rows) == len(read(REPOSITORY / "data" / "queries"))
    (asked,) = (row["values"] for row in rows if row["values"]["番号"] == "UQ11")
    assert asked["パラメーター"] == "program (事業・制度)"


def test_a_question_is_answered_by_number_with_a_parameter_by_name(said: Said) -> None:
    found = data(said["question"])
    assert found["state"] == "not stated"
    assert found["rows"][0]["values"]["Programme"] == "J-PEAKS"
    assert "j-peaks" in found["query"]
    assert "there are CQ01, " in error(said["no question"])
    assert "it has program" in error(said["no parameter"])


def test_a_query_of_ones_own_has_its_lines_too(said: Said) -> None:
    (row,) = data(said["sparql"])["rows"]
    assert row["values"]["s"] == "bill:ai"
    assert row["iris"]["s"] == f"{BASE}id/bill/ai"
    assert [line["name"] for line in row["lines"]] == ["L122"]
    assert data(said["sparql ask"])["rows"][0]["values"] == {"ASK": True}
    turtle = data(said["sparql graph"])["text"]
    assert "hub:tokyo" in turtle
    assert "@prefix bill:" not in turtle


def test_an_answer_of_many_rows_says_how_many_there_are(said: Said) -> None:
    found = data(said["sparql many"])
    assert (len(found["rows"]), found["total"]) == (200, 1000)
    assert "(200 / 1000 rows)" in words(said["sparql many"])


def test_an_error_teaches_place_prefixes_and_what_to_do(said: Said) -> None:
    told = error(said["sparql prefix"])
    assert "(line 2, column 5): the prefix ex: is not declared" in told
    assert "PREFIX ssk: <https://w3id.org/seisaku/def#>" in told
    assert "Hint: " in told
    assert "ends too early" in error(said["sparql wrong"])
    assert "there are AdministrativeArea, " in error(said["find no kind"])
    assert "at most 200 characters" in error(said["find too long"])


def test_the_limits_of_the_endpoint_hold(said: Said) -> None:
    assert "took longer than 10 seconds" in error(said["sparql slow"])
    assert "no SERVICE here" in error(said["sparql service"])
    assert "read-only" in error(said["sparql update"])


@pytest.fixture(scope="module")
def client(built: Path) -> Any:  # noqa: ANN401  # a generator of clients
    config = Config(mcp_origins=("https://agents.example.org",), query_bytes=1_000)
    with WorkerPool([built / snapshot.DATASET], config, union_default_graph=True) as pool:
        yield create_app(pool, config).test_client()


PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
HEADERS = {"Accept": "application/json, text/event-stream"}


def test_a_message_is_answered_with_one_in_json(client: FlaskClient) -> None:
    found = client.post("/mcp", json=PING, headers=HEADERS)
    assert (found.status_code, found.content_type) == (200, "application/json")
    assert found.json == {"jsonrpc": "2.0", "id": 1, "result": {}}
    assert found.headers["Cache-Control"] == "no-store"


def test_a_page_may_use_it_only_when_its_origin_is_named(client: FlaskClient) -> None:
    def asked(origin: str) -> int:
        return client.post("/mcp", json=PING, headers={**HEADERS, "Origin": origin}).status_code

    assert asked("https://agents.example.org") == 200
    # A name that an attacker makes stand for this very address is no better than another.
    assert asked("http://localhost") == 403
    assert asked("https://agents.example.org.evil.example") == 403
    assert asked("null") == 403


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_there_is_no_stream_and_no_session(client: FlaskClient, method: str) -> None:
    found = client.open("/mcp", method=method)
    assert found.status_code == 405
    assert "POST" in found.headers["Allow"]


def test_what_is_no_message_is_refused(client: FlaskClient) -> None:
    found = client.post("/mcp", data="{", headers=HEADERS, content_type="application/json")
    assert found.status_code == 400
    assert json.loads(found.data)["error"]["code"] == -32700
    assert client.post("/mcp", data="a=b", headers=HEADERS).status_code == 415
    assert client.post("/mcp", json=PING, headers={"Accept": "text/html"}).status_code == 406


def test_a_message_that_is_too_long_is_refused(client: FlaskClient) -> None:
    long = {**PING, "params": {"x": "a" * 10_000}}
    assert client.post("/mcp", json=long, headers=HEADERS).status_code == 413


def test_a_line_is_told_with_its_text_where_that_is_at_hand() -> None:
    line = Line("L1", "urn:l", " the text ")
    answer = Answer("t", "en", [Row({"a": 1}, lines=[line], layer="document")], 1)
    assert text(answer) == "t\n1. a: 1; [L1 <urn:l> “the text”]; (layer: document)"


def test_agents_own_questions_are_sound() -> None:
    questions = read(REPOSITORY / "server" / "seisaku" / "agents")
    assert len(questions) == 6
    for each in questions:
        assert each.columns["ja"].keys() == each.columns["en"].keys()
        assert each.notes.keys() == {"ja", "en"}
