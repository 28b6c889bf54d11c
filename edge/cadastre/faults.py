"""Faults in how communal heat is run, from the hub's readings and the county's weather.

Households' meters are not looked at.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from edge.cadastre.apart import told
from edge.cadastre.faults_child import OWN
from edge.cadastre.readings import COARSEST, HOUR_MS, MOST_KW, hours, timed_rows
from edge.config import Config
from edge.config.communal import communal_meters
from edge.heat.errors import CadastreError
from edge.heat.faults.fault import Verdict, as_object
from edge.heat.faults.limits import Limits, Said, loads, usual
from edge.heat.faults.operation import Operation
from edge.heat.faults.rules import find
from edge.heat.faults.tidy import most_of
from edge.heat.forecast.table import Floats
from edge.publish import counter
from edge.store.errors import StoreError
from edge.store.village import VillageStore
from edge.store.village_faults import KeptVerdict
from edge.store.village_rows import MeterRow

SEEN_MS = 400 * 24 * HOUR_MS  # a year, and some days for what is remembered
LEAST_HOURS = 14 * 24
FAILED = (
    "Beim letzten Nachsehen scheiterte das Programm an diesem Zähler; andere Zähler sind nicht"
    " betroffen. Es wird morgen wieder versucht; mehr steht im Protokoll des Workers (job faults)."
)
_GAP_MS = 3 * HOUR_MS // 2  # hourly readings that come late
_ENERGY = counter.Limits(_GAP_MS, MOST_KW, COARSEST)
_VOLUME = counter.Limits(_GAP_MS, 2_000.0, COARSEST)  # a town's network, m3/h


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one meter, or in German why nothing could be looked for.

    ``failed`` is an error that nobody expected, in English; ``why`` then tells people of it.
    """

    meter: str
    name: str
    verdict: Verdict | None
    why: str = ""
    failed: str = ""


@dataclass(slots=True)
class _Hours:
    """Values by UTC hour since 1970."""

    heat: dict[int, float] = field(default_factory=dict)
    volume: dict[int, float] = field(default_factory=dict)
    flow_c: dict[int, float] = field(default_factory=dict)
    return_c: dict[int, float] = field(default_factory=dict)
    step: float = 0.0


def look(
    village: VillageStore, config: Config, limits: Limits, said: Mapping[str, Said], now_ms: int
) -> list[Found]:
    """Look for faults of all communal meters, and keep what was found.

    Of a meter at which the program fails, what was found before stays; the others go on.

    :raises StoreError: or one of its kinds: that is no single meter's.
    """
    weather = _weather(village, config, now_ms)
    before = {one.meter: one.text for one in village.heat_verdicts()}
    found: list[Found] = []
    kept: list[KeptVerdict] = []
    for meter, name in ((one.meter_id, one.name) for one in communal_meters(config)):
        try:
            one = _of_meter(village, meter, name, weather, limits, said, now_ms)
            text = _json(one.verdict)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it was, the other meters go on
            one, text = Found(meter, name, None, FAILED, told(error)), before.get(meter, "")
        found.append(one)
        kept.append(KeptVerdict(meter, now_ms, text, one.why))
    village.keep_verdicts(kept)
    return found


def _json(verdict: Verdict | None) -> str:
    return "" if verdict is None else json.dumps(as_object(verdict), allow_nan=False)


def limits_beside(config: Config) -> tuple[Limits, dict[str, Said]]:
    """Return the limits and what operators stated, from `faults.toml` beside hub.toml if there is.

    :raises CadastreError: if it is not to be read, or wrong.
    """
    beside = config.source.parent / OWN
    if not beside.exists():
        return usual(), {}
    try:
        return loads(beside.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CadastreError(
            f"{OWN} cannot be read: {error}", hint=f"{OWN} neben hub.toml ist nicht zu lesen."
        ) from error


def _of_meter(  # noqa: PLR0917  # what a meter is looked at with
    village: VillageStore,
    meter: str,
    name: str,
    weather: Mapping[int, float],
    limits: Limits,
    said: Mapping[str, Said],
    now_ms: int,
) -> Found:
    known = _Hours()
    for device in reversed(village.devices_on(meter)):
        _add(known, list(timed_rows(village, device, now_ms - SEEN_MS, now_ms)))
    if len(known.heat) < LEAST_HOURS:
        why = (
            f"Erst {len(known.heat)} Stunden sind gemessen; gebraucht werden {LEAST_HOURS} "
            "(zwei Wochen)."
        )
        return Found(meter, name, None, why)
    return Found(meter, name, find(_operation(known, weather), said.get(meter), limits))


def _add(known: _Hours, rows: Sequence[MeterRow]) -> None:
    """Add what one device said; where two did, the later one counts."""
    for into, name, limits in (
        (known.heat, "energy_kwh", _ENERGY),
        (known.volume, "volume_m3", _VOLUME),
    ):
        told = [(row.observed_at, getattr(row, name)) for row in rows]
        readings = counter.without_glitches([one for one in told if one[1] is not None])
        into.update(hours(readings, limits))
        if into is known.heat:
            known.step = max(known.step, _step([value for _, value in readings]))
    for into, name in (
        (known.flow_c, "flow_temperature_degc"),
        (known.return_c, "return_temperature_degc"),
    ):
        sums: dict[int, list[float]] = {}
        for row in rows:
            value = getattr(row, name)
            if value is not None:
                sums.setdefault(row.observed_at // HOUR_MS, []).append(value)
        into.update({hour: sum(each) / len(each) for hour, each in sums.items()})


def _step(values: Sequence[float]) -> float:
    """Return the step in which a counter counts, 0 where nothing shows it."""
    rises = np.diff(np.array(values))
    rises = rises[rises > 0]
    return float(np.quantile(rises, 0.1)) if rises.size else 0.0


def _operation(known: _Hours, weather: Mapping[int, float]) -> Operation:
    first, last = min(known.heat), max(known.heat)
    nothing = np.full(last - first + 1, np.nan)

    def column(values: Mapping[int, float]) -> Floats:
        found = nothing.copy()
        for hour, value in values.items():
            if first <= hour <= last:
                found[hour - first] = value
        return found

    heat = column(known.heat)
    caught = heat > most_of(heat)  # a counter that stood and then caught up
    leap = np.where(caught, heat, 0.0)
    heat[caught] = np.nan
    return Operation(
        first,
        heat,
        column(known.volume),
        column(known.flow_c),
        column(known.return_c),
        nothing,
        column(weather),
        leap,
        heat_step=known.step,
        # a counter that steps more rarely than each hour says nothing of hours
        is_spread=known.step > float(np.nanmean(heat)),
    )


def _weather(village: VillageStore, config: Config, now_ms: int) -> dict[int, float]:
    """Return the newest forecast of each past hour, degC: nearest to the weather that came."""
    station = village.chosen_station(config.web.weather_station)
    if not station:
        return {}
    return {
        one.valid_at // HOUR_MS: one.temperature_degc
        for one in village.forecasts(station, now_ms - SEEN_MS, now_ms)
        if one.temperature_degc is not None
    }
