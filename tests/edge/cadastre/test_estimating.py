"""A made-up village from its tables to sums, and what may be seen of a household on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from edge.cadastre.estimating import Outcome, estimate
from edge.cadastre.files import open_table, samples
from edge.cadastre.intake import Intake
from edge.cadastre.metered import metered_years
from edge.cadastre.places import place_sums
from edge.cadastre.quality import quality
from edge.care.consent import HEAT_BILLS, HEAT_CADASTRE
from edge.heat import typology
from edge.heat.assignment import Assignment
from edge.heat.intake.mapping import guess, loads
from edge.heat.said import Method, Said
from edge.store.personal import PersonalStore
from edge.store.village import VillageStore
from edge.store.village_plan_told import Whole, whole_of
from edge.store.village_rows import MeterRow
from hardware.reading import TimeQuality

DAY = date(2026, 11, 26)
NOW = int(datetime(2026, 11, 26, tzinfo=UTC).timestamp() * 1000)


@dataclass
class Hub:
    village: VillageStore
    personal: PersonalStore
    made: Any
    values: typology.Typology

    def estimate(self) -> Outcome:
        return estimate(self.village, self.values, NOW)


@pytest.fixture
def hub(tmp_path: Path, write_village: Callable[..., Any], typology_text: str) -> Iterator[Hub]:
    (tmp_path / "key").write_text("5a" * 32)
    made = write_village(tmp_path, 160, 3)
    with (
        VillageStore(tmp_path / "village.db") as village,
        PersonalStore.open(tmp_path / "personal.db", tmp_path / "key") as personal,
    ):
        for path in (
            *(made.buildings, made.degree_days, made.consumption, made.groups),
            *(made.blocks, made.sections),
        ):
            with open_table(path) as table:
                text = guess(table.header, samples(table), DAY)
            columns = loads(text.replace('source = ""', 'source = "erfunden"'))
            assert Intake(village, None, columns, 1).read(path, None).refused == 0
        yield Hub(village, personal, made, typology.loads(typology_text))


def test_the_village_is_found_in_its_band_though_the_typology_is_20_percent_off(hub: Hub) -> None:
    done = hub.estimate()
    assert (done.buildings, done.unadjusted, done.metered) == (160, 0, ())
    assert done.measured > 5
    assert done.groups > 3
    truth = sum(hub.made.truth.values())
    assert done.low <= truth <= done.high
    assert abs(done.kwh / truth - 1) < 0.1
    release = hub.village.keep_release(1, 2026, done.run, [], {})
    assert whole_of(hub.village.connection, release) == Whole(160, done.kwh, done.low, done.high)
    rows = hub.village.heat_estimates()
    assert sum(one.kwh for one in rows.values()) == pytest.approx(done.kwh, rel=0.01)
    inside = [
        rows[one.number].low <= hub.made.truth[one.address] <= rows[one.number].high
        for one in hub.village.cadastre()
    ]
    assert 0.68 < sum(inside) / len(inside) < 0.92
    blocks = place_sums(hub.village, "block")
    assert sum(one.buildings for one in blocks) == 160
    assert blocks[0].density == pytest.approx((blocks[0].kwh or 0) / 1000 / 1.5)
    (section,) = place_sums(hub.village, "section", "Am Bach (0)")
    assert section.unit == "kWh/(m a)"
    found = quality(hub.village)
    assert (found.complete["type"], found.complete["carrier"], found.normal_year) == (1, 0, True)


def kept(hub: Hub) -> tuple[Any, Any]:
    run = hub.village.last_heat_run()
    assert run is not None
    totals = hub.village.heat_totals(run.run)
    return hub.village.heat_estimates(), totals


@pytest.mark.parametrize("seed", range(3))
def test_households_that_join_and_leave_are_seen_in_nothing_that_is_kept(
    hub: Hub, seed: int
) -> None:
    """Whoever joins or leaves, whatever they consume: no difference of runs or of places shows."""
    dice = Random(seed)
    hub.estimate()
    before = kept(hub)
    homes = [one for one in hub.village.cadastre() if one.word("type") == "EFH"]
    joined: dict[int, int] = {}
    for _ in range(4):
        for one in dice.sample(homes, dice.randint(1, 12)):
            if one.number in joined:
                hub.personal.withdraw_consent(joined.pop(one.number), 1, purpose=HEAT_CADASTRE)
                continue
            person = hub.personal.add_person(f"Jemand {dice.random()}", 1)
            hub.personal.give_consent(
                *(person,), purpose=HEAT_CADASTRE, data_kind=HEAT_BILLS, sentence="Ja.",
                given_how="", at=1,
            )  # fmt: skip
            hub.personal.add_home(one.number, person, 1)
            kwh = hub.made.truth[one.address] * dice.uniform(0.2, 5)
            said = Said(kwh, "Abrechnung", DAY, Method.BILL)
            hub.personal.keep_home_facts(person, one.number, {"year:2024": said}, 1)
            joined[one.number] = person
        hub.estimate()
        assert kept(hub) == before


def test_without_the_weather_it_says_so(hub: Hub) -> None:
    with hub.village.connection.transaction() as driver:
        driver.execute("DELETE FROM heat_degree_days")
    done = hub.estimate()
    assert done.unadjusted == done.measured + done.groups + done.left_out


def read_at(village: VillageStore, device: int, at: datetime, kwh: float) -> None:
    moment = int(at.timestamp() * 1000)
    village.add_round([MeterRow(moment, device, TimeQuality.SYNCHRONISED, 1, energy_kwh=kwh)])


def test_meters_measure_by_themselves(hub: Hub) -> None:
    village = hub.village
    many = [one for one in village.cadastre() if one.word("type") == "MFH"][:2]
    few = next(one for one in village.cadastre() if one.word("type") == "EFH")
    device = village.device("mbus:KAM-1", meter_id="heizwerk")
    for year, kwh in ((2023, 0.0), (2024, 100_000.0), (2025, 190_000.0)):
        read_at(village, device, datetime(year, 1, 1, 5, tzinfo=UTC), kwh)
    for one in (*many, few):
        village.assign_meter(
            Assignment("heizwerk", one.number, date(2020, 1, 1)), "Plan", Method.SURVEY, 1
        )
    found, trouble = metered_years(village, village.cadastre(), NOW)
    areas = [one.amount("area") or 0 for one in (*many, few)]
    assert trouble == []
    assert set(found) == {one.number for one in many}
    assert found[many[0].number][2023] == pytest.approx(100_000 * areas[0] / sum(areas))
    assert set(found[many[1].number]) == {2023, 2024}
    # the device was exchanged: what the old one measured in whole years still counts
    fresh = village.device("mbus:KAM-2", meter_id="heizwerk")
    read_at(village, fresh, datetime(2025, 3, 1, tzinfo=UTC), 0.0)
    read_at(village, fresh, datetime(2026, 1, 1, tzinfo=UTC), 70_000.0)
    assert metered_years(village, village.cadastre(), NOW) == (found, [])
    # with a second meter that never spoke, nobody knows the whole
    village.assign_meter(
        Assignment("stumm", many[0].number, date(2020, 1, 1)), "Plan", Method.SURVEY, 1
    )
    found, _ = metered_years(village, village.cadastre(), NOW)
    assert set(found) == {many[1].number}
    assert hub.estimate().measured >= 1
    # shares that do not make the whole are said, and that meter's years do not count
    with village.connection.transaction() as driver:
        driver.execute("UPDATE heat_meter SET share = 0.9 WHERE meter = 'heizwerk'")
    found, trouble = metered_years(village, village.cadastre(), NOW)
    assert found == {}
    assert "zusammen 1 ergeben" in trouble[0]
