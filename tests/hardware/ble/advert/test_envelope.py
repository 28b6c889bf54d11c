"""What an encrypted message shows without its key: that it is one, and whether it tells events."""

from __future__ import annotations

from typing import Any

import pytest

from hardware.ble.advert import Envelope, decode, envelope
from hardware.errors import KeyRequired

DOOR, ROOM = 0x098B, 0x055B


def test_bthome_says_itself_whether_something_happened(ether: Any) -> None:
    for info, tells_event in ((0x45, True), (0x41, False)):
        data = ether.bthome_sealed("1a01", 7, info=info)
        advert = ether.advert(s_fcd2=data)
        assert envelope(advert) == Envelope(bytes.fromhex(data), tells_event)
        with pytest.raises(KeyRequired):
            decode(advert)


@pytest.mark.parametrize("name", ["", "DIY-sensor", "ATC_010203", "prst"])
def test_old_bthome_says_so_by_its_name_alone(ether: Any, name: str) -> None:
    shown = envelope(ether.advert(s_181e="a25f330000000701020304", name=name))
    assert shown is not None
    assert shown.tells_event is (name in {"", "DIY-sensor"})


def test_mibeacon_says_so_by_its_product(ether: Any) -> None:
    for product, tells_event in ((DOOR, True), (ROOM, False), (0xFFFF, True)):
        data = ether.mi_sealed(product, ether.mi_object(0x1007, "640000"), 5)
        advert = ether.advert(s_fe95=data)
        assert envelope(advert) == Envelope(bytes.fromhex(data), tells_event)
    legacy = ether.mi_legacy(DOOR, ether.mi_object(0x1007, "640000"), 5, ether.KEY)
    assert envelope(ether.advert(s_fe95=legacy)) is not None


@pytest.mark.parametrize(
    "data",
    [
        {"s_fcd2": "441a01"},
        {"s_fcd2": ""},
        {"s_fcd2": "45a25f"},
        {"s_fcd2": "450000000701020304"},
        {"s_fcd2": "65a25f330000000701020304"},
        {"s_181c": "0202f309"},
        {"s_181e": "0000000701020304"},
        {"s_fe95": ""},
        {"s_fe95": "58588b09"},
        {"s_fe95": "50508b0907"},
        {"m_0499": "0512fc5394c37c0004fffc040cac364200cdcbb8334c884f"},
        {},
    ],
)
def test_what_is_open_or_cut_has_none(ether: Any, data: dict[str, str]) -> None:
    assert envelope(ether.advert(**data)) is None
