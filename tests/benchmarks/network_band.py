"""How often a network's load lies in the band of its sum: made houses of one village.

    python -m tests.benchmarks.network_band --meters 8 --mornings 40 --shared 0.5

Houses of random size, balance and memory under one weather. What a house's heat has beside the
weather (neighbouring hours alike) is, by ``--shared`` of its variance, the same for all houses: sun
and wind, of which nobody measures anything. The hub's weather ahead errs, more from hour to hour,
and says by how much. Each morning all meters are forecast and added up three ways; printed is how
many hours and days lay in the 80 % band: as the hub does it, in quadrature (as if houses erred by
themselves), and all sides added. By hand: a morning of 8 meters takes about 8 s of a core.
"""

from __future__ import annotations

import argparse
import json

import numpy as np

from edge.heat.forecast.ahead import HOURS, Ahead, ahead
from edge.heat.forecast.series import Series, of_table
from edge.heat.forecast.sums import Part, by_day, part_of, summed
from edge.heat.forecast.table import Floats, Table
from tests.made_heat import BEGIN, _followed, weather

FIRST_DAY = 300  # of made days: from the end of October on
STEP_DAYS = 3  # from one morning to the next that is tried
ERROR_K = 1.5  # standard error of the weather 72 hours ahead, growing with the root of hours


class Village:
    """Made houses (meters, hours) and the temperature that came."""

    def __init__(self, meters: int, days: int, shared: float, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.temp = weather(days, self.rng)
        common = self._noise()
        rows = []
        for _ in range(meters):
            kept = _followed(self.temp, 1 - np.exp(-1 / self.rng.uniform(8, 60)), self.temp[0])
            size = self.rng.lognormal(0.0, 0.6)
            level = 2.0 + np.maximum(0.0, self.rng.uniform(13, 17) - kept)
            noise = np.sqrt(shared) * common + np.sqrt(1 - shared) * self._noise()
            rows.append(size * np.maximum(level * (1 + 0.12 * noise), 0.0))
        self.heat: Floats = np.stack(rows)

    def _noise(self) -> Floats:
        return 4.36 * _followed(self.rng.normal(size=self.temp.size), 0.1, 0.0)

    def forecast(self, day: int) -> tuple[list[Ahead], Floats]:
        """Return the forecasts of a morning at 5, and what came, (meters, hours)."""
        now = day * 24 + 5
        error = ERROR_K * np.sqrt(np.arange(1, HOURS + 1) / HOURS)
        steps = self.rng.normal(size=HOURS) * ERROR_K / np.sqrt(HOURS)
        told = self.temp.copy()
        told[now : now + HOURS] += np.cumsum(steps)
        first = round(BEGIN.timestamp()) // 3600
        found = []
        for heat in self.heat:
            known = np.where(np.arange(heat.size) < now, heat, np.nan)[: now + HOURS + 1]
            found.append(ahead(self._series(known, told, first), first + now, error))
        return found, self.heat[:, now : now + HOURS]

    @staticmethod
    def _series(known: Floats, told: Floats, first: int) -> Series:
        hours = (first + np.arange(known.size)) * 3600
        return of_table(Table(hours, known, told[: known.size], ()))


def measure(meters: int, mornings: int, shared: float, seed: int) -> dict[str, float]:
    """Return percent of hours and of days in the three bands, and how wide these are."""
    village = Village(meters, FIRST_DAY + mornings * STEP_DAYS + 5, shared, seed)
    inside: dict[str, list[Floats]] = {}
    for morning in range(mornings):
        results, actual = village.forecast(FIRST_DAY + morning * STEP_DAYS)
        parts = [one for n, each in enumerate(results) if (one := part_of((str(n),), each))]
        whole, days = summed(parts), by_day(parts)
        came = actual.sum(axis=0)
        cut = (days.begin - whole.begin[0]).tolist()
        by_days = np.array([came[a : a + 24].sum() for a in cut])
        bands = {
            "hub": (whole.low, whole.high),
            "quadrature": _ends(parts, lambda sides: np.sqrt((sides**2).sum(axis=0))),
            "added": _ends(parts, lambda sides: sides.sum(axis=0)),
        }
        for name, (low, high) in bands.items():
            inside.setdefault(f"{name}_hours", []).append((low <= came) & (came <= high))
            inside.setdefault(f"{name}_wide", []).append((high - low) / whole.expected)
        held = (days.low <= by_days) & (by_days <= days.high)
        inside.setdefault("hub_days", []).append(held)
        inside.setdefault("together", []).append(np.array([whole.together or np.nan]) / 100)
    return {
        name: round(100 * float(np.concatenate(all_).mean()), 2) for name, all_ in inside.items()
    }


def _ends(parts: list[Part], together: object) -> tuple[Floats, Floats]:
    middle = np.stack([one.expected for one in parts])
    low = middle - np.stack([one.low for one in parts])
    high = np.stack([one.high for one in parts]) - middle
    whole = middle.sum(axis=0)
    return whole - together(low), whole + together(high)  # type: ignore[operator]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--meters", type=int, default=8)
    parser.add_argument("--mornings", type=int, default=40)
    parser.add_argument("--shared", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    found = measure(wanted.meters, wanted.mornings, wanted.shared, wanted.seed)
    print(json.dumps({**vars(wanted), **found}))  # noqa: T201
