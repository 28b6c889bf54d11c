"""The seam between a receiver's wire and whoever wants its telegrams.

A receiver is a stick, a module or a program that listens to the radio and writes what it heard
to a line. Each says the same in its own framing; behind this seam they are alike. What a
telegram means is not read here: only where it begins and ends.

Source: EN 13757-4 (link modes S, T and C; frame formats A and B).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

from hardware.errors import HardwareError

SHORTEST_TELEGRAM = 11  # bytes: L, C, two of the manufacturer, six of the address, CI
LONGEST_TELEGRAM = 256  # bytes without CRC: the L field counts at most 255 behind itself
MOST_ANSWERS = 16  # one command is under way at a time: older answers are nobody's

CrcState = Literal["checked", "present", "stripped"]
FrameFormat = Literal["A", "B"]


class LinkMode(StrEnum):
    """Which transmissions a receiver is set to listen to."""

    T1 = "T1"
    C1 = "C1"
    S1 = "S1"
    C1_T1 = "C1+T1"


class Damage(StrEnum):
    """Why bytes on the wire gave no telegram."""

    NOISE = "noise"  # a stretch that belongs to no frame, or a line that is no text
    HEADER = "header"  # a start byte with a header that no message has
    CHECKSUM = "checksum"  # the frame between receiver and hub is damaged
    CUT = "cut"  # the line fell silent inside a frame
    OVERLONG = "overlong"  # a line longer than any telegram needs
    FORMAT = "format"  # a line that is no telegram by its own grammar
    LENGTH = "length"  # the telegram's own length field says otherwise
    BAD_CRC = "bad_crc"  # the receiver itself says that the radio telegram is damaged
    UNSURE = "unsure"  # it is not yet known whether the last byte is a signal strength


@dataclass(frozen=True, slots=True)
class Heard:
    """One telegram from the air, L field first.

    ``crc`` tells how far the bytes can be trusted: ``checked``, the receiver checked the CRCs of
    the blocks and took them out, and its own frame was protected on the way here; ``present``,
    they are still between the blocks and nobody looked; ``stripped``, they are gone and
    nothing on the way here proves the bytes. For `hardware.wmbus.link`: ``checked`` is REMOVED,
    ``present`` is PRESENT, ``stripped`` is UNKNOWN.

    ``frame_format`` is that of the blocks if ``crc`` is ``present``, else None. ``rssi_dbm`` is
    None where the receiver measured nothing or gives no dBm. ``at`` is UTC by the receiver's own
    clock, None if it has none that can be trusted.
    """

    telegram: bytes
    crc: CrcState
    rssi_dbm: float | None = None
    at: datetime | None = None
    frame_format: FrameFormat | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver said that is no telegram: its message code (0 in text) and content."""

    code: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Command:
    """One command to a receiver.

    ``is_answer`` recognises its answer; None if the receiver says nothing to it. For
    ``pause_s`` seconds behind it nothing may be sent.
    """

    data: bytes
    is_answer: Callable[[Answer], bool] | None
    pause_s: float = 0.0


NO_ANSWER = Answer(0, b"")  # what is sent in for a command that has none

# Commands in their order; what is sent in is the answer to the one before.
Setup = Generator[Command, Answer, None]


class ModeUnsupported(HardwareError, ValueError):
    """The receiver cannot listen to this link mode: a mistake in the configuration."""


class Receiver(Protocol):
    """One receiver's framing.

    What comes out depends on the bytes alone, never on how they were cut. Nothing raises
    on bad bytes: they are counted in ``damage`` by kind, and the next whole frame is found
    again. Less than one frame or line is held between calls.
    """

    kind: str
    serial_options: str  # of a `serial:` moniker, empty where the receiver is no serial port
    modes: frozenset[LinkMode]

    @property
    def pending(self) -> int:
        """Bytes that wait for the rest of their frame."""

    @property
    def damage(self) -> Mapping[Damage, int]:
        """How often each kind of damage was met; a stretch of noise counts once."""

    def feed(self, data: bytes) -> Iterator[Heard]:
        """Take ``data``, all of it at once, and return the telegrams that are complete now."""

    def silence(self) -> Iterator[Heard]:
        """Say that the line fell silent: what is incomplete now will never be complete.

        Returns the telegrams behind a false start. Afterwards nothing pends.
        """

    def answers(self) -> Iterator[Answer]:
        """Hand over what was said besides telegrams, at most the last 16, oldest first."""

    def configure(self, mode: LinkMode) -> Setup:
        """Return the commands that make the receiver listen to ``mode``.

        :raises ModeUnsupported: at once, if the receiver cannot.
        :raises DeviceRefused: from the generator, if an answer says no.
        """


class Ledger:
    """What every framing keeps: the counters of damage and the last answers."""

    def __init__(self) -> None:
        self._damage: Counter[Damage] = Counter()
        self._answers: deque[Answer] = deque(maxlen=MOST_ANSWERS)

    @property
    def damage(self) -> Mapping[Damage, int]:
        """How often each kind of damage was met."""
        return self._damage

    def answers(self) -> Iterator[Answer]:
        """Hand over what was said besides telegrams, oldest first."""
        taken = tuple(self._answers)
        self._answers.clear()
        return iter(taken)

    def _whole(self, telegram: bytes) -> bool:
        """Tell if the L field fits the bytes; count it if not."""
        if SHORTEST_TELEGRAM <= len(telegram) <= LONGEST_TELEGRAM and (
            telegram[0] == len(telegram) - 1
        ):
            return True
        self._damage[Damage.LENGTH] += 1
        return False
