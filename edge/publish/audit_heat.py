"""The auditor's rules for a cube of kind `communal_heat`.

Only buildings that hub.toml calls communal; every number possible; days the sums of their hours;
no digit finer than what is published, because a digit nobody reads is a place to hide something.
"""

from __future__ import annotations

import datetime as dt
import math
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from edge.publish import audit_parts
from edge.publish.cube import Cube
from edge.publish.finding import Finding

_MOST_READINGS = 3600 * 100  # one each second from a hundred meters
_SUM_ERROR = 0.0006  # half of the last published digit, and binary fractions' own error


@dataclass(slots=True)
class _Day:
    energy_kwh: float = 0.0
    any_energy: bool = False
    readings: int = 0
    whole: int = 0


def audit_heat(
    connection: sqlite3.Connection, cube: Cube, communal: Mapping[str, str]
) -> Iterator[Finding]:
    """Yield every cell that must not be public or cannot be true.

    The tables are those that the cube declares and the cells are of their types.
    """
    yield from _sites(connection, communal)
    days: dict[tuple[str, str], _Day] = {}
    yield from _hours(connection, cube, communal, days)
    yield from _days(connection, cube, communal, days)
    first, last = connection.execute(
        "SELECT min(beginn), max(beginn) FROM waerme_stunde"
    ).fetchone()
    yield from audit_parts.about(
        connection, cube, {"erste_stunde": first or "", "letzte_stunde": last or ""}
    )


def _sites(connection: sqlite3.Connection, communal: Mapping[str, str]) -> Iterator[Finding]:
    listed = dict(connection.execute("SELECT site, site_name FROM site").fetchall())
    for site, name in listed.items():
        yield from _site(f"site[site={site}]", site, name, communal)
    for site in sorted(set(communal) - set(listed)):
        yield Finding(f"site[site={site}]", "a communal building is missing")


def _site(where: str, site: str, name: str, communal: Mapping[str, str]) -> Iterator[Finding]:
    if site not in communal:
        yield Finding(where, "the site is not declared communal in hub.toml")
    elif name != communal[site]:
        yield Finding(f"{where}.site_name", "the name is not the one in hub.toml")


def _hours(
    connection: sqlite3.Connection,
    cube: Cube,
    communal: Mapping[str, str],
    days: dict[tuple[str, str], _Day],
) -> Iterator[Finding]:
    rows = connection.execute(
        "SELECT site, site_name, beginn, ortszeit, tag, energie_kwh, mittlere_leistung_kw, "
        "vorlauf_degc, ruecklauf_degc, messungen, zeit_gesichert, vollstaendig FROM waerme_stunde"
    )
    for site, name, begin, local, tag, energy, power, flow, back, count, trusted, whole in rows:
        where = f"waerme_stunde[site={site}, beginn={begin}]"
        yield from _site(where, site, name, communal)
        yield from audit_parts.hour(where, begin, local, tag, cube)
        yield from _energy(f"{where}.energie_kwh", energy, _energy_max(cube))
        for column, value in (("vorlauf_degc", flow), ("ruecklauf_degc", back)):
            yield from _temperature(f"{where}.{column}", value, cube)
        yield from _flags(where, {"zeit_gesichert": trusted, "vollstaendig": whole})
        if not 0 <= count <= _MOST_READINGS:
            yield Finding(f"{where}.messungen", f"{count} readings in an hour are not possible")
        if whole and energy is None:
            yield Finding(f"{where}.energie_kwh", "a complete hour must have its energy")
        if power != (energy if whole else None):
            yield Finding(f"{where}.mittlere_leistung_kw", "does not follow from the energy")
        day = days.setdefault((site, tag), _Day())
        day.any_energy |= energy is not None
        day.energy_kwh += energy or 0.0
        day.readings += count
        day.whole += whole


def _days(
    connection: sqlite3.Connection,
    cube: Cube,
    communal: Mapping[str, str],
    days: dict[tuple[str, str], _Day],
) -> Iterator[Finding]:
    left = set(days)
    rows = connection.execute(
        "SELECT site, site_name, tag, energie_kwh, mittlere_leistung_kw, messungen, stunden, "
        "vollstaendig FROM waerme_tag"
    )
    for site, name, tag, energy, power, count, whole_hours, whole in rows:
        where = f"waerme_tag[site={site}, tag={tag}]"
        yield from _site(where, site, name, communal)
        yield from _flags(where, {"vollstaendig": whole})
        left.discard((site, tag))
        day = days.get((site, tag))
        if day is None:
            yield Finding(where, "no hour belongs to this day")
            continue
        length = _length(tag, cube)
        yield from _energy(f"{where}.energie_kwh", energy, _energy_max(cube) * length)
        yield from _sums(where, day, energy, count, whole_hours)
        if whole != int(day.whole == length):
            yield Finding(f"{where}.vollstaendig", f"{day.whole} of {length} hours are complete")
        mean = round(energy / length, 3) if whole and energy is not None and length else None
        if power != mean:
            yield Finding(f"{where}.mittlere_leistung_kw", "does not follow from the energy")
    for site, tag in sorted(left):
        yield Finding(
            f"waerme_tag[site={site}, tag={tag}]", "the day of published hours is missing"
        )


def _sums(
    where: str, day: _Day, energy: float | None, count: int, whole_hours: int
) -> Iterator[Finding]:
    if (energy is not None) != day.any_energy or abs((energy or 0.0) - day.energy_kwh) > _SUM_ERROR:
        yield Finding(
            f"{where}.energie_kwh", f"says {energy}, but the hours sum up to {day.energy_kwh:.3f}"
        )
    if count != day.readings:
        yield Finding(f"{where}.messungen", f"says {count}, but the hours have {day.readings}")
    if whole_hours != day.whole:
        yield Finding(f"{where}.stunden", f"says {whole_hours}, but {day.whole} hours are complete")


def _energy(where: str, energy: float | None, most: float) -> Iterator[Finding]:
    if energy is None:
        return
    if not 0 <= energy <= most:
        yield Finding(where, f"{energy} kWh are not possible")
    elif round(energy, 3) != energy:
        yield Finding(where, "has more digits than are published")


def _temperature(where: str, value: float | None, cube: Cube) -> Iterator[Finding]:
    if value is None:
        return
    if not cube.rules.temperature_min_degc <= value <= cube.rules.temperature_max_degc:
        yield Finding(where, f"{value} °C are not possible")
    elif round(value, 1) != value:
        yield Finding(where, "has more digits than are published")


def _flags(where: str, flags: Mapping[str, int]) -> Iterator[Finding]:
    for name, value in flags.items():
        if value not in (0, 1):
            yield Finding(f"{where}.{name}", f"{value} is neither 0 nor 1")


def _energy_max(cube: Cube) -> float:
    return math.fsum((cube.rules.power_max_kw, cube.rules.counter_step_kwh))


def _length(tag: str, cube: Cube) -> int:
    """Return how many hours of that local day exist, by counting them."""
    try:
        day = dt.date.fromisoformat(tag)
    except ValueError:
        return 0
    zone = ZoneInfo(cube.timezone)
    around = dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC) - dt.timedelta(hours=15)
    moments = (around + dt.timedelta(hours=number) for number in range(54))
    return sum(moment.astimezone(zone).date() == day for moment in moments)
