"""The round: who needs a carer today, why, and since when. No Flask here.

Quiet is not the same as well: it says that no rule found anything in what was measured. Of whom
nothing can be measured that is said, and who has a pause is not called quiet either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from edge.care.audit import Look
from edge.care.finding import Fact
from edge.care.ladder.alert import Alert
from edge.care.ladder.rung import State
from edge.care.people import Contact
from edge.clock import Clock
from edge.desk.vault import Vault
from edge.ward.facts import Sight
from edge.ward.listed import Listed
from edge.ward.reading import Reading

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore

WHY = "In der Runde gelesen, was aufgefallen ist"


class Level(IntEnum):
    """How soon somebody is needed; those below quiet say that nothing can be told."""

    NO_DEVICE = -2
    PAUSE = -1
    QUIET = 0
    NOTE = 1  # from here on as `edge.care.finding.Urgency`
    TODAY = 2
    URGENT = 3
    EMERGENCY = 4


@dataclass(frozen=True, slots=True)
class Reason:
    """One alert as a carer sees it.

    ``rule`` is empty where what it is about is not for them, and so are ``facts``; those also
    where they were not asked for.

    ``taken_by`` is the name of who has it, ``handed_to`` of who is asked to take it over.
    ``is_mine``: the reader has it. Times are ms since 1970, UTC.
    """

    alert: int
    rule: str
    level: Level
    state: State
    since: int
    facts: Mapping[str, Fact] = field(repr=False)
    taken_by: str = field(repr=False, default="")
    taken_at: int | None = None
    handed_to: str = field(repr=False, default="")
    is_mine: bool = False
    for_me: bool = False

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has it yet."""
        return not self.taken_by or self.state is State.HANDED


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody in care: how urgent, why, since when. ``may_open``: the reader may see values."""

    person: int
    name: str = field(repr=False)
    level: Level
    since: int | None
    reasons: tuple[Reason, ...]
    may_open: bool

    @property
    def is_waiting(self) -> bool:
        """Whether something of it is nobody's yet."""
        return any(one.is_waiting for one in self.reasons)


@dataclass(frozen=True, slots=True)
class Round:
    """Everybody of a carer's, the most urgent first; ``hub`` is what is wrong with the hub."""

    rows: tuple[Row, ...]
    hub: tuple[Reason, ...]

    def counts(self) -> list[tuple[Level, int]]:
        """Return how many there are of each level, the most urgent first."""
        found = Counter(one.level for one in self.rows)
        return [(level, found[level]) for level in sorted(found, reverse=True)]


class Rounds:
    """The rounds of carers. Threads may share one.

    :raises Locked: from every method, while personal.db is locked.
    """

    def __init__(self, vault: Vault, clock: Clock, listed: Listed | None = None) -> None:
        self._listed = listed or Listed()
        self._vault = vault
        self._clock = clock
        self._reading = Reading(vault, clock)

    def now(self, reader: Contact, *, with_facts: bool = False) -> Round:
        """Return how it stands for whom this carer looks after.

        ``with_facts`` shows the numbers of what was found, and notes that they were read; without,
        it is noted that the names were.
        """
        mine = self._reading.sights(reader)
        with self._vault.open() as personal:
            names = {one.person: one.name for one in personal.persons() if one.person in mine}
            alerts = personal.alerts()
            who = {one.contact: one.name for one in personal.contacts()}
            now_ms = self._clock.stamp().wall_ms
            paused = {one for one in names if personal.plan(one, now_ms).pause_at(now_ms)}
            with_device = {one.person for one in personal.assignments()}
            if with_facts:
                _note(personal, self._clock, reader, alerts, mine)
                told: Mapping[int, Sight] = mine
            else:
                told = self._listed.told(personal, reader, alerts, mine, self._clock.stamp())
        by_person: dict[int, list[Reason]] = {person: [] for person in names}
        hub = []
        for alert in alerts:
            if alert.person is None:
                hub.append(reason(alert, who, reader, Sight()))
            elif alert.person in by_person:
                sight = told[alert.person]
                one = reason(alert, who, reader, sight, with_facts=with_facts)
                by_person[alert.person].append(one)
        rows = [
            _row(
                person,
                name,
                by_person[person],
                has_device=person in with_device,
                is_paused=person in paused,
                may_open=bool(mine[person].kinds),
            )
            for person, name in names.items()
        ]
        return Round(tuple(sorted(rows, key=_order)), tuple(hub))


def reason(
    alert: Alert,
    who: Mapping[int, str],
    reader: Contact,
    sight: Sight,
    *,
    with_facts: bool = True,
) -> Reason:
    """Return an alert as a carer sees it; ``who`` are the names of contacts.

    Whoever shows what is here ``with_facts`` writes that into the book.
    """
    taken = alert.acknowledged_by
    by = ""
    if alert.acknowledged_at is not None:
        by = "am Terminal" if taken is None else who.get(taken, f"Kontakt {taken}")
    handed = alert.handed_to
    return Reason(
        alert=alert.number,
        rule=alert.rule if sight.knows(alert) else "",
        level=Level(int(alert.urgency)),
        state=alert.state,
        since=alert.since,
        facts=sight.facts(alert) if with_facts else {},
        taken_by=by,
        taken_at=alert.acknowledged_at,
        handed_to="" if handed is None else who.get(handed, f"Kontakt {handed}"),
        is_mine=taken == reader.contact and alert.state in (State.TAKEN, State.HANDED),
        for_me=handed == reader.contact,
    )


def _note(
    personal: PersonalStore,
    clock: Clock,
    reader: Contact,
    alerts: Sequence[Alert],
    mine: Mapping[int, Sight],
) -> None:
    """Write into the book whose numbers are shown now."""
    shown: dict[int, set[str]] = {}
    since: dict[int, int] = {}
    for alert in alerts:
        if alert.person is None or alert.person not in mine:
            continue
        if told := mine[alert.person].noted(alert):
            shown.setdefault(alert.person, set()).update(told)
            since[alert.person] = min(since.get(alert.person, alert.since), alert.since)
    if not shown:
        return
    looks = [
        Look(
            person=person,
            who=reader.recipient,
            role=reader.role,
            kinds=tuple(sorted(of)),
            since=since[person],
            until=None,
            why=WHY,
            account=reader.account,
        )
        for person, of in shown.items()
    ]
    with personal.connection.transaction() as driver:
        personal.note_looks_within(driver, looks, clock.stamp())


def _row(
    person: int,
    name: str,
    reasons: Sequence[Reason],
    *,
    has_device: bool,
    is_paused: bool,
    may_open: bool,
) -> Row:
    ordered = tuple(sorted(reasons, key=lambda one: (-one.level, not one.is_waiting, one.since)))
    level = Level.QUIET if has_device else Level.NO_DEVICE
    if ordered:
        level = ordered[0].level
    elif is_paused:
        level = Level.PAUSE
    since = min((one.since for one in ordered if one.level is level), default=None)
    return Row(person, name, level, since, ordered, may_open)


def _order(row: Row) -> tuple[int, bool, int, str]:
    return (-row.level, not row.is_waiting, row.since or 0, row.name.casefold())
