"""A thousand daily signatures at once; figures go to the report, ten thousand are run by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MOST_MB = 1024


def test_a_thousand_buildings(record_property: Callable[[str, object], None]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.heat_fit", "--buildings", "1000"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    for name, value in found.items():
        record_property(name, value)
    assert found["peak_mb"] < MOST_MB
    assert found["balance_off_k"] < 0.5
