"""The editor of the query page, the filter of the home page and the suggestions of the header."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

from conftest import left_out
from seisaku.assets import is_there

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

PREFIXES = """\
PREFIX geo: <http://www.w3.org/2003/01/geo/wgs84_pos#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX ssk: <https://w3id.org/seisaku/def#>
"""
HUBS = PREFIXES + "SELECT ?hub ?name { ?hub a ssk:StartupHub ; rdfs:label ?name } ORDER BY ?hub"
PLACES = (
    PREFIXES
    + "SELECT ?place ?lat ?long { ?place a ssk:Prefecture ; geo:lat ?lat ; geo:long ?long }"
)
GRAPH = PREFIXES + "CONSTRUCT { ?d ssk:designatesHub ?hub } { ?d ssk:designatesHub ?hub }"
COUNTS = """\
SELECT ?class (COUNT(?thing) AS ?things) { ?thing a ?class } GROUP BY ?class ORDER BY ?class"""


@pytest.fixture
def context(chromium: Browser, served: str) -> Iterator[BrowserContext]:
    if not is_there("editor/editor.js"):
        left_out("the editor: `make serve` builds it")
    opened = chromium.new_context(base_url=served, viewport={"width": 1280, "height": 900})
    opened.set_default_timeout(10_000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext, served: str) -> Iterator[Page]:
    """A page on which nothing may be asked of another host, and nothing may go wrong unseen."""
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda it: wrong.append(it.text) if it.type == "error" else None)
    opened.on("request", lambda it: None if it.url.startswith(served) else wrong.append(it.url))
    yield opened
    # A query that is wrong is answered with 400, which a browser tells on its console.
    assert [each for each in wrong if "status of 400" not in each] == []


def address(query: str, lang: str = "en") -> str:
    return f"/{lang}/query?query={quote(query)}"


def write(page: Page, text: str) -> None:
    """Type a text in the editor, in place of what stands there."""
    page.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.type(text)


def written(page: Page) -> str:
    """The text of the form's field, which is that of the editor."""
    return str(page.locator("#query").evaluate("field => field.value"))


def offered(page: Page) -> list[str]:
    """The names that the editor offers."""
    page.locator(".cm-tooltip-autocomplete li").first.wait_for()
    return page.locator(".cm-tooltip-autocomplete .cm-completionLabel").all_inner_texts()


def test_the_editor_takes_the_place_of_the_field_and_its_styles_are_allowed(page: Page) -> None:
    page.goto("/en/query")
    expect(page.locator("#query")).to_be_hidden()
    box = page.locator(".cm-content")
    expect(box).to_have_attribute("aria-label", "SPARQL query")
    keyword = page.locator(".cm-line span").first
    expect(keyword).to_have_text("PREFIX")
    expect(keyword).to_have_css("font-weight", "600")
    assert page.locator("style").count() == 0


def test_without_javascript_the_form_asks_the_same(chromium: Browser, served: str) -> None:
    context = chromium.new_context(base_url=served, java_script_enabled=False)
    page = context.new_page()
    page.goto("/en/query")
    page.locator("#query").fill(HUBS)
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#result")).to_contain_text("Setouchi")
    page.locator("#question").select_option("cq55")
    page.get_by_role("button", name="Open").click()
    expect(page.locator("#query")).to_have_value(re.compile("SELECT"))
    expect(page.locator("#result tbody tr")).to_have_count(3)
    context.close()


@pytest.mark.parametrize("typed", ["Startup", "startup eco", "スタートアップ・エコ"])
def test_a_class_is_offered_by_its_name_or_by_its_label_and_brings_its_prefix(
    page: Page, typed: str
) -> None:
    page.goto("/ja/query")
    write(page, f"SELECT * {{ ?hub a {typed.split()[0]}")
    assert offered(page)[0] == "ssk:StartupHub"
    expect(page.locator(".cm-completionDetail").first).to_have_text(re.compile("拠点"))
    page.wait_for_timeout(150)  # the editor takes no choice that could be a slip
    page.keyboard.press("Enter")
    assert written(page).startswith("PREFIX ssk: <https://w3id.org/seisaku/def#>\nSELECT")
    assert "?hub a ssk:StartupHub" in written(page)


def test_the_properties_that_the_class_of_the_subject_has_are_offered_first(page: Page) -> None:
    page.goto("/en/query")
    write(page, "SELECT * { ?c a ssk:Consortium . ?c ssk:")
    named = offered(page)
    with urlopen(f"{page.url.partition('/en/')[0]}/completions.json") as response:  # noqa: S310
        known = json.load(response)
    classes = [each["iri"] for each in known["classes"]]
    place = classes.index("https://w3id.org/seisaku/def#Consortium")
    has = {
        each["iri"].replace("https://w3id.org/seisaku/def#", "ssk:")
        for each in known["properties"]
        if place in dict(each["of"])
    }
    own = [each for each in has if each.startswith("ssk:")]
    assert set(named[: len(own)]) == set(own)
    assert len(named) > len(own)


def test_a_prefix_of_the_dataset_is_offered_with_its_namespace(page: Page) -> None:
    page.goto("/en/query")
    write(page, "PREFIX sk")
    assert offered(page) == ["skos:"]
    page.wait_for_timeout(150)
    page.keyboard.press("Enter")
    assert written(page) == "PREFIX skos: <http://www.w3.org/2004/02/skos/core#>"


@pytest.mark.parametrize(
    ("query", "place", "marked"),
    [
        ("ASK {}\nLIMIT x", "line 2, column 7", "x"),
        ('ASK { ?s ?p "😀😀" . } LIMIT x', "line 1, column 28", "x"),
    ],
)
def test_what_the_server_says_is_wrong_is_marked_where_it_is(
    page: Page, query: str, place: str, marked: str
) -> None:
    page.goto(address(query))
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(place)
    expect(page.locator(".cm-lintRange-error")).to_have_text(marked)
    write(page, "ASK {")  # closes the bracket itself
    page.keyboard.press("Control+Enter")
    expect(page.locator(".answer")).to_have_text("yes")
    expect(page.locator(".cm-lintRange-error")).to_have_count(0)


def test_rows_show_names_with_links_languages_and_datatypes(page: Page) -> None:
    page.goto(address(HUBS, "ja"))
    table = page.get_by_role("tabpanel").get_by_role("table")
    page.goto(address(COUNTS, "ja"))
    term = table.get_by_role("link", name="コンソーシアム", exact=True)
    expect(term).to_have_attribute("href", "/ja/ontology#Consortium")
    page.goto(address(HUBS, "ja"))
    link = table.get_by_role("link", name="瀬戸内").first
    expect(link).to_have_attribute("href", "/ja/id/hub/setouchi")
    expect(table.locator("td", has_text="Setouchi").first).to_contain_text("en")
    page.goto(address(COUNTS))
    expect(page.get_by_role("tabpanel").locator("td").nth(1)).to_contain_text("xsd:integer")


def test_many_rows_are_shown_in_part_and_that_is_said(page: Page) -> None:
    page.goto(address("SELECT * { ?s ?p ?o } LIMIT 900"))
    panel = page.get_by_role("tabpanel")
    expect(panel).to_contain_text("The first 500 of 900 rows")
    expect(panel.locator("tbody tr")).to_have_count(500)


def test_coordinates_are_drawn_as_points_with_a_list(page: Page) -> None:
    page.goto(address(PLACES, "ja"))
    page.get_by_role("tab", name="地図").click()
    expect(page.locator("circle.point")).to_have_count(47)
    expect(page.locator(".places").get_by_role("link", name="沖縄県")).to_be_visible()
    page.goto(address('SELECT ?where { BIND("POINT(139.7 35.7)" AS ?where) }'))
    page.get_by_role("tab", name="Map").click()
    expect(page.locator("circle.point")).to_have_count(1)
    page.goto(address(HUBS))
    expect(page.get_by_role("tab", name="Table")).to_be_visible()
    expect(page.get_by_role("tab", name="Map")).to_have_count(0)


def test_numbers_are_drawn_as_bars_in_proportion(page: Page) -> None:
    query = 'SELECT * { VALUES (?what ?n) { ("half"@en 4) ("whole"@en 8) } }'
    page.goto(address(query))
    page.get_by_role("tab", name="Chart").click()
    bars = page.locator("rect.bar")
    expect(bars).to_have_count(2)
    half, whole = (float(each.get_attribute("width") or 0) for each in bars.all())
    assert half * 2 == pytest.approx(whole)
    expect(page.locator(".chart")).to_contain_text("half")


def test_a_graph_is_drawn_with_a_list_and_what_draws_it_comes_only_then(page: Page) -> None:
    parts: list[str] = []
    page.on("request", lambda it: parts.append(it.url) if "/graph-" in it.url else None)
    page.goto(address(HUBS))
    expect(page.get_by_role("tab", name="Table")).to_be_visible()
    assert parts == []
    page.goto(address(GRAPH))
    expect(page.locator(".graph canvas").first).to_be_visible()
    assert len(parts) == 1
    panel = page.get_by_role("tabpanel")
    expect(panel.locator("tbody tr")).to_have_count(21)
    expect(panel).to_contain_text("Of 34 things, the 34 with the most links are drawn.")
    assert page.locator("style").count() == 0


def test_a_graph_of_many_things_is_drawn_in_part(page: Page) -> None:
    page.goto(address("CONSTRUCT { ?s a ?o } { ?s a ?o } LIMIT 400"))
    expect(page.get_by_role("tabpanel")).to_contain_text("the 100 with the most links")


def test_tabs_are_reached_by_arrows(page: Page) -> None:
    page.goto(address(COUNTS))
    page.get_by_role("tab", name="Table").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Chart")).to_be_focused()
    expect(page.get_by_role("tab", name="Chart")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("tab", name="Raw")).to_be_focused()
    expect(page.get_by_role("tabpanel").locator("pre")).to_contain_text('"bindings"')


def test_downloads_are_of_the_query_that_ran(page: Page, served: str) -> None:
    page.goto(address(HUBS))
    href = page.locator("#result .links").get_by_role("link", name="csv").get_attribute("href")
    with urlopen(f"{served}{href}") as response:  # noqa: S310
        assert response.read().decode().startswith("hub,name\r\n")


def test_a_query_that_ran_has_an_address_and_the_way_back_leads_to_the_one_before(
    page: Page,
) -> None:
    page.goto(address("ASK {}"))
    expect(page.locator(".answer")).to_have_text("yes")
    write(page, "ASK { <urn:a> <urn:b> <urn:c> ")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".answer")).to_have_text("no")
    assert parse_qs(urlsplit(page.url).query)["query"][0].startswith("ASK { <urn:a>")
    page.go_back()
    expect(page.locator(".answer")).to_have_text("yes")
    assert written(page) == "ASK {}"


def test_the_link_is_copied(page: Page, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(address("ASK {}"))
    page.get_by_role("button", name="Copy the link").click()
    expect(page.locator(".told")).to_have_text("Copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert urlsplit(copied).path == "/en/query"
    assert parse_qs(urlsplit(copied).query) == {"query": ["ASK {}"]}


def test_queries_that_ran_are_kept_and_can_be_forgotten(page: Page) -> None:
    page.goto(address("ASK {}"))
    expect(page.locator(".answer")).to_have_text("yes")
    page.goto("/en/query")
    page.get_by_text("Queries run before").click()
    page.locator(".history button").click()
    assert written(page) == "ASK {}"
    page.get_by_role("button", name="Forget them").click()
    page.reload()
    expect(page.locator(".history button")).to_have_count(0)


def test_the_editor_fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(address(GRAPH, "ja"))
    expect(page.locator(".graph canvas").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_questions_are_filtered_as_one_types(page: Page) -> None:
    page.goto("/en/")
    items = page.locator(".questions li:visible")
    expect(items).to_have_count(40)
    page.locator("#filter").fill("ＲＡＭＥＮ")
    expect(items).to_have_count(1)
    page.locator("#filter").fill("ふーどてっく")  # the other language's title
    expect(items).to_have_count(1)
    page.locator("#filter").fill("cheese")
    expect(page.locator("#found")).to_have_text("No question matches.")
    page.locator("#filter").fill("")
    expect(items).to_have_count(40)
    expect(page.locator("#found")).to_have_text("")


@pytest.mark.parametrize(
    ("lang", "typed", "there"), [("ja", "瀬戸", "/ja/id/"), ("en", "Setou", "/en/id/")]
)
def test_names_are_suggested_in_the_header_and_chosen_by_keys(
    page: Page, lang: str, typed: str, there: str
) -> None:
    page.goto(f"/{lang}/")
    if page.locator(".find[data-suggest]").count() == 0:
        left_out("suggestions: the route /search/suggest")
    field = page.locator(".find input")
    expect(field).to_have_attribute("role", "combobox")
    field.press_sequentially(typed)
    options = page.get_by_role("listbox").get_by_role("option")
    expect(options.first).to_contain_text(typed)
    expect(field).to_have_attribute("aria-expanded", "true")
    field.press("Escape")
    expect(options.first).to_be_hidden()
    expect(field).to_have_value(typed)
    field.press("Backspace")
    field.press_sequentially(typed[-1])
    expect(options.first).to_be_visible()
    field.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    active = options.first.get_attribute("id") or ""
    expect(field).to_have_attribute("aria-activedescendant", active)
    field.press("Enter")
    expect(page).to_have_url(re.compile(there))
