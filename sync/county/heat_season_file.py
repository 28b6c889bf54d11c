"""The county's newest outlook on the heating season as a file; without numpy, for the pages.

Energies are kWh of the whole season, times ms since 1970, UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sync.county import keeping
from sync.county.heat_ahead_file import Failed

VILLAGE, MUNICIPALITY, COUNTY = "Dorf", "Gemeinde", "Landkreis"
AREAS, METERS = "Kataster", "Zähler"


@dataclass(frozen=True, slots=True)
class Line:
    """One village, municipality or the county, by its cadastre or its meters (``basis``).

    ``count``: villages or meters in it. ``so_far``: what of it is known already, by the weather
    or measured. ``mild`` and ``cold``: as in the mildest and coldest of ``years`` winters or years.
    The band (80 %) is None where nobody knows one; ``note`` is German.
    """

    basis: str
    level: str
    name: str
    count: int
    expected: float
    low: float | None
    high: float | None
    so_far: float
    naive: float | None
    mild: float | None
    cold: float | None
    years: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Outlook:
    """As of ``now_ms``: the season ``first`` to ``last``; what was before the day ``on`` is known.

    ``why_areas``, ``why_meters``: why there are no lines of that basis (German). ``missing`` are
    villages without a release, ``meterless`` those without a meter in the lake, ``failed`` meters
    that have no season.
    """

    now_ms: int
    on: str
    first: str
    last: str
    station: str
    lines: tuple[Line, ...]
    why_areas: str
    why_meters: str
    missing: tuple[str, ...]
    meterless: tuple[str, ...]
    failed: tuple[Failed, ...]


def read(file: Path) -> Outlook | None:
    """Return the outlook that is kept, None if there is none, or it is another version's."""
    return keeping.read(file, _read)


def _read(raw: Mapping[str, object]) -> Outlook:
    plain: dict[str, object] = dict(raw)
    for name, kind in (("lines", Line), ("failed", Failed)):
        found = plain[name]
        if not isinstance(found, list):
            raise TypeError(name)
        plain[name] = tuple(kind(**one) for one in found)
    for name in ("missing", "meterless"):
        found = plain[name]
        if not isinstance(found, list):
            raise TypeError(name)
        plain[name] = tuple(map(str, found))
    return Outlook(**plain)  # type: ignore[arg-type]  # our own file, and TypeError is caught
