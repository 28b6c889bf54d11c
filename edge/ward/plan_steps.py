"""Steps by which a person's plan changes, for command and pages alike. Pure.

Each takes a plan and returns another one; :class:`Refused` names what was entered and says in
German what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

from edge.care.kinds import TO_MEASURE
from edge.care.rules.errors import RuleError
from edge.care.rules.plan import Due, Limit, Pause, Plan
from edge.fhir.limits import PLAUSIBLE
from edge.learning.errors import Refused
from edge.ward.asked_limits import ENDS, Wish, meant, wished
from hardware.quantity import Quantity

MOST_SPANS = 40  # a plan is a page; more of them nobody measures
LONGEST_PAUSE = timedelta(days=366)
FARTHEST = timedelta(days=366)  # a pause that is typed to begin later, or began earlier, is a slip


def with_pause(plan: Plan, pause: Pause) -> Plan:
    """Return a plan with another pause; the same once more changes nothing.

    :raises Refused: if it ends before it begins.
    """
    if pause.until is not None and pause.until <= pause.since:
        raise Refused(
            "it ends before it begins", hint="Das Ende muss nach dem Anfang liegen.", field="bis"
        )
    return plan if pause in plan.pauses else replace(plan, pauses=(*plan.pauses, pause))


def pause_of_days(plan: Plan, first: date, last: date | None, why: str, now: int) -> Pause:
    """Return the pause from a first day to the end of a last one, None until further notice.

    :raises Refused: if that is none, is over already, or is so far off that a year must be wrong.
    """
    today = plan.local(now).date()
    if abs(first - today) > FARTHEST:
        raise Refused(
            "the first day is far off", hint=f"{_FAR} (heute ist {_day(today)})", field="von"
        )
    if last is not None and last < first:
        raise Refused(
            "it ends before it begins",
            hint=f"Der letzte Tag liegt vor dem ersten ({_day(first)}).",
            field="bis",
        )
    if last is not None and last < today:
        raise Refused("it is over", hint="Diese Pause wäre schon vorbei.", field="bis")
    if last is not None and last - first > LONGEST_PAUSE:
        raise Refused("it is too long", hint=_LONG, field="bis")
    until = None if last is None else _midnight(plan, last + timedelta(days=1))
    return Pause(_midnight(plan, first), until, why)


def without_pause(plan: Plan, now: int, since: int | None = None) -> Plan:
    """Return a plan whose pauses are over: all of them, or those that began at ``since``.

    What is planned for later is called off.
    """
    return replace(
        plan,
        pauses=tuple(
            one
            if since not in {None, one.since}
            else replace(one, until=min(now, one.until or now))
            for one in plan.pauses
            if one.since < now or since not in {None, one.since}
        ),
    )


def with_due(plan: Plan, due: Due, instead: str = "") -> Plan:
    """Return a plan with another time of measuring, in the place of the one called ``instead``.

    :raises Refused: if nobody measures that, it lies over another one of its kind, or there are
        too many.
    """
    if due.kind not in TO_MEASURE:
        raise Refused("nobody measures that", hint=NOT_MEASURED, field="was")
    others = tuple(one for one in plan.schedule if one.name != instead)
    for one in others:
        if (
            one.kind == due.kind
            and set(one.weekdays) & set(due.weekdays)
            and one.begin < due.end
            and due.begin < one.end
        ):
            raise Refused("two at a time", hint=_TWICE, field="von")
    if len(others) >= MOST_SPANS:
        raise Refused("too many spans", hint=_MANY, field="von")
    place = next((n for n, one in enumerate(plan.schedule) if one.name == instead), len(others))
    return replace(plan, schedule=(*others[:place], due, *others[place:]))


def without_due(plan: Plan, name: str) -> Plan:
    """Return a plan without a time of measuring; once more changes nothing."""
    return replace(plan, schedule=tuple(one for one in plan.schedule if one.name != name))


def with_wish(plan: Plan, quantity: Quantity, wish: Wish, general: Mapping[str, Limit]) -> Plan:
    """Return a plan with a limit as it was typed, see `edge.ward.asked_limits.wished`.

    :raises Refused: if an end is implausible, or the ends are not in order.
    """
    least, most = PLAUSIBLE[quantity]
    ends = [(name, getattr(wish, name)) for name in ENDS if getattr(wish, name, None) is not None]
    for name, end in ends:
        if not least <= end <= most:
            raise Refused(
                "an end is implausible",
                hint=f"{_number(end)} kann nicht stimmen; möglich ist {least} bis {most}.",
                field=name,
            )
    for (lower, first), (upper, second) in pairwise(ends):
        if first > second or (first == second and (lower, upper) == ("low", "high")):
            hint = f"Das muss größer sein als „{WORDS[lower]}“ ({_number(first)})."
            raise Refused("the ends are crossed", hint=hint, field=upper)
    limits = dict(plan.limits)
    for one in meant(quantity):
        common = general.get(one.value, Limit())
        try:
            found = wished(limits.pop(one.value, None), common, wish)
        except RuleError as error:
            name = ends[0][0] if ends else "low"
            raise Refused(str(error), hint=_against(common), field=name) from error
        if found is not None:
            limits[one.value] = found
    return replace(plan, limits=limits)


def _against(common: Limit) -> str:
    known = (
        f"{WORDS[name]} {_number(end)}"
        for name in ENDS
        if (end := getattr(common, name)) is not None and name in WORDS
    )
    return (
        "Das passt nicht zu den allgemeinen Grenzen, die auf der anderen Seite weiter gelten "
        f"({', '.join(known)}). Bitte auch dort eintragen, was die Praxis will."
    )


def _midnight(plan: Plan, day: date) -> int:
    return plan.moment(datetime(day.year, day.month, day.day), 0)  # noqa: DTZ001  # the plan's zone


def _number(end: float) -> str:
    return f"{end:g}".replace(".", ",")


def _day(day: date) -> str:
    return f"{day.day}.{day.month}.{day.year}"


# the ends that are typed, as the pages call them
WORDS: Mapping[str, str] = {
    "low_urgent": "dringend, bis",
    "low": "heute, bis",
    "high": "heute, ab",
    "high_urgent": "dringend, ab",
}
_FAR = "Dieser Tag liegt mehr als ein Jahr entfernt. Bitte das Jahr prüfen"
_LONG = "Länger als ein Jahr geht nicht. Bis auf Weiteres: den letzten Tag leer lassen."
NOT_MEASURED = (
    "Das misst niemand: Es kommt von selbst oder ist ein Ruf, und der Hub würde es jeden Tag "
    "vermissen."
)
_TWICE = (
    "Für diese Werte gibt es an einem dieser Tage schon eine Zeit, die sich damit überschneidet. "
    "Bitte jene ändern."
)
_MANY = f"Mehr als {MOST_SPANS} Messzeiten gehen nicht. Bitte zuerst eine entfernen."
