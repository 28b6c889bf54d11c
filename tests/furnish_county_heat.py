"""A village's released plan and a forecast of two municipalities, for the county's pages."""

from __future__ import annotations

import math

from sync import events, heat_plan
from sync.county.heat_ahead_file import Ahead, Failed, Place, Step
from sync.county.heat_ahead_file import Village as Told
from sync.county.heat_run import Run
from sync.county.heat_season_file import Line, Outlook
from sync.heat_plan import Block, Carrier, Plan, Section

HOUR = 3_600_000
TOLD = (Told("66687aadf862bd77", 1, 1), Told("7d0000000000000a", 3, 0))
MIXED = "gemischt"


def plan(release: int = 2, year: int = 2026, *, banded: bool = True) -> Plan:
    blocks = tuple(
        Block(f"B{n}", f"Block {n}", 12 + n, 310 + 40 * n, 20_000, "Einfamilienhaus", MIXED)
        for n in range(5)
    )
    carriers = tuple(
        Carrier(one.cell, name, 6, round(one.mwh * share), 6)
        for one in blocks
        for name, share in (("Erdgas", 0.55), ("Heizöl", 0.3), ("Wärmenetz", 0.15))
    )
    sections = (Section("S1", "Weg (1)", 30, 900, 410_000),)
    low, high = (85, 120) if banded else (None, None)
    return Plan(release, year, bytes(32), low, high, blocks, carriers, sections)


def body(told: Plan, at_ms: int) -> bytes:
    return events.encode(heat_plan.events_of(told, at_ms, 4))


def place(name: str, begin_ms: int, level: float, meters: int, together: float | None) -> Place:
    hours = tuple(_hour(begin_ms + n * HOUR, n, level) for n in range(72))
    days = tuple(
        Step(
            some[0].begin_ms,
            24,
            sum(one.expected_kwh for one in some),
            0.91 * sum(one.expected_kwh for one in some),
            1.1 * sum(one.expected_kwh for one in some),
            sum(one.naive_kwh or 0.0 for one in some),
        )
        for some in (hours[12:36], hours[36:60])
    )
    return Place(name, meters, together, hours, days)


def season(now_ms: int) -> Outlook:
    def line(place: str, name: str, count: int, kwh: float, note: str = "") -> Line:
        basis, level = place.split()
        ends = (None, None) if "ohne Band" in note else (0.84 * kwh, 1.19 * kwh)
        known = (0.31 * kwh, 0.97 * kwh, 0.91 * kwh, 1.08 * kwh)
        return Line(basis, level, name, count, kwh, *ends, *known, 6, note)

    failed = Failed("66687aadf862bd77", "mbus:LUG-66000007-07-04", "Gemessen sind erst 40 Tage.")
    return Outlook(
        now_ms,
        "2026-11-18",
        "2026-10-01",
        "2027-04-30",
        "K2204",
        (
            line("Kataster Dorf", "Wetterfeld", 1, 1_690_000.0, "Ausgabe 2"),
            line("Kataster Gemeinde", "Laubach", 1, 1_690_000.0, "1 von 1 Dörfern"),
            line("Kataster Gemeinde", "Lich", 2, 15_900_000.0, "2 von 3 Dörfern; ohne Band"),
            line("Kataster Landkreis", "Landkreis Gießen", 3, 17_590_000.0, "ohne Band"),
            line("Zähler Gemeinde", "Laubach", 1, 81_300.0),
            line("Zähler Gemeinde", "Lich", 3, 1_204_000.0),
            line("Zähler Landkreis", "Landkreis Gießen", 4, 1_285_300.0),
        ),
        "",
        "",
        ("Lardenbach",),
        ("Ettingshausen",),
        (failed,),
    )


def run(now_ms: int) -> Run:
    return Run("2026-11-18", 1, "ok", now_ms, 41.7, "", "m", now_ms)


def ahead(now_ms: int) -> Ahead:
    begin = now_ms // HOUR * HOUR
    towns = (place("Laubach", begin, 40.0, 1, 1.0), place("Lich", begin, 75.0, 3, None))
    failed = (
        Failed("66687aadf862bd77", "mbus:LUG-66000007-07-04", "Seit 20 Tagen ist nichts gekommen."),
    )
    whole = place("Landkreis Gießen", begin, 115.0, 4, 1.24)
    return Ahead(now_ms, "K2204", {"county": 3, "normals": 1}, whole, towns, failed, TOLD)


def _hour(begin_ms: int, n: int, level: float) -> Step:
    wave = (
        1 + 0.35 * math.exp(-((n % 24 - 20) ** 2) / 8) + 0.2 * math.exp(-((n % 24 - 6) ** 2) / 10)
    )
    kwh = level * wave * (1 + n / 400)
    wide = 0.06 + n / 700
    naive = None if n == 5 else kwh * (1 - n / 600) - level * 0.04
    return Step(begin_ms, 1, kwh, kwh * (1 - wide), kwh * (1 + 1.2 * wide), naive)
