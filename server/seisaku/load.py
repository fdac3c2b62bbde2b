"""Load: Turtle files → one graph per layer, or an error that says where."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import is_normalized

from pyoxigraph import RdfFormat, parse
from rdflib import DCTERMS, OWL, RDF, SH, Graph, URIRef

from .config import ASSERTED, BASE
from .errors import Deprecated, InputError, Undeclared, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

ROOT_ONTOLOGY = "ontology/seisaku.ttl"
"""The file whose `sh:declare` statements are the only prefixes that a file may use."""

PREFIX_LINE = re.compile(r"^\s*(?:@prefix|PREFIX)\s+([^\s:]*):\s*<([^>]*)>", re.MULTILINE)

VERSIONS = {OWL.versionIRI, OWL.priorVersion}
"""What these name is a version of a file, which no file declares."""


@dataclass(frozen=True, slots=True)
class Source:
    """One Turtle file: where it lies below the root, its text and its triples."""

    path: str
    text: str
    graph: Graph

    def mention(self, iri: str, prefixes: dict[str, str]) -> tuple[int, int] | None:
        """Give the line and the column of the first mention of `iri`, if the text tells."""
        names = [f"<{iri}>"] + [
            f"{prefix}:{iri.removeprefix(namespace)}"
            for prefix, namespace in prefixes.items()
            if iri.startswith(namespace)
        ]
        pattern = "|".join(rf"(?<![\w:-]){re.escape(name)}(?![\w-])" for name in names)
        found = re.search(pattern, self.text)
        return line_and_column(self.text, found.start()) if found else None

    def place(self, iri: str, prefixes: dict[str, str]) -> str:
        """Give `path:line:column` of the first mention of `iri`, as near as the text tells."""
        return ":".join(map(str, (self.path, *(self.mention(iri, prefixes) or ()))))


@dataclass(frozen=True, slots=True)
class Asserted:
    """What people wrote: a graph for each layer of `ASSERTED`, the shapes, the prefixes."""

    layers: dict[str, Graph]
    shapes: Graph
    prefixes: dict[str, str]
    files: int

    @property
    def union(self) -> Graph:
        """All layers as one graph, with the declared prefixes bound."""
        union = Graph(bind_namespaces="none")
        for prefix, namespace in self.prefixes.items():
            union.bind(prefix, namespace)
        for graph in self.layers.values():
            union += graph
        return union


def load(root: Path) -> Asserted:
    """Read `ontology/`, `data/<layer>/` and `shapes/` below `root`.

    Raises `Unreadable` for a file that is missing or not Turtle, `Undeclared` for a prefix
    that the root ontology does not declare or an IRI of ours that has no `rdf:type` anywhere,
    and `Deprecated` for a shape or a query of `data/queries/` that mentions what is deprecated;
    that data do not is a shape.
    """
    folders = _folders(root)
    read = {name: list(sources(root, folder)) for name, folder in folders.items()}
    everything = [source for each in read.values() for source in each]
    prefixes = _declared_prefixes(everything)
    _refuse(_foreign_prefixes(everything, prefixes), Undeclared)
    _refuse(_undeclared_terms(everything, prefixes), Undeclared)
    _refuse(_deprecated_terms(everything, [*read["shapes"], *_queries(root)], prefixes), Deprecated)
    merged = {name: _merged(each) for name, each in read.items()}
    shapes = merged.pop("shapes")
    return Asserted(merged, shapes, prefixes, len(everything))


def sources(root: Path, folder: Path) -> Iterator[Source]:
    """Read every Turtle file below `folder`, in the order of their names."""
    for file in sorted(folder.rglob("*.ttl")):
        text = _text(file)
        yield Source(file.relative_to(root).as_posix(), text, _parsed(file, text))


def line_and_column(text: str, index: int) -> tuple[int, int]:
    """Give the line and the column, both from 1, of the character at `index`."""
    before = text[:index]
    return before.count("\n") + 1, index - before.rfind("\n")


def _folders(root: Path) -> dict[str, Path]:
    layers = {name: root / "data" / name for name in ASSERTED[1:]}
    folders = {"ontology": root / "ontology", **layers, "shapes": root / "shapes"}
    for folder in folders.values():
        if not folder.is_dir():
            raise Unreadable(folder, "no such folder; the graph needs it")
    for folder in sorted((root / "data").iterdir()):
        if folder.is_dir() and folder.name not in (*layers, "queries"):
            raise Unreadable(folder, f"not a layer; the layers are {', '.join(layers)}")
    return folders


def _text(file: Path) -> str:
    """Read `file`; text in two spellings of one character would be two names that look alike."""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(file, f"not UTF-8 at byte {error.start}") from error
    except OSError as error:
        raise Unreadable(file, error.strerror or "cannot be read") from error
    for number, line in enumerate(text.split("\n"), 1):
        if not is_normalized("NFC", line):
            raise Unreadable(file, "not in Unicode normal form C", number)
    return text


def _parsed(file: Path, text: str) -> Graph:
    """Parse `text`, first by the strict parser that tells where a fault is, then into a graph."""
    try:
        deque(parse(text, format=RdfFormat.TURTLE, base_iri=BASE), maxlen=0)
    except SyntaxError as error:
        raise Unreadable.at(file, error) from error
    return Graph(bind_namespaces="none").parse(data=text, format="turtle", publicID=BASE)


def _declared_prefixes(sources: Iterable[Source]) -> dict[str, str]:
    root = next((each for each in sources if each.path == ROOT_ONTOLOGY), None)
    if root is None:
        raise Unreadable(ROOT_ONTOLOGY, "no such file; it declares the prefixes")
    names = root.graph.subject_objects(SH.prefix)
    return {str(name): str(root.graph.value(each, SH.namespace)) for each, name in names}


def _foreign_prefixes(sources: Iterable[Source], prefixes: dict[str, str]) -> Iterator[str]:
    for source in sources:
        for found in PREFIX_LINE.finditer(source.text):
            prefix, namespace = found.groups()
            line, column = line_and_column(source.text, found.start(1))
            if prefix not in prefixes:
                yield f"{source.path}:{line}:{column}: prefix {prefix}: is not declared"
            elif prefixes[prefix] != namespace:
                yield (
                    f"{source.path}:{line}:{column}: prefix {prefix}: is <{prefixes[prefix]}>,"
                    f" not <{namespace}>"
                )


def _undeclared_terms(sources: list[Source], prefixes: dict[str, str]) -> Iterator[str]:
    declared = {term for source in sources for term in source.graph.subjects(RDF.type)}
    seen: set[URIRef] = set()
    for source in sources:
        for term in sorted(_our_terms(source.graph) - declared - seen):
            seen.add(term)
            yield f"{source.place(term, prefixes)}: <{term}> is nowhere declared"


def _queries(root: Path) -> Iterator[Source]:
    for file in sorted((root / "data" / "queries").glob("*.rq")):
        yield Source(file.relative_to(root).as_posix(), _text(file), Graph())


def _deprecated_terms(
    sources: Iterable[Source], using: Iterable[Source], prefixes: dict[str, str]
) -> Iterator[str]:
    gone = {
        str(term): " and ".join(
            sorted(each.n3() for each in source.graph[term : DCTERMS.isReplacedBy])
        )
        for source in sources
        for term, mark in source.graph[: OWL.deprecated]
        if str(mark) in ("true", "1")
    }
    for source in using:
        own = {**prefixes, **dict(PREFIX_LINE.findall(source.text))}
        for term, successors in sorted(gone.items()):
            if source.mention(term, own):
                place = source.place(term, own)
                yield f"{place}: <{term}> is deprecated: use {successors or 'something else'}"


def _our_terms(graph: Graph) -> set[URIRef]:
    return {
        term
        for triple in graph
        if triple[1] not in VERSIONS
        for term in triple
        if isinstance(term, URIRef) and term.startswith(BASE)
    }


def _refuse(faults: Iterable[str], error: type[InputError]) -> None:
    if found := list(faults):
        raise error.listing(found)


def _merged(sources: Iterable[Source]) -> Graph:
    """Add the files up; a blank node stays its file's own, so that two files cannot share one."""
    merged = Graph(bind_namespaces="none")
    for source in sources:
        merged += source.graph
    return merged
