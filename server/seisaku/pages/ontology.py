"""Ontology: the classes, properties and concepts that the data are written in, each explained."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask import request

from ..config import BASE
from ..description import served
from ..layout import Layout, layered
from .frame import Label, Row, ask, labels, page, pages, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..conformance import Rule

SSK = BASE + "def#"
DCTERMS = "http://purl.org/dc/terms/"
OWL = "http://www.w3.org/2002/07/owl#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"

KINDS = {
    "class": OWL + "Class",
    "object": OWL + "ObjectProperty",
    "datatype": OWL + "DatatypeProperty",
    "annotation": OWL + "AnnotationProperty",
}
"""The kinds of terms, in the order of the page."""

CHARACTERISTICS = {
    "is_Functional": OWL + "FunctionalProperty",
    "is_InverseFunctional": OWL + "InverseFunctionalProperty",
    "is_Transitive": OWL + "TransitiveProperty",
    "is_Symmetric": OWL + "SymmetricProperty",
    "is_Asymmetric": OWL + "AsymmetricProperty",
    "is_Reflexive": OWL + "ReflexiveProperty",
    "is_Irreflexive": OWL + "IrreflexiveProperty",
}
"""What can be said of a property, by the words for it."""

LINKS = {
    "super": (RDFS + "subClassOf", RDFS + "subPropertyOf"),
    "domain": (RDFS + "domain",),
    "range": (RDFS + "range",),
    "inverse": (OWL + "inverseOf",),
    "match": (SKOS + "exactMatch", SKOS + "closeMatch", SKOS + "relatedMatch"),
    "replaced": (DCTERMS + "isReplacedBy",),
}
"""What a term says of itself by naming other things."""

BACK = {"super": "sub", "domain": "properties", "range": "values", "inverse": "inverse"}
"""What the same says of those things, of ours."""

FEW = 12
"""So many classes of a disjoint group are named at each of them; a larger group is referred to."""

FIND = {
    True: "SELECT ?thing { ?thing a <%s> }\nORDER BY ?thing",
    False: "SELECT ?subject ?value { ?subject <%s> ?value }\nORDER BY ?subject",
}
"""The query for the members of a class, or else for the statements with a property."""

LINE, PAD, EM = 22.0, 8.0, 14.0
"""Pixels of a line of a box of the diagram, of the space in it, and of the text."""


@dataclass(slots=True)
class Term:
    """A class or a property of ours, in one language."""

    iri: str
    kind: str
    label: Label
    definition: Label | None
    notes: list[Label]
    example: Label | None
    """What the definition's example says."""
    characteristics: list[str]
    links: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """The IRIs of other terms, by how it is linked to them."""
    axioms: list[Row] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    general: list[str] = field(default_factory=list)
    """The shapes that look at many classes, this one among them."""
    uses: int = 0
    instance: list[str] = field(default_factory=list)
    """A member of the class, or a subject and a value of the property."""
    instance_text: Label | None = None
    """The value, when it is a literal."""

    @property
    def name(self) -> str:
        """What its IRI ends in, the anchor on the page."""
        return self.iri.removeprefix(SSK)


@pages.get("/<any(ja, en):lang>/ontology")
def ontology(lang: str) -> str:
    """Explain every class, property and concept, with the shapes that apply and an example."""
    # Written once for each dataset: 250 kB take 60 ms. Parameters of no meaning are not kept.
    kept, key = served().description.documents, ("ontology", lang, request.root_path)
    if key in kept:
        return kept[key].decode()
    written = page("ontology", lang, **_everything(lang))
    if not request.args:
        kept[key] = written.encode()
    return written


def _everything(lang: str) -> dict[str, Any]:
    terms = _terms(lang)
    groups = _with_axioms(terms)
    _with_uses(terms, lang)
    _with_rules(terms)
    schemes = _schemes(lang)
    header, prefixes = _header(lang)
    names = {iri: term.label for iri, term in terms.items()}
    return {
        "terms": {kind: [each for each in terms.values() if each.kind == kind] for kind in KINDS},
        "names": {**labels(_mentioned(terms) - names.keys(), lang), **names},
        "known": terms,
        "groups": groups,
        "tree": _tree(terms),
        "diagram": _diagram(terms) if terms else None,
        "schemes": schemes,
        "header": header,
        "prefixes": prefixes,
        "file": text_of("ontology-file"),
        "find": FIND,
        "curie": lambda iri: curie(iri, prefixes),
        "data": _linked_data(terms, header, lang),
    }


def _terms(lang: str) -> dict[str, Term]:
    """Give the terms that the ontology layer defines, by IRI, in the order of their names."""
    said: dict[str, dict[str, list[dict[str, str]]]] = defaultdict(lambda: defaultdict(list))
    for row in ask("ontology-terms"):
        said[row["term"]["value"]][row["property"]["value"]].append(row["value"])
    found = {}
    for iri, facts in said.items():
        types = {each["value"] for each in facts[RDF + "type"]}
        kind = next((name for name, class_ in KINDS.items() if class_ in types), None)
        if kind is None:
            continue
        label = _text(facts[RDFS + "label"], lang) or Label(iri.removeprefix(SSK), "")
        term = Term(
            iri,
            kind,
            label,
            _text(facts[SKOS + "definition"], lang),
            [each for each in _texts(facts[SKOS + "scopeNote"]) if each.lang == lang],
            _text(facts[SKOS + "example"], lang),
            [each for each, class_ in CHARACTERISTICS.items() if class_ in types],
        )
        for name, properties in LINKS.items():
            term.links[name] += [each["value"] for p in properties for each in facts[p]]
        found[iri] = term
    for iri, term in list(found.items()):
        for name, back in BACK.items():
            for each in term.links[name]:
                if each in found and iri not in found[each].links[back]:
                    found[each].links[back].append(iri)
    return dict(sorted(found.items(), key=lambda it: it[0].casefold()))


def _with_axioms(terms: dict[str, Term]) -> list[list[str]]:
    """Add what is said with blank nodes; give the groups of classes that exclude each other."""
    groups: dict[str, list[str]] = defaultdict(list)
    for row in ask("ontology-axioms"):
        term = terms.get(row["term"]["value"])
        match row["axiom"]["value"]:
            case "group":
                groups[row["first"]["value"]].append(row["term"]["value"])
            case "disjoint" if term:
                term.links["disjoint"].append(row["first"]["value"])
            case _ if term:
                term.axioms.append(row)
    found = sorted((sorted(each) for each in groups.values()), key=len, reverse=True)
    for group in found:
        for each in group:
            if each in terms and len(group) <= FEW:
                terms[each].links["disjoint"] += [other for other in group if other != each]
    return found


def _with_uses(terms: dict[str, Term], lang: str) -> None:
    """Add how often each term is used, and one case."""
    for row in ask("ontology-uses"):
        if term := terms.get(row["term"]["value"]):
            term.uses = int(row["uses"]["value"])
    for row in ask("ontology-members"):
        if term := terms.get(row["term"]["value"]):
            term.instance = [row["first"]["value"][1:]]  # what comes before the IRI ranks it
    for row in ask("ontology-statements"):
        spoken = row["lang"]["value"]
        if (term := terms.get(row["term"]["value"])) and spoken in ("", lang):
            subject, _, value = row["statement"]["value"].partition(" ")
            is_iri = row["iri"]["value"] == "true"
            term.instance = [subject, value] if is_iri else [subject]
            term.instance_text = None if is_iri else Label(value, spoken)


def _with_rules(terms: dict[str, Term]) -> None:
    """Add the rules of the shapes: those of a class, and those that look along a property."""
    checked = served().conformance
    for shape in checked.shapes if checked else ():
        for iri in shape.classes:
            if iri in terms and len(shape.classes) > FEW:
                terms[iri].general.append(shape.iri)
            elif iri in terms:
                terms[iri].rules += [r for r in shape.rules if r not in terms[iri].rules]
        for rule in shape.rules:
            for iri in {*rule.paths, *shape.properties} & terms.keys():
                if rule not in terms[iri].rules:
                    terms[iri].rules.append(rule)


def _mentioned(terms: dict[str, Term]) -> set[str]:
    """Give all that the terms name, whose labels the page wants."""
    of_links = {iri for term in terms.values() for each in term.links.values() for iri in each}
    cases = {iri for term in terms.values() for iri in term.instance}
    of_axioms = {
        cell["value"]
        for term in terms.values()
        for row in term.axioms
        for cell in row.values()
        if cell["type"] == "uri"
    }
    return of_links | cases | of_axioms


@dataclass(frozen=True, slots=True)
class Concept:
    """A concept or a concept scheme, in one language, and how deep it stands in its scheme."""

    iri: str
    label: Label
    definition: Label | None
    depth: int


def _schemes(lang: str) -> list[tuple[Concept, list[Concept]]]:
    """Give the concept schemes by name, each with its concepts, narrower ones after broader."""
    said: dict[str, list[Row]] = defaultdict(list)
    for row in ask("ontology-schemes"):
        said[row.get("concept", row["scheme"])["value"]].append(row)
    within: dict[str, dict[str, str]] = defaultdict(dict)
    for iri, (row, *_) in said.items():
        if "concept" in row:
            within[row["scheme"]["value"]][iri] = row.get("broader", {}).get("value", "")
    found = [
        (
            _concept(scheme, said[scheme], lang, 0),
            [_concept(iri, said[iri], lang, depth) for iri, depth in _nested(above, "", 0)],
        )
        for scheme, above in within.items()
    ]
    return sorted(found, key=lambda each: each[0].iri)


def _nested(above: dict[str, str], parent: str, depth: int) -> Iterator[tuple[str, int]]:
    for iri, broader in above.items():
        if (broader if broader in above else "") == parent:
            yield iri, depth
            yield from _nested(above, iri, depth + 1)


def _concept(iri: str, rows: list[Row], lang: str, depth: int) -> Concept:
    label = _text([row["label"] for row in rows], lang) or Label(iri, "")
    definition = _text([row["definition"] for row in rows if "definition" in row], lang)
    return Concept(iri, label, definition, depth)


def _header(lang: str) -> tuple[dict[str, Label], dict[str, str]]:
    """Give what the ontology's header says, by the last part of the property, and its prefixes."""
    said: dict[str, list[dict[str, str]]] = defaultdict(list)
    prefixes = {}
    for row in ask("ontology-header"):
        if "prefix" in row:
            prefixes[row["prefix"]["value"]] = row["namespace"]["value"]
        else:
            name = row["property"]["value"].replace("#", "/").rpartition("/")[2]
            said[name].append(row["value"])
    chosen = {name: _text(values, lang) for name, values in said.items()}
    return {name: label for name, label in chosen.items() if label}, prefixes


def _tree(terms: dict[str, Term]) -> list[tuple[Term, int]]:
    """List the classes with their depth, subclasses after their class."""
    return [each for root in _roots(terms) for each in _below(root, terms)]


def _below(parent: Term, terms: dict[str, Term], depth: int = 0) -> Iterator[tuple[Term, int]]:
    yield parent, depth
    for iri in parent.links["sub"]:
        yield from _below(terms[iri], terms, depth + 1)


def _roots(terms: dict[str, Term]) -> list[Term]:
    return [
        each
        for each in terms.values()
        if each.kind == "class" and not terms.keys() & set(each.links["super"])
    ]


@dataclass(frozen=True, slots=True)
class Diagram:
    """The main classes, with the classes below each in its box, and the properties between them."""

    layout: Layout
    boxes: dict[str, list[tuple[Term, int]]]
    lines: dict[tuple[str, str], list[Term]]
    """The properties that lead from one box to another."""
    relations: list[tuple[str, Term, str]]
    """The same, and those within one box, with the very class that has the property."""


def _diagram(terms: dict[str, Term]) -> Diagram:
    boxes = {root.iri: list(_below(root, terms)) for root in _roots(terms)}
    main = {term.iri: root for root, inside in boxes.items() for term, _ in inside}
    lines: dict[tuple[str, str], list[Term]] = defaultdict(list)
    relations = []
    for term in terms.values():
        for start in term.links["domain"]:
            for end in term.links["range"]:
                if term.kind == "object" and start in main and end in main:
                    relations.append((start, term, end))
                    lines[main[start], main[end]].append(term)
    relations.sort(key=lambda each: (each[0].casefold(), each[1].name.casefold()))
    sizes = {
        root: (
            max(_width(term.label.text) + PAD * (2 + 2 * depth) for term, depth in inside),
            len(inside) * LINE + PAD,
        )
        for root, inside in boxes.items()
    }
    # An inverse says the same the other way round: one line shows both.
    pairs = {pair for pair in lines if pair[::-1] not in lines or pair <= pair[::-1]}
    return Diagram(layered(sizes, pairs), boxes, lines, relations)


def _width(text: str) -> float:
    """Give about how many pixels a text is wide in the system's font."""
    wide = sum(unicodedata.east_asian_width(each) in "WF" for each in text)
    return EM * (wide + 0.6 * (len(text) - wide))


def curie(iri: str, prefixes: dict[str, str]) -> str:
    """Shorten an IRI by the longest namespace that it begins with."""
    fitting = [name for name, space in prefixes.items() if iri.startswith(space)]
    name = max(fitting, key=lambda each: len(prefixes[each]), default=None)
    return iri if name is None else f"{name}:{iri.removeprefix(prefixes[name])}"


def _linked_data(terms: dict[str, Term], header: dict[str, Label], lang: str) -> dict[str, Any]:
    """Say for search engines what the page defines (schema.org's `DefinedTermSet`)."""
    listed = [
        {
            "@type": "DefinedTerm",
            "@id": term.iri,
            "termCode": term.name,
            "name": term.label.text,
            "description": term.definition.text if term.definition else None,
        }
        for term in terms.values()
    ]
    told = {"name": "title", "description": "description", "license": "license"}
    return {
        "@context": "https://schema.org/",
        "@type": "DefinedTermSet",
        "@id": SSK,
        "inLanguage": lang,
        **{name: header[key].text for name, key in told.items() if key in header},
        **({"version": header["versionInfo"].text} if "versionInfo" in header else {}),
        "hasDefinedTerm": listed,
    }


def _text(values: Iterable[dict[str, str]], lang: str) -> Label | None:
    """Give the text in `lang`, else the first that there is."""
    found = _texts(values)
    return next((each for each in found if each.lang == lang), found[0] if found else None)


def _texts(values: Iterable[dict[str, str]]) -> list[Label]:
    return [Label(each["value"], each.get("xml:lang", "")) for each in values]
