"""The pages: whole without JavaScript, in Japanese and in English, never mixed."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from conftest import REPOSITORY
from seisaku import snapshot
from seisaku.app import create_app
from seisaku.config import LANGUAGES, Config
from seisaku.pages import frame
from seisaku.pages.frame import words
from seisaku.questions import read
from seisaku.workers import WorkerPool

TEMPLATES = sorted((REPOSITORY / "server/seisaku/templates").glob("*.html"))
CODE = sorted((REPOSITORY / "server/seisaku/pages").glob("*.py"))
CATALOGUES = sorted(
    file.stem
    for file in (REPOSITORY / "server/seisaku/translations").glob("*.toml")
    if file.stem != "problems"
)
QUERIES = REPOSITORY / "data" / "queries"


def used(template: Path) -> set[str]:
    """The words that a template names; those that it computes have a beginning of their own."""
    return set(re.findall(r"\bt\.(\w+)", template.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def client(built: Path) -> Iterator[FlaskClient]:
    config = Config()
    with WorkerPool([built / snapshot.DATASET], config, union_default_graph=True) as pool:
        yield create_app(pool, config, QUERIES).test_client()


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[FlaskClient]:
    """Other people's data, without questions."""
    (tmp_path / "a.ttl").write_text("<urn:a> <urn:b> 'c'@en .", encoding="utf-8")
    config = Config()
    with WorkerPool([tmp_path / "a.ttl"], config) as pool:
        yield create_app(pool, config).test_client()


@pytest.mark.parametrize(
    ("accepted", "lang"), [("ja", "ja"), ("en-GB,en;q=0.9", "en"), ("fr", "ja"), ("", "ja")]
)
def test_the_start_goes_to_the_language_of_the_browser(
    client: FlaskClient, accepted: str, lang: str
) -> None:
    found = client.get("/", headers={"Accept-Language": accepted})
    assert (found.status_code, found.headers["Location"]) == (302, f"/{lang}/")
    assert "Accept-Language" in found.headers["Vary"]


def test_a_language_once_chosen_comes_before_that_of_the_browser(client: FlaskClient) -> None:
    browser = {"Accept-Language": "ja"}
    assert "lang=en;" in client.get("/en/", headers=browser).headers["Set-Cookie"]
    assert client.get("/", headers=browser).headers["Location"] == "/en/"
    assert client.get("/ja/nowhere", headers={"Accept": "text/html"}).text.count('lang="ja"') == 1
    client.delete_cookie("lang")
    assert "Set-Cookie" not in client.get("/ja/", headers=browser).headers


def test_a_page_that_the_browser_has_is_not_sent_again(client: FlaskClient) -> None:
    tag = client.get("/ja/").headers["ETag"]
    assert client.get("/ja/", headers={"If-None-Match": tag}).status_code == 304
    assert client.get("/en/", headers={"If-None-Match": tag}).status_code == 200


def test_a_page_is_written_once_and_given_with_the_same_headers(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = client.get("/en/money")

    def rendered(*_: object, **__: object) -> str:
        pytest.fail("it is written again")

    monkeypatch.setattr(frame, "render_template", rendered)
    again = client.get("/en/money")
    assert again.text == first.text
    for name in ("Content-Type", "Content-Length", "ETag", "Vary", "Cache-Control"):
        assert again.headers[name] == first.headers[name]


def test_what_a_query_gives_is_asked_for_each_time(client: FlaskClient) -> None:
    asked = {"query": "SELECT (RAND() AS ?n) {}"}
    said = {client.get("/en/query", query_string=asked).text for _ in range(3)}
    assert len(said) == 3


@pytest.mark.parametrize(("encoding", "magic"), [("gzip", b"\x1f\x8b"), ("zstd", b"(\xb5/\xfd")])
def test_a_page_comes_compressed_for_who_takes_it(
    client: FlaskClient, encoding: str, magic: bytes
) -> None:
    found = client.get("/ja/", headers={"Accept-Encoding": encoding})
    assert found.headers["Content-Encoding"] == encoding
    assert found.data.startswith(magic)
    assert "Accept-Encoding" in found.headers["Vary"]


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        (
            "ja",
            ["拠点都市は合計いくつで", "グローバル拠点都市（第2期）", "瀬戸内", "いいえ", ">L333<"],
        ),
        (
            "en",
            ["How many hub cities are there", "Global Hub City (phase 2)", "Setouchi", ">L333<"],
        ),
    ],
)
def test_home_says_what_this_is_and_answers_three_questions(
    client: FlaskClient, lang: str, said: list[str]
) -> None:
    page = client.get(f"/{lang}/").text
    assert f'<html lang="{lang}">' in page
    assert words("home")[lang]["about"] in page.replace("&#39;", "'")
    assert page.count("<article>") == 3
    for each in said:
        assert each in page


def test_a_page_in_one_language_shows_no_answer_in_the_other(client: FlaskClient) -> None:
    english = client.get("/en/").text
    tables = re.findall(r"<table>.*?</table>", english, re.DOTALL)
    assert len(tables) == 3
    assert not re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", "".join(tables))


def test_a_query_page_shows_rows_with_language_datatype_and_links(client: FlaskClient) -> None:
    query = 'SELECT * { VALUES (?a ?b ?c ?d) { ("東"@ja 5 <urn:x> UNDEF) } }'
    page = client.get("/en/query", query_string={"query": query}).text
    assert '<span lang="ja">東</span> <small class="tongue">ja</small>' in page
    assert 'title="http://www.w3.org/2001/XMLSchema#integer">5<' in page
    assert '<a href="urn:x">urn:x</a>' in page
    assert "1 rows" in page


def test_a_query_page_shows_many_rows_in_part_and_says_so(client: FlaskClient) -> None:
    page = client.get("/en/query", query_string={"query": "SELECT * { ?s ?p ?o } LIMIT 900"}).text
    assert "500 / 900" in page
    assert page.count("<tr>") == 501


def test_a_query_page_does_not_take_an_answer_apart_that_would_fill_the_memory(
    client: FlaskClient,
) -> None:
    query = "SELECT * { ?s ?p ?o . ?a ?b ?c } LIMIT 10000"
    found = client.get("/en/query", query_string={"query": query})
    assert found.status_code == 413
    assert "ask for less, as with LIMIT" in found.text
    assert client.get("/sparql", query_string={"query": query}).status_code == 200


def test_a_query_page_says_when_there_is_no_answer(client: FlaskClient) -> None:
    page = client.get("/ja/query", query_string={"query": "SELECT * { <urn:no> ?p ?o }"}).text
    assert "該当する答えはありません" in page


def test_a_query_page_shows_a_graph_as_turtle_and_a_truth_as_a_word(client: FlaskClient) -> None:
    graph = client.get("/ja/query", query_string={"query": "CONSTRUCT { <urn:a> a <urn:b> } {}"})
    assert "&lt;urn:a&gt; a &lt;urn:b&gt; ." in graph.text
    assert "はい" in client.get("/ja/query", query_string={"query": "ASK {}"}).text


@pytest.mark.parametrize(("lang", "place"), [("ja", "2行7文字目"), ("en", "line 2, column 7")])
def test_an_error_is_shown_on_the_page_and_the_query_stays(
    client: FlaskClient, lang: str, place: str
) -> None:
    found = client.get(f"/{lang}/query", query_string={"query": "ASK {}\nLIMIT x"})
    assert found.status_code == 400
    assert place in found.text
    assert "ASK {}\nLIMIT x</textarea>" in found.text


def test_a_question_is_opened_in_the_form_and_answered(client: FlaskClient) -> None:
    page = client.get("/en/query", query_string={"question": "cq55"}).text
    assert "SELECT ?hub_ja ?hub_en ?line" in page
    assert ">3 rows<" in page.replace("<p>", ">").replace("</p>", "<")
    assert '<option value="cq55" selected>' in page
    assert client.get("/en/query?question=cq99").status_code == 404


@pytest.mark.parametrize("there", [True, False])
def test_the_editor_is_loaded_where_it_has_been_built(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, *, there: bool
) -> None:
    monkeypatch.setattr("seisaku.pages.query.is_there", lambda _file: there)
    page = client.get("/en/query").text
    assert ("editor.js" in page) == there
    assert ("data-words" in page) == there
    assert '<textarea id="query" name="query"' in page


def test_an_empty_query_shows_an_example(client: FlaskClient) -> None:
    assert "ssk:StartupHub" in client.get("/ja/query").text


def test_the_other_language_keeps_the_query(client: FlaskClient) -> None:
    page = client.get("/ja/query", query_string={"query": "ASK {}"}).text
    assert 'href="/en/query?query=ASK+%7B%7D" lang="en" hreflang="en"' in page


def test_pages_may_load_nothing_from_elsewhere(client: FlaskClient) -> None:
    found = client.get("/ja/")
    policy = found.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", found.text)
    assert not re.findall(r'(?:src|<link[^>]*href)="(?:https?:)?//', found.text)
    style = re.search(r'<link rel="stylesheet" href="([^"]+)"', found.text)
    assert style
    with client.get(style[1]) as sheet:
        assert sheet.status_code == 200


def test_links_stay_below_a_sub_path(client: FlaskClient) -> None:
    page = client.get("/en/", base_url="https://example.org/policy/").text
    local = re.findall(r'(?:href|action)="(/[^"]*)"', page)
    assert local
    assert all(link.startswith("/policy/") for link in local)
    assert "<code>https://example.org/policy/sparql</code>" in page


def test_other_peoples_data_come_without_our_questions(bare: FlaskClient) -> None:
    page = bare.get("/en/").text
    assert "<article>" not in page
    assert "<strong>1</strong> statements" in page


def test_another_language_is_not_there(client: FlaskClient) -> None:
    assert client.get("/fr/").status_code == 404


@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_both_languages_have_the_same_words(catalogue: str) -> None:
    said = words(catalogue)
    assert said["ja"].keys() == said["en"].keys()


def test_every_word_that_a_page_uses_is_in_its_catalogue() -> None:
    for template in TEMPLATES:
        missing = used(template) - words(template.stem)["ja"].keys()
        assert not missing, template.name


@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_every_word_of_a_catalogue_is_used(catalogue: str) -> None:
    own = words(catalogue)["ja"].keys() - (
        words("base")["ja"].keys() if catalogue != "base" else set()
    )
    files = TEMPLATES if catalogue == "base" else [TEMPLATES[0].with_name(f"{catalogue}.html")]
    said = set().union(*map(used, files))
    code = "".join(file.read_text(encoding="utf-8") for file in CODE)
    computed = ("nav_", "layer_", "entry_", "who_", "class_", "editor_", "group_", "in_", "rule_")
    unused = [each for each in own - said if not each.startswith(computed)]
    assert not [each for each in unused if f'"{each}"' not in code]


def test_every_question_has_a_title_in_both_languages() -> None:
    found = read(QUERIES)
    assert len(found) > 20
    assert all(question.titles.keys() == set(LANGUAGES) for question in found)
    assert sum(question.featured for question in found) == 3
