"""The collector's process: lines, receivers and radio side by side, each failing alone.

The main thread keeps the heartbeat; each line (:mod:`edge.collect.meters`) and receiver of wireless
M-Bus (:mod:`edge.collect.wireless`) has a thread, the radio has one with an event loop
(:mod:`edge.collect.sensors`). What a device is told "received" is on the disk before; a disk that
is full means that nothing is acknowledged until there is room again.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from edge.clock import SystemClock
from edge.collect.meters import MeterLines
from edge.collect.sensors import DEAF, Sensors
from edge.collect.wireless import Receivers
from edge.config import Config
from edge.process.heartbeat import Heartbeat, Part, Status
from edge.process.log import Log
from edge.process.words import said
from edge.store.errors import StoreError
from edge.store.journal import Journal
from edge.store.setup import open_journal
from edge.store.village import VillageStore

BEAT_S = 0.5  # how often the parts are asked; the heartbeat bounds its own writing
RETRY_S = 5.0  # between two tries to open the stores
STOP_S = 4.0  # for everything to end: less than the supervisor's patience
BUG_PAUSE_S = 300.0  # a part that a bug has ended is not worth the others' time more often


class StuckError(Exception):
    """A part did not end in time: it is in a driver's call that does not return."""


class BugError(Exception):
    """A part was ended by a bug; the process is to start anew."""


def run_collector(config: Config, stop: threading.Event, heartbeat: Heartbeat, log: Log) -> None:
    """Collect until ``stop`` is set.

    :raises BugError: some minutes after a bug has ended a part; the others worked on meanwhile.
    :raises StuckError: if after ``stop`` a part does not end within :data:`STOP_S` seconds.
    """
    with ExitStack() as stack:
        stores = _open_stores(config, stop, heartbeat, log, stack)
        if stores is None:
            return
        journal, village = stores
        clock = SystemClock()
        lines = MeterLines(config, journal, village, clock, stop, log)
        radio = RadioThread(Sensors(config, journal, village, clock, log), log)
        receivers = Receivers(config, journal, village, clock, stop, log)
        with _running((receivers, lines), radio, stop):
            _watch((lines, receivers), radio, stop, heartbeat)


class RadioThread:
    """:class:`Sensors` in a thread with an event loop of its own."""

    def __init__(self, sensors: Sensors, log: Log) -> None:
        self.bug: Exception | None = None
        self._sensors = sensors
        self._log = log
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="radio")

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Tell the radio to end; returns at once. Only after :meth:`start`."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; True if it has ended."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def status(self) -> Part:
        """Return how the radio is."""
        if self.bug is not None:
            return Part("radio", "failed", f"{type(self.bug).__name__}: {self.bug}")
        return self._sensors.status()

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._sensors.run(self._stop))
        except Exception as error:  # noqa: BLE001 - kept for whoever asks for the status
            self.bug = error
            self._log.bug("radio-failed", error)


def status_of(parts: tuple[Part, ...]) -> Status:
    """Return the process' status: degraded as soon as one part is."""
    bad = [part for part in parts if part.state in ("degraded", "failed", DEAF)]
    if not bad:
        return Status("ok", "", parts)
    return Status("degraded", "; ".join(f"{part.name}: {part.message}" for part in bad), parts)


def _open_stores(
    config: Config, stop: threading.Event, heartbeat: Heartbeat, log: Log, stack: ExitStack
) -> tuple[Journal, VillageStore] | None:
    """Open both stores, however long it takes; None if ``stop`` came first."""
    told = ""
    while not stop.is_set():
        with ExitStack() as attempt:
            try:
                journal = attempt.enter_context(open_journal(config.hub))
                village = attempt.enter_context(VillageStore(config.hub.village_db))
            except (StoreError, OSError) as error:
                message = said(error)
            else:
                stack.enter_context(attempt.pop_all())
                return journal, village
        heartbeat.beat(Status("degraded", message))
        if message != told:
            log.error("store-failed", error=message)
            told = message
        stop.wait(RETRY_S)
    return None


@contextmanager
def _running(
    threads: tuple[MeterLines | Receivers, ...], radio: RadioThread, stop: threading.Event
) -> Iterator[None]:
    """Start all and, whatever happens, end all within :data:`STOP_S` seconds."""
    radio.start()
    try:
        for one in threads:
            one.start()
        yield
    finally:
        stop.set()
        radio.stop()
        until_s = time.monotonic() + STOP_S
        ended = [one.join(max(0.0, until_s - time.monotonic())) for one in (*threads, radio)]
    if not all(ended):
        raise StuckError("a line or the radio is in a driver's call that does not return")


def _watch(
    threads: tuple[MeterLines | Receivers, ...],
    radio: RadioThread,
    stop: threading.Event,
    heartbeat: Heartbeat,
) -> None:
    broken_s: float | None = None
    while not stop.wait(BEAT_S):
        parts = (*(part for one in threads for part in one.status()), radio.status())
        heartbeat.beat(status_of(parts))
        if any(part.state == "failed" for part in parts):
            now_s = time.monotonic()
            broken_s = now_s if broken_s is None else broken_s
            if now_s - broken_s >= BUG_PAUSE_S:
                raise BugError(status_of(parts).message)
