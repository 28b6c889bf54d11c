"""What one meter said by radio, in one message of one or more telegrams.

Source: EN 13757-3:2018, clause 6; EN 13757-4:2019, clauses 12 and 13; EN 13757-7:2018.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache

from hardware.errors import DecodeError, FrameError, KeyRequired, Unsupported, WrongKey
from hardware.fields import Field, FieldRecords, Fields
from hardware.mbus.header import Header, manufacturer_letters
from hardware.mbus.meant import are_meant
from hardware.mbus.record import Records, parse_records
from hardware.mbus.telegram import Telegram
from hardware.reading import Record
from hardware.wmbus import layers, link
from hardware.wmbus.afl import FragmentMissing
from hardware.wmbus.formats import FormatStore
from hardware.wmbus.fragments import Assembly
from hardware.wmbus.layers import Body
from hardware.wmbus.link import Checksums, LinkFrame

# C fields of meters that carry data: sent unasked (44 to 48), answers and how busy the meter is
_SENDS = frozenset((0x44, 0x46, 0x47, 0x48, 0x08, 0x18, 0x28, 0x38))
MOST_SHAPES = 1024  # shapes of telegrams kept: a street has some dozens
_MOST_STORAGE = 255  # meters keep a few dozen values; random bytes name thousands
_CONVERTERS = frozenset((0x36, 0x37))  # media of radio modules that speak for a meter
_METERS_ADDRESS = b"\x07\x79"  # DIF and VIF of eight bytes: whose records follow
_ADDRESS_SIZE = 8


def _never(_header: Header) -> bool:
    return False


def decode(
    messages: Sequence[bytes],
    key: bytes | None,
    formats: FormatStore,
    checksums: Checksums = Checksums.UNKNOWN,
    *,
    is_own: Callable[[Header], bool] = _never,
) -> Telegram:
    """Return what the telegrams of one meter say together; what it said last of a register counts.

    ``key`` has 16 bytes. ``formats`` learns from full frames what compact ones leave out.
    What the manufacturer laid out is not read here but given in ``own``: by its CI field, or
    because ``is_own`` tells from the header that it is.

    :raises FrameError: if a telegram is no whole frame or a checksum in it does not match.
    :raises KeyRequired: if it is encrypted and ``key`` is None.
    :raises WrongKey: if ``key`` does not open it.
    :raises Unsupported: if it is none of the kinds that are known here.
    :raises DecodeError: if it breaks the standard, or the telegrams are of several meters.
    """
    frames = [link.parse(raw, checksums) for raw in messages]
    return decode_frames(frames, key, formats, is_own=is_own)


def decode_frames(
    frames: Sequence[LinkFrame],
    key: bytes | None,
    formats: FormatStore,
    *,
    is_own: Callable[[Header], bool] = _never,
) -> Telegram:
    """Return what :func:`decode` does, for frames without their checksums.

    Fragments of a message may come in any order, before the next message's.

    :raises FragmentMissing: if the frames do not hold all fragments of a message.
    """
    telegrams: list[Telegram] = []
    assembly: Assembly | None = None  # nearly all messages are whole
    for frame in frames:
        try:
            telegrams.append(_decode_one(frame, key, formats, is_own))
        except FragmentMissing:
            if assembly is None and len(frames) == 1:
                raise
            assembly = assembly or Assembly()
            whole = assembly.add(frame)
            if whole is not None:
                telegrams.append(_decode_one(whole, key, formats, is_own))
    if assembly is not None:
        assembly.finish()
    if not telegrams:
        raise FrameError("no telegram", offset=0)
    last = telegrams[-1]
    if len(telegrams) == 1:
        return last
    if any(telegram.device_id != last.device_id for telegram in telegrams):
        raise DecodeError(
            "the telegrams are of several meters",
            hint="Telegramme verschiedener Zähler in getrennte Zeilen schreiben.",
        )
    return Telegram(
        last.header,
        _merged(telegrams),
        last.more_follows,
        sum(telegram.without_value for telegram in telegrams),
        last.encryption,
        last.own,
        last.address,
        any(telegram.is_unauthenticated for telegram in telegrams),
    )


def read_header(raw: bytes) -> Header:
    """Return as much of the header as can be read without a key, an empty one if none."""
    try:
        return layers.read_header(link.parse(raw))
    except FrameError:
        return Header()


def _decode_one(
    frame: LinkFrame, key: bytes | None, formats: FormatStore, is_own: Callable[[Header], bool]
) -> Telegram:
    if frame.control not in _SENDS:
        raise Unsupported(f"control field {frame.control:02X} carries no readings", offset=1)
    content = layers.unwrap(frame, key)
    data, offset = content.data, content.offset
    header = _meters(content.header, data)
    if content.body is Body.OWN or (content.body is Body.FULL and is_own(header)):
        own = content.ci, data
        return Telegram(
            header,
            (),
            encryption=content.encryption,
            own=own,
            address=frame.address,
            is_unauthenticated=content.is_unauthenticated,
        )
    if content.body is Body.COMPACT:
        data, offset = formats.expand(data, offset=offset), 0
    try:
        parsed = parse_records(data, offset=offset)
    except DecodeError as error:
        if content.is_as_sent:
            raise _closed(key) from error
        raise
    # a compact frame proves itself by two more checksums
    is_unproven = content.is_as_sent and content.body is Body.FULL
    if (is_unproven and not are_meant(parsed)) or (content.is_weak and not _is_plausible(parsed)):
        raise _closed(key)
    if parsed.behind_empty:
        raise Unsupported("the content is the manufacturer's own, not records", offset=offset)
    if content.body is Body.FULL:
        formats.learn(_shape(header, parsed.records), data)
    return Telegram(
        header,
        parsed.records,
        parsed.more_follows,
        parsed.without_value,
        content.encryption,
        is_unauthenticated=content.is_unauthenticated,
    )


def _closed(key: bytes | None) -> KeyRequired | WrongKey:
    """Return the error for what is said to be encrypted and does not read as plain."""
    if key is None:
        return KeyRequired("the content is encrypted", hint=layers.ASK_FOR_KEY)
    return WrongKey("the key does not open the telegram", hint=layers.CHECK_KEY)


def _shape(header: Header, records: Sequence[Record]) -> Hashable:
    """Return what stands for the record headers: the shape if it is known, else the meter."""
    if isinstance(records, FieldRecords):
        return records.fields
    return header.device_id


def _meters(sender: Header, data: bytes) -> Header:
    """Return the meter's own header where a radio module gives its address in the first record."""
    end = len(_METERS_ADDRESS) + _ADDRESS_SIZE
    is_module = sender.medium_code in _CONVERTERS and data.startswith(_METERS_ADDRESS)
    if not is_module or len(data) < end:
        return sender
    address = data[len(_METERS_ADDRESS) : end]
    return sender._replace(
        manufacturer=manufacturer_letters(int.from_bytes(address[4:6], "little")),
        identification=address[3::-1].hex().upper(),
        version=address[6],
        medium_code=address[7],
    )


def _is_plausible(parsed: Records) -> bool:
    """Tell whether records were meant: random bytes that happen to parse name odd registers."""
    if parsed.behind_empty:
        return False
    if isinstance(parsed.records, FieldRecords):
        return _are_plausible(parsed.records.fields)
    return all(map(_is_usual, parsed.records))


@lru_cache(maxsize=MOST_SHAPES)
def _are_plausible(fields: Fields) -> bool:
    return all(map(_is_usual, fields.items))


def _is_usual(one: Record | Field) -> bool:
    return one.register.storage <= _MOST_STORAGE and not one.name.startswith("reserved_")


def _merged(telegrams: Sequence[Telegram]) -> tuple[Record, ...]:
    """Return the records of all telegrams less those that a later telegram brings anew."""
    records: list[Record] = []
    for telegram in telegrams:
        anew = {_register(record) for record in telegram.records}
        records = [record for record in records if _register(record) not in anew]
        records += telegram.records
    return tuple(records)


def _register(record: Record) -> tuple[object, ...]:
    return record.quantity, record.name, record.register, record.unit
