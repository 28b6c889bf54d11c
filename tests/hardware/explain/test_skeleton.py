"""A profile to begin with: it reads its own telegram, and no key is in it."""

from __future__ import annotations

import tomllib

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from hardware.explain import explain, skeleton
from hardware.mbus.frame import encode_long
from hardware.profiles import Registry, check, parse, shipped
from hardware.wmbus.formats import FormatStore
from hardware.wmbus.link import LinkFrame, crc16

ADDRESS = bytes.fromhex("F211785634121B04")
LONG_HEADER = bytes.fromhex("78563412F2111B042A000000")
KEY = bytes(range(16))
ENERGY = bytes.fromhex("0406D2040000")
MORE = """
profile = "kam"
title = { de = "K", en = "K" }
match = [{ manufacturer = "DOR" }]
[records]
energy = { name = "heat", factor = 2 }
volume = { ignore = true }
volume_storage_1 = "volume odd"
"""


def written(raw: bytes, registry: Registry | None = None) -> str | None:
    profiles = registry or shipped()
    found = explain([raw], None, FormatStore(), profiles)
    return skeleton(found, [raw], None, profiles)


def test_what_a_skeleton_holds() -> None:
    data = ENERGY + b"\x02\xfd\x17\x03\x00" + b"\x02\x6c\x3f\x2c" + b'\x0d\xfd\x11\x03\x01"a'
    text = written(encode_long(8, 1, 0x72, LONG_HEADER[:-3] + b"\xa0\0\0" + data))
    assert text is not None
    assert check(text, shipped()) == ()
    document = tomllib.loads(text)
    assert document["match"] == [{"manufacturer": "DOR", "version": ["1b"], "medium": ["04"]}]
    assert document["records"]["energy"] == "total_energy_consumption"
    assert document["records"]["error_flags"] == {"name": "error_flags", "bits": "error_flags"}
    assert [row["mask"] for row in document["status"]] == [0x80, 0x20]
    readings = document["example"][0]["readings"]
    assert readings["total_energy_consumption"] == 1234.0
    assert readings["customer_id"] == 'a"\x01'


def test_rules_of_a_profile_that_fits_already() -> None:
    registry = Registry((parse(MORE, "kam"), *shipped().profiles.values()))
    data = ENERGY + b"\x01\x13\x05" + b"\x41\x13\x05" + b"\x81\x10\x7f\x05"
    text = written(encode_long(8, 1, 0x72, LONG_HEADER + data), registry)
    assert text is not None
    document = tomllib.loads(text)
    assert document["records"]["energy"] == "heat"
    assert document["records"]["volume"] == {"ignore": True}
    assert document["example"][0]["readings"]["heat"] == 1234.0
    assert document["example"][0]["readings"]["volume odd"] == 0.005
    assert check(text, registry) == ()


def test_no_skeleton_where_nothing_is_read_or_nobody_speaks() -> None:
    assert written(encode_long(8, 1, 0x78, ENERGY)) is None
    assert written(encode_long(8, 1, 0x78, b"\x3f")) is None


def test_a_compact_frame_of_a_learned_format_is_no_example() -> None:
    formats = FormatStore()
    full = LinkFrame(0x44, ADDRESS, b"\x78" + ENERGY).raw
    explain([full], None, formats, shipped())
    signature = crc16(b"\x04\x06").to_bytes(2, "little") + crc16(ENERGY).to_bytes(2, "little")
    raw = LinkFrame(0x44, ADDRESS, b"\x79" + signature + ENERGY[2:]).raw
    found = explain([raw], None, formats, shipped())
    assert found.error is None
    text = skeleton(found, [raw], None, shipped())
    assert text is not None
    assert "ein volles Telegramm des Zählers einsetzen" in text
    assert "example" not in tomllib.loads(text)


def sealed(plain: bytes, ci: int) -> bytes:
    plain = b"\x2f\x2f" + plain
    plain += b"\x2f" * (-len(plain) % 16)
    encryptor = Cipher(algorithms.AES(KEY), modes.CBC(ADDRESS + b"\x2a" * 8)).encryptor()
    head = bytes((ci, 0x2A, 0, len(plain) // 16 << 4, 5))
    return LinkFrame(0x44, ADDRESS, head + encryptor.update(plain)).raw


def compact() -> bytes:
    heads = [bytes.fromhex(one) for one in ("0404", "04843C", "042B", "04AB3C")]
    values = [bytes((index, 0, 0, 0)) for index in range(1, 5)]
    full = b"".join(head + value for head, value in zip(heads, values, strict=True))
    checks = crc16(b"".join(heads)), crc16(full)
    return b"".join(one.to_bytes(2, "little") for one in checks) + b"".join(values)


@pytest.mark.parametrize("raw", [sealed(ENERGY, 0x7A), sealed(compact(), 0x7B)])
def test_what_a_key_opened_is_carried_without_it(raw: bytes) -> None:
    found = explain([raw], KEY, FormatStore(), shipped())
    text = skeleton(found, [raw], KEY, shipped())
    assert text is not None
    assert check(text, shipped()) == ()
    assert tomllib.loads(text)["example"][0]["readings"]
    assert KEY.hex().upper() not in text.upper()
    assert raw.hex().upper() not in text


def test_own_bytes_become_one_field_to_begin_with() -> None:
    raw = LinkFrame(0x44, ADDRESS, b"\xa2\x0a\x39\x30").raw
    text = written(raw)
    assert text is not None
    assert check(text, shipped()) == ()
    document = tomllib.loads(text)
    assert document["layout"][0]["lengths"] == [3]
    assert document["example"][0]["readings"] == {"own_bytes": "0A3930"}
    assert written(LinkFrame(0x44, ADDRESS, b"\xa2").raw) is None
    assert written(LinkFrame(0x44, ADDRESS, b"\x51\x01").raw) is None
    two = [raw, LinkFrame(0x44, ADDRESS, b"\xa2\x0b").raw]
    assert skeleton(explain(two, None, FormatStore(), shipped()), two, None, shipped()) is None
