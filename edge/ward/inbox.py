"""Alerts as carers work on them: take, hand over, say how it ended. No Flask here.

The first who takes an alert has it; whoever comes later is told who that was and when.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edge.care.audit import Look
from edge.care.ladder.alert import Alert, Happening
from edge.care.ladder.rung import Rung
from edge.care.ladder.words import rescue_text
from edge.care.people import Contact
from edge.clock import Clock, Stamp
from edge.desk.vault import Vault
from edge.learning.errors import Refused
from edge.store.personal_alerts import NoSuchAlert
from edge.ward.facts import Sight
from edge.ward.listed import Listed
from edge.ward.reading import Reading
from edge.ward.round import Reason, reason

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore

MAX_OUTCOME = 1000
WHY = "Eine Meldung gelesen"
MOST_PAST = 100


@dataclass(frozen=True, slots=True)
class Step:
    """What happened with an alert: when, what, on which rung, who; the name is empty of a place."""

    at: int
    what: str
    rung: Rung | None
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """An alert in the inbox. ``person`` None is the hub; ``name`` is then empty."""

    reason: Reason
    person: int | None
    name: str = field(repr=False)
    may_open: bool = False


@dataclass(frozen=True, slots=True)
class Detail:
    """One alert with all that happened, and to whom it may be handed over.

    ``rescue`` is what a person reads out to 112, where nobody else answered.
    """

    entry: Entry
    steps: tuple[Step, ...]
    others: tuple[Contact, ...]
    outcome: str = field(repr=False, default="")
    due_at: int | None = None
    is_open: bool = True
    rescue: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class Taken:
    """Whether it was the first, and who has it since when."""

    won: bool
    reason: Reason


class Inbox:
    """The alerts of a hub, as one carer may see them. Threads may share one.

    Whose alert it is decides who sees it: a contact in that person's circle, or one that the
    person lets read something. Others' do not exist.

    :raises Locked: from every method, while personal.db is locked.
    :raises NoSuchAlert: if it is gone, or not for this carer.
    """

    def __init__(
        self, vault: Vault, clock: Clock, village: str = "", listed: Listed | None = None
    ) -> None:
        self._village = village
        self._listed = listed or Listed()
        self._vault = vault
        self._clock = clock
        self._reading = Reading(vault, clock)

    def entries(self, reader: Contact, *, past: bool = False) -> list[Entry]:
        """Return the open alerts, the most urgent first; or with ``past`` those that are over.

        Without their numbers: who wants those opens one. That their names were read is noted.
        """
        mine = self._reading.sights(reader)
        with self._vault.open() as personal:
            names = {one.person: one.name for one in personal.persons()}
            who = {one.contact: one.name for one in personal.contacts()}
            found = [
                one
                for one in personal.alerts(open_only=not past)
                if (one.person is None or one.person in mine) and one.is_open != past
            ]
            if past:
                found = sorted(found, key=lambda one: -one.raised_at)[:MOST_PAST]
            told = self._listed.told(personal, reader, found, mine, self._clock.stamp())
        return [
            Entry(
                reason(one, who, reader, _sight(told, one), with_facts=one.person is None),
                one.person,
                names.get(one.person, "") if one.person else "",
                may_open=bool(_sight(mine, one).kinds),
            )
            for one in found
        ]

    def change(self) -> str:
        """Return another text after any alert changed, or anybody may know more or less of one."""
        with self._vault.open() as personal:
            return f"{personal.alert_change()}-{personal.sight_change()}"

    def detail(self, reader: Contact, number: int) -> Detail:
        """Return one alert with its numbers, and note that they were read."""
        with self._vault.open() as personal:
            alert, sight = self._one(personal, reader, number)
            who = {one.contact: one.name for one in personal.contacts()}
            if told := sight.noted(alert):
                note_alert(personal, reader, alert, told, at=self._clock.stamp())
            person = None if alert.person is None else personal.find_person(str(alert.person))
            others = _others(personal, reader, alert)
        entry = Entry(
            reason(alert, who, reader, sight),
            alert.person,
            "" if person is None else person.name,
            may_open=bool(sight.kinds),
        )
        steps = tuple(_step(one, who) for one in alert.happened)
        rescue = ""
        if alert.is_unanswered and alert.rung is Rung.RESCUE:
            rescue = rescue_text(alert, self._village, entry.name, may_know=sight.knows(alert))
        return Detail(
            entry,
            steps,
            others,
            outcome_for(alert, reader, sight),
            alert.due_at,
            alert.is_open,
            rescue=rescue,
        )

    def take(self, reader: Contact, number: int) -> Taken:
        """Take an alert; the first one has it."""
        with self._vault.open() as personal:
            _, sight = self._one(personal, reader, number)
            answer = personal.acknowledge(number, reader.contact, self._clock.stamp())
            who = {one.contact: one.name for one in personal.contacts()}
        return Taken(answer.won, reason(answer.alert, who, reader, sight, with_facts=False))

    def hand_over(self, reader: Contact, number: int, to: int) -> str:
        """Give an alert that somebody has to another one, who is asked; return the name.

        :raises Refused: if it is over, nobody has it, or that one is not in the circle.
        """
        with self._vault.open() as personal:
            alert, _ = self._one(personal, reader, number)
            chosen = {one.contact: one for one in _others(personal, reader, alert)}.get(to)
            if chosen is None:
                raise Refused("not in the circle", hint=_NOT_THERE, field="an")
            after = personal.hand_over(number, to, self._clock.stamp())
        if after.handed_to != to:
            raise Refused("nobody has it", hint=_TAKE_FIRST, field="an")
        return chosen.name

    def close(self, reader: Contact, number: int, outcome: str) -> None:
        """Say how it ended.

        :raises Refused: if nothing, or too much, was said.
        """
        said = " ".join(outcome.split())
        if not said:
            raise Refused("no outcome", hint=_SAY_HOW, field="ausgang")
        if len(said) > MAX_OUTCOME:
            raise Refused(
                "outcome too long",
                hint=f"Das ist zu lang: Hier passen {MAX_OUTCOME} Zeichen hinein.",
                field="ausgang",
            )
        with self._vault.open() as personal:
            self._one(personal, reader, number)
            personal.close_alert(number, reader.contact, said, self._clock.stamp())

    def _one(self, personal: PersonalStore, reader: Contact, number: int) -> tuple[Alert, Sight]:
        alert = personal.alert(number)
        mine = self._reading.sights(reader)
        if alert.person is not None and alert.person not in mine:
            raise NoSuchAlert(f"there is no alert {number}")
        return alert, _sight(mine, alert)


def note_alert(
    personal: PersonalStore,
    reader: Contact,
    alert: Alert,
    kinds: tuple[str, ...],
    *,
    at: Stamp,
    why: str = WHY,
) -> None:
    """Write into the book that an alert's numbers, of these kinds, are shown to somebody."""
    look = Look(
        person=alert.person or 0,
        who=reader.recipient,
        role=reader.role,
        kinds=kinds,
        since=alert.since,
        until=None,
        why=why,
        account=reader.account,
    )
    with personal.connection.transaction() as driver:
        personal.note_looks_within(driver, [look], at)


def outcome_for(alert: Alert, reader: Contact, sight: Sight) -> str:
    """Return how an alert ended, for who may know it: whoever wrote it, and who may know why."""
    wrote = any(one.what == "closed" and one.contact == reader.contact for one in alert.happened)
    return alert.outcome if wrote or sight.knows(alert) else ""


def _sight(mine: Mapping[int, Sight], alert: Alert) -> Sight:
    return Sight() if alert.person is None else mine[alert.person]


def _others(personal: PersonalStore, reader: Contact, alert: Alert) -> tuple[Contact, ...]:
    """Return to whom an alert may be handed over: the circle, but not who has it already."""
    if alert.person is None:
        return ()
    there = [one.contact for one in personal.circle(alert.person)]
    return tuple(one for one in there if one.contact not in (reader.contact, alert.acknowledged_by))


def _step(one: Happening, who: dict[int, str]) -> Step:
    name = "" if one.contact is None else who.get(one.contact, f"Kontakt {one.contact}")
    return Step(one.at, one.what, one.rung, name)


_NOT_THERE = (
    "Diese Person steht nicht im Kreis. Weitergeben kann man nur an jemanden, den die betroffene "
    "Person selbst genannt hat."
)
_TAKE_FIRST = "Weitergeben kann man nur, was jemand übernommen hat. Bitte zuerst übernehmen."
_SAY_HOW = "Bitte kurz schreiben, wie es ausgegangen ist. Wer später nachliest, weiß es dann."
