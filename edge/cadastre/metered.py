"""What communal meters measured of buildings in whole calendar years, from the hub's readings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

from edge.heat.assignment import Assignment, Measured, energy_of
from edge.heat.building import Building
from edge.heat.errors import CadastreError
from edge.store.village import VillageStore
from edge.store.village_rows import MeterRow

NEAR = timedelta(days=3)  # a reading this near to new year stands for it: 1 % of a year
MOST_YEARS = 4  # three count, and one that may be left out


def metered_years(
    village: VillageStore, buildings: Iterable[Building], at: int
) -> tuple[dict[int, dict[int, float]], list[str]]:
    """Return kWh by building and year, and what meters could not say, in German.

    Only buildings of five homes and more; a year counts if one device measured both its ends.
    """
    standing = list(buildings)
    areas = {one.number: one.amount("area") or 0.0 for one in standing}
    many = {one.number for one in standing if not one.is_households}
    assigned = village.meter_assignments()
    this_year = datetime.fromtimestamp(at / 1000, UTC).year
    found: dict[int, dict[int, float]] = {}
    trouble: list[str] = []
    for year in range(this_year - MOST_YEARS, this_year):
        whole: dict[str, float] = {}
        for meter in sorted({one.meter for one in assigned}):
            kwh = _year(village, meter, year)
            if kwh is not None:
                whole[meter] = kwh
        # a building counts only if all its meters have the year
        complete = _complete(assigned, set(whole), year)
        for meter, kwh in whole.items():
            one = Measured(meter, date(year, 1, 1), date(year, 12, 31), kwh)
            try:
                shares = energy_of([one], assigned, areas)
            except CadastreError as error:
                trouble.append(f"{year}: {error.hint}")
                complete -= {each.building for each in assigned if each.meter == meter}
                continue
            for building, energy in shares.items():
                years = found.setdefault(building, {})
                years[year] = years.get(year, 0.0) + energy
        for building, years in found.items():
            if building not in complete & many:
                years.pop(year, None)
    return {building: years for building, years in found.items() if years}, trouble


def _complete(assigned: Sequence[Assignment], known: set[str], year: int) -> set[int]:
    begin, end = date(year, 1, 1), date(year + 1, 1, 1)
    within = [
        one
        for one in assigned
        if one.valid_from < end and (one.valid_until is None or one.valid_until > begin)
    ]
    absent = {one.building for one in within if one.meter not in known}
    return {one.building for one in within} - absent


def _year(village: VillageStore, meter: str, year: int) -> float | None:
    """Return a year's kWh by the newest device that measured both its ends, or None."""
    for device in village.devices_on(meter):
        first, last = _near(village, device, year), _near(village, device, year + 1)
        if first is None or last is None:
            continue
        kwh = (last.energy_kwh or 0.0) - (first.energy_kwh or 0.0)
        days = (last.observed_at - first.observed_at) / 86_400_000
        length = (date(year + 1, 1, 1) - date(year, 1, 1)).days
        return kwh * length / days if kwh > 0 else None
    return None


def _near(village: VillageStore, device: int, year: int) -> MeterRow | None:
    """Return a device's reading nearest to the begin of a year, or None."""
    middle = int(datetime(year, 1, 1, tzinfo=UTC).timestamp() * 1000)
    reach = int(NEAR.total_seconds() * 1000)
    rows = [
        row
        for row in village.series(device, middle - reach, middle + reach)
        if row.energy_kwh is not None
    ]
    return min(rows, key=lambda row: abs(row.observed_at - middle), default=None)
