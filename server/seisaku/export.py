"""Export: the dataset of a snapshot in every RDF format, for people to take away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyoxigraph import Literal, RdfFormat, parse, serialize

from .errors import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyoxigraph import Quad, Triple

DATASETS = {"nq": RdfFormat.N_QUADS, "trig": RdfFormat.TRIG}
"""Formats that keep the layers apart, by file name extension."""

GRAPHS = {
    "nt": RdfFormat.N_TRIPLES,
    "ttl": RdfFormat.TURTLE,
    "rdf": RdfFormat.RDF_XML,
    "jsonld": RdfFormat.JSON_LD,
}
"""Formats of all layers as one graph, by file name extension."""


SH = "http://www.w3.org/ns/shacl#"


def export(dataset: Path, folder: Path) -> list[Path]:
    """Write `dataset` (N-Quads) to `folder` as `seisaku.<extension>`; give the files.

    Each file is written beside its place and renamed, so it is there whole or not at all.
    Raises `Unreadable` when the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_write(dataset, folder, *each) for each in {**DATASETS, **GRAPHS}.items()]
    except OSError as error:
        raise Unreadable(folder, error.strerror or "cannot be written") from error


def _write(dataset: Path, folder: Path, extension: str, form: RdfFormat) -> Path:
    place = folder / f"seisaku.{extension}"
    beside = folder / f".seisaku.{extension}.writing"
    statements = _quads(dataset) if extension in DATASETS else _triples(dataset)
    try:
        with beside.open("wb") as file:
            serialize(statements, file, form, prefixes=_prefixes(dataset))
        return beside.replace(place)
    finally:
        beside.unlink(missing_ok=True)


def _quads(dataset: Path) -> Iterator[Quad]:
    return parse(path=dataset, format=RdfFormat.N_QUADS)


def _triples(dataset: Path) -> list[Triple]:
    """Give each statement once, however many layers make it."""
    return list(dict.fromkeys(quad.triple for quad in _quads(dataset)))


def _prefixes(dataset: Path) -> dict[str, str]:
    """Give the prefixes that the root ontology declares (`sh:declare`)."""
    said = {
        (quad.subject, quad.predicate.value): quad.object.value
        for quad in _quads(dataset)
        if isinstance(quad.object, Literal)
    }
    return {
        name: said[subject, SH + "namespace"]
        for (subject, predicate), name in said.items()
        if predicate == SH + "prefix"
    }
