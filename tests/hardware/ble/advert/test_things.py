"""Doors, buttons, beacons, scales, hearts: a frame of each, and its values."""

from __future__ import annotations

from typing import Any

import pytest

from hardware.ble.advert import registry as room

BEACON = "0215fda50693a4e24fb1afcfc6eb07647825000100025a"
MAC = "a4c138010203"
REVERSED = "03020138c1a4"

# name, data, device, numbers, flags
SAID = [
    ("BSDOO", {"m_000d": "080c010664"}, "beewi_door_window", {"door": 1, "battery_level": 100}, {}),
    (
        "",
        {"s_0000": "02599c37d90287a521520006635ab801"},
        "nodon_niu_button",
        {"button": 1, "battery_level": 99},
        {"color": "lagoon"},
    ),
    (
        "",
        {"s_0000": "02599c37d90287a521520006635ab807"},
        "nodon_niu_button",
        {"battery_level": 99},
        {"button": "five_presses"},
    ),
    ("", {"m_02b6": "8e440000001122330001"}, "odace_button", {}, {"command": "on"}),
    (
        "",
        {"m_094f": "010000000001000000ff80153c0000000557"},
        "mikrotik_tg_bt5",
        {
            "acceleration_x": 9.80665,
            "acceleration_y": 0,
            "acceleration_z": -9.80665,
            "air_temperature": 21.5,
            "uptime": 60,
            "battery_level": 87,
        },
        {"reed": True, "tilt": False, "free_fall": True},
    ),
    (
        "",
        {"m_094f": "010000000001000000ff00803c0000000557"},
        "mikrotik_tg_bt5",
        {
            "acceleration_x": 9.80665,
            "acceleration_y": 0,
            "acceleration_z": -9.80665,
            "uptime": 60,
            "battery_level": 87,
        },
        {},
    ),
    (
        "",
        {"s_feaa": "2101070e5bffc01f95"},
        "kkm_k6p",
        {"air_temperature": -0.25, "relative_humidity": 31.58203, "voltage": 3.675},
        {},
    ),
    (
        "",
        {"s_feaa": "21000b0c1318000021fffdfc12"},
        "bluecharm_ksensor",
        {
            "air_temperature": 24,
            "voltage": 3.091,
            "acceleration_x": 0.323619,
            "acceleration_y": -0.02942,
            "acceleration_z": -9.86549,
        },
        {},
    ),
    ("", {"s_feab": "40000a0caf" + "00" * 9}, "moko_beaconx_pro", {"voltage": 3.247}, {}),
    (
        "",
        {"s_fd50": "6000d2000224640000"},
        "flower_care_max",
        {
            "soil_moisture": 96,
            "air_temperature": 21,
            "illuminance": 548,
            "battery_level": 100,
            "soil_conductivity": 0,
        },
        {},
    ),
    (
        "",
        {"s_181a": "21c30b8608dea6666b85" + MAC + "30d4"},
        "b_parasite",
        {
            "air_temperature": 22.7,
            "relative_humidity": 65.0004,
            "soil_moisture": 42.0005,
            "illuminance": 12500,
            "voltage": 2.95,
        },
        {},
    ),
    (
        "",
        {"s_181a": "10c30b8658aca6666b85" + MAC},
        "b_parasite",
        {
            "air_temperature": 22.7,
            "relative_humidity": 65.0004,
            "soil_moisture": 42.0005,
            "voltage": 2.95,
        },
        {},
    ),
    ("", {"m_ff04": "0161063f"}, "xoss_heart_rate", {"heart_rate": 63, "battery_level": 97}, {}),
    ("Polar H10", {"m_006b": "01020300"}, "polar_heart_rate", {}, {}),
    (
        "electricity",
        {"m_8290": "6300f0cf0000c409820080"},
        "inode_energy_meter",
        {"average_power": 2.376, "energy": 21.2928, "battery_level": 70},
        {"battery_low": False},
    ),
    (
        "electricity",
        {"m_8294": "6300f0cf0000c409c20080"},
        "inode_energy_meter",
        {"average_power": 2.376, "energy": 21.2928, "battery_level": 100},
        {"battery_low": True},
    ),
    ("", {"s_fff0": "29021992" + MAC + "65"}, "feasycom_beacon", {}, {"plugged_in": True}),
    (
        "",
        {"s_fff0": "29021992" + MAC + "64"},
        "feasycom_beacon",
        {"battery_level": 100},
        {"plugged_in": False},
    ),
    ("", {"s_5242": "4157" + "00" * 11}, "holyiot_beacon", {"battery_level": 87}, {}),
    ("", {"s_180f": "57"}, "battery_service", {"battery_level": 87}, {}),
    (
        "",
        {"s_fdcd": "0809" + REVERSED + "0104fa00300207022a27020157"},
        "qingping_cgp1w",
        {
            "air_temperature": 25,
            "relative_humidity": 56,
            "air_pressure": 1002.6,
            "battery_level": 87,
        },
        {},
    ),
    (
        "",
        {"s_fdcd": "4812" + REVERSED + "080101110100990100"},
        "qingping_cgpr1",
        {"motion": 1, "light": 0},
        {"event": True, "unknown_value": 0x99},
    ),
    (
        "",
        {"s_fdcd": "4804" + REVERSED + "0401020f0107"},
        "qingping_cgh1",
        {"door_open": 1},
        {"door": "left_open", "packet_id": 7},
    ),
    ("", {"s_fdcd": "4809" + REVERSED + "040102"}, "qingping_cgp1w", {}, {"unknown_value": 4}),
    (
        "",
        {"m_0499": "03ff7f64ffff8000ffff0000ffff"},
        "ruuvitag",
        {"air_pressure": 1155.35, "voltage": 65.535},
        {},
    ),
    (
        "",
        {"m_0499": "058000ffffffff800080008000ffffffffff" + MAC},
        "ruuvitag",
        {},
        {"data_format": 5},
    ),
    (
        "",
        {"m_0499": "068000ffffffffffffffffffffff0007c0010203"},
        "ruuvi_air",
        {},
        {"sequence_number": 7},
    ),
    (
        "",
        {"m_0499": "e18000" + "ff" * 16 + "ffffff" + "000000" + "ffffff" + "c1" + "00" * 5 + MAC},
        "ruuvi_air",
        {},
        {"calibrating": True},
    ),
    (
        "",
        {"s_181d": "627607e607020e10293a"},
        "mi_smart_scale",
        {"mass": 9.55},
        {"weighing_mode": "object"},
    ),
    (
        "",
        {"s_181d": "32d804e607020e10293a"},
        "mi_smart_scale",
        {"body_weight": 6.2},
        {"measurement_units": "catty"},
    ),
    (
        "",
        {"s_181b": "0326e607020e10293afdff9a38"},
        "mi_body_composition_scale",
        {"body_weight": 65.72552},
        {"measurement_units": "lb"},
    ),
    (
        "P RHT 1",
        {"s_2a6e": "7008", "s_2a6f": "37", "m_0757": "f2020c"},
        "sensor_easy_rht",
        {"air_temperature": 21.6, "relative_humidity": 55, "voltage": 3.074},
        {},
    ),
    ("P RHT 1", {"s_2a6f": "37"}, "sensor_easy_rht", {"relative_humidity": 55}, {}),
    ("P MAG 1", {"s_2a06": "2800"}, "sensor_easy_mag", {"magnet": 1}, {}),
    (
        "",
        {"m_0157": "0202017d" + "ff" * 14 + MAC, "s_fee0": "8d230000"},
        "mi_band",
        {"heart_rate": 125, "steps": 9101},
        {},
    ),
    ("", {"m_0157": "00" + "ff" * 17 + MAC}, "mi_band", {}, {}),
    (
        "RDL52832",
        {"m_004c": BEACON, "s_1803": "1a463d34000002000100090600000105"},
        "radioland_rdl52832",
        {
            "air_temperature": 26.27344,
            "relative_humidity": 61.20312,
            "acceleration_x": 1.96133,
            "acceleration_y": -9.414384,
            "acceleration_z": 1.4709975,
        },
        {"major": 1},
    ),
    ("", {"m_004c": BEACON}, "ibeacon", {}, {"major": 1, "minor": 2, "measured_power_dbm": 90}),
    ("iTAG", {}, "itag", {}, {}),
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
