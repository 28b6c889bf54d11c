"""personal.db for a process with threads: open as long as its key file is there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

from edge.config import Config
from edge.store.errors import Locked

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore


class Vault:
    """Gives out one `PersonalStore` to all threads; closed when the key file is gone."""

    def __init__(self, path: Path, key_file: Path) -> None:
        self._path = path
        self._key_file = key_file
        self._lock = threading.Lock()
        self._store: PersonalStore | None = None

    @classmethod
    def of(cls, config: Config) -> Self:
        """Return the vault of a hub."""
        return cls(config.hub.personal_db, config.personal.key_file)

    @property
    def is_locked(self) -> bool:
        """Whether the key file is absent."""
        return not self._key_file.exists()

    @contextmanager
    def open(self) -> Iterator[PersonalStore]:
        """Give the store.

        :raises Locked: if the key file is not there.
        """
        from edge.store.personal import PersonalStore  # noqa: PLC0415 - loads SQLCipher

        with self._lock:
            if self.is_locked:
                self._close()
                raise Locked(f"personal.db is locked: {self._key_file} is absent")
            if self._store is None:
                self._store = PersonalStore.open(self._path, self._key_file)
            store = self._store
        yield store

    def close(self) -> None:
        """Close the store; the next use opens it again."""
        with self._lock:
            self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None
