"""What is typed into the forms of a plan: pauses, times of measuring, limits. Without stores."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from edge.care.kinds import TO_MEASURE
from edge.care.rules.errors import RuleError
from edge.care.rules.plan import Due, Limit
from edge.learning.entered import Entered, read_day
from edge.learning.errors import Refused
from edge.store.personal_rules import Asked
from edge.ward.asked_limits import Wish
from edge.web.care.plan_words import WHY

MAX_NAME = 100  # of a practice
# the names of the fields, by the ends that are typed into them
FIELDS = MappingProxyType(
    {
        "low": "unten",
        "high": "oben",
        "low_urgent": "unten-dringend",
        "high_urgent": "oben-dringend",
    }
)


@dataclass(frozen=True, slots=True)
class PauseForm:
    """A pause as it was typed: the last day belongs to it; None: until further notice."""

    first: date
    last: date | None
    why: str


def read_pause(form: Entered) -> PauseForm:
    """Return the pause that was typed.

    :raises Refused: if a day is none, or no reason was chosen.
    """
    first = form.day("von")
    last = form.day("bis") if form.text("bis").strip() else None
    why = form.text("warum")
    if why not in WHY:
        raise Refused("no reason", hint="Bitte sagen, warum.", field="warum")
    return PauseForm(first, last, why)


def read_due(form: Entered, kinds: tuple[str, ...]) -> Due:
    """Return what is to be measured when.

    :raises Refused: if it is nothing of ``kinds``, no time, or on no day.
    """
    kind = form.text("was")
    if kind not in kinds or kind not in TO_MEASURE:
        raise Refused("no kind", hint="Bitte auswählen, was gemessen wird.", field="was")
    begin, end = (_minute(form, name) for name in ("von", "bis"))
    if end == 0:
        end = 24 * 60  # midnight ends a day
    if end <= begin:
        raise Refused("it ends before it begins", hint=_BEFORE, field="bis")
    days = tuple(n for n in range(7) if str(n) in form.many("tag"))
    if not days:
        raise Refused("no day", hint="Bitte mindestens einen Tag ankreuzen.", field="tag")
    try:
        return Due(kind, begin, end, days)
    except RuleError as error:
        raise Refused(str(error), hint=error.hint, field="von") from error


def read_wish(form: Entered) -> Wish:
    """Return the ends that were typed.

    :raises Refused: if one is no number.
    """
    return Wish(**{end: _end(form, name) for end, name in FIELDS.items()})


def read_asked(form: Entered, today: date) -> Asked:
    """Return which practice asked for it, and when.

    :raises Refused: if the name is missing, or the day is none, to come, or years ago.
    """
    name = " ".join(form.text("praxis").split())
    if not name or len(name) > MAX_NAME:
        hint = f"Bitte den Namen der Praxis eintragen (höchstens {MAX_NAME} Zeichen)."
        raise Refused("no practice", hint=hint, field="praxis")
    day = form.day("tag")
    if day > today:
        raise Refused("a day to come", hint="Dieser Tag liegt in der Zukunft.", field="tag")
    if (today - day).days > 3 * 366:
        hint = "Das ist über drei Jahre her. Bitte das Jahr prüfen, oder in der Praxis nachfragen."
        raise Refused("years ago", hint=hint, field="tag")
    return Asked(name, day.isoformat())


def typed_wish(own: Limit | None, general: Limit) -> dict[str, str]:
    """Return what a form begins with: the person's own ends, where they are not everybody's."""
    found = {}
    for end, name in FIELDS.items():
        mine = None if own is None else getattr(own, end)
        same = mine is None or mine == getattr(general, end)
        found[name] = "" if same else f"{mine:g}".replace(".", ",")
    return found


def _minute(form: Entered, name: str) -> int:
    found = form.time(name)
    return found.hour * 60 + found.minute


def _end(form: Entered, name: str) -> float | None:
    text = form.text(name).strip().replace(",", ".")
    if not text:
        return None
    whole, _, rest = text.partition(".")
    digits = whole + rest
    if not (digits.isascii() and digits.isdecimal() and whole) or len(whole) > 4 or len(rest) > 2:
        shown = form.text(name).strip()[:20]
        raise Refused("no number", hint=f"Das ist keine Zahl: „{shown}“. Beispiel: 150", field=name)
    return float(text)


def day_typed(text: str) -> str:
    """Return a day as a field of days wants it (`2026-12-24`), or what was typed if it is none."""
    found = read_day(text)
    return text if found is None else found.isoformat()


_BEFORE = "Das Ende muss nach dem Anfang liegen, am selben Tag (Mitternacht: 0:00)."
