"""What communal meters say of themselves, written when it changes."""

from __future__ import annotations

from collections.abc import Sequence

from edge.store.village import VillageStore
from hardware.profiles import Flag

_AGAIN = "Der Zähler meldet nichts mehr."


class Statuses:
    """Takes in what telegrams say of their meters; asks and writes village.db on a change only."""

    def __init__(self, village: VillageStore) -> None:
        self._village = village
        self._known: dict[int, tuple[str, str]] = {}  # device to status and words

    def note(self, device: int, status: str | None, flags: Sequence[Flag], at: int) -> None:
        """Note a status; None, if a telegram says nothing of it, changes nothing."""
        if status is None:
            return
        new = status, _words(status, flags)
        if self._known.get(device) != new:
            self._village.set_meter_status(device, *new, at)
            self._known[device] = new


def _words(status: str, flags: Sequence[Flag]) -> str:
    if status == "OK":
        return _AGAIN
    told = " ".join(dict.fromkeys(flag.de for flag in flags))
    return told or f"Der Zähler meldet {status}; siehe seine Anleitung."
