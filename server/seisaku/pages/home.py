"""Home: what this is, and questions with their answers."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import redirect, url_for

from .. import negotiate
from ..description import GRAPH_TYPES, served
from .frame import page, pages
from .query import EXAMPLE, select

if TYPE_CHECKING:
    from werkzeug.wrappers import Response


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
    """Say what this is, answer some questions, and take one."""
    answers = [
        (question, select(question.text, lang, question.columns.get(lang, {})))
        for question in served().questions
        if question.featured
    ]
    facts, dataset = served().description.facts, served().pool.dataset
    return page("home", lang, answers=answers, facts=facts, dataset=dataset, query=EXAMPLE)
