"""What a person's plan says, in German: limits, times of measuring, pauses, NEWS2. Pure."""

from __future__ import annotations

from types import MappingProxyType

from edge.care.kinds import WORDS
from edge.care.rules.plan import MEASURED, Due, Limit, News2, Pause, Plan
from edge.care.rules.words import QUANTITIES, amount

DAYS = ("mo", "di", "mi", "do", "fr", "sa", "so")
DAY_WORDS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
WHY = MappingProxyType({"holiday": "Urlaub", "hospital": "Krankenhaus", "other": "anderes"})
ENDS = MappingProxyType(
    {
        "low": "heute bis",
        "high": "heute ab",
        "low_urgent": "dringend bis",
        "high_urgent": "dringend ab",
        "low_extreme": "äußerst bis",
        "high_extreme": "äußerst ab",
    }
)


def limit(quantity: str, one: Limit) -> str:
    """Return a limit's ends: `heute bis 88 %, dringend bis 84 %`."""
    found = ((word, getattr(one, name)) for name, word in ENDS.items())
    said = ", ".join(f"{word} {amount(quantity, end)}" for word, end in found if end is not None)
    return said or "keine"


def quantity_name(quantity: str) -> str:
    """Return what a quantity is called."""
    return QUANTITIES.get(quantity, quantity)


def due(one: Due) -> str:
    """Return what is measured when: `Gewichtswerte, 7:00 bis 10:00 (mo, do)`."""
    days = "" if len(one.weekdays) == 7 else f" ({', '.join(DAYS[n] for n in one.weekdays)})"
    return f"{WORDS[one.kind]}, {clock(one.begin)} bis {clock(one.end)}{days}"


def no_data(kind: str, hours: float) -> str:
    """Return after how long nothing of a kind is an alert; 0: nothing is expected."""
    what = "das tägliche Messen" if kind == MEASURED else WORDS[kind]
    return f"{what}, " + (f"{hours:g} Stunden" if hours else "nicht erwartet")


def pause(plan: Plan, one: Pause) -> str:
    """Return a pause as the plan's clock has it."""
    until = "auf Weiteres" if one.until is None else moment(plan, one.until)
    return f"Pause ({WHY.get(one.why, one.why)}) von {moment(plan, one.since)} bis {until}"


def news2(one: News2) -> str:
    """Return how NEWS2 is scored."""
    who = f", angeordnet von {one.decided_by}" if one.scale == 2 else ""
    return f"NEWS2 mit Skala {one.scale}{who}{', bekommt Sauerstoff' if one.on_oxygen else ''}"


def clock(minute: int) -> str:
    """Return a minute of the day as `7:05`."""
    return f"{minute // 60}:{minute % 60:02d}"


def moment(plan: Plan, at: int) -> str:
    """Return a moment as `24.12.2026 14:00`."""
    return plan.local(at).strftime("%d.%m.%Y %H:%M")
