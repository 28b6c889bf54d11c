"""The quick way through a profile gives what going record by record does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.fields import Field, FieldRecords, Fields
from hardware.mbus.header import Header
from hardware.mbus.telegram import Telegram
from hardware.profiles import Registry, interpret
from hardware.profiles.load import parse
from hardware.reading import Function, Mark, Quantity, Register, Unit

STANDARD = """
profile = "standard"
title = { de = "Norm", en = "Standard" }
[records]
energy = "total_energy_consumption"
"""
MODEL = """
profile = "model"
title = { de = "Modell", en = "Model" }
match = [{ manufacturer = "KAM" }]
status = [{ mask = 0x20, name = "DUST", de = "Staub", en = "dust" }]
[records]
volume = { name = "half", factor = "1/2", invalid = [7, 9] }
power = { name = "ignored", ignore = true }
error_flags = { name = "flags", bits = "errors", invalid = [255] }
counter = { name = "signed", signed_bits = 8, storage = 3 }
model_version = { name = "text", invalid = ["none"], factor = 2 }
power_storage_1 = { name = "bounded", lowest = 0, highest = 250 }
on_time_error = { name = "while_in_error", highest = 7 }
[[bits.errors]]
mask = 0x01
name = "LEAK"
de = "Leck"
en = "leak"
"""
REGISTRY = Registry((parse(STANDARD, "standard.toml"), parse(MODEL, "model.toml")))
_ERROR = Register(function=Function.ERROR)
_ITEMS = (
    Field(Quantity.ENERGY, Unit.KWH, Register(), "energy"),
    Field(Quantity.VOLUME, Unit.M3, Register(), "volume"),
    Field(Quantity.POWER, Unit.KW, Register(), "power"),
    Field(Quantity.POWER, Unit.KW, Register(1), "power_storage_1"),
    Field(Quantity.FLOW_TEMPERATURE, Unit.DEG_C, Register(), "flow_temperature"),
    Field(Quantity.FLOW_TEMPERATURE, Unit.DEG_C, _ERROR, "flow_temperature_error"),
    Field(Quantity.ERROR_FLAGS, Unit.ONE, Register(), "error_flags"),
    Field(Quantity.COUNTER, Unit.ONE, Register(), "counter"),
    Field(Quantity.MODEL_VERSION, Unit.TEXT, Register(), "model_version"),
    Field(Quantity.ON_TIME, Unit.HOUR, _ERROR, "on_time_error"),
)
FIELDS = Fields(_ITEMS, (8,))
_NUMBER = st.sampled_from([0.0, 1.0, 7.0, 9.0, 200.0, 255.0, 300.0, 2e6, -1e7, 0.5])


@given(
    st.lists(_NUMBER, min_size=9, max_size=9),
    st.sampled_from(["none", "", "some"]),
    st.sampled_from(["KAM", "LUG"]),
    st.sampled_from([None, 0, 0x20, 0x24, 0xC4]),
)
def test_quick_is_alike(numbers: list[float], text: str, maker: str, status: int | None) -> None:
    header = Header(maker, "12345678", 1, 4, 0, status)
    quick = FIELDS.present((*numbers[:8], text, numbers[8]))
    one = interpret(Telegram(header, quick), REGISTRY)
    other = interpret(Telegram(header, tuple(quick)), REGISTRY)
    assert one.records == other.records
    assert (one.profile, one.status, one.flags) == (other.profile, other.status, other.flags)


def test_usual_values_go_the_quick_way() -> None:
    header = Header("KAM", "12345678", 1, 4, 0, 0)
    found = interpret(
        Telegram(header, FIELDS.present((1.0, 2.0, 3.0, 4.0, 60.0, 61.0, 1.0, 255.0, "x", 5.0))),
        REGISTRY,
    )
    assert isinstance(found.records, FieldRecords)
    assert [record.name for record in found.records][:2] == ["total_energy_consumption", "half"]
    assert found.records[1].value == 1.0
    assert found.status == "LEAK"


@pytest.mark.parametrize("degrees", [300.0, -51.0])
def test_a_value_to_be_marked_is_marked(degrees: float) -> None:
    header = Header("KAM", "12345678", 1, 4, 0, 0)
    values = (1.0, 2.0, 3.0, 4.0, degrees, 61.0, 0.0, 0.0, "x", 5.0)
    found = interpret(Telegram(header, FIELDS.present(values)), REGISTRY)
    assert {record.mark for record in found.records} == set(Mark)


def test_a_value_that_says_none_sets_no_flags() -> None:
    header = Header("KAM", "12345678", 1, 4, 0, 0)
    values = (1.0, 7.0, 3.0, 4.0, 60.0, 61.0, 255.0, 0.0, "none", 5.0)
    found = interpret(Telegram(header, FIELDS.present(values)), REGISTRY)
    assert isinstance(found.records, FieldRecords)
    assert not {"half", "flags", "text"} & {record.name for record in found.records}
    assert found.flags == ()


def test_a_rules_own_bounds_count() -> None:
    header = Header("KAM", "12345678", 1, 4, 0, 0)
    values = (1.0, 2.0, 3.0, 251.0, 60.0, 61.0, 0.0, 0.0, "x", 8.0)
    found = interpret(Telegram(header, FIELDS.present(values)), REGISTRY)
    marked = {record.name for record in found.records if record.mark is Mark.IMPLAUSIBLE}
    assert marked == {"bounded", "while_in_error"}


def test_a_number_without_a_table_is_reported() -> None:
    header = Header("LUG", "12345678", 1, 4, 0, 0)
    values = (1.0, 2.0, 3.0, 4.0, 60.0, 61.0, 17.0, 0.0, "x", 5.0)
    found = interpret(Telegram(header, FIELDS.present(values)), REGISTRY)
    assert isinstance(found.records, FieldRecords)
    assert found.status == "ERROR_FLAGS_11"
    assert [flag.name for flag in found.flags] == ["ERROR_FLAGS_11"]


def test_a_number_that_is_explained_says_that_all_is_well() -> None:
    header = Header("KAM", "12345678", 1, 4, 0, None)
    values = (1.0, 2.0, 3.0, 4.0, 60.0, 61.0, 0.0, 0.0, "x", 5.0)
    assert interpret(Telegram(header, FIELDS.present(values)), REGISTRY).status == "OK"


def test_the_medium_decides_too() -> None:
    fields = Fields([Field(Quantity.ENERGY, Unit.KWH, Register(), "energy")])
    cold = parse(
        'profile = "cold"\ntitle = { de = "Kälte", en = "Cold" }\nmatch = [{ medium = ["0A"] }]\n'
        '[records]\nenergy = "total_energy_cooling"\n',
        "cold.toml",
    )
    registry = Registry((*REGISTRY.profiles.values(), cold))
    names = [
        interpret(Telegram(Header("LUG", "1", 1, medium), fields.present((1.0,))), registry)
        .records[0]
        .name
        for medium in (4, 0x0A, 4)
    ]
    assert names == ["total_energy_consumption", "total_energy_cooling", "total_energy_consumption"]
