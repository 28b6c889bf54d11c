"""A printed sheet; where no printer is, a file beside the databases that the terminal points to."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from edge.alarm.path import AlarmError, Notice, Reply, Report, Taken
from edge.paper.printer import JOB, SEND_S, printers

MOST_FILES = 50
USUAL = "usual"
_HINT = "Ist der Drucker an, ist Papier darin? Mit `lpstat -p` nachsehen."


class NotePath:
    """Prints on ``printer``, or writes into ``folder``. A sheet names nobody: it lies about.

    :raises AlarmError: if the sheet is neither printed nor written.
    """

    name = "note"

    def __init__(self, printer: str, folder: Path) -> None:
        self._printer = printer
        self._folder = folder

    def tell(self, notice: Notice) -> Taken:
        """Print, or write; the same notice again is written once."""
        printer = self._chosen()
        if printer:
            self._print(notice.text, printer)
        else:
            self._write(notice)
        return Taken()

    def hear(self) -> list[Report | Reply]:
        """Return nothing: paper does not answer."""
        return []

    def check(self) -> str:
        """Say where sheets go."""
        if not self._printer:
            return f"kein Drucker genannt; Zettel liegen als Datei in {self._folder}"
        printer = self._chosen()
        if not printer:
            raise AlarmError(f"no printer {self._printer}", hint=_HINT)
        return f"Drucker {printer}"

    def close(self) -> None:
        """Nothing is held."""

    def _chosen(self) -> str:
        there = printers() if self._printer else ()
        if self._printer == USUAL:
            return there[0] if there else ""
        return self._printer if self._printer in there else ""

    def _print(self, text: str, printer: str) -> None:
        program = shutil.which("lp") or "lp"
        command = [program, "-d", printer, "-t", JOB, "-o", "cpi=10", "-"]
        try:
            done = subprocess.run(
                command, input=text.encode(), capture_output=True, timeout=SEND_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise AlarmError("the printer did not answer", hint=_HINT) from error
        if done.returncode:
            raise AlarmError("the printer refused", hint=_HINT)

    def _write(self, notice: Notice) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            part = self._folder / f"alarm-{notice.alert}-{notice.key}.part"
            part.write_text(notice.text)
            part.replace(part.with_suffix(".txt"))
            kept = sorted(self._folder.glob("*.txt"), key=lambda one: one.stat().st_mtime_ns)
            for old in kept[: max(0, len(kept) - MOST_FILES)]:
                old.unlink(missing_ok=True)
        except OSError as error:
            hint = "Auf der Karte ist kein Platz, oder der Ordner gehört nicht dem Hub."
            raise AlarmError(f"{self._folder}: {error.strerror}", hint=hint) from error
