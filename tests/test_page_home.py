"""Home: what this is, and every question by who asks it, searchable without JavaScript."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from conftest import REPOSITORY
from seisaku import snapshot
from seisaku.app import create_app
from seisaku.config import LANGUAGES, Config
from seisaku.pages.frame import words
from seisaku.questions import ASKERS, read
from seisaku.workers import WorkerPool

FOLDER = REPOSITORY / "data" / "queries"
QUESTIONS = read(FOLDER)


@pytest.fixture(scope="module")
def client(built: Path) -> Iterator[FlaskClient]:
    with WorkerPool([built / snapshot.DATASET], Config(), union_default_graph=True) as pool:
        yield create_app(pool, Config(), FOLDER).test_client()


def listed(page: str) -> set[str]:
    """The questions that a page lists."""
    lists = "".join(re.findall(r'<ul class="questions">.*?</ul>', page, re.DOTALL))
    return set(re.findall(r'/questions/([a-z0-9]+)"', lists))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_home_lists_each_question_under_who_asks_it(client: FlaskClient, lang: str) -> None:
    page = client.get(f"/{lang}/").text
    assert listed(page) == {each.id.lower() for each in QUESTIONS}
    for who in ASKERS:
        section = page.partition(f'<section id="{who}"')[2].partition("</section>")[0]
        assert words("home")[lang][f"who_{who}"] in section
        assert listed(section) == {each.id.lower() for each in QUESTIONS if each.who == who}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_question_says_in_words_what_its_answer_rests_on(
    client: FlaskClient, lang: str
) -> None:
    page = client.get(f"/{lang}/").text
    for each in QUESTIONS:
        item = re.search(rf'<li [^>]*><a href="/{lang}/questions/{each.id.lower()}".*?</li>', page)
        assert item
        for one in each.classes:
            assert f">{words('home')[lang][f'class_{one}']}</span>" in item[0]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("RAMEN", {"cq13"}),
        ("ｒａｍｅｎ　ｔｅｃｈ", {"cq13"}),
        ("何の略か", {"cq13"}),
        ("stand for ramen", {"cq13"}),
        ("ふーどてっく", {"uq22"}),
        ("uq28", {"uq28"}),
        ("reconciled with other figures", {"uq14"}),
        ("cheese", set()),
    ],
)
def test_a_search_lists_the_questions_that_hold_each_word_in_either_language(
    client: FlaskClient, typed: str, found: set[str]
) -> None:
    for lang in LANGUAGES:
        page = client.get(f"/{lang}/", query_string={"q": typed}).text
        assert listed(page) == found
        none = f">{words('home')[lang]['none_found']}</p>" in page
        assert none == (not found)


def test_the_search_is_a_form_that_works_without_javascript(client: FlaskClient) -> None:
    page = client.get("/ja/", query_string={"q": "鉄鋼"}).text
    form = re.search(
        r'<form class="filter"[^>]* action="([^"#]+)[^"]*" method="get">.*?</form>', page, re.DOTALL
    )
    assert form
    assert 'name="q" value="鉄鋼"' in form[0]
    assert client.get(form[1]).status_code == 200


def test_home_leads_to_every_page_there_is_with_a_line_on_each(client: FlaskClient) -> None:
    page = client.get("/en/").text
    entries = page.partition('<ul class="entries">')[2].partition("</ul>")[0]
    navigation = page.partition("<nav")[2].partition("</nav>")[0]
    links = set(re.findall(r'href="([^"]+)"', navigation)) - {"/en/"}
    assert links == set(re.findall(r'href="([^"]+)"', entries))
    assert len(re.findall(r"<span>\S", entries)) == len(links)


def test_home_and_all_that_it_loads_take_less_than_100_kb(client: FlaskClient) -> None:
    gzip = {"Accept-Encoding": "gzip"}
    page = client.get("/ja/", headers=gzip)
    total = len(page.data)
    files = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', client.get("/ja/").text))
    assert files
    for file in files:
        with client.get(file, headers=gzip) as found:
            assert found.status_code == 200
            total += len(found.data)
    assert total < 100_000


def test_other_peoples_data_have_a_home_without_our_questions(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text("<urn:a> <urn:b> 'c'@en .", encoding="utf-8")
    with WorkerPool([tmp_path / "a.ttl"], Config()) as pool:
        page = create_app(pool, Config()).test_client().get("/en/").text
    assert listed(page) == set()
    assert 'id="filter"' not in page
