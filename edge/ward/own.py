"""Somebody's own values, and what they are asked to measure: for them alone. No Flask here."""

from __future__ import annotations

from dataclasses import dataclass, field

from edge.care.asked import Asked, Why, asked
from edge.care.people import OWNER
from edge.clock import Clock
from edge.desk.vault import Vault
from edge.ward.client import Clients, Sheet
from edge.ward.vitals import SHOWN_KINDS


@dataclass(frozen=True, slots=True)
class OwnSheet:
    """What was measured of somebody, and what they are asked to measure now."""

    sheet: Sheet
    asked: tuple[Asked, ...] = field(repr=False)


class OwnSheets:
    """What people see of themselves by their card. Threads may share one.

    :raises Locked: while personal.db is locked.
    """

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clients = Clients(vault, clock)

    def sheet(self, person: int, since: int, until: int, *, why: str) -> OwnSheet:
        """Return a person's values with ``since <= t < until``, and what is asked of them.

        That it was read is noted first, with the kinds that are asked for as well: a request for
        one says that something of it was noticed.

        :raises NotAllowed: if nobody has this number.
        """
        wanted = _asked(self._vault, person)
        kinds = SHOWN_KINDS | {one.kind for one in wanted}
        sheet = self._clients.sheet(OWNER, person, since, until, why=why, kinds=kinds)
        noted = sheet.client.kinds  # in the book by now: what is wanted leaves here only after it
        return OwnSheet(sheet, tuple(one for one in wanted if one.kind in noted))


def whys(vault: Vault, person: int) -> frozenset[Why]:
    """Return why something is asked of a person, empty if nothing is; not what it is.

    :raises Locked: while personal.db is locked.
    """
    return frozenset(one.why for one in _asked(vault, person))


def _asked(vault: Vault, person: int) -> tuple[Asked, ...]:
    with vault.open() as personal:
        return asked(personal.alerts(person=person), personal.rule_state(person))
