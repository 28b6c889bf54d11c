"""What a hub recorded is heard again by another."""

from __future__ import annotations

import asyncio
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bumble import hci

from hardware.errors import DecodeError
from hardware.hci.btsnoop import HEADER, encode_packet
from hardware.sim import playback
from hardware.sim.playback import advertisements, play

AT = datetime(2026, 11, 23, tzinfo=UTC)
RANDOM, PUBLIC = "C0:11:22:33:44:55", "00:11:22:33:44:66"


def report(address: str, data: bytes, *, public: bool = False) -> bytes:
    kind = hci.Address.PUBLIC_DEVICE_ADDRESS if public else hci.Address.RANDOM_DEVICE_ADDRESS
    one = hci.HCI_LE_Advertising_Report_Event.Report(
        event_type=0,
        address_type=int(not public),
        address=hci.Address(address, kind),
        data=data,
        rssi=-60,
    )
    return bytes(hci.HCI_LE_Advertising_Report_Event([one]))


RECORDING = HEADER + b"".join(
    encode_packet(packet, received=True, at=AT + timedelta(seconds=second))
    for second, packet in (
        (0, report(RANDOM, bytes.fromhex("0201060303091803094f6e"))),
        (1, bytes.fromhex("040e0401030c00")),
        (3600, report(PUBLIC, bytes.fromhex("03030918"), public=True)),
        (3599, report(RANDOM, bytes.fromhex("0302091803095477"))),  # a clock that was set back
    )
)


def test_what_was_heard_is_heard_again(bedside: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playback, "LONGEST_PAUSE_S", 0.5)

    async def work(beside: Any) -> None:
        looking = asyncio.create_task(beside.radio.discover("1809", 1.5))
        while not beside.ether.scanned:  # noqa: ASYNC110  # a scanner has no event
            await asyncio.sleep(0.01)
        said = advertisements(io.BytesIO(RECORDING))
        assert await play(beside.ether.link, said, speed=2) == 3
        heard = {found.address: found.name for found in await looking}
        assert heard == {RANDOM: "Tw", PUBLIC: ""}
        assert not beside.ether.scanned

    bedside(work)


def test_what_is_no_recording() -> None:
    with pytest.raises(DecodeError):
        list(advertisements(io.BytesIO(b"x" * 100)))
