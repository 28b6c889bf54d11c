"""The files themselves: what stands in them, byte by byte, and what they cost."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import datasette_downloads.make as module
import pytest
from datasette_downloads.make import csv_text, make
from pyarrow import parquet

ABOUT = {"name": "heat", "title": "Wärme", "license_url": "https://example.org/zero"}


def snapshot(folder: Path, *statements: str) -> Path:
    path = folder / "heat 1%.db"  # a name that an address must escape
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)
    return path


def made(folder: Path, *statements: str, **columns: dict[str, str]) -> Path:
    out = folder / "out"
    out.mkdir()
    table = {"name": "t", "stem": "t", "title": "Eine Tabelle", "columns": columns}
    make(snapshot(folder, *statements), out, [table], ABOUT)
    return out


MIXED = (
    "CREATE TABLE t (id INTEGER PRIMARY KEY, kwh REAL, word TEXT, raw BLOB, any, empty)",
    "INSERT INTO t VALUES (1, 1.5, 'Wärme; \"x\"', x'00ff', 1, NULL)",
    "INSERT INTO t VALUES (2, NULL, '=1+1', NULL, 'two', NULL)",
    "INSERT INTO t VALUES (3, -0.25, '-5', NULL, 3.5, NULL)",
)


def test_the_packed_csv_is_for_programs(tmp_path: Path) -> None:
    packed = (made(tmp_path, *MIXED) / "t.csv.gz").read_bytes()
    rows = list(csv.reader(io.StringIO(gzip.decompress(packed).decode("utf-8"))))
    assert rows == [
        ["id", "kwh", "word", "raw", "any", "empty"],
        ["1", "1.5", 'Wärme; "x"', "AP8=", "1", ""],
        ["2", "", "'=1+1", "", "two", ""],
        ["3", "-0.25", "'-5", "", "3.5", ""],
    ]


def test_the_other_csv_is_for_a_german_excel(tmp_path: Path) -> None:
    text = (made(tmp_path, *MIXED) / "t.excel.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    lines = text.decode("utf-8-sig").split("\r\n")
    assert lines[0] == "id;kwh;word;raw;any;empty"
    assert lines[1] == '1;1,5;"Wärme; ""x""";AP8=;1;'
    assert lines[3] == "3;-0,25;'-5;;3,5;"


@pytest.mark.parametrize("begin", list("=+-@\t\r"))
def test_no_text_becomes_a_formula(begin: str) -> None:
    assert csv_text(f"{begin}cmd") == f"'{begin}cmd"
    assert csv_text(f"a{begin}") == f"a{begin}"


def test_numbers_keep_every_digit() -> None:
    for number in (0.1, 1 / 3, 1e-9, 123456789.123456, -2.5):
        assert float(csv_text(number)) == number
        assert float(csv_text(number, comma=True).replace(",", ".")) == number
    assert (csv_text(-5), csv_text(None), csv_text("")) == ("-5", "", "")


def test_a_name_of_a_column_is_no_formula_either(tmp_path: Path) -> None:
    out = made(tmp_path, 'CREATE TABLE t ("=x" TEXT)')
    assert gzip.decompress((out / "t.csv.gz").read_bytes()) == b"'=x\r\n"


def test_a_computed_column_has_a_name_too(tmp_path: Path) -> None:
    out = made(
        tmp_path,
        "CREATE TABLE t (kwh REAL, mwh REAL AS (kwh / 1000), w INT AS (1) STORED, tag TEXT)",
        "INSERT INTO t (kwh, tag) VALUES (1500, 'x')",
    )
    text = gzip.decompress((out / "t.csv.gz").read_bytes()).decode()
    assert text == "kwh,mwh,w,tag\r\n1500.0,1.5,1,x\r\n"
    assert parquet.read_table(out / "t.parquet").to_pylist() == [
        {"kwh": 1500.0, "mwh": 1.5, "w": 1, "tag": "x"}
    ]
    said = json.loads((out / "columns.json").read_text("utf-8"))
    assert [one["name"] for one in said["tables"][0]["columns"]] == ["kwh", "mwh", "w", "tag"]


@pytest.mark.parametrize(("columns", "scans"), [(2, 1), (400, 1), (401, 2), (2000, 5)])
def test_the_kinds_of_a_tables_values_are_counted_at_once(columns: int, scans: int) -> None:
    names = ["first", *(f"c{n}" for n in range(2, columns)), "last"]
    statements: list[str] = []
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"CREATE TABLE t ({', '.join(names)})")
        for value in (1, "x"):
            connection.execute("INSERT INTO t (first, last) VALUES (2.5, ?)", (value,))
        connection.set_trace_callback(statements.append)
        counts, rows = module._kinds(connection, "t", names)
    assert rows == 2
    assert list(counts) == names
    assert counts["first"] == {"integer": 0, "real": 2, "text": 0, "blob": 0}
    assert counts["last"] == {"integer": 1, "real": 0, "text": 1, "blob": 0}
    assert len(statements) == scans


def test_parquet_has_the_types_that_the_values_have(tmp_path: Path) -> None:
    table = parquet.read_table(made(tmp_path, *MIXED) / "t.parquet")
    assert [str(field.type) for field in table.schema] == [
        "int64", "double", "string", "binary", "string", "string",
    ]  # fmt: skip
    assert table.to_pylist()[0] == {
        "id": 1, "kwh": 1.5, "word": 'Wärme; "x"', "raw": b"\x00\xff", "any": "1", "empty": None,
    }  # fmt: skip
    assert table.to_pylist()[1]["word"] == "=1+1"


def test_parquet_comes_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 7)
    many = """INSERT INTO t WITH RECURSIVE n(i) AS
        (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) SELECT i FROM n"""
    out = made(tmp_path, "CREATE TABLE t (i INTEGER)", many)
    file = parquet.ParquetFile(out / "t.parquet")
    assert (file.metadata.num_row_groups, file.metadata.num_rows) == (8, 50)
    assert file.read().column("i").to_pylist() == list(range(1, 51))


def test_without_pyarrow_there_is_no_parquet_and_the_list_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    out = made(tmp_path, *MIXED)
    assert not (out / "t.parquet").exists()
    assert json.loads((out / "files.json").read_text())["parquet"] is False
    assert (out / "t.csv.gz").exists()


def test_the_columns_are_explained(tmp_path: Path) -> None:
    out = made(tmp_path, *MIXED, kwh={"title": "Wärmemenge", "unit": "kWh"})
    rows = list(csv.reader(io.StringIO((out / "columns.csv").read_text("utf-8"))))
    assert rows[0] == ["table", "column", "type", "unit", "title"]
    assert rows[2] == ["t", "kwh", "number", "kWh", "Wärmemenge"]
    said = json.loads((out / "columns.json").read_text("utf-8"))
    assert said["license_url"] == ABOUT["license_url"]
    assert said["tables"][0]["rows"] == 3
    first, second, *_ = said["tables"][0]["columns"]
    assert (first["key"], first["type"], second["unit"]) == (True, "integer", "kWh")


def test_sums_and_sizes_are_those_of_the_files(tmp_path: Path) -> None:
    out = made(tmp_path, *MIXED)
    sums = dict(
        reversed(line.split("  ")) for line in (out / "SHA256SUMS").read_text().splitlines()
    )
    assert set(sums) == {"columns.csv", "columns.json", "t.csv.gz", "t.excel.csv", "t.parquet"}
    for name, digest in sums.items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == digest
    for one in json.loads((out / "files.json").read_text())["files"]:
        assert (out / one["name"]).stat().st_size == one["size"]


def test_the_same_snapshot_gives_the_same_bytes(tmp_path: Path) -> None:
    found = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        out = made(folder, *MIXED)
        found.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert found[0] == found[1]


def test_the_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    """In a process of its own, as the server runs it; pyarrow weighs the same for both."""
    peaks = []
    for name, rows in (("few", 1_000), ("many", 120_000)):
        folder = tmp_path / name
        (folder / "out").mkdir(parents=True)
        path = snapshot(folder, "CREATE TABLE t (i INTEGER PRIMARY KEY, a TEXT, b REAL)")
        with closing(sqlite3.connect(path)) as connection, connection:
            each = ((i, f"Gebäude {i % 50}", i / 3) for i in range(rows))
            connection.executemany("INSERT INTO t VALUES (?, ?, ?)", each)
        order = {
            "database": str(path),
            "folder": str(folder / "out"),
            "about": ABOUT,
            "tables": [{"name": "t", "stem": "t", "title": "t", "columns": {}}],
        }
        code = (
            "import resource, runpy, sys; sys.modules['pyarrow'] = None;"
            f"runpy.run_path({module.__file__!r}, run_name='__main__');"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        )
        said = subprocess.run(
            [sys.executable, "-c", code],
            input=json.dumps(order),
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        peaks.append(int(said.stdout))
    assert peaks[1] < peaks[0] + 8_000  # KB
