"""What the pages of a plan say: ends, days, pauses, what a change changed. German, for carers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from edge.care.people import contact_of
from edge.care.rules import plan_words
from edge.care.rules.plan import MEASURED, Due, Limit, Pause, Plan
from edge.care.rules.ruleset import RULES
from edge.care.rules.words import QUANTITIES, amount
from edge.care.rules.words import RULES as RULE_WORDS
from edge.store.personal_rules import PlanChange
from edge.ward.asked_limits import ENDS, Weaker, in_force
from edge.ward.plans import SHOWN, OneLimit
from edge.web import words
from edge.web.care import words as care_words
from hardware.quantity import Quantity

MOST_CHANGES = 30  # on one page; older ones are counted
BELT = "Herzfrequenz am Gurt"
DONE = {
    "pause": "Die Pause ist eingetragen. Solange wird niemand erinnert.",
    "pause-ende": "Die Pause ist beendet.",
    "messen": "Die Messzeit ist gespeichert.",
    "messen-weg": "Die Messzeit ist entfernt.",
    "grenze": "Die Grenze ist gespeichert. Sie gilt ab sofort.",
}
WHY = {"holiday": "Urlaub", "hospital": "Krankenhaus", "other": "Anderes"}
# how soon somebody is called by an end
HOW_SOON = {
    "low_extreme": "binnen einer Stunde, auch wenn niemand ein zweites Mal misst",
    "low_urgent": "binnen einer Stunde",
    "low": "noch heute",
    "high": "noch heute",
    "high_urgent": "binnen einer Stunde",
    "high_extreme": "binnen einer Stunde, auch wenn niemand ein zweites Mal misst",
}
_SUGAR = {
    Quantity.GLUCOSE_MASS_CONCENTRATION: "Blutzucker (mg/dl)",
    Quantity.GLUCOSE_SUBSTANCE_CONCENTRATION: "Blutzucker (mmol/l)",
}


@dataclass(frozen=True, slots=True)
class EndRow:
    """One end of a limit: what is for everybody, what is for this person, empty where none is."""

    how: str
    general: str
    own: str
    is_other: bool


@dataclass(frozen=True, slots=True)
class LimitView:
    """A limit as the page shows it. ``said`` is who wanted it and since when.

    ``belt``: the ends that are others for the heart rate of a belt.
    """

    key: str
    title: str
    rows: tuple[EndRow, ...]
    belt: tuple[EndRow, ...]
    has_own: bool
    said: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One line of the history: when, who, and what was changed."""

    when: str
    who: str = field(repr=False)
    what: tuple[str, ...] = field(repr=False)


def title(quantity: Quantity) -> str:
    """Return what a quantity is called, as it begins a line."""
    named = _SUGAR.get(quantity) or QUANTITIES[SHOWN.get(quantity, quantity).value]
    return named[:1].upper() + named[1:]


def unit(quantity: Quantity) -> str:
    """Return the unit of a quantity as it is read, such as `mmHg`."""
    return amount(SHOWN.get(quantity, quantity).value, 0).lstrip("0").strip()


def limit_view(one: OneLimit, names: Mapping[str, str]) -> LimitView:
    """Return a limit with the one for everybody beside it."""
    return LimitView(
        one.quantity.value,
        title(one.quantity),
        rows(one.quantity, one.general, one.own),
        belt_rows(one),
        one.has_own,
        "" if one.change is None else asked(one.change, names),
    )


def rows(quantity: Quantity, general: Limit, own: Limit | None) -> tuple[EndRow, ...]:
    """Return the ends that there are, from the lowest to the highest."""
    found = []
    for name in ENDS:
        if not any(getattr(one, name) is not None for one in (general, own or general)):
            continue
        common, mine = in_force(general, name), in_force(own or general, name)
        said = [_end(quantity, name, one) for one in (common, mine)]
        found.append(EndRow(HOW_SOON[name], said[0], said[1], common != mine))
    return tuple(found)


def belt_rows(one: OneLimit) -> tuple[EndRow, ...]:
    """Return the ends that are others where a belt counts the heart than where a pulse is."""
    found = []
    for other in one.others:
        for name in ENDS:
            pulse, belt = (
                (in_force(limit.general, name), in_force(limit.own or limit.general, name))
                for limit in (one, other)
            )
            if pulse != belt:
                said = [_end(other.quantity, name, end) for end in belt]
                found.append(EndRow(HOW_SOON[name], said[0], said[1], belt[0] != belt[1]))
    return tuple(found)


def weaker(quantity: Quantity, found: Sequence[tuple[Quantity, Weaker]]) -> list[str]:
    """Say by which ends somebody would be called later than now, or no more."""
    said = []
    for of, one in found:
        then = "gar nicht mehr"
        if one.after is not None:
            then = f"erst {_end(quantity, one.end, one.after)}"
        before = _end(quantity, one.end, one.before)
        what = f"{BELT}: " if of != SHOWN.get(quantity, quantity) else ""
        what += "Bisher" if one.is_own else "Für alle"
        here = "dann" if one.is_own else "hier dann"
        said.append(f"{what} wird {before} jemand gerufen ({HOW_SOON[one.end]}), {here} {then}.")
    return said


def asked(change: PlanChange, names: Mapping[str, str]) -> str:
    """Return who wanted a change, who wrote it down, and when."""
    noted = f"eingetragen am {moment(change.set_at)} von {who(change, names)}"
    if change.asked is None:
        return noted
    day = date.fromisoformat(change.asked.day)
    return f"{change.asked.by}, {words.date(day)}; {noted}"


def who(change: PlanChange, names: Mapping[str, str]) -> str:
    """Return who made a change."""
    return names.get(change.by, change.by) if contact_of(change.by) is not None else change.by


def due(one: Due) -> str:
    """Return when something is measured: `7:00 bis 10:00 Uhr, Montag und Donnerstag`."""
    times = f"{plan_words.clock(one.begin)} bis {plan_words.clock(one.end)} Uhr"
    return f"{times}, {days(one.weekdays)}"


def days(weekdays: Sequence[int]) -> str:
    """Return days of the week in words."""
    if len(set(weekdays)) == 7:
        return "jeden Tag"
    named = [plan_words.DAY_WORDS[one] for one in sorted(weekdays)]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} und {named[-1]}"


def pause(plan: Plan, one: Pause) -> str:
    """Return a pause: `Krankenhaus, ab Montag, … bis einschließlich Freitag, …`."""
    return f"{WHY.get(one.why, one.why)}, ab {_begin(plan, one.since)} {_until(plan, one.until)}"


def moment(at: int) -> str:
    """Return `23.11.2026, 8:05 Uhr`."""
    then = words.local(at)
    return f"{then.day}.{then.month}.{then.year}, {words.clock_time(then)} Uhr"


def history(changes: Sequence[PlanChange], names: Mapping[str, str]) -> list[ChangeView]:
    """Return what was changed, the newest first; what a reader may not know is left out."""
    found = []
    for one, before in zip(changes, [*changes[1:], None], strict=False):
        old = Plan(one.plan.person) if before is None else before.plan
        what = tuple(_changed(old, one.plan))
        if not what and one.asked is not None and one.asked.of:
            what = (f"Grenze {_of(one.asked.of)}: bestätigt",)
        if what:
            by = who(one, names)
            if one.asked is not None:
                day = words.date(date.fromisoformat(one.asked.day))
                by += f", auf Wunsch von {one.asked.by} ({day})"
            found.append(ChangeView(moment(one.set_at), by, what))
    return found


def rules_off(plan: Plan) -> list[str]:
    """Return which rules do not hold for somebody."""
    return [RULE_WORDS[one] for one in RULES if one in plan.off]


def silences(plan: Plan) -> list[str]:
    """Return after how long without data somebody is called, where that is somebody's own."""
    return [_silence(kind, hours) for kind, hours in sorted(plan.no_data.items())]


def _silence(kind: str, hours: float) -> str:
    if not hours:
        return f"{_what(kind)}: wird nicht erwartet"
    amount_h = words.number(hours, 0 if hours == round(hours) else 1)
    return f"{_what(kind)}: Meldung nach {amount_h} Stunden ohne Daten"


def _what(kind: str) -> str:
    return "Tägliches Messen" if kind == MEASURED else care_words.kind(kind)


def _changed(before: Plan, after: Plan) -> Iterator[str]:
    yield from _limits_changed(before, after)
    for one in after.schedule:
        if one not in before.schedule:
            yield f"Messen: {care_words.kind(one.kind)}, {due(one)}"
    for one in before.schedule:
        if one not in after.schedule:
            yield f"Nicht mehr messen: {care_words.kind(one.kind)}, {due(one)}"
    yield from _pauses_changed(before, after)
    if before.news2 != after.news2:
        yield plan_words.news2(after.news2) if after.news2 else "NEWS2 wird nicht mehr gerechnet"
    for kind in sorted(set(before.no_data) | set(after.no_data)):
        if before.no_data.get(kind) != after.no_data.get(kind):
            hours = after.no_data.get(kind)
            yield _silence(kind, hours) if hours is not None else f"{_what(kind)}: wie für alle"
    yield from (f"Gilt nicht mehr: {RULE_WORDS[one]}" for one in sorted(after.off - before.off))
    yield from (f"Gilt wieder: {RULE_WORDS[one]}" for one in sorted(before.off - after.off))


def _limits_changed(before: Plan, after: Plan) -> Iterator[str]:
    for name in sorted(set(before.limits) | set(after.limits)):
        old, new = before.limits.get(name), after.limits.get(name)
        if old == new:
            continue
        shown = SHOWN.get(Quantity(name))
        if shown is not None and (before.limits.get(shown), after.limits.get(shown)) == (old, new):
            continue  # that is said as the pulse
        said = "wieder die allgemeine" if new is None else plan_words.limit(name, new)
        yield f"Grenze {plan_words.quantity_name(name) if shown is None else BELT}: {said}"


def _of(quantity: str) -> str:
    found = Quantity(quantity)
    return plan_words.quantity_name(SHOWN.get(found, found).value)


def _pauses_changed(before: Plan, after: Plan) -> Iterator[str]:
    left = {one.since for one in after.pauses}
    old = {one.since for one in before.pauses}
    for one in after.pauses:
        if one not in before.pauses:
            how = "Pause beendet" if one.since in old else "Pause"
            yield f"{how}: {pause(after, one)}"
    for one in before.pauses:
        if one.since not in left:
            yield f"Pause abgesagt: {pause(before, one)}"


def _end(quantity: Quantity, name: str, end: float | None) -> str:
    if end is None:
        return ""
    side = "bis" if name.startswith("low") else "ab"
    return f"{side} {amount(SHOWN.get(quantity, quantity).value, end)}"


def _begin(plan: Plan, at: int) -> str:
    then = plan.local(at)
    if (then.hour, then.minute) == (0, 0):
        return words.date(then)
    return f"{words.date(then)}, {words.clock_time(then)} Uhr"


def _until(plan: Plan, at: int | None) -> str:
    if at is None:
        return "bis auf Weiteres"
    then = plan.local(at)
    if (then.hour, then.minute) == (0, 0):
        return f"bis einschließlich {words.date(then - timedelta(days=1))}"
    return f"bis {words.date(then)}, {words.clock_time(then)} Uhr"
