"""Walk through the variable data of a telegram: data records, fillers, manufacturer's data.

Source: EN 13757-3:2018, clause 6.
"""

from __future__ import annotations

from hardware.errors import DecodeError, Unsupported
from hardware.mbus import plan, value
from hardware.mbus.dif import (
    EXTENSION,
    IDLE,
    MANUFACTURER,
    MANUFACTURER_MORE,
    MOST_DIFE,
    SPECIAL,
)
from hardware.mbus.layout import column_of, size_of
from hardware.mbus.plan import Part, Records, Structure
from hardware.mbus.vif import PLAIN_TEXT

__all__ = [
    "Records",
    "data_size",
    "header_end",
    "parse_records",
    "split_headers",
    "split_records",
    "structure_of",
]

MOST_VIFE = 10  # the standard's limit


def parse_records(data: bytes, *, offset: int = 0, msb_first: bool = False) -> Records:
    """Return what the variable data of a telegram hold.

    ``offset`` is where ``data`` begin in their frame, for error messages. ``msb_first`` is the
    historic mode 2, where the most significant byte comes first. Data that look like others
    before are read without a walk; what comes of it is the same.

    :raises DecodeError: if a record does not fit or its header breaks the standard.
    :raises Unsupported: if a length or function is reserved, so that nothing behind it can be read.
    """
    if msb_first:
        return structure_of(data, offset=offset).read(data, msb_first=True)
    known = plan.find(data)
    if known is not None:
        return known.read(data)
    structure = structure_of(data, offset=offset)
    plan.remember(structure, data)
    return structure.read(data)


def structure_of(data: bytes, *, offset: int = 0) -> Structure:
    """Return what stands where in the variable data of a telegram; errors as `parse_records`."""
    parts: list[Part] = []
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
            return Structure(tuple(parts), at + 1, dif == MANUFACTURER_MORE)
        start = at
        at = _header_end(data, at, offset)
        header = data[start:at]
        size, lvar = size_of(header), None
        is_empty = size == 0
        if size is None:
            size = _variable_size(data, at, offset)
            lvar = data[at]
        if at + size > end:
            raise DecodeError(
                f"a record of {size} bytes has {end - at} left", offset=offset + start
            )
        column = column_of(header, lvar)
        at += size
        parts.append(Part(start, at - column.size, column, is_empty))
    return Structure(tuple(parts))


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
    size = size_of(header)
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


def header_end(data: bytes, at: int) -> int:
    """Return where the record header ends that begins at ``at``.

    :raises DecodeError: if it breaks the standard or does not end within ``data``.
    """
    return _header_end(data, at, 0)


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
