"""A person's care out as FHIR, and a practice's answer in: each step whole, without Flask.

Values come by `edge.ward.reading` alone, so that consents are asked and the book is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from edge.care.audit import OFFICE, SELF, Look, looks
from edge.care.case_consent import may_ask
from edge.care.finding import Fact
from edge.care.kinds import KINDS
from edge.care.ladder.alert import Alert
from edge.care.ladder.rung import State
from edge.care.people import ROLE_WORDS, Contact, ContactRole, Owner, Reader, recipient_of
from edge.care.rules.ruleset import readable
from edge.clock import Clock
from edge.config import Config
from edge.desk.vault import Vault
from edge.fhir.answer import Answer, Reply, answer, understood
from edge.fhir.bundle import Contents, resources
from edge.fhir.definitions import Definitions
from edge.fhir.identity import Resource
from edge.fhir.issue import FhirError
from edge.fhir.json_text import read
from edge.fhir.limits import AskedLimit
from edge.fhir.observation import Whose
from edge.fhir.record import Escalation, Glance, Instrument, Message, TaskState
from edge.store.village import VillageStore
from edge.ward.asked_limits import with_limits
from edge.ward.case_reply import place, questions
from edge.ward.facts import Sight
from edge.ward.office import note_at_the_hub
from edge.ward.reading import NotAllowed, Reading

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore

ZONE = ZoneInfo("Europe/Berlin")  # the village's clock, as plans have it

# whose word changes at what value somebody is called
MAY_SET_LIMITS = frozenset({ContactRole.PRACTICE, ContactRole.DOCTOR})

_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "limit": "Ein Wert liegt außerhalb der Grenzen",
        "baseline": "Ein Wert weicht vom Gewohnten ab",
        "news2": "NEWS2 ist erhöht",
        "missed": "Eine Messung fehlt",
        "silent": "Ein Gerät meldet sich nicht",
        "no_data": "Es kommen keine Daten mehr",
        "inactivity": "Zu Hause ist es stiller als gewohnt",
        "heat": "In der Wohnung ist es zu warm",
        "sos": "Ruf um Hilfe",
    }
)
# What of an alert's facts goes out. Not which sensor and which room: it says where somebody lives.
_FACTS = frozenset(
    {
        "again", "count", "data_kind", "felt", "first", "hours", "late_minutes", "level", "limit",
        "missing", "partial", "points", "quantity", "scale", "score", "side", "single", "spread",
        "usual", "value", "weather",
    }
)  # fmt: skip
_TASKS = {
    State.CLOSED: TaskState.ENDED,
    State.OVER: TaskState.ENDED,
    State.CANCELLED: TaskState.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Export:
    """What goes out: the resources, and under whose pseudonym; made at ``at`` (ms, UTC)."""

    whose: Whose
    resources: tuple[Resource, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an answer. ``is_new`` is False of one that was taken before.

    ``cases`` are the numbers of cases in which it stands now, ``astray`` what it refers to and is
    not here.
    """

    person: int
    limits: tuple[AskedLimit, ...]
    replies: tuple[Reply, ...]
    left: tuple[str, ...]
    is_new: bool
    cases: tuple[int, ...] = ()
    astray: tuple[str, ...] = ()


class Interchange:
    """FHIR of one hub.

    :raises Locked: from every method, while personal.db is locked.
    :raises StoreError: from every method; its hint says what to do.
    """

    def __init__(self, config: Config, vault: Vault, clock: Clock) -> None:
        self._config = config
        self._vault = vault
        self._clock = clock
        self._reading = Reading(vault, clock)

    def export(
        self, person: int, reader: Reader, since: int, until: int | None, *, why: str
    ) -> Export:
        """Return what there is of a person for a reader, as far as the reader may know it.

        The person's own copy has all: consents with their sentences and who read what.

        :raises NotAllowed: without role or consent; that it was tried is written down.
        """
        at = self._clock.stamp().wall_ms
        values = self._reading.values(reader, person, None, since, until, why=why)
        own = isinstance(reader, Owner)
        # what leaves the village goes by consent alone, whoever is in the circle
        sight = Sight(KINDS if own else self._reading.may_see(reader, person))
        recipient = SELF if isinstance(reader, Owner) else reader.recipient
        with self._vault.open() as personal:
            if own:  # who works at the hub makes the copy: that stands in the book as well
                look = Look(person, OFFICE, None, tuple(KINDS), since, until, why)
                personal.note_looks([look], self._clock.stamp())
            whose = Whose(personal.pseudonym(person, recipient), ZONE)
            consents = [
                one for one in personal.consents(person) if own or one.recipient == recipient
            ]
            alerts = personal.alerts(open_only=False, person=person)
            messages = [
                one
                for one in _messages(personal, person, alerts)
                if own or one.key.startswith(f"{recipient}/")
            ]
            glances = _glances(personal, person) if own else ()
            asked = questions(
                personal, person, None if isinstance(reader, Owner) else reader.contact
            )
        contents = Contents(
            values=values,
            instruments=self._instruments({one.device_id for one in values}),
            consents=consents,
            escalations=[
                _escalation(one, one.facts if own else sight.facts(one))
                for one in alerts
                if (own or sight.knows(one))
                and one.since >= since
                and (until is None or one.since < until)
            ],
            messages=messages,
            questions=asked,
            glances=glances,
        )
        return Export(whose, tuple(resources(whose, contents, at, own_copy=own)), at)

    def take(
        self, sender: Contact, content: str | bytes, definitions: Definitions | None = None
    ) -> Taken:
        """Take over a practice's answer: limits into the plan, words into cases, the whole kept.

        :raises FhirError: if it is not what FHIR says, about nobody known to the practice, or
            not to be taken; then nothing of it is.
        :raises NotAllowed: if the person has no consent for this practice (any more).
        """
        text = content if isinstance(content, str) else _decoded(content)
        found = answer(read(text), definitions)
        stamp = self._clock.stamp()
        with self._vault.open() as personal:
            person = _person(personal, sender, found)
            words_only = not found.limits and may_ask(personal.consents(person), sender.contact)
            if not words_only and not self._reading.may_see(sender, person):
                raise NotAllowed("no role, or no consent")
            if found.limits and sender.role not in MAY_SET_LIMITS:
                raise FhirError(
                    "Grenzen setzt nur eine Praxis, Ärztin oder ein Arzt.",
                    "Die Rolle des Kontakts prüfen; nichts ist übernommen.",
                )
            whose = Whose(personal.pseudonym(person, sender.recipient), ZONE)
            with personal.connection.joined() as driver:
                is_new = personal.keep_fhir_answer_within(
                    driver, person, sender.contact, text, stamp.wall_ms
                )
                if is_new and found.limits:
                    rule = readable(self._config.personal.rules).limit
                    shipped = rule.of if rule is not None and rule.active else {}
                    plan = personal.plan(person, stamp.wall_ms)
                    plan = with_limits(plan, found.limits, shipped)
                    personal.set_plan(plan, sender.recipient, stamp.wall_ms)
                placed = place(personal, sender, whose, person, found.replies, stamp.wall_ms)
        return Taken(
            person, found.limits, found.replies, found.left, is_new, placed.cases, placed.astray
        )

    def answers(self, person: int) -> list[tuple[int, str, Answer]]:
        """Return what practices answered about a person: when, who, what; newest first.

        For whoever works at the hub; it is written into the person's book.
        """
        with self._vault.open() as personal:
            why = "Antworten von Praxen gelesen"
            note_at_the_hub(personal, {person: (KINDS, 0)}, why)
            kept = personal.fhir_answers(person)
            names = {one.contact: one.name for one in personal.contacts()}
        return [
            (one.received_at, names.get(one.contact, ""), understood(read(one.content)))
            for one in kept
        ]

    def _instruments(self, device_ids: Iterable[str]) -> list[Instrument]:
        wanted = set(device_ids)
        with VillageStore(self._config.hub.village_db) as village:
            return [
                # the label stays here: people write names of rooms and neighbours on it
                Instrument(one.device_id, one.model, one.manufacturer, one.model)
                for one in village.devices("ble")
                if one.device_id in wanted
            ]


def _person(personal: PersonalStore, sender: Contact, found: Answer) -> int:
    """Return whom a practice's answer is about.

    :raises FhirError: if it is nobody whom this practice knows from here.
    """
    called = personal.person_called(found.patient, sender.recipient)
    if called is not None:
        return called
    for one in personal.persons():
        whose = Whose(personal.pseudonym(one.person, sender.recipient), ZONE)
        if whose.id("patient") == found.patient:
            return one.person
    raise FhirError(
        "Die Antwort betrifft niemanden, den diese Praxis von hier kennt.",
        "Prüfen, ob der richtige Absender angegeben ist (--from) und die Praxis auf den "
        "Patient aus dem Export verweist.",
    )


def _escalation(alert: Alert, facts: Mapping[str, Fact]) -> Escalation:
    state = _TASKS.get(alert.state)
    if state is None:
        state = TaskState.RAISED if alert.acknowledged_at is None else TaskState.ACKNOWLEDGED
    return Escalation(
        number=alert.number,
        rule=alert.rule,
        urgency=alert.urgency,
        state=state,
        since=alert.since,
        changed_at=max((one.at for one in alert.happened), default=alert.raised_at),
        words=_WORDS.get(alert.rule, "Hinweis des Dorfhubs"),
        facts={key: one for key, one in facts.items() if key in _FACTS},
        due_at=alert.due_at if state is TaskState.RAISED else None,
        owner="" if alert.acknowledged_by is None else "Jemand aus dem Kreis der Person",
    )


def _messages(personal: PersonalStore, person: int, alerts: Iterable[Alert]) -> list[Message]:
    """Return what practices wrote about a person, each of its own key."""
    numbers = [one.number for one in alerts]
    found = []
    for kept in personal.fhir_answers(person):
        sender = recipient_of(kept.contact)
        whose = Whose(personal.pseudonym(person, sender), ZONE)
        tasks = {whose.id("task", number): number for number in numbers}
        found += [
            Message(
                f"{sender}/{kept.answer}/{reply.key}",
                reply.text,
                kept.received_at,
                from_practice=True,
                about=tasks.get(reply.about),
            )
            for reply in understood(read(kept.content)).replies
        ]
    return found


def _glances(personal: PersonalStore, person: int) -> list[Glance]:
    return [
        Glance(
            key=str(line.number),
            at=line.at,
            who=_who(look),
            kinds=look.kinds,
            why=look.why,
            allowed=not look.refused,
        )
        for line, look in looks(personal.audit_lines(person, limit=10_000))
    ]


def _who(look: Look) -> str:
    if look.who == SELF:
        return "Die Person selbst"
    if look.who == OFFICE or look.role is None:
        return "Jemand am Dorfhub"
    return ROLE_WORDS[look.role]


def _decoded(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise FhirError("Kein Text in UTF-8.", "Die Datei noch einmal ausgeben lassen.") from None
