"""Own bytes within records: what a layout reads takes their place, what it cannot read stays."""

from __future__ import annotations

import pytest

from hardware.mbus.header import Header
from hardware.mbus.telegram import Telegram
from hardware.profiles import Registry, interpret
from hardware.profiles.load import parse
from hardware.reading import Quantity, Record, Register, Unit

STANDARD = 'profile = "standard"\ntitle = { de = "Norm", en = "Standard" }'
OWN = """
profile = "own"
title = { de = "Eigen", en = "Own" }
match = [{ manufacturer = "ABC" }]
[[layout]]
source = "manufacturer_specific"
lengths = [2]
check = [{ at = 0, value = [0x2F] }]
fields = [{ name = "x", at = 1, size = 1 }]
[[layout]]
source = "number"
fields = [{ name = "low", at = 0, size = 1 }, { name = "high", at = 7, size = 1 }]
"""
REGISTRY = Registry([parse(STANDARD, "standard.toml"), parse(OWN, "own.toml")])


def read(name: str, value: float | str) -> dict[str, float | str]:
    header = Header(manufacturer="ABC", identification="12345678", version=1, medium_code=7)
    unit = Unit.TEXT if isinstance(value, str) else Unit.ONE
    record = Record(Quantity.OTHER, value, unit, Register(), name)
    return {one.name: one.value for one in interpret(Telegram(header, (record,)), REGISTRY).records}


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("manufacturer_specific", "2F05", {"x": 5.0}),
        ("manufacturer_specific", "2E05", {"manufacturer_specific": "2E05"}),
        ("manufacturer_specific", "2F0505", {"manufacturer_specific": "2F0505"}),
        ("manufacturer_specific", "no hex", {"manufacturer_specific": "no hex"}),
        ("another", "2F05", {"another": "2F05"}),
        ("number", 0x0102, {"low": 2.0, "high": 0.0}),
        ("number", 0.5, {"number": 0.5}),
        ("number", -1.0, {"number": -1.0}),
        ("number", 2.0**60, {"number": 2.0**60}),
    ],
)
def test_bytes_of_a_record(name: str, value: float | str, found: dict[str, float | str]) -> None:
    assert read(name, value) == found
