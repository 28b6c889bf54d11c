"""The journal's key of a Bluetooth value."""

from __future__ import annotations

from edge.clock import Stamp
from edge.store.journal import entry_key
from hardware.ble.registry import decode
from hardware.errors import DecodeError, Unsupported

_STREAMS = {"2A37", "2A5F"}
_NUMBERED = {"2A18", "2B36"}
_UNKNOWN_YEAR = "0000"


def value_key(device: str, uuid: str, value: bytes, stamp: Stamp) -> bytes:
    """Return the idempotent key of a value of ``device`` that arrived at ``stamp``.

    A value that carries its number or the full time of its measurement is itself: sent again, it
    is the same one. Of a stream every value is one of its kind. Without either, two equal values
    may be two readings, so the minute of arrival counts as well: nobody measures twice in a
    minute, and a value sent again later is kept twice rather than lost once.
    """
    kind = f"ble:{uuid}"
    if uuid in _STREAMS:
        return entry_key(kind, device, value, stamp.wall_ms, stamp.monotonic_ns)
    if uuid == "advert":
        return entry_key(kind, device, value, stamp.wall_ms // 1000)
    try:
        timestamp = decode(uuid, value).timestamp
    except (DecodeError, Unsupported):
        timestamp = None
    if timestamp is not None and not timestamp.startswith(_UNKNOWN_YEAR):
        return entry_key(kind, device, value)
    window_ms = 86_400_000 if uuid in _NUMBERED else 60_000
    return entry_key(kind, device, value, stamp.wall_ms // window_ms)
