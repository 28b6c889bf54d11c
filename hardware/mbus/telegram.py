"""A whole telegram: the frame, who sent it and what it says.

Source: EN 13757-3:2018, clauses 5 and 6; EN 1434-3:1997 for the fixed structure, mode 2 and the
application error.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from hardware.errors import DecodeError, DeviceRefused, FrameError, KeyRequired, Unsupported
from hardware.mbus import fixed, header
from hardware.mbus.frame import LONG_START, Frame, parse_long
from hardware.mbus.header import Header
from hardware.mbus.record import Records, parse_records
from hardware.reading import Record

CI_APPLICATION_ERROR = 0x70
CI_VARIABLE = 0x72
CI_FIXED = 0x73
CI_VARIABLE_MSB = 0x76
CI_FIXED_MSB = 0x77
CI_NO_HEADER = 0x78
CI_SHORT_HEADER = 0x7A

DATA_START = 7  # bytes of a frame in front of its payload: 68 L L 68 C A CI

_DECRYPTED = b"\x2f\x2f"  # two fillers that verify a decryption
_MODE_WITH_EXTENSION = frozenset((7, 13))  # one more byte of configuration
_RESERVED_MODES = frozenset((6, 11, 12))
_DES_MODES = frozenset((2, 3))  # the lower byte counts encrypted bytes
_AES_MODES = frozenset((5, 7))  # bits 4 to 7 count encrypted blocks of 16
_MOST_STORAGE = 255  # meters keep a few dozen values; random bytes name thousands
_LEAST_WIRELESS = 10  # length, control field, manufacturer and address
_WIRELESS_CONTROL = frozenset((0x44, 0x46, 0x06, 0x08, 0x18, 0x28, 0x38, 0x47, 0x48))

_APPLICATION_ERRORS = {
    0: "unspecified error",
    1: "CI field is not implemented",
    2: "buffer too long, truncated",
    3: "too many records",
    4: "premature end of record",
    5: "more than 10 DIFEs",
    6: "more than 10 VIFEs",
    8: "too busy to answer",
    9: "too many readouts",
}


class Telegram(NamedTuple):
    """What one meter said in one telegram.

    ``status`` is `OK` or names bits. A telegram without a header has no manufacturer,
    identification, version, medium, access number or status: those are None, and ``device_id``
    is empty. ``more_follows`` says that the meter has more to give to the next request.
    """

    header: Header
    records: Sequence[Record]
    more_follows: bool = False
    without_value: int = 0  # records that were well formed and held nothing
    encryption: str = "none"  # how the meter sends it, though a receiver may have opened it
    own: tuple[int, bytes] | None = None  # CI field and data that the manufacturer laid out
    address: bytes = b""  # M and A as sent by radio (8 bytes), with own data only

    @property
    def manufacturer(self) -> str | None:
        """Three letters."""
        return self.header.manufacturer

    @property
    def identification(self) -> str | None:
        """Eight digits."""
        return self.header.identification

    @property
    def version(self) -> int | None:
        """The manufacturer's number of the model."""
        return self.header.version

    @property
    def medium(self) -> str | None:
        """The medium in words: `heat`, `cold water`, ..."""
        return self.header.medium

    @property
    def medium_code(self) -> int | None:
        """The device type, 0 to 255."""
        return self.header.medium_code

    @property
    def access_number(self) -> int | None:
        """A number that the meter counts up from telegram to telegram."""
        return self.header.access_number

    @property
    def status(self) -> str | None:
        """`OK`, or the names of the status bits that are set."""
        return self.header.status

    @property
    def device_id(self) -> str:
        """`mbus:KAM-76348799-1B-04`: manufacturer, identification, version, medium (hex)."""
        return self.header.device_id


def decode(raw: bytes) -> Telegram:
    """Return what a whole long frame (68 L L 68 ... 16) says.

    :raises FrameError: if ``raw`` is no whole frame.
    :raises DeviceRefused: if the meter answers with an application error.
    :raises KeyRequired: if the content is encrypted.
    :raises Unsupported: if the frame is none of the kinds that carry readings.
    :raises DecodeError: if the content breaks the standard.
    """
    if is_wireless(raw):
        raise Unsupported("wireless M-Bus telegrams are not decoded here", offset=0)
    return decode_frame(parse_long(raw))


def decode_frame(frame: Frame) -> Telegram:
    """Return what a long frame says; errors as in :func:`decode`, frame errors aside."""
    control_information, payload = frame.control_information, frame.payload
    if control_information == CI_APPLICATION_ERROR:
        raise _refusal(payload)
    if control_information in (CI_FIXED, CI_FIXED_MSB):
        msb_first = control_information == CI_FIXED_MSB
        fixed_header, records = fixed.parse(payload, offset=DATA_START, msb_first=msb_first)
        return Telegram(fixed_header, records)
    found, size = _header(control_information, payload)
    start = size + plain_start(found, payload[size:])
    parsed: Records = parse_records(
        payload[start:],
        offset=DATA_START + start,
        msb_first=control_information == CI_VARIABLE_MSB,
    )
    return Telegram(found, parsed.records, parsed.more_follows, parsed.without_value)


def read_header(raw: bytes) -> Header:
    """Return as much of the header as can be read, an empty one if none; never raises."""
    try:
        frame = parse_long(raw)
        if frame.control_information in (CI_FIXED, CI_FIXED_MSB):
            return fixed.parse_header(
                frame.payload,
                offset=DATA_START,
                msb_first=frame.control_information == CI_FIXED_MSB,
            )
        return _header(frame.control_information, frame.payload)[0]
    except (FrameError, DecodeError):
        return Header()


def plain_start(found: Header, data: bytes) -> int:
    """Return where plain records begin in ``data``.

    Meters from before there were modes hold a checksum, or anything, where others give theirs.
    A reserved mode, or one that counts more encrypted bytes than there are, is none if the bytes
    read as records.

    :raises KeyRequired: if they are encrypted.
    """
    mode = found.encryption_mode
    if mode == 0:
        return 0
    extension = 1 if mode in _MODE_WITH_EXTENSION else 0
    if data[extension : extension + 2] == _DECRYPTED:
        return extension
    count = _encrypted_bytes(mode, found.configuration)
    if count == 0:
        return 0
    impossible = count is not None and count > len(data) - extension
    if (impossible or mode in _RESERVED_MODES) and _reads_as_plain(data):
        return 0
    raise KeyRequired(
        f"the content is encrypted in mode {mode}",
        hint="Den Schlüssel dieses Zählers beim Lieferanten oder Messdienst anfragen.",
    )


def is_wireless(raw: bytes) -> bool:
    """Tell whether a telegram begins with its length and a wireless control field."""
    if len(raw) < _LEAST_WIRELESS or raw[1] not in _WIRELESS_CONTROL:
        return False
    return raw[1] != raw[2] or raw[3] != LONG_START


def header_of(control_information: int, payload: bytes) -> tuple[Header, int]:
    """Return the header of variable data and its length.

    :raises DecodeError: if it does not fit into ``payload``.
    :raises Unsupported: if this CI field carries no readings.
    """
    return _header(control_information, payload)


def _header(control_information: int | None, payload: bytes) -> tuple[Header, int]:
    """Return the header of variable data and its length."""
    if control_information == CI_NO_HEADER:
        return Header(), 0
    if control_information in (CI_VARIABLE, CI_VARIABLE_MSB):
        _need(payload, header.LONG_SIZE)
        if control_information == CI_VARIABLE:
            return header.parse_long(payload), header.LONG_SIZE
        swapped = payload[3::-1] + payload[5:3:-1] + payload[6:10] + payload[11:9:-1]
        return header.parse_long(swapped), header.LONG_SIZE
    if control_information == CI_SHORT_HEADER:
        _need(payload, header.SHORT_SIZE)
        return header.parse_short(payload), header.SHORT_SIZE
    raise Unsupported(
        f"control information {control_information:02X} carries no readings",
        offset=DATA_START - 1,
    )


def _need(payload: bytes, size: int) -> None:
    if len(payload) < size:
        raise DecodeError(
            f"the header has {len(payload)} of {size} bytes", offset=DATA_START + len(payload)
        )


def _encrypted_bytes(mode: int, configuration: int) -> int | None:
    """Return how many bytes are encrypted, None if the mode does not count them."""
    if mode in _AES_MODES:
        return (configuration >> 4 & 0x0F) * 16
    return configuration & 0xFF if mode in _DES_MODES else None


def _reads_as_plain(data: bytes) -> bool:
    try:
        found = parse_records(data)
    except DecodeError:
        return False
    return bool(found.records) and all(
        record.register.storage <= _MOST_STORAGE and not record.name.startswith("reserved_")
        for record in found.records
    )


def _refusal(payload: bytes) -> DeviceRefused:
    code = payload[0] if payload else 0
    words = _APPLICATION_ERRORS.get(code, f"error {code}")
    return DeviceRefused(
        f"the meter refuses: {words}",
        hint="Noch einmal abfragen; bleibt es dabei, das M-Bus-Modul des Zählers neu starten.",
    )
