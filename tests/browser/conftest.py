"""The browser, and pages as it shows them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from conftest import left_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser


# Until the end of this package only: while Playwright runs, nothing else can use asyncio.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Chromium, as Debian packages it, driven by Playwright."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        left_out("a browser: install the Debian package chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        left_out("Playwright: install the dependency group browser")
    arguments = ["--no-sandbox", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=arguments)
        yield browser
        browser.close()
