"""Advertisements whose fields stand at fixed places: a device is a table.

A layout applies only where everything it names agrees: company or service, length, fixed
bytes, name. So two layouts never read one advertisement differently, and a stranger's frame
is nobody's.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from hardware.ble.advert.advertisement import Advertisement
from hardware.ble.advert.sighting import Findings, Sequence, Sighting
from hardware.errors import DecodeError
from hardware.reading import Quantity, Unit

_ALL_BITS = -1


@dataclass(frozen=True, slots=True)
class Field:
    """A number at byte ``at``: ``(raw & mask) * step + base`` canonical units.

    Big-endian fields are ``big``. Raw values in ``absent`` mean that there is none. ``unit``
    is set for what no store takes; it is given as ``other`` under ``name``.
    """

    quantity: Quantity
    at: int
    size: int = 1
    step: Fraction = Fraction(1)
    base: Fraction = Fraction(0)
    signed: bool = False
    big: bool = False
    mask: int = _ALL_BITS
    absent: tuple[int, ...] = ()
    name: str = ""
    unit: Unit | None = None

    def add(self, answer: Findings, data: bytes) -> None:
        """Add the number."""
        sent = data[self.at : self.at + self.size]
        raw = int.from_bytes(sent, "big" if self.big else "little", signed=self.signed)
        raw &= self.mask
        if raw in self.absent:
            return
        value = raw * self.step + self.base
        if self.unit is not None:
            answer.other(self.name, value, self.unit)
        else:
            answer.bounded(self.quantity, value, name=self.name)


@dataclass(frozen=True, slots=True)
class Real:
    """An IEEE 754 number of four bytes, little-endian."""

    quantity: Quantity
    at: int
    step: Fraction = Fraction(1)
    name: str = ""
    unit: Unit | None = None

    def add(self, answer: Findings, data: bytes) -> None:
        """Add the number."""
        (value,) = struct.unpack_from("<f", data, self.at)
        if not math.isfinite(value):
            raise DecodeError(f"{self.quantity} is no number", offset=self.at)
        exact = Fraction(value) * self.step
        if self.unit is not None:
            answer.other(self.name, exact, self.unit)
        else:
            answer.bounded(self.quantity, exact, name=self.name)


@dataclass(frozen=True, slots=True)
class Bit:
    """Yes or no in bit ``bit`` of byte ``at``; a flag where ``quantity`` is ``None``."""

    name: str
    at: int
    bit: int
    quantity: Quantity | None = None
    inverted: bool = False

    def add(self, answer: Findings, data: bytes) -> None:
        """Add the state."""
        value = bool(data[self.at] >> self.bit & 1) is not self.inverted
        if self.quantity is None:
            answer.flag(self.name, value)
        else:
            answer.state(self.quantity, value, self.name)


@dataclass(frozen=True, slots=True)
class Code:
    """A code of one byte, by name and number."""

    name: str
    at: int
    words: Mapping[int, str]

    def add(self, answer: Findings, data: bytes) -> None:
        """Add the code."""
        answer.choice(self.name, data[self.at], self.words)


@dataclass(frozen=True, slots=True)
class Special:
    """Fields that a table cannot say."""

    read: Callable[[Findings, bytes], None]

    def add(self, answer: Findings, data: bytes) -> None:
        """Add what is read."""
        self.read(answer, data)


Part = Field | Real | Bit | Code | Special


@dataclass(frozen=True, slots=True)
class Layout:
    """One device's frame.

    ``service`` is the UUID of its service data; without one the frame is manufacturer data,
    company id first: of ``company``, or of whatever two bytes stand there if that is ``None``
    (then only a name or fixed bytes tell it). ``sizes`` are the lengths the frame may have;
    ``fixed`` the bytes that have to stand at a place; ``names`` how the local name begins.
    ``address_at`` is where the sender's address has to stand (``reversed_address``: last byte
    first); ``sequence`` is where a counter of one byte stands.
    """

    device: str
    parts: tuple[Part, ...]
    service: str = ""
    company: int | None = None
    sizes: tuple[int, ...] = ()
    fixed: Mapping[int, bytes] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    address_at: int | None = None
    reversed_address: bool = False
    address_required: bool = False
    sequence: int | None = None

    def frame(self, advert: Advertisement) -> bytes | None:
        """Return the frame if this layout reads it."""
        if self.names and not advert.local_name.startswith(self.names):
            return None
        return next((data for data in self._candidates(advert) if self._fits(advert, data)), None)

    def _candidates(self, advert: Advertisement) -> list[bytes]:
        if self.service:
            return (
                [advert.service_data[self.service]] if self.service in advert.service_data else []
            )
        companies = advert.manufacturer_data
        if self.company is not None:
            return [advert.frame(self.company)] if self.company in companies else []
        return [advert.frame(company) for company in companies]

    def _fits(self, advert: Advertisement, data: bytes) -> bool:
        if len(data) not in self.sizes:
            return False
        if any(data[at : at + len(what)] != what for at, what in self.fixed.items()):
            return False
        if self.address_at is None:
            return True
        sent = data[self.address_at : self.address_at + 6]
        sent = sent[::-1] if self.reversed_address else sent
        return sent == advert.mac if advert.mac else not self.address_required

    def read(self, data: bytes, family: str) -> Sighting:
        """Return what the frame says."""
        answer = Findings(self.device)
        for part in self.parts:
            part.add(answer, data)
        counted = None
        if self.sequence is not None:
            counted = Sequence(data[self.sequence], 8)
            answer.flag("sequence_number", counted.number)
        return answer.sighting(family, counted)
