"""Rows of the air's cube from what public sensors said. Pure.

A sensor's values are kept when they change. One holds until the next, yet not longer than the cube
allows; an hour's mean is weighted by how long each held. How warm a public room feels is the heat
index of :mod:`edge.care.heat` (Rothfusz, NWS SR 90-23), told only inside the range it was made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from edge.care.heat import heat_index
from edge.publish.cube import AirRules, Cube
from edge.publish.heat import Cell, Rows
from edge.publish.names import sensor_name

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
# NWS, in degrees Celsius: from 80, 90, 103 and 125 degrees Fahrenheit
LEVELS = ((51.7, "große Gefahr"), (39.4, "Gefahr"), (32.2, "erhöhte Vorsicht"), (26.7, "Vorsicht"))

Said = Sequence[tuple[int, float]]  # ms since 1970 UTC, and a value, in order of time


@dataclass(frozen=True, slots=True)
class Sensor:
    """A public sensor: ``temperature`` in °C, ``humidity`` in per cent, as they changed."""

    sensor: str
    name: str
    site: str
    where: Literal["outdoor", "room"]
    temperature: Said
    humidity: Said


@dataclass(slots=True)
class _Hour:
    weighted: float = 0.0
    known_ms: int = 0


def air_rows(cube: Cube, sites: dict[str, str], sensors: Iterable[Sensor], until: int) -> Rows:
    """Return every table's rows, of hours that are over at ``until`` (ms since 1970, UTC)."""
    known = sorted(
        (replace(one, name=sensor_name(one.name, _WHERE[one.where])) for one in sensors),
        key=lambda one: one.sensor,
    )
    hours = [row for one in known for row in _rows(cube, one, until)]
    begins = [str(row[2]) for row in hours]
    facts = {
        **cube.about,
        "erste_stunde": min(begins, default=""),
        "letzte_stunde": max(begins, default=""),
    }
    return {
        "fuehler": [
            (one.sensor, one.name, one.site, sites[one.site], _WHERE[one.where]) for one in known
        ],
        "luft_stunde": hours,
        "_about": sorted(facts.items()),
    }


def felt(rules: AirRules, temperature: float | None, humidity: float | None) -> float | None:
    """Return the heat index in °C, None where the formula does not hold."""
    if temperature is None or humidity is None:
        return None
    if not rules.index_from_degc <= temperature <= rules.index_to_degc:
        return None
    if humidity < rules.index_from_percent:
        return None
    found = round(heat_index(temperature, humidity), 1)
    return found if found >= rules.index_from_degc else None


def _rows(cube: Cube, sensor: Sensor, until: int) -> Iterable[tuple[Cell, ...]]:
    rules, zone = cube.air, ZoneInfo(cube.timezone)
    bounds = (rules.temperature_min_degc, rules.temperature_max_degc)
    warm = by_hour(sensor.temperature, bounds, rules.hold_s * 1000, until)
    damp = by_hour(sensor.humidity, (0.0, 100.0), rules.hold_s * 1000, until)
    for start in sorted(warm.keys() | damp.keys()):
        if start + HOUR_MS > until:
            continue
        temperature, minutes = _mean(warm.get(start), rules)
        humidity, damp_minutes = _mean(damp.get(start), rules)
        if temperature is None and humidity is None:
            continue
        feels = felt(rules, temperature, humidity) if sensor.where == "room" else None
        utc = datetime.fromtimestamp(start // 1000, UTC)
        local = utc.astimezone(zone)
        yield (
            sensor.sensor,
            sensor.name,
            f"{utc:%Y-%m-%dT%H:%M:%SZ}",
            local.isoformat(timespec="minutes"),
            local.date().isoformat(),
            temperature,
            minutes,
            humidity,
            damp_minutes,
            feels,
            None if feels is None else next(word for least, word in LEVELS if feels >= least),
        )


def by_hour(said: Said, bounds: tuple[float, float], hold_ms: int, until: int) -> dict[int, _Hour]:
    """Return each hour's values, weighted with how long they held, up to ``until``.

    A value beyond ``bounds`` is none, and ends the one before it.
    """
    hours: dict[int, _Hour] = {}
    for number, (at, value) in enumerate(said):
        if not bounds[0] <= value <= bounds[1]:
            continue
        following = said[number + 1][0] if number + 1 < len(said) else until
        end = min(following, at + hold_ms, until)
        while at < end:  # `at` wanders through the hours
            start = at - at % HOUR_MS
            here = min(end, start + HOUR_MS)
            hour = hours.setdefault(start, _Hour())
            hour.weighted += value * (here - at)
            hour.known_ms += here - at
            at = here  # noqa: PLW2901
    return hours


def _mean(hour: _Hour | None, rules: AirRules) -> tuple[float | None, int]:
    if hour is None:
        return None, 0
    minutes = hour.known_ms // MINUTE_MS
    if minutes < rules.least_minutes:
        return None, minutes
    return round(hour.weighted / hour.known_ms, 1), minutes


_WHERE = {"outdoor": "außen", "room": "innen"}
