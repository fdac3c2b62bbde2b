"""Completions: what an editor offers who writes a query: prefixes, classes, properties."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flask import Response

from ..config import LANGUAGES
from .frame import ask, labels, pages

if TYPE_CHECKING:
    from collections.abc import Iterable

Json = dict[str, Any]


@pages.get("/completions.json")
def completions() -> Response:
    """Give the dataset's prefixes, classes and properties, with how often each class has which."""
    # Other people's data say nothing of themselves, and are counted.
    found = ask("completions") or ask("completions-counted")
    entities = {row["class"]["value"]: int(row["entities"]["value"]) for row in found}
    classes = sorted(entities, key=lambda it: (-entities[it], it))
    properties: dict[str, dict[int, int]] = {}
    for row in found:
        of = properties.setdefault(row["property"]["value"], {})
        of[classes.index(row["class"]["value"])] = int(row["triples"]["value"])
    names = _names([*classes, *properties])
    said = {
        "prefixes": {
            row["prefix"]["value"]: row["namespace"]["value"] for row in ask("completions-prefixes")
        },
        "classes": [{"iri": it, "count": entities[it], **names[it]} for it in classes],
        "properties": [
            {"iri": it, "of": sorted(properties[it].items()), **names[it]}
            for it in sorted(properties)
        ],
    }
    return Response(json.dumps(said, ensure_ascii=False), mimetype="application/json")


def _names(iris: Iterable[str]) -> dict[str, Json]:
    """Give each thing's name in each language that it has one in."""
    wanted = list(iris)
    found: dict[str, Json] = {iri: {} for iri in wanted}
    for lang in LANGUAGES:
        for iri, label in labels(wanted, lang).items():
            found[iri][label.lang] = label.text
    return found
