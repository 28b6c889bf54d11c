"""Makers' keys of sensors in personal.db: encrypted at rest, and nowhere else.

No error, log line or `repr` of this module holds a key.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from edge.store.connection import Connection
from edge.store.personal_keys import Change
from edge.store.personal_rows import SensorKey
from edge.store.personal_sensors import turn

SIZES = (12, 16)  # AES-CCM; twelve bytes in the older format of one maker


class SensorKeys:
    """The part of personal.db that keeps sensors' keys; use `PersonalStore`.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def add_sensor_key(self, device_id: str, key: bytes, source: str, at: int) -> Change:
        """Keep a sensor's key and say what it was; another one replaces it.

        :raises ValueError: if it has another length than a key has.
        """
        if len(key) not in SIZES:
            raise ValueError("a sensor's key has 12 or 16 bytes")
        with self.connection.transaction() as driver:
            known = driver.execute(
                "SELECT key FROM sensor_key WHERE device_id = ?", (device_id,)
            ).fetchone()
            if known and bytes(known[0]) == key:
                return "same"
            # a new row, so that its state is that of a key nobody has tried
            driver.execute(
                "INSERT OR REPLACE INTO sensor_key (device_id, key, source, imported_at)"
                " VALUES (?, ?, ?, ?)",
                (device_id, key, source, at),
            )
            turn(driver)
        return "replaced" if known else "new"

    def remove_sensor_key(self, device_id: str) -> bool:
        """Forget a sensor's key; True if there was one."""
        with self.connection.transaction() as driver:
            gone = driver.execute("DELETE FROM sensor_key WHERE device_id = ?", (device_id,))
            turn(driver)
            return gone.rowcount > 0

    def sensor_keys(self) -> list[SensorKey]:
        """Return all keys, by sensor. Secrets: for the decoder, never to be shown."""
        rows = self.connection.rows(
            "SELECT number, device_id, key, source, imported_at, state, state_at FROM sensor_key"
            " ORDER BY device_id"
        )
        return [SensorKey(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def set_sensor_key_states(
        self, devices: Iterable[str], state: Literal["unused", "opens", "wrong"], at: int
    ) -> None:
        """Note what advertisements showed of keys; the same again leaves ``state_at``."""
        with self.connection.transaction() as driver:
            driver.executemany(
                "UPDATE sensor_key SET state = ?1, state_at = ?2"
                " WHERE device_id = ?3 AND state IS NOT ?1",
                [(state, at, device) for device in devices],
            )
