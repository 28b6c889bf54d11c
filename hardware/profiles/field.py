"""One value among a manufacturer's own bytes: where it stands, how it is coded, what it means."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from hardware.errors import DecodeError
from hardware.profiles.bits import Bits
from hardware.reading import Quantity, Register, Unit

Value = Fraction | date | datetime | str
Known = dict[str, Value]

CENTURY = 2000
LAST_YEAR = 2049  # meters of this kind are from this century; random bytes are from any
_EPOCH = datetime(2000, 1, 1)  # noqa: DTZ001 - the meter's own clock has no zone
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class Coding(StrEnum):
    """How the bytes or bits of a field say what they say."""

    UNSIGNED = "unsigned"
    SIGNED = "signed"
    BCD = "bcd"  # a digit in each half byte
    REAL = "real"  # four bytes of IEEE 754
    TEXT = "text"  # ISO 8859-1, first character first
    HEX = "hex"  # the bytes as they stand
    DATE = "date"  # bits for day, month and year
    SECONDS = "seconds"  # since 2000 began, the meter's own time
    PRESENT = "present"  # 1 if any bit is set
    WORDS = "words"  # the names of the flags that are set


@dataclass(frozen=True, slots=True)
class Place:
    """Bits of a number of ``size`` bytes.

    ``at`` counts from the data's beginning, from their end if it is negative, and from what
    ``tag`` marks if there is one; None is "behind the field before". ``bits`` are pairs of a first
    and a last bit, lowest part first; none means all.
    """

    at: int | None
    size: int
    big: bool = False
    bits: tuple[tuple[int, int], ...] = ()
    tag: int | None = None

    def number(self, raw: bytes) -> int:
        """Return the number that ``raw``, the bytes of this place, hold."""
        return gather(int.from_bytes(raw, "big" if self.big else "little"), self.bits)

    @property
    def width(self) -> int:
        """How many bits there are."""
        return sum(last - first + 1 for first, last in self.bits) or 8 * self.size


@dataclass(frozen=True, slots=True)
class DateForm:
    """Which bits of a number are day, month and year since 2000.

    Without bits for a year it is the first such day behind the date named ``after``.
    """

    day: tuple[tuple[int, int], ...]
    month: tuple[tuple[int, int], ...]
    year: tuple[tuple[int, int], ...] = ()
    is_bcd: bool = False
    after: str = ""

    def read(self, number: int, known: Known) -> date | None:
        """Return the date that ``number`` holds, None for day or month 0: it says none.

        None also if the date that it depends on is absent.

        :raises ValueError: if there is no such day.
        """
        day, month, year = (
            self._part(gather(number, bits)) for bits in (self.day, self.month, self.year)
        )
        if not day or not month:
            return None
        if self.year:
            if CENTURY + year > LAST_YEAR:
                raise ValueError(f"the year {CENTURY + year}")
            return date(CENTURY + year, month, day)
        before = known.get(self.after)
        if not isinstance(before, date):
            return None
        is_later = (month, day) > (before.month, before.day)
        return date(before.year + (not is_later), month, day)

    def _part(self, number: int) -> int:
        return decimal(number) if self.is_bcd else number


@dataclass(frozen=True, slots=True)
class Field:
    """What stands in one place, or follows from other fields.

    ``scale`` is applied to the raw number, ``values`` replace it, ``times`` names a field that it
    is multiplied by. Raw numbers in ``invalid`` say "none". What lies beyond ``least`` and
    ``most`` is not of this layout. ``sum``, ``difference`` and ``earlier`` (a time, and hours that
    it lies before) are of fields in front. What is ``hidden`` serves others only.
    ``months_back`` fills `{month}` in the name with the month so long before the date ``month_of``.
    """

    name: str
    place: Place | None = None
    coding: Coding = Coding.UNSIGNED
    quantity: Quantity = Quantity.OTHER
    unit: Unit = Unit.ONE
    register: Register = field(default_factory=Register)
    scale: Fraction = Fraction(1)
    values: dict[int, Fraction] = field(default_factory=dict)
    invalid: frozenset[int] = frozenset()
    least: Fraction | None = None
    most: Fraction | None = None
    times: str = ""
    sum: tuple[str, ...] = ()
    difference: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    form: DateForm | None = None
    words: Bits | None = None
    hidden: bool = False
    month_of: str = ""
    months_back: int = 0

    def full_name(self, known: Known) -> str | None:
        """Return the name, None if the month in it cannot be told."""
        if not self.month_of:
            return self.name
        start = known.get(self.month_of)
        if not isinstance(start, date):
            return None
        month = _MONTHS[(start.month - 1 - self.months_back) % len(_MONTHS)]
        return self.name.replace("{month}", month)

    def read(self, raw: bytes, known: Known) -> Value | None:
        """Return what ``raw`` says, None if nothing; ``known`` are the fields in front.

        :raises DecodeError: if it says what such a meter cannot.
        """
        try:
            if self.place is None:
                value = self._derived(known)
            else:
                value = self._value(self.place, raw, known)
        except (ValueError, OverflowError) as error:
            raise DecodeError(f"{self.name}: {error}") from error
        if isinstance(value, Fraction) and (
            (self.least is not None and value < self.least)
            or (self.most is not None and value > self.most)
        ):
            raise DecodeError(f"{self.name}: {float(value):g} is no such value")
        return value

    def _value(self, place: Place, raw: bytes, known: Known) -> Value | None:
        if self.coding in (Coding.TEXT, Coding.HEX):
            return _text(raw) if self.coding is Coding.TEXT else raw.hex().upper()
        number = place.number(raw)
        if number in self.invalid:
            return None
        if self.form is not None:
            return self.form.read(number, known)
        if self.coding is Coding.SECONDS:
            return _moment(number)
        if self.words is not None:
            return " ".join(flag.name for flag in self.words.flags(number)) or "OK"
        return self._scaled(self._plain(number, place.width), known)

    def _plain(self, number: int, width: int) -> Fraction:
        if self.values:
            if number not in self.values:
                raise ValueError(f"{number} is not in the table")
            return self.values[number]
        if self.coding is Coding.BCD:
            return Fraction(decimal(number))
        if self.coding is Coding.REAL:
            return _real(number)
        if self.coding is Coding.PRESENT:
            return Fraction(number != 0)
        if self.coding is Coding.SIGNED and number >> width - 1:
            number -= 1 << width
        return Fraction(number)

    def _scaled(self, number: Fraction, known: Known) -> Fraction | None:
        number *= self.scale
        if not self.times:
            return number
        factor = known.get(self.times)
        return number * factor if isinstance(factor, Fraction) else None

    def _derived(self, known: Known) -> Value | None:
        if self.earlier:
            moment, hours = (known.get(name) for name in self.earlier)
            if isinstance(moment, datetime) and isinstance(hours, Fraction):
                return moment - timedelta(hours=float(hours))
            return None
        parts = [known.get(name) for name in self.sum or self.difference]
        numbers = [part for part in parts if isinstance(part, Fraction)]
        if len(numbers) < len(parts):
            return None
        if self.difference:
            return self._scaled(numbers[0] - sum(numbers[1:]), known)
        return self._scaled(sum(numbers, Fraction()), known)


def gather(number: int, bits: tuple[tuple[int, int], ...]) -> int:
    """Return the bits of ``number`` in ``bits`` side by side, all of them if there are none."""
    if not bits:
        return number
    found = shift = 0
    for first, last in bits:
        width = last - first + 1
        found |= (number >> first & (1 << width) - 1) << shift
        shift += width
    return found


def decimal(number: int) -> int:
    """Return the decimal digits that ``number``, written in hex, consists of.

    :raises ValueError: if a digit is none.
    """
    digits = f"{number:x}"
    if not digits.isdecimal():
        raise ValueError(f"{digits} are no decimal digits")
    return int(digits)


def _real(number: int) -> Fraction:
    (found,) = struct.unpack("<f", number.to_bytes(4, "little"))
    if not math.isfinite(found):
        raise ValueError(f"{found} is no number")
    return Fraction(f"{found:.7g}")


def _text(raw: bytes) -> str:
    words = raw.rstrip(b"\0 ").decode("latin-1")
    if not words.isprintable():
        raise ValueError(f"{words!r} is no text")
    return words


def _moment(seconds: int) -> datetime:
    found = _EPOCH + timedelta(seconds=seconds)
    if found.year > LAST_YEAR:
        raise ValueError(f"the year {found.year}")
    return found
