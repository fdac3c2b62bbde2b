"""What a snapshot says of its own check."""

import shutil
from pathlib import Path

from rdflib import RDF, SH, Graph, URIRef

from seisaku import snapshot
from seisaku.conformance import Conformance, read

SSK = "https://w3id.org/seisaku/def#"
SHAPES = "https://w3id.org/seisaku/shapes#"


def test_every_shape_that_looks_at_something_is_listed_with_all_its_rules(built: Path) -> None:
    graph = Graph().parse(built / snapshot.SHAPES, format="nt")
    targets = (SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf, SH.targetNode)
    looking = {str(each) for target in targets for each in graph.subjects(target)}
    speaking = {str(each) for each in graph.subjects(SH.message) if isinstance(each, URIRef)}
    found = Conformance(built).shapes
    assert {shape.iri for shape in found} == looking
    assert {rule.iri for shape in found for rule in shape.rules} == speaking
    assert len(looking) < len(set(graph.subjects(RDF.type, SH.NodeShape))) + 1


def test_a_rule_has_its_message_in_both_languages_and_the_properties_it_looks_along(
    built: Path,
) -> None:
    rules = {rule.iri: rule for shape in Conformance(built).shapes for rule in shape.rules}
    assert all(rule.messages.keys() == {"ja", "en"} for rule in rules.values())
    assert rules[f"{SHAPES}StartupHub-designation"].paths == {f"{SSK}designatesHub"}
    assert rules[f"{SHAPES}PhaseTier-phase"].paths == {f"{SSK}hasTier", f"{SSK}isTierOfPhase"}


def test_the_report_is_read(built: Path, tmp_path: Path) -> None:
    assert Conformance(built).conforms
    copy = Path(shutil.copytree(built, tmp_path / "copy"))
    report = copy / snapshot.REPORT
    report.write_text(report.read_text(encoding="utf-8").replace("true", "false"), encoding="utf-8")
    assert not Conformance(copy).conforms


def test_a_snapshot_that_goes_meanwhile_is_still_told_of(built: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(built, tmp_path / "copy"))
    found = Conformance(copy)
    shutil.rmtree(copy)
    assert found.conforms
    assert found.shapes


def test_other_data_have_no_check() -> None:
    assert read(None) is None
