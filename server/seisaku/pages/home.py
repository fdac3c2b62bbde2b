"""Home: what this is, and questions with their answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, url_for

from .. import negotiate
from ..description import served
from .frame import page, pages
from .query import EXAMPLE, select

if TYPE_CHECKING:
    from werkzeug.wrappers import Response


@pages.get("/")
def start() -> Response:
    """Send the reader to the home page in the language chosen before, or the browser's."""
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
