"""The ontology as a Protégé user meets it: opened offline, named in both languages, browsable.

Protégé Desktop itself takes minutes and a screen (docs/protege/screenshots.sh); here the OWL API
that it is built on loads the same files by the same catalog and names them by the same rules.
"""

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
from rdflib import OWL, RDF, SH, Namespace, URIRef

from conftest import REPOSITORY
from seisaku.config import BASE
from seisaku.load import Asserted

SSK = Namespace(BASE + "def#")
NAMED = ("Class", "NamedIndividual", "ObjectProperty", "DataProperty")


class Entity(NamedTuple):
    """A term or an individual as Protégé shows it; a name is empty where it has none."""

    kind: str
    iri: str
    ja: str
    en: str
    classes: list[str]


class Opened(NamedTuple):
    """What is there after the root is opened."""

    modules: set[str]
    entities: list[Entity]

    def unnamed(self) -> list[Entity]:
        return [
            each
            for each in self.entities
            if each.kind in NAMED
            and not (each.ja and each.en)
            # a prefix is its own name in any language
            and each.classes != [str(SH.PrefixDeclaration)]
        ]


def run(owl_api: list[str], root: Path) -> subprocess.CompletedProcess[str]:
    command = [*owl_api, "Renderings", str(root)]
    return subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")


def opened(owl_api: list[str], root: Path) -> Opened:
    done = run(owl_api, root)
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return Opened(
        {row[1] for row in rows if row[0] == "module"},
        [
            Entity(kind, iri, ja, en, classes.split())
            for kind, iri, ja, en, classes in (row for row in rows if row[0] != "module")
        ],
    )


@pytest.fixture(scope="module")
def protege(owl_api: list[str]) -> Opened:
    return opened(owl_api, REPOSITORY / "ontology" / "seisaku.ttl")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The root in a copy of the ontology and the data, to break."""
    for folder in ("ontology", "data"):
        shutil.copytree(REPOSITORY / folder, tmp_path / folder)
    return tmp_path / "ontology" / "seisaku.ttl"


def test_the_root_opens_every_module_of_the_catalog_but_the_alignments(protege: Opened) -> None:
    catalog = (REPOSITORY / "ontology" / "catalog-v001.xml").read_text(encoding="utf-8")
    named = {part.split('"')[0] for part in catalog.split('name="')[1:]}
    assert len(named) > 20
    assert protege.modules == {each for each in named if "/ont/alignments/" not in each}


def test_an_import_that_the_catalog_does_not_name_is_not_fetched_but_refused(
    owl_api: list[str], copy: Path
) -> None:
    with copy.open("a", encoding="utf-8") as root:
        root.write("<https://w3id.org/seisaku/ont> owl:imports <http://127.0.0.1:9/elsewhere> .\n")
    done = run(owl_api, copy)
    assert done.returncode != 0
    assert "an import is asked of the network" in done.stderr


def test_what_is_shown_has_a_name_in_japanese_and_in_english(protege: Opened) -> None:
    assert {each.kind for each in protege.entities} >= set(NAMED)
    assert protege.unnamed() == []


def test_a_class_without_a_japanese_name_would_be_found(owl_api: list[str], copy: Path) -> None:
    with (copy.parent / "core.ttl").open("a", encoding="utf-8") as core:
        core.write('ssk:Nameless a owl:Class ; rdfs:label "nameless"@en .\n')
    unnamed = opened(owl_api, copy).unnamed()
    assert unnamed == [Entity("Class", str(SSK.Nameless), "", "nameless", [])]


def test_each_individual_is_found_under_a_class(protege: Opened, asserted: Asserted) -> None:
    individuals = {each.iri: each for each in protege.entities if each.kind == "NamedIndividual"}
    assert [each for each in individuals.values() if not each.classes] == []
    written = {
        str(subject)
        for subject, kind in asserted.union.subject_objects(RDF.type)
        if isinstance(subject, URIRef) and not str(kind).startswith(str(OWL))
    }
    assert individuals.keys() == written


def test_the_hubs_are_individuals_of_their_class(protege: Opened, asserted: Asserted) -> None:
    hubs = {each.iri for each in protege.entities if str(SSK.StartupHub) in each.classes}
    assert hubs == {str(each) for each in asserted.union.subjects(RDF.type, SSK.StartupHub)}
    assert len(hubs) > 1
