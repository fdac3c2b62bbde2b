"""The quality gates of a published ontology that no other test file holds; `docs/gates.md` has all.

A rule is two files in `gates/`: a query that finds faults (`?entity ?property ?value`, as ROBOT's
reports do) and a Turtle file with a fault that it must find. The graph itself must have none.
"""

import ast
import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyshacl
import pytest
import rdflib
from pyoxigraph import (
    CanonicalizationAlgorithm,
    Dataset,
    NamedNode,
    Quad,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Store,
    parse,
    parse_query_results,
    serialize,
)
from pyshacl.errors import ReportableRuntimeError
from rdflib import DCTERMS, OWL, RDF, RDFS, SH, SKOS, Graph, Namespace, URIRef

from conftest import REPOSITORY
from seisaku import snapshot
from seisaku.config import BASE, GRAPH
from seisaku.describe import describe
from seisaku.export import export
from seisaku.load import Asserted, load
from seisaku.questions import read as read_questions
from seisaku.reason import reason

if TYPE_CHECKING:
    from rdflib.term import Node

RULES = sorted((REPOSITORY / "tests" / "gates").glob("*.rq"))
TABLE = (REPOSITORY / "docs" / "gates.md").read_text(encoding="utf-8")
SSK = Namespace(BASE + "def#")
EX = Namespace(BASE + "id/example/")
ONTOLOGY = BASE + "ont"

INFERRED_CLASSES = {
    ("HubDesignation", "GlobalHubDesignation"),
    ("HubDesignation", "NextGlobalHubDesignation"),
    ("HubDesignation", "PromotionHubDesignation"),
}
"""Reviewed: what is inferred to be of a class that is not above its own, as (own, inferred)."""

INFERRED_PROPERTIES = {
    # the ontology's own: what is above what, and what a property goes from and to
    *(str(each) for each in (RDF.type, RDFS.subClassOf, RDFS.domain, RDFS.range, OWL.disjointWith)),
    # a preferred label is a label
    str(RDFS.label),
    # inverses
    *(SSK + name for name in ("contains", "hasDesignation", "hasElement", "hasListing")),
    *(
        SSK + name
        for name in ("hasMention", "hasPhase", "hasSubElement", "isImplementedByStrategy")
    ),
    *(SSK + name for name in ("isPromotedBy", "leads")),
    # what is transitive or a chain
    *(SSK + name for name in ("concernsTheme", "hasListedGovernment", "isElementOf")),
    *(SSK + name for name in ("isPeriodWithin", "isProgressOf", "isSubElementOf")),
    *(SSK + name for name in ("isWithin", "occursIn", "refersToConcept")),
}
"""Reviewed: the properties of which reasoning adds statements."""

UNUSED = {
    SSK.PublicBody: "the ministries, when a source names them",
    **{
        URIRef(f"{BASE}scheme/assertion-basis/{name}"): "the layers say it; a record may"
        for name in ("stated", "normalised", "computed", "curated", "external")
    },
    URIRef(
        f"{BASE}scheme/comparator/equal"
    ): "with at-least and at-most, it makes the scheme whole",
}
"""Terms that nothing uses yet, each with the reason to keep it."""


@pytest.fixture(scope="module")
def statements(asserted: Asserted) -> bytes:
    """What people wrote, as N-Triples."""
    return asserted.union.serialize(format="nt", encoding="utf-8")


@pytest.fixture(scope="module")
def inferred(built: Path) -> Graph:
    quads = parse(path=built / snapshot.DATASET, format=RdfFormat.N_QUADS)
    wanted = [each.triple for each in quads if each.graph_name == NamedNode(GRAPH + "inferred")]
    return Graph().parse(data=serialize(wanted, format=RdfFormat.N_TRIPLES), format="nt")


def faults(rule: Path, statements: bytes, case: bytes = b"") -> list[str]:
    store = Store()
    store.bulk_load(statements, format=RdfFormat.N_TRIPLES)
    store.load(case, format=RdfFormat.TURTLE)
    found = store.query(rule.read_text(encoding="utf-8"))
    assert isinstance(found, QuerySolutions)
    return [" ".join(str(row[name]) for name in ("entity", "property", "value")) for row in found]


def test_rules_are_found() -> None:
    assert len(RULES) > 25


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.stem)
def test_the_graph_keeps_the_rule(rule: Path, statements: bytes) -> None:
    assert faults(rule, statements) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.stem)
def test_the_rule_finds_its_fault(rule: Path, statements: bytes) -> None:
    assert faults(rule, statements, rule.with_suffix(".ttl").read_bytes())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.stem)
def test_a_rule_says_its_gate_and_what_it_asks(rule: Path) -> None:
    first, second = rule.read_text(encoding="utf-8").splitlines()[:2]
    assert first == f"# gate: {int(rule.stem[:2])}"
    assert re.fullmatch(r"# rule: .+\.", second)


# Gate 3: the catalog finds every module beside it, without the network


def catalog(root: Path) -> set[str]:
    """Name each entry without its file, and each file without its entry or with a wrong name."""
    text = (root / "ontology" / "catalog-v001.xml").read_text(encoding="utf-8")
    named = set(re.findall(r'<uri name="([^"]*)" uri="([^"]*)"/>', text))
    files = {
        (place(root, file), ("" if file.is_relative_to(root / "ontology") else "../") + path)
        for file in modules(root)
        for path in [file.relative_to(root).as_posix().removeprefix("ontology/")]
    }
    return {path for _, path in named ^ files}


def modules(root: Path) -> list[Path]:
    return sorted((*root.glob("ontology/**/*.ttl"), *root.glob("data/**/*.ttl")))


def place(root: Path, file: Path) -> str:
    """Give the name that a module has by its place: `data/x/y.ttl` is `…/ont/data/x/y`."""
    path = file.relative_to(root).with_suffix("").as_posix().removeprefix("ontology/")
    return ONTOLOGY if path == "seisaku" else f"{ONTOLOGY}/{path}"


def test_the_catalog_has_each_module_by_a_relative_path_and_nothing_else() -> None:
    assert catalog(REPOSITORY) == set()


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('uri="core.ttl"', 'uri="gone.ttl"', {"gone.ttl", "core.ttl"}),
        ('uri="core.ttl"', 'uri="/ontology/core.ttl"', {"/ontology/core.ttl", "core.ttl"}),
        ("ont/core", "ont/kernel", {"core.ttl"}),
    ],
)
def test_a_wrong_entry_of_the_catalog_is_found(
    old: str, new: str, named: set[str], tmp_path: Path
) -> None:
    for folder in ("ontology", "data"):
        shutil.copytree(REPOSITORY / folder, tmp_path / folder)
    file = tmp_path / "ontology" / "catalog-v001.xml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert catalog(tmp_path) == named


# Gates 18 and 20: one header a file, whose names follow from the file's place


def headers(root: Path) -> Iterator[str]:
    """Name the files whose header is not the one that their place and the version ask for."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = project["version"]
    for file in modules(root):
        name, graph = place(root, file), Graph().parse(file)
        said = {
            tuple(str(graph.value(each, term) or "") for term in (OWL.versionIRI, OWL.versionInfo))
            for each in graph.subjects(RDF.type, OWL.Ontology)
            if str(each) == name
        }
        versioned = name.replace(ONTOLOGY, f"{ONTOLOGY}/{version}")
        if said != {(versioned, version)} or len(list(graph[: RDF.type : OWL.Ontology])) != 1:
            yield file.relative_to(root).as_posix()


def test_every_file_has_the_header_of_its_place_and_the_version_of_the_software() -> None:
    assert list(headers(REPOSITORY)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ont/schemes/unit> a owl:Ontology", "ont/schemes/units> a owl:Ontology"),
        ("ont/0.1.0/schemes/unit>", "ont/0.0.9/schemes/unit>"),
        ('versionInfo "0.1.0"', 'versionInfo "0.0.9"'),
        ("a owl:Ontology ;", "rdfs:comment 'no header'@en ;"),
    ],
)
def test_a_header_of_another_place_or_version_is_found(old: str, new: str, tmp_path: Path) -> None:
    module = Path("ontology/schemes/unit.ttl")
    (tmp_path / module).parent.mkdir(parents=True)
    text = (REPOSITORY / module).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / module).write_text(text.replace(old, new), encoding="utf-8")
    assert list(headers(tmp_path)) == [module.as_posix()]


# Gate 8: what reasoning may add


def local(term: object) -> str:
    return str(term).removeprefix(SSK)


def unreviewed(asserted: Graph, inferred: Graph) -> set[tuple[str, str]]:
    """Give what is inferred to be of a class that neither its own implies nor anyone reviewed."""
    found = set()
    for thing, kind in inferred.subject_objects(RDF.type):
        own = set(asserted.objects(thing, RDF.type))
        above = {each for one in own for each in asserted.transitive_objects(one, RDFS.subClassOf)}
        if str(kind).startswith(SSK) and kind not in above:
            found |= {(local(each), local(kind)) for each in own or {thing}}
    return found - INFERRED_CLASSES


def test_nothing_is_inferred_to_be_of_a_class_that_nobody_reviewed(
    asserted: Asserted, inferred: Graph
) -> None:
    assert unreviewed(asserted.union, inferred) == set()


def test_a_class_that_only_a_range_gives_is_found(root: Path) -> None:
    small = load(root).union
    small.add((EX["tohoku-2"], SSK.designatesHub, EX.new))
    small.remove((EX["tohoku-2"], SSK.designatesHub, EX.tohoku))
    assert unreviewed(small, reason(small)) == {(str(EX.new), "Hub")}


def test_reasoning_adds_statements_of_the_reviewed_properties_and_no_others(
    inferred: Graph,
) -> None:
    assert {str(each) for each in inferred.predicates()} == {
        str(each) for each in INFERRED_PROPERTIES
    }


# Gate 10: nothing is declared in vain


def unused(asserted: Asserted, inferred: Graph, queries: str) -> set[URIRef]:
    """Give our terms that no record, shape, query, inference or service description has."""
    ontology = asserted.layers["ontology"]
    used: set[Node | None] = {term for triple in inferred for term in triple[1:]}
    for graph in (asserted.shapes, *(asserted.layers[each] for each in list(asserted.layers)[1:])):
        used |= {term for triple in graph for term in triple}
    for prefix, namespace in asserted.prefixes.items():
        used |= {URIRef(namespace + name) for name in re.findall(rf"\b{prefix}:([\w-]+)", queries)}
    server = "".join(file.read_text("utf-8") for file in (REPOSITORY / "server").rglob("*.py"))
    used |= {SSK[name] for name in re.findall(r'"([a-z]\w+)"', server)}
    for term in list(used):
        for above in (RDFS.subClassOf, SKOS.broader):
            used |= set(ontology.transitive_objects(term, above))
    used |= {each for term in list(used) for each in ontology.objects(term, SKOS.inScheme)}
    kinds = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)
    declared = {
        each
        for kind in (*kinds, SKOS.Concept, SKOS.ConceptScheme)
        for each in ontology.subjects(RDF.type, kind)
    }
    return {URIRef(str(each)) for each in declared - used if str(each).startswith(BASE)}


@pytest.fixture(scope="module")
def queries() -> str:
    files = (REPOSITORY / "data" / "queries").glob("*.rq")
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def test_every_term_is_used_but_those_that_wait(
    asserted: Asserted, inferred: Graph, queries: str
) -> None:
    assert unused(asserted, inferred, queries) == UNUSED.keys()


def test_a_term_that_nothing_uses_is_found(
    asserted: Asserted, inferred: Graph, queries: str
) -> None:
    idle = Graph() + asserted.layers["ontology"]
    idle.add((SSK.Idle, RDF.type, OWL.Class))
    broken = Asserted({**asserted.layers, "ontology": idle}, asserted.shapes, asserted.prefixes, 0)
    assert unused(broken, inferred, queries) - UNUSED.keys() == {SSK.Idle}


def test_every_declared_prefix_is_used_by_some_file(asserted: Asserted) -> None:
    folders = ("ontology", "data", "shapes")
    files = [file for each in folders for file in (REPOSITORY / each).rglob("*.*")]
    texts = "\n".join(file.read_text(encoding="utf-8") for file in files)
    idle = [each for each in asserted.prefixes if not re.search(rf"(?i)prefix {each}: <", texts)]
    assert idle == []


# Gate 13: the shapes are SHACL by SHACL's own shapes


def test_the_shapes_are_well_formed(asserted: Asserted) -> None:
    shapes = Graph() + asserted.shapes  # pyshacl then takes them for data, in a store that it can
    conforms, _, _ = pyshacl.validate(Graph(), shacl_graph=shapes, meta_shacl=True)
    assert conforms


def test_shapes_that_are_not_well_formed_are_found() -> None:
    shapes = Graph().parse(REPOSITORY / "tests" / "small" / "shapes" / "designation.ttl")
    shapes.add((URIRef(BASE + "shapes#Designation-hub"), SH.severity, SH.Warning))
    shapes.add((URIRef(BASE + "shapes#Designation-hub"), SH.severity, SH.Info))
    with pytest.raises(ReportableRuntimeError, match="More than 1 values"):
        pyshacl.validate(Graph(), shacl_graph=shapes, meta_shacl=True)


def test_every_property_that_a_shape_looks_for_is_there(asserted: Asserted) -> None:
    union = asserted.union
    looked_for = set(asserted.shapes.objects(None, SH.targetSubjectsOf))
    missing = {each for each in looked_for if (None, each, None) not in union}
    # Nothing is deprecated yet, and these rules wait for the first that is.
    assert missing == {OWL.deprecated, DCTERMS.isReplacedBy, SSK.deprecatedSince}


# Gate 15: the answers of the questions are told apart


def test_an_answer_that_a_missing_statement_changes_is_found(built: Path) -> None:
    store = Store()
    store.bulk_load(path=built / snapshot.DATASET, format=RdfFormat.N_QUADS)
    question = (REPOSITORY / "data" / "queries" / "cq01.rq").read_text(encoding="utf-8")
    expected = (REPOSITORY / "tests" / "questions" / "cq01.tsv").read_bytes()
    assert rows(store, question) == read(expected)
    year = NamedNode(BASE + "id/period/FY2021")
    for quad in list(store.quads_for_pattern(year, NamedNode(SSK.isPeriodWithin), None)):
        store.remove(quad)
    assert rows(store, question) != read(expected)


def rows(store: Store, question: str) -> list[str]:
    found = store.query(question, use_default_graph_as_union=True)
    assert isinstance(found, QuerySolutions)
    written = found.serialize(format=QueryResultsFormat.TSV)
    assert written is not None
    return read(written)


def read(results: bytes) -> list[str]:
    found = parse_query_results(results, format=QueryResultsFormat.TSV)
    assert isinstance(found, QuerySolutions)
    return sorted(" ".join(str(term) for term in row) for row in found)


# Gate 16: every format says the same


def canonical(graph: Graph) -> Dataset:
    """Give the graph with its blank nodes named by what is said of them."""
    lines = graph.serialize(format="nt", encoding="utf-8")
    dataset = Dataset(Quad(*each.triple) for each in parse(lines, format=RdfFormat.N_TRIPLES))
    dataset.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
    return dataset


@pytest.fixture(scope="module")
def expected(asserted: Asserted, inferred: Graph) -> Dataset:
    layers = {**asserted.layers, "inferred": inferred}
    description = describe(layers, read_questions(REPOSITORY / "data" / "queries"))
    return canonical(asserted.union + inferred + description)


@pytest.fixture(scope="module")
def exported(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    export(built / snapshot.DATASET, folder)
    return folder


@pytest.mark.filterwarnings("ignore:(ConjunctiveGraph|Dataset)")  # inside rdflib's own parsers
@pytest.mark.parametrize(
    ("extension", "form"), [("ttl", "turtle"), ("rdf", "xml"), ("nt", "nt"), ("jsonld", "json-ld")]
)
def test_another_reader_reads_the_same_from_every_format(
    expected: Dataset, exported: Path, extension: str, form: str
) -> None:
    read = rdflib.Dataset(default_union=True)  # JSON-LD has the layers as named graphs
    read.parse(data=(exported / f"seisaku.{extension}").read_bytes(), format=form)
    graph = Graph()
    for triple in read.triples((None, None, None)):
        graph.add(triple)
    assert canonical(graph) == expected


def test_a_language_that_a_format_lost_is_found(expected: Dataset, exported: Path) -> None:
    text = (exported / "seisaku.nt").read_text(encoding="utf-8").replace('"東京圏"@ja', '"東京圏"')
    assert canonical(Graph().parse(data=text, format="nt")) != expected


# The table


def table() -> list[list[str]]:
    found = [line.strip("| ").split(" | ") for line in TABLE.splitlines() if line.startswith("| ")]
    return [row for row in found if row[0].isdigit()]


def test_the_table_has_all_gates_each_with_what_holds_it_and_what_fails_it() -> None:
    assert [int(row[0]) for row in table()] == list(range(1, 27))
    assert all(len(row) == 4 for row in table())


def test_whatever_the_table_names_is_there() -> None:
    named = re.findall(r"`((?:tests|shapes|ontology|data|docs|bench|server|\.ci)/?[^`]*)`", TABLE)
    assert len(named) > 40
    for name in named:
        path, _, function = name.partition("::")
        assert list(REPOSITORY.glob(path)), name
        if function:
            tree = ast.parse((REPOSITORY / path).read_text(encoding="utf-8"))
            assert function in {
                each.name for each in tree.body if isinstance(each, ast.FunctionDef)
            }


def test_every_rule_is_in_the_table() -> None:
    assert [rule.stem for rule in RULES if f"tests/gates/{rule.stem[:2]}-" not in TABLE] == []
