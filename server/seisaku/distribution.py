"""Distribution: a file that the dataset can be had as, and what its writer is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any

from pyoxigraph import Literal

from .config import BASE, LAYERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyoxigraph import Quad

    from .graph import Graph

    Write = Callable[["Source", IO[bytes]], None]
    """Writes the bytes of one file: the same each time that it is given the same."""

OWL = "http://www.w3.org/2002/07/owl#"
DCTERMS = "http://purl.org/dc/terms/"

GROUPS = ("dumps", "tables", "forms", "citation")
"""What kinds of files there are: RDF, tables, other forms, how to cite."""

INDEX = "files.json"
"""What the other files are: name, media type, size in bytes, SHA-256, what each is for."""

SUMS = "SHA256SUMS"
"""The digests once more, for `sha256sum --check`."""

COMPRESSED = (
    "application/vnd.apache.parquet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)
"""Media types that gzip makes no shorter."""


class Source:
    """What is exported: the quads of a snapshot, in the order of its file, and its store."""

    def __init__(self, graph: Graph, *, bom: bool = False) -> None:
        self.graph = graph
        self.bom = bom
        """Whether a table in CSV begins with the byte order mark that Excel goes by."""
        self.written: list[dict[str, Any]] = []
        """The files that are there already, as the list of files tells them."""

    @cached_property
    def layers(self) -> dict[str, list[Quad]]:
        """The quads of each layer; of a graph that is no layer of ours, by its name."""
        found: dict[str, list[Quad]] = {each: [] for each in LAYERS}
        for quad in self.graph.quads:
            found.setdefault(layer_of(quad), []).append(quad)
        return found

    @cached_property
    def version(self) -> str:
        """The version of the dataset, as the header of the root ontology has it; else nothing."""
        return self._header(OWL + "versionInfo")

    @cached_property
    def modified(self) -> str:
        """The day on which it was last changed, as the same header has it."""
        return self._header(DCTERMS + "modified")

    def _header(self, property_: str) -> str:
        query = f"SELECT ?said {{ <{BASE}ont> <{property_}> ?said }}"
        for (said,) in self.graph.rows(query):
            if isinstance(said, Literal):
                return said.value
        return ""

    @property
    def prefixes(self) -> dict[str, str]:
        """The prefixes that the root ontology declares (`sh:declare`)."""
        return self.graph.prefixes


@dataclass(frozen=True, slots=True)
class Distribution:
    """A file of the export: its name, its media type, what it is for in each language."""

    name: str
    media_type: str
    group: str
    """One of `GROUPS`."""
    titles: Mapping[str, str]
    write: Write = field(repr=False)

    @property
    def gzipped(self) -> bool:
        """Whether it is there compressed too, as `<name>.gz`."""
        return self.media_type not in COMPRESSED


def layer_of(quad: Quad) -> str:
    """Give the last part of the name of a quad's graph: `document`."""
    return str(quad.graph_name).strip("<>").rpartition("/")[2]
