"""Conformance: what a snapshot says of its own check: its shapes, its report, its manifest."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, parse

from . import snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyoxigraph import Triple

    Node = NamedNode | BlankNode | Literal | Triple
    Graph = dict[Node, dict[str, list[Node]]]

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
SH = "http://www.w3.org/ns/shacl#"
CLASS_TARGETS = (SH + "targetClass",)
PROPERTY_TARGETS = (SH + "targetSubjectsOf", SH + "targetObjectsOf", SH + "targetNode")
PARTS = (SH + "property", SH + "sparql")
"""What leads from a shape to the rules in it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that the data must keep: a property shape, a SPARQL constraint or a node shape."""

    iri: str
    messages: dict[str, str]
    """What it says, by language."""
    paths: frozenset[str]
    """The properties that it looks along."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A node shape: what it looks at and the rules that it holds that to."""

    iri: str
    classes: tuple[str, ...]
    """The classes whose members it looks at (`sh:targetClass`)."""
    properties: tuple[str, ...]
    """The properties whose subjects or objects it looks at, and the nodes that it names."""
    rules: tuple[Rule, ...]


class Conformance:
    """The check of the snapshot in `folder`.

    The files are taken at once, for a later build may remove the folder, and read when a page
    first asks: the shapes take about 30 ms.
    """

    def __init__(self, folder: Path) -> None:
        self.manifest: dict[str, Any] = snapshot.manifest(folder)
        self._report = (folder / snapshot.REPORT).read_bytes()
        self._shapes = (folder / snapshot.SHAPES).read_bytes()

    @cached_property
    def conforms(self) -> bool:
        """Whether the report says that the data conform."""
        said = parse(self._report, format=RdfFormat.TURTLE)
        return any(
            each.predicate.value == SH + "conforms"
            and isinstance(each.object, Literal)
            and each.object.value == "true"
            for each in said
        )

    @cached_property
    def shapes(self) -> list[Shape]:
        """The node shapes that look at something, by IRI."""
        graph: Graph = defaultdict(lambda: defaultdict(list))
        for each in parse(self._shapes, format=RdfFormat.N_TRIPLES):
            graph[each.subject][each.predicate.value].append(each.object)
        found = (_shape(graph, node) for node in list(graph) if isinstance(node, NamedNode))
        return sorted((each for each in found if each), key=lambda each: each.iri)


def read(folder: Path | None) -> Conformance | None:
    """Give what the snapshot in `folder` says of its check; of other data there is nothing."""
    return Conformance(folder) if folder else None


def _shape(graph: Graph, node: NamedNode) -> Shape | None:
    classes = _iris(graph, node, CLASS_TARGETS)
    properties = _iris(graph, node, PROPERTY_TARGETS)
    if not classes and not properties:
        return None
    parts = [node, *(each for part in PARTS for each in graph[node].get(part, ()))]
    rules = sorted((rule for each in parts for rule in _rules(graph, each)), key=lambda it: it.iri)
    return Shape(node.value, classes, properties, tuple(rules))


def _rules(graph: Graph, node: Node) -> Iterator[Rule]:
    said = graph[node].get(SH + "message", ()) if node in graph else ()
    messages = {each.language or "": each.value for each in said if isinstance(each, Literal)}
    if messages and isinstance(node, NamedNode):
        paths = {iri for each in graph[node].get(SH + "path", ()) for iri in _steps(graph, each)}
        yield Rule(node.value, messages, frozenset(paths))


def _steps(graph: Graph, path: Node) -> Iterator[str]:
    """Give the properties of a path, which is one of them or an expression of several."""
    if isinstance(path, NamedNode):
        if not path.value.startswith(RDF):
            yield path.value
    elif path in graph:
        for values in graph[path].values():
            for each in values:
                yield from _steps(graph, each)


def _iris(graph: Graph, node: Node, properties: tuple[str, ...]) -> tuple[str, ...]:
    found = (each for name in properties for each in graph[node].get(name, ()))
    return tuple(sorted({each.value for each in found if isinstance(each, NamedNode)}))
