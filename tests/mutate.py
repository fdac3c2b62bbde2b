"""How many faults in the data does `seisaku check` find?

`make mutate` runs it: it breaks the asserted graph in each way that `mutants.py` knows, one at a
time, and tells for each way how many faults were found and by which step. Exit code 1: fewer than
99 % were found, or one survived that nobody has explained.

The whole check takes half a minute, so a mutant is first looked at near its fault, which is sound:
what the shapes find at some nodes they find among all nodes. What passes there goes through the
whole check.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import warnings
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyshacl.graph_abstraction import DataGraph
from pyshacl.pytypes import SHACLExecutor
from pyshacl.shapes_graph import ShapesGraph
from rdflib import OWL, RDF, RDFS, SH, BNode, Literal, URIRef

from mutants import Model, Mutant, candidates, reason_to_survive
from seisaku.errors import Contradiction, InvalidData
from seisaku.load import is_impossible, load, terms
from seisaku.reason import reason
from seisaku.validate import validate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pyshacl.shape import Shape
    from rdflib import Graph
    from rdflib.term import Node

    from seisaku.load import Asserted

ROOT = Path(__file__).parents[1]
THRESHOLD = 0.99
REFERRING = 40
"""Of what refers to a node, so many are looked at."""

STEPS = ("load", "validate", "reason")


class Check:
    """The steps of `seisaku check` on the asserted graph with one fault in it."""

    def __init__(self, asserted: Asserted) -> None:
        self.model = Model(asserted)
        self.graph = self.model.graph
        self.shapes = asserted.shapes
        self.declared = set(self.graph.subjects(RDF.type)) | set(self.shapes.subjects(RDF.type))
        self.targets = self._targets()

    def _targets(self) -> dict[tuple[Node, Node], list[Shape]]:
        """Give the shapes that have a target, by the way they say it and by what they say."""
        found: dict[tuple[Node, Node], list[Shape]] = defaultdict(list)
        for shape in ShapesGraph(self.shapes).shapes:
            for kind in (SH.targetNode, SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf):
                for target in self.shapes.objects(shape.node, kind):
                    found[kind, target].append(shape)
        return found

    def finds(self, mutant: Mutant) -> str | None:
        """Give the step that finds the fault, or None when it survives the whole check."""
        with self.broken(mutant):
            if self.undeclared(mutant) or any(is_impossible(o) for _, _, o in mutant.added):
                return "load"
            return "validate" if self.violation_near(mutant) else self.finds_in_all()

    def finds_in_all(self) -> str | None:
        """Put the graph as it stands through the steps that are left, as `seisaku check` does."""
        try:
            validate(self.graph, self.shapes)
            reason(self.graph)
        except InvalidData:
            return "validate"
        except Contradiction:
            return "reason"
        return None

    @contextmanager
    def broken(self, *faults: Mutant) -> Iterator[None]:
        """Have the faults in the graph for a while."""
        before = {t for each in faults for t in each.removed | each.added if t in self.graph}
        for each in faults:
            self._put(each.removed - each.added, each.added)
        try:
            yield
        finally:
            for each in faults:
                self._put(each.added, ())
            self._put((), before)

    def _put(self, removed: Iterable[Any], added: Iterable[Any]) -> None:
        for triple in removed:
            self.graph.remove(triple)
        for triple in added:
            self.graph.add(triple)

    def undeclared(self, mutant: Mutant) -> set[URIRef]:
        """Give the terms that nothing declares since the fault is there, as `load` tells them."""
        untyped = {s for s, p, _ in mutant.removed if p == RDF.type}
        untyped = {each for each in untyped if (each, RDF.type, None) not in self.graph}
        typed = {s for s, p, _ in mutant.added if p == RDF.type}
        mentions = {t for each in untyped for t in self.graph.triples((None, None, each))}
        said = {t for each in untyped for t in self.graph.triples((each, None, None))}
        return terms(mutant.added | mentions | said) - (self.declared - untyped) - typed

    def violation_near(self, mutant: Mutant) -> tuple[Node, Node] | None:
        """Give a node near the fault and the shape that it breaks, or None."""
        touched = {each for triple in mutant.removed | mutant.added for each in triple}
        around = self._around(touched) - touched
        return next(self._violations(touched), None) or next(self._violations(around), None)

    def _around(self, touched: set[Node]) -> set[Node]:
        around: set[Node] = set()
        for node in (each for each in touched if not isinstance(each, Literal)):
            around.update(o for o in self.graph.objects(node) if not isinstance(o, Literal))
            around.update(sorted(self.graph.subjects(None, node), key=str)[:REFERRING])
        return around

    def _violations(self, nodes: Iterable[Any]) -> Iterator[tuple[Node, Node]]:
        """Give the nodes that break a shape whose targets they are, with the shape."""
        graph = DataGraph.from_rdflib(self.graph)
        pairs = [(node, shape) for node in nodes for shape in self._shapes_of(node)]
        for node, shape in sorted(pairs, key=lambda pair: self._takes_long(pair[1])):
            if not shape.validate(SHACLExecutor(), graph, focus=[node])[0]:
                yield node, shape.node

    def _takes_long(self, shape: Shape) -> bool:
        """Tell whether a shape asks a query."""
        return (shape.node, SH.sparql, None) in self.shapes

    def _shapes_of(self, node: Node) -> set[Shape]:
        """Give the shapes of which a node is a target; the whole check asks the other way round."""
        classes = {
            above
            for kind in self.graph.objects(node, RDF.type)
            for above in self.graph.transitive_objects(kind, RDFS.subClassOf)
        }
        targets: dict[Node, set[Any]] = {
            SH.targetNode: {node},
            SH.targetClass: classes,
            SH.targetSubjectsOf: set(self.graph.predicates(node)),
            SH.targetObjectsOf: set(self.graph.predicates(None, node)),
        }
        found = (self.targets[kind, each] for kind, of in targets.items() for each in of)
        return {shape for shapes in found for shape in shapes}


@dataclass(frozen=True, slots=True)
class Score:
    """What became of the mutants: for each the step that found it, or None."""

    found: list[tuple[Mutant, str | None]]

    @property
    def survivors(self) -> list[Mutant]:
        """The mutants that nothing found."""
        return [mutant for mutant, step in self.found if step is None]

    @property
    def share(self) -> float:
        """The part of the mutants that was found, from 0 to 1."""
        return 1 - len(self.survivors) / len(self.found)


_work: tuple[Check, Sequence[Mutant]]
"""What a worker has to do. It comes with the fork: rdflib would normalise values that are sent."""


def _finds(index: int) -> str | None:
    check, faults = _work
    return check.finds(faults[index])


def run(check: Check, faults: Sequence[Mutant], jobs: int) -> Score:
    """Put every mutant through the check, `jobs` at a time."""
    global _work
    _work = check, faults
    found: list[tuple[Mutant, str | None]] = []
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        for step in pool.imap(_finds, range(len(faults))):
            found.append((faults[len(found)], step))
            if len(found) % 100 == 0:
                print(f"{len(found):,} of {len(faults):,}", file=sys.stderr)
    return Score(found)


def name(graph: Graph, term: Node) -> str:
    """Give a term as a person would write it; a note, by the statement that it is about."""
    if not isinstance(term, BNode):
        with warnings.catch_warnings():  # rdflib's, on "約5": a weird decimal
            warnings.simplefilter("ignore")
            return term.n3(graph.namespace_manager)
    parts = (OWL.annotatedSource, OWL.annotatedProperty, OWL.annotatedTarget)
    return (
        f"[{' '.join(name(graph, each) for part in parts for each in graph.objects(term, part))}]"
    )


def described(graph: Graph, mutant: Mutant) -> str:
    """Give what is broken where, and what is there now; of more than two triples, their number."""
    where = " ".join(name(graph, each) for each in (mutant.kind, mutant.property, mutant.record))
    changes = {"-": mutant.removed - mutant.added, "+": mutant.added - mutant.removed}
    signs = (
        " ".join([sign, *(name(graph, each) for each in triple)])
        for sign, triples in changes.items()
        for triple in (sorted(triples) if len(triples) <= 2 else ())
    )
    return ", ".join([f"{mutant.operator}: {where}", *signs])


def report(check: Check, score: Score, legitimate: Sequence[Mutant]) -> Iterator[str]:
    """Give the lines of the results, in Markdown."""
    yield "# What the check finds"
    yield ""
    yield "Made by `make mutate`: the asserted graph, broken in one way at a time."
    yield ""
    yield (
        f"`seisaku check` finds **{score.share:.2%}** of {len(score.found):,} faults;"
        f" {len(score.survivors)} survive."
    )
    yield ""
    yield from table(score)
    yield from survivors(check, score)
    yield from left_out(legitimate)


def table(score: Score) -> Iterator[str]:
    """Give, for each way to break the graph, how many mutants were made, found and not found."""
    rows: dict[str, Counter[str | None]] = defaultdict(Counter)
    for mutant, step in score.found:
        rows[mutant.operator][step] += 1
        rows["all"][step] += 1
    yield f"| fault | made | {' | '.join(STEPS)} | survived |"
    yield "| --- | " + "--: | " * (len(STEPS) + 1) + "--: |"
    for operator, counts in sorted(rows.items(), key=lambda row: (row[0] == "all", row[0])):
        cells = [counts.total(), *(counts[step] for step in STEPS), counts[None]]
        yield f"| {operator} | {' | '.join(f'{each:,}' for each in cells)} |"
    yield ""


def survivors(check: Check, score: Score) -> Iterator[str]:
    """Give each survivor with the reason why it is one."""
    yield "## Survivors"
    yield ""
    for mutant in score.survivors:
        why = reason_to_survive(check.model, mutant) or "NOT EXPLAINED: a shape is missing"
        yield f"- `{described(check.graph, mutant)}`: {why}"
    yield ""


def left_out(legitimate: Sequence[Mutant]) -> Iterator[str]:
    """Give how many changes were not made, since they make no fault, and why they do not."""
    yield "## Left out"
    yield ""
    yield "Changes that make data that could be true, as far as anyone knows without the source:"
    yield ""
    for why, number in Counter(str(each.legitimate) for each in legitimate).most_common():
        yield f"- {number}: {why}"
    yield ""


def passes(check: Check, score: Score) -> bool:
    """Tell whether enough is found, and each survivor explained."""
    explained = all(reason_to_survive(check.model, each) for each in score.survivors)
    return score.share >= THRESHOLD and explained


def main() -> int:
    """Run all mutants, or those that an option picks, and tell what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--root", type=Path, default=ROOT, help="where ontology, data, shapes are")
    parser.add_argument("--only", default="", help="run those whose description has this in it")
    parser.add_argument("--every", type=int, default=1, help="run every so-manieth mutant only")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at a time")
    parser.add_argument("--write", type=Path, help="the file that keeps the report")
    call = parser.parse_args()
    asserted = load(call.root)
    validate(asserted.union, asserted.shapes)  # of a graph that is broken, no mutant proves a thing
    check = Check(asserted)
    made = [each for each in candidates(check.model) if call.only in described(check.graph, each)]
    faults = [each for each in made if not each.legitimate]
    score = run(check, faults[:: call.every], call.jobs)
    text = "\n".join(report(check, score, [each for each in made if each.legitimate]))
    if call.write:
        call.write.write_text(text, encoding="utf-8")
    print(text, end="")
    return 0 if passes(check, score) else 1


if __name__ == "__main__":
    sys.exit(main())
