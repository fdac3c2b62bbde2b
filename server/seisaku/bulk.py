"""Bulk: the life of data that are too large for memory. Files ─▶ OWL RL ─▶ store ─▶ index."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from . import disk, index

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .disk import Tell


def build(
    snapshots: Path,
    files: Sequence[Path],
    tell: Tell,
    *,
    union: bool = False,
    reasoner: str = "",
) -> Path:
    """Put `files`, RDF in any format, on disk as they are and give the folder of the snapshot.

    It is written beside its place and renamed: it is there whole or not at all. With `union`, the
    default graph of a query is the union of all graphs. With a `reasoner`, `duckdb` or `spark`,
    what follows from the files by their own axioms is in the graph `…/graph/inferred`; they may
    then not be packed. Memory does not grow with the files.
    Raises `Unreadable` for one that is missing or does not parse, `UnknownAxiom`, `Contradiction`,
    and `ImportError` where the reasoner is not installed; and leaves nothing then.
    """
    snapshots.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".writing-", dir=snapshots))
    try:
        inferred = _infer(files, beside, reasoner, tell) if reasoner else None
        told = disk.load(beside, files, tell, union=union, inferred=inferred)
        things = index.write(beside)
        tell("index", f"{things:,} things with a name, {disk.peak() >> 20:,} MiB of memory at most")
        folder = disk.put(beside, snapshots / told.digest)
        tell("snapshot", f"{disk.size(folder):,} bytes in {folder}")
        return folder
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _infer(files: Sequence[Path], folder: Path, reasoner: str, tell: Tell) -> Path:
    from .closure import engine, write_inferred

    output = folder / "inferred.nt"
    with engine(reasoner) as joins:
        count = write_inferred(files, output, joins)
    tell("reason", f"{count:,} triples inferred by {reasoner}, no contradiction")
    return output
