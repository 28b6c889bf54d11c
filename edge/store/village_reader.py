"""village.db for those who only look: the terminal page and the publisher."""

from __future__ import annotations

import itertools
import sqlite3
from pathlib import Path
from urllib.parse import quote

from edge.store.connection import BUSY_TIMEOUT_S, Connection
from edge.store.errors import StoreError
from edge.store.village import VillageStore
from edge.store.village_desk import Desk

_OPENED = itertools.count()


class VillageReader(VillageStore):
    """village.db opened read-only: every writing method raises :class:`StoreError`.

    The file is neither made nor migrated.

    :raises StoreError: if it does not exist or cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        try:
            driver = sqlite3.connect(
                f"file:{quote(str(path))}?mode=ro",
                uri=True,
                timeout=BUSY_TIMEOUT_S,
                isolation_level=None,
                check_same_thread=False,
            )
        except sqlite3.Error as error:
            raise StoreError(
                f"{path.name} cannot be opened: {error}",
                hint="Bitte zuerst `dorfhub init` ausführen.",
            ) from error
        Desk.__init__(self, Connection(driver, path))
        self._opened = next(_OPENED)

    def version(self) -> tuple[int, int]:
        """Return a mark that is another one as soon as anybody has committed something."""
        row = self.connection.row("PRAGMA data_version")  # says nothing to other connections
        return self._opened, int(str(row[0])) if row else 0

    def newest_round(self) -> int:
        """Return the number of the newest round, 0 if there is none."""
        row = self.connection.row("SELECT coalesce(max(round), 0) FROM round")
        return int(str(row[0])) if row else 0
