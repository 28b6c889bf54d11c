"""Whose a sensor's values are, said at the terminal; what would be erased is said before."""

from __future__ import annotations

import time

import pytest

from edge.clock import FixedClock
from edge.config import Config
from edge.store.personal import PersonalStore
from edge.store.setup import open_journal
from tests.edge.commands.care_hub import CUFF, measure, pair, press, states
from tests.edge.commands.terminal import typed_to

run = typed_to("care")


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
    assert f"{CUFF} gehört noch niemandem, 1 Wert wartet" in said.output
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


def mistyped(config: Config) -> None:
    """Erna agreed and has the cuff, Heinz agreed to nothing; three values wait."""
    pair(config)
    for name in ("Erna", "Heinz"):
        run(config, "person", "add", name)
    run(config, "consent", "give", "Erna")
    run(config, "assign", CUFF, "Erna")
    run(config, "assign", CUFF, "Heinz", "--user-index", "2")
    press(config, 1, 2, 2)


def whole(config: Config) -> list[bool]:
    """Whether each value's bytes are still in the journal."""
    return [size > 100 for _, size in states(config)]


def test_a_confirmation_for_who_did_not_agree_erases_nothing(config: Config) -> None:
    mistyped(config)
    arguments = ("confirm", CUFF, "Heinz", "--user-index", "2")
    refused = run(config, *arguments)
    assert refused.exit_code == 1
    assert "Heinz hat nicht eingewilligt in: Blutdruckwerte (2 warten)" in refused.output
    assert "dorfhub care consent give 2 --kind blood_pressure" in refused.output
    press(config)
    assert whole(config) == [True] * 3
    run(config, "consent", "give", "2", "--kind", "blood_pressure")
    assert run(config, *arguments).exit_code == 0
    press(config)
    assert (count(config, 1), count(config, 2)) == (0, 2)


def test_a_confirmation_erases_if_that_is_what_was_asked_for(config: Config) -> None:
    mistyped(config)
    assert run(config, "confirm", CUFF, "Heinz", "--user-index", "2", "--erase").exit_code == 0
    press(config)
    assert whole(config) == [True, False, False]


def test_other_people_s_values_do_not_keep_one_from_confirming(config: Config) -> None:
    mistyped(config)
    assert run(config, "confirm", CUFF, "Erna").exit_code == 0
    press(config)
    assert whole(config) == [True] * 3
    assert (count(config, 1), count(config, 2)) == (1, 0)


def test_who_agreed_to_nothing_is_not_confirmed_even_before_the_first_value(
    config: Config,
) -> None:
    pair(config)
    run(config, "person", "add", "Heinz")
    run(config, "assign", CUFF, "Heinz")
    refused = run(config, "confirm", CUFF, "Heinz")
    assert refused.exit_code == 1
    assert "in nichts eingewilligt" in refused.output


def test_what_the_worker_has_not_seen_yet_counts_for_a_confirmation(config: Config) -> None:
    mistyped(config)
    run(config, "consent", "give", "Heinz", "--kind", "weight")
    assert run(config, "claim", "--nobody", "2", "3").exit_code == 0
    press(config)
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal:
        assert [one.user_index for one in personal.waiting()] == [1]
    measure(config, 62)  # in the journal, and the worker looks at it later
    with open_journal(config.hub) as journal:
        clock = FixedClock(time.time_ns() // 1_000_000 + 60_000)
        journal.append("care", "radio", CUFF, "ble:2A35", b"new", b"x", clock.stamp())
    refused = run(config, "confirm", CUFF, "Heinz", "--user-index", "2")
    assert "Blutdruckwerte (1 wartet)" in refused.output


def test_a_claim_for_who_did_not_agree_erases_nothing(config: Config) -> None:
    mistyped(config)
    refused = run(config, "claim", "Heinz", "1", "2")
    assert refused.exit_code == 1
    assert "Blutdruckwerte (2 warten)" in refused.output
    press(config)
    assert whole(config) == [True] * 3
    assert run(config, "claim", "Heinz", "1", "--erase").exit_code == 0
    press(config)
    assert whole(config) == [False, True, True]
    assert run(config, "claim", "Erna", "2").exit_code == 0


def test_an_assignment_to_who_did_not_agree_erases_nothing(config: Config) -> None:
    pair(config)
    for name in ("Erna", "Heinz"):
        run(config, "person", "add", name)
    run(config, "consent", "give", "Erna")
    press(config, None)
    refused = run(config, "assign", CUFF, "Heinz")
    assert refused.exit_code == 1
    assert "Blutdruckwerte (1 wartet)" in refused.output
    press(config)
    assert whole(config) == [True]
    assert run(config, "assign", CUFF, "Heinz", "--user-index", "1").exit_code == 0
    press(config)
    assert whole(config) == [True]  # one user's wait for a confirmation in any case
    assert run(config, "assign", CUFF, "Erna").exit_code == 0


def test_what_advertises_is_assigned_to_nobody_who_agreed_to_nothing(config: Config) -> None:
    pair(config)
    run(config, "person", "add", "Heinz")
    with open_journal(config.hub) as journal:
        clock = FixedClock(time.time_ns() // 1_000_000)
        journal.append("care", "radio", CUFF, "ble:advert", b"k", b"{}", clock.stamp())
    press(config)
    refused = run(config, "assign", CUFF, "Heinz")
    assert refused.exit_code == 1
    assert "in nichts eingewilligt" in refused.output
    assert run(config, "assign", CUFF, "Heinz", "--erase").exit_code == 0


def test_who_waits_is_told_the_command_that_settles_it(config: Config) -> None:
    mistyped(config)
    said = run(config, "waiting").output
    assert f"Misst nur Erna damit: dorfhub care confirm {CUFF} 1\n" in said
    assert f"Ist Taste 2 Heinz: dorfhub care confirm {CUFF} 2 --user-index 2\n" in said


def test_some_numbers_may_be_gone(config: Config) -> None:
    pair(config)
    run(config, "person", "add", "Erna")
    run(config, "consent", "give", "Erna")
    run(config, "assign", CUFF, "Erna", "--user-index", "1")
    press(config, 1)
    said = run(config, "claim", "Erna", "1", "99").output
    assert "1 Messung ist von Erna." in said
    assert "1 der Nummern wartet nicht" in said


@pytest.mark.parametrize("arguments", [("Erna",), ("Erna", "eins"), ("--nobody", "x"), ()])
def test_a_claim_needs_numbers(config: Config, arguments: tuple[str, ...]) -> None:
    assert run(config, "claim", *arguments).exit_code == 2


def test_what_was_never_assigned_cannot_be_confirmed(config: Config) -> None:
    run(config, "person", "add", "Erna")
    said = run(config, "confirm", CUFF, "Erna")
    assert said.exit_code == 1
    assert "Zuerst: dorfhub care assign" in said.output
