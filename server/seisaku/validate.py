"""Validate: the asserted graph against the shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyshacl
from pyshacl.errors import ReportableRuntimeError
from rdflib import RDF, SH, Graph
from rdflib.plugins import sparql

from .errors import InvalidData

if TYPE_CHECKING:
    from rdflib.term import Node

# Else a SPARQL constraint with FROM would fetch whatever URL or file it names.
sparql.SPARQL_LOAD_GRAPHS = False


def validate(asserted: Graph, shapes: Graph) -> Graph:
    """Give the SHACL report, or raise `InvalidData` unless `asserted` conforms to `shapes`.

    `asserted` is ontology and data in one graph. This runs before reasoning on purpose: OWL RL
    types a dangling object by its property's range, after which `sh:class` finds no fault.
    """
    try:
        conforms, report, _ = pyshacl.validate(asserted, shacl_graph=shapes, inference="none")
    except ReportableRuntimeError as error:
        raise InvalidData(f"the shapes are not SHACL: {error}") from error
    if not isinstance(report, Graph):  # pyshacl gives its failure in the report's place
        raise InvalidData(str(report))
    if not conforms:
        raise InvalidData.listing(violations(report, asserted))
    return report


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
