"""Query: SPARQL text in, bytes out. No HTTP here, and no engine: that runs in the workers."""

from __future__ import annotations

import hashlib
import re
import time
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from pyoxigraph import NamedNode

from .cache import Key
from .client import Client
from .config import BASE
from .errors import BadQuery, BadRequest, NotAcceptable, QueryTooLong, Refused, TooComplex
from .federation import Service, filled
from .lexer import ESCAPE, Token, decoded, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from .answers import Answer
    from .config import Config
    from .pool import Pool

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
UNSTEADY = ("RAND", "NOW", "UUID", "STRUUID", "BNODE")
"""Functions that give another value each time, or as it gets later."""

QUICK = 4000
"""A query of so many characters is looked at within 12 ms; 100,000 can take 0.4 s."""

MOST = 8
"""So many times a query may ask other endpoints."""

OPENING, CLOSING = ("(", "[", "{"), (")", "]", "}")


@dataclass(frozen=True, slots=True)
class Query:
    """What is known of a query before it runs."""

    form: str | None
    """One of `FORMS`, or None when the text is no query: the engine says what is wrong."""
    graphs: tuple[str, ...]
    """The IRIs of its FROM and FROM NAMED."""
    steady: bool = True
    """Whether the same dataset gives the same answer each time."""
    services: tuple[Service, ...] = ()
    """What it asks of other endpoints, each of them allowed."""

    @property
    def offered(self) -> list[str]:
        """The media types that its answer can have."""
        graph = self.form in ("CONSTRUCT", "DESCRIBE")
        return [FORMATS[each] for each in FORMATS if (each in TABLES) != graph]


@dataclass(frozen=True, slots=True)
class Request:
    """A query that may run: its text, the media type chosen, the graphs of the protocol."""

    text: str
    media_type: str
    default_graphs: tuple[str, ...]
    named_graphs: tuple[str, ...]
    query: Query

    def key(self, pool: Pool) -> Key | None:
        """Give all that the answer of `pool` depends on; None when it depends on more."""
        if not self.query.steady or self.query.services:
            return None
        digest = pool.dataset.digest
        return Key(digest, self.text, self.media_type, self.default_graphs, self.named_graphs)

    def tag(self, pool: Pool) -> str | None:
        """Give the entity tag of the answer; None when it has none."""
        key = self.key(pool)
        return key and tag(key)

    def answer(self, pool: Pool, client: Client | None = None) -> Answer:
        """Give the answer of `pool`, kept or new, to `client`.

        Raises the `RequestError` that says why there is none.
        """
        key = self.key(pool)
        if key and (kept := pool.answers.get(key)):
            return kept
        client = client or Client()
        try:
            found = self._run(pool, client)
        except BadQuery as error:
            raise placed(error, self.text) from None
        if key == self.key(pool) and key:  # it is another dataset when the pool had to load again
            pool.answers.put(key, found)
        return found

    def _run(self, pool: Pool, client: Client) -> Answer:
        if begun := client.take_ahead():
            return begun()
        return pool.run(
            filled(self.text, self.query.services, pool.config, client),
            self.media_type,
            self.default_graphs,
            self.named_graphs,
            says_from=bool(self.query.graphs),
            client=client,
        )


def tag(key: Key) -> str:
    """Give the entity tag of the answer to a key, a digest of it.

    It is a weak one: two answers with one tag say the same, with other labels of blank nodes or in
    another order.
    """
    return hashlib.sha256(repr(key).encode("utf-8", "replace")).hexdigest()[:32]


def answer(pool: Pool, text: str, choose: Choose, client: Client | None = None) -> Answer:
    """Give the answer of `pool` to the query `text`, in the media type that `choose` picks.

    Raises the `RequestError` that says why there is no answer.
    """
    return prepare(pool, text, choose, client=client).answer(pool, client)


def prepare(
    pool: Pool,
    text: str,
    choose: Choose,
    default_graphs: Sequence[str] = (),
    named_graphs: Sequence[str] = (),
    client: Client | None = None,
) -> Request:
    """Decide whether the query `text` may run on `pool`, and in what its answer is given.

    `default_graphs` and `named_graphs` are those of the protocol and override the query's own.
    Raises the `RequestError` that says why it may not.
    """
    query = _inspected_in_turn(pool, text, client or Client())
    _are_iris((*default_graphs, *named_graphs))
    if foreign := sorted({*query.graphs, *default_graphs, *named_graphs} - pool.dataset.graphs):
        raise Refused("graph", graph=foreign[0])
    media_type = choose(query.offered)
    if media_type is None:
        raise NotAcceptable("offered", offered=", ".join(query.offered))
    return Request(text, media_type, tuple(default_graphs), tuple(named_graphs), query)


def inspect(text: str, config: Config) -> Query:
    """Look at a query before it runs.

    Raises `Refused` for an update or a SERVICE that is not allowed, `TooComplex` when it is nested
    deeper than `config.nesting`, and `QueryTooLong`.
    """
    if len(text.encode("utf-8", "replace")) > config.query_bytes:
        raise QueryTooLong("limit", bytes=config.query_bytes)
    found = _inspected(text, list(tokens(text)), config)
    if ESCAPE.search(text) is None:
        return found
    # Once more with its escapes read: one can hide a keyword, or end a string before its time.
    plain = decoded(text)
    hidden = _inspected(plain, _tokens_or_none(plain), config)
    if found.services or hidden.services:
        raise Refused("service-shape")
    graphs = tuple(dict.fromkeys(found.graphs + hidden.graphs))
    return Query(found.form or hidden.form, graphs, found.steady and hidden.steady)


PLAIN = re.compile(
    r"\s*(?:PREFIX\s+[\w-]*:\s*<[^<>\"{}|^`\\\s]*>\s*)*(SELECT|ASK|CONSTRUCT|DESCRIBE)\b",
    re.IGNORECASE,
)
UNUSUAL = re.compile(rf"\\[uU]|(?<![?$])\b(?:SERVICE|FROM|{'|'.join(UNSTEADY)})\b", re.IGNORECASE)


def glance(text: str, config: Config) -> Query | None:
    """Look at a query for a twentieth of the time of `inspect`; None when that has to be asked.

    What it gives is what `inspect` gives. It is sure of queries that begin with their prefixes and
    their form, have no word that could be unusual, not even in a string, and few brackets. A
    variable may have any name.
    """
    found = PLAIN.match(text)
    if found is None or UNUSUAL.search(text) or sum(map(text.count, OPENING)) > config.nesting:
        return None
    if len(text) > config.query_bytes // 4:
        return None
    return Query(found[1].upper(), ())


def names(text: str) -> Iterator[tuple[Token, str | None]]:
    """Give each IRI and prefixed name of a query with the IRI that it stands for.

    That is None for a name whose prefix is not declared, and for a word in the place of the
    prologue that SPARQL 1.1 does not have there.
    """
    plain = decoded(text)
    prefixes: dict[str, str] = {}
    base, form = BASE, False
    read = list(tokens(plain))
    declared = -1
    for index, token in enumerate(read):
        following = read[index + 1 : index + 3]
        if form is False and token.is_word("BASE") and following:
            base = _joined(base, following[0].text.strip("<>"))
        elif form is False and token.is_word("PREFIX") and len(following) == 2:
            prefixes[following[0].text] = _joined(base, following[1].text.strip("<>"))
            declared = index + 1
        elif token.is_word(*FORMS):
            form = True
        elif form is False and token.kind == "word":
            yield token, None
        if token.kind == "iri":
            yield token, _joined(base, token.text[1:-1])
        elif token.kind == "name" and index != declared:
            prefix = f"{token.text.partition(':')[0]}:"
            yield token, _iri(token, prefixes, base) if prefix in prefixes else None


def dataset_clause(text: str) -> tuple[str, list[str], list[str]]:
    """Take the FROM and FROM NAMED out of a query; give it without, and the graphs of each."""
    plain = decoded(text)
    prefixes: dict[str, str] = {}
    base, since = BASE, 0
    parts: list[str] = []
    default: list[str] = []
    named: list[str] = []
    read = list(tokens(plain))
    for index, token in enumerate(read):
        following = read[index + 1 : index + 3]
        if token.is_word("WHERE") or token.text == "{":
            break
        if token.is_word("BASE") and following:
            base = _joined(base, following[0].text.strip("<>"))
        elif token.is_word("PREFIX") and len(following) == 2:
            prefixes[following[0].text] = _joined(base, following[1].text.strip("<>"))
        elif token.is_word("FROM") and following:
            is_named = following[0].is_word("NAMED")
            for graph in following[is_named:][:1]:
                (named if is_named else default).append(_iri(graph, prefixes, base))
                gap = "\n" * plain.count("\n", token.start, graph.end)
                parts += [plain[since : token.start], gap or " "]
                since = graph.end
    return "".join([*parts, plain[since:]]), default, named


def _inspected_in_turn(pool: Pool, text: str, client: Client) -> Query:
    """Inspect a query; one that takes long, in turn: it holds the interpreter from the others."""
    if len(text) <= QUICK:
        return inspect(text, pool.config)
    place = pool.inspections.take(client, time.monotonic() + pool.config.deadline)
    try:
        return inspect(text, pool.config)
    finally:
        pool.inspections.give_back(place, client)


def _inspected(text: str, read: list[Token], config: Config) -> Query:
    words = [each for each in read if each.kind == "word"]
    if not config.services:
        _stays_home(words)
    if sum(map(text.count, OPENING)) > config.nesting:
        _stays_shallow(read, config.nesting)
    query = _read(text, read, config)
    steady = not any(each.is_word(*UNSTEADY) for each in words)
    return Query(query.form, query.graphs, steady, query.services)


def _are_iris(graphs: Sequence[str]) -> None:
    for graph in graphs:
        try:
            NamedNode(graph)
        except ValueError:
            raise BadRequest("no-iri", given=graph) from None


def _stays_home(read: list[Token]) -> None:
    for token in read:
        if token.is_word("SERVICE"):
            raise Refused("service", line=token.line, column=token.column, token=token.text)


def _stays_shallow(read: list[Token], deepest: int) -> None:
    depth = 0
    for token in read:
        if token.kind == "mark":
            depth += (token.text in OPENING) - (token.text in CLOSING)
        if depth > deepest:
            place = {"line": token.line, "column": token.column}
            raise TooComplex("nested", **place, token=token.text, deepest=deepest)


def _read(text: str, read: list[Token], config: Config) -> Query:
    """Read the prologue, the query form, the dataset clause and the services."""
    prefixes: dict[str, str] = {}
    base = BASE
    graphs: list[str] = []
    form: str | None = None
    prologue = f"BASE <{BASE}>\n"
    for index, token in enumerate(read):
        following = read[index + 1 : index + 3]
        if token.is_word("WHERE") or (token.text == "{" and form != "CONSTRUCT"):
            break
        if form is None and token.is_word("BASE") and following:
            base = _joined(base, following[0].text.strip("<>"))
        elif form is None and token.is_word("PREFIX") and len(following) == 2:
            prefixes[following[0].text] = _joined(base, following[1].text.strip("<>"))
        elif form is None and token.is_word(*UPDATES):
            raise Refused("update", line=token.line, column=token.column, token=token.text)
        elif form is None and token.is_word(*FORMS):
            form = token.text.upper()
            prologue += text[: token.start]
        elif token.is_word("FROM"):
            named = following[:1] and following[0].is_word("NAMED")
            graphs += [_iri(each, prefixes, base) for each in following[bool(named) :][:1]]
    services: Iterable[Service] = ()
    if config.services:
        services = _services(text, read, prologue, config, lambda it: _iri(it, prefixes, base))
    return Query(form, tuple(graphs), services=tuple(services))


def _services(
    text: str, read: list[Token], prologue: str, config: Config, iri: Callable[[Token], str]
) -> Iterator[Service]:
    """Find what a query asks of other endpoints. Raises `Refused` for one that is not allowed."""
    since = found = 0
    for index, token in enumerate(read):
        if not token.is_word("SERVICE"):
            continue
        place: dict[str, Any] = {"line": token.line, "column": token.column, "token": token.text}
        rest = read[index + 1 : index + 4]
        silent = bool(rest) and rest[0].is_word("SILENT")
        match rest[silent:]:
            case [named, opening, *_] if named.kind in ("iri", "name") and opening.text == "{":
                end = _closing(read, index + 2 + silent)
            case _:
                raise Refused("service-shape", **place)
        if (endpoint := iri(named)) not in config.services:
            known = ", ".join(f"<{each}>" for each in config.services)
            raise Refused("service-unknown", **place | {"token": endpoint}, known=known)
        found += 1
        if end is None or token.start < since or found > MOST:
            raise Refused("service-shape", **place)
        since = end.end
        query = f"{prologue}SELECT * WHERE {text[opening.start : end.end]}"
        yield Service(endpoint, silent, query, token.start, end.end)


def _closing(read: list[Token], opening: int) -> Token | None:
    """Give the bracket that closes the one at `opening`."""
    depth = 0
    for token in read[opening:]:
        depth += (token.text == "{" and token.kind == "mark") - (
            token.text == "}" and token.kind == "mark"
        )
        if depth == 0:
            return token
    return None


def _joined(base: str, iri: str) -> str:
    """Resolve an IRI; what cannot be one stays as it is, and is no graph and no endpoint."""
    try:
        return urljoin(base, iri)
    except ValueError:
        return iri


def _iri(token: Token, prefixes: dict[str, str], base: str) -> str:
    if token.kind == "iri":
        return _joined(base, decoded(token.text[1:-1]))
    prefix, _, local = decoded(token.text).partition(":")
    return prefixes.get(f"{prefix}:", f"{prefix}:") + re.sub(r"\\(.)", r"\1", local)


PLACE = re.compile(r"error at (\d+):(\d+): (?:expected (?:one of )?)?(.*)", re.DOTALL)
EXPECTED = re.compile(r'"(?:[^"\\]|\\.)+"|\b(?!SERVICE|LATERAL)[A-Z]{2,}\b')
"""What may stand there, of the engine's list: keywords and marks, but not what is refused."""


def placed(error: BadQuery, text: str, known: Iterable[str] = ()) -> BadQuery:
    """Give the engine's error with line, column and what stands there, and without its grammar.

    `known` are the prefixes that need no declaration.
    """
    if error.reason != "engine":
        return error  # it is ours, and tells its place
    read = _tokens_or_none(text)
    declared = {f"{each}:" for each in known} | {
        each.text for before, each in pairwise(read) if before.is_word("PREFIX")
    }
    for each in read:
        prefix = each.text.partition(":")[0]
        if each.kind == "name" and f"{prefix}:" not in declared:
            at = {"line": each.line, "column": each.column}
            return BadQuery("prefix", **at, token=each.text, prefix=prefix)
    found = PLACE.match(error.said["what"])
    if found is None:
        return error
    place = int(found[1]), int(found[2])
    # The engine tells the furthest place that it came to, which may lie inside a token.
    here = next((each for each in read if _end(each) > place), None)
    if here is None and (bracket := _open(read)):
        there = f"{bracket.line}:{bracket.column}"
        line, column = place
        return BadQuery("end-open", line=line, column=column, bracket=bracket.text, at=there)
    expected = ", ".join(EXPECTED.findall(found[3])[:20])
    reason = ("unexpected" if here else "end") + ("-one-of" if expected else "")
    line, column = (here.line, here.column) if here else place
    token = here.text if here else None
    return BadQuery(reason, line=line, column=column, token=token, expected=expected)


def _open(read: list[Token]) -> Token | None:
    """Give the innermost bracket that is not closed, or that a bracket of another kind closes."""
    brackets: list[Token] = []
    for each in read:
        if each.text in OPENING:
            brackets.append(each)
        elif each.text in CLOSING and brackets:
            opened = brackets.pop()
            if OPENING.index(opened.text) != CLOSING.index(each.text):
                return opened
    return brackets[-1] if brackets else None


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
