"""One message in several telegrams: whole, cut anywhere, in any order; and all that is none."""

from __future__ import annotations

import random
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.errors import DecodeError, FrameError, KeyRequired, Unsupported, WrongKey
from hardware.mbus.telegram import Telegram
from hardware.wmbus import afl
from hardware.wmbus.afl import Authentication, FragmentMissing
from hardware.wmbus.formats import FormatStore
from hardware.wmbus.fragments import MOST_FRAGMENTS, Assembly, fragment_of, vouching
from hardware.wmbus.link import LinkFrame, encode_a, encode_b, parse
from hardware.wmbus.telegram import decode
from tests.hardware.wmbus.fragmented import (
    ADDRESS,
    COUNTER,
    KEY,
    energies,
    message_of,
    sealed_message,
    telegrams,
)

COUNT = 30
RECORDS = energies(COUNT)
MESSAGE, CODE = sealed_message(RECORDS)
PLAIN = b"\x7a\x2a\0\0\0" + RECORDS


def read(raws: list[bytes], key: bytes | None = KEY) -> Telegram:
    return decode(raws, key, FormatStore())


def values(telegram: Telegram) -> list[float | str]:
    return [record.value for record in telegram.records]


WANTED = [1000.0 + number for number in range(COUNT)]


def part(flags: int, fields: bytes, data: bytes, address: bytes = ADDRESS) -> bytes:
    layer = flags.to_bytes(2, "little") + fields
    return LinkFrame(0x44, address, b"\x90" + bytes((len(layer),)) + layer + data).raw


# --- whole ------------------------------------------------------------------------------------


@pytest.mark.parametrize("cuts", [(100,), (1,), (6, 7), (60, 120, 180), tuple(range(20, 200, 20))])
def test_a_message_in_fragments_is_read_as_one(cuts: tuple[int, ...]) -> None:
    found = read(telegrams(MESSAGE, CODE, cuts=cuts))
    assert values(found) == WANTED
    assert (found.encryption, found.access_number) == ("aes-cbc-no-iv", 0x2A)
    assert found.device_id == "mbus:KAM-12345678-1B-04"


def test_cut_at_every_place() -> None:
    for cut in range(1, len(MESSAGE)):
        assert values(read(telegrams(MESSAGE, CODE, cuts=(cut,)))) == WANTED


def test_fragments_come_in_any_order() -> None:
    for order in permutations(telegrams(MESSAGE, CODE, cuts=(70, 140))):
        assert values(read(list(order))) == WANTED


@pytest.mark.parametrize("all_blocks", [True, False])
@pytest.mark.parametrize("count", [40, 200])
def test_longer_than_the_blocks_that_can_be_counted(count: int, *, all_blocks: bool) -> None:
    message, code = sealed_message(energies(count), all_blocks=all_blocks)
    cuts = tuple(range(200, len(message), 200))
    assert values(read(telegrams(message, code, cuts=cuts))) == [1000.0 + n for n in range(count)]


def test_how_much_is_sealed_must_be_clear() -> None:
    message, code = sealed_message(b"\x3f" * 300)  # none of both ways reads
    with pytest.raises(Unsupported, match="unclear how much"):
        read(telegrams(message, code))


@pytest.mark.parametrize("encode", [encode_a, encode_b])
def test_with_checksums_and_without_an_extended_link_layer(encode: object) -> None:
    raws = telegrams(MESSAGE, CODE, ell=b"")
    sent = [encode(parse(raw)) for raw in raws]  # type: ignore[operator]
    assert values(read(sent)) == WANTED


def test_with_a_long_extended_link_layer() -> None:
    ell = b"\x8e\x00\x2a" + bytes.fromhex("2D2C998877661B31")
    assert values(read(telegrams(MESSAGE, CODE, ell=ell))) == WANTED


def test_the_same_again_changes_nothing() -> None:
    first, second = telegrams(MESSAGE, CODE)
    repeated = first[:11] + b"\x02" + first[12:]  # a repeater's hop bit in the extended link layer
    assert values(read([first, repeated, first, second, second, first])) == WANTED


def test_two_messages_the_last_one_counts() -> None:
    later, code = sealed_message(energies(2), counter=b"\x08\0\0\0")
    both = [*telegrams(MESSAGE, CODE), *telegrams(later, code, cuts=(9,), counter=b"\x08\0\0\0")]
    assert len(read(both).records) == COUNT


def test_unencrypted_with_its_length() -> None:
    assert values(read(telegrams(PLAIN, b"", counter=b""), None)) == WANTED


# --- not whole --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        ([0], "fragment 1 of a message in several"),
        ([2], "the last fragment of a message in several"),
        ([0, 1], "fragment 3 and perhaps more of a message missing"),
        ([1, 1], "fragments 1, 3 and perhaps more of a message missing"),
        ([0, 2], "fragment 2 of a message missing"),
        ([2, 1], "fragment 1 of a message missing"),
        ([2, 2], "fragments 1, 2 of a message missing"),
        ([0, 1, 2, 1], "fragments 1, 3 and perhaps"),
    ],
)
def test_what_is_missing_is_named(kept: list[int], words: str) -> None:
    raws = telegrams(MESSAGE, CODE, cuts=(70, 140))
    other = telegrams(*sealed_message(RECORDS, counter=b"\x08\0\0\0"), cuts=(70, 140))
    chosen = [raws[index] for index in kept]
    if len(kept) == 4:
        chosen[-1] = other[1]  # of the next message
    for key in (KEY, None):
        with pytest.raises((FragmentMissing, KeyRequired)) as caught:
            read(chosen, key)
        if isinstance(caught.value, FragmentMissing):
            assert words in str(caught.value)
            assert "Kommas" in caught.value.hint


# --- who vouches ------------------------------------------------------------------------------


def test_keys() -> None:
    raws = telegrams(MESSAGE, CODE)
    with pytest.raises(KeyRequired):
        read(raws, None)
    with pytest.raises(WrongKey):
        read(raws, bytes(16))


def test_fragments_of_two_messages_are_none() -> None:
    later, code = sealed_message(energies(COUNT), counter=b"\x08\0\0\0")
    one, other = telegrams(MESSAGE, CODE), telegrams(later, code, counter=b"\x08\0\0\0")
    with pytest.raises(WrongKey):
        read([one[0], other[1]])
    with pytest.raises(DecodeError, match="of another message"):
        read([one[0], other[0], one[1]])


def test_any_changed_byte_of_the_message_is_refused() -> None:
    rng = random.Random(5)
    raws = telegrams(MESSAGE, CODE)
    for _ in range(150):
        spoiled = [bytearray(raw) for raw in raws]
        chosen = spoiled[rng.randrange(2)]
        at = rng.randrange(13, len(chosen))  # behind the extended link layer
        chosen[at] ^= 1 << rng.randrange(8)
        try:
            found = read([bytes(raw) for raw in spoiled])
        except (DecodeError, FrameError):
            continue
        assert values(found) == WANTED  # a bit that nothing depends on
        assert at < 20


# --- hostile ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raws", "words"),
    [
        ([part(0x4000, b"", b"\x78"), part(2, b"", b"\0")], "fragment 0 is none"),
        ([part(0x4001, b"", b""), part(2, b"", b"\0")], "fragment 1 is none"),
        ([part(0x4001 + MOST_FRAGMENTS, b"", b"\0")] * 2, "fragment 65 is none"),
        ([part(0x4001, b"", b"\1"), part(0x4001, b"", b"\2")], "fragment 1 is of another"),
        ([part(0x4003, b"", b"\1"), part(2, b"", b"\2")], "fragment 2 is of another"),
        ([part(3, b"", b"\1"), part(0x4004, b"", b"\2")], "fragment 4 is of another"),
        (
            [part(0x4001, b"", b"\1"), part(2, b"", b"\1", bytes(8))],
            "of several meters",
        ),
        ([part(0x4001, b"", b"\x78"), part(2, b"", b"\0")], "nothing tells"),
        ([part(0x5001, b"\3\0", b"\x78"), part(2, b"", b"\0")], "length does not match"),
        (
            [part(0x4801, COUNTER, b"\x78"), part(0x0C02, b"\1" + COUNTER[1:] + b"\0", b"\0")],
            "of several messages",
        ),
        ([part(0x4001, b"", b"\x78"), part(0x0402, bytes(17), b"\0")], "code of 17 bytes"),
    ],
)
def test_what_is_no_message(raws: list[bytes], words: str) -> None:
    with pytest.raises(DecodeError, match=words):
        read(raws)


def test_a_fragment_within_a_session_is_not_joined() -> None:
    inside = b"\x90\x02\x01\x40\x78"
    from hardware.wmbus.link import crc16  # noqa: PLC0415

    payload = b"\x8d\x20\x2a\0\0\0\0" + crc16(inside).to_bytes(2, "little") + inside
    raw = LinkFrame(0x44, ADDRESS, payload).raw
    with pytest.raises(FragmentMissing, match="within a session"):
        read([raw, raw])


@given(flags=st.integers(0, 0xFFFF), fields=st.binary(max_size=20), data=st.binary(max_size=20))
def test_only_its_own_errors(flags: int, fields: bytes, data: bytes) -> None:
    first, second = telegrams(MESSAGE, CODE)
    strange = part(flags, fields, data)
    for raws in ([strange], [first, strange], [strange, second], [first, strange, second]):
        try:
            read(raws)
        except (DecodeError, FrameError):
            continue
    assembly = Assembly()
    try:
        assembly.add(parse(strange))
    except DecodeError:
        return


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"\x72" + bytes(20), "no authentication layer"),
        (b"\x8c\0\x2a\x72" + bytes(20), "none behind the extended link layer"),
        (b"\x8c", "an extended link layer that ends early"),
        (b"\x90", "no length"),
        (b"\x90\x02\x01", "flags that end early"),
        (b"\x90\x01\x01\x40\x78", "a layer too short for its flags"),
        (b"\x90\x02\x01\x48\x78", "a counter announced, and no bytes for it"),
        (b"\x8d\x20\x2a" + bytes(6) + b"\x90\x02\x01\x40\x78", "within a session"),
    ],
)
def test_what_is_no_fragment_vouches_for_nothing(payload: bytes, why: str) -> None:
    frame = LinkFrame(0x44, ADDRESS, payload)
    assert fragment_of(frame) is None, why
    assert vouching(frame) == afl.NOTHING, why


def test_a_whole_message_is_no_fragment_and_says_who_vouches() -> None:
    message, code = sealed_message(energies(2))
    frame = parse(telegrams(message, code, cuts=())[0])
    assert frame.payload[5:7] == b"\x01\x3c"  # fragment 1, and none follows
    assert fragment_of(frame) is None
    length = len(message).to_bytes(2, "little")
    assert vouching(frame) == Authentication(b"\x25", b"", COUNTER, code, length, 1)


@given(payload=st.binary(min_size=1, max_size=40))
def test_whether_it_is_a_fragment_never_raises(payload: bytes) -> None:
    for start in (b"", b"\x90", b"\x8c\0\0\x90"):
        found = fragment_of(LinkFrame(0x44, ADDRESS, start + payload))
        assert found is None or found.said.is_part


@given(
    control=st.binary(max_size=1),
    key=st.sampled_from([b"", b"\1\2"]),
    counter=st.sampled_from([b"", COUNTER]),
    code=st.binary(max_size=16),
    length=st.sampled_from([b"", b"\1\0"]),
    fragment=st.integers(0, 255),
    more=st.booleans(),
)
def test_a_layer_is_read_as_it_was_written(
    *,
    control: bytes,
    key: bytes,
    counter: bytes,
    code: bytes,
    length: bytes,
    fragment: int,
    more: bool,
) -> None:
    said = Authentication(control, key, counter, code, length, fragment, more)
    layer = afl.encode(said)
    assert layer[:2] == bytes((0x90, len(layer) - 2))
    assert afl.parse(layer[2:], offset=0) == said


def test_message_of_is_what_the_other_tests_take() -> None:
    assert values(read(message_of(RECORDS))) == WANTED
