"""Workbook: all tables as sheets of one XLSX file, with a sheet that says how to read them."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime
from typing import IO, TYPE_CHECKING

import xlsxwriter

from .distribution import COMPRESSED, Distribution, Source
from .tables import LICENCE, number, tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from .tables import Cell, Column, Table

NAME = "seisaku.xlsx"
IN_LANGUAGE = {"ja": ("（日本語）", " (Japanese)"), "en": ("（英語）", " (English)")}
WIDEST, NARROW = 60, 24
"""Widths of a column, in characters: of texts and of IRIs, which are looked up and not read."""
UNDATED = "1980-01-01"
"""The day of a workbook of a dataset that says none: today's would make other bytes each day."""
README = (
    (
        "一枚のシートが一つの表である。一行が一つの記録、または一組の記録に当たる。",
        "Each sheet is a table. A row is a record, or a pair of records.",
    ),
    (
        "最初の列は記録のIRIである。IRIは変わらないので、引用や表の結合に使える。",
        "The first column is the record's IRI. It does not change: cite it, and join tables by it.",
    ),
    (
        "「行」は原資料の行で、L122は122行目である。",
        "Lines are those of the source document: L122 is line 122.",
    ),
    (
        "「層」は、documentが資料の記載、curatedが本データセットの対応付けと表現、externalが外部資料の記載。",
        "Layers: document is the slides, curated our mapping and wording, external other sources.",
    ),
    (
        "空のセルは、資料に記載がないか、その記録に当てはまらないことを示す。ゼロではない。",
        "An empty cell is not stated, or does not apply to the record. It is not zero.",
    ),
    (
        "英語の名称は、公式と記録したもの以外は本データセットによる訳である。",
        "English names are our wording unless they are said to be official.",
    ),
)


def distributions() -> Iterator[Distribution]:
    """Give the workbook."""
    titles = {
        "ja": "すべての表をまとめたExcelブック（説明シート付き）",
        "en": "All tables as an Excel workbook, with a sheet that says how to read them",
    }
    yield Distribution(NAME, COMPRESSED[1], "tables", titles, _write)


def _write(source: Source, file: IO[bytes]) -> None:
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        made = datetime.fromisoformat(source.modified or UNDATED)
        book.set_properties({"title": "Seisaku", "comments": LICENCE, "created": made})
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        plain = {
            "integer": book.add_format({"num_format": "0"}),
            "decimal": book.add_format({"num_format": "#,##0.######"}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        _write_readme(source, book.add_worksheet("readme"), bold, wrapped)
        for table in tables(source).values():
            _write_table(table, book.add_worksheet(table.name), bold, plain)


def _write_readme(source: Source, sheet: Worksheet, bold: Format, wrapped: Format) -> None:
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 2, WIDEST)
    rows = [
        (
            "Seisaku（政策）",
            "日本のイノベーション政策の知識グラフ",
            "Japan's innovation policy as a graph",
        ),
        ("", f"版 {source.version}", f"Version {source.version}"),
        ("", f"最終更新 {source.modified}", f"Last changed {source.modified}"),
        ("", f"CC BY 4.0: {LICENCE}", "Attribute it to “Seisaku maintainers”."),
        *(("", ja, en) for ja, en in README),
        ("", "", ""),
    ]
    for table in tables(source).values():
        count = len(table.rows)
        ja, en = table.titles["ja"], table.titles["en"]
        notes = table.notes
        rows.append(
            (
                table.name,
                f"{ja}（{count:,}行）。{notes.get('ja', '')}",
                f"{en} ({count:,} rows). {notes.get('en', '')}".rstrip(),
            )
        )
    for place, (name, ja, en) in enumerate(rows):
        if name and place:
            sheet.write_url(place, 0, f"internal:'{name}'!A1", string=name)
        else:
            sheet.write_string(place, 0, name, bold)
        sheet.write_string(place, 1, ja, wrapped)
        sheet.write_string(place, 2, en, wrapped)


def _write_table(table: Table, sheet: Worksheet, bold: Format, plain: dict[str, Format]) -> None:
    for place, column in enumerate(table.columns):
        sheet.write_string(0, place, heading(column), bold)
        cells = [row[place] for row in table.rows]
        widths = [_width(_shown(column, each)) for each in cells]
        widest = NARROW if column.kind == "anyURI" and place else WIDEST
        sheet.set_column(place, place, min(max([*widths, 12]) + 2, widest))
        for number_, cell in enumerate(cells, 1):
            _write_cell(sheet, (number_, place), column, cell, plain.get(column.kind))
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)


def heading(column: Column) -> str:
    """Give the heading of a column, in Japanese and, on a line of its own, in English."""
    ja, en = IN_LANGUAGE.get(column.lang or "", ("", ""))
    return f"{column.titles['ja']}{ja}\n{column.titles['en']}{en}"


def _write_cell(
    sheet: Worksheet, place: tuple[int, int], column: Column, cell: Cell, form: Format | None
) -> None:
    if cell is None or cell == []:
        return
    if column.many or not isinstance(cell, str):
        sheet.write_string(*place, _shown(column, cell))
    elif column.kind in ("integer", "decimal"):
        sheet.write_number(*place, number(cell), form)
    elif column.kind == "date":
        sheet.write_datetime(*place, date.fromisoformat(cell), form)
    elif column.kind == "boolean":
        sheet.write_boolean(*place, cell == "true")
    else:
        sheet.write_string(*place, cell)


def _shown(column: Column, cell: Cell) -> str:
    """Give a cell as text: of lines, their short names."""
    values = cell if isinstance(cell, list) else [cell or ""]
    if column.name == "lines":
        values = [each.rpartition("/")[2] for each in values]
    return ", ".join(values)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)
