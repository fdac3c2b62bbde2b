"""Graph: the dataset in memory, asked from Python without a server."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pyoxigraph import (
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
    parse,
)

from .config import BASE, LANGUAGES, Config
from .errors import BadQuery, Unreadable, UsageError
from .query import inspect, placed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd
    from pyoxigraph import BlankNode

    Term = NamedNode | BlankNode | Literal | Triple
    Value = str | int | float | bool | None

SH = "http://www.w3.org/ns/shacl#"
XSD = "http://www.w3.org/2001/XMLSchema#"
LABELS = (
    "http://www.w3.org/2000/01/rdf-schema#label",
    "http://www.w3.org/2004/02/skos/core#prefLabel",
)


class Graph:
    """All layers of the dataset in memory; its default graph is their union.

    `dataset` is a file in N-Quads, as `seisaku build` and `seisaku export` write it; `lang`, `ja`
    or `en`, is the language that answers are given in unless they are asked for in another.
    Raises `Unreadable` for a file that is none, `UsageError` for another language.
    """

    def __init__(self, dataset: Path, lang: str | None = None) -> None:
        self.lang = language(lang)
        try:
            self.quads: list[Quad] = list(parse(path=dataset, format=RdfFormat.N_QUADS))
        except SyntaxError as error:
            raise Unreadable.at(dataset, error) from error
        except OSError as error:
            raise Unreadable(dataset, error.strerror or "cannot be read") from error
        self._store = Store()
        self._store.bulk_extend(self.quads)

    def __len__(self) -> int:
        """Give the number of statements, each counted once a layer."""
        return len(self.quads)

    def query(self, text: str) -> Rows | bool | list[Triple]:
        """Answer a SPARQL query: rows to a SELECT, True or False to an ASK, else triples.

        Nothing but the dataset is asked. Raises `BadQuery` for a text that is no query, and
        `Refused` for an update and for SERVICE. The prefixes of the ontology need not be declared.
        """
        looked_at = inspect(text, Config())
        try:
            found = self._store.query(
                text,
                base_iri=BASE,
                prefixes=self.prefixes,
                use_default_graph_as_union=not looked_at.graphs,
            )
        except SyntaxError as error:
            raise placed(BadQuery("engine", what=error.msg), text, self.prefixes) from None
        if isinstance(found, QuerySolutions):
            columns = [each.value for each in found.variables]
            return Rows(self, columns, [tuple(row) for row in found])
        if isinstance(found, QueryBoolean):
            return bool(found)
        assert isinstance(found, QueryTriples)  # noqa: S101
        return list(found)

    def rows(self, text: str) -> Rows:
        """Answer a SELECT. Raises `UsageError` for a query of another form."""
        found = self.query(text)
        if not isinstance(found, Rows):
            raise UsageError("not a SELECT: an ASK or a CONSTRUCT has no rows")
        return found

    def label(self, term: Term, lang: str | None = None) -> str:
        """Give the name of `term` in `lang`; what has no name there is given as it is written."""
        if isinstance(term, NamedNode):
            names = self._labels.get(term.value, {})
            return names.get(lang or self.lang or LANGUAGES[0], term.value)
        return term.value if isinstance(term, Literal) else str(term)

    @cached_property
    def prefixes(self) -> dict[str, str]:
        """The prefixes that the root ontology declares (`sh:declare`); queries may use them."""
        said = {
            (str(quad.subject), quad.predicate.value): quad.object.value
            for quad in self.quads
            if isinstance(quad.object, Literal) and quad.predicate.value.startswith(SH)
        }
        return {
            name: said[subject, SH + "namespace"]
            for (subject, predicate), name in sorted(said.items(), key=lambda each: each[1])
            if predicate == SH + "prefix"
        }

    @cached_property
    def _labels(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for quad in self.quads:
            if quad.predicate.value in LABELS and isinstance(quad.subject, NamedNode):
                assert isinstance(quad.object, Literal)  # noqa: S101
                names = found.setdefault(quad.subject.value, {})
                names.setdefault(quad.object.language or "", quad.object.value)
        return found


class Rows:
    """The answer to a SELECT: `columns` are its variables, each row has a term for each.

    A term is an IRI, a literal or a blank node of pyoxigraph; None is where a row has no value.
    """

    def __init__(
        self, graph: Graph, columns: list[str], rows: list[tuple[Term | None, ...]]
    ) -> None:
        self._graph = graph
        self.columns = columns
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[tuple[Term | None, ...]]:
        return iter(self.rows)

    def to_pandas(self, lang: str | None = None) -> pd.DataFrame:
        """Give the rows as a data frame of numbers, truths and texts.

        With `lang`, or the language of the graph, the frame is in that language: IRIs that have
        a name are given as it, and of columns that are there in both, `hub_ja` and `hub_en`, one
        is left, `hub`. Without any, IRIs are IRIs and all columns stay. Raises `UsageError` for a
        language other than `ja` and `en`, and where pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError:
            raise UsageError("to_pandas needs pandas: pip install pandas") from None
        lang = language(lang) or self._graph.lang
        places = list(range(len(self.columns)))
        names = self.columns
        if lang is not None:
            others = tuple(f"_{each}" for each in LANGUAGES if each != lang)
            places = [place for place in places if not names[place].endswith(others)]
            names = [each.removesuffix(f"_{lang}") for each in names]
        rows = [[self._value(row[place], lang) for place in places] for row in self.rows]
        return pd.DataFrame(rows, columns=[names[place] for place in places])

    def _value(self, term: Term | None, lang: str | None) -> Value:
        if lang is not None and isinstance(term, NamedNode):
            return self._graph.label(term, lang)
        return value(term)


def value(term: Term | None) -> Value:
    """Give a term as a value of Python; a number of a kind that Python has none for as text."""
    if not isinstance(term, Literal):
        return getattr(term, "value", None) if term is None or hasattr(term, "value") else str(term)
    match term.datatype.value.removeprefix(XSD):
        case "integer" | "nonNegativeInteger" | "positiveInteger":
            return int(term.value)
        case "decimal" | "double" | "float":
            return float(term.value)
        case "boolean":
            return term.value in ("true", "1")
    return term.value


def language(lang: str | None) -> str | None:
    """Give `lang` when there are names in it. Raises `UsageError` for another language."""
    if lang not in (None, *LANGUAGES):
        raise UsageError(f"no names in {lang!r}: the languages are {' and '.join(LANGUAGES)}")
    return lang
