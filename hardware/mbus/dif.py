"""Data information blocks: which register a record is, and how its data are coded.

Source: EN 13757-3, clauses 6.3.2 to 6.3.5 (DIF, DIFE).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from hardware.reading import Function, Register

EXTENSION = 0x80  # one more byte of this block follows
MOST_DIFE = 10  # the standard's limit
IDLE = 0x2F  # filler between records
MANUFACTURER = 0x0F  # the rest of the telegram is the manufacturer's own
MANUFACTURER_MORE = 0x1F  # the same, and more records follow in the next telegram
SPECIAL = 0x0F  # data field of everything that is no record


class Coding(IntEnum):
    """The data field: the lower four bits of a DIF."""

    NONE = 0x0
    INT8 = 0x1
    INT16 = 0x2
    INT24 = 0x3
    INT32 = 0x4
    REAL32 = 0x5
    INT48 = 0x6
    INT64 = 0x7
    SELECTION = 0x8
    BCD2 = 0x9
    BCD4 = 0xA
    BCD6 = 0xB
    BCD8 = 0xC
    VARIABLE = 0xD
    BCD12 = 0xE


# bytes of data; a variable length stands in the data themselves
SIZES = {
    Coding.NONE: 0,
    Coding.INT8: 1,
    Coding.INT16: 2,
    Coding.INT24: 3,
    Coding.INT32: 4,
    Coding.REAL32: 4,
    Coding.INT48: 6,
    Coding.INT64: 8,
    Coding.SELECTION: 0,
    Coding.BCD2: 1,
    Coding.BCD4: 2,
    Coding.BCD6: 3,
    Coding.BCD8: 4,
    Coding.BCD12: 6,
}

_FUNCTIONS = (Function.INSTANTANEOUS, Function.MAXIMUM, Function.MINIMUM, Function.ERROR)


@dataclass(frozen=True, slots=True)
class Dib:
    """A data information block."""

    coding: Coding
    register: Register


def parse_dib(block: bytes) -> Dib:
    """Return what a DIF and its DIFEs say. ``block`` is whole and no special function."""
    storage = block[0] >> 6 & 1
    tariff = subunit = 0
    for index, dife in enumerate(block[1:]):
        storage |= (dife & 0x0F) << (1 + 4 * index)
        tariff |= (dife >> 4 & 3) << (2 * index)
        subunit |= (dife >> 6 & 1) << index
    function = _FUNCTIONS[block[0] >> 4 & 3]
    return Dib(Coding(block[0] & 0x0F), Register(storage, tariff, subunit, function))


def encode_dib(dib: Dib) -> bytes:
    """Return the shortest block that says ``dib``.

    :raises ValueError: if a number needs more than ten DIFEs.
    """
    register = dib.register
    first = dib.coding | _FUNCTIONS.index(register.function) << 4 | (register.storage & 1) << 6
    storage, tariff, subunit = register.storage >> 1, register.tariff, register.subunit
    if min(storage, tariff, subunit) < 0:
        raise ValueError(f"{register} holds a negative number")
    block = [first]
    while storage or tariff or subunit:
        block[-1] |= EXTENSION
        block.append(storage & 0x0F | (tariff & 3) << 4 | (subunit & 1) << 6)
        storage, tariff, subunit = storage >> 4, tariff >> 2, subunit >> 1
    if len(block) > 1 + MOST_DIFE:
        raise ValueError(f"{register} needs more than {MOST_DIFE} DIFEs")
    return bytes(block)
