"""StratML: valid against the schemas of ISO 17469, with each element and each value once.

The schemas are not part of the repository: they come without a licence. `STRATML_XSD` names a
folder that has them as `part1.xsd` (StrategicPlanISOVersion20140401) and `part2.xsd`
(PerformancePlanOrReport20160216).
"""

import json
import os
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema

from seisaku.stratml import PART_1, PART_2, RESULTS

FILES = {"strategies.stratml.xml": "part1.xsd", "kpis.stratml.xml": "part2.xsd"}

ORDER = {
    "StrategicPlan": ["Name", "Description", "StrategicPlanCore", "AdministrativeInformation"],
    "PerformancePlanOrReport": [
        *("Name", "Description", "StrategicPlanCore", "AdministrativeInformation")
    ],
    "Goal": [
        *("Name", "Description", "Identifier", "SequenceIndicator", "OtherInformation"),
        "Objective",
    ],
    "Objective": [
        *("Name", "Description", "Identifier", "SequenceIndicator", "OtherInformation"),
        "PerformanceIndicator",
    ],
    "PerformanceIndicator": [
        *("MeasurementDimension", "UnitOfMeasurement", "MeasurementInstance", "OtherInformation")
    ],
    "MeasurementInstance": ["TargetResult", "ActualResult"],
    "TargetResult": ["NumberOfUnits", "Description"],
    "ActualResult": ["NumberOfUnits", "Description"],
}
"""The order that the schemas ask for, of the elements that are used here."""


def local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


@pytest.mark.parametrize("name", FILES)
def test_it_is_valid_against_the_schema_of_iso_17469(name: str, exported: Path) -> None:
    folder = os.environ.get("STRATML_XSD")
    if folder is None:
        pytest.skip("STRATML_XSD names no folder of the schemas, which cannot be kept here")
    xmlschema.XMLSchema(Path(folder) / FILES[name]).validate(exported / name)


@pytest.mark.parametrize("name", FILES)
def test_its_elements_stand_in_the_order_of_the_schema(name: str, exported: Path) -> None:
    for element in ET.parse(exported / name).iter():  # noqa: S314  # our own file
        if local(element) in ORDER:
            places = [ORDER[local(element)].index(local(child)) for child in element]
            assert places == sorted(places)
            if local(element) in ("Goal", "StrategicPlan"):
                assert [local(child) for child in element][:2] == ["Name", "Description"]


@pytest.mark.parametrize("name", FILES)
def test_identifiers_are_names_of_xml_and_stand_once(name: str, exported: Path) -> None:
    root = ET.parse(exported / name).getroot()  # noqa: S314
    names = [each.text or "" for each in root.iter() if local(each) == "Identifier"]
    assert len(set(names)) == len(names) > 3
    assert all(each[0].isalpha() and " " not in each and ":" not in each for each in names)


def test_each_element_is_a_goal_or_an_objective_below_its_own_goal(exported: Path) -> None:
    rows = json.loads((exported / "strategy-elements.json").read_text(encoding="utf-8"))
    root = ET.parse(exported / "strategies.stratml.xml").getroot()  # noqa: S314
    space = {"s": PART_1}
    goals = root.findall("s:StrategicPlanCore/s:Goal", space)
    found: dict[str, str | None] = {}
    for goal in goals:
        top = goal.findtext("s:Identifier", namespaces=space) or ""
        found[top] = None
        for objective in goal.findall("s:Objective", space):
            found[objective.findtext("s:Identifier", namespaces=space) or ""] = top
    named = {f"element.{row['element'].rpartition('/')[2]}": row for row in rows}
    assert found.keys() == named.keys()
    for identifier, above in found.items():
        assert (above is None) == (named[identifier]["parent"] is None)
        assert above is None or identifier.startswith(f"{above}-")


def test_each_value_is_a_result_with_its_number_or_without_one(exported: Path) -> None:
    rows = json.loads((exported / "kpis.json").read_text(encoding="utf-8"))
    root = ET.parse(exported / "kpis.stratml.xml").getroot()  # noqa: S314
    space = {"s": PART_2}
    for kind, tag in RESULTS:
        found = [
            (
                each.findtext("s:NumberOfUnits", namespaces=space) or "",
                each.findtext("s:Description", namespaces=space),
            )
            for each in root.findall(f".//s:{tag}", space)
        ]
        expected = [
            (
                "" if (n := row["number"]) is None else str(n),
                f"{row['name']['ja']}：{row['wording']}",
            )
            for row in rows
            if row["kind"].endswith(kind)
        ]
        assert sorted(found) == sorted(expected)


def test_values_of_different_bases_are_different_indicators(exported: Path) -> None:
    root = ET.parse(exported / "kpis.stratml.xml").getroot()  # noqa: S314
    names = [each.text for each in root.iter() if local(each) == "MeasurementDimension"]
    assert {"ユニコーン数（5年累積）", "ユニコーン数（年間）"} <= set(names)
