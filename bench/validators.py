"""Hold other SHACL engines against pyshacl: on our cases, on broken data, on the W3C's core tests.

pyshacl is the reference. An engine agrees on a graph when it finds the same focus nodes to break
the same kinds of constraints; where it does not, the cause is told. `ours` is what
`SEISAKU_VALIDATOR=shacl` runs: the engine `shacl`, and each SPARQL constraint asked once by the
store. Times are for the shipped graph and for generated ones, each in a process of its own, reading
included; take ratios from them, not absolute figures.

    python bench/validators.py --suite ../shared/suites/data-shapes
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import pyoxigraph
import pyrudof
import pyshacl
import rdflib
import shacl
from pyoxigraph import RdfFormat, Store
from rdflib import RDF, SH, Graph, Literal, Namespace

from mutants import candidates
from mutate import Check
from seisaku import report as ours
from seisaku.config import Config
from seisaku.errors import InvalidData
from seisaku.load import is_impossible, load
from seisaku.revalidate import Checked, revalidate
from seisaku.validate import violations
from test_shapes import CASES, described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

HERE = Path(__file__).parent
RESULT = HERE / "results" / "validators.md"
MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
SHT = Namespace("http://www.w3.org/ns/shacl-test#")

Found = set[tuple[str, str]]
"""Focus nodes, each with the constraint component that it breaks."""


def by_pyshacl(data: str, shapes: str) -> Found:
    """Validate by pyshacl."""
    graphs = [Graph().parse(data=text, format="nt") for text in (data, shapes)]
    _, report, _ = pyshacl.validate(graphs[0], shacl_graph=graphs[1], inference="none")
    if not isinstance(report, Graph):
        raise TypeError(str(report))
    return of_report(report)


def by_shacl(data: str, shapes: str) -> Found:
    """Validate by the Rust engine `shacl`."""
    report = shacl.Shapes.from_text(shapes, format="ntriples").validate_text(
        data, format="ntriples", allow_warnings=False
    )
    return {(node(each.focus_node), each.component) for each in report.results}


def by_ours(data: str, shapes: str) -> Found:
    """Validate as a build does when `SEISAKU_VALIDATOR` is `shacl`."""
    store = Store()
    store.bulk_load(data.encode(), RdfFormat.N_TRIPLES)
    with tempfile.NamedTemporaryFile("w", suffix=".nt", encoding="utf-8") as file:
        file.write(data)
        file.flush()
        return of_report(ours.report(Path(file.name), store, read(shapes)))


@lru_cache(maxsize=1)
def read(shapes: str) -> Graph:
    """Read the shapes, once for as long as they are the same."""
    return Graph().parse(data=shapes, format="nt")


@lru_cache(maxsize=1)
def with_where(shapes: str) -> str:
    """Write WHERE, which SPARQL leaves free, into the queries: `pyrudof` looks for the word."""
    said = Graph() + read(shapes)
    for constraint, query in list(said.subject_objects(SH.select)):
        spelt = re.sub(r"(SELECT[^{]*?)(?:\s+WHERE)?\s*\{", r"\1 WHERE {", str(query), count=1)
        said.set((constraint, SH.select, Literal(spelt)))
    return nt(said)


def by_rudof(data: str, shapes: str) -> Found:
    """Validate by the Rust engine `pyrudof`."""
    engine = pyrudof.Rudof(pyrudof.RudofConfig())
    engine.read_data(data, format=pyrudof.RDFFormat.NTriples, merge=False)
    engine.read_shacl(with_where(shapes), format=pyrudof.ShaclFormat.NTriples)
    report = engine.validate_shacl()
    return {(node(str(each.focus_node)), local(str(each.constraint_component))) for each in report}


ENGINES: dict[str, Callable[[str, str], Found]] = {
    "ours": by_ours,
    "shacl": by_shacl,
    "pyrudof": by_rudof,
}


def of_report(report: Graph) -> Found:
    """Read a validation report."""
    return {
        (node(report.value(each, SH.focusNode)), local(str(component)))
        for each in report.subjects(RDF.type, SH.ValidationResult)
        for component in report.objects(each, SH.sourceConstraintComponent)
    }


def node(term: object) -> str:
    """Give a focus node by what tells it apart: a blank node has no name that two engines share."""
    text = str(term)
    if isinstance(term, rdflib.BNode) or text.startswith("_:"):
        return "_:"
    if isinstance(term, rdflib.Literal):
        return text
    return text[1 : text.rindex('"')] if text.startswith('"') else text.strip("<>")


def local(iri: str) -> str:
    """Give the last part of an IRI."""
    return iri.strip("<>").replace("sh:", "#").rpartition("#")[2]


def nt(graph: Graph) -> str:
    """Write a graph as N-Triples."""
    return graph.serialize(format="nt")


def as_written(file: Path) -> str:
    """Read a file as N-Triples, its values as they are written."""
    triples = pyoxigraph.parse(path=file, base_iri=file.as_uri())
    return (pyoxigraph.serialize(triples, format=pyoxigraph.RdfFormat.N_TRIPLES) or b"").decode()


class Agreement:
    """How often each engine found what the reference found, and what was different."""

    def __init__(self) -> None:
        self.asked = 0
        self.same: Counter[str] = Counter()
        self.different: dict[str, dict[str, list[str]]] = {
            each: defaultdict(list) for each in ENGINES
        }

    def ask(self, name: str, data: str, shapes: str, expected: Found) -> None:
        """Have each engine validate one graph."""
        self.asked += 1
        for engine, validate in ENGINES.items():
            try:
                found = validate(data, shapes)
            except Exception as error:  # each engine has its own
                self.different[engine][f"error: {str(error).splitlines()[0][:100]}"].append(name)
                continue
            if found == expected:
                self.same[engine] += 1
            for cause, these in (("misses", expected - found), ("adds", found - expected)):
                for component in {component for _, component in these}:
                    self.different[engine][f"{cause} {component}"].append(name)

    def rows(self, what: str) -> Iterator[str]:
        """Give the rows of the table of agreement."""
        for engine in ENGINES:
            yield f"| {what} | {engine} | {self.asked} | {self.same[engine]} |"

    def causes(self) -> Iterator[str]:
        """Give what is different, by cause, with some of the names."""
        for engine, causes in self.different.items():
            for cause, names in sorted(causes.items(), key=lambda each: -len(each[1])):
                some = ", ".join(names[:4]) + (", …" if len(names) > 4 else "")
                yield f"- {engine}: {cause}: {len(names)}: {some}"


def our_cases(every: int) -> Agreement:
    """Ask on the valid and invalid cases of each file of shapes."""
    asserted = load(Config().root)
    periods = Graph().parse(Config().root / "data" / "curated" / "periods.ttl")
    reference = asserted.layers["ontology"] + asserted.layers["external"] + periods
    shapes, agreement = nt(asserted.shapes), Agreement()
    for case in CASES[::every]:
        data = nt(described(Graph().parse(case), reference))
        name = f"{case.parent.name}/{case.stem}"
        agreement.ask(name, data, shapes, by_pyshacl(data, shapes))
    return agreement


def broken_data(every: int) -> Agreement:
    """Ask on the shipped graph, broken in one way at a time, each so-manieth of the mutants."""
    asserted = load(Config().root)
    check, agreement = Check(asserted), Agreement()
    faults = [  # a value that cannot be is refused before, and the reference stumbles over it
        each
        for each in candidates(check.model)
        if not each.legitimate and not any(is_impossible(o) for _, _, o in each.added)
    ]
    _, before = revalidate(check.graph, asserted.shapes, None)
    shapes = nt(asserted.shapes)
    agreement.ask("the shipped graph", nt(check.graph), shapes, set())
    for number, mutant in enumerate(faults[::every]):
        with check.broken(mutant):
            expected = of_report(reported(check.graph, asserted.shapes, before))
            agreement.ask(f"{mutant.operator} {number * every}", nt(check.graph), shapes, expected)
    return agreement


def reported(data: Graph, shapes: Graph, before: Checked) -> Graph:
    """Give pyshacl's report on data that were sound before an edit."""
    made: list[Graph] = []

    def take(report: Graph, data: Graph) -> list[str]:
        made.append(report)
        return violations(report, data)

    with patch("seisaku.revalidate.violations", take), contextlib.suppress(InvalidData):
        revalidate(data, shapes, before)
    return made[0] if made else Graph()


def w3c(suite: Path) -> Agreement:
    """Ask on the core tests of the W3C's suite, whose reports are the reference."""
    agreement = Agreement()
    rdflib.NORMALIZE_LITERALS = False
    for file in sorted((suite / "data-shapes-test-suite" / "tests" / "core").rglob("*.ttl")):
        said = Graph().parse(file)
        for test in said.subjects(RDF.type, SHT.Validate):
            result, action = said.value(test, MF.result), said.value(test, MF.action)
            if result == SHT.Failure or (result, SH.conforms, None) not in said:
                continue
            graphs = []
            for part in (SHT.dataGraph, SHT.shapesGraph):
                named = str(said.value(action, part))
                graphs.append(as_written(Path(named.removeprefix("file://"))))
            expected = of_report(closure(said, result))
            name = file.relative_to(suite).as_posix().rpartition("core/")[2]
            agreement.ask(name, graphs[0], graphs[1], expected)
    return agreement


def closure(graph: Graph, result: object) -> Graph:
    """Give a test's report, without that of other tests."""
    report = Graph()
    for each in graph.objects(result, SH.result):  # type: ignore[arg-type]
        report += graph.triples((each, None, None))
    return report


def seconds(sizes: list[int], limit: int) -> Iterator[str]:
    """Time each engine on the shipped graph and on generated ones, up to `limit` seconds."""
    asserted = load(Config().root)
    with tempfile.TemporaryDirectory() as folder:
        shapes = Path(folder, "shapes.nt")
        shapes.write_text(nt(asserted.shapes), encoding="utf-8")
        graphs = {"the shipped graph": Path(folder, "shipped.nt")} if sizes else {}
        for file in graphs.values():
            file.write_text(nt(asserted.union), encoding="utf-8")
        for size in sizes:
            file = graphs[f"generated, {size:,}"] = Path(folder, f"{size}.nt")
            command = [sys.executable, str(HERE / "generate.py"), str(size), str(file), "--base"]
            subprocess.run(command, check=True, capture_output=True)
        left = {"pyshacl": by_pyshacl, **ENGINES}
        for name, file in graphs.items():
            cells = []
            for engine in ("pyshacl", *ENGINES):
                told = (
                    measured(left[engine], file, shapes, limit) if engine in left else "not tried"
                )
                cells.append(told)
                if told.startswith("over"):  # a larger graph takes longer
                    del left[engine]
            with file.open("rb") as lines:
                count = sum(1 for _ in lines)
            yield f"| {name} | {count:,} | {' | '.join(cells)} |"


def measured(validate: Callable[[str, str], Found], data: Path, shapes: Path, limit: int) -> str:
    """Validate in a process of its own; give its processor seconds, its memory, what is found."""
    fresh = multiprocessing.get_context("spawn")
    receiving, sending = fresh.Pipe(duplex=False)
    process = fresh.Process(target=measure, args=(validate, data, shapes, limit, sending))
    process.start()
    sending.close()
    try:
        return str(receiving.recv())
    except EOFError:
        return f"over {limit}"
    finally:
        process.join()


def measure(
    validate: Callable[[str, str], Found], data: Path, shapes: Path, limit: int, told: Connection
) -> None:
    """Validate, and tell what it took; the system ends a process that takes longer than allowed."""
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
    texts = [each.read_text(encoding="utf-8") for each in (data, shapes)]
    began = time.process_time()
    found = validate(*texts)
    taken = time.process_time() - began
    peak = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text(encoding="utf-8"))
    memory = int(peak[1]) >> 10 if peak else 0
    told.send(f"{taken:.1f} s, {memory:,} MiB ({len(found):,})")


def report(parts: dict[str, Agreement], times: list[str], cases: int, every: int) -> str:
    """Give the Markdown of the results."""
    versions = ", ".join(f"{each} {version(each)}" for each in ("pyshacl", "shacl", "pyrudof"))
    lines = [
        "# SHACL engines beside pyshacl",
        "",
        f"Made by `python bench/validators.py`: {versions}, {os.cpu_count()} processors,",
        f"load {os.getloadavg()[0]:.0f} at the end;",
        f"each {cases}th case, each {every}th mutant, if any.",
        "An engine agrees on a graph when it finds the same focus nodes to break the same kinds of",
        "constraints as pyshacl, or, where the test is the W3C's, as the test says.",
        "`ours` is what `SEISAKU_VALIDATOR=shacl` runs: `shacl` for SHACL Core, and each SPARQL",
        "constraint asked once, of all its focus nodes, by pyoxigraph. `shacl` alone asks it anew",
        "for each. `pyrudof` is given our queries with the word WHERE, which SPARQL leaves free:",
        "without it, it refuses them (expected CONSTRUCT).",
        "",
        "| on | engine | graphs | agrees |",
        "| --- | --- | --: | --: |",
        *(row for what, agreement in parts.items() for row in agreement.rows(what)),
        "",
        "## Differences by cause",
        *(
            line
            for what, agreement in parts.items()
            for line in ("", f"### {what}", "", *(list(agreement.causes()) or ["None."]))
        ),
        "",
        "## Processor seconds, memory at most, and (what is found)",
        "",
        "| graph | triples | pyshacl | ours | shacl | pyrudof |",
        "| --- | --: | --: | --: | --: | --: |",
        *times,
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Ask all, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--suite", type=Path, required=True, help="the W3C's data-shapes")
    parser.add_argument("--without", nargs="*", default=[], help="what not to ask on")
    parser.add_argument("--cases", type=int, default=1, help="every so-manieth case only")
    parser.add_argument("--every", type=int, default=200, help="every so-manieth mutant only")
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--limit", type=int, default=120, help="processor seconds to wait for one")
    call = parser.parse_args()
    ask: dict[str, Callable[[], Agreement]] = {
        "our cases": lambda: our_cases(call.cases),
        "W3C core tests": lambda: w3c(call.suite.resolve()),
        "broken data": lambda: broken_data(call.every),
    }
    parts = {name: asked() for name, asked in ask.items() if name not in call.without}
    text = report(parts, list(seconds(call.sizes, call.limit)), call.cases, call.every)
    RESULT.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
