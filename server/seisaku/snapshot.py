"""Snapshot: what is served, a folder named by the digest of everything that went into it."""

from __future__ import annotations

import glob
import hashlib
import json
import re
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyoxigraph import CanonicalizationAlgorithm, Dataset, DefaultGraph, RdfFormat, parse

from .config import ASSERTED, GRAPH, LAYERS, PACKAGE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Set

    from .kept import Kept
    from .ntriples import Triple

DATASET = "dataset.nq"
"""All layers, each in its named graph, as sorted canonical N-Quads (RDFC-1.0)."""

SHAPES = "shapes.nt"
"""The shapes that the data conform to, as sorted canonical N-Triples (RDFC-1.0)."""

REPORT = "report.ttl"
"""The SHACL report of the asserted data."""

INDEX = "index.sqlite"
"""What finds things by their names, as `index` makes it."""

MANIFEST = "manifest.json"
"""The digest, the engines and versions that made the snapshot, the triples of each layer."""

BLANK = re.compile(r"_:|<[^>]*> <[^>]*> _:")
"""How a line begins that says something of a blank node."""

STEPS = (
    *(
        "ntriples",
        "load",
        "validate",
        "seminaive",
        "revalidate",
        "report",
        "reason",
        "rules",
        "rereason",
        "closure",
    ),
    *("questions", "partitions", "describe", "folding", "index", "snapshot", "build", "kept"),
)
LIBRARIES = ("rdflib", "pyshacl", "owlrl", "pyoxigraph")
KEPT = 3
"""So many snapshots stay; a server that holds an older one has it in memory."""


def inputs(root: Path) -> list[Path]:
    """List the files that a snapshot is made from: ontology, data, shapes and questions."""
    folders = [root / "ontology", root / "shapes", *(root / "data" / each for each in ASSERTED[1:])]
    turtle = (file for folder in folders for file in folder.rglob("*.ttl"))
    return sorted([*turtle, *(root / "data" / "queries").glob("*.rq")])


def digest(root: Path) -> str:
    """Give the SHA-256, in hex, of all inputs, of the steps' own code and of their libraries."""
    total = hashlib.sha256(code().encode())
    for file in inputs(root):
        total.update(_file_digest(file, root))
    return total.hexdigest()


def code() -> str:
    """Give the SHA-256, in hex, of the steps' own code and of their libraries' versions."""
    total = hashlib.sha256(json.dumps(_versions()).encode())
    for step in STEPS:
        total.update(_file_digest(PACKAGE / f"{step}.py", PACKAGE))
    return total.hexdigest()


def find(snapshots: Path, name: str) -> Path | None:
    """Give the folder of the snapshot called `name`, or None when it has not been built."""
    folder = snapshots / name
    return folder if (folder / MANIFEST).is_file() else None


def named(snapshots: Path, beginning: str) -> list[Path]:
    """List the snapshots whose digest begins like this."""
    return sorted(each.parent for each in snapshots.glob(f"{glob.escape(beginning)}*/{MANIFEST}"))


def write(
    snapshots: Path,
    name: str,
    layers: Mapping[str, Set[Triple]],
    shapes: Set[Triple],
    report: str,
    index: bytes,
    engines: Mapping[str, str],
    kept: Kept | None = None,
) -> Path:
    """Write the snapshot beside its place and rename it: it is there whole or not at all.

    `engines` names what validated and what reasoned; the manifest tells it.
    Every reasoner infers the same: the name of a snapshot does not tell which it was. With `kept`,
    blank nodes that are kept there are not labelled again.
    """
    snapshots.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".writing-", dir=snapshots))
    try:
        quads = (
            f"{s} {p} {o} <{GRAPH}{name}> .\n" for name, each in layers.items() for s, p, o in each
        )
        (beside / DATASET).write_text("".join(_canonical(quads, kept)), encoding="utf-8")
        statements = (f"{' '.join(each)} .\n" for each in shapes)
        (beside / SHAPES).write_text("".join(_canonical(statements, kept)), encoding="utf-8")
        (beside / REPORT).write_text(report, encoding="utf-8")
        (beside / INDEX).write_bytes(index)
        manifest = {
            "digest": name,
            "triples": {layer: len(layers[layer]) for layer in LAYERS},
            "engines": engines,
            "versions": _versions(),
        }
        (beside / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        return _put(beside, snapshots / name)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def index(dataset: Path) -> Path | None:
    """Give the index that was made with a dataset, when that is the one of a snapshot."""
    file = dataset.with_name(INDEX)
    is_one = dataset.name == DATASET and (dataset.parent / MANIFEST).is_file()
    return file if is_one and file.is_file() else None


def manifest(folder: Path) -> dict[str, Any]:
    """Read what a snapshot says of itself: `digest`, `triples` by layer, `engines`, `versions`."""
    read: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return read


def prune(snapshots: Path) -> None:
    """Remove all but the newest `KEPT` snapshots."""
    folders = [each.parent for each in snapshots.glob(f"*/{MANIFEST}")]
    for old in sorted(folders, key=lambda each: each.stat().st_mtime, reverse=True)[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def _put(beside: Path, place: Path) -> Path:
    if (place / MANIFEST).is_file():
        return place  # another build of the same inputs was first
    shutil.rmtree(place, ignore_errors=True)  # what a killed clean-up left
    beside.chmod(0o755)
    return beside.rename(place)


def _canonical(lines: Iterable[str], kept: Kept | None) -> list[str]:
    """Give N-Quads in their order, blank nodes labelled by what they say (RDFC-1.0)."""
    named: list[str] = []
    blank: list[str] = []
    for line in lines:
        (blank if "_:" in line and BLANK.match(line) else named).append(line)
    blank.sort()
    labelled = kept and kept.get("labels", *blank)
    if not labelled:
        labelled = _labelled(blank)
        if kept:
            kept.put("labels", *blank, value=labelled)
    return sorted(named + labelled)


def _labelled(blank: list[str]) -> list[str]:
    """Label the blank nodes in lines that all have one: what other lines say is nothing to them."""
    dataset = Dataset(parse("".join(blank), RdfFormat.N_QUADS))
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return [f"{quad if quad.graph_name != DefaultGraph() else quad.triple} .\n" for quad in dataset]


def _file_digest(file: Path, base: Path) -> bytes:
    named = f"{file.relative_to(base).as_posix()}\0".encode()
    return named + hashlib.sha256(file.read_bytes()).digest()


def _versions() -> dict[str, str]:
    return {library: version(library) for library in LIBRARIES}
