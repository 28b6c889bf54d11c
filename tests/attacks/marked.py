"""A hub that publishes every cube, and has a canary in each place that none of them may tell of.

The canary is a name, a reading, an amount of heat and an address (:data:`NAME` and its like). Each
cube has a builder that leaks it, so that the attack is known to find what it looks for.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from edge.clock import FixedClock
from edge.config import Config, Meter
from edge.desk import CourseDesk, SignupDesk, Vault
from edge.desk import reports as reports_of
from edge.learning.course import Course, Season, Session, Text
from edge.learning.report import Cell, Period, Taught
from edge.process.heartbeat import Heartbeat, Part, Status
from edge.publish import board, build, build_plan, calendar, health, learning, source
from edge.publish.share import Part as House
from edge.store.values import ValueRow
from edge.store.village import VillageStore
from edge.store.village_health import Look
from edge.store.village_rows import HeardMeter, MeterRow
from edge.village.notice import Draft
from hardware.reading import Quantity, Record, Register, TimeQuality, Unit
from tests.attacks.published import address, tell
from tests.furnish_courses import AUTUMN, PHONE
from tests.furnish_numbers import furnish, release
from tests.made_plan import village as made_village

NAME = "kanarie-4711"
VALUE = 7654.321987
KWH = 31_415_927
NOW_MS = 1_795_443_840_000
DAY = 86_400_000
HOUSE = 77  # of the cadastre: its address and its heat


def furnished(folder: Path) -> Config:
    """Furnish a hub, and put the canary wherever nobody may see it."""
    config = furnish(folder, NOW_MS)
    config = replace(
        config,
        sites=tuple(one if one.communal else replace(one, name=NAME) for one in config.sites),
        meters=(
            *config.meters,
            Meter(NAME, NAME, "haus-7", "serial:/dev/ttyUSB8"),
            Meter(f"{NAME}-luft", NAME, "haus-7", "serial:/dev/ttyUSB9", air="outdoor"),
        ),
    )
    with VillageStore(config.hub.village_db) as village:
        _measured(village, config)
        _taught(village, config)
        for state, ticked in (("approved", False), ("proposed", True), ("declined", True)):
            draft = Draft(title=NAME, text=NAME, shown_from=NOW_MS - DAY, shown_until=None)
            village.put_notice(draft, NOW_MS, state=state, open_data=ticked)  # type: ignore[arg-type]
        _lived(village, config)
    tell(config, cadastre(), 2026)
    return config


def cadastre() -> list[House]:
    """Return a village's houses; one has the canary's heat."""
    import random  # noqa: PLC0415 - for this alone

    parts = made_village(random.Random(3), 90)
    return [replace(one, kwh=KWH) if one.building == HOUSE else one for one in parts]


def published(config: Config) -> None:
    """Publish every cube, the cadastre too."""
    release(config, config.hub.public, NOW_MS)
    build_plan.build_plan(config, config.hub.public, datetime.fromtimestamp(NOW_MS / 1000, UTC))


def copied(config: Config, folder: Path) -> Config:
    """Return the same hub in another folder."""
    shutil.copytree(config.hub.state, folder / "state")
    return replace(
        config,
        hub=replace(config.hub, state=folder / "state"),
        personal=replace(
            config.personal,
            key_file=folder / "state" / config.personal.key_file.relative_to(config.hub.state)
            if config.personal.key_file.is_relative_to(config.hub.state)
            else config.personal.key_file,
        ),
    )


def _measured(village: VillageStore, config: Config) -> None:
    device = village.device(f"mbus:{NAME}", meter_id=NAME, label=NAME)
    air = village.device(f"wmbus:{NAME}-01-1B", meter_id=f"{NAME}-luft", label=NAME)
    village.sync_sites(config)
    begin = NOW_MS - 3 * DAY
    village.add_round(
        [
            MeterRow(begin + n * 900_000, device, TimeQuality.SYNCHRONISED, 1, energy_kwh=VALUE)
            for n in range(100)
        ]
    )
    warm = Record(Quantity.EXTERNAL_TEMPERATURE, 21.5, Unit.DEG_C, register=Register(0))
    village.add_values([ValueRow(begin + n * 3_600_000, air, 1, warm) for n in range(40)])
    village.note_heard(
        [HeardMeter(f"wmbus:{NAME}", NAME, NAME, 1, "water", "", NOW_MS, NOW_MS, 1, -70)]
    )


def _taught(village: VillageStore, config: Config) -> None:
    """Keep a draft, a person's sign-up, and a season of which too few may be known."""
    clock = FixedClock(NOW_MS)
    with Vault.of(config) as vault:
        begin = NOW_MS + 9 * DAY
        course = Course(
            season_id=AUTUMN.season_id,
            texts={"de": Text(NAME, NAME)},
            sessions=(Session(begin, begin + 3_600_000, place=NAME),),
        )
        CourseDesk(village, vault, clock).create([course])
        SignupDesk.of(config, village, vault, clock).signup(PHONE, NAME)
    village.put_season(Season("geheim", NAME, date(2024, 1, 1), date(2024, 6, 30)))
    small = (Cell("area", ("1",), KWH, 1, 2, learning.RULE), Cell("age", ("65-",), KWH))
    period = Period(("geheim",), (Taught(1, 1, 1, 90),), small, KWH, KWH)
    reports_of.keep(village, period, 0)


def _lived(village: VillageStore, config: Config) -> None:
    status = Status("ok", NAME, (Part(NAME, NAME, NAME),))
    for name in ("collector", NAME):
        with Heartbeat(config.hub.run, name) as beat:
            beat.write(status)
    village.note_looks(
        [
            Look(
                "2026-11-21", (NOW_MS - 2 * DAY) // 900_000 + 90, "held", f"1.0+{NAME}", 50, NAME,
                {"web": 4711, NAME: 4712}, {(NAME, False): KWH, (NAME, True): KWH},
            )
        ]
    )  # fmt: skip


Leak = Callable[[pytest.MonkeyPatch], None]


def _everywhere(patch: pytest.MonkeyPatch) -> None:
    """Take every place for the municipality's."""
    for module in (build, source):
        patch.setattr(
            module, "communal_sites", lambda config: {s.site_id: s.name for s in config.sites}
        )


def _every_sensor(patch: pytest.MonkeyPatch) -> None:
    _everywhere(patch)
    for module in (build, source):
        patch.setattr(module, "communal_meters", lambda config: config.meters)


def _drafts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(calendar, "SHOWN", (*calendar.SHOWN, "draft"))
    words = {**calendar._STATES, "draft": "Entwurf"}
    patch.setattr(calendar, "_STATES", words)


def _addresses(patch: pytest.MonkeyPatch) -> None:
    whole = build_plan.plan_rows

    def with_address(*given: Any) -> Any:
        rows = whole(*given)
        (key, _, *rest), *others = rows["block"]
        return {**rows, "block": [(key, address(HOUSE), *rest), *others]}

    patch.setattr(build_plan, "plan_rows", with_address)


def _patched(module: Any, name: str, new: Any) -> Leak:
    return lambda patch: patch.setattr(module, name, new)


# one builder a cube that lost what keeps the canary in; the auditor is turned off as well
LEAKS: dict[str, Leak] = {
    "kommunale-waerme": _everywhere,
    "umwelt": _every_sensor,
    "kurse": _drafts,
    "lernstatistik": _patched(learning, "tellable_periods", list),
    "termine": _patched(board, "is_public", lambda *_: True),
    "hubzustand": _patched(health, "VERSION", re.compile(".*")),
    "waermekataster": _addresses,
}
