# /// script
# requires-python = ">=3.11"
# dependencies = ["shapely>=2.1,<3"]
# ///
"""Make `server/seisaku/pages/map.json`, the outlines that the pages draw, from a GeoJSON file.

Run it as `python docs/map/outlines.py GEOJSON`. Each feature's `id` is the ISO 3166-2 code of a
prefecture. docs/map.md says where the outlines come from and what is left out.
"""

from __future__ import annotations

import itertools
import json
import math
import sys
from pathlib import Path

import shapely
from shapely.geometry import MultiPolygon, Point, Polygon, shape

SCALE = 34  # units of the map for a degree of latitude
SQUEEZE = math.cos(math.radians(37))  # a degree of longitude is so much of it in mid-Japan
FRAMES = {  # the corner (longitude, latitude) that is drawn at (x, y)
    "main": {"corner": (128.35, 45.75), "at": (0, 0)},
    "inset": {"corner": (122.7, 29.35), "at": (6, 6)},
}
SIZE = (486, 552)
INSET = (0, 0, 250, 200)  # the box that the inset is drawn in: x, y, width, height
FINE = 5  # coordinates are whole numbers of a fifth of a unit
TOLERANCE = 1.3  # units: what `coverage_simplify` may move a line by
SMALLEST = 2.0  # square units: islands below are left out, but for those of the inset
TARGET = Path(__file__).parents[2] / "server" / "seisaku" / "pages" / "map.json"


def frame(place: Point) -> str | None:
    """Tell in which frame a place is drawn; far islands in the Pacific are not."""
    if place.y < 29.2 and place.x < 131.5:
        return "inset"
    return None if place.y < 29.2 else "main"


def moved(part: Polygon, name: str) -> Polygon:
    """Give `part` in units of the map, within the frame called `name`."""
    (west, north), (x, y) = FRAMES[name]["corner"], FRAMES[name]["at"]
    flat = [
        ((lon - west) * SQUEEZE * SCALE + x, (north - lat) * SCALE + y)
        for lon, lat in part.exterior.coords
    ]
    return Polygon(flat)


def drawn(outline: Polygon | MultiPolygon) -> MultiPolygon:
    """Give the parts of a prefecture that are drawn, where they are drawn."""
    parts = outline.geoms if isinstance(outline, MultiPolygon) else [outline]
    framed = [(part, frame(part.representative_point())) for part in parts]
    return MultiPolygon([moved(part, name) for part, name in framed if name])


def path(outline: Polygon | MultiPolygon) -> str:
    """Write an outline as the data of an SVG path, in fifths of a unit."""
    parts = outline.geoms if isinstance(outline, MultiPolygon) else [outline]
    most = max(part.area for part in parts)
    written = []
    for part in parts:
        x, y, right, bottom = INSET
        far = shapely.box(x, y, x + right, y + bottom).contains(part)
        if part.area < SMALLEST and part.area < most and not far:
            continue
        whole = [(round(each[0] * FINE), round(each[1] * FINE)) for each in part.exterior.coords]
        steps = [
            (there[0] - here[0], there[1] - here[1])
            for here, there in itertools.pairwise(whole[:-1])
            if here != there
        ]
        line = " ".join(f"{dx} {dy}" for dx, dy in steps).replace(" -", "-")
        written.append(f"M{whole[0][0]} {whole[0][1]}l{line}z")
    return "".join(written)


def main() -> None:
    """Read the file that is named and write ours."""
    features = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["features"]
    codes = [each["id"] for each in features]
    outlines = [drawn(shape(each["geometry"])) for each in features]
    simple = shapely.coverage_simplify(outlines, TOLERANCE)
    beside = {
        code: [
            other
            for other, theirs in zip(codes, outlines, strict=True)
            if other != code and mine.intersection(theirs).length > 0
        ]
        for code, mine in zip(codes, outlines, strict=True)
    }
    document = {
        "size": SIZE,
        "scale": SCALE,
        "squeeze": round(SQUEEZE, 6),
        "frames": FRAMES,
        "inset": INSET,
        "fine": FINE,
        "prefectures": {
            code: {"path": path(outline), "beside": beside[code]}
            for code, outline in zip(codes, simple, strict=True)
        },
    }
    TARGET.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
