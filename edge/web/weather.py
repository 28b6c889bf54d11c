"""The weather that the county sent, as pages show it: days, a drawing, a table, and how old it is.

Nothing is guessed: an hour without a value is a gap, a day without enough hours is left out, and
what has passed is not shown as what comes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from edge.clock import Clock
from edge.config import Config
from edge.store.errors import StoreError
from edge.store.shared import looking
from edge.store.village import VillageStore
from edge.store.village_county import Forecast, Normal
from edge.web import words
from edge.web.tongue import later, say
from hardware.reading import TimeQuality

HOUR_MS = 3_600_000
DAYS = 5
DRAWN_HOURS = 48
ENOUGH_HOURS = 18  # of a day to come: below, its lowest and highest are not the day's
OLD_MS = 36 * HOUR_MS  # the weather service makes four a day
STEP, HEIGHT = 20, 200  # drawing units


@dataclass(frozen=True, slots=True)
class Day:
    """One day: what it is called, what is expected, what is usual; sentences, or empty."""

    name: str
    expected: str
    rain: str
    usual: str


@dataclass(frozen=True, slots=True)
class Chart:
    """The drawing of the next hours. ``lines`` are points of polylines; ``scale`` from the top."""

    lines: tuple[str, ...]
    scale: tuple[str, ...]
    axis: tuple[str, ...]
    summary: str
    rows: tuple[tuple[str, str, str], ...]

    @property
    def width(self) -> int:
        """Of the drawing."""
        return (DRAWN_HOURS - 1) * STEP

    @property
    def height(self) -> int:
        """Of the drawing."""
        return HEIGHT


@dataclass(frozen=True, slots=True)
class Weather:
    """Everything a page shows. All of it may be empty; ``nothing`` then says why."""

    station: str = ""
    today: str = ""  # one line, for the board
    days: tuple[Day, ...] = ()
    is_forecast: bool = False  # else ``today`` is what is usual
    chart: Chart | None = None
    as_of: str = ""
    doubt: str = ""
    nothing: str = ""


def gather(config: Config, clock: Clock, *, today: bool = False) -> Weather:
    """Return the weather as of now; an unreadable database says so.

    ``today``: no more than a line about today, for the board.
    """
    stamp = clock.stamp()
    now_ms = stamp.wall_ms if stamp.quality is not TimeQuality.UNKNOWN else None
    try:
        with looking(config.hub.village_db) as village:
            station = village.chosen_station(config.web.weather_station)
            return _gather(village, station, now_ms, 1 if today else DAYS + 1)
    except StoreError as error:
        return Weather(nothing=error.hint or say("Die Daten des Dorfes sind gerade nicht lesbar."))


def _gather(village: VillageStore, station: str, now_ms: int | None, count: int) -> Weather:
    if not station:
        return Weather(nothing=say("Der Kreis hat noch kein Wetter für dieses Dorf geschickt."))
    if now_ms is None:
        return Weather(station=station, nothing=say(_NO_CLOCK))
    now = words.local(now_ms)
    coming = {_day_of_year(now.date() + timedelta(at)) for at in range(count + 1)}
    usual = {one.day: one for one in village.normals(station, coming)}
    first = now_ms // HOUR_MS * HOUR_MS
    hours = village.forecasts(station, first, first + count * 24 * HOUR_MS)
    hours = [one for one in hours if one.made_at <= now_ms]
    days = _days(hours, usual, now)
    normal = _usual(usual, now.date())
    if not any(one.temperature_degc is not None for one in hours):
        nothing = say("Es liegt keine Vorhersage für die nächsten Tage vor.")
        only = (Day(say("heute"), "", "", normal),) if normal else ()
        return Weather(station=station, days=only, nothing=nothing, today=normal)
    made = min(one.made_at for one in hours[:24])
    old = now_ms - made > OLD_MS
    return Weather(
        station=station,
        today=days[0].expected if days and days[0].name == say("heute") else "",
        is_forecast=True,
        days=days,
        chart=_chart([one for one in hours if one.valid_at < first + DRAWN_HOURS * HOUR_MS], first)
        if count > 1
        else None,
        as_of=say("Stand der Vorhersage: {when}.", when=words.ago(made, now)),
        doubt=say("Diese Vorhersage ist alt. Das Wetter kann anders werden.") if old else "",
    )


def degrees_around(low: float, high: float) -> tuple[int, int]:
    """Return plain degrees for the top and the bottom of a drawing; their middle is plain too."""
    bottom = math.floor(low / 5) * 5
    return bottom + max(math.ceil((high - bottom) / 10), 1) * 10, bottom


def _days(hours: Sequence[Forecast], usual: dict[int, Normal], now: datetime) -> tuple[Day, ...]:
    by_day: dict[date, list[Forecast]] = {}
    for one in hours:
        by_day.setdefault(words.local(one.valid_at).date(), []).append(one)
    found = []
    for day, its in sorted(by_day.items()):
        known = [one.temperature_degc for one in its if one.temperature_degc is not None]
        today = day == now.date()
        if not known or (not today and len(known) < ENOUGH_HOURS):
            continue
        name = say("heute") if today else words.date(words.local(its[0].valid_at))
        found.append(Day(name, _expected(known), _rain(its), _usual(usual, day)))
    return tuple(found[:DAYS])


def _expected(known: Sequence[float]) -> str:
    low, high = words.number(min(known)), words.number(max(known))
    if low == high:
        return say("{degc} °C", degc=low)
    return say("{low} bis {high} °C", low=low, high=high)


def _rain(hours: Sequence[Forecast]) -> str:
    known = [one.precipitation_mm for one in hours if one.precipitation_mm is not None]
    if len(known) < len(hours):
        return ""
    total = sum(known)
    if total < 0.05:
        return say("trocken")
    return say("{mm} mm Regen oder Schnee", mm=words.number(total, 1 if total < 10 else 0))


def _day_of_year(day: date) -> int:
    """Return a day as the county counts it: of a leap year."""
    return day.replace(year=2000).timetuple().tm_yday


def _usual(usual: dict[int, Normal], day: date) -> str:
    one = usual.get(_day_of_year(day))
    if one is None:
        return ""
    low, high, mean = one.temperature_low_degc, one.temperature_high_degc, one.temperature_degc
    if low is not None and high is not None:
        low_, high_ = words.number(low), words.number(high)
        return say("üblich sind {low} bis {high} °C", low=low_, high=high_)
    if mean is not None:
        return say("üblich sind {degc} °C", degc=words.number(mean))
    return ""


def _chart(hours: Sequence[Forecast], first: int) -> Chart:
    by_hour = {(one.valid_at - first) // HOUR_MS: one for one in hours}
    temperatures = {
        n: one.temperature_degc for n, one in by_hour.items() if one.temperature_degc is not None
    }
    low, high = min(temperatures.values()), max(temperatures.values())
    top, bottom = degrees_around(low, high)
    lines: list[list[str]] = [[]]
    for n in range(DRAWN_HOURS):
        if n not in temperatures:
            lines.append([])
            continue
        y = HEIGHT * (top - temperatures[n]) / (top - bottom)
        lines[-1].append(f"{n * STEP},{y:.0f}")
    warmest = max(temperatures, key=lambda n: (temperatures[n], -n))
    return Chart(
        lines=tuple(" ".join(points) for points in lines if len(points) > 1),
        scale=tuple(words.number(one, 0) for one in (top, (top + bottom) / 2, bottom)),
        axis=tuple(_hour(first + n * HOUR_MS) for n in range(0, DRAWN_HOURS, 12)),
        summary=say(
            "Von {low} bis {high} °C, am wärmsten {when}.",
            low=words.number(low),
            high=words.number(high),
            when=_moment(first + warmest * HOUR_MS),
        ),
        rows=tuple(_row(one) for one in hours),
    )


def _row(one: Forecast) -> tuple[str, str, str]:
    degc, rain = one.temperature_degc, one.precipitation_mm
    return (
        _moment(one.valid_at),
        say("unbekannt") if degc is None else say("{degc} °C", degc=words.number(degc)),
        say("unbekannt") if rain is None else say("{mm} mm", mm=words.number(rain, 1)),
    )


def _hour(at: int) -> str:
    return say("{hour} Uhr", hour=words.local(at).hour)


def _moment(at: int) -> str:
    then = words.local(at)
    return say("{day}, {time} Uhr", day=words.date(then), time=words.clock_time(then))


_NO_CLOCK = later("Die Uhr ist nicht gestellt. Deshalb ist unklar, welche Vorhersage heute gilt.")
