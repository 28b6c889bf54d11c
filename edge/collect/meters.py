"""All meters of the hub: one thread a line, one way into the stores.

The collector's main owns the process; it calls::

    lines = MeterLines(config, journal, village, clock, stop, log)
    lines.start()
    while not stop.wait(1.0):
        heartbeat.beat(...)           # with lines.status(); `failed` is a bug
    lines.join()
"""

from __future__ import annotations

import random
import threading
import time

from edge.clock import Clock
from edge.collect.intake import Intake
from edge.collect.lines import line_for
from edge.config import Config, Meter
from edge.process.heartbeat import Part
from edge.process.log import Log
from edge.store.errors import StoreError
from edge.store.journal import Journal
from edge.store.village import VillageStore


class MeterLines:
    """The hub's lines. ``stop`` ends them all; a line that fails never stops another.

    The stores stay the caller's: close them after :meth:`join`.

    :raises MonikerError: if a meter's transport means nothing.
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
        self._stop = stop
        self._log = log
        self._intake = Intake(config, journal, village, clock, log)
        chosen = rng or random.Random()  # noqa: S311 - jitter, no secret
        self._lines = [
            line_for(meters, self._intake, stop, log, chosen) for meters in _by_line(config.meters)
        ]

    def start(self) -> None:
        """Decode what a crash left in the journal, then start the threads."""
        try:
            left = self._intake.decode()
        except StoreError as error:
            self._log.error("store-failed", error=error, hint=error.hint)
        else:
            if left:
                self._log.info("journal-drained", readings=left)
        for line in self._lines:
            line.start()

    def join(self, timeout_s: float = 15.0) -> bool:
        """Wait for the threads after ``stop`` was set; False if one is still in a driver's call."""
        deadline_s = time.monotonic() + timeout_s
        ended = [line.join(max(0.0, deadline_s - time.monotonic())) for line in self._lines]
        return all(ended)

    def status(self) -> tuple[Part, ...]:
        """Return one part a meter, named by its ``meter_id``.

        `failed` says that a bug has ended the line's thread: the process should start anew.
        """
        return tuple(part for line in self._lines for part in line.status())


def _by_line(meters: tuple[Meter, ...]) -> list[list[Meter]]:
    """Group meters that are polled over one line; telegrams have a line to themselves."""
    groups: dict[tuple[str, str], list[Meter]] = {}
    for meter in meters:
        if meter.protocol == "wmbus":
            continue  # it has no line of its own: `edge.collect.wireless` hears it
        own = "" if meter.protocol == "mbus" else meter.meter_id
        groups.setdefault((meter.transport, own), []).append(meter)
    return list(groups.values())
