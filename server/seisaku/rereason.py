"""Rereason: after an edit, what follows by rules that were compiled before, in Python's own sets.

For a graph of the shipped size: closure.py is for large ones. The rules of an ontology are kept
only when they give, triple for triple, what the reference reasoner gives for the graph of that
time; when the axioms change, the reference reasons again.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, Any

from rdflib import OWL, RDF, RDFS, XSD

from .errors import UnknownAxiom
from .ntriples import graph, text, triples
from .reason import reason
from .rules import SILENT, SILENT_TYPES, TABLES, Row, Rules, compile_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rdflib import Graph

    from .kept import Kept
    from .ntriples import Triple

TYPE, SAME = text(RDF.type), text(OWL.sameAs)
SYSTEM = tuple(f"<{each}" for each in (OWL, RDFS, RDF, XSD))
SILENT_PROPERTIES, SILENT_KINDS = set(map(text, SILENT)), set(map(text, SILENT_TYPES))


def rereason(asserted: Graph, kept: Kept) -> tuple[Graph, str]:
    """Give what `reason` gives, and what found it: `rules`, or `owlrl` when none are kept.

    Raises `Contradiction` as `reason` does, which then looks at the graph and says what it is.
    """
    of = _axioms(asserted)
    found = kept.get("rules", *of)
    if found and (inferred := _followed(asserted, _read(found), of, kept)) is not None:
        return inferred, "rules"
    inferred = reason(asserted)
    try:
        rules = compile_rules(asserted)
    except UnknownAxiom:
        return inferred, "owlrl"
    followed = _followed(asserted, rules, of, kept)
    if followed is not None and triples(followed) == triples(inferred):
        kept.put("rules", *of, value=_written(rules))
    return inferred, "owlrl"


def follow(asserted: Graph, rules: Rules) -> Graph | None:
    """Give what `reason` gives, or None when something cannot be."""
    derived = _derived(_taken(asserted, rules), rules)
    return None if derived is None else _unsaid(derived, asserted, rules)


def _followed(asserted: Graph, rules: Rules, axioms: list[str], kept: Kept) -> Graph | None:
    """Give what `follow` gives; where no rule takes what an edit has changed, of what is kept."""
    taken = _taken(asserted, rules)
    of = [*axioms, "", *_lines(taken)]
    derived = kept.get("derived", *of)
    if derived is None:
        derived = _derived(taken, rules)
        if derived is None:
            return None
        kept.put("derived", *of, value=sorted(derived))
    return _unsaid(set(map(tuple, derived)), asserted, rules)


def _taken(asserted: Graph, rules: Rules) -> set[Triple]:
    """Give the statements that a rule may take."""
    properties = rules.taken
    return {triple for triple in triples(asserted) if triple[1] in properties}


def _derived(taken: set[Triple], rules: Rules) -> set[Triple] | None:
    """Give what follows for the things, also what may be said already."""
    closure = _Closure(rules, taken)
    return None if closure.is_impossible() else set(filter(_is_answer, closure.known - taken))


def _unsaid(derived: set[Triple], asserted: Graph, rules: Rules) -> Graph:
    """Give what follows and is not said, also among the terms."""
    return graph((derived | triples(rules.terms)) - triples(asserted))


def _is_answer(fact: Triple) -> bool:
    """Tell whether a fact is about something with a name, as `reason.is_trivial` has it."""
    return not fact[0].startswith('"') and not any(each.startswith("_:") for each in fact)


def _axioms(asserted: Graph) -> list[str]:
    """Give all statements that rules can come from, and the datatypes in use, as text."""
    held = triples(asserted)
    typed = {o for _, _, o in held if o.endswith(">") and o.startswith('"')}
    return [*sorted(set(map(_datatype, typed))), *_lines(filter(_is_axiom, held))]


def _lines(of: Iterable[Triple]) -> list[str]:
    return sorted(map(" ".join, of))


def _is_axiom(triple: Triple) -> bool:
    """Tell whether the vocabularies of ontologies and of lists say it: more than has a rule."""
    _, predicate, object_ = triple
    if predicate == TYPE:
        return object_.startswith(SYSTEM) and object_ not in SILENT_KINDS
    return predicate.startswith(SYSTEM) and predicate not in SILENT_PROPERTIES


def _written(rules: Rules) -> dict[str, Any]:
    return {
        "terms": sorted(triples(rules.terms)),
        **{name: rules.table(name) for name in TABLES},
    }


def _read(found: dict[str, Any]) -> Rules:
    tables = {name: frozenset(map(tuple, found[name])) for name in TABLES}
    return Rules(terms=graph(map(tuple, found["terms"])), **tables)


class _Closure:
    """All facts: those that are given and those that follow."""

    def __init__(self, rules: Rules, facts: set[Triple]) -> None:
        self.known = set(facts)
        self._rules = rules
        self._of = {
            name: _by(rules.table(name), 0)
            for name in ("copies", "inverses", "domains", "ranges", "data_ranges", "subclasses")
        }
        self._gives, self._first = _by(rules.table("gives"), 0), _by(rules.table("chains"), 0)
        self._second = _by(rules.table("chains"), 1)
        self._takes: dict[tuple[str, str], list[str]] = defaultdict(list)
        for property_, value, class_ in rules.table("takes"):
            self._takes[property_, value].append(class_)
        self._halves: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for one, other, both in rules.table("intersections"):
            self._halves[one].append((other, both))
            self._halves[other].append((one, both))
        self._values: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._havers: dict[tuple[str, str], set[str]] = defaultdict(set)
        for fact in facts:
            self._place(fact)
        waiting = list(facts)
        while waiting:
            for made in list(self._steps(*waiting.pop())):
                if made not in self.known:
                    self.known.add(made)
                    self._place(made)
                    waiting.append(made)

    def _place(self, fact: Triple) -> None:
        subject, predicate, object_ = fact
        self._values[predicate, subject].add(object_)
        self._havers[predicate, object_].add(subject)

    def _steps(self, s: str, p: str, o: str) -> Iterator[Triple]:
        """Give what follows from a fact and those that are known."""
        of = self._of
        yield from ((s, q, o) for _, q in of["copies"].get(p, ()))
        yield from ((o, q, s) for _, q in of["inverses"].get(p, ()))
        yield from ((s, TYPE, c) for _, c in of["domains"].get(p, ()))
        yield from ((o, TYPE, c) for _, c in of["ranges"].get(p, ()))
        if not o.startswith('"'):
            yield from ((o, TYPE, c) for _, c in of["data_ranges"].get(p, ()))
        yield from ((s, TYPE, c) for c in self._takes.get((p, o), ()))
        for _, q, r in self._first.get(p, ()):
            yield from ((s, r, o2) for o2 in self._values.get((q, o), ()))
        for q, _, r in self._second.get(p, ()):
            yield from ((s2, r, o) for s2 in self._havers.get((q, s), ()))
        if p == TYPE:
            yield from ((s, TYPE, c) for _, c in of["subclasses"].get(o, ()))
            yield from ((s, q, v) for _, q, v in self._gives.get(o, ()))
            for other, both in self._halves.get(o, ()):
                if (s, TYPE, other) in self.known:
                    yield s, TYPE, both

    def is_impossible(self) -> bool:
        """Tell whether a fact contradicts the axioms, or two things would have to be one."""
        rules = self._rules
        functional, irreflexive, asymmetric = (
            {row[0] for row in table}
            for table in (rules.functional, rules.irreflexive, rules.asymmetric)
        )
        misfits = rules.misfits
        disjoint = {frozenset(row) for row in rules.disjoint}
        return (
            any(
                (p == SAME and s != o)
                or (p in irreflexive and s == o)
                or (p in asymmetric and (o, p, s) in self.known)
                or (o.endswith(">") and o.startswith('"') and (p, _datatype(o)) in misfits)
                for s, p, o in self.known
            )
            or any(len(values) > 1 for (p, _), values in self._values.items() if p in functional)
            or any(
                frozenset(pair) in disjoint
                for (p, _), classes in self._values.items()
                if p == TYPE
                for pair in combinations_with_replacement(classes, 2)
            )
        )


def _by(rows: list[Row], place: int) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[place]].append(row)
    return found


def _datatype(literal: str) -> str:
    """Give the datatype of a literal that has one: what begins with its last `^^`."""
    return literal.rpartition("^^")[2]
