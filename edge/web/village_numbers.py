"""The village in numbers: what was published, in pictures, one plain sentence each, and tables.

Every number is of a snapshot that the auditor passed (:mod:`edge.publish.served`). What is not
published is not there, and the page says so; nothing is filled in from the hub's own stores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from babel.dates import format_skeleton

from edge.publish.served import Air, Heat, HubDay, PublicDate, Season, Served, WarmDay
from edge.web import words
from edge.web.heat import kwh_words, plain_scale, plain_top
from edge.web.locales import locale_of
from edge.web.tongue import say, say_count, spoken
from edge.web.weather import degrees_around

HEAT_DAYS = 28
AIR_DAYS = 7
DRAWN_SENSORS = 4  # more are told in a line each: nobody looks at ten alike
SEASONS = 6
DATES = 6
# Drawing units; the page scales them to its width.
BAR, GAP, HEIGHT = 30, 10, 300
HOUR, WARMTH = 4, 200
STRIP = 1000
FULL = 100


@dataclass(frozen=True, slots=True)
class Bar:
    """A day's heat. ``whole``: all of it was measured."""

    x: int
    y: int
    height: int
    whole: bool


@dataclass(frozen=True, slots=True)
class HeatPicture:
    """Heat of days. ``buildings`` are empty where there is one alone: the sentence names it."""

    sentence: str
    bars: tuple[Bar, ...]
    scale: tuple[str, ...]
    axis: tuple[str, ...]
    rows: tuple[tuple[str, str], ...]
    buildings: tuple[tuple[str, str], ...]
    note: str

    @property
    def width(self) -> int:
        """Of the drawing."""
        return HEAT_DAYS * (BAR + GAP) - GAP

    @property
    def height(self) -> int:
        """Of the drawing."""
        return HEIGHT


@dataclass(frozen=True, slots=True)
class AirPicture:
    """One sensor's temperature. ``lines`` are points of polylines, none where it is not drawn."""

    name: str
    sentence: str
    lines: tuple[str, ...]
    scale: tuple[str, ...]
    axis: tuple[str, ...]
    rows: tuple[tuple[str, str, str], ...]

    @property
    def width(self) -> int:
        """Of the drawing."""
        return (AIR_DAYS * 24 - 1) * HOUR

    @property
    def midnights(self) -> range:
        """Where a new day begins in the drawing."""
        return range(24 * HOUR, AIR_DAYS * 24 * HOUR, 24 * HOUR)

    @property
    def height(self) -> int:
        """Of the drawing."""
        return WARMTH


@dataclass(frozen=True, slots=True)
class Strip:
    """A half-year's visits: its name, what is said of it, and how long its bar is."""

    name: str
    said: str
    length: int


@dataclass(frozen=True, slots=True)
class LearningPicture:
    """The learning point, the newest half-year first."""

    sentence: str
    strips: tuple[Strip, ...]
    rows: tuple[tuple[str, str, str, str], ...]

    @property
    def width(self) -> int:
        """Of the drawing of a strip."""
        return STRIP


@dataclass(frozen=True, slots=True)
class DatesPicture:
    """What takes place next: when, what, where."""

    sentence: str
    lines: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class HubPicture:
    """How the hub itself was; a bar is dashed where it did not live all day."""

    sentence: str
    bars: tuple[Bar, ...]
    axis: tuple[str, ...]
    rows: tuple[tuple[str, str, str], ...]
    note: str

    @property
    def scale(self) -> tuple[str, ...]:
        """Percent, from above."""
        return ("100", "50", "0")

    @property
    def width(self) -> int:
        """Of the drawing."""
        return HEAT_DAYS * (BAR + GAP) - GAP

    @property
    def height(self) -> int:
        """Of the drawing."""
        return HEIGHT


@dataclass(frozen=True, slots=True)
class VillageNumbers:
    """What the page shows; None, or empty, where nothing is published."""

    heat: HeatPicture | None
    air: tuple[AirPicture, ...]
    learning: LearningPicture | None
    dates: DatesPicture | None
    hub: HubPicture | None


def gather(served: Served, now: datetime | None) -> VillageNumbers:
    """Return the pictures. ``now`` is aware, None while the clock is not set."""
    heat = served.heat(HEAT_DAYS)
    air = served.air(AIR_DAYS)
    last = max((one.hours[-1].local.date() for one in air), default=date.min)
    seasons = served.seasons(SEASONS)
    hub = served.hub(HEAT_DAYS)
    dates = served.dates(now, DATES) if now else ()
    return VillageNumbers(
        heat=_heat(heat) if heat else None,
        air=tuple(_air(one, last, drawn=n < DRAWN_SENSORS) for n, one in enumerate(air)),
        learning=_learning(seasons) if seasons else None,
        dates=_dates(dates) if dates else None,
        hub=_hub(hub) if hub else None,
    )


def _heat(heat: Heat) -> HeatPicture:
    last = heat.days[-1].day
    first = last - timedelta(days=HEAT_DAYS - 1)
    top = plain_top(max(one.kwh for one in heat.days))
    whole = all(one.whole for one in heat.days) and len(heat.days) == HEAT_DAYS
    return HeatPicture(
        sentence=_heat_sentence(heat, last),
        bars=tuple(_bar(one, first, top) for one in heat.days),
        scale=plain_scale(top),
        axis=tuple(words.short_day(first + timedelta(days=n)) for n in range(0, HEAT_DAYS, 7)),
        rows=tuple(
            (words.date(one.day), kwh_words(one.kwh, whole=one.whole))
            for one in reversed(heat.days)
        ),
        buildings=tuple((name, kwh_words(kwh, whole=True)) for name, kwh in heat.buildings)
        if len(heat.buildings) > 1
        else (),
        note=""
        if whole
        else say("Gestrichelt oder leer: An diesem Tag fehlen Messwerte, oder er läuft noch."),
    )


def _heat_sentence(heat: Heat, last: date) -> str:
    most = max(heat.days, key=lambda one: one.kwh)
    parts = {
        "day": words.date(last),
        "kwh": words.amount(sum(one.kwh for one in heat.days)),
        "most": words.date(most.day),
        "peak": words.amount(most.kwh),
    }
    if len(heat.buildings) == 1:
        return say(
            "{name}: in vier Wochen bis {day} {kwh} kWh Wärme, am meisten am {most} ({peak} kWh).",
            name=heat.buildings[0][0],
            **parts,
        )
    return say(
        "{count} Häuser der Gemeinde: in vier Wochen bis {day} zusammen {kwh} kWh Wärme,"
        " am meisten am {most} ({peak} kWh).",
        count=len(heat.buildings),
        **parts,
    )


def _bar(one: WarmDay, first: date, top: float) -> Bar:
    height = max(round(one.kwh / top * HEIGHT), 2)
    return Bar((one.day - first).days * (BAR + GAP), HEIGHT - height, height, one.whole)


def _air(air: Air, last: date, *, drawn: bool) -> AirPicture:
    known = [(one.local, one.degc) for one in air.hours if one.degc is not None]
    degrees = [degc for _, degc in known]
    low, high = min(degrees), max(degrees)
    top, bottom = degrees_around(low, high)
    first = last - timedelta(days=AIR_DAYS - 1)
    days = [first + timedelta(days=n) for n in range(AIR_DAYS)]
    at, newest = known[-1]
    return AirPicture(
        name=air.name if air.name == air.place else f"{air.name}, {air.place}",
        sentence=say(
            "Zuletzt {degc} °C ({when} Uhr), in diesen sieben Tagen von {low} bis {high} °C.",
            degc=words.number(newest),
            when=f"{words.date(at)}, {words.clock_time(at)}",
            low=words.number(low),
            high=words.number(high),
        ),
        lines=_lines(known, first, top, bottom) if drawn else (),
        scale=tuple(words.number(one) for one in (top, (top + bottom) / 2, bottom)),
        axis=tuple(_weekday(day) for day in days),
        rows=tuple(_air_row(air, day) for day in reversed(days)),
    )


def _lines(
    known: Sequence[tuple[datetime, float]], first: date, top: int, bottom: int
) -> tuple[str, ...]:
    """Return lines by the clock on the wall; an hour that nobody measured parts them."""
    lines: list[list[str]] = []
    before = None
    for at, degc in known:
        hour = (at.date() - first).days * 24 + at.hour
        if hour == before:
            continue  # the clock was put back: the first of the two hours stands
        if before is None or hour > before + (2 if _clock_forward(at) else 1):
            lines.append([])
        before = hour
        lines[-1].append(f"{hour * HOUR},{WARMTH * (top - degc) / (top - bottom):.0f}")
    # an hour alone is drawn as long as an hour
    return tuple(
        " ".join(points if len(points) > 1 else [points[0], _beside(points[0])]) for points in lines
    )


def _clock_forward(at: datetime) -> bool:
    """Say whether the hour before this one was skipped in spring."""
    there = words.local(round(at.timestamp() * 1000) - 3_600_000)
    return there.utcoffset() != at.utcoffset() and there.hour == at.hour - 2


def _beside(point: str) -> str:
    x, y = point.split(",")
    return f"{int(x) + HOUR},{y}"


def _air_row(air: Air, day: date) -> tuple[str, str, str]:
    mine = [one for one in air.hours if one.local.date() == day]
    degrees = [one.degc for one in mine if one.degc is not None]
    damp = [one.percent for one in mine if one.percent is not None]
    return (
        words.date(day),
        say("{low} bis {high} °C", low=words.number(min(degrees)), high=words.number(max(degrees)))
        if degrees
        else say("unbekannt"),
        say("{percent} %", percent=words.number(sum(damp) / len(damp)))
        if damp
        else say("unbekannt"),
    )


def _learning(seasons: Sequence[Season]) -> LearningPicture:
    newest = seasons[0]
    most = max(1, *(one.visits for one in seasons))
    return LearningPicture(
        sentence=say(
            "{season}: {visits} Besuche. Kurse: {courses}, Termine: {meetings}.",
            season=newest.name,
            courses=words.number(newest.courses),
            meetings=words.number(newest.meetings),
            visits=words.number(newest.visits),
        ),
        strips=tuple(
            Strip(
                one.name,
                say_count("{count} Besuch", "{count} Besuche", one.visits),
                round(one.visits / most * STRIP),
            )
            for one in seasons
        ),
        rows=tuple(
            (
                one.name,
                words.number(one.courses),
                words.number(one.meetings),
                words.number(one.visits),
            )
            for one in seasons
        ),
    )


def _hub(days: Sequence[HubDay]) -> HubPicture:
    last = days[-1].day
    first = last - timedelta(days=HEAT_DAYS - 1)
    whole = all(one.percent == FULL for one in days)
    lived = sum(one.percent for one in days) // len(days)
    parts = {
        "first": words.date(days[0].day),
        "last": words.date(last),
        "starts": _starts(
            sum(one.starts for one in days), or_more=any(one.or_more for one in days)
        ),
    }
    return HubPicture(
        sentence=say("Vom {first} bis {last} lief der Hub immer. Neustarts: {starts}.", **parts)
        if whole
        else say(
            "Vom {first} bis {last} lief der Hub mindestens {percent} % der Zeit."
            " Neustarts: {starts}.",
            percent=words.number(lived),
            **parts,
        ),
        bars=tuple(
            Bar(
                (one.day - first).days * (BAR + GAP),
                HEIGHT - (height := max(one.percent * HEIGHT // FULL, 2)),
                height,
                one.percent == FULL,
            )
            for one in days
        ),
        axis=tuple(words.short_day(first + timedelta(days=n)) for n in range(0, HEAT_DAYS, 7)),
        rows=tuple(
            (
                words.date(one.day),
                say("{percent} %", percent=words.number(one.percent))
                if one.percent == FULL
                else say("mindestens {percent} %", percent=words.number(one.percent)),
                _starts(one.starts, or_more=one.or_more),
            )
            for one in reversed(days)
        ),
        note="" if whole else say("Gestrichelt: An diesem Tag lief der Hub nicht die ganze Zeit."),
    )


def _starts(count: int, *, or_more: bool) -> str:
    number = words.number(count)
    return say("mindestens {number}", number=number) if or_more else number


def _dates(dates: Sequence[PublicDate]) -> DatesPicture:
    return DatesPicture(
        sentence=say(
            "Als Nächstes: {title}, {date}.",
            title=dates[0].title,
            date=words.date(dates[0].local),
        ),
        lines=tuple((_when(one.local), one.title, one.place) for one in dates),
    )


def _when(at: datetime) -> str:
    return say("{date}, {time} Uhr", date=words.date(at), time=words.clock_time(at))


def _weekday(day: date) -> str:
    return str(format_skeleton("EEE", day, locale=locale_of(spoken().code))).rstrip(".")
