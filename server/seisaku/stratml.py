"""StratML: goals and objectives of plans and strategies in ISO 17469-1, KPIs in 17469-2.

The standard has one language: names are in Japanese, descriptions give the English names. Part 1
has two levels, goals and objectives, and no indicators: what is below an objective follows it, with
its place in `SequenceIndicator`, and the indicators are in a file of part 2.
"""

from __future__ import annotations

from functools import partial
from itertools import groupby
from typing import IO, TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from .config import BASE
from .distribution import Distribution, Source
from .tables import natural, record, tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Json = dict[str, Any]
    Build = Callable[["Source", ET.Element], None]

PART_1 = "urn:ISO:std:iso:17469:tech:xsd:stratml_core"
RESULTS = (("IndicatorTarget", "TargetResult"), ("IndicatorObservation", "ActualResult"))
PART_2 = "urn:ISO:std:iso:17469:tech:xsd:PerformancePlanOrReport"


def distributions() -> Iterator[Distribution]:
    """Give the two files."""
    for name, ja, en, part, root, build in (
        (
            "strategies.stratml.xml",
            "計画・戦略の目標と施策（StratML, ISO 17469-1）",
            "Goals and objectives of plans and strategies, in StratML (ISO 17469-1)",
            PART_1,
            "StrategicPlan",
            _strategies,
        ),
        (
            "kpis.stratml.xml",
            "指標の目標値と観測値（StratML, ISO 17469-2）",
            "Targets and observations of indicators, in StratML (ISO 17469-2)",
            PART_2,
            "PerformancePlanOrReport",
            _kpis,
        ),
    ):
        write = partial(_write, part=part, root=root, build=build)
        yield Distribution(name, "application/xml", "forms", {"ja": ja, "en": en}, write)


def _write(source: Source, file: IO[bytes], part: str, root: str, build: Build) -> None:
    plan = ET.Element(root, xmlns=part)
    build(source, plan)
    ET.indent(plan)
    ET.ElementTree(plan).write(file, encoding="utf-8", xml_declaration=True)
    file.write(b"\n")


def _strategies(source: Source, plan: ET.Element) -> None:
    """Give each element at the top of a document as a goal, with all that is below it."""
    rows = _rows(source, "strategy-elements")
    _add(plan, "Name", "科学技術・イノベーション政策の計画・戦略の構成要素")
    _add(plan, "Description", "Elements of the plans and strategies of Japan's innovation policy")
    core = ET.SubElement(plan, "StrategicPlanCore")
    for row in rows:
        if row["parent"] is None:
            goal = ET.SubElement(core, "Goal")
            _named(goal, row, "element", row["documentName"])
            for each in _below(rows, row["element"]):
                _named(ET.SubElement(goal, "Objective"), each, "element", row["documentName"])
    _from(plan)


def _below(rows: list[Json], element: str) -> Iterator[Json]:
    """Give what is below an element, in the order of the document."""
    for row in rows:
        if row["parent"] == element:
            yield row
            yield from _below(rows, row["element"])


def _kpis(source: Source, report: ET.Element) -> None:
    """Give each indicator as a goal, with an objective for each designation it is measured in."""
    rows = sorted(_rows(source, "kpis"), key=lambda each: str(each["indicator"]))
    report.set("Type", "Performance_Report")
    _add(report, "Name", "スタートアップ・エコシステム拠点都市の指標")
    _add(report, "Description", "Indicators of the startup-ecosystem hub cities")
    core = ET.SubElement(report, "StrategicPlanCore")
    for _, of_indicator in groupby(rows, key=lambda each: each["indicator"]):
        values = sorted(of_indicator, key=lambda each: natural(each["designation"]))
        goal = ET.SubElement(core, "Goal")
        _add(goal, "Name", values[0]["indicatorName"]["ja"])
        _add(goal, "Description", values[0]["indicatorName"]["en"])
        _add(goal, "Identifier", _identifier(values[0]["indicator"]))
        _add(goal, "OtherInformation", values[0]["indicator"])
        for _, own in groupby(values, key=lambda each: each["designation"]):
            _objective(goal, list(own))
    _from(report)


def _objective(goal: ET.Element, values: list[Json]) -> None:
    first = values[0]
    objective = ET.SubElement(goal, "Objective")
    _add(objective, "Name", first["designationName"]["ja"])
    _add(objective, "Description", first["designationName"]["en"])
    _add(objective, "OtherInformation", first["designation"])
    # Values of another basis are another indicator: they must not be compared.
    by_basis = sorted(values, key=lambda each: (each["aggregation"], each["value"]))
    for _, group in groupby(by_basis, key=lambda each: each["aggregation"]):
        own = list(group)
        indicator = ET.SubElement(objective, "PerformanceIndicator")
        indicator.set("PerformanceIndicatorType", "Quantitative")
        basis = own[0]["aggregationName"]
        _add(indicator, "MeasurementDimension", f"{first['indicatorName']['ja']}（{basis['ja']}）")
        _add(indicator, "UnitOfMeasurement", own[0]["unitName"]["ja"])
        instance = ET.SubElement(indicator, "MeasurementInstance")
        for kind, name in RESULTS:
            for each in own:
                if each["kind"].endswith(kind):
                    _result(ET.SubElement(instance, name), each)
        told = "; ".join(f"{_identifier(each['value'])}: {_evidence(each)}" for each in own)
        _add(indicator, "OtherInformation", told)


def _result(result: ET.Element, value: Json) -> None:
    """Give a value: no number where the source has none, and no date, which it does not state."""
    if value["number"] is not None:
        _add(result, "NumberOfUnits", str(value["number"]))
    _add(result, "Description", f"{value['name']['ja']}：{value['wording']}")


def _named(place: ET.Element, row: Json, key: str, of: Json) -> None:
    iri = row[key]
    _add(place, "Name", row["name"]["ja"])
    _add(place, "Description", row["name"]["en"])
    _add(place, "Identifier", _identifier(iri))
    _add(place, "SequenceIndicator", iri.rpartition("/")[2].replace("-", "."))
    _add(place, "OtherInformation", f"{of['ja']} / {of['en']}; {iri}; {_evidence(row)}")


def _evidence(row: Json) -> str:
    lines = ", ".join(each.rpartition("/")[2] for each in row["lines"])
    return f"layer {row['layer']}" + (f"; lines {lines}" if lines else "")


def _identifier(iri: str) -> str:
    """Give an XML ID of an IRI of ours: `element.2025-1`."""
    return iri.removeprefix(f"{BASE}id/").replace("/", ".")


def _from(plan: ET.Element) -> None:
    information = ET.SubElement(plan, "AdministrativeInformation")
    _add(information, "Source", BASE)


def _rows(source: Source, name: str) -> list[Json]:
    table = tables(source)[name]
    found = [record(table, row) for row in table.rows]
    return sorted(found, key=lambda each: natural(next(iter(each.values()))))


def _add(place: ET.Element, name: str, text: str) -> None:
    ET.SubElement(place, name).text = text
