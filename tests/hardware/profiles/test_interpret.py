from __future__ import annotations

import pytest

from hardware.errors import DecodeError, Unsupported
from hardware.mbus.header import Header
from hardware.mbus.telegram import Telegram
from hardware.profiles.interpret import Interpreted, interpret
from hardware.profiles.load import parse
from hardware.profiles.registry import Registry
from hardware.reading import Function, Mark, Quantity, Record, Register, Unit

HEADER = Header("ABC", "12345678", 1, 4, 7, 0)
STANDARD = """
profile = "standard"
title = { de = "Norm", en = "Standard" }
[records]
energy = "total_energy_consumption"
"""
MAKER = """
profile = "maker"
title = { de = "Zähler", en = "Meter" }
[[match]]
manufacturer = "ABC"
"""
BITS = """
[[bits.error]]
mask = 0x01
name = "AIR"
de = "Luft im Zähler."
en = "Air in the meter."
[[bits.error]]
mask = 0x06
value = 0x04
name = "COLD"
de = "Fühler zu kalt."
en = "Sensor too cold."
[[bits.error]]
mask = 0xF0
"""
STATUS = """
[[status]]
mask = 0x20
name = "LEAK"
de = "Leck."
en = "Leak."
"""


def record(
    value: float | str,
    quantity: Quantity = Quantity.ENERGY,
    unit: Unit = Unit.KWH,
    name: str = "",
    register: Register | None = None,
) -> Record:
    return Record(quantity, value, unit, register or Register(), name or quantity.value)


def meaning(
    *records: Record,
    rules: str = "",
    header: Header = HEADER,
    own: tuple[int, bytes] | None = None,
    rest: str = "",
) -> Interpreted:
    maker = parse(MAKER + rest + rules, "maker.toml")
    registry = Registry([parse(STANDARD, "standard.toml"), maker])
    return interpret(Telegram(header, records, own=own), registry)


def one(found: Record, rules: str) -> Record | None:
    """Return what ``rules`` make of ``found``."""
    records = meaning(found, rules="[records]\n" + rules).records
    return records[0] if records else None


def flags(number: float | str, header: Header = HEADER) -> Interpreted:
    rules = '[records]\nerror_flags = { name = "errors", bits = "error" }\n' + BITS
    found = record(number, Quantity.ERROR_FLAGS, Unit.ONE)
    return meaning(found, rules=rules, header=header)


def test_a_meter_without_profile_has_the_standards_names() -> None:
    found = meaning(record(5.0), record(3.0, name="other"), header=Header())
    assert [each.name for each in found.records] == ["total_energy_consumption", "other"]
    assert (found.profile, found.status, found.flags) == (None, None, ())


def test_a_rule_says_name_quantity_unit_and_register() -> None:
    rule = (
        'energy = { name = "tank", quantity = "volume", unit = "m3", storage = 2, tariff = 3,'
        ' subunit = 4, function = "maximum" }\n'
    )
    found = one(record(5.0), rule)
    assert found == Record(
        Quantity.VOLUME, 5.0, Unit.M3, Register(2, 3, 4, Function.MAXIMUM), "tank"
    )
    place = Register(5, 6, 7, Function.MINIMUM)
    moved = one(record(5.0, register=place), "energy = { tariff = 1 }\n")
    assert moved is not None
    assert moved.register == Register(5, 1, 7, Function.MINIMUM)
    assert moved.name == "energy", "a rule without a name keeps the name"


@pytest.mark.parametrize(
    ("rule", "value", "wanted"),
    [
        ('factor = "1/100"', 797238.0, 7972.38),
        ("factor = 10", 3.0, 30.0),
        ("factor = 0.1", 3.0, 0.3),
        ("signed_bits = 16", 65535.0, -1.0),
        ("signed_bits = 16", 32768.0, -32768.0),
        ("signed_bits = 16", 32767.0, 32767.0),
        ('signed_bits = 8, factor = "1/2"', 255.0, -0.5),
    ],
)
def test_numbers_are_brought_into_their_unit(rule: str, value: float, wanted: float) -> None:
    found = one(record(value), f"energy = {{ {rule} }}\n")
    assert found is not None
    assert found.value == wanted


def test_words_are_no_numbers() -> None:
    found = one(record("abc", unit=Unit.TEXT), "energy = { factor = 2, signed_bits = 8 }\n")
    assert found is not None
    assert found.value == "abc"


def test_padding_and_values_that_say_none_are_left_out() -> None:
    assert one(record(1.0), "energy = { ignore = true }\n") is None
    rule = 'energy = { name = "e", invalid = [99999.999, "2099-01-01"] }\n'
    assert one(record(99999.999), rule) is None
    assert one(record("2099-01-01"), rule) is None
    assert one(record(99999.998), rule) is not None


def test_values_beyond_a_models_bounds_are_marked() -> None:
    hot = record(185.0, Quantity.FLOW_TEMPERATURE, Unit.DEG_C)
    rule = "flow_temperature = { lowest = 0.01, highest = 184.99 }\n"
    assert [
        found.mark
        for value in (0.0, 0.01, 184.99, 185.0)
        if (found := one(record(value, hot.quantity, hot.unit), rule))
    ] == [Mark.IMPLAUSIBLE, Mark.NONE, Mark.NONE, Mark.IMPLAUSIBLE]
    (general,) = meaning(record(251.0, hot.quantity, hot.unit)).records
    assert general.mark is Mark.IMPLAUSIBLE
    own = Record(Quantity.ENERGY, 1.0, Unit.KWH, name="energy", mark=Mark.ERROR_STATE)
    for rules in ("", '[records]\nenergy = "e"\n'):
        assert meaning(own, rules=rules).records[0].mark is Mark.ERROR_STATE, "a layout's mark"


def test_bits_become_flags_and_words_in_alphabetical_order() -> None:
    found = flags(0x05, header=Header("ABC", "1", 1, 4, 7, 0x14))
    assert found.status == "AIR COLD POWER_LOW TEMPORARY_ERROR"
    assert [flag.de for flag in found.flags[2:]] == ["Luft im Zähler.", "Fühler zu kalt."]
    assert [flag.en for flag in found.flags[2:]] == ["Air in the meter.", "Sensor too cold."]
    assert [flag.name for flag in found.flags[:2]] == ["POWER_LOW", "TEMPORARY_ERROR"]


def test_bits_of_no_row_are_reported_and_rows_without_a_name_are_not() -> None:
    assert flags(0xF0).status == "OK"
    found = flags(0x101)
    assert found.status == "AIR ERROR_100"
    assert "100" in found.flags[1].de
    assert flags(0x02).status == "ERROR_2", "another value of a known field"


def test_a_meter_without_status_byte_is_well_if_its_flags_say_so() -> None:
    silent = Header("ABC", "1", 1, 4)
    assert flags(0.0, header=silent).status == "OK"
    assert meaning(record(1.0), header=silent).status is None


@pytest.mark.parametrize("number", ["abc", -1.0, 2.0**60])
def test_what_is_no_set_of_bits_sets_none(number: float | str) -> None:
    assert flags(number).flags == ()


def test_error_flags_that_no_profile_explains_are_not_well() -> None:
    errors = record(0x4300, Quantity.ERROR_FLAGS, Unit.ONE)
    found = meaning(errors)
    assert found.status == "ERROR_FLAGS_4300"
    assert "4300" in found.flags[0].de
    assert meaning(record(0.0, Quantity.ERROR_FLAGS, Unit.ONE)).status == "OK"
    old = record(1.0, Quantity.ERROR_FLAGS, Unit.ONE, register=Register(storage=1))
    assert meaning(old).status == "OK", "stored flags are of another day"


def test_the_status_bytes_own_bits() -> None:
    header = Header("ABC", "1", 1, 4, 7, 0x64)
    assert meaning(header=header).status == "POWER_LOW UNKNOWN_60"
    found = meaning(header=header, rest=STATUS)
    assert found.status == "LEAK POWER_LOW UNKNOWN_40"
    assert [flag.name for flag in found.flags] == ["POWER_LOW", "LEAK", "UNKNOWN_40"]
    assert meaning(header=Header("ABC", "1", 1, 4), rest=STATUS).status is None


def test_own_bytes_without_a_layout_are_refused() -> None:
    with pytest.raises(Unsupported, match="CI A2"):
        meaning(own=(0xA2, b"\x01"))


LAYOUT = """
[[layout]]
source = "telegram"
ci = ["A2"]
lengths = [3]
fields = [{ name = "energy", at = 0, size = 2, coding = "unsigned", quantity = "energy" }]
"""
IN_RECORD = """
[[layout]]
source = "manufacturer_specific"
lengths = [2]
fields = [{ name = "energy", at = 0, size = 2, coding = "unsigned", quantity = "energy" }]
"""


def test_own_bytes_with_a_layout() -> None:
    found = meaning(own=(0xA2, b"\x05\x00\x01"), rest=LAYOUT, header=Header("ABC", "1", 1, 4))
    assert [(each.name, each.value) for each in found.records] == [
        ("total_energy_consumption", 5.0)
    ]
    with pytest.raises(Unsupported, match="CI A1"):
        meaning(own=(0xA1, b"\x05\x00\x01"), rest=LAYOUT)
    with pytest.raises(DecodeError, match="2 bytes are laid out like none"):
        meaning(own=(0xA2, b"\x05\x00"), rest=LAYOUT)


def test_own_bytes_in_a_record_with_a_layout() -> None:
    quantity = Quantity.MANUFACTURER_SPECIFIC
    records = (
        record("0102", quantity, Unit.TEXT),
        record("01", quantity, Unit.TEXT),
        record(5.0, quantity, Unit.ONE),
        record("0102", quantity, Unit.TEXT, "manufacturer_specific_1f"),
    )
    found = meaning(*records, rest=IN_RECORD)
    assert [each.value for each in found.records] == [513.0, "01", 5.0, "0102"]
