"""All receivers of the hub: one thread each, and one that writes what they hear."""

from __future__ import annotations

import random
import threading
import time

from edge.clock import Clock
from edge.collect.receivers import ReceiverLine
from edge.collect.street import Street
from edge.config import Config
from edge.process.heartbeat import Part
from edge.process.log import Log
from edge.store.journal import Journal
from edge.store.village import VillageStore


class Receivers:
    """The hub's receivers; none is a good number. ``stop`` ends them all.

    The stores stay the caller's: close them after :meth:`join`.

    :raises MonikerError: if a receiver's transport means nothing.
    """

    def __init__(  # noqa: PLR0917  # the seams that its caller owns
        self,
        config: Config,
        journal: Journal,
        village: VillageStore,
        clock: Clock,
        stop: threading.Event,
        log: Log,
        *,
        rng: random.Random | None = None,
    ) -> None:
        chosen = rng or random.Random()  # noqa: S311 - jitter, no secret
        self._ended = threading.Event()  # nothing more comes: the street writes the rest
        self.street = Street(config, journal, village, clock, self._ended, log, chosen)
        self._lines = [
            ReceiverLine(receiver, self.street, stop, log, chosen) for receiver in config.receivers
        ]

    def start(self) -> None:
        """Start the threads."""
        if self._lines:
            self.street.start()
        for line in self._lines:
            line.start()

    def join(self, timeout_s: float = 15.0) -> bool:
        """Wait for the threads after ``stop`` was set; False if one is still in a driver's call."""
        if not self._lines:
            return True
        deadline_s = time.monotonic() + timeout_s
        ended = [line.join(max(0.0, deadline_s - time.monotonic())) for line in self._lines]
        self._ended.set()
        return all((*ended, self.street.join(max(0.0, deadline_s - time.monotonic()))))

    def status(self) -> tuple[Part, ...]:
        """Return one part a receiver and a meter that is heard, and one for what is written."""
        if not self._lines:
            return ()
        lines = (part for line in self._lines for part in line.status())
        return (*lines, *self.street.status())
