"""Bulk: the life of data that are too large for memory. Files ─▶ store ─▶ index ─▶ snapshot."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from . import disk, index

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .disk import Tell


def build(snapshots: Path, files: Sequence[Path], tell: Tell, *, union: bool = False) -> Path:
    """Put `files`, RDF in any format, on disk as they are and give the folder of the snapshot.

    It is written beside its place and renamed: it is there whole or not at all. With `union`, the
    default graph of a query is the union of all graphs. Memory does not grow with the files.
    Raises `Unreadable` for one that is missing or does not parse, and leaves nothing then.
    """
    snapshots.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".writing-", dir=snapshots))
    try:
        told = disk.load(beside, files, tell, union=union)
        tell("index", f"{index.write(beside):,} things with a name")
        folder = disk.put(beside, snapshots / told.digest)
        tell("snapshot", f"{disk.size(folder):,} bytes in {folder}")
        return folder
    finally:
        shutil.rmtree(beside, ignore_errors=True)
