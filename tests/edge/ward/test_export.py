"""Everything about a person: each table that leads to one is in it, opened, and nobody else's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.care.audit import OFFICE
from edge.care.consent import BLOOD_PRESSURE, CARE, HEAT, HEAT_CADASTRE, HUB
from edge.care.kinds import WEIGHT
from edge.care.people import ContactRole
from edge.clock import FixedClock
from edge.store.personal import PersonalStore
from edge.store.personal_rows import CareRow, Number, Observation
from edge.store.values import ValueRow
from edge.store.village import VillageStore
from edge.ward import export
from hardware.reading import Quantity, Record, TimeQuality, Unit

NOON = 1_790_000_000_000
SYNC = TimeQuality.SYNCHRONISED
STAMP = FixedClock(NOON).stamp()


def lives(personal: PersonalStore, name: str, value: float) -> int:
    """Let somebody have something in many tables; ``value`` is theirs alone."""
    person = personal.add_person(name, NOON)
    personal.give_consent(
        person, purpose=CARE, data_kind=BLOOD_PRESSURE, sentence=f"Ja, {name}.", given_how="hier",
        at=NOON, recipient=HUB,
    )  # fmt: skip
    personal.give_consent(
        person, purpose=HEAT_CADASTRE, data_kind=HEAT, sentence="Ja.", given_how="", at=NOON
    )
    device = f"ble:{person}"
    personal.assign(device, person, NOON)
    personal.add_care_round([CareRow(NOON, device, person, SYNC, NOON, 1, systolic_mmhg=value)])
    weight = Observation(
        NOON, device, WEIGHT, person, SYNC, NOON, 2, "2A9D", flags={"note": name},
        values=(Number("body_weight", value),),
    )  # fmt: skip
    with personal.connection.transaction() as driver:
        personal.add_observations_within(driver, [weight])
    home = personal.add_household(f"wmbus:KAM-0000000{person}-1B-04", person, NOON)
    speaker = personal.household_device(home, f"mbus:KAM-0000000{person}-1B-04")
    units = Record(Quantity.HCA_UNITS, value, Unit.ONE)
    personal.add_household_values([ValueRow(NOON, speaker, 1, units)])
    contact = personal.add_contact(f"Tochter von {name}", ContactRole.RELATIVE, NOON)
    personal.put_in_circle(person, contact, NOON, relation=f"Kind {name}")
    personal.name_account(person, name, NOON)
    return person


@pytest.fixture
def village(tmp_path: Path) -> VillageStore:
    return VillageStore(tmp_path / "village.db")


@pytest.fixture
def personal(tmp_path: Path) -> PersonalStore:
    key = tmp_path / "personal.key"
    key.write_text("5a" * 32)
    return PersonalStore.open(tmp_path / "personal.db", key)


def test_all_of_one_and_nothing_of_the_other(
    personal: PersonalStore, village: VillageStore
) -> None:
    with personal, village:
        erna, karl = lives(personal, "Erna", 133.5), lives(personal, "Karl", 144.5)
        village.device("ble:1", kind="ble", label="Ernas Manschette")
        told = export.everything(personal, village, erna, STAMP)
        text = json.dumps(told, ensure_ascii=False)
        assert isinstance(told, dict)
        tables = told["personal"]
        assert isinstance(tables, dict)
        assert tables["person"] == [{"person": erna, "name": "Erna", "created_at": NOON}]
        for table in ("consent", "care_reading", "observation", "household_value", "circle"):
            assert tables[table], table
        assert text.count("133.5") == 4
        assert "Ja, Erna." in text
        assert "Tochter von Erna" in text
        assert "Kind Erna" in text
        assert "Ernas Manschette" in text
        assert tables["account_name"]
        assert "Karl" not in text
        assert "144.5" not in text
        (look,) = told["book"] if isinstance(told["book"], list) else []
        assert isinstance(look, dict)
        assert (look["who"], look["why"]) == (OFFICE, export.WHY)
        assert len(personal.audit_lines(karl)) == 0


def test_no_table_that_leads_to_a_person_is_left_out(
    personal: PersonalStore, village: VillageStore
) -> None:
    with personal, village:
        keys = export._keys(personal.connection)
        roots = {"person": "person = 1"}
        reached = {table for table in keys if export._condition(table, keys, roots, frozenset())}
        leads = {"person"}
        while more := {t for t, to in keys.items() if {k.parent for k in to} & leads} - leads:
            leads |= more
        assert leads - reached == {"person"}
        assert len(reached) > 12


def test_a_table_that_somebody_adds_is_in_it(
    personal: PersonalStore, village: VillageStore
) -> None:
    with personal, village:
        erna = personal.add_person("Erna", NOON)
        with personal.connection.transaction() as driver:
            driver.execute(
                "CREATE TABLE plan (plan INTEGER PRIMARY KEY, person INTEGER NOT NULL"
                " REFERENCES person (person), words TEXT NOT NULL)"
            )
            driver.execute(
                "CREATE TABLE step (plan INTEGER NOT NULL REFERENCES plan, done BLOB NOT NULL)"
            )
            driver.execute("INSERT INTO plan VALUES (7, ?1, seal_text(?1, 'täglich'))", (erna,))
            driver.execute("INSERT INTO step VALUES (7, seal_cells(?, 1, 'ja'))", (erna,))
        told = export.everything(personal, village, erna, STAMP)
        assert isinstance(told, dict)
        tables = told["personal"]
        assert isinstance(tables, dict)
        assert tables["plan"] == [{"plan": 7, "person": erna, "words": "täglich"}]
        assert tables["step"] == [{"plan": 7, "done": [1, "ja"]}]


def test_what_looks_sealed_and_is_not_stays_as_it_is(
    personal: PersonalStore, village: VillageStore
) -> None:
    with personal, village:
        erna = personal.add_person("Erna", NOON)
        for value in ("QUJD", "", "kein base64!", 3, None, b"\x00\x01", b""):
            expected = value.hex() if isinstance(value, bytes) else value
            assert export._opened(personal, erna, value) == expected


def test_nothing_is_read_that_is_not_written_down(
    personal: PersonalStore, village: VillageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("full")

    with personal, village:
        erna = personal.add_person("Erna", NOON)
        monkeypatch.setattr(PersonalStore, "note_looks", full)
        monkeypatch.setattr(export, "belongings", lambda *_: pytest.fail("was read"))
        with pytest.raises(OSError, match="full"):
            export.everything(personal, village, erna, STAMP)
