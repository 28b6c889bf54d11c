from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pyrage
import pytest

from edge.clock import to_ms
from edge.store.journal import Journal, State
from edge.worker.care_drain import BATCH, UNASSIGNED_DAYS, Drained
from edge.worker.care_moment import observed
from edge.worker.care_rows import pressure_status
from hardware.ble.blood_pressure import BloodPressure, Status, encode_blood_pressure
from hardware.ble.clock import DateTime
from hardware.ble.medfloat import MedFloat, Special
from hardware.reading import TimeQuality

NOON = to_ms(datetime(2026, 9, 21, 12, 0, tzinfo=UTC))
CUFF = "ble:C0112233AABB"
DAY_MS = 86_400_000


def value(
    systolic: int = 121,
    *,
    at: DateTime | None = None,
    user: int | None = None,
    status: Status | None = None,
) -> bytes:
    return encode_blood_pressure(
        BloodPressure(
            MedFloat(systolic, 0),
            MedFloat(81, 0),
            MedFloat(94, 0),
            timestamp=at,
            pulse_rate=MedFloat(66, 0),
            user_id=user,
            status=status,
        )
    )


def test_a_measurement_is_stored_for_its_person(house: Any) -> None:
    erna = house.person("Erna", confirmed=True)
    taken = DateTime(2026, 9, 21, 11, 59, 30)
    status = Status.IRREGULAR_PULSE | Status.PULSE_RATE_LOW
    number = house.arrive(value(at=taken, user=1, status=status))
    assert house.drain() == Drained(stored=1)
    (row,) = house.personal.care_rows(erna, 0)
    assert (row.systolic_mmhg, row.diastolic_mmhg, row.mean_mmhg, row.pulse_per_min) == (
        121.0,
        81.0,
        94.0,
        66.0,
    )
    assert row.observed_at == NOON - 30_000
    assert row.time_quality is TimeQuality.HELD  # the hub never looked at this clock
    assert (row.received_at, row.journal_id, row.device_id) == (NOON + 1000, number, CUFF)
    assert (row.status, row.user_index) == (int(status), 1)
    assert house.journal.entry(number).state is State.DECODED  # type: ignore[union-attr]
    assert house.drain() == Drained()


def test_without_consent_the_bytes_are_erased_and_only_counted(house: Any) -> None:
    erna = house.person("Erna", consents=False)
    number = house.arrive(value())
    assert house.drain() == Drained(refused=1)
    entry = house.journal.entry(number)
    assert entry is not None
    assert (entry.state, entry.payload) == (State.REFUSED, b"")
    assert house.personal.care_count() == 0
    house.consent(erna)
    assert house.drain() == Drained()


def test_a_withdrawal_counts_at_once_even_for_what_waits(house: Any) -> None:
    erna = house.person("Erna")
    house.arrive(value())
    house.clock.advance(1)
    house.personal.withdraw_consent(erna, house.clock.wall_ms)
    assert house.drain() == Drained(refused=1)
    assert house.personal.care_count() == 0


def test_nobody_s_sensor_waits_until_it_is_somebody_s(house: Any) -> None:
    number = house.arrive(value())
    for _ in range(2):
        assert house.drain() == Drained(waiting=1)
    assert house.journal.entry(number).payload  # type: ignore[union-attr]
    house.person("Erna")
    assert house.drain() == Drained(stored=1)


def test_nobody_s_sensor_does_not_wait_for_ever(house: Any) -> None:
    number = house.arrive(value())
    house.clock.advance(UNASSIGNED_DAYS * DAY_MS)
    assert house.drain() == Drained(waiting=1)
    house.clock.advance(1)
    assert house.drain() == Drained(refused=1)
    assert house.journal.entry(number).payload == b""  # type: ignore[union-attr]


def test_a_clock_that_was_wrong_on_arrival_ages_nothing(house: Any) -> None:
    house.clock.wall_ms, house.clock.quality = 5000, TimeQuality.UNKNOWN
    house.arrive(value())
    house.clock.wall_ms = NOON
    assert house.drain() == Drained(waiting=1)


def test_each_button_has_its_person(house: Any) -> None:
    erna, heinz = house.person("Erna", user=1), house.person("Heinz", user=2)
    house.arrive(value(121, user=1))
    house.arrive(value(142, user=2))
    house.arrive(value(133, user=3))
    house.arrive(value(135, user=255))
    house.arrive(value(137))
    assert house.drain() == Drained(stored=2, unclaimed=3)
    assert [row.systolic_mmhg for row in house.personal.care_rows(erna, 0)] == [121.0]
    assert [row.systolic_mmhg for row in house.personal.care_rows(heinz, 0)] == [142.0]


def test_a_sensor_s_owner_has_the_buttons_that_nobody_else_has(house: Any) -> None:
    erna, heinz = house.person("Erna", confirmed=True), house.person("Heinz", user=2)
    house.arrive(value(121, user=1))
    house.arrive(value(142, user=2))
    house.arrive(value(137))
    assert house.drain() == Drained(stored=3)
    assert [row.systolic_mmhg for row in house.personal.care_rows(erna, 0)] == [121.0, 137.0]
    assert [row.systolic_mmhg for row in house.personal.care_rows(heinz, 0)] == [142.0]


def at(hour: int, minute: int = 0) -> DateTime:
    return DateTime(2026, 9, 21, hour, minute, 0)


def test_a_sensor_that_changed_hands_delivers_its_former_owner_s_readings(house: Any) -> None:
    erna, heinz = house.person("Erna"), house.personal.add_person("Heinz", NOON)
    house.consent(heinz)
    house.clock.advance(3 * 3_600_000)
    house.personal.assign(CUFF, heinz, NOON + 2 * 3_600_000)
    for systolic, hour in ((121, 9), (122, 13), (143, 14), (144, 15)):
        house.arrive(value(systolic, at=at(hour)))
    assert house.drain() == Drained(stored=4)
    assert [row.systolic_mmhg for row in house.personal.care_rows(erna, 0)] == [121.0, 122.0]
    assert [row.systolic_mmhg for row in house.personal.care_rows(heinz, 0)] == [143.0, 144.0]


def test_a_clock_that_was_reset_gives_nothing_to_the_former_owner(house: Any) -> None:
    erna, heinz = house.person("Erna"), house.personal.add_person("Heinz", NOON)
    house.consent(heinz)
    house.personal.assign(CUFF, heinz, NOON + DAY_MS)
    house.clock.advance(80 * DAY_MS)
    house.arrive(value(150, at=DateTime(2026, 1, 1, 0, 7, 0)))
    assert house.drain() == Drained(unclaimed=1)
    (one,) = house.personal.waiting()
    house.personal.claim([one.number], heinz, "gesagt", house.clock.wall_ms)
    assert house.drain() == Drained(stored=1)
    assert house.personal.care_rows(erna, 0) == []
    assert len(house.personal.care_rows(heinz, 0)) == 1


@pytest.mark.parametrize("quality", [TimeQuality.SYNCHRONISED, TimeQuality.UNKNOWN])
def test_a_sensor_that_was_unpaired_waits_until_it_is_somebody_s_again(
    house: Any, quality: TimeQuality
) -> None:
    erna, heinz = house.person("Erna"), house.personal.add_person("Heinz", NOON)
    house.consent(heinz)
    house.arrive(value(121))
    house.clock.quality = quality
    house.receive("UNPAIRED", b"1")
    house.clock.quality = TimeQuality.SYNCHRONISED
    house.arrive(value(150))
    assert house.run() == Drained(stored=2, unclaimed=1)
    assert [row.systolic_mmhg for row in house.personal.care_rows(erna, 0)] == [121.0]
    house.clock.advance(-1000)
    house.personal.assign(CUFF, heinz, house.clock.wall_ms)
    house.clock.advance(1000)
    assert house.run() == Drained(stored=1)
    assert [row.systolic_mmhg for row in house.personal.care_rows(heinz, 0)] == [150.0]


def test_an_unpairing_that_is_read_late_takes_it_from_nobody_after_it(house: Any) -> None:
    house.receive("UNPAIRED", b"1")
    assert house.run() == Drained(stored=1)  # it was nobody's
    house.person("Erna")
    house.receive("UNPAIRED", b"2")
    heinz = house.personal.add_person("Heinz", NOON)
    house.consent(heinz)
    house.clock.advance(1000)
    house.personal.assign(CUFF, heinz, house.clock.wall_ms)
    house.arrive(value(150))
    assert house.run() == Drained(stored=2)
    assert len(house.personal.care_rows(heinz, 0)) == 1


def test_the_former_owner_s_withdrawal_counts_for_what_comes_late(house: Any) -> None:
    erna, heinz = house.person("Erna"), house.personal.add_person("Heinz", NOON)
    house.consent(heinz)
    house.clock.advance(3 * 3_600_000)
    house.personal.assign(CUFF, heinz, NOON + 2 * 3_600_000)
    house.personal.withdraw_consent(erna, NOON + 2 * 3_600_000)
    house.arrive(value(122, at=at(13)))
    assert house.drain() == Drained(refused=1)
    assert house.personal.care_count() == 0


def test_a_button_given_away_later_was_the_sensor_owner_s_before(house: Any) -> None:
    erna, heinz = house.person("Erna", confirmed=True), house.personal.add_person("Heinz", NOON)
    house.consent(heinz)
    house.clock.advance(3 * 3_600_000)
    house.assign(heinz, NOON + 2 * 3_600_000, user=2, confirmed=True)
    for systolic, hour in ((121, 9), (122, 13), (143, 15)):
        house.arrive(value(systolic, at=at(hour), user=2))
    assert house.drain() == Drained(stored=3)
    assert [row.systolic_mmhg for row in house.personal.care_rows(erna, 0)] == [121.0, 122.0]
    assert [row.systolic_mmhg for row in house.personal.care_rows(heinz, 0)] == [143.0]


def test_a_reading_of_an_unknown_time_is_the_present_owner_s(house: Any) -> None:
    house.person("Erna")
    heinz = house.personal.add_person("Heinz", NOON)
    house.consent(heinz)
    house.personal.assign(CUFF, heinz, NOON + 2 * 3_600_000)
    house.clock.quality = TimeQuality.UNKNOWN  # after a power cut, behind the assignment
    house.arrive(value(143))
    assert house.drain() == Drained(stored=1)
    assert [row.systolic_mmhg for row in house.personal.care_rows(heinz, 0)] == [143.0]


@pytest.mark.parametrize(
    ("payload", "kind"),
    [(b"\x00", "ble:2A35"), (b"", "ble:2A35"), (value()[:-1], "ble:2A35"), (b"1", "ble:FFFF")],
)
def test_what_no_decoder_reads_is_kept_for_a_later_one(
    house: Any, payload: bytes, kind: str
) -> None:
    house.person("Erna")
    number = house.arrive(payload, kind)
    assert house.drain() == Drained(quarantined=1)
    entry = house.journal.entry(number)
    assert entry is not None
    assert entry.state is State.QUARANTINED
    identity = pyrage.x25519.Identity.from_str(house.personal.care_identity())
    assert pyrage.decrypt(entry.payload, [identity]) == payload


def test_an_entry_sealed_to_another_key_stops_no_other(house: Any) -> None:
    house.person("Erna")
    stranger = str(pyrage.x25519.Identity.generate().to_public())
    with Journal(house.folder / "journal.db", stranger) as other:
        other.append("care", "r", CUFF, "ble:2A35", b"k", value(), house.clock.stamp())
    house.arrive(value())
    assert house.drain() == Drained(stored=1, quarantined=1)


def test_values_that_are_no_measurement_are_done_with(house: Any) -> None:
    house.person("Erna")
    house.arrive(b"\x00\x00", "ble:2A49")
    house.arrive(value(), "ble:2A36")
    assert house.drain() == Drained(stored=2)
    assert house.personal.care_count() == 0


def test_a_field_that_is_no_number_is_absent(house: Any) -> None:
    erna = house.person("Erna")
    house.arrive(
        encode_blood_pressure(BloodPressure(MedFloat(121, 0), MedFloat(81, 0), Special.NAN))
    )
    house.drain()
    (row,) = house.personal.care_rows(erna, 0)
    assert (row.systolic_mmhg, row.mean_mmhg, row.pulse_per_min, row.status) == (
        121.0,
        None,
        None,
        None,
    )


def test_a_crash_between_the_two_commits_repeats_nothing(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    erna = house.person("Erna")
    for systolic in (121, 122, 121):
        house.arrive(value(systolic))

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(house.journal, "mark", crash)
        with pytest.raises(KeyboardInterrupt):
            house.drain()
    assert house.personal.care_count() == 3
    assert house.drain() == Drained(stored=3)
    assert [row.systolic_mmhg for row in house.personal.care_rows(erna, 0)] == [121, 122, 121]


def test_a_reading_the_cuff_sent_twice_is_stored_once(house: Any) -> None:
    """After a power cut the journal cannot know it; the device's own time tells."""
    erna = house.person("Erna")
    for _ in range(2):
        house.arrive(value(at=DateTime(2026, 9, 21, 11, 0, 0)))
    assert house.drain() == Drained(stored=2)
    assert len(house.personal.care_rows(erna, 0)) == 1


def test_many_entries_are_drained_in_batches(house: Any) -> None:
    house.person("Erna", user=1)
    for number in range(BATCH + 5):
        house.arrive(value(100 + number % 50, user=1 if number % 2 else 9))
    assert house.drain() == Drained(stored=(BATCH + 5) // 2, unclaimed=(BATCH + 6) // 2)
    assert len(house.personal.care_rounds_after(0)) == 2


def test_nothing_of_a_person_is_in_the_clear(house: Any) -> None:
    house.person("Erna Weber", consents=False)
    payload = value(at=DateTime(2026, 9, 21, 11, 0, 0))
    house.arrive(payload)
    house.arrive(b"\x04not decodable")
    house.drain()
    for path in house.folder.glob("*.db*"):
        data = path.read_bytes()
        assert payload not in data
        assert b"not decodable" not in data
        assert b"Erna" not in data


BERLIN_SUMMER = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("timestamp", "quality", "expected"),
    [
        ("2026-09-21T13:59:00", TimeQuality.SYNCHRONISED, NOON - 60_000),
        ("2026-09-21T14:10:00", TimeQuality.SYNCHRONISED, NOON + 600_000),
        ("2026-09-21T14:10:01", TimeQuality.SYNCHRONISED, None),  # in the hub's future
        ("2025-01-01T00:00:00", TimeQuality.HELD, None),  # longer ago than a cuff remembers
        ("2000-01-01T00:00:00", TimeQuality.UNKNOWN, None),  # a cuff that was never set
        ("2027-01-01T02:00:00", TimeQuality.UNKNOWN, NOON + 101 * DAY_MS + DAY_MS // 2),
        (None, TimeQuality.SYNCHRONISED, None),
    ],
)
def test_the_device_s_time_is_taken_where_it_is_plausible(
    house: Any, timestamp: str | None, quality: TimeQuality, expected: int | None
) -> None:
    house.clock.wall_ms, house.clock.quality = NOON - 1000, quality
    entry = house.journal.entry(house.arrive(b"x"))
    assert entry is not None
    assert observed(entry, timestamp, BERLIN_SUMMER) == (
        (expected, TimeQuality.HELD) if expected is not None else (NOON, quality)
    )


def test_every_status_bit_has_its_place() -> None:
    from hardware.ble import decode  # noqa: PLC0415

    for bits in range(0x40):
        read = decode("2A35", value(status=Status(bits)))
        assert pressure_status(read) == bits
