"""What an editor offers: the prefixes, classes and properties of the dataset that is served."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seisaku import snapshot
from seisaku.app import create_app
from seisaku.config import BASE, Config
from seisaku.query import answer
from seisaku.workers import WorkerPool

HUB = f"{BASE}def#StartupHub"


@pytest.fixture(scope="module")
def pool(built: Path) -> Iterator[WorkerPool]:
    with WorkerPool([built / snapshot.DATASET], Config(), union_default_graph=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def offered(pool: WorkerPool) -> Any:  # noqa: ANN401  # JSON
    found = create_app(pool, Config()).test_client().get("/completions.json")
    assert (found.status_code, found.content_type) == (200, "application/json")
    return json.loads(found.data)


def test_the_prefixes_are_those_that_the_dataset_declares(offered: Any) -> None:  # noqa: ANN401
    assert offered["prefixes"]["ssk"] == f"{BASE}def#"
    assert offered["prefixes"]["skos"] == "http://www.w3.org/2004/02/skos/core#"


def test_a_class_has_its_names_and_the_number_of_its_things(
    pool: WorkerPool,
    offered: Any,  # noqa: ANN401
) -> None:
    (hub,) = [each for each in offered["classes"] if each["iri"] == HUB]
    query = f"SELECT (COUNT(DISTINCT ?hub) AS ?n) {{ ?hub a <{HUB}> }}"
    found = json.loads(answer(pool, query, lambda types: types[0]).body)
    assert hub["count"] == int(found["results"]["bindings"][0]["n"]["value"])
    assert hub["en"] == "startup ecosystem hub"
    assert "拠点" in hub["ja"]


def test_a_property_tells_how_often_which_class_has_it(offered: Any) -> None:  # noqa: ANN401
    place = [each["iri"] for each in offered["classes"]].index(HUB)
    of = {each["iri"]: dict(each["of"]) for each in offered["properties"]}
    assert of[f"{BASE}def#reading"][place] == offered["classes"][place]["count"]
    assert place not in of[f"{BASE}def#amountInYen"]


def test_other_peoples_data_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text("<urn:a> a <urn:C> ; <urn:p> 1 , 2 .", encoding="utf-8")
    with WorkerPool([tmp_path / "a.ttl"], Config()) as pool:
        found = create_app(pool, Config()).test_client().get("/completions.json")
    said = json.loads(found.data)
    assert said["prefixes"] == {}
    assert said["classes"] == [{"iri": "urn:C", "count": 1}]
    assert {"iri": "urn:p", "of": [[0, 2]]} in said["properties"]
