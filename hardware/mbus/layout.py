"""What a record's header says: how many bytes of data follow, what they are and how to read them.

A header (DIF, DIFE, VIF, VIFE) is understood once and kept: meters send the same headers again
and again, and what a header means depends on nothing else.

Source: EN 13757-3:2018, clause 6 and table 5 (variable length).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from struct import Struct

from hardware.fields import Field, Value
from hardware.mbus import value
from hardware.mbus.dif import EXTENSION, SIZES, Coding, parse_dib
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
from hardware.reading import CANONICAL_UNIT, Function, Quantity, Register, Unit

# Headers kept: a meter has 10 to 60, a hub hears a few dozen models; noise may not grow it.
MOST_LAYOUTS = 4096

# Days and minutes kept: a street's meters say the same ones, due dates for months.
MOST_MOMENTS = 1024

# types F, G, I and J are sent as integers; digits of a date have no order that the standard names
_NO_DATES = frozenset(
    (Coding.REAL32, Coding.BCD2, Coding.BCD4, Coding.BCD6, Coding.BCD8, Coding.BCD12)
)
_SIGNED = {1: "b", 2: "h", 4: "i", 8: "q"}  # what `struct` reads; other sizes are read as bytes

_Read = Callable[[bytes], Value | None]
_ReadText = Callable[[bytes], str]
_ReadNumber = Callable[[int], Value | None]
_Scale = Callable[[int], float]


@dataclass(frozen=True, slots=True)
class Column:
    """The data of one record: ``size`` bytes that `struct` unpacks by ``code`` for ``read``.

    A length byte in front of them is not one of them.

    ``field`` is None, and ``code`` unpacks nothing, where the data hold no value whatever they are.
    ``read`` gives None where these data hold none, a string if ``is_text``, else a number.
    ``formula`` is Python that does the same for what is named ``{0}``, in terms of it, ``{1}`` for
    ``read`` and a name ``d`` of its own; empty if a call is as quick.
    """

    size: int
    code: str
    field: Field | None
    is_text: bool
    read: Callable[..., Value | None]
    formula: str = ""

    def value(self, data: bytes) -> Value | None:
        """Return the value in ``data``, least significant byte first."""
        return self.read(*Struct("<" + self.code).unpack(data))


@lru_cache(maxsize=MOST_LAYOUTS)
def size_of(header: bytes) -> int | None:
    """Return how many bytes of data follow ``header``, None if they begin with their length."""
    return SIZES.get(Coding(header[0] & 0x0F))


@lru_cache(maxsize=MOST_LAYOUTS)
def column_of(header: bytes, lvar: int | None) -> Column:
    """Return what the data under a whole, well-formed record header are.

    ``lvar`` is the length byte where the header says that there is one (none that the standard
    reserves), else None.
    """
    at = 1
    while header[at - 1] & EXTENSION:
        at += 1
    dib = parse_dib(header[:at])
    meaning = meaning_of(header[at:])
    if lvar is not None:
        length = value.variable_size(lvar) or 0
        if meaning is None:
            return _nothing(length)
        return _variable(lvar, length, meaning, dib.register)
    size = SIZES[dib.coding]
    if meaning is None or size == 0:
        return _nothing(size)
    if meaning.kind is Kind.DATE:
        return _date(dib.coding, size, meaning, dib.register)
    if dib.coding is Coding.INT64 and meaning.quantity is Quantity.IDENTIFICATION:
        return _address(size, meaning, dib.register)
    return _number(dib.coding, size, meaning, dib.register)


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


def _nothing(size: int) -> Column:
    return Column(size, f"{size}x", None, is_text=False, read=_none)


def _none() -> None:
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


def _number(coding: Coding, size: int, meaning: Meaning, register: Register) -> Column:
    name = _full_name(meaning.name, register)
    field = Field(meaning.quantity, meaning.unit, register, name)
    if coding is Coding.REAL32:
        return Column(size, f"{size}s", field, is_text=False, read=_real(meaning))
    if coding >= Coding.BCD2:
        formula = ""
        if _is_plain(meaning):  # a minus sign, or digits that are none, are for the call
            formula = f"int(d) / {meaning.denominator} if (d := {{0}}[::-1].hex()).isdecimal()"
            formula += " else {1}({0})"
        return Column(size, f"{size}s", field, is_text=False, read=_bcd(meaning), formula=formula)
    signed = meaning.kind is Kind.SIGNED
    invalid = None if meaning.kind is Kind.BITS else value.invalid_number(size, signed=signed)
    read = _integer(meaning, invalid)
    code = _SIGNED.get(size)
    if code is None:
        return Column(size, f"{size}s", field, is_text=False, read=_from_bytes(read, signed=signed))
    formula = ""
    if _is_plain(meaning):
        formula = f"{{0}} / {meaning.denominator}"
        if invalid is not None:
            formula += f" if {{0}} != {invalid} else None"
    code = code if signed else code.upper()
    return Column(size, code, field, is_text=False, read=read, formula=formula)


def _address(size: int, meaning: Meaning, register: Register) -> Column:
    """Read a meter's whole address, which is more than a float holds, as `KAM-76348799-1B-04`."""

    def read(data: bytes) -> str:
        letters = manufacturer_letters(int.from_bytes(data[4:6], "little"))
        return f"{letters}-{data[3::-1].hex()}-{data[6]:02x}-{data[7]:02x}".upper()

    name = _full_name(meaning.name, register)
    field = Field(Quantity.IDENTIFICATION, Unit.TEXT, register, name)
    return Column(size, f"{size}s", field, is_text=True, read=read)


def _scale(meaning: Meaning) -> _Scale:
    """Return what brings a whole number into the canonical unit, rounded once."""
    up, add, down = meaning.numerator, meaning.addend, meaning.denominator
    return lambda raw: (raw * up + add) / down


def _is_plain(meaning: Meaning) -> bool:
    """Tell whether a division is all that brings a number into the canonical unit."""
    return meaning.numerator == 1 and not meaning.addend


def _integer(meaning: Meaning, invalid: int | None) -> _ReadNumber:
    down = meaning.denominator
    if _is_plain(meaning):  # nearly all: a call less
        return lambda raw: None if raw == invalid else raw / down
    scale = _scale(meaning)
    return lambda raw: None if raw == invalid else scale(raw)


def _from_bytes(read: _ReadNumber, *, signed: bool) -> _Read:
    return lambda data: read(int.from_bytes(data, "little", signed=signed))


def _bcd(meaning: Meaning) -> _Read:
    up, add, down = meaning.numerator, meaning.addend, meaning.denominator
    find = value.bcd

    def read(data: bytes) -> float | None:
        raw = find(data)
        return None if raw is None else (raw * up + add) / down

    return read


def _real(meaning: Meaning) -> _Read:
    up, add, down = meaning.numerator, meaning.addend, meaning.denominator

    def read(data: bytes) -> float | None:
        raw: Decimal | None = value.real(data)
        return None if raw is None else float((raw * up + add) / down)

    return read


def _variable(lvar: int, length: int, meaning: Meaning, register: Register) -> Column:
    name = _full_name(meaning.name, register)
    signed = meaning.kind is Kind.SIGNED
    code = f"{length}s"
    if value.is_text(lvar):
        countable = meaning.quantity in CANONICAL_UNIT  # words cannot be such a quantity
        if countable or meaning.unit is not Unit.ONE:
            field = Field(Quantity.OTHER, Unit.TEXT, register, f"{name}_text")
        else:
            field = Field(meaning.quantity, Unit.TEXT, register, name)
        is_own = meaning.quantity is Quantity.MANUFACTURER_SPECIFIC
        return Column(length, code, field, is_text=True, read=_text(lvar, is_own=is_own))
    if meaning.kind is Kind.DATE:
        return _nothing(length)
    scale = _scale(meaning)

    def read(data: bytes) -> float | None:
        found = value.variable_number(lvar, data, signed=signed)
        return None if found is None else scale(found)

    field = Field(meaning.quantity, meaning.unit, register, name)
    return Column(length, code, field, is_text=False, read=read)


def _text(lvar: int, *, is_own: bool) -> _ReadText:
    def read(data: bytes) -> str:
        found = value.variable_text(lvar, data)
        if is_own and not found.isprintable():  # bytes of the manufacturer's own, as sent
            return data.hex().upper()
        return found

    return read


def _date(coding: Coding, size: int, meaning: Meaning, register: Register) -> Column:
    if coding in _NO_DATES or size not in (2, 3, 4, 6):
        return _nothing(size)
    name = _full_name(meaning.name, register)
    if size == 3:
        field = Field(Quantity.OTHER, Unit.TEXT, register, f"{name}_time_of_day")
        return Column(size, "3s", field, is_text=True, read=value.time_of_day)
    unit = Unit.DATE if size == 2 else Unit.DATETIME
    plain = meaning.quantity in (Quantity.DATE, Quantity.DATETIME)
    field = Field(Quantity(unit.value) if plain else meaning.quantity, unit, register, name)

    return Column(size, f"{size}s", field, is_text=True, read=_moment)


@lru_cache(maxsize=MOST_MOMENTS)
def _moment(data: bytes) -> str | None:
    found = value.date_or_time(data)
    return None if found is None else found.isoformat()


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
