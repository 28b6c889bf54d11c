"""What devices say of themselves, of rooms and of their users, by hand from the tables."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hardware.ble import decode
from hardware.ble.clock_reference import encode_local_time_information
from hardware.errors import DecodeError
from tests.hardware.ble.said import flags, numbers


def test_batteries() -> None:
    got = decode("2BED", bytes.fromhex("07 a310 0601 57 05"))
    assert [record.value for record in got.records] == [87.0]
    assert got.flags == {
        "battery_present": True,
        "wired_power": "yes",
        "wired_power_code": 1,
        "wireless_power": "no",
        "wireless_power_code": 0,
        "charge_state": "charging",
        "charge_state_code": 1,
        "charge_level": "good",
        "charge_level_code": 1,
        "charging_type": "unknown_or_not_charging",
        "charging_type_code": 0,
        "charging_fault_battery": True,
        "charging_fault_power_source": False,
        "charging_fault_other": False,
        "identifier": 262,
        "service_required": "yes",
        "service_required_code": 1,
        "battery_fault": True,
    }
    assert decode("2BED", bytes.fromhex("f8 0000 aabb")).records == ()


def test_what_batteries_say_of_themselves() -> None:
    assert flags("2BE9", "02") == {
        "critical_power_state": False,
        "immediate_service_required": True,
    }
    assert flags("2BEA", "0f 5f 2c01 15 0200") == {
        "health_percent": 95,
        "cycle_count": 300,
        "temperature_degc": 21,
        "deep_discharge_count": 2,
    }
    assert flags("2BEA", "04 7f") == {"temperature_degc": "above_126"}
    assert flags("2BEB", "03 f401 80 3c") == {
        "designed_cycle_count": 500,
        "least_temperature_degc": "below_-127",
        "most_temperature_degc": 60,
    }
    battery = decode("2BEC", bytes.fromhex("ff00 03 005000 000000 5ae0 0ae0 05e0 05 0c00 01"))
    assert [(r.name, r.value, r.unit.value) for r in battery.records] == [
        ("designed_capacity", 0.9, "kWh"),
        ("low_energy", 0.1, "kWh"),
        ("critical_energy", 0.05, "kWh"),
        ("nominal_voltage", 12.0, "V"),
    ]
    assert battery.flags["manufacture_date"] == "2026-01-27"
    assert battery.flags["expiration_date"] == "unknown"
    assert battery.flags["chemistry"] == "lithium_ion"
    assert battery.flags["aggregation_group"] == 1
    assert flags("2BEE", "03 a00500 ffffff feffff") == {
        "discharged_in_min": 1440,
        "discharged_on_standby_in_min": "unknown",
        "recharged_in_min": "beyond_range",
    }
    assert numbers("2BF0", "12 0c00 faff") == {"present_voltage": 12.0, "charge_rate": -0.6}
    for uuid, more in (
        ("2BEA", "f0"),
        ("2BEB", "fc"),
        ("2BEC", "00ff00"),
        ("2BEE", "fca00500"),
        ("2BF0", "c0"),
        ("2B4E", "80"),
    ):
        assert decode(uuid, bytes.fromhex(more) + b"to come").device
        assert decode(uuid, bytes(3 if uuid == "2BEC" else 4 if uuid == "2BEE" else 1)).device
    assert flags("2BEF", "005000") == {"estimated_service_date": "2026-01-27"}
    for uuid, wrong in (
        ("2BEA", "0165"),
        ("2BEF", "ffffff"),
        ("2BEF", "00500000"),
        ("2B4D", "05"),
    ):
        with pytest.raises(DecodeError):
            decode(uuid, bytes.fromhex(wrong))
    assert flags("2B4D", "00") == {"field_selector": 0}
    assert flags("2B4D", "01 9001") == {"energy_kj_per_hour": 400, "field_selector": 1}
    assert flags("2B4E", "12 102700 881300") == {"normal_walking_steps": 10_000, "distance": 5000}
    assert flags("2B4B", "13")["device_wearing_position"] == "wrist_left"


def test_where_clocks_get_their_time() -> None:
    assert flags("2A0F", "0404") == {"time_zone_min": 60, "dst_offset_min": 60}
    assert flags("2A0F", "80ff") == {"time_zone_min": "unknown", "dst_offset_min": "unknown"}
    assert flags("2A0E", "d0") == {"time_zone_min": -720}
    assert flags("2A0E", "38") == {"time_zone_min": 840}
    assert flags("2A09", "07") == {"day_of_week": 7}
    assert flags("2A12", "fd") == {"time_accuracy_ms": 31_625}
    assert flags("2A12", "fe") == {"time_accuracy_ms": "out_of_range"}
    assert flags("2A13", "01") == {"time_source": "network_time_protocol", "time_source_code": 1}
    assert flags("2A14", "06ffffff") == {
        "time_source": "cellular_network",
        "time_source_code": 6,
        "time_accuracy_ms": "unknown",
        "days_since_update": 255,
        "hours_since_update": 255,
    }
    assert flags("2A17", "0104")["result"] == "timeout"
    change = decode("2A11", bytes.fromhex("ea07031d020000 04"))
    assert (change.timestamp, change.flags) == ("2026-03-29T02:00:00", {"dst_offset_min": 60})
    exact = decode("2A0C", bytes.fromhex("ea07031d021e00 07 80"))
    assert exact.flags == {"day_of_week": 7, "fractions256": 128}
    for uuid, wrong in (
        ("2A0E", "cf"),
        ("2A0E", "39"),
        ("2A0E", "81"),
        ("2A0D", "01"),
        ("2A09", "08"),
        ("2A14", "0600 00 18"),
        ("2A14", "0600 ff 00"),
        ("2A14", "0600 00 ff"),
    ):
        with pytest.raises(DecodeError):
            decode(uuid, bytes.fromhex(wrong))


def test_local_time_is_written() -> None:
    hour = timedelta(hours=1)
    assert encode_local_time_information(hour, hour) == bytes.fromhex("0404")
    assert encode_local_time_information(-3.5 * hour, timedelta(0)) == bytes.fromhex("f200")
    for zone, dst in ((15 * hour, hour), (hour / 7, hour), (hour, hour / 3)):
        with pytest.raises(ValueError, match="no code"):
            encode_local_time_information(zone, dst)


def test_device_information() -> None:
    got = decode("2A29", "Müller & Söhne \0\0".encode())
    assert [(r.quantity.value, r.value, r.unit.value) for r in got.records] == [
        ("manufacturer", "Müller & Söhne", "text")
    ]
    assert numbers("2A25", b"") == {"serial_number_string": ""}
    for wrong in (b"\xff", b"A\x1b[2J", b"A\0B"):
        with pytest.raises(DecodeError):
            decode("2A24", wrong)
    assert flags("2A23", "1122330000aabbcc") == {"system_id": "CCBBAA0000332211", "oui": "CCBBAA"}
    assert flags("2A50", "01 0d00 0100 1001") == {
        "vendor_id_source": "bluetooth_sig",
        "vendor_id_source_code": 1,
        "vendor_id": 13,
        "product_id": 1,
        "product_version": 272,
    }
    assert flags("2A01", "4103") == {"category": 13, "subcategory": 1}
    assert flags("2A2A", "0102") == {"data": "0102"}
    assert flags("2BFF", b"\x03(01)1\0\0") == {"udi_label": "(01)1", "udi_device_identifier": ""}
    assert flags("2BFF", b"\x10more") == {}
    for wrong in (b"\x01abc", b"\x01abc\0x", b""):
        with pytest.raises(DecodeError):
            decode("2BFF", wrong)


def test_rooms() -> None:
    assert numbers("2A6E", "6608") == {"air_temperature": 21.5}
    assert numbers("2A6E", "4d95") == {"air_temperature": -273.15}
    assert flags("2A6E", "0080") == {"air_temperature": "unknown"}
    assert numbers("2A6F", "1027") == {"relative_humidity": 100.0}
    assert flags("2A6F", "ffff") == {"relative_humidity": "unknown"}
    assert numbers("2A6D", "66760f00") == {"air_pressure": 1013.35}
    assert numbers("2A7B", "f6") == {"dew_point": -10.0}
    assert numbers("2AFB", "102700") == {"illuminance": 100.0}
    assert numbers("2B8C", "fdff") == {"carbon_dioxide": 65_533.0}
    assert flags("2B8C", "feff") == {"carbon_dioxide": "beyond_range"}
    for uuid, wrong in (("2A6E", "4c95"), ("2A6F", "1127"), ("2A6E", "660800"), ("2AFB", "0000")):
        with pytest.raises(DecodeError):
            decode(uuid, bytes.fromhex(wrong))


def test_user_data() -> None:
    assert numbers("2A80", "50") == {"age": 80.0}
    assert numbers("2A8E", "aa00") == {"height": 170.0}
    assert numbers("2B47", "6e42") == {"high_resolution_height": 170.06}
    assert flags("2A85", "9e070203") == {"date_of_birth": "1950-02-03"}
    assert flags("2A85", "00000000") == {"date_of_birth": "0000-00-00"}
    assert flags("2A85", "0000021d") == {"date_of_birth": "0000-02-29"}
    assert flags("2A8A", b"Anna") == {"first_name": "Anna"}
    assert flags("2A99", "01000000") == {"database_change_increment": 1}
    assert flags("2A8B", "5a6e8296") == {
        "very_light_light": 90,
        "light_moderate": 110,
        "moderate_hard": 130,
        "hard_maximum": 150,
    }
    assert flags("2B46", "2f27 4327") == {"units": "272F 2743"}
    for uuid, wrong in (
        ("2A85", "01000101"),
        ("2A85", "9e070d01"),
        ("2A85", "9e07021e"),
        ("2A85", "9e0702"),
        ("2A8B", "5a6e82"),
        ("2A8C", "0000"),
        ("2A80", ""),
        ("2B46", ""),
        ("2B46", "2f2743"),
        ("2A99", "010000"),
    ):
        with pytest.raises(DecodeError):
            decode(uuid, bytes.fromhex(wrong))


def test_moving_people() -> None:
    assert numbers("2A53", "07 0003 a0 5000 39300000") == {
        "speed": 3.0,
        "cadence": 160.0,
        "stride_length": 80.0,
        "distance": 1234.5,
    }
    assert flags("2A53", "04 0000 00") == {"running": True}
    assert numbers("2A53", "f8 0001 01 aabb") == {"speed": 1.0, "cadence": 1.0}
    assert numbers("2A5B", "fc aabb") == {}
    assert flags("2A5C", "0500")["multiple_sensor_locations_support"] is True
    assert flags("2A54", "1f00")["calibration_support"] is True
    assert flags("2A5D", "03")["sensor_location"] == "hip"
    assert flags("2A55", "100401 03ff")["supported_locations"] == "hip reserved"
    assert flags("2A55", "100102")["response"] == "op_code_not_supported"
    with pytest.raises(DecodeError):
        decode("2A55", bytes.fromhex("10010203"))


def test_small_things_of_a_home() -> None:
    assert flags("2A06", "02")["alert_level"] == "high"
    assert numbers("2A07", "ec") == {"tx_power_level": -20.0}
    with pytest.raises(DecodeError):
        decode("2A07", b"\x15")
    assert flags("2C20", "02")["open_status"] == "ajar"
    buttons = flags("2C21", "c9")
    assert [buttons[f"button_{n}"] for n in range(4)] == ["pressed", "released", "idle", "held"]
    assert flags("2C22", "81")["contact_7_closed"] is True


def test_control_points() -> None:
    assert flags("2A52", "0500 f700") == {"request_op_code": 4, "number_of_records": 247}
    assert flags("2A52", "0800 05000000") == {"request_op_code": 7, "number_of_records": 5}
    assert flags("2A52", "0600 01 0b")["response"] == "reserved"
    for wrong in ("", "05", "0500", "0500 010203", "0501 0100", "0600 01", "0600 010100", "0101"):
        with pytest.raises(DecodeError):
            decode("2A52", bytes.fromhex(wrong))
    assert flags("2A9F", "20 01 01 05")["user_index"] == 5
    assert flags("2A9F", "20 02 05")["response"] == "not_authorized"
    assert flags("2A9F", "20 04 01 02")["parameter"] == "02"
