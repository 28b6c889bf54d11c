"""Data of a record to a number, a text or a date, and nothing where the bytes hold none.

Every function takes the data with the least significant byte first.

Source: EN 13757-3:2018, annex A (data types A to J) and table 5 (variable length).
"""

from __future__ import annotations

import math
import struct
from datetime import date, datetime
from decimal import Decimal

_TEXT_LAST = 0xBF  # LVAR 00..BF: so many characters
_BCD = 0xC0  # LVAR C0..C9: twice as many digits, DO..D9: the same, negative
_BINARY = 0xE0  # LVAR E0..EF: so many bytes; F0..F6: longer ones
_LONG_BINARY = {0xF0: 16, 0xF1: 20, 0xF2: 24, 0xF3: 28, 0xF4: 32, 0xF5: 48, 0xF6: 64}
_MOST_DIGIT_BYTES = 9
_MOST_NUMBER_BYTES = 8  # what is longer is no number anybody counts with

_YEARS_OF_2000 = 80  # two digits of up to 80 are of this century in meters that send no century
_HUNDRED = 100


def variable_size(lvar: int) -> int | None:
    """Return how many bytes follow the length byte ``lvar``, None if the standard reserves it."""
    if lvar <= _TEXT_LAST:
        return lvar
    if lvar < _BINARY:
        size = lvar & 0x0F
        return size if size <= _MOST_DIGIT_BYTES else None
    return lvar - _BINARY if lvar < _BINARY + 0x10 else _LONG_BINARY.get(lvar)


def text(data: bytes) -> str:
    """Return the characters of ``data``, which come last one first (ISO 8859-1)."""
    return data[::-1].rstrip(b"\0").decode("latin-1")


def is_text(lvar: int) -> bool:
    """Tell whether a value under the length byte ``lvar`` is a text and no number."""
    return lvar <= _TEXT_LAST or (
        lvar >= _BINARY and (variable_size(lvar) or 0) > _MOST_NUMBER_BYTES
    )


def variable_text(lvar: int, data: bytes) -> str:
    """Return a text of variable length: characters, or what is too long for a number as hex."""
    return text(data) if lvar <= _TEXT_LAST else data[::-1].hex().upper()


def variable_number(lvar: int, data: bytes, *, signed: bool) -> int | None:
    """Return a number of variable length, None if it is none."""
    if lvar >= _BINARY:
        return integer(data, signed=signed) if data else None
    number = bcd(data)
    if number is None or number < 0:
        return None
    return -number if lvar & 0x10 else number


def integer(data: bytes, *, signed: bool) -> int | None:
    """Return a whole number, None if it is its type's word for "invalid"."""
    number = int.from_bytes(data, "little", signed=signed)
    return None if number == invalid_number(len(data), signed=signed) else number


def invalid_number(size: int, *, signed: bool) -> int:
    """Return the number that says "invalid": the most negative one, or all ones if unsigned."""
    bits = 8 * size
    return -(1 << bits - 1) if signed else (1 << bits) - 1


def bcd(data: bytes) -> int | None:
    """Return a decimal number; a leading F is its minus sign. None if a digit is none."""
    digits = data[::-1].hex()
    if digits.isdecimal():
        return int(digits)
    if digits[:1] == "f" and digits[1:].isdecimal():
        return -int(digits[1:])
    return None


def real(data: bytes) -> Decimal | None:
    """Return the shortest decimal number that is these 32 bits, None if they are no number."""
    number: float = struct.unpack("<f", data)[0]
    if not math.isfinite(number):
        return None
    for digits in (6, 7, 8):
        short = f"{number:.{digits}g}"
        if struct.pack("<f", float(short)) == data:
            return Decimal(short)
    return Decimal(f"{number:.9g}")


def date_or_time(data: bytes) -> date | datetime | None:
    """Return a date of type G (2 bytes) or a local time of type F (4) or I (6).

    None if it says that it is invalid, or if no such day or time exists ("every day" among them).
    """
    if len(data) == 2:
        return _date(data)
    if len(data) == 4:
        return _minute(data)
    return _second(data) if len(data) == 6 else None


def time_of_day(data: bytes) -> str | None:
    """Return a time of type J (3 bytes) as ISO 8601, None if there is no such time."""
    second, minute, hour = data[0] & 0x3F, data[1] & 0x3F, data[2] & 0x1F
    if hour > 23 or minute > 59 or second > 59:
        return None
    return f"{hour:02d}:{minute:02d}:{second:02d}"


def _year(low: int, high: int) -> int:
    return (low & 0xE0) >> 5 | (high & 0xF0) >> 1


def _date(data: bytes) -> date | None:
    year = _year(data[0], data[1])
    if year >= _HUNDRED:
        return None
    century = 2000 if year <= _YEARS_OF_2000 else 1900
    try:
        return date(century + year, data[1] & 0x0F, data[0] & 0x1F)
    except ValueError:
        return None


def _minute(data: bytes) -> datetime | None:
    minute, hour, day, month = data
    year = _year(day, month)
    if minute & 0x80 or year >= _HUNDRED:
        return None
    hundreds = hour >> 5 & 3
    if hundreds == 0 and year <= _YEARS_OF_2000:
        hundreds = 1
    try:
        return datetime(  # noqa: DTZ001 - the meter's own clock has no zone
            1900 + 100 * hundreds + year, month & 0x0F, day & 0x1F, hour & 0x1F, minute & 0x3F
        )
    except ValueError:
        return None


def _second(data: bytes) -> datetime | None:
    second, minute, hour, day, month = data[:5]
    year = _year(day, month)
    if minute & 0x80 or year >= _HUNDRED:
        return None
    try:
        return datetime(  # noqa: DTZ001 - the meter's own clock has no zone
            2000 + year, month & 0x0F, day & 0x1F, hour & 0x1F, minute & 0x3F, second & 0x3F
        )
    except ValueError:
        return None
