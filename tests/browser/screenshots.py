"""Make a picture of every kind of page, or of the kinds named: `make screenshots` makes all.

Each shows the top of the page on a desk, some on a phone or in the dark too, in few colours. They
are looked at before they are committed: a picture shows what a rule does not.
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, ViewportSize, sync_playwright

from browser.kinds import KINDS
from serving import serving

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
DESK: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
ON_A_PHONE = {"home", "hubs", "ontology"}
IN_THE_DARK = {"hubs", "quality"}
SHOWN = {"ontology": "#diagram"}
"""What is scrolled to, where the top of a page says least."""

COLOURS = 64
LARGEST = 120_000
"""Bytes of a picture: more would not be small."""


def main(named: list[str]) -> None:
    """Make the pictures in both languages, and say how large each is."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("a browser is missing: install the Debian packages chromium and fonts-noto-cjk")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.png") if not named else ():
        old.unlink()
    with serving(log_level="warning") as server, sync_playwright() as playwright:
        server.ask("ASK {}")  # until the data are loaded
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        site = f"http://127.0.0.1:{server.port}"
        for kind in KINDS:
            if not kind.is_here or (named and kind.name not in named):
                continue
            for lang in ("ja", "en"):
                page = browser.new_page(viewport=DESK)
                page.goto(f"{site}/{lang}{kind.path}", wait_until="networkidle")
                if kind.name in SHOWN:
                    page.locator(SHOWN[kind.name]).evaluate("each => each.scrollIntoView()")
                picture(page, f"{kind.name}-{lang}")
                if kind.name in IN_THE_DARK and lang == "ja":
                    page.emulate_media(color_scheme="dark")
                    picture(page, f"{kind.name}-{lang}-dark")
                    page.emulate_media(color_scheme="light")
                if kind.name in ON_A_PHONE:
                    page.set_viewport_size(PHONE)
                    picture(page, f"{kind.name}-{lang}-phone")
                page.close()
        browser.close()


def picture(page: Page, name: str) -> None:
    """Write what is seen of a page, in few colours."""
    seen = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    file = FOLDER / f"{name}.png"
    seen.quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
    size = file.stat().st_size
    print(f"{file.name}: {size / 1000:.0f} kB")
    if size > LARGEST:
        sys.exit(f"{file.name} is larger than {LARGEST / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
