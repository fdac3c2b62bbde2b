"""Tables: each kind of record as a table, in CSV with its CSVW metadata, JSON and Parquet.

A table is a query file of `tables/`, with the header of a question file. Its columns are the
variables of the query: `name_ja` and `name_en` are one thing in two languages; a name in the
plural, `lines`, holds a list. Rows that differ in lists alone are one row.
"""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from functools import cache, partial
from importlib.util import find_spec
from typing import IO, TYPE_CHECKING, Any

from pyoxigraph import Literal, NamedNode

from .config import LANGUAGES, PACKAGE
from .distribution import Distribution, Source
from .errors import Unreadable
from .questions import Question, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .graph import Term

    Json = dict[str, Any]
    Cell = str | list[str] | None
    """A value as it is written in the graph; a list of them; None for nothing."""

FOLDER = PACKAGE / "tables"
XSD = "http://www.w3.org/2001/XMLSchema#"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
METADATA = "csv-metadata.json"
"""The name under which CSVW looks for the metadata of all tables of a folder."""

SEPARATOR = "; "
"""Between the values of a list in CSV: no IRI and no name has it."""

KINDS = {
    "integer": "integer",
    "nonNegativeInteger": "integer",
    "decimal": "decimal",
    "boolean": "boolean",
    "date": "date",
}
"""How a datatype of XSD is called in CSVW; any other is a string."""

HAS_PARQUET = find_spec("pyarrow") is not None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, its heading in each language, what its values are."""

    name: str
    titles: dict[str, str]
    kind: str
    """`anyURI`, `string`, or one of `KINDS`."""
    many: bool
    """Whether a cell holds a list."""

    @property
    def lang(self) -> str | None:
        """The language of its texts; None when they are in none."""
        lang = self.name.rpartition("_")[2]
        return lang if lang in LANGUAGES and lang != self.name else None

    @property
    def stem(self) -> str:
        """Its name without the language."""
        return self.name.removesuffix(f"_{self.lang}") if self.lang else self.name


@dataclass(frozen=True, slots=True)
class Table:
    """A table: what it is called, its columns, its rows of cells in their order."""

    name: str
    titles: dict[str, str]
    notes: dict[str, str]
    columns: list[Column]
    rows: list[list[Cell]]

    @property
    def key(self) -> list[str]:
        """The columns that tell rows apart: the first one, or the first two."""
        once = {row[0] for row in self.rows} if self.rows else set()
        return [each.name for each in self.columns[: 1 if len(once) == len(self.rows) else 2]]


def distributions() -> Iterator[Distribution]:
    """Give each table in each format, and the metadata of those in CSV."""
    for question in read(FOLDER):
        for media_type, extension, write in FORMATS:
            name = f"{question.id}.{extension}"
            yield Distribution(
                name, media_type, "tables", question.titles, partial(write, name=question.id)
            )
    titles = {"ja": "CSVの表のメタデータ（CSVW）", "en": "What the tables in CSV hold (CSVW)"}
    yield Distribution(METADATA, "application/csvm+json", "tables", titles, _write_metadata)


@cache
def tables(source: Source) -> dict[str, Table]:
    """Give all tables by name. Raises `Unreadable` for a query whose rows are not what it says."""
    return {each.id: _table(source, each) for each in read(FOLDER)}


def _table(source: Source, question: Question) -> Table:
    found = source.graph.rows(question.text)
    many = [each.removesuffix("_ja").removesuffix("_en").endswith("s") for each in found.columns]
    merged: dict[tuple[Term | None, ...], list[dict[Term, None]]] = {}
    for row in found:
        key = tuple(term for term, lists in zip(row, many, strict=True) if not lists)
        cells = merged.setdefault(key, [{} for _ in row])
        for term, cell in zip(row, cells, strict=True):
            if term is not None:
                cell[term] = None
    kinds = [_kind(cells[place] for cells in merged.values()) for place in range(len(many))]
    columns = [
        Column(name, _titles(question, name), kind, lists)
        for name, kind, lists in zip(found.columns, kinds, many, strict=True)
    ]
    rows = [
        [_cell(cell, many=lists) for cell, lists in zip(cells, many, strict=True)]
        for cells in merged.values()
    ]
    return Table(question.id, question.titles, question.notes, columns, rows)


def _titles(question: Question, name: str) -> dict[str, str]:
    stem = re.sub("_(ja|en)$", "", name)
    try:
        return {lang: question.columns[lang][stem] for lang in LANGUAGES}
    except KeyError:
        raise Unreadable(
            FOLDER / f"{question.id}.rq", f"no heading for the column {stem}"
        ) from None


def _kind(cells: Iterable[dict[Term, None]]) -> str:
    """Give what the values of a column are: the same for all, else text."""
    kinds = set()
    for cell in cells:
        for term in cell:
            local = term.datatype.value.removeprefix(XSD) if isinstance(term, Literal) else ""
            kinds.add("anyURI" if isinstance(term, NamedNode) else KINDS.get(local, "string"))
    if kinds == {"integer", "decimal"}:
        return "decimal"
    return kinds.pop() if len(kinds) == 1 else "string"


def _cell(cell: dict[Term, None], *, many: bool) -> Cell:
    values = [term.value for term in cell if isinstance(term, NamedNode | Literal)]
    if many:
        return sorted(values, key=natural)
    return values[0] if values else None


def natural(text: str) -> list[tuple[int, str]]:
    """Give the key that sorts L9 before L12."""
    return [(int(each or 0), rest) for rest, each in re.findall(r"(\D*)(\d*)", text)]


def number(text: str) -> int | float:
    """Give a number as a number: a whole one without a point."""
    value = float(text)
    return int(value) if value.is_integer() else value


def _write_csv(source: Source, file: IO[bytes], name: str) -> None:
    """Write CSV (RFC 4180) in UTF-8, with the columns' names as the first line."""
    table = tables(source)[name]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([each.name for each in table.columns])
    for row in table.rows:
        writer.writerow([SEPARATOR.join(c) if isinstance(c, list) else c or "" for c in row])
    file.write(text.getvalue().encode("utf-8-sig" if source.bom else "utf-8"))


def _write_json(source: Source, file: IO[bytes], name: str) -> None:
    """Write an array of objects; `name_ja` and `name_en` become `name` with both languages."""
    table = tables(source)[name]
    records = [json.dumps(record(table, row), ensure_ascii=False) for row in table.rows]
    file.write(("[\n" + ",\n".join(records) + "\n]\n").encode())


def record(table: Table, row: list[Cell]) -> Json:
    """Give a row as an object; what there is nothing of is null, or an empty list."""
    found: Json = {}
    for column, cell in zip(table.columns, row, strict=True):
        value = [_value(column, each) for each in cell] if isinstance(cell, list) else None
        if not isinstance(cell, list):
            value = _value(column, cell)
        if column.lang is None:
            found[column.name] = value
        elif cell:
            found[column.stem] = (found.get(column.stem) or {}) | {column.lang: value}
        else:
            found.setdefault(column.stem, None)
    return found


def _value(column: Column, text: str | None) -> Any:  # noqa: ANN401  # a value of JSON
    if text is None:
        return None
    if column.kind in ("integer", "decimal"):
        return number(text)
    return text == "true" if column.kind == "boolean" else text


def _write_metadata(source: Source, file: IO[bytes]) -> None:
    """Write the metadata of all tables (CSV on the Web, W3C 2015)."""
    found = tables(source)
    keys = {table.key[0]: table.name for table in found.values() if len(table.key) == 1}
    document = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:license": {"@id": LICENCE},
        "tables": [_described(table, keys) for table in found.values()],
    }
    file.write(json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n")


def _described(table: Table, keys: dict[str, str]) -> Json:
    foreign = [
        {
            "columnReference": column.name,
            "reference": {"resource": f"{keys[column.name]}.csv", "columnReference": column.name},
        }
        for place, column in enumerate(table.columns)
        # A reference may not be empty, so that some say nothing of it.
        if keys.get(column.name, table.name) != table.name
        and all(row[place] is not None for row in table.rows)
    ]
    schema = {
        "columns": [_described_column(each) for each in table.columns],
        "primaryKey": table.key,
        **({"foreignKeys": foreign} if foreign else {}),
        **({"aboutUrl": f"{{+{table.key[0]}}}"} if len(table.key) == 1 else {}),
    }
    return {
        "url": f"{table.name}.csv",
        "dc:title": _texts(table.titles),
        **({"dc:description": _texts(table.notes)} if table.notes else {}),
        "tableSchema": schema,
    }


def _described_column(column: Column) -> Json:
    return {
        "name": column.name,
        "titles": {"und": column.name, **column.titles},
        "datatype": column.kind,
        **({"separator": SEPARATOR} if column.many else {}),
        **({"lang": column.lang} if column.lang else {}),
    }


def _texts(texts: dict[str, str]) -> list[Json]:
    return [{"@value": text, "@language": lang} for lang, text in texts.items()]


def _write_parquet(source: Source, file: IO[bytes], name: str) -> None:
    """Write Parquet; numbers are numbers, lists are lists, the titles stand in the metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = tables(source)[name]
    kinds = {
        "integer": pa.int64(),
        "decimal": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
    }
    arrays, fields = [], []
    for place, column in enumerate(table.columns):
        cells = [row[place] for row in table.rows]
        one = kinds.get(column.kind, pa.string())
        type_ = pa.list_(pa.string()) if column.many else one
        values = cells if column.many else [_typed(column, each) for each in cells]
        arrays.append(pa.array(values, type=type_))
        fields.append(pa.field(column.name, type_, metadata=column.titles))
    texts = {**{f"title_{lang}": text for lang, text in table.titles.items()}, "license": LICENCE}
    texts |= {f"note_{lang}": text for lang, text in table.notes.items()}
    written = pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata=texts))
    pq.write_table(written, file, compression="zstd")


def _typed(column: Column, cell: Cell) -> object:
    if column.kind == "date" and isinstance(cell, str):
        from datetime import date

        return date.fromisoformat(cell)
    return _value(column, cell) if isinstance(cell, str) else None


FORMATS = [
    ("text/csv", "csv", _write_csv),
    ("application/json", "json", _write_json),
    *([("application/vnd.apache.parquet", "parquet", _write_parquet)] if HAS_PARQUET else []),
]
"""Media type, file name extension and writer. Parquet is there where pyarrow is installed: it is 46
MB to load for eleven small tables, so that it is no dependency but an extra, `seisaku[parquet]`."""
