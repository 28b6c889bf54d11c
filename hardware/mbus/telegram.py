"""A whole telegram: the frame, who sent it and what it says.

Source: EN 13757-3:2018, clauses 5 and 6; EN 1434-3:1997 for the fixed structure, mode 2 and the
application error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from hardware.errors import (
    DecodeError,
    DeviceRefused,
    FrameError,
    KeyRequired,
    Unsupported,
    WrongKey,
)
from hardware.mbus import fixed, header
from hardware.mbus.frame import LONG_START, Frame, parse_long
from hardware.mbus.header import Header
from hardware.mbus.meant import are_meant
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

NOT_ENCRYPTED = "none"
ENCRYPTED = "aes-cbc-iv"  # security mode 5
_MODE_CBC = 5
_ASK_FOR_KEY = "Den Schlüssel dieses Zählers beim Lieferanten oder Messdienst anfragen."
_CHECK_KEY = "Prüfen, ob der Schlüssel zu dieser Zählernummer gehört."
DECRYPTED = b"\x2f\x2f"  # two fillers that verify a decryption
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


# Opens whole blocks: of whom (M and A, 8 bytes), at which access number, the blocks
Open = Callable[[bytes, int, bytes], bytes]


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
    encryption: str = NOT_ENCRYPTED  # how the meter sends it, though a receiver may have opened it
    own: tuple[int, bytes] | None = None  # CI field and data that the manufacturer laid out
    address: bytes = b""  # M and A as sent by radio (8 bytes), with own data only
    is_unauthenticated: bool = False  # sent in mode 7, and no authentication code was checked

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


def decode(raw: bytes, opens: Open | None = None) -> Telegram:
    """Return what a whole long frame (68 L L 68 ... 16) says.

    ``opens`` decrypts with the meter's key in security mode 5; None if there is no key.

    :raises FrameError: if ``raw`` is no whole frame.
    :raises DeviceRefused: if the meter answers with an application error.
    :raises KeyRequired: if the content is encrypted and ``opens`` is None.
    :raises WrongKey: if ``opens`` does not open it.
    :raises Unsupported: if the frame is none of the kinds that carry readings, or a key is no help.
    :raises DecodeError: if the content breaks the standard.
    """
    if is_wireless(raw):
        raise Unsupported("wireless M-Bus telegrams are not decoded here", offset=0)
    return decode_frame(parse_long(raw), opens)


def decode_frame(frame: Frame, opens: Open | None = None) -> Telegram:
    """Return what a long frame says; errors as in :func:`decode`, frame errors aside."""
    control_information, payload = frame.control_information, frame.payload
    if control_information == CI_APPLICATION_ERROR:
        raise _refusal(payload)
    if control_information in (CI_FIXED, CI_FIXED_MSB):
        msb_first = control_information == CI_FIXED_MSB
        fixed_header, records = fixed.parse(payload, offset=DATA_START, msb_first=msb_first)
        return Telegram(fixed_header, records)
    found, _ = _header(control_information, payload)
    data, encryption = plain_content(control_information, payload, opens)
    parsed: Records = parse_records(
        data,
        offset=DATA_START + len(payload) - len(data),
        msb_first=control_information == CI_VARIABLE_MSB,
    )
    return Telegram(found, parsed.records, parsed.more_follows, parsed.without_value, encryption)


def plain_content(
    control_information: int | None, payload: bytes, opens: Open | None
) -> tuple[bytes, str]:
    """Return the records in variable data, decrypted if need be, and how the meter sends them.

    :raises KeyRequired: as :func:`decode`, and its other errors.
    """
    found, size = _header(control_information, payload)
    rest = payload[size:]
    blocks = found.configuration >> 4 & 0x0F
    is_sealed = found.encryption_mode == _MODE_CBC and blocks > 0
    end = 16 * blocks
    if is_sealed and opens is not None and end <= len(rest):
        if control_information != CI_VARIABLE:  # no address to decrypt with
            if rest[:2] != DECRYPTED:
                raise Unsupported(
                    "encrypted by a meter that does not name itself", offset=DATA_START
                )
        else:
            address = payload[4:6] + payload[:4] + payload[6:8]
            plain = opens(address, found.access_number or 0, rest[:end]) + rest[end:]
            if plain.startswith(DECRYPTED) and reads_as_plain(plain):
                return plain, ENCRYPTED
    try:
        plain = rest[plain_start(found, rest, is_wired=True) :]
    except KeyRequired as error:
        if opens is None:
            raise
        if not is_sealed:
            raise Unsupported(f"{error}, which wired telegrams are not decrypted from") from error
        raise WrongKey("the key does not open the telegram", hint=_CHECK_KEY) from error
    is_open = is_sealed and plain.startswith(DECRYPTED)
    if is_open and not _are_meant(plain):
        if opens is None:
            raise KeyRequired("the content is encrypted in mode 5", hint=_ASK_FOR_KEY)
        raise WrongKey("the key does not open the telegram", hint=_CHECK_KEY)
    return plain, ENCRYPTED if is_open else NOT_ENCRYPTED


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


def plain_start(found: Header, data: bytes, *, is_wired: bool = False) -> int:
    """Return where plain records begin in ``data``.

    Wired meters from before there were modes hold a checksum, or anything, where others give
    theirs: there a mode that the standard does not name, or one that counts more encrypted bytes
    than there are, is none if the bytes read as records.

    :raises KeyRequired: if they are encrypted.
    :raises Unsupported: if the mode is none that the standard names.
    """
    mode = (found.configuration & header.MODE_BITS) >> 8
    if mode == 0:
        return 0
    extension = 1 if mode in _MODE_WITH_EXTENSION else 0
    if data[extension : extension + 2] == DECRYPTED:
        return extension
    count = _encrypted_bytes(mode, found.configuration)
    if count == 0:
        return 0
    impossible = count is not None and count > len(data) - extension
    is_unnamed = is_wired and (mode in _RESERVED_MODES or not found.encryption_mode)
    if (impossible or is_unnamed) and reads_as_plain(data):
        return 0
    if not found.encryption_mode:
        raise Unsupported(f"security mode {mode} is none of the standard's")
    raise KeyRequired(
        f"the content is encrypted in mode {mode}",
        hint=_ASK_FOR_KEY,
    )


def reads_as_plain(data: bytes) -> bool:
    """Tell whether ``data`` are records that somebody meant; random bytes name odd registers."""
    try:
        found = parse_records(data)
    except DecodeError:
        return False
    return bool(found.records) and all(
        record.register.storage <= _MOST_STORAGE and not record.name.startswith("reserved_")
        for record in found.records
    )


def _are_meant(data: bytes) -> bool:
    try:
        return are_meant(parse_records(data))
    except DecodeError:
        return False


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


def _refusal(payload: bytes) -> DeviceRefused:
    code = payload[0] if payload else 0
    words = _APPLICATION_ERRORS.get(code, f"error {code}")
    return DeviceRefused(
        f"the meter refuses: {words}",
        hint="Noch einmal abfragen; bleibt es dabei, das M-Bus-Modul des Zählers neu starten.",
    )
