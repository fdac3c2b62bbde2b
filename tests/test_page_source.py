"""The source: an outline of a document's lines, and a page for each."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from seisaku import snapshot
from seisaku.app import create_app
from seisaku.config import LANGUAGES, Config
from seisaku.workers import WorkerPool

OUTLINE = "/{}/source/strategy-slides"
LINES = 395


@pytest.fixture(scope="module")
def client(built: Path) -> Iterator[FlaskClient]:
    config = Config(workers=2)
    with WorkerPool([built / snapshot.DATASET], config, union_default_graph=True) as pool:
        yield create_app(pool, config).test_client()


def page(client: FlaskClient, path: str) -> str:
    found = client.get(path)
    assert found.status_code == 200
    return unescape(found.text)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_line_has_its_anchor_once(client: FlaskClient, lang: str) -> None:
    anchors = re.findall(r'id="L(\d+)"', page(client, OUTLINE.format(lang)))
    assert anchors == [str(number) for number in range(1, LINES + 1)]


def test_coverage_is_told_and_drawn(client: FlaskClient) -> None:
    found = page(client, OUTLINE.format("en"))
    assert "Of 395 lines, 239 are the grounds of" in found
    assert 'role="img"' in found
    assert found.count("<rect x=") == 239


def test_headings_are_nested_as_the_records_are(client: FlaskClient) -> None:
    found = page(client, OUTLINE.format("en"))
    row = r'class="row heading[^"]*" id="L(\d+)">.*?<h(\d)><a href="[^"]*">([^<]*)'
    heads = re.findall(row, found, re.DOTALL)
    by_line = {int(line): (int(level), text) for line, level, text in heads}
    assert by_line[3] == (2, "Annual strategy for the fifth year of the Sixth Basic Plan")
    assert by_line[7] == (3, "Strategic Promotion of Advanced Science and Technology")
    assert by_line[9] == (4, "Strategic promotion of priority fields")
    assert by_line[307][1] == "Tokyo area"
    assert 10 not in by_line


def test_a_line_of_a_range_says_that_it_continues(client: FlaskClient) -> None:
    found = page(client, OUTLINE.format("en"))
    assert "continues the line before" in found.split('id="L173"')[1].split("</div>")[0]
    assert "L172–L173" in found.split('id="L172"')[1].split('id="L173"')[0]


def test_a_line_tells_what_it_gave_and_below_which_headings_it_lies(client: FlaskClient) -> None:
    found = page(client, "/en/source/strategy-slides/L128")
    assert "Line 128 of the source" in found
    assert found.count("<tr>") == 17
    assert "R&D Vision (first)" in found
    above = found.split('<p class="kinds">')[1].split("</p>")[0]
    assert "Progress of the Sixth" in above
    assert "Efforts to ensure safety and security" in above


@pytest.mark.parametrize("typed", ["128", "L128", " 128 "])
def test_the_form_leads_to_the_line(client: FlaskClient, typed: str) -> None:
    form = page(client, OUTLINE.format("en")).split('<form class="go"')[1]
    action = re.search(r'action="([^"]+)"', form)
    assert action
    found = client.get(action[1], query_string={"n": typed})
    assert (found.status_code, found.headers["Location"]) == (
        302,
        "/en/source/strategy-slides/L128",
    )


@pytest.mark.parametrize("typed", ["", "0", "396", "x", "²"])
def test_what_is_no_line_leads_back_to_the_outline(client: FlaskClient, typed: str) -> None:
    found = client.get("/en/source/strategy-slides/line", query_string={"n": typed})
    assert found.headers["Location"] == "/en/source/strategy-slides"


def test_a_line_can_be_cited(client: FlaskClient) -> None:
    found = page(client, "/en/source/strategy-slides/L128")
    assert "line 128”" in found
    assert "https://w3id.org/seisaku/id/segment/L128" in found
    got = client.get("/en/cite/source/strategy-slides/L128.bib")
    assert "@misc{seisaku-id-segment-L128," in got.text
    assert got.text.strip() in found


def test_a_line_inside_a_range_is_cited_by_the_range(client: FlaskClient) -> None:
    got = client.get("/ja/cite/source/strategy-slides/L173.json").json
    assert got
    assert got[0]["URL"] == "https://w3id.org/seisaku/id/segment/L172-L173"
    assert got[0]["title"].endswith("、173行目")


def test_a_line_that_nobody_cites_says_so(client: FlaskClient) -> None:
    found = page(client, "/en/source/strategy-slides/L1")
    assert "No record rests on this line." in found
    assert "https://w3id.org/seisaku/id/source/strategy-slides" in found


@pytest.mark.parametrize(
    "path",
    [
        "/en/source/none",
        "/en/source/none/L1",
        "/en/source/none/line",
        "/en/source/strategy-slides/L0",
        "/en/source/strategy-slides/L396",
        "/en/cite/source/strategy-slides/L396.bib",
        "/en/cite/source/none/L1.bib",
    ],
)
def test_what_is_not_there_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_outline_of_another_root_has_its_own_links(client: FlaskClient) -> None:
    assert 'href="/en/source/strategy-slides/L3"' in page(client, OUTLINE.format("en"))
    found = client.get(OUTLINE.format("en"), base_url="https://example.org/policy/").text
    assert 'href="/policy/en/source/strategy-slides/L3"' in found


def test_with_the_source_at_hand_the_lines_have_their_text(tmp_path: Path) -> None:
    lines = ["Title", "", "First, and", "second"]
    (tmp_path / "s.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "a.ttl").write_text(_cited(tmp_path / "s.txt"), encoding="utf-8")
    config = Config(workers=1, source=(tmp_path / "s.txt",))
    with WorkerPool([tmp_path / "a.ttl"], config) as pool:
        client = create_app(pool, config).test_client()
        found = page(client, "/en/source/s")
        assert '<q lang="en">First, and</q>' in found
        assert '<q lang="en">second</q>' in found
        assert "Of the 3 lines that are not blank, 2 are cited." in found
        assert "The line is blank." in page(client, "/en/source/s/L2")
        assert "No record rests on this line." in page(client, "/en/source/s/L1")
        assert '<blockquote lang="en"><p>second</p>' in page(client, "/en/source/s/L4")


def _cited(file: Path) -> str:
    from seisaku.source import read

    source = read(file)
    return f"""\
@prefix ssk: <https://w3id.org/seisaku/def#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
<urn:source/s> dcterms:identifier "{source.identifier}" ; dcterms:language "en" ; ssk:lineCount 4 .
<urn:a> ssk:isSegmentOf <urn:source/s> ; ssk:startLine 3 ; ssk:endLine 4 ;
    ssk:contentSha256 "{source.digest(3, 4)}" .
<urn:r> ssk:isStatedIn <urn:a> .
"""
