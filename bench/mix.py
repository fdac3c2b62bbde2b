"""The mix: fifteen queries from look-up to full aggregation, and when two answers are equal.

Nine stand in `bench/queries/`, six are questions of the gallery (`data/queries/`); all have the
form of the gallery's, so a parameter is a variable with a default and a class of choices.
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyoxigraph import RdfFormat, parse

from seisaku.questions import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from seisaku.questions import Question

HERE = Path(__file__).parent
GALLERY = ("CQ05", "CQ35", "CQ53", "CQ59", "UQ21", "UQ35")
"""Those of the gallery: the same shape of query, on data that it finds something in."""

LOOK_UPS = ("record", "label", "exists")
"""Small answers about one thing, which the size of the graph should not matter to."""

ORDER = (
    *("exists", "label", "record", "UQ35", "CQ53", "CQ35", "CQ05", "neighbourhood", "below"),
    *("lines", "UQ21", "CQ59", "text", "budgets", "classes"),
)
"""From look-up to aggregation over the whole graph."""

ROWS = "application/sparql-results+json"
TRIPLES = "application/n-triples"
NUMBERS = ("integer", "decimal", "double", "nonNegativeInteger")
XSD = "http://www.w3.org/2001/XMLSchema#"

CHOICES = """\
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT DISTINCT ?choice {{
  {{ ?class rdfs:subClassOf* <{source}> . ?choice a ?class }}
  UNION
  {{ ?choice skos:inScheme <{source}> }}
}}
ORDER BY SHA1(STR(?choice))
LIMIT {most}
"""


def questions() -> list[Question]:
    """Give the templates, from look-up to aggregation."""
    found = {each.id: each for each in read(HERE / "queries")}
    found |= {
        each.id: each for each in read(HERE.parent / "data" / "queries") if each.id in GALLERY
    }
    return [found[name] for name in ORDER]


def asked(question: Question, most: int, ask: Callable[[str], bytes]) -> list[str]:
    """Give up to `most` queries of a template: its parameters are drawn from what `ask` finds."""
    choices = [
        [row[0][3] for row in rows(ask(CHOICES.format(source=each.source, most=most)))]
        for each in question.parameters
    ]
    names = [each.name for each in question.parameters]
    number = max(map(len, choices), default=1)
    return [
        question.asking(
            **{name: found[i % len(found)] for name, found in zip(names, choices, strict=True)}
        )
        for i in range(number)
    ]


def accepted(query: str) -> str:
    """Give the media type to ask for."""
    return TRIPLES if "CONSTRUCT" in query else ROWS


def same(query: str, answer: bytes) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """Give what two answers to `query` have in common when they are equal.

    Rows and triples are compared as a bag, since few queries say an order, and numbers by value;
    one blank node is like any other.
    """
    if "CONSTRUCT" in query:
        return tuple(
            sorted((tuple(map(str, each.triple)),) for each in parse(answer, RdfFormat.N_TRIPLES))
        )
    return tuple(sorted(rows(answer)))


def rows(answer: bytes) -> Iterator[tuple[tuple[str, ...], ...]]:
    """Give the rows of results in JSON; of an ASK, one."""
    told: dict[str, Any] = json.loads(answer)
    if "boolean" in told:
        yield ((str(told["boolean"]),),)
        return
    for row in told["results"]["bindings"]:
        yield tuple(sorted((name, *_term(term)) for name, term in row.items()))


def _term(term: dict[str, str]) -> tuple[str, str, str]:
    if term["type"] == "bnode":
        return ("bnode", "", "")
    kind = "literal" if term["type"] == "typed-literal" else term["type"]
    datatype = term.get("datatype", "").replace(XSD + "string", "")
    if datatype.removeprefix(XSD) in NUMBERS:
        try:
            return (kind, "number", str(Decimal(term["value"]).normalize()))
        except InvalidOperation:
            pass
    if datatype == XSD + "boolean":
        return (kind, "boolean", str(term["value"] in ("true", "1")))
    return (kind, datatype or term.get("xml:lang", "").lower(), term["value"])
