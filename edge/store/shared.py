"""village.db for the threads of one process: one connection that looks, one that also writes.

Opening costs some three milliseconds of a core, most of a small page. A connection is open as long
as somebody uses it; a process that serves pages says with :func:`kept_open` that it may stay open a
little longer. It has no transaction between two guests: checkpoints, backups and erasures find
nobody in their way. It is opened anew after a minute, when the file was replaced, and after an
error.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from edge.store.errors import StoreError
from edge.store.village import VillageStore
from edge.store.village_reader import VillageReader

OLD_S = 60.0  # so that what another program did to the schema is seen, and caches stay small

_Store = TypeVar("_Store", bound=VillageStore)


def looking(path: Path) -> AbstractContextManager[VillageReader]:
    """Give village.db read-only, the connection shared with who else is looking.

    :raises StoreError: if it does not exist or cannot be opened.
    """
    return _LOOKING.lent(path)


def writing(path: Path) -> AbstractContextManager[VillageStore]:
    """Give village.db, the connection shared with who else is writing: commits take turns.

    :raises StoreError: if it cannot be opened.
    """
    return _WRITING.lent(path)


@contextmanager
def kept_open(path: Path) -> Iterator[None]:
    """Keep connections open between guests, until the end of the block."""
    pools = (_LOOKING, _WRITING)
    for pool in pools:
        pool.keep(path)
    try:
        yield
    finally:
        for pool in pools:
            pool.let_go(path)


@dataclass(slots=True)
class _Lent(Generic[_Store]):
    """An open file and how many use it. ``is_over``: nobody comes any more, the last one closes."""

    store: _Store
    file: tuple[int, int]
    opened_at: float
    guests: int = 0
    is_over: bool = False


class _Pool(Generic[_Store]):
    """One way to open files, each once."""

    def __init__(self, make: Callable[[Path], _Store]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._lent: dict[Path, _Lent[_Store]] = {}
        self._kept: Counter[Path] = Counter()

    @contextmanager
    def lent(self, path: Path) -> Iterator[_Store]:
        one = self._enter(path)
        try:
            yield one.store
        except StoreError:
            one.is_over = True  # whatever it was: the next guest finds a fresh connection
            raise
        finally:
            self._leave(path, one)

    def keep(self, path: Path) -> None:
        with self._lock:
            self._kept[path] += 1

    def let_go(self, path: Path) -> None:
        with self._lock:
            self._kept -= Counter([path])
            one = self._lent.get(path)
            if one is not None and not one.guests and path not in self._kept:
                self._end(path, one)

    def _enter(self, path: Path) -> _Lent[_Store]:
        with self._lock:
            one = self._lent.get(path)
            if one is not None and self._is_stale(path, one):
                self._end(path, one)
                one = None
            if one is None:
                file = _identity(path)  # before: one that is replaced meanwhile is opened anew
                one = self._lent[path] = _Lent(self._make(path), file, time.monotonic())
            one.guests += 1
            return one

    def _leave(self, path: Path, one: _Lent[_Store]) -> None:
        with self._lock:
            one.guests -= 1
            if not one.guests and (one.is_over or path not in self._kept):
                self._end(path, one)

    @staticmethod
    def _is_stale(path: Path, one: _Lent[_Store]) -> bool:
        old = time.monotonic() - one.opened_at > OLD_S
        return one.is_over or old or one.file != _identity(path)

    def _end(self, path: Path, one: _Lent[_Store]) -> None:
        """Let nobody else in; close it if nobody is in. The lock is held."""
        one.is_over = True
        if self._lent.get(path) is one:
            del self._lent[path]
        if not one.guests:
            one.store.close()


def _identity(path: Path) -> tuple[int, int]:
    """Return which file it is now; a copy put in its place is another."""
    try:
        found = os.stat(path)  # noqa: PTH116  # thousands of times an hour
    except OSError:
        return 0, 0
    return found.st_dev, found.st_ino


_LOOKING = _Pool(VillageReader)
_WRITING = _Pool(VillageStore)
