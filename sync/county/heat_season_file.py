"""The county's newest outlook on the heating season as a file; without numpy, for the pages.

Energies are kWh of the whole season, times ms since 1970, UTC.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from sync.county import disk
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


def text(found: Outlook) -> str:
    """Return an outlook as JSON."""
    return json.dumps(asdict(found), ensure_ascii=False)


def write(file: Path, found: Outlook) -> None:
    """Keep an outlook; the one before is replaced.

    :raises OSError: if the disk does not take it.
    """
    disk.write(file, text(found).encode())


def read(file: Path) -> Outlook | None:
    """Return the outlook that is kept, None if there is none, or it is another version's."""
    try:
        return _read(json.loads(file.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError):
        return None


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
