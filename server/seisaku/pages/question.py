"""Question: a question with its answer, what may be chosen in it, and what the answer rests on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask import request, url_for
from werkzeug.exceptions import NotFound

from ..description import served
from ..errors import BadRequest
from .answered import answered
from .frame import address, ask, page, pages, rows

if TYPE_CHECKING:
    from ..questions import Parameter, Question

DESCRIBED = 100
"""So many things that an answer names can be had as one document."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What may be chosen for a parameter. `key` stands for its IRI in an address."""

    iri: str
    key: str
    label: str


@pages.get("/<any(ja, en):lang>/questions/<name>")
def question(lang: str, name: str) -> str:
    """Answer a question as the reader's choices make it."""
    asked = next((each for each in served().questions if each.id.lower() == name), None)
    if asked is None:
        raise NotFound(f"no question is called {name}")
    choices = {each.name: choices_of(each, lang) for each in asked.parameters}
    given = request.args.to_dict()
    chosen = {each.name: each.default for each in asked.parameters}
    chosen |= {key: _iri(key, value, choices.get(key)) for key, value in given.items()}
    text = asked.asking(**chosen)
    found = answered(asked, text, lang)
    return page(
        "question",
        lang,
        question=asked,
        choices=choices,
        chosen=chosen,
        text=text.strip(),
        found=found,
        permalink=_permalink(asked, choices, chosen, lang),
        description=_description(found.records, lang),
    )


def choices_of(parameter: Parameter, lang: str) -> list[Choice]:
    """List what may be chosen, by name; in Japanese by its reading. Names alike tell their key."""
    found = rows(parameter.choices)
    names = {row["choice"]["value"]: row[f"label_{lang}"]["value"] for row in found}
    places = {iri: name.casefold() for iri, name in names.items()}
    if lang == "ja":
        for row in ask("question", source=parameter.source):
            places[row["choice"]["value"]] = row["reading"]["value"]
    alike = Counter(names.values())
    listed = []
    for iri in sorted(names, key=lambda it: (places[it], it)):
        key = iri.rpartition("/")[2].rpartition("#")[2]
        more = f" ({key})" if alike[names[iri]] > 1 else ""
        listed.append(Choice(iri, key, names[iri] + more))
    return listed


def _iri(name: str, given: str, choices: list[Choice] | None) -> str:
    """Give the IRI of what an address chooses by its key or its IRI; `asking` tells foreign names.

    Raises `BadRequest` for what cannot be chosen.
    """
    if choices is None:
        return given
    found = [each.iri for each in choices if given in (each.key, each.iri)]
    if not found:
        known = ", ".join(each.key for each in choices)
        raise BadRequest("choice", name=name, given=given, known=known)
    return found[0]


def _permalink(
    asked: Question, choices: dict[str, list[Choice]], chosen: dict[str, str], lang: str
) -> str:
    """Give the address of the question with what is chosen, also where that is the default."""
    keys = {
        name: each.key
        for name, listed in choices.items()
        for each in listed
        if each.iri == chosen[name]
    }
    here = url_for("pages.question", lang=lang, name=asked.id.lower(), _external=True)
    return f"{here}?{urlencode(keys)}" if keys else here


def _description(records: list[str], lang: str) -> str | None:
    """Give the query that describes what an answer names; None when that is nothing or too much."""
    ours = [each for each in records if address(each, lang) != each]
    return (
        f"DESCRIBE {' '.join(f'<{each}>' for each in ours)}" if 0 < len(ours) <= DESCRIBED else None
    )
