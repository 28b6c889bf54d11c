"""BTHome: each object, both versions, and where they break."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from hardware.ble.advert.bthome_objects import BINARIES, NUMBERS
from hardware.errors import DecodeError, Unsupported
from hardware.reading import Quantity


@pytest.mark.parametrize("code", sorted(NUMBERS))
def test_each_number_of_both_versions(ether: Any, code: int) -> None:
    number = NUMBERS[code]
    raw = 21 if number.quantity is not Quantity.AIR_PRESSURE else 101_325
    data = raw.to_bytes(number.size, "little").hex()
    expected = float(raw * number.step)
    assert ether.numbers(s_fcd2=f"40{code:02x}{data}") == {number.name: expected}
    control = 0x20 * number.signed + number.size + 1
    assert ether.numbers(s_181c=f"{control:02x}{code:02x}{data}") == {number.name: expected}
    if number.signed:
        low = (-3).to_bytes(number.size, "little", signed=True).hex()
        assert ether.numbers(s_fcd2=f"40{code:02x}{low}") == {number.name: float(-3 * number.step)}
    with pytest.raises(DecodeError):
        ether.hear(s_fcd2=f"40{code:02x}{data}"[:-2])


@pytest.mark.parametrize("code", sorted(BINARIES))
def test_each_state(ether: Any, code: int) -> None:
    binary = BINARIES[code]
    for raw in (0, 1):
        sighting = ether.hear(s_fcd2=f"40{code:02x}{raw:02x}")
        if binary.quantity is None:
            assert sighting.measurement.flags[binary.name] is bool(raw)
        else:
            [record] = sighting.measurement.records
            assert (record.quantity, record.name) == (binary.quantity, binary.name)
            assert record.value == (1 - raw if binary.name == "lock" else raw)


def test_buttons(ether: Any) -> None:
    assert ether.numbers(s_fcd2="4400073a04") == {"button": 4}
    assert ether.flags(s_fcd2="4400073a00")["button"] == "none"
    assert ether.flags(s_fcd2="4400073a55")["button"] == "reserved"
    many = ether.hear(s_fcd2="443a003a013afe3a81", name="SBBT-EUEEFF")
    assert many.measurement.device == "shelly_blu_wall_switch_4"
    assert ether.values(many) == {"button_2": 1, "button_3": 0x80, "button_4": 0x81}
    assert many.measurement.flags["button_1"] == "none"
    assert many.sequence is None


def test_what_is_no_reading(ether: Any) -> None:
    data = "403b020107aa3c010350f3a16a65530268c35402beeff00100f104020100f2000106"
    sighting = ether.hear(s_fcd2=data)
    got = sighting.measurement.flags
    assert (got["command"], got["command_arguments"]) == ("on", "07aa")
    assert got["text"] == "h\N{REPLACEMENT CHARACTER}"
    assert (got["dimmer"], got["dimmer_steps"]) == ("rotate_left", 3)
    assert sighting.measurement.timestamp == "2023-12-02T03:18:11"
    assert got["raw"] == "beef"
    assert got["device_type_id"] == 1
    assert got["firmware_version"] == "6.1.0"
    assert ether.flags(s_fcd2="40fe01") == {"trigger_based": False, "unknown_object": 0xFE}
    assert ether.numbers(s_fcd2="400164fe01") == {"battery_level": 100}


def test_one_quantity_twice(ether: Any) -> None:
    assert ether.numbers(s_fcd2="40016402ca0902cf09") == {
        "battery_level": 100,
        "air_temperature_1": 25.06,
        "air_temperature_2": 25.11,
    }


def test_version_1(ether: Any) -> None:
    for size, form in ((2, "e"), (4, "f"), (8, "d")):
        value = struct.pack(f"<{form}", 2048.0).hex()
        assert ether.numbers(s_181c=f"{0x41 + size:02x}02{value}") == {"air_temperature": 20.48}
    assert ether.hear(s_181c="020009").sequence.number == 9
    assert ether.flags(s_181c="02ee01") == {"unknown_object": 0xEE}
    for wrong in ("01ff", "440200", "43ee0000", "45020000807f", "033c01"):
        with pytest.raises(DecodeError):
            ether.hear(s_181c=wrong)
    for object_of, wrong in (("0x00 of 2", "03000901"), ("0x50 of 3", "0450010203")):
        with pytest.raises(DecodeError, match=f"object {object_of} bytes"):
            ether.hear(s_181c=wrong)


def test_version_1_sealed(ether: Any) -> None:
    """BTHome v1's own example: the same key and values as v2's."""
    message = "fba435e4d3c312fb0011223357d90a99"
    sighting = ether.hear(ether.KEY, address="54:48:E6:8F:80:A5", s_181e=message)
    assert ether.values(sighting) == {"air_temperature": 25.06, "relative_humidity": 50.55}
    with pytest.raises(DecodeError, match="address"):
        ether.hear(ether.KEY, address="", s_181e=message)


def test_the_address_in_the_frame_is_the_one_that_counts(ether: Any) -> None:
    plain = ether.hear(s_fcd2="42010203a4c1380164", address="")
    assert ether.values(plain) == {"battery_level": 100}
    with pytest.raises(DecodeError, match="address"):
        ether.hear(ether.KEY, address="", s_fcd2=ether.bthome_sealed("0164", 1))
    assert ether.numbers(ether.KEY, s_fcd2=ether.bthome_sealed("0164", 1)) == {"battery_level": 100}


@pytest.mark.parametrize(
    "data", ["", "41", "4100000000", "4102ca0900112233", "40026", "4002ca", "40530561", "403b05"]
)
def test_cut_messages(ether: Any, data: str) -> None:
    with pytest.raises(DecodeError):
        ether.hear(ether.KEY if data[:2] == "41" else None, s_fcd2=data + "0" * (len(data) % 2))


def test_what_cannot_be(ether: Any) -> None:
    with pytest.raises(Unsupported, match="version 3"):
        ether.hear(s_fcd2="600164")
    for impossible in ("400165", "40031127", "40020080"):
        with pytest.raises(DecodeError, match="out of range"):
            ether.hear(s_fcd2=impossible)
