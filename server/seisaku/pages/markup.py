"""Markup: what a thing is in the terms of Schema.org, for the head of its page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from .arrangement import arrangement

if TYPE_CHECKING:
    from .facts import About

Json = dict[str, Any]

SAME = ("http://www.w3.org/2002/07/owl#sameAs", "http://www.w3.org/2004/02/skos/core#exactMatch")
"""What Schema.org's `sameAs` says. A close match does not say so much."""


def markup(about: About, lang: str) -> Json:
    """Give a thing as a node of JSON-LD."""
    full = arrangement().full
    schema = arrangement().schema
    types = [name for class_, name in schema.items() if class_ in about.classes]
    label = about.labels.get(about.iri)
    others = [about.other_name.text] if about.other_name else []
    names = [each["value"] for each in about.objects.get(full("skos:altLabel"), [])]
    node: Json = {
        "@context": "https://schema.org",
        "@id": about.iri,
        "@type": types[0] if types else "Thing",
        "name": label.text if label else None,
        "alternateName": [*others, *names],
        "description": about.sentence,
        "sameAs": [each for property_ in SAME for each in _iris(about, property_)],
        "identifier": [
            each["value"]
            for name in ("localGovernmentCode", "isoCode")
            for each in about.objects.get(full(name), [])
        ],
        "containedInPlace": _nodes(about, full("isDirectlyWithin")),
        "inDefinedTermSet": _nodes(about, full("skos:inScheme")),
        "geo": _place(about),
        "mainEntityOfPage": {"@type": "WebPage", "@id": request.base_url, "inLanguage": lang},
    }
    return {name: value for name, value in node.items() if value}


def _iris(about: About, property_: str) -> list[str]:
    return [each["value"] for each in about.objects.get(property_, []) if each["type"] == "uri"]


def _nodes(about: About, property_: str) -> list[Json]:
    return [{"@id": each} for each in _iris(about, property_)]


def _place(about: About) -> Json | None:
    full = arrangement().full
    found = [about.objects.get(full(each), []) for each in ("geo:lat", "geo:long")]
    if not all(found):
        return None
    latitude, longitude = (each[0]["value"] for each in found)
    return {"@type": "GeoCoordinates", "latitude": latitude, "longitude": longitude}
