"""A street played on a virtual stick, with everything that goes wrong on a radio and its wire."""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from hardware.sim.stick import Transmission, VirtualStick
from hardware.sim.street import Sent

_REMEMBERED = 500  # telegrams that may be replayed


@dataclass(frozen=True, slots=True)
class Troubles:
    """What goes wrong: every so many-th transmission, 0 for never."""

    noise_every: int = 0  # bytes that belong to nothing come before it
    half_every: int = 0  # only its first half comes, then it comes whole
    damage_every: int = 0  # it comes damaged, then whole
    copy_every: int = 0  # a repeater sends it again
    replay_every: int = 0  # somebody sends an old one


@dataclass(slots=True)
class Player:
    """Plays ``air`` on ``stick``, ``speed`` times as fast as it is; 0 is as fast as it goes."""

    stick: VirtualStick
    air: Iterator[Sent]
    speed: float = 1.0
    troubles: Troubles = Troubles()
    rng: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311
    count: int = 0
    _old: deque[Transmission] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    def play(self, stop: threading.Event) -> None:
        """Play until ``stop`` is set or the air falls silent."""
        started_s = time.monotonic()
        first = None
        for sent in self.air:
            first = sent.at if first is None else first
            if self.speed:
                due_s = started_s + (sent.at - first).total_seconds() / self.speed
                if stop.wait(max(0.0, due_s - time.monotonic())):
                    return
            elif stop.is_set():
                return
            self.send(sent)

    def send(self, sent: Sent) -> None:
        """Transmit one telegram and what goes wrong with it."""
        self.count += 1
        transmission = sent.transmission
        if _hit(self.count, self.troubles.noise_every):
            self.stick.disturb(self.rng.randbytes(self.rng.randint(1, 64)))
        if _hit(self.count, self.troubles.half_every):
            whole = self._wire(sent)
            self.stick.disturb(whole[: len(whole) // 2])
        if _hit(self.count, self.troubles.damage_every):
            damaged = bytearray(self._wire(sent))
            if damaged:
                damaged[self.rng.randrange(len(damaged))] ^= 1 << self.rng.randrange(8)
            self.stick.disturb(bytes(damaged))
        self.stick.hear(transmission)
        if _hit(self.count, self.troubles.copy_every):
            self.stick.hear(transmission)
        if self._old and _hit(self.count, self.troubles.replay_every):
            self.stick.hear(self._old[self.rng.randrange(len(self._old))])
        self._old.append(transmission)

    def _wire(self, sent: Sent) -> bytes:
        one = sent.transmission
        return self.stick.wire.frame(one.telegram, one.mode, one.rssi_dbm, sent.at)


def _hit(count: int, every: int) -> bool:
    return every > 0 and count % every == 0
