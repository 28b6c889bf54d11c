"""The link layer of a wired M-Bus meter: what it says to which request.

Source: EN 13757-2, clause 5.5 (SND_NKE, REQ_UD1, REQ_UD2, frame count bit); EN 13757-7, clause 7
(selection).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from hardware.errors import FrameError
from hardware.mbus.frame import (
    ACK,
    ADDRESS_ALL,
    ADDRESS_ANY,
    ADDRESS_SELECTED,
    FCB,
    REQ_UD1,
    REQ_UD2,
    SND_NKE,
    Frame,
    Receiver,
    parse_long,
)
from hardware.mbus.secondary import SecondaryAddress, address_of, selection
from hardware.resume import accepted


class Telegrams(Protocol):
    """What a meter has to say."""

    def current(self, at: datetime) -> bytes:
        """Return the long frame to send at ``at``; it may be asked for again."""

    def advance(self) -> None:
        """Go on to the next telegram: the master has taken the current one."""

    def restart(self) -> None:
        """Go back to the first telegram of those that belong together: the link was reset."""


@dataclass(frozen=True, slots=True)
class Faults:
    """Which answers go wrong: every so many-th, 0 for never; the first that applies wins."""

    silence_every: int = 0
    garbage_every: int = 0
    checksum_every: int = 0
    cut_every: int = 0

    def apply(self, count: int, frame: bytes, rng: random.Random) -> bytes:
        """Return what is sent in place of ``frame``, the ``count``-th answer."""
        if _hit(count, self.silence_every):
            return b""
        if _hit(count, self.garbage_every):
            return rng.randbytes(rng.randint(1, 64))
        if _hit(count, self.checksum_every):
            return frame[:-2] + bytes(((frame[-2] + 1) & 0xFF, frame[-1]))
        if _hit(count, self.cut_every):
            return frame[: rng.randint(1, len(frame) - 1)]
        return frame


class MeterLink:
    """One meter's side of the link; feed it what comes and send what it returns.

    ``acknowledged`` is called with each telegram that the master has told it took, by toggling
    the frame count bit, before the next one is given out. SND_NKE and a selection forget the bit
    and tell nothing about the telegram at hand. The meter is selected by the secondary address
    that stands in its telegrams, and by ``fabrication``, eight digits, if it has such a number.
    """

    def __init__(
        self,
        address: int,
        telegrams: Telegrams,
        acknowledged: Callable[[bytes], None],
        *,
        faults: Faults | None = None,
        seed: int = 0,
        fabrication: str | None = None,
    ) -> None:
        self._address = address
        self._telegrams = telegrams
        self._acknowledged = acknowledged
        self._faults = faults or Faults()
        self._rng = random.Random(seed)  # noqa: S311 - simulated noise
        self._fabrication = fabrication
        self._selected = False
        self._receiver = Receiver()
        self._bit: int | None = None  # frame count bit of the last answered request
        self._sent: bytes | None = None  # the telegram it was answered with
        self._answers = 0

    def feed(self, data: bytes, at: datetime) -> bytes:
        """Take bytes from the bus and return the answer, empty if there is none."""
        frames = accepted(self._receiver.feed(data), _not_answered)
        return b"".join(self._answer(frame, at) for frame in frames)

    def silence(self) -> None:
        """Say that the line is idle: what came in part was no request."""
        self._receiver.discard()

    def _answer(self, frame: Frame, at: datetime) -> bytes:
        if (wanted := selection(frame)) is not None:
            return self._select(wanted, at)
        if frame.control is None or not self._is_meant(frame.address):
            return b""
        if frame.control == SND_NKE:
            if frame.address in (ADDRESS_SELECTED, ADDRESS_ALL):
                self._selected = False
            self._reset()
            return b"" if frame.address == ADDRESS_ALL else bytes((ACK,))
        if frame.address == ADDRESS_ALL or frame.control_information is not None:
            return b""
        if frame.control & ~FCB == REQ_UD1:
            return bytes((ACK,))  # no alarm
        return self._asked(frame.control, at) if frame.control & ~FCB == REQ_UD2 else b""

    def _is_meant(self, address: int | None) -> bool:
        if address == ADDRESS_SELECTED:
            return self._selected
        return address in (self._address, ADDRESS_ANY, ADDRESS_ALL)

    def _asked(self, control: int, at: datetime) -> bytes:
        self._answers += 1
        return self._faults.apply(self._answers, self._telegram(control & FCB, at), self._rng)

    def _select(self, wanted: SecondaryAddress, at: datetime) -> bytes:
        mine = address_of(parse_long(self._telegrams.current(at)))
        if mine is not None and self._fabrication is not None:
            mine = replace(mine, fabrication=self._fabrication)
        self._selected = mine is not None and wanted.matches(mine)
        if not self._selected:
            return b""
        self._reset()
        return bytes((ACK,))

    def _reset(self) -> None:
        self._bit = self._sent = None
        self._telegrams.restart()

    def _telegram(self, bit: int, at: datetime) -> bytes:
        if self._sent is not None and self._bit != bit:
            self._acknowledged(self._sent)
            self._telegrams.advance()
            self._sent = None
        if self._sent is None:
            self._sent = self._telegrams.current(at)
        self._bit = bit
        return self._sent


def _not_answered(_damage: FrameError) -> None:
    """Do nothing: a slave does not answer what it cannot read."""


def _hit(count: int, every: int) -> bool:
    return every > 0 and count % every == 0
