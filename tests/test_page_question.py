"""The page of a question: its answer, what may be chosen in it, and what it rests on."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from conftest import REPOSITORY
from seisaku import snapshot
from seisaku.app import create_app
from seisaku.config import LANGUAGES, Config
from seisaku.pages.answered import NAMING, _wider
from seisaku.pages.frame import words
from seisaku.query import answer
from seisaku.questions import Question, read
from seisaku.workers import WorkerPool

FOLDER = REPOSITORY / "data" / "queries"
QUESTIONS = read(FOLDER)
BY_ID = {each.id: each for each in QUESTIONS}
DIGEST = "0123456789abcdef" * 4
JAPANESE = re.compile(r"[\u3040-\u30fa\u30fc-\u30ff\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def pool(built: Path) -> Iterator[WorkerPool]:
    with WorkerPool([built / snapshot.DATASET], Config(), union_default_graph=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(pool: WorkerPool) -> FlaskClient:
    return create_app(pool, Config(), FOLDER, DIGEST).test_client()


def section(page: str, name: str) -> str:
    """The section of a page whose heading is called `name`."""
    return page.partition(f'<section aria-labelledby="{name}">')[2].partition("</section>")[0]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: each.id)
def test_each_question_has_a_page_with_an_answer_in_each_language(
    client: FlaskClient, question: Question, lang: str
) -> None:
    found = client.get(f"/{lang}/questions/{question.id.lower()}")
    assert found.status_code == 200
    page = html.unescape(found.text)
    assert f'<html lang="{lang}">' in page
    assert f"<h1>{question.titles[lang]}</h1>" in page
    assert question.notes.get(lang, "") in page
    said = section(page, "answer")
    assert words("question")[lang]["no_rows"] not in said
    assert "<td" in said or '<dl class="one">' in said or 'class="silence"' in said
    if lang == "en":
        own = re.sub(r'<span lang="ja">.*?</span>', "", said)
        assert not JAPANESE.search(own)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: each.id)
def test_asking_for_the_things_named_changes_no_row(pool: WorkerPool, question: Question) -> None:
    def rows(text: str) -> list[dict[str, object]]:
        found = answer(pool, text, lambda offered: offered[0])
        read: list[dict[str, object]] = json.loads(found.body)["results"]["bindings"]
        return read

    wider = _wider(question.text, [thing for thing, _ in NAMING.findall(question.text)])
    own = rows(question.text)
    names = {name for row in own for name in row}
    trimmed = [{name: row[name] for name in names if name in row} for row in rows(wider)]
    assert sorted(map(str, trimmed)) == sorted(
        str({name: row[name] for name in names if name in row}) for row in own
    )


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?x {\n  ?x a ?y\n}\nGROUP BY ?x",
        "SELECT DISTINCT ?x {\n  ?x a ?y\n}",
        "SELECT (COUNT(?x) AS ?n) {\n  ?x a ?y\n}",
        "ASK { ?x a ?y }",
    ],
)
def test_a_query_whose_rows_would_change_is_asked_as_it_is(text: str) -> None:
    assert _wider(text, ["y"]) == text


def test_a_name_leads_to_the_thing_that_has_it(client: FlaskClient) -> None:
    page = client.get("/ja/questions/uq28?prefecture=13000").text
    assert '<a href="/ja/id/hub/tokyo">東京圏</a>' in section(page, "answer")


def test_rows_that_differ_in_their_lines_alone_are_one(client: FlaskClient) -> None:
    page = section(client.get("/en/questions/uq09").text, "answer")
    (row,) = [row for row in re.findall(r"<tr>.*?</tr>", page) if "University" in row]
    assert re.findall(r">(L\d+)<", row) == ["L115", "L140"]
    assert "10,000,000,000,000" in row


@pytest.mark.parametrize("value", ["nagoya", "tokyo", "https://w3id.org/seisaku/id/hub/chubu"])
def test_a_choice_is_made_by_the_last_part_of_its_iri_or_by_the_iri(
    client: FlaskClient, value: str
) -> None:
    found = client.get("/en/questions/uq27", query_string={"hub": value})
    if value == "nagoya":
        assert found.status_code == 400
        return
    key = value.rpartition("/")[2]
    assert found.status_code == 200
    assert re.search(rf'<option value="{key}" selected>', found.text)
    assert found.text.count(" selected>") == 1
    assert f"hub/{key}&gt;" in section(found.text, "sparql")


@pytest.mark.parametrize(
    ("lang", "asked", "said"),
    [
        ("en", "uq27?hub=nagoya", "hub is one of chubu, fukuoka"),
        ("ja", "uq27?hub=nagoya", "hub に指定できるのは次のいずれかです"),
        ("en", "uq27?city=tokyo", "UQ27 has no parameter “city”; it has hub"),
        ("en", "uq01?hub=tokyo", "UQ01 has no parameters"),
        ("en", "cq53?prefecture=13000&hub=", "hub is one of"),
    ],
)
def test_a_wrong_parameter_is_told_with_those_there_are(
    client: FlaskClient, lang: str, asked: str, said: str
) -> None:
    found = client.get(f"/{lang}/questions/{asked}", headers={"Accept": "text/html"})
    assert found.status_code == 400
    assert said in html.unescape(found.text)


@pytest.mark.parametrize("name", ["uq99", "UQ01", "x"])
def test_a_question_that_is_not_there_is_not_found(client: FlaskClient, name: str) -> None:
    assert client.get(f"/ja/questions/{name}").status_code == 404


def test_choices_are_in_the_order_of_their_reading_in_japanese(client: FlaskClient) -> None:
    page = client.get("/ja/questions/uq28").text
    names = re.findall(r"<option [^>]*>([^<]+)<", page)
    assert len(names) == 47
    assert names[:3] == ["愛知県", "青森県", "秋田県"]
    assert names[-1] == "和歌山県"


def test_choices_of_one_name_are_told_apart(client: FlaskClient) -> None:
    for lang in LANGUAGES:
        page = client.get(f"/{lang}/questions/uq04").text
        names = re.findall(r"<option [^>]*>([^<]+)<", page)
        assert len(names) == len(set(names)) > 20


@pytest.mark.parametrize(
    ("lang", "said"),
    [("ja", "この質問の答えは、資料に記載されていません"), ("en", "The slides do not state")],
)
def test_what_the_slides_do_not_state_is_said_with_its_record_reason_and_lines(
    client: FlaskClient, lang: str, said: str
) -> None:
    page = client.get(f"/{lang}/questions/uq14").text
    own = section(page, "answer")
    assert said in own
    records = re.findall(rf'href="/{lang}/id/unstated-matter/([^"]+)"', own)
    assert len(records) == len(set(records)) >= 1
    assert re.search(r">L\d+<", own)
    assert re.search(r'<div class="silence">\n<p>.*?</p>\n<p>\S', own)


def test_an_answer_of_one_row_is_no_table(client: FlaskClient) -> None:
    page = section(client.get("/en/questions/cq19").text, "answer")
    assert "<table" not in page
    assert '<dl class="one">' in page


def test_downloads_are_of_the_query_that_is_shown(client: FlaskClient) -> None:
    page = client.get("/ja/questions/uq12?hub=tokyo").text
    shown = re.search(r"<pre[^>]*><code>(.*?)</code>", page, re.DOTALL)
    assert shown
    assert (
        html.unescape(shown[1])
        == BY_ID["UQ12"].asking(hub="https://w3id.org/seisaku/id/hub/tokyo").strip()
    )
    links = re.findall(r'href="(/(?:sparql|ja/query)\?[^"]+)"', page)
    queries = {}
    for link in map(html.unescape, links):
        given = parse_qs(urlsplit(link).query)
        queries[given.get("format", ["editor"])[0]] = given["query"][0]
        assert client.get(link).status_code == 200
    assert queries["csv"] == queries["json"] == queries["editor"] == html.unescape(shown[1])
    assert queries["turtle"].startswith("DESCRIBE <https://w3id.org/seisaku/id/")


def test_an_answer_is_cited_with_its_choice_and_the_version_of_the_data(
    client: FlaskClient,
) -> None:
    cited = section(
        client.get("/en/questions/uq12", base_url="https://example.org/p/").text, "cite"
    )
    assert "https://example.org/p/en/questions/uq12?hub=tokyo" in cited
    assert DIGEST[:12] in cited


def test_the_lines_of_an_answer_are_listed_in_the_order_of_the_source(client: FlaskClient) -> None:
    evidence = section(client.get("/en/questions/uq05").text, "evidence")
    lines = [int(line) for line in re.findall(r">L(\d+)<", evidence)]
    assert lines == sorted(lines)
    assert lines[0] < 100 <= lines[-1]


def test_the_other_language_keeps_the_choice(client: FlaskClient) -> None:
    page = client.get("/ja/questions/uq28?prefecture=13000").text
    assert 'href="/en/questions/uq28?prefecture=13000" lang="en"' in page
