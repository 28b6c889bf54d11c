"""Makers' keys of sensors in personal.db: encrypted at rest, and nowhere else.

No error, log line or `repr` of this module holds a key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from edge.store.connection import Connection
from edge.store.personal_keys import Change
from edge.store.personal_rows import Counter, SensorKey
from edge.store.personal_sensors import turn

SIZES = (12, 16)  # AES-CCM; twelve bytes in the older format of one maker


class SensorKeys:
    """The part of personal.db that keeps sensors' keys; use `PersonalStore`.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def add_sensor_key(self, device_id: str, key: bytes, source: str, at: int) -> Change:
        """Keep a sensor's key and say what it was; another one replaces it.

        The sensor's counter is forgotten: after a change of batteries it may begin anew, and
        whoever enters the key again, the same one too, has the sensor at hand.

        :raises ValueError: if it has another length than a key has.
        """
        if len(key) not in SIZES:
            raise ValueError("a sensor's key has 12 or 16 bytes")
        with self.connection.transaction() as driver:
            driver.execute("DELETE FROM sensor_counter WHERE device_id = ?", (device_id,))
            known = driver.execute(
                "SELECT key FROM sensor_key WHERE device_id = ?", (device_id,)
            ).fetchone()
            if known and bytes(known[0]) == key:
                turn(driver)
                return "same"
            # a new row, so that its state is that of a key nobody has tried
            driver.execute(
                "INSERT OR REPLACE INTO sensor_key (device_id, key, source, imported_at)"
                " VALUES (?, ?, ?, ?)",
                (device_id, key, source, at),
            )
            turn(driver)
        return "replaced" if known else "new"

    def counters(self) -> list[Counter]:
        """Return the last numbers that sensors counted their advertisements with."""
        rows = self.connection.rows(
            "SELECT device_id, authentic, number, heard_at FROM sensor_counter"
        )
        return [
            Counter(str(device), bool(authentic), int(str(number)), int(str(at)))
            for device, authentic, number, at in rows
        ]

    def set_counters(self, counters: Sequence[Counter]) -> None:
        """Keep the last numbers of sensors, in place of those before."""
        if not counters:
            return
        with self.connection.transaction() as driver:
            driver.executemany(
                "INSERT OR REPLACE INTO sensor_counter VALUES (?, ?, ?, ?)",
                [(one.device_id, int(one.authentic), one.number, one.heard_at) for one in counters],
            )

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
        self, devices: Sequence[str], state: Literal["unused", "opens", "wrong"], at: int
    ) -> None:
        """Note what advertisements showed of keys; the same again leaves ``state_at``."""
        if not devices:
            return
        with self.connection.transaction() as driver:
            driver.executemany(
                "UPDATE sensor_key SET state = ?1, state_at = ?2"
                " WHERE device_id = ?3 AND state IS NOT ?1",
                [(state, at, device) for device in devices],
            )
