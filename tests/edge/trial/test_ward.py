import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.care.rules.ruleset import default
from edge.commands.care_simulate import simulate
from edge.trial.physiology import parse
from edge.trial.ward import Ward, scores, watch, ways

MANY = """
[onset]
first_day = 16
last_day_before_end = 6
[illness.infection]
per_year = 30
[fall]
per_year = 40
[home]
pets = 0
"""
FILE_RUN = ("--people", "2", "--days", "8", "--jobs", "1")


def test_clear_illnesses_and_falls_are_found_and_peers_stand_beside() -> None:
    ward = Ward(2, 5, 32, parse(MANY))
    by = ways(default())
    watched = [watch(ward, number, by) for number in range(1, ward.people + 1)]
    own, *peers = scores(ward, by, iter(watched))
    assert [score.name for score in peers] == ["Feste Grenzen", "NEWS2"]
    falls = [each for each in own.found if each.truth.is_fall]
    ill = [each for each in own.found if not each.truth.is_fall]
    assert len(falls) >= 2
    assert len(ill) >= 4
    assert all(each.delay_days is not None and each.delay_days < 1 for each in falls)
    assert all(each.delay_days is not None for each in ill)
    assert own.vital_asks > 0
    assert own.still_false <= 1
    assert all(not each.truth.is_fall for score in peers for each in score.found)
    assert all(score.still_true == 0 for score in peers)


def test_the_same_seed_gives_the_same_bytes_however_many_processes() -> None:
    runner = CliRunner()
    run = ["--seed", "4", *FILE_RUN, "--json"]
    one, again = (runner.invoke(simulate, run) for _ in range(2))
    assert one.exit_code == 0, one.output
    assert one.stdout == again.stdout
    other = runner.invoke(simulate, ["--seed", "5", *FILE_RUN, "--json"])
    assert json.loads(one.stdout)["ways"] != json.loads(other.stdout)["ways"]


def test_people_read_a_table() -> None:
    found = CliRunner().invoke(simulate, [*FILE_RUN, "--alone"])
    assert found.exit_code == 0, found.output
    assert "2 Personen, 8 Tage" in found.stdout
    assert "Fehlalarme" in found.stdout
    assert "NEWS2" not in found.stdout
    assert "Ereignisse in" in found.stderr


def test_files_of_ones_own(tmp_path: Path) -> None:
    people, rules = tmp_path / "people.toml", tmp_path / "rules.toml"
    people.write_text('name = "eigene"\n[fall]\nper_year = 0\n')
    rules.write_text('name = "Nichts"\n')
    run = [*FILE_RUN, "--alone", "--json", "--physiology", str(people), "--rules", str(rules)]
    found = CliRunner().invoke(simulate, run)
    assert found.exit_code == 0, found.output
    told = json.loads(found.stdout)
    assert told["physiology"] == "eigene"
    (way,) = told["ways"]
    assert way["name"] == "Nichts"
    assert way["vital"]["false"] == way["inactivity"]["false"] == 0


@pytest.mark.parametrize(
    ("option", "text", "says"),
    [
        ("--physiology", "[home]\nwings = 2", "wings"),
        ("--physiology", "\x00", "TOML"),
        ("--rules", "[limit]\nx = 1", "x"),
        ("--physiology", None, "Mitgeliefert"),
        ("--rules", None, "Mitgeliefert"),
    ],
)
def test_what_is_wrong_is_said_in_german(
    tmp_path: Path, option: str, text: str | None, says: str
) -> None:
    file = tmp_path / "x.toml"
    if text is not None:
        file.write_text(text)
    found = CliRunner().invoke(simulate, [*FILE_RUN, option, str(file)])
    assert found.exit_code == 2
    assert says in found.stderr
