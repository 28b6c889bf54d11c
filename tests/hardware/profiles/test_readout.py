"""What an optical head brings is marked as what comes by wire or by radio."""

from __future__ import annotations

import pytest

from edge.store.wide import wide
from hardware.optical import iec62056_data, kmp_registers
from hardware.optical.iec62056 import encode_block
from hardware.profiles.readout import checked
from hardware.reading import Mark


def register(number: int, unit: int, mantissa: int, signs: int = 0) -> bytes:
    head = number.to_bytes(2, "big") + bytes((unit, 4, signs))
    return head + mantissa.to_bytes(4, "big")


@pytest.mark.parametrize(
    "answer",
    [
        register(86, 37, 65535, 0x42),  # 655.35 degC
        register(68, 40, 0xFFFFFFFF),  # m³
        register(60, 2, 77, 0x80),  # -77 kWh
    ],
)
def test_what_a_multical_cannot_have_measured_fills_no_column(answer: bytes) -> None:
    found = checked(kmp_registers.decode(b"\0\0\0\1", [answer]))
    assert [record.mark for record in found.records] == [Mark.IMPLAUSIBLE]
    assert wide(found.records) == {}
    assert checked(found) == found


def test_what_an_ultraheat_cannot_have_measured_fills_no_column() -> None:
    block = encode_block(b"6.8(999999999999*MWh)6.26(999999999999*m3)F(0)!\r\n")
    found = checked(iec62056_data.decode(block, manufacturer="LUG"))
    assert wide(found.records) == {}


def test_an_ordinary_readout_stays_as_it_is() -> None:
    block = encode_block(b"6.8(0012345*kWh)6.26(00123.45*m3)9.21(66153690)F(0)!\r\n")
    found = iec62056_data.decode(block, manufacturer="LUG")
    assert checked(found) == found
    assert wide(found.records) == {"energy_kwh": 12345.0, "volume_m3": 123.45}
