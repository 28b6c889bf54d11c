"""The registers of a MULTICAL heat meter: numbers, units, values.

A value is a length, a byte of signs and exponent (bit 7: negative; bit 6: negative exponent; bits
0 to 5: exponent of ten) and a mantissa, most significant byte first. A register whose unit is not
that of its quantity, or is not known here, is kept as `other`.

Source: Kamstrup, KMP protocol description 4.2 (values), 6.2.4 (GetRegister), 7 (units), and the
register lists in the technical descriptions of MULTICAL 402, 602, 603.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from types import MappingProxyType

from hardware.errors import DecodeError
from hardware.optical.session import Readout, scaled
from hardware.reading import CANONICAL_UNIT, Function, Quantity, Record, Register, Unit

MOST_NUMBER_BYTES = 8  # what is longer is no number anybody counts with

_SERIAL_BYTES = 4
_HEAD = 5  # register (2), unit, length, signs and exponent
_TEXT_UNIT = 54
_SHORT_DATE = 48  # yymmdd
_DATE_UNITS = frozenset((_SHORT_DATE, 49))  # and yyyymmdd
_NUMBER_UNITS = frozenset((0, 51, 59))  # plain numbers and bit fields

_JOULE = Fraction(1, 3_600_000)  # kWh
UNITS: MappingProxyType[int, tuple[Unit, Fraction]] = MappingProxyType(
    {
        1: (Unit.KWH, Fraction(1, 1000)),
        2: (Unit.KWH, Fraction(1)),
        3: (Unit.KWH, Fraction(1000)),
        4: (Unit.KWH, Fraction(1_000_000)),
        5: (Unit.KWH, _JOULE),
        6: (Unit.KWH, 1000 * _JOULE),
        7: (Unit.KWH, 10**6 * _JOULE),
        8: (Unit.KWH, 10**9 * _JOULE),
        57: (Unit.KWH, 10**10 * _JOULE),
        21: (Unit.KW, Fraction(1, 1000)),
        22: (Unit.KW, Fraction(1)),
        23: (Unit.KW, Fraction(1000)),
        24: (Unit.KW, Fraction(1_000_000)),
        33: (Unit.VOLT, Fraction(1)),
        34: (Unit.AMPERE, Fraction(1)),
        37: (Unit.DEG_C, Fraction(1)),
        38: (Unit.KELVIN, Fraction(1)),
        39: (Unit.M3, Fraction(1, 1000)),
        40: (Unit.M3, Fraction(1)),
        55: (Unit.M3, Fraction(10)),
        41: (Unit.M3_PER_H, Fraction(1, 1000)),
        42: (Unit.M3_PER_H, Fraction(1)),
        44: (Unit.KG, Fraction(1000)),
        56: (Unit.KG, Fraction(10_000)),
        45: (Unit.KG_PER_H, Fraction(1000)),
        46: (Unit.HOUR, Fraction(1)),
        58: (Unit.HOUR, Fraction(1, 60)),
        60: (Unit.HOUR, Fraction(1, 3600)),
        61: (Unit.HOUR, Fraction(1, 3_600_000)),
        62: (Unit.HOUR, Fraction(24)),
        52: (Unit.BAR, Fraction(1)),
        **{code: (Unit.ONE, Fraction(1)) for code in _NUMBER_UNITS},
    }
)  # calories are left out: there are two of them and the meter does not say which


_PLAIN = Register()


@dataclass(frozen=True, slots=True)
class _Meaning:
    quantity: Quantity
    name: str
    register: Register = _PLAIN


_Q = Quantity
_MAX = Register(function=Function.MAXIMUM)
_MIN = Register(function=Function.MINIMUM)
_MEANINGS: MappingProxyType[int, _Meaning] = MappingProxyType(
    {
        60: _Meaning(_Q.ENERGY, "energy"),
        64: _Meaning(_Q.ENERGY, "energy", Register(tariff=2)),
        65: _Meaning(_Q.ENERGY, "energy", Register(tariff=3)),
        68: _Meaning(_Q.VOLUME, "volume"),
        72: _Meaning(_Q.MASS, "mass"),
        74: _Meaning(_Q.VOLUME_FLOW, "volume_flow"),
        80: _Meaning(_Q.POWER, "power"),
        84: _Meaning(_Q.VOLUME, "pulse_input_a", Register(subunit=1)),
        85: _Meaning(_Q.VOLUME, "pulse_input_b", Register(subunit=2)),
        86: _Meaning(_Q.FLOW_TEMPERATURE, "flow_temperature"),
        87: _Meaning(_Q.RETURN_TEMPERATURE, "return_temperature"),
        89: _Meaning(_Q.TEMPERATURE_DIFFERENCE, "temperature_difference"),
        99: _Meaning(_Q.ERROR_FLAGS, "info_code"),
        112: _Meaning(_Q.CUSTOMER_ID, "customer_id_high"),
        1010: _Meaning(_Q.CUSTOMER_ID, "customer_id_low"),
        1001: _Meaning(_Q.FABRICATION_NUMBER, "fabrication_number"),
        1004: _Meaning(_Q.OPERATING_TIME, "operating_time"),
        124: _Meaning(_Q.VOLUME_FLOW, "volume_flow_of_year", _MAX),
        126: _Meaning(_Q.VOLUME_FLOW, "volume_flow_of_year", _MIN),
        128: _Meaning(_Q.POWER, "power_of_year", _MAX),
        130: _Meaning(_Q.POWER, "power_of_year", _MIN),
        139: _Meaning(_Q.VOLUME_FLOW, "volume_flow_of_month", _MAX),
        141: _Meaning(_Q.VOLUME_FLOW, "volume_flow_of_month", _MIN),
        143: _Meaning(_Q.POWER, "power_of_month", _MAX),
        145: _Meaning(_Q.POWER, "power_of_month", _MIN),
        1003: _Meaning(_Q.DATE, "date"),
    }
)
# numbers that are names: their leading zeros and digits count, nobody adds them up
_NAMES = frozenset((_Q.CUSTOMER_ID, _Q.FABRICATION_NUMBER))


def decode(serial: bytes, answers: Sequence[bytes], *, raw: tuple[bytes, ...] = ()) -> Readout:
    """Return what the data of a GetSerialNo answer and of GetRegister answers say.

    Offsets of errors count from the start of the data that they are in.

    :raises DecodeError: if an answer does not hold whole registers.
    """
    if len(serial) != _SERIAL_BYTES:
        raise DecodeError(f"a serial number has {len(serial)} bytes instead of 4", offset=0)
    records: list[Record] = []
    without_value = 0
    for data in answers:
        for number, unit, value in _registers(data):
            record = _record(number, unit, value)
            if record is None:
                without_value += 1
            else:
                records.append(record)
    quantities = {record.quantity: record.value for record in records}
    return Readout(
        manufacturer="KAM",
        identification=f"{int.from_bytes(serial, 'big'):08d}",
        medium="heat" if Quantity.ENERGY in quantities else None,
        status=_status(quantities.get(Quantity.ERROR_FLAGS)),
        records=tuple(records),
        raw=raw,
        without_value=without_value,
    )


def parse_type(data: bytes) -> tuple[int, str | None]:
    """Return the type number and the software (`F1`) of a GetType answer, None if it has none.

    :raises DecodeError: if ``data`` are not its four bytes or the letter is none.
    """
    if len(data) != 4:
        raise DecodeError(f"a meter type has {len(data)} bytes instead of 4", offset=0)
    if data[2:] == b"\0\0":
        return int.from_bytes(data[:2], "big"), None
    if not 1 <= data[2] <= 26:
        raise DecodeError(f"software letter {data[2]} is none of 26", offset=2)
    return int.from_bytes(data[:2], "big"), f"{chr(64 + data[2])}{data[3]}"


def parse_number(value: bytes) -> Fraction:
    """Return the exact number of signs, exponent and mantissa (without the length byte)."""
    ten = Fraction(int("1" + "0" * (value[0] & 0x3F)))
    exact = Fraction(int.from_bytes(value[1:], "big"))
    exact = exact / ten if value[0] & 0x40 else exact * ten
    return -exact if value[0] & 0x80 else exact


def encode_number(mantissa: int, exponent: int, size: int = 4) -> bytes:
    """Return length, signs and exponent, and ``size`` bytes of mantissa.

    :raises ValueError: if the mantissa or the exponent (-63 to 63) does not fit.
    """
    if not 0 < size <= MOST_NUMBER_BYTES or abs(mantissa) >= 1 << 8 * size or abs(exponent) > 63:
        raise ValueError(f"{mantissa}e{exponent} does not fit {size} bytes")
    signs = (0x80 if mantissa < 0 else 0) | (0x40 if exponent < 0 else 0) | abs(exponent)
    return bytes((size, signs)) + abs(mantissa).to_bytes(size, "big")


def _registers(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield number, unit and value (signs and exponent, mantissa) of each register."""
    at = 0
    while at < len(data):
        end = at + _HEAD + data[at + 3] if at + 3 < len(data) else len(data) + 1
        if end > len(data):
            raise DecodeError("a register is cut short", offset=at)
        yield int.from_bytes(data[at : at + 2], "big"), data[at + 2], data[at + 4 : end]
        at = end


def _record(number: int, unit_code: int, value: bytes) -> Record | None:
    """Return the register's record, None if it holds nothing."""
    meaning = _MEANINGS.get(number, _Meaning(_Q.OTHER, f"register_{number}"))
    if len(value) == 1:
        return None
    if unit_code == _TEXT_UNIT or len(value) - 1 > MOST_NUMBER_BYTES:
        return _other(meaning, f"{value[1:].hex().upper()} (unit {unit_code})")
    exact = parse_number(value)
    if unit_code in _DATE_UNITS:
        return _date(meaning, exact, short=unit_code == _SHORT_DATE)
    if unit_code not in UNITS:
        return _other(meaning, f"{_decimal(exact)} (unit {unit_code})")
    unit, factor = UNITS[unit_code]
    quantity = meaning.quantity
    if quantity in _NAMES and unit is Unit.ONE and exact >= 0 and exact.denominator == 1:
        return Record(quantity, str(exact.numerator), Unit.TEXT, meaning.register, meaning.name)
    if quantity is _Q.TEMPERATURE_DIFFERENCE and unit is Unit.DEG_C:
        unit = Unit.KELVIN  # some models give the difference in degrees: the same number
    if CANONICAL_UNIT.get(quantity, Unit.ONE) is not unit or quantity in _NAMES | {_Q.DATE}:
        quantity = _Q.OTHER
    return Record(quantity, scaled(exact, factor), unit, meaning.register, meaning.name)


def _date(meaning: _Meaning, exact: Fraction, *, short: bool) -> Record | None:
    """Return a date, None if there is no such day (0: there was none yet)."""
    whole = exact.numerator
    if exact.denominator != 1 or not 0 < whole < (10**6 if short else 10**8):
        return None
    try:
        day = date(whole // 10_000 + (2000 if short else 0), whole // 100 % 100, whole % 100)
    except ValueError:
        return None
    return Record(
        meaning.quantity if meaning.quantity is _Q.DATE else _Q.OTHER,
        day.isoformat(),
        Unit.DATE,
        meaning.register,
        meaning.name,
    )


def _other(meaning: _Meaning, text: str) -> Record:
    return Record(_Q.OTHER, text, Unit.TEXT, meaning.register, meaning.name)


def _decimal(exact: Fraction) -> str:
    return str(exact.numerator) if exact.denominator == 1 else str(float(exact))


def _status(info: float | str | None) -> str | None:
    """Return `OK`, or `INFO_` and the meter's information code."""
    if not isinstance(info, float):
        return None
    return "OK" if info == 0 else f"INFO_{info:.0f}"
