"""Care and household readings that came in 1970 stand where they belong once the time is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from edge.care.consent import BLOOD_PRESSURE, CARE, COUNTY, HEAT, HEAT_CADASTRE, HUB
from edge.clock import FixedClock
from edge.store import erasure
from edge.store.connection import Row, Value
from edge.store.journal import Journal, entry_key
from edge.store.personal import PersonalStore
from edge.store.personal_rows import CareRow, HouseholdRow, Number, Observation
from edge.store.village_time import Offset
from hardware.reading import TimeQuality
from sync.unsealed import TABLES

TRUE = 1_795_000_000_000  # when the boot's count was 0
CUFF, THERMOMETER = "ble:C0112233AABB", "ble:C0112233AACC"
UNKNOWN, KNOWN = TimeQuality.UNKNOWN, TimeQuality.SYNCHRONISED
OFFSET = Offset(FixedClock(0).boot_id, TRUE, KNOWN, TRUE + 600_000)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.db") as found:
        yield found


def arrive(journal: Journal, second: int, device: str, *, wall_ms: int | None = None) -> int:
    """Note an entry that came ``second`` after the boot; return its number."""
    quality = UNKNOWN if wall_ms is None else KNOWN
    clock = FixedClock(second * 1000 if wall_ms is None else wall_ms, quality)
    clock.monotonic_ns = second * 1_000_000_000
    return journal.append(
        "village", "radio", device, "ble:2A35", entry_key(second), b"x", clock.stamp()
    )


def fill(personal: PersonalStore, journal: Journal) -> int:
    person = personal.add_person("Erna", 1)
    for kind in (BLOOD_PRESSURE, "temperature"):
        for recipient in (HUB, COUNTY):
            personal.give_consent(
                person,
                purpose=CARE,
                data_kind=kind,
                recipient=recipient,
                sentence="Ja.",
                given_how="mündlich",
                at=1,
            )
    first, second, third = (arrive(journal, n, CUFF) for n in (10, 70, 80))
    row = CareRow(10_000, CUFF, person, UNKNOWN, 10_000, first, 121.0, 81.0)
    # the cuff stamped this one by itself: it is believed
    stamped = replace(
        row,
        observed_at=TRUE + 65_000,
        time_quality=TimeQuality.HELD,
        received_at=70_000,
        journal_id=second,
    )
    warm = Observation(
        80_000, THERMOMETER, "temperature", person, UNKNOWN, 80_000, third, "2A1C",
        values=(Number("body_temperature", 37.5),),
    )  # fmt: skip
    assert not personal.add_measured([row, stamped], [warm])
    return person


def test_what_came_in_1970_is_placed_and_what_a_sensor_stamped_stays(
    personal: PersonalStore, journal: Journal
) -> None:
    person = fill(personal, journal)
    assert [one.observed_at for one in personal.care_rows(person, 0)] == [10_000, TRUE + 65_000]
    assert personal.place(journal, [OFFSET]) == 2
    assert personal.place(journal, [OFFSET]) == 0
    rows = personal.care_rows(person, TRUE)
    assert [(one.observed_at, one.time_quality) for one in rows] == [
        (TRUE + 10_000, KNOWN),
        (TRUE + 65_000, TimeQuality.HELD),
    ]
    assert personal.care_rows(person, 0, TRUE) == []
    (warm,) = personal.observations(person, TRUE, TRUE + 80_001, "temperature")
    assert (warm.observed_at, warm.time_quality) == (TRUE + 80_000, KNOWN)
    assert [one.value for one in warm.values] == [37.5]
    assert personal.observations(person, 0, TRUE) == []
    raw = personal.connection.rows("SELECT observed_at FROM care_reading ORDER BY 1")
    assert raw == [(10_000,), (TRUE + 65_000,)]


def test_a_better_time_places_again_and_an_erasure_takes_it(
    personal: PersonalStore, journal: Journal
) -> None:
    person = fill(personal, journal)
    personal.place(journal, [replace(OFFSET, offset_ms=TRUE - 5000)])
    assert personal.place(journal, [OFFSET]) == 2
    assert personal.care_rows(person, TRUE)[0].observed_at == TRUE + 10_000
    erasure.erase_from_personal(personal, person, erasure.belongings(personal, person))
    assert personal.connection.rows("SELECT 1 FROM placed_care") == []


def test_a_home_s_readings_are_placed_as_well(personal: PersonalStore, journal: Journal) -> None:
    person = personal.add_person("Karl", 1)
    personal.give_consent(
        person, purpose=HEAT_CADASTRE, data_kind=HEAT, sentence="Ja.", given_how="", at=0
    )
    home = personal.add_household("wmbus:KAM-00000001-1B-04", person, 1)
    device = personal.household_device(home, "mbus:KAM-00000001-1B-04")
    entry = arrive(journal, 30, "wmbus:KAM-00000001-1B-04")
    later = arrive(journal, 90, "wmbus:KAM-00000001-1B-04", wall_ms=TRUE + 90_000)
    personal.add_household_round(
        [
            HouseholdRow(30_000, device, UNKNOWN, entry, 5.0),
            HouseholdRow(TRUE + 90_000, device, KNOWN, later, 6.0),
        ]
    )
    assert personal.place(journal, [OFFSET]) == 1
    rows = personal.household_rows(home, TRUE)
    assert [(one.observed_at, one.energy_kwh) for one in rows] == [
        (TRUE + 30_000, 5.0),
        (TRUE + 90_000, 6.0),
    ]


def test_only_what_was_added_is_looked_at_again(personal: PersonalStore, journal: Journal) -> None:
    person = fill(personal, journal)
    before = personal.newest_rows()
    assert personal.place(journal, [OFFSET], before) == 0
    late = arrive(journal, 95, THERMOMETER)
    personal.add_measured(
        [],
        [
            Observation(
                95_000, THERMOMETER, "temperature", person, UNKNOWN, 95_000, late, "2A1C",
                values=(Number("body_temperature", 36.9),),
            )
        ],
    )  # fmt: skip
    other_boot = replace(OFFSET, boot="another")
    assert personal.place(journal, [other_boot, OFFSET], before) == 1
    assert personal.place(journal, [other_boot, OFFSET]) == 2
    found = personal.observations(person, TRUE, data_kind="temperature")
    assert [one.observed_at for one in found] == [TRUE + 80_000, TRUE + 95_000]


def test_no_question_looks_at_all_that_is_kept(personal: PersonalStore) -> None:
    asked: list[str] = []
    inner = personal.connection.rows

    def rows(sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        asked.extend(str(one[3]) for one in inner(f"EXPLAIN QUERY PLAN {sql}", parameters))
        return inner(sql, parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(personal.connection, "rows", rows)
        personal.care_rows(1, TRUE, TRUE + 1)
        personal.observations(1, TRUE, TRUE + 1)
        personal.place(Journal.__new__(Journal), [], (0, 0, 0))
        personal.observations_of(1)
        for tables in TABLES.values():
            if "meter_reading" not in tables.rows:
                personal.connection.rows(tables.rows, (0, 1))
                personal.connection.rows(tables.urgency, (0,))
    whole = [one for one in asked if one.startswith(("SCAN r", "SEARCH r USING AUTOMATIC"))]
    assert "SEARCH r USING PRIMARY KEY (observed_at>? AND observed_at<?)" in asked
    assert whole == []
