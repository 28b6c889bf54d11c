"""What stands on the villagers' pages of lending; knows no Flask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Literal

from babel.dates import format_skeleton

from edge.desk.lending import LendingDesk, LoanSlip
from edge.desk.paper import qr_svg
from edge.learning.entered import Entered
from edge.learning.errors import Refused
from edge.learning.moment import local_day, to_local
from edge.lending.asset import Asset, Kind
from edge.lending.availability import Span, hours, whole_days
from edge.lending.month import WEEKS, Day
from edge.web import course_words, lending_words, words
from edge.web.locales import locale_of
from edge.web.tongue import later, say, spoken

Mood = Literal["success", "info", "warning", "danger"]
USUAL_DAYS = 7
USUAL_START, USUAL_END = time(14), time(16)


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of what is to know of an asset; ``lang`` marks what people wrote."""

    name: str
    value: str
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asked for: a kind and a time, and the address parts that say the same."""

    kind: Kind
    times: Span
    query: dict[str, str]

    @property
    def text(self) -> str:
        """When, in words."""
        if self.kind == "room":
            return course_words.span(self.times.starts_at, self.times.ends_at)
        return lending_words.days(self.times)


@dataclass(frozen=True, slots=True)
class AssetView:
    """Something to lend, as a villager sees it."""

    number: int
    name: str
    kind: Kind
    notes: str
    facts: tuple[Fact, ...]
    parts: tuple[str, ...]
    is_ready: bool


@dataclass(frozen=True, slots=True)
class DayView:
    """A day of the calendar: its number, whether it is free, and what lies on it in words."""

    label: str
    mood: Literal["past", "free", "part", "taken"]
    text: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """Five weeks of an asset."""

    title: str
    heads: tuple[str, ...]
    weeks: tuple[tuple[str, tuple[DayView, ...]], ...]
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class LoanView:
    """A slip of lending as it is shown and printed."""

    place: int
    number: str
    qr: str
    name: str
    when: str
    headline: str
    text: str
    mood: Mood
    asset: AssetView
    can_cancel: bool


def usual(now_ms: int) -> dict[str, str]:
    """Return what the forms of the first page hold before somebody changed it."""
    today = local_day(now_ms)
    return {
        "von": today.isoformat(),
        "bis": (today + timedelta(days=USUAL_DAYS - 1)).isoformat(),
        "tag": (today + timedelta(days=1)).isoformat(),
        "ab": f"{USUAL_START:%H:%M}",
        "zu": f"{USUAL_END:%H:%M}",
        "heute": today.isoformat(),
    }


def device_wish(form: Entered) -> Wish:
    """Return the days that somebody chose.

    :raises Refused: if one cannot be read.
    """
    first = _day(form, "von", "first")
    last = _day(form, "bis", "last") if form.text("bis").strip() else first
    if last < first:
        raise Refused("the last day is before the first", hint="", field="last")
    query = {"von": first.isoformat(), "bis": last.isoformat()}
    return Wish("device", whole_days(first, last), query)


def room_wish(form: Entered) -> Wish:
    """Return the day and the times that somebody chose.

    :raises Refused: if one cannot be read.
    :raises NoSuchTime: if the clock jumps over it.
    """
    day = _day(form, "tag", "day")
    start, end = _time(form, "ab", "start"), _time(form, "zu", "end")
    query = {"tag": day.isoformat(), "ab": f"{start:%H:%M}", "zu": f"{end:%H:%M}"}
    return Wish("room", hours(day, start, end), query)


def asset_view(asset: Asset) -> AssetView:
    """Return an asset as villagers see it."""
    facts = []
    if asset.kind == "device":
        facts.append(Fact(say("Höchstens"), say("{days} Tage", days=asset.longest_days)))
    if asset.deposit_cents:
        facts.append(Fact(say("Pfand"), course_words.cost(asset.deposit_cents)))
    if asset.shelf:
        facts.append(Fact(say("Steht hier"), asset.shelf, "de"))
    return AssetView(
        asset.asset,
        asset.name,
        asset.kind,
        asset.notes,
        tuple(facts),
        tuple(asset.parts.splitlines()),
        asset.state == "ready",
    )


def loan_view(slip: LoanSlip, place: int, now_ms: int) -> LoanView:
    """Return a slip as it stands."""
    loan, asset = slip.loan, slip.asset
    headline, text, mood = _state(slip, now_ms)
    return LoanView(
        place=place,
        number=slip.shown,
        qr=qr_svg(slip.number, sized=False),
        name=asset.name,
        when=lending_words.when(asset, loan),
        headline=headline,
        text=text,
        mood=mood,
        asset=asset_view(asset),
        can_cancel=loan.state == "reserved",
    )


def calendar(desk: LendingDesk, asset: Asset, first: date) -> Calendar:
    """Return five weeks of an asset from the Monday of ``first`` on, at most a year from now."""
    today = local_day(desk.now())
    year = timedelta(days=366)
    first = min(max(first, today - year), today + year)
    names = locale_of(spoken().code).days["format"]["abbreviated"]
    made = []
    for week in desk.month(asset, first):
        monday = week[0].day
        label = format_skeleton("MMMd", monday, locale=locale_of(spoken().code))
        made.append((label, tuple(_day_view(asset, one) for one in week)))
    monday = first - timedelta(days=first.weekday())
    return Calendar(
        title=say("Wann „{name}“ frei ist", name=asset.name),
        heads=tuple(str(names[at]) for at in range(7)),
        weeks=tuple(made),
        before=(monday - timedelta(weeks=WEEKS)).isoformat(),
        after=(monday + timedelta(weeks=WEEKS)).isoformat(),
    )


def _state(slip: LoanSlip, now_ms: int) -> tuple[str, str, Mood]:
    loan, room = slip.loan, slip.asset.kind == "room"
    if loan.state == "reserved" and room:
        text = say("Den Schlüssel bekommen Sie am Tisch. Bitte bringen Sie ihn danach zurück.")
        return say("Der Raum ist für Sie reserviert."), text, "success"
    if loan.state == "reserved":
        until = lending_words.last_day(slip.fetch_until or loan.ends_at)
        text = say("Bitte holen Sie es am Tisch ab, spätestens am {date}.", date=until)
        return say("Es ist für Sie reserviert."), text, "success"
    if loan.state == "out":
        until = course_words.moment(loan.ends_at) if room else lending_words.last_day(loan.ends_at)
        if loan.ends_at <= now_ms:
            text = say("Es sollte bis {date} zurück sein. Bitte bringen Sie es bald.", date=until)
            return say("Bitte zurückbringen"), text, "danger"
        text = say("Bitte bringen Sie es zurück bis: {date}", date=until)
        return say("Sie haben es ausgeliehen."), text, "info"
    headline, text, mood = _OVER[loan.state]
    return say(headline), say(text), mood


_OVER: Mapping[str, tuple[str, str, Mood]] = {
    "back": (later("Es ist zurück. Danke!"), "", "success"),
    "lapsed": (
        later("Diese Reservierung ist zu Ende."),
        later("Niemand hat es abgeholt. Sie können es neu reservieren."),
        "warning",
    ),
    "cancelled": (later("Diese Reservierung ist abgesagt."), "", "info"),
}


def _day_view(asset: Asset, day: Day) -> DayView:
    label = f"{day.day.day}." if spoken().is_german else str(day.day.day)
    if day.is_past:
        return DayView(label, "past", "")
    if not day.taken:
        return DayView(label, "free", say("frei"))
    if asset.kind == "device":
        return DayView(label, "taken", say("vergeben"))
    spans = []
    for one in day.taken:
        begin, end = to_local(one.span.starts_at), to_local(one.span.ends_at)
        starts = words.clock_time(begin) if begin.date() == day.day else "0:00"
        ends = words.clock_time(end) if end.date() == day.day else "24:00"
        spans.append(f"{starts}–{ends}")
    return DayView(label, "part", ", ".join(spans))


def _day(form: Entered, name: str, field: str) -> date:
    try:
        return form.day(name)
    except Refused as error:
        raise Refused(str(error), hint=error.hint, field=field) from error


def _time(form: Entered, name: str, field: str) -> time:
    try:
        return form.time(name)
    except Refused as error:
        raise Refused(str(error), hint=error.hint, field=field) from error


def _locale() -> str:
    return spoken().code.partition("-")[0]
