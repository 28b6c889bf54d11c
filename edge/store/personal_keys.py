"""The meters' keys in personal.db: encrypted at rest, and nowhere else.

No error, log line or `repr` of this module holds a key.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from edge.store.connection import Connection, Driver
from edge.store.errors import StoreError
from edge.store.personal_rows import MeterKey

KEY_BYTES = 16
# A large town's meters; each costs some 200 bytes in memory while the worker runs.
MOST_KEYS = 100_000

Change = Literal["new", "same", "replaced"]


class KeyRing:
    """The part of personal.db that keeps meters' keys; use `PersonalStore`.

    :raises StoreError: or one of its kinds, from any method.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def add_keys(
        self, keys: Sequence[tuple[str, str, bytes]], source: str, at: int
    ) -> list[Change]:
        """Keep keys in one commit, all or none; say of each what it was.

        A key is (manufacturer's three letters or empty, eight digits, sixteen bytes). A meter
        has one: another one replaces it, the same one again changes nothing.
        """
        with self.connection.transaction() as driver:
            changes = [_add(driver, *key, source, at) for key in keys]
            count = driver.execute("SELECT count(*) FROM meter_key").fetchone()
            if int(count[0]) > MOST_KEYS:
                raise StoreError(
                    f"more than {MOST_KEYS} keys",
                    hint="So viele Schlüssel braucht kein Dorf. Bitte nur die Zähler, die der Hub "
                    "hört: dorfhub meter key missing",
                )
        return changes

    def remove_key(self, manufacturer: str, identification: str) -> bool:
        """Forget a meter's key; True if there was one."""
        with self.connection.transaction() as driver:
            cursor = driver.execute(
                "DELETE FROM meter_key WHERE manufacturer = ? AND identification = ?",
                (manufacturer, identification),
            )
            return cursor.rowcount > 0

    def meter_keys(self) -> list[MeterKey]:
        """Return all keys, by number of the meter. Secrets: for the decoder, never to be shown."""
        rows = self.connection.rows(
            "SELECT number, manufacturer, identification, key, source, imported_at, state, state_at"
            " FROM meter_key ORDER BY identification, manufacturer"
        )
        return [MeterKey(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def keys_changed(self) -> tuple[int, int]:
        """Return something that is another whenever the keys were changed."""
        row = self.connection.row("SELECT coalesce(max(number), 0), count(*) FROM meter_key")
        return (int(str(row[0])), int(str(row[1]))) if row else (0, 0)

    def set_key_states(
        self, numbers: Iterable[int], state: Literal["unused", "opens", "wrong"], at: int
    ) -> None:
        """Note what telegrams showed of keys; the same again leaves ``state_at``."""
        with self.connection.transaction() as driver:
            driver.executemany(
                "UPDATE meter_key SET state = ?1, state_at = ?2"
                " WHERE number = ?3 AND state IS NOT ?1",
                [(state, at, number) for number in numbers],
            )


def _add(  # noqa: PLR0917  # the columns
    driver: Driver, manufacturer: str, identification: str, key: bytes, source: str, at: int
) -> Change:
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes")
    known = driver.execute(
        "SELECT key FROM meter_key WHERE manufacturer = ? AND identification = ?",
        (manufacturer, identification),
    ).fetchone()
    if known and bytes(known[0]) == key:
        return "same"
    # a new row, so that its number tells that there is something to try
    driver.execute(
        "INSERT OR REPLACE INTO meter_key (manufacturer, identification, key, source, imported_at)"
        " VALUES (?, ?, ?, ?, ?)",
        (manufacturer, identification, key, source, at),
    )
    return "replaced" if known else "new"
