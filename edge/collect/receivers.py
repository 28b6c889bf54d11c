"""One receiver, one thread: set up, listened to, and set up again when it comes back."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter

from edge.collect.patient import Patient
from edge.collect.street import Street
from edge.config import Receiver
from edge.process.heartbeat import Part
from edge.process.log import Log
from edge.process.words import said
from edge.store.errors import StoreError
from hardware import receiver as kinds
from hardware.errors import DeviceRefused, TransportError
from hardware.receiver import LinkMode, Session
from hardware.transport import Moniker, Transport
from hardware.transport.moniker import SerialName
from hardware.transport.replay import EndOfRecordingError

READ_BYTES = 4096  # what a kernel holds of a serial line
LISTEN_S = 0.5  # how long a quiet line may take to notice that it is to stop
SETTING_S = 0.05  # while a stick is being set up, its answers are waited for
SILENCE_S = 0.5  # no byte within a message lags more: 13 byte times at 300 Bd, or a WLAN's hiccup
LONGEST_PAUSE_S = 30.0  # a stick that is plugged in again is used within half a minute


def open_receiver(transport: str, kind: str) -> Transport:
    """Open the line to a receiver; a serial one without options is set as its kind wants it.

    :raises MonikerError: if the line's name means nothing.
    :raises TransportError: if the line is absent, taken or refused.
    """
    name = Moniker.parse(transport)
    options = kinds.receiver_of(kind).serial_options
    if isinstance(name.line, SerialName) and "?" not in transport and options:
        name = Moniker.parse(f"{transport}?{options}")
    return name.open()


class ReceiverLine(Patient):
    """The thread of one receiver. What it hears goes to ``street``."""

    def __init__(
        self,
        receiver: Receiver,
        street: Street,
        stop: threading.Event,
        log: Log,
        rng: random.Random,
    ) -> None:
        super().__init__(receiver.receiver_id, stop, log, rng, longest_pause_s=LONGEST_PAUSE_S)
        self._receiver = receiver
        self._street = street
        self._opened = False
        self._part = Part(receiver.receiver_id, "starting")

    def status(self) -> tuple[Part, ...]:
        """Return how the receiver is."""
        if self.bug is not None:
            return (Part(self._receiver.receiver_id, "failed", said(self.bug)),)
        return (self._part,)

    def _work(self) -> None:
        line = open_receiver(self._receiver.transport, self._receiver.kind)
        try:
            if self._opened:
                self._street.count(self._receiver.receiver_id, "reset")
            self._opened = True
            self._listen(line)
        except EndOfRecordingError:
            self._log.info("recording-read", line=self._name)
            self._part = Part(self._receiver.receiver_id, "ok", "Aufzeichnung gelesen")
            self._stop.wait()
        except DeviceRefused as error:  # another stick, or one that is broken: like an absent one
            raise TransportError(str(error), hint=error.hint) from error
        finally:
            line.close()

    def _listen(self, line: Transport) -> None:
        name = self._receiver.receiver_id
        framing = kinds.receiver_of(self._receiver.kind)
        session = Session(framing, LinkMode(self._receiver.mode))
        told: Counter[str] = Counter()  # of the framing's damage
        quiet_since_s = time.monotonic()
        try:
            while not self._stop.is_set():
                if to_send := session.to_send(time.monotonic()):
                    line.write(to_send)
                data = line.read(READ_BYTES, LISTEN_S if session.ready else SETTING_S)
                now_s = time.monotonic()
                heard = session.feed(data, now_s)
                if data:
                    quiet_since_s = now_s
                elif framing.pending and now_s - quiet_since_s >= SILENCE_S:
                    heard = framing.silence()
                for telegram in heard:
                    self._street.hear(name, telegram)
                if session.ready:
                    self._worked()
                    self._part = Part(name, "ok")
                self._damage(framing, told)
        finally:
            self._damage(framing, told)

    def _damage(self, framing: kinds.Receiver, told: Counter[str]) -> None:
        """Count what damage is new."""
        for kind, number in framing.damage.items():
            if number > told[kind]:
                self._street.count(self._receiver.receiver_id, str(kind), number - told[kind])
                told[kind] = number

    def _down(self, error: TransportError | StoreError) -> None:
        self._part = Part(self._receiver.receiver_id, "degraded", said(error))
