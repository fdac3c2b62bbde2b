"""The harness itself: it knows every page, and it finds what it looks for."""

import re

from playwright.sync_api import Browser

from conftest import REPOSITORY
from seisaku.app import create_app
from seisaku.config import LANGUAGES, Config
from seisaku.workers import WorkerPool

from .conftest import CONTRAST, PHONE, WIDEST, axe
from .kinds import KINDS
from .screenshots import LARGEST


def test_every_page_has_a_row() -> None:
    with WorkerPool([], Config()) as pool:
        rules = [*create_app(pool, Config()).url_map.iter_rules()]
    pages = {rule.rule.partition(":lang>")[2] for rule in rules if ":lang>" in rule.rule}
    simple = {path for path in pages if "<" not in path}
    shown = {re.sub(r"\?.*", "", kind.path) for kind in KINDS}
    # One leads to the first document, the other is the page of a thing, which `concept` stands for.
    assert simple - shown <= {"/source", "/ont"}


def test_every_page_has_its_picture_in_both_languages_and_small() -> None:
    for kind in KINDS:
        for lang in LANGUAGES if kind.is_here else ():
            file = REPOSITORY / "docs" / "screenshots" / f"{kind.name}-{lang}.png"
            assert file.is_file(), f"{file.name}: `make screenshots` makes it"
            assert file.stat().st_size <= LARGEST


def test_axe_finds_a_picture_without_a_text(chromium: Browser) -> None:
    page = chromium.new_page()
    page.set_content("<!doctype html><html lang=en><title>t</title><main><h1>x</h1><img src=x>")
    assert [each.partition(":")[0] for each in axe(page, {})] == ["image-alt"]
    page.set_content("<!doctype html><html lang=en><title>t</title><p style='color:#777'>faint")
    assert [each.partition(":")[0] for each in axe(page, CONTRAST)] == [CONTRAST]
    page.close()


def test_what_is_too_wide_is_found(chromium: Browser) -> None:
    page = chromium.new_page(viewport={"width": PHONE, "height": 900})
    page.set_content("<div style='width:500px'>wide</div>")
    assert page.evaluate(WIDEST) > PHONE
    page.close()
