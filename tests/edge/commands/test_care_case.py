"""`dorfhub care case`: a village asks, a practice opens and answers, all with files."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.care import case_letter
from edge.care.case_key import read_pair
from edge.care.case_state import CaseState
from edge.cli import root
from tests.edge.care.clips import CLIP
from tests.edge.ward.case_desk import QUESTION, CaseDesk, picture


def typed(*words: str | Path, stdin: str = "") -> Result:
    return CliRunner().invoke(root, [str(one) for one in words], input=stdin)


class Practice:
    """A practice with its folder and the program, and no hub."""

    def __init__(self, folder: Path) -> None:
        self.key = folder / "praxis.schluessel"
        self.cases = folder / "Faelle"
        made = typed("care", "case", "key", self.key)
        assert made.exit_code == 0, made.output
        self.address = made.output.splitlines()[1]
        self.pair = read_pair(self.key.read_text())
        assert self.pair.address.groups in made.output
        assert self.pair.identity not in made.output

    def open(self, *paths: Path, yes: bool = True) -> Result:
        words = ["--key", self.key, "--to", self.cases, "--name", "Praxis Grün"]
        return typed("care", "case", "open", *paths, *words, *(["--yes"] if yes else []))


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    toml = tmp_path / "hub" / "hub.toml"
    toml.parent.mkdir()
    assert typed("--config", toml, "init", "--name", "DGH", "--village", "Holzheim").exit_code == 0
    return toml


@pytest.fixture
def practice(tmp_path: Path) -> Practice:
    return Practice(tmp_path)


@pytest.fixture
def ward(tmp_path: Path, practice: Practice) -> CaseDesk:
    folder = tmp_path / "dorf"
    folder.mkdir()
    made = CaseDesk(folder, practice=practice.pair)
    yield made  # type: ignore[misc]
    made.vault.close()


def packet(ward: CaseDesk, file: Path, *, large: bool = False) -> int:
    number = ward.draft()
    ward.desk.add_file(number, picture())
    if large:
        filler = CLIP + (600 << 10).to_bytes(4, "big") + b"free" + bytes((600 << 10) - 8)
        ward.desk.add_file(number, filler)
    ward.seal(number)
    file.write_bytes(ward.desk.packet(number))
    return number


def test_a_practice_opens_answers_and_the_village_reads_it(
    ward: CaseDesk, practice: Practice, tmp_path: Path
) -> None:
    file = tmp_path / "fall.dhfall"
    number = packet(ward, file)
    opened = practice.open(file)
    assert opened.exit_code == 0, opened.output
    (folder,) = practice.cases.iterdir()
    assert QUESTION in (folder / "frage.txt").read_text()
    assert "E. K., 84" in (folder / "frage.txt").read_text()
    assert "133,137" in (folder / "werte.csv").read_text("utf-8-sig")
    assert (folder / "Bild-1.jpg").read_bytes()[:2] == b"\xff\xd8"
    assert all(one.stat().st_mode & 0o077 == 0 for one in folder.iterdir())
    (receipt,) = folder.glob("empfangen-*.dhfall")
    ward.desk.take_packet(receipt.read_bytes())
    assert ward.desk.opened(number).case.state is CaseState.RECEIVED
    answered = typed(
        "care", "case", "answer", folder, "--key", practice.key, "--name", "Grün", stdin="Kühlen.\n"
    )
    assert answered.exit_code == 0, answered.output
    (answer,) = folder.glob("antwort-*.dhfall")
    ward.desk.take_packet(answer.read_bytes())
    (said,) = ward.desk.opened(number).answers
    assert (said.sender, said.text) == ("Grün", "Kühlen.")
    assert practice.open(file, yes=False).exit_code == 0  # known by now, and harmless


def test_parts_that_lack_are_waited_for(ward: CaseDesk, practice: Practice, tmp_path: Path) -> None:
    file, folder = tmp_path / "fall.dhfall", tmp_path / "stick"
    packet(ward, file, large=True)
    recipient, parts = case_letter.unpack(file.read_bytes())
    assert len(parts) == 3
    folder.mkdir()
    for n in (2, 0):
        (folder / f"{n}.dhfall").write_bytes(case_letter.pack("age1", [parts[n]]))
    waits = practice.open(folder)
    assert waits.exit_code == 75
    assert "Teil 2 von 3" in waits.output
    assert not practice.cases.exists()
    (folder / "1.dhfall").write_bytes(case_letter.pack(recipient, [parts[1]]))
    assert practice.open(folder).exit_code == 0


def test_what_is_for_another_is_left_and_what_was_changed_is_said(
    ward: CaseDesk, practice: Practice, tmp_path: Path
) -> None:
    file = tmp_path / "fall.dhfall"
    packet(ward, file)
    (tmp_path / "andere").mkdir()
    other = Practice(tmp_path / "andere")
    left = other.open(file)
    assert (left.exit_code, "nichts dabei" in left.output) == (0, True)
    bad = bytearray(file.read_bytes())
    bad[-1] ^= 1
    file.write_bytes(bad)
    changed = practice.open(file)
    assert changed.exit_code == 1
    assert not practice.cases.exists()
    file.write_bytes(b"rubbish")
    assert practice.open(file).exit_code == 1


def test_an_unknown_village_is_compared_first(
    ward: CaseDesk, practice: Practice, tmp_path: Path
) -> None:
    file = tmp_path / "fall.dhfall"
    packet(ward, file)
    asked = practice.open(file, yes=False)
    assert asked.exit_code == 1
    assert ward.desk.address().groups in asked.output
    assert not practice.cases.exists()


def test_a_key_is_never_written_over_and_what_is_no_key_is_said(
    practice: Practice, tmp_path: Path
) -> None:
    before = practice.key.read_bytes()
    assert typed("care", "case", "key", practice.key).exit_code == 1
    assert practice.key.read_bytes() == before
    (tmp_path / "leer").write_text("nichts")
    shown = typed("care", "case", "address", "--key", tmp_path / "leer")
    assert shown.exit_code == 1
    assert "Schlüsseldatei" in shown.output
    shown = typed("care", "case", "address", "--key", practice.key)
    assert practice.address in shown.output
    shown = typed("care", "case", "answer", tmp_path, "--key", practice.key, "--text", "x")
    assert "kein geöffneter Fall" in shown.output


def test_the_hub_s_commands(hub: Path, practice: Practice, tmp_path: Path) -> None:
    def at_hub(*words: str | Path) -> Result:
        return typed("--config", hub, "care", "case", *words)

    assert "keine Fälle" in at_hub("list").output
    assert "dorffall1:" in at_hub("address").output
    assert at_hub("practice", "9", practice.address).exit_code == 1
    stick = tmp_path / "stick"
    assert "0 Fälle" in at_hub("export", stick).output
    stick.mkdir(exist_ok=True)
    (stick / "a.dhfall").write_bytes(b"rubbish")
    taken = at_hub("import", stick)
    assert taken.exit_code == 1
    assert "abgelehnt: 1" in taken.output
