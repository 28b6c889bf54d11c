"""What pages show alike to everybody: gathered once a minute, or when village.db changed.

Nothing of a visit belongs here. Times on such a page are words to the minute, and the page says as
of when it is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar, cast

from edge.clock import Clock
from edge.config import Config
from edge.store.errors import StoreError
from edge.store.shared import looking
from edge.web.tongue import spoken

MINUTE_MS = 60_000
_MOST = 60  # some ten kinds of pages, six languages; all of it goes with the minute

_Found = TypeVar("_Found")
_Mark = tuple[object, ...]


class ThisMinute:
    """Keeps what was gathered. Threads may share one."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._village_db = config.hub.village_db
        self._clock = clock
        self._lock = threading.Lock()
        self._of: _Mark = ()
        self._kept: dict[tuple[str, str], object] = {}

    def get(self, what: str, gather: Callable[[], _Found]) -> _Found:
        """Return what ``gather`` returns, asked once in the minute, the language and the state."""
        mark, key = self._mark(), (what, spoken().key)
        if not mark:
            return gather()
        with self._lock:
            if mark != self._of or len(self._kept) >= _MOST:
                self._of = mark
                self._kept.clear()
            if key in self._kept:
                return cast("_Found", self._kept[key])
        found = gather()  # what is committed meanwhile is in it, or changes the mark
        with self._lock:
            if mark == self._of:
                self._kept[key] = found
        return found

    def _mark(self) -> _Mark:
        """Return what changes with everything that is shown, nothing if that cannot be told."""
        stamp = self._clock.stamp()
        try:
            with looking(self._village_db) as village:
                version = village.version()
        except StoreError:
            return ()
        return (*version, stamp.wall_ms // MINUTE_MS, stamp.quality)
