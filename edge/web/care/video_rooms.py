"""Conversations with picture and sound: who meets whom, and what their browsers say for that.

Picture and sound go from browser to browser in the village's own network; the hub hands on a few
kilobytes at the beginning and keeps nothing. A room lies in memory alone, is opened by a code that
somebody says aloud, and ends when one side is gone.

Source: RFC 8829 (JSEP); RFC 8839, section 5.1 (candidate attribute).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

MAX_ROOMS = 6  # calls at a time: each polls, and a village has few carers
WAITS_S = 600.0  # until somebody has found the code and typed it
LASTS_S = 3600.0  # a call that nobody ended
GONE_S = 25.0  # without a poll: the lid was closed, or the Wi-Fi left
MAX_SDP = 32 << 10  # what browsers say of picture and sound has 3 to 8 KiB
MAX_MESSAGES = 24  # of one side in one room: a few attempts to connect
CODE_DIGITS = 6
_CANDIDATE = re.compile(
    r"a=candidate:\S{1,32} [12] (?:udp|tcp) \d{1,10} \S{1,64} \d{1,5} typ host\b", re.IGNORECASE
)


class Side(StrEnum):
    """Who called, and who was called."""

    CALLER = "caller"
    CALLEE = "callee"

    @property
    def other(self) -> Side:
        """The other one."""
        return Side.CALLEE if self is Side.CALLER else Side.CALLER


class Kind(StrEnum):
    """What a browser may say."""

    READY = "ready"
    OFFER = "offer"
    ANSWER = "answer"


class BadMessage(ValueError):
    """A browser said what none says here."""


@dataclass(frozen=True, slots=True)
class Seat:
    """One side's place in a room. ``token`` opens it; nobody else has it."""

    token: str = field(repr=False)
    side: Side
    code: str = field(repr=False)
    person: int


@dataclass(slots=True)
class _Room:
    code: str
    person: int
    name: str
    tokens: dict[Side, str]
    began_s: float
    seen_s: dict[Side, float]
    box: dict[Side, list[tuple[Kind, str]]]  # what a side has yet to read, from the beginning
    joined_s: float | None = None


class Rooms:
    """The rooms of one web process; threads share one. ``now_s`` is a monotonic time.

    ``draw`` gives a code's number below a bound, ``token`` a secret.
    """

    def __init__(self, draw: Callable[[int], int], token: Callable[[], str]) -> None:
        self._draw = draw
        self._token = token
        self._lock = threading.Lock()
        self._rooms: dict[str, _Room] = {}

    def open(self, person: int, name: str, now_s: float) -> Seat | None:
        """Open a room to speak with a person; ``name`` is who calls. None if there are too many."""
        with self._lock:
            self._sweep(now_s)
            if len(self._rooms) >= MAX_ROOMS:
                return None
            codes = {one.code for one in self._rooms.values()}
            code = ""
            while not code or code in codes:
                code = f"{self._draw(10**CODE_DIGITS):0{CODE_DIGITS}}"
            token = self._token()
            self._rooms[token] = _Room(
                code, person, name, {Side.CALLER: token}, now_s, {Side.CALLER: now_s},
                {Side.CALLER: [], Side.CALLEE: []},
            )  # fmt: skip
            return Seat(token, Side.CALLER, code, person)

    def join(self, code: str, now_s: float) -> Seat | None:
        """Take the other seat of a room by its code, once. None if there is none to take."""
        with self._lock:
            self._sweep(now_s)
            for room in self._rooms.values():
                if room.code == code and room.joined_s is None:
                    token = self._token()
                    room.tokens[Side.CALLEE] = token
                    room.joined_s = room.seen_s[Side.CALLEE] = now_s
                    return Seat(token, Side.CALLEE, code, room.person)
        return None

    def seat(self, token: str, now_s: float) -> Seat | None:
        """Return the place that a token opens, None once the room is over."""
        with self._lock:
            self._sweep(now_s)
            found = self._find(token)
            if found is None:
                return None
            room, side = found
            return Seat(token, side, room.code, room.person)

    def caller(self, token: str) -> str:
        """Return the name of who called, empty once the room is over."""
        with self._lock:
            found = self._find(token)
            return "" if found is None else found[0].name

    def say(self, token: str, kind: Kind, text: str, now_s: float) -> bool:
        """Leave something for the other side; False if the room is over.

        :raises BadMessage: if it is too long or too much, or not for this side to say.
        """
        if (kind is Kind.READY) == bool(text) or len(text) > MAX_SDP:
            raise BadMessage("too long, or nothing")
        if kind is not Kind.READY:
            text = host_only(text)
        with self._lock:
            self._sweep(now_s)
            found = self._find(token)
            if found is None:
                return False
            room, side = found
            if (side is Side.CALLER) != (kind is Kind.OFFER):
                raise BadMessage("not for this side to say")
            box = room.box[side.other]
            if len(box) >= MAX_MESSAGES:
                raise BadMessage("too much")
            room.seen_s[side] = now_s
            box.append((kind, text))
            return True

    def heard(
        self, token: str, after: int, now_s: float
    ) -> tuple[bool, list[tuple[Kind, str]]] | None:
        """Return whether the other side is here, and what it said after so many messages.

        None once the room is over.
        """
        with self._lock:
            self._sweep(now_s)
            found = self._find(token)
            if found is None:
                return None
            room, side = found
            room.seen_s[side] = now_s
            return side.other in room.tokens, room.box[side][max(0, after) :]

    def end(self, token: str) -> None:
        """End a room for both; one that is over stays so."""
        with self._lock:
            found = self._find(token)
            if found is not None:
                self._rooms.pop(found[0].tokens[Side.CALLER])

    def end_with(self, person: int) -> None:
        """End every room with a person: they agree no longer."""
        with self._lock:
            for key in [key for key, one in self._rooms.items() if one.person == person]:
                del self._rooms[key]

    def __len__(self) -> int:
        return len(self._rooms)

    def _find(self, token: str) -> tuple[_Room, Side] | None:
        for room in self._rooms.values():
            for side, one in room.tokens.items():
                if one == token != "":
                    return room, side
        return None

    def _sweep(self, now_s: float) -> None:
        for key, room in list(self._rooms.items()):
            over = now_s - room.began_s >= LASTS_S
            waits = room.joined_s is None and now_s - room.began_s >= WAITS_S
            gone = any(now_s - at >= GONE_S for at in room.seen_s.values())
            if over or waits or gone:
                del self._rooms[key]


def host_only(sdp: str) -> str:
    """Return what a browser says of a connection with candidates of its own network alone.

    :raises BadMessage: if it is no such text.
    """
    if not sdp.startswith("v=0") or not all(one.isprintable() or one in "\r\n" for one in sdp):
        raise BadMessage("no session description")
    lines = [
        line
        for line in sdp.splitlines()
        if not line.lower().startswith("a=candidate") or _CANDIDATE.match(line)
    ]
    return "\r\n".join(lines) + "\r\n"
