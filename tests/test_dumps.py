"""Dumps: each RDF file says, read again, what its layers say."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from pyld import jsonld
from pyoxigraph import (
    CanonicalizationAlgorithm,
    Dataset,
    DefaultGraph,
    Quad,
    RdfFormat,
    parse,
)

from seisaku import snapshot
from seisaku.config import ASSERTED, GRAPH, LAYERS
from seisaku.dumps import CONTEXT, DATASETS, FORMATS, SETS, distributions
from seisaku.export import export

NAMES = [each.name for each in distributions() if each.name != CONTEXT]


def canonical(quads: Iterable[Quad]) -> Dataset:
    """The quads with their blank nodes labelled by what they say (RDFC-1.0)."""
    found = Dataset(quads)
    found.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return found


def test_there_are_six_forms_of_the_whole_and_of_what_people_wrote_and_four_of_each_layer() -> None:
    assert len(NAMES) == 2 * 6 + len(LAYERS) * 4
    assert SETS["-asserted"] == ASSERTED
    assert SETS[""] == LAYERS


@pytest.mark.parametrize("name", NAMES)
def test_each_file_is_isomorphic_to_its_layers(name: str, built: Path, exported: Path) -> None:
    stem, _, extension = name.rpartition(".")
    layers = SETS[stem.removeprefix("seisaku")]
    graphs = {GRAPH + layer for layer in layers}
    quads = [q for q in parse(path=built / snapshot.DATASET) if str(q.graph_name)[1:-1] in graphs]
    if extension not in DATASETS or len(layers) == 1:
        quads = [Quad(q.subject, q.predicate, q.object, DefaultGraph()) for q in quads]
    again = canonical(parse(path=exported / name, format=FORMATS[extension]))
    assert len(again) > 500
    assert again == canonical(quads)


def test_a_change_of_one_letter_is_no_isomorphism(exported: Path) -> None:
    text = (exported / "seisaku-document.nt").read_text(encoding="utf-8")
    changed = text.replace("東京", "京都", 1).encode()
    quads = parse(path=exported / "seisaku-document.nt")
    assert canonical(parse(changed, format=RdfFormat.N_TRIPLES)) != canonical(quads)


def test_turtle_uses_the_prefixes_of_the_ontology(exported: Path) -> None:
    text = (exported / "seisaku-document.ttl").read_text(encoding="utf-8")
    assert "ssk:designatesHub hub:tokyo" in text


@pytest.fixture(scope="module")
def nodes(exported: Path) -> dict[str, Any]:
    """The records of the layer `document` in JSON-LD, by their id."""
    read = json.loads((exported / "seisaku-document.jsonld").read_text(encoding="utf-8"))
    return {node["id"]: node for node in read["@graph"]}


def test_json_ld_has_short_names_both_languages_and_json_s_own_numbers(
    nodes: dict[str, Any],
) -> None:
    assert nodes["desig:tokyo-p2"]["type"] == "HubDesignation"
    assert nodes["desig:tokyo-p2"]["designatesHub"] == "hub:tokyo"
    assert nodes["desig:tokyo-p2"]["label"].keys() == {"ja", "en"}
    assert nodes["seg:L122"]["startLine"] == 122
    assert all("@value" not in json.dumps(nodes[each]) for each in nodes if each.startswith("hub:"))


def test_json_ld_is_read_the_same_by_a_processor_that_is_not_the_engine_s(
    exported: Path,
) -> None:
    document = json.loads((exported / "seisaku-curated.jsonld").read_text(encoding="utf-8"))
    written: str = jsonld.to_rdf(document, {"format": "application/n-quads"})
    again = canonical(parse(written.encode(), format=RdfFormat.N_QUADS))
    assert again == canonical(parse(path=exported / "seisaku-curated.nt"))


def test_the_context_alone_is_the_one_that_is_inside(exported: Path) -> None:
    alone = json.loads((exported / CONTEXT).read_text(encoding="utf-8"))["@context"]
    for name in ("seisaku.jsonld", "seisaku-ontology.jsonld"):
        whole = json.loads((exported / name).read_text(encoding="utf-8"))
        assert whole["@context"] == alone


XSD = "http://www.w3.org/2001/XMLSchema#"
SSK, RDFS, DC = (
    "https://w3id.org/seisaku/def#",
    "http://www.w3.org/2000/01/rdf-schema#",
    "http://purl.org/dc/terms/",
)
TRICKY = [
    ("<urn:a>", f"{SSK}label", '"x"'),
    ("<urn:a>", f"{SSK}label", '"東"@ja'),
    ("<urn:a>", f"{SSK}label", "<urn:b>"),
    ("<urn:a>", f"{SSK}label", f'"05"^^<{XSD}integer>'),
    ("<urn:a>", f"{RDFS}label", '"y"'),
    ("<urn:a>", f"{DC}n", f'"05"^^<{XSD}integer>'),
    ("<urn:a>", f"{DC}n", f'"7"^^<{XSD}integer>'),
    ("<urn:a>", f"{DC}t", f'"1"^^<{XSD}boolean>'),
    ("<urn:a>", f"{DC}id", "<urn:c>"),
    ("<urn:a>", f"{DC}type", "_:b"),
    ("_:b", f"{DC}d", f'"0.50"^^<{XSD}decimal>'),
]
"""Values that a term reads otherwise, and local names that two properties have."""


def test_json_ld_keeps_values_as_they_are_written_and_properties_of_one_name_apart(
    tmp_path: Path,
) -> None:
    lines = [f"{s} <{p}> {o} <{GRAPH}document> .\n" for s, p, o in TRICKY]
    (tmp_path / "dataset.nq").write_text("".join(lines), encoding="utf-8")
    export(tmp_path / "dataset.nq", tmp_path / "out", ["dumps"])
    again = canonical(parse(path=tmp_path / "out" / "seisaku.jsonld"))
    assert again == canonical(parse(path=tmp_path / "dataset.nq"))
