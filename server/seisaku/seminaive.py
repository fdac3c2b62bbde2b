"""Semi-naive: what a query finds that it did not find before some triples were added.

A query of patterns and filters finds more only by a pattern that an added triple fits. So it is
enough to ask it once for each such fit, with the variables of the pattern bound to the triple's
terms. Triples that went let it find less.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rdflib import BNode, URIRef, Variable
from rdflib.paths import MulPath, Path, SequencePath
from rdflib.plugins.sparql.parserutils import CompValue

from .ntriples import term, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rdflib.plugins.sparql.sparql import Query
    from rdflib.term import Identifier

    from .ntriples import Triple

    Bindings = dict[str, Identifier]
    Pattern = tuple[Any, Any, Any]

MOST = 100
"""Fits; where there are more, the query is as well asked as a whole."""

KNOWN = re.compile(
    r"SelectQuery|Distinct|Project|Filter|Join|BGP|UnaryNot|\w+Expression"
    r"|Builtin_(?!(NOT)?EXISTS)\w+"
)
"""The parts, as rdflib calls them, of a query of patterns and filters."""


def fits(
    query: Query, given: Mapping[str, Identifier], added: set[Triple]
) -> list[Bindings] | None:
    """Give bindings for which to ask `query`, to find what it finds with `added` only.

    `given` is bound already. None when it cannot be told, and the query is to be asked as a whole.
    """
    parts = list(_parts(query.algebra))
    patterns: list[Pattern] = [
        each for part in parts if part.name == "BGP" for each in part.triples
    ]
    if not _is_known(query, parts, set(given)):
        return None
    found: list[Bindings] = []
    for pattern in patterns:
        if isinstance(pattern[1], Path):
            named = _properties(pattern[1])
            if not named or any(property_ in named for _, property_, _ in added):
                return None
            continue
        fitting = (_fit(pattern, given, triple) for triple in added)
        found += [each for each in fitting if each is not None and each not in found]
        if len(found) > MOST:
            return None
    return found


def _is_known(query: Query, parts: list[CompValue], given: set[str]) -> bool:
    """Tell whether a query is of patterns and filters, each filter on what its group binds."""
    terms = list(_terms(query.algebra))
    return (
        all(KNOWN.fullmatch(part.name) for part in parts)
        and query.algebra.datasetClause is None
        and not any(isinstance(each, BNode) for each in terms)
        and all(
            _variables(part.expr) <= _variables(part.p) | given
            for part in parts
            if part.name == "Filter"
        )
    )


def _parts(part: object) -> Iterator[CompValue]:
    if isinstance(part, CompValue):
        yield part
        yield from _parts([each for name, each in part.items() if name != "_vars"])
    elif isinstance(part, list | tuple):
        for each in part:
            yield from _parts(each)


def _terms(part: object) -> Iterator[object]:
    """Give all that is in a part and is no part."""
    if isinstance(part, CompValue):
        yield from _terms([each for name, each in part.items() if name != "_vars"])
    elif isinstance(part, list | tuple):
        for each in part:
            yield from _terms(each)
    else:
        yield part


def _variables(part: object) -> set[Variable]:
    return {each for each in _terms(part) if isinstance(each, Variable)}


def _properties(path: Path) -> set[str]:
    """Give the properties on a path that begins with one; of other paths, nothing.

    A path of no length leads from everything to itself, also from what was not there before.
    """
    steps = path.args if isinstance(path, SequencePath) else []
    named = [each.path if isinstance(each, MulPath) else each for each in steps]
    if not all(isinstance(each, URIRef) for each in [*steps[:1], *named]):
        return set()
    return {text(each) for each in named if isinstance(each, URIRef)}


def _fit(pattern: Pattern, given: Mapping[str, Identifier], triple: Triple) -> Bindings | None:
    """Give what a triple binds in a pattern that it fits."""
    found: dict[str, str] = {}
    for part, written in zip(pattern, triple, strict=True):
        if isinstance(part, Variable) and part not in given:
            if found.setdefault(part, written) != written:
                return None
        elif text(given.get(part, part)) != written:
            return None
    return {variable: term(written) for variable, written in found.items()}
