"""The two decimal number formats of medical devices, and what in them is no number.

A number is ``mantissa * 10**exponent`` and is given as the float nearest to it. Specials
are told apart by type, so that no sum or comparison can take one for a number.

Source: IEEE 11073-20601, annex F (SFLOAT-Type, FLOAT-Type); Bluetooth Personal Health
Devices Transcoding, 2.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

SFLOAT_BYTES = 2
FLOAT_BYTES = 4


class Special(StrEnum):
    """What a field says instead of a number."""

    NAN = "nan"  # invalid, or not measured
    NRES = "nres"  # not at this resolution
    POSITIVE_INFINITY = "positive_infinity"
    NEGATIVE_INFINITY = "negative_infinity"
    RESERVED = "reserved"


@dataclass(frozen=True, slots=True)
class MedFloat:
    """A decimal number as sent. Two forms of one number (``12e1``, ``120e0``) differ."""

    mantissa: int
    exponent: int

    def fraction(self) -> Fraction:
        """Return the number, exactly."""
        if self.exponent < 0:
            return Fraction(self.mantissa, 10**-self.exponent)
        return Fraction(self.mantissa * 10**self.exponent)

    def __float__(self) -> float:
        return float(self.fraction())


@dataclass(frozen=True, slots=True)
class _Format:
    size: int
    mantissa_bits: int
    exponent_bits: int

    @property
    def top(self) -> int:
        return (1 << (self.mantissa_bits - 1)) - 1  # NaN; the specials lie around the sign change

    def specials(self) -> dict[int, Special]:
        return {
            self.top - 1: Special.POSITIVE_INFINITY,
            self.top: Special.NAN,
            self.top + 1: Special.NRES,
            self.top + 2: Special.RESERVED,
            self.top + 3: Special.NEGATIVE_INFINITY,
        }

    def decode(self, field: bytes) -> MedFloat | Special:
        if len(field) != self.size:
            raise ValueError(f"{self.size} bytes wanted")
        raw = int.from_bytes(field, "little")
        special = _SPECIALS[self].get(raw)  # with exponent 0 alone: 0xF7FF is 204.7
        if special is not None:
            return special
        mantissa = raw & ((1 << self.mantissa_bits) - 1)
        return MedFloat(
            _signed(mantissa, self.mantissa_bits),
            _signed(raw >> self.mantissa_bits, self.exponent_bits),
        )

    def encode(self, value: MedFloat | Special) -> bytes:
        if isinstance(value, Special):
            raw = next(code for code, special in _SPECIALS[self].items() if special is value)
            return raw.to_bytes(self.size, "little")
        limit, bound = 1 << (self.mantissa_bits - 1), 1 << (self.exponent_bits - 1)
        if not -limit <= value.mantissa < limit or not -bound <= value.exponent < bound:
            raise ValueError(f"{value} does not fit")
        raw = (value.mantissa & (2 * limit - 1)) | (
            (value.exponent & (2 * bound - 1)) << self.mantissa_bits
        )
        if raw in _SPECIALS[self]:
            raise ValueError(f"{value} is the code of {_SPECIALS[self][raw]}")
        return raw.to_bytes(self.size, "little")


def _signed(raw: int, bits: int) -> int:
    return raw - (1 << bits) if raw >> (bits - 1) else raw


_SFLOAT = _Format(SFLOAT_BYTES, 12, 4)
_FLOAT = _Format(FLOAT_BYTES, 24, 8)
_SPECIALS = {_SFLOAT: _SFLOAT.specials(), _FLOAT: _FLOAT.specials()}


def decode_sfloat(field: bytes) -> MedFloat | Special:
    """Return what two bytes say. :raises ValueError: on any other length."""
    return _SFLOAT.decode(field)


def decode_float(field: bytes) -> MedFloat | Special:
    """Return what four bytes say. :raises ValueError: on any other length."""
    return _FLOAT.decode(field)


def encode_sfloat(value: MedFloat | Special) -> bytes:
    """Return two bytes. :raises ValueError: if the number has no code of its own."""
    return _SFLOAT.encode(value)


def encode_float(value: MedFloat | Special) -> bytes:
    """Return four bytes. :raises ValueError: if the number has no code of its own."""
    return _FLOAT.encode(value)


def sfloat_of(number: Decimal | int) -> MedFloat:
    """Return the number as an SFLOAT's parts, exactly.

    :raises ValueError: if twelve bits of mantissa do not hold it, or it is not finite.
    """
    decimal = Decimal(number)
    if not decimal.is_finite():
        raise ValueError(f"{number} is not finite")
    sign, digits, exponent = decimal.normalize().as_tuple()
    mantissa = int("".join(map(str, digits))) * (-1 if sign else 1)
    parts = MedFloat(mantissa, int(exponent))
    while parts.exponent > 0 and abs(parts.mantissa) * 10 <= 2045:  # 120 rather than 12e1
        parts = MedFloat(parts.mantissa * 10, parts.exponent - 1)
    encode_sfloat(parts)
    return parts
