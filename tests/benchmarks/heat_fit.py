"""How long a village's, a county's daily signatures take, and how much memory.

    python -m tests.benchmarks.heat_fit --buildings 10000
    python -m tests.benchmarks.heat_fit --growth TABLE.jsonl     # then heat_fit_plot

Buildings of random size and balance under one weather, each with gaps of its own; a year of days,
made and fitted 2,000 at a time. Prints one JSON object: seconds are of fitting alone, memory is of
the whole process, what was made included. ``--growth`` measures each size in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from edge.heat.forecast.series import Daily
from edge.heat.forecast.signature import AT_ONCE, fit_parts
from edge.heat.forecast.table import Floats
from tests.peak import peak_kib

DAYS = 365
SIZES = (100, 1_000, 10_000, 100_000)


class Made:
    """Buildings that are made as they are asked for; ``balances`` are the truth of those so far."""

    def __init__(self, buildings: int) -> None:
        self._left = buildings
        self._rng = np.random.default_rng(1)
        day = np.arange(DAYS)
        noise = self._rng.normal(0.0, 3.5, DAYS)
        self.temp: Floats = 10.0 - 9.0 * np.cos(2 * np.pi * (day - 20) / 365.25) + noise
        self.balances: list[Floats] = []
        self.wall = self.cpu = 0.0

    def __iter__(self) -> Iterator[Floats]:
        while self._left:
            wall, cpu = time.perf_counter(), time.process_time()
            heat = self._some(min(AT_ONCE, self._left))
            self.wall += time.perf_counter() - wall
            self.cpu += time.process_time() - cpu
            self._left -= heat.shape[0]
            yield heat

    def _some(self, count: int) -> Floats:
        rng = self._rng
        balance = rng.uniform(11.0, 17.0, count)
        self.balances.append(balance)
        slope = rng.lognormal(0.0, 0.5, count)
        degrees = np.maximum(0.0, balance[:, None] - self.temp)
        heat = slope[:, None] * (2.0 + degrees + rng.normal(0.0, 0.8, (count, DAYS)))
        missing = rng.random((count, DAYS)) < 0.02
        found: Floats = np.where(missing, np.nan, np.maximum(heat, 0.0))
        return found


def measure(buildings: int) -> dict[str, float]:
    """Fit ``buildings``; return seconds, memory, and how far balances are from the truth."""
    made = Made(buildings)
    every = np.ones(DAYS, dtype=bool)
    daily = Daily(738_156, np.full(DAYS, np.nan), made.temp, every, np.full(DAYS, 8.0))
    before = peak_kib()
    wall, cpu = time.perf_counter(), time.process_time()
    balances = [one.balance_c() for one in fit_parts(made, daily, every)]
    wall, cpu = time.perf_counter() - wall - made.wall, time.process_time() - cpu - made.cpu
    off = np.abs(np.concatenate(balances) - np.concatenate(made.balances))
    return {
        "buildings": buildings,
        "seconds": round(wall, 2),
        "cpu_seconds": round(cpu, 2),
        "peak_mb": round(peak_kib() / 1024, 0),
        "before_mb": round(before / 1024, 0),
        "balance_off_k": round(float(np.median(off)), 2),
    }


def grow(table: Path, sizes: tuple[int, ...] = SIZES) -> None:
    """Measure each size in a process of its own; write a line of JSON for each."""
    lines = []
    for size in sizes:
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.heat_fit", "--buildings", str(size)],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        lines.append(done.stdout)
        table.write_text("".join(lines), "utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--buildings", type=int, default=1000)
    parser.add_argument("--growth", type=Path, metavar="TABLE.jsonl")
    wanted = parser.parse_args()
    if wanted.growth is None:
        print(json.dumps(measure(wanted.buildings)))  # noqa: T201
    else:
        grow(wanted.growth)
