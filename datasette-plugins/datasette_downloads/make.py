"""The files of one snapshot: a program of its own that reads what to make on standard input.

It streams each table once for each form, so that its memory does not grow with the rows, and is
nice to the server beside it. The same snapshot gives the same bytes. It imports nothing of the
package; Parquet needs pyarrow, and without it there is none.

Input, JSON: ``{"database": PATH, "folder": PATH, "about": {...}, "tables": [{"name", "stem",
"title", "columns": {NAME: {"title", "unit"}}}]}``. ``folder`` exists and is empty.
"""

from __future__ import annotations

import base64
import contextlib
import csv
import gzip
import hashlib
import io
import json
import os
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

# Rows at once: some megabytes of Python objects, and enough for Parquet's groups.
BATCH = 20_000
# With four sums each they stay below the 2,000 results that SQLite gives a statement.
COLUMNS = 400
_FORMULA = "=+-@\t\r"
Cell = str | int | float | bytes | None
Rows = Iterable[Sequence[Cell]]
_KINDS = ("integer", "real", "text", "blob")
_HIDDEN = 1  # in `PRAGMA table_xinfo`, of a virtual table; computed columns have 2 and 3


def main() -> None:
    """Make everything; the last file written is `files.json`, which lists the others."""
    os.nice(10)
    order = json.load(sys.stdin)
    make(Path(order["database"]), Path(order["folder"]), order["tables"], order["about"])


def make(
    database: Path,
    folder: Path,
    tables: Sequence[Mapping[str, Any]],
    about: Mapping[str, object],
) -> None:
    """Write every table in every form, what its columns mean, sums, and the list of all.

    :raises sqlite3.Error: if the snapshot cannot be read.
    :raises OSError: if the folder cannot be written.
    """
    address = f"file:{_quoted_path(database)}?mode=ro&immutable=1"
    with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        described = [_table(connection, folder, table) for table in tables]
    _dictionary(folder, about, described)
    files = [_entry(path) for path in sorted(folder.iterdir())]
    (folder / "SHA256SUMS").write_text(
        "".join(f"{one['sha256']}  {one['name']}\n" for one in files), encoding="utf-8"
    )
    files.append(_entry(folder / "SHA256SUMS"))
    tables_said = [
        {key: one[key] for key in ("name", "stem", "title", "rows")} for one in described
    ]
    listed = {"files": files, "tables": tables_said, "parquet": _parquet() is not None}
    (folder / "files.json").write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())


def csv_text(cell: Cell, *, comma: bool = False) -> str:
    """Return a cell's text; none becomes a formula where a spreadsheet opens the file.

    ``comma``: decimals as in Germany. Bytes come as Base64.
    """
    if cell is None:
        return ""
    if isinstance(cell, bytes):
        return base64.b64encode(cell).decode()
    if isinstance(cell, float):
        return repr(cell).replace(".", ",") if comma else repr(cell)
    text = str(cell)
    return f"'{text}" if isinstance(cell, str) and text[:1] in _FORMULA and text else text


def _table(
    connection: sqlite3.Connection, folder: Path, table: Mapping[str, Any]
) -> dict[str, Any]:
    name, stem = str(table["name"]), str(table["stem"])
    declared = [
        (str(row[1]), str(row[2]), bool(row[5]))
        for row in connection.execute(f"PRAGMA table_xinfo({_quoted(name)})")
        if row[6] != _HIDDEN
    ]
    names = [column for column, _, _ in declared]
    counts, rows = _kinds(connection, name, names)

    def read() -> Iterator[Sequence[Cell]]:
        chosen = ", ".join(map(_quoted, names))
        yield from connection.execute(f"SELECT {chosen} FROM {_quoted(name)}")  # noqa: S608 - quoted

    # no name and no time in the packing: the same rows are the same bytes
    with (
        (folder / f"{stem}.csv.gz").open("wb") as raw,
        gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed,
    ):
        _csv(packed, names, read(), delimiter=",", comma=False)
    with (folder / f"{stem}.excel.csv").open("wb") as plain:
        plain.write(b"\xef\xbb\xbf")
        _csv(plain, names, read(), delimiter=";", comma=True)
    types = {column: _type(counts[column]) for column in names}
    if writer := _parquet():
        writer(folder / f"{stem}.parquet", types, read())
    said = table["columns"]
    columns = [
        {
            "name": column,
            "type": types[column],
            "declared": kind,
            "key": key,
            "unit": str(said.get(column, {}).get("unit", "")),
            "title": str(said.get(column, {}).get("title", "")),
        }
        for column, kind, key in declared
    ]
    return {"name": name, "stem": stem, "title": table["title"], "rows": rows, "columns": columns}


def _csv(target: Any, names: Sequence[str], rows: Rows, *, delimiter: str, comma: bool) -> None:
    text = io.TextIOWrapper(target, encoding="utf-8", newline="", write_through=False)
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow([csv_text(name) for name in names])
    for row in rows:
        writer.writerow([csv_text(cell, comma=comma) for cell in row])
    text.flush()
    text.detach()


def _kinds(
    connection: sqlite3.Connection, table: str, names: Sequence[str]
) -> tuple[dict[str, dict[str, int]], int]:
    """Return how many values of each kind every column has (SQLite lets them mix), and the rows.

    The table is read once for every `COLUMNS` columns.
    """
    found: dict[str, dict[str, int]] = {}
    rows = 0
    for first in range(0, len(names), COLUMNS):
        part = names[first : first + COLUMNS]
        sums = [f"total(typeof({_quoted(name)}) = '{kind}')" for name in part for kind in _KINDS]
        asked = f"SELECT count(*), {', '.join(sums)} FROM {_quoted(table)}"  # noqa: S608 - quoted
        rows, *values = map(int, connection.execute(asked).fetchone())
        for place, name in enumerate(part):
            own = values[place * len(_KINDS) : (place + 1) * len(_KINDS)]
            found[name] = dict(zip(_KINDS, own, strict=True))
    return found, rows


def _type(counts: Mapping[str, int]) -> str:
    there = {kind for kind, count in counts.items() if count}
    if there == {"integer"}:
        return "integer"
    if there and there <= {"integer", "real"}:
        return "number"
    return "binary" if there == {"blob"} else "string"


def _parquet() -> Callable[[Path, Mapping[str, str], Rows], None] | None:
    """Return what writes Parquet, None without pyarrow."""
    try:
        import pyarrow as pa  # noqa: PLC0415 - it may be absent
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError:
        return None
    kinds: dict[str, tuple[Any, Callable[[Any], object]]] = {
        "integer": (pa.int64(), lambda cell: cell),
        "number": (pa.float64(), lambda cell: None if cell is None else float(cell)),
        "binary": (pa.binary(), lambda cell: cell),
        "string": (pa.string(), _as_string),
    }

    def write(path: Path, types: Mapping[str, str], rows: Rows) -> None:
        schema = pa.schema([(name, kinds[kind][0]) for name, kind in types.items()])
        turns = [kinds[kind][1] for kind in types.values()]
        with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
            for batch in _batches(rows):
                columns = [
                    pa.array([turn(row[at]) for row in batch], kind.type)
                    for at, (turn, kind) in enumerate(zip(turns, schema, strict=True))
                ]
                writer.write_table(pa.Table.from_arrays(columns, schema=schema))

    return write


def _as_string(cell: Cell) -> str | None:
    if isinstance(cell, bytes):
        return base64.b64encode(cell).decode()
    return None if cell is None else str(cell)


def _batches(rows: Rows) -> Iterator[list[Sequence[Cell]]]:
    batch: list[Sequence[Cell]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _dictionary(
    folder: Path, about: Mapping[str, object], tables: Sequence[Mapping[str, Any]]
) -> None:
    """Write what each column means, for programs and for a spreadsheet."""
    text = json.dumps({**about, "tables": tables}, ensure_ascii=False, indent=2)
    (folder / "columns.json").write_text(text + "\n", encoding="utf-8")
    with (folder / "columns.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(["table", "column", "type", "unit", "title"])
        for table in tables:
            for one in table["columns"]:
                cells = (table["name"], one["name"], one["type"], one["unit"], one["title"])
                writer.writerow([csv_text(cell) for cell in cells])


def _entry(path: Path) -> dict[str, object]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"name": path.name, "size": path.stat().st_size, "sha256": digest}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _quoted_path(path: Path) -> str:
    text = str(path.absolute())
    return text.replace("%", "%25").replace("?", "%3f").replace("#", "%23")


if __name__ == "__main__":
    main()
