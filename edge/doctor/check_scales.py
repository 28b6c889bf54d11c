"""The doctor's look at the file of scales' users: can it be read, by whom, and was one lost."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from edge.config import Config
from edge.doctor.checks import Finding
from edge.store.scale_users import ScaleUsers, UsersUnreadable

_ANEW = (
    "Für jede Person den Code neu eingeben (dorfhub ble user code) oder sie an der Waage neu "
    "anmelden (dorfhub ble user register), dann noch einmal sagen, wer welcher Benutzer ist "
    "(dorfhub care confirm). Bis dahin warten ihre Werte."
)


def scales(config: Config) -> Iterator[Finding]:
    """Look at the codes of scales' users; changes nothing, and shows no code."""
    path = config.hub.scale_users
    users = ScaleUsers(path)
    if users.aside.exists():
        message = "Die Codes der Waagen waren nicht mehr lesbar und liegen beiseite."
        yield Finding("scale", "warn", message, f"{_ANEW} Danach löschen: rm {users.aside}")
        yield from _open(users.aside)
    if not path.exists():
        return
    try:
        is_spoiled = users.is_spoiled()
    except UsersUnreadable as error:
        message = f"Die Codes der Waagen sind nicht lesbar ({error})."
        advice = f"Eigentümer und Rechte prüfen: ls -l {path}; die Datei gehört dem Hub, 0600."
        yield Finding("scale", "fail", message, advice)
        return
    if is_spoiled:
        message = (
            "Die Codes der Waagen sind beschädigt; der Hub legt sie beiseite, sobald er läuft."
        )
        yield Finding("scale", "fail", message, _ANEW)
    is_open = list(_open(path))
    yield from is_open
    if not is_spoiled and not is_open:
        yield Finding("scale", "ok", "Die Codes der Waagen sind nur für den Hub lesbar.")


def _open(path: Path) -> Iterator[Finding]:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        message = f"Andere Benutzer dieses Rechners können die Codes der Waagen lesen: {path.name}."
        yield Finding("scale", "warn", message, f"chmod 600 {path}")
