"""Devices whose frames have fixed places: what cannot be, and what only looks like them."""

from __future__ import annotations

from typing import Any

import pytest

from hardware.ble.advert import Advertisement, decode, pack, short_service, unpack
from hardware.ble.advert import registry as room
from hardware.ble.advert.layout import Field, Layout, Real
from hardware.errors import DecodeError, Unsupported
from hardware.reading import Quantity, Unit

BEACON = "0215fda50693a4e24fb1afcfc6eb07647825000100025a"
MAC = "a4c138010203"
REVERSED = "03020138c1a4"


def test_a_packed_barometer(ether: Any) -> None:
    packed = 25_000 + 72_001 * (22_704 + 40_001 * 71_325)
    data = packed.to_bytes(6, "little").hex()
    got = ether.numbers(name="SensorPush HTP.xw 1", **{f"m_{data[:2]}00": data[2:]})
    assert got == {"air_temperature": 22.5, "relative_humidity": 56.76, "air_pressure": 1013.25}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("GVH5075_1", {"m_ec88": "00811f09e400"}),  # the sensor's own error
        ("GVH5075_1", {"m_ec88": "000f423f7f00"}),  # a battery of 127 percent
        ("TP357", {"m_76c2": "01f0022c"}),  # 240 percent
        ("", {"s_0000": "02599c37d90287a521520009635ab801"}),
        ("", {"s_0000": "02599c37d90287a521520006635ab809"}),
        ("electricity", {"m_8290": "6300f0cf0000c449820080"}),
        ("electricity", {"m_8290": "6300f0cf00000000820080"}),
        ("", {"s_fdcd": "0809" + REVERSED + "0104fa00"}),
        ("", {"s_fdcd": "0809010101010101020157"}),
        ("", {"m_0499": "05"}),
        ("", {"m_0499": "0505a060a0c89afd34028cff006376726976010101010101"}),
        ("", {"s_181d": "22ffffe607020e10293a"}),
        ("P T 1", {"s_2a6e": "70"}),
        ("RDL52832", {"m_004c": BEACON, "s_1803": "1a463d34020002000100090600000105"}),
    ],
)
def test_what_cannot_be(ether: Any, name: str, data: dict) -> None:
    with pytest.raises(DecodeError) as caught:
        ether.hear(name=name, **data)
    assert not isinstance(caught.value, Unsupported)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("", {}),
        ("", {"m_004c": "1005"}),  # a phone
        ("", {"m_004c": "0215655f83caae16a10a702e31f30d58dd82f644000064"}),  # a car's battery
        ("", {"m_004c": "0215a495bb10c5b14b44b5121370f02d74de004403f8c5"}),  # brewing
        ("", {"m_004c": "0215"}),
        ("", {"m_ec88": "00811f096400"}),  # no name
        ("GVH5075_1", {"m_ec88": "00811f0964"}),  # another length
        ("", {"s_181a": "a4c138010204ffd33e510b7b62"}),  # another's address
        ("", {"m_0000": "0000" + "010101010101" + "f6ff8a02"}),
        ("", {"s_feaa": "1000e5c100"}),  # an Eddystone of anybody
        ("", {"s_181d": "22d807e607020e1029"}),
        ("", {"s_181d": "22d807e607320e10293a"}),  # month 50
        ("", {"s_181b": "22d807e607020e10293a0000"}),
        ("P T 1", {"s_2a07": "7008"}),
        ("P", {"s_2a6e": "7008"}),
        ("", {"m_0157": "0202017d" + "ff" * 14 + "010101010101"}),
        ("", {"s_fdcd": "0877" + REVERSED}),
        ("", {"m_0499": "0205"}),
        ("", {"m_0499": ""}),
    ],
)
def test_strangers(ether: Any, name: str, data: dict) -> None:
    with pytest.raises(Unsupported):
        ether.hear(name=name, **data)


def test_tags(ether: Any) -> None:
    assert ether.hear(services=("feed",)).measurement.device == "tile"
    assert ether.hear(s_fd84="00").measurement.device == "tile"
    assert ether.hear(name="nutale").measurement.device == "nut"


def test_no_frame_is_two_devices(ether: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = ether.advert(s_1899="01")
    twins = tuple(Layout(name, (), service="1899", sizes=(1,)) for name in ("one", "two"))
    monkeypatch.setattr(room, "_LAYOUTS", twins)
    with pytest.raises(DecodeError, match="one, two"):
        decode(heard)


def test_real_numbers(ether: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = (
        Real(Quantity.AIR_TEMPERATURE, 0),
        Real(Quantity.OTHER, 4, name="level", unit=Unit.METRE),
        Field(Quantity.OTHER, 8, name="count", unit=Unit.ONE),
    )
    monkeypatch.setattr(room, "_LAYOUTS", (Layout("x", parts, service="1899", sizes=(9,)),))
    got = ether.numbers(s_1899="0000ac410000803f07")
    assert got == {"air_temperature": 21.5, "level": 1, "count": 7}
    with pytest.raises(DecodeError, match="no number"):
        ether.hear(s_1899="0000c07f0000803f07")


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "A4:C1:38:01:02"},
        {"address": "a4:c1:38:01:02:03"},
        {"manufacturer_data": {0x10000: b""}},
        {"manufacturer_data": {1: b"x" * 1651}},
        {"service_data": {str(number): b"" for number in range(65)}},
    ],
)
def test_no_advertisement(wrong: dict) -> None:
    with pytest.raises(DecodeError):
        Advertisement(**wrong)


def test_services() -> None:
    base = "-0000-1000-8000-00805f9b34fb"
    for text in ("fcd2", "0xFCD2", " FCD2", "0000fcd2", f"0000FCD2{base}"):
        assert short_service(text) == "fcd2"
    assert short_service(f"1234fcd2{base}") == f"1234fcd2{base}"
    assert short_service("") == ""
    for wrong in ("fcd", "fcd2-", "xxxx", f"fcd2{base}"):
        with pytest.raises(DecodeError, match="no UUID"):
            short_service(wrong)


def test_advertising_data(ether: Any) -> None:
    """Flags, a short name, two services in one structure, service data; then a whole name."""
    heard = unpack(bytes.fromhex("02010604084254310503d2fc0f180616d2fc4001640309424e"))
    assert (heard.local_name, heard.services) == ("BN", {"fcd2", "180f"})
    assert heard.service_data == {"fcd2": bytes.fromhex("400164")}
    for wrong in ("0309", "02ff4c", "0216d2", "0403d2fc0f", "02030f"):
        with pytest.raises(DecodeError):
            unpack(bytes.fromhex(wrong))
    with pytest.raises(DecodeError, match="longer"):
        unpack(bytes(1651))
    with pytest.raises(DecodeError, match="one part"):
        pack(ether.advert(m_004c="00" * 300))
    with pytest.raises(DecodeError, match="UUID"):
        pack(ether.advert(s_="00"))
