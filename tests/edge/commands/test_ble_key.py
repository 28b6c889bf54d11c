"""Keys of sensors at the terminal: read from standard input, never shown again."""

from __future__ import annotations

import pytest

from edge.clock import FixedClock
from edge.config import Config
from edge.store.journal import State
from edge.store.journal_parked import NO_KEY
from edge.store.personal import PersonalStore
from edge.store.setup import open_journal
from tests.edge.commands.terminal import typed_to

run = typed_to("ble", "key")


SENSOR = "ble:A4C138112233"


KEY = "231d39c1d7cc1ab1aee224cd096db932"


def test_a_key_comes_is_listed_and_goes(config: Config) -> None:
    assert "Noch keine Schlüssel" in run(config, "list").output
    added = run(config, "add", "a4:c1:38:11:22:33", typed=f"{KEY}\n")
    assert (added.exit_code, added.output) == (0, f"{SENSOR}: neu\n")
    again = run(config, "add", SENSOR, typed=f"0x{KEY.upper()}\n")
    assert again.output == f"{SENSOR}: war schon da\n"
    listed = run(config, "list").output
    assert SENSOR in listed
    assert "wird gleich ausprobiert" in listed
    old = run(config, "add", "A4-C1-38-11-22-33", typed=f"{KEY[:24]}\n")
    assert "ersetzt einen anderen Schlüssel" in old.output
    for result in (added, again, old, run(config, "list")):
        assert KEY[:12] not in result.output.lower()
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal:
        assert personal.sensor_keys()[0].key == bytes.fromhex(KEY[:24])
    assert run(config, "remove", SENSOR).output == f"{SENSOR}: Schlüssel gelöscht.\n"
    gone = run(config, "remove", SENSOR)
    assert gone.exit_code == 1
    assert "gibt es keinen Schlüssel" in gone.output


def test_what_waits_for_the_key_is_told(config: Config) -> None:
    with open_journal(config.hub) as journal:
        stamp = FixedClock(1_790_000_000_000).stamp()
        one = journal.append("care", "radio", SENSOR, "ble:advert", b"k", b"{}", stamp)
        journal.mark([one], State.QUARANTINED, NO_KEY)
    said = run(config, "add", SENSOR, typed=KEY).output
    assert "1 aufbewahrte Meldungen liest der Hub jetzt nach" in said


@pytest.mark.parametrize(
    ("sensor", "typed", "words"),
    [
        ("Küche", KEY, "keine Adresse"),
        (SENSOR, "", "Hier steht kein Schlüssel"),
        (SENSOR, KEY[:-2], "nicht 30"),
        (SENSOR, "z" * 32, "Zeichen 0-9 und A-F"),
    ],
)
def test_what_is_no_key_is_refused(config: Config, sensor: str, typed: str, words: str) -> None:
    result = run(config, "add", sensor, typed=typed)
    assert result.exit_code == 1
    assert words in result.output
    assert KEY[:-2] not in result.output


@pytest.mark.parametrize("arguments", [("add", SENSOR), ("list",), ("remove", SENSOR)])
def test_while_it_is_locked_each_command_says_so(
    config: Config, arguments: tuple[str, ...]
) -> None:
    config.personal.key_file.unlink()
    result = run(config, *arguments, typed=KEY)
    assert result.exit_code == 75
    assert "gesperrt" in result.output
