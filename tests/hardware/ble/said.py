"""What a characteristic's value says, by name."""

from __future__ import annotations

from hardware.ble import decode
from hardware.ble.clock import DateTime

CLOCK = DateTime(2026, 3, 29, 2, 30, 0)


def numbers(uuid: str, value: str | bytes) -> dict[str, float | str]:
    raw = bytes.fromhex(value) if isinstance(value, str) else value
    return {record.name: record.value for record in decode(uuid, raw).records}


def flags(uuid: str, value: str | bytes) -> dict[str, bool | int | str]:
    return decode(uuid, bytes.fromhex(value) if isinstance(value, str) else value).flags
