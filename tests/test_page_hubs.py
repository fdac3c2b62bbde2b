"""The page of the hubs, and those of a hub and of a prefecture: map and tables say the same."""

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from conftest import REPOSITORY
from seisaku import snapshot
from seisaku.app import create_app
from seisaku.config import LANGUAGES, Config
from seisaku.pages import map as japan
from seisaku.pages.frame import words
from seisaku.workers import WorkerPool

QUERIES = REPOSITORY / "data" / "queries"
ONLY_CITIES = {"12000", "33000", "40000"}
UNNAMED = {
    *("09000", "10000", "19000", "25000", "29000", "30000", "31000", "32000", "35000"),
    *("36000", "37000", "39000", "41000", "42000", "44000", "45000", "46000"),
}
NEXT = {"hokuriku", "nagano-niigata", "setouchi", "kumamoto", "okinawa"}
OF_PHASE_1 = {
    *("tokyo", "chubu", "kansai", "fukuoka"),
    *("sapporo-hokkaido", "tohoku", "hiroshima", "kitakyushu"),
}


@pytest.fixture(scope="module")
def client(built: Path) -> Iterator[FlaskClient]:
    config = Config()
    with WorkerPool([built / snapshot.DATASET], config, union_default_graph=True) as pool:
        yield create_app(pool, config, QUERIES).test_client()


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[FlaskClient]:
    """Other people's data."""
    (tmp_path / "a.ttl").write_text("<urn:a> <urn:b> 'c'@en .", encoding="utf-8")
    config = Config()
    with WorkerPool([tmp_path / "a.ttl"], config) as pool:
        yield create_app(pool, config).test_client()


def got(client: FlaskClient, path: str, **asked: str) -> str:
    found = client.get(path, query_string=asked)
    assert found.status_code == 200, path
    return unescape(found.text)


def plain(html: str) -> str:
    """What a reader sees, with single spaces."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def part(html: str, beginning: str, end: str) -> str:
    return html.partition(beginning)[2].partition(end)[0]


def hubs_of(html: str) -> list[str]:
    """The hubs of the table, in its order."""
    table = part(html, '<table id="hubs" class="stack">', "</table>")
    return re.findall(r'<th scope="row"><a href="/\w\w/id/hub/([\w-]+)">', table)


def states_of_the_map(html: str) -> dict[str, str]:
    drawn = part(html, '<figure class="map">', "</figure>")
    found = re.findall(
        r'<a href="/\w\w/id/area/(\d+)" aria-label="[^"]+"><path class="(\w+)"', drawn
    )
    return dict(found)


def rows_of_prefectures(html: str) -> dict[str, str]:
    table = part(html, '<table class="prefectures">', "</table>")
    rows = re.findall(
        r'<tr><th scope="row"><a href="/\w\w/id/area/(\d+)">(.*?)</tr>', table, re.DOTALL
    )
    return {code: plain(row) for code, row in rows}


def test_the_page_counts_hubs_and_prefectures(client: FlaskClient) -> None:
    told = plain(got(client, "/ja/hubs"))
    assert "13 拠点 8 グローバル拠点都市（第2期） 5 NEXTグローバル拠点都市（第2期）" in told
    assert "47 都道府県 27 名前が列挙にある 3 市・区だけが列挙にある 17 列挙に名前がない" in told
    told = plain(got(client, "/en/hubs"))
    assert "13 hubs 8 × Global Hub City (phase 2) 5 × NEXT Global Hub City (phase 2)" in told
    assert "27 named in a list 3 through a city or ward only 17 not named in the lists" in told


@pytest.mark.parametrize("lang", LANGUAGES)
def test_map_and_table_give_each_prefecture_the_same_state(client: FlaskClient, lang: str) -> None:
    page = got(client, f"/{lang}/hubs")
    drawn, rows = states_of_the_map(page), rows_of_prefectures(page)
    assert {code for code, state in drawn.items() if state == "city"} == ONLY_CITIES
    assert {code for code, state in drawn.items() if state == "unnamed"} == UNNAMED
    assert Counter(drawn.values())["named"] == 27
    assert drawn.keys() == rows.keys()
    for code, state in drawn.items():
        assert words("base")[lang][state] in rows[code]


def test_states_are_told_apart_by_pattern_and_sign_besides_colour(client: FlaskClient) -> None:
    page = got(client, "/ja/hubs")
    paths = re.findall(
        r'<path class="(named|city|unnamed)"[^>]*?(?: fill="([^"]+)")?><title>', page
    )
    assert set(paths) == {
        ("named", ""),
        ("city", "url(#map-city)"),
        ("unnamed", "url(#map-unnamed)"),
    }
    assert page.count('<pattern id="map-') == 2
    signs = re.findall(r'<span class="sign" aria-hidden="true">(.)</span>', page)
    assert Counter(signs) == {"■": 27, "▨": 3, "□": 17}


def test_each_prefecture_of_the_map_leads_to_its_page_and_says_its_state(
    client: FlaskClient,
) -> None:
    page = got(client, "/ja/hubs")
    assert '<a href="/ja/id/area/40000" aria-label="福岡県: 市・区だけが列挙にある">' in page
    assert "<title>栃木県: 列挙に名前がない</title>" in page


@pytest.mark.parametrize(("lang", "labels"), [("ja", ["長野×新潟"]), ("en", ["Nagano × Niigata"])])
def test_each_hub_is_marked_with_its_name(
    client: FlaskClient, lang: str, labels: list[str]
) -> None:
    drawn = part(got(client, f"/{lang}/hubs"), '<figure class="map">', "</svg>")
    marked = re.findall(r'<a href="/\w\w/id/hub/([\w-]+)">(<circle|<path)[^>]*/><text[^>]*>', drawn)
    assert {hub for hub, form in marked if form == "<path"} == NEXT
    assert {hub for hub, form in marked if form == "<circle"} == OF_PHASE_1
    for label in labels:
        assert f">{label}</text>" in drawn


def test_the_map_says_its_view_and_its_source(client: FlaskClient) -> None:
    told = got(client, "/en/hubs")
    for said in ("Equirectangular", "no statement on borders", "Natural Earth (public domain)"):
        assert said in told
    assert "北方領土" in got(client, "/ja/hubs")


def test_the_page_says_that_a_list_is_partial(client: FlaskClient) -> None:
    told = got(client, "/en/hubs")
    assert "does not mean that it takes no part" in told
    assert '"/en/id/unstated-matter/participation-tokyo-p2"' in told
    note = plain(part(told, '<p class="note">', "</p>"))
    assert note.endswith("lists the same hub with it: L282 L284")


@pytest.mark.parametrize(
    ("asked", "hubs"),
    [
        ({"tier": "p2-next-global"}, NEXT),
        ({"tier": "p1-promotion"}, {"sapporo-hokkaido", "tohoku", "hiroshima", "kitakyushu"}),
        ({"phase": "startup-hubs-1"}, OF_PHASE_1),
        ({"type": "wide-area"}, {"tohoku", "tokyo", "chubu", "kansai"}),
        ({"type": "unstated"}, NEXT),
        ({"field": "steel"}, {"hiroshima", "kitakyushu", "setouchi"}),
        ({"field": "food"}, {"sapporo-hokkaido", "nagano-niigata"}),
        ({"field": "steel", "tier": "p2-next-global"}, {"setouchi"}),
        ({"phase": "startup-hubs-1", "tier": "p2-global"}, set()),
        ({"field": "nonsense"}, set()),
    ],
    ids=str,
)
def test_the_hubs_are_narrowed_down(
    client: FlaskClient, asked: dict[str, str], hubs: set[str]
) -> None:
    page = got(client, "/en/hubs", **asked)
    assert set(hubs_of(page)) == hubs
    assert f"{len(hubs)} of 13 hubs shown." in page
    assert ("No hub matches." in page) == (not hubs)


def test_a_field_holds_the_narrower_ones(client: FlaskClient) -> None:
    wider = set(hubs_of(got(client, "/en/hubs", field="manufacturing")))
    assert {"hiroshima", "kitakyushu", "setouchi", "chubu"} < wider


def test_the_map_follows_what_is_narrowed_down(client: FlaskClient) -> None:
    page = got(client, "/en/hubs", tier="p2-next-global")
    drawn = states_of_the_map(page)
    named = {code for code, state in drawn.items() if state == "named"}
    assert named == {"16000", "17000", "18000", "20000", "15000", "38000", "43000", "47000"}
    assert [code for code, state in drawn.items() if state == "city"] == ["33000"]
    assert rows_of_prefectures(page).keys() == {*named, "33000"}


def test_of_the_prefectures_of_other_hubs_a_narrowed_map_says_nothing_more(
    client: FlaskClient,
) -> None:
    page = got(client, "/en/hubs", tier="p2-next-global")
    assert 'aria-label="Tokyo Metropolis: not in the lists of the hubs shown"' in page
    assert "Tokyo Metropolis: not named in the lists" not in page


def test_hubs_stand_in_the_order_of_the_source_at_first(client: FlaskClient) -> None:
    assert hubs_of(got(client, "/ja/hubs"))[:3] == ["sapporo-hokkaido", "tohoku", "tokyo"]
    assert hubs_of(got(client, "/ja/hubs", sort="nonsense"))[-1] == "okinawa"


def test_hubs_are_sorted_by_reading_in_japanese_and_by_name_in_english(
    client: FlaskClient,
) -> None:
    japanese = hubs_of(got(client, "/ja/hubs", sort="hub"))
    assert japanese[:3] == ["okinawa", "kansai", "kitakyushu"]  # おきなわ、かんさいけん、きた…
    english = hubs_of(got(client, "/en/hubs", sort="hub"))
    assert english[:3] == ["chubu", "fukuoka", "hiroshima"]
    assert hubs_of(got(client, "/en/hubs", sort="-hub")) == english[::-1]


def test_hubs_are_sorted_by_tier_type_and_number_of_governments(client: FlaskClient) -> None:
    assert set(hubs_of(got(client, "/en/hubs", sort="tier"))[8:]) == NEXT
    assert set(hubs_of(got(client, "/en/hubs", sort="type"))[8:]) == NEXT
    assert hubs_of(got(client, "/en/hubs", sort="-governments"))[0] == "tokyo"


@pytest.mark.parametrize(
    ("order", "first", "last"),
    [
        ("", "01000", "47000"),
        ("prefecture", "23000", "30000"),  # あいちけん … わかやまけん
        ("-prefecture", "30000", "23000"),
        ("-coverage", "09000", "47000"),
        ("place", "01000", "46000"),
    ],
)
def test_prefectures_are_sorted(client: FlaskClient, order: str, first: str, last: str) -> None:
    rows = list(rows_of_prefectures(got(client, "/ja/hubs", order=order)))
    assert (rows[0], rows[-1]) == (first, last)


def test_a_heading_sorts_keeps_the_filter_and_turns_round(client: FlaskClient) -> None:
    page = got(client, "/en/hubs", tier="p2-global", sort="hub")
    assert 'aria-sort="ascending"' in page
    assert 'href="/en/hubs?tier=p2-global&sort=-hub#by-sort"' in page
    assert 'href="/en/hubs?tier=p2-global&sort=hub&order=coverage#by-order"' in page


def test_the_type_of_a_next_hub_is_said_not_to_be_stated(client: FlaskClient) -> None:
    page = got(client, "/en/hubs")
    open_ = re.findall(r'"/en/id/unstated-matter/hub-type-([\w-]+)-p2">type not stated<', page)
    assert set(open_) == NEXT


def test_each_hub_comes_with_its_governments_and_their_line(client: FlaskClient) -> None:
    table = part(got(client, "/en/hubs"), '<table id="hubs" class="stack">', "</table>")
    (tokyo,) = re.findall(r"<tr>\s*<th[^>]*><a href=./en/id/hub/tokyo.*?</tr>", table, re.DOTALL)
    told = plain(tokyo)
    assert "Shibuya City" in told
    assert "and others L310 said" in told
    assert len(re.findall("/en/id/area/", tokyo)) == 9


def test_hubs_that_share_a_field_come_with_words_and_lines(client: FlaskClient) -> None:
    shared = part(got(client, "/en/hubs"), '<h2 id="shared">', "</table>")
    assert "Field mentioned curated" in plain(shared)
    rows = re.findall(r'<tr><th scope="row">(.*?)</tr>', shared, re.DOTALL)
    (steel,) = [plain(row) for row in rows if 'field/steel"' in row]
    assert steel == "steel Hiroshima 鉄鋼 L333 Kitakyushu 鉄鋼 L340 Setouchi 鉄鋼業 L380"


def test_what_became_of_phase_1_is_drawn_solid_where_stated_and_dashed_where_ours(
    client: FlaskClient,
) -> None:
    page = got(client, "/en/hubs")
    figure = part(page, '<figure class="changes">', "</figure>")
    assert Counter(re.findall(r'<path class="(\w+)"', figure)) == {"kept": 3, "renamed": 5}
    rows = re.findall(
        r"<tr><td data-head.*?</tr>", part(page, '<h2 id="changes">', "</section>"), re.DOTALL
    )
    told = [plain(row) for row in rows]
    assert len(told) == 13
    assert sum("newly selected" in row for row in told) == 5
    (kansai,) = [row for row in told if row.startswith("Keihanshin")]
    assert "Kansai area" in kansai
    assert "another name curated The document does not say so." in kansai
    assert "L172–L173" in kansai
    (tohoku,) = [row for row in told if row.startswith("Sendai City")]
    assert "Promotion Hub City (phase 1) Tohoku area Global Hub City (phase 2)" in tohoku


@pytest.mark.parametrize(
    "path",
    [
        *("/en/hubs", "/en/prefectures", "/en/id/hub/tohoku", "/en/id/hub/tokyo"),
        *("/en/id/area/40000", "/en/id/area/09000"),
    ],
)
def test_japanese_on_an_english_page_is_marked_as_such(client: FlaskClient, path: str) -> None:
    content = part(got(client, path), "<main", "</main>").partition('<dl class="facts">')[0]
    assert content
    marked = re.sub(r'<(\w+)[^>]* lang="ja">.*?</\1>', "", content, flags=re.DOTALL)
    assert not re.search(r"[\u3041-\u30fa\u4e00-\u9fff]", marked)


def test_the_form_leads_to_a_prefecture_without_javascript(client: FlaskClient) -> None:
    page = got(client, "/ja/hubs")
    assert 'action="/ja/prefectures" method="get"' in page
    assert '<option value="13000">東京都</option>' in page
    found = client.get("/ja/prefectures", query_string={"area": "13000"})
    assert (found.status_code, found.headers["Location"]) == (302, "/ja/id/area/13000")
    assert client.get("/ja/prefectures?area=99000").status_code == 404


def test_prefectures_are_listed_by_region(client: FlaskClient) -> None:
    page = got(client, "/ja/prefectures")
    regions = re.findall(r"<h2>(.*?)</h2>", page)
    assert regions[0] == "北海道"
    assert regions[-1] == "九州地方"
    assert len(regions) == 8
    assert len(re.findall('"/ja/id/area/', page)) == 47
    assert plain(part(page, "栃木県", "</li>")) == "列挙に名前がない"


def test_links_stay_below_a_sub_path(client: FlaskClient) -> None:
    for path in ("/en/hubs", "/en/prefectures", "/en/id/area/13000", "/en/id/hub/tokyo"):
        page = client.get(path, base_url="https://example.org/policy/").text
        local = re.findall(r'(?:href|action)="(/[^"]*)"', page)
        assert local
        assert all(link.startswith("/policy/") for link in local)


def test_other_peoples_data_have_no_hubs_and_the_pages_say_so(bare: FlaskClient) -> None:
    assert "No answer matches." in got(bare, "/en/hubs")
    assert "該当する答えはありません。" in got(bare, "/ja/prefectures")


SPARSE = """
    @prefix geo: <http://www.w3.org/2003/01/geo/wgs84_pos#> .
    @prefix ssk: <https://w3id.org/seisaku/def#> .
    @base <https://w3id.org/seisaku/id/> .
    GRAPH <urn:graph> {
        <hub/a> a ssk:StartupHub .
        <designation/a> a ssk:HubDesignation ; ssk:designatesHub <hub/a> ;
            ssk:isMadeInPhase <urn:phase> ; ssk:hasTier <urn:tier> ; ssk:isStatedIn <urn:line> .
        <area/a> a ssk:Prefecture ; ssk:standardAreaCode "99000" ; ssk:reading "a" ;
            geo:lat 35.5 ; geo:long 139.5 .
        <urn:list> ssk:isListingFor <designation/a> ; ssk:lists <area/a> ;
            ssk:isExhaustive true ; ssk:isStatedIn <urn:line> .
        <urn:indicator> ssk:hasUnit <urn:unit> ; ssk:hasPreferredDirection <urn:direction> .
        <urn:value> ssk:ofIndicator <urn:indicator> ; ssk:forDesignation <designation/a> ;
            ssk:hasAggregationBasis <urn:basis> ; ssk:wording "5" ; ssk:isStatedIn <urn:line> .
        <urn:line> ssk:startLine 1 .
    }"""
"""A hub with no more than the queries ask for: no names, no segments, no region, no outline."""


@pytest.mark.parametrize(
    ("path", "said"),
    [
        *(
            ("/en/hubs", "1 hubs"),
            ("/en/kpis", "No record gives"),
            ("/ja/prefectures", "名前が列挙にある"),
        ),
        ("/en/id/hub/a", "About this hub"),
        ("/en/id/area/a", "is named in the list of:"),
        ("/en/id/designation/a", "A designation of"),
    ],
)
def test_data_without_names_segments_or_outlines_are_shown_all_the_same(
    tmp_path: Path, path: str, said: str
) -> None:
    (tmp_path / "a.trig").write_text(SPARSE, encoding="utf-8")
    config = Config()
    with WorkerPool([tmp_path / "a.trig"], config, union_default_graph=True) as pool:
        told = plain(got(create_app(pool, config).test_client(), path))
    assert said in told


# A prefecture


def answer(client: FlaskClient, path: str) -> str:
    return plain(part(got(client, path), '<section class="listed">', "</section>"))


def test_a_named_prefecture_says_its_hub_its_line_and_who_else_is_listed(
    client: FlaskClient,
) -> None:
    told = answer(client, "/en/id/area/04000")
    assert "Miyagi Prefecture is named in the list of:" in told
    assert "Tohoku area : Miyagi Prefecture , Sendai City said L303" in told
    assert "Aomori Prefecture , Iwate Prefecture , Akita Prefecture" in told
    assert "Yamagata Prefecture : Tohoku area named in a list" in told


def test_a_prefecture_that_is_listed_through_two_cities_says_both_hubs(
    client: FlaskClient,
) -> None:
    told = answer(client, "/ja/id/area/40000")
    assert "福岡県そのものの名前は列挙にありませんが" in told
    assert "北九州 ： 北九州市 資料 L338" in told
    assert "福岡 ： 福岡市 資料 L345" in told


def test_a_prefecture_that_is_not_named_says_so_with_the_caveat_and_the_lists(
    client: FlaskClient,
) -> None:
    told = answer(client, "/en/id/area/09000")
    assert "Tochigi Prefecture is named in none of the lists of the 13 hubs." in told
    assert "that it takes no part cannot be said. not stated" in told
    lines = set(re.findall(r"L\d+", told))
    assert lines == {
        *("L282", "L284", "L296", "L303", "L310", "L317", "L324", "L331", "L338", "L345"),
        *("L364", "L371", "L378", "L385", "L392"),
    }
    assert "Ibaraki Prefecture : Tokyo area" in told


def test_each_prefecture_has_the_answer_of_its_state(client: FlaskClient) -> None:
    for code in (f"{number:02}000" for number in range(1, 48)):
        told = answer(client, f"/en/id/area/{code}")
        assert ("is named in none of" in told) == (code in UNNAMED), code
        assert ("itself is not named" in told) == (code in ONLY_CITIES), code


def test_a_prefecture_stands_out_on_its_small_map(client: FlaskClient) -> None:
    page = got(client, "/ja/id/area/40000")
    assert page.count(" own") == 1
    assert '<path class="city own"' in page
    assert 'role="img"' in page


def test_a_city_says_which_hub_lists_it_and_how_its_prefecture_stands(
    client: FlaskClient,
) -> None:
    told = answer(client, "/en/id/area/33100")
    assert "Okayama City is named in the list of: Setouchi" in told
    assert "L284 L378" in told
    assert "In: Okayama Prefecture through a city or ward only" in told


# A hub


def about(client: FlaskClient, path: str) -> str:
    return plain(part(got(client, path), '<section class="hub">', "</section>"))


def test_a_hub_says_its_phases_and_which_pairing_is_ours(client: FlaskClient) -> None:
    told = about(client, "/en/id/hub/tohoku")
    assert "first phase Sendai City curated Promotion Hub City (phase 1) said L175–L176" in told
    assert "Tohoku area Global Hub City (phase 2) said" in told
    assert "wide-area type" in told
    assert "Consortium: Sendai-Tohoku Startup Ecosystem Consortium said L300" in told
    assert "Sendai City of phase 1 is taken to be Tohoku area of phase 2. curated" in told


def test_a_hub_gives_its_fields_and_features_with_words_and_lines(client: FlaskClient) -> None:
    told = about(client, "/en/id/hub/tohoku")
    assert "disaster prevention : 防災 L305 said" in told
    assert "demonstration field : 実証フィールド L305 said" in told
    assert "materials : Chubu area L319" in told
    assert "No field is mentioned." in about(client, "/en/id/hub/fukuoka")


def test_the_type_and_the_kpis_of_a_next_hub_are_not_stated(client: FlaskClient) -> None:
    page = got(client, "/ja/id/hub/okinawa")
    assert '<a href="/ja/id/unstated-matter/hub-type-okinawa-p2">' in page
    assert '<a href="/ja/id/unstated-matter/startup-hubs-2-kpi-values">' in page


def test_the_hub_with_kpis_leads_to_them(client: FlaskClient) -> None:
    told = about(client, "/en/id/hub/tokyo")
    assert "15社/年 L272" in told
    assert 'href="/en/kpis"' in got(client, "/en/id/hub/tokyo")


def test_a_designation_leads_to_its_hub(client: FlaskClient) -> None:
    told = plain(got(client, "/en/id/designation/kansai-p1"))
    assert "A designation of Kansai area" in told
    told = plain(got(client, "/ja/id/designation/okinawa-p2"))
    assert "類型の記載なし" in told


# The map


def test_the_outlines_are_those_of_the_47_prefectures() -> None:
    known = japan.outlines()["prefectures"]
    assert list(known) == [f"JP-{number:02}" for number in range(1, 48)]


def test_neighbours_are_mutual() -> None:
    for code in japan.outlines()["prefectures"]:
        assert code not in japan.beside(code)
        assert all(code in japan.beside(other) for other in japan.beside(code))
    assert japan.beside("JP-02") == ["JP-03", "JP-05"]
    assert japan.beside("JP-47") == []


def test_each_office_lies_within_the_outline_of_its_prefecture(client: FlaskClient) -> None:
    query = """
        PREFIX geo: <http://www.w3.org/2003/01/geo/wgs84_pos#>
        PREFIX ssk: <https://w3id.org/seisaku/def#>
        SELECT ?iso ?lat ?long {
            ?prefecture a ssk:Prefecture ; ssk:isoCode ?iso ; geo:lat ?lat ; geo:long ?long
        }"""
    rows = client.get("/sparql", query_string={"query": query, "format": "csv"}).text.split()[1:]
    assert len(rows) == 47
    for row in rows:
        iso, latitude, longitude = row.split(",")
        x, y = japan.place(float(latitude), float(longitude))
        path = japan.outlines()["prefectures"][iso]["path"]
        corners = [corner for ring in japan.rings(path) for corner in ring]
        assert min(x for x, _ in corners) - 2 < x < max(x for x, _ in corners) + 2, iso
        assert min(y for _, y in corners) - 2 < y < max(y for _, y in corners) + 2, iso


@pytest.mark.parametrize("lang", LANGUAGES)
def test_labels_on_the_map_meet_neither_each_other_nor_the_edge(
    client: FlaskClient, lang: str
) -> None:
    drawn = part(got(client, f"/{lang}/hubs"), '<figure class="map">', "</svg>")
    found = re.findall(r'<text x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]+)<', drawn)
    assert len(found) == 13
    boxes = []
    for x, y, label in found:
        width = japan.width_of(label) * japan.LETTER / 2
        boxes.append((float(x) - width, float(y) - 15, float(x) + width, float(y) + 4))
    wide, high = japan.outlines()["size"]
    for number, (left, top, right, bottom) in enumerate(boxes):
        assert left > 0
        assert top > 0
        assert right < wide
        assert bottom < high
        for x1, y1, x2, y2 in boxes[:number]:
            assert left >= x2 or right <= x1 or top >= y2 or bottom <= y1


def test_a_label_that_has_no_room_leaves_its_mark_with_a_name() -> None:
    placed = japan.placed((japan.Mark("長" * 40, "/x", 35.7, 139.7, "circle"),))
    assert [each.box for each in placed] == [None]
