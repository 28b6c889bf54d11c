"""What is free when: date first, then what is there.

1. A device is lent by whole days: whoever has it has it until its last day is over.
2. A room is lent by the clock, on one day. Between two loans, and between a loan and a course in
   the same room, lies the room's buffer.
3. A reservation takes its time until it is cancelled or nobody fetched it (:func:`fetch_until`).
4. What is out is not promised anew before it should be back. A device that is late is not
   promised before :data:`LATE_MS` from now: whoever asks for tomorrow must find it there. A room
   does not run away; only its key is late.
5. What came back is free at once.
6. Nothing is handed out twice: one at a time, and nothing that is broken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

from edge.learning.course import Session
from edge.learning.errors import Refused
from edge.learning.moment import HOUR_MS, local_day, span, to_local, to_ms
from edge.learning.series import YEARS
from edge.lending.asset import LIVE, Asset, Loan

LATE_MS = 48 * HOUR_MS
MAX_AHEAD_DAYS = 180  # half a year: nobody knows more of a village's calendar
FETCH_DAYS = 2  # a device is kept for whoever reserved it on the first day and the one after
MAX_WAITING = 40  # reservations of one asset; more is a script at the terminal


@dataclass(frozen=True, slots=True)
class Span:
    """From ``starts_at`` up to, not including, ``ends_at``; ms since 1970, UTC."""

    starts_at: int
    ends_at: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A time at which an asset is not free, and why: the number of a loan or of a course."""

    span: Span
    loan: int = 0
    course: int = 0


def collide(one: Span, other: Span, buffer_ms: int = 0) -> bool:
    """Tell whether two times overlap, or lie nearer to each other than the buffer."""
    return one.starts_at < other.ends_at + buffer_ms and other.starts_at < one.ends_at + buffer_ms


def whole_days(first: date, last: date) -> Span:
    """Return a device's loan from its first to its last day, both whole, by the hall's clock.

    :raises Refused: if a year is mistyped.
    """
    _year(first, "first")
    _year(last, "last")
    return Span(to_ms(first, time()), to_ms(last + timedelta(days=1), time()))


def hours(day: date, start: time, end: time) -> Span:
    """Return a room's loan; an end that is not after the start is the next day's.

    :raises NoSuchTime: if the clock jumps over one of the times.
    :raises Refused: if the year is mistyped.
    """
    _year(day, "first")
    return Span(*span(day, start, end))


def _year(day: date, field: str) -> None:
    if day.year not in YEARS:
        raise Refused(f"the year {day.year}", hint="Bitte das Jahr prüfen.", field=field)


def days_of(times: Span) -> tuple[date, date]:
    """Return the first and the last day of a loan."""
    return local_day(times.starts_at), local_day(times.ends_at - 1)


def taken_by(asset: Asset, loan: Loan, now_ms: int) -> Taken | None:
    """Return the time that a loan takes from others; None if it takes none any more."""
    if loan.state not in LIVE:
        return None
    ends = loan.ends_at
    if loan.state == "out" and asset.kind == "device" and now_ms >= ends:
        ends = now_ms + LATE_MS
    return Taken(Span(loan.starts_at, ends), loan=loan.loan)


def taken(
    asset: Asset, loans: Iterable[Loan], sessions: Iterable[tuple[int, Session]], now_ms: int
) -> list[Taken]:
    """Return when an asset is not free, in order of time.

    ``sessions`` are those of courses in its room, each with its course's number.
    """
    found = [one for loan in loans if (one := taken_by(asset, loan, now_ms)) is not None]
    found += [
        Taken(Span(one.starts_at, one.ends_at), course=course)
        for course, one in sessions
        if not one.cancelled
    ]
    return sorted(found, key=lambda one: (one.span.starts_at, one.span.ends_at))


def in_the_way(asset: Asset, wanted: Span, others: Iterable[Taken]) -> Taken | None:
    """Return the first that is in the way of a loan, None if it is free then."""
    for one in others:
        if collide(wanted, one.span, asset.buffer_ms):
            return one
    return None


def is_free(asset: Asset, wanted: Span, others: Iterable[Taken]) -> bool:
    """Tell whether an asset can be lent at a time."""
    return asset.state == "ready" and in_the_way(asset, wanted, others) is None


def may_ask_for(asset: Asset, wanted: Span, now_ms: int) -> None:
    """Return if an asset is lent for such a time at all.

    :raises Refused: saying why not.
    """
    may_ask(asset.kind == "room", wanted, now_ms)
    if asset.state != "ready":
        raise Refused(
            f"asset {asset.asset} is {asset.state}",
            hint=f"„{asset.name}“ kann gerade nicht ausgeliehen werden. Bitte etwas anderes "
            "wählen oder am Tisch fragen.",
        )
    first, last = days_of(wanted)
    days = (last - first).days + 1
    if asset.kind == "device" and days > asset.longest_days:
        raise Refused(
            f"{days} days",
            hint=f"„{asset.name}“ kann man höchstens {asset.longest_days} Tage ausleihen.",
            field="last",
        )


def may_ask(is_room: bool, wanted: Span, now_ms: int) -> None:  # noqa: FBT001  # what it is, not how
    """Return if anything is lent for such a time.

    :raises Refused: saying why not, in which field.
    """
    if wanted.ends_at <= wanted.starts_at:
        raise Refused(
            "it ends before it begins",
            hint="Der letzte Tag liegt vor dem ersten. Bitte die Tage prüfen.",
            field="last",
        )
    begins = wanted.starts_at if is_room else to_ms(local_day(wanted.starts_at), time())
    today = now_ms if is_room else to_ms(local_day(now_ms), time())
    if begins < today:
        raise Refused(
            "in the past",
            hint="Das ist schon vorbei. Bitte einen Tag ab heute wählen.",
            field="first",
        )
    if (local_day(wanted.starts_at) - local_day(now_ms)).days > MAX_AHEAD_DAYS:
        raise Refused(
            "too far ahead",
            hint=f"So weit voraus geht es nicht: höchstens {MAX_AHEAD_DAYS} Tage.",
            field="first",
        )


def fetch_until(asset: Asset, loan: Loan) -> int:
    """Return until when a reservation waits to be fetched; afterwards others may have it."""
    if asset.kind == "room":
        return loan.ends_at
    second = to_local(loan.starts_at).date() + timedelta(days=FETCH_DAYS)
    return min(loan.ends_at, to_ms(second, time()))


def not_fetched(asset: Asset, loans: Iterable[Loan], now_ms: int) -> list[Loan]:
    """Return the reservations that nobody fetched in time."""
    return [one for one in loans if one.state == "reserved" and fetch_until(asset, one) <= now_ms]


def handed_out(asset: Asset, loan: Loan, others: Sequence[Taken], now_ms: int) -> Span:
    """Return the time that a loan takes once it is handed out now.

    A device that is fetched early is taken from now on. ``others`` are without this loan.

    :raises Refused: if it cannot be handed out.
    """
    if loan.state != "reserved":
        raise Refused(
            f"loan {loan.loan} is {loan.state}",
            hint="Diese Ausleihe ist nicht (mehr) reserviert. Bitte die Liste neu laden.",
        )
    if asset.state != "ready":
        raise Refused(
            f"asset {asset.asset} is {asset.state}",
            hint=f"„{asset.name}“ ist als defekt gemeldet. Bitte erst die Meldung aufheben oder "
            "etwas anderes geben.",
        )
    if now_ms >= loan.ends_at:
        raise Refused(
            "over",
            hint="Die Zeit dieser Ausleihe ist schon vorbei. Bitte neu reservieren.",
        )
    if asset.kind == "room":
        return Span(loan.starts_at, loan.ends_at)
    wanted = Span(min(now_ms, loan.starts_at), loan.ends_at)
    if in_the_way(asset, wanted, others) is not None:
        raise Refused(
            "lent until then",
            hint=f"„{asset.name}“ ist bis dahin noch für jemand anderen reserviert: Ausgeben geht "
            "erst am ersten Tag dieser Ausleihe.",
        )
    return wanted
