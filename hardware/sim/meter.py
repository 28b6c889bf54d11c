"""Meters on a pseudo-terminal: to a program it is a serial port with a level converter on it."""

from __future__ import annotations

import heapq
import os
import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from hardware.sim.bus import MOST_JITTER_BITS, Bus, BusMeter
from hardware.sim.link import Faults, Telegrams
from hardware.sim.terminal import Terminal, as_noise

_IDLE_S = 0.2  # a request that pauses for longer was cut off


class Acknowledgements:
    """The file of what the meter was told was received: one telegram a line, in hex.

    Each line is on the disk before the meter gives its next telegram out.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="ascii")

    def __call__(self, raw: bytes) -> None:
        """Append one telegram, durably."""
        self._file.write(raw.hex().upper() + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class VirtualBus:
    """Meters on one bus behind a level converter, answering in a thread until closed.

    ``port`` and ``link`` are as in :class:`~hardware.sim.terminal.Terminal`. With ``echo`` the
    converter returns what is sent to it, as some do. ``seed`` is that of the meters' reactions.

    :raises LinkInUse: if ``link`` leads to a pseudo-terminal that somebody holds.
    :raises TransportError: if ``link`` cannot be made.
    """

    def __init__(
        self,
        meters: Sequence[BusMeter],
        *,
        link: Path | None = None,
        echo: bool = False,
        seed: int = 0,
        jitter_bits: int = MOST_JITTER_BITS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        rng = random.Random(seed)  # noqa: S311 - simulated reactions
        self._bus = Bus(meters, rng, jitter_bits=jitter_bits)
        self._echo = echo
        self._now = now
        for meter in meters:
            meter.telegrams.current(now())  # a model of years may take longer than a master waits
        self._late: list[tuple[float, int, int | None, bytes]] = []  # a heap, by due time
        self._counted = 0
        self._terminal = Terminal(link)
        self.port = self._terminal.port
        self.keeps_speed = self._terminal.keeps_speed
        self._terminal.play(self, "bus")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def failure(self) -> BaseException | None:
        """What ended the meters' thread, if anything did."""
        return self._terminal.failure

    def close(self) -> None:
        """Hang up. Closing twice does nothing.

        :raises Exception: whatever ended the meters' thread before, such as a full disk.
        """
        self._terminal.close()

    def wait_s(self) -> float:
        """Return when a late answer is due, or after which pause a request was cut off."""
        return self._late[0][0] - time.monotonic() if self._late else _IDLE_S

    def received(self, data: bytes) -> None:
        """Let every meter that is at the line's speed hear what the master sent."""
        if self._echo:
            self._terminal.send(data)
        for spoken in self._bus.hear(data, self._now(), self._terminal.is_at):
            if spoken.after_s:
                self._counted += 1
                due_s = time.monotonic() + spoken.after_s
                heapq.heappush(self._late, (due_s, self._counted, spoken.baud, spoken.data))
            else:
                self._say(spoken.baud, spoken.data)

    def idle(self) -> None:
        """Send the late answer that is due, or forget a request in part."""
        if self._late:
            _, _, baud, data = heapq.heappop(self._late)
            self._say(baud, data)
        else:
            self._bus.silence()

    def _say(self, baud: int | None, data: bytes) -> None:
        self._terminal.send(data if self._terminal.is_at(baud) else as_noise(data))


class VirtualMeter(VirtualBus):
    """One meter on a bus of its own; it hears at any speed."""

    def __init__(
        self,
        telegrams: Telegrams,
        *,
        address: int = 1,
        link: Path | None = None,
        acknowledged: Callable[[bytes], None] | None = None,
        faults: Faults | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        meter = BusMeter(telegrams, address, faults=faults, acknowledged=acknowledged)
        super().__init__([meter], link=link, now=now)
