"""When an adapter that hears nothing is dead. Pure.

A scan that has stopped by itself looks like a street where nobody advertises, so after a silence
the scan is started anew, and if that does not help, the adapter is switched off and on. Where there
really is nobody the tries become rarer.
"""

from __future__ import annotations

from enum import Enum

SILENCE_S = 90.0
SECOND_STEP_S = 15.0  # with 10 s to switch off and on, a dead adapter hears again within 120 s
LONGEST_SILENCE_S = 1800.0  # between two power cycles where there may be nobody


class Step(Enum):
    """What is to be done."""

    NOTHING = "nothing"
    RESCAN = "rescan"
    CYCLE = "cycle"


class Watchdog:
    """Times are seconds of one monotonic clock."""

    def __init__(self, now_s: float) -> None:
        self._sign_s = now_s
        self._step_s = now_s
        self._patience_s = SILENCE_S
        self._rescanned = False
        self.ever_heard = False

    def heard(self, now_s: float) -> None:
        """Take note of an advertisement, or of a value on a connection."""
        self._sign_s = self._step_s = now_s
        self._patience_s = SILENCE_S
        self._rescanned = False
        self.ever_heard = True

    def silent_s(self, now_s: float) -> float:
        """Return for how long nothing was heard."""
        return now_s - self._sign_s

    def step(self, now_s: float) -> Step:
        """Return what to do now; the next step comes later."""
        waited_s = now_s - self._step_s
        if not self._rescanned and waited_s >= self._patience_s:
            self._rescanned, self._step_s = True, now_s
            return Step.RESCAN
        if self._rescanned and waited_s >= SECOND_STEP_S:
            self._rescanned, self._step_s = False, now_s
            self._patience_s = min(2 * self._patience_s, LONGEST_SILENCE_S)
            return Step.CYCLE
        return Step.NOTHING
