"""The fixed data structure: two counters, as meters from the nineties send them.

Source: EN 1434-3:1997, clause 5.4 (status, medium and units of the fixed structure).
"""

from __future__ import annotations

from hardware.errors import DecodeError
from hardware.mbus import value
from hardware.mbus.header import Header
from hardware.mbus.vif import Meaning
from hardware.reading import CANONICAL_UNIT, Quantity, Record, Register, Unit

SIZE = 16  # identification 4, access number, status, medium and units 2, counters 4 + 4

_BINARY = 0x01  # status: counters are binary, else BCD
_STORED = 0x02  # status: counters were stored at a fixed date, else they are actual
_LAST_COMMON_MEDIUM = 0x08  # 0 to 8 are the device types of the variable structure
# the media of "mode 2" and their device types
_MODE_2_MEDIA = {0x0A: 0x03, 0x0B: 0x04, 0x0C: 0x06, 0x0D: 0x07, 0x0E: 0x08}
_UNKNOWN_MEDIUM = 0x0F

_HISTORIC = 0x3E  # a historic value, of a unit that the byte does not say
_WITHOUT_UNIT = 0x3F
_KWH_J = 3_600_000


def parse(
    payload: bytes, *, offset: int = 0, msb_first: bool = False
) -> tuple[Header, tuple[Record, ...]]:
    """Return the header and the two counters; a counter without digits is left out.

    :raises DecodeError: if ``payload`` does not hold sixteen bytes.
    """
    header = parse_header(payload, offset=offset, msb_first=msb_first)
    storage = 1 if payload[5] & _STORED else 0
    records = []
    for subunit, (unit, start) in enumerate(((payload[6], 8), (payload[7], 12))):
        data = payload[start : start + 4]
        if msb_first:
            data = data[::-1]
        meaning = _meaning(unit & 0x3F)
        raw = value.integer(data, signed=True) if payload[5] & _BINARY else value.bcd(data)
        if raw is None or meaning is None:
            continue
        number = raw * meaning.numerator / meaning.denominator
        name = "_".join(
            (meaning.name, *(("storage_1",) if storage else ()), f"counter_{subunit + 1}")
        )
        register = Register(storage=storage, subunit=subunit)
        records.append(Record(meaning.quantity, number, meaning.unit, register, name))
    return header, tuple(records)


def parse_header(payload: bytes, *, offset: int = 0, msb_first: bool = False) -> Header:
    """Return identification, medium, access number and status.

    :raises DecodeError: if ``payload`` does not hold sixteen bytes.
    """
    if len(payload) != SIZE:
        raise DecodeError(
            f"the fixed structure has {SIZE} bytes, not {len(payload)}",
            offset=offset + min(len(payload), SIZE),
        )
    identification = payload[:4] if msb_first else payload[3::-1]
    medium = payload[6] >> 6 | payload[7] >> 6 << 2
    return Header(
        identification=identification.hex().upper(),
        medium_code=medium
        if medium <= _LAST_COMMON_MEDIUM
        else _MODE_2_MEDIA.get(medium, _UNKNOWN_MEDIUM),
        access_number=payload[4],
        status_byte=payload[5] & ~(_BINARY | _STORED),
    )


def _units() -> dict[int, Meaning]:
    table: dict[int, Meaning] = {}
    rows = (
        (0x02, 9, Quantity.ENERGY, -3, 1),  # 1 Wh to 100 MWh
        (0x0B, 9, Quantity.ENERGY, 3, _KWH_J),  # 1 kJ to 100 GJ
        (0x14, 9, Quantity.POWER, -3, 1),  # 1 W to 100 MW
        (0x1D, 9, Quantity.POWER, 3, _KWH_J),  # 1 kJ/h to 100 GJ/h
        (0x26, 9, Quantity.VOLUME, -6, 1),  # 1 ml to 100 m3
        (0x2F, 9, Quantity.VOLUME_FLOW, -6, 1),  # 1 ml/h to 100 m3/h
        (0x39, 1, Quantity.HCA_UNITS, 0, 1),
    )
    for first, count, quantity, exponent, down in rows:
        for index in range(count):
            power = exponent + index
            table[first + index] = Meaning(
                quantity,
                CANONICAL_UNIT[quantity],
                quantity.value,
                10 ** max(power, 0),
                down * 10 ** max(-power, 0),
            )
    table[0x38] = Meaning(Quantity.OTHER, Unit.DEG_C, "temperature", 1, 1000)
    table[_HISTORIC] = Meaning(Quantity.OTHER, Unit.ONE, "historic_value")
    table[_WITHOUT_UNIT] = Meaning(Quantity.OTHER, Unit.ONE, "dimensionless")
    return table


_UNITS = _units()


def _meaning(unit: int) -> Meaning | None:
    """Return the unit's meaning; None for times of day, dates and what is reserved."""
    return _UNITS.get(unit)
