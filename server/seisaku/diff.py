"""Diff: what two datasets say differently, record by record."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from pyoxigraph import BlankNode, NamedNode, RdfFormat, Triple, parse
from pyoxigraph import Literal as Text

from .config import ASSERTED, GRAPH, LAYERS
from .errors import Unreadable
from .snapshot import SHAPES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pyoxigraph import Quad

    Subject: TypeAlias = NamedNode | BlankNode
    Object: TypeAlias = NamedNode | BlankNode | Text
    Says: TypeAlias = dict[Subject, list[tuple[NamedNode, Object]]]
    """What each subject says: its predicates and objects."""

T = TypeVar("T", bound="Object")
Value: TypeAlias = "NamedNode | Text | Blank | Items"
Property: TypeAlias = tuple[Value, ...]
"""A predicate; or, for what is said of a statement, its predicate, its object and a third."""

Statements: TypeAlias = frozenset[tuple[Property, Value]]

How: TypeAlias = Literal["renamed", "deprecated", "removed", "added", "changed"]
HOWS: tuple[How, ...] = ("renamed", "deprecated", "removed", "added", "changed")
"""In the order in which a person is told of them: what may break others comes first."""

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
OWL = "http://www.w3.org/2002/07/owl#"
TYPE, FIRST, REST, NIL = (NamedNode(RDF + each) for each in ("type", "first", "rest", "nil"))
DEPRECATED, AXIOM = NamedNode(OWL + "deprecated"), NamedNode(OWL + "Axiom")
ANNOTATED = [NamedNode(f"{OWL}annotated{each}") for each in ("Source", "Property", "Target")]
REPLACED_BY = NamedNode("http://purl.org/dc/terms/isReplacedBy")
LABELS = [
    NamedNode("http://www.w3.org/2000/01/rdf-schema#label"),
    NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel"),
    NamedNode("http://purl.org/dc/terms/title"),
]

PROPERTIES = [NamedNode(f"{OWL}{each}Property") for each in ("Object", "Datatype", "Annotation")]
NO_KIND = NamedNode(OWL + "NamedIndividual")


@dataclass(frozen=True, slots=True)
class Blank:
    """A blank node, known by what it says: two that say the same are one value."""

    says: frozenset[tuple[NamedNode, Value]]

    def __str__(self) -> str:
        return f"[ {' ; '.join(sorted(f'{p} {value}' for p, value in self.says))} ]"


@dataclass(frozen=True, slots=True)
class Items:
    """An RDF list, in its order."""

    items: tuple[Value, ...]

    def __str__(self) -> str:
        return f"( {' '.join(map(str, self.items))} )"


@dataclass(frozen=True, slots=True)
class Dataset:
    """One side of a comparison. `name` is what the caller called it."""

    name: str
    layers: dict[str, Says]
    """What each layer says; `SHAPES` is one more where the snapshot holds its shapes."""

    def values(self, subject: Subject, predicate: NamedNode) -> Iterator[Object]:
        """Give each object that `subject` has by `predicate` in a layer that people write."""
        for says in self._asserted():
            yield from (value for each, value in says.get(subject, ()) if each == predicate)

    def named(self) -> set[NamedNode]:
        """Give every IRI that a layer which people write says something of."""
        return {each for says in self._asserted() for each in says if isinstance(each, NamedNode)}

    def deprecated(self) -> set[NamedNode]:
        """Give every IRI that says `owl:deprecated true`."""
        return {each for each in self.named() if any(map(_true, self.values(each, DEPRECATED)))}

    def kind(self, record: NamedNode) -> NamedNode | None:
        """Give the class of a record. A property's is its sort, not that it is functional."""
        kinds = {each for each in self.values(record, TYPE) if isinstance(each, NamedNode)}
        kinds -= {NO_KIND}
        return min(kinds & set(PROPERTIES) or kinds, key=str, default=None)

    def _asserted(self) -> Iterator[Says]:
        return (says for layer, says in self.layers.items() if layer in (*ASSERTED, SHAPES))


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one record, in one layer."""

    how: How
    record: NamedNode | None
    """None for an axiom that is no record's, like `owl:AllDifferent`."""
    kind: NamedNode | None
    """Its class; None where nothing says one."""
    was: tuple[NamedNode, ...] = ()
    """The names that it had before, when it was renamed."""
    values: Mapping[Property, tuple[list[Value], list[Value]]] = field(default_factory=dict)
    """By property: the values that are gone, and those that have come."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What is different from `before` to `after`: the changes of each layer, in order."""

    before: Dataset
    after: Dataset
    layers: dict[str, list[Change]]

    @property
    def counts(self) -> dict[How, int]:
        """How many records people changed, each counted once, by what happened to it."""
        told = {each.record: each.how for each in self.written if each.record is not None}
        return {how: sum(each == how for each in told.values()) for how in HOWS}

    @property
    def axioms(self) -> int:
        """How many axioms that are no record's people changed."""
        return sum(each.record is None for each in self.written)

    @property
    def written(self) -> list[Change]:
        """The changes of the layers that people write."""
        return [each for layer in ASSERTED for each in self.layers[layer]]

    @property
    def inferred(self) -> tuple[int, int]:
        """How many inferred statements are gone, and how many have come."""
        pairs = [pair for each in self.layers["inferred"] for pair in each.values.values()]
        return sum(len(gone) for gone, _ in pairs), sum(len(come) for _, come in pairs)


def read(name: str, dataset: Path) -> Dataset:
    """Read a dataset in N-Quads, and the shapes of its snapshot where they lie beside it.

    Raises `Unreadable` for a file that is no N-Quads, and for a graph that is not a layer's.
    """
    layers: dict[str, Says] = {layer: defaultdict(list) for layer in LAYERS}
    graphs = {f"<{GRAPH}{layer}>": says for layer, says in layers.items()}
    for quad in _parsed(dataset, RdfFormat.N_QUADS):
        if str(quad.graph_name) not in graphs:
            raise Unreadable(dataset, f"{quad.graph_name} is not the graph of a layer: {quad}")
        _add(quad, graphs[str(quad.graph_name)])
    if (shapes := dataset.with_name(SHAPES)).is_file():
        layers[SHAPES] = defaultdict(list)
        for quad in _parsed(shapes, RdfFormat.N_TRIPLES):
            _add(quad, layers[SHAPES])
    return Dataset(name, layers)


def compare(before: Dataset, after: Dataset) -> Difference:
    """Tell what is different from `before` to `after`.

    A record that `after` deprecates in favour of one other is that other, renamed: for that,
    neither it nor what names it is different. Blank nodes are compared by what they say, and
    what an `owl:Axiom` says of a statement is said by the statement's subject.
    """
    names = renames(before, after)
    old = Dataset(before.name, {layer: _renamed(s, names) for layer, s in before.layers.items()})
    new = Dataset(after.name, {layer: _without(s, names) for layer, s in after.layers.items()})
    was: dict[NamedNode, list[NamedNode]] = defaultdict(list)
    for name in sorted(names, key=str):
        was[names[name]].append(name)
    layers = [layer for layer in old.layers if layer in new.layers]
    return Difference(
        before,
        after,
        {
            layer: [*_of_records(layer, old, new, was), *_of_axioms(layer, old, new)]
            for layer in layers
        },
    )


def renames(before: Dataset, after: Dataset) -> dict[NamedNode, NamedNode]:
    """Give each IRI that `after` deprecates and `before` does not, with its one successor."""
    found = {}
    for each in (after.deprecated() - before.deprecated()) & before.named():
        successors = [o for o in after.values(each, REPLACED_BY) if isinstance(o, NamedNode)]
        if len(successors) == 1:
            found[each] = successors[0]
    return found


def _parsed(file: Path, form: RdfFormat) -> Iterator[Quad]:
    try:
        yield from parse(path=file, format=form)
    except OSError as error:
        raise Unreadable(file, error.strerror or "cannot be read") from error
    except SyntaxError as error:
        raise Unreadable.at(file, error) from error


def _add(quad: Quad, says: Says) -> None:
    subject, value = quad.subject, quad.object
    if isinstance(subject, NamedNode | BlankNode) and not isinstance(value, Triple):
        says[subject].append((quad.predicate, value))


def _of_records(
    layer: str, old: Dataset, new: Dataset, was: Mapping[NamedNode, list[NamedNode]]
) -> list[Change]:
    there, here = old.named(), new.named()
    deprecated = new.deprecated() - old.deprecated()

    def how(record: NamedNode) -> How:
        if record in was:
            return "renamed"
        if record not in there:
            return "added"
        if record not in here:
            return "removed"
        return "deprecated" if record in deprecated else "changed"

    before, after = _records(old.layers[layer]), _records(new.layers[layer])
    changes = []
    for record in before.keys() | after.keys():
        gone, come = before.get(record, frozenset()), after.get(record, frozenset())
        if gone != come or (record in was and gone):
            kind = new.kind(record) or old.kind(record)
            names = tuple(was.get(record, ()))
            changes.append(Change(how(record), record, kind, names, _values(gone, come)))
    return sorted(
        changes, key=lambda each: (str(each.kind), HOWS.index(each.how), _natural(each.record))
    )


def _natural(record: NamedNode | None) -> list[str | int]:
    """Sort line 9 before line 12."""
    parts = re.split(r"(\d+)", record.value if record else "")
    return [int(each) if each.isdecimal() else each for each in parts]


def _of_axioms(layer: str, old: Dataset, new: Dataset) -> list[Change]:
    """Compare each axiom that is no record's with the one that is most like it."""
    before, after = _axioms(old.layers[layer]), _axioms(new.layers[layer])
    for each in [each for each in before if each in after]:
        before.remove(each)
        after.remove(each)
    nothing: Statements = frozenset()
    pairs = _likest(before, after)
    rest = [each for each in before if all(each is not one for one, _ in pairs)]
    fresh = [each for each in after if all(each is not other for _, other in pairs)]
    changes: list[Change] = [
        *(_axiom("changed", one, other) for one, other in pairs),
        *(_axiom("removed", each, nothing) for each in rest),
        *(_axiom("added", nothing, each) for each in fresh),
    ]
    return sorted(changes, key=lambda each: (str(each.kind), HOWS.index(each.how), _said(each)))


def _said(change: Change) -> list[str]:
    return [str(v) for pair in change.values.values() for values in pair for v in values]


def _axiom(how: How, gone: Statements, come: Statements) -> Change:
    kinds = [value for path, value in gone | come if path == (TYPE,)]
    kind = min((each for each in kinds if isinstance(each, NamedNode)), key=str, default=None)
    return Change(how, None, kind, (), _values(gone, come))


def _likest(
    before: list[Statements], after: list[Statements]
) -> list[tuple[Statements, Statements]]:
    """Pair the axioms of two sides by what they have in common besides their kind."""
    shared = sorted(
        (
            (-len([path for path, _ in one & other if path != (TYPE,)]), i, j)
            for (i, one), (j, other) in product(enumerate(before), enumerate(after))
        ),
    )
    pairs: dict[int, int] = {}
    for common, i, j in shared:
        if common < 0 and i not in pairs and j not in pairs.values():
            pairs[i] = j
    return [(before[i], after[j]) for i, j in pairs.items()]


def _values(gone: Statements, come: Statements) -> dict[Property, tuple[list[Value], list[Value]]]:
    """Give, by property in order, the values of `gone` only and those of `come` only."""
    found: dict[Property, tuple[list[Value], list[Value]]] = {}
    for side, statements in enumerate((gone - come, come - gone)):
        for path, value in statements:
            found.setdefault(path, ([], []))[side].append(value)
    for pair in found.values():
        for values in pair:
            values.sort(key=order)
    return dict(sorted(found.items(), key=lambda each: [order(part) for part in each[0]]))


def order(value: Value) -> tuple[int, str]:
    """Give what properties and values are sorted by: class and names first, Japanese first."""
    if isinstance(value, NamedNode):
        return 0 if value == TYPE else 1 if value in LABELS else 2, value.value
    return 0 if isinstance(value, Text) and value.language == "ja" else 1, str(value)


def _records(says: Says) -> dict[NamedNode, Statements]:
    """Give what each record of a layer says, and what axioms say of its statements."""
    found: dict[NamedNode, set[tuple[Property, Value]]] = defaultdict(set)
    for subject, said in says.items():
        if isinstance(subject, NamedNode):
            found[subject] |= {((p,), _value(o, says)) for p, o in said}
        elif (annotated := _annotated(subject, says)) is not None:
            record, statement = annotated
            found[record] |= {
                ((*statement, p), _value(o, says))
                for p, o in said
                if p not in ANNOTATED and (p, o) != (TYPE, AXIOM)
            }
    return {record: frozenset(statements) for record, statements in found.items()}


def _axioms(says: Says) -> list[Statements]:
    """Give each blank node that nothing refers to, a list's members as values of their own."""
    referred = {o for said in says.values() for _, o in said if isinstance(o, BlankNode)}
    roots = [each for each in says if isinstance(each, BlankNode) and each not in referred]
    axioms = [
        frozenset(
            ((p,), member)
            for p, o in says[root]
            for value in [_value(o, says)]
            for member in (value.items if isinstance(value, Items) else [value])
        )
        for root in roots
        if _annotated(root, says) is None
    ]
    return sorted(axioms, key=lambda each: sorted(str(value) for _, value in each))


def _annotated(node: Subject, says: Says) -> tuple[NamedNode, Property] | None:
    """Give the subject, and the predicate and object, that an `owl:Axiom` speaks of."""
    said = dict(says[node])
    source, *statement = (said.get(each) for each in ANNOTATED)
    if not isinstance(source, NamedNode) or None in statement:
        return None
    return source, tuple(_value(each, says) for each in statement if each is not None)


def _value(term: Object, says: Says, above: frozenset[Object] = frozenset()) -> Value:
    """Give a term as a value. A blank node within itself says nothing more."""
    if isinstance(term, NamedNode | Text):
        return term
    if not isinstance(term, BlankNode) or term in above:
        return Blank(frozenset())
    within = above | {term}
    said = says.get(term, [])
    if FIRST in dict(said):
        return Items(tuple(_value(each, says, within) for each in _items(term, says)))
    return Blank(frozenset((p, _value(o, says, within)) for p, o in said))


def _items(head: Object, says: Says) -> Iterator[Object]:
    seen: set[Object] = set()
    while isinstance(head, BlankNode) and head not in seen:
        seen.add(head)
        cell = dict(says.get(head, []))
        if FIRST in cell:
            yield cell[FIRST]
        head = cell.get(REST, NIL)


def _renamed(says: Says, names: Mapping[NamedNode, NamedNode]) -> Says:
    """Call each thing by the name that it has on the other side."""
    renamed: Says = defaultdict(list)
    for subject, said in says.items():
        renamed[_new(subject, names)] += [(_new(p, names), _new(o, names)) for p, o in said]
    return renamed


def _new(term: T, names: Mapping[NamedNode, NamedNode]) -> T | NamedNode:
    return names.get(term, term) if isinstance(term, NamedNode) else term


def _without(says: Says, names: Mapping[NamedNode, NamedNode]) -> Says:
    return {subject: said for subject, said in says.items() if subject not in names}


def _true(value: Object) -> bool:
    return isinstance(value, Text) and value.value in ("true", "1")
