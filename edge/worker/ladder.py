"""The ladder's clockwork: takes every step that is due, and sees to it that people are told.

Two jobs. :class:`LadderSteps` only reads and writes personal.db, each second, so that nothing
delays a step. :class:`LadderCalls` talks to modem and printer, which may take a minute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from edge.alarm.path import AlarmError, AlarmPath, Notice, Reply, Report
from edge.alarm.routes import NOTE, SMS, routes
from edge.care.finding import Finding, Stage, Urgency
from edge.care.ladder import Alert, Circle, Member, Rung
from edge.care.ladder.words import message, note, rescue_text
from edge.clock import Clock, Stamp
from edge.process.log import Log
from edge.store.errors import StoreError
from edge.store.personal import PersonalStore
from edge.store.personal_alert_calls import KeptCall, Message
from edge.store.personal_alerts import SWEEP_MS
from edge.worker.ladder_circle import circle_of
from hardware.reading import TimeQuality

DEAD_MS = 10 * 60_000  # a restart for an update takes less; whoever needs help waits that long
UNSET_MS = 15 * 60_000  # so long after a start somebody may still set the clock
DEAF_MS = 60_000  # a modem without network keeps whoever asks it waiting
HUB_DEAD = "hub_dead"
TEST = "test"  # the rule of a test alarm: it goes over the paths and climbs nowhere


class LadderSteps:
    """Takes steps. One process works with one of them."""

    def __init__(self, clock: Clock, log: Log) -> None:
        self._clock = clock
        self._log = log
        self._swept: int | None = None
        self._watch: _Watch | None = None

    def run(self, personal: PersonalStore) -> int:
        """Take every step that is due; return how many alerts still want an answer.

        :raises StoreError: if personal.db fails; what was done stays done.
        """
        stamp = self._clock.stamp()
        if self._watch is None:
            self._watch = _Watch.begin(personal, stamp)
        self._watch.look(personal, stamp)
        lived = personal.look_at_clock(stamp).lived
        sweep = self._swept is None or lived - self._swept >= SWEEP_MS
        if personal.climb(stamp, partial(circle_of, personal), sweep=sweep):
            self._log.info("ladder-climbed")
        if sweep:
            self._swept = lived
        return personal.unanswered_count()


class _Watch:
    """Whether nobody looked for long, because the hub was off, stopped or locked: told once."""

    def __init__(self, since: int, gap_ms: int | None, begun: Stamp) -> None:
        self._since = since
        self._gap_ms = gap_ms
        self._begun = begun
        self._is_told = gap_ms is not None and gap_ms < DEAD_MS

    @classmethod
    def begin(cls, personal: PersonalStore, stamp: Stamp) -> _Watch:
        before, gap_ms = personal.unwatched_ms(stamp)
        if before is None:  # the first start of a new hub
            return cls(stamp.wall_ms, 0, stamp)
        return cls(before.wall, gap_ms, stamp)

    def look(self, personal: PersonalStore, stamp: Stamp) -> None:
        if self._is_told:
            return
        gap_ms = self._gap_ms
        if gap_ms is None and stamp.quality is not TimeQuality.UNKNOWN:
            up_ms = (stamp.monotonic_ns - self._begun.monotonic_ns) // 1_000_000
            gap_ms = max(stamp.wall_ms - up_ms - self._since, 0)
        if gap_ms is None:
            waited_ms = (stamp.monotonic_ns - self._begun.monotonic_ns) // 1_000_000
            if waited_ms < UNSET_MS:
                return
        self._is_told = True
        if (gap_ms is None or gap_ms >= DEAD_MS) and personal.cares_for_anybody():
            facts = {"dead_ms": gap_ms} if gap_ms is not None else {}
            # each outage is one of its own: the one before may wait for somebody for weeks
            key = f"{HUB_DEAD}:{self._since}"
            finding = Finding(
                0, key, HUB_DEAD, Stage.RAISE, Urgency.TODAY, stamp.wall_ms, self._since, facts
            )
            personal.raise_hub_alert(finding, stamp)


@dataclass(frozen=True, slots=True)
class _Whom:
    alert: Alert
    member: Member | None
    name: str  # of the person, if whoever is told may know


class LadderCalls:
    """Gives calls to their paths, and takes what comes back. One process works with one of them."""

    def __init__(
        self, clock: Clock, log: Log, paths: Mapping[str, AlarmPath], village: str
    ) -> None:
        self._clock = clock
        self._log = log
        self._paths = paths
        self._village = village
        self._deaf_until: dict[str, int] = {}

    def run(self, personal: PersonalStore) -> list[str]:
        """Tell whom there is to tell; return the paths that fail.

        :raises StoreError: if personal.db fails; what was done stays done.
        """
        stamp = self._clock.stamp()
        lived = personal.look_at_clock(stamp).lived
        for call in personal.new_calls():
            whom = self._whom(personal, call)
            personal.spread_call(call, self._routes(call, whom), lived, stamp.wall_ms)
        failed: set[str] = set()
        for one in personal.due_messages(lived):
            if one.path not in failed and not self._send(personal, one, lived):
                failed.add(one.path)
        for name, path in self._paths.items():
            if lived < self._deaf_until.get(name, 0):
                failed.add(name)
                continue
            try:
                came = path.hear()
            except AlarmError as error:
                failed.add(name)
                self._deaf_until[name] = lived + DEAF_MS
                self._log.warning("alarm-path", path=name, error=str(error), hint=error.hint)
                continue
            for one_came in came:
                self._came(personal, name, one_came)
        return sorted(failed)

    def _routes(self, call: KeptCall, whom: _Whom | None) -> Sequence[str]:
        if whom is None:
            return ()
        return routes(
            call.rung,
            whom.alert.urgency,
            self._paths,
            has_phone=whom.member is not None and bool(whom.member.phone),
            is_place=call.contact is None,
        )

    def _send(self, personal: PersonalStore, one: Message, lived: int) -> bool:
        whom = self._whom(personal, one.call)
        path = self._paths.get(one.path)
        stamp = self._clock.stamp()
        if whom is None or not _still_wanted(whom.alert, one.call):
            void = "nicht mehr nötig"
            personal.message_failed(one, void, lived, stamp, for_good=True)
            return True
        if path is None:
            gone = "steht nicht mehr in hub.toml"
            personal.message_failed(one, gone, lived, stamp, for_good=True)
            self._on_paper(personal, one, lived, stamp)
            return True
        try:
            taken = path.tell(self._notice(one, whom))
        except AlarmError as error:
            words = error.hint or str(error)
            personal.message_failed(one, words, lived, stamp, for_good=error.for_good)
            self._on_paper(personal, one, lived, stamp)
            self._log.error("alarm-not-told", path=one.path, error=str(error), hint=error.hint)
            return error.for_good
        personal.message_sent(one.message, self._clock.stamp(), taken.reference)
        self._log.info("alarm-told", path=one.path)
        return True

    def _on_paper(self, personal: PersonalStore, one: Message, lived: int, stamp: Stamp) -> None:
        """Give a call whose short message was not taken to paper as well: at once, and once."""
        if one.path == SMS and NOTE in self._paths:
            personal.spread_call(one.call, (NOTE,), lived, stamp.wall_ms)

    def _notice(self, one: Message, whom: _Whom) -> Notice:
        call = one.call
        phone = whom.member.phone if whom.member else ""
        is_test = whom.alert.rule == TEST
        if call.rung is Rung.RESCUE:
            text = rescue_text(whom.alert, self._village)
        elif one.path == "sms":
            text = message(whom.alert, self._village, whom.name, is_test=is_test)
        else:
            text = note(whom.alert, call.rung, self._village, is_test=is_test)
        return Notice(f"{one.message}", call.alert, call.rung, text, phone, is_test)

    def _whom(self, personal: PersonalStore, call: KeptCall) -> _Whom | None:
        try:
            alert = personal.alert(call.alert)
        except StoreError:  # erased with its person meanwhile
            return None
        circle: Circle = circle_of(personal, alert.person, alert.rule)
        member = next((one for one in circle if one.contact == call.contact), None)
        if member is None and call.contact is not None:
            if not _may_be_told(alert, call.contact):
                return None  # the person took them out of the circle
            member = _anybody(personal, call.contact)
        name = ""
        if member is not None and member.may_name and alert.person is not None:
            found = personal.find_person(str(alert.person))
            name = found.name if found else ""
        return _Whom(alert, member, name)

    @staticmethod
    def _is_asked(personal: PersonalStore, number: int, contact: int) -> bool:
        """Tell whether somebody who was told may still take an alert: a circle changes."""
        alert = personal.alert(number)
        around = (one.contact for one in circle_of(personal, alert.person))
        return contact in around or _may_be_told(alert, contact)

    def _came(self, personal: PersonalStore, path: str, came: Report | Reply) -> None:
        stamp = self._clock.stamp()
        if isinstance(came, Report):
            personal.message_arrived(path, came.reference, stamp, did=came.did_arrive)
            return
        number = answered(came.text)
        if number is None:
            self._log.info("alarm-reply-unknown", path=path)
            return
        for contact in personal.contacts():
            if not same_phone(contact.phone, came.phone):
                continue
            told = [
                one
                for one in personal.told_of(contact.contact)
                if self._is_asked(personal, one, contact.contact)
            ]
            for alert in told[:1] if number == 0 else [one for one in told if one == number]:
                won = personal.acknowledge(alert, contact.contact, stamp).won
                self._log.info("alarm-reply", path=path, won=won)


def answered(text: str) -> int | None:
    """Return which alert a reply takes, 0 for the newest, None if it takes none."""
    words = text.strip().split()
    if not words or words[0] != "1" or len(words) > 2:
        return None
    if len(words) == 1:
        return 0
    return int(words[1]) if words[1].isascii() and words[1].isdecimal() else None


def same_phone(ours: str, theirs: str) -> bool:
    """Tell whether two spellings are one number: `0170 1234567` and `+491701234567`."""
    ours, theirs = _digits(ours), _digits(theirs)
    return len(ours) >= 6 and ours == theirs


def _digits(phone: str) -> str:
    digits = "".join(one for one in phone if one.isdecimal() and one.isascii())
    if phone.strip().startswith("+"):
        return digits
    if digits.startswith("00"):
        return digits[2:]
    return "49" + digits[1:] if digits.startswith("0") else digits


def _anybody(personal: PersonalStore, contact: int) -> Member | None:
    """Somebody whom an alert was handed to, though they are not in the circle."""
    found = next((one for one in personal.contacts() if one.contact == contact), None)
    return None if found is None else Member(contact, Rung.NURSE, found.name, found.phone)


def _may_be_told(alert: Alert, contact: int) -> bool:
    """Tell whether an alert is told to who is in no circle: the hub's, or given to them."""
    return alert.person is None or alert.handed_to == contact


def _still_wanted(alert: Alert, call: KeptCall) -> bool:
    """Nobody is told of what is over, or of what somebody else has by now."""
    if alert.rule == TEST:
        return alert.is_open
    if call.contact is not None and call.contact == alert.handed_to:
        return True
    return alert.is_unanswered and alert.lap == call.lap
