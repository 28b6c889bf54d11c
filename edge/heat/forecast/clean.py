"""From a table to values in order: what each row is worth.

Each rule that drops or repairs leaves a :class:`Finding`; nothing is done silently.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edge.heat.forecast.counter import differences, is_counter
from edge.heat.forecast.findings import Finding, Rule, SeriesError
from edge.heat.forecast.table import Bools, Floats, Ints, Table, instant

DAY_S = 86_400
HOUR_S = 3_600
# what devices and programs write where they have no value
SENTINELS = (999.9, 9999.0, 99999.0, 999999.0, 32767.0, 65535.0, 2147483647.0, 4294967295.0)
COLDEST_C, WARMEST_C = -45.0, 50.0  # beyond what was ever measured in central Europe
_STRAY_S = 400 * DAY_S  # rows farther away than this belong to another clock
_ROUNDING = 0.01  # of the median: a negative value smaller than this is a meter's rounding
_STUCK_S = 48 * HOUR_S  # not zero and the same for two days: no meter of a heated house
_TEMP_STUCK_S = 36 * HOUR_S
_OUTAGE_S = DAY_S
_COLD_QUANTILE = 0.33
_HOURLY_S = 4_500  # rows up to so far apart tell of hours, also where a clock runs slow
_HOURLY_SHARE = 0.9
_AROUND_DAYS = 15
# A run of like values is unusual beyond so many times the length that next to all are below.
_USUAL_QUANTILE, _UNUSUAL = 0.99, 3.0
_LONGEST_S = 14 * DAY_S
_FINE_K = 0.5  # a sensor that counts in such steps or finer seldom stands
_FEW_STEPS = 10.0


@dataclass(frozen=True, slots=True)
class Values:
    """Values in the order of time, one a time; NaN is missing.

    ``step_s`` how far apart rows usually are around each; ``hourly`` whether they tell of hours.
    """

    time_s: Ints
    heat: Floats
    temp_c: Floats
    step_s: Ints
    hourly: bool
    findings: tuple[Finding, ...]


def clean(table: Table, *, is_spread: bool = False) -> Values:
    """Put rows in order and drop what cannot be. Raises ``SeriesError`` if nothing is left.

    ``is_spread``: heat was spread evenly between a coarse counter's steps; it may stand.
    """
    found = list(table.findings)
    time_s, heat, temp = _ordered(table, found)
    step_s = steps(time_s)
    # by time, not by rows: of days and hours in one table hours have most of the rows
    hourly = bool(np.average(step_s <= _HOURLY_S, weights=step_s) >= _HOURLY_SHARE)
    temp = _temperatures(time_s, temp, step_s, found)
    heat = _sentinels(time_s, heat, found)
    coarse = is_spread
    if not is_spread and is_counter(heat):
        heat, coarse = differences(time_s, heat, found)
    heat = _negatives(time_s, heat, found)
    heat = _absurd(time_s, heat, found)
    if not coarse:
        heat = _stuck(time_s, heat, step_s, found)
        heat = _outages(time_s, heat, temp, step_s, found)
    if np.isnan(heat).all():
        hint = "Die Spalte heat enthält keine Werte, die zu brauchen sind."
        raise SeriesError("no heat value is left", hint=hint, findings=found)
    return Values(time_s, heat, temp, step_s, hourly and not coarse, tuple(found))


def _note(found: list[Finding], rule: Rule, bad: Bools, time_s: Ints, text: str) -> None:
    if bad.any():
        found.append(Finding(rule, int(bad.sum()), text, instant(float(time_s[bad][0]))))


def _ordered(table: Table, found: list[Finding]) -> tuple[Ints, Floats, Floats]:
    time_s = table.time_s
    back = np.r_[False, np.diff(time_s) < 0]
    _note(found, Rule.UNSORTED, back, time_s, "Zeilen nicht in der Folge der Zeit: sortiert")
    order = np.argsort(time_s, kind="stable")
    time_s, heat, temp = time_s[order], table.heat[order], table.temp_c[order]
    part = np.cumsum(np.r_[0, np.diff(time_s) > _STRAY_S])
    stray = part != np.bincount(part).argmax()
    _note(found, Rule.STRAY_TIME, stray, time_s, "Zeilen mit einer Zeit weit weg von allen anderen")
    time_s, heat, temp = time_s[~stray], heat[~stray], temp[~stray]
    again = np.r_[False, np.diff(time_s) == 0]
    if not again.any():
        return time_s, heat, temp
    before = np.flatnonzero(again) - 1
    alike = np.zeros(again.size, dtype=bool)
    alike[before + 1] = _same(heat[before], heat[before + 1]) & _same(
        temp[before], temp[before + 1]
    )
    _note(found, Rule.REPEATED, alike, time_s, "Zeilen, die sich wiederholen: eine behalten")
    other = again & ~alike
    text = "Zeilen mit derselben Zeit und anderem Wert: der letzte, der dasteht, gilt"
    _note(found, Rule.CONTRADICTORY, other, time_s, text)
    last = np.r_[np.diff(time_s) != 0, True]
    return time_s[last], _last_known(heat, again)[last], _last_known(temp, again)[last]


def _last_known(values: Floats, again: Bools) -> Floats:
    """Return at each row the last known value of the rows up to it that share its time."""
    index = np.arange(values.size)
    begin = np.maximum.accumulate(np.where(again, 0, index))
    known = np.maximum.accumulate(np.where(np.isnan(values), -1, index))
    return np.where(known >= begin, values[known], np.nan)


def _same(one: Floats, other: Floats) -> Bools:
    found: Bools = (one == other) | (np.isnan(one) & np.isnan(other))
    return found


def steps(time_s: Ints) -> Ints:
    """Return how far apart rows usually are around each: a meter may have been set to another step.

    The median of a day's distances, of which the median over the days around it.
    """
    if time_s.size < 2:
        return np.full(time_s.size, HOUR_S)
    _, place = np.unique(time_s[:-1] // DAY_S, return_inverse=True)
    order = np.lexsort((np.diff(time_s), place))
    apart = np.diff(time_s)[order]
    ends = np.cumsum(np.bincount(place))
    middle = apart[(np.r_[0, ends[:-1]] + ends) // 2]
    around = np.pad(middle, _AROUND_DAYS, mode="edge")
    usual = np.median(np.lib.stride_tricks.sliding_window_view(around, 2 * _AROUND_DAYS + 1), 1)
    found: Ints = np.maximum(usual[np.r_[place, place[-1]]], 1).astype(np.int64)
    return found


def _temperatures(time_s: Ints, temp: Floats, step_s: Ints, found: list[Finding]) -> Floats:
    with np.errstate(invalid="ignore"):
        bad = (temp < COLDEST_C) | (temp > WARMEST_C)
    text = f"Temperaturen unter {COLDEST_C:.0f} oder über {WARMEST_C:.0f} °C gelten als fehlend"
    _note(found, Rule.TEMP_ABSURD, bad, time_s, text)
    temp = np.where(bad, np.nan, temp)
    run, length = _runs(temp, step_s)
    usual = min(_UNUSUAL * float(np.quantile(length, _USUAL_QUANTILE)), _LONGEST_S)
    least = max(_TEMP_STUCK_S * max(1.0, _resolution(temp) / _FINE_K), usual)
    stuck = (length[run] >= least) & ~np.isnan(temp)
    text = "Temperaturen, die 36 h und länger als sonst je stehen: gelten als fehlend"
    _note(found, Rule.TEMP_STUCK, stuck, time_s, text)
    return np.where(stuck, np.nan, temp)


def _runs(values: Floats, step_s: Ints) -> tuple[Ints, Floats]:
    """Return the number of each value's run of like values, and how long each run is, s.

    Rows farther apart than hours last no time: of days, two alike say nothing.
    """
    run = np.cumsum(np.r_[True, values[1:] != values[:-1]]) - 1
    length = np.bincount(run, np.where(step_s <= _HOURLY_S, step_s, 0))
    return run.astype(np.int64), length.astype(np.float64)


def _resolution(values: Floats) -> float:
    """Return the steps in which a meter counts; 0 where nothing shows them."""
    gaps = np.diff(np.unique(values[~np.isnan(values)]))
    return float(np.quantile(gaps, 0.1)) if gaps.size else 0.0


def _sentinels(time_s: Ints, heat: Floats, found: list[Finding]) -> Floats:
    """Drop what stands for "no value", where all others are far below: 9999 may be a value."""
    is_code = np.isin(np.abs(heat), SENTINELS)
    others = heat[~is_code & (heat > 0)]
    limit = 5 * np.quantile(others, 0.9) if others.size else 0.0
    bad = is_code & (np.abs(heat) > limit)
    _note(found, Rule.SENTINEL, bad, time_s, "Werte, die „kein Wert“ bedeuten (etwa 99999)")
    return np.where(bad, np.nan, heat)


def _negatives(time_s: Ints, heat: Floats, found: list[Finding]) -> Floats:
    with np.errstate(invalid="ignore"):
        negative = heat < 0
    if not negative.any():
        return heat
    small = _ROUNDING * float(np.nanmedian(np.abs(heat)))
    rounded = negative & (np.abs(heat) <= small)
    _note(found, Rule.ROUNDED_NEGATIVE, rounded, time_s, "knapp negative Werte: auf null gesetzt")
    bad = negative & ~rounded
    _note(
        found, Rule.NEGATIVE, bad, time_s, "negative Werte (Zähler getauscht?): gelten als fehlend"
    )
    return np.where(bad, np.nan, np.where(rounded, 0.0, heat))


def _absurd(time_s: Ints, heat: Floats, found: list[Finding]) -> Floats:
    positive = heat[heat > 0]
    if positive.size == 0:
        return heat
    limit = max(8 * np.quantile(positive, 0.9), 3 * np.quantile(positive, 0.995))
    with np.errstate(invalid="ignore"):
        bad = heat > limit
    _note(found, Rule.ABSURD, bad, time_s, f"Werte über {limit:.6g}, dem Mehrfachen aller anderen")
    return np.where(bad, np.nan, heat)


def _stuck(time_s: Ints, heat: Floats, step_s: Ints, found: list[Finding]) -> Floats:
    # a load of few steps of the meter stands long: 1 kWh an hour may be all summer's
    with np.errstate(divide="ignore", invalid="ignore"):
        coarse = np.maximum(1.0, _FEW_STEPS * _resolution(heat) / np.abs(heat))
    run, length = _runs(heat, step_s)
    stuck = (length[run] >= _STUCK_S * coarse) & ~np.isnan(heat) & (heat != 0)
    _note(found, Rule.STUCK, stuck, time_s, "Werte, die zwei Tage stehen (Zähler steht?)")
    return np.where(stuck, np.nan, heat)


def _outages(
    time_s: Ints, heat: Floats, temp: Floats, step_s: Ints, found: list[Finding]
) -> Floats:
    """Drop zeros of a day and longer in the cold, where the house otherwise heats.

    A summer of zeros stays, as does a house that is often off in the cold.
    """
    if np.isnan(temp).all():
        return heat
    with np.errstate(invalid="ignore"):
        cold = temp < np.nanquantile(temp, _COLD_QUANTILE)
    run, length = _runs(heat, step_s)
    off = (length[run] >= _OUTAGE_S) & (heat == 0) & cold
    known = cold & ~np.isnan(heat)
    if off.sum() > 0.1 * known.sum():
        return heat
    _note(found, Rule.OUTAGE, off, time_s, "Nullen über einen Tag in der Kälte (Ausfall)")
    return np.where(off, np.nan, heat)
