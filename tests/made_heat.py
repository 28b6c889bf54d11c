"""Heat meters whose truth is known: weather, a building, and the table that a meter would write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

BEGIN = datetime(2022, 12, 31, 23, tzinfo=UTC)  # midnight in Germany


@dataclass(frozen=True)
class Building:
    """Heat per hour = base + slope * degrees that the last ``memory_h`` were below ``balance``."""

    balance: float = 15.0
    slope: float = 4.0
    base: float = 12.0
    noise: float = 3.0
    memory_h: float = 24.0
    weekend: float = 0.0

    def heat(self, temp: Floats, rng: np.random.Generator) -> Floats:
        kept = _followed(temp, 1 - np.exp(-1 / self.memory_h), temp[0])
        level = self.base + self.slope * np.maximum(0.0, self.balance - kept)
        # BEGIN is a Sunday, midnight
        level += self.weekend * np.isin((np.arange(temp.size) // 24) % 7, (0, 6))
        # neighbouring hours err alike, as they do in houses
        error = _followed(rng.normal(0.0, 4.36 * self.noise, temp.size), 0.1, 0.0)
        return np.maximum(level + error, 0.0)


def _followed(values: Floats, share: float, state: float) -> Floats:
    found = np.empty_like(values)
    for index, value in enumerate(values):
        state += share * (value - state)
        found[index] = state
    return found


def weather(days: int, rng: np.random.Generator) -> Floats:
    """Return hourly temperatures: a year's and a day's wave, and weather that stays for days."""
    hour = np.arange(days * 24)
    front = np.repeat(_followed(rng.normal(0.0, 12.0, days), 0.2, 0.0), 24)
    year = 10.0 - 9.0 * np.cos(2 * np.pi * (hour / 24 - 20) / 365.25)
    return year + front - 4.0 * np.cos(2 * np.pi * (hour % 24 - 3) / 24)


def made(days: int = 730, building: Building | None = None, seed: int = 1) -> tuple[Floats, Floats]:
    """Return heat and temperature of hours from :data:`BEGIN` on."""
    rng = np.random.default_rng(seed)
    temp = weather(days, rng)
    return (building or Building()).heat(temp, rng), temp


def times(count: int, step: timedelta = timedelta(hours=1)) -> list[str]:
    return [(BEGIN + index * step).isoformat(sep=" ") for index in range(count)]


def table(
    heat: Iterable[float], temp: Iterable[float], at: Sequence[str] | None = None
) -> list[str]:
    """Return the lines of a table; NaN is an empty cell."""
    heat, temp = list(heat), list(temp)
    at = times(len(heat)) if at is None else at
    cells = zip(at, map(_cell, heat), map(_cell, temp), strict=True)
    return ["time_utc,heat,temp_c", *(",".join(row) for row in cells)]


def _cell(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.3f}"
