"""The desk of village.db where care sensors' signs of life and events are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edge.store.village_alarms import HallAlarm, show
from edge.store.village_heard import HeardDesk
from edge.store.village_rows import SensorEvent, SensorEventKind, SensorLife

KEPT_EVENTS = 5000  # a village of 200 sensors that fall silent and come back each month: two years


class SensorDesk(HeardDesk):
    """The part of village.db about care sensors; use :class:`edge.store.village.VillageStore`.

    :raises StoreError: or one of its kinds, from any method.
    """

    def sensor_lives(self) -> dict[str, SensorLife]:
        """Return the signs of life by address."""
        rows = self.connection.rows(
            "SELECT address, heard_at, rssi_dbm, data_at, expected_s, silent_since, unread_since"
            " FROM sensor_life ORDER BY address"
        )
        return {str(row[0]): SensorLife(*row) for row in rows}  # type: ignore[arg-type]  # STRICT

    def sensors_heard(self, signs: Mapping[str, tuple[int, int | None]]) -> None:
        """Note when sensors were last heard and how loud (dBm), in one commit."""
        with self.connection.transaction() as driver:
            driver.executemany(
                "INSERT INTO sensor_life (address, heard_at, rssi_dbm) VALUES (?, ?, ?)"
                " ON CONFLICT (address) DO UPDATE SET heard_at = excluded.heard_at,"
                " rssi_dbm = coalesce(excluded.rssi_dbm, rssi_dbm)",
                [(address, at, rssi) for address, (at, rssi) in signs.items()],
            )

    def sensors_gave(self, times: Mapping[str, int]) -> None:
        """Note when values last came from sensors, in one commit."""
        with self.connection.transaction() as driver:
            driver.executemany(
                "INSERT INTO sensor_life (address, data_at) VALUES (?, ?)"
                " ON CONFLICT (address) DO UPDATE SET data_at = excluded.data_at",
                list(times.items()),
            )

    def expect_sensor(self, address: str, expected_s: int | None) -> None:
        """Set the longest time between two data of a sensor, None for the usual one."""
        with self.connection.transaction() as driver:
            driver.execute(
                "INSERT INTO sensor_life (address, expected_s) VALUES (?, ?)"
                " ON CONFLICT (address) DO UPDATE SET expected_s = excluded.expected_s",
                (address, expected_s),
            )

    def tell_sensor(
        self, address: str, device_id: str, kind: SensorEventKind, at: int, since: int
    ) -> None:
        """Note that a sensor fell `silent` or is `back`; event and state in one commit."""
        with self.connection.transaction() as driver:
            driver.execute(
                "INSERT INTO sensor_life (address, silent_since) VALUES (?, ?)"
                " ON CONFLICT (address) DO UPDATE SET silent_since = excluded.silent_since",
                (address, since if kind == "silent" else None),
            )
            driver.execute(_ADD_EVENT, (at, device_id, kind, str(since)))
            driver.execute(_PRUNE_EVENTS, (KEPT_EVENTS,))

    def add_sensor_event(
        self, device_id: str, kind: SensorEventKind, at: int, detail: str = ""
    ) -> int:
        """Note an event and return its number."""
        with self.connection.transaction() as driver:
            number = int(driver.execute(_ADD_EVENT, (at, device_id, kind, detail)).lastrowid or 0)
            driver.execute(_PRUNE_EVENTS, (KEPT_EVENTS,))
        return number

    def add_press(self, device_id: str, at: int, line: HallAlarm | None) -> None:
        """Note a press of a call button and show its ``line`` on the board, in one commit.

        Whoever looks for presses that were lost goes by the event: none may stand without its line.
        """
        with self.connection.transaction() as driver:
            driver.execute(_ADD_EVENT, (at, device_id, "sos", ""))
            driver.execute(_PRUNE_EVENTS, (KEPT_EVENTS,))
            if line is not None:
                show(driver, line)

    def sensor_events(self, since: int = 0, limit: int = 100) -> list[SensorEvent]:
        """Return up to ``limit`` events from ``since`` (ms) on, newest first."""
        rows = self.connection.rows(
            "SELECT event, at, device_id, kind, detail FROM sensor_event WHERE at >= ?"
            " ORDER BY event DESC LIMIT ?",
            (since, limit),
        )
        return [SensorEvent(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def last_calls(self) -> dict[str, int]:
        """Return when each call button, by device id, was last pressed as far as is known."""
        rows = self.connection.rows(
            "SELECT device_id, max(at) FROM sensor_event WHERE kind = 'sos' GROUP BY device_id"
        )
        return {str(device): int(str(at)) for device, at in rows}

    def add_call(self, device_id: str, at: int, near_ms: int, detail: str) -> bool:
        """Note a press of a call button, unless one was noted within ``near_ms``; True if so."""
        with self.connection.joined() as driver:
            if driver.execute(
                "SELECT 1 FROM sensor_event WHERE device_id = ? AND kind = 'sos'"
                " AND abs(at - ?) < ?",
                (device_id, at, near_ms),
            ).fetchone():
                return False
            driver.execute(_ADD_EVENT, (at, device_id, "sos", detail))
            driver.execute(_PRUNE_EVENTS, (KEPT_EVENTS,))
        return True

    def calls_after(self, event: int, detail: str) -> list[SensorEvent]:
        """Return the calls with a number above ``event`` and that detail, oldest first."""
        rows = self.connection.rows(
            "SELECT event, at, device_id, kind, detail FROM sensor_event WHERE event > ?"
            " AND kind = 'sos' AND detail = ? ORDER BY event",
            (event, detail),
        )
        return [SensorEvent(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def sensor_restarted(self, address: str, device_id: str, at: int, since: int) -> bool:
        """Note once that values do not count since the counter began anew; True if it is news.

        ``since`` is the last value that counted.
        """
        with self.connection.transaction() as driver:
            if not driver.execute(
                "INSERT INTO sensor_life (address, unread_since) VALUES (?1, ?2)"
                " ON CONFLICT (address) DO UPDATE SET unread_since = ?2"
                " WHERE unread_since IS NULL",
                (address, since),
            ).rowcount:
                return False
            driver.execute(_ADD_EVENT, (at, device_id, "restarted", str(since)))
            driver.execute(_PRUNE_EVENTS, (KEPT_EVENTS,))
        return True

    def sensors_count(self, addresses: Sequence[str]) -> None:
        """Note that values of these sensors count again."""
        with self.connection.transaction() as driver:
            driver.executemany(
                "UPDATE sensor_life SET unread_since = NULL WHERE address = ?"
                " AND unread_since IS NOT NULL",
                [(address,) for address in addresses],
            )

    def sensor_batteries(self, levels: Mapping[str, int]) -> None:
        """Keep the levels, in percent, that sensors sent, by address."""
        if not levels:
            return
        with self.connection.transaction() as driver:
            driver.executemany(
                "UPDATE device SET battery_percent = ?1 WHERE device ="
                " (SELECT device FROM ble_device WHERE address = ?2)"
                " AND battery_percent IS NOT ?1",
                [(percent, address) for address, percent in levels.items()],
            )

    def sensor_position(self, address: str, uuid: str) -> bytes | None:
        """Return how far a sensor's stored records were read, as the collector wrote it."""
        row = self.connection.row(
            "SELECT position FROM sensor_position WHERE address = ? AND uuid = ?", (address, uuid)
        )
        return bytes(row[0]) if row else None  # type: ignore[arg-type]  # a STRICT column

    def put_sensor_position(self, address: str, uuid: str, position: bytes) -> None:
        """Keep how far a sensor's stored records were read."""
        with self.connection.transaction() as driver:
            driver.execute(
                "INSERT INTO sensor_position (address, uuid, position) VALUES (?, ?, ?)"
                " ON CONFLICT (address, uuid) DO UPDATE SET position = excluded.position",
                (address, uuid, position),
            )

    def rename_sensor(self, address: str, name: str) -> bool:
        """Give a sensor the name that people use; True if it is known."""
        with self.connection.transaction() as driver:
            cursor = driver.execute(
                "UPDATE ble_device SET name = ? WHERE address = ?", (name, address)
            )
            driver.execute(
                "UPDATE device SET label = ? WHERE device ="
                " (SELECT device FROM ble_device WHERE address = ?)",
                (name, address),
            )
            return cursor.rowcount == 1

    def end_sensor(self, address: str) -> bool:
        """End a sensor's enrolment; its readings and events stay. True if it was known."""
        with self.connection.transaction() as driver:
            for table in _OF_ADDRESS:
                cursor = driver.execute(f"DELETE FROM {table} WHERE address = ?", (address,))  # noqa: S608  # constants
            return cursor.rowcount == 1


_OF_ADDRESS: Sequence[str] = ("sensor_life", "sensor_position", "ble_device")
_ADD_EVENT = "INSERT INTO sensor_event (at, device_id, kind, detail) VALUES (?, ?, ?, ?)"
_PRUNE_EVENTS = "DELETE FROM sensor_event WHERE event <= (SELECT max(event) FROM sensor_event) - ?"
