"""The tokens of a SPARQL query, exact to the terminals of SPARQL 1.1 (section 19.8).

A query is looked at before the engine sees it: what it may not do must be told from what only
looks so (`# SERVICE`, `"SERVICE"`, `?service`, `ex:service`). Outside strings, IRIs, comments,
variables, names and tags a bare word can only be a keyword, so the tokens decide it as surely as a
parse tree would. A full parse in Python takes 39 ms for 60 triple patterns and recurses; this is a
single regular expression per token and never recurses.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from .errors import BadQuery

if TYPE_CHECKING:
    from collections.abc import Iterator

ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
"""Codepoint escapes stand for their character anywhere in a query (section 19.2)."""

_NAME = r"[^\W_](?:[\w.·-]*[\w·-])?"
_LOCAL = r"(?:[\w:·-]|%[0-9A-Fa-f]{2}|\\[-_~.!$&'()*+,;=/?#@%]|\.(?=[\w:·.%\\-]))*"
_STRING = r"""
    '''(?:'{0,2}(?:[^'\\]|\\.))*''' | \"\"\"(?:"{0,2}(?:[^"\\]|\\.))*\"\"\"
    | '(?:[^'\\\r\n]|\\.)*' | "(?:[^"\\\r\n]|\\.)*"
"""
_KINDS = {
    "space": r"[ \t\r\n]+|\#[^\r\n]*",
    "string": _STRING,
    "iri": r"<[^\x00-\x20<>\"{}|^`\\]*>",
    "variable": r"[?$]\w+",
    "tag": r"@[A-Za-z]+(?:-[A-Za-z0-9]+)*",
    "blank": r"_:\w(?:[\w.·-]*[\w·-])?",
    "name": rf"(?:{_NAME})?:{_LOCAL}",
    "number": r"[0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?",
    "word": r"[A-Za-z_]\w*",
    "mark": r"\^\^|&&|\|\||!=|<=|>=|.",
}


def _alternatives(*kinds: str) -> re.Pattern[str]:
    groups = "|".join(f"(?P<{kind}>{_KINDS[kind]})" for kind in kinds)
    return re.compile(groups, re.VERBOSE | re.DOTALL)


TOKEN = _alternatives(*_KINDS)
NO_NAME = _alternatives(*(kind for kind in _KINDS if kind != "name"))
RUN = re.compile(r"[^\W_][\w.·-]*")
"""What could be a prefix. Where none is followed by its colon, no name begins inside it either:
not to look again at each of its characters keeps a long `a-a-a-…` from taking minutes."""

# A triple-quoted string that is not closed must not be read as an empty string and a quote.
QUOTES = ("'", '"')
UNCLOSED = re.compile(r"'''|\"\"\"")


class Token(NamedTuple):
    """One token: its kind (a group of `TOKEN`), its text and where it starts.

    `line` and `column` count from 1, `start` is the number of characters before it.
    """

    kind: str
    text: str
    line: int
    column: int
    start: int

    @property
    def end(self) -> int:
        """The number of characters up to its end."""
        return self.start + len(self.text)

    def is_word(self, *words: str) -> bool:
        """Tell whether this is one of the keywords `words`, given in capitals."""
        return self.kind == "word" and self.text.upper() in words


def decoded(query: str) -> str:
    """Give `query` with each codepoint escape as the character that it stands for."""
    return ESCAPE.sub(_character, query)


def tokens(text: str) -> Iterator[Token]:
    """Give the tokens of `text`, white space and comments left out.

    Raises `BadQuery` for a string that is not closed.
    """
    line, start = 1, 0
    index = run = 0
    while index < len(text):
        found = (TOKEN if index >= run else NO_NAME).match(text, index)
        if found is None or found.lastgroup is None:  # the last alternative takes any character
            raise AssertionError(index)
        kind, word = found.lastgroup, found.group()
        column = index - start + 1
        if word in QUOTES or (kind == "string" and len(word) == 2 and UNCLOSED.match(text, index)):
            raise BadQuery("unclosed", line=line, column=column, token=word[0])
        if kind != "space":
            yield Token(kind, word, line, column, index)
        if breaks := word.count("\n"):
            line += breaks
            start = index + word.rindex("\n") + 1
        if index >= run and kind != "name" and (candidate := RUN.match(text, index)):
            run = candidate.end()
        index = found.end()


def _character(escape: re.Match[str]) -> str:
    code = int(escape[1] or escape[2], 16)
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else "\ufffd"
