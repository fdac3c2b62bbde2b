"""The page of a thing: what it is, its facts with their grounds, what refers to it."""

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from seisaku import snapshot
from seisaku.app import create_app
from seisaku.config import BASE, LANGUAGES, Config
from seisaku.pages.arrangement import arrangement
from seisaku.pages.resource import SECTIONS, SHOWN
from seisaku.workers import WorkerPool

DEF = BASE + "def#"
PLACE = re.compile(r"\{([^}]+)\}")


@pytest.fixture(scope="module")
def client(built: Path) -> Iterator[FlaskClient]:
    config = Config(workers=2)
    with WorkerPool([built / snapshot.DATASET], config, union_default_graph=True) as pool:
        yield create_app(pool, config, digest="a" * 64).test_client()


def page(client: FlaskClient, path: str) -> str:
    found = client.get(path)
    assert found.status_code == 200
    return unescape(found.text)


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", text))


def rows(client: FlaskClient, query: str) -> list[list[str]]:
    text = client.get("/sparql", query_string={"query": query, "format": "tsv"}).text
    return [line.split("\t") for line in text.splitlines()[1:]]


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        (
            "/en/id/designation/tokyo-p2",
            "The designation of Tokyo area as Global Hub City (phase 2), type wide-area",
        ),
        (
            "/ja/id/designation/tokyo-p2",
            "第2期スタートアップ・エコシステム拠点都市で「東京圏」をグローバル拠点都市（第2期）",
        ),
        ("/en/id/area/13113", "A special ward in Tokyo Metropolis."),
        ("/ja/id/area/23000", "中部地方の都道府県です。"),
        ("/en/id/indicator-value/tokyo-p2-world-ranking-target", "A target for Tokyo area"),
        ("/ja/scheme/field/ai", "人工知能の技術とその利用の分野。"),
    ],
)
def test_a_thing_is_told_in_a_sentence(client: FlaskClient, path: str, sentence: str) -> None:
    found = page(client, path)
    assert sentence in found
    assert f'<meta name="description" content="{sentence}' in found


def test_every_thing_of_a_class_has_a_sentence_in_both_languages(client: FlaskClient) -> None:
    query = f"""SELECT ?class (SAMPLE(?thing) AS ?one) {{
      ?thing a ?class . FILTER(STRSTARTS(STR(?class), "{DEF}")
        && STRSTARTS(STR(?thing), "{BASE}id/")) }} GROUP BY ?class"""
    found = rows(client, query)
    assert len(found) > 40
    for _, thing in found:
        for lang in LANGUAGES:
            there = thing.strip("<>").replace(BASE, f"/{lang}/")
            assert '<p class="lede">' in page(client, there), there


def test_facts_come_in_the_order_of_the_arrangement(client: FlaskClient) -> None:
    found = page(client, "/en/id/designation/tokyo-p2")
    names = [
        *("tagline", "kind", "has tier", "has hub type", "is made in phase", "designates hub"),
        *("succeeds designation", "is led by", "has listed government", "is stated in"),
    ]
    places = [found.index(f">{each}</a></dt>") for each in names]
    assert places == sorted(places)


def test_a_fact_shows_its_layer_and_its_lines(client: FlaskClient) -> None:
    found = page(client, "/en/id/indicator-value/tokyo-p1-unicorns-target")
    fact = plain(found.split(">has numeric value</a>")[1].split("</div>")[0])
    assert fact.split() == ["20", "said", "L204", "L206", "L209"]
    assert '/en/source/strategy-slides#L209">' in found


def test_more_lines_than_three_are_counted(client: FlaskClient) -> None:
    found = page(client, "/en/id/designation/tokyo-p2")
    assert '<a class="line" href="#grounds">+1</a>' in found
    assert 'id="grounds"' in found


def test_a_statement_with_a_note_shows_its_own_lines_and_the_reason(client: FlaskClient) -> None:
    found = page(client, "/ja/id/designation/tokyo-p2")
    fact = plain(found.split(">引き継ぐ選定</a>")[1].split("</div>")[0])
    assert "整理" in fact
    assert "L172–L173" in fact
    assert "「東京圏」の名称は両期で同じ" in fact


def test_external_facts_show_their_source(client: FlaskClient) -> None:
    found = page(client, "/en/id/milestone/ai-act-enactment")
    fact = found.split(">has milestone type</a>")[1].split("</div>")[0]
    assert "AI Strategy Council, 2 June 2025" in fact
    assert 'class="badge external"' in fact


def test_an_inferred_fact_leads_to_why(client: FlaskClient) -> None:
    found = page(client, "/en/id/designation/tokyo-p2")
    fact = found.split(">has listed government</a>")[1].split("</div>")[0]
    why = re.findall(r'<a class="why" href="([^"]+)">Why\?</a>', fact)
    assert len(why) == 9
    for each in why:
        assert "prp-spo2" in page(client, each)


def test_an_inverse_shows_what_is_said_the_other_way_round(client: FlaskClient) -> None:
    found = page(client, "/en/id/hub/tokyo")
    fact = plain(found.split(">has designation</a>")[1].split("</div>")[0])
    assert "said inferred L172–L173" in fact
    assert "Designations" not in found  # it is not told once more by what refers to the hub


def test_things_of_one_name_are_told_apart(client: FlaskClient) -> None:
    found = plain(page(client, "/en/id/hub/tokyo"))
    assert "Tokyo area Startup Ecosystem Hub Cities, first phase" in found
    assert "Tokyo area Startup Ecosystem Hub Cities, second phase" in found
    assert "Tokyo area startup ecosystem hub" in plain(page(client, "/en/id/designation/tokyo-p2"))


def test_what_is_not_stated_is_told_first(client: FlaskClient) -> None:
    found = page(client, "/en/id/allocation/k-program")
    assert found.index("What the source does not say") < found.index('id="figures"')
    assert "Total of the budget amounts" in found
    assert "The document gives no total." in found


def test_an_amount_is_grouped_by_thousands(client: FlaskClient) -> None:
    assert ">500,000,000,000<" in page(client, "/ja/id/allocation/k-program")


def test_the_same_thing_elsewhere_is_named(client: FlaskClient) -> None:
    found = page(client, "/en/id/area/23000")
    for site in ("Wikidata", "GeoNames", "e-Stat (統計LOD)"):
        assert f">{site}</a>" in found
    assert ">ROR</a>" in page(client, "/en/id/organization/tohoku-university")


def test_what_refers_to_a_thing_is_bounded_and_leads_to_all(client: FlaskClient) -> None:
    found = page(client, "/en/scheme/translation-status/ours")
    listed = found.split('id="incoming"')[1].split("</dl>")[0]
    assert listed.count("<dd>") == SHOWN + 1
    link = re.search(r'<a href="([^"]+)">See all (\d+)</a>', listed)
    assert link
    assert f"{link[2]} rows" in page(client, link[1])


def test_a_page_is_in_one_language(client: FlaskClient) -> None:
    found = page(client, "/en/id/hub/tokyo").split("<main")[1].split('class="citation"')[0]
    found = re.sub(r"<script.*?</script>", "", found, flags=re.DOTALL)
    without = re.sub(r'<(\w+)[^>]* lang="ja[^"]*".*?</\1>', "", found, flags=re.DOTALL)
    assert not re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", without)


def test_the_head_tells_the_thing_in_schema_org(client: FlaskClient) -> None:
    found = client.get("/en/id/area/23000").text
    markup = json.loads(re.findall(r'<script type="application/ld\+json">(.*?)</script>', found)[0])
    assert (markup["@id"], markup["@type"]) == (BASE + "id/area/23000", "AdministrativeArea")
    assert markup["alternateName"] == ["愛知県"]
    assert markup["geo"]["latitude"].startswith("35.")
    assert markup["containedInPlace"] == [{"@id": BASE + "id/area/japan"}]


def test_the_head_cannot_be_left_by_a_name(tmp_path: Path) -> None:
    data = f'<{BASE}id/x/y> <http://www.w3.org/2000/01/rdf-schema#label> "</script><b>"@en .'
    (tmp_path / "a.ttl").write_text(data, encoding="utf-8")
    with WorkerPool([tmp_path / "a.ttl"], Config(workers=1)) as pool:
        found = create_app(pool, Config()).test_client().get("/en/id/x/y").text
    assert "<b>" not in found
    assert "&lt;/script&gt;&lt;b&gt;" in found


def test_what_several_layers_say_is_shown_once(tmp_path: Path) -> None:
    said = f"<{BASE}id/x/y> <urn:p> <urn:o> ."
    data = "".join(f"GRAPH <{BASE}graph/{each}> {{ {said} }}" for each in ("external", "document"))
    (tmp_path / "a.trig").write_text(data, encoding="utf-8")
    with WorkerPool([tmp_path / "a.trig"], Config(workers=1), union_default_graph=True) as pool:
        found = create_app(pool, Config()).test_client().get("/en/id/x/y").text
    assert re.findall(r'class="badge (\w+)"', found) == ["document", "external"]
    assert found.count(">urn:o</a>") == 1


def test_a_section_of_a_class_stands_above_the_facts(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def section(iri: str, lang: str) -> str:
        return f"<section>{lang} {iri}</section>"

    monkeypatch.setitem(SECTIONS, DEF + "Prefecture", section)
    found = page(client, "/ja/id/area/45000")
    assert f"<section>ja {BASE}id/area/45000</section>" in found
    assert found.index("<section>ja") < found.index('id="place"')
    assert "<section>ja" not in page(client, "/ja/id/area/01100")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_how_to_cite_is_on_the_page_and_to_be_had(client: FlaskClient, lang: str) -> None:
    found = page(client, f"/{lang}/id/hub/tokyo")
    assert "data aaaaaaaaaaaa" in found
    assert "lines 172–173, 253, 307" in found
    assert "172〜173・253・307行目" in found
    for form, begins in (
        ("bib", "@misc{"),
        ("json", "[{"),
        ("txt", "「東" if lang == "ja" else "Sei"),
    ):
        there = f"/{lang}/cite/id/hub/tokyo.{form}"
        assert f'href="{there}"' in found
        got = client.get(there).text
        assert got.startswith(begins)
        assert got.strip() in found
    assert client.get(f"/{lang}/cite/id/hub/nowhere.bib").status_code == 404


def test_every_property_of_the_dataset_has_its_place(client: FlaskClient) -> None:
    query = f"""SELECT DISTINCT ?p {{ ?s ?p ?o
      FILTER(isIRI(?s) && STRSTARTS(STR(?s), "{BASE}") && !STRSTARTS(STR(?s), "{DEF}")) }}"""
    known = arrangement()
    used = {each[0].strip("<>") for each in rows(client, query)}
    assert len(used) > 100
    assert not used - known.order.keys() - {*known.names, *known.same}


def test_every_property_that_refers_to_a_thing_has_its_reading(client: FlaskClient) -> None:
    query = f"""SELECT DISTINCT ?p {{ ?s ?p ?o FILTER(isIRI(?s) && isIRI(?o)
      && STRSTARTS(STR(?o), "{BASE}") && !CONTAINS(STR(?o), "#")) }}"""
    inverse = """SELECT ?p ?q { ?p <http://www.w3.org/2002/07/owl#inverseOf> ?q }"""
    used = {each[0].strip("<>") for each in rows(client, query)}
    named = {one.strip("<>") for row in rows(client, inverse) for one in row}
    assert len(used) > 50
    left = used - arrangement().incoming.keys() - named
    assert not {each for each in left if each.startswith(DEF)}
    assert not left


def test_a_property_is_known_by_a_name(client: FlaskClient) -> None:
    query = f"""SELECT DISTINCT ?p {{ ?s ?p ?o
      FILTER(isIRI(?s) && STRSTARTS(STR(?s), "{BASE}"))
      FILTER NOT EXISTS {{ ?p <http://www.w3.org/2000/01/rdf-schema#label> ?l }} }}"""
    nameless = {each[0].strip("<>") for each in rows(client, query)}
    terms = arrangement().terms.keys()
    assert not nameless - terms - {"http://www.w3.org/2002/07/owl#propertyChainAxiom"}


def test_sentences_name_properties_that_have_their_place() -> None:
    known = arrangement()
    for texts in known.sentences.values():
        for text in texts:
            places = {lang: set(PLACE.findall(text[lang])) for lang in LANGUAGES}
            named = set().union(*places.values()) - {"self", "class", "Class"}
            for each in named:
                for part in each.split("."):
                    assert known.full(part) in known.order, part
