"""What the protocols of optical heads have in common: a conversation, step by step.

A session never touches a line. Whoever has one goes round::

    while (step := session.step()) is not None:
        set the line to step.setting, discard what arrived, send step.send  (if not empty)
        until session.feed(data) returns True:
            feed what comes; after step.patience_s without a byte (step.gap_s once bytes came)
            call session.silence() and go on to the next step
    readout = session.readout()
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from hardware.errors import HardwareError
from hardware.reading import Record


@dataclass(frozen=True, slots=True)
class LineSetting:
    """How a line's UART is set: ``parity`` is N, E or O."""

    baud: int
    parity: str
    byte_size: int
    stop_bits: float = 1.0


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: set the line, send (unless ``send`` is empty), and listen.

    ``longest_s`` is when to stop listening although bytes still come: then it is noise.
    """

    send: bytes
    setting: LineSetting
    patience_s: float  # without any byte
    gap_s: float  # between two bytes
    longest_s: float


@dataclass(frozen=True, slots=True)
class Readout:
    """What a meter said over its optical head. What it does not say is None.

    ``status`` is `OK` or names what the meter reports; ``without_value`` counts the fields
    that were well formed and empty; ``raw`` is every answer's bytes, as they were on the line.
    """

    manufacturer: str | None
    identification: str | None
    medium: str | None
    status: str | None
    records: tuple[Record, ...]
    raw: tuple[bytes, ...] = ()
    without_value: int = 0

    @property
    def device_id(self) -> str:
        """`optical:LUG-66153690`; empty if the meter does not say who it is."""
        if self.identification is None or self.manufacturer is None:
            return ""
        return f"optical:{self.manufacturer}-{self.identification}"


class NoAnswer(HardwareError, TimeoutError):
    """The meter gave no whole answer.

    ``damage`` is what was wrong with the bytes that came instead, None if none came.
    """

    def __init__(self, message: str, damage: HardwareError | None, *, hint: str) -> None:
        super().__init__(message if damage is None else f"{message}: {damage}", hint=hint)
        self.damage = damage


class Session(Protocol):
    """One readout of one meter. ``setting`` is how the line is to be opened."""

    setting: LineSetting

    def step(self) -> Step | None:
        """Return what to do next, None once everything was read.

        :raises NoAnswer: if the last step brought no whole answer and there is no further try.
        """

    def feed(self, data: bytes) -> bool:
        """Take bytes from the line; True once the step has what it waited for."""

    def silence(self) -> None:
        """Say that nothing more comes in this step."""

    def raw(self) -> bytes:
        """Return the bytes of every whole answer, in order: what is kept of a readout."""

    def readout(self) -> Readout:
        """Decode what was read.

        :raises DecodeError: if the meter's answer breaks its own protocol.
        """


def scaled(number: Fraction, factor: Fraction) -> float:
    """Return the float nearest to ``number * factor``, which is exact until then."""
    return float(number * factor)
