"""Reading values at the hub itself, for commands: who holds the key may; it is written down.

Alerts and warnings tell of values, too. What could not be written down is given to nobody.

:raises StoreError: from each function, if it cannot be written down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from edge.care.audit import OFFICE, Look
from edge.care.kinds import KINDS, ROOM_CLIMATE
from edge.care.measured import Measured
from edge.clock import SystemClock
from edge.ward.facts import Sight

if TYPE_CHECKING:
    from edge.care.ladder.alert import Alert
    from edge.store.personal import PersonalStore
    from edge.store.personal_rows import HeatWarning

_EVERYTHING = Sight(KINDS, is_around=True)


def values_at_the_hub(personal: PersonalStore, person: int, since: int, why: str) -> list[Measured]:
    """Return a person's values from ``since`` on, after it is written into their book.

    ``why`` is said to the person, here and below: a short German sentence without a name.
    """
    note_at_the_hub(personal, {person: (KINDS, since)}, why)
    return personal.measured(person, since)


def warnings_at_the_hub(personal: PersonalStore, since: int | None, why: str) -> list[HeatWarning]:
    """Return in whose home it is too warm; with ``since``, what ended since then as well."""
    found = personal.heat_warnings(since=since)
    begun: dict[int, int] = {}
    for one in found:
        begun[one.person] = min(one.warm_since, begun.get(one.person, one.warm_since))
    looked = {person: ((ROOM_CLIMATE,), first) for person, first in begun.items()}
    note_at_the_hub(personal, looked, why)
    return found


def alerts_at_the_hub(personal: PersonalStore, why: str, *, open_only: bool) -> list[Alert]:
    """Return everybody's alerts, the most urgent first; their names alone tell of values."""
    found = personal.alerts(open_only=open_only)
    looked: dict[int, tuple[tuple[str, ...], int]] = {}
    for one in found:
        told = _EVERYTHING.noted(one)
        if one.person is not None and told:
            before, first = looked.get(one.person, ((), one.since))
            looked[one.person] = tuple(sorted({*before, *told})), min(first, one.since)
    note_at_the_hub(personal, looked, why)
    return found


def note_at_the_hub(
    personal: PersonalStore, looked: Mapping[int, tuple[Iterable[str], int]], why: str
) -> None:
    """Write into the books of people that what is of these kinds, since then, is read."""
    looks = [
        Look(person, OFFICE, None, tuple(kinds), since, None, why)
        for person, (kinds, since) in looked.items()
    ]
    if looks:
        personal.note_looks(looks, SystemClock().stamp())
