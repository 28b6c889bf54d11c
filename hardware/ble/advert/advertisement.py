"""What a scanner tells of one advertisement.

Source: Bluetooth Core Supplement, Part A, 1.1 (service UUIDs), 1.2 (local name), 1.4
(manufacturer specific data), 1.11 (service data).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from hardware.errors import DecodeError

MAX_DATA_BYTES = 1650  # Core 5.4, Vol 4 Part E, 7.8.54: the longest advertising data
MAX_STRUCTURES = 64  # more sections of data than any advertisement of these families has

UNKNOWN_SERVICE = ""  # service data of a scanner that does not tell its UUID

_BASE = "-0000-1000-8000-00805f9b34fb"
_ADDRESS = re.compile(r"(?:[0-9A-F]{2}:){5}[0-9A-F]{2}")
_UUID = re.compile(r"[0-9a-f]{4}|[0-9a-f]{8}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Advertisement:
    """One advertisement, scan response included.

    ``address`` is ``AA:BB:CC:DD:EE:FF`` or empty where the scanner does not tell it.
    ``manufacturer_data`` is without its company id, which is the key. ``service_data`` and
    ``services`` hold UUIDs as :func:`short_service` writes them.

    :raises DecodeError: if the address is none, or there is more data than the radio carries.
    """

    address: str = ""
    local_name: str = ""
    manufacturer_data: Mapping[int, bytes] = field(default_factory=dict)
    service_data: Mapping[str, bytes] = field(default_factory=dict)
    services: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.address and not _ADDRESS.fullmatch(self.address):
            raise DecodeError(f"{self.address!r} is no Bluetooth address")
        blocks = [*self.manufacturer_data.values(), *self.service_data.values()]
        if len(blocks) > MAX_STRUCTURES or sum(map(len, blocks)) > MAX_DATA_BYTES:
            raise DecodeError(f"more data than the {MAX_DATA_BYTES} bytes of an advertisement")
        if any(not 0 <= company <= 0xFFFF for company in self.manufacturer_data):
            raise DecodeError("a company id has two bytes")

    @property
    def mac(self) -> bytes:
        """The address, most significant byte first; empty if it is not known."""
        return bytes.fromhex(self.address.replace(":", ""))

    def frame(self, company: int) -> bytes:
        """Return manufacturer data as sent, the company id's two bytes first."""
        return company.to_bytes(2, "little") + self.manufacturer_data[company]


def short_service(text: str) -> str:
    """Return four lower-case digits for a UUID on Bluetooth's base, else all 36 characters.

    An empty text stays empty: :data:`UNKNOWN_SERVICE`.

    :raises DecodeError: if ``text`` is no UUID.
    """
    uuid = text.strip().lower().removeprefix("0x")
    if uuid == UNKNOWN_SERVICE:
        return uuid
    if not _UUID.fullmatch(uuid):
        raise DecodeError(f"{text[:40]!r} is no UUID")
    if len(uuid) == 4:
        return uuid
    if len(uuid) == 8:
        uuid += _BASE
    return uuid[4:8] if uuid.startswith("0000") and uuid.endswith(_BASE) else uuid
