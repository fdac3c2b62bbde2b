"""Dumps: the dataset in every RDF format: whole, without what is inferred, and layer by layer."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from functools import partial
from itertools import groupby
from typing import IO, TYPE_CHECKING, Any

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, serialize

from .config import ASSERTED, BASE, GRAPH, LAYERS
from .distribution import Distribution, Source, layer_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pyoxigraph import Triple

    Json = dict[str, Any]

FORMATS = {
    "nq": RdfFormat.N_QUADS,
    "trig": RdfFormat.TRIG,
    "jsonld": RdfFormat.JSON_LD,
    "ttl": RdfFormat.TURTLE,
    "rdf": RdfFormat.RDF_XML,
    "nt": RdfFormat.N_TRIPLES,
}
"""The formats by file name extension. The first three keep the layers apart, the others make one
graph of them, in which each statement stands once; so does each of a single layer."""

DATASETS = ("nq", "trig", "jsonld")

SETS = {"": LAYERS, "-asserted": ASSERTED, **{f"-{layer}": (layer,) for layer in LAYERS}}
"""Which layers a file has, by what its name says after `seisaku`."""

TITLES = {
    "": (
        "全体（推論された文と、データセットの記述を含む）",
        "Everything, with what is inferred and the dataset's description",
    ),
    "-asserted": ("人が書いた4層（推論なし）", "The four layers that people write, no inference"),
    "-ontology": ("オントロジーと概念体系", "Ontology and concept schemes"),
    "-document": ("資料の記載", "What the slides say"),
    "-curated": ("本データセットによる対応付けと表現", "Our mappings and wording"),
    "-external": ("外部資料の記載", "What other sources say"),
    "-inferred": ("推論された文", "What follows by OWL 2 RL"),
    "-description": ("データセットの記述", "What the dataset says of itself"),
}

CONTEXT = "context.jsonld"
"""The file of the JSON-LD context alone. Each JSON-LD file has it inside, so none is fetched."""

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XSD = "http://www.w3.org/2001/XMLSchema#"
SSK = BASE + "def#"


def distributions() -> Iterator[Distribution]:
    """Give the dumps, and the context of those in JSON-LD."""
    for suffix, layers in SETS.items():
        for extension, form in FORMATS.items():
            if len(layers) == 1 and extension in ("nq", "trig"):
                continue
            write = partial(_write, layers=layers, extension=extension)
            titles = dict(zip(("ja", "en"), TITLES[suffix], strict=True))
            yield Distribution(
                f"seisaku{suffix}.{extension}", form.media_type, "dumps", titles, write
            )
    titles = {"ja": "JSON-LDのコンテキスト", "en": "The JSON-LD context"}
    media_type = RdfFormat.JSON_LD.media_type
    yield Distribution(CONTEXT, media_type, "dumps", titles, _write_context)


def _write(source: Source, file: IO[bytes], layers: Sequence[str], extension: str) -> None:
    quads = [quad for quad in source.graph.quads if layer_of(quad) in layers]
    apart = extension in DATASETS and len(layers) > 1
    if extension == "jsonld":
        _write_jsonld(source, quads, file, apart=apart)
    elif apart:
        serialize(quads, file, FORMATS[extension], prefixes=source.prefixes)
    else:
        triples = dict.fromkeys(quad.triple for quad in quads)
        serialize(triples, file, FORMATS[extension], prefixes=source.prefixes)


def _write_context(source: Source, file: IO[bytes]) -> None:
    file.write(_dumped({"@context": Context(source).document}, indent=2) + b"\n")


def _write_jsonld(source: Source, quads: Iterable[Quad], file: IO[bytes], *, apart: bool) -> None:
    """Write JSON-LD 1.1, one record a line; `apart`, each layer as a graph with its name."""
    context = Context(source)
    file.write(b'{"@context": ' + _dumped(context.document) + b', "@graph": [\n')
    if apart:
        by_layer = defaultdict(list)
        for quad in quads:
            by_layer[layer_of(quad)].append(quad)
        for number, (layer, members) in enumerate(by_layer.items()):
            name = context.short(GRAPH + layer)
            file.write(b",\n" if number else b"")
            file.write(b'{"id": ' + _dumped(name) + b', "@graph": [\n')
            _write_nodes(context, members, file)
            file.write(b"\n]}")
    else:
        _write_nodes(context, quads, file)
    file.write(b"\n]}\n")


def _write_nodes(context: Context, quads: Iterable[Quad], file: IO[bytes]) -> None:
    for number, (_, said) in enumerate(groupby(quads, key=lambda quad: quad.subject)):
        file.write(b",\n" if number else b"")
        file.write(_dumped(context.node([quad.triple for quad in said])))


def _dumped(value: object, indent: int | None = None) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=indent).encode()


class Context:
    """A JSON-LD 1.1 context made for people, and how records are written in it.

    Terms of ours go by their own name, `designatesHub`; so do properties of others where no other
    goes by it. IRIs are written with the dataset's prefixes, texts as `{"ja": …, "en": …}`.
    """

    def __init__(self, source: Source) -> None:
        kinds: dict[str, Counter[str]] = defaultdict(Counter)
        for quad in source.graph.quads:
            kinds[quad.predicate.value][_kind(quad.object)] += 1
        kinds.pop(RDF + "type", None)
        self._prefixes = dict(sorted(source.prefixes.items()))
        self._namespaces = sorted(self._prefixes.items(), key=lambda each: -len(each[1]))
        # What most values of a property are decides how its term reads them.
        self._kinds = {
            iri: min(counts, key=lambda each: (-counts[each], each))
            for iri, counts in sorted(kinds.items())
        }
        self._terms = self._named(self._kinds)

    @property
    def document(self) -> Json:
        """The context itself."""
        terms = {
            term: self._definition(iri, self._kinds[iri])
            for iri, term in sorted(self._terms.items(), key=lambda each: each[1])
        }
        fixed = {"id": "@id", "type": "@type", "@vocab": SSK}
        return {"@version": 1.1, **fixed, **self._prefixes, **terms}

    def short(self, iri: str) -> str:
        """Give an IRI with a prefix, where there is one for it."""
        for prefix, namespace in self._namespaces:
            rest = iri.removeprefix(namespace)
            if rest != iri and not rest.startswith("//"):
                return f"{prefix}:{rest}"
        return iri

    def node(self, triples: Sequence[Triple]) -> Json:
        """Give what is said of one subject as a JSON object."""
        node: Json = {"id": self._reference(triples[0].subject)}
        for triple in triples:
            if triple.predicate.value == RDF + "type":
                _append(node, "type", self._type(triple.object))
                continue
            key, value = self._entry(triple.predicate.value, triple.object)
            if isinstance(key, tuple):
                _append(node.setdefault(key[0], {}), key[1], value)
            else:
                _append(node, key, value)
        return node

    def _entry(self, iri: str, term: object) -> tuple[str | tuple[str, str], object]:
        """Give the key, for a text with its language, and the value of one statement."""
        key = self._terms[iri]
        kind = _kind(term)
        if kind == self._kinds[iri]:
            if kind == "@id":
                return key, self._reference(term)
            assert isinstance(term, Literal)  # noqa: S101
            if kind == "@language":
                return (key, term.language or ""), term.value
            return key, _native(term)
        # The term would read it otherwise than it is: say it in full, by another name of the same.
        full = iri if self.short(iri) == key else self.short(iri)
        if kind == "@id":
            return full, {"id": self._reference(term)}
        assert isinstance(term, Literal)  # noqa: S101
        if kind == "@language":
            return full, {"@value": term.value, "@language": term.language}
        if kind == XSD + "string":
            return full, {"@value": term.value}
        return full, {"@value": term.value, "@type": self.short(kind)}

    def _type(self, term: object) -> str:
        assert isinstance(term, NamedNode)  # noqa: S101
        local = term.value.removeprefix(SSK)
        return local if local != term.value and "/" not in local else self.short(term.value)

    def _reference(self, term: object) -> str:
        return self.short(term.value) if isinstance(term, NamedNode) else str(term)

    def _named(self, kinds: Mapping[str, str]) -> dict[str, str]:
        """Give each property its term."""
        locals_ = {iri: iri.replace("#", "/").rpartition("/")[2] for iri in kinds}
        times = Counter(locals_.values())
        taken = {*self._prefixes, "id", "type"}
        ours = {local for iri, local in locals_.items() if iri == SSK + local}
        return {
            iri: local
            if local not in taken
            and local
            and (iri == SSK + local or (times[local] == 1 and local not in ours))
            else self.short(iri)
            for iri, local in locals_.items()
        }

    def _definition(self, iri: str, kind: str) -> str | Json:
        short = self.short(iri)
        if kind == XSD + "string":
            return short
        if kind == "@language":
            return {"@id": short, "@container": "@language"}
        return {"@id": short, "@type": kind if kind == "@id" else self.short(kind)}


def _kind(term: object) -> str:
    """Give how a term is written: `@id`, `@language`, or the IRI of its datatype."""
    if isinstance(term, NamedNode | BlankNode):
        return "@id"
    assert isinstance(term, Literal)  # noqa: S101
    return "@language" if term.language else term.datatype.value


def _native(literal: Literal) -> str | int | bool:
    """Give a truth and a whole number as JSON's own, where reading them back gives the same."""
    if literal.datatype.value == XSD + "boolean" and literal.value in ("true", "false"):
        return literal.value == "true"
    if literal.datatype.value == XSD + "integer" and str(int(literal.value)) == literal.value:
        return int(literal.value)
    return literal.value


def _append(node: Json, key: str, value: object) -> None:
    """Add a value to those of `key`: one alone, more as an array."""
    if key not in node:
        node[key] = value
    elif isinstance(node[key], list):
        node[key].append(value)
    else:
        node[key] = [node[key], value]
