"""A backlog over a line that is up 12 s and down 8 s: what was sent twice, and for nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.soak
@pytest.mark.timeout(1500)
def test_cuts_cost_little() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.bad_line", "--hours", "360"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["cuts"] >= 3
    assert found["pulls"] == 1  # the carrier goes on by itself
    assert found["again_per_cut"] <= 64 * 1024
    assert found["wire_ratio"] <= 1.2
