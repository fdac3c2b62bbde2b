"""Home: what this is, and the questions that it answers, by who asks them."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import redirect, request, url_for

from .. import negotiate
from ..description import GRAPH_TYPES, served
from ..folding import matches
from ..questions import ASKERS
from .answered import answered
from .frame import page, pages

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from ..questions import Question

LONGEST = 200
"""Characters of a search that are looked at."""


@pages.get("/")
def start() -> Response:
    """Send the reader to the home page in the language chosen before, or the browser's.

    A program that likes RDF better is sent to what the dataset says of itself.
    """
    if negotiate.media_type(("text/html", *GRAPH_TYPES)) in GRAPH_TYPES:
        return redirect(url_for("void"), HTTPStatus.SEE_OTHER)
    return redirect(url_for("pages.home", lang=negotiate.language()))


@pages.get("/<any(ja, en):lang>/")
def home(lang: str) -> str:
    """Say what this is, answer some questions, and list all of them or those sought."""
    sought = request.args.get("q", "")[:LONGEST]
    asked = [each for each in served().questions if _is_found(sought, each)]
    return page(
        "home",
        lang,
        sought=sought,
        featured=[
            (each, answered(each, each.text, lang)) for each in served().questions if each.featured
        ],
        askers={who: [each for each in asked if each.who == who] for who in ASKERS},
        checks=[each for each in asked if each.who is None],
        count=len(served().questions),
        facts=served().description.facts,
        dataset=served().pool.dataset,
    )


def _is_found(sought: str, question: Question) -> bool:
    """Tell whether a question holds each word of what is sought, in whichever language."""
    return matches(
        " ".join([question.id, *question.titles.values(), *question.notes.values()]), sought
    )
