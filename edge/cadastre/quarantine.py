"""The lines of a table that were not taken whole, written beside it to be corrected and read again.

The file has the table's own columns, so that the same mapping reads it; what is wrong stands in
three columns behind them. It belongs to whoever has the table: only they may read it.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Self

from edge.heat.intake import cells
from edge.heat.intake.cells import Cell
from edge.heat.intake.lines import Finding

COLUMNS = ("Zeile", "Was nicht stimmt", "Was zu tun ist")


def beside(path: Path) -> Path:
    """Return where the lines of a table go."""
    return path.with_name(f"{path.stem}.abgelehnt.csv")


class Quarantine:
    """Writes lines that were not taken; there is no file if all were. ``path`` None writes none."""

    def __init__(self, path: Path | None, header: Sequence[str], decimal: str) -> None:
        self._path, self._header, self._decimal = path, header, decimal
        self._file: IO[str] | None = None
        self._part = None if path is None else path.with_name(f".{path.name}.part")
        self.count = 0

    def add(self, number: int, row: Sequence[Cell], found: Sequence[Finding]) -> None:
        """Write a line and what is wrong with it."""
        self.count += 1
        if self._part is None:
            return
        if self._file is None:
            handle = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            self._file = os.fdopen(handle, "w", encoding="utf-8-sig", newline="")
            csv.writer(self._file, delimiter=";").writerow([*self._header, *COLUMNS])
        shown = [self._text(cell) for cell in row[: len(self._header)]]
        shown += [""] * (len(self._header) - len(shown))
        why = " | ".join(f"{one.column}: {one.why}" for one in found)
        todo = " | ".join(dict.fromkeys(one.todo for one in found))
        csv.writer(self._file, delimiter=";").writerow([*shown, number, why, todo])

    def finish(self) -> Path | None:
        """Put the file in its place and return it; None if there was nothing to write."""
        if self._file is None or self._part is None or self._path is None:
            return None
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._file = None
        self._part.replace(self._path)
        return self._path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
            if self._part is not None:
                self._part.unlink(missing_ok=True)

    def _text(self, cell: Cell) -> str:
        said = cells.text(cell)
        return said.replace(".", self._decimal) if isinstance(cell, float) else said
