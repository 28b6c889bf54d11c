"""Which receivers there are, by the name that a configuration gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from hardware.receiver.amb8465 import Amb8465
from hardware.receiver.base import Receiver
from hardware.receiver.cul import Cul
from hardware.receiver.im871a import Im871a
from hardware.receiver.raw_hex import RawHex
from hardware.receiver.rtl_wmbus import RtlWmbus

_MAKERS: Mapping[str, Callable[[], Receiver]] = MappingProxyType(
    {
        Im871a.kind: Im871a,
        Amb8465.kind: Amb8465,
        Cul.kind: Cul,
        RtlWmbus.kind: RtlWmbus,
        RawHex.kind: RawHex,
    }
)

KINDS = tuple(_MAKERS)


def receiver_of(kind: str) -> Receiver:
    """Return a new receiver of ``kind``.

    :raises KeyError: if ``kind`` is none of :data:`KINDS`.
    """
    return _MAKERS[kind]()
