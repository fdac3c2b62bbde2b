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
from rdflib import BNode, Graph, Literal
from rdflib.plugins.stores.memory import Memory

from .errors import InvalidData
from .validate import validate, violations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyshacl.shape import Shape
    from rdflib.term import Node

Pattern: TypeAlias = "tuple[Node | None, Node | None, Node | None]"

Looks: TypeAlias = list[int]
"""Digests of patterns. Two patterns with one digest cost a check that was not needed, no more."""

Checked: TypeAlias = dict[str, Any]
"""What is kept: `data` and `shapes`, their triples; `prefixes`, which queries may use; `at`, of
each shape the looks for its targets and into the shapes, and of each focus node those at it."""


def revalidate(asserted: Graph, shapes: Graph, before: Checked | None) -> tuple[Graph, Checked]:
    """Give the SHACL report, as `validate` does, and what to say as `before` the next time.

    Without `before`, all is checked. Raises `InvalidData` as `validate` does.
    """
    rdflib_bool_unpatch()  # type: ignore[no-untyped-call]  # as pyshacl does before it validates
    data, rules = _Looking(asserted), _Looking(shapes)
    try:
        known = _Shapes(rules)
        if known.custom_constraints:  # it is looked for once, and would be missed at the next shape
            return validate(asserted, shapes), {}
        run = _Run(data, rules, known, before or {})
        checked = run.checked()
    except ReportableRuntimeError:
        return validate(asserted, shapes), {}  # which says what is wrong
    report, _ = Validator.create_validation_report(known, not run.found, run.found)
    if run.found:
        raise InvalidData.listing(violations(report, asserted))
    return report, checked


class _Looking(Memory):
    """A store with the triples of a graph, which takes down what it is asked for."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self._texts: dict[Node | None, str] = {None: ""}
        self.looks: set[Pattern] = set()
        self.graph = Graph(self, bind_namespaces="none")
        for prefix, namespace in graph.namespaces():
            self.graph.bind(prefix, namespace)
        self.graph += graph

    def triples(self, pattern: Pattern, context: Any = None) -> Any:  # noqa: ANN401
        """Give the triples that fit the pattern, as rdflib asks for them."""
        self.looks.add(pattern)
        return super().triples(pattern, context)

    def lines(self) -> list[str]:
        """Give the triples as lines, of three parts with blanks between."""
        return sorted(" ".join(map(self.text, triple)) for triple in self.graph)

    def taken(self) -> set[int]:
        """Give what was looked for since the last time, as digests."""
        looks, self.looks = self.looks, set()
        return {_digest(*map(self.text, each)) for each in looks}

    def text(self, term: Node | None) -> str:
        """Give a text that is the term's only; of a language tag the case says nothing."""
        if term not in self._texts:
            self._texts[term] = _text(term)
        return self._texts[term]


class _Shapes(ShapesGraph):
    """The shapes, which take down each of them that is used, also one that then does nothing."""

    def __init__(self, looking: _Looking) -> None:
        super().__init__(looking.graph)
        self._looking = looking

    def lookup_shape_from_node(self, node: Node) -> Shape:
        """Give a shape, as pyshacl asks for it."""
        self._looking.looks.add((node, None, None))
        return super().lookup_shape_from_node(node)


class _Run:
    """One validation: `found` is what does not conform, `done` the number of checks made."""

    def __init__(self, data: _Looking, rules: _Looking, shapes: _Shapes, before: Checked) -> None:
        self.found: list[Any] = []
        self.done = 0
        self._data, self._rules, self._shapes = data, rules, shapes
        self._graph = DataGraph.from_rdflib(data.graph)
        self._now: Checked = {
            "prefixes": sorted([prefix, str(each)] for prefix, each in data.graph.namespaces()),
            "data": data.lines(),
            "shapes": rules.lines(),
        }
        is_known = before.get("prefixes") == self._now["prefixes"]
        self._before: dict[str, Any] = before["at"] if is_known else {}
        self._touched = {
            part: _fitting(set(before[part]) ^ set(self._now[part])) if is_known else set()
            for part in ("data", "shapes")
        }

    def checked(self) -> Checked:
        """Hold the data to each shape, where that may find something else than before."""
        shapes = ((self._rules.text(each.node), each) for each in self._shapes.shapes)
        return {**self._now, "at": {name: self._at(name, each) for name, each in shapes}}

    def _at(self, name: str, shape: Shape) -> dict[str, Any]:
        before = self._before.get(name, {"shape": [], "targets": [], "focus": {}})
        same = name in self._before and self._is_same("shapes", before["shape"])
        left = {
            text: looks
            for text, looks in before["focus"].items()
            if same and self._is_same("data", looks)
        }
        if same and len(left) == len(before["focus"]) and self._is_same("data", before["targets"]):
            return dict(before)
        self._rules.looks = {(shape.node, None, None)}
        nodes = shape.focus_nodes(self._graph)  # type: ignore[no-untyped-call]
        targets = self._data.taken()
        focus = {self._data.text(each): each for each in nodes}
        looks = {
            text: left[text] if text in left else self._look(shape, each)
            for text, each in focus.items()
        }
        into = self._rules.taken().union(before["shape"] if same else ())
        return {"shape": sorted(into), "targets": sorted(targets), "focus": looks}

    def _look(self, shape: Shape, focus: Any) -> Looks:  # noqa: ANN401  # a term
        self.done += 1
        _, found = shape.validate(SHACLExecutor(), self._graph, focus=[focus])
        self.found += found
        return sorted(self._data.taken())

    def _is_same(self, part: str, looks: Looks) -> bool:
        return self._touched[part].isdisjoint(looks)


def _fitting(lines: Iterable[str]) -> set[int]:
    """Give all patterns that the triples in these lines fit."""
    parts = (line.split(" ", 2) for line in lines)
    return {
        _digest(*pattern) for each in parts for pattern in product(*((one, "") for one in each))
    }


def _digest(subject: str, predicate: str, object_: str) -> int:
    said = f"{subject} {predicate} {object_}".encode()
    return int.from_bytes(blake2b(said, digest_size=8).digest(), "big")


def _text(term: Node | None) -> str:
    if isinstance(term, Literal):
        return f'"{term}"@{(term.language or "").lower()}^^{term.datatype or ""}'
    return f"_:{term}" if isinstance(term, BNode) else f"<{term}>"
