"""Report: what breaks the shapes, for data that pyshacl is too slow for.

The engine `shacl` holds the data to the constraints of SHACL Core. It asks a SPARQL constraint anew
for each focus node, which takes the square of the data where a record is compared with others; the
store asks each here once, for all its focus nodes. That finds the same wherever the query's own
patterns bind `$this` before an expression looks at it. What is not so stays with the engine.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from pyoxigraph import DefaultGraph, NamedNode, QuerySolutions, RdfFormat, Store, serialize
from rdflib import OWL, RDF, RDFS, SH, Graph, Literal, URIRef, Variable
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.parserutils import CompValue

from .config import GRAPH
from .errors import InvalidData
from .ntriples import lines, text, triples
from .validate import violations

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyoxigraph import Quad
    from rdflib.term import Node

INFERRED = NamedNode(GRAPH + "inferred")
"""What follows is not validated: an inferred class would hide a wrong one."""

TOLD = 1000
"""So many faults are looked at: of Core, and of each SPARQL constraint."""

THIS = Variable("this")

PASSING = {"SelectQuery", "Project", "Distinct", "Reduced", "OrderBy", "Slice", "ToMultiSet"}
KNOWN = PASSING | {"BGP", "Join", "LeftJoin", "Union", "Filter", "Extend", "values"}
"""The parts of a query (SPARQL 1.1, 18.2) of which it is known where they bind a variable."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A SPARQL constraint that is asked of all focus nodes at once."""

    shape: Node
    constraint: Node
    query: str


def validate(asserted: Graph, shapes: Graph) -> Graph:
    """Give the SHACL report, or raise `InvalidData`, as `validate.validate` does.

    Raises `ImportError` where `shacl` is not installed.
    """
    store = Store()
    with tempfile.TemporaryDirectory(prefix="seisaku-") as folder:
        data = Path(folder, "data.nt")
        data.write_text("".join(lines(triples(asserted))), encoding="utf-8")
        store.bulk_load(path=data, format=RdfFormat.N_TRIPLES)
        found = report(data, store, shapes)
    return _sound(found, asserted)


def validate_store(store: Store, shapes: Graph, folder: Path) -> Graph:
    """Give the SHACL report on all graphs of a store but the inferred one, as one graph.

    They are written to a file in `folder`, which the engine reads: it has the data in memory.
    Raises as `validate` does.
    """
    data = folder / "validated.nt"
    try:
        serialize((each.triple for each in _asserted(store)), data, RdfFormat.N_TRIPLES)
        return _sound(report(data, store, shapes), shapes)
    finally:
        data.unlink(missing_ok=True)


def report(data: Path, store: Store, shapes: Graph) -> Graph:
    """Give the SHACL report on `data`, a file of N-Triples, whose triples `store` has, too."""
    import shacl

    rules = list(rules_of(shapes))
    core = Graph(bind_namespaces="none")
    core += shapes
    for each in rules:
        core.remove((each.shape, SH.sparql, each.constraint))
    engine = shacl.Shapes.from_text(core.serialize(format="nt"), format="ntriples")
    told = engine.validate_file(str(data), max_results=TOLD).serialize("ntriples")
    answers = (_results(number, rule, store, shapes) for number, rule in enumerate(rules))
    lines = [line for each in answers for line in each]
    found = Graph(bind_namespaces="none").parse(data=told + "".join(lines), format="nt")
    found.bind("sh", SH)
    (whole,) = found.subjects(RDF.type, SH.ValidationReport)
    results = list(found.subjects(RDF.type, SH.ValidationResult))
    for result in results:
        found.add((whole, SH.result, result))
    found.set((whole, SH.conforms, Literal(not results)))
    return found


def rules_of(shapes: Graph) -> Iterator[Rule]:
    """Give the SPARQL constraints that may be asked of all focus nodes at once."""
    for shape, constraint in sorted(shapes.subject_objects(SH.sparql)):
        targets = _targets(shapes, shape)
        select = shapes.value(constraint, SH.select)
        of_its_own = (None, None, shape) not in shapes and (shape, SH.path, None) not in shapes
        plain = not any(
            (each, part, None) in shapes
            for each in (shape, constraint)
            for part in (SH.deactivated, SH.prefixes, SH.severity)
        )
        if targets and select and of_its_own and plain and not _filled(shapes, constraint):
            query = str(select).replace("{", f"{{ {{ {targets} }}", 1)
            if _binds_this(query):
                yield Rule(shape, constraint, query)


def _targets(shapes: Graph, shape: Node) -> str:
    """Give the patterns that find the shape's focus nodes as `?this`; none for a class."""
    if not {OWL.Class, RDFS.Class}.isdisjoint(shapes.objects(shape, RDF.type)):
        return ""
    nodes = " ".join(sorted(each.n3() for each in shapes.objects(shape, SH.targetNode)))
    kinds = sorted(each.n3() for each in shapes.objects(shape, SH.targetClass))
    having = sorted(each.n3() for each in shapes.objects(shape, SH.targetSubjectsOf))
    values = sorted(each.n3() for each in shapes.objects(shape, SH.targetObjectsOf))
    return " } UNION { ".join(
        [
            *([f"VALUES ?this {{ {nodes} }}"] if nodes else []),
            *(f"?this {RDF.type.n3()}/{RDFS.subClassOf.n3()}* {each}" for each in kinds),
            *(f"?this {each} []" for each in having),
            *(f"[] {each} ?this" for each in values),
        ]
    )


def _filled(shapes: Graph, constraint: Node) -> bool:
    """Tell whether a message has places that a solution fills."""
    return any(re.search(r"\{[?$]", str(each)) for each in shapes.objects(constraint, SH.message))


@lru_cache(maxsize=256)
def _binds_this(query: str) -> bool:
    """Tell whether patterns bind `$this` in each group in which an expression looks at it."""
    algebra = prepareQuery(query).algebra
    return THIS in algebra.PV and all(
        part.name in KNOWN and (THIS not in _mentioned(part.expr) or THIS in _bound(part))
        for part in _parts(algebra)
    )


def _parts(part: CompValue) -> Iterator[CompValue]:
    yield part
    for name in ("p", "p1", "p2"):
        if isinstance(below := part.get(name), CompValue):
            yield from _parts(below)


def _bound(part: CompValue) -> set[Node]:
    """Give the variables that each solution of a part binds, before its own expression does."""
    if part.name == "BGP":
        return {each for triple in part.triples for each in triple if isinstance(each, Variable)}
    if part.name == "values":
        return set.intersection(*(set(row) for row in part.res))
    if part.name in ("Union", "Join", "LeftJoin"):
        one, other = _bound(part.p1), _bound(part.p2)
        if part.name == "LeftJoin":
            return one
        return one & other if part.name == "Union" else one | other
    return _bound(part.p)


def _mentioned(expression: object) -> set[Node]:
    """Give the variables of an expression; a pattern in it (EXISTS) sees what is bound around."""
    if isinstance(expression, Variable):
        return {expression}
    if isinstance(expression, CompValue):
        expression = list(expression.values())
    if isinstance(expression, list | tuple | set):
        return {found for each in expression for found in _mentioned(each)}
    return set()


def _results(number: int, rule: Rule, store: Store, shapes: Graph) -> Iterator[str]:
    """Ask a rule; give the lines of N-Triples of a validation result for each solution."""
    said = [
        *((SH.resultMessage, text(each)) for each in shapes.objects(rule.constraint, SH.message)),
        (RDF.type, SH.ValidationResult.n3()),
        (SH.resultSeverity, SH.Violation.n3()),
        (SH.sourceConstraintComponent, SH.SPARQLConstraintComponent.n3()),
        *((part, each.n3()) for part, each in _sources(rule) if isinstance(each, URIRef)),
    ]
    for row, solution in enumerate(islice(_solutions(rule.query, store), TOLD)):
        focus, value = solution
        known = [(SH.focusNode, focus), (SH.value, value), *said]
        yield from (f"_:s{number}x{row} {part.n3()} {term} .\n" for part, term in known)


def _sources(rule: Rule) -> tuple[tuple[URIRef, Node], ...]:
    return ((SH.sourceShape, rule.shape), (SH.sourceConstraint, rule.constraint))


def _solutions(query: str, store: Store) -> Iterator[tuple[str, str]]:
    """Give the focus node and the value of each solution, once; without a value it is the node."""
    graphs = [DefaultGraph(), *(each for each in store.named_graphs() if each != INFERRED)]
    found = store.query(query, default_graph=graphs)
    assert isinstance(found, QuerySolutions)  # noqa: S101  # rules_of gives SELECT
    has_value = "value" in {each.value for each in found.variables}
    seen = set()
    for row in found:
        pair = (str(row["this"]), str((row["value"] if has_value else None) or row["this"]))
        if pair not in seen:
            seen.add(pair)
            yield pair


def _asserted(store: Store) -> Iterable[Quad]:
    return (each for each in store if each.graph_name != INFERRED)


def _sound(found: Graph, names: Graph) -> Graph:
    """Give a report that conforms; the names in an error are those of `names`."""
    if faults := violations(found, names):
        raise InvalidData.listing(faults)
    return found
