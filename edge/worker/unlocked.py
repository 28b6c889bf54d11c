"""personal.db for a job, open only as long as its key file is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.config import Config
from edge.store.errors import Locked

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore


class Unlocked:
    """personal.db, open only as long as its key file is there. One thread's at a time."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._store: PersonalStore | None = None

    def store(self) -> PersonalStore:
        """Return the store.

        :raises Locked: if the key file is not there; what was open is closed then.
        """
        from edge.store.personal import PersonalStore  # noqa: PLC0415 - loads SQLCipher

        key_file = self._config.personal.key_file
        if not key_file.exists():
            self.lock()
            raise Locked(f"personal.db is locked: {key_file} is absent")
        if self._store is None:
            self._store = PersonalStore.open(self._config.hub.personal_db, key_file)
        return self._store

    def lock(self) -> None:
        """Forget personal.db."""
        if self._store is not None:
            self._store.close()
            self._store = None
