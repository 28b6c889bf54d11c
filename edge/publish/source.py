"""The readings of communal meters and sensors, and the courses, read from village.db."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from edge.clock import EARLIEST_MS
from edge.config import Config
from edge.config.communal import communal_meters, communal_sites
from edge.desk.reports import periods
from edge.learning.course import Course, Season
from edge.learning.report import Period
from edge.publish.air import HOUR_MS, Sensor
from edge.publish.cube import Cube
from edge.publish.errors import SourceUnreadable
from edge.publish.heat import Counter, Measured
from edge.store.errors import StoreError
from edge.store.village_courses import Seats
from edge.store.village_health import HubDay
from edge.store.village_notices import BoardNotice
from edge.store.village_reader import VillageReader
from hardware.reading import TimeQuality

DAY_MS = 86_400_000
PIECE_MS = 30 * DAY_MS  # read at once: some 3,000 rows of a meter, a few megabytes


@dataclass(frozen=True, slots=True)
class Source:
    """What a communal heat snapshot is built from. ``sites`` maps ids to names.

    The counters' readings are read from the database when they are asked for.
    """

    sites: dict[str, str]
    counters: tuple[Counter, ...]


@dataclass(frozen=True, slots=True)
class CalendarSource:
    """What a calendar is built from. ``withdrawn`` are ids of courses that are shown no more."""

    courses: tuple[Course, ...]
    seats: dict[int, Seats]
    rooms: dict[str, str]
    withdrawn: tuple[str, ...]


def read_calendar(config: Config) -> CalendarSource:
    """Return the village's courses, and how full they are.

    :raises SourceUnreadable: if village.db cannot be read.
    """
    with _open(config) as village:
        return CalendarSource(
            tuple(village.courses()),
            village.seats(),
            {one.room_id: one.name for one in village.rooms()},
            tuple(village.withdrawn_courses()),
        )


def read_board(config: Config, now_ms: int) -> list[BoardNotice]:
    """Return the notices that volunteers let hang and that are not over.

    :raises SourceUnreadable: if village.db cannot be read.
    """
    with _open(config) as village:
        return village.board_notices("approved", now_ms)


def read_health(config: Config, today: date) -> list[HubDay]:
    """Return what was counted of the hub itself on days before ``today``, oldest first.

    :raises SourceUnreadable: if village.db cannot be read.
    """
    with _open(config) as village:
        return village.hub_days(today.isoformat())


def read_learning(config: Config) -> tuple[list[Period], dict[str, Season]]:
    """Return what was counted of seasons that are over, oldest first, and all seasons.

    :raises SourceUnreadable: if village.db cannot be read.
    """
    with _open(config) as village:
        return periods(village), {one.season_id: one for one in village.seasons()}


def read_air(config: Config, cube: Cube, until: int) -> tuple[Sensor, ...]:
    """Return the sensors that hub.toml declares with `air` at communal places, and what they said.

    What a sensor said before the clock was set, or of a time to come, is left out: where it
    belongs is known of meters' readings alone.

    :raises SourceUnreadable: if village.db cannot be read.
    """
    since = max(EARLIEST_MS, until - cube.air.keep_days * DAY_MS)
    since -= since % HOUR_MS
    sensors = [one for one in communal_meters(config) if one.air]
    with _open(config) as village:
        devices = village.devices("meter")
        kinds: dict[int, tuple[str, int]] = {}  # each with its sensor, and which of _AIR it is
        for meter in sensors:
            for one in devices:
                if (one.meter_id, one.site_id) == (meter.meter_id, meter.site_id):
                    for number, names in enumerate(_AIR):
                        kind = _kind(village, one.device, names)
                        if kind is not None:
                            kinds[kind] = (meter.meter_id, number)
        said = _said(village, kinds, since, until)
    return tuple(
        Sensor(
            one.meter_id,
            one.name,
            one.site_id,
            one.air,  # type: ignore[arg-type]
            *(sorted(said.get((one.meter_id, number), {}).items()) for number in range(len(_AIR))),
        )
        for one in sensors
    )


def _kind(village: VillageReader, device: int, quantities: tuple[str, ...]) -> int | None:
    """Return the register of the first of these quantities that a device has."""
    row = village.connection.row(
        "SELECT kind FROM meter_register WHERE device = ?1 AND quantity IN (?2, ?3)"
        " AND storage = 0 AND tariff = 0 AND subunit = 0 AND function = 'instantaneous'"
        " ORDER BY kind",
        (device, *quantities),
    )
    return int(str(row[0])) if row is not None else None


def _said(
    village: VillageReader, kinds: Mapping[int, tuple[str, int]], since: int, until: int
) -> dict[tuple[str, int], dict[int, float]]:
    """Return what all these registers said, read in one pass: values lie in order of time."""
    found: dict[tuple[str, int], dict[int, float]] = {}
    rows = village.connection.rows(
        "SELECT kind, observed_at, value FROM meter_value WHERE observed_at >= ?"  # noqa: S608
        f" AND observed_at < ? AND kind IN ({', '.join('?' * len(kinds))})"
        " AND typeof(value) IN ('real', 'integer')",
        (since, until, *sorted(kinds)),
    )
    for kind, at, value in rows:
        found.setdefault(kinds[int(str(kind))], {})[int(str(at))] = float(str(value))
    return found


# what a sensor on a line, and one on the air, calls it
_AIR = (("external_temperature", "air_temperature"), ("relative_humidity", "relative_humidity"))


def state_of(config: Config) -> tuple[int, ...]:
    """Return what is the same as long as no reading was added and none found its place.

    :raises SourceUnreadable: if village.db cannot be read.
    """
    with _open(config) as village:
        return village.newest_round(), *village.newest_offset()


@contextmanager
def open_source(config: Config, cube: Cube, now: datetime) -> Iterator[Source]:
    """Give the meters of communal sites, as far back as the cube keeps, up to ``now``.

    A meter counts only where the database and hub.toml agree on its site. A reading of a time to
    come was made under a wrong clock and is left out, as is one of 1970, until it is placed.

    :raises SourceUnreadable: if village.db cannot be read, also while the block reads it.
    """
    sites = communal_sites(config)
    declared = {meter.meter_id: meter.site_id for meter in config.meters}
    until = int(now.timestamp() * 1000)
    with _open(config) as village:
        counters = []
        meters = village.devices("meter")
        newest = max((meter.last_reading_at or 0 for meter in meters), default=0)
        since = min(newest, until) - cube.rules.keep_days * DAY_MS
        for meter in meters:
            site, name = meter.site_id, meter.meter_id or meter.device_id
            if site in sites and site is not None and declared.get(name, site) == site:
                readings = _readings(village, meter.device, since, until)
                counters.append(Counter(site, name, name in declared, readings))
        yield Source(sites, tuple(counters))


def _readings(village: VillageReader, device: int, since: int, until: int) -> Iterator[Measured]:
    for start in range(since, until + 1, PIECE_MS):
        for row in village.series(device, start, min(start + PIECE_MS, until + 1)):
            if row.observed_at < EARLIEST_MS:
                continue
            yield Measured(
                row.observed_at,
                row.energy_kwh,
                row.flow_temperature_degc,
                row.return_temperature_degc,
                row.time_quality != TimeQuality.UNKNOWN,
            )


@contextmanager
def _open(config: Config) -> Iterator[VillageReader]:
    try:
        with VillageReader(config.hub.village_db) as village:
            yield village
    except StoreError as error:
        raise SourceUnreadable(str(error), hint=error.hint) from error
