"""What the hall's meter will need, in the furnished village: a forecast of this morning."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

from edge.config import Config
from edge.heat.address import Streets
from edge.heat.assignment import Assignment
from edge.heat.said import Method, Said
from edge.store.village import VillageStore
from edge.store.village_forecast import LoadForecast, LoadScore, LoadValue
from edge.store.village_heat import NewBuilding
from hardware.reading import TimeQuality

HOUR = 3_600_000
PAGES = {
    "pult-waermelast": "/pult/waermelast?zaehler=halle-1",
    "pult-waermelast-netz": "/pult/waermelast",
    "pult-waermelast-zu-kurz": "/pult/waermelast?zaehler=kita",
}


def furnish(village: VillageStore, now_ms: int) -> None:
    made, values = _hall(now_ms)
    village.keep_load(made, values)
    village.keep_load_scores(
        [LoadScore("halle-1", 24, "kept", made.made_at, 600, 9.4, 6.2, 78.0, 17.1)]
    )
    short = LoadForecast(
        "kita", made.made_at, TimeQuality.SYNCHRONISED, "", "none", None, 21, now_ms - HOUR,
        "Gemessen sind erst etwa 21 Tage, gebraucht werden 60.",
    )  # fmt: skip
    village.keep_load(short, [])


def furnish_network(config: Config, now_ms: int) -> None:
    """Let hall and nursery hang on a network: in a room of its own, for its buildings count."""
    with VillageStore(config.hub.village_db) as village:
        _network(village, now_ms, *_hall(now_ms))


def _hall(now_ms: int) -> tuple[LoadForecast, list[LoadValue]]:
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
    return made, [*hours, *days]


def _network(
    village: VillageStore, now_ms: int, made: LoadForecast, values: list[LoadValue]
) -> None:
    """Let hall, nursery and six more buildings hang on a network of three stations."""
    day = date(2026, 3, 1)
    for n in range(8):
        station = ("Halle", "Kita", "Am Bach")[min(n, 2)]
        facts = {"type": "NWG" if n < 2 else "MFH", "network": "Nahwärme Mitte", "station": station}
        said = {
            name: Said(word, "Gemeindewerke", day, Method.SURVEY) for name, word in facts.items()
        }
        said["units"] = Said(0.0 if n < 2 else 8.0, "Gemeindewerke", day, Method.SURVEY)
        key = Streets().key("Holzheim", "Netzweg", str(n + 1))
        new = NewBuilding(key, f"Netzweg {n + 1}", "Holzheim", said)
        (kept,) = village.keep_buildings([new], now_ms)
        if n < 2:
            meter = ("halle-1", "kita")[n]
            hangs = Assignment(meter, kept.building, day)
            village.assign_meter(hangs, "Gemeindewerke", Method.SURVEY, now_ms)
    why = (
        "Nicht enthalten, weil ohne Prognose je Stunde: kita. Übergabestationen ohne Zähler "
        "des Hubs: 1."
    )
    village.keep_load(replace(made, meter="netz:Nahwärme Mitte", why=why), values)


def _hour(begin: int, n: int) -> LoadValue:
    morning = 6 * math.exp(-(((n + 3) % 24 - 8) ** 2) / 6)
    evening = 4 * math.exp(-(((n + 3) % 24 - 18) ** 2) / 8)
    kwh = 5 + morning + evening + n / 40
    wide = 0.06 + n / 700
    return LoadValue(
        "hour", begin, 1, kwh, kwh * (1 - wide), kwh * (1 + 1.2 * wide), kwh - n / 30,
        round(4.5 - 4 * math.cos((n + 5) / 24 * 2 * math.pi) - n / 40, 1),
    )  # fmt: skip
