"""What every kind of page must keep, in both languages, on a phone and on a desk."""

from collections.abc import Callable

import pytest

from seisaku.config import LANGUAGES

from .conftest import COLOURED, DESK, PHONE, Visit
from .kinds import KINDS, Kind

Look = Callable[[Kind, str, int], Visit]

# By module, so that all tests of one visit come together.
pytestmark = [
    pytest.mark.parametrize("width", [PHONE, DESK], scope="module"),
    pytest.mark.parametrize("lang", LANGUAGES, scope="module"),
    pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name, scope="module"),
]


def test_it_comes_with_its_status_in_its_language(
    visit: Look, kind: Kind, lang: str, width: int
) -> None:
    found = visit(kind, lang, width)
    assert (found.status, found.lang) == (kind.status, lang)


def test_it_shows_the_main_facts(visit: Look, kind: Kind, lang: str, width: int) -> None:
    said = visit(kind, lang, width).text.casefold()
    assert [fact for fact in kind.facts(lang) if fact.casefold() not in said] == []


def test_the_browser_has_nothing_to_complain_of(
    visit: Look, kind: Kind, lang: str, width: int
) -> None:
    missing = "Failed to load resource: the server responded with a status of 404"
    complaints = visit(kind, lang, width).complaints
    if kind.status == 404:
        complaints = [each for each in complaints if not each.startswith(missing)]
    assert complaints == []


def test_nothing_is_asked_of_another_host(visit: Look, kind: Kind, lang: str, width: int) -> None:
    assert visit(kind, lang, width).foreign == []


def test_it_is_not_wider_than_the_screen(visit: Look, kind: Kind, lang: str, width: int) -> None:
    assert visit(kind, lang, width).width <= width


def test_axe_finds_no_barrier(visit: Look, kind: Kind, lang: str, width: int) -> None:
    assert visit(kind, lang, width).violations == []


def test_nothing_is_too_faint_in_the_light_nor_in_the_dark(
    visit: Look, kind: Kind, lang: str, width: int
) -> None:
    if (lang, width) in COLOURED:
        assert visit(kind, lang, width).faint == []


def test_a_print_leaves_the_navigation_out(visit: Look, kind: Kind, lang: str, width: int) -> None:
    assert visit(kind, lang, width).without_navigation
