"""N-Triples: a graph of rdflib whose terms are texts, as canonical N-Triples writes them.

Texts are compared many times as fast as rdflib's terms, and most of what a build does with a triple
needs no more. A term of rdflib is made when one is asked for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import pyoxigraph
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.plugins.stores.memory import SimpleMemory

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from rdflib.term import Node

Triple: TypeAlias = tuple[str, str, str]

LITERAL = re.compile(r'"(.*)"(?:@([A-Za-z0-9-]+)|\^\^<([^>]*)>)?', re.DOTALL)
ESCAPED = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
ESCAPES = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}

FEWEST = (0, 2, 1)
"""The places of a triple, that with the fewest triples to a term first."""

TERMS_KEPT = 100_000
"""So many terms are made once only."""


def graph(triples: Iterable[Triple] = ()) -> Graph:
    """Give the triples as a graph of rdflib, which may be added to."""
    return Graph(Texts(triples), bind_namespaces="none")


def triples(of: Graph) -> AbstractSet[Triple]:
    """Give the triples of a graph as texts."""
    if isinstance(of.store, Texts):
        return of.store.held
    return {(text(s), text(p), text(o)) for s, p, o in of}


def merged(graphs: Iterable[Graph]) -> Graph:
    """Give all triples of several graphs in one."""
    return graph(triple for each in graphs for triple in triples(each))


def lines(of: Iterable[Triple]) -> Iterator[str]:
    """Write triples as lines of N-Triples."""
    return (f"{' '.join(each)} .\n" for each in of)


def text(term: Node) -> str:
    """Write a term of rdflib as canonical N-Triples does."""
    if isinstance(term, URIRef):
        return f"<{term}>"
    if isinstance(term, Literal):
        datatype = pyoxigraph.NamedNode(term.datatype) if term.datatype else None
        return str(pyoxigraph.Literal(str(term), datatype=datatype, language=term.language))
    return f"_:{term}"


@lru_cache(TERMS_KEPT)
def term(written: str) -> URIRef | BNode | Literal:
    """Give a term that canonical N-Triples has written, in rdflib's terms, as it is spelt."""
    if written.startswith("<"):
        return URIRef(written[1:-1])
    if written.startswith("_:"):
        return BNode(written[2:])
    value, language, datatype = _parts(written)
    if language:
        return Literal(value, lang=language)
    return Literal(value, datatype=URIRef(datatype) if datatype else None, normalize=False)


def plain(written: str) -> str:
    """Give the IRI, the label or the lexical form in a written term."""
    if written.startswith('"'):
        return _parts(written)[0]
    return written[1:-1] if written.startswith("<") else written[2:]


def _parts(literal: str) -> tuple[str, str | None, str | None]:
    """Give the lexical form of a literal that is written, its language and its datatype."""
    found = LITERAL.fullmatch(literal)
    assert found  # noqa: S101  # nothing else is written so
    lexical, language, datatype = found.groups()
    return ESCAPED.sub(_character, lexical) if "\\" in lexical else lexical, language, datatype


def _character(escaped: re.Match[str]) -> str:
    short, long, letter = escaped.groups()
    return chr(int(short or long, 16)) if short or long else ESCAPES.get(letter, letter)


class Texts(SimpleMemory):
    """A store of rdflib that holds its triples as texts, by each term once one is looked for."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        super().__init__()
        self.held: set[Triple] = set(triples)
        self._by: dict[int, dict[str, set[Triple]]] = {}

    def add(self, triple: Any, context: Any, quoted: bool = False) -> None:  # noqa: ANN401, ARG002
        """Add a triple of rdflib's terms."""
        s, p, o = map(text, triple)
        added = s, p, o
        self.held.add(added)
        for place, index in self._by.items():
            index[added[place]].add(added)

    def remove(self, pattern: Any, context: Any = None) -> None:  # noqa: ANN401, ARG002
        """Remove the triples that fit the pattern."""
        for triple in list(self.fitting(*map(_wanted, pattern))):
            self.held.remove(triple)
            for place, index in self._by.items():
                index[triple[place]].remove(triple)

    def triples(self, pattern: Any, context: Any = None) -> Iterator[Any]:  # noqa: ANN401
        """Give the triples that fit the pattern, in rdflib's terms."""
        for s, p, o in self.fitting(*map(_wanted, pattern)):
            yield (term(s), term(p), term(o)), iter((context,))

    def __len__(self, context: object = None) -> int:
        """Count the triples."""
        return len(self.held)

    def fitting(self, *pattern: str) -> Iterable[Triple]:
        """Give the triples that fit a pattern of texts, in which "" is anything."""
        places = [place for place, each in enumerate(pattern) if each]
        if not places:
            return list(self.held)
        if len(places) == 3:
            s, p, o = pattern
            return [(s, p, o)] if (s, p, o) in self.held else []
        first = min(places, key=FEWEST.index)
        if first not in self._by:
            self._by[first] = _indexed(self.held, first)
        found = self._by[first].get(pattern[first], ())
        return [each for each in found if all(each[place] == pattern[place] for place in places)]


def _wanted(each: Node | None) -> str:
    return "" if each is None else text(each)


def _indexed(held: AbstractSet[Triple], place: int) -> dict[str, set[Triple]]:
    index: dict[str, set[Triple]] = defaultdict(set)
    for triple in held:
        index[triple[place]].add(triple)
    return index
