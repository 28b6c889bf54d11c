"""Keys in a table of text: CSV as suppliers and spreadsheets write it, with or without a header.

Columns are found by their names (German or English), or, without a header, by what stands in
them. Separators: semicolon, tab, comma. Lines that begin with `#` and empty ones are passed over.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence

from edge.keyring.found import (
    KEY_FIELDS,
    MANUFACTURER_FIELDS,
    SERIAL_FIELDS,
    KeyFile,
    Said,
    key_file,
    rank,
)
from edge.keyring.words import KeyFileError, is_key, manufacturer_of, meter_name

MOST_LINES = 100_000  # a large town's meters
_SEPARATORS = ";\t,"


def read_table(text: str) -> KeyFile:
    """Return the keys of a table and the lines that give none.

    :raises KeyFileError: if the table as a whole cannot be read.
    """
    rows = _rows(text)
    if not rows:
        raise KeyFileError("die Datei ist leer")
    first = rows[0][1]
    named = [_column(first, fields) for fields in (SERIAL_FIELDS, KEY_FIELDS, MANUFACTURER_FIELDS)]
    serial, key, manufacturer = named
    if any(is_key(cell) for cell in first):  # no header
        return key_file(_by_content(line, cells) for line, cells in rows)
    if key is None or serial is None:
        what = "Schlüssel" if key is None else "Zählernummer"
        raise KeyFileError(
            f"keine Spalte mit der Überschrift „{what}“ gefunden; die erste Zeile braucht"
            " Überschriften wie Hersteller;Seriennummer;Schlüssel"
        )
    return key_file(
        Said(line, _cell(cells, serial), _cell(cells, key), _cell(cells, manufacturer))
        for line, cells in rows[1:]
    )


def _rows(text: str) -> list[tuple[int, list[str]]]:
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        raise KeyFileError(f"die Datei hat mehr als {MOST_LINES} Zeilen")
    used = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if not used:
        return []
    separator = max(_SEPARATORS, key=used[0].count)
    found = []
    try:
        # line by line: a quote that is never closed must not swallow the rest of the file
        for number, line in enumerate(lines, 1):
            if line.strip() and not line.lstrip().startswith("#"):
                cells = next(csv.reader([line], delimiter=separator))
                if any(cell.strip() for cell in cells):
                    found.append((number, [cell.strip() for cell in cells]))
    except csv.Error as error:
        raise KeyFileError(f"Zeile {number} ist keine Zeile einer Tabelle") from error
    return found


def _column(header: Sequence[str], fields: Sequence[str]) -> int | None:
    ranked = [
        (order, index) for index, name in enumerate(header)
        if (order := rank(name, fields)) is not None
    ]  # fmt: skip
    return min(ranked)[1] if ranked else None


def _cell(cells: Sequence[str], index: int | None) -> str:
    return cells[index] if index is not None and index < len(cells) else ""


def _by_content(line: int, cells: Sequence[str]) -> Said:
    """Tell a row's cells apart by what they hold."""
    keys = [cell for cell in cells if is_key(cell)]
    others = [cell for cell in cells if cell and not is_key(cell)]
    serials = list(_serials(others))
    letters = [found for cell in others if (found := manufacturer_of(cell)) and len(cell) == 3]
    if len(keys) > 1 or len(serials) > 1:
        what = "Schlüssel" if len(keys) > 1 else "Zählernummern"
        return Said(line, "", "", trouble=f"mehrere {what} in einer Zeile ohne Überschrift")
    if not keys:  # the longest text was meant to be one
        return Said(line, serials[0] if serials else "", max(others, key=len, default=""))
    if not serials:
        return Said(line, "", "", trouble="hier steht keine Zählernummer")
    return Said(line, serials[0], keys[0], letters[0] if len(letters) == 1 else "")


def _serials(cells: Sequence[str]) -> Iterator[str]:
    for cell in cells:
        try:
            meter_name(cell)
        except KeyFileError:
            continue
        yield cell
