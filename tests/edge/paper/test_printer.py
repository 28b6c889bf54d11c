"""Printers, by programs that answer as CUPS' do: which there are, and who refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.paper import printer
from edge.paper.printer import NotPrinted, printers, send

LPSTAT = """#!/bin/sh
case "$1" in
  -e) echo Flur; echo Buero ;;
  -d) echo "system default destination: Buero" ;;
esac
"""


def program(folder: Path, name: str, text: str) -> None:
    file = folder / name
    file.write_text(text)
    file.chmod(0o755)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def test_without_a_printer_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert printers() == ()
    with pytest.raises(NotPrinted) as told:
        send(b"%PDF", "Flur")
    assert "Stick" in told.value.hint


def test_the_usual_one_comes_first_and_gets_the_paper(programs: Path, tmp_path: Path) -> None:
    program(programs, "lpstat", LPSTAT)
    program(programs, "lp", f'#!/bin/sh\necho "$@" > {tmp_path}/said\ncat > {tmp_path}/paper\n')
    assert printers() == ("Buero", "Flur")
    send(b"%PDF-1.7 paper", "Flur")
    assert (tmp_path / "paper").read_bytes() == b"%PDF-1.7 paper"
    assert (tmp_path / "said").read_text() == "-d Flur -t Dorfhub -\n"
    for name in ("Keller", "", "-o raw"):
        with pytest.raises(NotPrinted):
            send(b"%PDF", name)


def test_one_that_refuses_or_never_answers_is_told(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(programs, "lpstat", LPSTAT)
    program(programs, "lp", "#!/bin/sh\nexit 1\n")
    with pytest.raises(NotPrinted):
        send(b"%PDF", "Flur")
    monkeypatch.setattr(printer, "SEND_S", 0.1)
    program(programs, "lp", "#!/bin/sh\nexec sleep 5\n")
    with pytest.raises(NotPrinted) as told:
        send(b"%PDF", "Flur")
    assert "Papier" in told.value.hint
    monkeypatch.setattr(printer, "ASK_S", 0.1)
    program(programs, "lpstat", "#!/bin/sh\nexec sleep 5\n")
    assert printers() == ()
    program(programs, "lpstat", "#!/bin/sh\nexit 1\n")
    assert printers() == ()
