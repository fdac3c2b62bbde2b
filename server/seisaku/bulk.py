"""Bulk: the life of data too large for memory. Files ─▶ OWL RL ─▶ store ─▶ SHACL ─▶ index."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rdflib import RDF, SH

from . import disk, index

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rdflib import Graph

    from .disk import Tell


def build(
    snapshots: Path,
    files: Sequence[Path],
    tell: Tell,
    *,
    union: bool = False,
    reasoner: str = "",
    root: Path | None = None,
) -> Path:
    """Put `files`, RDF in any format, on disk as they are and give the folder of the snapshot.

    It is written beside its place and renamed: it is there whole or not at all. With `union`, the
    default graph of a query is the union of all graphs. With a `reasoner`, `duckdb` or `spark`,
    what follows from the files by their own axioms is in the graph `…/graph/inferred`; they may
    then not be packed. With a `root`, what the files say has to conform to its
    `shapes/`: they bring the ontology along, and the validator, `shacl`, has them in memory. Else
    memory does not grow with the files.
    Raises `Unreadable` for one that is missing or does not parse, `UnknownAxiom`, `Contradiction`,
    `InvalidData`, and `ImportError` where an engine is not installed; and leaves nothing then.
    """
    shapes = _shapes(root) if root else None
    snapshots.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".writing-", dir=snapshots))
    try:
        inferred = _infer(files, beside, reasoner, tell) if reasoner else None
        told = disk.load(beside, files, tell, union=union, inferred=inferred)
        if shapes:
            _validate(beside, shapes, tell)
        things = index.write(beside)
        tell("index", f"{things:,} things with a name, {disk.peak() >> 20:,} MiB of memory at most")
        folder = disk.put(beside, snapshots / told.digest)
        tell("snapshot", f"{disk.size(folder):,} bytes in {folder}")
        return folder
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _shapes(root: Path) -> Graph:
    from .load import load

    loaded = load(root)
    for prefix, namespace in loaded.prefixes.items():
        loaded.shapes.bind(prefix, namespace)
    return loaded.shapes


def _validate(folder: Path, shapes: Graph, tell: Tell) -> None:
    from . import report

    report.validate_store(disk.opened(folder), shapes, folder)
    count = len(set(shapes.subjects(RDF.type, SH.NodeShape)))
    tell("validate", f"conforms to {count:,} shapes by shacl, {disk.peak() >> 20:,} MiB at most")


def _infer(files: Sequence[Path], folder: Path, reasoner: str, tell: Tell) -> Path:
    from .closure import engine, write_inferred

    output = folder / "inferred.nt"
    with engine(reasoner) as joins:
        count = write_inferred(files, output, joins)
    tell("reason", f"{count:,} triples inferred by {reasoner}, no contradiction")
    return output
