"""Resource: the page of a thing of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import url_for

from ..query import FORMATS
from .cite import box_of_thing
from .facts import Fact, about
from .frame import page, pages
from .markup import markup
from .thing import alternates, known

if TYPE_CHECKING:
    from collections.abc import Callable

SECTIONS: dict[str, Callable[[str, str], str]] = {}
"""What stands above the facts on the page of a thing: by its class, a function that is given the
thing's IRI and the language and writes the section in HTML."""

SHOWN = 12
"""So many values of a property are shown at once."""

FORMAT_NAMES = {
    FORMATS["turtle"]: "Turtle",
    FORMATS["ntriples"]: "N-Triples",
    FORMATS["nquads"]: "N-Quads",
    FORMATS["trig"]: "TriG",
    FORMATS["jsonld"]: "JSON-LD",
    FORMATS["rdfxml"]: "RDF/XML",
}

REFERRING = """\
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>

SELECT ?thing ?label {{
  ?thing <{property}> <{iri}> .
  OPTIONAL {{ ?thing rdfs:label ?label FILTER(LANG(?label) = "{lang}") }}
}}
ORDER BY ?label
"""


@pages.get("/<any(ja, en):lang>/<any(id, scheme, ont, graph):kind>/<path:name>")
def resource(lang: str, kind: str, name: str) -> str:
    """Show what is known of a thing: what it is, its facts by layer, what refers to it."""
    return _written(known(kind, name), lang)


@pages.get("/<any(ja, en):lang>/ont")
def vocabulary_page(lang: str) -> str:
    """Show what the header of the ontology says of the whole."""
    return _written(known("ont", ""), lang)


def _written(iri: str, lang: str) -> str:
    found = about(iri, lang)
    sections = [SECTIONS[each](iri, lang) for each in found.classes if each in SECTIONS]
    return page(
        "resource",
        lang,
        about=found,
        sections=sections,
        alternates=alternates(iri),
        citation=box_of_thing(iri, lang, found.near),
        all_of=lambda fact: _all_of(fact, iri, lang),
        shown=SHOWN,
        shared=_shared,
        markup=markup(found, lang),
        format_names=FORMAT_NAMES,
    )


def _all_of(fact: Fact, iri: str, lang: str) -> str:
    """Give the address of a query for all that refers to the thing by a property."""
    query = REFERRING.format(property=fact.property, iri=iri, lang=lang)
    return url_for("pages.query", lang=lang, query=query)


def _shared(fact: Fact) -> bool:
    """Tell whether the values of a fact rest on the same grounds, which are then told once."""
    first = fact.values[0]
    return len(fact.values) > 1 and all(
        (each.layers, each.segments, each.sources) == (first.layers, first.segments, first.sources)
        and not each.notes
        and "inferred" not in each.layers
        for each in fact.values
    )
