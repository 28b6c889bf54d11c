"""Words for times, numbers and states, in the tongue of the request; German outside of one.

What time it is now is an argument.
"""

from __future__ import annotations

from datetime import date as date_
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal

from edge.web.locales import locale_of
from edge.web.tongue import later, say, say_count, spoken
from hardware.reading import TimeQuality

ZONE = ZoneInfo("Europe/Berlin")

_DAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
_MONTHS = (
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
)
_PROFILES = {
    "1810": later("Blutdruckmessgerät"),
    "1808": later("Blutzuckermessgerät"),
    "181d": later("Waage"),
}
_PARTS = {
    "web": later("Diese Anzeige"),
    "collector": later("Sammeln der Messwerte"),
    "worker": later("Verarbeitung im Hintergrund"),
    "sync": later("Abgleich mit dem Kreis"),
    "datasette": later("Offene Daten"),
    "supervisor": later("Aufsicht"),
}
_CLOCK = {
    TimeQuality.SYNCHRONISED: later("Die Uhr geht genau."),
    TimeQuality.HELD: later("Die Uhr wurde gestellt und läuft seitdem frei."),
}


def local(at: int) -> datetime:
    """Return ms since 1970 as local time."""
    return datetime.fromtimestamp(at / 1000, ZONE)


def greeting(now: datetime) -> str:
    """Return `Guten Morgen`, `Guten Tag` or `Guten Abend`; ``now`` is local."""
    if 4 <= now.hour < 11:
        return say("Guten Morgen")
    return say("Guten Tag") if 11 <= now.hour < 18 else say("Guten Abend")


def date(moment: date_) -> str:
    """Return `Montag, 23. November 2026`."""
    if not spoken().is_german:
        return format_date(moment, "full", locale=locale_of(spoken().code))
    return f"{_DAYS[moment.weekday()]}, {moment.day}. {_MONTHS[moment.month - 1]} {moment.year}"


def short_day(day: date_) -> str:
    """Return `27.11.`, in the order of whoever reads."""
    return str(format_skeleton("Md", day, locale=locale_of(spoken().code)))


def clock_time(moment: datetime) -> str:
    """Return `16:05`."""
    return f"{moment.hour}:{moment.minute:02d}"


def ago(at: int | None, now: datetime) -> str:
    """Return how long ago ``at`` (ms since 1970) was, such as `vor 3 Minuten`.

    A moment to come is told as it is: a clock must be wrong, this one or the device's.
    """
    if at is None:
        return say("noch nie")
    then = local(at)
    passed_s = (now - then).total_seconds()
    if passed_s < -60:
        return _at(say("angeblich am {day}", day=_day(then)), then)
    return _short(passed_s) or _at(_long(then, now), then)


def day(at: int | None, now: datetime) -> str:
    """Return on which day ``at`` (ms since 1970) was, such as `gestern`, and nothing finer.

    For what must not tell when somebody did something.
    """
    if at is None:
        return say("noch nie")
    then = local(at)
    later_day = then.date() > now.date()
    return say("angeblich am {day}", day=_day(then)) if later_day else _long(then, now)


def number(value: float, digits: int = 0) -> str:
    """Return `1.234,5`: German separators; a minus sign, not a hyphen."""
    if not spoken().is_german:
        pattern = f"#,##0.{'0' * digits}" if digits else "#,##0"
        return format_decimal(value, pattern, locale=locale_of(spoken().code))
    text = f"{abs(value):,.{digits}f}".translate(str.maketrans(",.", ".,"))
    negative = value < 0 and any(digit in text for digit in "123456789")
    return f"−{text}" if negative else text


def amount(kwh: float) -> str:
    """Return an energy with as many digits as mean something to a reader: `0,4` or `42`."""
    return number(kwh, 1 if kwh < 10 else 0)


def clock_quality(quality: TimeQuality) -> str:
    """Return what the reader may believe of every time on the page."""
    unset = later("Die Uhr ist nicht gestellt: Zeiten können falsch sein.")
    return say(_CLOCK.get(quality, unset))


def sensor_kind(profile: str) -> str:
    """Return what kind of thing a paired sensor is, empty if the profile has no word here."""
    return say(_PROFILES.get(profile.lower(), ""))


def part_name(name: str) -> str:
    """Return what a process of the hub does for the village."""
    return say(_PARTS.get(name, name))


def _at(day: str, then: datetime) -> str:
    return say("{day} um {time} Uhr", day=day, time=clock_time(then))


def _short(passed_s: float) -> str:
    if passed_s < 60:
        return say("gerade eben")
    if passed_s < 3600:
        return say_count("vor {count} Minute", "vor {count} Minuten", int(passed_s // 60))
    if passed_s < 6 * 3600:
        return say_count("vor {count} Stunde", "vor {count} Stunden", int(passed_s // 3600))
    return ""


def _long(then: datetime, now: datetime) -> str:
    if then.date() == now.date():
        return say("heute")
    if then.date() == now.date() - timedelta(days=1):
        return say("gestern")
    day = _day(then)
    if then.year != now.year:
        day = f"{day} {then.year}"
    return say("am {day}", day=day)


def _day(moment: datetime) -> str:
    if not spoken().is_german:
        return format_skeleton("MMMMd", moment, locale=locale_of(spoken().code))
    return f"{moment.day}. {_MONTHS[moment.month - 1]}"
