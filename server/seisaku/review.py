"""Review: a difference, as a person reads it and as a machine does."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pyoxigraph import Literal, NamedNode

from .config import ASSERTED, BASE
from .diff import LABELS, Blank

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .diff import Change, Dataset, Difference, How, Property, Value

SIGNS: dict[How, str] = {
    "renamed": ">",
    "deprecated": "!",
    "removed": "-",
    "added": "+",
    "changed": "~",
}
SH = "http://www.w3.org/ns/shacl#"
PREFIX, NAMESPACE = NamedNode(SH + "prefix"), NamedNode(SH + "namespace")
SINCE = NamedNode(BASE + "def#deprecatedSince")
SEGMENT = NamedNode(BASE + "def#SourceSegment")
STRING = "http://www.w3.org/2001/XMLSchema#string"
LOCAL = re.compile(r"(?:\w(?:[\w.-]*[\w-])?)?")
"""A local name that needs no escape in Turtle."""


class Names:
    """How the two sides of a difference call a thing: by prefixed name, and by label."""

    def __init__(self, *sides: Dataset) -> None:
        self._sides = sides
        self._prefixes = {
            _text(namespace): _text(name)
            for side in sides
            for each in side.named()
            for name in side.values(each, PREFIX)
            for namespace in side.values(each, NAMESPACE)
        }

    def label(self, iri: NamedNode) -> dict[str, str]:
        """Give the label by language; the one of the later side where both have one."""
        return {
            value.language: value.value
            for side in self._sides
            for predicate in LABELS
            for value in sorted(side.values(iri, predicate), key=str)
            if isinstance(value, Literal) and value.language in ("ja", "en")
        }

    def short(self, value: Value) -> str:
        """Give a value in Turtle, with the prefixes that the graph declares."""
        if isinstance(value, NamedNode):
            return self._prefixed(value.value)
        if isinstance(value, Literal):
            plain = str(Literal(value.value))
            if value.language:
                return f"{plain}@{value.language}"
            datatype = value.datatype.value
            return plain if datatype == STRING else f"{plain}^^{self._prefixed(datatype)}"
        if isinstance(value, Blank):
            says = sorted(f"{self.short(p)} {self.short(v)}" for p, v in value.says)
            return f"[ {' ; '.join(says)} ]" if says else "[]"
        return f"( {' '.join(map(self.short, value.items))} )"

    def long(self, value: Value) -> str:
        """Give a value in Turtle, and beside an IRI its label in Japanese and in English."""
        if not isinstance(value, NamedNode):
            return self.short(value)
        label = self.label(value)
        both = " / ".join(dict.fromkeys(label[each] for each in ("ja", "en") if each in label))
        return f"{self.short(value)}  {both}" if both else self.short(value)

    def _prefixed(self, iri: str) -> str:
        for namespace, prefix in sorted(self._prefixes.items(), key=lambda e: (-len(e[0]), e[1])):
            if iri.startswith(namespace) and LOCAL.fullmatch(iri, len(namespace)):
                return f"{prefix}:{iri[len(namespace) :]}"
        return f"<{iri}>"


def text(difference: Difference, *, inferred: bool = False, brief: bool = False) -> Iterator[str]:
    """Give the lines that a person reads: layer by layer, kind by kind, record by record.

    `brief` leaves out what the records say; `inferred` adds the layer that follows from others.
    Of a line record that has come or gone only the name is given: the rest follows from the source.
    """
    names = Names(difference.before, difference.after)
    for side, name in (("before", difference.before), ("after ", difference.after)):
        yield f"{side}  {name.name}"
    layers = (*ASSERTED, *(("inferred",) if inferred else ()))
    for layer in layers:
        if changes := difference.layers[layer]:
            yield ""
            yield f"{layer}: {counted(changes)}"
            for kind, of_kind in groupby(changes, key=lambda each: each.kind):
                yield ""
                yield f"  {names.long(kind) if kind else 'of no stated kind'}"
                for change in of_kind:
                    yield from _told(change, difference, names, brief=brief)
    yield ""
    yield from _summary(difference, inferred=inferred)


def json(difference: Difference, *, inferred: bool = False) -> dict[str, Any]:
    """Give the same for a machine; the values are those of SPARQL's JSON results."""
    names = Names(difference.before, difference.after)
    gone, come = difference.inferred
    layers = (*ASSERTED, *(("inferred",) if inferred else ()))
    return {
        "before": _side(difference.before),
        "after": _side(difference.after),
        "records": difference.counts,
        "axioms": difference.axioms,
        "inferred": {"removed": gone, "added": come},
        "layers": {
            layer: [change_json(each, names) for each in difference.layers[layer]]
            for layer in layers
        },
    }


def change_json(change: Change, names: Names) -> dict[str, Any]:
    """Give one record's change for a machine."""
    return {
        "change": change.how,
        "record": _value_json(change.record, names) if change.record else None,
        "class": _value_json(change.kind, names) if change.kind else None,
        "was": [_value_json(each, names) for each in change.was],
        "statements": [
            {
                **_property_json(path, names),
                "removed": [_value_json(each, names) for each in gone],
                "added": [_value_json(each, names) for each in come],
            }
            for path, (gone, come) in change.values.items()
        ],
    }


def statements(change: Change, names: Names) -> Iterator[str]:
    """Give each statement that is gone or has come as a line that begins with its sign."""
    for path, (gone, come) in change.values.items():
        said = " ".join(map(names.short, path[:2])) + "".join(
            f" » {names.short(each)}" for each in path[2:]
        )
        for sign, values in (("-", gone), ("+", come)):
            for value in values:
                yield f"{sign} {said} {names.long(value)}"


def _told(change: Change, difference: Difference, names: Names, *, brief: bool) -> Iterator[str]:
    sign = SIGNS[change.how]
    if change.record is None:
        yield f"  {sign} an axiom of several"
    else:
        was = "".join(f"{names.short(each)} → " for each in change.was)
        yield f"  {sign} {was}{names.long(change.record)}"
    if brief or (change.kind == SEGMENT and change.how in ("added", "removed")):
        return
    for each in change.was:
        since = "".join(f" since {_text(v)}" for v in difference.after.values(each, SINCE))
        yield f"      {names.short(each)} is deprecated{since}"
    for line in statements(change, names):
        yield f"      {line}"


def _summary(difference: Difference, *, inferred: bool) -> Iterator[str]:
    gone, come = difference.inferred
    hint = "" if inferred or not (gone or come) else " (--inferred lists them)"
    if not difference.written and not (gone or come):
        yield "no difference"
        return
    counts = ", ".join(f"{SIGNS[how]} {n:,} {how}" for how, n in difference.counts.items())
    yield f"records: {counts}"
    yield f"axioms of several that changed: {difference.axioms:,}"
    yield f"inferred statements: - {gone:,} removed, + {come:,} added{hint}"


def counted(changes: list[Change]) -> str:
    """Say how many there are of each sort of change."""
    hows = [each.how for each in changes]
    return ", ".join(f"{hows.count(how):,} {how}" for how in SIGNS if how in hows)


def _side(dataset: Dataset) -> dict[str, Any]:
    counted = {layer: sum(map(len, says.values())) for layer, says in dataset.layers.items()}
    return {"name": dataset.name, "triples": counted}


def _property_json(path: Property, names: Names) -> dict[str, Any]:
    if len(path) == 1:
        return {"property": _value_json(path[0], names)}
    predicate, target, annotation = (_value_json(each, names) for each in path)
    return {"property": annotation, "of": {"property": predicate, "value": target}}


def _value_json(value: Value, names: Names) -> dict[str, Any]:
    if isinstance(value, NamedNode):
        return {"type": "uri", "value": value.value, "label": names.label(value)}
    if not isinstance(value, Literal):
        return {"type": "bnode", "value": names.short(value)}
    said = {"type": "literal", "value": value.value}
    if value.language:
        return {**said, "xml:lang": value.language}
    return said if value.datatype.value == STRING else {**said, "datatype": value.datatype.value}


def _text(value: object) -> str:
    return value.value if isinstance(value, NamedNode | Literal) else str(value)
