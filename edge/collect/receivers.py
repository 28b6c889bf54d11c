"""One receiver, one thread: set up, listened to, and set up again when it comes back."""

from __future__ import annotations

import random
import threading

from edge.collect.listener import Listener, open_receiver
from edge.collect.patient import Patient
from edge.collect.street import Street
from edge.config import Receiver
from edge.process.heartbeat import Part
from edge.process.log import Log
from edge.process.words import said
from edge.store.errors import StoreError
from hardware.errors import DeviceRefused, TransportError
from hardware.transport import Transport
from hardware.transport.replay import EndOfRecordingError

LONGEST_PAUSE_S = 30.0  # a stick that is plugged in again is used within half a minute


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
        listener = Listener(line, self._receiver.kind, self._receiver.mode)
        try:
            while not self._stop.is_set():
                for telegram in listener.step():
                    self._street.hear(name, telegram)
                if listener.ready:
                    self._worked()
                    self._part = Part(name, "ok")
                self._damage(listener)
        finally:
            self._damage(listener)

    def _damage(self, listener: Listener) -> None:
        for kind, number in listener.new_damage().items():
            self._street.count(self._receiver.receiver_id, kind, number)

    def _down(self, error: TransportError | StoreError) -> None:
        self._part = Part(self._receiver.receiver_id, "degraded", said(error))
