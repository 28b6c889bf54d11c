"""An open line with a receiver on it: what it hears, read by read."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping

from hardware.receiver import Heard, LinkMode, Session, receiver_of
from hardware.transport import Moniker, Transport
from hardware.transport.moniker import RecordName, SerialName

READ_BYTES = 4096  # what a kernel holds of a serial line
LISTEN_S = 0.5  # how long a quiet line may take to notice that it is to stop
SETTING_S = 0.05  # while a stick is being set up, its answers are waited for
SILENCE_S = 0.5  # no byte within a message lags more: 13 byte times at 300 Bd, or a WLAN's hiccup


def open_receiver(transport: str, kind: str) -> Transport:
    """Open the line to a receiver; a serial one without options is set as its kind wants it.

    :raises MonikerError: if the line's name means nothing.
    :raises TransportError: if the line is absent, taken or refused.
    """
    name = Moniker.parse(transport)
    line = name.line.inner.line if isinstance(name.line, RecordName) else name.line
    options = receiver_of(kind).serial_options
    if isinstance(line, SerialName) and "?" not in transport and options:
        name = Moniker.parse(f"{transport}?{options}")
    return name.open()


class Listener:
    """A receiver of ``kind`` on ``line``, set to ``mode``. The line stays the caller's.

    :raises ModeUnsupported: if the receiver cannot listen to ``mode``.
    """

    def __init__(self, line: Transport, kind: str, mode: str) -> None:
        self._line = line
        self._framing = receiver_of(kind)
        self._session = Session(self._framing, LinkMode(mode))
        self._told: Counter[str] = Counter()
        self._quiet_since_s = time.monotonic()

    @property
    def ready(self) -> bool:
        """True once the receiver listens."""
        return self._session.ready

    def step(self) -> Iterator[Heard]:
        """Read once, for at most :data:`LISTEN_S`, and return what was heard.

        :raises TransportError: if the line fails or the receiver does not answer.
        :raises DeviceRefused: if it does not do what it is told.
        """
        if to_send := self._session.to_send(time.monotonic()):
            self._line.write(to_send)
        data = self._line.read(READ_BYTES, LISTEN_S if self.ready else SETTING_S)
        now_s = time.monotonic()
        if data:
            self._quiet_since_s = now_s
        elif self._framing.pending and now_s - self._quiet_since_s >= SILENCE_S:
            return self._framing.silence()
        return self._session.feed(data, now_s)

    def new_damage(self) -> Mapping[str, int]:
        """Return what damage was met since this was asked last, by kind."""
        found = Counter({str(kind): number for kind, number in self._framing.damage.items()})
        new = found - self._told
        self._told = found
        return new
