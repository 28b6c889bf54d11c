"""Tables as people have them, read as a stream: CSV in their encodings, Excel (.xlsx)."""

from __future__ import annotations

import codecs
import csv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path

from edge.heat.errors import CadastreError
from edge.heat.intake import cells
from edge.heat.intake.cells import Cell

MOST_BYTES = 400 << 20  # ten times the largest table that was met
MOST_SHARED_BYTES = 200 << 20  # Excel keeps its texts in one piece that has to fit into memory
MOST_COLUMNS = 300
_CHUNK = 1 << 20
_DELIMITERS = ";,\t|"
_OTHERS = (
    (b"\xd0\xcf\x11\xe0", "eine alte Excel-Datei (.xls)"),
    (b"%PDF", "ein PDF"),
)

Rows = Iterator[tuple[int, list[Cell]]]


@dataclass(frozen=True, slots=True)
class Table:
    """An open table: the names of its columns and its rows with the number of their line."""

    header: list[str]
    rows: Rows


@contextmanager
def open_table(
    path: Path, *, header: int = 1, sheet: str = "", encoding: str = "", delimiter: str = ""
) -> Iterator[Table]:
    """Open a table; what is empty is found out. ``header`` is the line of the columns' names.

    :raises CadastreError: if it is none, also while its rows are read.
    """
    start = begin_of(path, MOST_BYTES, "Bitte teilen.")
    for magic, what in _OTHERS:
        if start.startswith(magic):
            raise CadastreError(what, hint=f"Das ist {what}; bitte als .xlsx oder CSV speichern.")
    if start.startswith(b"PK\x03\x04"):
        with _workbook(path, sheet) as rows:
            yield _headed(rows, header)
    else:
        with _csv(path, encoding, delimiter, header) as rows:
            yield _headed(rows, header)


def begin_of(path: Path, most: int, todo: str) -> bytes:
    """Return a file's first bytes.

    :raises CadastreError: if it cannot be read, or has more than ``most`` bytes: then ``todo``.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError as error:
        raise CadastreError(
            str(error), hint=f"Die Datei {path} ist nicht zu lesen: {error.strerror}."
        ) from None
    if size > most:
        raise CadastreError("too large", hint=f"Die Datei ist größer als {most >> 20} MB. {todo}")
    return start


def has_shapes(path: Path) -> bool:
    """Tell whether a file is one of shapes, by its first bytes; False if it cannot be read."""
    try:
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError:
        return False
    if start.startswith(b"SQLite format 3\0"):
        return True
    return start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"<"))


def samples(table: Table, count: int = 50) -> list[list[str]]:
    """Return the first rows as texts, to guess from."""
    return [[cells.text(cell) for cell in row] for _, row in islice(table.rows, count)]


def _headed(rows: Rows, header: int) -> Table:
    for number, row in rows:
        if number >= header:
            names = [cells.text(cell) for cell in row]
            if sum(map(bool, names)) < 2:  # one column is no table
                break
            return Table(names, rows)
    raise CadastreError(
        "no header",
        hint=f"In Zeile {header} stehen keine Überschriften. Bitte in der Zuordnung „header“ "
        "(die Zeile) oder „delimiter“ (das Trennzeichen) angeben.",
    )


@contextmanager
def _csv(path: Path, encoding: str, delimiter: str, header: int) -> Iterator[Rows]:
    encoding = encoding or _encoding(path)
    with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as file:
        if not delimiter:
            first = "".join(islice(file, header))
            delimiter = max(_DELIMITERS, key=first.count)
            file.seek(0)
        yield _csv_rows(csv.reader(file, delimiter=delimiter))


def _csv_rows(reader: Iterator[list[str]]) -> Rows:
    number = 1
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise CadastreError(
                str(error), hint=f"Ab Zeile {number} ist die Datei keine Tabelle: {error}."
            ) from None
        if row is None:
            return
        yield number, list(row[:MOST_COLUMNS])
        number = getattr(reader, "line_num", number) + 1


def _encoding(path: Path) -> str:
    """Return utf-8 if the whole file is, else what German Windows writes."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                if b"\0" in chunk:
                    raise CadastreError(
                        "no text", hint="Das ist keine Textdatei; bitte als CSV speichern."
                    )
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


@contextmanager
def _workbook(path: Path, sheet: str) -> Iterator[Rows]:
    try:
        import openpyxl  # noqa: PLC0415  # only where somebody reads Excel
        from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415
    except ImportError:
        raise CadastreError(
            "openpyxl is absent",
            hint="Für Excel fehlt ein Teil: pip install 'dorfhub[excel]'. Oder die Tabelle als "
            "CSV speichern.",
        ) from None
    try:
        with zipfile.ZipFile(path) as packed:
            for one in packed.infolist():
                if one.filename.endswith("sharedStrings.xml") and one.file_size > MOST_SHARED_BYTES:
                    raise CadastreError(
                        "too many texts", hint="Die Tabelle ist zu groß; bitte als CSV speichern."
                    )
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise CadastreError(
            str(error), hint="Das ist keine Excel-Tabelle (.xlsx); bitte als CSV speichern."
        ) from None
    try:
        if sheet and sheet not in book.sheetnames:
            raise CadastreError(
                f"no sheet {sheet!r}",
                hint=f"Ein Blatt „{sheet}“ gibt es nicht. Es gibt: {', '.join(book.sheetnames)}",
            )
        page = book[sheet or book.sheetnames[0]]
        yield (
            (number, [_cell(value) for value in row[:MOST_COLUMNS]])
            for number, row in enumerate(page.iter_rows(values_only=True), start=1)
        )
    finally:
        book.close()


def _cell(value: object) -> Cell:
    if isinstance(value, bool):
        return "ja" if value else "nein"
    if isinstance(value, (int, float)):
        return float(value)
    if value is None or isinstance(value, (str, date)):
        return value
    return str(value)
