"""What a handover note begins with: the facts that the hub has of somebody. No Flask here."""

from __future__ import annotations

from dataclasses import dataclass, field

from edge.care.people import Contact
from edge.clock import Clock
from edge.desk.vault import Vault
from edge.ward.client import Clients, Sheet
from edge.ward.facts import Sight
from edge.ward.inbox import note_alert, outcome_for
from edge.ward.reading import Reading
from edge.ward.round import Reason, reason

DAYS = 7
WHY = "Für eine Übergabe gelesen"
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Facts:
    """Somebody's values of a week, open alerts, what was closed that week, and who is around."""

    sheet: Sheet = field(repr=False)
    open: tuple[Reason, ...]
    closed: tuple[Reason, ...]
    outcomes: tuple[str, ...] = field(repr=False)
    devices: int
    around: tuple[tuple[str, str], ...] = field(repr=False)


class Handover:
    """Gathers facts for handover notes. Nothing that is written is kept here.

    :raises Locked: while personal.db is locked.
    :raises NotAllowed: if the reader may read nothing of the person.
    """

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock
        self._clients = Clients(vault, clock)
        self._reading = Reading(vault, clock)

    def facts(self, reader: Contact, person: int) -> Facts:
        """Return what there is to say of somebody; that it was read is noted."""
        now_ms = self._clock.stamp().wall_ms
        since = now_ms - DAYS * DAY_MS
        sheet = self._clients.sheet(reader, person, since, now_ms + 1, why=WHY)
        sight = self._reading.sights(reader).get(person, Sight())
        with self._vault.open() as personal:
            who = {one.contact: one.name for one in personal.contacts()}
            alerts = [
                one
                for one in personal.alerts(open_only=False, person=person)
                if one.is_open or one.raised_at >= since
            ]
            for one in alerts:
                if told := sight.noted(one):
                    note_alert(personal, reader, one, told, at=self._clock.stamp(), why=WHY)
            around = tuple((one.contact.name, one.relation) for one in personal.circle(person))
            devices = len({one.device_id for one in personal.assignments() if one.person == person})
        shown = [reason(one, who, reader, sight) for one in alerts]
        pairs = list(zip(alerts, shown, strict=True))
        return Facts(
            sheet,
            tuple(r for a, r in pairs if a.is_open),
            tuple(r for a, r in pairs if not a.is_open),
            tuple(outcome_for(a, reader, sight) for a, _ in pairs if not a.is_open),
            devices,
            around,
        )
