from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli import root
from edge.clock import FixedClock
from edge.config import Config, load
from edge.store.journal import entry_key
from edge.store.personal import PersonalStore
from edge.store.setup import create, open_journal
from edge.store.village import VillageStore
from edge.worker.care_drain import drain
from hardware.ble.blood_pressure import BloodPressure, encode_blood_pressure
from hardware.ble.medfloat import MedFloat

CUFF = "ble:C0112233AABB"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "hub.toml"
    path.write_text('[hub]\nname = "Hub"\nvillage = "Dorf"\n')
    loaded = load(path)
    create(loaded)
    return loaded


def run(config: Config, *arguments: str) -> Result:
    return CliRunner().invoke(root, ["--config", str(config.source), "care", *arguments])


def pair(config: Config) -> None:
    with VillageStore(config.hub.village_db) as village:
        village.device(CUFF, kind="ble")


def test_from_a_person_to_their_sensor(config: Config) -> None:
    pair(config)
    assert "Noch niemand" in run(config, "person", "list").output
    added = run(config, "person", "add", "Erna Weber")
    assert added.exit_code == 0
    assert "Erna Weber (Nr. 1)" in added.output
    given = run(
        config, "consent", "give", "Erna Weber", "--sentence", "Ja, gern.", "--how", "Papier"
    )
    assert given.exit_code == 0
    assert "„Ja, gern.“" in given.output
    assert run(config, "assign", CUFF, "1", "--user-index", "2").exit_code == 0
    listed = run(config, "person", "list").output
    assert "Einwilligung: Blutdruckwerte  " in listed
    assert f"{CUFF} (Taste 2)" in listed
    withdrawn = run(config, "consent", "withdraw", "1")
    assert withdrawn.exit_code == 0
    assert "widerrufen" in withdrawn.output
    again = run(config, "consent", "withdraw", "1")
    assert again.exit_code == 0
    assert "keine Einwilligung" in again.output
    assert "Einwilligung: keine" in run(config, "person", "list").output
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal:
        (consent,) = personal.consents(1)
    assert (consent.sentence, consent.given_how) == ("Ja, gern.", "Papier")
    assert consent.withdrawn_at is not None


def measure(config: Config, *pulses: int) -> None:
    """Let the cuff send readings and the worker take them."""
    clock = FixedClock(time.time_ns() // 1_000_000)
    with (
        open_journal(config.hub) as journal,
        PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal,
    ):
        for pulse in pulses:
            value = encode_blood_pressure(
                BloodPressure(
                    MedFloat(121, 0),
                    MedFloat(81, 0),
                    MedFloat(94, 0),
                    pulse_rate=MedFloat(pulse, 0),
                )
            )
            key = entry_key(CUFF, pulse)
            journal.append("care", "radio", CUFF, "ble:2A35", key, value, clock.stamp())
            clock.advance(1000)
        drain(journal, personal, clock.wall_ms)


def states(config: Config) -> list[tuple[str, int]]:
    with closing(sqlite3.connect(config.hub.journal_db)) as journal:
        return journal.execute("SELECT state, length(payload) FROM entry ORDER BY id").fetchall()


def test_a_withdrawal_erases_the_journal_and_says_what_stays(config: Config) -> None:
    pair(config)
    run(config, "person", "add", "Erna")
    run(config, "consent", "give", "Erna")
    run(config, "assign", CUFF, "Erna")
    measure(config, 61, 62)
    assert [state for state, size in states(config) if size > 100] == ["decoded", "decoded"]
    said = run(config, "consent", "withdraw", "Erna")
    assert said.exit_code == 0
    assert "Bytes von 2 Nachrichten der Sensoren und Zähler gelöscht" in said.output
    assert "2 frühere Messwerte bleiben verschlüsselt in personal.db" in said.output
    assert "hat der Dorfhub noch nicht" in said.output
    assert "Landkreis" not in said.output
    assert states(config) == [("decoded", 0)] * 2
    measure(config, 63)
    assert states(config)[2] == ("refused", 0)
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal:
        assert personal.care_count(1) == personal.care_count() == 2
        assert personal.care_count(2) == 0
    again = run(config, "consent", "withdraw", "Erna")
    assert "2 frühere Messwerte" in again.output
    assert "gelöscht." not in again.output


def test_a_withdrawal_without_readings_says_so_and_names_the_county(config: Config) -> None:
    pair(config)
    run(config, "person", "add", "Erna")
    run(config, "consent", "give", "Erna")
    assert "sind nicht gespeichert" in run(config, "consent", "withdraw", "Erna").output
    run(config, "consent", "give", "Erna")
    run(config, "consent", "give", "Erna", "--recipient", "county")
    run(config, "assign", CUFF, "Erna")
    measure(config, 61)
    said = run(config, "consent", "withdraw", "Erna").output
    assert "1 früherer Messwert bleibt" in said
    assert "Bytes einer Nachricht" in said
    assert "an den Landkreis ging" in said


@pytest.mark.parametrize(
    "arguments",
    [
        ("person", "add", "Erna"),
        ("person", "list"),
        ("consent", "give", "1"),
        ("consent", "withdraw", "1"),
        ("assign", CUFF, "1"),
        ("confirm", CUFF, "1"),
        ("waiting",),
        ("claim", "1", "1"),
    ],
)
def test_while_it_is_locked_each_command_says_so(
    config: Config, arguments: tuple[str, ...]
) -> None:
    config.personal.key_file.unlink()
    result = run(config, *arguments)
    assert result.exit_code == 75
    assert "gesperrt" in result.output
    assert "key_file" in result.output


def test_who_is_not_there_is_named(config: Config) -> None:
    for arguments in (("consent", "give", "Karl"), ("consent", "withdraw", "Karl")):
        result = run(config, *arguments)
        assert result.exit_code == 1
        assert "„Karl“ gibt es nicht" in result.output


def test_a_sensor_that_is_not_paired_is_refused(config: Config) -> None:
    run(config, "person", "add", "Erna")
    result = run(config, "assign", CUFF, "Erna")
    assert result.exit_code == 1
    assert "dorfhub ble pair" in result.output
    pair(config)
    assert CUFF in run(config, "assign", "ble:other", "Erna").output
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal:
        assert personal.assignments() == []


def test_a_name_that_is_taken_is_refused_with_a_way_out(config: Config) -> None:
    run(config, "person", "add", "Erna")
    result = run(config, "person", "add", "Erna")
    assert result.exit_code == 1
    assert "Zusatz" in result.output


def test_the_wrong_key_is_named(config: Config) -> None:
    config.personal.key_file.write_text("00" * 32)
    result = run(config, "person", "list")
    assert result.exit_code == 1
    assert "nicht löschen" in result.output


def test_a_broken_hub_toml_is_named(config: Config) -> None:
    config.source.write_text("[hub]\n")
    result = run(config, "person", "list")
    assert result.exit_code == 78
    assert "[hub] name" in result.output


@pytest.mark.parametrize(
    "path",
    [
        (),
        ("person",),
        ("consent",),
        ("assign",),
        ("consent", "give"),
        ("confirm",),
        ("waiting",),
        ("claim",),
    ],
)
def test_help_needs_no_hub(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(root, ["care", *path, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output


def press(config: Config, *users: int | None) -> None:
    """Let the cuff send one reading of each of these users and the worker look at them."""
    clock = FixedClock(time.time_ns() // 1_000_000)
    with (
        open_journal(config.hub) as journal,
        PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal,
    ):
        for user in users:
            clock.advance(1000)
            value = encode_blood_pressure(
                BloodPressure(MedFloat(121, 0), MedFloat(81, 0), MedFloat(94, 0), user_id=user)
            )
            key = entry_key(CUFF, clock.wall_ms)
            journal.append("care", "radio", CUFF, "ble:2A35", key, value, clock.stamp())
        drain(journal, personal, clock.wall_ms)


def count(config: Config, person: int) -> int:
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal:
        return personal.care_count(person)


def test_from_a_waiting_value_to_its_person(config: Config) -> None:
    pair(config)
    nothing = run(config, "waiting")
    assert (nothing.exit_code, nothing.output) == (0, "Keine Messung wartet.\n")
    press(config, 1)
    said = run(config, "waiting")
    assert said.exit_code == 1
    assert f"{CUFF} gehört noch niemandem, 1 Werte warten" in said.output
    for name in ("Erna", "Heinz"):
        run(config, "person", "add", name)
        run(config, "consent", "give", name)
    assigned = run(config, "assign", CUFF, "Erna", "--user-index", "1")
    assert f"dorfhub care confirm {CUFF} 1 --user-index 1" in assigned.output
    press(config, 2, 2, None)
    said = run(config, "waiting")
    assert said.output.startswith("4 Messungen warten: von wem sind sie?\n")
    assert f"{CUFF}, Taste 1:" in said.output
    assert f"{CUFF}, ohne Taste:" in said.output
    assert "Blutdruckwerte" in said.output
    assert "121" not in said.output
    confirmed = run(config, "confirm", CUFF, "Erna", "--user-index", "1")
    assert "Bestätigt" in confirmed.output
    press(config)
    assert (count(config, 1), count(config, 2)) == (1, 0)
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal:
        numbers = {
            user: [str(one.number) for one in personal.waiting() if one.user_index == user]
            for user in (2, None)
        }
    assert "2 Messungen sind von Heinz." in run(config, "claim", "Heinz", *numbers[2]).output
    assert "von niemandem hier" in run(config, "claim", "--nobody", *numbers[None]).output
    press(config)
    assert (count(config, 1), count(config, 2)) == (1, 2)
    assert run(config, "waiting").exit_code == 0
    gone = run(config, "claim", "Heinz", *numbers[2])
    assert gone.exit_code == 1
    assert "Keine dieser Messungen wartet" in gone.output


def test_some_numbers_may_be_gone(config: Config) -> None:
    pair(config)
    run(config, "person", "add", "Erna")
    run(config, "assign", CUFF, "Erna", "--user-index", "1")
    press(config, 1)
    said = run(config, "claim", "Erna", "1", "99").output
    assert "1 Messung ist von Erna." in said
    assert "1 der Nummern warten nicht" in said


@pytest.mark.parametrize("arguments", [("Erna",), ("Erna", "eins"), ("--nobody", "x"), ()])
def test_a_claim_needs_numbers(config: Config, arguments: tuple[str, ...]) -> None:
    assert run(config, "claim", *arguments).exit_code == 2


def test_what_was_never_assigned_cannot_be_confirmed(config: Config) -> None:
    run(config, "person", "add", "Erna")
    said = run(config, "confirm", CUFF, "Erna")
    assert said.exit_code == 1
    assert "Zuerst: dorfhub care assign" in said.output


def test_each_kind_has_its_own_consent(config: Config) -> None:
    run(config, "person", "add", "Erna")
    given = run(config, "consent", "give", "Erna", "--kind", "weight", "--kind", "button")
    assert "meine Gewichtswerte entgegennimmt" in given.output
    assert "Tastendrücke" in given.output
    listed = run(config, "person", "list").output
    assert "Einwilligung: Gewichtswerte, Tastendrücke am Rufknopf  " in listed
    said = run(config, "consent", "withdraw", "Erna", "--kind", "weight").output
    assert "Einwilligung (Gewichtswerte) widerrufen" in said
    assert "Einwilligung: Tastendrücke am Rufknopf  " in run(config, "person", "list").output
    again = run(config, "consent", "withdraw", "Erna", "--kind", "weight").output
    assert "keine Einwilligung (Gewichtswerte)" in again
    refused = run(config, "consent", "give", "Erna", "--kind", "weight", "--recipient", "county")
    assert refused.exit_code == 1
    assert "bisher nur Blutdruckwerte" in refused.output


def test_withdrawing_another_kind_erases_nothing_of_this_one(config: Config) -> None:
    pair(config)
    run(config, "person", "add", "Erna")
    run(config, "consent", "give", "Erna", "--kind", "blood_pressure", "--kind", "weight")
    run(config, "assign", CUFF, "Erna")
    measure(config, 61)
    said = run(config, "consent", "withdraw", "Erna", "--kind", "weight").output
    assert "gelöscht" not in said.replace("gelöscht wird", "")
    assert [size > 0 for _, size in states(config)] == [True]
    said = run(config, "consent", "withdraw", "Erna", "--kind", "blood_pressure").output
    assert "Bytes einer Nachricht" in said
    assert "1 früherer Messwert bleibt" in said
