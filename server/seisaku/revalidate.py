"""Revalidate: after an edit, the asserted graph against the shapes, where the edit can matter.

What a shape finds at a focus node follows from what pyshacl reads of the data and of the shapes on
the way. Each look is recorded as the pattern that it asks for, with nothing for what may be
anything. When a triple comes or goes, a shape is held again to those focus nodes at which it looked
for a pattern that the triple fits. At the others it would read the same, and they conformed.
"""

from __future__ import annotations

from hashlib import blake2b
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias

from pyshacl.errors import ReportableRuntimeError
from pyshacl.graph_abstraction import DataGraph
from pyshacl.monkey import rdflib_bool_unpatch
from pyshacl.pytypes import SHACLExecutor
from pyshacl.shapes_graph import ShapesGraph
from pyshacl.validator import Validator
from rdflib import RDF, RDFS, SH, Graph, Variable
from rdflib.plugins.sparql.processor import SPARQLResult as Result

from .errors import InvalidData
from .ntriples import Texts, text, triples
from .seminaive import fits
from .validate import PreparedProcessor, prepared, turtle, validate, violations

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyshacl.shape import Shape
    from rdflib.term import Node

    from .ntriples import Triple

Looks: TypeAlias = list[int]
"""Digests of patterns. Two patterns with one digest cost a check that was not needed, no more."""

Checked: TypeAlias = dict[str, Any]
"""What is kept: `data` and `shapes`, their triples; `prefixes`, which queries may use; `at`, of
each shape the looks for its targets and into the shapes, and of each focus node those at it; and
the `report`, in Turtle."""

PLAIN = set(
    map(
        text,
        (
            *(RDF.type, RDFS.label, RDFS.comment, SH.message, SH.severity, SH.sparql),
            *(SH.targetNode, SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf),
        ),
    )
)
"""What is said of a shape that has queries and no other constraint."""


def revalidate(asserted: Graph, shapes: Graph, before: Checked | None) -> tuple[str, Checked]:
    """Give the SHACL report that `validate` gives, in Turtle, and what is `before` the next time.

    Without `before`, all is checked. Raises `InvalidData` as `validate` does.
    """
    said = _said(asserted, shapes)
    before = before if before and before["prefixes"] == said["prefixes"] else None
    if before and all(before[part] == said[part] for part in ("data", "shapes")):
        return before["report"], before
    rdflib_bool_unpatch()  # type: ignore[no-untyped-call]  # as pyshacl does before it validates
    data, rules = _Looking(asserted), _Looking(shapes)
    try:
        known = _Shapes(rules)
        if known.custom_constraints:  # it is looked for once, and would be missed at the next shape
            return turtle(validate(asserted, shapes)), {}
        run = _Run(data, rules, known, said, before)
        at = run.checked()
    except ReportableRuntimeError:
        return turtle(validate(asserted, shapes)), {}  # which says what is wrong
    report, _ = Validator.create_validation_report(known, not run.found, run.found)
    if run.found:
        raise InvalidData.listing(violations(report, asserted))
    return turtle(report), {**said, "at": at, "report": turtle(report)}


def _said(asserted: Graph, shapes: Graph) -> Checked:
    """Give all that a validation rests on, the triples as lines of three parts."""
    return {
        "prefixes": sorted([prefix, str(each)] for prefix, each in asserted.namespaces()),
        "data": "\n".join(sorted(map(" ".join, triples(asserted)))),
        "shapes": "\n".join(sorted(map(" ".join, triples(shapes)))),
    }


class _Looking(Texts):
    """A store with the triples of a graph, which takes down what it is asked for."""

    context_aware = graph_aware = True  # pyshacl asks for that, and for one graph only

    def __init__(self, graph: Graph) -> None:
        super().__init__(triples(graph))
        self.looks: set[tuple[str, ...]] = set()
        self.added: set[Triple] | None = None
        """Triples without which a query found nothing."""
        self.graph = Graph(self, bind_namespaces="none")
        for prefix, namespace in graph.namespaces():
            self.graph.bind(prefix, namespace)

    def triples(self, pattern: Any, context: Any = None) -> Iterator[Any]:  # noqa: ANN401, ARG002
        """Give the triples that fit the pattern, all of them in the one graph."""
        return super().triples(pattern, self.graph)

    def fitting(self, *pattern: str) -> Iterable[Triple]:
        """Give the triples that fit a pattern, as rdflib asks for them."""
        self.looks.add(pattern)
        return super().fitting(*pattern)

    def query(  # type: ignore[override]  # as rdflib calls it
        self,
        query: str,
        initNs: dict[str, Any],  # noqa: N803
        initBindings: dict[str, Node],  # noqa: N803
        queryGraph: str,  # noqa: ARG002, N803
    ) -> Result:
        """Find what a query finds with the added triples only. Else rdflib finds all."""
        asked = prepared(query, tuple(initNs.items()), None)
        given: dict[str, Any] = {Variable(name): each for name, each in initBindings.items()}
        bound = None if self.added is None else fits(asked, given, self.added)
        if bound is None:
            raise NotImplementedError
        processor = PreparedProcessor(self.graph)  # type: ignore[no-untyped-call]
        answers = [Result(processor.query(asked, {**given, **each}, initNs)) for each in bound]
        found = Result({"type_": "SELECT", "vars_": asked.algebra.PV})
        found.bindings = [row for each in answers for row in each.bindings]
        return found

    def taken(self) -> set[int]:
        """Give what was looked for since the last time, as digests."""
        looks, self.looks = self.looks, set()
        return {_digest(*each) for each in looks}


class _Shapes(ShapesGraph):
    """The shapes, which take down each of them that is used, also one that then does nothing."""

    def __init__(self, looking: _Looking) -> None:
        super().__init__(looking.graph)
        self._looking = looking

    def lookup_shape_from_node(self, node: Node) -> Shape:
        """Give a shape, as pyshacl asks for it."""
        self._looking.looks.add((text(node), "", ""))
        return super().lookup_shape_from_node(node)


class _Run:
    """One validation: `found` is what does not conform, `done` the number of checks made."""

    def __init__(
        self,
        data: _Looking,
        rules: _Looking,
        shapes: _Shapes,
        said: Checked,
        before: Checked | None,
    ) -> None:
        self.found: list[Any] = []
        self.done = 0
        self._data, self._rules, self._shapes = data, rules, shapes
        self._graph = DataGraph.from_rdflib(data.graph)
        self._before: dict[str, Any] = before["at"] if before else {}
        changes: dict[str, set[str]] = {
            part: set(before[part].split("\n")) ^ set(said[part].split("\n")) if before else set()
            for part in ("data", "shapes")
        }
        self._touched = {part: _fitting(lines) for part, lines in changes.items()}
        self._added = data.held & {_triple(line) for line in changes["data"]}

    def checked(self) -> dict[str, Any]:
        """Hold the data to each shape, where that may find something else than before."""
        shapes = ((text(each.node), each) for each in self._shapes.shapes)
        return {name: self._at(name, each) for name, each in shapes}

    def _at(self, name: str, shape: Shape) -> dict[str, Any]:
        before = self._before.get(name, {"shape": [], "targets": [], "focus": {}})
        same = name in self._before and self._is_same("shapes", before["shape"])
        left = {
            node: looks
            for node, looks in before["focus"].items()
            if same and self._is_same("data", looks)
        }
        if same and len(left) == len(before["focus"]) and self._is_same("data", before["targets"]):
            return dict(before)
        self._rules.looks = {(name, "", "")}
        nodes = shape.focus_nodes(self._graph)  # type: ignore[no-untyped-call]
        targets = self._data.taken()
        focus = {text(each): each for each in nodes}
        looks = {
            node: left[node]
            if node in left
            else self._look(shape, each, before["focus"].get(node) if same else None)
            for node, each in focus.items()
        }
        into = self._rules.taken().union(before["shape"] if same else ())
        return {"shape": sorted(into), "targets": sorted(targets), "focus": looks}

    def _look(self, shape: Shape, focus: Any, before: Looks | None) -> Looks:  # noqa: ANN401  # a term
        """Hold a shape to a focus node; `before` are the looks at the time that it conformed."""
        self.done += 1
        before = before if self._is_plain(shape) else None
        self._data.added = None if before is None else self._added
        _, found = shape.validate(SHACLExecutor(), self._graph, focus=[focus])
        self.found += found
        return sorted(self._data.taken().union(before or ()))

    def _is_plain(self, shape: Shape) -> bool:
        """Tell whether a shape conforms only where each query of it finds nothing."""
        return PLAIN.issuperset(p for _, p, _ in self._rules.fitting(text(shape.node), "", ""))

    def _is_same(self, part: str, looks: Looks) -> bool:
        return self._touched[part].isdisjoint(looks)


def _fitting(lines: Iterable[str]) -> set[int]:
    """Give all patterns that the triples in these lines fit."""
    return {
        _digest(*pattern)
        for each in map(_triple, lines)
        for pattern in product(*((one, "") for one in each))
    }


def _triple(line: str) -> Triple:
    subject, predicate, object_ = line.split(" ", 2)
    return subject, predicate, object_


def _digest(subject: str, predicate: str, object_: str) -> int:
    said = f"{subject} {predicate} {object_}".encode()
    return int.from_bytes(blake2b(said, digest_size=8).digest(), "big")
