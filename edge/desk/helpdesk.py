"""Calls for help between whoever sits before a screen and the volunteers, in memory alone.

Who needs help is nobody's business afterwards: nothing is written to a disk, a restart forgets all.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from edge.clock import Clock
from edge.village import calls
from edge.village.calls import Call, Mood
from edge.village.words import Refused

PRESENT_S = 180.0  # a volunteer's page that is open tells of itself each second; others do not
MAX_NAME = 40
MAX_KEY = 64


@dataclass(frozen=True, slots=True)
class Stand:
    """How a call stands. ``ahead`` is how many wait who came earlier."""

    call: Call
    mood: Mood
    waited_s: float
    ahead: int


class HelpDesk:
    """The calls of one hub; the threads of a web process share it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._news = threading.Condition()
        self._calls: dict[int, Call] = {}
        self._number = 0
        self._turn = 0
        self._present_s: float | None = None
        self._is_over = False

    def call(self, subject: str, where: str, token: str = "") -> Call:
        """Ask for help; a form's ``token`` sent twice is one call.

        :raises Refused: if too many wait, or what was written is too long.
        """
        with self._news:
            now = self._now()
            self._sweep(now)
            for one in self._calls.values():
                if one.is_open and one.key == token:
                    return one
            if sum(one.is_open for one in self._calls.values()) >= calls.MAX_OPEN:
                raise Refused("full", "Es warten schon viele. Bitte sprechen Sie jemanden an.")
            key = token[:MAX_KEY] or secrets.token_hex(16)
            if key in {one.key for one in self._calls.values()}:
                key = secrets.token_hex(16)
            made = calls.called(self._number + 1, key, subject, where, now)
            self._number = made.number
            self._calls[made.number] = made
            self._tell()
            return made

    def mine(self, key: str) -> Stand | None:
        """Return how the call stands that a visit holds the key of; None if it is forgotten."""
        with self._news:
            found = next((one for one in self._calls.values() if one.key == key), None)
            return None if found is None else self._stand(found, self._now())

    def withdraw(self, key: str) -> None:
        """Close one's own call: somebody helped, or it is not needed any more."""
        self._change_mine(key, lambda one: calls.ended(one, self._now(), withdrawn=True))

    def left(self, key: str) -> None:
        """Note that whoever called has left the screen; the call stays: they may sit there."""
        self._change_mine(key, lambda one: replace(one, has_left=True))

    def queue(self) -> list[Stand]:
        """Return the open calls, first come first."""
        with self._news:
            now = self._now()
            self._sweep(now)
            return [self._stand(one, now) for one in self._calls.values() if one.is_open]

    def take(self, number: int, name: str) -> bool:
        """Say that ``name`` comes; False if somebody else does already, or nobody waits."""
        tidy = " ".join(name.split())[:MAX_NAME]
        with self._news:
            now = self._now()
            found = self._calls.get(number)
            if found is None or not found.is_open or found.taken_s is not None:
                return found is not None and found.is_open and found.taken_by == tidy
            self._calls[number] = calls.taken(found, tidy, now)
            self._tell()
            return True

    def give_back(self, number: int) -> None:
        """Say that nobody comes yet after all."""
        self._change(number, calls.given_back)

    def close(self, number: int) -> None:
        """Say that the call is answered."""
        self._change(number, lambda one: calls.ended(one, self._now()))

    def seen(self) -> None:
        """Note that a volunteer is at a page."""
        self._present_s = self._now()

    def gone(self) -> None:
        """Note that a volunteer left; another one's page tells of itself again."""
        self._present_s = None

    @property
    def is_present(self) -> bool:
        """Whether a volunteer is likely to see a call."""
        seen = self._present_s
        return seen is not None and self._now() - seen < PRESENT_S

    @property
    def turn(self) -> int:
        """Another number after anything happened."""
        return self._turn

    def wait(self, turn: int, timeout_s: float) -> int:
        """Return the turn as soon as it is another than ``turn``, or after a while."""
        with self._news:
            self._news.wait_for(lambda: self._turn != turn or self._is_over, timeout_s)
            return self._turn

    @property
    def is_over(self) -> bool:
        """Whether the process stops: nobody waits any more."""
        return self._is_over

    def stop(self) -> None:
        """Let whoever waits go."""
        with self._news:
            self._is_over = True
            self._news.notify_all()

    def _change_mine(self, key: str, change: Callable[[Call], Call]) -> None:
        with self._news:
            number = next((n for n, one in self._calls.items() if one.key == key), 0)
        self._change(number, change)

    def _change(self, number: int, change: Callable[[Call], Call]) -> None:
        with self._news:
            found = self._calls.get(number)
            if found is None or not found.is_open:
                return
            made = change(found)
            if made != found:
                self._calls[number] = made
                self._tell()

    def _stand(self, call: Call, now: float) -> Stand:
        ahead = sum(
            one.is_open and one.taken_s is None and one.number < call.number
            for one in self._calls.values()
        )
        return Stand(call, calls.mood(call, now), now - call.asked_s, ahead)

    def _sweep(self, now: float) -> None:
        for number in [n for n, one in self._calls.items() if calls.is_forgotten(one, now)]:
            del self._calls[number]

    def _tell(self) -> None:
        self._turn += 1
        self._news.notify_all()

    def _now(self) -> float:
        return self._clock.stamp().monotonic_ns / 1e9
