"""The end-to-end check of medical values.

Source: Bluetooth Continuous Glucose Monitoring Service 1.0.2, 3.11 (E2E-CRC); GATT
Specification Supplement, CRC calculation: x^16 + x^12 + x^5 + 1, start 0xFFFF, low bit first.
"""

from __future__ import annotations

from hardware.ble.cursor import Cursor
from hardware.errors import DecodeError

CRC_BYTES = 2
_HINT = "Die Übertragung war gestört: Gerät näher an den Hub bringen und noch einmal messen."


def e2e_crc(data: bytes) -> int:
    """Return the check of ``data``; it is sent low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x8408 if crc & 1 else 0)
    return crc


def with_crc(data: bytes) -> bytes:
    """Return ``data`` and its check."""
    return data + e2e_crc(data).to_bytes(CRC_BYTES, "little")


def end_with_crc(cursor: Cursor, data: bytes) -> bool:
    """Check that nothing follows in ``data``, or only its right check; say whether one was there.

    ``data`` is what the cursor reads, ``cursor`` stands behind the last field. Whether a device
    sends the check stands in its feature value, but no field is two bytes longer without it.

    :raises DecodeError: if anything else follows, or the check is wrong.
    """
    if cursor.offset == len(data):
        return False
    place = cursor.offset
    sent = cursor.unsigned(CRC_BYTES, "the E2E-CRC")
    cursor.end()
    check_crc(data[:place], sent)
    return True


def check_crc(data: bytes, sent: int) -> None:
    """Check ``data`` against the check that was sent. :raises DecodeError: if it is wrong."""
    if sent != e2e_crc(data):
        raise DecodeError("the E2E-CRC is wrong", offset=len(data), hint=_HINT)
