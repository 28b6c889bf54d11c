"""The hall's heat meter as the page shows it: a drawing, a table and one plain sentence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.publish.counter import HOUR_MS, Covered, Limits, between, by_hour, without_glitches
from edge.store.village_rows import MeterRow
from edge.web.tongue import say
from edge.web.words import amount, clock_time, local, number

HOURS = 24
# What of an hour must be measured for its bar to stand for it.
WHOLE = 0.98
# What of today and of yesterday must be measured to compare them.
ENOUGH = 0.95
# Both numbers carry a step of the counter: below this difference there is none to speak of.
ALIKE = 0.05
MUCH = 0.25
# A comparison right after midnight, or of a building that was cold, says nothing.
LEAST_TIME = timedelta(hours=1)
LEAST_KWH = 2.0
# Drawing units; the page scales them to its width.
BAR_WIDTH, BAR_GAP, HEIGHT = 30, 10, 300
# What the chart may end at, times a power of ten: its half is a plain number too.
_TOPS = (1, 1.2, 1.6, 2, 3, 4, 6, 8, 10)
LEAST_TOP_KWH = 1.0  # below, the counter's own steps would look like mountains
# A reading older than this is not "now".
FRESH = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour. ``kwh`` is None where nothing was measured; ``whole``: all of it was.

    ``x``, ``y`` and ``height`` are drawing units, from the top left.
    """

    label: str
    kwh: float | None
    whole: bool
    running: bool
    x: int
    y: int
    height: int

    @property
    def words(self) -> str:
        """What the bar says, for those who do not see it."""
        if self.kwh is None:
            return say("nicht gemessen")
        if self.running and not self.whole:
            return say("{kwh} kWh bisher", kwh=amount(self.kwh))
        return kwh_words(self.kwh, whole=self.whole)


@dataclass(frozen=True, slots=True)
class HeatView:
    """One meter. ``power_kw`` and temperatures are None where unknown or older than an hour."""

    name: str
    place: str
    bars: tuple[Bar, ...]
    scale: tuple[str, ...]  # kWh at the gridlines: top, middle, floor
    measured: bool
    summary: str
    sentence: str
    newest_at: int | None
    power_kw: float | None
    flow_degc: float | None
    return_degc: float | None

    @property
    def width(self) -> int:
        """Of the drawing."""
        return HOURS * (BAR_WIDTH + BAR_GAP) - BAR_GAP

    @property
    def height(self) -> int:
        """Of the drawing."""
        return HEIGHT


def kwh_words(kwh: float, *, whole: bool) -> str:
    """Return an energy in words; ``whole``: all of its time was measured."""
    said = amount(kwh)
    return say("{kwh} kWh", kwh=said) if whole else say("{kwh} kWh (unvollständig)", kwh=said)


def first_moment(now: datetime) -> int:
    """Return from when on readings are needed, ms since 1970: yesterday's midnight, and a bit."""
    midnight = _midnight(now) - timedelta(days=1)
    return _ms(midnight) - 2 * HOUR_MS


def heat_view(
    name: str, place: str, rows: Sequence[MeterRow], limits: Limits, now: datetime
) -> HeatView:
    """Return the view of one meter's ``rows`` (oldest first, from :func:`first_moment` on).

    ``now`` is local time.
    """
    energy = without_glitches(
        [(row.observed_at, row.energy_kwh) for row in rows if row.energy_kwh is not None]
    )
    hours = _hours(energy, limits, now)
    top = plain_top(max((hour.energy_kwh for _, hour in hours), default=0.0))
    bars = _bars(hours, top, now)
    newest = rows[-1] if rows else None
    fresh = newest is not None and now - local(newest.observed_at) <= FRESH
    return HeatView(
        name=name,
        place=place,
        bars=bars,
        scale=plain_scale(top),
        measured=any(bar.kwh is not None for bar in bars),
        summary=_summary(bars),
        sentence=_sentence(energy, limits, now),
        newest_at=newest.observed_at if newest else None,
        power_kw=newest.power_kw if newest and fresh else None,
        flow_degc=newest.flow_temperature_degc if newest and fresh else None,
        return_degc=newest.return_temperature_degc if newest and fresh else None,
    )


def _hours(
    energy: Sequence[tuple[int, float]], limits: Limits, now: datetime
) -> list[tuple[int, Covered]]:
    """Return the last 24 hours by their start, ms since 1970; the last one still runs."""
    running = _ms(now) // HOUR_MS * HOUR_MS
    starts = (running - back * HOUR_MS for back in range(HOURS - 1, -1, -1))
    known = by_hour(energy, limits)
    return [(start, known.get(start, Covered())) for start in starts]


def plain_top(highest_kwh: float) -> float:
    """Return the least plain number that no bar exceeds."""
    highest_kwh = max(highest_kwh, LEAST_TOP_KWH)
    power = 10.0 ** math.floor(math.log10(highest_kwh))
    return next(round(one * power, 1) for one in _TOPS if one * power >= highest_kwh * (1 - 1e-9))


def plain_scale(top: float) -> tuple[str, ...]:
    """Return the numbers at the top, the middle and the floor of a drawing."""
    digits = 0 if (top / 2).is_integer() else 1
    return number(top, digits), number(top / 2, digits), "0"


def _bars(hours: Sequence[tuple[int, Covered]], top: float, now: datetime) -> tuple[Bar, ...]:
    bars = []
    for place, (start, hour) in enumerate(hours):
        share = hour.energy_kwh / top if hour.covered_ms else 0.0
        height = max(round(share * HEIGHT), 2 if hour.covered_ms else 0)
        bars.append(
            Bar(
                label=say("{hour} Uhr", hour=local(start).hour),
                kwh=hour.energy_kwh if hour.covered_ms else None,
                whole=hour.covered_ms >= WHOLE * HOUR_MS,
                running=start <= _ms(now) < start + HOUR_MS,
                x=place * (BAR_WIDTH + BAR_GAP),
                y=HEIGHT - height,
                height=height,
            )
        )
    return tuple(bars)


def _summary(bars: Sequence[Bar]) -> str:
    measured = [bar for bar in bars if bar.kwh is not None]
    if not measured:
        return say("In den letzten 24 Stunden wurde nichts gemessen.")
    total = sum(bar.kwh or 0.0 for bar in measured)
    highest = max(measured, key=lambda bar: bar.kwh or 0.0)
    gaps = len(bars) - sum(bar.whole or (bar.running and bar.kwh is not None) for bar in bars)
    said = say(
        "In den letzten 24 Stunden {kwh} kWh, am meisten ab {hour} ({most} kWh).",
        kwh=amount(total),
        hour=highest.label,
        most=amount(highest.kwh or 0.0),
    )
    if not gaps:
        return said
    missing = say("In {gaps} von {all} Stunden fehlen Messwerte.", gaps=gaps, all=len(bars))
    return f"{said} {missing}"


def _sentence(energy: Sequence[tuple[int, float]], limits: Limits, now: datetime) -> str:
    midnight = _midnight(now)
    today = between(energy, _ms(midnight), _ms(now), limits)
    if not today.covered_ms:
        return say("Von heute liegen noch keine Messungen vor.")
    kwh = amount(today.energy_kwh)
    # The newest reading is minutes old: compare the time up to there with yesterday's.
    until = min(local(energy[-1][0]), now)
    lasted = until - midnight
    before = midnight - timedelta(days=1)
    yesterday = between(energy, _ms(before), _ms(until - timedelta(days=1)), limits)
    enough = (
        lasted >= LEAST_TIME
        and today.covered_ms >= ENOUGH * (_ms(until) - _ms(midnight))
        and yesterday.covered_ms >= ENOUGH * (_ms(until - timedelta(days=1)) - _ms(before))
        and max(today.energy_kwh, yesterday.energy_kwh) >= LEAST_KWH
    )
    if not enough:
        first = next(at for at, _ in energy if at >= _ms(midnight) or at == energy[-1][0])
        whole = today.covered_ms >= ENOUGH * (_ms(until) - _ms(midnight))
        if whole:
            return say("Heute bisher {kwh} kWh Wärme.", kwh=kwh)
        since = clock_time(local(first))
        return say("Heute bisher {kwh} kWh Wärme, gemessen ab {time} Uhr.", kwh=kwh, time=since)
    compared = _compared(today.energy_kwh, yesterday.energy_kwh)
    return say("Heute bisher {kwh} kWh Wärme – {compared}.", kwh=kwh, compared=compared)


def _compared(today: float, yesterday: float) -> str:
    difference = (today - yesterday) / max(today, yesterday)
    if abs(difference) <= ALIKE:
        return say("etwa so viel wie gestern um diese Zeit")
    then = amount(yesterday)
    if difference > 0:
        if difference > MUCH:
            return say("deutlich mehr als gestern um diese Zeit ({kwh} kWh)", kwh=then)
        return say("etwas mehr als gestern um diese Zeit ({kwh} kWh)", kwh=then)
    if difference < -MUCH:
        return say("deutlich weniger als gestern um diese Zeit ({kwh} kWh)", kwh=then)
    return say("etwas weniger als gestern um diese Zeit ({kwh} kWh)", kwh=then)


def _midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
