"""Telegrams from typed fields: what a meter sends, made the way a meter makes it.

The virtual meter speaks through this module and the tests turn it round: what is encoded here
must decode to the same fields.

Source: EN 13757-3:2018, clauses 5 and 6.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache

from hardware.mbus.dif import MANUFACTURER, MANUFACTURER_MORE, SIZES, Coding, Dib, encode_dib
from hardware.mbus.frame import RSP_UD, encode_long
from hardware.mbus.header import Header, manufacturer_code
from hardware.mbus.telegram import CI_VARIABLE
from hardware.mbus.vif import EXTENSION_FB, EXTENSION_FD, FB, FD, PRIMARY, Kind, Meaning
from hardware.reading import Quantity, Register

_MOST_TEXT = 0xBF  # characters that one variable-length value holds
_IDENTIFICATION_DIGITS = 8
_DEFAULT_REGISTER = Register()
_DIGITS = {
    Coding.BCD2: 2,
    Coding.BCD4: 4,
    Coding.BCD6: 6,
    Coding.BCD8: 8,
    Coding.BCD12: 12,
}


@cache
def vif_for(quantity: Quantity, exponent: int = 0) -> bytes:
    """Return the VIF of ``quantity`` whose last digit is ``10 ** exponent`` canonical units.

    :raises ValueError: if the standard has no such VIF.
    """
    wanted = Fraction(10) ** exponent
    for prefix, table in (
        (b"", PRIMARY),
        (bytes((EXTENSION_FB,)), FB),
        (bytes((EXTENSION_FD,)), FD),
    ):
        for code, meaning in sorted(table.items()):
            if meaning.name == quantity.value and not meaning.addend and _factor(meaning) == wanted:
                return prefix + bytes((code,))
    raise ValueError(f"no VIF says {quantity} in steps of 1e{exponent}")


def encode_record(
    quantity: Quantity,
    value: Decimal | float | str | date,
    *,
    exponent: int = 0,
    coding: Coding = Coding.INT32,
    register: Register = _DEFAULT_REGISTER,
) -> bytes:
    """Return one data record.

    ``value`` is in the quantity's canonical unit; a text is sent with variable length, a
    ``date`` as type G, a ``datetime`` to the minute as type F, whatever ``coding`` says.
    ``exponent`` places the last digit: -3 sends volume in litres.

    :raises ValueError: if no VIF fits, or ``value`` does not fit the coding to its last digit.
    """
    vif = vif_for(quantity, exponent)
    if isinstance(value, str):
        return encode_raw(Coding.VARIABLE, vif, encode_text(value), register)
    if isinstance(value, datetime):
        return encode_raw(Coding.INT32, vif, encode_datetime(value), register)
    if isinstance(value, date):
        return encode_raw(Coding.INT16, vif, encode_date(value), register)
    exact = Fraction(str(value)) / Fraction(10) ** exponent
    if coding is Coding.REAL32:
        return encode_raw(coding, vif, _real(exact), register)
    if exact.denominator != 1:
        raise ValueError(f"{value} has digits behind 1e{exponent}")
    return encode_raw(coding, vif, encode_number(exact.numerator, coding, _kind(vif)), register)


def encode_raw(
    coding: Coding, vib: bytes, data: bytes, register: Register = _DEFAULT_REGISTER
) -> bytes:
    """Return one data record from its parts; ``vib`` holds VIF and VIFEs with their extension bits.

    :raises ValueError: if ``data`` have not the length that ``coding`` says.
    """
    size = SIZES.get(coding)
    if size is not None and len(data) != size:
        raise ValueError(f"{coding.name} has {size} bytes, not {len(data)}")
    return encode_dib(Dib(coding, register)) + vib + data


def encode_number(number: int, coding: Coding, kind: Kind = Kind.SIGNED) -> bytes:
    """Return a whole number as binary or BCD.

    :raises ValueError: if it does not fit, or would read as "invalid".
    """
    if coding in _DIGITS:
        return _bcd(number, _DIGITS[coding])
    size = SIZES.get(coding)
    if not size or coding is Coding.REAL32:
        raise ValueError(f"{coding.name} holds no whole number")
    signed = kind is Kind.SIGNED
    least = 1 - (1 << 8 * size - 1) if signed else 0
    most = (1 << 8 * size - 1) - 1 if signed else (1 << 8 * size) - (1 if kind is Kind.BITS else 2)
    if not least <= number <= most:
        raise ValueError(f"{number} does not fit {coding.name}")
    return number.to_bytes(size, "little", signed=signed)


def encode_text(words: str) -> bytes:
    """Return a length byte and the characters, last one first.

    :raises ValueError: if ``words`` are no ISO 8859-1 or longer than 191 characters.
    """
    if len(words) > _MOST_TEXT:
        raise ValueError(f"a text has at most {_MOST_TEXT} characters")
    return bytes((len(words),)) + words.encode("latin-1")[::-1]


def encode_date(day: date) -> bytes:
    """Return a date of type G. The standard has room for 1981 to 2080.

    :raises ValueError: if ``day`` lies outside.
    """
    if not 1981 <= day.year <= 2080:
        raise ValueError(f"{day} cannot be sent: years go from 1981 to 2080")
    year = day.year % 100
    return bytes((day.day | (year & 7) << 5, day.month | year >> 3 << 4))


def encode_datetime(moment: datetime) -> bytes:
    """Return a local time of type F, to the minute. The standard has room for 1981 to 2199.

    :raises ValueError: if ``moment`` lies outside.
    """
    if not 1981 <= moment.year <= 2199:
        raise ValueError(f"{moment} cannot be sent: years go from 1981 to 2199")
    hundreds, year = divmod(moment.year - 1900, 100)
    return bytes(
        (
            moment.minute,
            moment.hour | hundreds << 5,
            moment.day | (year & 7) << 5,
            moment.month | year >> 3 << 4,
        )
    )


def encode_payload(
    header: Header,
    records: Iterable[bytes],
    *,
    manufacturer_data: bytes | None = None,
    more_follows: bool = False,
) -> bytes:
    """Return the variable data of one telegram: long header, records, manufacturer's own data.

    Of ``header`` everything but access number, status and configuration must be there.

    :raises ValueError: if a field is missing or does not fit.
    """
    identification = header.identification or ""
    if len(identification) != _IDENTIFICATION_DIGITS or not identification.isdecimal():
        raise ValueError(f"{identification!r} are not eight digits")
    if header.version is None or header.medium_code is None:
        raise ValueError("a header needs version and medium")
    front = (header.version, header.medium_code, header.access_number or 0, header.status_byte or 0)
    body = (
        bytes.fromhex(identification)[::-1]
        + manufacturer_code(header.manufacturer or "").to_bytes(2, "little")
        + bytes(front)
        + header.configuration.to_bytes(2, "little")
        + b"".join(records)
    )
    if more_follows or manufacturer_data is not None:
        body += bytes((MANUFACTURER_MORE if more_follows else MANUFACTURER,))
        body += manufacturer_data or b""
    return body


def encode_telegram(payload: bytes, *, address: int, control: int = RSP_UD) -> bytes:
    """Return the long frame in which a meter answers with ``payload``.

    :raises ValueError: if ``payload`` is longer than a frame holds.
    """
    return encode_long(control, address, CI_VARIABLE, payload)


def _real(exact: Fraction) -> bytes:
    try:
        return struct.pack("<f", float(exact))
    except OverflowError as error:
        raise ValueError(f"{float(exact)} does not fit 32 bits") from error


def _factor(meaning: Meaning) -> Fraction:
    return Fraction(meaning.numerator, meaning.denominator)


def _kind(vif: bytes) -> Kind:
    table = {1: PRIMARY}.get(len(vif)) or {EXTENSION_FB: FB, EXTENSION_FD: FD}[vif[0]]
    return table[vif[-1]].kind


def _bcd(number: int, digits: int) -> bytes:
    text = f"{abs(number):0{digits}d}"
    if number < 0:
        text = "f" + text.removeprefix("0") if text.startswith("0") else ""
    if len(text) != digits:
        raise ValueError(f"{number} does not fit {digits} digits")
    return bytes.fromhex(text)[::-1]
