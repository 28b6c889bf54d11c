"""Tests that a page of docs names, and whether they are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`(?: \((soak)\))?")
_NUMBER = re.compile(r"[A-Z]\d+ ")

Named = tuple[str, str, str]  # file, test, and "soak" or nothing


def rows(page: str, column: int) -> dict[str, list[Named]]:
    """Return the first cell of each row of a page's tables, and the tests that a column names.

    :raises ValueError: as of :func:`rows_of`.
    """
    return rows_of((ROOT / "docs" / page).read_text("utf-8"), column)


def rows_of(text: str, column: int) -> dict[str, list[Named]]:
    """Return what :func:`rows` does, of a page's text.

    :raises ValueError: if a row stands there twice (by its first word, where that is a number as
        H8 is), or below a line that ends the table, where it is not shown as a row.
    """
    found: dict[str, list[Named]] = {}
    numbers: set[str] = set()
    lines = text.splitlines()
    for before, line, after in zip(["", *lines], lines, [*lines[1:], ""], strict=False):
        if not line.startswith("|") or line.startswith("|-") or after.startswith("|-"):
            continue
        if not before.startswith("|"):
            raise ValueError(f"a table is cut before {line[:40]}")
        cells = line.strip("|").split("|")
        first = cells[0].strip()
        number = first.split(" ")[0] if _NUMBER.match(first) else first
        if number in numbers:
            raise ValueError(f"{number} stands there twice")
        numbers.add(number)
        found[first] = _TEST.findall(cells[column])
    return found


def functions(file: Path) -> dict[str, bool]:
    """Return the tests of a file, and for each if it is marked as soak."""
    tree = ast.parse(file.read_text("utf-8"))
    return {
        one.name: any("mark.soak" in ast.unparse(mark) for mark in one.decorator_list)
        for one in tree.body
        if isinstance(one, ast.FunctionDef)
    }


def missing(named: list[Named]) -> list[str]:
    """Return what is wrong with tests that are named: not there, or soak and not said so."""
    wrong = []
    for path, name, soak in named:
        there = functions(ROOT / path) if (ROOT / path).is_file() else {}
        if name not in there:
            wrong.append(f"{path} has no {name}")
        elif there[name] != bool(soak):
            wrong.append(f"{name}: soak or not")
    return wrong
