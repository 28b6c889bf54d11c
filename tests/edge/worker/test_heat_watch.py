"""From rooms' values in personal.db to warnings: whose, since when, until when, with consent."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC
from typing import Any

import pytest

from edge.care import heat, kinds
from edge.store import personal_heat
from edge.store.errors import StoreError
from edge.store.personal import PersonalStore
from edge.store.personal_rows import HeatWarning, Number, Observation
from edge.worker.heat_watch import watch_heat
from hardware.reading import TimeQuality

SENSOR = "ble:A4C138112233"
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def somebody(house: Any, *, agrees: bool = True, device: str = SENSOR) -> int:
    names = [one.name for one in house.personal.persons()]
    person: int = house.person(f"Person {len(names)}", consents=False, device=device)
    if agrees:
        house.consent(person, kinds.ROOM_CLIMATE)
    return person


def room(
    house: Any,
    person: int,
    temperature: float,
    *,
    hours: float = 0,
    device: str = SENSOR,
    quality: TimeQuality = TimeQuality.SYNCHRONISED,
    kind: str = kinds.ROOM_CLIMATE,
) -> None:
    """Keep a value now and each ten minutes for so many hours, a round each; then look once."""
    for _ in range(round(hours * 6) + 1):
        house.clock.advance(10 * MINUTE)
        at = house.clock.wall_ms
        numbers = (Number("air_temperature", temperature), Number("relative_humidity", 30.0))
        row = Observation(
            at, device, kind, person, quality, at, at % 1_000_000, "advert", values=numbers
        )
        with house.personal.connection.transaction() as driver:
            house.personal.add_observations_within(driver, [row])
    look(house)


def look(house: Any) -> None:
    watch_heat(house.personal, house.clock.stamp(), UTC)


def lasting(house: Any) -> list[HeatWarning]:
    found: list[HeatWarning] = house.personal.heat_warnings()
    return found


def test_a_warning_begins_grows_and_ends(house: Any) -> None:
    erna = somebody(house)
    begun = house.clock.wall_ms + 10 * MINUTE
    room(house, erna, 33.0, hours=2)
    (one,) = lasting(house)
    assert (one.person, one.device_id, one.level, one.change) == (erna, SENSOR, 1, 1)
    assert (one.warm_since, one.since, one.last_at) == (begun, begun + 2 * HOUR, one.since)
    assert one.temperature == 33.0
    room(house, erna, 36.0, hours=1)
    (grown,) = lasting(house)
    assert (grown.warning, grown.level, grown.worst, grown.change) == (one.warning, 2, 2, 2)
    assert grown.level_since == house.clock.wall_ms
    assert grown.since == one.since
    room(house, erna, 24.0, hours=1)
    assert lasting(house) == []
    (over,) = house.personal.heat_warnings(since=0)
    assert (over.level, over.worst, over.ended_how, over.change) == (0, 2, "cooler", 3)
    assert over.ended_at == house.clock.wall_ms
    assert over.most_felt == heat.felt(36.0, 30.0) > 36.0
    assert house.personal.heat_warnings(since=over.ended_at + 1) == []
    assert [w.warning for w in house.personal.heat_warnings(since=0, after=2)] == [over.warning]
    room(house, erna, 33.0, hours=2)
    assert lasting(house)[0].warning != over.warning


def test_without_consent_nothing_is_worked_out(house: Any) -> None:
    erna = somebody(house, agrees=False)
    house.consent(erna, kinds.HOME_ACTIVITY)
    room(house, erna, 40.0, hours=5)
    assert lasting(house) == []
    assert house.personal.connection.rows("SELECT * FROM heat_room") == []


def test_a_withdrawal_ends_and_erases_at_once(house: Any) -> None:
    erna, karl = somebody(house), somebody(house, device="ble:A4C138112244")
    for person, device in ((erna, SENSOR), (karl, "ble:A4C138112244")):
        room(house, person, 33.0, hours=2, device=device)
    assert len(lasting(house)) == 2
    house.personal.withdraw_consent(erna, house.clock.wall_ms, data_kind=kinds.WEIGHT)
    assert len(lasting(house)) == 2
    house.personal.withdraw_consent(erna, house.clock.wall_ms, data_kind=kinds.ROOM_CLIMATE)
    assert [one.person for one in house.personal.heat_warnings(since=0)] == [karl]
    rows = house.personal.connection.rows("SELECT person FROM heat_room")
    assert rows == [(karl,)]
    room(house, erna, 33.0, hours=3)
    assert [one.person for one in lasting(house)] == [karl]


def test_what_was_kept_while_there_was_consent_is_not_looked_at_after_it(house: Any) -> None:
    erna = somebody(house)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("edge.store.personal_heat.MOST_ROUNDS", 0)
        room(house, erna, 33.0, hours=3)  # the worker was busy
    house.personal.withdraw_consent(erna, house.clock.wall_ms)
    look(house)
    assert house.personal.heat_warnings(since=0) == []


def test_values_of_unknown_time_and_other_kinds_warn_of_nothing(house: Any) -> None:
    erna = somebody(house)
    house.consent(erna, kinds.TEMPERATURE)
    room(house, erna, 39.0, hours=5, quality=TimeQuality.UNKNOWN)
    room(house, erna, 39.0, hours=5, kind=kinds.TEMPERATURE)
    assert lasting(house) == []


def test_two_sensors_of_one_person_are_two_rooms(house: Any) -> None:
    erna = somebody(house)
    house.assign(erna, device="ble:A4C138112244")
    room(house, erna, 33.0, hours=2)
    room(house, erna, 36.0, hours=1, device="ble:A4C138112244")
    assert [(one.device_id, one.level) for one in lasting(house)] == [
        ("ble:A4C138112244", 2),  # the worst first
        (SENSOR, 1),
    ]


def test_a_sensor_that_fell_silent_or_was_given_away_warns_no_longer(house: Any) -> None:
    erna, karl = somebody(house), somebody(house, device="ble:A4C138112244")
    room(house, erna, 33.0, hours=2)
    room(house, karl, 33.0, hours=2, device="ble:A4C138112244")
    house.assign(erna, house.clock.wall_ms, device="ble:A4C138112244")
    look(house)
    (returned, *_) = [w for w in house.personal.heat_warnings(since=0) if w.person == karl]
    assert (returned.ended_how, len(lasting(house))) == ("returned", 1)
    house.clock.advance(DAY)
    house.clock.quality = TimeQuality.UNKNOWN
    look(house)
    assert len(lasting(house)) == 1  # whose clock is not set knows of no day that passed
    house.clock.quality = TimeQuality.HELD
    look(house)
    (silent, *_) = [w for w in house.personal.heat_warnings(since=0) if w.person == erna]
    assert silent.ended_how == "silent"
    room(house, erna, 33.0)
    assert lasting(house) == []  # what was before the silence does not count for it
    room(house, erna, 33.0, hours=2)
    assert len(lasting(house)) == 1


def test_a_clock_that_is_set_back_keeps_the_warning_and_its_times_sound(house: Any) -> None:
    erna = somebody(house)
    room(house, erna, 33.0, hours=2)
    house.clock.wall_ms -= 30 * DAY
    room(house, erna, 33.0)
    (one,) = lasting(house)
    assert one.warm_since == one.since == one.level_since == one.last_at == house.clock.wall_ms


def test_each_round_counts_once_also_after_a_kill(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed in mid-transaction, taken up by another process: as if nothing had been."""
    erna = somebody(house)
    followed, killed = heat.step, 0

    def dies(*arguments: Any) -> Any:
        nonlocal killed
        if killed < 40:
            killed += 1
            if killed % 3 == 0:
                raise StoreError("killed")
        return followed(*arguments)

    monkeypatch.setattr(personal_heat.heat, "step", dies)
    for _ in range(16):
        with suppress(StoreError):
            room(house, erna, 33.0)
    while killed < 40:
        try:
            look(house)
        except StoreError:
            continue
        break
    (one,) = lasting(house)
    assert one.change == 1
    assert one.since - one.warm_since == 2 * HOUR
    with PersonalStore.open(house.folder / "personal.db", house.folder / "personal.key") as other:
        assert other.heat_warnings() == [one]
        assert other.watch_rooms(UTC) is False


def test_a_long_backlog_is_looked_at_in_turns(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    erna = somebody(house)
    monkeypatch.setattr(personal_heat, "MOST_ROUNDS", 5)
    monkeypatch.setattr("edge.worker.heat_watch.MOST_TURNS", 2)
    room(house, erna, 33.0, hours=3.2)
    assert lasting(house) == []
    house.clock.advance(2 * DAY)
    look(house)
    assert len(lasting(house)) == 1  # not ended by the silence that only the backlog makes
    look(house)
    look(house)
    assert lasting(house) == []


def test_no_warning_names_anybody_or_a_value(house: Any) -> None:
    room(house, somebody(house), 33.25, hours=2)
    assert "33" not in repr(lasting(house)[0]).replace(str(lasting(house)[0].since), "").replace(
        SENSOR, ""
    ).replace(str(lasting(house)[0].warm_since), "")
