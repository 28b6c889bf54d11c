"""docs/care-safety.md names a test for each measure against a hazard, and each of them is there."""

from __future__ import annotations

import pytest

from tests.named import ROOT, missing, rows, rows_of

HAZARDS = rows("care-safety.md", 4)
PAGE = (ROOT / "docs" / "care-safety.md").read_text("utf-8")


def test_hazards_are_numbered_one_by_one() -> None:
    numbers = [one.split(" ")[0] for one in HAZARDS]
    assert numbers == [f"H{n}" for n in range(1, len(numbers) + 1)]
    assert len(numbers) > 15


@pytest.mark.parametrize("hazard", HAZARDS)
def test_each_measure_is_shown_by_a_test(hazard: str) -> None:
    assert HAZARDS[hazard]
    assert missing(HAZARDS[hazard]) == []


def test_what_it_is_not_stands_there() -> None:
    for words in ("No diagnosis", "No emergency system", "open question for the operator"):
        assert words in PAGE


TABLE = "| hazard | shown by |\n|---|---|\n| H1 One | `tests/a.py::test_one` |\n"
SECOND = "| H2 Two | `tests/a.py::test_two` (soak) |\n"


def test_a_table_is_read_row_by_row() -> None:
    found = rows_of(f"# Page\n\n{TABLE}{SECOND}\nEnd.\n\n{TABLE.replace('H1', 'H3')}", 1)
    assert found == {
        "H1 One": [("tests/a.py", "test_one", "")],
        "H2 Two": [("tests/a.py", "test_two", "soak")],
        "H3 One": [("tests/a.py", "test_one", "")],
    }


@pytest.mark.parametrize("again", ["H1 One", "H1 Another"])
def test_a_row_that_is_there_already_is_refused(again: str) -> None:
    with pytest.raises(ValueError, match="H1 stands there twice"):
        rows_of(TABLE + SECOND.replace("H2 Two", again), 1)


def test_a_table_that_is_cut_is_refused() -> None:
    with pytest.raises(ValueError, match=r"cut before \| H2"):
        rows_of(f"{TABLE}\n{SECOND}", 1)
