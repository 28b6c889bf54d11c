"""Outdoor temperature where the sensor said nothing, and sensors that are hard to believe."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt

from edge.heat.forecast.findings import Finding, Rule
from edge.heat.forecast.table import Floats, Ints, instant

_BRIDGE_H = 6  # shorter gaps are a line between their ends
_FADE_DAYS = 3.0  # after which weather says little of what is usual and the season nearly all
_RIDGE = 5.0
_WINTER_MOST_C = 7.0  # no December to February of a German lowland was as warm as this
_WINTER_USUAL_C = 1.5  # mean of December to February, Germany 1991-2020 (DWD: 1.4)
_DAY_S = 86_400


def filled(
    temp_c: Floats,
    first_day: float,
    per_day: int,
    found: list[Finding],
    usual: Floats | None = None,
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return the series without gaps, and where it counts as measured.

    ``first_day`` days since 1970 of the first value. Gaps of up to six hours are bridged and count
    as measured. Longer ones are the season's usual temperature plus what weather there was at their
    ends, fading in three days; they are forecast from, never fitted on. ``usual`` is the season's
    where it is known, else it is learnt from the series. Without any temperature all is that, or 0,
    and nothing measured.
    """
    known = ~np.isnan(temp_c)
    if not known.any():
        found.append(Finding(Rule.TEMP_NONE, temp_c.size, "keine Temperatur: nur nach Kalender"))
        return np.zeros(temp_c.size) if usual is None else usual, known
    if known.all():
        return temp_c, known
    index = np.arange(temp_c.size)
    place = np.flatnonzero(known)
    before = np.maximum.accumulate(np.where(known, index, -1))
    after = np.minimum.accumulate(np.where(known, index, temp_c.size)[::-1])[::-1]
    inner = (before >= 0) & (after < temp_c.size)
    bridged = ~known & inner & (after - before - 1 <= _BRIDGE_H * per_day // 24)
    if usual is None:
        usual = _usual(temp_c, known, first_day, per_day)
    departure = np.where(known, temp_c - usual, 0.0)
    fade = _FADE_DAYS * per_day
    left = np.where(before >= 0, np.exp(-(index - before) / fade), 0.0)
    right = np.where(after < temp_c.size, np.exp(-(after - index) / fade), 0.0)
    weather = (
        left * departure[np.maximum(before, 0)]
        + right * departure[np.minimum(after, temp_c.size - 1)]
    ) / np.maximum(1.0, left + right)
    line = np.interp(index, place, temp_c[place])
    temp = np.where(known, temp_c, np.where(bridged, line, usual + weather))
    unit = "Stunden" if per_day > 1 else "Tage"
    for where, rule, text in (
        (bridged, Rule.TEMP_FILLED, f"{unit} ohne Temperatur in kurzen Lücken: überbrückt"),
        (~known & ~bridged, Rule.TEMP_GAP, f"{unit} ohne Temperatur: nach Jahreszeit geschätzt"),
    ):
        if where.any():
            day = first_day + float(np.flatnonzero(where)[0]) / per_day
            found.append(Finding(rule, int(where.sum()), text, instant(day * _DAY_S)))
    return temp, known | bridged


def doubt(ordinal: Ints, temp_c: Floats, found: list[Finding]) -> None:
    """Say when winters are warmer than winters are: the sensor hangs in the sun or at a wall.

    ``temp_c`` daily, NaN unknown. Nothing is changed: forecasts are fitted on the same sensor.
    """
    month = np.array([_month(int(day)) for day in ordinal])
    winter = np.isin(month, (12, 1, 2)) & ~np.isnan(temp_c)
    if winter.sum() < 60:
        return
    mean = float(temp_c[winter].mean())
    if mean > _WINTER_MOST_C:
        text = (
            f"Winter im Mittel {mean:.1f} °C, in Deutschland üblich {_WINTER_USUAL_C} °C: der "
            f"Fühler misst wohl etwa {mean - _WINTER_USUAL_C:.0f} K zu warm. Nichts geändert, die "
            "Prognose lernt an demselben Fühler"
        )
        found.append(Finding(Rule.TEMP_WARM, int(winter.sum()), text))


def _usual(temp_c: Floats, known: npt.NDArray[np.bool_], first_day: float, per_day: int) -> Floats:
    day = first_day + np.arange(temp_c.size) / per_day
    year, hour = 2 * np.pi * day / 365.25, 2 * np.pi * day
    columns = [np.ones(day.size), np.cos(year), np.sin(year), np.cos(2 * year), np.sin(2 * year)]
    if per_day > 1:
        for season in (1.0, np.cos(year), np.sin(year)):
            columns += [season * np.cos(hour), season * np.sin(hour)]
    design = np.stack(columns, 1)
    some = design[known]
    ridge = np.eye(design.shape[1]) * _RIDGE * per_day
    ridge[0, 0] = 1e-9
    found: Floats = design @ np.linalg.solve(some.T @ some + ridge, some.T @ temp_c[known])
    return found


def _month(ordinal: int) -> int:
    return date.fromordinal(ordinal).month
