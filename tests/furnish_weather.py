"""Weather in the furnished village: a forecast of this morning, and what is usual."""

from __future__ import annotations

import math

from edge.store.village import VillageStore
from edge.store.village_county import Forecast, Normal, put_forecasts, put_normals

HOUR = 3_600_000


def furnish(village: VillageStore, now_ms: int) -> None:
    first = now_ms // HOUR * HOUR - 9 * HOUR
    rows = [
        Forecast(
            first + n * HOUR,
            "K2204",
            first,
            temperature_degc=round(4.5 + 4 * math.sin((n - 2) / 24 * 2 * math.pi) - n / 40, 1),
            precipitation_mm=0.4 if 30 <= n < 36 else 0.0,
        )
        for n in range(6 * 24)
    ]
    normals = [
        Normal("K2204", day, round(9 - 9 * math.cos((day - 15) / 366 * 2 * math.pi), 1),
               round(5 - 7 * math.cos((day - 15) / 366 * 2 * math.pi), 1),
               round(13 - 11 * math.cos((day - 15) / 366 * 2 * math.pi), 1))
        for day in range(1, 367)
    ]  # fmt: skip
    with village.connection.transaction() as driver:
        put_forecasts(driver, rows)
        put_normals(driver, normals)
