"""Virtuoso: where its answers are not what SPARQL 1.1 says, made so on their way.

Measured with 7.2.5 (`bench/results/remote.md`): in JSON an ASK is a table of one number, the label
of a blank node is an IRI, and an xsd:boolean is 1 or 0. A newer one that writes the standard forms
is left as it is. What cannot be told from an answer (the datatype of a text with a language, the
order of texts) stays Virtuoso's own.
"""

from __future__ import annotations

import json
import re
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SERVER = "Virtuoso"
"""What the header Server of its answers begins with."""

BLANK = re.compile(rb'("type": "bnode", "value": ")nodeID://')
BOOLEAN = re.compile(rb'(XMLSchema#boolean", "value": )"([01])"')
TRUTH = {b"0": b"false", b"1": b"true"}


def is_virtuoso(server: str | None) -> bool:
    """Tell by the header Server whether an answer is Virtuoso's."""
    return (server or "").startswith(SERVER)


def standard(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Give results in JSON, some bytes at a time, as the standard has them.

    Virtuoso writes each solution on a line, and no text can hold what is replaced: its quotes
    would be escaped.
    """
    lines = _lines(pieces)
    head = next(lines, b"")
    if b'"__ASK_RETVAL"' in head:
        yield _truth(b"".join([head, *lines]))
        return
    for text in chain([head], lines):
        found = BLANK.sub(rb"\1", text)
        yield BOOLEAN.sub(lambda each: each[1] + b'"' + TRUTH[each[2]] + b'"', found)


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Give whole lines, several at a time; the first ones with the head of the results."""
    left = b""
    begun = False
    for piece in pieces:
        whole, line, left = (left + piece).rpartition(b"\n")
        if not begun and b'"head"' not in whole:
            left = whole + line + left
            continue
        begun = True
        yield whole + line
    yield left


def _truth(table: bytes) -> bytes:
    """Give the answer to an ASK, which is a table: false has no row, or a row of 0."""
    try:
        rows = json.loads(table)["results"]["bindings"]
        asked = any(row["__ASK_RETVAL"]["value"] != "0" for row in rows)
    except (ValueError, KeyError, TypeError):
        return table  # it is cut off, and is found to be
    return json.dumps({"head": {}, "boolean": asked}).encode()
