"""The hub's side of becoming, and being, a user of a scale or cuff that knows several.

What the hub is about to do is remembered before it is done: a connection that drops while a user
is being registered leaves it open whether the device has one user more. Such a registration is
never repeated by itself, which could fill the device with users nobody knows; a person looks at
the device's display and either names the user, whose consent code then proves it, or says that
there is none.

Source: Bluetooth User Data Service 1.1, User Control Point and Database Change Increment; Body
Composition Profile 1.0 (consent).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, StrEnum

from hardware.ble.control import PROCEDURE_TIMEOUT_S, Read, Write
from hardware.ble.cursor import Cursor
from hardware.ble.user_control import (
    Answered,
    Op,
    Result,
    encode_consent,
    encode_register,
    read_answer,
)
from hardware.errors import DecodeError

CONTROL_POINT = "2A9F"
CHANGE_INCREMENT = "2A99"


@dataclass(frozen=True, slots=True)
class Membership:
    """What the hub knows of one person's place on one device; it is kept durably.

    ``index`` is ``None`` before the device gave one; ``pending`` then says that it was asked
    for one and the answer was not heard. ``increment`` is the device's count of changes to
    the person's data as of the last contact.
    """

    consent_code: int
    index: int | None = None
    pending: bool = False
    increment: int | None = None


@dataclass(frozen=True, slots=True)
class Remember:
    """Make the membership durable before the next action is carried out."""

    membership: Membership


class Outcome(StrEnum):
    """How it ended."""

    CONSENTED = "consented"
    UNCLEAR = "unclear"  # a registration whose answer was never heard: a person must look
    NOT_AUTHORIZED = "not_authorized"  # the device knows another code, or no such user
    REFUSED = "refused"
    TIMEOUT = "timeout"
    DROPPED = "dropped"
    GARBLED = "garbled"


HINTS = {
    Outcome.UNCLEAR: "Beim letzten Anmelden ist die Verbindung abgerissen. Bitte am Gerät "
    "nachsehen, ob dort ein neuer Benutzer steht, und seine Nummer eingeben.",
    Outcome.NOT_AUTHORIZED: "Das Gerät kennt diesen Benutzer nicht oder hat einen anderen Code. "
    "Nummer am Gerät prüfen oder die Person neu anmelden.",
    Outcome.REFUSED: "Das Gerät nimmt keinen weiteren Benutzer an. Am Gerät einen alten Benutzer "
    "löschen, dann noch einmal anmelden.",
    Outcome.TIMEOUT: "Das Gerät antwortet nicht. Batterie prüfen und näher an den Hub stellen.",
    Outcome.DROPPED: "Die Verbindung ist abgerissen. Näher an den Hub stellen und noch einmal "
    "versuchen.",
    Outcome.GARBLED: "Das Gerät hat etwas Unverständliches geantwortet. Aus- und einschalten, "
    "dann noch einmal versuchen.",
}


@dataclass(frozen=True, slots=True)
class Finish:
    """It is over. ``changed`` says that the person's data on the device changed since."""

    outcome: Outcome
    membership: Membership
    changed: bool = False
    result: int = 0


Action = Remember | Write | Read | Finish


class _Phase(Enum):
    IDLE = 0
    REGISTERING = 1
    CONSENTING = 2
    READING = 3
    OVER = 4


class UserConsent:
    """One procedure over one connection; indications of the control point must be on already."""

    def __init__(self, membership: Membership, *, timeout_s: float = PROCEDURE_TIMEOUT_S) -> None:
        self._membership = membership
        self._timeout_s = timeout_s
        self._phase = _Phase.IDLE
        self._deadline: float | None = None

    @property
    def deadline(self) -> float | None:
        """When :meth:`tick` is due, unless something arrives before."""
        return self._deadline

    def start(self, now: float) -> list[Action]:
        """Begin: ask for consent as a user already known, else register one."""
        if self._membership.index is not None:
            return self._consent(self._membership.index, now)
        if self._membership.pending:
            return self._finish(Outcome.UNCLEAR)
        self._membership = replace(self._membership, pending=True)
        request = encode_register(self._membership.consent_code)
        return [
            Remember(self._membership),
            *self._ask(_Phase.REGISTERING, Write(CONTROL_POINT, request), now),
        ]

    def indicated(self, value: bytes, now: float) -> list[Action]:
        """Take an indication of the control point. One that answers another request is ignored."""
        try:
            answer = read_answer(value)
        except DecodeError:
            return self._finish(Outcome.GARBLED)
        if self._phase is _Phase.REGISTERING and answer.request == Op.REGISTER:
            return self._registered(answer, now)
        if self._phase is _Phase.CONSENTING and answer.request == Op.CONSENT:
            return self._consented(answer, now)
        return []

    def read(self, value: bytes) -> list[Action]:
        """Take the Database Change Increment that was to be read."""
        if self._phase is not _Phase.READING:
            return []
        try:
            cursor = Cursor(value)
            increment = cursor.unsigned(4, "the increment")
            cursor.end()
        except DecodeError:
            return self._finish(Outcome.GARBLED)
        changed = increment != self._membership.increment
        self._membership = replace(self._membership, increment=increment)
        return [
            Remember(self._membership),
            *self._finish(Outcome.CONSENTED, changed=changed),
        ]

    def tick(self, now: float) -> list[Action]:
        """Say what time it is."""
        if self._deadline is None or now < self._deadline:
            return []
        return self._finish(Outcome.TIMEOUT)

    def refused(self, code: int) -> list[Action]:
        """Say that the device refused a write or read with an ATT error; it did nothing then.

        A consent stands although the device does not tell its count of changes.
        """
        if self._phase is _Phase.READING:
            return self._finish(Outcome.CONSENTED)
        actions: list[Action] = []
        if self._phase is _Phase.REGISTERING:
            actions.append(self._forget_pending())
        return [*actions, *self._finish(Outcome.REFUSED, code)]

    def dropped(self) -> list[Action]:
        """Say that the connection is gone."""
        return self._finish(Outcome.DROPPED)

    def _registered(self, answer: Answered, now: float) -> list[Action]:
        if answer.result != Result.SUCCESS:
            return [self._forget_pending(), *self._finish(Outcome.REFUSED, answer.result)]
        self._membership = replace(
            self._membership, index=answer.parameter[0], pending=False, increment=None
        )
        return [Remember(self._membership), *self._consent(answer.parameter[0], now)]

    def _consented(self, answer: Answered, now: float) -> list[Action]:
        if answer.result == Result.NOT_AUTHORIZED:
            return self._finish(Outcome.NOT_AUTHORIZED, answer.result)
        if answer.result != Result.SUCCESS:
            return self._finish(Outcome.REFUSED, answer.result)
        actions: list[Action] = []
        if self._membership.pending:  # a person named the user, and the code proves it
            self._membership = replace(self._membership, pending=False)
            actions.append(Remember(self._membership))
        return [*actions, *self._ask(_Phase.READING, Read(CHANGE_INCREMENT), now)]

    def _consent(self, index: int, now: float) -> list[Action]:
        request = encode_consent(index, self._membership.consent_code)
        return self._ask(_Phase.CONSENTING, Write(CONTROL_POINT, request), now)

    def _forget_pending(self) -> Remember:
        self._membership = replace(self._membership, pending=False)
        return Remember(self._membership)

    def _ask(self, phase: _Phase, action: Write | Read, now: float) -> list[Action]:
        self._phase, self._deadline = phase, now + self._timeout_s
        return [action]

    def _finish(self, outcome: Outcome, result: int = 0, *, changed: bool = False) -> list[Action]:
        if self._phase is _Phase.OVER:
            return []
        self._phase, self._deadline = _Phase.OVER, None
        return [Finish(outcome, self._membership, changed, result)]
