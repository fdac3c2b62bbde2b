"""The timeline: each milestone once, as exact as its source, with its line or its page."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from markupsafe import escape
from rdflib import RDF, RDFS, Graph, Literal, Namespace
from rdflib.namespace import SKOS
from rdflib.term import Node

from seisaku import snapshot
from seisaku.app import create_app
from seisaku.config import LANGUAGES, Config
from seisaku.load import Asserted
from seisaku.workers import WorkerPool

SSK = Namespace("https://w3id.org/seisaku/def#")
LAYERS = ("document", "external")


NAMELESS = """\
@prefix ssk: <https://w3id.org/seisaku/def#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<urn:graph> {
  <urn:m> a ssk:Milestone ; ssk:hasMilestoneType <urn:t> ; ssk:hasMilestoneSubject <urn:x> ;
    ssk:occursIn <urn:p> .
  <urn:p> ssk:startsAt "2020-05-01T00:00:00+09:00"^^xsd:dateTime ;
    ssk:endsBefore "2020-06-01T00:00:00+09:00"^^xsd:dateTime .
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
    return {lang: client.get(f"/{lang}/timeline").text for lang in LANGUAGES}


@pytest.fixture(scope="module")
def union(asserted: Asserted) -> Graph:
    return asserted.union


def last(iri: Node | None) -> str:
    return str(iri).rpartition("/")[2]


def called(graph: Graph, thing: Node | None, lang: str) -> str:
    """What a thing is called, as it stands in HTML."""
    assert thing is not None
    names = [*graph.objects(thing, RDFS.label), *graph.objects(thing, SKOS.prefLabel)]
    return next(str(escape(e)) for e in names if isinstance(e, Literal) and e.language == lang)


def entries(page: str) -> dict[str, str]:
    """Each entry of the list, by its name."""
    return dict(re.findall(r'<li class="entry \w+" id="([^"]+)">(.*?)</li>', page, re.DOTALL))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_milestone_is_on_the_page_once_in_its_layer_with_line_or_source(
    pages: dict[str, str], asserted: Asserted, union: Graph, lang: str
) -> None:
    told = re.findall(r'<li class="entry (\w+)" id="([^"]+)">', pages[lang])
    shown = entries(pages[lang])
    milestones = 0
    for layer in LAYERS:
        graph = asserted.layers[layer]
        for milestone in graph.subjects(RDF.type, SSK.Milestone):
            milestones += 1
            assert Counter(told)[layer, last(milestone)] == 1
            entry = shown[last(milestone)]
            assert f'class="badge {layer}"' in entry
            lines = {last(each) for each in graph.objects(milestone, SSK.isStatedIn)}
            assert lines == set(re.findall(r">(L\d+)<", entry))
            for source in graph.objects(milestone, SSK.isSourcedFrom):
                assert f'/external-source/{last(source)}"' in entry
            when = union.value(milestone, SSK.occursIn)
            assert f">{called(union, when, lang)}<" in entry
            assert called(union, union.value(milestone, SSK.hasMilestoneType), lang) in entry
    assert milestones == 32
    assert len(set(told)) == len(told)


def test_a_time_is_as_exact_as_its_source(pages: dict[str, str]) -> None:
    times = {
        name: re.findall(r'datetime="([^"]+)"', entry)
        for name, entry in entries(pages["en"]).items()
    }
    assert times["rd-vision-1-adoption"] == ["2022-09"]
    assert times["sti-basic-plan-6-decision"] == ["2021-03-26"]
    assert times["j-fusion-establishment"] == ["2024-03"]
    assert times["j-fusion-establishment-day"] == ["2024-03-29"]
    assert times["j-peaks-selection-FY2023"] == []
    assert times["g7-sendai-holding"] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_fiscal_year_from_2018_to_2029_is_there_with_its_entries(
    pages: dict[str, str], lang: str
) -> None:
    years = re.findall(r'<h3 id="FY(\d+)">.*?</section>', pages[lang], re.DOTALL)
    assert years == [str(year) for year in range(2018, 2030)]
    parts = re.split(r'<h3 id="FY(\d+)">', pages[lang])
    inside = dict(zip(parts[1::2], map(entries, parts[2::2]), strict=True))
    assert "startup-hubs-1-selection" in inside["2020"]
    assert "sti-basic-plan-6-decision" in inside["2020"]  # March 2021
    assert "rd-vision-revision" in inside["2024"]  # March 2025
    assert "startup-hubs-2-selection" in inside["2025"]  # June 2025
    assert not inside["2018"]
    assert next(iter(inside["2023"])) == "j-peaks-selection-FY2023"


def test_what_is_still_to_come_is_told_as_target_or_intention(pages: dict[str, str]) -> None:
    shown = entries(pages["en"])
    assert "target" in shown["tokyo-p2-unicorns-target"]
    assert "end of FY2029" in shown["tokyo-p2-unicorns-target"]
    assert "/statement/startup-hubs-2-intention-support" in shown["startup-hubs-2"]
    assert not [
        name for name, entry in shown.items() if "intention: " in entry and name != "startup-hubs-2"
    ]


def test_a_mark_is_drawn_at_its_time_and_as_wide_as_it_is_exact(pages: dict[str, str]) -> None:
    (drawing,) = re.findall(r'<svg class="drawing".*?\n</svg>', pages["en"], re.DOTALL)
    marks = re.findall(r'<rect class="(\w+) (\w+)" x="([\d.]+)%" width="([\d.]+)%"', drawing)
    marks = [mark for mark in marks if mark[0] != "period"]
    assert Counter(layer for layer, *_ in marks) == {"document": 16, "external": 16}
    widths = {
        precise: {round(float(width), 1) for _, kind, _, width in marks if kind == precise}
        for precise in ("day", "month", "long")
    }
    assert widths["day"] == {0.3}
    assert widths["month"] <= {0.6, 0.7, 0.3}  # three days in May are drawn as narrow as a day
    assert widths["long"] == {8.3}
    april_2023 = 100 * 5 / 12
    assert min(float(x) for _, kind, x, _ in marks if kind == "long") == pytest.approx(
        april_2023, 0.01
    )


def test_marks_of_one_time_do_not_cover_each_other(pages: dict[str, str]) -> None:
    (drawing,) = re.findall(r'<svg class="drawing".*?\n</svg>', pages["en"], re.DOTALL)
    placed = re.findall(r'<(?:rect|circle) class="[^"]*" c?x="([\d.]+)%".*?c?y="(\d+)"', drawing)
    assert len(placed) == len(set(placed)) > 32


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_form_asks_for_the_milestones_of_one_kind(
    client: FlaskClient, pages: dict[str, str], union: Graph, lang: str
) -> None:
    kinds = Counter(last(each) for each in union.objects(None, SSK.hasMilestoneType))
    offered = dict(re.findall(r'<option value="([^"]+)">[^<]*\((\d+)\)', pages[lang]))
    assert {kind: int(number) for kind, number in offered.items()} == kinds
    for kind, number in kinds.items():
        page = client.get(f"/{lang}/timeline", query_string={"kind": kind}).text
        assert len(entries(page)) == number
        assert f'<option value="{kind}" selected>' in page
        assert f'/timeline?kind={kind}" lang=' in page  # the other language keeps it


def test_an_unknown_kind_is_not_there(client: FlaskClient) -> None:
    assert client.get("/en/timeline?kind=party").status_code == 404
    assert client.get("/en/timeline?kind=").status_code == 200


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_the_slides_do_not_date_is_named(
    pages: dict[str, str], union: Graph, lang: str
) -> None:
    aspect = "https://w3id.org/seisaku/scheme/unstated-aspect/date"
    matters = [
        each for each, what in union.subject_objects(SSK.hasUnstatedAspect) if str(what) == aspect
    ]
    assert len(matters) == 3
    assert all(pages[lang].count(f'/unstated-matter/{last(each)}"') == 1 for each in matters)


def test_an_english_page_has_no_japanese(pages: dict[str, str]) -> None:
    body = re.sub(r'<(\w+)[^>]* lang="ja".*?</\1>', "", pages["en"].partition("<main")[2])
    assert not re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", body)


def test_other_peoples_data_have_nothing_to_show(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text("<urn:a> <urn:b> 'c'@en .", encoding="utf-8")
    config = Config()
    with WorkerPool([tmp_path / "a.ttl"], config) as pool:
        found = create_app(pool, config).test_client().get("/en/timeline")
    assert found.status_code == 200
    assert "no dated milestone" in found.text


def test_records_of_other_people_need_no_names(tmp_path: Path) -> None:
    (tmp_path / "a.trig").write_text(NAMELESS, encoding="utf-8")
    config = Config()
    with WorkerPool([tmp_path / "a.trig"], config, union_default_graph=True) as pool:
        found = create_app(pool, config).test_client().get("/en/timeline")
    assert found.status_code == 200
    assert 'datetime="2020-05"' in found.text
