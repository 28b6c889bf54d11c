"""Advertisements: sealed round trips, near misses, and a million that are wrong."""

from __future__ import annotations

import json
import math
from random import Random
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.commands.ble_decode import answer_line
from hardware.ble.advert import Advertisement, Intake, Kind, Sighting, decode, pack, unpack
from hardware.ble.advert.bthome_objects import BINARIES, NUMBERS
from hardware.ble.advert.mibeacon_objects import OBJECTS
from hardware.ble.advert.mibeacon_products import MODELS
from hardware.errors import DecodeError, WrongKey
from hardware.reading import CANONICAL_UNIT, Quantity

MILLION = 1_000_000
BLOCK = 10_000
ADDRESS = "A4:C1:38:01:02:03"
MAC = bytes.fromhex("a4c138010203")
KEY = bytes(range(16))

# A frame of each family and kind: name, manufacturer data by company, service data by UUID.
FRAMES: list[tuple[str, dict[int, str], dict[str, str]]] = [
    ("SBBT-002C", {}, {"fcd2": "44001d01643a013a003a003a00"}),
    ("", {}, {"fcd2": "40016402ca0903bf132d01530568656c6c6f3b0201073c0103"}),
    ("", {}, {"181c": "2302ca090303bf13022d01"}),
    ("", {}, {"fe95": "5050aa010703020138c1a40d1004ed005b02"}),
    ("", {}, {"fe95": "7050aa010703020138c1a4090a100157"}),
    ("", {}, {"": "5050aa010703020138c1a40d1004ed005b02"}),
    ("", {}, {"fdcd": "481203020138c1a40804010300000f0150"}),
    ("", {}, {"fdcd": "880e03020138c1a40104f900b50112047d0186011302fd02"}),
    ("", {0x0499: "03291a1ece1efc18f94202ca0b53"}, {}),
    ("", {0x0499: "0512fc5394c37c0004fffc040cac364200cda4c138010203"}, {}),
    ("", {0x0499: "06144e40f8c915000602193200a34bbdc0010203"}, {}),
    (
        "",
        {
            0x0499: "e1170c5668c79e0065007004bd11ca00c90a0213e0ac000000decdee11"
            "0000000000a4c138010203"
        },
        {},
    ),
    ("", {0x0969: "aabbccddeeffe00f06983500"}, {"fd3d": "7700e4"}),
    ("", {0x0969: "e7ab46ac8f927c0f001104"}, {"fd3d": "64406405007500f812"}),
    ("", {0x0969: "b0e9fe6c66aa06cc0456008c"}, {"fd3d": "0020640010ccc8"}),
    ("", {0x0969: "b0e9fe6e5e2900ff6826d6648303993480"}, {"fd3d": "0000640010b940"}),
    ("", {0x0969: "b0e9feb66a3d258230340004"}, {"fd3d": "0080340010a5b8"}),
    ("", {0x0969: "b0e9fea2547c36e4009ca34100"}, {"fd3d": "00206400113640"}),
    ("", {0x0969: "c04e30ddb9f28ac10000000000460000"}, {"fd3d": "3d000000"}),
    ("WoCurtain", {0x0969: "aabbccddeefff7070011040049"}, {}),
    ("", {}, {"fd3d": "73c0e200003a"}),
    ("", {}, {"181d": "227607e607020e10293a"}),
    ("", {}, {"181b": "02a6e607020e10293af7019a38"}),
    ("P T 1", {0x0757: "f2020c"}, {"2a6e": "7008"}),
    ("", {0x0157: "0202017dffffffffffffffffffffffffffffa4c138010203"}, {"fee0": "8d230000"}),
    (
        "RDL52832",
        {0x004C: "0215fda50693a4e24fb1afcfc6eb0764782500010002d8"},
        {"1803": "1a463d34000002000100090600000105"},
    ),
    ("GVH5075_1", {0xEC88: "00811f096400"}, {}),
    ("GVH5106_1", {0x0001: "01010deeaa6f"}, {}),
    ("TP357", {0x76C2: "014a022c"}, {}),
    ("sps", {0x09F0: "fe1301ca893008"}, {}),
    ("SensorPush", {0x1804: "515159"}, {}),
    ("", {0x06D5: "000ae2e733339dc4e902"}, {}),
    ("", {0x0702: "210e0401000c0f016f030802681f1362012c018c00b9"}, {}),
    ("", {0x0011: "000003020138c1a4b80b92017c03cdbb0300"}, {}),
    ("", {}, {"181a": "a4c138010203ffd33e510b7b62"}),
    ("", {}, {"181a": "03020138c1a42f09aa173d0b4b7c05"}),
    ("", {}, {"181a": "21c30b8608dea6666b85a4c13801020330d4"}),
    ("", {0x000D: "080c010664"}, {}),
    ("", {}, {"0000": "02599c37d90287a521520006635ab801"}),
    ("", {0x094F: "010000000001000000ff80153c0000000557"}, {}),
    ("", {}, {"feaa": "21010f0e58165125a5ffd2000003f7"}),
    ("electricity", {0x8290: "6300f0cf0000c409820080"}, {}),
    ("iTAG", {}, {}),
]


def heard(
    name: str, maker: dict[int, bytes], service: dict[str, bytes], address: str = ADDRESS
) -> Advertisement:
    return Advertisement(address, name, maker, service)


def whole(frame: tuple[str, dict[int, str], dict[str, str]]) -> Advertisement:
    name, maker, service = frame
    return heard(
        name,
        {company: bytes.fromhex(data) for company, data in maker.items()},
        {uuid: bytes.fromhex(data) for uuid, data in service.items()},
    )


def sealed_bthome(payload: bytes, counter: int, key: bytes) -> Advertisement:
    count = counter.to_bytes(4, "little")
    sealed = AESCCM(key, 4).encrypt(MAC + b"\xd2\xfc\x41" + count, payload, None)
    return heard("", {}, {"fcd2": b"\x41" + sealed[:-4] + count + sealed[-4:]})


def sealed_mi(payload: bytes, counter: int, key: bytes, product: int = 0x01AA) -> Advertisement:
    head = b"\x58\x58" + product.to_bytes(2, "little") + counter.to_bytes(4, "little")[:1]
    count = (counter >> 8).to_bytes(3, "little")
    nonce = MAC[::-1] + head[2:5] + count
    sealed = AESCCM(key, 4).encrypt(nonce, payload, b"\x11")
    return heard("", {}, {"fe95": head + MAC[::-1] + sealed[:-4] + count + sealed[-4:]})


keys = st.binary(min_size=16, max_size=16)
counters = st.integers(0, 0xFFFFFFFF)


@pytest.mark.parametrize("seal", [sealed_bthome, sealed_mi])
@given(st.tuples(keys, keys), counters, st.integers(0, 100), st.data())
def test_sealed_round_trip(
    seal: Any, pair: tuple[bytes, bytes], counter: int, level: int, data: st.DataObject
) -> None:
    key, other = pair
    payload = bytes((0x01, level)) if seal is sealed_bthome else bytes((0x0A, 0x10, 1, level))
    message = seal(payload, counter, key)
    got = decode(message, key)
    assert [record.value for record in got.measurement.records] == [level]
    assert (got.sequence.number, got.sequence.authentic) == (counter, True)
    if other != key:
        with pytest.raises(WrongKey):
            decode(message, other)
    [(uuid, sent)] = message.service_data.items()
    place = data.draw(st.integers(1 if seal is sealed_bthome else 2, len(sent) - 1))
    wrong = bytearray(sent)
    wrong[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(DecodeError):
        decode(heard("", {}, {uuid: bytes(wrong)}), key)


@settings(deadline=None)  # up to thirty messages are sealed and opened
@given(st.lists(counters, min_size=1, max_size=30))
def test_of_any_order_of_counters_only_rising_ones_are_new(sent: list[int]) -> None:
    intake = Intake()
    taken: list[int] = []
    for now, counter in enumerate(sent):
        verdict = intake.receive(sealed_bthome(b"\x3a\x01", counter, KEY), now, KEY)
        highest = max(taken, default=-1)
        expected = Kind.NEW if counter > highest else Kind.REPLAYED
        assert verdict.kind is (Kind.REPEATED if counter == highest else expected)
        if verdict.kind is Kind.NEW:
            taken.append(counter)
    assert taken == sorted(set(taken))


uuids = st.one_of(
    st.from_regex(r"[0-9a-f]{4}", fullmatch=True),
    st.uuids().map(str).filter(lambda uuid: not uuid.endswith("-0000-1000-8000-00805f9b34fb")),
)
adverts = st.builds(
    Advertisement,
    st.just(ADDRESS),
    st.text(max_size=20).map(lambda name: name.encode("utf-8", "replace").decode()),
    st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=200), max_size=4),
    st.dictionaries(uuids, st.binary(max_size=200), max_size=3),
    st.frozensets(uuids, max_size=3),
)


@given(adverts)
def test_what_the_journal_keeps_is_what_was_heard(advert: Advertisement) -> None:
    packed = pack(advert)
    assert unpack(packed, ADDRESS) == advert
    assert unpack(packed + bytes(9), ADDRESS) == advert
    for size in range(len(packed)):
        try:
            unpack(packed[:size])
        except DecodeError as error:
            assert error.offset is not None  # noqa: PT017


@given(st.binary(max_size=80))
def test_any_advertising_data(data: bytes) -> None:
    try:
        heard_of = unpack(data)
    except DecodeError:
        return
    own_errors_only(heard_of, None)


@pytest.mark.parametrize("frame", FRAMES, ids=str)
def test_a_whole_frame_is_read_and_a_strangers_is_not(frame: tuple) -> None:
    advert = whole(frame)
    got = decode(advert)
    own_errors_only(advert, None)
    if got.measurement.records:
        stranger = heard(
            "",
            {company ^ 0x5A5A: data for company, data in advert.manufacturer_data.items()},
            {
                f"9{uuid[1:]}" if uuid else "9999": data
                for uuid, data in advert.service_data.items()
            },
        )
        with pytest.raises(DecodeError):
            decode(stranger)


def own_errors_only(advert: Advertisement, key: bytes | None) -> Sighting | None:
    """Any advertisement: an answer that JSON and the stores can take, or our own error."""
    try:
        got = decode(advert, key)
    except DecodeError:
        return None
    for record in got.measurement.records:
        assert isinstance(record.value, float)
        assert math.isfinite(record.value)
        assert record.quantity is Quantity.OTHER or CANONICAL_UNIT[record.quantity] is record.unit
        assert record.name
    assert all(type(each) in (bool, int, str) for each in got.measurement.flags.values())
    return got


def mutated(rng: Random, value: bytes) -> bytes:
    """Return a near miss: a few bytes or bits changed, cut out, put in, or the end gone."""
    raw = bytearray(value)
    for _ in range(rng.choice((0, 1, 1, 1, 2, 4))):
        place = rng.randrange(len(raw) + 1)
        kind = rng.randrange(6)
        if kind == 0:
            raw.insert(place, rng.randrange(256))
        elif kind == 1:
            del raw[place:]
        elif kind == 2:
            del raw[place : place + 1]
        elif kind == 3 and place < len(raw):
            raw[place] = rng.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF))
        elif kind == 4 and place < len(raw):
            raw[place] ^= 1 << rng.randrange(8)
        elif place < len(raw):
            raw[place] = rng.randrange(256)
    return bytes(raw)


def objects(rng: Random) -> tuple[Advertisement, bytes | None]:
    """Return a message of random objects, sealed or not: what mutation hardly ever makes."""
    if rng.random() < 0.5:
        code = rng.choice((*NUMBERS, *BINARIES, 0, 0x3A, 0x3B, 0x3C, 0x50, 0x53, 0x54, 0xF0, 0xF1))
        payload = mutated(rng, bytes((code,)) + rng.randbytes(rng.randrange(9)))
        if rng.random() < 0.3:
            return sealed_bthome(payload, rng.randrange(1 << 32), KEY), KEY
        version_1 = bytes((rng.choice((0, 0x20, 0x40, 0x60)) | len(payload) & 0x1F,)) + payload
        return heard(
            "", {}, {"fcd2": b"\x40" + payload} if rng.random() < 0.7 else {"181c": version_1}
        ), None
    data = rng.randbytes(rng.choice((0, 1, 1, 1, 2, 2, 3, 4, 4, 5, 6, 9)))
    payload = rng.choice(list(OBJECTS)).to_bytes(2, "little") + bytes((len(data),)) + data
    product = rng.choice(list(MODELS))
    if rng.random() < 0.3:
        return sealed_mi(mutated(rng, payload), rng.randrange(1 << 32), KEY, product), KEY
    head = b"\x40\x50" + product.to_bytes(2, "little") + b"\x07"
    return heard("", {}, {"fe95": mutated(rng, head + payload)}), None


def fuzz(block: int) -> int:
    """Try :data:`BLOCK` advertisements; the number of the block is the seed. Count those read."""
    rng = Random(block)
    read = 0
    frames = [whole(frame) for frame in FRAMES]
    for number in range(BLOCK):
        key = None
        if rng.random() < 0.3:
            advert, key = objects(rng)
        else:
            base = rng.choice(frames)
            other = rng.choice(frames) if rng.random() < 0.05 else base
            advert = heard(
                other.local_name,
                {company: mutated(rng, data) for company, data in base.manufacturer_data.items()},
                {uuid: mutated(rng, data) for uuid, data in base.service_data.items()},
                ADDRESS if rng.random() < 0.9 else "",
            )
        try:
            read += own_errors_only(advert, key) is not None
            if number % 100 == 0:
                line = {
                    "local_name": advert.local_name,
                    "manufacturer_data": {c: d.hex() for c, d in advert.manufacturer_data.items()},
                    "service_data": {u: d.hex() for u, d in advert.service_data.items()},
                }
                json.dumps(answer_line(json.dumps(line).encode()), allow_nan=False)
        except Exception as error:
            raise AssertionError(f"{advert} of block {block}: {error!r}") from error
    return read


def test_ten_thousand_advertisements_that_are_wrong() -> None:
    assert 1000 < fuzz(0) < BLOCK


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_million_advertisements_that_are_wrong(request: pytest.FixtureRequest) -> None:
    """Goes on where a run that was stopped left off."""
    cache = request.config.cache
    assert cache is not None
    for block in range(cache.get("ble/adverts", 0), MILLION // BLOCK):
        fuzz(block)
        cache.set("ble/adverts", block + 1)
    cache.set("ble/adverts", 0)
