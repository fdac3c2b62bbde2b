"""One version number: of the software, of each module, of what is said about them."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

from rdflib import DCTERMS, OWL, RDF, Literal, URIRef

from conftest import REPOSITORY
from seisaku.config import BASE
from seisaku.coverage import segments
from seisaku.load import Asserted

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
VERSION = PROJECT["version"]
ROOT = URIRef(BASE + "ont")


def test_the_version_is_one_of_semantic_versioning() -> None:
    assert re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", VERSION)


def test_what_is_installed_is_that_version() -> None:
    assert version("seisaku") == VERSION


def test_each_module_has_the_iri_of_that_version_of_it(asserted: Asserted) -> None:
    graph = asserted.union
    modules = set(graph.subjects(RDF.type, OWL.Ontology))
    assert len(modules) > 20
    for module in modules:
        path = str(module).removeprefix(ROOT)
        assert list(graph.objects(module, OWL.versionIRI)) == [URIRef(f"{ROOT}/{VERSION}{path}")]


def test_whatever_else_states_the_version_states_that_one(asserted: Asserted) -> None:
    graph = asserted.union
    said = [str(each) for each in graph.objects(None, OWL.versionInfo)]
    said += [
        str(each).rpartition("version ")[2].removesuffix(".")
        for each in graph.objects(None, DCTERMS.bibliographicCitation)
        if isinstance(each, Literal)
    ]
    assert len(said) > 20
    assert set(said) == {VERSION}


def test_line_records_are_made_with_that_version(root: Path) -> None:
    assert f"/{VERSION}/data/document/" in segments(root, root / "source.txt")


def test_the_change_log_begins_with_that_version() -> None:
    log = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    first = re.search(r"^## (\S+)", log, re.MULTILINE)
    assert first
    assert first[1] == VERSION
