"""Publishing a thousand buildings' heat; figures go to the report, 100,000 are run by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_a_thousand_buildings(record_property: Callable[[str, object], None]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.heat_publication", "--buildings", "1000"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    for name, value in found.items():
        record_property(name, value)
    assert found["shown_2026"] > 900
    assert found["blocks_2026"] > 20
