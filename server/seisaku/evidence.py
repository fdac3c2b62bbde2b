"""Evidence: which record rests on which lines, as Web Annotations (W3C, 2017) in JSON-LD.

They are a file of their own because their selectors need `rdf:value`, which no OWL 2 DL ontology
may use, so that they cannot be in the graph.
"""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from .citation import AUTHOR
from .config import GRAPH, LANGUAGES
from .distribution import Distribution, Source
from .tables import LICENCE, record, tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    Json = dict[str, Any]

CONTEXT = "http://www.w3.org/ns/anno.jsonld"
MEDIA_TYPE = f'application/ld+json; profile="{CONTEXT}"'
LINES = "http://tools.ietf.org/rfc/rfc5147"
"""What the selectors conform to: URI fragments of text/plain, such as `line=121,122`."""

MOTIVATIONS = {"stated": "describing", "left open": "commenting"}
"""How the relation of a record to its lines is called there."""


def distributions() -> Iterator[Distribution]:
    """Give the file."""
    titles = {
        "ja": "記録とその記載箇所（Web Annotation）",
        "en": "Records and the lines that state them, as Web Annotations",
    }
    yield Distribution("annotations.jsonld", MEDIA_TYPE, "forms", titles, _write)


def _write(source: Source, file: IO[bytes]) -> None:
    """Write one collection with one page, an annotation for each record and passage."""
    table = tables(source)["evidence"]
    items = [_annotation(record(table, row)) for row in table.rows]
    head = {
        "@context": CONTEXT,
        "id": _name("collection"),
        "type": "AnnotationCollection",
        "label": "Seisaku: records and the lines that state them",
        "rights": LICENCE,
        "total": len(items),
        "first": {"id": _name("page 1"), "type": "AnnotationPage", "startIndex": 0},
    }
    begun = json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n }\n}")
    lines = ",\n".join(json.dumps(each, ensure_ascii=False) for each in items)
    file.write(f'{begun},\n  "items": [\n{lines}\n]}}}}\n'.encode())


def _annotation(row: Json) -> Json:
    names = [
        {"type": "TextualBody", "value": row["name"][lang], "language": lang}
        for lang in LANGUAGES
        if lang in row["name"]
    ]
    return {
        "id": _name(f"{row['record']} {row['segment']}"),
        "type": "Annotation",
        "motivation": MOTIVATIONS[row["relation"]],
        "creator": {"type": "Organization", "name": AUTHOR},
        "rights": LICENCE,
        "dcterms:isPartOf": {"id": GRAPH + row["layer"]},
        "body": [{"id": row["record"]}, *names],
        "target": {
            "id": row["segment"],
            "type": "SpecificResource",
            "source": row["document"],
            "selector": {
                "type": "FragmentSelector",
                "conformsTo": LINES,
                "value": row["fragment"],
            },
        },
    }


def _name(text: str) -> str:
    """Give an IRI that is the same each time: an annotation must have one, the graph has none."""
    return uuid5(NAMESPACE_URL, text).urn
