"""Why: how an inferred statement follows, step by step, from what people wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, request

from ..description import served
from ..explain import Explanation, Statement, explain, read
from ..protocol import client
from .facts import STATED_IN, Near
from .frame import page, pages

if TYPE_CHECKING:
    from collections.abc import Iterator

SUBJECT, PREDICATE, OBJECT = "subject", "predicate", "object"


@pages.get("/<any(ja, en):lang>/why")
def why(lang: str) -> str:
    """Explain a statement: the rule by which it follows, and the facts that it follows from."""
    asked = [request.args.get(each, "") for each in (SUBJECT, PREDICATE, OBJECT)]
    statement = read(*asked)
    if statement is None:
        abort(404)
    layers = statement.layers(served().pool, client())
    if not layers:
        abort(404)
    found = explain(served().pool, statement, client()) if "inferred" in layers else None
    near = Near(_iris(statement, found), lang)
    return page(
        "why",
        lang,
        statement=statement,
        layers=layers,
        explanation=found,
        labels=near.labels,
        lines_of=lambda iri: [each["value"] for each in near.said(iri, STATED_IN)],
    )


def _iris(statement: Statement, explanation: Explanation | None) -> Iterator[str]:
    yield from statement.iris
    for each in explanation.premises if explanation else ():
        yield from _iris(each.statement, each.why)
    yield from (each[1:-1] for each in (explanation.chain if explanation else ()))
