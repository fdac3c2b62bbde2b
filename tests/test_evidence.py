"""Evidence: an annotation for each record and passage, as the Web Annotation model has them."""

import json
from pathlib import Path
from typing import Any

import pytest

from seisaku.config import GRAPH, LAYERS
from seisaku.evidence import MOTIVATIONS


@pytest.fixture(scope="module")
def collection(exported: Path) -> Any:  # noqa: ANN401  # JSON
    return json.loads((exported / "annotations.jsonld").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def items(collection: Any) -> list[Any]:  # noqa: ANN401
    return list(collection["first"]["items"])


def test_it_is_one_collection_with_its_total_on_one_page(collection: Any, items: list[Any]) -> None:  # noqa: ANN401
    assert collection["@context"] == "http://www.w3.org/ns/anno.jsonld"
    assert collection["type"] == "AnnotationCollection"
    assert collection["total"] == len(items)
    assert (collection["first"]["type"], collection["first"]["startIndex"]) == ("AnnotationPage", 0)


def test_each_record_and_passage_of_the_evidence_has_one_annotation(
    exported: Path, items: list[Any]
) -> None:
    rows = json.loads((exported / "evidence.json").read_text(encoding="utf-8"))
    assert [(each["body"][0]["id"], each["target"]["id"]) for each in items] == [
        (row["record"], row["segment"]) for row in rows
    ]
    assert len({each["id"] for each in items}) == len(items)


def test_each_annotation_has_what_the_model_requires(items: list[Any]) -> None:
    for each in items:
        assert each["type"] == "Annotation"
        assert each["id"].startswith("urn:uuid:")
        assert each["motivation"] in MOTIVATIONS.values()
        assert each["dcterms:isPartOf"]["id"] in {GRAPH + layer for layer in LAYERS}
        target = each["target"]
        assert target["type"] == "SpecificResource"
        assert target["source"].startswith("https://w3id.org/seisaku/id/source/")
        assert {body["language"] for body in each["body"][1:]} == {"ja", "en"}


def test_a_selector_names_the_lines_of_its_passage(items: list[Any]) -> None:
    for each in items:
        selector = each["target"]["selector"]
        assert selector["type"] == "FragmentSelector"
        # RFC 5147 counts the places between lines: line=121,122 is line 122.
        before, last = map(int, selector["value"].removeprefix("line=").split(","))
        name = each["target"]["id"].rpartition("/")[2]
        assert name in (f"L{last}", f"L{before + 1}-L{last}")
