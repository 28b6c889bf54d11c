"""A pull round of sixteen busy villages: rates beside peers in the same run, bytes a row."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(900)
def test_a_round_is_quick_and_small() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.benchmarks.county_scale", "round"),
            *("--hubs", "16", "--meters", "200"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert found["segments"] == 16
    assert found["rows"] > 1_000_000
    assert found["bytes_a_row_sorted"] <= 3.0
    # Verified, decoded and committed, beside rows that are built one by one and go nowhere.
    assert found["rows_a_second"] >= 1.5 * found["one_by_one_rows_a_second"]
    assert found["verified_rows_a_second"] >= 4 * found["one_by_one_rows_a_second"]
    assert found["committed_rows_a_second"] >= 0.5 * found["pyarrow_plain_rows_a_second"]
