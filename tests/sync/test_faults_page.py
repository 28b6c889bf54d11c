"""docs/faults.md names a test for each fault, and each of them is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.named import ROOT, functions, missing, rows

FAULTS = (
    *("cut", "loss", "duplication", "reordering", "truncation", "bit flip", "replay"),
    *("forged hub", "revoked key", "cloned card", "clock jumps", "full disk"),
    *("old and new schema", "kill at every step of the commit", "erasure in mid-chain"),
    "hostile bundle",
)
NAMED = rows("faults.md", 2)


def test_every_fault_stands_there() -> None:
    assert tuple(NAMED) == FAULTS


@pytest.mark.parametrize("fault", FAULTS)
def test_its_tests_are_there(fault: str) -> None:
    assert NAMED[fault]
    assert missing(NAMED[fault]) == []


def test_a_test_that_is_not_there_would_be_noticed() -> None:
    assert "test_nothing_of_the_kind" not in functions(Path(__file__))
    assert functions(ROOT / "tests/benchmarks/test_bad_line.py") == {"test_cuts_cost_little": True}
