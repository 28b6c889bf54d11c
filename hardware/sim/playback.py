"""Recorded advertisements, played again on a virtual air in the time they were recorded in.

What a device said over a connection is :mod:`hardware.sim.reenacted`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from bumble import ll
from bumble.hci import Address

from hardware.hci.btsnoop import Reader
from hardware.hci.listen import Heard, Listener
from hardware.sim.air import Air

LONGEST_PAUSE_S = 60.0  # a hub was switched off for longer than anybody wants to wait
_PIECE_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Said:
    """One advertisement and the moment it was heard."""

    at: datetime
    address: str
    public: bool
    data: bytes


def advertisements(file: BinaryIO) -> Iterator[Said]:
    """Give what was heard in a recording, whole advertisements only, in order.

    :raises DecodeError: if it is none.
    """
    reader, listener = Reader(), Listener()
    while data := file.read(_PIECE_BYTES):
        for packet in reader.feed(data):
            for event in listener.packet(packet):
                if isinstance(event, Heard) and event.report.complete:
                    report = event.report
                    yield Said(event.at, report.address, report.public, report.data)


async def play(air: Air, said: Iterator[Said], speed: float = 1.0) -> int:
    """Say everything again, ``speed`` times as fast; return how much it was."""
    before: datetime | None = None
    count = 0
    for one in said:
        gap_s = 0.0 if before is None else (one.at - before).total_seconds()
        await asyncio.sleep(min(max(gap_s, 0.0), LONGEST_PAUSE_S) / speed)
        before = one.at
        kind = Address.PUBLIC_DEVICE_ADDRESS if one.public else Address.RANDOM_DEVICE_ADDRESS
        air.spread(ll.AdvInd(advertiser_address=Address(one.address, kind), data=one.data))
        count += 1
    return count
