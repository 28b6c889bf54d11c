"""Sensors of the air: a frame of each, its values, and that no second table reads it."""

from __future__ import annotations

from typing import Any

import pytest

from hardware.ble.advert import registry as room

MAC = "a4c138010203"
REVERSED = "03020138c1a4"

# name, data, device, numbers, flags
SAID = [
    (
        "GVH5075_1234",
        {"m_ec88": "00811f096400"},
        "govee_h5075",
        {"air_temperature": -7.3, "relative_humidity": 48.1, "battery_level": 100},
        {},
    ),
    (
        "Govee_H5074_1",
        {"m_ec88": "001b0a9b196402"},
        "govee_h5074",
        {"air_temperature": 25.87, "relative_humidity": 65.55, "battery_level": 100},
        {},
    ),
    (
        "Govee_H5179",
        {"m_8801": "ec0001011b0a9b1964"},
        "govee_h5179",
        {"air_temperature": 25.87, "relative_humidity": 65.55, "battery_level": 100},
        {},
    ),
    (
        "GVH5104_1",
        {"m_0001": "010103f99e64"},
        "govee_h5102",
        {"air_temperature": 26, "relative_humidity": 51, "battery_level": 100},
        {},
    ),
    (
        "GVH5106_1",
        {"m_0001": "01010deeaa6f"},
        "govee_h5106",
        {"air_temperature": 23.3, "relative_humidity": 74.5, "pm_2_5": 7},
        {},
    ),
    (
        "GVH5106_1",
        {"m_0001": "0101848420c0"},
        "govee_h5106",
        {"air_temperature": -7.5, "relative_humidity": 76.8, "pm_2_5": 0},
        {},
    ),
    (
        "GV5140_1",
        {"m_0001": "010103f99e02bc00"},
        "govee_h5140",
        {"air_temperature": 26, "relative_humidity": 51, "carbon_dioxide": 700},
        {},
    ),
    (
        "TP357 (1)",
        {"m_76c2": "014a022c"},
        "thermopro_tp35x",
        {"air_temperature": 37.4, "relative_humidity": 74},
        {"battery_low": False},
    ),
    (
        "sps",
        {"m_09f0": "fe1301ca893008"},
        "inkbird_ibs_th",
        {"air_temperature": 25.44, "relative_humidity": 51.18, "battery_level": 48},
        {"external_probe": True},
    ),
    (
        "sps",
        {"m_09f0": "000000ca893008"},
        "inkbird_ibs_th",
        {"air_temperature": 25.44, "battery_level": 48},
        {"external_probe": False},
    ),
    (
        "tps",
        {"m_09f0": "000000ca893008"},
        "inkbird_ibs_th",
        {"air_temperature": 25.44, "battery_level": 48},
        {},
    ),
    (
        "IBS-P02B",
        {"m_0a01": "00000000fa0000006400000100000000"},
        "inkbird_ibs_p02b",
        {"air_temperature": 25, "battery_level": 100},
        {"battery_low": True},
    ),
    (
        "iBBQ",
        {"m_0000": "0000" + MAC + "f6ff8a02"},
        "inkbird_ibt_2",
        {"probe_temperature_2": 65},
        {},
    ),
    (
        "iBBQ",
        {"m_0001": "0000" + REVERSED + "4c014f01"},
        "inkbird_ibt_2",
        {"probe_temperature_1": 33.2, "probe_temperature_2": 33.5},
        {},
    ),
    (
        "T201",
        {"m_aa55": "0105aabbccddeeff01070a0015e0630001"},
        "oria_t201",
        {"air_temperature": 25.6, "relative_humidity": 56, "battery_level": 99},
        {},
    ),
    (
        "",
        {"m_06d5": "0006e2e7036a1c65"},
        "sensirion_sht4x",
        {"air_temperature": 27.47005, "relative_humidity": 43.3705},
        {},
    ),
    (
        "",
        {"m_06d5": "000ae2e733339dc4e902"},
        "sensirion_co2",
        {"air_temperature": -10, "relative_humidity": 76.8032, "carbon_dioxide": 745},
        {},
    ),
    (
        "SensorPush HT.w 1",
        {"m_5804": "795159"},
        "sensorpush_ht",
        {"air_temperature": 22.5, "relative_humidity": 56.76},
        {},
    ),
    (
        "",
        {"m_0702": "210e0401000c0f016f030802681f1362012c018c00b9"},
        "aranet4",
        {
            "air_temperature": 26,
            "relative_humidity": 19,
            "air_pressure": 804,
            "carbon_dioxide": 879,
            "battery_level": 98,
        },
        {},
    ),
    (
        "",
        {"m_0133": "16430e10061eff5d030fff400100"},
        "blue_maestro_tempo_disc",
        {
            "air_temperature": -16.3,
            "relative_humidity": 78.3,
            "dew_point": -19.2,
            "battery_level": 67,
            "logging_interval": 3600,
        },
        {},
    ),
    (
        "",
        {"m_0011": "0000" + REVERSED + "b80b92017c03cdbb0300"},
        "thermobeacon",
        {"air_temperature": 25.125, "relative_humidity": 55.75, "voltage": 3, "uptime": 244685},
        {},
    ),
    (
        "",
        {"m_0015": "0000" + REVERSED + "b401faa530002601c66f6700"},
        "thermobeacon",
        {
            "temperature_maximum": 27.25,
            "temperature_minimum": 18.375,
            "time_of_maximum": 3188218,
            "time_of_minimum": 6778822,
        },
        {},
    ),
    (
        "",
        {"m_0901": "00fa38" + MAC},
        "vchon_vch6003",
        {"air_temperature": 25, "relative_humidity": 56},
        {},
    ),
    (
        "",
        {"m_004c": "0215ebefd08370a247c89837e7b5634df5257420591acb64"},
        "jaalee",
        {"air_temperature": 34.38353, "relative_humidity": 34.80582, "battery_level": 100},
        {},
    ),
    (
        "",
        {"m_004c": "0215b5b182c7eab14988aa99b5c1517008d90001641ac5"},
        "april_brother_abtemp",
        {"air_temperature": 26, "battery_level": 100},
        {},
    ),
    (
        "",
        {"s_5242": "ab03" + "00" * 6 + "64c8006e00e803"},
        "april_brother_n03",
        {"air_temperature": 25, "relative_humidity": 55, "illuminance": 1000, "battery_level": 100},
        {},
    ),
    (
        "",
        {"s_181a": MAC + "ffd33e510b7b62"},
        "atc_custom_firmware",
        {"air_temperature": -4.5, "relative_humidity": 62, "battery_level": 81, "voltage": 2.939},
        {"sequence_number": 98},
    ),
    (
        "",
        {"s_181a": REVERSED + "2f09aa173d0b4b7c05"},
        "pvvx_custom_firmware",
        {
            "air_temperature": 23.51,
            "relative_humidity": 60.58,
            "battery_level": 75,
            "voltage": 2.877,
        },
        {"reed_closed": True},
    ),
]


@pytest.mark.parametrize("row", SAID, ids=str)
def test_each_device(ether: Any, row: tuple) -> None:
    name, data, device, expected, more = row
    sighting = ether.hear(name=name, **data)
    assert sighting.measurement.device == device
    assert ether.values(sighting) == pytest.approx(expected, rel=1e-5)
    assert more.items() <= sighting.measurement.flags.items()
    heard = ether.advert(name=name, **data)
    readers = {layout.device for layout in room._LAYOUTS if layout.frame(heard) is not None}
    assert readers <= {device}, "a frame that two tables read"
