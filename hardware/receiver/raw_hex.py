"""Raw hex on a line: what microcontrollers with a radio and log files give.

Each line is one telegram, L field first, in hex, with or without blanks between the bytes.
Which form it has is told by its length: with the CRCs of frame format A it is longer than its L
field says. If it is as long as that, the CRCs were taken out, or it is frame format B with the
CRCs that its L field counts: then the last block's CRC is right, by chance for one telegram in
65,536 of the other kind, which the decoder then finds too short.

There is no device to try this against: nobody specifies it. Nothing is sent.

Source: EN 13757-4 (frame formats A and B).
"""

from __future__ import annotations

from hardware.receiver.base import Damage, Heard, LinkMode, Setup
from hardware.receiver.crc import block_crc
from hardware.receiver.cul import framed_size
from hardware.receiver.lines import LineFraming

_FIRST_BLOCKS = 128  # bytes of format B that the first CRC ends: block 1 (10) and block 2 (118)


class RawHex(LineFraming):
    """Lines of hex, 9,600 Bd 8N1 unless the moniker says otherwise."""

    kind = "raw_hex"
    serial_options = "baud=9600&parity=N"
    modes = frozenset(LinkMode)

    def configure(self, mode: LinkMode) -> Setup:
        """Return no commands: whoever writes hex takes none."""
        del mode
        yield from ()

    def _take(self, line: str) -> Heard | None:
        data = self._hex(line)
        if data is None:
            return None
        if framed_size(data[0], "A") == len(data):
            return Heard(data, "present", frame_format="A")
        if framed_size(data[0], "B") != len(data):
            self._damage[Damage.LENGTH] += 1
            return None
        if _ends_in_crc(data):
            return Heard(data, "present", frame_format="B")
        return Heard(data, "stripped")


def _ends_in_crc(data: bytes) -> bool:
    last = data if len(data) <= _FIRST_BLOCKS else data[_FIRST_BLOCKS:]
    return block_crc(last[:-2]) == int.from_bytes(last[-2:], "big")
