"""Export: the dataset of a snapshot as files to take away, with a list of them and their digests.

The same snapshot gives the same bytes. `distributions` says which files there are.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import agenda, citation, crate, dumps, evidence, places, stratml, tables, workbook
from .distribution import GROUPS, INDEX, SUMS, Distribution, Source
from .errors import Unreadable
from .graph import Graph

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMS = (dumps, tables, workbook, places, evidence, stratml, agenda, citation, crate)
"""The modules that write them; the last tells of the files of the others."""

GZIP_LEVEL = 9


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that has been written."""

    path: Path
    size: int
    sha256: str


def distributions() -> list[Distribution]:
    """Give all files of the export, but for the lists of them."""
    return [each for form in FORMS for each in form.distributions()]


def export(
    dataset: Path, folder: Path, groups: Sequence[str] = GROUPS, *, bom: bool = False
) -> list[Path]:
    """Write `dataset` (N-Quads) to `folder` as the files of `groups`; give the files.

    With `bom`, tables in CSV begin with a byte order mark. Each file is written beside its place
    and renamed, so it is there whole or not at all; others in the folder stay as they are.
    Raises `Unreadable` when the dataset cannot be read or the folder cannot be written to.
    """
    source = Source(Graph(dataset), bom=bom)
    chosen = [each for each in distributions() if each.group in groups]
    paths = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for each in chosen:
            written = [_write(each, source, folder)]
            if each.gzipped:
                written.append(_compress(written[0].path))
            source.written.append(_entry(each, written))
            paths += [file.path for file in written]
        paths.append(_put(folder / SUMS, _sums(source.written)))
        text = json.dumps({"files": source.written}, ensure_ascii=False, indent=1)
        paths.append(_put(folder / INDEX, text.encode() + b"\n"))
    except OSError as error:
        raise Unreadable(folder, error.strerror or "cannot be written") from error
    return paths


def _write(each: Distribution, source: Source, folder: Path) -> Exported:
    beside = folder / f".{each.name}.writing"
    try:
        with beside.open("wb") as file:
            each.write(source, file)
        return _renamed(beside, folder / each.name)
    finally:
        beside.unlink(missing_ok=True)


def _compress(path: Path) -> Exported:
    place = path.with_name(f"{path.name}.gz")
    return _renamed_bytes(place, gzip.compress(path.read_bytes(), GZIP_LEVEL, mtime=0))


def _put(place: Path, content: bytes) -> Path:
    return _renamed_bytes(place, content).path


def _renamed_bytes(place: Path, content: bytes) -> Exported:
    beside = place.with_name(f".{place.name}.writing")
    try:
        beside.write_bytes(content)
        return _renamed(beside, place)
    finally:
        beside.unlink(missing_ok=True)


def _renamed(beside: Path, place: Path) -> Exported:
    content = beside.read_bytes()
    return Exported(beside.replace(place), len(content), hashlib.sha256(content).hexdigest())


def _entry(each: Distribution, written: list[Exported]) -> dict[str, object]:
    plain, *compressed = written
    entry: dict[str, object] = {
        "name": each.name,
        "mediaType": each.media_type,
        "group": each.group,
        "title": dict(each.titles),
        **_measured(plain),
    }
    for file in compressed:
        entry["gzip"] = {"name": file.path.name, **_measured(file)}
    return entry


def _measured(file: Exported) -> dict[str, object]:
    return {"bytes": file.size, "sha256": file.sha256}


def _sums(listed: list[dict[str, object]]) -> bytes:
    lines = []
    for each in listed:
        both = [each, each["gzip"]] if "gzip" in each else [each]
        lines += [f"{file['sha256']}  {file['name']}\n" for file in both]  # type: ignore[index]
    return "".join(lines).encode()


if __name__ == "__main__":
    export(Path(sys.argv[1]), Path(sys.argv[2]))
