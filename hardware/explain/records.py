"""Variable data, record by record: DIF, DIFE, VIF, VIFE and data, each in words.

What a header means and what the data give is asked of the decoder's own functions; here it is
only said which bytes they looked at.

Source: EN 13757-3:2018, clause 6.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hardware.errors import DecodeError
from hardware.explain.context import Context, amount, meant, names
from hardware.explain.fields import flag_phrase
from hardware.explain.own import own_record
from hardware.explain.span import Phrase, Span, Tiles, Tone, phrase
from hardware.mbus import value
from hardware.mbus.dif import (
    EXTENSION,
    IDLE,
    MANUFACTURER,
    MANUFACTURER_MORE,
    SPECIAL,
    Coding,
    parse_dib,
)
from hardware.mbus.layout import meaning_of
from hardware.mbus.record import data_size, header_end, parse_records
from hardware.mbus.vif import EXTENSION_EF, EXTENSION_FB, EXTENSION_FD, PLAIN_TEXT, Kind, Meaning
from hardware.reading import CANONICAL_UNIT, Quantity, Record, Register, Unit

_VIFE_FC = 0x7C
_VIFE_MANUFACTURER = 0x7F
_DECIMAL_PLACES = 12


def records(tiles: Tiles, context: Context) -> None:
    """Cover all that is left of ``tiles`` as records; never raises."""
    number = 0
    while tiles.left:
        dif = tiles.peek(1)[0]
        if dif & 0x0F == SPECIAL:
            if dif == IDLE:
                _fillers(tiles)
            elif dif in (MANUFACTURER, MANUFACTURER_MORE):
                _manufacturer(tiles, context, dif)
            else:
                tiles.rest(phrase("why.special", f"{dif:02X}"))
            continue
        number += 1
        try:
            data = tiles.data[: tiles.end]
            behind = header_end(data, tiles.at)
            header = data[tiles.at : behind]
            end = behind + data_size(header, data, behind)
        except DecodeError as error:
            tiles.rest(phrase("why.record", number, str(error)))
            return
        if end > tiles.end:
            tiles.rest(phrase("why.cut", number, end - behind, tiles.end - behind))
            return
        tiles.put(_record(tiles, context, number, behind, end))


def data_only(tiles: Tiles, context: Context, number: int, header: bytes, size: int) -> None:
    """Cover the data of a record whose header stands in the full frame only."""
    span = _data(tiles.data, tiles.at, tiles.at + size, header, context)
    what = phrase("record.compact", number)
    tiles.add(size, what, phrase("record.header", header.hex(" ").upper()), *span.says)


def _fillers(tiles: Tiles) -> None:
    count = 0
    while count < tiles.left and tiles.data[tiles.at + count] == IDLE:
        count += 1
    tiles.add(count, phrase("filler"), phrase("filler.count", count))


def _manufacturer(tiles: Tiles, context: Context, dif: int) -> None:
    """Cover a manufacturer's own bytes, which go to the end of the telegram."""
    more = phrase("dif.more" if dif == MANUFACTURER_MORE else "dif.own")
    start, end = tiles.at, tiles.end
    inner = Tiles(tiles.data, start, end)
    inner.add(1, phrase("dif"), more)
    own = Record(
        Quantity.MANUFACTURER_SPECIFIC,
        tiles.data[start + 1 : end].hex().upper(),
        Unit.TEXT,
        Register(),
        Quantity.MANUFACTURER_SPECIFIC.value,
    )
    says = names(own, context)
    record = own if context.is_valid else None
    readings: tuple[Record, ...] = ()
    if record is None or not own_record(inner, record, context):
        inner.add(inner.left, phrase("own.bytes"), phrase("own.why"), tone=Tone.OPEN)
        readings = () if record is None else tuple(meant(record, context).records)
    tiles.put(Span(start, end, phrase("own"), says, inner.done(), record=record, readings=readings))


def _record(tiles: Tiles, context: Context, number: int, behind: int, end: int) -> Span:
    start = tiles.at
    header = tiles.data[start:behind]
    data = _data(tiles.data, behind, end, header, context)
    inner = Tiles(tiles.data, start, end)
    _dif(inner, header)
    _vif(inner, header, behind)
    says = list(_names(header, context, data.record))
    if end > behind:
        inner.put(replace(data, record=None, readings=()))
    else:
        says += data.says
    if data.record is not None:
        says += map(_value, data.readings)
        says += map(flag_phrase, meant(data.record, context).flags)
    what = phrase("record", number)
    return Span(
        start, end, what, tuple(says), inner.done(), record=data.record, readings=data.readings
    )


def _value(reading: Record) -> Phrase:
    shown = phrase("record.value", reading.name, amount(reading.value, reading.unit))
    return shown if not reading.mark else phrase("record.marked", shown, phrase(reading.mark.value))


def _names(header: bytes, context: Context, record: Record | None) -> tuple[Phrase, ...]:
    if record is not None:
        return names(record, context)
    at = _dib_end(header)
    meaning = meaning_of(header[at:])
    name = phrase("no_meaning") if meaning is None else phrase("plain", meaning.name)
    return (phrase("record.nothing", name),)


def _dib_end(header: bytes) -> int:
    at = 1
    while header[at - 1] & EXTENSION:
        at += 1
    return at


def _dif(inner: Tiles, header: bytes) -> None:
    """Cover the DIF and its DIFEs."""
    end = _dib_end(header)
    coding = Coding(header[0] & 0x0F)
    for index in range(end):
        until = header[: index + 1]
        register = parse_dib(until).register
        byte = header[index]
        last = phrase("ext.more" if byte & EXTENSION else "ext.last")
        if index == 0:
            said = (
                phrase("dif.coding", f"{byte & 0x0F:X}", phrase(f"coding.{coding.value:x}")),
                phrase("dif.function", phrase(f"function.{register.function.value}")),
                phrase("dif.storage", register.storage),
                last,
            )
            inner.add(1, phrase("dif"), *said)
            continue
        parts = phrase("dife.parts", byte & 0x0F, byte >> 4 & 3, byte >> 6 & 1)
        total = phrase("dife.total", register.storage, register.tariff, register.subunit)
        inner.add(1, phrase("dife", index), parts, total, last)


def _vif(inner: Tiles, header: bytes, behind: int) -> None:
    """Cover the VIF, its text if it has one, and its VIFEs."""
    vib = header[_dib_end(header) :]
    first = vib[0]
    more = (phrase("ext.more" if first & EXTENSION else "ext.last"),)
    at = 1
    if first & 0x7F == PLAIN_TEXT:
        inner.add(1, phrase("vif"), phrase("vif.text"), *more)
        inner.add(1, phrase("vif.length"), phrase("number", vib[1]))
        words = value.text(vib[2 : 2 + vib[1]])
        inner.add(vib[1], phrase("vif.words"), phrase("quoted", words))
        at = 2 + vib[1]
    elif first in (EXTENSION_FB, EXTENSION_FD, EXTENSION_EF):
        inner.add(1, phrase("vif"), phrase("vif.table", f"{first:02X}"), *more)
        at = 2
        if vib[1] == EXTENSION_FD == first:
            inner.add(1, phrase("vife", 1), phrase("vif.table", "FD FD"))
            at = 3
        code = vib[at - 1]
        more = (phrase("ext.more" if code & EXTENSION else "ext.last"),)
        inner.add(1, phrase("vife", at - 1), *_unit(meaning_of(vib[:at])), *more)
    else:
        inner.add(1, phrase("vif"), *_unit(meaning_of(vib[:1])), *more)
    _vifes(inner, vib, at)
    inner.at = behind


def _vifes(inner: Tiles, vib: bytes, at: int) -> None:
    before = meaning_of(vib[:at])
    manufacturer = vib[0] & 0x7F == _VIFE_MANUFACTURER
    pending = False  # the byte before was FC, the first of two
    for index in range(at, len(vib)):
        code = vib[index] & 0x7F
        more = phrase("ext.more" if vib[index] & EXTENSION else "ext.last")
        if code == _VIFE_FC and not pending and not manufacturer and index + 1 < len(vib):
            inner.add(1, phrase("vife", index), phrase("vif.table", "FC"), more)
            pending = True
            continue
        pending = False
        after = meaning_of(vib[: index + 1])
        inner.add(1, phrase("vife", index), *_change(before, after), more)
        manufacturer = manufacturer or code == _VIFE_MANUFACTURER
        before = after


def _unit(meaning: Meaning | None) -> tuple[Phrase, ...]:
    return (phrase("no_meaning"),) if meaning is None else _named_unit(meaning)


def _named_unit(meaning: Meaning) -> tuple[Phrase, ...]:
    name = phrase("quantity", quantity_phrase(meaning), meaning.name)
    if meaning.kind is Kind.DATE or meaning.quantity is Quantity.MANUFACTURER_SPECIFIC:
        return (name,)
    return (name, _factor(meaning))


def quantity_phrase(meaning: Meaning) -> Phrase:
    """Return a quantity in words."""
    known = meaning.quantity in CANONICAL_UNIT or meaning.name == meaning.quantity.value
    return phrase(f"quantity.{meaning.quantity.value}" if known else "quantity.other")


def _factor(meaning: Meaning) -> Phrase:
    step = _exact(Fraction(meaning.numerator, meaning.denominator))
    unit = phrase("no_unit") if meaning.unit is Unit.ONE else phrase("plain", meaning.unit.value)
    if meaning.addend:
        return phrase(
            "factor.offset", step, _exact(Fraction(meaning.addend, meaning.denominator)), unit
        )
    return phrase("factor", step, unit)


def _exact(number: Fraction) -> str:
    """Return a number as a decimal if it is one that is not too long, else as a fraction."""
    places = 0
    scaled = number
    while scaled.denominator != 1 and places < _DECIMAL_PLACES:
        scaled *= 10
        places += 1
    if scaled.denominator != 1:
        return str(number)
    digits = f"{abs(scaled.numerator):0{places + 1}d}"
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"-{text}" if number < 0 else text


def _change(before: Meaning | None, after: Meaning | None) -> tuple[Phrase, ...]:
    """Return what one VIFE made of a meaning."""
    if after is None:
        return (phrase("no_meaning"),)
    if before is None or before == after:
        return (phrase("vife.same"),)
    said = []
    if before.name != after.name:
        said.append(phrase("vife.named", after.name))
    if before.kind is not after.kind:
        said.append(phrase(f"kind.{after.kind.value}"))
    old = (before.numerator, before.denominator, before.addend, before.unit)
    new = (after.numerator, after.denominator, after.addend, after.unit)
    if old != new and after.kind is not Kind.DATE:
        said.append(_factor(after))
    return tuple(said)


def _data(data: bytes, start: int, end: int, header: bytes, context: Context) -> Span:
    """Return the span of a record's data, with its value as the decoder reads it."""
    raw = data[start:end]
    found = parse_records(header + raw, msb_first=context.msb_first).records
    meaning = meaning_of(header[_dib_end(header) :])
    if not found:
        key = "no_data" if not raw else "no_meaning" if meaning is None else "no_value"
        return Span(start, end, phrase("data"), (phrase(key),))
    if not context.is_valid:
        return Span(start, end, phrase("data"), (phrase("no_trust"),))
    record = found[0]
    coding = Coding(header[0] & 0x0F)
    digits = raw[::-1] if context.msb_first else raw
    said = [*_raw(coding, digits, meaning), phrase("data.value", amount(record.value, record.unit))]
    readings = tuple(meant(record, context).records)
    said += [
        phrase("data.profile", amount(reading.value, reading.unit))
        for reading in readings
        if (reading.value, reading.unit) != (record.value, record.unit)
    ]
    return Span(start, end, phrase("data"), tuple(said), record=record, readings=readings)


def _raw(coding: Coding, raw: bytes, meaning: Meaning | None) -> tuple[Phrase, ...]:
    """Return the number that the bytes are, before any factor."""
    if coding is Coding.VARIABLE:
        return (phrase("data.length", len(raw) - 1),)
    if meaning is None or meaning.kind is Kind.DATE:
        return ()
    if coding is Coding.REAL32:
        return (phrase("data.raw", str(value.real(raw))),)
    if coding >= Coding.BCD2:
        return (phrase("data.raw", str(value.bcd(raw))),)
    signed = meaning.kind is Kind.SIGNED
    number = int.from_bytes(raw, "little", signed=signed)
    if meaning.kind is Kind.BITS:
        return (phrase("data.bits", str(number), f"{number:X}"),)
    return (phrase("data.raw", str(number)),)
