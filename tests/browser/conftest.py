"""The browser, and pages as it shows them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from conftest import left_out

from .kinds import KINDS, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

PHONE, DESK = 390, 1280
"""Widths in pixels."""

COLOURED = {("ja", DESK), ("en", PHONE)}
"""Where contrast is looked at, in the light and in the dark: it takes axe-core two thirds of its
time, and colours do not change with the language."""

CONTRAST = "color-contrast"

WIDEST = "document.documentElement.scrollWidth"
HIDDEN = "!document.querySelector('header nav')?.checkVisibility()"


@dataclass(frozen=True)
class Visit:
    """What a browser found on one page."""

    status: int
    lang: str
    text: str
    width: int
    """How wide the page is, in pixels."""
    complaints: list[str]
    """What the browser's console says of errors and warnings."""
    foreign: list[str]
    """Requests to another host."""
    violations: list[str]
    """What axe-core finds besides."""
    faint: list[str]
    """What axe-core finds too faint to read, in the light scheme or in the dark one."""
    without_navigation: bool
    """Whether a print leaves the navigation out."""


# Until the end of this package only: while Playwright runs, nothing else can use asyncio.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Chromium, as Debian packages it, driven by Playwright."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        left_out("a browser: install the Debian package chromium")
    arguments = ["--no-sandbox", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def visit(chromium: Browser, stocked: str) -> Callable[[Kind, str, int], Visit]:
    """Visit a page of a kind, in a language, at a width; each is visited once."""
    found: dict[tuple[str, str, int], Visit] = {}

    def once(kind: Kind, lang: str, width: int) -> Visit:
        if not kind.is_here:
            left_out(f"the page {kind.name}: pages/{kind.module}.py")
        key = kind.name, lang, width
        if key not in found:
            context = chromium.new_context(viewport={"width": width, "height": 900})
            coloured = (lang, width) in COLOURED
            found[key] = _visit(context.new_page(), stocked, f"/{lang}{kind.path}", coloured)
            context.close()
        return found[key]

    return once


def _visit(page: Page, site: str, path: str, coloured: bool) -> Visit:
    complaints: list[str] = []
    foreign: list[str] = []
    page.on(
        "console",
        lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda asked: None if asked.url.startswith(f"{site}/") else foreign.append(asked.url),
    )
    response = page.goto(site + path)
    assert response
    if page.locator("script[src]").count():
        page.wait_for_load_state("networkidle")
    lang = page.locator("html").get_attribute("lang") or ""
    text = page.locator("main").inner_text()
    width = page.evaluate(WIDEST)
    violations = axe(page, {CONTRAST: {"enabled": False}})
    faint: list[str] = []
    for scheme in ("light", "dark") if coloured else ():
        page.emulate_media(color_scheme=scheme)
        faint += [f"{scheme}: {each}" for each in axe(page, CONTRAST)]
    page.emulate_media(media="print")
    hidden = bool(page.evaluate(HIDDEN))
    return Visit(response.status, lang, text, width, complaints, foreign, violations, faint, hidden)


def axe(page: Page, what: str | dict[str, Any]) -> list[str]:
    """Give what axe-core finds wrong on a page, each with the places where.

    `what` is the only rule to look at, or what is to be changed in the rules that there are.
    """
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    options |= {"runOnly": [what]} if isinstance(what, str) else {"rules": what}
    return [
        f"{each['id']}: {each['help']}: {[node['html'][:200] for node in each['nodes'][:3]]}"
        for each in Axe().run(page, options=options).response["violations"]
    ]


@pytest.fixture(params=[True, False], ids=["with-javascript", "without-javascript"])
def reader(chromium: Browser, served: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page on a desk, with and without JavaScript, whose addresses begin at the server's."""
    context = chromium.new_context(
        base_url=served,
        java_script_enabled=request.param,
        viewport={"width": DESK, "height": 900},
    )
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def needs(*names: str) -> None:
    """Leave a test out where one of the kinds of pages is not there."""
    for kind in KINDS:
        if kind.name in names and not kind.is_here:
            left_out(f"the page {kind.name}: pages/{kind.module}.py")
