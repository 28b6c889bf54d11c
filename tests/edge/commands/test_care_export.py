"""`dorfhub care export` and `dorfhub care audit verify`, as they are typed."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from edge.care.audit import Look
from edge.care.people import ContactRole
from edge.clock import FixedClock
from edge.config import Config
from edge.store.personal import PersonalStore
from tests.edge.commands.terminal import typed_to

run = typed_to("care")
NOON = 1_790_000_000_000


def opened(config: Config) -> PersonalStore:
    return PersonalStore.open(config.hub.personal_db, config.personal.key_file)


def looked(config: Config, times: int) -> int:
    with opened(config) as personal:
        person = personal.add_person("Erna Weber", NOON)
        look = Look(person, "contact:1", ContactRole.NURSE, ("weight",), 0, None, "Runde")
        personal.note_looks([look] * times, FixedClock(NOON).stamp())
        return person


def test_everything_is_in_the_file_and_the_book_says_so(config: Config, tmp_path: Path) -> None:
    looked(config, 1)
    file = tmp_path / "erna.json"
    done = run(config, "export", "Erna Weber", "--to", str(file))
    assert done.exit_code == 0, done.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    told = json.loads(file.read_text())
    assert told["personal"]["person"][0]["name"] == "Erna Weber"
    assert [one["who"] for one in told["book"]] == ["office", "contact:1"]
    again = run(config, "export", "Erna Weber", "--to", str(file))
    assert again.exit_code == 1
    assert "gibt es schon" in again.output
    assert run(config, "export", "Niemand", "--to", str(tmp_path / "x")).exit_code == 1
    assert not (tmp_path / "x").exists()


def test_a_book_that_holds_and_one_that_does_not(config: Config) -> None:
    looked(config, 3)
    good = run(config, "audit", "verify")
    assert good.exit_code == 0, good.output
    head = good.output.rsplit(" ", 1)[1].strip()
    assert head.startswith("3:")
    assert run(config, "audit", "verify", "--head", head).exit_code == 0
    with opened(config) as personal, personal.connection.transaction() as driver:
        driver.execute("DELETE FROM care_audit WHERE number = 3")
    assert run(config, "audit", "verify").exit_code == 0  # the end alone does not show it
    cut = run(config, "audit", "verify", "--head", head)
    assert cut.exit_code == 1
    assert "Eintrag 3 ist nicht mehr der" in cut.output
    assert run(config, "audit", "verify", "--head", "drei").exit_code == 2
    with opened(config) as personal, personal.connection.transaction() as driver:
        driver.execute("UPDATE care_audit SET at = at + 1 WHERE number = 1")
    bad = run(config, "audit", "verify")
    assert bad.exit_code == 1
    assert "Eintrag 1: passt nicht" in bad.output
    assert "Bitte nichts daran tun" in bad.output


def test_many_faults_are_counted(config: Config) -> None:
    looked(config, 40)
    with opened(config) as personal, personal.connection.transaction() as driver:
        driver.execute("UPDATE care_audit SET digest = zeroblob(32)")
    assert "und 20 weitere" in run(config, "audit", "verify").output
