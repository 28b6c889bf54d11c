"""Whose a sensor is, what waits, sensors' keys, and observations of any kind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edge.care.consent import BLOOD_PRESSURE, CARE, COUNTY
from edge.clock import FixedClock
from edge.store.journal import Journal, State, entry_key
from edge.store.journal_parked import BATCH, NO_KEY, NO_OWNER, WHOSE
from edge.store.personal import PersonalStore
from edge.store.personal_rows import CareRow, Counter, Number, Observation, Waiting
from hardware.reading import TimeQuality

T = 1_790_000_000_000
SCALE = "ble:C0112233AABB"
KEY = bytes.fromhex("231d39c1d7cc1ab1aee224cd096db932")


def weight(person: int, at: int = T, kilograms: float = 81.5) -> Observation:
    return Observation(
        at,
        SCALE,
        "weight",
        person,
        TimeQuality.DEVICE,
        T + 5,
        7,
        "2A9D",
        None,
        2,
        {"measurement_units": "si"},
        (Number("body_weight", kilograms), Number("body_height", 168.0, "at_home")),
    )


def agreed(personal: PersonalStore, *kinds: str, recipient: str = "hub") -> int:
    erna = personal.add_person("Erna", T)
    for kind in kinds:
        personal.give_consent(
            erna,
            purpose=CARE,
            data_kind=kind,
            sentence="Ja.",
            given_how="Papier",
            at=T,
            recipient=recipient,
        )
    return erna


def test_observations_are_kept_as_they_are(personal: PersonalStore) -> None:
    erna = agreed(personal, "weight")
    later = replace(weight(erna, T + 9), values=(), flags={"body_weight": "unsuccessful"})
    assert personal.add_measured([], [later, weight(erna)]) == frozenset()
    assert personal.observations(erna, 0) == [weight(erna), later]
    assert personal.observations(erna, T, T + 9) == [weight(erna)]
    assert personal.observations(erna, 0, data_kind="glucose") == []
    assert personal.observations(erna + 1, 0) == []
    (found,) = personal.observation_rounds_after(0)
    assert (found.first_at, found.last_at, found.row_count) == (T, T + 9, 2)
    assert personal.observations_of(found) == personal.observations_of(1) == [weight(erna), later]
    assert personal.observation_count(erna, "weight") == 2
    assert personal.observation_count(erna, "glucose") == 0


def test_the_same_observation_is_left_out_and_another_is_moved(personal: PersonalStore) -> None:
    erna = agreed(personal, "weight", "glucose")
    first, second = weight(erna), weight(erna, kilograms=81.6)
    sugar = replace(first, data_kind="glucose")
    personal.add_measured([], [first, second, first, sugar])
    personal.add_measured([], [second, replace(first, journal_id=99, received_at=T + 99)])
    personal.add_measured([], [])
    assert personal.observations(erna, 0) == [sugar, first, replace(second, observed_at=T + 1)]
    assert len(personal.observation_rounds_after(0)) == 1


def test_what_nobody_agreed_to_is_left_out_and_named(personal: PersonalStore) -> None:
    erna = agreed(personal, "glucose")
    heinz = personal.add_person("Heinz", T)
    personal.give_consent(
        erna, purpose=CARE, data_kind="weight", sentence="Ja.", given_how="", at=T, recipient=COUNTY
    )
    pressure = CareRow(T, SCALE, erna, TimeQuality.DEVICE, T, 11, 121.0)
    rows = [replace(weight(erna), journal_id=12), replace(weight(heinz), journal_id=13)]
    assert personal.add_measured([pressure], rows) == {11, 12, 13}
    assert personal.care_count() == personal.observation_count() == 0
    assert personal.observation_rounds_after(0) == personal.care_rounds_after(0) == []
    personal.give_consent(
        erna, purpose=CARE, data_kind=BLOOD_PRESSURE, sentence="Ja.", given_how="", at=T
    )
    assert personal.add_measured([pressure], []) == frozenset()
    assert personal.care_rows(erna, 0) == [pressure]


def test_a_numbered_measurement_is_found_by_its_number(personal: PersonalStore) -> None:
    erna = agreed(personal, "glucose")
    rows = [
        replace(weight(erna, T + n), data_kind="glucose", source="2A18", sequence=5, journal_id=n)
        for n in (3, 6, 9)
    ]
    personal.add_measured([], rows)
    assert personal.observation_numbered(SCALE, "2A18", 5, 9) == rows[1]
    assert personal.observation_numbered(SCALE, "2A18", 5, 3) is None
    assert personal.observation_numbered(SCALE, "2A18", 6, 9) is None
    assert personal.observation_numbered("ble:other", "2A18", 5, 9) is None


def test_no_repr_tells_a_value_or_a_key(personal: PersonalStore) -> None:
    erna = agreed(personal, "weight")
    personal.add_sensor_key(SCALE, KEY, "von Hand", T)
    shown = repr(weight(erna)) + repr(personal.sensor_keys())
    for secret in ("81.5", "measurement_units", repr(KEY), KEY.hex()):
        assert secret not in shown


def test_waiting_values_are_noted_claimed_and_settled(personal: PersonalStore) -> None:
    erna = agreed(personal)
    first = Waiting(0, SCALE, T + 5, "weight", T, TimeQuality.DEVICE, 2)
    second = replace(first, received_at=T + 6, user_index=None, time_quality=TimeQuality.HELD)
    personal.add_waiting([first, second, first])
    personal.add_waiting([])
    assert personal.waiting() == [replace(second, number=2), replace(first, number=1)]
    turn = personal.care_turn()
    assert personal.claim([1, 2, 77], erna, "gezeigt", T + 8) == 2
    assert personal.care_turn() > turn
    assert [(one.person, one.said_at) for one in personal.waiting()] == [(erna, T + 8)] * 2
    personal.add_waiting([first])
    assert personal.claim([1], None, "Besuch", T + 9) == 1
    assert personal.waiting()[1].person is None
    personal.settle_waiting([(SCALE, T + 5), (SCALE, T + 77)])
    assert [one.number for one in personal.waiting()] == [2]
    assert personal.claim([1], erna, "zu spät", T) == 0


def test_everything_somebody_says_is_a_turn(personal: PersonalStore) -> None:
    erna = agreed(personal)
    turns = [personal.care_turn()]
    personal.assign(SCALE, erna, T, 2)
    turns.append(personal.care_turn())
    personal.confirm(SCALE, erna, "gezeigt", T, 2)
    turns.append(personal.care_turn())
    personal.end_assignment(SCALE, T, 2)
    turns.append(personal.care_turn())
    personal.add_sensor_key(SCALE, KEY, "von Hand", T)
    turns.append(personal.care_turn())
    personal.remove_sensor_key(SCALE)
    turns.append(personal.care_turn())
    assert turns == sorted(set(turns))


def test_users_and_sessions_are_remembered_once(personal: PersonalStore) -> None:
    for _ in range(2):
        personal.note_users({SCALE: {1, 2}, "ble:B": {0}}, ["ble:C"], T)
        personal.add_session(SCALE, T + 3)
        personal.add_session(SCALE, T)
    assert personal.sensor_users() == {SCALE: {1, 2}, "ble:B": {0}}
    assert personal.announced_several() == {"ble:C"}
    assert personal.sessions(SCALE) == [T, T + 3]
    assert personal.sessions("ble:B") == []


def test_sensors_keys(personal: PersonalStore) -> None:
    assert personal.add_sensor_key(SCALE, KEY, "von Hand", T) == "new"
    personal.set_sensor_key_states([SCALE, "ble:B"], "opens", T + 1)
    personal.set_sensor_key_states([SCALE], "opens", T + 9)
    (kept,) = personal.sensor_keys()
    assert (kept.key, kept.state, kept.state_at) == (KEY, "opens", T + 1)
    assert len(kept.fingerprint) == 4
    personal.set_counters([Counter(SCALE, authentic=True, number=9, heard_at=T)])
    personal.set_counters([Counter(SCALE, authentic=True, number=10, heard_at=T)])
    personal.set_counters([])
    assert personal.counters() == [Counter(SCALE, authentic=True, number=10, heard_at=T)]
    assert personal.add_sensor_key(SCALE, KEY, "neue Batterie", T) == "same"
    assert personal.counters() == []
    assert personal.add_sensor_key(SCALE, KEY[:12], "alt", T) == "replaced"
    assert personal.sensor_keys()[0].state is None
    with pytest.raises(ValueError, match="12 or 16"):
        personal.add_sensor_key(SCALE, KEY[:11], "kurz", T)
    assert personal.remove_sensor_key(SCALE)
    assert not personal.remove_sensor_key(SCALE)
    assert personal.sensor_keys() == []


def test_a_removed_key_is_gone_from_the_file(personal: PersonalStore, tmp_path: Path) -> None:
    personal.add_sensor_key(SCALE, KEY, "von Hand", T)
    assert personal.checkpoint()
    for path in tmp_path.glob("personal.db*"):
        assert KEY not in path.read_bytes()  # encrypted in any case


def parked(journal: Journal, clock: FixedClock, device: str, message: str, count: int) -> None:
    ids = []
    for number in range(count):
        clock.advance(1000)
        key = entry_key(device, message, number)
        ids.append(journal.append("care", "r", device, "ble:2A9D", key, b"secret", clock.stamp()))
    journal.mark(ids, State.QUARANTINED, message)


def test_what_is_parked_is_counted_and_comes_back_by_device(
    journal: Journal, clock: FixedClock
) -> None:
    parked(journal, clock, "ble:A", NO_OWNER, BATCH + 3)
    parked(journal, clock, "ble:B", NO_OWNER, 2)
    parked(journal, clock, "ble:B", WHOSE, 1)
    parked(journal, clock, "ble:B", "DecodeError", 1)
    assert journal.parked_counts() == {
        (NO_OWNER, "ble:A"): BATCH + 3,
        (NO_OWNER, "ble:B"): 2,
        (WHOSE, "ble:B"): 1,
    }
    entries = journal.parked_entries(NO_OWNER)
    assert len(entries) == BATCH + 5
    assert journal.parked_entries(NO_OWNER, entries[2].received_at) == entries[:2]
    assert journal.unpark(NO_OWNER, ["ble:A", "ble:C"]) == BATCH + 3
    assert journal.unpark(NO_KEY, ["ble:B"]) == 0
    assert len(journal.pending("care", 10_000)) == BATCH + 3
    assert journal.parked_counts() == {(NO_OWNER, "ble:B"): 2, (WHOSE, "ble:B"): 1}


def test_the_bytes_of_decoded_entries_can_be_forgotten(journal: Journal, clock: FixedClock) -> None:
    ids = [
        journal.append("care", "r", "ble:A", "ble:advert", bytes([n]), b"x", clock.stamp())
        for n in range(3)
    ]
    journal.mark(ids[:2], State.DECODED)
    journal.forget_bytes([ids[0], ids[2]])
    journal.forget_bytes([])
    payloads = [journal.entry(one).payload for one in ids]  # type: ignore[union-attr]
    assert [bool(payload) for payload in payloads] == [False, True, True]


def test_erasing_by_kind_leaves_the_others(journal: Journal, clock: FixedClock) -> None:
    ids = []
    for kind in ("ble:2A9D", "ble:advert", "ble:2A35"):
        clock.advance(1)
        ids.append(journal.append("care", "r", "ble:A", kind, kind.encode(), b"x", clock.stamp()))
    journal.mark(ids, State.DECODED)
    assert journal.erase_decoded(["ble:A", "ble:B"], ["ble:2A9D", "ble:advert"]) == 2
    assert journal.entry(ids[2]).payload  # type: ignore[union-attr]
    assert journal.erase_decoded(["ble:A"]) == 1
