"""Walk through the variable data of a telegram: data records, fillers, manufacturer's data.

A record's header (DIF, DIFE, VIF, VIFE) is understood once and kept: meters send the same
headers again and again, and what a header means depends on nothing else.

Source: EN 13757-3:2018, clause 6.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from hardware.errors import DecodeError, Unsupported
from hardware.mbus import value
from hardware.mbus.dif import (
    EXTENSION,
    IDLE,
    MANUFACTURER,
    MANUFACTURER_MORE,
    MOST_DIFE,
    SIZES,
    SPECIAL,
    Coding,
    parse_dib,
)
from hardware.mbus.header import manufacturer_letters
from hardware.mbus.vif import (
    EXTENSION_EF,
    EXTENSION_FB,
    EXTENSION_FD,
    FB,
    FD,
    PLAIN_TEXT,
    PRIMARY,
    Kind,
    Meaning,
    look_up,
)
from hardware.mbus.vife import combine
from hardware.reading import CANONICAL_UNIT, Function, Quantity, Record, Register, Unit

MOST_VIFE = 10  # the standard's limit
# Headers kept: a meter has 10 to 60, a hub hears a few dozen models; noise may not grow it.
MOST_LAYOUTS = 4096

# types F, G, I and J are sent as integers; digits of a date have no order that the standard names
_NO_DATES = frozenset(
    (Coding.REAL32, Coding.BCD2, Coding.BCD4, Coding.BCD6, Coding.BCD8, Coding.BCD12)
)

_Read = Callable[[bytes], Record | None]


@dataclass(frozen=True, slots=True)
class Layout:
    """What a record's header says: how many bytes of data follow and how to read them.

    ``size`` is None where the data begin with their own length. ``read`` takes the data, least
    significant byte first (with the length byte in front, if any), and gives None where they
    hold no value.
    """

    size: int | None
    read: _Read


@dataclass(frozen=True, slots=True)
class Records:
    """The records of one telegram.

    ``more_follows`` says that the meter has another telegram to give; ``without_value`` counts
    the records that were well formed and held nothing: no data, an invalid date, no digits.
    ``behind_empty`` counts the records that stand behind a header without any data: meters pad
    with such headers, and a manufacturer's own bytes read as them.
    """

    records: tuple[Record, ...]
    more_follows: bool = False
    without_value: int = 0
    behind_empty: int = 0


def parse_records(data: bytes, *, offset: int = 0, msb_first: bool = False) -> Records:
    """Return what the variable data of a telegram hold.

    ``offset`` is where ``data`` begin in their frame, for error messages. ``msb_first`` is the
    historic mode 2, where the most significant byte comes first.

    :raises DecodeError: if a record does not fit or its header breaks the standard.
    :raises Unsupported: if a length or function is reserved, so that nothing behind it can be read.
    """
    records: list[Record] = []
    without_value = 0
    first_empty: int | None = None
    end = len(data)
    at = 0
    while at < end:
        dif = data[at]
        if dif & 0x0F == SPECIAL:
            if dif == IDLE:
                at += 1
                continue
            if dif not in (MANUFACTURER, MANUFACTURER_MORE):
                raise Unsupported(f"special function {dif:02X}", offset=offset + at)
            records.append(_manufacturer_data(data[at + 1 :]))
            more_follows = dif == MANUFACTURER_MORE
            return _records(records, without_value, first_empty, more_follows=more_follows)
        start = at
        at = _header_end(data, at, offset)
        layout = layout_of(data[start:at])
        size = layout.size
        if size is None:
            size = _variable_size(data, at, offset)
        if at + size > end:
            raise DecodeError(
                f"a record of {size} bytes has {end - at} left", offset=offset + start
            )
        raw = data[at : at + size]
        if msb_first:
            raw = _reversed(raw, variable=layout.size is None)
        at += size
        record = layout.read(raw)
        if record is None:
            without_value += 1
            if size == 0 and first_empty is None:
                first_empty = len(records)
        else:
            records.append(record)
    return _records(records, without_value, first_empty, more_follows=False)


def split_records(data: bytes) -> list[tuple[bytes, bytes]] | None:
    """Return the header and the data of each record, None if there is anything but records.

    A variable length's byte stands with the data.

    :raises DecodeError: as :func:`parse_records`.
    :raises Unsupported: as :func:`parse_records`.
    """
    found: list[tuple[bytes, bytes]] = []
    at = 0
    while at < len(data):
        if data[at] & 0x0F == SPECIAL:
            return None
        start = at
        at = _header_end(data, at, 0)
        header = data[start:at]
        end = at + data_size(header, data, at)
        if end > len(data):
            raise DecodeError(f"a record of {end - at} bytes has {len(data) - at} left", offset=at)
        found.append((header, data[at:end]))
        at = end
    return found


def data_size(header: bytes, data: bytes, at: int) -> int:
    """Return how many bytes the record under ``header`` has whose data begin at ``at``.

    :raises DecodeError: if a variable length stands behind the end.
    :raises Unsupported: if that length is reserved.
    """
    size = layout_of(header).size
    return _variable_size(data, at, 0) if size is None else size


def split_headers(skeleton: bytes) -> list[bytes]:
    """Return the record headers that stand one behind the other, without any data.

    :raises DecodeError: if one breaks the standard or is a special function.
    """
    found: list[bytes] = []
    at = 0
    while at < len(skeleton):
        if skeleton[at] & 0x0F == SPECIAL:
            raise DecodeError(f"special function {skeleton[at]:02X} among headers", offset=at)
        start, at = at, _header_end(skeleton, at, 0)
        found.append(skeleton[start:at])
    return found


@lru_cache(maxsize=MOST_LAYOUTS)
def layout_of(header: bytes) -> Layout:
    """Return the layout of a whole, well-formed record header."""
    at = 1
    while header[at - 1] & EXTENSION:
        at += 1
    dib = parse_dib(header[:at])
    meaning = meaning_of(header[at:])
    size = SIZES.get(dib.coding)
    if meaning is None or size == 0:
        return Layout(size, _nothing)
    return Layout(size, _reader(dib.coding, size, meaning, dib.register))


def meaning_of(vib: bytes) -> Meaning | None:
    """Return what a whole value information block means.

    None if the meter reports by an error code that the record holds no usable value.
    """
    vif = vib[0]
    if vif & 0x7F == PLAIN_TEXT:
        length = vib[1]
        meaning = _plain_text(value.text(vib[2 : 2 + length]))
        rest = vib[2 + length :]
    elif vif == EXTENSION_FB:
        meaning, rest = look_up(FB, "fb_", vib[1] & 0x7F), vib[2:]
    elif vif == EXTENSION_FD:
        meaning, rest = look_up(FD, "fd_", vib[1] & 0x7F), vib[2:]
        if vib[1] == EXTENSION_FD:  # a second level, whose codes are not combinable ones
            return look_up({}, "fd_fd_", vib[2] & 0x7F)
    elif vif == EXTENSION_EF:
        return look_up({}, "ef_", vib[1] & 0x7F)
    else:
        meaning, rest = look_up(PRIMARY, "", vif & 0x7F), vib[1:]
    if meaning.quantity is Quantity.MANUFACTURER_SPECIFIC:
        return meaning if not rest else _with_codes(meaning, rest)
    return combine(meaning, bytes(code & 0x7F for code in rest))


def _records(
    records: list[Record], without_value: int, first_empty: int | None, *, more_follows: bool
) -> Records:
    behind_empty = 0 if first_empty is None else len(records) - first_empty
    return Records(tuple(records), more_follows, without_value, behind_empty)


def _header_end(data: bytes, start: int, offset: int) -> int:
    """Return where the header that begins at ``start`` ends."""
    end = len(data)
    at = start
    while data[at] & EXTENSION:
        at += 1
        if at == end:
            raise DecodeError("data ends within a DIF", offset=offset + start)
        if at - start > MOST_DIFE:
            raise DecodeError(f"more than {MOST_DIFE} DIFEs", offset=offset + start)
    at += 1
    if at == end:
        raise DecodeError("data ends before a VIF", offset=offset + start)
    extended = data[at] & EXTENSION
    if data[at] & 0x7F == PLAIN_TEXT:
        at += 1
        if at == end or at + data[at] >= end:
            raise DecodeError("data ends within a plain-text VIF", offset=offset + start)
        at += data[at]
    first = at
    while extended:
        at += 1
        if at == end:
            raise DecodeError("data ends within a VIF", offset=offset + start)
        if at - first > MOST_VIFE:
            raise DecodeError(f"more than {MOST_VIFE} VIFEs", offset=offset + start)
        extended = data[at] & EXTENSION
    return at + 1


def _variable_size(data: bytes, at: int, offset: int) -> int:
    """Return the bytes of a value of variable length, its length byte at ``at`` included."""
    if at == len(data):
        raise DecodeError("data ends before a record's length", offset=offset + at)
    length = value.variable_size(data[at])
    if length is None:
        raise Unsupported(f"data length {data[at]:02X}", offset=offset + at)
    return 1 + length


def _reversed(raw: bytes, *, variable: bool) -> bytes:
    return raw[:1] + raw[:0:-1] if variable else raw[::-1]


def _manufacturer_data(data: bytes) -> Record:
    quantity = Quantity.MANUFACTURER_SPECIFIC
    return Record(quantity, data.hex().upper(), Unit.TEXT, Register(), quantity.value)


def _nothing(_data: bytes) -> None:
    return None


def _plain_text(words: str) -> Meaning:
    if words == "%RH":
        quantity = Quantity.RELATIVE_HUMIDITY
        return Meaning(quantity, CANONICAL_UNIT[quantity], quantity.value)
    name = re.sub(r"[^0-9A-Za-z]+", "_", words).strip("_")
    return Meaning(Quantity.OTHER, Unit.ONE, name or "plain_text")


def _with_codes(meaning: Meaning, codes: bytes) -> Meaning:
    name = "_".join((meaning.name, *(f"{code & 0x7F:02x}" for code in codes)))
    return Meaning(meaning.quantity, meaning.unit, name, kind=meaning.kind)


def _reader(coding: Coding, size: int | None, meaning: Meaning, register: Register) -> _Read:
    name = _full_name(meaning.name, register)
    if size is None:
        return _variable_reader(meaning, register, name)
    if meaning.kind is Kind.DATE:
        if coding in _NO_DATES:
            return _nothing
        if size == 3:
            return _time_reader(register, name)
        return _date_reader(meaning, register, name)
    if coding is Coding.INT64 and meaning.quantity is Quantity.IDENTIFICATION:
        return _address_reader(register, name)
    number = _number_parser(coding, size, meaning.kind)
    quantity, unit = meaning.quantity, meaning.unit
    up, add, down = meaning.numerator, meaning.addend, meaning.denominator

    def read(data: bytes) -> Record | None:
        raw = number(data)
        if raw is None:
            return None
        return Record(quantity, float((raw * up + add) / down), unit, register, name)

    return read


def _address_reader(register: Register, name: str) -> _Read:
    """Read a meter's whole address, which is more than a float holds, as `KAM-76348799-1B-04`."""

    def read(data: bytes) -> Record | None:
        letters = manufacturer_letters(int.from_bytes(data[4:6], "little"))
        words = f"{letters}-{data[3::-1].hex()}-{data[6]:02x}-{data[7]:02x}".upper()
        return Record(Quantity.IDENTIFICATION, words, Unit.TEXT, register, name)

    return read


def _number_parser(
    coding: Coding, size: int, kind: Kind
) -> Callable[[bytes], int | Decimal | None]:
    if coding is Coding.REAL32:
        return value.real
    if coding >= Coding.BCD2:
        return value.bcd
    signed = kind is Kind.SIGNED
    invalid = None if kind is Kind.BITS else value.invalid_number(size, signed=signed)

    def integer(data: bytes) -> int | None:
        number = int.from_bytes(data, "little", signed=signed)
        return None if number == invalid else number

    return integer


def _variable_reader(meaning: Meaning, register: Register, name: str) -> _Read:
    signed = meaning.kind is Kind.SIGNED
    up, add, down = meaning.numerator, meaning.addend, meaning.denominator
    is_own = meaning.quantity is Quantity.MANUFACTURER_SPECIFIC
    countable = meaning.quantity in CANONICAL_UNIT  # words cannot be such a quantity

    def read(data: bytes) -> Record | None:
        found = value.variable(data[0], data[1:], signed=signed)
        if found is None:
            return None
        if isinstance(found, str):
            if is_own and not found.isprintable():  # bytes of the manufacturer's own, as sent
                found = data[1:].hex().upper()
            if countable or meaning.unit is not Unit.ONE:
                return Record(Quantity.OTHER, found, Unit.TEXT, register, f"{name}_text")
            return Record(meaning.quantity, found, Unit.TEXT, register, name)
        if meaning.kind is Kind.DATE:
            return None
        number = float((found * up + add) / down)
        return Record(meaning.quantity, number, meaning.unit, register, name)

    return read


def _date_reader(meaning: Meaning, register: Register, name: str) -> _Read:
    plain = meaning.quantity in (Quantity.DATE, Quantity.DATETIME)

    def read(data: bytes) -> Record | None:
        found = value.date_or_time(data)
        if found is None:
            return None
        timed = isinstance(found, datetime)
        unit = Unit.DATETIME if timed else Unit.DATE
        quantity = Quantity(unit.value) if plain else meaning.quantity
        return Record(quantity, found.isoformat(), unit, register, name)

    return read


def _time_reader(register: Register, name: str) -> _Read:
    def read(data: bytes) -> Record | None:
        found = value.time_of_day(data)
        if found is None:
            return None
        return Record(Quantity.OTHER, found, Unit.TEXT, register, f"{name}_time_of_day")

    return read


def _full_name(name: str, register: Register) -> str:
    parts = [name]
    if register.function is not Function.INSTANTANEOUS:
        parts.append(register.function.value)
    parts += [
        f"{word}_{number}"
        for word, number in (
            ("storage", register.storage),
            ("tariff", register.tariff),
            ("subunit", register.subunit),
        )
        if number
    ]
    return "_".join(parts)
