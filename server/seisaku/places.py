"""Places: prefectures and hubs in GeoJSON (RFC 7946), as points of the offices of governments."""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING, Any

from .distribution import Distribution, Source
from .tables import LICENCE, Table, number, tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Json = dict[str, Any]

MEDIA_TYPE = "application/geo+json"


def distributions() -> Iterator[Distribution]:
    """Give the two files."""
    yield Distribution(
        "prefectures.geojson",
        MEDIA_TYPE,
        "forms",
        {"ja": "47都道府県（都道府県庁の位置）", "en": "The 47 prefectures, at their offices"},
        _write_prefectures,
    )
    yield Distribution(
        "hubs.geojson",
        MEDIA_TYPE,
        "forms",
        {
            "ja": "拠点（資料が列挙する自治体の庁舎の位置）",
            "en": "The hubs, at the offices of the local governments that the source lists",
        },
        _write_hubs,
    )


def _write_prefectures(source: Source, file: IO[bytes]) -> None:
    table = tables(source)["prefectures"]
    features = []
    for row in _rows(table):
        point = [row.pop("longitude"), row.pop("latitude")]
        features.append(_feature(row["prefecture"], {"type": "Point", "coordinates": point}, row))
    _write(file, table, features)


def _write_hubs(source: Source, file: IO[bytes]) -> None:
    """Write a feature for each hub; one for which the source lists no government has no place."""
    found = tables(source)
    designations = list(_rows(found["designations"]))
    listed = list(_rows(found["listed-governments"]))
    features = []
    for hub in _rows(found["hubs"]):
        own = [each for each in designations if each["hub"] == hub["hub"]]
        iris = {each["designation"] for each in own}
        rows = [each for each in listed if each["designation"] in iris]
        places = {each["government"]: each for each in rows}
        properties = {
            **hub,
            **_several("designation", ["phaseName", "tierName", "typeName"], own),
            **_several("government", ["name"], places.values()),
            "complete": bool(rows) and all(each["complete"] for each in rows),
            "listingLines": sorted({line for each in rows for line in each["lines"]}),
        }
        points = [[each["longitude"], each["latitude"]] for each in places.values()]
        place = {"type": "MultiPoint", "coordinates": points} if points else None
        features.append(_feature(hub["hub"], place, properties))
    _write(file, found["listed-governments"], features)


def _several(key: str, columns: list[str], rows: Iterable[Json]) -> Json:
    """Give columns of several rows as lists, all in the same order."""
    rows = list(rows)
    names = [f"{column}_{lang}" for column in columns for lang in ("ja", "en")]
    lists = {f"{key}_{name}": [row[name] for row in rows] for name in names}
    return {f"{key}s": [row[key] for row in rows], **lists}


def _rows(table: Table) -> Iterator[Json]:
    """Give the rows with the columns as they are: tools for maps want no objects inside."""
    kinds = {column.name: column.kind for column in table.columns}
    for row in table.rows:
        cells = {column.name: cell for column, cell in zip(table.columns, row, strict=True)}
        yield {name: _value(kinds[name], cell) for name, cell in cells.items()}


def _value(kind: str, cell: Any) -> Any:  # noqa: ANN401  # a cell, as JSON has it
    if isinstance(cell, str) and kind in ("integer", "decimal"):
        return number(cell)
    return cell == "true" if isinstance(cell, str) and kind == "boolean" else cell


def _feature(iri: str, place: Json | None, properties: Json) -> Json:
    return {"type": "Feature", "id": iri, "geometry": place, "properties": properties}


def _write(file: IO[bytes], table: Table, features: list[Json]) -> None:
    head = {"type": "FeatureCollection", "license": LICENCE, "note": table.notes}
    lines = ",\n".join(json.dumps(each, ensure_ascii=False) for each in features)
    begun = json.dumps(head, ensure_ascii=False)[:-1]
    file.write(f'{begun}, "features": [\n{lines}\n]}}\n'.encode())
