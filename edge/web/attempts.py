"""Wrong numbers at a terminal: each one makes the next attempt wait longer.

A slip number opens what somebody signed up for; there are 6.9 thousand million of them, and whoever
tries them gets one a minute. A mistyped number (its check does not fit) opens nothing and is not
counted. Kept in memory, by the terminal's address, a while.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

FREE = 5  # wrong numbers that cost nothing: glasses were forgotten
FIRST_WAIT_S = 5.0
MOST_WAIT_S = 60.0  # the next person at this terminal may be somebody else
FORGET_S = 900.0  # without a wrong number
MAX_TERMINALS = 500  # more than phones fit into the hall; the longest silent goes


@dataclass(slots=True)
class _Terminal:
    wrong: int
    last_s: float


class Attempts:
    """Counts wrong numbers; threads may share one. ``now_s`` is a monotonic time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._terminals: OrderedDict[str, _Terminal] = OrderedDict()

    def wait_s(self, terminal: str, now_s: float) -> float:
        """Return how long a terminal has to wait until its next attempt is looked at."""
        with self._lock:
            found = self._find(terminal, now_s)
            if found is None or found.wrong < FREE:
                return 0.0
            pause = min(FIRST_WAIT_S * 2.0 ** min(found.wrong - FREE, 10), MOST_WAIT_S)
            return max(0.0, found.last_s + pause - now_s)

    def note_wrong(self, terminal: str, now_s: float) -> None:
        """Count a wrong number."""
        with self._lock:
            found = self._find(terminal, now_s) or _Terminal(0, now_s)
            self._terminals[terminal] = _Terminal(found.wrong + 1, now_s)
            self._terminals.move_to_end(terminal)
            while len(self._terminals) > MAX_TERMINALS:
                self._terminals.popitem(last=False)

    def _find(self, terminal: str, now_s: float) -> _Terminal | None:
        found = self._terminals.get(terminal)
        if found is not None and now_s - found.last_s >= FORGET_S:
            del self._terminals[terminal]
            return None
        return found
