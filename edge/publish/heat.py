"""Rows of the communal heat cube from the readings of communal meters. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from edge.publish.counter import HOUR_MS, Covered, Limits, by_hour, without_glitches
from edge.publish.cube import Cube

Cell = str | int | float | None
Rows = dict[str, list[tuple[Cell, ...]]]


@dataclass(frozen=True, slots=True)
class Measured:
    """One reading of one meter. ``at`` in ms since 1970, UTC; None where the meter said nothing.

    ``trusted_time``: the hub's clock had been set.
    """

    at: int
    energy_kwh: float | None
    flow_degc: float | None
    return_degc: float | None
    trusted_time: bool


@dataclass(frozen=True, slots=True)
class Counter:
    """One device's readings in order of time, read once.

    ``meter`` groups devices that followed one another at one place; ``expected``: the meter is
    still declared, so that an hour without it is not complete.
    """

    site: str
    meter: str
    expected: bool
    readings: Iterable[Measured]


def heat_rows(cube: Cube, sites: Mapping[str, str], counters: Sequence[Counter]) -> Rows:
    """Return every table's rows, sorted by key. ``sites`` maps a site's id to its name.

    A building with several meters is their sum. Hours of which nothing is known have no row.
    """
    zone = ZoneInfo(cube.timezone)
    rows: Rows = {"site": [(site, sites[site]) for site in sorted(sites)]}
    hours: list[tuple[Cell, ...]] = []
    days: list[tuple[Cell, ...]] = []
    for site in sorted(sites):
        mine = [counter for counter in counters if counter.site == site]
        of_site = _hours(cube, mine)
        hours += [(site, sites[site], *hour.cells()) for hour in of_site]
        days += [(site, sites[site], *cells) for cells in _days(of_site, zone)]
    rows["waerme_stunde"] = hours
    rows["waerme_tag"] = days
    rows["_about"] = _about(cube, of_hours=hours)
    return rows


@dataclass(frozen=True, slots=True)
class _HourRow:
    start: int
    local: datetime
    energy_kwh: float | None
    flow_degc: float | None
    return_degc: float | None
    count: int
    trusted: bool
    complete: bool

    def cells(self) -> tuple[Cell, ...]:
        utc = datetime.fromtimestamp(self.start / 1000, UTC)
        return (
            utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
            self.local.isoformat(timespec="minutes"),
            self.local.date().isoformat(),
            self.energy_kwh,
            self.energy_kwh if self.complete else None,  # over one hour: kWh are kW
            self.flow_degc,
            self.return_degc,
            self.count,
            int(self.trusted),
            int(self.complete),
        )


def _hours(cube: Cube, counters: Sequence[Counter]) -> list[_HourRow]:
    rules = cube.rules
    limits = Limits(rules.largest_gap_s * 1000, rules.power_max_kw, rules.counter_step_kwh)
    meters: dict[str, dict[int, Covered]] = defaultdict(dict)
    spans: dict[str, tuple[int, int | None]] = {}  # first hour, last hour it is expected in
    seen: dict[int, _Seen] = defaultdict(_Seen)
    for counter in counters:
        energy: list[tuple[int, float]] = []
        first = last = None
        for reading in counter.readings:
            last = _hour_of(reading.at)
            first = last if first is None else first
            seen[last].add(reading, rules.temperature_bounds)
            if reading.energy_kwh is not None:
                energy.append((reading.at, reading.energy_kwh))
        if first is not None:
            until = None if counter.expected else last
            spans[counter.meter] = _wider(spans.get(counter.meter), first, until)
        _add(meters[counter.meter], by_hour(without_glitches(energy), limits))
    starts = {start for hours in meters.values() for start in hours} | set(seen)
    return [
        _hour_row(start, meters, spans, seen.get(start) or _Seen(), cube)
        for start in sorted(starts)
    ]


@dataclass(slots=True)
class _Seen:
    """What the readings of one hour add up to."""

    count: int = 0
    trusted: bool = True
    flow: float = 0.0
    flows: int = 0
    back: float = 0.0
    backs: int = 0

    def add(self, reading: Measured, bounds: tuple[float, float]) -> None:
        self.count += 1
        self.trusted &= reading.trusted_time
        if reading.flow_degc is not None and bounds[0] <= reading.flow_degc <= bounds[1]:
            self.flow += reading.flow_degc
            self.flows += 1
        if reading.return_degc is not None and bounds[0] <= reading.return_degc <= bounds[1]:
            self.back += reading.return_degc
            self.backs += 1


def _hour_of(at: int) -> int:
    return at - at % HOUR_MS


def _wider(
    span: tuple[int, int | None] | None, first: int, until: int | None
) -> tuple[int, int | None]:
    if span is None:
        return first, until
    return min(first, span[0]), None if until is None or span[1] is None else max(until, span[1])


def _add(total: dict[int, Covered], more: Mapping[int, Covered]) -> None:
    for start, hour in more.items():
        known = total.setdefault(start, Covered())
        known.energy_kwh += hour.energy_kwh
        known.covered_ms += hour.covered_ms


def _hour_row(
    start: int,
    meters: Mapping[str, Mapping[int, Covered]],
    spans: Mapping[str, tuple[int, int | None]],
    seen: _Seen,
    cube: Cube,
) -> _HourRow:
    known = [hours[start] for hours in meters.values() if start in hours]
    energy = round(sum(hour.energy_kwh for hour in known), 3)
    possible = bool(known) and energy <= cube.rules.energy_max_kwh
    expected = [
        meter
        for meter, (first, last) in spans.items()
        if first <= start and (last is None or start <= last)
    ]
    complete = bool(possible and expected) and all(
        start in meters[meter] and meters[meter][start].covered_ms >= HOUR_MS for meter in expected
    )
    return _HourRow(
        start=start,
        local=datetime.fromtimestamp(start / 1000, ZoneInfo(cube.timezone)),
        energy_kwh=energy if possible else None,
        flow_degc=round(seen.flow / seen.flows, 1) if seen.flows else None,
        return_degc=round(seen.back / seen.backs, 1) if seen.backs else None,
        count=seen.count,
        trusted=seen.trusted,
        complete=complete,
    )


def _days(hours: Sequence[_HourRow], zone: ZoneInfo) -> list[tuple[Cell, ...]]:
    by_day: dict[date, list[_HourRow]] = defaultdict(list)
    for hour in hours:
        by_day[hour.local.date()].append(hour)
    rows: list[tuple[Cell, ...]] = []
    for day, its in sorted(by_day.items()):
        energies = [hour.energy_kwh for hour in its if hour.energy_kwh is not None]
        energy = round(sum(energies), 3) if energies else None
        whole = sum(hour.complete for hour in its)
        length = hours_of_day(day, zone)
        complete = whole == length
        power = round(energy / length, 3) if complete and energy is not None else None
        count = sum(hour.count for hour in its)
        rows.append((day.isoformat(), energy, power, count, whole, int(complete)))
    return rows


def hours_of_day(day: date, zone: ZoneInfo) -> int:
    """Return how many hours that day has in ``zone``: 24, or 23 or 25 when the clocks change."""
    start = datetime(day.year, day.month, day.day, tzinfo=zone)
    following = day + timedelta(days=1)
    end = datetime(following.year, following.month, following.day, tzinfo=zone)
    return round((end.timestamp() - start.timestamp()) / 3600)


def _about(cube: Cube, *, of_hours: Sequence[tuple[Cell, ...]]) -> list[tuple[Cell, ...]]:
    begins = [str(row[2]) for row in of_hours]
    facts = {
        **cube.about,
        "erste_stunde": min(begins, default=""),
        "letzte_stunde": max(begins, default=""),
    }
    return sorted(facts.items())
