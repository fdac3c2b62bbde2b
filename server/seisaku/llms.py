"""What a language model reads first: `/llms.txt` (llmstxt.org), and a digest of the schema.

Both are written from the dataset that is served: its description, its ontology, its questions.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

from flask import Response, url_for

from .description import WHOLE, served
from .index import SSK
from .protocol import client
from .query import FORMATS, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from flask import Flask
    from pyoxigraph import Triple

    from .questions import Question

DCTERMS = "http://purl.org/dc/terms/"
EXAMPLES = 5
"""So many of the questions are shown with their queries."""

LONGEST = 160
"""Characters of a definition that are told."""

Row = dict[str, str]


def register(app: Flask) -> None:
    """Add both routes."""
    app.add_url_rule("/llms.txt", "llms", lambda: _kept("llms", _guide))
    app.add_url_rule("/schema.txt", "schema", lambda: _kept("schema", _schema))


def _kept(name: str, tell: Callable[[], Iterator[str]]) -> Response:
    """Give a text, which is written once for a dataset and an address."""
    documents = served().description.documents
    key = name, "text/plain", url_for("pages.start", _external=True)
    if key not in documents:
        documents[key] = "".join(f"{line}\n" for line in tell()).encode()
    return Response(documents[key], content_type="text/plain; charset=utf-8")


def _guide() -> Iterator[str]:
    """Tell what there is and where: the lines of `/llms.txt`."""
    now = served()
    title = _said("title") or "A knowledge graph"
    yield f"# {title}"
    yield ""
    yield f"> {_said('description') or 'RDF that is answered by SPARQL.'}"
    yield ""
    if now.description.said:
        yield from RULES
        yield ""
    yield "## Ask"
    yield ""
    yield f"- [Tools by MCP]({_at('mcp')}): streamable HTTP; or `seisaku mcp` on stdio"
    yield f"- [SPARQL]({_at('sparql')}): SPARQL 1.1, SELECT ASK CONSTRUCT DESCRIBE; no SERVICE"
    yield f"- [Search]({_at('search')}?q=Tokyo): names, readings, codes, definitions; JSON"
    yield f"- [Reconciliation]({_at('reconcile')}): names to IRIs, in batches"
    yield ""
    yield "## Read"
    yield ""
    yield f"- [Schema]({_at('schema')}): prefixes, graphs, classes, properties, example queries"
    yield f"- [Interface]({_at('openapi')}): OpenAPI 3.1"
    yield f"- [Dataset]({_at('void')}): VoID"
    config = now.pool.config
    yield ""
    yield (
        f"Limits of a query: {config.deadline:g} s, {config.memory >> 20:,} MiB,"
        f" {config.answer_bytes >> 20:,} MiB of answer, {config.query_bytes:,} bytes of text."
    )
    if now.questions:
        yield ""
        yield "## Questions with tested answers"
        yield ""
        for each in now.questions:
            name = f"query/{each.id.lower()}"
            address = url_for("pages.thing", kind="id", name=name, _external=True)
            yield f"- [{each.id}]({address}): {each.titles['en']}"


RULES = (
    "Each record cites its lines of the source: `ssk:isStatedIn`, whose object is a segment, L128.",
    "What is said, what is ours, what comes from elsewhere and what is inferred are named graphs.",
    "That something is not stated is a record too: `ssk:UnstatedMatter`. Absence is no denial:",
    "lists of members end in “and others”. Labels are in Japanese and English: filter by LANG.",
)


def _schema() -> Iterator[str]:
    """Tell the schema in brief: the lines of `/schema.txt`."""
    now = served()
    yield "# Prefixes"
    for prefix, namespace in sorted(now.pool.dataset.prefixes.items()):
        yield f"PREFIX {prefix}: <{namespace}>"
    yield ""
    yield (
        "# Graphs; the default graph is their union" if now.pool.union_default_graph else "# Graphs"
    )
    sizes = now.description.sizes
    named = now.index.names(sizes)
    for graph in sorted(sizes):
        size = "" if sizes[graph] is None else f" {sizes[graph]} triples"
        yield f"<{graph}>{size}: {_name(named.get(graph, {})) or graph}"
    yield ""
    yield "# Classes: number of things; name; what it is"
    yield from _classes()
    yield ""
    yield "# Properties: domain -> range; name"
    yield from _properties()
    yield ""
    yield "# Examples"
    for question in _examples(now.questions):
        yield ""
        yield f"# {question.titles['en']}"
        yield question.text.strip()


def _classes() -> Iterator[str]:
    kinds = served().index.kinds
    told = _one_each(_rows(CLASSES), "term")
    for iri in sorted({*told, *kinds}, key=lambda each: (not each.startswith(SSK), each)):
        row = told.get(iri, {})
        above = f" < {_short(row['above'])}" if "above" in row else ""
        count = kinds.get(iri, 0)
        yield f"{_short(iri)}{above}: {count}; {row.get('label', '')}; {_brief(row)}".rstrip("; ")


def _properties() -> Iterator[str]:
    rows = _rows(PROPERTIES)
    ends: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in rows:
        for end in ("domain", "range"):
            if end in row:
                ends[row["term"]][end].add(_short(row[end]))
    for iri, row in sorted(_one_each(rows, "term").items()):
        domain, range_ = (
            " | ".join(sorted(ends[iri][end])) or "any" for end in ("domain", "range")
        )
        yield f"{_short(iri)}: {domain} -> {range_}; {row.get('label', '')}".rstrip("; ")


def _examples(questions: list[Question]) -> list[Question]:
    """Pick some questions: those of the home page, then the first."""
    return sorted(questions, key=lambda each: not each.featured)[:EXAMPLES]


def _one_each(rows: Iterable[Row], name: str) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for row in rows:
        found.setdefault(row[name], row)
    return found


def _brief(row: Row) -> str:
    text = row.get("definition", "")
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _name(names: dict[str, str]) -> str:
    return names.get("en") or next(iter(names.values()), "")


def _short(iri: str) -> str:
    """Give an IRI as a prefixed name where the dataset has a prefix for it."""
    for prefix, namespace in served().pool.dataset.prefixes.items():
        local = iri.removeprefix(namespace)
        if local != iri and local.replace("-", "_").isidentifier():
            return f"{prefix}:{local}"
    return f"<{iri}>"


def _said(term: str) -> str | None:
    """Give what the dataset says of itself in English."""
    texts = [each.object for each in served().description.said if _tells(each, term)]
    return next((each.value for each in texts if getattr(each, "language", "") == "en"), None)  # type: ignore[union-attr]


def _tells(triple: Triple, term: str) -> bool:
    return triple.subject == WHOLE and triple.predicate.value == DCTERMS + term


def _at(endpoint: str) -> str:
    return url_for(endpoint, _external=True)


def _rows(query: str) -> list[Row]:
    found = answer(served().pool, query, lambda _offered: FORMATS["json"], client())
    rows = json.loads(found.body)["results"]["bindings"]
    return [{name: term["value"] for name, term in row.items()} for row in rows]


CLASSES = """\
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>

SELECT ?term ?label ?definition ?above {
  GRAPH ?g { ?term a owl:Class }
  FILTER(isIRI(?term))
  OPTIONAL { ?term rdfs:label ?label FILTER(LANG(?label) = "en") }
  OPTIONAL { ?term skos:definition ?definition FILTER(LANG(?definition) = "en") }
  OPTIONAL { GRAPH ?g { ?term rdfs:subClassOf ?above FILTER(isIRI(?above)) } }
}
ORDER BY ?term ?above"""

PROPERTIES = """\
PREFIX graph: <https://w3id.org/seisaku/graph/>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>

SELECT DISTINCT ?term ?label ?domain ?range {
  VALUES ?kind { owl:ObjectProperty owl:DatatypeProperty }
  ?term a ?kind .
  FILTER(STRSTARTS(STR(?term), "https://w3id.org/seisaku/"))
  OPTIONAL { ?term rdfs:label ?label FILTER(LANG(?label) = "en") }
  OPTIONAL {
    ?term rdfs:domain / (owl:unionOf / rdf:rest* / rdf:first)? ?domain
    FILTER(isIRI(?domain))
    MINUS { GRAPH graph:inferred { ?term rdfs:domain ?domain } }
  }
  OPTIONAL {
    ?term rdfs:range / (owl:unionOf / rdf:rest* / rdf:first)? ?range
    FILTER(isIRI(?range))
    MINUS { GRAPH graph:inferred { ?term rdfs:range ?range } }
  }
}
ORDER BY ?term ?domain ?range"""
