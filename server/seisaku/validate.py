"""Validate: the asserted graph against the shapes."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pyshacl
from pyshacl.errors import ReportableRuntimeError
from rdflib import RDF, SH, XSD, Graph, plugin
from rdflib.plugins import sparql
from rdflib.plugins.sparql.processor import SPARQLProcessor, prepareQuery
from rdflib.query import Processor

from .errors import InvalidData

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rdflib.plugins.sparql.sparql import Query
    from rdflib.term import Identifier, Node

# Else a SPARQL constraint with FROM would fetch whatever URL or file it names.
sparql.SPARQL_LOAD_GRAPHS = False


@lru_cache(maxsize=256)
def prepared(text: str, names: tuple[tuple[str, Any], ...], base: str | None) -> Query:
    """Parse a query, in which `names` may be used as prefixes, or give what came of it before."""
    return prepareQuery(text, dict(names), base)


class PreparedProcessor(SPARQLProcessor):
    """rdflib's SPARQL processor, which here reads a text once.

    pyshacl asks a constraint's query anew for each focus node, and four fifths of the time of
    `validate` went into parsing the same few texts.
    """

    def query(  # type: ignore[override]  # as in the class above
        self,
        strOrQuery: str | Query,  # noqa: N803
        initBindings: Mapping[str, Identifier] | None = None,  # noqa: N803
        initNs: Mapping[str, Any] | None = None,  # noqa: N803
        base: str | None = None,
        DEBUG: bool = False,  # noqa: N803
    ) -> Mapping[str, Any]:
        """Answer a query as `SPARQLProcessor` does; the arguments are its."""
        if isinstance(strOrQuery, str):
            strOrQuery = prepared(strOrQuery, tuple((initNs or {}).items()), base)  # noqa: N806
        return super().query(strOrQuery, initBindings, initNs, base, DEBUG)


plugin.register("sparql", Processor, __name__, PreparedProcessor.__name__)


def validate(asserted: Graph, shapes: Graph) -> Graph:
    """Give the SHACL report, or raise `InvalidData` unless `asserted` conforms to `shapes`.

    `asserted` is ontology and data in one graph. This runs before reasoning on purpose: OWL RL
    types a dangling object by its property's range, after which `sh:class` finds no fault.
    """
    data, rules = _copied(asserted), _copied(shapes)
    try:
        conforms, report, _ = pyshacl.validate(data, shacl_graph=rules, inference="none")
    except ReportableRuntimeError as error:
        raise InvalidData(f"the shapes are not SHACL: {error}") from error
    if not isinstance(report, Graph):  # pyshacl gives its failure in the report's place
        raise InvalidData(str(report))
    if not conforms:
        raise InvalidData.listing(violations(report, asserted))
    return report


def turtle(report: Graph) -> str:
    """Write a report in Turtle, by the same prefixes whatever pyshacl has looked at."""
    for prefix, namespace in (("sh", SH), ("xsd", XSD)):
        report.bind(prefix, namespace, replace=True)
    return report.serialize(format="turtle")


def _copied(graph: Graph) -> Graph:
    """Copy a graph into a store that pyshacl takes; to shapes it adds triples of its own."""
    copied = Graph(bind_namespaces="none")
    for prefix, namespace in graph.namespaces():
        copied.bind(prefix, namespace)
    copied += graph
    return copied


def violations(report: Graph, asserted: Graph) -> list[str]:
    """Give each result as one line: the record, the path, the value, the rule in en and ja."""
    return sorted(
        _line(report, asserted, each) for each in report.subjects(RDF.type, SH.ValidationResult)
    )


def _line(report: Graph, asserted: Graph, result: Node) -> str:
    names = [
        term.n3(asserted.namespace_manager)
        for part in (SH.focusNode, SH.resultPath, SH.value)
        if (term := report.value(result, part)) is not None
    ]
    messages = sorted(str(each) for each in report.objects(result, SH.resultMessage))
    return f"{' '.join(names)}: {' / '.join(messages)}"
