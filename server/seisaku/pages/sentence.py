"""Sentence: what a thing is, said in one sentence in Japanese or English."""

from __future__ import annotations

import re
from typing import Any, Protocol

from .arrangement import arrangement
from .frame import Label

PLACE = re.compile(r"\{([^}]+)\}")
MOST = 3
"""So many values are named in a sentence; of more, the first ones, and that there are others."""

Term = dict[str, Any]


class Near(Protocol):
    """What is known of the things around."""

    labels: dict[str, Label]

    def said(self, iri: str, property_: str) -> list[Term]:
        """Give what a thing's property says."""

    def read(self, iris: list[str]) -> None:
        """Look up more things."""

    def key(self, term: Term) -> tuple[float, str, str]:
        """Give what a value is sorted by."""


def sentence(
    iri: str, classes: list[str], objects: dict[str, list[Term]], near: Near, lang: str
) -> str:
    """Say what the thing `iri` is: by the first sentence for one of its classes that can be filled.

    `objects` are the values of each of its properties. A class without a sentence gives its name.
    """
    if iri not in near.labels:
        return ""
    for class_, texts in arrangement().sentences.items():
        for text in texts if class_ in classes else []:
            if filled := _filled(text[lang], iri, classes, objects, near, lang):
                return filled
    plain = {"ja": "「{self}」は、{class}です。", "en": "{self} is {class}."}
    return _filled(plain[lang], iri, classes, objects, near, lang) or ""


def _filled(
    text: str, iri: str, classes: list[str], objects: dict[str, list[Term]], near: Near, lang: str
) -> str | None:
    """Fill the places of `text`; None when there is nothing for one, or not in this language."""
    filled: dict[str, str] = {}
    for place in PLACE.findall(text):
        if place == "self":
            names = [near.labels[iri]]
        elif place.lower() == "class":
            names = [near.labels[each] for each in classes if each in near.labels][:1]
        else:
            names = _names(place, objects, near)
        if not names or any(each.lang not in (lang, "") for each in names):
            return None
        joined = _joined([each.text for each in names], lang)
        if lang == "en" and place.lower() == "class":
            joined = f"{'an' if joined[0] in 'aeiou' else 'a'} {joined}"
        filled[place] = joined[0].upper() + joined[1:] if place == "Class" else joined
    return PLACE.sub(lambda found: filled[found[1]], text)


def _names(place: str, objects: dict[str, list[Term]], near: Near) -> list[Label]:
    """Give the names of what a place stands for: a property's values, or those of their own."""
    first, _, second = place.partition(".")
    terms = sorted(objects.get(arrangement().full(first), []), key=near.key)
    if second:
        far = [
            each for term in terms for each in near.said(term["value"], arrangement().full(second))
        ]
        terms = list({each["value"]: each for each in far}.values())
        near.read([each["value"] for each in terms])
        terms.sort(key=near.key)
    found = [_name(each, near) for each in terms]
    return [each for each in found if each is not None]


def _name(term: Term, near: Near) -> Label | None:
    if term["type"] == "uri":
        return near.labels.get(term["value"])
    return Label(term["value"], term.get("xml:lang", ""))


def _joined(names: list[str], lang: str) -> str:
    shown = names[:MOST]
    if lang == "ja":
        return "・".join(shown) + ("など" if len(names) > MOST else "")
    if len(names) > MOST:
        return ", ".join(shown) + " and others"
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
