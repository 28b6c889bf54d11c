"""MiBeacon: each object by hand, on the products that give it a meaning."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from hardware.ble.advert.mibeacon_objects import OBJECTS
from hardware.errors import DecodeError, Unsupported

BULB = 0x01AA  # LYWSDCGQ: a product without meanings of its own
REAL = struct.pack("<f", 21.25).hex()

# product, type, data, numbers, flags
SAID = [
    (0x03DD, 0x0003, "01", {"motion": 1}, {"motion": "motion_detected"}),
    (0x069E, 0x0006, "0000000000", {}, {"key_id": "administrator", "fingerprint": True}),
    (0x069E, 0x0006, "0700000003", {}, {"key_id": "7", "fingerprint": False}),
    (0x069E, 0x0006, "efbeadde09", {}, {"key_id": "invalid operator", "fingerprint": False}),
    (0x0E39, 0x0007, "00", {"door_open": 1}, {"door_stuck": False}),
    (0x0E39, 0x0007, "0200000000", {"door_open": 1}, {"left_open": True}),
    (0x0E39, 0x0007, "09", {}, {"door": "reserved"}),
    (0x0E39, 0x0008, "00", {}, {"armed": True}),
    (0x0380, 0x0008, "01", {}, {"armed": False, "lock_method": "manual"}),
    (0x0391, 0x000A, "720e", {"temperature": 36.98}, {}),
    (0x0391, 0x000A, "0000", {}, {}),
    (0x069E, 0x000B, "100500008061626364", {"locked": 0}, {"key_id": "key id 5"}),
    (0x069E, 0x000B, "010500000061626364", {"locked": 1}, {"key_id": "Bluetooth key 5"}),
    (0x069E, 0x000B, "f5ffffffff61626364", {"locked": 1}, {"lock_method": "abnormal"}),
    (0x069E, 0x000B, "000300dec061626364", {"locked": 0}, {"lock_error": "lock_picking"}),
    (0x069E, 0x000B, "0000000a8061626364", {"locked": 0}, {"key_id": "key id 0"}),
    (0x069F, 0x000B, "560200038061626364", {}, {"childlock": False, "key_id": "Keys key id 2"}),
    (0x069E, 0x000B, "0e0000000000000000", {}, {"lock_action": "reserved"}),
    (0x069E, 0x000B, "c00000000000000000", {}, {"lock_action": "reserved"}),
    (0x0A8D, 0x000F, "000100", {"motion": 1, "light": 1}, {}),
    (0x0A83, 0x000F, "100000", {"motion": 1, "illuminance": 16}, {}),
    (0x0863, 0x000F, "100000", {"motion": 1}, {}),
    (0x0489, 0x0010, "00", {}, {"brushing": True}),
    (0x0489, 0x0010, "0005", {"counter": 5}, {"brushing": True}),
    (0x0489, 0x0010, "0105", {"score": 5}, {"brushing": False}),
    (BULB, 0x1004, "9cff", {"air_temperature": -10}, {}),
    (0x0083, 0x1005, "0155", {"temperature": 85}, {"power": True}),
    (BULB, 0x1006, "6702", {"relative_humidity": 61.5}, {}),
    (0x055B, 0x1006, "6702", {"relative_humidity": 61}, {}),
    (0x098B, 0x1007, "640000", {"light": 1}, {}),
    (0x0098, 0x1007, "f32600", {"illuminance": 9971}, {}),
    (0x0098, 0x1008, "1e", {"soil_moisture": 30}, {}),
    (0x0098, 0x1009, "5702", {"soil_conductivity": 599}, {}),
    (BULB, 0x100A, "57", {"battery_level": 87}, {}),
    (BULB, 0x100D, "0cff6702", {"air_temperature": -24.4, "relative_humidity": 61.5}, {}),
    (0x0380, 0x100E, "09", {"locked": 1}, {"childlock": False}),
    (BULB, 0x100E, "09", {}, {}),
    (0x09B0, 0x100F, "01", {"door_open": 1}, {}),
    (0x02DF, 0x1010, "0800", {"formaldehyde": 0.08}, {}),
    (0x040A, 0x1012, "01", {}, {"power": True}),
    (0x040A, 0x1013, "57", {"consumable": 87}, {}),
    (0x0863, 0x1014, "01", {"water_leak": 1}, {}),
    (0x0997, 0x1015, "00", {"smoke": 0}, {}),
    (0x0A8D, 0x1017, "78000000", {"motion": 0, "no_motion_duration": 120}, {}),
    (0x0A8D, 0x1018, "01", {"light": 1}, {}),
    (0x098B, 0x1019, "00", {"door_open": 1}, {}),
    (0x098B, 0x1019, "01", {"door_open": 0}, {"left_open": False}),
    (0x098B, 0x1019, "02", {"door_open": 1}, {"left_open": True}),
    (0x098B, 0x1019, "03", {}, {"door": "reserved"}),
    (0x07F6, 0x101B, "00000000", {"motion": 0}, {}),
    (0x0489, 0x3003, "0061626364", {}, {"brushing": True}),
    (0x0489, 0x3003, "016162636405", {"score": 5}, {"brushing": False}),
    (0x520B, 0x4801, REAL, {"air_temperature": 21.2}, {}),
    (0x520B, 0x4802, "38", {"relative_humidity": 56}, {}),
    (0x1889, 0x4804, "02", {"door_open": 0}, {"forcibly_removed": False}),
    (0x1889, 0x4804, "03", {}, {"door": "reserved"}),
    (0x2AEB, 0x4805, REAL, {"illuminance": 21.25}, {}),
    (0x6375, 0x4806, "01", {"bottom_submersion": 1}, {}),
    (0x3F0F, 0x4806, "00", {"water_leak": 0}, {}),
    (0x520B, 0x4808, REAL, {"relative_humidity": 21.2}, {}),
    (0x78D1, 0x480C, "01", {"door_open": 0}, {"left_open": False}),
    (0x2AEB, 0x4818, "1e00", {"motion": 1, "no_motion_duration": 30}, {}),
    (0x3F4C, 0x483C, "01", {"occupancy": 1}, {}),
    (0x3F4C, 0x483D, "3c000000", {"pressure_present_duration": 60}, {}),
    (0x3F4C, 0x483E, "3c000000", {"pressure_not_present_duration": 60}, {}),
    (0x4683, 0x484E, "02", {"occupancy": 0}, {}),
    (0x50FB, 0x484E, "02", {"occupancy": 1}, {}),
    (0x6A0F, 0x4852, "05", {"duration_cleared": 5}, {}),
    (0x6375, 0x487B, "01", {"top_splash": 1}, {}),
    (0x2AEB, 0x4A01, "01", {}, {"battery_low": True}),
    (0x1889, 0x4A0F, "01", {"door_open": 1, "tamper": 1}, {"forcibly_removed": True}),
    (0x1889, 0x4A0F, "02", {}, {}),
    (0x1889, 0x4A13, "02", {}, {}),
    (0x1889, 0x4A1A, "01", {"door_open": 1}, {"left_open": True}),
    (0x1889, 0x4A1A, "02", {}, {}),
    (0x6375, 0x4A68, "02", {"top_splash": 1}, {}),
    (0x6375, 0x4A68, "01", {"bottom_submersion": 0}, {}),
    (0x6375, 0x4A68, "09", {}, {}),
    (0x55B5, 0x4C01, REAL, {"air_temperature": 21.25}, {}),
    (0x55B5, 0x4C14, "02", {}, {"mode": 2}),
    (0x45C9, 0x4E16, "01961b000061626364", {"body_weight": 70.62}, {"profile_id": 1}),
    (0x45C9, 0x4E16, "010000000061626364", {}, {}),
    (0x6A0F, 0x5413, "01", {"occupancy_close_range": 1}, {}),
    (0x59FC, 0x5422, "00", {}, {"charging_state": "charging"}),
    (0x59FC, 0x6461, "00", {"worn": 1}, {}),
    # a scale's three kinds of packet: weight and pulse, with impedance, impedance alone
    (
        0x3BD5,
        0x6E16,
        "01bca2000061626364",
        {"body_weight": 70, "heart_rate": 70},
        {"stabilized": True},
    ),
    (
        0x3BD5,
        0x6E16,
        "01bca24c4e61626364",
        {"body_weight": 70, "heart_rate": 70, "impedance_low": 501.1},
        {"stabilized": False},
    ),
    (0x3BD5, 0x6E16, "0100004c4e61626364", {"impedance_high": 501.1}, {"stabilized": True}),
    (0x3BD5, 0x6E16, "01fff7000061626364", {"heart_rate": 80}, {"stabilized": True}),
    # buttons
    (0x07BF, 0x1001, "000001", {"button": 2}, {"button": "double_press"}),
    (0x07BF, 0x1001, "000009", {}, {"button": "reserved"}),
    (BULB, 0x1001, "000000", {}, {"button": "reserved"}),
    (0x04E1, 0x1001, "000000", {}, {"cube": "rotate_right"}),
    (0x04E1, 0x1001, "050000", {}, {"button": "reserved"}),
    (0x1569, 0x1001, "010001", {"button_right": 4}, {}),
    (0x1569, 0x1001, "030001", {}, {"button": "reserved"}),
    (0x1569, 0x1001, "010005", {}, {"button": "reserved"}),
    (0x0153, 0x1001, "000000", {"button_on": 1}, {"power": True}),
    (0x0153, 0x1001, "010002", {"button_off": 4}, {"power": False}),
    (0x0153, 0x1001, "020000", {"button_brightness": 1}, {}),
    (0x03BF, 0x1001, "080000", {"button_heat": 1}, {}),
    (0x03BF, 0x1001, "090000", {}, {"button": "reserved"}),
    (0x03BF, 0x1001, "080003", {}, {"button": "reserved"}),
    (0x03B6, 0x1001, "010503", {"button": 4}, {"press_duration_s": 5}),
    (0x03B6, 0x1001, "000204", {}, {"dimmer": "rotate_right", "dimmer_steps": 2}),
    (0x03B6, 0x1001, "020004", {}, {"dimmer": "rotate_right_pressed", "dimmer_steps": 2}),
    (0x03B6, 0x1001, "fe0004", {}, {"dimmer": "rotate_left_pressed", "dimmer_steps": 2}),
    (0x03B6, 0x1001, "020003", {}, {"button": "reserved"}),
    (0x1949, 0x4E0D, "03", {"button_left": 2, "button_right": 2}, {}),
    (0x1949, 0x4E0E, "", {}, {}),
    (0x5968, 0x4A0C, "01", {"button_right": 1}, {}),
    (0x38BB, 0x4A0E, "", {"button": 4}, {}),
    (0x1C10, 0x4E0C, "0f", {"button": 2}, {}),
    (0x1C10, 0x4E0C, "05", {}, {}),
    (0x2387, 0x4E0C, "", {"button": 1}, {}),
    (0x3A61, 0x560C, "02", {"button_mid_left": 1}, {}),
    (0x520B, 0x560E, "", {"button": 4}, {}),
]


@pytest.mark.parametrize("row", SAID, ids=str)
def test_each_object(ether: Any, row: tuple) -> None:
    product, code, data, expected, more = row
    for sighting in (
        ether.hear(s_fe95=ether.mi(product, ether.mi_object(code, data))),
        ether.hear(ether.KEY, s_fe95=ether.mi_sealed(product, ether.mi_object(code, data), 5)),
    ):
        got = ether.values(sighting)
        assert got == pytest.approx(expected)
        assert more.items() <= sighting.measurement.flags.items()


OPEN_SIZED = {0x4A0C, 0x4A0D, 0x4A0E, 0x4E0C, 0x4E0D, 0x4E0E, 0x560C, 0x560D, 0x560E}


@pytest.mark.parametrize("code", sorted(OBJECTS))
def test_an_object_of_a_wrong_length_is_refused(ether: Any, code: int) -> None:
    for product in (BULB, 0x1C10) if code in OPEN_SIZED else (BULB, 0x0380):
        with pytest.raises(DecodeError):
            ether.hear(s_fe95=ether.mi(product, ether.mi_object(code, "01" * 14)))
        if code not in OPEN_SIZED:
            with pytest.raises(DecodeError):
                ether.hear(s_fe95=ether.mi(product, ether.mi_object(code, "")))


@pytest.mark.parametrize(
    ("code", "data"),
    [
        (0x1006, "e903"),
        (0x100A, "65"),
        (0x4801, struct.pack("<f", float("nan")).hex()),
        (0x2000, "0000f40151"),
        (0x2000, "6f17f40151"),
        (0x4E16, "01ffff000061626364"),
    ],
)
def test_what_cannot_be_measured(ether: Any, code: int, data: str) -> None:
    with pytest.raises(DecodeError):
        ether.hear(s_fe95=ether.mi(BULB, ether.mi_object(code, data)))


def test_a_babys_temperature_is_in_the_range_of_bodies(ether: Any) -> None:
    recorded = {
        "address": "00:81:F9:DD:6F:C1",
        "s_fe95": "7022db006fc16fddf9810009002005c60d630d51",
    }
    assert ether.numbers(**recorded)["body_temperature"] == pytest.approx(36.872, abs=1e-3)


def test_frames(ether: Any) -> None:
    battery = ether.mi_object(0x100A, "57")
    unknown = ether.hear(s_fe95=ether.mi(BULB, battery + ether.mi_object(0x7777, "0102")))
    assert ether.values(unknown) == {"battery_level": 87}
    assert unknown.measurement.flags["unknown_object"] == 0x7777
    assert unknown.sequence.number == 7
    with pytest.raises(DecodeError, match="sender"):
        ether.hear(address="A4:C1:38:01:02:04", s_fe95=ether.mi(BULB, battery))
    assert ether.numbers(address="", s_fe95=ether.mi(BULB, battery)) == {"battery_level": 87}
    short = "4050aa0107" + battery
    assert ether.numbers(s_fe95=short) == {"battery_level": 87}
    capable = ether.mi(BULB, "2001" + battery, control=0x5070)
    assert ether.numbers(s_fe95=capable) == {"battery_level": 87}
    assert ether.numbers(s_fe95=ether.mi(BULB, "00" + battery, control=0x5070)) == {
        "battery_level": 87
    }
    for wrong in (ether.mi(0x9999), ether.mi(BULB, control=0x5090), ether.mi(BULB, control=0x1050)):
        with pytest.raises(Unsupported):
            ether.hear(s_fe95=wrong)
    for size in range(len(ether.mi(BULB, battery)) // 2):
        if size != 11:  # a frame that claims an object and ends before it
            with pytest.raises(DecodeError):
                ether.hear(s_fe95=ether.mi(BULB, battery)[: 2 * size])
    sealed = ether.mi_sealed(BULB, battery, 9)
    with pytest.raises(DecodeError, match="cut"):
        ether.hear(ether.KEY, s_fe95=sealed[:-10])
    without_address = "4858" + sealed[4:10] + sealed[22:]
    with pytest.raises(DecodeError, match="address"):
        ether.hear(ether.KEY, address="", s_fe95=without_address)


def test_a_scanner_that_does_not_tell_the_service(ether: Any) -> None:
    frame = ether.mi(BULB, ether.mi_object(0x1004, "f600"))
    assert ether.numbers(s_=frame) == {"air_temperature": 24.6}
    for other in (
        "4050aa0107" + ether.mi_object(0x1004, "f600"),
        ether.mi(0x9999),
        "00",
        ether.mi(BULB, control=0x0050),
    ):
        with pytest.raises(Unsupported, match="no decoder"):
            ether.hear(s_=other)
