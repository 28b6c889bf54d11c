"""German words for times, numbers and states. Pure: what time it is now is an argument."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

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
_PROFILES = {"1810": "Blutdruckmessgerät", "1808": "Blutzuckermessgerät", "181d": "Waage"}
_PARTS = {
    "web": "Diese Anzeige",
    "collector": "Sammeln der Messwerte",
    "worker": "Verarbeitung im Hintergrund",
    "sync": "Abgleich mit dem Kreis",
    "datasette": "Offene Daten",
    "supervisor": "Aufsicht",
}
_CLOCK = {
    TimeQuality.SYNCHRONISED: "Die Uhr geht genau.",
    TimeQuality.HELD: "Die Uhr wurde gestellt und läuft seitdem frei.",
}


def local(at: int) -> datetime:
    """Return ms since 1970 as local time."""
    return datetime.fromtimestamp(at / 1000, ZONE)


def greeting(now: datetime) -> str:
    """Return `Guten Morgen`, `Guten Tag` or `Guten Abend`; ``now`` is local."""
    if 4 <= now.hour < 11:
        return "Guten Morgen"
    return "Guten Tag" if 11 <= now.hour < 18 else "Guten Abend"


def date(moment: datetime) -> str:
    """Return `Montag, 23. November 2026`."""
    return f"{_DAYS[moment.weekday()]}, {moment.day}. {_MONTHS[moment.month - 1]} {moment.year}"


def clock_time(moment: datetime) -> str:
    """Return `16:05`."""
    return f"{moment.hour}:{moment.minute:02d}"


def ago(at: int | None, now: datetime) -> str:
    """Return how long ago ``at`` (ms since 1970) was, such as `vor 3 Minuten`.

    A moment to come is told as it is: a clock must be wrong, this one or the device's.
    """
    if at is None:
        return "noch nie"
    then = local(at)
    passed_s = (now - then).total_seconds()
    if passed_s < -60:
        return f"angeblich am {_day(then)} um {clock_time(then)} Uhr"
    return _short(passed_s) or f"{_long(then, now)} um {clock_time(then)} Uhr"


def day(at: int | None, now: datetime) -> str:
    """Return on which day ``at`` (ms since 1970) was, such as `gestern`, and nothing finer.

    For what must not tell when somebody did something.
    """
    if at is None:
        return "noch nie"
    then = local(at)
    return f"angeblich am {_day(then)}" if then.date() > now.date() else _long(then, now)


def number(value: float, digits: int = 0) -> str:
    """Return `1.234,5`: German separators; a minus sign, not a hyphen."""
    text = f"{abs(value):,.{digits}f}".translate(str.maketrans(",.", ".,"))
    negative = value < 0 and any(digit in text for digit in "123456789")
    return f"−{text}" if negative else text


def amount(kwh: float) -> str:
    """Return an energy with as many digits as mean something to a reader: `0,4` or `42`."""
    return number(kwh, 1 if kwh < 10 else 0)


def clock_quality(quality: TimeQuality) -> str:
    """Return what the reader may believe of every time on the page."""
    return _CLOCK.get(quality, "Die Uhr ist nicht gestellt: Zeiten können falsch sein.")


def sensor_kind(profile: str) -> str:
    """Return what kind of thing a paired sensor is, empty if the profile has no word here."""
    return _PROFILES.get(profile.lower(), "")


def part_name(name: str) -> str:
    """Return what a process of the hub does for the village."""
    return _PARTS.get(name, name)


def _short(passed_s: float) -> str:
    if passed_s < 60:
        return "gerade eben"
    if passed_s < 3600:
        return f"vor {_count(int(passed_s // 60), 'Minute', 'Minuten')}"
    if passed_s < 6 * 3600:
        return f"vor {_count(int(passed_s // 3600), 'Stunde', 'Stunden')}"
    return ""


def _long(then: datetime, now: datetime) -> str:
    if then.date() == now.date():
        return "heute"
    if then.date() == now.date() - timedelta(days=1):
        return "gestern"
    year = "" if then.year == now.year else f" {then.year}"
    return f"am {_day(then)}{year}"


def _day(moment: datetime) -> str:
    return f"{moment.day}. {_MONTHS[moment.month - 1]}"


def _count(many: int, one: str, more: str) -> str:
    return f"1 {one}" if many == 1 else f"{many} {more}"
