"""The checksums on a receiver's wire and between a telegram's blocks.

Source: EN 13757-4 (the CRC of the frames' blocks); ITU-T V.42, 8.1.1.6.1 (the HCI's FCS).
"""

from __future__ import annotations

_BLOCK_POLYNOMIAL = 0x3D65
_FCS_POLYNOMIAL = 0x8408  # 0x1021 with its bits reversed: the lowest bit goes first


def block_crc(data: bytes) -> int:
    """Return the CRC of a telegram's block, which follows it with its high byte first."""
    crc = 0
    for byte in data:
        crc = ((crc << 8) & 0xFFFF) ^ _BLOCK_TABLE[(crc >> 8) ^ byte]
    return crc ^ 0xFFFF


def frame_check(data: bytes) -> int:
    """Return the frame check sequence of an HCI message, which goes low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc = (crc >> 8) ^ _FCS_TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFF


def _block_entry(byte: int) -> int:
    crc = byte << 8
    for _ in range(8):
        crc = ((crc << 1) ^ _BLOCK_POLYNOMIAL if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def _fcs_entry(byte: int) -> int:
    crc = byte
    for _ in range(8):
        crc = (crc >> 1) ^ _FCS_POLYNOMIAL if crc & 1 else crc >> 1
    return crc


_BLOCK_TABLE = tuple(_block_entry(byte) for byte in range(256))
_FCS_TABLE = tuple(_fcs_entry(byte) for byte in range(256))
