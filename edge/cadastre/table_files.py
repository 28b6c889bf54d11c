"""Tables to files: CSV or Parquet, and beside them what each column is, for programs and people.

The description for programs follows Frictionless Data's "Data Package" and "Table Schema".
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Literal

from edge.cadastre.tables import Cell, DataTable, TableColumn

Format = Literal["csv", "parquet"]
DICTIONARY = "datapackage.json"
READABLE = "DATENVERZEICHNIS.md"
_TYPES = {"text": "string", "number": "number", "integer": "integer"}


def write_tables(folder: Path, tables: Sequence[DataTable], form: Format, title: str) -> list[Path]:
    """Write the tables and their two descriptions into ``folder``; return what was written.

    Each file appears whole or not at all.

    :raises OSError: if the folder cannot be written.
    :raises ModuleNotFoundError: if the format needs a library that is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if form == "parquet":
        from edge.cadastre.parquet import write_parquet  # noqa: PLC0415  # the library is an extra
    written = []
    for table in tables:
        path = folder / f"{table.name}.{form}"
        part = path.with_name(f".{path.name}.part")
        if form == "parquet":
            write_parquet(part, table)
        else:
            with part.open("w", encoding="utf-8-sig", newline="") as file:
                write_csv(file, [column.name for column in table.columns], table.rows)
        part.replace(path)
        written.append(path)
    for name, text in (
        (
            DICTIONARY,
            json.dumps(_package(tables, form, title), ensure_ascii=False, indent=2) + "\n",
        ),
        (READABLE, "\n".join(_lines(tables, form, title)) + "\n"),
    ):
        path = folder / name
        part = path.with_name(f".{path.name}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
        written.append(path)
    return written


def write_csv(file: IO[str], names: Iterable[str], rows: Iterable[Iterable[Cell]]) -> None:
    """Write CSV as spreadsheets in Germany read it; no text becomes a formula."""
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows([csv_text(cell) for cell in row] for row in rows)


def csv_of(names: Iterable[str], rows: Iterable[Iterable[Cell]]) -> str:
    """Return the same as text."""
    made = io.StringIO()
    write_csv(made, names, rows)
    return made.getvalue()


def csv_text(cell: Cell) -> str:
    """Return a cell as spreadsheets in Germany read it; no text becomes a formula."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return (f"{cell:.3f}".rstrip("0").rstrip(".") or "0").replace(".", ",")
    text = str(cell)
    return f"'{text}" if isinstance(cell, str) and text[:1] in "=+-@\t" and text else text


def _package(tables: Iterable[DataTable], form: Format, title: str) -> dict[str, object]:
    return {
        "profile": "tabular-data-package",
        "name": "waermekataster",
        "title": title,
        "resources": [_resource(table, form) for table in tables],
    }


def _resource(table: DataTable, form: Format) -> dict[str, object]:
    dialect = {"dialect": {"delimiter": ";", "lineTerminator": "\r\n"}} if form == "csv" else {}
    return {
        "name": table.name,
        "path": f"{table.name}.{form}",
        "title": table.title,
        "description": table.description,
        "format": form,
        **({"encoding": "utf-8"} if form == "csv" else {}),
        **dialect,
        "schema": {
            "fields": [_field(column, form) for column in table.columns],
            "primaryKey": list(table.key),
            "missingValues": [""],
        },
    }


def _field(column: TableColumn, form: Format) -> dict[str, object]:
    comma = {"decimalChar": ","} if form == "csv" and column.kind == "number" else {}
    unit = {"unit": column.unit} if column.unit else {}
    return {
        "name": column.name,
        "type": _TYPES[column.kind],
        "title": column.german,
        "description": column.meaning,
        **unit,
        **comma,
        "source": column.law,
    }


def _lines(tables: Iterable[DataTable], form: Format, title: str) -> Iterable[str]:
    yield f"# {title}"
    yield ""
    if form == "csv":
        yield "CSV, UTF-8; Spalten trennt ein Semikolon, Dezimalen ein Komma; leer: nicht bekannt."
    else:
        yield "Parquet; leer: nicht bekannt."
    for table in tables:
        yield ""
        yield f"## {table.title} (`{table.name}.{form}`, {len(table.rows)} Zeilen)"
        yield ""
        yield table.description
        yield ""
        yield "| Spalte | Name | Einheit | Bedeutung | Grundlage |"
        yield "|---|---|---|---|---|"
        for one in table.columns:
            yield f"| `{one.name}` | {one.german} | {one.unit} | {one.meaning} | {one.law} |"
