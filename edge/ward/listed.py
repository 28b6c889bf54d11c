"""Names of alerts that stand in lists: written into the book once a day, not at each look.

A list that is open draws itself anew every few seconds. Who had it open, and what of a person it
told by an alert's name, is one line a person, reader, kind and day: the book stays readable. No
Flask here.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from edge.care.audit import LISTED, Look
from edge.care.ladder.alert import Alert
from edge.care.people import Contact
from edge.clock import Stamp
from edge.store.errors import Locked, StoreError
from edge.ward.facts import Sight

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore

ZONE = ZoneInfo("Europe/Berlin")  # the village's clock, as plans have it

_Key = tuple[str, int | None, int]


class Listed:
    """Writes down whose alerts' names a list shows. Threads may share one.

    It remembers what stands in the book of this day, so that a list that is drawn anew costs no
    look into it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._day = (0, 0)
        self._noted: dict[_Key, set[str]] = {}

    def told(
        self,
        personal: PersonalStore,
        reader: Contact,
        alerts: Sequence[Alert],
        mine: Mapping[int, Sight],
        stamp: Stamp,
    ) -> Mapping[int, Sight]:
        """Return what may be told of each now, after it was written down.

        What could not be written down is told of nobody: that somebody is needed is shown all the
        same, without a name.

        :raises Locked: while personal.db is locked.
        """
        shown: dict[int, set[str]] = {}
        since: dict[int, int] = {}
        for one in alerts:
            if one.person is None or one.person not in mine:
                continue
            if kinds := mine[one.person].noted(one):
                shown.setdefault(one.person, set()).update(kinds)
                since[one.person] = min(since.get(one.person, one.since), one.since)
        try:
            self._note(personal, reader, shown, since, stamp)
        except Locked:
            raise
        except StoreError:
            return dict.fromkeys(mine, Sight())
        return mine

    def _note(
        self,
        personal: PersonalStore,
        reader: Contact,
        shown: Mapping[int, set[str]],
        since: Mapping[int, int],
        stamp: Stamp,
    ) -> None:
        day = _day(stamp.wall_ms)
        with self._lock:
            if day != self._day:
                self._day, self._noted = day, {}
            known = {person: self._known(reader, person) for person in shown}
        new = {person: kinds - known[person] for person, kinds in shown.items()}
        if not any(new.values()):
            return
        # what stands there already and the new lines in one transaction: of two at once, one writes
        with personal.connection.transaction() as driver:
            looks = []
            for person, kinds in new.items():
                if kinds and (fresh := kinds - _in_book(personal, reader, person, day)):
                    looks.append(_look(reader, person, fresh, since[person]))
            personal.note_looks_within(driver, looks, stamp)
        with self._lock:
            if day == self._day:
                for person, kinds in new.items():
                    self._known(reader, person).update(kinds)

    def _known(self, reader: Contact, person: int) -> set[str]:
        return self._noted.setdefault((reader.recipient, reader.account, person), set())


def _in_book(
    personal: PersonalStore, reader: Contact, person: int, day: tuple[int, int]
) -> set[str]:
    """Return of which kinds the book says of a day already that a list told them."""
    who = (reader.recipient, reader.account)
    return {
        kind
        for look in personal.looks_within(person, *day)
        if look.why == LISTED and (look.who, look.account) == who
        for kind in look.kinds
    }


def _look(reader: Contact, person: int, kinds: set[str], since: int) -> Look:
    return Look(
        person=person,
        who=reader.recipient,
        role=reader.role,
        kinds=tuple(sorted(kinds)),
        since=since,
        until=None,
        why=LISTED,
        account=reader.account,
    )


def _day(at: int) -> tuple[int, int]:
    """Return the bounds of the village's day in which a moment lies, ms since 1970."""
    midnight = datetime.fromtimestamp(at / 1000, ZONE).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    after = midnight + timedelta(days=1)
    return round(midnight.timestamp() * 1000), round(after.timestamp() * 1000)
