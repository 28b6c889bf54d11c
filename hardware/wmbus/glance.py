"""What can be told of a telegram at a glance: without a key, without reading its content.

Enough for whoever hears a street: whose it is, whether it was heard before, how it is encrypted.

Source: EN 13757-4:2019, clause 13 (extended link layer); EN 13757-7:2018, clauses 6 and 7;
OMS Specification, volume 2, annex on the configuration field (hop bits).
"""

from __future__ import annotations

from dataclasses import dataclass

from hardware.mbus.header import MODE_BITS, Header, parse_short
from hardware.wmbus.layers import MODES, NONE, SESSION
from hardware.wmbus.link import LinkFrame

SENDS = frozenset((0x44, 0x46, 0x47, 0x48, 0x08, 0x18, 0x28, 0x38))  # C fields of meters with data

FRAGMENT = "fragment"
UNKNOWN = "unknown"

_PREFIX = "wmbus:"
_SHORT_LINK = frozenset((0x8C, 0x8D))
_LONG_LINK = frozenset((0x8E, 0x8F))
_WITH_SESSION = frozenset((0x8D, 0x8F))
_AFL = 0x90
_MORE = 0x4000  # flags of the authentication layer, and the bits of the fragment's number
_FRAGMENT = 0xFF
_MESSAGE_COUNTER = 0x0800  # flag of the authentication layer
_LONG_HEADER = frozenset((0x72, 0x73))
_SHORT_HEADER = frozenset((0x7A, 0x7B))
_ADDRESS_SIZE = 8
_HEADER_SIZE = 4  # access number, status, configuration field
# bits that a repeater sets on the way: in the communication control field, in the configuration
_LINK_HOPS = 0x12
_HEADER_HOPS = 0x03


@dataclass(frozen=True, slots=True)
class Glance:
    """A telegram as far as it is open to everybody.

    ``fragment`` is the number of the part of a message, from 1, which the telegram holds; 0 if the
    message is whole. Of a part behind the first one it is not open how it is encrypted.
    ``same`` are bytes that are alike for every copy of the telegram, repeated ones as well.
    ``is_counted`` says that it carries a message or session counter, so that a meter never sends
    the same one twice. ``access_number`` is None if there is none. ``encryption`` is called as in
    :mod:`hardware.wmbus.layers`, `mode-N` if it is none of those, `unknown` if the number names no
    mode, `fragment` of a later part of a message.
    """

    device: str
    header: Header
    encryption: str
    access_number: int | None
    is_counted: bool
    same: bytes
    fragment: int = 0

    @property
    def shape(self) -> tuple[int, int]:
        """CI field and length: a meter's telegrams of one shape bring the same registers."""
        return self.same[_ADDRESS_SIZE], len(self.same)


def glance(frame: LinkFrame) -> Glance:
    """Look at ``frame``; whatever it holds, nothing is raised."""
    look = _Look(frame.payload)
    header = frame.header
    return Glance(
        device=device_name(header),
        header=header,
        encryption=look.encryption,
        access_number=look.access_number,
        is_counted=look.is_counted,
        same=frame.address + look.same,
        fragment=look.fragment,
    )


def device_name(header: Header) -> str:
    """Return how a meter on the air is called everywhere: `wmbus:KAM-76348799-1B-04`.

    Manufacturer, identification, version and medium of the link address, which nobody encrypts.
    """
    return (
        f"{_PREFIX}{header.manufacturer}-{header.identification}"
        f"-{header.version or 0:02X}-{header.medium_code or 0:02X}"
    )


def wireless_address(device: str) -> str:
    """Return what of a device's name a person writes down: `KAM-76348799`."""
    return device.removeprefix(_PREFIX).rsplit("-", 2)[0]


class _Look:
    """One walk over a payload, as far as it goes."""

    def __init__(self, payload: bytes) -> None:
        self.encryption = NONE
        self.access_number: int | None = None
        self.is_counted = False
        self.fragment = 0
        self._payload = payload
        self._hops: dict[int, int] = {}  # offset to the bits that a repeater changes
        self._at = 0
        if self._link() and self._authentication():
            self._transport()
        if self._hops:
            same = bytearray(payload)
            for offset, bits in self._hops.items():
                same[offset] &= ~bits
            self.same = bytes(same)
        else:
            self.same = payload

    def _has(self, size: int) -> bool:
        """Tell if ``size`` bytes follow."""
        return self._at + size <= len(self._payload)

    def _link(self) -> bool:
        """Go behind an extended link layer; False if nothing behind it is open."""
        ci = self._payload[0]
        if ci not in _SHORT_LINK and ci not in _LONG_LINK:
            return True
        has_session = ci in _WITH_SESSION
        size = 3 + _ADDRESS_SIZE * (ci in _LONG_LINK) + 6 * has_session
        if not self._has(size):
            return False
        self._hops[1] = _LINK_HOPS
        self.access_number = self._payload[2]
        self._at = size
        if has_session and self._payload[size - 3] >> 5:
            self.encryption = SESSION
            self.is_counted = True
            return False
        return True

    def _authentication(self) -> bool:
        """Go behind an authentication layer; False if the telegram ends in it."""
        if not self._has(1) or self._payload[self._at] != _AFL:
            return self._has(1)
        if not self._has(4):
            return False
        flags = int.from_bytes(self._payload[self._at + 2 : self._at + 4], "little")
        self.is_counted = bool(flags & _MESSAGE_COUNTER)
        if flags & _MORE or flags & _FRAGMENT > 1:
            self.fragment = flags & _FRAGMENT
            if self.fragment > 1:
                self.encryption = FRAGMENT
                return False
        self._at += 2 + self._payload[self._at + 1]
        return self._has(1)

    def _transport(self) -> None:
        ci = self._payload[self._at]
        if ci not in _LONG_HEADER and ci not in _SHORT_HEADER:
            return
        start = self._at + 1 + _ADDRESS_SIZE * (ci in _LONG_HEADER)
        self._at = start
        if not self._has(_HEADER_SIZE):
            return
        self._hops[start + 2] = _HEADER_HOPS
        header = parse_short(self._payload[start : start + _HEADER_SIZE])
        self.access_number = header.access_number
        mode = header.encryption_mode
        if mode and (mode not in MODES or header.configuration & 0xF0):
            self.encryption = MODES.get(mode, f"mode-{mode}")
        elif not mode and header.configuration & MODE_BITS:
            self.encryption = UNKNOWN
