"""Disk: a dataset that is too large for memory, as a folder that is written once and read by many.

It holds a RocksDB store and what can be told of it without a look into it. The store is loaded in
parts, so that memory does not grow with the data, then compacted; it never changes after that.
"""

from __future__ import annotations

import hashlib
import json
import resource
import shutil
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import chain, islice
from typing import TYPE_CHECKING

from pyoxigraph import BlankNode, NamedNode, Quad, QuerySolutions, Store

from .config import GRAPH
from .errors import Unreadable
from .files import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    Tell = Callable[[str, str], None]
    """Called after each step with its name and what came of it."""

STORE = "store"
"""The folder of the store, in the snapshot's."""

TOLD = "store.json"
"""What the store holds: what `Told` says. A snapshot without it is not whole."""

PART = 250_000
"""Quads that are loaded at a time: 250 MB; of a million, 900 MB (`bench/results/loading.md`)."""

CACHES = 192 << 20
"""Bytes that RocksDB keeps in a process of blocks it has read: 128 MiB of terms, 32 of indexes, and
what it needs to know of its files. They are nobody's query."""

LIBRARIES = ("pyoxigraph", "seisaku")

LAYOUT = 2
"""Counts what was changed in how a snapshot is laid out: an older one is none of the same data."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a store holds."""

    digest: str
    """The SHA-256, in hex, of what went into it; its snapshot is named by it."""
    quads: int
    graphs: dict[str, int]
    """The named graphs, each with its number of triples."""
    default: int
    """The number of triples in no graph, as the files say it."""
    prefixes: dict[str, str]
    """What the dataset declares (`sh:declare`)."""
    union: bool
    """Whether the default graph of a query is the union of all graphs."""
    files: list[str]
    """What was read: format, base and SHA-256 of each file."""


def load(
    folder: Path,
    given: Sequence[Path],
    tell: Tell,
    *,
    union: bool = False,
    inferred: Path | None = None,
) -> Told:
    """Load `given`, RDF files in any format, into a new store in `folder`; give what it holds.

    With `union`, the default graph of a query is the union of all graphs. `inferred` is what
    follows from them, in N-Triples; it is removed once it is loaded. Raises `Unreadable` for a
    file that is missing or does not parse.
    """
    store = Store(folder / STORE)
    read = [_load(store, file, tell) for file in given]
    if inferred:
        _load(store, inferred, tell, NamedNode(GRAPH + "inferred"))
        inferred.unlink()
        read.append("inferred")  # not its digest: its lines come in another order each time
    store.optimize()
    store.flush()
    told = _told(store, read, union=union)
    del store  # which closes it: nothing may write any more
    (folder / TOLD).write_text(json.dumps(asdict(told), indent=2) + "\n", encoding="utf-8")
    tell("compact", f"{told.quads:,} quads, {size(folder):,} bytes on disk")
    return told


def put(beside: Path, place: Path) -> Path:
    """Rename a snapshot that is whole to its place; where the same is already, leave that."""
    if is_one(place):
        return place  # another build of the same files was first
    shutil.rmtree(place, ignore_errors=True)  # what a killed clean-up left
    beside.chmod(0o755)
    return beside.rename(place)


def is_one(folder: Path) -> bool:
    """Tell whether `folder` is a snapshot on disk."""
    return (folder / TOLD).is_file()


def told(folder: Path) -> Told:
    """Read what the snapshot in `folder` holds. Raises `Unreadable` when it is none."""
    try:
        return Told(**json.loads((folder / TOLD).read_text(encoding="utf-8")))
    except OSError as error:
        raise Unreadable(folder, "no snapshot on disk") from error
    except (ValueError, TypeError) as error:
        raise Unreadable(folder / TOLD, str(error)) from error


def opened(folder: Path) -> Store:
    """Open the store of the snapshot in `folder`, to be read.

    Raises `Unreadable` when it is damaged.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # RocksDB keeps as many open as it may
    try:
        return Store.read_only(str(folder / STORE))
    except OSError as error:
        raise Unreadable(folder / STORE, str(error)) from error
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def files(folder: Path) -> int:
    """Count the files that RocksDB may open to answer a query; it opens each once."""
    return sum(1 for _ in (folder / STORE).glob("*.sst"))


def prefixes(store: Store) -> dict[str, str]:
    """Give the prefixes that a dataset declares (`sh:declare`)."""
    found = store.query(
        """PREFIX sh: <http://www.w3.org/ns/shacl#>
        SELECT ?prefix ?namespace { ?each sh:prefix ?prefix ; sh:namespace ?namespace }""",
        use_default_graph_as_union=True,
    )
    assert isinstance(found, QuerySolutions)  # noqa: S101
    return {row["prefix"].value: row["namespace"].value for row in found}


def peak() -> int:
    """Give the bytes of memory that this process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _load(store: Store, file: Path, tell: Tell, graph: NamedNode | None = None) -> str:
    """Load a file, into one graph where that is given; give what its quads depend on."""
    with reading(file) as read:
        quads = read.quads
        if graph:
            quads = (Quad(each.subject, each.predicate, each.object, graph) for each in quads)
        for first in quads:
            store.bulk_extend(chain([first], islice(quads, PART - 1)))
    tell("load", f"{file}, {peak() >> 20:,} MiB of memory at most")
    return read.said


def _told(store: Store, read: list[str], *, union: bool) -> Told:
    made_by = [sorted(read), union, {each: version(each) for each in LIBRARIES}, LAYOUT]
    digest = hashlib.sha256(json.dumps(made_by).encode()).hexdigest()
    sizes = _sizes(store)
    named = {graph.value: size for graph, size in sizes.items() if isinstance(graph, NamedNode)}
    default = len(store) - sum(sizes.values())
    return Told(digest, len(store), named, default, prefixes(store), union, read)


def _sizes(store: Store) -> dict[NamedNode | BlankNode, int]:
    """Count the triples of each graph that has a name, or a blank node for one."""
    found = store.query("SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g")
    assert isinstance(found, QuerySolutions)  # noqa: S101
    return {row["g"]: int(row["n"].value) for row in found}


def size(folder: Path) -> int:
    """Give the bytes of all files in `folder`."""
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
