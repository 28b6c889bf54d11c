"""A thread that outlives what fails around it: lines that are unplugged, stores that are full."""

from __future__ import annotations

import random
import threading
from abc import ABC, abstractmethod

from edge.process.log import Log
from edge.store.errors import StoreError
from hardware.errors import TransportError

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 300.0  # a cable that is plugged in again is noticed within five minutes


class Patient(ABC):
    """One thread. ``name`` stands in the log.

    ``longest_pause_s`` bounds the pauses, by default :data:`LONGEST_PAUSE_S`.

    A failure of the line or of a store is waited out with growing, jittered pauses and never
    ends the thread; anything else is a bug: it ends the thread and stands in ``bug``.
    """

    def __init__(
        self,
        name: str,
        stop: threading.Event,
        log: Log,
        rng: random.Random,
        *,
        longest_pause_s: float | None = None,
    ) -> None:
        self.bug: Exception | None = None
        self._name = name
        self._stop = stop
        self._log = log
        self._rng = rng
        self._longest_pause_s = longest_pause_s
        self._failures = 0
        self._trouble = ""
        self._thread = threading.Thread(target=self._run, name=f"line {name}")

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait for the thread's end after ``stop`` was set; True if it has ended."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @abstractmethod
    def _work(self) -> None:
        """Work until ``stop`` is set or something fails."""

    @abstractmethod
    def _down(self, error: TransportError | StoreError) -> None:
        """Tell whoever asks that the work has failed and is tried again."""

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._work()
            except (TransportError, StoreError) as error:
                self._failed(error)
            except Exception as error:  # noqa: BLE001 - kept for whoever asks for the status
                self.bug = error
                self._log.bug("line-failed", error, line=self._name)
                return
            self._stop.wait(self._pause_s())

    def _failed(self, error: TransportError | StoreError) -> None:
        self._failures += 1
        told = str(error)
        if told != self._trouble:
            event = "line-down" if isinstance(error, TransportError) else "store-failed"
            self._log.warning(event, line=self._name, error=told, hint=error.hint)
        self._trouble = told
        self._down(error)

    def _worked(self) -> None:
        """Note that the work works: the next failure is the first one again."""
        if self._trouble:
            self._log.info("line-up", line=self._name)
        self._failures, self._trouble = 0, ""

    def _pause_s(self) -> float:
        """Return half to all of a pause that doubles with each failure in a row, 0 with none."""
        if not self._failures:
            return 0.0
        doubled_s = FIRST_PAUSE_S * 2.0 ** min(self._failures - 1, 20)
        longest_s = LONGEST_PAUSE_S if self._longest_pause_s is None else self._longest_pause_s
        return min(longest_s, doubled_s) * self._rng.uniform(0.5, 1.0)
