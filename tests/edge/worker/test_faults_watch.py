"""Faults of heat are looked for each morning, in a process of its own, each meter by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.cadastre import faults, loads
from edge.cadastre.apart import ApartError
from edge.clock import Stamp
from edge.config import Config, load
from edge.heat.faults.fault import as_object, from_object
from edge.heat.faults.limits import usual
from edge.store.errors import StoreError
from edge.store.village import VillageStore
from edge.store.village_faults import ENDED_KEPT_MS, KeptFault, KeptVerdict
from edge.store.village_rows import MeterRow
from edge.worker import faults_watch
from edge.worker.faults_watch import due, watch_faults
from edge.worker.jobs import Outcome
from hardware.reading import TimeQuality
from tests.made_faults import House, run

HUB = """
[hub]
name = "Dorfhub"
village = "Dorf"
[[sites]]
site_id = "netz"
name = "Netz"
communal = true
"""
METER = """
[[meters]]
meter_id = "{0}"
name = "Zähler {0}"
site_id = "{1}"
transport = "serial:/dev/tty{0}"
"""
HOUR = 3_600_000
DAY = 24 * HOUR
SURE = TimeQuality.SYNCHRONISED


@pytest.fixture
def config(tmp_path: Path) -> Config:
    meters = ("heil", "netz"), ("krank", "netz")
    text = HUB + "".join(METER.format(*one) for one in meters)
    (tmp_path / "hub.toml").write_text(text, "utf-8")
    found = load(tmp_path / "hub.toml")
    found.hub.run.mkdir(parents=True)
    return found


@pytest.fixture
def village(config: Config) -> Iterator[VillageStore]:
    with VillageStore(config.hub.village_db) as store:
        store.sync_sites(config)
        yield store


def _at(hour: int, minute: int = 0) -> int:
    return round(datetime(2026, 1, 20, hour, minute, tzinfo=UTC).timestamp() * 1000)


def _counts(village: VillageStore, meter: str, until_ms: int, cold_c: float = 40.0) -> None:
    device = village.device(f"wmbus:{meter}", meter_id=meter)
    first = until_ms // HOUR - 20 * 24
    rows = [
        MeterRow(
            (first + at) * HOUR,
            device,
            SURE,
            at,
            energy_kwh=10.0 * at,
            volume_m3=0.4 * at,
            flow_temperature_degc=60.0,
            return_temperature_degc=cold_c,
        )
        for at in range(20 * 24)
    ]
    village.add_round(rows)


def _sick() -> str:
    verdict = faults.find(run(House(night_c=20.0, return_c=58.0), seed=3), None, usual())
    return json.dumps(as_object(verdict), allow_nan=False)


def _with_all_clear(text: str) -> str:
    verdict = from_object(json.loads(text))
    kinds = tuple(one.kind for one in verdict.faults)
    return json.dumps(as_object(replace(verdict, faults=(), clear=(*verdict.clear, *kinds))))


def test_it_is_due_once_a_morning(config: Config, village: VillageStore) -> None:
    assert due(config, village, _at(2))
    village.keep_verdicts([KeptVerdict("heil", _at(2), "", "x")])
    assert due(config, village, _at(2, 1)), "one meter is new"
    village.keep_verdicts([KeptVerdict(one, _at(2), "", "x") for one in ("heil", "krank")])
    assert not due(config, village, _at(2, 59))  # 3:59 in Germany
    assert due(config, village, _at(3))
    village.keep_verdicts([KeptVerdict(one, _at(3), "", "x") for one in ("heil", "krank")])
    assert not due(config, village, _at(23))
    assert due(config, village, _at(3) + DAY)


def test_a_hub_without_communal_meters_never_looks(config: Config, village: VillageStore) -> None:
    assert not due(replace(config, meters=()), village, _at(5))


def test_the_job_looks_apart_and_then_has_nothing_to_do(
    config: Config, village: VillageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = Stamp(_at(6), "boot", 0, TimeQuality.UNKNOWN)
    assert watch_faults(config, village, unknown).state == "waiting"
    stamp = Stamp(_at(6), "boot", 0, SURE)
    monkeypatch.setattr(faults_watch, "find_spec", lambda _: None)
    assert "numpy" in watch_faults(config, village, stamp).message
    monkeypatch.undo()
    _counts(village, "heil", _at(6))
    assert watch_faults(config, village, stamp) == Outcome("ok", "nicht zu beurteilen: krank")
    assert [(one.meter, one.at) for one in village.heat_verdicts()] == [
        ("heil", _at(6)),
        ("krank", _at(6)),
    ]
    assert watch_faults(config, village, stamp) == Outcome()


def test_a_meter_at_which_the_program_fails_is_named_and_the_others_go_on(
    config: Config, village: VillageStore
) -> None:
    before = _sick()
    village.keep_verdicts([KeptVerdict("krank", _at(2), before)])
    known = village.heat_faults()
    assert {(one.meter, one.ended_at) for one in known} == {("krank", None)}
    _counts(village, "heil", _at(6))
    _counts(village, "krank", _at(6), cold_c=float("inf"))  # no number that a meter sends
    done = watch_faults(config, village, Stamp(_at(6), "boot", 0, SURE))
    assert done == Outcome("ok", "Fehler im Programm: krank")
    whole, failed = village.heat_verdicts()
    assert (whole.meter, whole.why, whole.text != "") == ("heil", "", True)
    assert (failed.at, failed.text) == (_at(6), before)
    assert failed.why == faults.FAILED
    assert village.heat_faults() == known
    assert not due(config, village, _at(7))


def test_a_broken_store_is_no_single_meters_fault(
    config: Config, village: VillageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise StoreError("the disk is full", hint="")

    monkeypatch.setattr(faults, "timed_rows", broken)
    with pytest.raises(StoreError, match="full"):
        faults.look(village, config, usual(), {}, _at(6))


def test_limits_that_are_wrong_are_told_in_german(config: Config, village: VillageStore) -> None:
    (config.source.parent / "faults.toml").write_text("[limits]\nnigth_ratio = 1.0\n", "utf-8")
    with pytest.raises(ApartError) as caught:
        watch_faults(config, village, Stamp(_at(6), "boot", 0, SURE))
    assert "nigth_ratio" in caught.value.hint


def test_a_fault_that_is_gone_ended_and_comes_again_as_another(village: VillageStore) -> None:
    sick = _sick()
    kinds = {one.kind.value for one in from_object(json.loads(sick)).faults}
    village.keep_verdicts([KeptVerdict("krank", _at(3), sick)])
    village.keep_verdicts([KeptVerdict("krank", _at(3), sick)])
    village.keep_verdicts([KeptVerdict("krank", _at(3) + DAY, sick)])
    assert {one.kind for one in village.heat_faults()} == kinds
    assert {(one.first_at, one.last_at) for one in village.heat_faults()} == {
        (_at(3), _at(3) + DAY)
    }
    village.keep_verdicts([KeptVerdict("krank", _at(3) + 2 * DAY, "", "too few hours")])
    assert {one.ended_at for one in village.heat_faults()} == {None}, "nobody judged it"
    ended = _at(3) + 3 * DAY
    village.keep_verdicts([KeptVerdict("krank", ended, _with_all_clear(sick))])
    assert {one.ended_at for one in village.heat_faults()} == {ended}
    village.keep_verdicts([KeptVerdict("krank", ended + DAY, sick)])
    again = village.heat_faults()
    assert len(again) == 2 * len(kinds)
    assert again[0] == KeptFault("krank", again[0].kind, ended + DAY, ended + DAY, None)
    village.keep_verdicts([KeptVerdict("krank", ended + ENDED_KEPT_MS + 1, sick)])
    assert len(village.heat_faults()) == len(kinds)


def test_a_meter_that_left_the_village_has_no_fault_any_more(village: VillageStore) -> None:
    village.keep_verdicts([KeptVerdict("krank", _at(3), _sick())])
    village.keep_verdicts([KeptVerdict("heil", _at(3) + DAY, "", "x")])
    assert {one.ended_at for one in village.heat_faults()} == {_at(3) + DAY}


def test_forecasts_of_other_meters_go_on_too(
    village: VillageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    heat_of = loads.heat_of

    def planted(village: VillageStore, meter: str, *rest: object) -> object:
        if meter == "krank":
            raise ZeroDivisionError("planted")
        return heat_of(village, meter, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(loads, "heat_of", planted)
    wanted = [loads.Wanted(one, None) for one in ("krank", "heil")]
    done = list(loads.forecast_each(village, wanted, "", _at(6), SURE))
    assert [(one.made.meter, one.made.why) for one in done] == [
        ("krank", loads.FAILED),
        ("heil", loads.NOTHING_YET),
    ]
    assert "ZeroDivisionError: planted" in done[0].failed
    assert done[1].failed == ""
    kept = village.last_load("krank")
    assert kept is not None
    assert kept[1].why == loads.FAILED
