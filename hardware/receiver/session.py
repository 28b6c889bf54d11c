"""A receiver being set up and then listened to, without any I/O; time is an argument.

Whoever owns the line does, as long as it is open::

    line.write(session.to_send(now))
    for heard in session.feed(line.read(4096, 0.2), now):
        ...
"""

from __future__ import annotations

from collections.abc import Iterator

from hardware.errors import TransportError
from hardware.receiver.base import NO_ANSWER, Answer, Command, Heard, LinkMode, Receiver

ANSWER_TIMEOUT_S = 2.0  # sticks answer within 0.1 s; telegrams at 9,600 Bd may come before it
ATTEMPTS = 3  # a telegram that runs into a command on the wire spoils it, rarely twice


class Session:
    """One receiver on one open line; ``ready`` once it listens to ``mode``.

    Times are seconds of a clock that only goes forward.

    :raises ModeUnsupported: if the receiver cannot listen to ``mode``.
    """

    def __init__(self, receiver: Receiver, mode: LinkMode) -> None:
        self._receiver = receiver
        self._setup = receiver.configure(mode)
        self._command: Command | None = next(self._setup, None)
        self._attempts = 0
        self._due_s: float | None = None  # when to send, or to send again; None is at once

    @property
    def ready(self) -> bool:
        """True once the receiver confirmed that it listens."""
        return self._command is None

    def to_send(self, now_s: float) -> bytes:
        """Return what is to be written now, empty if nothing.

        :raises TransportError: if the receiver leaves a command unanswered three times.
        :raises DeviceRefused: if the receiver cannot do what it is told.
        """
        command = self._command
        if command is None or (self._due_s is not None and now_s < self._due_s):
            return b""
        if self._attempts == ATTEMPTS:
            raise TransportError(
                f"the receiver {self._receiver.kind} does not answer",
                hint="Prüfen, ob der Empfänger steckt und ob receiver in hub.toml zu ihm passt.",
            )
        if command.is_answer is None:
            self._advance(NO_ANSWER, now_s)
        else:
            self._attempts += 1
            self._due_s = now_s + ANSWER_TIMEOUT_S
        return command.data

    def feed(self, data: bytes, now_s: float) -> Iterator[Heard]:
        """Take what was read, go on with the set-up and return the telegrams.

        :raises DeviceRefused: if the receiver says no to a command.
        """
        heard = self._receiver.feed(data)
        for answer in self._receiver.answers():
            command = self._command
            if command and self._attempts and command.is_answer and command.is_answer(answer):
                self._advance(answer, now_s)
        return heard

    def _advance(self, answer: Answer, now_s: float) -> None:
        done = self._command
        self._attempts = 0
        self._due_s = now_s + done.pause_s if done else None
        try:
            self._command = self._setup.send(answer)
        except StopIteration:
            self._command = None
