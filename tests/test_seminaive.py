"""Semi-naive: what a query finds with added triples only is all that it finds anew."""

import random
from collections.abc import Iterable

import pytest
from rdflib import Literal, URIRef, Variable
from rdflib.plugins.sparql import prepareQuery
from rdflib.query import ResultRow
from rdflib.term import Identifier

from seisaku.ntriples import Triple, graph, triples
from seisaku.seminaive import MOST, fits

P = "<urn:p>"
TOLD = [
    'SELECT DISTINCT $this ?value { ?value $this ?text . FILTER(STR(?text) IN ("1", "2")) }',
    "SELECT ?value { ?value $this ?x . ?value <urn:q> ?x }",
    "SELECT ?value ?o { ?value $this ?x . ?o $this ?x . FILTER(STR(?value) < STR(?o)) }",
    "SELECT ?value { ?value $this ?value }",
    "SELECT ?value { ?x $this ?y . ?y <urn:q> ?value . FILTER(?x != ?value) }",
    "SELECT ?value { { ?value $this ?x . FILTER(?x != <urn:0>) } ?x <urn:q> ?y . FILTER(?y = 1) }",
    "SELECT ?value { ?value $this ?x . ?value <urn:q>/<urn:r>* ?y . ?x <urn:q>/<urn:r>* ?y }",
    "SELECT ?value { <urn:1> $this ?value }",
]
NOT_TOLD = [
    f"SELECT ?value {{ ?value {P}* ?text }}",
    f"SELECT ?value {{ ?value ^{P} ?text }}",
    f"SELECT ?value {{ ?value {P}|<urn:q> ?text }}",
    f"SELECT ?value {{ ?value !{P} ?text }}",
    f"SELECT ?value {{ ?value <urn:r>*/{P} ?text }}",
    f"SELECT ?value {{ ?value {P}/({P}/<urn:r>)* ?text }}",
    f"SELECT ?value {{ ?value {P} [ {P} ?text ] }}",
    f"SELECT ?value {{ ?value {P} ?x . FILTER NOT EXISTS {{ ?x ?p ?o }} }}",
    f"SELECT ?value {{ ?value {P} ?x . FILTER EXISTS {{ ?x ?p ?o }} }}",
    f"SELECT ?value {{ ?value {P} ?x . FILTER(?x != 1 && !EXISTS {{ ?x ?p ?o }}) }}",
    f"SELECT ?value {{ ?value {P} ?x . OPTIONAL {{ ?x {P} ?y }} }}",
    f"SELECT ?value {{ ?value {P} ?x . MINUS {{ ?value {P} 1 }} }}",
    f"SELECT ?value {{ {{ ?value {P} ?x . FILTER(?y = 1) }} ?x {P} ?y }}",
    f"SELECT ?value {{ {{ ?value {P} ?x }} UNION {{ ?value ?p 1 }} }}",
    f"SELECT ?value {{ ?value {P} ?x . BIND(?x AS ?y) }}",
    f"SELECT ?value {{ ?value {P} ?x . VALUES ?x {{ 1 }} }}",
    f"SELECT ?value {{ GRAPH ?g {{ ?value {P} ?x }} }}",
    f"SELECT ?value {{ SERVICE <urn:s> {{ ?value {P} ?x }} }}",
    f"SELECT ?value {{ ?value {P} ?x }} LIMIT 1",
    f"SELECT ?value {{ ?value {P} ?x }} ORDER BY ?x",
    f"SELECT (COUNT(?x) AS ?value) {{ ?s {P} ?x }}",
    f"SELECT ?value {{ ?value {P} ?x }} GROUP BY ?value HAVING (COUNT(*) > 1)",
    f"SELECT ?value {{ {{ SELECT (COUNT(?x) AS ?value) {{ ?s {P} ?x }} }} }}",
    f"SELECT ?value FROM <urn:g> {{ ?value {P} ?x }}",
    f"ASK {{ ?value {P} ?x }}",
    f"CONSTRUCT WHERE {{ ?value {P} ?x }}",
]


def some(seed: int, count: int) -> set[Triple]:
    """Give triples of few terms, so that patterns join."""
    chosen = random.Random(seed)  # noqa: S311  # the same each time
    made = graph()
    for _ in range(count):
        value = Literal(chosen.randrange(1, 4))  # not 0: rdflib takes it for no end of a path
        node = URIRef(f"urn:{chosen.randrange(4)}")
        property_ = URIRef(f"urn:{chosen.choice('pppqqr')}")
        made.add((URIRef(f"urn:{chosen.randrange(4)}"), property_, chosen.choice([value, node])))
    return set(triples(made))


def rows(
    held: set[Triple], query: str, bound: Iterable[dict[str, Identifier]]
) -> set[tuple[object, ...]]:
    found: set[tuple[object, ...]] = set()
    for each in bound:
        for row in graph(held).query(prepareQuery(query), initBindings=each):
            assert isinstance(row, ResultRow)
            found.add(tuple(row))
    return found


@pytest.mark.parametrize("query", TOLD)
def test_what_is_found_anew_is_found_with_the_added_triples(query: str) -> None:
    given: dict[str, Identifier] = {Variable("this"): URIRef("urn:p")}
    anew = 0
    for seed in range(40):
        before, after = some(seed, 9), some(seed + 1000, 4)
        added = {each for each in after - before if "urn:r" not in each[1]}
        if "/" in query:
            added = {each for each in added if "urn:p" in each[1]}
        bound = fits(prepareQuery(query), given, added)
        assert bound is not None
        whole = rows(before | added, query, [given])
        found = rows(before | added, query, [{**given, **each} for each in bound])
        assert found <= whole
        assert whole <= found | rows(before, query, [given])
        anew += bool(whole - rows(before, query, [given]))
    assert anew


@pytest.mark.parametrize("query", NOT_TOLD)
def test_another_query_is_asked_as_a_whole(query: str) -> None:
    assert fits(prepareQuery(query), {}, {("<urn:0>", P, "<urn:1>")}) is None


def test_a_query_is_asked_as_a_whole_where_an_added_triple_is_on_a_path_of_it() -> None:
    query = prepareQuery(TOLD[6])
    for property_ in ("<urn:q>", "<urn:r>"):
        assert fits(query, {}, {("<urn:0>", property_, "<urn:1>")}) is None


def test_a_query_is_asked_as_a_whole_where_too_many_triples_were_added() -> None:
    query = prepareQuery(TOLD[0])
    for count, is_told in ((MOST, True), (MOST + 1, False)):
        added = {(f"<urn:{number}>", P, '"1"') for number in range(count)}
        assert (fits(query, {}, added) is not None) == is_told
