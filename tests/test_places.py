"""Places: GeoJSON that a library which is not ours accepts, with the places of the graph."""

import json
from pathlib import Path
from typing import Any

import pytest
from geojson_pydantic import Feature, FeatureCollection, MultiPoint, Point
from pydantic import ValidationError

from seisaku import snapshot
from seisaku.graph import Graph

Found = FeatureCollection[Feature[Point | MultiPoint, dict[str, Any]]]


def read(exported: Path, name: str) -> Found:
    return Found.model_validate_json((exported / name).read_bytes(), strict=True)


@pytest.mark.parametrize(("name", "count"), [("prefectures.geojson", 47), ("hubs.geojson", 13)])
def test_a_validator_accepts_it_and_each_thing_is_there_once(
    exported: Path, name: str, count: int
) -> None:
    features = read(exported, name).features
    assert len({each.id for each in features}) == len(features) == count
    assert all(str(each.id).startswith("https://w3id.org/seisaku/id/") for each in features)


def test_the_validator_refuses_what_is_wrong(exported: Path) -> None:
    found = json.loads((exported / "prefectures.geojson").read_text(encoding="utf-8"))
    found["features"][0]["geometry"]["coordinates"] = ["141.3", "43.1"]
    with pytest.raises(ValidationError):
        Found.model_validate(found, strict=True)


def test_each_prefecture_is_at_its_place_longitude_first(exported: Path, built: Path) -> None:
    places = {
        each.id: each.geometry.coordinates
        for each in read(exported, "prefectures.geojson").features
        if isinstance(each.geometry, Point)
    }
    query = "SELECT ?x ?long ?lat { ?x a ssk:Prefecture ; geo:long ?long ; geo:lat ?lat }"
    frame = Graph(built / snapshot.DATASET).rows(query).to_pandas()
    assert len(frame) == 47
    for row in frame.itertuples():
        assert tuple(places[row.x])[:2] == (row.long, row.lat)
        assert 122 < row.long < 154
        assert 20 < row.lat < 46


def test_a_hub_is_where_its_listed_governments_are_with_its_lines_and_layer(
    exported: Path,
) -> None:
    hubs = {
        str(each.id).rpartition("/")[2]: each for each in read(exported, "hubs.geojson").features
    }
    setouchi = hubs["setouchi"]
    assert setouchi.properties
    assert setouchi.properties["government_name_ja"] == ["岡山市", "愛媛県"]
    assert isinstance(setouchi.geometry, MultiPoint)
    assert len(setouchi.geometry.coordinates) == 2
    assert setouchi.properties["complete"] is False
    for each in hubs.values():
        assert each.properties
        assert each.properties["layer"] == "document"
        assert each.properties["lines"]
        assert each.geometry is None or each.properties["listingLines"]
        count = len(each.geometry.coordinates) if isinstance(each.geometry, MultiPoint) else 0
        assert count == len(each.properties["governments"])
