"""When something was measured, by a clock that was off, set, put back or never seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from edge.care.contact_clock import ContactClock, write_contact
from edge.clock import to_ms
from edge.store.journal import Entry
from edge.worker.care_moment import in_session, observed, session_start
from hardware.ble.blood_pressure import BloodPressure, encode_blood_pressure
from hardware.ble.clock import DateTime, encode_current_time
from hardware.ble.measurement import Measurement
from hardware.ble.medfloat import MedFloat
from hardware.reading import TimeQuality

NOON = to_ms(datetime(2026, 9, 21, 12, 0, tzinfo=UTC))
HOUR = 3_600_000
DEVICE, HELD = TimeQuality.DEVICE, TimeQuality.HELD


def text(at: int, ahead_h: float = 0) -> str:
    return datetime.fromtimestamp((at + int(ahead_h * HOUR)) / 1000, UTC).isoformat()[:19]


def contact(at: int, ahead_h: float | None = 0, *, was_set: bool = True) -> ContactClock:
    return ContactClock(at, None if ahead_h is None else text(at, ahead_h), was_set)


@pytest.fixture
def came(house: Any) -> Entry:
    house.clock.wall_ms = NOON - 1000
    entry = house.journal.entry(house.arrive(b"x"))
    assert isinstance(entry, Entry)
    return entry


BEFORE = NOON - 24 * HOUR
RESET = (to_ms(datetime(2026, 1, 1, tzinfo=UTC)) - NOON) / HOUR


@pytest.mark.parametrize(
    ("clocks", "stamped", "expected", "quality"),
    [
        # 72 h behind at the first contact, and set then: what it stamped before is moved
        ([contact(NOON, -72)], text(NOON - HOUR, -72), NOON - HOUR, HELD),
        # ... also when the rest comes with the next contact, where the clock is right
        ([contact(BEFORE, -72), contact(NOON)], text(BEFORE - HOUR, -72), BEFORE - HOUR, HELD),
        ([contact(BEFORE, -72), contact(NOON)], text(BEFORE + HOUR), BEFORE + HOUR, DEVICE),
        # ... also when nobody knows whether it was set
        (
            [contact(BEFORE, -72, was_set=False), contact(NOON)],
            text(BEFORE - HOUR, -72),
            BEFORE - HOUR,
            HELD,
        ),
        # what it stamps during a contact: by the new time, or by the old one if it cannot be set
        ([contact(NOON - 30_000, -72)], text(NOON - 5000), NOON - 5000, DEVICE),
        ([contact(NOON - 30_000, -72, was_set=False)], text(NOON - 5000, -72), NOON - 5000, HELD),
        # it cannot be set, and is off at each contact
        (
            [contact(BEFORE, -2, was_set=False), contact(NOON, -2, was_set=False)],
            text(NOON - HOUR, -2),
            NOON - HOUR,
            HELD,
        ),
        (
            [contact(BEFORE, -2, was_set=False), contact(NOON, -2, was_set=False)],
            text(BEFORE - HOUR, -2),
            BEFORE - HOUR,
            HELD,
        ),
        # ahead
        ([contact(NOON, 3)], text(NOON - HOUR, 3), NOON - HOUR, HELD),
        # right, though no hub has set it
        ([contact(NOON)], text(NOON - HOUR), NOON - HOUR, HELD),
        # it cannot be read: believed once it was set
        ([contact(NOON, None)], text(NOON - HOUR), NOON - HOUR, HELD),
        ([contact(BEFORE, None), contact(NOON, None)], text(NOON - HOUR), NOON - HOUR, DEVICE),
        ([contact(BEFORE, None, was_set=False)], text(NOON - HOUR), NOON, None),
        # its battery was changed since the last contact: before that it was right
        ([contact(BEFORE), contact(NOON, RESET)], text(NOON - HOUR, RESET), NOON - HOUR, HELD),
        ([contact(BEFORE), contact(NOON, RESET)], text(NOON - 5 * HOUR), NOON - 5 * HOUR, DEVICE),
        # what no contact explains came when it came
        ([contact(NOON)], "2020-01-01T00:00:00", NOON, None),
        ([contact(NOON)], text(NOON, 3), NOON, None),
        ([], text(NOON - HOUR), NOON - HOUR, HELD),
    ],
)
def test_a_clock_is_believed_as_far_as_it_was_compared(
    came: Entry,
    clocks: list[ContactClock],
    stamped: str,
    expected: int,
    quality: TimeQuality | None,
) -> None:
    assert observed(came, stamped, UTC, clocks) == (expected, quality or came.time_quality)


def test_an_hour_s_difference_in_winter_is_the_clock_s(house: Any) -> None:
    """A cuff that nobody told of winter: what it stamped in summer was right."""
    berlin = ZoneInfo("Europe/Berlin")
    winter = to_ms(datetime(2026, 11, 1, 12, 0, tzinfo=UTC))
    house.clock.wall_ms = winter
    entry = house.journal.entry(house.arrive(b"x"))
    clocks = [
        ContactClock(to_ms(datetime(2026, 10, 1, 12, 0, tzinfo=UTC)), "2026-10-01T14:00:00", True),
        ContactClock(winter, "2026-11-01T14:00:00", True),
    ]
    for stamped, real, quality in (
        ("2026-10-20T09:00:00", datetime(2026, 10, 20, 7, 0, tzinfo=UTC), DEVICE),
        ("2026-10-30T09:00:00", datetime(2026, 10, 30, 7, 0, tzinfo=UTC), HELD),
    ):
        assert observed(entry, stamped, berlin, clocks) == (to_ms(real), quality)


def test_without_the_hub_s_time_only_what_was_set_is_the_device_s(house: Any) -> None:
    house.clock.quality = TimeQuality.UNKNOWN
    house.clock.wall_ms = 5000
    entry = house.journal.entry(house.arrive(b"x"))
    stamped = text(NOON)
    assert observed(entry, stamped, UTC, [contact(BEFORE)]) == (NOON, DEVICE)
    assert observed(entry, stamped, UTC, []) == (NOON, HELD)
    assert observed(entry, "9999-12-31T23:59:59", UTC, []) == (6000, TimeQuality.UNKNOWN)


def test_a_record_of_the_session_before_is_timed_from_that_session(came: Entry) -> None:
    starts = [NOON - 240 * HOUR, NOON - HOUR]
    was_set = [contact(BEFORE)]
    assert in_session(came, starts, 200 * 60) == (NOON - 40 * HOUR, HELD)
    assert in_session(came, starts, 200 * 60, was_set) == (NOON - 40 * HOUR, DEVICE)
    assert in_session(came, starts[1:], 30, was_set) == (NOON - HOUR // 2, DEVICE)
    assert in_session(came, starts, 30, was_set) == (NOON - HOUR // 2, HELD), "either session's"
    assert in_session(came, starts, 239 * 60 + 30, was_set) == (NOON, came.time_quality), "neither"
    assert in_session(came, starts, 65_535) == (NOON, came.time_quality)
    assert in_session(came, [NOON + HOUR], 5) is None


def test_without_the_hub_s_time_a_monitor_s_session_is_believed(house: Any) -> None:
    house.clock.quality = TimeQuality.UNKNOWN
    house.clock.wall_ms = 5000
    entry = house.journal.entry(house.arrive(b"x"))
    assert in_session(entry, [NOON], 30, [contact(BEFORE)]) == (NOON + HOUR // 2, DEVICE)
    assert in_session(entry, [6000], 30) == (entry.received_at, TimeQuality.UNKNOWN)


def test_a_monitor_that_cannot_be_set_tells_its_start_by_its_own_clock() -> None:
    start = Measurement("cgm_session_start_time", (), {}, text(BEFORE, -72))
    assert session_start(start, UTC) == BEFORE - 72 * HOUR
    assert session_start(start, UTC, [contact(NOON, -72, was_set=False)]) == BEFORE
    assert session_start(start, UTC, [contact(NOON, 0, was_set=False)]) == BEFORE - 72 * HOUR
    told_new = Measurement("cgm_session_start_time", (), {}, text(BEFORE))
    assert session_start(told_new, UTC, [contact(NOON, -72)]) == BEFORE


def test_a_note_of_the_clock_counts_for_the_values_behind_it(house: Any) -> None:
    erna = house.person("Erna")
    slow = datetime(2026, 9, 18, 12, 0, tzinfo=UTC)
    for was_set in (False, True):
        note = write_contact(NOON, "2A2B", encode_current_time(slow), was_set=was_set)
        house.receive("CLOCK", note)
    reading = BloodPressure(
        MedFloat(150, 0),
        MedFloat(80, 0),
        MedFloat(100, 0),
        timestamp=DateTime(2026, 9, 18, 11, 0, 0),
    )
    house.receive("2A35", encode_blood_pressure(reading))
    assert house.drain().stored == 3
    (row,) = house.personal.care_rows(erna, 0)
    assert (row.observed_at, row.time_quality) == (NOON - HOUR, HELD)
    assert house.personal.clocks(row.device_id) == [ContactClock(NOON, "2026-09-18T12:00:00", True)]
    house.receive("CLOCK", b"no note")
    assert house.drain().quarantined == 1


def test_counting_back_is_exact_to_the_second(came: Entry) -> None:
    clock = ContactClock(NOON, "2026-09-18T12:00:00", was_set=True)
    expected = NOON - int(timedelta(minutes=7, seconds=3).total_seconds() * 1000)
    assert observed(came, "2026-09-18T11:52:57", UTC, [clock]) == (expected, HELD)
