"""village.db: devices and their readings, on top of what its desks keep.

Those are :mod:`edge.store.village_desk`, :mod:`edge.store.village_heard`,
:mod:`edge.store.village_sensors`, :mod:`edge.store.village_county`,
:mod:`edge.store.village_time`, :mod:`edge.store.village_courses`,
:mod:`edge.store.village_access`, :mod:`edge.store.village_lending`,
:mod:`edge.store.village_shifts`, :mod:`edge.store.village_notices`,
:mod:`edge.store.village_hours`, :mod:`edge.store.village_market`,
:mod:`edge.store.village_materials`, :mod:`edge.store.village_warnings`,
:mod:`edge.store.village_anchors`, and of the heat cadastre :mod:`edge.store.village_heat`,
:mod:`edge.store.village_heat_years`, :mod:`edge.store.village_heat_runs` and
:mod:`edge.store.village_heat_published`, what of it was told is
:mod:`edge.store.village_plan_told`'s, and of open data
:mod:`edge.store.village_open_told`'s; what is lost by faults is
:mod:`edge.store.village_faults`'s, forecasts of heat are :mod:`edge.store.village_forecast`'s, how
the hub itself was :mod:`edge.store.village_health`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from pathlib import Path
from typing import Self

from edge.store.connection import Connection, Driver, Row, Value
from edge.store.continuity import NEWEST_READING, Continuity, Known, note_exchange
from edge.store.rounds import Rounds
from edge.store.values import KeptValue, ValueRow, Values
from edge.store.village_access import Accounts
from edge.store.village_access_schema import MIGRATIONS as ACCESS
from edge.store.village_alarms import MIGRATIONS as ALARMS
from edge.store.village_alarms import HallAlarms
from edge.store.village_anchors import MIGRATIONS as ANCHORS
from edge.store.village_anchors import Anchors
from edge.store.village_badges import Badges
from edge.store.village_badges_schema import MIGRATIONS as BADGES
from edge.store.village_board_schema import MIGRATIONS as BOARD
from edge.store.village_county import MIGRATIONS as FROM_COUNTY
from edge.store.village_county import CountyDesk
from edge.store.village_courses import Courses
from edge.store.village_courses_schema import MIGRATIONS as COURSES
from edge.store.village_desk import unread_id
from edge.store.village_faults import MIGRATIONS as FAULTS
from edge.store.village_faults import HeatFaults
from edge.store.village_forecast import MIGRATIONS as LOAD
from edge.store.village_forecast import LoadForecasts
from edge.store.village_health import MIGRATIONS as HEALTH
from edge.store.village_health import HubHealth
from edge.store.village_heat import HeatCadastre
from edge.store.village_heat_outlines import HeatOutlines
from edge.store.village_heat_published import HeatPublished
from edge.store.village_heat_published_schema import MIGRATIONS as HEAT_PUBLISHED
from edge.store.village_heat_runs import HeatRuns
from edge.store.village_heat_schema import MIGRATIONS as HEAT
from edge.store.village_heat_years import HeatYears
from edge.store.village_hours import Hours
from edge.store.village_lending import Lending
from edge.store.village_lending_schema import MIGRATIONS as LENDING
from edge.store.village_market import Market
from edge.store.village_materials import Materials
from edge.store.village_materials_schema import MIGRATIONS as MATERIALS
from edge.store.village_notices import Notices
from edge.store.village_open_told import MIGRATIONS as OPEN_TOLD
from edge.store.village_plan_told import MIGRATIONS as PLAN_TOLD
from edge.store.village_plan_told import PlanTold
from edge.store.village_rows import Device, DeviceKind, MeterRow, Round
from edge.store.village_schema import MIGRATIONS
from edge.store.village_sensors import SensorDesk
from edge.store.village_shifts import Shifts
from edge.store.village_shifts_schema import MIGRATIONS as SHIFTS
from edge.store.village_sums import MIGRATIONS as SUMS
from edge.store.village_sums import HouseholdSums
from edge.store.village_time import MIGRATIONS as TIME
from edge.store.village_time import TimeDesk
from edge.store.village_warnings import MIGRATIONS as HEAT_TOLD
from edge.store.village_warnings import HeatTold
from hardware.reading import TimeQuality

MAX_ERROR_CHARACTERS = 500  # an error is shown to people, not archived


class VillageStore(
    SensorDesk,
    CountyDesk,
    TimeDesk,
    Courses,
    Accounts,
    Lending,
    Shifts,
    Notices,
    Hours,
    Market,
    Badges,
    Materials,
    HallAlarms,
    HeatTold,
    Anchors,
    HeatCadastre,
    HeatYears,
    HeatRuns,
    HeatOutlines,
    HeatPublished,
    PlanTold,
    HeatFaults,
    LoadForecasts,
    HouseholdSums,
    HubHealth,
):
    """village.db. Threads may share one; several processes may open the same file.

    Times are milliseconds since 1970, UTC, and always arguments.

    :raises StoreError: or one of its kinds, from any method.
    """

    def __init__(self, path: Path) -> None:
        connection = Connection.open(path)
        try:
            connection.migrate("village", MIGRATIONS)
            connection.migrate("county", FROM_COUNTY)
            connection.migrate("time", TIME)
            connection.migrate("courses", COURSES)
            connection.migrate("access", ACCESS)
            connection.migrate("lending", LENDING)
            connection.migrate("shifts", SHIFTS)
            connection.migrate("board", BOARD)
            connection.migrate("badges", BADGES)
            connection.migrate("materials", MATERIALS)
            connection.migrate("alarms", ALARMS)
            connection.migrate("heat_told", HEAT_TOLD)
            connection.migrate("anchors", ANCHORS)
            connection.migrate("heat", HEAT)
            connection.migrate("heat_published", HEAT_PUBLISHED)
            connection.migrate("faults", FAULTS)
            connection.migrate("load", LOAD)
            connection.migrate("plan", PLAN_TOLD)
            connection.migrate("sums", SUMS)
            connection.migrate("open", OPEN_TOLD)
            connection.migrate("health", HEALTH)
        except BaseException:
            connection.close()
            raise
        super().__init__(connection)
        self._continuity = Continuity()

    def device(
        self,
        device_id: str,
        *,
        kind: DeviceKind = "meter",
        label: str | None = None,
        site_id: str | None = None,
        meter_id: str | None = None,
        manufacturer: str | None = None,
        model: str | None = None,
        seen_at: int | None = None,
        battery_percent: int | None = None,
    ) -> int:
        """Make the device known, or more known, and return its number.

        None leaves a column as it is. A configured meter that never spoke stands under
        `meter:ID`; the first real ``device_id`` with that ``meter_id`` takes its place. A
        later one (the meter was exchanged) gets a number of its own.
        """
        known: dict[str, Value] = {
            "label": label,
            "site_id": site_id,
            "meter_id": meter_id,
            "manufacturer": manufacturer,
            "model": model,
            "battery_percent": battery_percent,
        }
        given = {name: value for name, value in known.items() if value is not None}
        with self.connection.transaction() as driver:
            number = _number(driver, device_id)
            if number is None and meter_id is not None:
                number = _number(driver, unread_id(meter_id))
                if number is not None:
                    driver.execute(
                        "UPDATE device SET device_id = ? WHERE device = ?", (device_id, number)
                    )
            if number is None:
                if meter_id is not None and seen_at is not None:
                    note_exchange(driver, meter_id, device_id, seen_at)
                cursor = driver.execute(
                    "INSERT INTO device (device_id, kind) VALUES (?, ?)", (device_id, kind)
                )
                number = int(cursor.lastrowid or 0)
            for column, value in given.items():
                driver.execute(
                    f"UPDATE device SET {column} = ?1"  # noqa: S608  # a name from the dict above
                    f" WHERE device = ?2 AND {column} IS NOT ?1",
                    (value, number),
                )
            if seen_at is not None:
                driver.execute(_SEEN, (seen_at, number))
        return number

    def device_seen(self, device: int, at: int, *, battery_percent: int | None = None) -> None:
        """Note a sign of life that brought no meter reading."""
        with self.connection.transaction() as driver:
            driver.execute(_SEEN, (at, device))
            if battery_percent is not None:
                driver.execute(
                    "UPDATE device SET battery_percent = ? WHERE device = ?",
                    (battery_percent, device),
                )

    def device_error(self, device: int, message: str, at: int) -> None:
        """Note why the device could not be read. Its next sign of life outdates it."""
        with self.connection.transaction() as driver:
            driver.execute(
                "UPDATE device SET last_error = ?, last_error_at = ? WHERE device = ?",
                (message[:MAX_ERROR_CHARACTERS], at, device),
            )

    def devices(self, kind: DeviceKind | None = None) -> list[Device]:
        """Return all devices in the order they became known."""
        where, values = ("WHERE kind = ?", (kind,)) if kind else ("", ())
        rows = self.connection.rows(
            f"SELECT {_DEVICE} FROM device {where} ORDER BY device",  # noqa: S608  # constants
            values,
        )
        return [Device(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def device_of_meter(self, meter_id: str) -> int | None:
        """Return the newest device that speaks for a configured meter, or None."""
        row = self.connection.row("SELECT max(device) FROM device WHERE meter_id = ?", (meter_id,))
        return int(str(row[0])) if row and row[0] is not None else None

    def add_round(self, rows: Sequence[MeterRow]) -> int:
        """Keep the readings of one poll in one commit and return the round's number.

        A reading whose (time, device) is there already is left out; if all are, or ``rows``
        is empty, there is no round and the answer is 0.

        :raises StoreError: if a device is unknown.
        """
        if not rows:
            return 0
        newest: dict[int, int] = {}
        for row in rows:
            newest[row.device] = max(row.observed_at, newest.get(row.device, row.observed_at))
        times = [row.observed_at for row in rows]
        with self.connection.transaction() as driver:
            new = self._continuity.note(driver, rows)
            number = _ROUNDS.begin(driver)
            added = driver.executemany(
                _INSERT_READING, [(number, *_reading_values(row)) for row in rows]
            ).rowcount
            if not added:
                return 0
            _ROUNDS.end(driver, number, times, added)
            driver.executemany(_READ, [(at, device) for device, at in newest.items()])
        self._continuity.keep(new)
        return number

    def add_values(self, rows: Sequence[ValueRow]) -> int:
        """Keep values beside the wide columns, where they are new, in one commit."""
        if not rows:
            return 0
        with self.connection.transaction() as driver:
            return _VALUES.add(driver, rows)

    def registers(self) -> list[KeptValue]:
        """Return what devices' registers say now, beside the wide columns."""
        return _VALUES.now(self.connection)

    def values_of(self, device: int) -> list[tuple[int, str, float | str]]:
        """Return when which register of a device said what, oldest first."""
        return _VALUES.history(self.connection, device)

    def counters_of(self, device: int) -> Known:
        """Return when the device was read last and what its counters said."""
        with self.connection.transaction() as driver:
            return self._continuity.known(driver, device)

    def latest(self) -> list[MeterRow]:
        """Return the newest reading of every device that has one."""
        rows = self.connection.rows(
            f"SELECT d.last_reading_at, r.device, {_KNOWN_QUALITY}"  # noqa: S608  # constants
            f" FROM device AS d {NEWEST_READING} ORDER BY d.device"
        )
        return [_meter_row(row) for row in rows]

    def series(self, device: int, since: int, until: int | None = None) -> list[MeterRow]:
        """Return a device's readings with ``since <= observed_at < until``, oldest first.

        What came under a wrong clock stands where it was placed later, with the quality of that.
        """
        end = _END if until is None else until
        rows = self.connection.rows(
            f"SELECT {_READING} FROM meter_reading AS r"  # noqa: S608  # constant text
            " WHERE r.observed_at >= ?1 AND r.observed_at < ?2 AND r.device = ?3"
            " AND NOT EXISTS (SELECT 1 FROM placed_reading AS p"
            " WHERE p.observed_at = r.observed_at AND p.device = r.device)"
            " ORDER BY r.observed_at",
            (since, end, device),
        )
        moved = self.connection.rows(
            f"SELECT p.placed_at, r.device, {_KNOWN_QUALITY} FROM placed_reading AS p"  # noqa: S608
            " JOIN meter_reading AS r ON r.observed_at = p.observed_at AND r.device = p.device"
            " WHERE p.placed_at >= ?1 AND p.placed_at < ?2 AND p.device = ?3",
            (since, end, device),
        )
        found = [_meter_row(row) for row in (*rows, *moved)]
        return sorted(found, key=attrgetter("observed_at"))

    def rounds_after(self, number: int, limit: int = 1000) -> list[Round]:
        """Return up to ``limit`` rounds above ``number``, in order."""
        return _ROUNDS.after(self.connection, number, limit)

    def rows_of(self, chosen: Round | int) -> list[MeterRow]:
        """Return the readings of one round, by time and device."""
        return [_meter_row(row) for row in _ROUNDS.rows_of(self.connection, chosen)]

    def checkpoint(self) -> bool:
        """Empty the write-ahead log; False if a reader is in the way."""
        return self.connection.checkpoint()

    def close(self) -> None:
        """Close the file. Closing twice does nothing."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _number(driver: Driver, device_id: str) -> int | None:
    row = driver.execute("SELECT device FROM device WHERE device_id = ?", (device_id,)).fetchone()
    return int(row[0]) if row else None


def _meter_row(row: Row) -> MeterRow:
    observed_at, device, quality, *rest = row
    return MeterRow(observed_at, device, TimeQuality(quality), *rest)  # type: ignore[arg-type]


_END = 1 << 62

_DEVICE = (
    "device, device_id, kind, label, site_id, meter_id, manufacturer, model, first_seen_at,"
    " last_seen_at, last_reading_at, last_error, last_error_at, battery_percent"
)
_COLUMNS = tuple(MeterRow.__slots__)
_VALUES = Values("meter_register", "meter_value")
_ROUNDS = Rounds("round", "meter_reading", "device", _COLUMNS)
_READING = _ROUNDS.selected
_KNOWN_QUALITY = ", ".join(
    ("coalesce(p.quality, r.time_quality)", *(f"r.{column}" for column in _COLUMNS[3:]))
)

# `real` makes a plain int of the enum: the driver binds that six times as fast
_reading_values = attrgetter(
    *("time_quality.real" if column == "time_quality" else column for column in _COLUMNS)
)

_INSERT_READING = (
    f"INSERT INTO meter_reading (round, {', '.join(_COLUMNS)})"  # noqa: S608  # constant text
    f" VALUES (?{', ?' * len(_COLUMNS)}) ON CONFLICT (observed_at, device) DO NOTHING"
)
_SEEN = (
    "UPDATE device SET first_seen_at = coalesce(first_seen_at, ?1),"
    " last_seen_at = max(coalesce(last_seen_at, ?1), ?1) WHERE device = ?2"
)
_READ = (
    "UPDATE device SET first_seen_at = coalesce(first_seen_at, ?1),"
    " last_seen_at = max(coalesce(last_seen_at, ?1), ?1),"
    " last_reading_at = max(coalesce(last_reading_at, ?1), ?1) WHERE device = ?2"
)
