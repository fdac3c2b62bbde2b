"""Build: the data's life in one function. Turtle ─▶ SHACL ─▶ OWL RL ─▶ description ─▶ snapshot."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from rdflib import RDF, SH

from . import index, snapshot
from .describe import describe
from .errors import UsageError
from .kept import Kept
from .load import load
from .ntriples import triples
from .questions import read
from .reason import reason
from .report import validate as validate_large
from .rereason import rereason
from .revalidate import revalidate
from .validate import turtle, validate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rdflib import Graph

    from .config import Config
    from .load import Asserted

    Tell = Callable[[str, str], None]
    """Called after each step with its name and what came of it."""


OBJECTS = 100_000
"""So many more objects than before have Python look for what nobody refers to: with its own 700 it
looks a tenth of the time of a build, which makes many objects and drops few."""

KEPT = ".kept"
"""The folder beside the snapshots for what builds keep for the next one."""


def build(config: Config, tell: Tell, *, anew: bool = False) -> Path:
    """Build the snapshot of the files below `config.root` and give its folder.

    What an earlier build has kept of its steps is used where the input is the same, unless all is
    to be done `anew`; the bytes are the same.
    Raises an `InputError` rather than serve a doubtful graph; the snapshots that are there stay.
    """
    gc.set_threshold(OBJECTS, *gc.get_threshold()[1:])
    name = snapshot.digest(config.root)
    kept = None if anew else Kept(config.snapshots / KEPT, snapshot.code())
    layers, shapes, report, engines = close(config, tell, kept)
    held = {layer: triples(graph) for layer, graph in layers.items()}
    found = index.made(held)
    tell("index", f"{len(found):,} bytes")
    folder = snapshot.write(
        config.snapshots, name, held, triples(shapes), report, found, engines, kept
    )
    snapshot.prune(config.snapshots)
    if kept:
        kept.prune()
    tell("snapshot", f"{sum(map(len, layers.values())):,} quads in {folder}")
    return folder


def close(
    config: Config, tell: Tell, kept: Kept | None = None
) -> tuple[dict[str, Graph], Graph, str, dict[str, str]]:
    """Load, validate, reason, describe: give the layers, the shapes, the SHACL report, the engines.

    With `kept`, what is kept there of an earlier time is not done again.
    """
    asserted = load(config.root, kept)
    union = asserted.union
    tell("load", f"{len(union):,} triples from {asserted.files} files")
    report = _validated(config, asserted, union, kept)
    count = len(set(asserted.shapes.subjects(RDF.type, SH.NodeShape)))
    tell("validate", f"conforms to {count:,} shapes by {config.validator}")
    inferred, reasoner = _inferred(union, config.reasoner, kept)
    tell("reason", f"{len(inferred):,} triples inferred by {reasoner}, no contradiction")
    layers = {**asserted.layers, "inferred": inferred}
    asked = read(config.root / "data" / "queries")
    description = describe(layers, asked, kept)
    tell("describe", f"{len(description):,} triples on the others, {len(asked):,} questions")
    engines = {"validator": config.validator, "reasoner": reasoner}
    return {**layers, "description": description}, asserted.shapes, report, engines


def _validated(config: Config, asserted: Asserted, union: Graph, kept: Kept | None) -> str:
    if config.validator != "pyshacl":
        try:
            return turtle(validate_large(union, asserted.shapes))
        except ImportError as error:
            raise UsageError.uninstalled(config.validator, "validator") from error
    if kept is None:
        return turtle(validate(union, asserted.shapes))
    of = str(config.root.resolve())
    before = kept.get("validate", of)
    report, checked = revalidate(union, asserted.shapes, before)
    if checked is not before:
        kept.put("validate", of, value=checked)
    return report


def _inferred(asserted: Graph, reasoner: str, kept: Kept | None) -> tuple[Graph, str]:
    """Give what follows, and what found it: the reasoner that is set, or the rules it left."""
    if reasoner == "owlrl":
        return rereason(asserted, kept) if kept else (reason(asserted), reasoner)
    try:
        from .closure import engine, infer

        with engine(reasoner) as joins:
            return infer(asserted, joins), reasoner
    except ImportError as error:
        raise UsageError.uninstalled(reasoner) from error
