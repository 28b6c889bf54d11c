"""What the county writes for the village, kept in village.db as rows that it alone may change.

Each row has one home, the county: what it sends again under the same id takes the place of what
it sent before. A wish to change something here travels to the county.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, field, fields

from edge.store.connection import Connection, Driver, Row

WEATHER_STATION = "weather-station"  # the county's setting


@dataclass(frozen=True, slots=True)
class CountyNotice:
    """A notice of the county's; shown while ``shown_from <= now < shown_until``."""

    county: bytes
    notice_id: str
    source: str
    title: str
    body: str
    shown_from: int
    shown_until: int | None


@dataclass(frozen=True, slots=True)
class CountyCourse:
    """A course of the county's catalogue. ``sessions`` are (begin, end), ms since 1970, UTC.

    ``level`` and ``area`` are of DigComp, in the framework's own words; ``statistics`` is the DIE
    number. ``seats`` 0 means that nobody counts; ``cost_cents`` is for one person.
    """

    county: bytes
    course_id: str
    title: str
    text: str
    place: str
    first_at: int | None
    sessions: Sequence[tuple[int, int]]
    seats: int
    cost_cents: int
    language: str
    level: str
    area: str
    access: str
    statistics: str
    contact: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """Weather that is expected at ``valid_at`` at a station, as of ``made_at``; None is unknown."""

    valid_at: int
    station: str
    made_at: int
    temperature_degc: float | None = None
    temperature_error_k: float | None = None
    wind_speed_m_s: float | None = None
    relative_humidity_percent: float | None = None
    cloud_cover_percent: float | None = None
    global_radiation_w_m2: float | None = None
    precipitation_mm: float | None = None


@dataclass(frozen=True, slots=True)
class Normal:
    """What is usual at a station on one day of the year, 1 to 366 (day 60 is 29 February)."""

    station: str
    day: int
    temperature_degc: float | None = None
    temperature_low_degc: float | None = None
    temperature_high_degc: float | None = None
    global_radiation_w_m2: float | None = None


@dataclass(frozen=True, slots=True)
class Software:
    """An update that the county announces: nothing is fetched or installed by it."""

    county: bytes
    version: str
    text: str
    url: str
    size: int
    sha256: bytes
    announced_at: int


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the care side, sealed to this hub's care key: who reads it needs that key."""

    number: int
    received_at: int
    source: str
    sealed: bytes = field(repr=False)


def put_notice(driver: Driver, notice: CountyNotice) -> None:
    """Keep a notice, in the place of one with its id."""
    _put(driver, "county_notice", notice)


def end_notice(driver: Driver, county: bytes, notice_id: str, at: int) -> None:
    """Take a notice down at ``at``; one that does not hang stays away."""
    driver.execute(
        "UPDATE county_notice SET shown_until = min(coalesce(shown_until, ?1), ?1)"
        " WHERE county = ?2 AND notice_id = ?3",
        (at, county, notice_id),
    )


def put_course(driver: Driver, course: CountyCourse) -> None:
    """Keep a course, in the place of one with its id."""
    values = list(astuple(course))
    names = [one.name for one in fields(course)]
    values[names.index("sessions")] = json.dumps([list(one) for one in course.sessions])
    _replace(driver, "county_course", names, [values])


def end_course(driver: Driver, county: bytes, course_id: str) -> None:
    """Take a course out of the catalogue."""
    driver.execute(
        "DELETE FROM county_course WHERE county = ? AND course_id = ?", (county, course_id)
    )


def put_setting(driver: Driver, county: bytes, name: str, value: object, at: int) -> None:
    """Keep a setting; ``value`` is what JSON can say."""
    driver.execute(
        "INSERT OR REPLACE INTO county_setting (county, name, value, changed_at)"
        " VALUES (?, ?, ?, ?)",
        (county, name, json.dumps(value, ensure_ascii=False), at),
    )


def put_software(driver: Driver, software: Software) -> None:
    """Keep the announcement of an update."""
    _put(driver, "software_update", software)


def put_revoked(driver: Driver, county: bytes, key: bytes, *, what: str, why: str, at: int) -> None:
    """Note that the county believes a key no more."""
    driver.execute(
        "INSERT OR REPLACE INTO revoked_key (county, key, what, why, at) VALUES (?, ?, ?, ?, ?)",
        (county, key, what, why, at),
    )


def put_reply(driver: Driver, county: bytes, source: str, sealed: bytes, at: int) -> None:
    """Keep a sealed answer of the care side."""
    driver.execute(
        "INSERT INTO care_reply (county, source, received_at, sealed) VALUES (?, ?, ?, ?)",
        (county, source, at, sealed),
    )


def put_forecasts(driver: Driver, rows: Iterable[Forecast]) -> None:
    """Keep forecasts; what was made earlier for the same hour stays beside them."""
    _replace(driver, "weather_forecast", _names(Forecast), map(astuple, rows))


def put_normals(driver: Driver, rows: Iterable[Normal]) -> None:
    """Keep what is usual, in the place of what was known for these days."""
    _replace(driver, "weather_normal", _names(Normal), map(astuple, rows))


class CountyDesk:
    """What came from the county. Use through `edge.store.village.VillageStore`.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def county_notices(self, at: int, limit: int = 20) -> list[CountyNotice]:
        """Return the county's notices shown at ``at``, newest first."""
        rows = self.connection.rows(
            f"SELECT {', '.join(_names(CountyNotice))} FROM county_notice"  # noqa: S608
            " WHERE shown_from <= ?1 AND (shown_until IS NULL OR shown_until > ?1)"
            " ORDER BY shown_from DESC, notice_id LIMIT ?2",
            (at, limit),
        )
        return [CountyNotice(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def county_courses(self) -> list[CountyCourse]:
        """Return the county's catalogue, by beginning."""
        rows = self.connection.rows(
            f"SELECT {', '.join(_names(CountyCourse))} FROM county_course"  # noqa: S608
            " ORDER BY first_at IS NULL, first_at, title, course_id"
        )
        return [_course(row) for row in rows]

    def forecasts(self, station: str, since: int, until: int) -> list[Forecast]:
        """Return the newest forecast for each hour with ``since <= valid_at < until``, in order."""
        rows = self.connection.rows(
            f"SELECT {', '.join(_names(Forecast))} FROM weather_forecast AS f"  # noqa: S608
            " WHERE station = ?1 AND valid_at >= ?2 AND valid_at < ?3 AND made_at ="
            " (SELECT max(made_at) FROM weather_forecast AS g WHERE g.station = ?1"
            " AND g.valid_at = f.valid_at) ORDER BY valid_at",
            (station, since, until),
        )
        return [Forecast(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def newest_forecast(self, station: str, now: int) -> int | None:
        """Return when a station's newest forecast of what is yet to come was made, or None."""
        row = self.connection.row(
            "SELECT max(made_at) FROM weather_forecast"
            " WHERE valid_at >= ?2 AND station = ?1 AND made_at <= ?2",
            (station, now),
        )
        return int(str(row[0])) if row and row[0] is not None else None

    def last_weather(self, station: str) -> int | None:
        """Return when the forecast that reaches furthest at a station was made, or None."""
        row = self.connection.row(
            "SELECT made_at FROM weather_forecast WHERE station = ?"
            " ORDER BY valid_at DESC, made_at DESC LIMIT 1",
            (station,),
        )
        return int(str(row[0])) if row else None

    def normals(self, station: str, days: Iterable[int] = range(1, 367)) -> list[Normal]:
        """Return what is usual at a station, by day of the year, on some days or all."""
        rows = self.connection.rows(
            f"SELECT {', '.join(_names(Normal))} FROM weather_normal"  # noqa: S608
            " WHERE station = ? AND day IN (SELECT value FROM json_each(?)) ORDER BY day",
            (station, json.dumps([*days])),
        )
        return [Normal(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def weather_stations(self) -> list[str]:
        """Return the stations that there are forecasts or normals of."""
        rows = self.connection.rows(
            "SELECT station FROM weather_forecast UNION SELECT station FROM weather_normal"
        )
        return [str(row[0]) for row in rows]

    def chosen_station(self, wanted: str) -> str:
        """Return whose weather holds here: ``wanted`` (hub.toml's), the county's choice, the only.

        Empty if there is none, or the one that is meant has sent nothing.
        """
        there = self.weather_stations()
        for one in (wanted, self.settings().get(WEATHER_STATION)):
            if one and isinstance(one, str):
                return one if one in there else ""
        return there[0] if len(there) == 1 else ""

    def settings(self) -> dict[str, object]:
        """Return what counties have set, by name.

        Where several set one, it is the county whose key comes first.
        """
        rows = self.connection.rows(
            "SELECT name, value FROM county_setting ORDER BY county DESC, name"
        )
        return {str(name): json.loads(str(value)) for name, value in rows}

    def software(self) -> list[Software]:
        """Return the announced updates, the newest first."""
        rows = self.connection.rows(
            f"SELECT {', '.join(_names(Software))} FROM software_update"  # noqa: S608
            " ORDER BY announced_at DESC, version DESC"
        )
        return [Software(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def revoked_keys(self) -> dict[bytes, str]:
        """Return the keys that the county believes no more, and why."""
        rows = self.connection.rows("SELECT key, why FROM revoked_key ORDER BY at")
        return {key: str(why) for key, why in rows if isinstance(key, bytes)}

    def replies(self) -> list[Reply]:
        """Return the care side's sealed answers, in the order they came."""
        rows = self.connection.rows(
            "SELECT number, received_at, source, sealed FROM care_reply ORDER BY number"
        )
        return [Reply(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def remove_replies(self, numbers: Iterable[int]) -> None:
        """Erase answers of the care side; their bytes go with the next checkpoint."""
        with self.connection.transaction() as driver:
            driver.executemany(
                "DELETE FROM care_reply WHERE number = ?", [(number,) for number in numbers]
            )


def _names(kind: type[CountyNotice | CountyCourse | Forecast | Normal | Software]) -> list[str]:
    return [one.name for one in fields(kind)]


def _put(driver: Driver, table: str, row: CountyNotice | Software) -> None:
    _replace(driver, table, _names(type(row)), [astuple(row)])


def _replace(
    driver: Driver, table: str, names: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    driver.executemany(
        f"INSERT OR REPLACE INTO {table} ({', '.join(names)})"  # noqa: S608  # constant text
        f" VALUES ({', '.join('?' * len(names))})",
        rows,  # type: ignore[arg-type]  # columns of our own rows
    )


def _course(row: Row) -> CountyCourse:
    values = dict(zip(_names(CountyCourse), row, strict=True))
    sessions = [(begin, end) for begin, end in json.loads(str(values.pop("sessions")))]
    return CountyCourse(sessions=sessions, **values)  # type: ignore[arg-type]  # STRICT columns


_V1 = (
    """
    CREATE TABLE county_notice (
      county BLOB NOT NULL,
      notice_id TEXT NOT NULL,
      source TEXT NOT NULL,
      title TEXT NOT NULL,
      body TEXT NOT NULL,
      shown_from INTEGER NOT NULL,
      shown_until INTEGER,
      PRIMARY KEY (county, notice_id)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE county_course (
      county BLOB NOT NULL,
      course_id TEXT NOT NULL,
      title TEXT NOT NULL,
      text TEXT NOT NULL,
      place TEXT NOT NULL,
      first_at INTEGER,
      sessions TEXT NOT NULL,
      seats INTEGER NOT NULL,
      cost_cents INTEGER NOT NULL,
      language TEXT NOT NULL,
      level TEXT NOT NULL,
      area TEXT NOT NULL,
      access TEXT NOT NULL,
      statistics TEXT NOT NULL,
      contact TEXT NOT NULL,
      PRIMARY KEY (county, course_id)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE county_setting (
      county BLOB NOT NULL,
      name TEXT NOT NULL,
      value TEXT NOT NULL,
      changed_at INTEGER NOT NULL,
      PRIMARY KEY (county, name)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE weather_forecast (
      valid_at INTEGER NOT NULL,
      station TEXT NOT NULL,
      made_at INTEGER NOT NULL,
      temperature_degc REAL,
      temperature_error_k REAL,
      wind_speed_m_s REAL,
      relative_humidity_percent REAL,
      cloud_cover_percent REAL,
      global_radiation_w_m2 REAL,
      precipitation_mm REAL,
      PRIMARY KEY (valid_at, station, made_at)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE weather_normal (
      station TEXT NOT NULL,
      day INTEGER NOT NULL CHECK (day BETWEEN 1 AND 366),
      temperature_degc REAL,
      temperature_low_degc REAL,
      temperature_high_degc REAL,
      global_radiation_w_m2 REAL,
      PRIMARY KEY (station, day)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE software_update (
      county BLOB NOT NULL,
      version TEXT NOT NULL,
      text TEXT NOT NULL,
      url TEXT NOT NULL,
      size INTEGER NOT NULL,
      sha256 BLOB NOT NULL,
      announced_at INTEGER NOT NULL,
      PRIMARY KEY (county, version)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE revoked_key (
      county BLOB NOT NULL,
      key BLOB NOT NULL,
      what TEXT NOT NULL,
      why TEXT NOT NULL,
      at INTEGER NOT NULL,
      PRIMARY KEY (county, key)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE care_reply (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      county BLOB NOT NULL,
      source TEXT NOT NULL,
      received_at INTEGER NOT NULL,
      sealed BLOB NOT NULL
    ) STRICT
    """,
)

MIGRATIONS = {"county_0001_streams": _V1}
