"""Which meters the hub asked by itself, and when: on the disk, so that a reboot asks nobody twice.

A file of its own, replaced as a whole: what was asked must be known even if village.db is full.
"""

from __future__ import annotations

import json
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

from edge.store.errors import StoreError
from hardware.durable import flush

_BY_HAND = "by hand: "  # before the meter_id, which has no space


class LedgerError(StoreError):
    """The ledger cannot be written: nobody is asked whom it protects."""


class Ledger:
    """The last moment and today's count of each meter. Threads may share one.

    A file that cannot be read counts as one in which everybody was asked just now: who cannot
    tell spares the batteries.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._known: dict[str, tuple[int, str, int]] | None = None  # ms, day, count on that day
        self._unreadable: int | None = None  # since when, ms

    def last(self, meter_id: str, now: datetime) -> datetime | None:
        """Return when the meter was last asked, None for never."""
        with self._lock:
            entry = self._read(now).get(meter_id)
            at_ms = entry[0] if entry else self._unreadable
        return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, tz=UTC)

    def count(self, meter_id: str, now: datetime) -> int:
        """Return how often the meter was asked on the day (local time) of ``now``."""
        with self._lock:
            entry = self._read(now).get(meter_id)
        return entry[2] if entry and entry[1] == _day(now) else 0

    def take(self, meter_id: str, request: str, now: datetime) -> bool:
        """Note a person's request before the meter is woken for it; False if it was noted before.

        It counts neither as :meth:`last` nor in :meth:`count`. The newest one of a meter is known.

        :raises LedgerError: if it cannot be written.
        """
        with self._lock:
            known = self._read(now)
            name = f"{_BY_HAND}{meter_id}"
            if known.get(name, (0, "", 0))[1] == request:
                return False
            self._write({**known, name: (int(now.timestamp() * 1000), request, 1)})
            known[name] = (int(now.timestamp() * 1000), request, 1)
            return True

    def note(self, meter_id: str, now: datetime) -> None:
        """Note that the meter is being asked; it is on the disk when this returns.

        :raises LedgerError: if it cannot be written.
        """
        with self._lock:
            known = self._read(now)
            _, day, count = known.get(meter_id, (0, "", 0))
            today = _day(now)
            known[meter_id] = (
                int(now.timestamp() * 1000),
                today,
                count + 1 if day == today else 1,
            )
            self._write(known)

    def _read(self, now: datetime) -> dict[str, tuple[int, str, int]]:
        if self._known is None:
            try:
                content = json.loads(self._path.read_text(encoding="utf-8"))
                self._known = {
                    str(name): (int(at), str(day), int(count))
                    for name, (at, day, count) in content.items()
                }
            except FileNotFoundError:
                self._known = {}
            except (OSError, ValueError, TypeError, AttributeError):
                self._known = {}
                self._unreadable = int(now.timestamp() * 1000)
        return self._known

    def _write(self, known: dict[str, tuple[int, str, int]]) -> None:
        beside = self._path.with_name(f".{self._path.name}.new")
        try:
            with beside.open("w", encoding="utf-8") as file:
                json.dump(known, file)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
            flush(self._path.parent)
        except OSError as error:
            raise LedgerError(
                f"cannot write {self._path}: {error.strerror}",
                hint="Platz auf der Karte schaffen; bis dahin wird dieser Zähler geschont.",
            ) from error


def _day(now: datetime) -> str:
    return now.astimezone().date().isoformat()
