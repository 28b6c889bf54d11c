"""Several meters on one wired M-Bus: who hears what, and what becomes of answers that overlap.

Meters answer by drawing current: a bit that one of them sends as 0 is 0 for the master whatever
the others send. Answers that overlap are therefore ANDed bit by bit, each shifted by as many bit
times as its meter took longer to react, and read as a UART reads them.

Source: EN 13757-2, clause 4 (current modulation) and 5.7.3.2 (a meter answers after 11 to
330 bit times and 50 ms).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from hardware.sim.link import Faults, MeterLink, Telegrams

MOST_JITTER_BITS = 319  # between the quickest and the slowest reaction that the standard allows

_BITS = 11  # start, eight data bits, parity, stop


@dataclass(frozen=True, slots=True)
class BusMeter:
    """One meter on a bus. ``address`` is its primary address.

    ``baud`` is the only speed at which it hears, None for any. It answers ``late_s`` seconds after
    it should. ``mute`` is a meter that is there, on paper. ``fabrication`` are eight digits by
    which it can be told from another of the same secondary address.
    """

    telegrams: Telegrams
    address: int = 1
    baud: int | None = None
    late_s: float = 0.0
    mute: bool = False
    faults: Faults | None = None
    fabrication: str | None = None
    acknowledged: Callable[[bytes], None] | None = None


@dataclass(frozen=True, slots=True)
class Spoken:
    """What the master hears ``after_s`` seconds from now, if it listens at ``baud``."""

    after_s: float
    baud: int | None
    data: bytes


class Bus:
    """All meters of one bus, without any I/O. ``rng`` says how quickly they react."""

    def __init__(
        self,
        meters: Sequence[BusMeter],
        rng: random.Random,
        *,
        jitter_bits: int = MOST_JITTER_BITS,
    ) -> None:
        self._meters = [
            (
                meter,
                MeterLink(
                    meter.address,
                    meter.telegrams,
                    meter.acknowledged or _nothing,
                    faults=meter.faults,
                    seed=meter.address,
                    fabrication=meter.fabrication,
                ),
            )
            for meter in meters
            if not meter.mute
        ]
        self._rng = rng
        self._jitter_bits = jitter_bits

    def hear(self, data: bytes, at: datetime, is_at: Callable[[int | None], bool]) -> list[Spoken]:
        """Take what the master sent at ``at`` and return what it hears.

        ``is_at`` tells if the master sends at a meter's speed; who is set to another hears nothing.
        """
        answers: dict[tuple[float, int | None], list[bytes]] = {}
        for meter, link in self._meters:
            if not is_at(meter.baud):
                continue
            answer = link.feed(data, at)
            if answer:
                answers.setdefault((meter.late_s, meter.baud), []).append(answer)
        return [
            Spoken(after_s, baud, self._overlaid(together))
            for (after_s, baud), together in sorted(answers.items(), key=lambda item: item[0][0])
        ]

    def silence(self) -> None:
        """Say that the line is idle: what came in part was no request."""
        for _, link in self._meters:
            link.silence()

    def _overlaid(self, answers: Sequence[bytes]) -> bytes:
        if len(answers) == 1:
            return answers[0]
        delays = [self._rng.randint(0, self._jitter_bits) for _ in answers]
        return overlay(answers, delays)


def overlay(answers: Sequence[bytes], delays: Sequence[int]) -> bytes:
    """Return what a UART reads while all of ``answers`` are on the bus, each ``delays`` bits later.

    Parity and stop bits are not looked at: drivers hand such bytes over or leave them out, and
    the former is the harder case.
    """
    line = ~0  # idle is 1 for ever
    for answer, delay in zip(answers, delays, strict=True):
        line &= ~(_zeros(answer) << delay)
    end = max(delay + _BITS * len(answer) for answer, delay in zip(answers, delays, strict=True))
    read = bytearray()
    at = 0
    while at < end:
        if line >> at & 1:
            at += 1
            continue
        read.append(line >> at + 1 & 0xFF)
        at += _BITS
    return bytes(read)


def _zeros(data: bytes) -> int:
    """Return the line's zero bits as ones, the first sent the lowest."""
    zeros = 0
    for index, byte in enumerate(data):
        bits = byte << 1 | (byte.bit_count() & 1) << 9 | 1 << 10  # start bit 0, even parity, stop
        zeros |= (~bits & (1 << _BITS) - 1) << _BITS * index
    return zeros


def _nothing(_raw: bytes) -> None:
    """Forget what was acknowledged."""
