"""SwitchBot: each model by hand, and what is missing or foreign."""

from __future__ import annotations

from typing import Any

import pytest

from hardware.errors import DecodeError, Unsupported

MAC = "b0e9fe010203"

# service data, manufacturer data, numbers, flags
SAID = [
    (
        "540064069835",
        "",
        {"air_temperature": 24.6, "relative_humidity": 53, "battery_level": 100},
        {},
    ),
    ("540064000000", "", {"battery_level": 100}, {"air": "not measured"}),
    (
        "350064",
        MAC + "000006983500000320",
        {
            "air_temperature": 24.6,
            "relative_humidity": 53,
            "battery_level": 100,
            "carbon_dioxide": 800,
        },
        {},
    ),
    (
        "350064",
        MAC + "000006983500002710",
        {"air_temperature": 24.6, "relative_humidity": 53, "battery_level": 100},
        {},
    ),
    (
        "350064",
        MAC + "0000069835",
        {"air_temperature": 24.6, "relative_humidity": 53, "battery_level": 100},
        {},
    ),
    (
        "00005006981a001053b0",
        "",
        {"air_temperature": 24.6, "relative_humidity": 26, "battery_level": 80},
        {},
    ),
    (
        "640064",
        MAC + "00b00000000003",
        {"door_open": 1, "motion": 1, "light": 0, "battery_level": 100},
        {"left_open": True, "button_count": 3},
    ),
    ("", MAC + "00900000000003", {"door_open": 1, "motion": 1, "light": 0}, {"left_open": False}),
    (
        "260064",
        MAC + "028903",
        {"water_leak": 1, "tamper": 1, "battery_level": 9},
        {"battery_low": True, "sequence_number": 2},
    ),
    ("070064", MAC + "02e4", {"battery_level": 100}, {"battery_charging": True}),
    (
        "760064",
        MAC + "0000000000000c069835",
        {"air_temperature": 24.6, "relative_humidity": 53, "illuminance": 205},
        {"light_level": 12},
    ),
    (
        "760064",
        MAC + "00000000000000069835",
        {"air_temperature": 24.6, "relative_humidity": 53},
        {"light_level": 0},
    ),
    (
        "0000640010b940",
        MAC + "0000000000000006983500",
        {"air_temperature": 24.6, "relative_humidity": 53, "motion": 0},
        {"light_level": 0},
    ),
    ("6300480011", "", {"battery_level": 72, "position": 100, "closed": 0}, {"in_motion": False}),
    (
        "6300",
        MAC + "0000e411040049",
        {"battery_level": 73, "position": 0, "closed": 100},
        {"in_motion": True},
    ),
    (
        "2c0048",
        MAC + "07029f11",
        {"battery_level": 72, "position": 69, "closed": 31},
        {"in_motion": True, "calibrated": True},
    ),
    (
        "780048",
        MAC + "07011911",
        {"battery_level": 72, "tilt": 25, "position": 50},
        {"direction": "down"},
    ),
    (
        "6f0048",
        MAC + "0714a2",
        {"battery_level": 72, "locked": 0, "door_open": 1},
        {"left_open": True, "auto_lock_paused": True, "night_latch": False},
    ),
    ("6f0048", MAC + "072000", {"battery_level": 72, "door_open": 0}, {"lock": "locking"}),
    (
        "240048",
        MAC + "070000340026",
        {"battery_level": 52, "locked": 1, "door_open": 0},
        {"low_temperature_alarm": True, "left_battery_compartment_alarm": True},
    ),
    (
        "00005f01110378",
        MAC + "07e4020000000a03",
        {"battery_level": 100, "tamper": 1},
        {"doorbell": True, "doorbell_count": 2, "pir_triggered_level": 3},
    ),
    ("6700", MAC + "0780000083e8", {"power": 0.1}, {"on": True}),
    ("3b00", MAC + "0780", {}, {"on": True}),
    ("4800d7", "", {"battery_level": 87}, {"mode": "onestate", "on": False}),
    (
        "73c0e200003a",
        "",
        {"motion": 1, "light": 1, "battery_level": 98},
        {"tested": True, "sensing_distance": "short"},
    ),
    ("7300", MAC + "0060", {"motion": 1, "light": 1}, {}),
]


@pytest.mark.parametrize(("service", "maker", "expected", "more"), SAID)
def test_each_model(ether: Any, service: str, maker: str, expected: dict, more: dict) -> None:
    data = ({"s_fd3d": service} if service else {}) | ({"m_0969": maker} if maker else {})
    sighting = ether.hear(**data, name="" if service else "WoContact")
    assert ether.values(sighting) == pytest.approx(expected)
    assert more.items() <= sighting.measurement.flags.items()


@pytest.mark.parametrize(
    ("service", "maker"),
    [
        ("540064", MAC),
        ("0000500600001053b0", MAC),
        ("640064", MAC),
        ("7300", MAC),
        ("0020640010ccc8", ""),
        ("4800", ""),
        ("6300", MAC),
        ("780048", MAC),
        ("6200", ""),
        ("5400640f9835", ""),
        ("54006406987f", ""),
        ("5400ff", MAC + "0000069835"),
    ],
)
def test_too_little_or_impossible(ether: Any, service: str, maker: str) -> None:
    with pytest.raises(DecodeError):
        ether.hear(s_fd3d=service, m_0969=maker)


@pytest.mark.parametrize("service", ["75", "00006400000000", "0000640010d0b1", "800064"])
def test_appliances(ether: Any, service: str) -> None:
    with pytest.raises(Unsupported, match="SwitchBot model"):
        ether.hear(s_fd3d=service)


def test_manufacturer_data_alone_needs_a_name(ether: Any) -> None:
    maker = MAC + "0000069835"
    assert ether.numbers(m_0969=maker, name="WoSensorTH")["air_temperature"] == 24.6
    for name in ("", "Kitchen"):
        with pytest.raises(Unsupported, match="no decoder"):
            ether.hear(m_0969=maker, name=name)
    with pytest.raises(Unsupported, match="no decoder"):
        ether.hear(s_fd3d="", name="WoSensorTH")


def test_the_older_service(ether: Any) -> None:
    assert ether.numbers(s_0d00="620056", m_0059=MAC) == {"battery_level": 86}


def test_a_product_number_may_stand_one_byte_before_the_end(ether: Any) -> None:
    air = {"m_0969": MAC + "0150069a230000000000"}
    for service in ("000050001053b0", "000050001053b077", "000050011053b0"):
        assert ether.hear(s_fd3d=service, **air).measurement.device == "switchbot_weather_station"


def test_a_name_tells_what_the_service_data_does_not(ether: Any) -> None:
    air = {"m_0969": MAC + "0150069a230000000000", "s_fd3d": "0001"}
    assert ether.numbers(name="Weather Station", **air)["air_temperature"] == 26.6
    with pytest.raises(Unsupported):
        ether.hear(**air)
