"""Load: Turtle files → one graph per layer, or an error that says where."""

from __future__ import annotations

import logging
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeGuard
from unicodedata import is_normalized

import rdflib
from pyoxigraph import BlankNode, RdfFormat, parse
from rdflib import DCTERMS, OWL, RDF, RDFS, SH, XSD, Literal, URIRef

from .config import ASSERTED, BASE
from .errors import Deprecated, ImpossibleValue, InputError, Undeclared, Unreadable
from .ntriples import graph, merged, plain, text, triples

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    import pyoxigraph
    from rdflib import Graph
    from rdflib.graph import _TripleType

    from .kept import Kept
    from .ntriples import Triple

# It logs a traceback for each value that `load` refuses.
logging.getLogger("rdflib.term").setLevel(logging.ERROR)

ROOT_ONTOLOGY = "ontology/seisaku.ttl"
"""The file whose `sh:declare` statements are the only prefixes that a file may use."""

PREFIX_LINE = re.compile(r"^\s*(?:@prefix|PREFIX)\s+([^\s:]*):\s*<([^>]*)>", re.MULTILINE)

BUILT_IN = (RDF, RDFS, OWL, SH)
"""Vocabularies whose terms need no declaration; rdflib knows what is in them."""

DEPRECATED, REPLACED = text(OWL.deprecated), text(DCTERMS.isReplacedBy)

VERSIONS = {OWL.versionIRI, OWL.priorVersion}
"""What these name is a version of a file, which no file declares."""


@dataclass(frozen=True, slots=True)
class Source:
    """One Turtle file: where it lies below the root, its text and its triples."""

    path: str
    text: str
    graph: Graph
    prefixes: Sequence[tuple[str, str, int, int]] = ()
    """The prefixes that it uses, each with its namespace, the line and the column."""
    declared: Collection[str] = ()
    """The IRIs of what it gives an `rdf:type`."""
    terms: Collection[str] = ()
    """The IRIs of what somebody has to declare, as `terms` has it."""
    impossible: Sequence[tuple[str, str, int, int]] = ()
    """The literals that their datatypes do not have, each with that, the line and the column."""

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
        union = merged(self.layers.values())
        for prefix, namespace in self.prefixes.items():
            union.bind(prefix, namespace)
        return union


def load(root: Path, kept: Kept | None = None) -> Asserted:
    """Read `ontology/`, `data/<layer>/` and `shapes/` below `root`.

    Raises `Unreadable` for a file that is missing or not Turtle, `Undeclared` for a prefix
    that the root ontology does not declare or a term, as `terms` has it, that has no `rdf:type`
    anywhere, `ImpossibleValue` for a literal that its datatype does not have (the validator would
    stumble over it), and `Deprecated` for a shape or a query of `data/queries/` that mentions
    what is deprecated; that data do not is a shape. With `kept`, a file that is kept there is not
    parsed again.
    """
    folders = _folders(root)
    # A value is kept as it is written: rdflib would read "約true"^^xsd:boolean as false. Said here
    # and not at the import, because pyshacl sets it back to True whenever it validates.
    rdflib.NORMALIZE_LITERALS = False
    read = {name: list(sources(root, folder, kept)) for name, folder in folders.items()}
    everything = [source for each in read.values() for source in each]
    prefixes = _declared_prefixes(everything)
    _refuse(_foreign_prefixes(everything, prefixes), Undeclared)
    _refuse(_impossible_values(everything, prefixes), ImpossibleValue)
    _refuse(_undeclared_terms(everything, prefixes), Undeclared)
    _refuse(_deprecated_terms(everything, [*read["shapes"], *_queries(root)], prefixes), Deprecated)
    graphs = {name: merged(source.graph for source in each) for name, each in read.items()}
    shapes = graphs.pop("shapes")
    return Asserted(graphs, shapes, prefixes, len(everything))


def sources(root: Path, folder: Path, kept: Kept | None = None) -> Iterator[Source]:
    """Read every Turtle file below `folder`, in the order of their names."""
    for file in sorted(folder.rglob("*.ttl")):
        path, text = file.relative_to(root).as_posix(), _text(file)
        said = kept and kept.get("load", file.as_posix(), text)
        if not said:
            said = _said(file, text)
            if kept:
                kept.put("load", file.as_posix(), text, value=said)
        yield Source(path, text, graph(map(tuple, said.pop("triples"))), **said)


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
    if not is_normalized("NFC", text):
        lines = enumerate(text.split("\n"), 1)
        wrong = next(number for number, line in lines if not is_normalized("NFC", line))
        raise Unreadable(file, "not in Unicode normal form C", wrong)
    return text


def _said(file: Path, text: str) -> dict[str, Any]:
    """Give what a file says, and what is to be checked of it with the others, as JSON has it."""
    parsed = _parsed(file, text)
    said = graph(parsed)
    return {
        "triples": parsed,
        "prefixes": [
            (*found.groups(), *line_and_column(text, found.start(1)))
            for found in PREFIX_LINE.finditer(text)
        ],
        "declared": sorted(set(map(str, said.subjects(RDF.type)))),
        "terms": sorted(map(str, terms(said))),
        "impossible": [
            (str(each), str(each.datatype), *line_and_column(text, text.find(f'"{each}"')))
            for each in sorted(filter(is_impossible, said.objects()), key=str)
        ],
    }


def _parsed(file: Path, text: str) -> list[Triple]:
    """Parse `text` by the parser that tells where a fault is, each term as it is written.

    But for language tags: those come in small letters, since case makes no difference in them.
    """
    try:
        parsed = list(parse(text, format=RdfFormat.TURTLE, base_iri=BASE))
    except SyntaxError as error:
        raise Unreadable.at(file, error) from error
    blank = _blank_nodes(parsed, file.as_posix())
    return [
        (
            blank.get(each.subject) or str(each.subject),
            str(each.predicate),
            blank.get(each.object) or str(each.object),
        )
        for each in parsed
    ]


def _blank_nodes(parsed: Iterable[pyoxigraph.Triple], file: str) -> dict[object, str]:
    """Name each blank node by its file and by what is said of it, and number those said alike.

    So an edit renames no other blank node, and what rests on one need not be done again for it.
    """
    said: dict[BlankNode, list[str]] = defaultdict(list)
    for triple in parsed:
        if isinstance(triple.object, BlankNode):
            said[triple.object]  # it may be a subject nowhere
        if isinstance(triple.subject, BlankNode):
            is_blank = isinstance(triple.object, BlankNode)
            said[triple.subject].append(f"{triple.predicate} {'_' if is_blank else triple.object}")
    alike: Counter[str] = Counter()
    named: dict[object, str] = {}
    for each, statements in said.items():
        name = sha256("\n".join([file, *sorted(statements)]).encode()).hexdigest()[:16]
        alike[name] += 1
        named[each] = f"_:b{name}n{alike[name]}"
    return named


def _declared_prefixes(sources: Iterable[Source]) -> dict[str, str]:
    root = next((each for each in sources if each.path == ROOT_ONTOLOGY), None)
    if root is None:
        raise Unreadable(ROOT_ONTOLOGY, "no such file; it declares the prefixes")
    names = root.graph.subject_objects(SH.prefix)
    return {str(name): str(root.graph.value(each, SH.namespace)) for each, name in names}


def _foreign_prefixes(sources: Iterable[Source], prefixes: dict[str, str]) -> Iterator[str]:
    for source in sources:
        for prefix, namespace, line, column in source.prefixes:
            if prefix not in prefixes:
                yield f"{source.path}:{line}:{column}: prefix {prefix}: is not declared"
            elif prefixes[prefix] != namespace:
                yield (
                    f"{source.path}:{line}:{column}: prefix {prefix}: is <{prefixes[prefix]}>,"
                    f" not <{namespace}>"
                )


def _impossible_values(sources: Iterable[Source], prefixes: dict[str, str]) -> Iterator[str]:
    for source in sources:
        for value, datatype, line, column in source.impossible:
            yield f'{source.path}:{line}:{column}: "{value}" is not {_short(datatype, prefixes)}'


def is_impossible(term: object) -> TypeGuard[Literal]:
    """Tell whether a term is a literal that its datatype does not have, such as a 13th month."""
    if not isinstance(term, Literal):
        return False
    if term.datatype == XSD.boolean:
        return str(term) not in ("true", "false", "1", "0")
    return term.ill_typed is True


def _short(iri: str, prefixes: dict[str, str]) -> str:
    names = (f"{p}:{iri.removeprefix(ns)}" for p, ns in prefixes.items() if iri.startswith(ns))
    return next(names, f"<{iri}>")


def _undeclared_terms(sources: list[Source], prefixes: dict[str, str]) -> Iterator[str]:
    declared = {term for source in sources for term in source.declared}
    seen: set[str] = set()
    for source in sources:
        for term in sorted(set(source.terms) - declared - seen):
            seen.add(term)
            yield f"{source.place(term, prefixes)}: <{term}> is nowhere declared"


def _queries(root: Path) -> Iterator[Source]:
    for file in sorted((root / "data" / "queries").glob("*.rq")):
        yield Source(file.relative_to(root).as_posix(), _text(file), graph())


def _deprecated_terms(
    sources: Iterable[Source], using: Iterable[Source], prefixes: dict[str, str]
) -> Iterator[str]:
    gone = {
        plain(term): " and ".join(
            sorted(o for s, p, o in triples(source.graph) if s == term and p == REPLACED)
        )
        for source in sources
        for term, property_, mark in triples(source.graph)
        if property_ == DEPRECATED and plain(mark) in ("true", "1")
    }
    for source in using:
        own = {**prefixes, **dict(PREFIX_LINE.findall(source.text))}
        for term, successors in sorted(gone.items()):
            if source.mention(term, own):
                place = source.place(term, own)
                yield f"{place}: <{term}> is deprecated: use {successors or 'something else'}"


def terms(triples: Iterable[_TripleType]) -> set[URIRef]:
    """Give what somebody has to declare: every IRI of ours, and foreign properties and classes.

    What RDF, RDFS, OWL and SHACL define is declared by them, and a misspelt `rdfs:lable` is not.
    """
    said = [triple for triple in triples if triple[1] not in VERSIONS]
    used = {p for _, p, _ in said} | {o for _, p, o in said if p == RDF.type}
    mentioned = used.union(*((s, o) for s, _, o in said))
    ours = {each for each in mentioned if isinstance(each, URIRef) and each.startswith(BASE)}
    return ours | {each for each in used if isinstance(each, URIRef) and not _is_built_in(each)}


@lru_cache(maxsize=4096)
def _is_built_in(term: URIRef) -> bool:
    return any(term in each for each in BUILT_IN)


def _refuse(faults: Iterable[str], error: type[InputError]) -> None:
    if found := list(faults):
        raise error.listing(found)
