"""rtl_wmbus: the lines of the software receiver behind an RTL-SDR stick.

``MODE;CRC_OK;3OUTOF6OK;TIMESTAMP;PACKET_RSSI;CURRENT_RSSI;IDENT;0xDATAGRAM``, the datagram
without CRCs, which the program checked. Lines that it marks as damaged are counted and dropped;
the identification is compared with the telegram's own, for two lines run into one otherwise
look whole. Everything else that a shell pipe may carry (messages of ``rtl_sdr``) is counted.

The program's signal strengths are numbers without a unit, so ``rssi_dbm`` is None. The time is
UTC and that of the machine the program runs on. Older versions did not correct the L
field of frame format B when they took the CRCs out; it is corrected here, for such lines alone.

Built from the program's sources and lines that its users published, without a radio at hand.

Source: rtl-wmbus, README (columns) and t1_c1_packet_decoder.h, s1_packet_decoder.h.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from hardware.receiver.base import Damage, Heard, LinkMode, Setup
from hardware.receiver.lines import LineFraming

_LINE = re.compile(
    r"(?:[a-z0-9]{1,8};)?"  # which of its algorithms found the telegram, if asked to say so
    r"(?P<mode>[TCS]1);(?P<crc>[01]);(?P<coding>[01]);"
    r"(?P<at>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?);"
    r"[0-9]{1,10};[0-9]{1,10};(?P<ident>[0-9A-Fa-f]{8});0x(?P<data>[0-9A-Fa-f]*)"
)
_ONE_CRC = 126  # bytes that the first CRC of frame format B covers; what follows has its own


class RtlWmbus(LineFraming):
    """The program's output, from a pipe or a TCP line."""

    kind = "rtl_wmbus"
    serial_options = ""
    modes = frozenset(LinkMode)

    def configure(self, mode: LinkMode) -> Setup:
        """Return no commands: the program's modes are set where it is started."""
        del mode
        yield from ()

    def _take(self, line: str) -> Heard | None:
        fields = _LINE.fullmatch(line)
        if fields is None:
            self._damage[Damage.FORMAT] += 1
            return None
        if fields["crc"] == "0" or (fields["mode"] == "T1" and fields["coding"] == "0"):
            self._damage[Damage.BAD_CRC] += 1
            return None
        telegram = self._hex(fields["data"])
        at = _time(fields["at"])
        if telegram is None:
            return None
        if at is None or telegram[4:8][::-1] != bytes.fromhex(fields["ident"]):
            self._damage[Damage.FORMAT] += 1
            return None
        if fields["mode"] == "C1":
            telegram = _with_own_length(telegram)
        return Heard(telegram, "checked", at=at) if self._whole(telegram) else None


def _with_own_length(telegram: bytes) -> bytes:
    """Take the CRCs, which are gone, out of the L field if it still counts them."""
    if telegram[0] + 1 == len(telegram) + (2 if len(telegram) <= _ONE_CRC else 4):
        return bytes((len(telegram) - 1,)) + telegram[1:]
    return telegram


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None
