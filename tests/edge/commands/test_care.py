from __future__ import annotations

import pytest
from click.testing import CliRunner

from edge.cli import root
from edge.config import Config
from edge.store.personal import PersonalStore
from tests.edge.commands.care_hub import CUFF, measure, pair, states
from tests.edge.commands.terminal import typed_to

run = typed_to("care")


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
    assert "bis sie jemand löscht: dorfhub care erase" in said.output
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


def test_whoever_assigns_is_told_what_was_agreed_to(config: Config) -> None:
    pair(config)
    run(config, "person", "add", "Erna")
    assert "Eingewilligt ist in: nichts." in run(config, "assign", CUFF, "Erna").output
    run(config, "consent", "give", "Erna", "--kind", "weight")
    assert "Eingewilligt ist in: Gewichtswerte." in run(config, "assign", CUFF, "Erna").output


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
    county = run(config, "consent", "give", "Erna", "--kind", "weight", "--recipient", "county")
    assert "meine Gewichtswerte versiegelt über den Landkreis" in county.output
    assert "Gewichtswerte an den Kreis  " in run(config, "person", "list").output
    run(config, "consent", "withdraw", "Erna", "--kind", "weight")
    assert "Kreis" not in run(config, "person", "list").output


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
