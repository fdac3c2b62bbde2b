"""Terms: what a release changes for those who use the ontology, and the version it asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pyoxigraph import NamedNode

from .config import BASE
from .diff import OWL, REPLACED_BY, TYPE
from .review import SIGNS, Names, change_json, counted, statements
from .snapshot import SHAPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .diff import Change, Dataset, Difference, Property, Value

SH = "http://www.w3.org/ns/shacl#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"

SORTS = {
    OWL + "Class": "class",
    OWL + "ObjectProperty": "property",
    OWL + "DatatypeProperty": "property",
    OWL + "AnnotationProperty": "property",
    SKOS + "Concept": "concept",
    SKOS + "ConceptScheme": "scheme",
    SH + "NodeShape": "shape",
    SH + "PropertyShape": "shape",
    SH + "SPARQLConstraint": "shape",
}
"""What a term can be, by its class."""

Step: TypeAlias = Literal["none", "patch", "minor", "major"]
STEPS: tuple[Step, ...] = ("none", "patch", "minor", "major")
"""The steps of Semantic Versioning, and none, in the order of their weight."""

VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")
VERSION_IRI, ONTOLOGY = NamedNode(OWL + "versionIRI"), NamedNode(BASE + "ont")

WIDENING = {
    *(RDFS + each for each in ("subClassOf", "subPropertyOf")),
    *(OWL + each for each in ("equivalentClass", "equivalentProperty", "inverseOf")),
    *(OWL + each for each in ("propertyChainAxiom", "TransitiveProperty", "SymmetricProperty")),
    *(SKOS + each for each in ("broader", "topConceptOf")),
}
"""Axioms that let more follow than before. Any other that is added may forbid what was allowed."""

ANSWERING = {OWL + "equivalentClass", OWL + "equivalentProperty"}
"""Axioms by which a query that uses the deprecated name is answered still."""

PROSE = {
    *(RDFS + each for each in ("label", "comment", "seeAlso", "isDefinedBy")),
    *(OWL + each for each in ("versionInfo", "deprecated")),
    *(SH + each for each in ("message", "name", "description", "order", "group")),
}
"""Annotations that nobody declares. Nothing follows from one."""


@dataclass(frozen=True, slots=True)
class TermChange:
    """What happened to one term, and the step that it asks for."""

    change: Change
    sort: str
    """Class, property, concept, scheme or shape; axiom for one that is no term's."""
    step: Step


@dataclass(frozen=True, slots=True)
class Release:
    """What is different between the terms of two versions."""

    before: Dataset
    after: Dataset
    changes: list[TermChange]

    @property
    def step(self) -> Step:
        """The step that the changes ask for together."""
        return max((each.step for each in self.changes), key=STEPS.index, default="none")

    @property
    def asked(self) -> str:
        """The lowest version that `after` may have.

        While the first number is 0, a major step raises the second and a minor one the third.
        """
        major, minor, patch = version(self.before)
        weight = STEPS.index(self.step) - (1 if major == 0 and self.step in STEPS[2:] else 0)
        following = (
            (major, minor, patch),
            (major, minor, patch + 1),
            (major, minor + 1, 0),
            (major + 1, 0, 0),
        )
        return ".".join(map(str, following[weight]))

    @property
    def enough(self) -> bool:
        """Whether the version that `after` states is as high as the changes ask for."""
        return version(self.after) >= tuple(map(int, self.asked.split(".")))

    @property
    def without_shapes(self) -> list[str]:
        """The sides that hold no shapes, so that shapes are not compared."""
        return [each.name for each in (self.before, self.after) if SHAPES not in each.layers]


def release(difference: Difference) -> Release:
    """Pick what is different in terms: our classes, properties, concepts, schemes and shapes."""
    weighed = _Weighed(difference.before, difference.after)
    layers = [each for each in ("ontology", SHAPES) if each in difference.layers]
    changes = [
        TermChange(each, sort, weighed.axiom(each) if each.record is None else weighed.term(each))
        for layer in layers
        for each in difference.layers[layer]
        if (sort := _sort(each)) is not None
    ]
    order = [*dict.fromkeys(SORTS.values()), "axiom"]
    return Release(
        difference.before,
        difference.after,
        sorted(changes, key=lambda each: order.index(each.sort)),  # stable: the rest is in order
    )


def version(side: Dataset) -> tuple[int, int, int]:
    """Give the version in the `owl:versionIRI` of the root ontology; 0.0.0 when there is none."""
    for value in side.values(ONTOLOGY, VERSION_IRI):
        if found := VERSION.search(str(value)):
            major, minor, patch = map(int, found.groups())
            return major, minor, patch
    return 0, 0, 0


def text(found: Release, *, brief: bool = False) -> Iterator[str]:
    """Give the lines that a person reads: term by term, each with the step that it asks for."""
    names = Names(found.before, found.after)
    for label, side in (("before", found.before), ("after ", found.after)):
        yield f"{label}  {side.name}  {'.'.join(map(str, version(side)))}"
    for sort in dict.fromkeys(each.sort for each in found.changes):
        of_sort = [each for each in found.changes if each.sort == sort]
        yield ""
        yield f"{sort}: {counted([each.change for each in of_sort])}"
        for each in of_sort:
            change = each.change
            was = "".join(f"{names.short(name)} → " for name in change.was)
            name = names.long(change.record or change.kind or TYPE)
            yield f"  {SIGNS[change.how]} {was}{name}  [{each.step}]"
            if not brief:
                yield from (f"      {line}" for line in statements(change, names))
    yield ""
    if found.without_shapes:
        yield f"shapes: not compared, for there are none in {' and '.join(found.without_shapes)}"
    yield _verdict(found)


def json(found: Release) -> dict[str, Any]:
    """Give the same for a machine."""
    names = Names(found.before, found.after)
    return {
        "before": {"name": found.before.name, "version": ".".join(map(str, version(found.before)))},
        "after": {"name": found.after.name, "version": ".".join(map(str, version(found.after)))},
        "step": found.step,
        "asked": found.asked,
        "enough": found.enough,
        "without_shapes": found.without_shapes,
        "terms": [
            {"sort": each.sort, "step": each.step, **change_json(each.change, names)}
            for each in found.changes
        ],
    }


class _Weighed:
    """Weighs changes by what they can break for those who use the terms."""

    def __init__(self, before: Dataset, after: Dataset) -> None:
        self._before, self._after = before.named(), after.named()
        self._answering = {
            each
            for each in self._after
            if {other for axiom in ANSWERING for other in after.values(each, NamedNode(axiom))}
            & set(after.values(each, REPLACED_BY))
        }
        annotation = NamedNode(OWL + "AnnotationProperty")
        self._prose = PROSE | {
            each.value
            for side in (before, after)
            for each in side.named()
            if annotation in side.values(each, TYPE)
        }

    def term(self, change: Change) -> Step:
        """Weigh what happened to a term, and what is said of it otherwise than before."""
        if change.how == "removed":
            return "major"
        if change.how == "added":
            return "minor"
        steps = [self._statement(change, *each) for each in change.values.items()]
        if change.how in ("renamed", "deprecated"):
            names = change.was or (change.record,)
            steps.append("minor" if self._answering.issuperset(names) else "major")
        return max(steps, key=STEPS.index, default="none")

    def axiom(self, change: Change) -> Step:
        """Weigh an axiom of several by its members that are on both sides: it binds them alone."""
        bound = [
            value
            for path, sides in change.values.items()
            if path != (TYPE,)
            for side in sides
            for value in side
            if not isinstance(value, NamedNode) or value in self._before & self._after
        ]
        return "major" if bound else "none"

    def _statement(
        self, change: Change, path: Property, sides: tuple[list[Value], list[Value]]
    ) -> Step:
        predicate = path[0]
        if len(path) > 1 or (isinstance(predicate, NamedNode) and predicate.value in self._prose):
            return "patch"
        gone, come = sides
        if gone:
            return "major"
        if change.kind is not None and SORTS.get(change.kind.value) == "shape":
            return "minor"  # it binds those who write data here; who reads them relies on no less
        said = come if predicate == TYPE else [predicate]
        wider = all(isinstance(each, NamedNode) and each.value in WIDENING for each in said)
        return "minor" if wider else "major"


def _sort(change: Change) -> str | None:
    if change.record is None:
        return "axiom"
    kind = SORTS.get(change.kind.value) if change.kind else None
    return kind if change.record.value.startswith(BASE) else None


def _verdict(found: Release) -> str:
    before, after = (".".join(map(str, version(each))) for each in (found.before, found.after))
    if found.step == "none":
        return "no difference in terms"
    verdict = "high enough" if found.enough else "too low"
    return (
        f"the terms ask for a {found.step} step: from {before} to {found.asked} or higher;"
        f" {after} is {verdict}"
    )
