"""Build: the data's life in one function. Turtle ─▶ SHACL ─▶ OWL RL ─▶ description ─▶ snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rdflib import RDF, SH

from . import snapshot
from .describe import describe
from .errors import UsageError
from .load import load
from .questions import read
from .reason import reason
from .validate import validate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rdflib import Graph

    from .config import Config

    Tell = Callable[[str, str], None]
    """Called after each step with its name and what came of it."""


def build(config: Config, tell: Tell) -> Path:
    """Build the snapshot of the files below `config.root` and give its folder.

    Raises an `InputError` rather than serve a doubtful graph; the snapshots that are there stay.
    """
    name = snapshot.digest(config.root)
    layers, shapes, report = close(config, tell)
    folder = snapshot.write(config.snapshots, name, layers, shapes, report, config.reasoner)
    snapshot.prune(config.snapshots)
    tell("snapshot", f"{sum(map(len, layers.values())):,} quads in {folder}")
    return folder


def close(config: Config, tell: Tell) -> tuple[dict[str, Graph], Graph, Graph]:
    """Load, validate, reason, describe: give every layer's graph, the shapes, the SHACL report."""
    asserted = load(config.root)
    union = asserted.union
    tell("load", f"{len(union):,} triples from {asserted.files} files")
    report = validate(union, asserted.shapes)
    count = len(set(asserted.shapes.subjects(RDF.type, SH.NodeShape)))
    tell("validate", f"conforms to {count:,} shapes")
    inferred = _inferred(union, config.reasoner)
    tell("reason", f"{len(inferred):,} triples inferred by {config.reasoner}, no contradiction")
    layers = {**asserted.layers, "inferred": inferred}
    asked = read(config.root / "data" / "queries")
    description = describe(layers, asked)
    tell("describe", f"{len(description):,} triples on the others, {len(asked):,} questions")
    return {**layers, "description": description}, asserted.shapes, report


def _inferred(asserted: Graph, reasoner: str) -> Graph:
    if reasoner == "owlrl":
        return reason(asserted)
    try:
        from .closure import engine, infer

        with engine(reasoner) as joins:
            return infer(asserted, joins)
    except ImportError as error:
        needed = f"pip install 'seisaku[{reasoner}]'"
        raise UsageError(
            f"the reasoner {reasoner} needs what is not installed: {needed}"
        ) from error
