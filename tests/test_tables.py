"""Tables: each kind of record once, with its lines, and the same in every format."""

import csv
import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from csvw import CSVW

from conftest import REPOSITORY
from seisaku import snapshot, tables
from seisaku.config import GRAPH
from seisaku.distribution import Source
from seisaku.errors import Unreadable
from seisaku.export import export
from seisaku.graph import Graph
from seisaku.questions import read
from seisaku.tables import FOLDER, METADATA, SEPARATOR
from seisaku.workbook import NAME, heading

NAMES = [each.id for each in read(FOLDER)]
CLASSES = {
    "hubs": "StartupHub",
    "designations": "HubDesignation",
    "consortia": "Consortium",
    "prefectures": "Prefecture",
    "programs": "Program",
    "milestones": "Milestone",
    "kpis": "IndicatorValue",
    "strategy-elements": "StrategyElement",
}
"""Tables whose rows are the members of a class."""


@pytest.fixture(scope="module")
def graph(built: Path) -> Graph:
    return Graph(built / snapshot.DATASET)


def rows(exported: Path, name: str) -> list[Any]:
    """The rows of a table, as its JSON has them."""
    return list(json.loads((exported / f"{name}.json").read_text(encoding="utf-8")))


def test_there_is_a_table_for_each_kind() -> None:
    others = {"budgets", "evidence", "listed-governments"}
    assert set(NAMES) == {*CLASSES, *others}


@pytest.mark.parametrize("name", CLASSES)
def test_a_table_has_each_member_of_its_class_once(name: str, exported: Path, graph: Graph) -> None:
    members = graph.rows(f"SELECT ?each {{ ?each a ssk:{CLASSES[name]} }}")
    ids = [next(iter(row.values())) for row in rows(exported, name)]
    assert sorted(ids) == sorted(each.value for (each,) in set(members.rows))  # type: ignore[union-attr]


def test_the_evidence_has_each_statement_of_a_line_once(exported: Path, graph: Graph) -> None:
    said = graph.rows(
        f"""SELECT DISTINCT ?record ?segment {{
            GRAPH ?g {{ ?record ssk:isStatedIn|ssk:isLeftOpenIn ?segment }}
            FILTER(?g != <{GRAPH}inferred>) }}"""
    )
    pairs = [(row["record"], row["segment"]) for row in rows(exported, "evidence")]
    assert len(pairs) == len(set(pairs)) > 600
    assert set(pairs) == {(a.value, b.value) for a, b in said}  # type: ignore[union-attr]


@pytest.mark.parametrize("name", NAMES)
def test_each_row_says_its_layer_and_its_lines_or_its_sources(name: str, exported: Path) -> None:
    for row in rows(exported, name):
        assert row["layer"] in ("document", "curated", "external")
        evidence = row.get("lines") or row.get("sources") or row.get("segment")
        assert evidence or row["layer"] == "curated", row


@pytest.mark.parametrize("name", NAMES)
def test_each_name_is_there_in_both_languages(name: str, exported: Path) -> None:
    for row in rows(exported, name):
        for column, value in row.items():
            if column.lower().endswith(("name", "names")) and value:
                assert value.keys() == {"ja", "en"}, column


def test_a_value_is_a_number_only_where_it_is_one_and_null_where_nothing_is_stated(
    exported: Path,
) -> None:
    kpis = rows(exported, "kpis")
    assert [row["number"] for row in kpis if row["multiplier"] == 2] == [None]
    assert all(isinstance(row["number"], int) for row in kpis if row["multiplier"] is None)
    amounts = [row["amount"] for row in rows(exported, "budgets")]
    assert all(isinstance(each, int) for each in amounts)
    assert {row["code"] for row in rows(exported, "prefectures")} >= {"01000", "47000"}


def test_a_date_is_no_more_precise_than_it_is_known(exported: Path) -> None:
    found = {row["date"]["en"]: row for row in rows(exported, "milestones")}
    assert found["July 2020"]["precision"] == "month"
    assert (found["July 2020"]["start"], found["July 2020"]["endBefore"]) == (
        *("2020-07-01", "2020-08-01"),
    )
    assert found["26 March 2021"]["precision"] == "day"
    assert found["FY2023"]["precision"] == "fiscal year"
    assert found["12–14 May 2023"]["precision"] == "days"
    assert found["26 March 2021"]["fiscalYear"] == 2020


@pytest.mark.parametrize("name", NAMES)
def test_csv_says_what_json_says(name: str, exported: Path) -> None:
    text = (exported / f"{name}.csv").read_bytes()
    assert not text.startswith(b"\xef\xbb\xbf")
    found = list(csv.DictReader(text.decode().splitlines(keepends=True)))
    expected = rows(exported, name)
    assert len(found) == len(expected) > 0
    for line, row in zip(found, expected, strict=True):
        for column, cell in line.items():
            stem, _, lang = column.rpartition("_")
            value = (row[stem] or {}).get(lang) if lang in ("ja", "en") else row[column]
            if isinstance(value, list):
                assert cell == SEPARATOR.join(value)
            elif isinstance(value, bool):
                assert cell == str(value).lower()
            elif isinstance(value, int | float):
                assert float(cell) == value
            else:
                assert cell == (value or "")


@pytest.mark.parametrize("name", NAMES)
def test_parquet_says_what_csv_says(name: str, exported: Path) -> None:
    frame = pd.read_parquet(exported / f"{name}.parquet")
    found = pd.read_csv(exported / f"{name}.csv", dtype=str)
    assert list(frame.columns) == list(found.columns)
    assert len(frame) == len(found)
    for column in frame.columns:
        for cell, text in zip(frame[column], found[column], strict=True):
            assert written(cell) == (text if isinstance(text, str) else ""), column


def written(cell: Any) -> str:  # noqa: ANN401  # whatever pandas has
    """A cell of a data frame as CSV has it."""
    if isinstance(cell, str):
        return cell
    if hasattr(cell, "__len__"):
        return SEPARATOR.join(cell)
    if pd.isna(cell):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).lower()


def accepted(metadata: Path) -> bool:
    """Whether the validator accepts the tables, without a warning."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            return bool(CSVW(str(metadata), validate=True).is_valid) and not told
        except ValueError:
            return False


def test_a_validator_of_csvw_accepts_the_tables(exported: Path) -> None:
    assert accepted(exported / METADATA)
    found = CSVW(str(exported / METADATA))
    assert {str(table.url) for table in found.tables} == {f"{name}.csv" for name in NAMES}


@pytest.mark.parametrize(
    ("table", "old", "new"),
    [
        ("designations", "/id/hub/tokyo,", "/id/hub/tokio,"),  # refers to nothing
        ("hubs", "name_en", "name"),  # another heading
        ("budgets", "84000000000", "840億"),  # no number
        ("hubs", "/id/hub/tokyo,", "/id/hub/kansai,"),  # one key twice
    ],
)
def test_the_validator_refuses_what_is_wrong(
    table: str, old: str, new: str, exported: Path, tmp_path: Path
) -> None:
    for name in [METADATA, *(f"{each}.csv" for each in NAMES)]:
        shutil.copy(exported / name, tmp_path)
    file = tmp_path / f"{table}.csv"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert not accepted(tmp_path / METADATA)


def test_the_mark_for_excel_is_there_when_it_is_asked_for(built: Path, tmp_path: Path) -> None:
    export(built / snapshot.DATASET, tmp_path, ["tables"], bom=True)
    for name in NAMES:
        assert (tmp_path / f"{name}.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert accepted(tmp_path / METADATA)


def test_the_workbook_has_a_sheet_for_each_table_and_one_that_explains(
    exported: Path, graph: Graph
) -> None:
    book = openpyxl.load_workbook(exported / NAME)
    assert book.sheetnames == ["readme", *NAMES]
    explained = {row[0] for row in book["readme"].iter_rows(values_only=True)}
    assert set(NAMES) <= explained
    for name, table in tables.tables(Source(graph)).items():
        sheet = book[name]
        assert [cell.value for cell in sheet[1]] == [heading(each) for each in table.columns]
        assert sheet.max_row == len(table.rows) + 1
        for column, cells in zip(table.columns, sheet.iter_cols(min_row=2), strict=True):
            if column.kind in ("integer", "decimal"):
                assert all(isinstance(each.value, int | float | None) for each in cells)
    lines = next(cells for cells in book["hubs"].iter_cols() if cells[0].value == "行\nLines")
    assert lines[1].value
    assert all(cell.value.startswith("L") for cell in lines[1:])


def test_a_column_without_heading_is_an_error_that_names_the_file(
    graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (FOLDER / "hubs.rq").read_text(encoding="utf-8")
    (tmp_path / "hubs.rq").write_text(text.replace(", reading=Reading", ""), encoding="utf-8")
    monkeypatch.setattr("seisaku.tables.FOLDER", tmp_path)
    with pytest.raises(Unreadable, match=r"hubs\.rq: no heading for the column reading"):
        tables.tables(Source(graph))


def test_lines_are_in_the_order_of_their_numbers() -> None:
    names = ["seg/L12", "seg/L9", "seg/L12-L14", "seg/L100"]
    assert sorted(names, key=tables.natural) == ["seg/L9", "seg/L12", "seg/L12-L14", "seg/L100"]


def test_the_page_for_spreadsheets_says_what_the_workbook_shows(exported: Path) -> None:
    text = " ".join((REPOSITORY / "docs" / "spreadsheet.md").read_text(encoding="utf-8").split())
    sheet = openpyxl.load_workbook(exported / NAME)["kpis"]
    head, *lines = sheet.iter_rows(values_only=True)
    english = [str(each).partition("\n")[2].removesuffix(" (English)") for each in head]
    kpis = [dict(zip(english, line, strict=True)) for line in lines]
    targets = [each for each in kpis if each["Kind"] == "indicator target"]
    assert len(targets) == 5
    assert [each["Wording of the source"] for each in targets if each["Number"] is None] == ["倍増"]
    unicorns = [each for each in kpis if each["Indicator"] == "Unicorns"]
    found = {(each["Role of the observation"], each["Number"]) for each in unicorns}
    assert {("baseline", 3), ("actual", 15), (None, 20), (None, 15)} <= found
    assert "is 20 companies; 3 were there at the start and 15 at the end" in text
    for each in unicorns:
        if each["Number"] == 15 and each["Role of the observation"] in (None, "end of phase"):
            assert each["Basis of aggregation"] in text
    designations = openpyxl.load_workbook(exported / NAME)["designations"]
    assert designations["D1"].value == "拠点のIRI\nHub (IRI)"  # what MATCH looks for
