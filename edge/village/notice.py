"""What hangs on the board: who wrote it does not stand there, a volunteer lets it hang.

`proposed` waits for a volunteer, `approved` hangs from ``shown_from`` until ``shown_until``,
`declined` does not, and ``reason`` says why.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from typing import Literal

from edge.learning.moment import local_day, span, to_ms
from edge.village.repeat import REPEATS, Event, Repeat, end_of, following
from edge.village.words import (
    MAX_PLACE,
    MAX_REASON,
    MAX_TITLE,
    Refused,
    line,
    lines,
    nobodys,
)

State = Literal["proposed", "approved", "declined"]
STATES: tuple[State, ...] = ("proposed", "approved", "declined")
USUAL_DAYS = 14
MAX_DAYS = 366  # of hanging, and of an event to come
MAX_EVENT_DAYS = 14  # a fair; what lasts longer is a notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A notice as people write it. ``event`` says when what it tells of takes place."""

    title: str
    text: str = ""
    place: str = ""
    shown_from: int
    shown_until: int
    event: Event | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Days and times on the wall as a form has them; None is not said."""

    shown_from: date | None = None
    shown_until: date | None = None
    day: date | None = None
    start: time | None = None
    end: time | None = None
    last: date | None = None  # where it ends on another day
    repeat: str = ""
    until: date | None = None


def drafted(title: str, text: str, place: str, times: Times, now_ms: int) -> Draft:
    """Return what somebody wrote. Not said: it hangs from now, as long as is usual.

    What tells of an event hangs until that is over.

    :raises Refused: saying what is wrong, in which field.
    :raises NoSuchTime: if the clock jumps over a time.
    """
    event = _event(times, now_ms)
    shown_from = now_ms if times.shown_from is None else _begin(times.shown_from)
    if times.shown_until is not None:
        shown_until = _begin(times.shown_until + timedelta(1))
    elif event is not None:
        shown_until = end_of(event)
    else:
        shown_until = _begin(local_day(max(shown_from, now_ms)) + timedelta(USUAL_DAYS))
    return checked(
        Draft(
            title=title, text=text, place=place,
            shown_from=shown_from, shown_until=shown_until, event=event,
        ),
        now_ms,
    )  # fmt: skip


def checked(draft: Draft, now_ms: int) -> Draft:
    """Return a notice, tidied.

    :raises Refused: saying what is wrong, in which field.
    """
    made = replace(
        draft,
        title=line(draft.title, "title", MAX_TITLE, needed=True),
        text=lines(draft.text, "text"),
        place=line(draft.place, "place", MAX_PLACE),
    )
    if made.shown_until <= now_ms:
        raise Refused("past", "Das ist schon vorbei.", "day" if made.event else "shown_until")
    if made.shown_until <= made.shown_from:
        raise Refused("order", "Das Ende liegt vor dem Anfang.", "shown_until")
    if made.shown_until > now_ms + MAX_DAYS * _DAY_MS:
        raise Refused(
            "far", f"Ein Aushang hängt höchstens {MAX_DAYS} Tage.", "shown_until", bound=MAX_DAYS
        )
    return made


def open_to_all(draft: Draft) -> None:
    """Return if nobody's telephone number or address stands in it.

    :raises Refused: `reach`.
    """
    for field, words in (("title", draft.title), ("text", draft.text), ("place", draft.place)):
        nobodys(words, field)


def reason(text: str) -> str:
    """Return why a notice is declined, tidied.

    :raises Refused: if nothing is said: whoever wrote it wants to know.
    """
    return line(text, "reason", MAX_REASON, needed=True)


def hangs(state: State, shown_from: int, shown_until: int | None, now_ms: int) -> bool:
    """Tell whether a notice is to be seen."""
    return (
        state == "approved"
        and shown_from <= now_ms
        and (shown_until is None or now_ms < shown_until)
    )


def is_over(event: Event | None, now_ms: int) -> bool:
    """Tell whether an event will not take place any more."""
    return event is not None and following(event, now_ms) is None


def _event(times: Times, now_ms: int) -> Event | None:
    if times.day is None:
        if times.start is not None:
            raise Refused("no-day", "An welchem Tag ist das? Bitte den Tag angeben.", "day")
        return None
    if times.start is None:
        raise Refused("no-time", "Um wie viel Uhr fängt es an?", "start")
    if not -1 <= (times.day - local_day(now_ms)).days <= MAX_DAYS:
        raise Refused("day", "Bitte den Tag prüfen: Er ist vorbei oder zu weit weg.", "day")
    end = times.end or time((times.start.hour + 1) % 24, times.start.minute)
    if times.last is not None and times.last > times.day:
        if (times.last - times.day).days > MAX_EVENT_DAYS:
            raise Refused(
                "lasts", f"Ein Termin dauert höchstens {MAX_EVENT_DAYS} Tage.", "last",
                bound=MAX_EVENT_DAYS,
            )  # fmt: skip
        starts_at, ends_at = to_ms(times.day, times.start), to_ms(times.last, end)
    else:
        starts_at, ends_at = span(times.day, times.start, end)
    repeat = _repeat(times.repeat)
    if repeat and times.until is None:
        raise Refused("until", "Bis wann kommt der Termin immer wieder?", "until")
    if repeat and times.until is not None and times.until <= times.day:
        raise Refused("order", "Das Ende liegt vor dem Anfang.", "until")
    return Event(starts_at, ends_at, repeat, times.until if repeat else None)


def _repeat(said: str) -> Repeat:
    for one in REPEATS:
        if said == one:
            return one
    raise Refused("repeat", "Das ist keine der möglichen Wiederholungen.", "repeat")


def _begin(day: date) -> int:
    return to_ms(day, time())


_DAY_MS = 86_400_000
