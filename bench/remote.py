"""The stores: what each of them passes behind our front, and what it does that others do not.

Starts the Oxigraph server, Fuseki (TDB2) and Virtuoso, one after the other, pushes the snapshot
into each, asks all questions with all choices that have an expected answer, runs the W3C tests of
the protocol through `seisaku serve`, lets readers ask while it switches, and tries single forms of
SPARQL. `PYTHONPATH=tests python bench/remote.py [NAME…]` writes `bench/results/remote.md`.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
from pyoxigraph import QueryResultsFormat
from rdflib import RDF, Graph, URIRef

import stores
from seisaku import snapshot
from seisaku.build import build
from seisaku.config import Config
from seisaku.errors import SeisakuError
from seisaku.push import push
from seisaku.query import answer
from seisaku.remote import RemotePool
from seisaku.workers import WorkerPool
from serving import serving
from test_questions import CASES, chosen, name, of
from test_stores import JSON, rows
from test_w3c_protocol import FOLDER, MF, UPDATES, exchanges, fault, given

if TYPE_CHECKING:
    from seisaku.pool import Pool
    from stores import Store

RESULT = Path(__file__).parent / "results" / "remote.md"
ROUNDS = 200
DEADLINE = 20.0
"""Seconds that a question may take here; the setting's default is 10."""

XSD = "http://www.w3.org/2001/XMLSchema#"
LOOKUP = "ASK { <https://w3id.org/seisaku/id/hub/tokyo> ?p ?o }"

FORMS = {
    "datatype of a text with a language": 'ASK { FILTER(DATATYPE("a"@en) = <http://www.w3.org/'
    "1999/02/22-rdf-syntax-ns#langString>) }",
    "1 / 2 is a decimal": f"ASK {{ FILTER(DATATYPE(1 / 2) = <{XSD}decimal>) }}",
    "a truth that is computed is a boolean": f"ASK {{ BIND(1 = 1 AS ?x) FILTER(DATATYPE(?x) = "
    f"<{XSD}boolean>) }}",
    "VALUES joined with a pattern": "ASK { VALUES ?x { 1 2 } FILTER(?x = 2) }",
    "MINUS": "ASK { VALUES ?x { 1 2 } MINUS { VALUES ?x { 1 } } FILTER(?x = 2) }",
    "a property path of any length": "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> ASK { "
    "<https://w3id.org/seisaku/def#StartupHub> rdfs:subClassOf* ?class }",
    "STRLEN of 東京": 'ASK { FILTER(STRLEN("東京") = 2) }',
    "REGEX of 東京": 'ASK { FILTER(REGEX("東京圏", "^東.圏$")) }',
    "GROUP_CONCAT in a sub-select": 'ASK { { SELECT (GROUP_CONCAT(?x; separator="+") AS ?y) '
    '{ VALUES ?x { "a" "b" } } } FILTER(?y = "a+b" || ?y = "b+a") }',
    "a graph that is none of the dataset's is empty": "ASK { FILTER NOT EXISTS { GRAPH "
    "<urn:none> { ?s ?p ?o } } }",
    "an error in BIND leaves a variable unbound": "ASK { BIND(1 / 0 AS ?x) FILTER(!BOUND(?x)) }",
    "two moments subtracted": f'ASK {{ BIND("2021-04-02T00:00:00Z"^^<{XSD}dateTime> - '
    f'"2021-04-01T00:00:00Z"^^<{XSD}dateTime> AS ?x) FILTER(DATATYPE(?x) = '
    f"<{XSD}dayTimeDuration>) }}",
}
"""Forms that stores differ in; each is asked so that `true` is right."""


@dataclass
class Measured:
    """What one store did."""

    name: str
    server: str = ""
    first: float = 0.0
    """Seconds of the first push, into an empty store."""
    again: float = 0.0
    """Seconds of a push that changes nothing but blank nodes."""
    triples: int = 0
    right: int = 0
    late: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    """Questions by which the store's process ended."""
    protocol: str = ""
    torn: str = ""
    lookup: float = 0.0
    """Milliseconds of a look-up at the median, from the front's side."""
    forms: dict[str, str] = field(default_factory=dict)


def main(names: list[str]) -> None:
    """Measure each store that is installed, and write the table."""
    config = Config()
    folder = snapshot.find(config.snapshots, snapshot.digest(config.root)) or build(
        config, lambda _step, _what: None
    )
    with WorkerPool([folder / snapshot.DATASET], config, union_default_graph=True) as pool:
        ours = lookup(pool)
    found = []
    for each in names or stores.NAMES:
        if what := stores.missing(each):
            print(f"left out: {what}")
            continue
        found.append(measured(each, folder))
        print(found[-1], flush=True)
        RESULT.write_text(report(found, ours), encoding="utf-8")


def measured(name_: str, folder: Path) -> Measured:
    """Measure one store, started anew when a question has ended it."""
    found = Measured(name_)
    with tempfile.TemporaryDirectory() as place:
        data = Path(place)
        left = [(name(case), case) for case in CASES]
        while left:
            with stores.running(name_, data) as store:
                config = Config(**store.settings, deadline=DEADLINE, cache=0)
                if not found.triples:
                    found.first, found.triples = pushed(folder, config)
                    found.again, _ = pushed(folder, config)
                with RemotePool(config) as pool:
                    found.server = pool.server or name_
                    found.lookup = found.lookup or lookup(pool)
                    found.forms = found.forms or {
                        each: asked(pool, text) for each, text in FORMS.items()
                    }
                    while left:
                        label, case = left.pop(0)
                        put(found, pool, label, case)
                        if label in found.other and has_ended(store):
                            found.other.remove(label)
                            found.ended.append(label)
                            break
                if not left and store.process.poll() is None:
                    found.torn = readers(store, data)
                    found.protocol = protocol(store, data)
    return found


def has_ended(store: Store) -> bool:
    """Tell whether the store's process is gone, a second after it gave no right answer."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        store.process.wait(1)
    return store.process.poll() is not None


def pushed(folder: Path, config: Config) -> tuple[float, int]:
    """Push the snapshot; give the seconds and the triples that came."""
    begun = time.monotonic()
    sizes = push(folder / snapshot.DATASET, folder.name, config, lambda _step, _what: None)
    return time.monotonic() - begun, sum(sizes.values())


def put(found: Measured, pool: RemotePool, label: str, case: Path) -> None:
    """Ask a question and note what came of it."""
    text = of(case).asking(**chosen(case))
    try:
        said = answer(pool, text, lambda _offered: JSON).body
    except SeisakuError as error:
        late = getattr(error, "problem", "") == "deadline-exceeded"
        (found.late if late else found.other).append(label)
        return
    same = rows(said, QueryResultsFormat.JSON) == rows(case.read_bytes(), QueryResultsFormat.TSV)
    if same:
        found.right += 1
    else:
        found.other.append(label)


def asked(pool: Pool, query: str) -> str:
    """Tell whether a form is answered rightly."""
    try:
        return "yes" if b"true" in answer(pool, query, lambda _offered: JSON).body else "no"
    except SeisakuError:
        return "error"


def lookup(pool: Pool) -> float:
    """Give the milliseconds of a look-up at the median."""
    taken = []
    for _ in range(ROUNDS):
        begun = time.monotonic()
        pool.run(LOOKUP, JSON)
        taken.append(time.monotonic() - begun)
    return 1000 * statistics.median(taken)


def readers(store: Store, folder: Path) -> str:
    """Switch three times under readers; count answers of two snapshots at once, and errors."""
    count = (
        "SELECT ?a ?b (COUNT(*) AS ?n) { GRAPH <urn:a> { ?s <urn:version> ?a } "
        "GRAPH <urn:b> { ?s <urn:version> ?b } } GROUP BY ?a ?b"
    )
    config = Config(**store.settings)
    direct: list[str] = []
    ours: list[str] = []
    stop = threading.Event()

    def ask_the_store() -> None:
        while not stop.is_set():
            said = httpx2.post(
                store.query, data={"query": count}, headers={"Accept": "text/csv"}, timeout=60
            )
            direct.append(said.text if said.is_success else f"status {said.status_code}")

    def version(number: int) -> None:
        lines = [
            f'<urn:s{i}> <urn:version> "{number}" <urn:{g}> .\n' for i in range(1000) for g in "ab"
        ]
        file = folder / "version.nq"
        file.write_text("".join(lines), encoding="utf-8")
        push(file, f"v{number}", config, lambda _step, _what: None)

    version(0)
    settings = {**store.settings, "deadline": 60, "cache": 0, "snapshots": folder}
    with serving(**settings) as server:

        def ask_us() -> None:
            while not stop.is_set():
                said = server.ask(count, "text/csv")
                ours.append(said.body.decode() if said.status == 200 else f"status {said.status}")

        threads = [threading.Thread(target=each) for each in (ask_the_store, ask_us)]
        for each in threads:
            each.start()
        for number in (1, 2, 3):
            version(number)
        time.sleep(2)
        stop.set()
        for each in threads:
            each.join()
    told = []
    for label, texts in (("store", direct), ("front", ours)):
        seen = [[row.strip('"') for row in text.replace('"', "").split()] for text in texts]
        whole = {f"{number},{number},1000" for number in range(4)}
        errors = sum("status" in row[0] for row in seen)
        torn = sum(len(row) != 2 or row[1] not in whole for row in seen) - errors
        told.append(f"{label}: {torn} of {len(seen):,} mixed, {errors} errors")
    return "; ".join(told)


def protocol(store: Store, folder: Path) -> str:
    """Run the W3C tests of the protocol through our front."""
    if not FOLDER.is_dir():
        return "not measured"
    suite = Graph().parse(FOLDER / "manifest.ttl", publicID="http://example.org/protocol/")
    file = folder / "protocol.nq"
    file.write_text("".join(given(suite)), encoding="utf-8")
    push(file, "protocol", Config(**store.settings), lambda _step, _what: None)
    passed, refused, failed = 0, 0, []
    with serving(**store.settings, deadline=60, snapshots=folder) as server:
        for test in sorted(map(str, suite.subjects(RDF.type, MF.ProtocolTest))):
            title = test.rpartition("#")[2]
            said = [
                (each, server.request(each.method, each.path, each.body, each.headers))
                for each in exchanges(suite, URIRef(test))
            ]
            if title in UPDATES:
                refused += said[0][1].status == 403
            elif any(fault(*each) for each in said):
                failed.append(title)
            else:
                passed += 1
    return f"{passed} pass, {refused} updates refused" + (f"; not {failed}" if failed else "")


def report(found: list[Measured], ours: float) -> str:
    """Give the Markdown of the results."""

    def row(label: str, values: list[str]) -> str:
        return f"| {label} | {' | '.join(values)} |"

    def listed(names: list[str]) -> str:
        return f"{len(names)}: {', '.join(names)}" if names else "0"

    lines = [
        "# The stores",
        "",
        "Made by `PYTHONPATH=tests .venv/bin/python bench/remote.py`, on",
        f"{os.cpu_count()} processors (load {os.getloadavg()[0]:.1f} at the end). Each store is",
        "started empty, on disk, and asked through `RemotePool` or, for the protocol and the",
        "readers, through `seisaku serve`. Answers are compared by value: 1.0 and 1.00 are one",
        f"decimal. A question may take {DEADLINE:g} s. Times on a busy machine are upper bounds;",
        f"a look-up takes our own workers {ours:.1f} ms here.",
        "",
        row("", [each.name for each in found]),
        row("---", ["---"] * len(found)),
        row("calls itself", [each.server for each in found]),
        row("triples that came", [f"{each.triples:,}" for each in found]),
        row("first push, s", [f"{each.first:.1f}" for each in found]),
        row("push of the same, s", [f"{each.again:.1f}" for each in found]),
        row(
            f"questions right, of {len(CASES)}",
            [str(each.right) for each in found],
        ),
        row("not in time", [listed(each.late) for each in found]),
        row("answered otherwise", [listed(each.other) for each in found]),
        row("the store's process ended", [listed(each.ended) for each in found]),
        row("W3C protocol tests", [each.protocol or "not measured" for each in found]),
        row("readers during three switches", [each.torn or "not measured" for each in found]),
        row("a look-up, ms", [f"{each.lookup:.1f}" for each in found]),
        *(row(form, [each.forms[form] for each in found]) for form in FORMS),
        row("`ssk:matches`", ["refused (400)"] * len(found)),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main(sys.argv[1:])
