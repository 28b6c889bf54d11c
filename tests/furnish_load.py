"""What the hall's meter will need, in the furnished village: a forecast of this morning."""

from __future__ import annotations

import math

from edge.store.village import VillageStore
from edge.store.village_forecast import LoadForecast, LoadScore, LoadValue
from hardware.reading import TimeQuality

HOUR = 3_600_000
PAGES = {
    "pult-waermelast": "/pult/waermelast",
    "pult-waermelast-zu-kurz": "/pult/waermelast?zaehler=kita",
}


def furnish(village: VillageStore, now_ms: int) -> None:
    first = now_ms // HOUR * HOUR - 10 * HOUR
    hours = [_hour(first + n * HOUR, n) for n in range(72)]
    whole = [hours[n : n + 24] for n in (18, 42)]
    days = [
        LoadValue(
            "day",
            some[0].begin,
            24,
            sum(one.expected_kwh for one in some),
            0.92 * sum(one.expected_kwh for one in some),
            1.1 * sum(one.expected_kwh for one in some),
            sum(one.naive_kwh or 0.0 for one in some),
            4.0,
        )
        for some in whole
    ]
    made = LoadForecast(
        "halle-1", first, TimeQuality.SYNCHRONISED, "hourly", "county", first - HOUR, 312,
        now_ms - 8 * HOUR, "",
    )  # fmt: skip
    village.keep_load(made, [*hours, *days])
    village.keep_load_scores([LoadScore("halle-1", 24, "kept", first, 600, 9.4, 6.2, 78.0, 17.1)])
    short = LoadForecast(
        "kita", first, TimeQuality.SYNCHRONISED, "", "none", None, 21, now_ms - HOUR,
        "Gemessen sind erst etwa 21 Tage, gebraucht werden 60.",
    )  # fmt: skip
    village.keep_load(short, [])


def _hour(begin: int, n: int) -> LoadValue:
    morning = 6 * math.exp(-(((n + 3) % 24 - 8) ** 2) / 6)
    evening = 4 * math.exp(-(((n + 3) % 24 - 18) ** 2) / 8)
    kwh = 5 + morning + evening + n / 40
    wide = 0.06 + n / 700
    return LoadValue(
        "hour", begin, 1, kwh, kwh * (1 - wide), kwh * (1 + 1.2 * wide), kwh - n / 30,
        round(4.5 - 4 * math.cos((n + 5) / 24 * 2 * math.pi) - n / 40, 1),
    )  # fmt: skip
