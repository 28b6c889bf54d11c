"""A person's circle, as the ladder climbs it; of the hub itself, all who care here."""

from __future__ import annotations

from collections.abc import Iterable

from edge.care.ladder.circle import Circle, Member, Quiet
from edge.care.ladder.plan import SOS
from edge.care.ladder.rung import Rung
from edge.care.people import ContactRole, QuietHours
from edge.store.personal import PersonalStore

RUNGS = {
    ContactRole.RELATIVE: Rung.RELATIVE,
    ContactRole.RESPONDER: Rung.RESPONDER,
    ContactRole.NURSE: Rung.NURSE,
    ContactRole.CARER: Rung.NURSE,
    ContactRole.PRACTICE: Rung.DOCTOR,
    ContactRole.DOCTOR: Rung.DOCTOR,
}


def circle_of(personal: PersonalStore, person: int | None, rule: str = "") -> Circle:
    """Return whom to ask about a person, in their order; ``person`` None is the hub itself.

    Of the hub's own it is who cares here; of a call by a button that is nobody's (``rule``), the
    helpers of the village before them.

    :raises StoreError: if personal.db fails.
    """
    if person is None:
        asked = (Rung.RESPONDER, Rung.NURSE) if rule == SOS else (Rung.NURSE,)
        return tuple(
            Member(one.contact, RUNGS[one.role], one.name, one.phone)
            for one in personal.contacts()
            if RUNGS[one.role] in asked
        )
    return tuple(
        Member(
            one.contact.contact,
            RUNGS[one.contact.role],
            one.contact.name,
            one.contact.phone,
            tuple(_quiet([one.quiet])),
            one.may_name,
        )
        for one in personal.circle(person)
    )


def _quiet(hours: Iterable[QuietHours | None]) -> list[Quiet]:
    return [Quiet(one.begin, one.end) for one in hours if one is not None]
