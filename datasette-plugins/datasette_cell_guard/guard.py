"""Verdicts on files, each judged once as long as neither it nor its certificate changes."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Mapping
from pathlib import Path

from datasette_cell_guard.certificate import Demand, Verdict, judge

KEEP = 256  # verdicts; each is of a file that was served at some time

_State = tuple[int, ...]


class RefusedError(sqlite3.DatabaseError):
    """A file is not certified. Who opens databases takes it for one that cannot be read."""


class Guard:
    """What is demanded of which database, and what was found.

    Used from Datasette's event loop and from its SQL threads.
    """

    def __init__(
        self, general: Demand, own: Mapping[str, Demand], *, allow_sql: bool, suffix: str
    ) -> None:
        self._general = general
        self._own = dict(own)
        self._suffix = suffix
        self._lock = threading.Lock()
        self._known: dict[tuple[str, Path], tuple[_State, Verdict]] = {}
        self.allow_sql = allow_sql
        self.taken_off: dict[str, Verdict] = {}

    def verdict(self, database: str, path: Path) -> Verdict:
        """Return whether the file at ``path`` may be served as ``database``.

        The file is read as a whole the first time, and again if it or its certificate changed.
        """
        path = path.absolute()  # SQLite tells it so, and whoever opened it perhaps does not
        key = (database, path)
        with self._lock:
            state = self._state(path)
            if key in self._known and self._known[key][0] == state:
                return self._known[key][1]
            found = judge(path, self._own.get(database, self._general), self._suffix)
            while len(self._known) >= KEEP:
                del self._known[next(iter(self._known))]
            self._known[key] = (state, found)
            return found

    def _state(self, path: Path) -> _State:
        """Return what changes with the file, its certificate or a log beside it."""
        state: list[int] = []
        logs = (path.with_name(path.name + log) for log in ("-wal", "-journal"))
        for one in (path, path.with_suffix(self._suffix), *logs):
            try:
                found = one.stat()
            except OSError:
                state += [-1]
            else:
                state += [found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns]
                state += [found.st_ctime_ns]
        return tuple(state)
