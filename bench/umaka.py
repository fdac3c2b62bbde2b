"""Compute the Umaka score's parts of an endpoint, from outside, over HTTP.

    python bench/umaka.py http://127.0.0.1:8000/sparql

The criteria are those of DBCLS's Umaka-Yummy Data as its crawler (umakadata_gem 0.x, read in 2026)
and its scoring (`app/models/evaluation.rb`) have them. What it takes from its own history or from
other sites is not to be had from one endpoint: a note says what stands in for it.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

SD = "http://www.w3.org/ns/sparql-service-description#"
VOID = "http://rdfs.org/ns/void#"
DCTERMS = "http://purl.org/dc/terms/"
RDF = "text/turtle, application/rdf+xml"
JSON = "application/sparql-results+json"
LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"

LOV = (
    *("http://purl.org/dc/terms/", "http://rdfs.org/ns/void#", "http://xmlns.com/foaf/0.1/"),
    *("http://www.w3.org/2000/01/rdf-schema#", "http://www.w3.org/2002/07/owl#"),
    *("http://www.w3.org/1999/02/22-rdf-syntax-ns#", "http://www.w3.org/2003/01/geo/wgs84_pos#"),
    *("http://www.w3.org/2004/02/skos/core#", "http://www.w3.org/ns/dcat#"),
    *("http://www.w3.org/ns/org#", "http://www.w3.org/ns/prov#", "http://www.w3.org/ns/shacl#"),
    *("http://www.w3.org/ns/sparql-service-description#", "http://purl.org/vocab/vann/"),
    *("https://schema.org/", "http://schema.org/", "http://www.w3.org/2006/time#"),
)
"""Vocabularies that are in Linked Open Vocabularies, which cannot be asked from everywhere."""

RANKS = ((80, "A"), (60, "B"), (40, "C"), (20, "D"), (0, "E"))


@dataclass
class Part:
    """A part of the score, from 0 to 100, and what it was made of."""

    score: float
    notes: list[str] = field(default_factory=list)


class Endpoint:
    """An endpoint, asked as the crawler asks."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.root = urllib.parse.urljoin(url, "/")

    def get(self, url: str, accept: str) -> tuple[int, str, bytes]:
        """Give the status, the content type and the body of a GET."""
        request = urllib.request.Request(url, headers={"Accept": accept})  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=60) as found:  # noqa: S310
                return found.status, found.headers.get("Content-Type", ""), found.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers.get("Content-Type", ""), error.read()
        except urllib.error.URLError:
            return 0, "", b""

    def query(self, text: str, accept: str = JSON) -> tuple[int, bytes]:
        """Give the status and the body of a query's answer."""
        status, _, body = self.get(f"{self.url}?{urllib.parse.urlencode({'query': text})}", accept)
        return status, body

    def rows(self, text: str) -> list[dict[str, Any]]:
        """Give the rows of a SELECT's answer; none when it fails."""
        status, body = self.query(text)
        if status != HTTPStatus.OK:
            return []
        rows: list[dict[str, Any]] = json.loads(body)["results"]["bindings"]
        return rows

    def values(self, text: str, name: str) -> list[str]:
        """Give the values of one variable."""
        return [row[name]["value"] for row in self.rows(text) if name in row]

    def document(self, url: str) -> list[Triple]:
        """Give the triples of a document in RDF; none when it is none."""
        status, content_type, body = self.get(url, RDF)
        form = RdfFormat.from_media_type(content_type.partition(";")[0])
        if status != HTTPStatus.OK or form is None:
            return []
        return [quad.triple for quad in parse(body, format=form, base_iri=url)]


def availability(endpoint: Endpoint) -> Part:
    """Ask whether it is alive; the score of the past 30 days is taken to be as today."""
    for graph in ("GRAPH ?g { ?s ?p ?o }", "?s ?p ?o"):
        text = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {graph} }} LIMIT 1"
        status, _ = endpoint.query(text, "text/turtle")
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return Part(100, ["alive; that it was so for 30 days is assumed"])
    return Part(0, [f"not alive: status {status}"])


def freshness(endpoint: Endpoint) -> Part:
    """Find the last date in VoID or, where it has none, in the service description."""
    for where in (urllib.parse.urljoin(endpoint.root, ".well-known/void"), endpoint.url):
        dates = sorted(
            triple.object.value[:10]
            for triple in endpoint.document(where)
            if triple.predicate.value in (DCTERMS + "modified", DCTERMS + "issued")
            and isinstance(triple.object, Literal)
        )
        if dates:
            days = (datetime.date.today() - datetime.date.fromisoformat(dates[-1])).days
            score = 100 if days <= 30 else 100 - 70 * (days - 30) / 335 if days <= 365 else 30
            return Part(score, [f"updated {dates[-1]}, {days} days ago"])
    return Part(30, ["no date in VoID or service description"])


def operation(endpoint: Endpoint) -> Part:
    """Look for the service description and VoID."""
    void = endpoint.document(urllib.parse.urljoin(endpoint.root, ".well-known/void"))
    described = any(each.predicate.value.startswith(SD) for each in endpoint.document(endpoint.url))
    notes = [
        f"service description: {'yes' if described else 'no'}",
        f"VoID: {'yes' if void else 'no'}, {len(void):,} triples",
    ]
    return Part(50 * described + 50 * bool(void), notes)


CLASSES = """PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> SELECT DISTINCT ?c WHERE {
  GRAPH <%s> { { ?c a rdfs:Class . } UNION { [] a ?c . } UNION { [] rdfs:domain ?c . }
    UNION { [] rdfs:range ?c . } UNION { ?c rdfs:subClassOf [] . }
    UNION { [] rdfs:subClassOf ?c . } } } LIMIT 100"""


def usefulness(endpoint: Endpoint) -> Part:
    """Score the metadata of each graph, and the vocabularies by where else they are."""
    graphs = endpoint.values("SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } }", "g")
    metadata = 0.0
    bare = []
    for graph in graphs:
        has = bool(endpoint.rows(f"SELECT DISTINCT ?c WHERE {{ GRAPH <{graph}> {{ [] a ?c }} }}"))
        classes = [f"<{each}>" for each in endpoint.values(CLASSES % graph, "c") if " " not in each]
        named = f"GRAPH ?g {{ ?c {LABEL} ?label }} VALUES ?c {{ {' '.join(classes)} }}"
        labels = endpoint.rows(f"SELECT DISTINCT ?c ?label WHERE {{ {named} }}")
        metadata += 50 * has + 50 * bool(labels)
        bare += [] if has and labels else [graph]
    metadata /= max(len(graphs), 1)
    properties = endpoint.values("SELECT DISTINCT ?p WHERE { GRAPH ?g { ?s ?p ?o } }", "p")
    spaces = {_namespace(each) for each in properties}
    known = {each for each in spaces if each.startswith(LOV)}
    # The other half is for vocabularies that other endpoints use: those of LOV are taken to be.
    ontology = 100 * len(known) / max(len(spaces), 1)
    notes = [f"metadata {metadata:.1f} over {len(graphs)} graphs"]
    notes += [f"  no class with a label: {each}" for each in bare]
    of = f"{len(known)} of {len(spaces)} vocabularies are known to be in LOV"
    notes += [f"ontology {ontology:.1f}: {of}, and taken to be used elsewhere"]
    notes += [f"  not in LOV: {each}" for each in sorted(spaces - known)]
    return Part((metadata + ontology) / 2, notes)


def _namespace(iri: str) -> str:
    mark = "#" if "#" in iri else "/"
    return iri.rpartition(mark)[0] + mark


def validity(endpoint: Endpoint, base: str) -> Part:
    """Score the endpoint's address, and by a record whether its IRI says something."""
    cool = cool_uri(endpoint.url)
    text = f'SELECT ?s WHERE {{ GRAPH ?g {{ ?s ?p ?o }} FILTER(STRSTARTS(STR(?s), "{base}id/")) }}'
    records = endpoint.values(text + " LIMIT 1", "s")
    useful = []
    for record in records:
        # A persistent IRI redirects to the server; where it does not yet, the server is asked.
        here = record.replace(base, endpoint.root)
        for accept in ("text/turtle", "application/rdf+xml", "text/html"):
            for url in (record, here):
                status, content_type, _ = endpoint.get(url, accept)
                if status == HTTPStatus.OK and accept in content_type:
                    useful.append(f"{accept} at {url}")
                    break
    linked = endpoint.rows(
        "PREFIX owl: <http://www.w3.org/2002/07/owl#> "
        "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> SELECT * WHERE { GRAPH ?g { "
        "{ ?s owl:sameAs ?o } UNION { ?s rdfs:seeAlso ?o } "
        f'FILTER(STRSTARTS(STR(?s), "{base}")) }} }} LIMIT 1'
    )
    score = 0.4 * cool + 20 * bool(records) + 20 * bool(useful) + 20 * bool(linked)
    notes = [
        f"cool URI {cool}: no IP address, no port, no parameters, at most 30 characters",
        f"HTTP IRIs: {'yes' if records else 'no'}",
        f"useful information at {records[0] if records else 'no record'}: "
        + (", ".join(useful) or "no"),
        f"owl:sameAs or rdfs:seeAlso: {'yes' if linked else 'no'}",
    ]
    return Part(score, notes)


def cool_uri(url: str) -> int:
    """Score an address: 25 for each of four rules."""
    read = urllib.parse.urlsplit(url)
    named = not re.fullmatch(r"[\d.]+|[0-9a-fA-F:]*:[0-9a-fA-F:.]*", read.hostname or "")
    return 25 * (named + (read.port is None) + (not read.query) + (len(url) <= 30))


def performance(endpoint: Endpoint) -> Part:
    """Time the classes' query against an ASK, for each statement: 0 from a microsecond on."""
    base, differences = "ASK WHERE { ?s ?p ?o . }", []
    for offset in (0, 100, 200):
        heavy = f"SELECT DISTINCT ?c WHERE {{ GRAPH ?g {{ [] a ?c }} }} LIMIT 100 OFFSET {offset}"
        differences.append(max(_seconds(endpoint, heavy) - _seconds(endpoint, base), 0))
    seconds = sum(differences) / len(differences)
    dataset = VOID + "Dataset"
    said = endpoint.document(urllib.parse.urljoin(endpoint.root, ".well-known/void"))
    kinds = {each.subject for each in said if each.object == NamedNode(dataset)}
    triples = sum(
        int(each.object.value)
        for each in said
        if each.predicate.value == VOID + "triples"
        and each.subject in kinds
        and isinstance(each.object, Literal)
    )
    if not triples:
        return Part(0, ["VoID tells no number of triples"])
    score = min(max(100 * (1 - seconds / triples * 1_000_000), 0), 100)
    longer = f"{1000 * seconds:.1f} ms longer than an ASK"
    return Part(score, [f"{longer}, for {triples:,} triples in VoID"])


def _seconds(endpoint: Endpoint, query: str) -> float:
    begun = time.monotonic()
    endpoint.query(query)
    return time.monotonic() - begun


def score(url: str, base: str) -> dict[str, Part]:
    """Give the six parts of the score of the endpoint at `url`, whose IRIs begin with `base`."""
    endpoint = Endpoint(url)
    return {
        "availability": availability(endpoint),
        "freshness": freshness(endpoint),
        "operation": operation(endpoint),
        "usefulness": usefulness(endpoint),
        "validity": validity(endpoint, base),
        "performance": performance(endpoint),
    }


def main() -> None:
    """Print the parts, the score and the rank."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("url", help="address of the endpoint")
    parser.add_argument(
        "--base", default="https://w3id.org/seisaku/", help="what its IRIs begin with"
    )
    parser.add_argument("--json", action="store_true", help="print JSON for a machine")
    arguments = parser.parse_args()
    parts = score(arguments.url, arguments.base)
    whole = int(sum(part.score for part in parts.values()) / len(parts))
    rank = next(letter for least, letter in RANKS if whole >= least)
    if arguments.json:
        told = {name: {"score": part.score, "notes": part.notes} for name, part in parts.items()}
        print(json.dumps({"score": whole, "rank": rank, "parts": told}, ensure_ascii=False))
        return
    for name, part in parts.items():
        print(f"{name:<13} {part.score:5.1f}")
        for note in part.notes:
            print(f"              {note}")
    print(f"{'score':<13} {whole:5d}  rank {rank}")


if __name__ == "__main__":
    main()
