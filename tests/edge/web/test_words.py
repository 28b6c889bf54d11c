from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from edge.web import words
from hardware.reading import TimeQuality

NOW = datetime(2026, 11, 23, 16, 24, 30, tzinfo=words.ZONE)


def ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (timedelta(seconds=-30), "gerade eben"),
        (timedelta(seconds=59), "gerade eben"),
        (timedelta(seconds=60), "vor 1 Minute"),
        (timedelta(minutes=3, seconds=59), "vor 3 Minuten"),
        (timedelta(minutes=59, seconds=59), "vor 59 Minuten"),
        (timedelta(hours=1), "vor 1 Stunde"),
        (timedelta(hours=5, minutes=59), "vor 5 Stunden"),
        (timedelta(hours=6), "heute um 10:24 Uhr"),
        (timedelta(hours=17), "gestern um 23:24 Uhr"),
        (timedelta(hours=40), "gestern um 0:24 Uhr"),
        (timedelta(days=3), "am 20. November um 16:24 Uhr"),
        (timedelta(days=360), "am 28. November 2025 um 16:24 Uhr"),
        (timedelta(days=-1), "angeblich am 24. November um 16:24 Uhr"),
    ],
)
def test_how_long_ago(passed: timedelta, said: str) -> None:
    assert words.ago(ms(NOW - passed), NOW) == said


def test_what_never_happened() -> None:
    assert words.ago(None, NOW) == "noch nie"


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (timedelta(seconds=5), "heute"),
        (timedelta(hours=16, minutes=24), "heute"),
        (timedelta(hours=17), "gestern"),
        (timedelta(hours=40), "gestern"),
        (timedelta(days=3), "am 20. November"),
        (timedelta(days=360), "am 28. November 2025"),
        (timedelta(hours=-2), "heute"),
        (timedelta(days=-1), "angeblich am 24. November"),
    ],
)
def test_on_which_day(passed: timedelta, said: str) -> None:
    assert words.day(ms(NOW - passed), NOW) == said


def test_the_day_of_what_never_happened() -> None:
    assert words.day(None, NOW) == "noch nie"


def test_dates_and_times_are_german_and_local() -> None:
    assert words.date(words.local(ms(NOW))) == "Montag, 23. November 2026"
    assert words.clock_time(words.local(1_784_000_000_000)) == "5:33"  # summer time, UTC + 2


@pytest.mark.parametrize(
    ("value", "digits", "said"),
    [
        (1234.56, 1, "1.234,6"),
        (0.04, 1, "0,0"),
        (-3.25, 1, "−3,2"),
        (-0.01, 1, "0,0"),
        (1e6, 0, "1.000.000"),
    ],
)
def test_numbers_are_german(value: float, digits: int, said: str) -> None:
    assert words.number(value, digits) == said


@pytest.mark.parametrize(
    ("hour", "said"),
    [
        (3, "Guten Abend"),
        (4, "Guten Morgen"),
        (10, "Guten Morgen"),
        (11, "Guten Tag"),
        (18, "Guten Abend"),
    ],
)
def test_the_greeting_follows_the_hour(hour: int, said: str) -> None:
    assert words.greeting(NOW.replace(hour=hour)) == said


def test_every_quality_of_the_clock_has_its_words() -> None:
    said = {quality: words.clock_quality(quality) for quality in TimeQuality}
    assert said[TimeQuality.SYNCHRONISED] == "Die Uhr geht genau."
    assert "nicht gestellt" in said[TimeQuality.UNKNOWN]
