"""What village.db keeps of meters that are heard by radio: who is there, who may stay, counters.

Values are never here: what a meter measured goes through the journal, and only if the meter is
communal or admitted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple

from edge.store.continuity import STATUS, add_event
from edge.store.village_desk import Desk
from edge.store.village_rows import HeardMeter, MeterCounter, MeterEvent, MeterStatus, ReceiverCount

# Anybody can send made-up addresses: the table stays some 2 MB. A valley's town has fewer meters.
MOST_HEARD = 10_000
MOST_FORMATS = 512  # a meter has one to three; as many as are held in memory
STATUS_EVENT_MS = 3_600_000  # a meter that says one thing in every other telegram is told once
KEPT_DAYS = 31  # of counters: a month shows whether a stick hears less than it did


class HeardDesk(Desk):
    """The radio's part of village.db; use :class:`edge.store.village.VillageStore`.

    A device is named as in the journal: `wmbus:KAM-76348799-1B-04`. Times are ms since 1970, UTC.

    :raises StoreError: or one of its kinds, from any method.
    """

    def note_heard(self, meters: Sequence[HeardMeter]) -> None:
        """Add signs of life in one commit.

        ``telegrams`` is added to what is known, times widen the known stretch, the rest replaces
        it; ``state`` is not touched. Beyond :data:`MOST_HEARD` meters, those heard once go
        first, then those not heard for longest; an admitted one never goes.
        """
        if not meters:
            return
        with self.connection.transaction() as driver:
            driver.executemany(
                _NOTE,
                [
                    (
                        one.device,
                        one.manufacturer,
                        one.identification,
                        one.version,
                        one.medium,
                        one.encryption,
                        one.first_heard_at,
                        one.last_heard_at,
                        one.telegrams,
                        one.last_rssi_dbm,
                    )
                    for one in meters
                ],
            )
            count = int(driver.execute("SELECT count(*) FROM heard_meter").fetchone()[0])
            if count > MOST_HEARD:
                driver.execute(_FORGET, (count - MOST_HEARD,))

    def heard_meters(self) -> list[HeardMeter]:
        """Return all meters that were heard, by name."""
        rows = self.connection.rows(
            f"SELECT {_HEARD} FROM heard_meter ORDER BY device"  # noqa: S608  # constant text
        )
        return [HeardMeter(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def set_meter_state(self, device: str, state: str, at: int) -> None:
        """Note what became of a heard meter's telegrams; one that is not known stays unknown.

        ``state_at`` is when the state began: the same one again leaves it.
        """
        with self.connection.transaction() as driver:
            driver.execute(
                "UPDATE heard_meter SET state = ?1, state_at = ?2"
                " WHERE device = ?3 AND state <> ?1",
                (state, at, device),
            )

    def set_meter_status(self, device: int, status: str, words: str, at: int) -> None:
        """Note what a communal meter says of itself; a change is an event.

        The same again, or what is older than the known status, changes nothing.
        """
        with self.connection.transaction() as driver:
            known = driver.execute(
                "SELECT status, words, since FROM meter_status WHERE device = ?", (device,)
            ).fetchone()
            if known is not None and (known[:2] == (status, words) or at < known[2]):
                return
            driver.execute(
                "INSERT OR REPLACE INTO meter_status (device, status, words, since)"
                " VALUES (?, ?, ?, ?)",
                (device, status, words, at),
            )
            is_news = status != "OK" if known is None else at - known[2] >= STATUS_EVENT_MS
            name = driver.execute("SELECT device_id FROM device WHERE device = ?", (device,))
            if is_news:
                add_event(driver, at, str(name.fetchone()[0]), STATUS, words.rstrip("."))

    def meter_statuses(self) -> dict[int, MeterStatus]:
        """Return what communal meters say of themselves, by the number of the device."""
        rows = self.connection.rows("SELECT device, status, words, since FROM meter_status")
        found = [MeterStatus(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns
        return {one.device: one for one in found}

    def meter_counters(self) -> list[MeterCounter]:
        """Return where the counters of meters' telegrams stand."""
        rows = self.connection.rows(
            "SELECT device, kind, counter, heard_at, journal_id, before, restart, restart_seen"
            " FROM meter_counter ORDER BY device, kind"
        )
        return [MeterCounter(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def save_meter_counters(self, counters: Sequence[MeterCounter]) -> None:
        """Write where counters stand, in one commit."""
        with self.connection.transaction() as driver:
            driver.executemany(
                "INSERT OR REPLACE INTO meter_counter (device, kind, counter, heard_at,"
                " journal_id, before, restart, restart_seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [astuple(one) for one in counters],
            )

    def sealed_meters(self) -> frozenset[str]:
        """Return the names of the meters of which a key has opened telegrams."""
        rows = self.connection.rows("SELECT device FROM sealed_meter")
        return frozenset(str(row[0]) for row in rows)

    def add_sealed_meters(self, devices: Sequence[str], at: int) -> None:
        """Note that a key opened telegrams of these meters. Again changes nothing."""
        with self.connection.transaction() as driver:
            driver.executemany(
                "INSERT INTO sealed_meter (device, since) VALUES (?, ?)"
                " ON CONFLICT (device) DO NOTHING",
                [(device, at) for device in devices],
            )

    def admit_meter(self, device: str, at: int) -> None:
        """Let a household's meter in: its people's consent is recorded. Again changes nothing."""
        with self.connection.transaction() as driver:
            driver.execute(
                "INSERT INTO admitted_meter (device, admitted_at) VALUES (?, ?)"
                " ON CONFLICT (device) DO NOTHING",
                (device, at),
            )

    def dismiss_meter(self, device: str) -> bool:
        """Let the meter in no longer; True if it was admitted. What was kept stays where it is."""
        with self.connection.transaction() as driver:
            cursor = driver.execute("DELETE FROM admitted_meter WHERE device = ?", (device,))
            return cursor.rowcount > 0

    def admitted_meters(self) -> frozenset[str]:
        """Return the names of the meters that are let in."""
        rows = self.connection.rows("SELECT device FROM admitted_meter")
        return frozenset(str(row[0]) for row in rows)

    def save_format(self, signature: int, headers: bytes) -> None:
        """Remember the record headers of a compact frame's format; the newest of a signature stays.

        Of more than :data:`MOST_FORMATS` the ones saved first go.
        """
        with self.connection.transaction() as driver:
            driver.execute(
                "INSERT INTO frame_format (signature, headers) VALUES (?, ?)"
                " ON CONFLICT (signature) DO UPDATE SET headers = excluded.headers"
                " WHERE headers <> excluded.headers",
                (signature, headers),
            )
            driver.execute(
                "DELETE FROM frame_format WHERE signature NOT IN"
                " (SELECT signature FROM frame_format ORDER BY saved DESC LIMIT ?)",
                (MOST_FORMATS,),
            )

    def formats(self) -> dict[int, bytes]:
        """Return the remembered record headers by their signature, saved first first."""
        rows = self.connection.rows("SELECT signature, headers FROM frame_format ORDER BY saved")
        return {int(str(row[0])): bytes(row[1]) for row in rows}  # type: ignore[arg-type]

    def add_event(self, at: int, device: str, kind: str, detail: str = "") -> int:
        """Note something about a meter and return the event's number."""
        with self.connection.transaction() as driver:
            return add_event(driver, at, device, kind, detail)

    def events(self, *, device: str | None = None, limit: int = 100) -> list[MeterEvent]:
        """Return the newest events, newest first; of one device if it is given."""
        rows = self.connection.rows(
            "SELECT event, at, device, kind, detail FROM meter_event"
            " WHERE device = coalesce(?, device) ORDER BY event DESC LIMIT ?",
            (device, limit),
        )
        return [MeterEvent(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def add_counts(self, receiver: str, day: int, counts: Mapping[str, int]) -> None:
        """Add to a receiver's counters of one day, in one commit; old days go."""
        with self.connection.transaction() as driver:
            driver.executemany(
                "INSERT INTO receiver_count (receiver, day, kind, count) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (receiver, day, kind) DO UPDATE SET count = count + excluded.count",
                [(receiver, day, kind, count) for kind, count in counts.items() if count],
            )
            driver.execute(
                "DELETE FROM receiver_count WHERE receiver = ? AND day <= ?",
                (receiver, day - KEPT_DAYS),
            )

    def receiver_counts(self, since_day: int) -> list[ReceiverCount]:
        """Return all counters from ``since_day`` on, by receiver, day and kind."""
        rows = self.connection.rows(
            "SELECT receiver, day, kind, count FROM receiver_count WHERE day >= ?"
            " ORDER BY receiver, day, kind",
            (since_day,),
        )
        return [ReceiverCount(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns


_HEARD = (
    "device, manufacturer, identification, version, medium, encryption, first_heard_at,"
    " last_heard_at, telegrams, last_rssi_dbm, state, state_at"
)
_NOTE = (
    "INSERT INTO heard_meter (device, manufacturer, identification, version, medium, encryption,"
    " first_heard_at, last_heard_at, telegrams, last_rssi_dbm)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (device) DO UPDATE SET"
    " manufacturer = excluded.manufacturer, identification = excluded.identification,"
    " version = excluded.version, medium = excluded.medium, encryption = excluded.encryption,"
    " first_heard_at = min(first_heard_at, excluded.first_heard_at),"
    " last_heard_at = max(last_heard_at, excluded.last_heard_at),"
    " telegrams = telegrams + excluded.telegrams,"
    " last_rssi_dbm = coalesce(excluded.last_rssi_dbm, last_rssi_dbm)"
)
_FORGET = (
    "DELETE FROM heard_meter WHERE device IN (SELECT device FROM heard_meter"
    " WHERE device NOT IN (SELECT device FROM admitted_meter)"
    " ORDER BY telegrams > 1, last_heard_at LIMIT ?)"
)
