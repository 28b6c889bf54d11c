"""An event with begin and end that may come again each week or month, by the hall's clock."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from edge.learning.errors import NoSuchTime
from edge.learning.moment import local_day, to_local, to_ms

Repeat = Literal["", "week", "fortnight", "month-day", "month-weekday"]
REPEATS: tuple[Repeat, ...] = ("", "week", "fortnight", "month-day", "month-weekday")
_WEEKS: dict[Repeat, int] = {"week": 1, "fortnight": 2}
_DECEMBER = 12
_LAST = 5  # a fifth Tuesday is the last one of its month, also where that is the fourth


@dataclass(frozen=True, slots=True)
class Event:
    """When something is. Times in ms since 1970, UTC; ``until`` is the last day it begins on."""

    starts_at: int
    ends_at: int
    repeat: Repeat = ""
    until: date | None = None

    @property
    def last_day(self) -> date:
        """Return the last day on which it may begin."""
        first = local_day(self.starts_at)
        return first if not self.repeat or self.until is None else max(first, self.until)


def occurrences(event: Event, since_ms: int, until_ms: int) -> Iterator[tuple[int, int]]:
    """Give begin and end of each time it takes place and is not over at ``since_ms``, in order.

    The last one begins before ``until_ms``. The time on the wall stays when summer time begins or
    ends; where the clock jumps over it there is none, and in a month without that day neither.
    """
    begin, end = to_local(event.starts_at), to_local(event.ends_at)
    nights = (end.date() - begin.date()).days
    for day in _days(begin.date(), event.repeat):
        if day > event.last_day:
            return
        if day == begin.date():
            starts_at, ends_at = event.starts_at, event.ends_at
        else:
            try:
                starts_at = to_ms(day, begin.time())
                ends_at = to_ms(day + timedelta(nights), end.time(), after_ms=starts_at)
            except NoSuchTime:
                continue
        if starts_at >= until_ms:
            return
        if ends_at > since_ms:
            yield starts_at, ends_at


def following(event: Event, at_ms: int) -> tuple[int, int] | None:
    """Return begin and end of the time that is on now or comes next; None if it is over."""
    return next(occurrences(event, at_ms, 1 << 62), None)


def end_of(event: Event) -> int:
    """Return when the last time is over."""
    *_, (_, ends_at) = occurrences(event, event.starts_at, 1 << 62)
    return ends_at


def _days(first: date, repeat: Repeat) -> Iterator[date]:
    """Give the days on which it begins. Endless unless it is once."""
    if not repeat:
        yield first
        return
    nth = (first.day - 1) // 7 + 1
    turn = 0
    while True:
        year, month = divmod(first.year * 12 + first.month - 1 + turn, 12)
        if repeat in _WEEKS:
            yield first + timedelta(weeks=turn * _WEEKS[repeat])
        elif repeat == "month-weekday":
            yield _nth(year, month + 1, first.weekday(), nth)
        elif first.day <= monthrange(year, month + 1)[1]:
            yield date(year, month + 1, first.day)
        turn += 1


def _nth(year: int, month: int, weekday: int, nth: int) -> date:
    if nth < _LAST:
        begin = date(year, month, 1)
        return begin + timedelta((weekday - begin.weekday()) % 7, weeks=nth - 1)
    after = date(year + (month == _DECEMBER), month % 12 + 1, 1)
    return after - timedelta((after.weekday() - 1 - weekday) % 7 + 1)
