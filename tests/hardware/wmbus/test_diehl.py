from __future__ import annotations

import random
import subprocess

import pytest

from hardware.errors import KeyRequired, Unsupported, WrongKey
from hardware.mbus.header import Header, manufacturer_code
from hardware.wmbus import diehl
from hardware.wmbus.formats import FormatStore
from hardware.wmbus.link import LinkFrame, address_header
from hardware.wmbus.telegram import decode, read_header

NUMBER = bytes.fromhex("78563412")
RECORDS = bytes.fromhex("2F2F0C1300120000") + b"\x2f" * 8


def letters(name: str) -> bytes:
    return manufacturer_code(name).to_bytes(2, "little")


def own(name: str, address: bytes, ci: int = 0xA2) -> Header:
    frame = LinkFrame(0x44, letters(name) + address, bytes((ci, 1, 2)))
    telegram = decode([frame.raw], None, FormatStore())
    assert telegram.header == read_header(frame.raw)
    return telegram.header


@pytest.mark.parametrize("name", ["HYD", "DME", "EWT", "SPL"])
@pytest.mark.parametrize("ci", [0xA0, 0xA7])
def test_version_and_type_in_front_of_the_number(name: str, ci: int) -> None:
    header = own(name, b"\x85\x07" + NUMBER, ci)
    assert header.device_id == f"mbus:{name}-12345678-85-07"


def test_number_all_over_the_address() -> None:
    header = own("SAP", NUMBER + b"\xd4\x01")
    assert header.device_id == "mbus:SAP-12345678-00-07"


@pytest.mark.parametrize(("name", "ci"), [("HYD", 0xA8), ("HYD", 0xB6), ("TCH", 0xA2)])
def test_address_as_the_standard_has_it(name: str, ci: int) -> None:
    header = own(name, NUMBER + b"\x85\x07", ci)
    assert header.device_id == f"mbus:{name}-12345678-85-07"


def test_records_keep_the_standards_address() -> None:
    frame = LinkFrame(0x44, letters("HYD") + NUMBER + b"\x85\x07", b"\x78" + RECORDS[2:8])
    assert read_header(frame.raw) == address_header(frame.address)


def sealed(name: str, key: bytes) -> bytes:
    address = letters(name) + NUMBER + b"\x70\x07"
    iv = (address + b"\x2a" * 8).hex()
    command = ("openssl", "enc", "-aes-128-cbc", "-nopad", "-K", key.hex(), "-iv", iv)
    body = subprocess.run(command, input=RECORDS, capture_output=True, check=True).stdout
    return LinkFrame(0x44, address, bytes.fromhex("7A2A001005") + body).raw


def test_published_key_opens_without_asking_for_one() -> None:
    raw = sealed("DME", diehl.PUBLISHED_KEY)
    telegram = decode([raw], None, FormatStore())
    assert telegram.encryption == "aes-cbc-iv"
    assert telegram.records[0].value == 1.2
    assert telegram == decode([raw], diehl.PUBLISHED_KEY, FormatStore())


def test_a_key_of_ones_own_is_asked_for_and_looked_at() -> None:
    raw = sealed("DME", bytes(range(16)))
    with pytest.raises(KeyRequired):
        decode([raw], None, FormatStore())
    with pytest.raises(WrongKey):
        decode([raw], diehl.PUBLISHED_KEY, FormatStore())
    assert decode([raw], bytes(range(16)), FormatStore()).records


def test_other_manufacturers_meters_are_not_tried_with_it() -> None:
    with pytest.raises(KeyRequired):
        decode([sealed("QDS", diehl.PUBLISHED_KEY)], None, FormatStore())


def test_what_the_receiver_opened_needs_no_key() -> None:
    address = letters("DME") + NUMBER + b"\x70\x07"
    raw = LinkFrame(0x44, address, bytes.fromhex("7A2A001005") + RECORDS).raw
    assert decode([raw], None, FormatStore()).records[0].value == 1.2


TURNED = letters("HYD") + b"\x8b\x07" + NUMBER
PLAIN = bytes.fromhex("041312170100426CBF23441344100100")
HEAD = bytes.fromhex("7A8F0010")


def real_data(body: bytes, plain: bytes = PLAIN, bit: int = 0x10) -> bytes:
    checksum = sum(plain) & 0xEF | bit
    return LinkFrame(0x44, TURNED, HEAD + bytes((checksum,)) + body).raw


@pytest.mark.parametrize("index", [0, 1])
def test_records_scrambled_with_a_published_key(index: int) -> None:
    scrambled = list(diehl.unscrambled(TURNED, HEAD, PLAIN))[index]  # it undoes itself
    telegram = decode([real_data(scrambled)], None, FormatStore())
    assert telegram.encryption == "diehl-lfsr"
    assert telegram.device_id == "mbus:HYD-12345678-8B-07"
    assert [record.value for record in telegram.records] == [71.442, "2021-03-31", 69.7]


def test_records_that_a_receiver_made_plain() -> None:
    telegram = decode([real_data(PLAIN)], None, FormatStore())
    assert telegram.device_id == "mbus:HYD-12345678-8B-07"
    assert len(telegram.records) == 3


def test_checksum_of_scrambled_records() -> None:
    scrambled = next(iter(diehl.unscrambled(TURNED, HEAD, PLAIN)))
    for at in range(len(scrambled)):
        near = scrambled[:at] + bytes((scrambled[at] ^ 0x01,)) + scrambled[at + 1 :]
        with pytest.raises(KeyRequired):
            decode([real_data(near)], None, FormatStore())
    with pytest.raises(Unsupported, match="a key of its own"):
        decode([real_data(scrambled[:-1])], bytes(16), FormatStore())


def test_scrambled_bytes_that_are_no_records_in_spite_of_their_checksum() -> None:
    body = b"\x04\x13\x12"  # ends within its value
    with pytest.raises(KeyRequired):
        decode([real_data(body, body)], None, FormatStore())


# --- scrambled -------------------------------------------------------------------------------

COUNTED = bytes.fromhex("0413DDC00000 426CBF23 441382BB0000")
LINK = letters("HYD") + b"\x90\x60" + NUMBER  # version and type in front


def scrambled(key: int, plain: bytes = COUNTED, access: int = 0x2A) -> bytes:
    configuration = bytes((0x10, sum(plain) & 0xEF | 0x10))
    head = bytes((0x7A, access, 0, configuration[0]))
    start = 0
    for word in (LINK[:4], LINK[4:], head):
        start ^= int.from_bytes(word, "big")
    data = diehl._shifted(start ^ key, plain)
    return LinkFrame(0x44, LINK, head + configuration[1:] + data).raw


@pytest.mark.parametrize("key", [*diehl.SCRAMBLING_KEYS, None])
def test_scrambled_with_a_published_key_or_made_plain_before(key: int | None) -> None:
    raw = scrambled(diehl.SCRAMBLING_KEYS[0] if key is None else key)
    if key is None:
        raw = raw[: -len(COUNTED)] + COUNTED
    telegram = decode([raw], None, FormatStore())
    assert telegram.device_id == "mbus:HYD-12345678-90-60"
    assert [record.value for record in telegram.records] == [49.373, "2021-03-31", 48.002]


@pytest.mark.parametrize(
    "plain",
    [
        COUNTED[:6],  # one record is what random bytes hold as well
        COUNTED[:6] + b"\x0f" + bytes(8),
        bytes.fromhex("4413DDC00000 426CBF23"),  # nothing that counts now
        bytes.fromhex("0413DDC00000 426CFFFF"),  # a date that is none
        COUNTED[:-1],
    ],
)
def test_what_such_a_meter_does_not_say_is_not_believed(plain: bytes) -> None:
    with pytest.raises(KeyRequired):
        decode([scrambled(diehl.SCRAMBLING_KEYS[0], plain)], None, FormatStore())


def test_scrambled_with_a_key_of_ones_own_gives_no_number() -> None:
    rng = random.Random(7)
    for access in range(256):
        raw = scrambled(rng.getrandbits(32), access=access)
        with pytest.raises(KeyRequired):
            decode([raw], None, FormatStore())
        with pytest.raises(Unsupported):
            decode([raw], bytes(16), FormatStore())
