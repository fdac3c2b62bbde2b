"""The keyboard: every page can be used without a pointer."""

import pytest
from playwright.sync_api import Browser, Page

from seisaku.config import LANGUAGES

PLACE = """() => {
    const now = document.activeElement;
    const part = now.closest("main, nav, form[role=search], footer");
    const name = part ? part.localName : now.className || now.localName;
    return [name, getComputedStyle(now).outlineStyle !== "none"];
}"""


def focused(page: Page) -> tuple[str, bool]:
    """The part of the page that has the focus, and whether that can be seen."""
    part, seen = page.evaluate(PLACE)
    return part, seen


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_tab_key_reaches_search_then_navigation_then_content(
    chromium: Browser, served: str, lang: str
) -> None:
    page = chromium.new_page()
    page.goto(f"{served}/{lang}/quality")
    parts: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        part, seen = focused(page)
        assert seen, part
        parts += [part] if not parts or parts[-1] != part else []
        if part == "main":
            break
    page.close()
    assert parts[0] == "skip"
    order = [part for part in parts if part in ("form", "nav", "main")]
    assert order == ["form", "nav", "main"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_first_link_leads_past_the_navigation(
    chromium: Browser, served: str, lang: str
) -> None:
    page = chromium.new_page()
    page.goto(f"{served}/{lang}/quality")
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    assert skip.evaluate("each => each.getBoundingClientRect().left >= 0")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused(page)[0] == "main"
    page.close()
