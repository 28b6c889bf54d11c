"""From a radio frame's payload to the plain data of its application layer.

Extended link layer, authentication and fragmentation layer, transport layer: the last may name the
meter anew, and the first and the last may encrypt what lies behind.

Source: EN 13757-4:2019, clause 13 (extended link layer); EN 13757-7:2018, clauses 6 (CI fields),
7.6 (configuration field) and annex A (AFL); OMS specification volume 2, issue 4.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from hardware.errors import DecodeError, KeyRequired, Unsupported, WrongKey
from hardware.mbus import header as headers
from hardware.mbus.header import Header
from hardware.mbus.record import parse_records
from hardware.mbus.telegram import plain_start
from hardware.wmbus import afl, diehl, security
from hardware.wmbus.afl import NOTHING, Authentication, FragmentMissing
from hardware.wmbus.link import LINK_SIZE, LinkFrame, address_header, crc16

NONE = "none"
SESSION = "ell-aes-ctr"
MODES = {5: "aes-cbc-iv", 7: "aes-cbc-no-iv"}

_REPEATED = 0x12  # bits of the communication control field that a repeater sets on the way
_MOST_BLOCKS = 15  # that four bits count
_FILLERS = b"\x2f\x2f"  # two fillers that verify a decryption
_MANUFACTURER_SPECIFIC = range(0xA0, 0xB8)
ASK_FOR_KEY = "Den Schlüssel dieses Zählers beim Lieferanten oder Messdienst anfragen."
CHECK_KEY = "Prüfen, ob der Schlüssel zu dieser Zählernummer gehört."


class Body(Enum):
    """What the application layer's data are."""

    FULL = "full"
    COMPACT = "compact"  # without record headers
    OWN = "own"  # laid out by the manufacturer


class Content(NamedTuple):
    """A telegram's plain application data.

    ``offset`` is where ``data`` begin in the frame without checksums; ``encryption`` is how the
    meter sends them, also if the receiver passed them on already decrypted. ``is_weak`` says that
    only two fillers speak for their being plain: random bytes and wrong keys give those, too.
    ``is_as_sent`` says that they are said to be encrypted and no key opened them: they were
    decrypted on the way, or only look so. ``is_unauthenticated`` says that they are sent in mode 7
    and no code of at least four bytes was checked: whoever changed bits of them is not noticed.
    """

    header: Header
    body: Body
    data: bytes
    offset: int
    encryption: str
    is_weak: bool
    ci: int
    is_as_sent: bool = False
    is_unauthenticated: bool = False


@dataclass(frozen=True, slots=True)
class Extension:
    """What an extended link layer adds: whom it is for (`address`), a session.

    That address is the receiver's: who sends, and whose it is, stays what the link layer says.
    """

    address: bool
    session: bool

    @property
    def size(self) -> int:
        """Bytes behind the CI field."""
        return 2 + 8 * self.address + 6 * self.session


EXTENSIONS = {
    0x8C: Extension(address=False, session=False),
    0x8D: Extension(address=False, session=True),
    0x8E: Extension(address=True, session=False),
    0x8F: Extension(address=True, session=True),
}

# CI field: the header's size, what follows
_TRANSPORT = {
    0x72: (headers.LONG_SIZE, Body.FULL),
    0x73: (headers.LONG_SIZE, Body.COMPACT),
    0x78: (0, Body.FULL),
    0x79: (0, Body.COMPACT),
    0x7A: (headers.SHORT_SIZE, Body.FULL),
    0x7B: (headers.SHORT_SIZE, Body.COMPACT),
}


def unwrap(frame: LinkFrame, key: bytes | None) -> Content:
    """Return the plain application data of ``frame``; ``key`` has 16 bytes.

    :raises KeyRequired: if they are encrypted and ``key`` is None.
    :raises WrongKey: if ``key`` does not open them or their authentication fails.
    :raises Unsupported: if a layer or a kind of encryption is none that is known here.
    :raises DecodeError: if a layer breaks its standard.
    """
    return Walk(frame, key).content()


def read_header(frame: LinkFrame) -> Header:
    """Return as much of the header as can be read without a key; never raises."""
    walk = Walk(frame, None)
    with contextlib.suppress(DecodeError):
        walk.content()
    return walk.header


class Walk:
    """One way through one frame."""

    __slots__ = (
        "_access_number",
        "_address",
        "_at",
        "_configuration",
        "_data",
        "_encryption",
        "_header",
        "_is_as_sent",
        "_is_authentic",
        "_is_weak",
        "_key",
        "_opened",
        "_status",
    )

    def __init__(self, frame: LinkFrame, key: bytes | None) -> None:
        self._header: Header | None = None
        self._access_number: int | None = None
        self._status: int | None = None
        self._configuration = 0
        self._address = frame.address
        self._data = frame.payload
        self._at = 0
        self._key = key
        self._encryption = NONE
        self._opened = False  # an outer layer was opened with the key
        self._is_weak = False
        self._is_as_sent = False
        self._is_authentic = False  # a code of enough bytes was checked, and was right

    @property
    def header(self) -> Header:
        """What is known so far."""
        if self._header is None:
            self._header = address_header(
                self._address, self._access_number, self._status, self._configuration
            )
        return self._header

    def content(self) -> Content:
        """Return what :func:`unwrap` returns, once."""
        extension = EXTENSIONS.get(self._data[0])
        if extension is not None:
            self._extended(extension)
        if self._ci() == afl.CI:
            return self._transport(self._authentication())
        return self._transport(NOTHING)

    def _ci(self) -> int:
        if self._at >= len(self._data):
            raise DecodeError("data end before a CI field", offset=LINK_SIZE + self._at)
        return self._data[self._at]

    def _take(self, size: int, what: str) -> bytes:
        """Return the next ``size`` bytes and go behind them."""
        taken = self._data[self._at : self._at + size]
        if len(taken) < size:
            raise DecodeError(f"data end within {what}", offset=LINK_SIZE + len(self._data))
        self._at += size
        return taken

    def _extended(self, extension: Extension) -> None:
        self._at = 1
        layer = self._take(extension.size, "the extended link layer")
        control, access_number = layer[0], layer[1]
        self._access_number = access_number
        if extension.session:
            self._session(control, layer[-6:-2])

    def _session(self, control: int, session: bytes) -> None:
        """Open what a session encrypts: the checksum that ends the layer and all behind it."""
        start = self._at - 2
        sealed = self._data[start:]
        kind = session[3] >> 5
        if kind == 0:
            if not _checks(sealed):
                raise DecodeError("the payload's checksum does not match", offset=LINK_SIZE + start)
            return
        self._encryption = SESSION
        if kind != 1:
            raise Unsupported(f"session encryption {kind}", offset=LINK_SIZE + start)
        if self._key is not None:
            for sent in (control, control & ~_REPEATED):
                plain = security.open_session(self._key, self._address, sent, session, sealed)
                if _checks(plain):
                    self._data = self._data[:start] + plain
                    self._opened = True
                    return
        if not _checks(sealed):
            raise self._closed("session")
        self._is_as_sent = True  # the receiver decrypted it, or the checksum matches by chance

    def _closed(self, what: str) -> KeyRequired | WrongKey:
        if self._key is not None:
            return WrongKey(f"the key does not open the {what}", hint=CHECK_KEY)
        return KeyRequired(f"the {what} is encrypted", hint=ASK_FOR_KEY)

    def _authentication(self) -> Authentication:
        start = self._at
        size = self._take(2, "the authentication layer")[1]
        layer = self._take(size, "the authentication layer")
        found = afl.parse(layer, offset=LINK_SIZE + start)
        if found.is_part:
            words = "the last fragment" if not found.more else f"fragment {found.fragment}"
            raise FragmentMissing(
                f"{words} of a message in several fragments", offset=LINK_SIZE + start
            )
        left = len(self._data) - self._at
        if found.length and int.from_bytes(found.length, "little") != left:
            raise DecodeError("the message's length does not match", offset=LINK_SIZE + start)
        return found

    def _transport(self, authentication: Authentication) -> Content:
        start = self._at
        ci = self._ci()
        if ci in _MANUFACTURER_SPECIFIC:
            if self._is_as_sent:  # nothing in the manufacturer's own bytes proves that they are
                raise self._closed("session")
            self._header = diehl.own_header(self.header, self._address, ci)
            data, offset = self._data[start + 1 :], LINK_SIZE + start + 1
            return Content(
                self.header, Body.OWN, data, offset, self._encryption, is_weak=False, ci=ci
            )
        if ci not in _TRANSPORT:
            raise self._unknown(ci)
        size, body = _TRANSPORT[ci]
        self._at += 1
        found = self._take(size, "the transport layer's header")
        if size == headers.LONG_SIZE:
            self._address = found[4:6] + found[:4] + found[6:8]
        if size:
            self._access_number, self._status, low, high = found[-headers.SHORT_SIZE :]
            self._configuration = low | high << 8
        if size == headers.SHORT_SIZE and not start and self._has_real_data():
            return self._real_data(body, ci)
        data = self._open(authentication, start) if size else self._data[self._at :]
        if body is Body.COMPACT and self._encryption in MODES.values() and data[:2] == _FILLERS:
            data = data[2:]
        offset = LINK_SIZE + len(self._data) - len(data)
        return Content(
            self.header,
            body,
            data,
            offset,
            self._encryption,
            self._is_weak,
            ci,
            self._is_as_sent,
            is_unauthenticated=self._encryption == MODES[7] and not self._is_authentic,
        )

    def _has_real_data(self) -> bool:
        if not self._configuration & diehl.REAL_DATA:
            return False
        return diehl.has_real_data(self.header)

    def _real_data(self, body: Body, ci: int) -> Content:
        """Return what an older radio of Diehl's scrambled."""
        header = self.header
        self._header = diehl.turned(header, self._address)
        head, data = self._data[:4], self._data[self._at :]
        plain = diehl.real_data(header, self._address, head, data)
        if plain is None and self._key is None:
            raise KeyRequired("the content is scrambled", hint=ASK_FOR_KEY)
        if plain is None:
            raise Unsupported("scrambled with a key of its own", offset=LINK_SIZE + self._at)
        offset = LINK_SIZE + self._at
        return Content(self.header, body, plain, offset, diehl.SCRAMBLED, is_weak=True, ci=ci)

    def _unknown(self, ci: int) -> DecodeError:
        offset = LINK_SIZE + self._at
        if self._is_as_sent:
            return self._closed("session")
        if self._opened:  # a checksum of two bytes lets one wrong key in 65536 through
            return WrongKey("the key gives no telegram", hint=CHECK_KEY)
        return Unsupported(f"control information {ci:02X} carries no readings", offset=offset)

    def _open(self, authentication: Authentication, start: int) -> bytes:
        """Return the plain data behind the transport layer's header, which began at ``start``."""
        rest = self._data[self._at :]
        if not self._configuration & headers.MODE_BITS:
            return rest
        mode = self.header.encryption_mode
        blocks = self._configuration >> 4 & 0x0F
        if mode not in MODES or not blocks:
            self._is_weak = mode not in MODES  # no key helps, and two fillers are all the proof
            return self._as_sent(rest)
        self._encryption = MODES[mode]
        self._is_weak = True
        if self._key is None and (mode != 5 or self.header.manufacturer not in diehl.LETTERS):
            return self._as_sent(rest)
        extension = 1 if mode == 7 else 0
        key = diehl.PUBLISHED_KEY if self._key is None else self._key
        found: list[bytes] = []
        for end in _ends(blocks, len(rest) - extension):
            sealed, left = rest[extension : extension + end], rest[extension + end :]
            plain = (
                security.open_mode_5(key, self._address, self._access_number or 0, sealed)
                if mode == 5
                else self._open_mode_7(authentication, start, rest[0], sealed)
            )
            if plain is not None and plain[:2] == _FILLERS:
                found.append(plain + left)
        if len(found) > 1:
            found = [plain for plain in found if _reads(plain)]
            if len(found) != 1:
                raise Unsupported("unclear how much is encrypted", offset=LINK_SIZE + self._at)
        return found[0] if found else self._decrypted_before(rest)

    def _open_mode_7(
        self, authentication: Authentication, start: int, selection: int, sealed: bytes
    ) -> bytes | None:
        """Return plain data, None if their authentication fails."""
        key, counter = self._key, authentication.counter
        if selection & 0x30 != 0x10:
            raise Unsupported(f"key derivation {selection >> 4 & 3}", offset=LINK_SIZE + start)
        if key is None or not counter:
            raise Unsupported("a key derived without a message counter", offset=LINK_SIZE + start)
        identification = self._address[2:6]
        if authentication.code:
            message = authentication.control + counter + authentication.length + self._data[start:]
            if not security.is_authentic(
                key, identification, counter, message, authentication.code
            ):
                return None
            self._is_authentic = len(authentication.code) >= afl.LEAST_CODE
        return security.open_mode_7(key, identification, counter, sealed)

    def _decrypted_before(self, rest: bytes) -> bytes:
        """Return data that no key opened, if the receiver had opened them."""
        try:
            return self._as_sent(rest)
        except KeyRequired as error:
            if self._key is None:
                raise
            raise WrongKey("the key does not open the telegram", hint=CHECK_KEY) from error

    def _as_sent(self, rest: bytes) -> bytes:
        """Return data that need no key.

        :raises KeyRequired: if they need one.
        :raises Unsupported: if no key would help.
        """
        try:
            start = plain_start(self.header, rest)
        except KeyRequired as error:
            if self.header.encryption_mode in MODES:
                raise
            raise Unsupported(str(error), offset=LINK_SIZE + self._at) from error
        self._is_as_sent = self._is_weak
        self._is_authentic = False
        return rest[start:]


def _checks(sealed: bytes) -> bool:
    return crc16(sealed[2:]) == int.from_bytes(sealed[:2], "little")


def _ends(blocks: int, size: int) -> tuple[int, ...]:
    """Return where what is encrypted may end in ``size`` bytes.

    The count goes up to 15 blocks. In a longer message, 15 may also stand for all of them: the
    standard's editions and the meters differ, so that the content decides.
    """
    end = blocks * security.BLOCK
    if end > size:
        return ()
    if blocks < _MOST_BLOCKS or size == end or size % security.BLOCK:
        return (end,)
    return end, size


def _reads(data: bytes) -> bool:
    try:
        found = parse_records(data)
    except DecodeError:
        return False
    return bool(found.records) and not found.behind_empty
