"""Readings of a village's meters out of one seed: an hour, a day, a month of them.

Each meter is polled each quarter of an hour, some seconds late; some polls fail, some meters are
away for hours. Counters never fall; power follows the weather and who is at home.
"""

from __future__ import annotations

import math
import random
from functools import lru_cache

from sync.columns import Source

T0 = 1_735_689_600_000
METERS = 200
SLOT_MS = 900_000
ROUNDS = {"hour": 4, "day": 96, "month": 30 * 96}
_START = 10 * 96  # the hour and the day lie in the middle of the month, as a poll would meet them


def readings(span: str, *, meters: int = METERS, seed: int = 20240601) -> list[Source]:
    """Return the readings of ``span``; the same seed is the same readings, in every span."""
    if span == "month":
        return list(_month(meters, seed))
    begin = T0 + _START * SLOT_MS
    found = [_cut(one, begin, begin + ROUNDS[span] * SLOT_MS) for one in _month(meters, seed)]
    return [source for source in found if source.times_ms]


@lru_cache(maxsize=1)
def _month(meters: int, seed: int) -> tuple[Source, ...]:
    rng = random.Random(seed)
    outdoor = _weather(rng)
    return tuple(_meter(random.Random(rng.random()), n, outdoor) for n in range(meters))


def _weather(rng: random.Random) -> list[float]:
    drift = 0.0
    found = []
    for n in range(ROUNDS["month"]):
        drift = 0.999 * drift + rng.gauss(0, 0.12)
        found.append(2 + 4 * math.sin(2 * math.pi * (n / 96 - 0.35)) + drift)
    return found


def _meter(rng: random.Random, number: int, outdoor: list[float]) -> Source:
    loss, phase = rng.uniform(0.12, 0.45), rng.uniform(0.2, 0.4)
    tenths = 10 if number % 3 else 1  # of a kWh that the counter counts in
    energy, volume = rng.uniform(5e3, 2e5), rng.uniform(500, 2e4)
    offset, slow = rng.randrange(60), 0.0
    away = _absences(rng)
    times: list[int] = []
    cells: dict[str, list[float]] = {
        "energy_kwh": [],
        "volume_m3": [],
        "flow_temperature_degc": [],
        "return_temperature_degc": [],
    }
    for n, outside in enumerate(outdoor):
        wave = 2 * math.pi * n / 96
        hot_water = rng.gammavariate(1.2, 0.5) if rng.random() < 0.25 else 0.0
        power = max(0.0, loss * (20 - outside) * (1 + 0.35 * math.sin(wave - phase)) + hot_water)
        supply = 68 - 0.8 * outside + rng.gauss(0, 0.8)
        slow += rng.gauss(0, 0.0125)
        back = 38 + slow + rng.gauss(0, 0.6) + 3 * math.sin(wave)
        energy += power / 4
        volume += power / (1.163 * max(5.0, supply - back)) / 4
        jitter = round(rng.gauss(0, 0.8))
        if rng.random() < 0.015 or n in away:
            continue
        times.append(T0 + n * SLOT_MS + (offset + jitter) * 1000)
        cells["energy_kwh"].append(math.floor(energy * 10 / tenths) * tenths / 10)
        cells["volume_m3"].append(math.floor(volume * 100) / 100)
        cells["flow_temperature_degc"].append(round(supply, 1))
        cells["return_temperature_degc"].append(round(back, 1))
    device = f"mbus:KAM-{70000000 + 37 * number}-27-04"
    return Source(device, times, [4] * len(times), {name: cells[name] for name in cells})


def _absences(rng: random.Random) -> set[int]:
    found: set[int] = set()
    while rng.random() < 0.35:
        start = rng.randrange(ROUNDS["month"])
        found.update(range(start, start + rng.randrange(4, 200)))
    return found


def _cut(whole: Source, begin: int, end: int) -> Source:
    inside = [i for i, at in enumerate(whole.times_ms) if begin <= at < end]
    return Source(
        whole.device,
        [whole.times_ms[i] for i in inside],
        [whole.qualities[i] for i in inside],
        {name: [column[i] for i in inside] for name, column in whole.columns.items()},
    )
