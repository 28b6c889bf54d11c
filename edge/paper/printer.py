"""A printer at the hub, where there is one: CUPS by its own commands, with bounds."""

from __future__ import annotations

import shutil
import subprocess

from edge.store.errors import StoreError

ASK_S = 5.0  # a queue on a printer that is off answers at once, one on the net may not
SEND_S = 30.0
MAX_PRINTERS = 20
JOB = "Dorfhub"  # what stands in the queue: nobody's name


class NotPrinted(StoreError):
    """The printer did not take the paper."""

    hint = (
        "Der Drucker nimmt das Blatt gerade nicht an. Ist er an, ist Papier darin? Sonst das PDF "
        "auf einem Stick mitnehmen."
    )


def printers() -> tuple[str, ...]:
    """Return the names of the printers that the system knows; the usual one first."""
    found = _said("lpstat", "-e").split()
    default = _said("lpstat", "-d").rpartition(":")[2].strip()
    ordered = sorted(dict.fromkeys(found), key=lambda one: one != default)
    return tuple(ordered[:MAX_PRINTERS])


def send(pdf: bytes, printer: str) -> None:
    """Send a paper to a printer.

    :raises NotPrinted: if there is no such printer, or it does not take it.
    """
    program = shutil.which("lp")
    if program is None or printer not in printers():
        raise NotPrinted(
            "no such printer",
            hint="Diesen Drucker gibt es nicht (mehr). Bitte das PDF auf einem Stick mitnehmen.",
        )
    try:
        done = subprocess.run(
            [program, "-d", printer, "-t", JOB, "-"],
            input=pdf,
            capture_output=True,
            timeout=SEND_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotPrinted("the printer did not answer") from error
    if done.returncode:
        raise NotPrinted("the printer refused")


def _said(name: str, *arguments: str) -> str:
    """Return what a command says; nothing if there is none, or it fails."""
    program = shutil.which(name)
    if program is None:
        return ""
    try:
        done = subprocess.run(
            [program, *arguments], capture_output=True, timeout=ASK_S, check=False,
            env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""
