"""Prefecture: whether a prefecture is in the lists of the hubs, through what, and next to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, redirect, request

from ..description import SSK
from .country import NAMED, UNNAMED, country
from .frame import address, page, pages, words
from .map import beside
from .resource import SECTIONS

if TYPE_CHECKING:
    from werkzeug.wrappers import Response


@pages.get("/<any(ja, en):lang>/prefectures")
def prefectures(lang: str) -> str | Response:
    """List the prefectures by region, or lead to the page of the one whose code is given."""
    whole = country(lang)
    code = request.args.get("area", "")
    if not code:
        return page("prefectures", lang, whole=whole)
    found = next((each for each in whole.prefectures if each.code == code), None)
    return redirect(address(found.iri, lang)) if found else abort(404)


def section(iri: str, lang: str) -> str:
    """Write how a prefecture, or a city or ward, is in the lists, next to whom, and where it is."""
    whole = country(lang)
    if iri not in whole.areas:
        return ""
    area = whole.areas[iri]
    here = [
        each
        for each in whole.listed_in(area.prefecture)
        if iri in (each.government, area.prefecture)
    ]
    hubs = list(dict.fromkeys(each.hub for each in here))
    around = set(beside(whole.areas[area.prefecture].iso))
    state = whole.coverage(iri) if iri == area.prefecture else (NAMED if here else UNNAMED)
    return page(
        "prefecture",
        lang,
        area=area,
        whole=whole,
        here=here,
        state=state,
        hubs=hubs,
        neighbours=[each for each in whole.prefectures if each.iso in around],
        labels=whole.labels,
        map=whole.drawn(
            words("prefecture")[lang]["map"], whole.legend, small=True, own=area.prefecture
        ),
    )


SECTIONS.update(dict.fromkeys((SSK + "Prefecture", SSK + "Municipality"), section))
