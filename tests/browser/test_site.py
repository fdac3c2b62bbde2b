"""The site without a server, opened from the disk."""

from pathlib import Path

from playwright.sync_api import Browser, expect


def test_a_reader_goes_from_home_to_a_thing_and_on_to_its_other_language(
    chromium: Browser, written: Path
) -> None:
    page = chromium.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.goto((written / "index.html").as_uri())
    page.wait_for_url("**/ja/index.html")
    page.goto((written / "id/example/tohoku/index.html").as_uri())
    page.wait_for_url("**/ja/id/example/tohoku/index.html")
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("link", name="Ontology").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).margin") == "0px"  # the style is there
    page.get_by_role("link", name="SPARQL").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Not in this copy")
    assert complaints == []
