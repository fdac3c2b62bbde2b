"""Query: SPARQL text in, bytes out. No HTTP here, and no engine: that runs in the workers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from pyoxigraph import NamedNode

from .errors import BadQuery, BadRequest, NotAcceptable, QueryTooLong, Refused, TooComplex
from .lexer import Token, decoded, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .config import Config
    from .workers import Answer, WorkerPool

    Choose = Callable[[Sequence[str]], str | None]
    """Picks one of the media types offered, or None when the client takes none of them."""

FORMATS = {
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "turtle": "text/turtle",
    "ntriples": "application/n-triples",
    "nquads": "application/n-quads",
    "trig": "application/trig",
    "jsonld": "application/ld+json",
    "rdfxml": "application/rdf+xml",
}
"""Short names of the media types, in order of preference: what a client gets that does not say."""

TABLES = ("json", "xml", "csv", "tsv")
"""The formats of a SELECT's or an ASK's answer; the others are for graphs."""

FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
UPDATES = ("INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH")
OPENING, CLOSING = ("(", "[", "{"), (")", "]", "}")


@dataclass(frozen=True, slots=True)
class Query:
    """What is known of a query before it runs."""

    form: str | None
    """One of `FORMS`, or None when the text is no query: the engine says what is wrong."""
    graphs: tuple[str, ...]
    """The IRIs of its FROM and FROM NAMED."""

    @property
    def offered(self) -> list[str]:
        """The media types that its answer can have."""
        graph = self.form in ("CONSTRUCT", "DESCRIBE")
        return [FORMATS[each] for each in FORMATS if (each in TABLES) != graph]


def answer(
    pool: WorkerPool,
    text: str,
    choose: Choose,
    default_graphs: Sequence[str] = (),
    named_graphs: Sequence[str] = (),
) -> Answer:
    """Give the answer of `pool` to the query `text`, in the media type that `choose` picks.

    `default_graphs` and `named_graphs` are those of the protocol and override the query's own.
    Raises the `RequestError` that says why there is no answer.
    """
    query = inspect(text, pool.config)
    _are_iris((*default_graphs, *named_graphs))
    if foreign := sorted({*query.graphs, *default_graphs, *named_graphs} - pool.dataset.graphs):
        raise Refused(f"<{foreign[0]}> is not a graph of this dataset; nothing is fetched")
    media_type = choose(query.offered)
    if media_type is None:
        raise NotAcceptable(f"the answer can be had as {', '.join(query.offered)}")
    try:
        return pool.run(
            text, media_type, default_graphs, named_graphs, says_from=bool(query.graphs)
        )
    except BadQuery as error:
        raise _placed(error, text) from None


def inspect(text: str, config: Config) -> Query:
    """Look at a query before it runs.

    Raises `Refused` for a SERVICE or an update, `TooComplex` when it is nested deeper than
    `config.nesting`, and `QueryTooLong`.
    """
    if len(text.encode("utf-8", "replace")) > config.query_bytes:
        raise QueryTooLong(f"the query is longer than {config.query_bytes:,} bytes")
    plain = list(tokens(text))
    _stays_home(plain)
    if "\\" in text:
        # Once more with its escapes read: one can hide a keyword, or end a string before its time.
        _stays_home(_tokens_or_none(decoded(text)))
    _stays_shallow(plain, config.nesting)
    return _read(plain)


def _are_iris(graphs: Sequence[str]) -> None:
    for graph in graphs:
        try:
            NamedNode(graph)
        except ValueError as error:
            raise BadRequest(
                f"a graph must be named by an IRI; {graph!r} is none: {error}"
            ) from None


def _stays_home(read: list[Token]) -> None:
    for token in read:
        if token.is_word("SERVICE"):
            raise Refused(
                f"{token.line}:{token.column}: no SERVICE here: no other endpoint is asked"
            )


def _stays_shallow(read: list[Token], deepest: int) -> None:
    depth = 0
    for token in read:
        if token.kind == "mark":
            depth += (token.text in OPENING) - (token.text in CLOSING)
        if depth > deepest:
            raise TooComplex(
                f"{token.line}:{token.column}: the query is nested deeper than {deepest} brackets"
            )


def _read(read: list[Token]) -> Query:
    """Read the prologue, the query form and the dataset clause."""
    prefixes: dict[str, str] = {}
    base = ""
    graphs: list[str] = []
    form: str | None = None
    for index, token in enumerate(read):
        following = read[index + 1 : index + 3]
        if token.is_word("WHERE") or (token.text == "{" and form != "CONSTRUCT"):
            break
        if form is None and token.is_word("BASE") and following:
            base = urljoin(base, following[0].text.strip("<>"))
        elif form is None and token.is_word("PREFIX") and len(following) == 2:
            prefixes[following[0].text] = urljoin(base, following[1].text.strip("<>"))
        elif form is None and token.is_word(*UPDATES):
            raise Refused("this endpoint is read-only: it takes queries, no updates")
        elif form is None and token.is_word(*FORMS):
            form = token.text.upper()
        elif token.is_word("FROM"):
            named = following[:1] and following[0].is_word("NAMED")
            graphs += [_iri(each, prefixes, base) for each in following[bool(named) :][:1]]
    return Query(form, tuple(graphs))


def _iri(token: Token, prefixes: dict[str, str], base: str) -> str:
    if token.kind == "iri":
        return urljoin(base, decoded(token.text[1:-1]))
    prefix, _, local = decoded(token.text).partition(":")
    return prefixes.get(f"{prefix}:", f"{prefix}:") + re.sub(r"\\(.)", r"\1", local)


PLACE = re.compile(r"error at (\d+):(\d+): (?:expected (?:one of )?)?(.*)", re.DOTALL)
EXPECTED = re.compile(r'"(?:[^"\\]|\\.)+"|\b(?!SERVICE|LATERAL)[A-Z]{2,}\b')
"""What may stand there, of the engine's list: keywords and marks, but not what is refused."""


def _placed(error: BadQuery, text: str) -> BadQuery:
    """Give the engine's error with line, column and what stands there, and without its grammar."""
    read = _tokens_or_none(text)
    declared = {each.text for before, each in pairwise(read) if before.is_word("PREFIX")}
    for token in read:
        if token.kind == "name" and token.text.partition(":")[0] + ":" not in declared:
            prefix = token.text.partition(":")[0]
            return BadQuery(f"the prefix {prefix}: is not declared", token.line, token.column)
    found = PLACE.match(str(error))
    if found is None:
        return error
    place = int(found[1]), int(found[2])
    # The engine tells the furthest place that it came to, which may lie inside a token.
    here = next((each for each in read if _end(each) > place), None)
    expected = ", ".join(EXPECTED.findall(found[3])[:20])
    what = f"{f'“{here.text}”' if here else 'the end of the query'} is not expected here"
    line, column = (here.line, here.column) if here else place
    return BadQuery(f"{what}; one of {expected} would be" if expected else what, line, column)


def _end(token: Token) -> tuple[int, int]:
    """Give the line and the column just after `token`."""
    breaks = token.text.count("\n")
    last = len(token.text) - token.text.rfind("\n") - 1
    return token.line + breaks, last + 1 if breaks else token.column + last


def _tokens_or_none(text: str) -> list[Token]:
    try:
        return list(tokens(text))
    except BadQuery:
        return []
