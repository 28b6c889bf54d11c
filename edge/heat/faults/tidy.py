"""From a table with flow, return, volume and cooling to whole hours. Nothing is dropped silently.

What stands still stays: that is what a rule looks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from edge.heat.faults.operation import Operation
from edge.heat.forecast.clean import COLDEST_C, HOUR_S, SENTINELS, WARMEST_C, steps
from edge.heat.forecast.counter import differences, is_counter
from edge.heat.forecast.findings import Finding, Rule, SeriesError
from edge.heat.forecast.table import Bools, Columns, Floats, Ints, instant, read_columns

OPTIONAL = ("volume", "flow_c", "return_c", "cooling", "temp_c")
MOST_HOURS = 20 * 8_784
_HOURLY_S = 4_500  # as in the forecast: a slow clock's hours
_WHOLE_HOUR = 0.5
_WITHIN = (
    ("flow_c", -20.0, 180.0),  # of water in a network
    ("return_c", -20.0, 180.0),
    ("temp_c", COLDEST_C, WARMEST_C),
)


def load(lines: Iterable[str], factor: float = 1.0) -> tuple[Operation, list[Finding]]:
    """Read a table; ``factor`` turns its heat and cooling into kW.

    :raises SeriesError: if nothing of it can be used.
    """
    return operation(read_columns(lines, ("heat",), OPTIONAL), factor)


def operation(columns: Columns, factor: float = 1.0) -> tuple[Operation, list[Finding]]:
    """Return hours of a table's columns, and what was found in it.

    :raises SeriesError: if rows are farther apart than an hour, or no heat is left.
    """
    found = list(columns.findings)
    time_s, values = _ordered(columns, found)
    step_s = steps(time_s)
    if float(np.median(step_s)) > _HOURLY_S:
        hint = "Fehler im Betrieb zeigen sich in Stunden: bitte stündliche Werte oder feinere."
        raise SeriesError("rows are farther apart than an hour", hint=hint, findings=found)
    first, last = int(time_s[0]) // HOUR_S, int(time_s[-1]) // HOUR_S
    if last - first >= MOST_HOURS:
        hint = "Die Zeiten liegen mehr als 20 Jahre auseinander: stimmen sie alle?"
        raise SeriesError("times are more than 20 years apart", hint=hint, findings=found)
    leap, heat_step, is_spread = np.zeros(last - first + 1), 0.0, False
    for name in ("heat", "volume", "cooling"):
        if name not in values:
            continue
        told = values[name]
        is_whole = is_counter(told)
        rate, coarse = differences(time_s, told, found) if is_whole else (told, False)
        values[name] = _plausible(name, rate, time_s, found)
        if name == "heat":
            # a counter's step falls in one hour; of power a step is what it is
            heat_step, is_spread = _step(told) * factor, bool(coarse)
            caught = np.isnan(values[name]) & (rate > 0) & is_whole
            kwh = rate * np.r_[np.diff(time_s), step_s[-1]] / HOUR_S * factor
            np.add.at(leap, time_s[caught] // HOUR_S - first, kwh[caught])
    for name, low, high in _WITHIN:
        if name in values:
            values[name] = _within(values[name], (name, low, high), time_s, found)
    least = np.ones(last - first + 1)
    least[time_s // HOUR_S - first] = _WHOLE_HOUR * np.maximum(1, np.round(HOUR_S / step_s))
    nothing = np.full(time_s.size, np.nan)

    def hourly(name: str) -> Floats:
        return _means(time_s // HOUR_S - first, values.get(name, nothing), least)

    heat = hourly("heat") * factor
    if np.isnan(heat).all():
        hint = "Die Spalte heat enthält keine Werte, die zu brauchen sind."
        raise SeriesError("no heat value is left", hint=hint, findings=found)
    return Operation(
        first,
        heat,
        hourly("volume"),
        hourly("flow_c"),
        hourly("return_c"),
        hourly("cooling") * factor,
        hourly("temp_c"),
        leap,
        heat_step,
        is_spread,
    ), found


def _ordered(columns: Columns, found: list[Finding]) -> tuple[Ints, dict[str, Floats]]:
    """Return rows by time, one a time: the last value that stands there counts, in each column."""
    time_s = columns.time_s
    back = int((np.diff(time_s) < 0).sum())
    if back:
        found.append(Finding(Rule.UNSORTED, back, "Zeilen nicht in der Folge der Zeit: sortiert"))
    order = np.argsort(time_s, kind="stable")
    alone, begin = np.unique(time_s[order], return_index=True)
    again = time_s.size - alone.size
    if again:
        text = "Zeilen mit derselben Zeit: je Spalte gilt der letzte Wert, der dasteht"
        found.append(Finding(Rule.REPEATED, again, text))
    values = {}
    for name, column in columns.values.items():
        rows = column[order]
        known = np.maximum.accumulate(np.where(np.isnan(rows), -1, np.arange(rows.size)))
        last = known[np.r_[begin[1:], rows.size] - 1]
        values[name] = np.where(last >= begin, rows[last], np.nan)
    return alone, values


def _step(values: Floats) -> float:
    gaps = np.diff(np.unique(values[~np.isnan(values)]))
    return float(np.quantile(gaps, 0.1)) if gaps.size else 0.0


def _plausible(name: str, values: Floats, time_s: Ints, found: list[Finding]) -> Floats:
    """Drop what stands for no value, what is below 0, and the multiple of all else."""
    with np.errstate(invalid="ignore"):
        bad = (values < 0) | (values > most_of(values))
    text = f"Werte in {name} unter 0 oder über dem Mehrfachen aller anderen: gelten als fehlend"
    _note(found, Rule.ABSURD, bad, time_s, text)
    return np.where(bad, np.nan, values)


def most_of(values: Floats) -> float:
    """Return the limit beyond which a value is the multiple of all else."""
    others = values[(values > 0) & ~np.isin(values, SENTINELS)]
    if not others.size:
        return np.inf
    return float(max(8 * np.quantile(others, 0.9), 3 * np.quantile(others, 0.995)))


def _within(
    values: Floats, bounds: tuple[str, float, float], time_s: Ints, found: list[Finding]
) -> Floats:
    name, low, high = bounds
    with np.errstate(invalid="ignore"):
        bad = (values < low) | (values > high)
    text = f"Temperaturen in {name} unter {low:.0f} oder über {high:.0f} °C gelten als fehlend"
    _note(found, Rule.TEMP_ABSURD, bad, time_s, text)
    return np.where(bad, np.nan, values)


def _note(found: list[Finding], rule: Rule, bad: Bools, time_s: Ints, text: str) -> None:
    if bad.any():
        found.append(Finding(rule, int(bad.sum()), text, instant(float(time_s[bad][0]))))


def _means(place: Ints, values: Floats, least: Sequence[float] | Floats) -> Floats:
    known = ~np.isnan(values)
    count = np.bincount(place[known], minlength=len(least))
    total = np.bincount(place[known], values[known], len(least))
    found: Floats = np.where(count >= np.maximum(least, 1.0), total / np.maximum(count, 1), np.nan)
    return found
