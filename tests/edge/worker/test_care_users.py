"""Whose a value is: settled by the sensor's user and confirmed by a person, never guessed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from edge.care import kinds
from edge.clock import to_ms
from edge.store.errors import StoreError
from edge.store.journal import State
from edge.worker.care_drain import EXPIRE_MS, UNASSIGNED_DAYS, Drained
from hardware.ble.blood_pressure import BloodPressure, encode_blood_pressure
from hardware.ble.clock import DateTime
from hardware.ble.medfloat import MedFloat
from hardware.ble.weight import Weight, encode_weight

NOON = to_ms(datetime(2026, 9, 21, 12, 0, tzinfo=UTC))
CUFF = "ble:C0112233AABB"
DAY_MS = 86_400_000


def value(systolic: int, user: int | None = None, minute: int = 0) -> bytes:
    return encode_blood_pressure(
        BloodPressure(
            MedFloat(systolic, 0),
            MedFloat(81, 0),
            MedFloat(94, 0),
            timestamp=DateTime(2026, 9, 21, 11, minute, 0),
            user_id=user,
        )
    )


def systolics(house: Any, person: int) -> list[float]:
    return [row.systolic_mmhg for row in house.personal.care_rows(person, 0)]


def test_a_button_is_nobody_s_until_a_person_confirmed_it(house: Any) -> None:
    erna = house.person("Erna")
    house.assign(erna, user=1)
    entry = house.receive("2A35", value(121, user=1))
    for _ in range(2):
        assert house.run() == Drained(unclaimed=1)
    (waiting,) = house.personal.waiting()
    assert (waiting.device_id, waiting.user_index, waiting.data_kind) == (CUFF, 1, "blood_pressure")
    assert (waiting.observed_at, waiting.received_at) == (NOON - 3_600_000, NOON + 1000)
    assert house.journal.entry(entry).payload
    house.personal.confirm(CUFF, erna, "selbst gemessen", NOON, 1)
    assert house.run() == Drained(stored=1)
    assert systolics(house, erna) == [121.0]
    assert house.personal.waiting() == []
    (given,) = [one for one in house.personal.assignments() if one.user_index == 1]
    assert (given.confirmed_at, given.confirmed_how) == (NOON, "selbst gemessen")


def test_one_person_s_sensor_names_a_button_and_waits_for_a_word(house: Any) -> None:
    erna = house.person("Erna")
    first = house.receive("2A35", value(121, user=1))
    for _ in range(2):
        assert house.run() == Drained(unclaimed=1)  # it may be a guest who pressed it
    assert house.journal.entry(first).payload
    (waiting,) = house.personal.waiting()
    assert (waiting.device_id, waiting.user_index) == (CUFF, 1)
    house.personal.confirm(CUFF, erna, "selbst gemessen", NOON)
    assert house.run() == Drained(stored=1)
    house.receive("2A35", value(142, user=2, minute=2))
    assert house.run() == Drained(stored=1)  # whichever button, a person said
    assert systolics(house, erna) == [121.0, 142.0]
    assert house.personal.waiting() == []


def test_one_button_s_word_says_nothing_of_another_button(house: Any) -> None:
    erna = house.person("Erna")
    house.assign(erna, user=1, confirmed=True)
    house.receive("2A35", value(121, user=1))
    house.receive("2A35", value(142, user=2, minute=2))
    house.receive("2A35", value(143, minute=3))
    assert house.run() == Drained(stored=1, unclaimed=2)
    assert systolics(house, erna) == [121.0]


def test_a_second_user_makes_what_names_none_wait_too(house: Any) -> None:
    erna = house.person("Erna")
    house.receive("2A35", value(121))
    assert house.run() == Drained(stored=1)  # one person, no button
    house.receive("2A35", value(122, minute=1))
    house.receive("2A35", value(142, user=1, minute=2))  # in the same batch, and later
    house.receive("2A35", value(143, user=2, minute=3))
    assert house.run() == Drained(unclaimed=3)
    house.personal.confirm(CUFF, erna, "wohnt allein", NOON)
    assert house.run() == Drained(stored=3)
    assert systolics(house, erna) == [121.0, 122.0, 142.0, 143.0]


def test_who_a_sensor_does_not_know_is_no_one_s_guess(house: Any) -> None:
    erna = house.person("Erna")
    house.receive("2A35", value(121, user=255))
    assert house.run() == Drained(unclaimed=1)
    house.personal.confirm(CUFF, erna, "wohnt allein", NOON)
    assert house.run() == Drained(stored=1)
    assert systolics(house, erna) == [121.0]


def test_a_sensor_that_says_it_tells_users_apart_is_believed(house: Any) -> None:
    erna = house.person("Erna", consents=False)
    house.consent(erna, kinds.WEIGHT)
    house.receive("2A9E", (0x02).to_bytes(4, "little"))
    house.receive("2A9D", encode_weight(Weight(16_320)))
    assert house.run() == Drained(stored=1, unclaimed=1)
    house.personal.confirm(CUFF, erna, "gezeigt", NOON)
    assert house.run() == Drained(stored=1)
    assert len(house.measured(erna)) == 1


def test_a_guest_s_value_is_claimed_one_by_one(house: Any) -> None:
    erna, heinz = house.person("Erna", user=1), house.person("Heinz", user=2)
    ids = [
        house.receive("2A35", value(systolic, user=255, minute=minute))
        for minute, systolic in enumerate((131, 132, 133))
    ]
    assert house.run() == Drained(unclaimed=3)
    first, second, third = (one.number for one in house.personal.waiting())
    assert house.personal.claim([first], heinz, "am Gerät gezeigt", NOON) == 1
    assert house.personal.claim([second, 999], None, "Besuch", NOON) == 1
    assert house.run() == Drained(stored=1, refused=1, unclaimed=1)
    assert systolics(house, heinz) == [131.0]
    assert systolics(house, erna) == []
    refused = house.journal.entry(ids[1])
    assert (refused.state, refused.payload, refused.message) == (State.REFUSED, b"", "nobody's")
    assert [one.number for one in house.personal.waiting()] == [third]
    assert house.personal.claim([first], heinz, "noch einmal", NOON) == 0


def test_a_claim_is_no_consent(house: Any) -> None:
    house.person("Erna", user=1)
    heinz = house.person("Heinz", consents=False, user=2)
    house.receive("2A35", value(131, user=7))
    house.run()
    (waiting,) = house.personal.waiting()
    house.personal.claim([waiting.number], heinz, "gezeigt", NOON)
    assert house.run() == Drained(refused=1)
    assert house.personal.care_count() == 0
    assert house.personal.waiting() == []


def test_what_waits_too_long_is_nobody_s_business(house: Any) -> None:
    house.person("Erna", user=1)
    old = house.receive("2A35", value(131, user=7))
    house.run()
    house.clock.advance(UNASSIGNED_DAYS * DAY_MS)
    assert house.run() == Drained(unclaimed=1)
    house.clock.advance(EXPIRE_MS)
    fresh = house.receive("2A35", value(132, user=7, minute=1))
    assert house.run() == Drained(refused=1, unclaimed=1)
    assert house.journal.entry(old).payload == b""
    assert house.journal.entry(fresh).payload
    assert len(house.personal.waiting()) == 1


def test_while_the_clock_is_not_set_nothing_is_too_old(house: Any) -> None:
    house.person("Erna", user=1)
    house.receive("2A35", value(131, user=7))
    house.receive("2A35", value(121), "ble:NOBODY")
    house.clock.advance(10 * 365 * DAY_MS)
    late = house.clock.wall_ms
    waits = Drained(waiting=1, unclaimed=1)
    assert house.steady.run(house.personal, late, is_clock_set=False) == waits
    assert house.steady.run(house.personal, late) == Drained(refused=2)


def test_a_claim_on_what_the_journal_lost_is_forgotten(house: Any) -> None:
    house.person("Erna", user=1)
    entry = house.receive("2A35", value(131, user=7))
    house.run()
    house.journal.refuse(entry)
    assert len(house.personal.waiting()) == 1
    house.clock.advance(EXPIRE_MS)
    house.run()
    assert house.personal.waiting() == []


def test_who_is_not_assigned_cannot_be_confirmed(house: Any) -> None:
    erna = house.person("Erna", user=1)
    for user in (None, 2):
        with pytest.raises(StoreError, match="no such assignment"):
            house.personal.confirm(CUFF, erna, "gezeigt", NOON, user)
    assert house.personal.end_assignment(CUFF, NOON + 1, 1)
    assert not house.personal.end_assignment(CUFF, NOON + 1, 1)
    with pytest.raises(StoreError, match="no such assignment"):
        house.personal.confirm(CUFF, erna, "gezeigt", NOON, 1)


def test_a_new_assignment_has_to_be_confirmed_anew(house: Any) -> None:
    erna, heinz = house.person("Erna", user=1), house.person("Heinz", user=2)
    house.assign(heinz, NOON, user=1)
    house.receive("2A35", value(131, user=1))
    assert house.run() == Drained(unclaimed=1)
    house.personal.confirm(CUFF, heinz, "gezeigt", NOON, 1)
    # it was measured an hour before: then it was still Erna's, had she had it longer
    house.run()
    assert len(systolics(house, erna)) + len(systolics(house, heinz)) == 1


def test_a_clock_that_jumps_back_before_the_consent_takes_nothing(house: Any) -> None:
    erna = house.person("Erna")
    entry = house.receive("2A35", value(121))
    house.clock.wall_ms = NOON - 365 * DAY_MS  # a power cut; the consent is of a year ahead now
    assert house.run() == Drained(stored=1)
    assert house.journal.entry(entry).payload
    assert systolics(house, erna) == [121.0]


def test_a_withdrawal_while_a_batch_is_read_still_counts(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    erna = house.person("Erna")
    house.consent(erna, kinds.WEIGHT)
    ids = [
        house.receive("2A35", value(121)),
        house.receive("2A9D", encode_weight(Weight(16_320))),
    ]
    add = house.personal.add_measured

    def withdraw_first(*rows: Any) -> Any:
        house.personal.withdraw_consent(erna, NOON + 5000)
        return add(*rows)

    monkeypatch.setattr(house.personal, "add_measured", withdraw_first)
    assert house.run() == Drained(refused=2)
    assert house.personal.care_count() == house.personal.observation_count() == 0
    assert [house.journal.entry(one).payload for one in ids] == [b"", b""]
