"""Explain: by which rule of OWL 2 RL a statement follows, and from which statements.

The reasoner says what follows and not why. Here each rule that our ontology gives work to is a
pattern that finds the statements of the dataset that the rule would take; the names are those of
the tables of OWL 2 Profiles, section 4.3.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyoxigraph import RdfFormat, parse

from .query import FORMATS, TABLES, answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .client import Client
    from .pool import Pool

INFERRED = "inferred"
DEEPEST = 8
"""So many steps back a derivation is followed."""

WAYS = 20
"""So many ways by one rule are looked at."""

NAMESPACES = {
    "owl": "http://www.w3.org/2002/07/owl#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
}
PREFIXES = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in NAMESPACES.items())
PARTS = {"?s": "subject", "?p": "predicate", "?o": "object"}
VARIABLE = re.compile(r"\?[spo]\b")

Term = str
"""A term as SPARQL and N-Triples write it: `<https://…>`, `"東京"@ja`."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A triple of the dataset."""

    subject: Term
    predicate: Term
    object: Term

    @property
    def iris(self) -> list[str]:
        """The IRIs that it names."""
        return [
            each[1:-1] for each in (self.subject, self.predicate, self.object) if each[0] == "<"
        ]

    def layers(self, pool: Pool, client: Client | None = None) -> list[str]:
        """Give the layers of the dataset of `pool` that say so."""
        triple = f"{self.subject} {self.predicate} {self.object}"
        found = _rows(pool, f"SELECT ?g {{ GRAPH ?g {{ {triple} }} }}", client)
        return [_layer(each["g"]["value"]) for each in found]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of OWL 2 RL, for a conclusion `?s ?p ?o`."""

    name: str
    premises: tuple[str, ...]
    """The statements that it takes, as patterns; those about the data after those of terms."""
    within: str = ""
    """What else holds the variables together: the inside of lists and of restrictions, which has
    no name that a reader could look up."""
    concluding: str = "?p"
    """Which predicate it concludes, when just one."""


TYPE = f"<{NAMESPACES['rdf']}type>"
DOMAIN, RANGE, SUBCLASSOF, SUBPROPERTYOF = (
    f"<{NAMESPACES['rdfs']}{each}>" for each in ("domain", "range", "subClassOf", "subPropertyOf")
)

RULES = (
    Rule("prp-spo1", ("?q rdfs:subPropertyOf ?p", "?s ?q ?o")),
    Rule("prp-inv1", ("?q owl:inverseOf ?p", "?o ?q ?s")),
    Rule("prp-inv2", ("?p owl:inverseOf ?q", "?o ?q ?s")),
    Rule("prp-symp", ("?p a owl:SymmetricProperty", "?o ?p ?s")),
    Rule(
        "prp-spo2",
        ("?s ?q1 ?x", "?x ?q2 ?o"),
        "?p owl:propertyChainAxiom (?q1 ?q2) .",
    ),
    Rule("prp-trp", ("?p a owl:TransitiveProperty", "?s ?p ?x", "?x ?p ?o")),
    Rule("prp-eqp1", ("?q owl:equivalentProperty ?p", "?s ?q ?o")),
    Rule("prp-eqp2", ("?p owl:equivalentProperty ?q", "?s ?q ?o")),
    Rule("cax-sco", ("?c rdfs:subClassOf ?o", "?s a ?c"), concluding=TYPE),
    Rule("cax-eqc1", ("?c owl:equivalentClass ?o", "?s a ?c"), concluding=TYPE),
    Rule("cax-eqc2", ("?o owl:equivalentClass ?c", "?s a ?c"), concluding=TYPE),
    Rule("prp-dom", ("?q rdfs:domain ?o", "?s ?q ?x"), concluding=TYPE),
    Rule("prp-rng", ("?q rdfs:range ?o", "?x ?q ?s"), concluding=TYPE),
    Rule(
        "cls-int1",
        ("?s a ?c", "?s ?q ?v"),
        "?o owl:equivalentClass/owl:intersectionOf (?c [ owl:onProperty ?q ; owl:hasValue ?v ]) .",
        TYPE,
    ),
    Rule(
        "cls-hv1",
        ("?s a ?c",),
        "?c (owl:equivalentClass|rdfs:subClassOf)/(owl:intersectionOf/rdf:rest*/rdf:first)?"
        " ?r . ?r owl:onProperty ?p ; owl:hasValue ?o .",
    ),
    Rule("scm-dom1", ("?s rdfs:domain ?c", "?c rdfs:subClassOf ?o"), concluding=DOMAIN),
    Rule("scm-rng1", ("?s rdfs:range ?c", "?c rdfs:subClassOf ?o"), concluding=RANGE),
    Rule("scm-cls", ("?s rdfs:domain ?c",), "FILTER(?o = owl:Thing)", DOMAIN),
    Rule("scm-cls", ("?s rdfs:range ?c",), "FILTER(?o = owl:Thing)", RANGE),
    Rule("scm-dom2", ("?q rdfs:domain ?o", "?s rdfs:subPropertyOf ?q"), concluding=DOMAIN),
    Rule("scm-rng2", ("?q rdfs:range ?o", "?s rdfs:subPropertyOf ?q"), concluding=RANGE),
    Rule(
        "scm-sco",
        ("?s rdfs:subClassOf ?c", "?c rdfs:subClassOf ?o"),
        concluding=SUBCLASSOF,
    ),
    Rule(
        "scm-spo",
        ("?s rdfs:subPropertyOf ?q", "?q rdfs:subPropertyOf ?o"),
        concluding=SUBPROPERTYOF,
    ),
)
"""The rules, those that say most to a reader first."""


@dataclass(frozen=True, slots=True)
class Premise:
    """A statement that a rule takes, with the layer that says so, and why that follows."""

    statement: Statement
    layer: str
    why: Explanation | None = None
    """How it follows itself, when it is inferred and that is known."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A rule with the statements of the dataset that it takes."""

    rule: str
    premises: tuple[Premise, ...]
    chain: tuple[Term, ...] = ()
    """Of a property chain the properties, for the axiom has no name."""

    @property
    def inferred(self) -> int:
        """The number of its premises that are inferred themselves."""
        return sum(each.layer == INFERRED for each in self.premises)


def read(subject: str, predicate: str, object_: str) -> Statement | None:
    """Read a statement: two IRIs, and a term as N-Triples writes it. None when it is none."""
    try:
        (triple,) = parse(f"<{subject}> <{predicate}> {object_} .", format=RdfFormat.N_TRIPLES)
    except (SyntaxError, ValueError):
        return None
    return Statement(str(triple.subject), str(triple.predicate), str(triple.object))


def explain(
    pool: Pool, statement: Statement, client: Client | None = None, *, deep: bool = True
) -> Explanation | None:
    """Say how `statement` follows from others of the dataset of `pool`; None when no rule does.

    Of several ways it is the one with the fewest inferred premises. With `deep`, inferred premises
    are explained too, back to what people wrote; a way that leads in a circle is none.
    """
    return _Search(pool, client, deep=deep).explain(statement, frozenset())


class _Search:
    def __init__(self, pool: Pool, client: Client | None, *, deep: bool) -> None:
        self._pool = pool
        self._client = client
        self._deep = deep

    def explain(self, statement: Statement, seen: frozenset[Statement]) -> Explanation | None:
        """Find the first way that does not come back to what is to be shown."""
        seen |= {statement}
        for found in sorted(self._ways(statement), key=lambda each: each.inferred):
            if seen & {each.statement for each in found.premises}:
                continue
            if not self._deep or len(seen) > DEEPEST:
                return found
            premises = tuple(self._explained(each, seen) for each in found.premises)
            if all(each.layer != INFERRED or each.why for each in premises):
                return Explanation(found.rule, premises, found.chain)
        return None

    def _explained(self, premise: Premise, seen: frozenset[Statement]) -> Premise:
        if premise.layer != INFERRED:
            return premise
        why = self.explain(premise.statement, seen)
        return Premise(premise.statement, premise.layer, why)

    def _ways(self, statement: Statement) -> Iterator[Explanation]:
        """Give every way in which one step of a rule leads to `statement`."""
        for row in _rows(self._pool, _query(statement), self._client):
            rule = RULES[int(row["rule"]["value"])]
            bound = {f"?{name}": _term(term) for name, term in row.items()}
            bound |= {"?s": statement.subject, "?p": statement.predicate, "?o": statement.object}
            premises = tuple(
                Premise(_filled(pattern, bound), _layer(row[f"g{number}"]["value"]))
                for number, pattern in enumerate(rule.premises)
            )
            chain = (bound["?q1"], bound["?q2"]) if rule.name == "prp-spo2" else ()
            yield Explanation(rule.name, premises, chain)


def _rows(pool: Pool, query: str, client: Client | None) -> list[dict[str, dict[str, str]]]:
    body = answer(pool, query, lambda _: FORMATS[TABLES[0]], client).body
    found: list[dict[str, dict[str, str]]] = json.loads(body)["results"]["bindings"]
    return found


def _query(statement: Statement) -> str:
    """Write the query that finds the premises of every rule for `statement`."""
    branches = []
    for number, rule in enumerate(RULES):
        if not _may_conclude(rule, statement):
            continue
        patterns = [
            f"GRAPH ?g{place} {{ {premise} }}" for place, premise in enumerate(rule.premises)
        ]
        where = " ".join([*patterns, rule.within])
        branches.append(f"{{ SELECT * {{ BIND({number} AS ?rule) {where} }} LIMIT {WAYS} }}")
    text = VARIABLE.sub(lambda found: getattr(statement, PARTS[found[0]]), " UNION ".join(branches))
    return f"{PREFIXES}SELECT * {{ {text} }}"


def _may_conclude(rule: Rule, statement: Statement) -> bool:
    if rule.concluding not in ("?p", statement.predicate):
        return False
    # A literal is the subject of nothing.
    return statement.object.startswith("<") or not any(
        each.startswith("?o ") for each in rule.premises
    )


def _filled(pattern: str, bound: dict[str, Term]) -> Statement:
    subject, predicate, object_ = (bound.get(each) or _full(each) for each in pattern.split(" "))
    return Statement(subject, predicate, object_)


def _full(name: str) -> Term:
    """Give a term of a pattern in full: `rdfs:domain`, `a`."""
    prefix, _, local = ("rdf:type" if name == "a" else name).partition(":")
    return f"<{NAMESPACES[prefix]}{local}>"


def _layer(graph: str) -> str:
    return graph.rpartition("/")[2]


def _term(term: dict[str, str]) -> Term:
    """Write a term of a result as SPARQL has it."""
    if term["type"] == "uri":
        return f"<{term['value']}>"
    if term["type"] == "bnode":
        return f"_:{term['value']}"
    written = json.dumps(term["value"], ensure_ascii=False)  # which escapes as SPARQL does
    if "xml:lang" in term:
        return f"{written}@{term['xml:lang']}"
    return f"{written}^^<{term['datatype']}>" if "datatype" in term else written
