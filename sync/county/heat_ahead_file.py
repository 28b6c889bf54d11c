"""The county's newest forecast of heat as a file: what programs get, and the officials' page reads.

Energies are kWh of each stretch, times ms since 1970, UTC. Without numpy: the pages are served by
a process that runs for weeks.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sync.county import keeping

if TYPE_CHECKING:
    from sync.county.heat_ahead import Forecast, Town
    from sync.county.heat_sums import Summed

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Step:
    """What is expected from ``begin_ms`` on for so many hours, with an 80 % band, kWh."""

    begin_ms: int
    hours: int
    expected_kwh: float
    low_kwh: float
    high_kwh: float
    naive_kwh: float | None


@dataclass(frozen=True, slots=True)
class Place:
    """A municipality ("": nobody said which) or the county: how many meters, hours, whole days.

    ``together`` as in `sync.county.heat_sums.Summed`, of the hours.
    """

    name: str
    meters: int
    together: float | None
    hours: tuple[Step, ...]
    days: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """A meter that was not forecast, and why (German)."""

    hub: str
    device: str
    why: str


@dataclass(frozen=True, slots=True)
class Village:
    """A hub, and how many of its meters were forecast, and not."""

    hub: str
    meters: int
    failed: int


@dataclass(frozen=True, slots=True)
class Ahead:
    """A forecast as of ``now_ms``. ``weather``: meters by what their weather was.

    ``villages``: hubs of which the lake has a meter. ``broken``: names whose sum failed.
    """

    now_ms: int
    station: str
    weather: Mapping[str, int]
    whole: Place | None
    places: tuple[Place, ...]
    failed: tuple[Failed, ...]
    villages: tuple[Village, ...] = ()
    broken: tuple[str, ...] = ()


def plain(made: Forecast) -> Ahead:
    """Return a forecast without arrays."""
    good = [one for town in made.towns for one in town.meters]
    weather, well, ill = (
        Counter(one.weather for one in good),
        Counter(one.hub for one in good),
        Counter(one.hub for one in made.failed),
    )
    return Ahead(
        made.now_ms,
        made.station,
        dict(sorted(weather.items())),
        None if made.whole is None else _place(made.whole),
        tuple(_place(one) for one in made.towns),
        tuple(Failed(one.hub, one.device, one.why) for one in made.failed),
        tuple(Village(one, well[one], ill[one]) for one in sorted({*well, *ill})),
        made.broken,
    )


def read(file: Path) -> Ahead | None:
    """Return the forecast that is kept, None if there is none, or it is another version's."""
    return keeping.read(file, _ahead)


def _ahead(raw: Mapping[str, Any]) -> Ahead:
    whole = raw["whole"]
    return Ahead(
        int(raw["now_ms"]),
        str(raw["station"]),
        dict(raw["weather"]),
        None if whole is None else _read(whole),
        tuple(_read(one) for one in raw["places"]),
        tuple(Failed(**one) for one in raw["failed"]),
        tuple(Village(**one) for one in raw.get("villages", ())),
        tuple(map(str, raw.get("broken", ()))),
    )


def _place(one: Town) -> Place:
    return Place(one.name, len(one.meters), one.hours.together, _steps(one.hours), _steps(one.days))


def _steps(found: Summed) -> tuple[Step, ...]:
    rows: Sequence[Sequence[Any]] = list(
        zip(
            *(found.begin.tolist(), found.hours.tolist(), found.expected.tolist()),
            *(found.low.tolist(), found.high.tolist(), found.naive.tolist()),
            strict=True,
        )
    )
    return tuple(
        Step(
            begin * HOUR_MS,
            hours,
            round(expected, 3),
            round(low, 3),
            round(high, 3),
            None if math.isnan(naive) else round(naive, 3),
        )
        for begin, hours, expected, low, high, naive in rows
    )


def _read(raw: Mapping[str, Any]) -> Place:
    return Place(
        str(raw["name"]),
        int(raw["meters"]),
        raw["together"],
        tuple(Step(**one) for one in raw["hours"]),
        tuple(Step(**one) for one in raw["days"]),
    )
