"""Sums of households by themselves: once a day, while personal.db is open."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.cadastre.household import Agreed, Answers, join_sums, keep
from edge.cli import root
from edge.clock import FixedClock
from edge.config import Config, load
from edge.desk.vault import Vault
from edge.heat.address import Streets
from edge.heat.bill import Bill
from edge.heat.said import Method, Said
from edge.heat.sums import HouseholdSum
from edge.store.setup import create
from edge.store.village import VillageStore
from edge.store.village_heat import NewBuilding
from edge.store.village_heat_years import NORMAL
from edge.worker.household_sums import HouseholdSumsJob
from edge.worker.jobs import Outcome
from hardware.reading import TimeQuality

NOW_MS, DAY_MS = 1_795_442_706_000, 86_400_000
DAY = date(2026, 3, 1)
FURNISHINGS = Path(__file__).parents[2] / "furnishings" / "heat"
ODD = HouseholdSum("RH", "F", 5, 100, 150.0)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "hub.toml").write_text('[hub]\nname = "Haus"\nvillage = "Dorf"\n')
    config = load(tmp_path / "hub.toml")
    create(config)
    shutil.copy(FURNISHINGS / "typology.toml", tmp_path / "typology.toml")
    facts: dict[str, str | float] = {"type": "EFH", "year_built": 1970.0, "area": 120.0}
    with VillageStore(config.hub.village_db) as village:
        village.keep_buildings(
            [
                NewBuilding(
                    Streets().key("Holzheim", "Weg", str(number)),
                    f"Weg {number}",
                    "Holzheim",
                    {name: Said(one, "ALKIS", DAY, Method.SURVEY) for name, one in facts.items()},
                )
                for number in range(1, 13)
            ],
            1,
        )
        for year in (2024, NORMAL):
            village.keep_degree_days(year, 3000.0, "Wetterstation", 1)
    enter(config, 1, 2, 3, 4, 5)
    return config


def enter(config: Config, *houses: int) -> None:
    """Let people enter their house as the terminal does, and agree to sums."""
    bill = Bill("oil_l", 2400.0, date(2024, 1, 1), date(2024, 12, 31))
    with Vault.of(config) as vault, vault.open() as personal:
        for number in houses:
            person = personal.add_person(f"Jemand {number}", 1)
            answers = Answers({"heating": "boiler"}, {}, [bill], DAY)
            keep(personal, person, Agreed(number, f"Weg {number}", "Ja."), answers, 1)
            join_sums(personal, person, "Ja, auch das.", 1)


@pytest.fixture
def village(config: Config) -> Iterator[VillageStore]:
    with VillageStore(config.hub.village_db) as found:
        yield found


def job(config: Config, village: VillageStore, clock: FixedClock) -> HouseholdSumsJob:
    return HouseholdSumsJob(config, lambda: village, clock)


def set_at(wall_ms: int) -> FixedClock:
    return FixedClock(wall_ms, TimeQuality.SYNCHRONISED)


def test_it_forms_sums_and_says_nothing_where_there_is_none(
    config: Config, village: VillageStore
) -> None:
    one = job(config, village, set_at(NOW_MS))
    assert one.run() == Outcome("ok", "neue Summen von Haushalten: 1")
    assert [each.households for each in village.household_sums().values()] == [5]
    assert one.run() == Outcome()  # today it was done
    village.keep_household_sum("f" * 32, ODD)  # as after an older personal.db was put back
    later = job(config, village, set_at(NOW_MS + DAY_MS))
    for _ in range(2):  # each look, not only the day's first
        done = later.run()
        assert done.state == "degraded"
        assert "personal.db ist älter als die Summen von Haushalten: 1 von ihnen" in done.message
        assert "neuere Sicherung" in done.message


def test_it_waits_for_clock_key_and_typology(config: Config, village: VillageStore) -> None:
    assert job(config, village, FixedClock(NOW_MS, TimeQuality.UNKNOWN)).run().state == "waiting"
    key = config.personal.key_file.read_bytes()
    config.personal.key_file.unlink()
    one = job(config, village, set_at(NOW_MS))
    assert one.run().state == "locked"
    config.personal.key_file.write_bytes(key)
    values = config.source.parent / "typology.toml"
    values.rename(values.with_suffix(".away"))
    assert one.run() == Outcome()
    assert village.household_sums() == {}
    values.with_suffix(".away").rename(values)
    assert one.run().message == "neue Summen von Haushalten: 1"  # the same day


def test_the_command_forms_and_shows_them(config: Config) -> None:
    def sums() -> str:
        done = CliRunner().invoke(root, ["--config", str(config.source), "heat", "sums"])
        return done.output + str(done.exit_code)

    assert "Neue Summen: 1. Haushalte, die auf andere warten: 0." in sums()
    enter(config, 6)
    said = sums()
    assert "Neue Summen: 0. Haushalte, die auf andere warten: 1." in said
    assert "für die etwas fehlt oder nicht passt: 0." in said
    enter(config, 99)  # the cadastre does not know it
    said = sums()
    assert "Neue Summen: 0. Haushalte, die auf andere warten: 1." in said
    assert "für die etwas fehlt oder nicht passt: 1." in said
    assert "EFH          1969-1978        5 Haushalte   124 % des Erwarteten" in said
    assert "Weg" not in said
    with VillageStore(config.hub.village_db) as village:
        village.keep_household_sum("f" * 32, ODD)
    assert "älter als die Summen: 1 von ihnen" in sums()
    assert sums().endswith("1")
