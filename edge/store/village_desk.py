"""The village's small tables: sites, notices, paired sensors, requests, the exchange with peers."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

from edge.store.connection import Connection, Row
from edge.store.errors import StoreError
from edge.store.village_rows import BleDevice, Exchange, Notice, Request, Road, SiteRow

if TYPE_CHECKING:
    from edge.config import Config

MAX_OPEN_REQUESTS = 50  # a person presses a button; more is a loop somewhere
KEPT_REQUESTS = 500  # finished ones are kept this far back, so that their asker finds them
LOOK_KEPT_MS = 600_000  # a person who comes back to the list later starts another search
MAX_ARGUMENT_BYTES = 16_384  # a request names a device; it carries no data


def unread_id(meter_id: str) -> str:
    """Return the device id under which a configured meter stands that never spoke."""
    return f"meter:{meter_id}"


class Desk:
    """The part of village.db that is not readings; use :class:`edge.store.village.VillageStore`.

    :raises StoreError: or one of its kinds, from any method.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def sync_sites(self, config: Config) -> None:
        """Take sites and meters over from the configuration, in one commit.

        A site that is no longer configured is never communal, and forgotten if nothing
        stands on it.
        """
        with self.connection.transaction() as driver:
            driver.execute("UPDATE site SET communal = 0")
            driver.executemany(
                "INSERT INTO site (site_id, name, communal) VALUES (?, ?, ?)"
                " ON CONFLICT (site_id) DO UPDATE SET name = excluded.name,"
                " communal = excluded.communal",
                [(site.site_id, site.name, int(site.communal)) for site in config.sites],
            )
            driver.executemany(
                "INSERT INTO device (device_id, kind, meter_id) SELECT ?1, 'meter', ?2"
                " WHERE NOT EXISTS (SELECT 1 FROM device WHERE meter_id = ?2)",
                [(unread_id(meter.meter_id), meter.meter_id) for meter in config.meters],
            )
            driver.executemany(
                "UPDATE device SET label = ?, site_id = ? WHERE meter_id = ?",
                [(meter.name, meter.site_id, meter.meter_id) for meter in config.meters],
            )
            configured = json.dumps([site.site_id for site in config.sites])
            driver.execute(
                "DELETE FROM site WHERE site_id NOT IN (SELECT value FROM json_each(?))"
                " AND site_id NOT IN (SELECT site_id FROM device WHERE site_id IS NOT NULL)",
                (configured,),
            )

    def sites(self) -> list[SiteRow]:
        """Return all sites by id."""
        rows = self.connection.rows("SELECT site_id, name, communal FROM site ORDER BY site_id")
        return [SiteRow(str(row[0]), str(row[1]), bool(row[2])) for row in rows]

    def add_notice(
        self, title: str, body: str, shown_from: int, shown_until: int | None = None
    ) -> int:
        """Put up a notice and return its number."""
        with self.connection.transaction() as driver:
            cursor = driver.execute(
                "INSERT INTO notice (title, body, shown_from, shown_until) VALUES (?, ?, ?, ?)",
                (title, body, shown_from, shown_until),
            )
            return int(cursor.lastrowid or 0)

    def notices(self, at: int, limit: int = 20) -> list[Notice]:
        """Return the notices shown at ``at``, newest first."""
        rows = self.connection.rows(
            "SELECT notice, title, body, shown_from, shown_until FROM notice"
            " WHERE state = 'approved' AND shown_from <= ?1"
            " AND (shown_until IS NULL OR shown_until > ?1)"
            " ORDER BY shown_from DESC, notice DESC LIMIT ?2",
            (at, limit),
        )
        return [Notice(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def end_notice(self, number: int, at: int) -> bool:
        """Take a notice down at ``at``; False if it does not hang then."""
        with self.connection.transaction() as driver:
            cursor = driver.execute(
                "UPDATE notice SET shown_until = ?1, rev = rev + 1 WHERE notice = ?2"
                " AND state = 'approved' AND (shown_until IS NULL OR shown_until > ?1)",
                (at, number),
            )
            return cursor.rowcount == 1

    def add_ble_device(
        self, address: str, device: int, profile: str, name: str, paired_at: int
    ) -> None:
        """Remember a paired sensor; pairing the same address again renews it."""
        with self.connection.transaction() as driver:
            driver.execute(
                "INSERT INTO ble_device (address, device, profile, name, paired_at)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT (address) DO UPDATE SET"
                " device = excluded.device, profile = excluded.profile, name = excluded.name,"
                " paired_at = excluded.paired_at",
                (address, device, profile, name, paired_at),
            )

    def remove_ble_device(self, address: str) -> bool:
        """Forget a sensor; True if it was known."""
        with self.connection.transaction() as driver:
            cursor = driver.execute("DELETE FROM ble_device WHERE address = ?", (address,))
            return cursor.rowcount > 0

    def ble_devices(self) -> list[BleDevice]:
        """Return all paired sensors, first paired first."""
        rows = self.connection.rows(
            "SELECT b.address, b.device, d.device_id, b.profile, b.name, b.paired_at"
            " FROM ble_device AS b JOIN device AS d USING (device)"
            " ORDER BY b.paired_at, b.address"
        )
        return [BleDevice(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def ask(self, kind: str, arguments: Mapping[str, object], at: int) -> int:
        """Ask the collector for something and return the request's number.

        :raises StoreError: if too many requests are open or the arguments are too long.
        """
        text = json.dumps(dict(arguments))
        if len(text) > MAX_ARGUMENT_BYTES:
            raise StoreError(f"the arguments of a request are {len(text)} bytes long")
        with self.connection.transaction() as driver:
            count = driver.execute("SELECT count(*) FROM request WHERE state = 'open'").fetchone()
            if int(count[0]) >= MAX_OPEN_REQUESTS:
                raise StoreError(
                    f"{MAX_OPEN_REQUESTS} requests are open already",
                    hint="Läuft der Sammler? `dorfhub doctor` zeigt es.",
                )
            cursor = driver.execute(
                "INSERT INTO request (kind, arguments, created_at) VALUES (?, ?, ?)",
                (kind, text, at),
            )
            number = int(cursor.lastrowid or 0)
            driver.execute(
                "DELETE FROM request WHERE request <= ? AND state <> 'open'",
                (number - KEPT_REQUESTS,),
            )
        return number

    def open_requests(self, kind: str | None = None) -> list[Request]:
        """Return the open requests, oldest first."""
        rows = self.connection.rows(
            f"SELECT {_REQUEST} FROM request WHERE state = 'open'"  # noqa: S608  # constant text
            " AND kind = coalesce(?, kind) ORDER BY request",
            (kind,),
        )
        return [_request(row) for row in rows]

    def request(self, number: int) -> Request | None:
        """Return one request, or None."""
        row = self.connection.row(
            f"SELECT {_REQUEST} FROM request WHERE request = ?",  # noqa: S608  # constant text
            (number,),
        )
        return _request(row) if row else None

    def progress(self, number: int, result: Mapping[str, object]) -> None:
        """Tell whoever waits how far an open request has come."""
        with self.connection.transaction() as driver:
            driver.execute(
                "UPDATE request SET result = ? WHERE request = ? AND state = 'open'",
                (json.dumps(dict(result)), number),
            )

    def finish(
        self, number: int, *, done: bool, at: int, result: Mapping[str, object] | None = None
    ) -> None:
        """Answer a request; one that is no longer open stays as it is. A code is forgotten."""
        with self.connection.transaction() as driver:
            driver.execute(
                "UPDATE request SET state = ?, finished_at = ?, result = ?,"
                " arguments = CASE kind WHEN 'passkey' THEN '{}' ELSE arguments END"
                " WHERE request = ? AND state = 'open'",
                ("done" if done else "failed", at, json.dumps(dict(result or {})), number),
            )

    def forget_looks(self, now_ms: int) -> int:
        """Forget whom looks around have found, once nobody looks any more; return how many looks.

        Strangers' names and addresses are in them. What was left open by who is gone goes too.
        """
        oldest, latest = now_ms - LOOK_KEPT_MS, now_ms + LOOK_KEPT_MS
        with self.connection.transaction() as driver:
            count = driver.execute(
                "UPDATE request SET result = NULL WHERE kind = 'look' AND result IS NOT NULL"
                " AND coalesce(finished_at, created_at) NOT BETWEEN ? AND ?",
                (oldest, latest),
            ).rowcount
        if count:
            self.connection.checkpoint()  # the old page is still in the write-ahead log
        return count

    def put_exchange(self, exchange: Exchange) -> None:
        """Note how the exchange with a peer stands; None leaves a column as it is."""
        with self.connection.transaction() as driver:
            driver.execute(_PUT_EXCHANGE, [getattr(exchange, name) for name in _EXCHANGE_COLUMNS])

    def exchanges(self) -> list[Exchange]:
        """Return how the exchange with each peer stands."""
        rows = self.connection.rows(
            f"SELECT {', '.join(_EXCHANGE_COLUMNS)} FROM exchange ORDER BY peer"  # noqa: S608
        )
        return [Exchange(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def put_road(self, road: Road) -> None:
        """Note how a way out of the village goes; when it last went well stays, if None."""
        with self.connection.transaction() as driver:
            driver.execute(_PUT_ROAD, [getattr(road, name) for name in _ROAD_COLUMNS])

    def drop_roads(self, kind: str, keep: Collection[str]) -> None:
        """Forget the roads of a kind that hub.toml names no more."""
        with self.connection.transaction() as driver:
            known = driver.execute("SELECT road FROM road WHERE kind = ?", (kind,)).fetchall()
            for (name,) in known:
                if name not in keep:
                    driver.execute("DELETE FROM road WHERE road = ?", (name,))

    def roads(self) -> list[Road]:
        """Return how each way out of the village goes."""
        rows = self.connection.rows(
            f"SELECT {', '.join(_ROAD_COLUMNS)} FROM road ORDER BY kind, road"  # noqa: S608
        )
        return [Road(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns


def _request(row: Row) -> Request:
    number, kind, arguments, state, created_at, finished_at, result = row
    return Request(
        number,  # type: ignore[arg-type]  # STRICT columns
        str(kind),
        json.loads(str(arguments)),
        state,  # type: ignore[arg-type]
        created_at,  # type: ignore[arg-type]
        finished_at,  # type: ignore[arg-type]
        None if result is None else json.loads(str(result)),
    )


_REQUEST = "request, kind, arguments, state, created_at, finished_at, result"
_ROAD_COLUMNS = tuple(field.name for field in fields(Road))
_PUT_ROAD = (
    f"INSERT INTO road ({', '.join(_ROAD_COLUMNS)})"  # noqa: S608  # constant text
    f" VALUES ({', '.join('?' * len(_ROAD_COLUMNS))}) ON CONFLICT (road) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _ROAD_COLUMNS[1:-1])
    + ", last_good_at = coalesce(excluded.last_good_at, last_good_at)"
)
_EXCHANGE_COLUMNS = tuple(field.name for field in fields(Exchange))
_PUT_EXCHANGE = (
    f"INSERT INTO exchange ({', '.join(_EXCHANGE_COLUMNS)})"  # noqa: S608  # constant text
    f" VALUES ({', '.join('?' * len(_EXCHANGE_COLUMNS))}) ON CONFLICT (peer) DO UPDATE SET "
    + ", ".join(
        f"{name} = coalesce(nullif(excluded.{name}, ''), {name})"
        if name == "name"
        else f"{name} = coalesce(excluded.{name}, {name})"
        for name in _EXCHANGE_COLUMNS[1:]
    )
)
