"""The journal's key of a Bluetooth value."""

from __future__ import annotations

from edge.clock import Stamp
from edge.store.journal import entry_key
from hardware.ble.identity import identity


def value_key(device: str, uuid: str, value: bytes, stamp: Stamp) -> bytes:
    """Return the idempotent key of a value of ``device`` that arrived at ``stamp``.

    ``uuid`` is the characteristic, or ``advert``. See :func:`hardware.ble.identity.identity`.
    """
    own = identity(uuid, value, stamp.wall_ms)
    return entry_key(f"ble:{own[0]}", device, *own[1:])
