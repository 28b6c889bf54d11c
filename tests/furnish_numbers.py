"""What a village published: a hub of its own, whose releases another hub's page may show."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from unittest.mock import patch
from zoneinfo import ZoneInfo

from edge.config import Config, Meter, load
from edge.desk import reports
from edge.learning import report
from edge.learning.course import Season
from edge.learning.report import Enrolled, Period, Taught
from edge.publish import audit_board, audit_health, build_into
from edge.store.values import ValueRow
from edge.store.village import VillageStore
from edge.store.village_health import Look
from edge.store.village_rows import MeterRow
from edge.village.notice import Draft
from edge.village.repeat import Event
from hardware.reading import Quantity, Record, Register, TimeQuality, Unit
from tests.furnish_courses import furnish_courses

NUMBERS_PAGES = {"zahlen": "/zahlen"}
HOUR = 3_600_000
QUARTER = 900_000
DAY = 24 * HOUR
HUB = """
[hub]
name = "Dorfhub Holzheim"
village = "Holzheim"
[[sites]]
site_id = "halle"
name = "Dorfgemeinschaftshaus"
communal = true
[[sites]]
site_id = "kita"
name = "Kindertagesstätte"
communal = true
[[sites]]
site_id = "haus-7"
name = "Haus 7"
communal = false
[[meters]]
meter_id = "halle-1"
name = "Wärmezähler Halle"
site_id = "halle"
transport = "serial:/dev/ttyUSB0"
[[meters]]
meter_id = "kita-1"
name = "Wärmezähler Kita"
site_id = "kita"
transport = "serial:/dev/ttyUSB1"
[[meters]]
meter_id = "hof-luft"
name = "Hof"
site_id = "halle"
air = "outdoor"
transport = "serial:/dev/ttyUSB2"
[[meters]]
meter_id = "saal-luft"
name = "Saal"
site_id = "halle"
air = "room"
transport = "serial:/dev/ttyUSB3"
"""


def furnish_numbers(config: Config, now_ms: int) -> None:
    """Put releases into the hub's public folder; its own stores know nothing of them."""
    publish(config.hub.state / "andere", config.hub.public, now_ms)


def publish(folder: Path, public: Path, now_ms: int, *, cold_hours: int = 0) -> Config:
    """Furnish a hub in ``folder`` and publish all of it; of the yard ``cold_hours`` are missing."""
    config = furnish(folder, now_ms, cold_hours=cold_hours)
    release(config, public, now_ms)
    return config


def furnish(folder: Path, now_ms: int, *, cold_hours: int = 0) -> Config:
    """Furnish a hub in ``folder`` that has something of every cube but the cadastre's."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "hub.toml"
    file.write_text(HUB, "utf-8")
    config = load(file)
    # hub.toml may not name it, yet no release may rely on that
    household = Meter("haus-7-1", "Zähler Haus 7", "haus-7", "serial:/dev/ttyUSB4")
    config = replace(config, meters=(*config.meters, household))
    config.hub.run.mkdir(parents=True)
    with VillageStore(config.hub.village_db) as village:
        village.sync_sites(config)
        for meter, kw in (("halle-1", 8.0), ("kita-1", 5.0), ("haus-7-1", 2.0)):
            _measure(village, meter, kw, now_ms)
        _sense(village, "hof-luft", 4.0, now_ms, cold_hours)
        _sense(village, "saal-luft", 19.0, now_ms, 0)
        village.sync_sites(config)
        _learn(village)
        _live(village, now_ms)
        begin = now_ms // DAY * DAY + 3 * DAY + 18 * HOUR
        village.put_notice(
            Draft(
                title="Singkreis",
                text="Für alle.",
                place="Saal",
                shown_from=now_ms - DAY,
                shown_until=now_ms + 30 * DAY,
                event=Event(begin, begin + HOUR, "week", date(2026, 12, 20)),
            ),
            now_ms,
            state="approved",
            open_data=True,
        )
    furnish_courses(config, now_ms)
    return config


def release(config: Config, public: Path, now_ms: int) -> None:
    """Publish all cubes as of ``now_ms``."""
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    with (
        patch.object(audit_board, "now", lambda: now),  # the auditor looks at its own clock
        patch.object(audit_health, "now", lambda: now),
    ):
        build_into(config, public, now)


def _live(village: VillageStore, now_ms: int) -> None:
    """Let the hub live for a month, with two days on which the power went."""
    end = now_ms // QUARTER
    looks = []
    for quarter in range(end - 30 * 96, end):
        at = datetime.fromtimestamp(quarter * QUARTER / 1000, ZoneInfo("Europe/Berlin"))
        off = {9: range(2, 9), 17: range(14, 16)}.get(at.day, ())
        if at.hour not in off:
            looks.append(
                Look(
                    at.date().isoformat(), quarter, "synchronised", "1.0", 50,
                    f"boot {at.day > 9}{at.day > 17}", {"web": 1, "worker": 2},
                    {("heat", True): 2, ("water", False): 20},
                )
            )  # fmt: skip
    village.note_looks(looks)


def _measure(village: VillageStore, meter: str, kw: float, now_ms: int) -> None:
    device = village.device(f"mbus:{meter}", meter_id=meter)
    first = now_ms - 32 * DAY
    energy, rows = 0.0, []
    for at in range(first, now_ms + 1, HOUR):
        rows.append(MeterRow(at, device, TimeQuality.SYNCHRONISED, 1, energy_kwh=round(energy, 1)))
        energy += kw + 3 * math.sin((at - first) / (7 * DAY) * 2 * math.pi)
    village.add_round(rows)


def _sense(village: VillageStore, meter: str, degc: float, now_ms: int, missing: int) -> None:
    device = village.device(f"wmbus:{meter}-01-1B", meter_id=meter)
    rows = []
    for at in range(now_ms - 9 * DAY, now_ms, HOUR // 2):
        if now_ms - 3 * DAY <= at < now_ms - 3 * DAY + missing * HOUR:
            continue
        value = degc + 4 * math.sin(at / DAY * 2 * math.pi)
        for quantity, unit, said in (
            (Quantity.EXTERNAL_TEMPERATURE, Unit.DEG_C, round(value, 1)),
            (Quantity.RELATIVE_HUMIDITY, Unit.PERCENT, 60.0),
        ):
            rows.append(ValueRow(at, device, 1, Record(quantity, said, unit, register=Register(0))))
    village.add_values(rows)


def _learn(village: VillageStore) -> None:
    for number, people in enumerate((60, 84, 72)):
        season = f"h{number}"
        first = date(2025, 1, 7) + timedelta(days=182 * number)
        village.put_season(
            Season(season, f"Halbjahr {number + 1}", first, first + timedelta(days=150))
        )
        enrolled = [
            Enrolled(1 + n % 3, "50-64" if n % 2 else "65-", "w" if n % 2 else "m", 1)
            for n in range(people)
        ]
        taught = tuple(Taught(area, 2, 8, 720) for area in (1, 2, 3))
        small = dict.fromkeys((1, 2, 3), (0, 0))
        cells = report.cells(enrolled, [1, 2, 3], small)
        one = Period((season,), taught, cells, people, 2 * people)
        reports.keep(village, one, 0)
