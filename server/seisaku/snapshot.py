"""Snapshot: what is served, a folder named by the digest of everything that went into it."""

from __future__ import annotations

import glob
import hashlib
import json
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyoxigraph import (
    CanonicalizationAlgorithm,
    Dataset,
    DefaultGraph,
    NamedNode,
    Quad,
    RdfFormat,
    parse,
)

from .config import ASSERTED, GRAPH, LAYERS, PACKAGE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rdflib import Graph

DATASET = "dataset.nq"
"""All layers, each in its named graph, as sorted canonical N-Quads (RDFC-1.0)."""

SHAPES = "shapes.nt"
"""The shapes that the data conform to, as sorted canonical N-Triples (RDFC-1.0)."""

REPORT = "report.ttl"
"""The SHACL report of the asserted data."""

MANIFEST = "manifest.json"
"""The digest, the versions and the reasoner that made the snapshot, the number of triples of each
layer."""

STEPS = (
    *("load", "validate", "reason", "rules", "closure"),
    *("questions", "partitions", "describe", "snapshot", "build"),
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
    total = hashlib.sha256()
    code = [PACKAGE / f"{step}.py" for step in STEPS]
    for file, base in [(each, root) for each in inputs(root)] + [(each, PACKAGE) for each in code]:
        total.update(f"{file.relative_to(base).as_posix()}\0".encode())
        total.update(hashlib.sha256(file.read_bytes()).digest())
    total.update(json.dumps(_versions()).encode())
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
    layers: Mapping[str, Graph],
    shapes: Graph,
    report: Graph,
    reasoner: str = "owlrl",
) -> Path:
    """Write the snapshot beside its place and rename it: it is there whole or not at all.

    Every reasoner infers the same; the name does not tell by which, and the manifest does.
    """
    snapshots.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".writing-", dir=snapshots))
    try:
        lines = sorted(_canonical({NamedNode(GRAPH + name): each for name, each in layers.items()}))
        (beside / DATASET).write_text("".join(lines), encoding="utf-8")
        lines = sorted(_canonical({DefaultGraph(): shapes}))
        (beside / SHAPES).write_text("".join(lines), encoding="utf-8")
        (beside / REPORT).write_text(report.serialize(format="turtle"), encoding="utf-8")
        manifest = {
            "digest": name,
            "triples": {layer: len(layers[layer]) for layer in LAYERS},
            "versions": _versions(),
            "reasoner": reasoner,
        }
        (beside / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        return _put(beside, snapshots / name)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def manifest(folder: Path) -> dict[str, Any]:
    """Read what a snapshot says of itself: `digest`, `triples` by layer, `versions`, `reasoner`."""
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


def _canonical(graphs: Mapping[NamedNode | DefaultGraph, Graph]) -> Iterator[str]:
    """Give each quad as a line, blank nodes labelled by what they say (RDFC-1.0)."""
    dataset = Dataset()
    for name, graph in graphs.items():
        text = graph.serialize(format="nt", encoding="utf-8")
        for each in parse(text, format=RdfFormat.N_TRIPLES):
            dataset.add(Quad(each.subject, each.predicate, each.object, name))
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return (f"{quad if quad.graph_name != DefaultGraph() else quad.triple} .\n" for quad in dataset)


def _versions() -> dict[str, str]:
    return {library: version(library) for library in LIBRARIES}
