"""Forecasts of communal heat meters in village.db, and how good they were. Use `VillageStore`.

A forecast stays as it was made for two months; what is said of how good they were stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from typing import Literal

from edge.store.connection import Connection
from hardware.reading import TimeQuality

Kind = Literal["hour", "day", "signature"]  # a day is a sum of hours, a signature a day by itself
KEPT_MS = 60 * 86_400_000


@dataclass(frozen=True, slots=True)
class LoadForecast:
    """One forecast of a meter. Times are ms since 1970, UTC.

    ``weather`` is `county` (the county's forecast), `part` (its forecast does not reach all hours),
    `normals` (what the county says is usual), `season` (what was usual in the series) or `none`.
    ``weather_at`` is when the county's weather was made. ``heard_until`` is the end of the last
    hour that was measured. ``method`` is `hourly`, `daily` (the meter tells of days only), or empty
    where nothing could be forecast; ``why`` then says in German what is missing.
    """

    meter: str
    made_at: int
    time_quality: TimeQuality
    method: str
    weather: str
    weather_at: int | None
    fit_days: int
    heard_until: int | None
    why: str


@dataclass(frozen=True, slots=True)
class LoadValue:
    """What is expected from ``begin`` on for ``hours``, kWh, its 80 % band, and the naive one."""

    kind: Kind
    begin: int
    hours: int
    expected_kwh: float
    low_kwh: float
    high_kwh: float
    naive_kwh: float | None
    temperature_degc: float | None


@dataclass(frozen=True, slots=True)
class LoadScore:
    """How good forecasts of a meter were, as of ``at``, up to ``ahead_h`` hours ahead; percent.

    ``basis`` is `kept` (forecasts that were made, compared with what came) or `rehearsed` (the last
    four weeks forecast afterwards, with the weather that came). ``count`` hours were compared.
    """

    meter: str
    ahead_h: int
    basis: str
    at: int
    count: int
    cv_rmse_percent: float | None
    nmbe_percent: float | None
    coverage80_percent: float | None
    naive_cv_rmse_percent: float | None


class LoadForecasts:
    """The part of village.db that keeps forecasts of heat.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def keep_load(self, made: LoadForecast, values: Sequence[LoadValue]) -> int:
        """Keep a forecast; those older than two months go. Return its number."""
        with self.connection.transaction() as driver:
            driver.execute(
                "DELETE FROM load_value WHERE forecast IN"
                " (SELECT forecast FROM load_forecast WHERE made_at < ?)",
                (made.made_at - KEPT_MS,),
            )
            driver.execute("DELETE FROM load_forecast WHERE made_at < ?", (made.made_at - KEPT_MS,))
            names = [one.name for one in fields(LoadForecast)]
            row = [int(one) if isinstance(one, TimeQuality) else one for one in astuple(made)]
            number = driver.execute(
                f"INSERT INTO load_forecast ({', '.join(names)})"  # noqa: S608  # constant text
                f" VALUES ({', '.join('?' * len(names))})",
                row,
            ).lastrowid
            driver.executemany(
                "INSERT INTO load_value VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(number, *astuple(one)) for one in values],
            )
        return int(number or 0)

    def load_forecasts(self, meter: str, since: int = 0) -> list[tuple[int, LoadForecast]]:
        """Return a meter's forecasts made at ``since`` or later, with numbers, oldest first."""
        rows = self.connection.rows(
            f"SELECT forecast, {_FORECAST} FROM load_forecast"  # noqa: S608  # constant text
            " WHERE meter = ? AND made_at >= ? ORDER BY made_at, forecast",
            (meter, since),
        )
        return [(int(str(row[0])), _forecast(row[1:])) for row in rows]

    def last_load(self, meter: str) -> tuple[int, LoadForecast] | None:
        """Return a meter's newest forecast and its number, or None."""
        row = self.connection.row(
            f"SELECT forecast, {_FORECAST} FROM load_forecast WHERE meter = ?"  # noqa: S608
            " ORDER BY made_at DESC, forecast DESC LIMIT 1",
            (meter,),
        )
        return None if row is None else (int(str(row[0])), _forecast(row[1:]))

    def load_values(self, number: int, kind: Kind) -> list[LoadValue]:
        """Return a forecast's values of a kind, in order."""
        rows = self.connection.rows(
            "SELECT kind, begin, hours, expected_kwh, low_kwh, high_kwh, naive_kwh,"
            " temperature_degc FROM load_value WHERE forecast = ? AND kind = ? ORDER BY begin",
            (number, kind),
        )
        return [LoadValue(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def keep_load_scores(self, scores: Sequence[LoadScore]) -> None:
        """Keep how good forecasts were."""
        with self.connection.transaction() as driver:
            driver.executemany(
                "INSERT OR REPLACE INTO load_score VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [astuple(one) for one in scores],
            )

    def load_score(self, meter: str, ahead_h: int) -> LoadScore | None:
        """Return the newest score of a meter at a horizon, or None."""
        row = self.connection.row(
            "SELECT * FROM load_score WHERE meter = ? AND ahead_h = ?"
            " ORDER BY at DESC, basis LIMIT 1",
            (meter, ahead_h),
        )
        return None if row is None else LoadScore(*row)  # type: ignore[arg-type]  # STRICT columns


def _forecast(row: Sequence[object]) -> LoadForecast:
    meter, made_at, quality, *rest = row
    return LoadForecast(meter, made_at, TimeQuality(quality), *rest)  # type: ignore[arg-type]


_FORECAST = ", ".join(one.name for one in fields(LoadForecast))

_V1 = (
    """
    CREATE TABLE load_forecast (
      forecast INTEGER PRIMARY KEY AUTOINCREMENT,
      meter TEXT NOT NULL,
      made_at INTEGER NOT NULL,
      time_quality INTEGER NOT NULL,
      method TEXT NOT NULL CHECK (method IN ('hourly', 'daily', '')),
      weather TEXT NOT NULL CHECK (weather IN ('county', 'part', 'normals', 'season', 'none')),
      weather_at INTEGER,
      fit_days INTEGER NOT NULL,
      heard_until INTEGER,
      why TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX load_forecast_meter ON load_forecast (meter, made_at)",
    """
    CREATE TABLE load_value (
      forecast INTEGER NOT NULL REFERENCES load_forecast (forecast),
      kind TEXT NOT NULL CHECK (kind IN ('hour', 'day', 'signature')),
      begin INTEGER NOT NULL,
      hours INTEGER NOT NULL CHECK (hours > 0),
      expected_kwh REAL NOT NULL,
      low_kwh REAL NOT NULL CHECK (low_kwh <= expected_kwh),
      high_kwh REAL NOT NULL CHECK (high_kwh >= expected_kwh),
      naive_kwh REAL,
      temperature_degc REAL,
      PRIMARY KEY (forecast, kind, begin)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE load_score (
      meter TEXT NOT NULL,
      ahead_h INTEGER NOT NULL,
      basis TEXT NOT NULL CHECK (basis IN ('kept', 'rehearsed')),
      at INTEGER NOT NULL,
      count INTEGER NOT NULL,
      cv_rmse_percent REAL,
      nmbe_percent REAL,
      coverage80_percent REAL,
      naive_cv_rmse_percent REAL,
      PRIMARY KEY (meter, ahead_h, basis, at)
    ) STRICT, WITHOUT ROWID
    """,
)

MIGRATIONS = {"load_0001_forecast": _V1}
