"""How long a village's, a county's daily signatures take, and how much memory.

    python -m tests.benchmarks.heat_fit --buildings 10000

Buildings of random size and balance under one weather, each with gaps of its own; a year of days.
Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np

from edge.heat.forecast.series import Daily
from edge.heat.forecast.signature import fit_many
from tests.peak import peak_kib

DAYS = 365


def measure(buildings: int) -> dict[str, float]:
    """Fit ``buildings``; return seconds, memory, and how far balances are from the truth."""
    rng = np.random.default_rng(1)
    day = np.arange(DAYS)
    temp = 10.0 - 9.0 * np.cos(2 * np.pi * (day - 20) / 365.25) + rng.normal(0.0, 3.5, DAYS)
    balance = rng.uniform(11.0, 17.0, buildings)
    slope = rng.lognormal(0.0, 0.5, buildings)
    heat = slope[:, None] * (
        2.0 + np.maximum(0.0, balance[:, None] - temp) + rng.normal(0.0, 0.8, (buildings, DAYS))
    )
    heat = np.where(rng.random((buildings, DAYS)) < 0.02, np.nan, np.maximum(heat, 0.0))
    daily = Daily(738_156, heat[0], temp, np.ones(DAYS, dtype=bool), np.full(DAYS, 8.0))
    before = peak_kib()
    wall, cpu = time.perf_counter(), time.process_time()
    found = fit_many(heat, daily)
    return {
        "buildings": buildings,
        "seconds": round(time.perf_counter() - wall, 2),
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "peak_mb": round(peak_kib() / 1024, 0),
        "before_mb": round(before / 1024, 0),
        "balance_off_k": round(float(np.median(np.abs(found.balance_c() - balance))), 2),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--buildings", type=int, default=1000)
    print(json.dumps(measure(parser.parse_args().buildings)))  # noqa: T201
