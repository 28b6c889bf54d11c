"""Keys of meters and households' meters in personal.db."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edge.care.consent import COUNTY, HEAT, HEAT_CADASTRE
from edge.store import personal_keys
from edge.store.errors import StoreError
from edge.store.personal import PersonalStore
from edge.store.personal_rows import HouseholdRow
from hardware.reading import TimeQuality

T = 1_790_000_000_000
KEY, OTHER = bytes(range(16)), bytes(range(1, 17))
DEVICE = "wmbus:DME-87654321-05-0C"


def agree(personal: PersonalStore, person: int) -> None:
    personal.give_consent(
        person, purpose=HEAT_CADASTRE, data_kind=HEAT, sentence="Ja.", given_how="Papier", at=T
    )


def test_keys_lie_encrypted(tmp_path: Path, personal: PersonalStore) -> None:
    personal.add_keys([("KAM", "76348799", KEY)], "Lieferung", T)
    for path in tmp_path.glob("personal.db*"):
        assert KEY not in path.read_bytes()
        assert b"76348799" not in path.read_bytes()


def test_another_key_replaces_and_the_same_changes_nothing(personal: PersonalStore) -> None:
    keys = [("KAM", "76348799", KEY), ("", "76348799", OTHER)]
    assert personal.add_keys(keys, "Lieferung", T) == ["new", "new"]
    before = personal.keys_changed()
    assert personal.add_keys(keys[:1], "noch eine", T + 1) == ["same"]
    assert personal.keys_changed() == before
    personal.set_key_states([1], "opens", T + 2)
    personal.set_key_states([1], "opens", T + 3)
    (unnamed, named) = personal.meter_keys()
    assert (named.key, named.source, named.imported_at) == (KEY, "Lieferung", T)
    assert (named.state, named.state_at) == ("opens", T + 2)
    assert (unnamed.manufacturer, unnamed.state) == ("", None)
    assert personal.add_keys([("KAM", "76348799", OTHER)], "neu", T + 4) == ["replaced"]
    assert personal.keys_changed() != before
    named = personal.meter_keys()[1]
    assert (named.key, named.source, named.state) == (OTHER, "neu", None)
    assert named.number > 2  # so that whoever reads telegrams notices
    assert personal.remove_key("KAM", "76348799")
    assert not personal.remove_key("KAM", "76348799")


def test_no_repr_shows_a_key(personal: PersonalStore) -> None:
    personal.add_keys([("KAM", "76348799", KEY)], "x", T)
    (key,) = personal.meter_keys()
    assert repr(KEY) not in repr(key)
    assert KEY.hex() not in repr(key)
    assert key.fingerprint == "BE45"


def test_keys_are_kept_all_or_none(
    personal: PersonalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        personal.add_keys([("KAM", "00000001", KEY), ("KAM", "00000002", KEY[1:])], "x", T)
    monkeypatch.setattr(personal_keys, "MOST_KEYS", 1)
    with pytest.raises(StoreError) as caught:
        personal.add_keys([("KAM", "00000001", KEY), ("KAM", "00000002", KEY)], "x", T)
    assert "missing" in caught.value.hint
    assert personal.meter_keys() == []


def test_a_meter_is_one_household_s_at_a_time(personal: PersonalStore) -> None:
    erna, heinz = personal.add_person("Erna", T), personal.add_person("Heinz", T)
    first = personal.add_household(DEVICE, erna, T)
    with pytest.raises(StoreError) as caught:
        personal.add_household(DEVICE, heinz, T)
    assert "household list" in caught.value.hint
    assert "Erna" not in str(caught.value)
    gone = personal.remove_household(DEVICE, T - 5)
    assert gone is not None
    assert gone.household == first
    assert personal.remove_household(DEVICE, T) is None
    second = personal.add_household(DEVICE, heinz, T + 1)
    assert [home.household for home in personal.households()] == [second]
    assert [(home.person, home.removed_at) for home in personal.households(ever=True)] == [
        (erna, T),
        (heinz, None),
    ]


def test_household_readings_are_kept_once_and_by_round(personal: PersonalStore) -> None:
    erna = personal.add_person("Erna", T)
    home = personal.add_household(DEVICE, erna, T)
    agree(personal, erna)
    device = personal.household_device(home, "mbus:DME-87654321-05-0C")
    assert personal.household_device(home, "mbus:DME-87654321-05-0C") == device
    row = HouseholdRow(T, device, TimeQuality.HELD, 7, energy_kwh=7001.5, power_kw=1.25)
    rows = [row, replace(row, observed_at=T + 1000)]
    assert personal.add_household_round([]) == 0
    assert personal.add_household_round(rows) == 1
    assert personal.add_household_round(rows) == 0
    assert personal.add_household_round([*rows, replace(row, observed_at=T + 2000)]) == 2
    first, second = personal.household_rounds_after(0)
    assert (first.first_at, first.last_at, first.row_count) == (T, T + 1000, 2)
    assert personal.household_rows_of(first) == rows
    assert [one.observed_at for one in personal.household_rows_of(second.round)] == [T + 2000]
    assert personal.household_rows(home, T, T + 1000) == [row]
    assert personal.household_count(erna) == 3
    assert personal.household_counts() == {home: 3}
    assert "7001" not in repr(row)


def test_without_a_standing_consent_no_reading_is_kept(personal: PersonalStore) -> None:
    erna = personal.add_person("Erna", T)
    home = personal.add_household(DEVICE, erna, T)
    device = personal.household_device(home, DEVICE)
    row = HouseholdRow(T, device, TimeQuality.HELD, 7, energy_kwh=7001.5)
    assert personal.add_household_round([row]) == 0
    for purpose, kind, recipient in (
        ("care", HEAT, "hub"),
        (HEAT_CADASTRE, "blood_pressure", "hub"),
        (HEAT_CADASTRE, HEAT, COUNTY),
    ):
        personal.give_consent(
            erna,
            purpose=purpose,
            data_kind=kind,
            sentence="Ja.",
            given_how="Papier",
            at=T,
            recipient=recipient,
        )
    assert personal.add_household_round([row]) == 0
    agree(personal, erna)
    personal.withdraw_consent(erna, T + 1, purpose=HEAT_CADASTRE)
    assert personal.add_household_round([row]) == 0
    agree(personal, erna)
    assert personal.add_household_round([row]) == 1
