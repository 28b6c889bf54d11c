"""The auditor's rules for a cube of kind `public_air`.

Only sensors that hub.toml declares so, at places that it calls communal; every number possible and
no finer than what is published; the heat index indoors alone, reckoned anew, and nowhere outside
its formula's range.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator, Mapping

from edge.publish import audit_parts
from edge.publish.cube import Cube
from edge.publish.finding import Finding

_INDEX_ERROR = 0.051  # half of the published digit, and fractions' own error
_HOUR_MINUTES = 60
_LAGE = {"outdoor": "außen", "room": "innen"}


def audit_air(
    connection: sqlite3.Connection,
    cube: Cube,
    communal: Mapping[str, str],
    allowed: Mapping[str, tuple[str, str]],
) -> Iterator[Finding]:
    """Yield every cell that must not be public or cannot be true.

    The tables are those that the cube declares and the cells are of their types. ``allowed`` are
    the site and the `air` of every sensor that hub.toml makes public.
    """
    sensors: dict[str, tuple[str, str]] = {}
    for sensor, name, site, site_name, lage in connection.execute(
        "SELECT fuehler, fuehler_name, site, site_name, lage FROM fuehler"
    ):
        where = f"fuehler[fuehler={sensor}]"
        sensors[sensor] = (name, lage)
        if site not in communal:
            yield Finding(f"{where}.site", "the site is not declared communal in hub.toml")
        elif site_name != communal[site]:
            yield Finding(f"{where}.site_name", "the name is not the one in hub.toml")
        if sensor not in allowed:
            yield Finding(where, "hub.toml does not make this sensor public")
        elif allowed[sensor][0] != site:
            yield Finding(f"{where}.site", "is not where hub.toml says that the sensor is")
        elif _LAGE.get(allowed[sensor][1]) != lage:
            yield Finding(f"{where}.lage", "is not what hub.toml says")
        if lage not in _LAGE.values():
            yield Finding(f"{where}.lage", f"{lage!r} is neither outdoors nor indoors")
        if not name.strip() or audit_parts.reaches(name):
            yield Finding(f"{where}.fuehler_name", "is no name of a sensor")
    yield from _hours(connection, cube, sensors)
    first, last = connection.execute("SELECT min(beginn), max(beginn) FROM luft_stunde").fetchone()
    yield from audit_parts.about(
        connection, cube, {"erste_stunde": first or "", "letzte_stunde": last or ""}
    )


def _hours(
    connection: sqlite3.Connection, cube: Cube, sensors: Mapping[str, tuple[str, str]]
) -> Iterator[Finding]:
    air = cube.air
    for (
        sensor,
        name,
        begin,
        local,
        tag,
        warm,
        known,
        damp,
        damp_known,
        feels,
        level,
    ) in connection.execute("SELECT * FROM luft_stunde"):
        where = f"luft_stunde[fuehler={sensor}, beginn={begin}]"
        if sensor not in sensors:
            yield Finding(where, "belongs to no published sensor")
            continue
        if name != sensors[sensor][0]:
            yield Finding(f"{where}.fuehler_name", "is not the sensor's")
        yield from audit_parts.hour(where, begin, local, tag, cube)
        for column, value, minutes, least, most in (
            ("temperatur", warm, known, air.temperature_min_degc, air.temperature_max_degc),
            ("feuchte", damp, damp_known, 0, 100),
        ):
            yield from _number(
                f"{where}.{column}", value, minutes, (least, most), air.least_minutes
            )
        if warm is None and damp is None:
            yield Finding(where, "tells nothing")
        indoors = sensors[sensor][1] == "innen"
        yield from _index(where, cube, (warm, damp, feels, level), indoors=indoors)


def _number(
    where: str,
    value: float | None,
    minutes: int,
    bounds: tuple[float, float],
    least_minutes: int,
) -> Iterator[Finding]:
    if not 0 <= minutes <= _HOUR_MINUTES:
        yield Finding(f"{where}_minuten", f"{minutes} minutes are not possible")
    if (value is not None) != (minutes >= least_minutes):
        yield Finding(where, f"does not fit {minutes} known minutes")
    if value is None:
        return
    if not bounds[0] <= value <= bounds[1]:
        yield Finding(where, f"{value} is not possible")
    elif round(value, 1) != value:
        yield Finding(where, "has more digits than are published")


def _index(
    where: str,
    cube: Cube,
    row: tuple[float | None, float | None, float | None, str | None],
    *,
    indoors: bool,
) -> Iterator[Finding]:
    warm, damp, feels, level = row
    air = cube.air
    holds = (
        indoors
        and warm is not None
        and damp is not None
        and air.index_from_degc <= warm <= air.index_to_degc
        and air.index_from_percent <= damp <= 100
    )
    expected = _rothfusz(warm, damp) if holds and warm is not None and damp is not None else None
    if expected is not None and expected < air.index_from_degc - _INDEX_ERROR:
        expected = None
    if feels is None:
        if expected is not None and expected > air.index_from_degc + _INDEX_ERROR:
            yield Finding(f"{where}.gefuehlt_degc", "is missing though the formula holds")
    elif expected is None:
        yield Finding(f"{where}.gefuehlt_degc", "stands where the formula does not hold")
    elif abs(feels - expected) > _INDEX_ERROR or round(feels, 1) != feels:
        yield Finding(f"{where}.gefuehlt_degc", f"says {feels}, the formula {expected:.2f}")
    if level != _level(feels):
        yield Finding(f"{where}.hitzestufe", "is not the level of the index")


def _level(feels: float | None) -> str | None:
    if feels is None:
        return None
    fahrenheit = feels * 9 / 5 + 32 + 0.1  # the bounds are whole degrees Fahrenheit, told rounded
    if fahrenheit < 90:
        return "Vorsicht"
    if fahrenheit < 103:
        return "erhöhte Vorsicht"
    return "Gefahr" if fahrenheit < 125 else "große Gefahr"


def _rothfusz(celsius: float, percent: float) -> float:
    """Return the index in °C, as NWS has it: Steadman's mean first, the regression from 80 °F."""
    t, r = celsius * 9 / 5 + 32, percent
    steadman = 0.5 * (t + 61 + (t - 68) * 1.2 + r * 0.094)
    index = (steadman + t) / 2
    if index >= 80:
        linear = -42.379 + 2.04901523 * t + 10.14333127 * r
        mixed = -0.22475541 * t * r - 0.00683783 * t * t - 0.05481717 * r * r
        high = 0.00122874 * t * t * r + 0.00085282 * t * r * r - 0.00000199 * t * t * r * r
        index = math.fsum((linear, mixed, high))
        if r > 85 and t <= 87:
            index += (r - 85) / 10 * ((87 - t) / 5)
    return (index - 32) * 5 / 9
