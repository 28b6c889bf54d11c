"""Values made by hand from the standard's tables, and where each breaks."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from types import MappingProxyType

import pytest

from hardware.ble import decode
from hardware.ble.body_composition import (
    BodyComposition,
    Part,
    encode_body_composition,
    join,
    measurement_of,
    read_body_composition,
)
from hardware.ble.cgm import CgmRecord, encode_cgm_record
from hardware.ble.cgm_control import Op, encode_request
from hardware.ble.clock import DateTime
from hardware.ble.clock_reference import encode_local_time_information
from hardware.ble.crc import e2e_crc, with_crc
from hardware.ble.glucose import Glucose, encode_glucose, read_glucose
from hardware.ble.medfloat import MedFloat, Special
from hardware.ble.oximeter import Oximetry, encode_continuous, encode_spot_check
from hardware.ble.pressure_record import RecordAssembler, Segment, StoredRecord, encode_segment
from hardware.ble.thermometer import Temperature, encode_temperature
from hardware.errors import DecodeError
from hardware.reading import Unit

CLOCK = DateTime(2026, 3, 29, 2, 30, 0)
PRESSURE = "008a0058007800"


def numbers(uuid: str, value: str | bytes) -> dict[str, float | str]:
    raw = bytes.fromhex(value) if isinstance(value, str) else value
    return {record.name: record.value for record in decode(uuid, raw).records}


def flags(uuid: str, value: str | bytes) -> dict[str, bool | int | str]:
    return decode(uuid, bytes.fromhex(value) if isinstance(value, str) else value).flags


def test_temperatures() -> None:
    assert numbers("2A1C", "00 6c0100ff") == {"body_temperature": 36.4}
    assert numbers("2A1C", "01 da0300ff") == {"body_temperature": 37.0}  # 98.6 degrees Fahrenheit
    got = decode("2A1C", bytes.fromhex("06 6c0100ff ea070305091e00 09"))
    assert got.timestamp == "2026-03-05T09:30:00"
    assert got.flags == {"temperature_type": "tympanum", "temperature_type_code": 9}
    for special in Special:
        for fahrenheit in (False, True):
            raw = encode_temperature(Temperature(special, fahrenheit))
            assert numbers("2A1C", raw) == {}
            assert flags("2A1C", raw) == {"body_temperature": special.value}
    [display] = decode("2A1E", bytes.fromhex("00 6c0100ff")).records
    assert (display.quantity.value, display.name, display.value, display.unit) == (
        "other",
        "body_temperature",
        36.4,
        Unit.CELSIUS,
    )
    assert numbers("2A1C", "f8 6c0100ff 01020304") == {"body_temperature": 36.4}
    assert flags("2A1D", "00") == {"temperature_type": "reserved", "temperature_type_code": 0}
    assert flags("2A21", "ffff") == {"measurement_interval_s": 65_535}


def test_heart_rates() -> None:
    got = decode("2A37", bytes.fromhex("1f 2c01 d204 0004 0003"))
    assert [(r.quantity.value, r.value, r.unit.value) for r in got.records] == [
        ("heart_rate", 300.0, "/min"),
        ("energy_expended", 1234.0, "kJ"),
        ("rr_interval", 1.0, "s"),
        ("rr_interval", 0.75, "s"),
    ]
    assert got.flags == {"sensor_contact": True}
    assert numbers("2A37", "30 3c 0004") == {"heart_rate": 60.0}  # what a field to come holds
    assert flags("2A37", "02 3c") == {}  # contact without support says nothing
    assert flags("2A38", "07")["body_sensor_location"] == "reserved"


def test_weights() -> None:
    assert numbers("2A9D", "0e b036 00000000000000 ff f500 a406") == {
        "body_weight": 70.0,
        "body_mass_index": 24.5,
        "body_height": 170.0,
    }
    assert flags("2A9D", "04 b036 ff") == {"measurement_units": "si", "user_id": "unknown"}
    assert flags("2A9D", "08 ffff f500 a406") == {
        "body_weight": "unsuccessful",
        "measurement_units": "si",
    }
    assert numbers("2A9D", "08 ffff f500 a406") == {}
    assert numbers("2A9D", "01 0100") == {"body_weight": float(Fraction(45359237, 10**10))}
    assert numbers("2A9D", "f0 b036 aabb") == {"body_weight": 70.0}
    assert flags("2A9E", "78000000")["weight_measurement_resolution"] == "reserved"


SCALES = MappingProxyType({Part.WEIGHT: 14_000, Part.IMPEDANCE: 5001})
MORE = MappingProxyType({Part.MUSCLE_MASS: 9000, Part.HEIGHT: 1700})


def test_body_composition_in_two_packets() -> None:
    first = BodyComposition(215, timestamp=CLOCK, user_id=2, fields=SCALES, multiple=True)
    second = BodyComposition(0xFFFF, fields=MORE, multiple=True)
    for raw in map(encode_body_composition, (first, second)):
        assert decode("2A9C", raw).flags["multiple_packets"] is True
    both = measurement_of(join(first, second))
    assert both.timestamp == str(CLOCK)
    assert {record.name: record.value for record in both.records} == {
        "body_fat_percentage": 21.5,
        "muscle_mass": 45.0,
        "impedance": 500.1,
        "body_weight": 70.0,
        "body_height": 170.0,
    }
    assert both.flags == {"measurement_units": "si", "user_id": 2, "packets": 2}
    assert join(second, first).user_id == 2
    assert join(second, second).fat == 0xFFFF
    assert read_body_composition(encode_body_composition(first)) == first


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (BodyComposition(215), "whole by itself"),
        (BodyComposition(215, imperial=True, multiple=True), "units"),
        (BodyComposition(215, user_id=3, multiple=True), "two measurements"),
        (BodyComposition(215, timestamp=DateTime(0, 1, 1, 0, 0, 0), multiple=True), "two meas"),
        (BodyComposition(216, multiple=True), "body fat"),
        (BodyComposition(215, fields=MappingProxyType({Part.WEIGHT: 1}), multiple=True), "WEIGHT"),
    ],
)
def test_packets_that_do_not_belong_together(second: BodyComposition, why: str) -> None:
    first = BodyComposition(215, timestamp=CLOCK, user_id=2, fields=SCALES, multiple=True)
    with pytest.raises(DecodeError, match=why):
        join(first, second)


def test_body_composition_by_itself() -> None:
    assert numbers("2A9C", "1900 c800 4006 9001") == {
        "body_fat_percentage": 20.0,
        "basal_metabolism": 1600.0,
        "muscle_percentage": 40.0,
    }
    assert flags("2A9C", "1900 c800 4006 9001") == {"measurement_units": "imperial"}
    assert flags("2A9C", "0000 ffff")["body_fat_percentage"] == "unsuccessful"
    assert numbers("2A9C", "00e0 c800 aabbcc") == {"body_fat_percentage": 20.0}


def test_enhanced_pressures() -> None:
    got = decode("2B34", bytes.fromhex("7e 8a0058007800 80510100 3c00 02 0400 90690100"))
    assert got.timestamp == "2000-01-02T01:42:40"
    assert got.flags["base_time"] == "2000-01-02T00:00:00"
    assert got.flags["user_id"] == 2
    assert got.flags["irregular_pulse"] is True
    assert [record.value for record in got.records] == [138.0, 88.0, 120.0, 60.0]
    assert decode("2B34", bytes.fromhex("02 8a0058007800 00000000")).timestamp == (
        "1900-01-01T00:00:00"
    )
    cuff = decode("2B35", bytes.fromhex("61 6400 01000000"))
    assert cuff.timestamp == "2000-01-01T00:00:01"
    assert "base_time" not in cuff.flags
    assert cuff.records[0].value == pytest.approx(750.0637)
    assert decode("2B35", bytes.fromhex("80 6400 aa")).timestamp is None


def test_a_record_in_one_segment() -> None:
    plain = bytes.fromhex("03 0500 352a" + PRESSURE)
    got = decode("2B36", plain)
    assert [record.value for record in got.records] == [138.0, 88.0, 120.0]
    assert got.flags == {"sequence_number": 5, "uuid": "2A35"}
    assert decode("2B36", with_crc(plain)) == got
    for wrong in ("03 0500 352a" + PRESSURE + "0102", "03 0500 352a", "03 0500", "03 0500 362b"):
        with pytest.raises(DecodeError):
            decode("2B36", bytes.fromhex(wrong))
    assert decode("2B36", bytes.fromhex("09 0500 352a 00")).flags == {
        "sequence_number": 5,
        "uuid": "2A35",
        "first_segment": True,
        "last_segment": False,
        "segment_counter": 2,
    }


def segments(value: bytes, size: int, counter: int, sequence: int = 5) -> list[bytes]:
    """Return the value in segments, with its check behind the last."""
    parts = [value[at : at + size] for at in range(0, len(value), size)]
    made = [
        encode_segment(
            Segment(
                number == 0,
                number == len(parts) - 1,
                (counter + number) % 64,
                sequence,
                "2A35",
                part,
            )
        )
        for number, part in enumerate(parts)
    ]
    made[-1] += e2e_crc(b"".join(made)).to_bytes(2, "little")
    return made


def test_a_record_in_any_segments() -> None:
    value = bytes.fromhex(PRESSURE)
    for size in range(1, 8):
        for counter in (0, 61, 62, 63):
            assembler = RecordAssembler()
            *others, last = segments(value, size, counter)
            assert [assembler.feed(other) for other in others] == [None] * len(others)
            assert assembler.feed(last) == StoredRecord(5, "2A35", value, checked=True)


def test_segments_that_are_missing() -> None:
    value = bytes.fromhex(PRESSURE)
    one, two, three = segments(value, 3, 0)
    other = segments(value, 3, 0, sequence=6)
    for first, second in ((one, three), (two, three), (one, other[1])):
        assembler = RecordAssembler()
        with pytest.raises(DecodeError, match="missing"):
            _ = [assembler.feed(first), assembler.feed(second)]
        with pytest.raises(DecodeError, match="missing"):
            assembler.feed(three)  # it holds nothing any more
    assembler = RecordAssembler()
    assert [assembler.feed(each) for each in (one, one, two)] == [None] * 3
    assert assembler.feed(three) is not None
    halves = [Segment(n == 0, False, n, 1, "2A35", bytes(300)) for n in range(2)]
    assert assembler.feed(encode_segment(halves[0])) is None
    with pytest.raises(DecodeError, match="longer"):
        assembler.feed(encode_segment(halves[1]))


def test_glucose() -> None:
    got = decode("2A18", bytes.fromhex("1b 0700 ea070305091e00 1e00 5ab0 11 0008"))
    assert got.timestamp == "2026-03-05T10:00:00"
    assert [(r.quantity.value, r.value, r.unit.value) for r in got.records] == [
        ("glucose_mass_concentration", 90.0, "mg/dL")
    ]
    assert got.flags["type"] == "capillary_whole_blood"
    assert got.flags["sample_location"] == "finger"
    assert got.flags["time_fault"] is True
    assert got.flags["sensor_malfunction"] is False
    assert got.flags["context_follows"] is True
    assert got.flags["time_offset_min"] == 30
    moles = decode("2A18", bytes.fromhex("06 0700 ea070305091e00 37c0 f8"))
    assert [(r.quantity.value, r.value) for r in moles.records] == [
        ("glucose_substance_concentration", 5.5)
    ]
    assert moles.flags["sample_location"] == "not_available"
    back = decode("2A18", bytes.fromhex("01 0700 ea070305091e00 e2ff"))
    assert back.timestamp == "2026-03-05T09:00:00"
    unknown = decode("2A18", bytes.fromhex("01 0700 0000 0305091e00 e2ff"))
    assert unknown.timestamp is None
    assert unknown.flags["timestamp_incomplete"] == "0000-03-05T09:30:00"
    assert flags("2A18", "02 0700 ea070305091e00 ff07 11")["glucose_mass_concentration"] == "nan"
    assert numbers("2A18", "e0 0700 ea070305091e00 aa") == {}
    bare = Glucose(7, CLOCK, status=1)
    assert read_glucose(encode_glucose(bare)) == bare
    with pytest.raises(DecodeError, match="calendar"):
        decode("2A18", bytes.fromhex("01 0700 0f270c1f173b00 ff7f"))


@pytest.mark.parametrize("sample", ["1a", "41"])
def test_a_control_solution_is_nobodys_glucose(sample: str) -> None:
    [record] = decode("2A18", bytes.fromhex(f"02 0700 ea070305091e00 5ab0 {sample}")).records
    assert (record.quantity.value, record.name) == ("other", "glucose_mass_concentration")


def test_glucose_contexts() -> None:
    assert flags("2A34", "08 0100 ffff 32")["exercise_duration"] == "overrun"
    assert numbers("2A34", "50 0100 03 7ba0 41f0") == {"medication_mass": 123.0, "hba1c": 6.5}
    assert flags("2A34", "04 0100 5f")["tester"] == "not_available"
    assert flags("2A34", "04 0100 5f")["health"] == "no_issues"
    with pytest.raises(DecodeError) as caught:
        decode("2A34", bytes.fromhex("00 0100 0001"))
    assert caught.value.offset == 3


def test_cgm_records() -> None:
    full = CgmRecord(MedFloat(120, 0), 6, 0x010203, MedFloat(-15, -1), MedFloat(99, 0), True)
    got = decode("2AA7", encode_cgm_record(full))
    assert [record.value for record in got.records] == [120.0, -1.5, 99.0]
    assert got.flags["e2e_crc"] is True
    assert got.flags["session_stopped"] is True
    assert got.flags["calibration_not_allowed"] is True
    assert got.flags["result_below_patient_low"] is True
    assert got.flags["general_device_fault"] is False
    only = decode("2AA7", encode_cgm_record(CgmRecord(Special.NRES, 1, 0x000200)))
    assert only.records == ()
    assert only.flags["glucose_mass_concentration"] == "nres"
    # a field to come: the check behind it still holds
    assert numbers("2AA7", with_crc(bytes.fromhex("0a04 7800 0600 aabb"))) == {
        "glucose_mass_concentration": 120.0
    }
    for wrong in (
        "",
        "05 00 7800 06",
        "0700 7800 0600",
        "0600 7800 0600 00",
        "0800 7800 0600 0000",
    ):
        with pytest.raises(DecodeError):
            decode("2AA7", bytes.fromhex(wrong))


def test_cgm_sessions() -> None:
    start = decode("2AAA", with_crc(bytes.fromhex("ea07031d021e00 04 04")))
    assert start.timestamp == "2026-03-29T02:30:00"
    assert start.flags == {"time_zone_min": 60, "dst_offset_min": 60, "e2e_crc": True}
    assert flags("2AAB", "a800") == {"run_time_h": 168, "e2e_crc": False}
    assert flags("2AA9", "0600 010000")["session_stopped"] is True
    feature = flags("2AA8", with_crc(bytes.fromhex("001001 59")))
    assert (feature["e2e_crc_supported"], feature["quality_supported"]) == (True, True)
    assert feature["type"] == "interstitial_fluid"
    assert feature["sample_location"] == "subcutaneous_tissue"
    assert flags("2AA8", "000000 59 ffff")["e2e_crc_supported"] is False
    with pytest.raises(DecodeError) as caught:
        decode("2AA8", bytes.fromhex("001000 59 ffff"))
    assert caught.value.offset == 4
    assert "noch einmal messen" in caught.value.hint


def test_cgm_control_point() -> None:
    assert flags("2AAC", "03 05")["communication_interval_min"] == 5
    assert flags("2AAC", "03 0500")["communication_interval_min"] == 5
    assert flags("2AAC", with_crc(b"\x03\x05"))["communication_interval_min"] == 5
    assert flags("2AAC", with_crc(b"\x03\x05\x01"))["communication_interval_min"] == 261
    assert flags("2AAC", "0c ff07")["patient_low_alert_level"] == "nan"
    got = decode("2AAC", bytes.fromhex("06 6400 0a00 32 1400 0100 04"))
    assert [(r.quantity.value, r.name, r.value) for r in got.records] == [
        ("other", "calibration_concentration", 100.0)
    ]
    assert got.flags["calibration_pending"] is True
    assert got.flags["next_calibration_time_min"] == 20
    assert encode_request(Op.GET_HYPO, checked=False) == b"\x0e"
    assert encode_request(Op.GET_HYPO, checked=True) == with_crc(b"\x0e")
    for wrong in ("", "02", "1c02", "06 6400"):
        with pytest.raises(DecodeError):
            decode("2AAC", bytes.fromhex(wrong))


def test_oximeters() -> None:
    pair = (MedFloat(97, 0), MedFloat(61, 0))
    spot = Oximetry(pair, CLOCK, False, None, None, 0x0100, 0x000020, MedFloat(21, -1))
    got = decode("2A5E", encode_spot_check(spot))
    assert [(r.quantity.value, r.value, r.unit.value) for r in got.records] == [
        ("oxygen_saturation", 97.0, "%"),
        ("pulse_rate", 61.0, "/min"),
        ("pulse_amplitude_index", 2.1, "%"),
    ]
    assert got.timestamp == str(CLOCK)
    assert got.flags["fully_qualified_data"] is True
    assert got.flags["low_perfusion"] is True
    unset = decode("2A5E", encode_spot_check(Oximetry(pair, CLOCK, clock_not_set=True)))
    assert unset.timestamp is None
    assert unset.flags["timestamp_unset"] == str(CLOCK)
    assert decode("2A5E", encode_spot_check(Oximetry(pair, clock_not_set=True))).flags == {
        "clock_not_set": True
    }
    running = Oximetry(pair, fast=(MedFloat(96, 0), Special.NAN), slow=pair, device_status=1)
    got = decode("2A5F", encode_continuous(running))
    assert [(r.quantity.value, r.name) for r in got.records] == [
        ("oxygen_saturation", "oxygen_saturation"),
        ("pulse_rate", "pulse_rate"),
        ("other", "oxygen_saturation_fast"),
        ("other", "oxygen_saturation_slow"),
        ("other", "pulse_rate_slow"),
    ]
    assert got.flags["pulse_rate_fast"] == "nan"
    assert numbers("2A5E", "e0 6100 3d00 aa") == numbers("2A5F", "e0 6100 3d00 aa")


@pytest.mark.parametrize("bit", [10, 11, 13, 15])
def test_what_an_oximeter_calls_invalid_is_nobodys(bit: int) -> None:
    value = Oximetry((MedFloat(97, 0), MedFloat(61, 0)), status=1 << bit)
    for uuid, raw in (("2A5E", encode_spot_check(value)), ("2A5F", encode_continuous(value))):
        assert {record.quantity.value for record in decode(uuid, raw).records} == {"other"}


def test_oximeter_features() -> None:
    got = flags("2A60", "0300 e0ff ffff00")
    assert (got["measurement_status_bits"], got["device_status_bits"]) == (0xFFE0, 0xFFFF)
    for wrong in ("03", "0300 e0", "0300 e0ff", "0000 00", "0300 e0ff ffff00 00"):
        with pytest.raises(DecodeError):
            decode("2A60", bytes.fromhex(wrong))


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
    for uuid, wrong in (("2BEA", "0165"), ("2BEF", "ffffff"), ("2B4D", "05")):
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
