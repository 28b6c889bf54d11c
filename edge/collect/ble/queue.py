"""Whose turn it is: many sensors, few connections, and nobody starves. Pure.

A sensor is visited only while it is heard (a connection to one that has gone blocks the radio for
seconds). Who was cut off in the middle, or has just woken up, has data now and comes first; behind
them, and before them once it has waited for :data:`STARVED_S`, comes who was visited longest ago.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from random import Random

FRESH_S = 10.0  # who was heard that long ago is there still; sensors advertise every second or two
AWAKE_S = 30.0  # silence after which an advertisement means that somebody used the sensor
STARVED_S = 60.0
QUICK_VISITS = 20  # without a pause while transfers are cut: 200 readings, ten at a time
FIRST_PAUSE_S, LONGEST_PAUSE_S = 2.0, 300.0  # after failures, doubling
LONGEST_REST_S = 300.0  # after visits that brought nothing: a connection costs the sensor's battery
JITTER = 0.2  # so that two sensors that failed together do not come again together


class Ended(Enum):
    """How a visit ended."""

    DRAINED = "drained"  # it had values and has no more
    EMPTY = "empty"
    CUT = "cut"  # it has more
    MORE = "more"  # it may have something for somebody else, whom the next connection begins with
    FAILED = "failed"
    REFUSED = "refused"  # it wants to be paired anew


@dataclass(slots=True)
class _Turn:
    heard_s: float | None = None
    rssi_dbm: int | None = None
    waits_s: float | None = None  # since when it is heard and has not been visited
    visited_s: float = float("-inf")
    not_before_s: float = float("-inf")
    eager: bool = False
    failures: int = 0
    cuts: int = 0
    empties: int = 0
    active: bool = False


class VisitQueue:
    """The order of visits. Times are seconds of one monotonic clock.

    ``rest_s`` is the shortest time between two visits of a sensor that goes on advertising.
    """

    def __init__(self, rest_s: float, rng: Random) -> None:
        self._rest_s = rest_s
        self._rng = rng
        self._turns: dict[str, _Turn] = {}

    @property
    def active(self) -> int:
        """How many visits are under way."""
        return sum(turn.active for turn in self._turns.values())

    def enrol(self, addresses: Collection[str]) -> None:
        """Know these sensors and no others. One that is being visited stays until that ends."""
        wanted = set(addresses)
        for address in wanted - self._turns.keys():
            self._turns[address] = _Turn()
        for address in self._turns.keys() - wanted:
            if not self._turns[address].active:
                del self._turns[address]

    def heard(self, address: str, now_s: float, rssi_dbm: int | None = None) -> bool:
        """Take note of an advertisement; True if the sensor has just woken up."""
        turn = self._turns.get(address)
        if turn is None:
            return False
        woke = turn.heard_s is None or now_s - turn.heard_s > AWAKE_S
        turn.heard_s, turn.rssi_dbm = now_s, rssi_dbm
        if turn.active:
            return False
        if woke:
            turn.eager, turn.empties = True, 0
            turn.waits_s = None
            if not turn.failures:
                turn.not_before_s = now_s
        if turn.waits_s is None:
            turn.waits_s = now_s
        return woke

    def hurry(self, address: str) -> None:
        """Have a sensor visited as soon as it is heard: a person waits for it."""
        turn = self._turns.get(address)
        if turn is not None and not turn.active:
            turn.eager, turn.not_before_s = True, float("-inf")

    def next(self, now_s: float) -> str | None:
        """Return whom to visit now, and count it as being visited; None if nobody is due."""
        ready = [
            (self._rank(turn, now_s), address)
            for address, turn in self._turns.items()
            if self._is_due(turn, now_s)
        ]
        if not ready:
            return None
        address = min(ready)[1]
        self._turns[address].active = True
        return address

    def ended(self, address: str, how: Ended, now_s: float) -> None:
        """Take note of the end of a visit."""
        turn = self._turns.get(address)
        if turn is None:
            return
        turn.active, turn.eager, turn.waits_s, turn.visited_s = False, False, None, now_s
        is_there = how in {Ended.DRAINED, Ended.EMPTY, Ended.MORE}
        turn.heard_s = now_s if is_there else turn.heard_s
        failed = how in {Ended.FAILED, Ended.REFUSED}
        turn.failures = turn.failures + 1 if failed else 0
        turn.cuts = turn.cuts + 1 if how is Ended.CUT else 0
        if (
            how is Ended.MORE
        ):  # as many in a row as it has users; what follows counts the empty ones
            turn.not_before_s, turn.eager = now_s, True
            return
        turn.empties = turn.empties + 1 if how is Ended.EMPTY else 0
        turn.not_before_s = now_s + self._pause_s(turn)
        turn.eager = 0 < turn.cuts <= QUICK_VISITS

    def due_s(self, now_s: float) -> float | None:
        """Return when somebody who is heard now becomes due, None if nobody will by waiting."""
        times = [
            turn.not_before_s
            for turn in self._turns.values()
            if not turn.active and turn.heard_s is not None and now_s - turn.heard_s <= FRESH_S
        ]
        return min(times, default=None)

    def _pause_s(self, turn: _Turn) -> float:
        jitter = self._rng.uniform(1 - JITTER, 1 + JITTER)
        if turn.failures:
            return float(jitter * _doubled(FIRST_PAUSE_S, turn.failures, LONGEST_PAUSE_S))
        if 0 < turn.cuts <= QUICK_VISITS:
            return 0.0
        longest = max(self._rest_s, LONGEST_REST_S)
        return float(jitter * _doubled(self._rest_s, max(1, turn.empties), longest))

    def _is_due(self, turn: _Turn, now_s: float) -> bool:
        return (
            not turn.active
            and turn.heard_s is not None
            and now_s - turn.heard_s <= FRESH_S
            and now_s >= turn.not_before_s
        )

    @staticmethod
    def _rank(turn: _Turn, now_s: float) -> tuple[int, float]:
        waited_s = now_s - turn.waits_s if turn.waits_s is not None else 0.0
        if waited_s >= STARVED_S:
            return (0, -waited_s)
        return (1 if turn.eager else 2, turn.visited_s)


def _doubled(first_s: float, times: int, longest_s: float) -> float:
    return min(float(first_s * 2 ** min(times - 1, 20)), longest_s)
