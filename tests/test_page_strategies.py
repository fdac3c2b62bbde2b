"""The page on the strategies: each element with its line, each link drawn as what it is."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from markupsafe import escape
from rdflib import RDFS, Graph, Literal, Namespace, URIRef
from rdflib.namespace import OWL

from conftest import REPOSITORY
from seisaku import snapshot
from seisaku.app import create_app
from seisaku.config import LANGUAGES, Config
from seisaku.load import Asserted
from seisaku.workers import WorkerPool

SSK = Namespace("https://w3id.org/seisaku/def#")
ELEMENT = "https://w3id.org/seisaku/id/element/"
CSS = REPOSITORY / "server/seisaku/static/strategies.css"


NAMELESS = """\
@prefix ssk: <https://w3id.org/seisaku/def#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
<urn:graph> {
  <urn:s> a ssk:AnnualStrategy ; rdfs:label "S" ; ssk:isStatedIn <urn:line> ;
    ssk:reaffirmsElement <urn:e> .
  <urn:e> ssk:isElementOf <urn:s> ; ssk:isStatedIn <urn:line> .
  <urn:f> ssk:isDirectSubElementOf <urn:e> ; ssk:isStatedIn <urn:line> .
}
"""
"""Records in our terms, which nothing names and no line states."""


@pytest.fixture(scope="module")
def client(built: Path) -> Iterator[FlaskClient]:
    config = Config()
    with WorkerPool([built / snapshot.DATASET], config, union_default_graph=True) as pool:
        yield create_app(pool, config).test_client()


@pytest.fixture(scope="module")
def pages(client: FlaskClient) -> dict[str, str]:
    return {lang: client.get(f"/{lang}/strategies").text for lang in LANGUAGES}


def named(graph: Graph, thing: object, lang: str) -> str:
    """The label of a thing, as it stands in HTML."""
    (label,) = (
        each
        for each in graph.objects(URIRef(str(thing)), RDFS.label)
        if isinstance(each, Literal) and each.language == lang
    )
    return str(escape(label))


def block(page: str, element: str) -> str:
    """The part of the page that begins with the element and ends with its layer."""
    found = re.search(rf'id="e-{element}".*?class="badge[^>]*>', page, re.DOTALL)
    assert found, element
    return found[0]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_element_is_on_the_page_once_with_its_own_line(
    pages: dict[str, str], asserted: Asserted, lang: str
) -> None:
    graph = asserted.layers["document"]
    elements = set(graph.subjects(SSK.isElementOf)) | set(graph.subjects(SSK.isDirectSubElementOf))
    assert len(elements) > 60
    ids = Counter(re.findall(r'id="e-([^"]+)"', pages[lang]))
    assert ids == dict.fromkeys((str(each).removeprefix(ELEMENT) for each in elements), 1)
    for each in elements:
        lines = {str(line).rpartition("/")[2] for line in graph.objects(each, SSK.isStatedIn)}
        own = max(lines, key=lambda line: int(line[1:].partition("-")[0]))
        said = block(pages[lang], str(each).removeprefix(ELEMENT))
        assert named(graph, each, lang) in said
        assert f">{own}<" in said


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_line_is_solid_where_the_slides_link_and_dashed_where_we_do(
    pages: dict[str, str], asserted: Asserted, lang: str
) -> None:
    said = len(list(asserted.layers["document"].subject_objects(SSK.reaffirmsElement)))
    ours = len(list(asserted.layers["curated"].subject_objects(SSK.continuesElement)))
    (drawing,) = re.findall(r'<svg class="edges".*?</svg>', pages[lang], re.DOTALL)
    lines = re.findall(r'<path class="edge (\w+)" d="M\d+ \d+H\d+C[\d ]+"', drawing)
    assert Counter(lines) == {"document": said, "curated": ours}
    assert "<title" in drawing
    assert f"{ours}" in re.findall(r"<desc[^>]*>(.*?)</desc>", drawing)[0]
    dashed = re.findall(r"([^{}]*){[^{}]*stroke-dasharray", CSS.read_text(encoding="utf-8"))
    assert dashed
    assert all(".curated" in each and ".document" not in each for each in dashed)
    words = {"ja": ("実線", "破線"), "en": ("solid", "dashed")}[lang]
    rows = re.findall(r"<td>(\S+) <span class=\"badge (\w+)\"", pages[lang])
    assert Counter(rows) == {(words[0], "document"): said, (words[1], "curated"): ours}


def test_a_line_begins_and_ends_at_the_boxes_that_it_links(pages: dict[str, str]) -> None:
    (drawing,) = re.findall(r'<svg class="edges".*?</svg>', pages["en"], re.DOTALL)
    paths = re.findall(r'"edge (\w+)" d="M(\d+) (\d+)H\d+C.*? (\d+) (\d+)"', drawing)
    # Column and row of both ends, counted from 0: 2022-3 is continued by 2023-1, and so on.
    ends = {
        (layer, int(x) // 100, int(y) // 100, int(to) // 100, int(down) // 100)
        for layer, x, y, to, down in paths
    }
    assert ends == {
        *(("curated", 1, row, 2, to) for row, to in ((2, 0), (0, 1), (1, 2))),
        *(("document", 2, row, 3, row) for row in range(3)),
        *(("curated", 2, row, 4, row) for row in range(3)),
    }


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_pair_of_measure_and_progress_has_its_reason_and_both_lines(
    pages: dict[str, str], asserted: Asserted, lang: str
) -> None:
    curated, said = asserted.layers["curated"], asserted.layers["document"]
    pairs = list(curated.subject_objects(SSK.correspondsToElement))
    assert len(pairs) > 15
    for progress, measure in pairs:
        name = str(measure).removeprefix(ELEMENT)
        (found,) = re.findall(rf'id="e-{name}".*?</ul>', pages[lang], re.DOTALL)
        (item,) = (
            each
            for each in re.findall(r'<li class="curated">.*?</li>', found, re.DOTALL)
            if f'/progress/{str(progress).rpartition("/")[2]}"' in each
        )
        for line in said.objects(progress, SSK.isStatedIn):
            assert f">{str(line).rpartition('/')[2]}<" in item
        (axiom,) = set(curated.subjects(OWL.annotatedSource, progress)) & set(
            curated.subjects(OWL.annotatedTarget, measure)
        )
        reasons = {
            each.language: str(escape(each))
            for each in curated.objects(axiom, RDFS.comment)
            if isinstance(each, Literal)
        }
        assert reasons[lang] in item
    assert pages[lang].count('<li class="curated">') == len(pairs)


@pytest.mark.parametrize(
    ("lang", "none", "counts"),
    [
        (
            "ja",
            "対応する報告なし",
            "施策28件のうち、対応する進捗の報告があるもの14件、ないもの14件",
        ),
        ("en", "no report matches", "Of 28 measures, 14 have a report"),
    ],
)
def test_a_measure_without_progress_says_so(
    pages: dict[str, str], lang: str, none: str, counts: str
) -> None:
    assert pages[lang].count(f'<p class="none">{none}</p>') == 14
    assert counts in pages[lang]
    (loose,) = re.findall(
        r"<h2>[^<]*</h2>\s*<ul>\s*<li><a href=\"[^\"]*/progress/.*?</ul>", pages[lang], re.DOTALL
    )
    assert re.findall(r">(L\d+)<", loose) == ["L149", "L157"]


@pytest.mark.parametrize(
    ("lang", "sentences", "years"),
    [
        (
            "ja",
            [
                "2021年に挙げられた6つの名称は、その後の年にはありません",
                "2022年・2023年・2025年の各年に、同じ3つの名称",
                "順序は2022年と2023年で異なります",
                "2024年は、これを引き続き推進する",
            ],
            [
                "重点施策 × 6 L73",
                "柱 × 3 L84 併せて推進する事項 × 1 L90",
                "基軸 × 3 L94 併せて推進する事項 × 1 L100",
                "強化方策 × 3 L104 2023年の3つを引き続き推進 L110",
                "総仕上げの取組 × 3 L5 次期計画に向けた取組 × 3 L44",
            ],
        ),
        (
            "en",
            [
                "None of the 6 names of 2021 comes again",
                "The same 3 names stand in 2022, 2023 and 2025",
                "order differs between 2022 and 2023",
                "2024 says that it keeps to them",
            ],
            [
                "priority measure × 6 L73",
                "pillar × 3 L84 accompanying effort × 1 L90",
                "axis × 3 L94 accompanying effort × 1 L100",
                "reinforcement policy × 3 L104 keeps to 3 of 2023 L110",
                "completion effort × 3 L5 direction toward the next plan × 3 L44",
            ],
        ),
    ],
)
def test_what_changed_stands_at_the_top_with_its_lines(
    pages: dict[str, str], lang: str, sentences: list[str], years: list[str]
) -> None:
    top = pages[lang].partition("<section")[0]
    lede = re.sub(r"\s+", " ", top[top.index('class="lede"') :])
    assert all(each in lede for each in sentences)
    items = re.findall(r"<dd>\s*<ul>(.*?)</ul>", top, re.DOTALL)
    assert [re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", each)).strip() for each in items] == years


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_year_that_the_slides_do_not_name_is_marked_as_ours(
    pages: dict[str, str], lang: str
) -> None:
    marked = re.findall(r"<h3>(\d{4}).*?(badge curated.*?)?</h3>", pages[lang])
    assert [(year, bool(ours)) for year, ours in marked] == [
        *((year, False) for year in ("2021", "2022", "2023", "2024")),
        ("2025", True),
    ]


def test_an_english_page_has_no_japanese(pages: dict[str, str]) -> None:
    body = re.sub(r'<(\w+)[^>]* lang="ja".*?</\1>', "", pages["en"].partition("<main")[2])
    assert not re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", body)


def test_other_peoples_data_have_nothing_to_show(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text("<urn:a> <urn:b> 'c'@en .", encoding="utf-8")
    config = Config()
    with WorkerPool([tmp_path / "a.ttl"], config) as pool:
        found = create_app(pool, config).test_client().get("/en/strategies")
    assert found.status_code == 200
    assert "no annual strategy" in found.text


def test_records_of_other_people_need_no_names(tmp_path: Path) -> None:
    (tmp_path / "a.trig").write_text(NAMELESS, encoding="utf-8")
    config = Config()
    with WorkerPool([tmp_path / "a.trig"], config, union_default_graph=True) as pool:
        found = create_app(pool, config).test_client().get("/en/strategies")
    assert found.status_code == 200
    assert "<h3>" in found.text
