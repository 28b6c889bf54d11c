"""How often a wrong PIN was given, kept on the card: a reboot gives no new tries."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.access.lockout import MINUTE_MS, Rule, Tally, counted, settled, wait_ms
from edge.unlock.errors import MustWait
from hardware.durable import replace_private

# Waits of one minute up to an hour: a PIN of six digits is not found in a lifetime.
PIN = Rule(3, MINUTE_MS, 60 * MINUTE_MS, 7 * 24 * 60 * MINUTE_MS)


class Tries:
    """The tally in a file. Processes may share it: one try at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def one(self, now_ms: int) -> Iterator[None]:
        """Count a try before it is made; what ends well clears the tally.

        The count is on the card before the body runs: whoever pulls the plug gains nothing.

        :raises MustWait: if none is taken now.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(
            self._path.with_name(self._path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600
        )
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            tally = self._read(now_ms)
            if left := wait_ms(tally, now_ms, PIN):
                self._write(settled(tally, now_ms, PIN))
                raise MustWait(-(-left // 1000))
            self._write(counted(tally, now_ms, PIN))
            yield
            self._path.unlink(missing_ok=True)
        finally:
            os.close(lock)

    def wait_s(self, now_ms: int) -> int:
        """Return how long no PIN is taken, 0 if one is."""
        return -(-wait_ms(self._read(now_ms), now_ms, PIN) // 1000)

    def _read(self, now_ms: int) -> Tally:
        try:
            data = json.loads(self._path.read_text("ascii"))
            return Tally(int(data["failures"]), int(data["last_at"]), int(data["until"]))
        except FileNotFoundError:
            return Tally()
        except (ValueError, TypeError, KeyError):  # spoiled: no free tries
            return Tally(PIN.free, now_ms, now_ms)

    def _write(self, tally: Tally) -> None:
        replace_private(
            self._path,
            json.dumps(
                {"failures": tally.failures, "last_at": tally.last_at, "until": tally.until}
            ),
        )
