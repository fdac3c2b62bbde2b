"""What readers come for, from the home page to the answer, with and without JavaScript."""

import re

from playwright.sync_api import Page, expect

from .conftest import needs


def open_page(reader: Page, lang: str, name: str) -> None:
    """Go from the home page to another by the navigation."""
    reader.goto(f"/{lang}/")
    reader.get_by_role("navigation").first.get_by_role("link", name=name, exact=True).click()


def test_which_hub_is_my_prefecture_in(reader: Page) -> None:
    needs("hubs", "prefecture")
    reader.goto("/ja/")
    reader.locator("header input[name=q]").fill("愛媛県")
    reader.get_by_role("search").get_by_role("button").click()
    reader.get_by_role("main").get_by_role("link", name="愛媛県", exact=True).first.click()
    expect(reader).to_have_url(re.compile("/ja/id/area/38000"))
    expect(
        reader.get_by_role("main").get_by_role("link", name=re.compile("瀬戸内")).first
    ).to_be_visible()


def test_did_tokyo_meet_its_kpis(reader: Page) -> None:
    needs("kpis")
    open_page(reader, "en", "Indicators")
    main = reader.get_by_role("main")
    expect(main).to_contain_text("Tokyo")
    expect(main).to_contain_text(re.compile("unicorn", re.IGNORECASE))
    for value in ("15", "20"):
        expect(main).to_contain_text(value)
    expect(main).to_contain_text(re.compile("not .*compar", re.IGNORECASE))


def test_what_changed_from_2021_to_2025(reader: Page) -> None:
    needs("strategies")
    open_page(reader, "en", "Lineage")
    main = reader.get_by_role("main")
    for year in ("2021", "2022", "2023", "2024", "2025"):
        expect(main).to_contain_text(year)


def test_cite_line_128(reader: Page) -> None:
    open_page(reader, "ja", "原資料")
    expect(reader).to_have_url(re.compile("/ja/source/strategy-slides"))
    line = reader.get_by_role("main").get_by_role("link", name="L128", exact=True).first
    address = line.get_attribute("href") or ""
    line.click()
    expect(reader).to_have_url(re.compile("L128"))
    assert "L128" in address  # an address that can be passed on
    needs("line")
    expect(reader.get_by_role("main")).to_contain_text("引用")


def test_from_a_fact_to_its_line(reader: Page) -> None:
    reader.goto("/en/quality")
    matter = reader.get_by_role("listitem").filter(has_text="Total of the budget amounts").first
    matter.get_by_role("link", name="L128", exact=True).click()
    expect(reader).to_have_url(re.compile("/en/source/strategy-slides.*L128"))


def write(reader: Page, query: str) -> None:
    """Write a query over what stands in the field, as by hand: `fill` does not see the editor's."""
    reader.wait_for_load_state("load")  # by then the editor stands in the field's place
    reader.get_by_role("textbox", name="SPARQL query").click()
    reader.keyboard.press("Control+A")
    reader.keyboard.insert_text(query)


def test_run_and_edit_a_query(reader: Page) -> None:
    open_page(reader, "en", "SPARQL")
    write(reader, "SELECT ?x { VALUES ?x { 41 } }")
    reader.get_by_role("button", name="Run", exact=True).click()
    expect(reader.get_by_role("cell", name=re.compile("^41"))).to_be_visible()
    write(reader, "SELECT ?x { VALUES ?x { 42 } }")
    reader.get_by_role("button", name="Run", exact=True).click()
    expect(reader.get_by_role("cell", name=re.compile("^42"))).to_be_visible()
    write(reader, "SELECT ?x {")
    reader.get_by_role("button", name="Run", exact=True).click()
    expect(reader.get_by_role("alert")).to_contain_text("line 1")


def test_from_a_class_to_its_rule_and_to_its_members(reader: Page) -> None:
    open_page(reader, "en", "Ontology")
    reader.get_by_role("link", name="startup ecosystem hub").first.click()
    expect(reader).to_have_url(re.compile("#StartupHub$"))
    term = reader.locator("#StartupHub")
    term.get_by_role("link", name="A hub has at least one designation.").click()
    expect(reader).to_have_url(re.compile("/en/quality#StartupHub-designation$"))
    expect(reader.locator("#StartupHub-designation")).to_be_in_viewport()
    reader.go_back()
    term.get_by_role("link", name="13 things").click()
    expect(reader.get_by_role("main")).to_contain_text("13 rows")
