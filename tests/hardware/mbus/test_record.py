from __future__ import annotations

import pytest

from hardware.errors import DecodeError, Unsupported
from hardware.mbus import plan
from hardware.mbus.layout import MOST_LAYOUTS, column_of
from hardware.mbus.record import parse_records, split_headers, split_records
from hardware.reading import Function, Quantity, Record, Register, Unit


def one(digits: str) -> Record:
    (record,) = parse_records(bytes.fromhex(digits)).records
    return record


def value(digits: str) -> tuple[float | str, str]:
    record = one(digits)
    return record.value, record.unit.value


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("0413 31D40000", (54.321, "m3")),
        ("0113 FF", (-0.001, "m3")),
        ("0213 FF7F", (32.767, "m3")),
        ("0313 313031", (3223.601, "m3")),
        ("0613 010000000000", (0.001, "m3")),
        ("0713 0100000000000000", (0.001, "m3")),
        ("0906 42", (42.0, "kWh")),
        ("0A5A 0102", (20.1, "degC")),
        ("0A5A 05F0", (-0.5, "degC")),
        ("0B3B 270100", (0.127, "m3/h")),
        ("0C06 27048502", (2_850_427.0, "kWh")),
        ("0E06 563412907856", (567_890_123_456.0, "kWh")),
        ("0E13 010000000000", (0.001, "m3")),
        ("055B 2B4BAC41", (21.536703, "degC")),
        ("0506 CDCCCC3D", (0.1, "kWh")),
        ("055B 446FCEC2", (-103.217316, "degC")),
        ("0D13 C2 3412", (1.234, "m3")),
        ("0D13 D2 3412", (-1.234, "m3")),
        ("0D13 E2 FEFF", (-0.002, "m3")),
        ("0D78 E2 FEFF", (65534.0, "1")),
        ("0D7C 01 43 03 636261", ("abc", "text")),
        ("0DFD11 0A 35313334363738393039", ("9098764315", "text")),
        ("0D78 E9 010203040506070809", ("090807060504030201", "text")),
        ("0D7F 03 636261", ("abc", "text")),
        ("0D7F 03 010203", ("010203", "text")),  # the manufacturer's own, as sent
        ("0779 998734762D2C1B04", ("KAM-76348799-1B-04", "text")),
        ("040E 01000000", (1e6 / 3_600_000, "kWh")),
        ("0429 01000000", (0.00001, "kW")),
        ("0432 01000000", (100 / 3_600_000, "kW")),
        ("0440 0A000000", (60e-6, "m3/h")),
        ("0448 01000000", (3.6e-6, "m3/h")),
        ("0459 01000000", (0.01, "degC")),
        ("0220 0100", (1 / 3600, "h")),
        ("0223 0200", (48.0, "h")),
        ("0271 0600", (0.1, "h")),
        ("0269 D204", (12.34, "bar")),
        ("02FD48 4409", (237.2, "V")),
        ("02FD59 5802", (0.6, "A")),
        ("02FD71 9CFF", (-100.0, "dBm")),
        ("02FD74 0100", (24.0, "h")),
        ("02FD28 0300", (3.0, "1")),
        ("02FB00 0100", (100.0, "kWh")),
        ("02FB09 0100", (1e9 / 3_600_000, "kWh")),
        ("02FB0D 0100", (1.0, "1")),
        ("02FB1A 0F02", (52.7, "%")),
        ("02FB2E 8813", (500.0, "Hz")),
        ("02FB23 0100", (0.003785411784, "m3")),
        ("02FB5B D400", (100.0, "degC")),
        ("02FB62 1200", (1.0, "K")),
        ("02FC 03 485225 74 D411", (45.64, "%")),
        ("017A 05", (5.0, "1")),
        ("426C DF1C", ("2014-12-31", "date")),
        ("042D 00000000", (0.0, "kW")),
        ("046D 1E086119", ("2011-09-01T08:30:00", "datetime")),
        ("066D 1E2D0E6D1A00", ("2011-10-13T14:45:30", "datetime")),
        ("036D 1E2D0E", ("14:45:30", "text")),
        ("04FD30 1E086119", ("2011-09-01T08:30:00", "datetime")),
        ("02FD70 DF1C", ("2014-12-31", "date")),
        ("01FD17 FF", (255.0, "1")),
        ("02FD97 1D 0180", (32769.0, "1")),  # flags as the standard names them
        ("0183FC11 FE", (0.254, "kWh")),  # told to be unsigned
        ("0183FC12 FF", (0.255, "kWh")),  # told to be bits
        ("0D79 F0" + "00" * 15 + "0A", ("0A" + "00" * 15, "text")),
        ("0D79 F6" + "00" * 63 + "0A", ("0A" + "00" * 63, "text")),
    ],
)
def test_value_and_unit(digits: str, expected: tuple[float | str, str]) -> None:
    assert value(digits) == expected


@pytest.mark.parametrize(
    "digits",
    [
        "0013",  # no data
        "0813",  # selection for readout
        "0113 80",  # "invalid" of each length
        "0213 0080",
        "0413 00000080",
        "0178 FF",
        "0A5A A102",  # no digit
        "0A5A 0F02",
        "0906 FF",
        "0513 0000C07F",  # not a number
        "0513 0000807F",  # infinite
        "426C 0000",
        "426C FFFF",
        "426C 5E32",  # 30 February
        "426C E1F1",  # year 127: every year
        "046D 80000000",
        "046D 9E086119",  # marked invalid
        "046D 3F086119",  # minute 63
        "046D 1E1F6119",  # hour 31: every hour
        "046D 1E08E1F9",  # year 127
        "066D 1EAD0E6D1A00",
        "066D 1E2D1F6D1A00",
        "066D 1E2D0EEDFA00",
        "036D 1E2D1F",
        "036D 1E3F0E",
        "036D 3F2D0E",
        "016D 00",  # a date of one byte
        "0C6D 14086119",  # a date in digits or as a real number
        "0A6C 4119",
        "056D 1E086119",
        "0D6D C1 11",  # digits instead of a date
        "0D13 E0",
        "0D13 C0",
        "0D13 C1 F1",  # two signs
        "0D13 C1 A1",
        "04 93 15 01000000",  # no data available
        "04 93 18 01000000",  # data error
        "0D 93 18 C2 3412",
    ],
)
def test_what_holds_no_value_gives_no_record(digits: str) -> None:
    found = parse_records(bytes.fromhex(digits))
    assert found.records == ()
    assert found.without_value == 1


@pytest.mark.parametrize(
    ("digits", "name", "unit"),
    [
        ("04833B 01000000", "energy_forward", "kWh"),
        ("04833C 01000000", "energy_backward", "kWh"),
        ("0483FF01 01000000", "energy_manufacturer_01", "kWh"),
        ("04837F 01000000", "energy_manufacturer", "kWh"),
        ("04933A 01000000", "volume_uncorrected", "m3"),
        ("049320 01000000", "volume_m3_per_second", "1"),
        ("02FD9722 0100", "error_flags_per_hour", "1"),
        ("049328 01000000", "volume_increment_per_input_pulse_0", "m3"),
        ("02DB40 0100", "flow_temperature_lower_limit", "degC"),
        ("02DB48 0100", "flow_temperature_upper_limit", "degC"),
        ("02DB49 0100", "flow_temperature_upper_limit_exceed_count", "1"),
        ("02DB42 DF1C", "flow_temperature_lower_limit_first_begin", "date"),
        ("04DB4F 1E086119", "flow_temperature_upper_limit_last_end", "datetime"),
        ("02DB5A 0100", "flow_temperature_upper_limit_first_duration", "h"),
        ("02AB67 0100", "power_last_duration", "h"),
        ("02AB6A DF1C", "power_first_begin", "date"),
        ("02AB39 DF1C", "power_start_date", "date"),
        ("02AB78 0100", "power_before_offset_0_001", "kW"),
        ("42EC7E DF1C", "date_future_storage_1", "date"),
        ("02FDC8FC01 0100", "voltage_phase_l1", "V"),
        ("02EC FC11 DF1C", "date_vife_fc_11", "date"),
        ("02FDC8FC7E 0100", "voltage_vife_fc_7e", "V"),
        ("02AB7C 0100", "power_vife_7c", "kW"),
        ("02AB44 0100", "power_vife_44", "kW"),
        ("027B 0100", "reserved_7b", "1"),
        ("02FD7C 0100", "reserved_fd_7c", "1"),
        ("02FB06 0100", "reserved_fb_06", "1"),
        ("02FDFD05 0100", "reserved_fd_fd_05", "1"),
        ("02EF05 0100", "reserved_ef_05", "1"),
        ("027C 03 443A23 0100", "D", "1"),
        ("027C 01 23 0100", "plain_text", "1"),
        ("0D06 02 6261", "energy_text", "text"),
        ("02FD1C 0100", "baud_rate", "Bd"),
    ],
)
def test_what_is_no_plain_quantity_is_other_and_says_what(
    digits: str, name: str, unit: str
) -> None:
    record = one(digits)
    assert (record.quantity, record.name, record.unit) == (Quantity.OTHER, name, unit)


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("029370 E803", 1e-6),  # times 10^-6 litre
        ("029376 E803", 1.0),  # times 1
        ("029377 E803", 10.0),
        ("02937D E803", 1000.0),
        ("0293F07D E803", 1e-3),
        ("029300 E803", 1.0),  # "no error"
    ],
)
def test_multiplicative_correction_changes_the_number_only(digits: str, expected: float) -> None:
    record = one(digits)
    assert record == Record(Quantity.VOLUME, expected, Unit.M3, Register(), "volume")


def test_correction_of_a_scale_with_an_offset() -> None:
    assert value("02FBDB75 4808") == (100.0, "degC")  # 212.0 degrees Fahrenheit


def test_register_of_a_chain() -> None:
    record = one("DA 02 3B 1301")
    assert record.register == Register(5, 0, 0, Function.MAXIMUM)
    assert record.name == "volume_flow_maximum_storage_5"
    record = one("8B 60 04 371802")
    assert record.register == Register(0, 2, 1)
    assert record.name == "energy_tariff_2_subunit_1"
    assert record.value == 218.37
    record = one("FC 8F8F8F8F8F8F8F8F8F 4F 06 01000000")
    assert record.register == Register((1 << 41) - 1, 0, 1 << 9, Function.ERROR)
    assert one("2406 01000000").register.function is Function.MINIMUM


def test_manufacturers_data_run_to_the_end() -> None:
    found = parse_records(bytes.fromhex("0106010F00C4"))
    assert [(record.quantity, record.value, record.unit) for record in found.records] == [
        (Quantity.ENERGY, 1.0, Unit.KWH),
        (Quantity.MANUFACTURER_SPECIFIC, "00C4", Unit.TEXT),
    ]
    assert not found.more_follows
    assert parse_records(b"\x1f").more_follows


def test_manufacturers_vif_keeps_its_number() -> None:
    record = one("02FF13 0400")
    assert record.quantity is Quantity.MANUFACTURER_SPECIFIC
    assert record.name == "manufacturer_specific_13"
    assert record.value == 4.0
    assert one("017F 05").name == "manufacturer_specific"


def test_fillers_are_skipped() -> None:
    assert len(parse_records(bytes.fromhex("2F2F0106012F010602 2F")).records) == 2
    assert parse_records(b"") == parse_records(b"\x2f")


@pytest.mark.parametrize(
    ("digits", "words"),
    [
        ("0106", "a record of 1 bytes has 0 left at byte 10"),
        ("2F04130000", "a record of 4 bytes has 2 left at byte 11"),
        ("84", "ends within a DIF at byte 10"),
        ("8401", "ends before a VIF at byte 10"),
        ("04", "ends before a VIF at byte 10"),
        ("0493", "ends within a VIF at byte 10"),
        ("04FD", "ends within a VIF at byte 10"),
        ("8B" + "8B" * 10 + "60" + "04371802", "more than 10 DIFEs at byte 10"),
        ("0193" + "F4" * 10 + "7401", "more than 10 VIFEs at byte 10"),
        ("017C", "plain-text VIF at byte 10"),
        ("017C0541", "plain-text VIF at byte 10"),
        ("01FC0341424374", "a record of 1 bytes has 0 left"),
        ("01FC03414243", "ends within a VIF|plain-text VIF"),
        ("0D13", "ends before a record's length at byte 12"),
        ("0D130541", "a record of 6 bytes has 2 left at byte 10"),
    ],
)
def test_what_does_not_fit_is_an_error_with_its_place(digits: str, words: str) -> None:
    with pytest.raises(DecodeError, match=words) as caught:
        parse_records(bytes.fromhex(digits), offset=10)
    assert caught.value.offset is not None


@pytest.mark.parametrize("digits", ["3F", "6F", "7F", "8F01", "0D13CA", "0D13DF", "0D13F7"])
def test_what_is_reserved_is_not_guessed(digits: str) -> None:
    with pytest.raises(Unsupported):
        parse_records(bytes.fromhex(digits))


def test_ten_dife_and_ten_vife_are_allowed() -> None:
    assert one("8B" + "80" * 9 + "00" + "04371802").register == Register()
    assert one("0193" + "F6" * 9 + "7605").value == 0.005


def test_most_significant_byte_first() -> None:
    data = bytes.fromhex("04130000D431 0DFD1103414243 0AFD110102")
    found = parse_records(data, msb_first=True)
    assert [record.value for record in found.records] == [54.321, "ABC", 102.0]


def test_headers_kept_are_bounded() -> None:
    for first in range(128):
        for second in range(64):
            column_of(bytes((0x84, 0x80 | first, second, 0x13)), None)
    assert column_of.cache_info().currsize <= MOST_LAYOUTS


def test_records_are_split_into_headers_and_data() -> None:
    data = bytes.fromhex("0413010203040DFD1102414201FD170F")
    assert split_records(data) == [
        (b"\x04\x13", b"\1\2\3\4"),
        (b"\x0d\xfd\x11", b"\x02AB"),
        (b"\x01\xfd\x17", b"\x0f"),
    ]
    assert split_headers(bytes.fromhex("04130DFD1101FD17")) == [
        h for h, _ in split_records(data) or ()
    ]
    assert split_records(data + b"\x2f") is None
    assert split_records(data + b"\x0f\x01") is None
    with pytest.raises(DecodeError, match="a record of 4 bytes has 3 left"):
        split_records(data[:5])
    with pytest.raises(DecodeError, match="special function 2F among headers"):
        split_headers(b"\x04\x13\x2f")


def test_records_behind_an_empty_header_are_counted() -> None:
    volume = bytes.fromhex("041301000000")
    assert parse_records(volume + b"\0\0" + volume + volume).behind_empty == 2
    assert parse_records(volume + b"\0\0\0\0").behind_empty == 0
    assert parse_records(volume + b"\x0f").behind_empty == 0
    assert parse_records(b"\0\0" + volume + b"\x1f").behind_empty == 2


@pytest.mark.parametrize(
    ("digits", "values", "without_value", "behind_empty"),
    [
        ("0013", [], 1, 0),
        ("0013 0006", [], 2, 0),
        ("0013 0006 0413 01000000", [0.001], 2, 1),
        ("0413 01000000 0013 0413 02000000 0A5A 0F02", [0.001, 0.002], 2, 1),
        ("04 93 18 01000000 0413 02000000", [0.002], 1, 0),  # an error holds data: no empty header
    ],
)
def test_what_holds_nothing_is_read_the_second_time_as_the_first(
    digits: str, values: list[float], without_value: int, behind_empty: int
) -> None:
    plan.forget()
    for _ in range(3):
        found = parse_records(bytes.fromhex(digits))
        assert [record.value for record in found.records] == values
        assert (found.without_value, found.behind_empty) == (without_value, behind_empty)
