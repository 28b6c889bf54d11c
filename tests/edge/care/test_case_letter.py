"""Letters of a consultation: whoever is not meant, or changes one, is noticed."""

from __future__ import annotations

import struct
from random import Random

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.care import case, case_letter
from edge.care.case import Answer, Attachment, Case
from edge.care.case_errors import CaseError, Damaged, NotForUs
from edge.care.case_key import Address, BadKey, KeyPair, new_pair, read_address, read_pair
from edge.care.case_letter import CHUNK, Incomplete

ID = bytes(range(16))
HUB, PRACTICE, STRANGER = (new_pair(bytes((n,)) * 32) for n in (1, 2, 3))
SMALL = Answer(ID, ID, 5, "Praxis", "Ja.")
LARGE = Case(
    ID, 5, "Holzheim", "", "?", "a", (),
    (Attachment("a.mp4", "video/mp4", Random(1).randbytes(2 * CHUNK + 5)),),
)  # fmt: skip


def sealed(letter: case.Letter = SMALL, sender: KeyPair = HUB) -> list[bytes]:
    return case_letter.seal(case.encode(letter), ID, sender, PRACTICE.address)


def test_a_letter_in_parts_is_whole_again_in_any_order_and_with_repetitions() -> None:
    parts = [case_letter.open_part(one, PRACTICE) for one in sealed(LARGE)]
    assert [(one.number, one.count) for one in parts] == [(1, 3), (2, 3), (3, 3)]
    assert {one.sender for one in parts} == {HUB.address.verify_key}
    for seed in range(5):
        mixed = parts * 2
        Random(seed).shuffle(mixed)
        assert case_letter.gather(mixed) == LARGE


def test_parts_that_lack_are_waited_for() -> None:
    parts = [case_letter.open_part(one, PRACTICE) for one in sealed(LARGE)]
    with pytest.raises(Incomplete) as caught:
        case_letter.gather(parts[1:2])
    assert "Teil 1, 3 von 3" in caught.value.hint
    with pytest.raises(ValueError, match="no parts"):
        case_letter.gather([])


def test_parts_of_two_letters_do_not_mix() -> None:
    first, other = sealed(LARGE), sealed(SMALL)
    parts = [case_letter.open_part(one, PRACTICE) for one in (first[0], other[0])]
    with pytest.raises(Damaged):
        case_letter.gather(parts)


def test_nobody_else_opens_it() -> None:
    for pair in (HUB, STRANGER):
        with pytest.raises(NotForUs):
            case_letter.open_part(sealed()[0], pair)


def test_who_was_sent_a_letter_cannot_pass_it_on_as_meant_for_another() -> None:
    opened = pyrage.decrypt(sealed()[0], [pyrage.x25519.Identity.from_str(PRACTICE.identity)])
    with pytest.raises(NotForUs):
        case_letter.open_part(STRANGER.address.seal(opened), STRANGER)


@given(st.integers(0, 100_000), st.integers(1, 255))
def test_a_changed_byte_never_opens(place: int, flip: int) -> None:
    data = bytearray(ONE)
    data[place % len(data)] ^= flip
    with pytest.raises(CaseError):
        case_letter.open_part(bytes(data), PRACTICE)


ONE = sealed()[0]


def test_every_cut_of_a_part_is_noticed() -> None:
    for end in range(0, len(ONE), 7):
        with pytest.raises(CaseError):
            case_letter.open_part(ONE[:end], PRACTICE)
    with pytest.raises(Damaged):
        case_letter.open_part(bytes(case_letter.MAX_SEALED + 1), PRACTICE)


def test_what_a_sealed_part_holds_is_looked_at() -> None:
    """Anybody can seal to a public key: what opens is not believed for that."""
    inner = pyrage.decrypt(ONE, [pyrage.x25519.Identity.from_str(PRACTICE.identity)])
    for place in range(len(inner)):
        data = bytearray(inner)
        data[place] ^= 1
        with pytest.raises(CaseError):
            case_letter.open_part(PRACTICE.address.seal(bytes(data)), PRACTICE)
    for end in range(0, len(inner), 5):
        with pytest.raises(CaseError):
            case_letter.open_part(PRACTICE.address.seal(inner[:end]), PRACTICE)


@pytest.mark.parametrize(
    ("size", "number", "count", "chunk"),
    [
        (5, 1, 1, b"1234"),
        (5, 0, 1, b"12345"),
        (5, 2, 1, b""),
        (5, 1, 2, b"12345"),
        (case.MAX_CASE + 1, 1, 49, bytes(CHUNK)),
    ],
)
def test_numbers_that_do_not_fit_are_damaged(
    size: int, number: int, count: int, chunk: bytes
) -> None:
    body = (
        HUB.address.verify_key + PRACTICE.address.verify_key + ID + bytes(32)
        + struct.pack(">IHH", size, number, count) + chunk
    )  # fmt: skip
    with pytest.raises(Damaged):
        case_letter.open_part(
            PRACTICE.address.seal(case_letter.MAGIC + HUB.sign(body) + body), PRACTICE
        )


def test_a_letter_under_another_number_or_hash_is_damaged() -> None:
    (one,) = case_letter.seal(case.encode(SMALL), bytes(16), HUB, PRACTICE.address)
    with pytest.raises(Damaged, match="another case"):
        case_letter.gather([case_letter.open_part(one, PRACTICE)])
    (one,) = case_letter.seal(b"rubbish", ID, HUB, PRACTICE.address)
    with pytest.raises(Damaged):
        case_letter.gather([case_letter.open_part(one, PRACTICE)])
    part = case_letter.open_part(ONE, PRACTICE)
    wrong = case_letter.Part(part.sender, ID, bytes(32), part.size, 1, 1, part.chunk)
    with pytest.raises(Damaged, match="signed"):
        case_letter.gather([wrong])
    whole = case_letter.gather([case_letter.open_part(sealed(LARGE)[0], PRACTICE)] and [part])
    assert whole == SMALL


def test_a_packet_is_whole_or_refused() -> None:
    recipient = PRACTICE.address.recipient
    parts = sealed(LARGE)
    data = case_letter.pack(recipient, parts)
    assert case_letter.unpack(data) == (recipient, parts)
    small = case_letter.pack(recipient, sealed())
    for end in range(len(small)):
        with pytest.raises(Damaged):
            case_letter.unpack(small[:end])
    for bad in (
        case_letter.pack(recipient, []),
        case_letter.pack(recipient, [b"x"] * (case_letter.MAX_PARTS + 1)),
        case_letter.pack(recipient, [b""]),
        case_letter.pack("age1<script>", parts),
        case_letter.pack("", parts),
        small + b"\0",
        b"",
        bytes(case_letter.MAX_PACKET + 1),
    ):
        with pytest.raises(Damaged):
            case_letter.unpack(bad)


@given(st.binary(max_size=200))
def test_rubbish_is_no_packet(data: bytes) -> None:
    for head in (b"", case_letter.PACKET):
        with pytest.raises(Damaged):
            case_letter.unpack(head + data)


def test_an_address_is_copied_whole_or_refused() -> None:
    text = str(PRACTICE.address)
    assert read_address(text) == PRACTICE.address
    assert read_address(f"  {text[:40]}\n {text[40:]} ") == PRACTICE.address
    for place in range(len(text)):
        with pytest.raises(BadKey):
            read_address(text[:place] + text[place + 1 :])
        changed = "x" if text[place] != "x" else "y"
        with pytest.raises(BadKey):
            read_address(text[:place] + changed + text[place + 1 :])
    with pytest.raises(BadKey):  # its check fits, its age key does not
        read_address(str(Address("age1" + "q" * 58, bytes(32))))


def test_groups_tell_addresses_apart() -> None:
    groups = {one.address.groups for one in (HUB, PRACTICE, STRANGER)}
    assert len(groups) == 3
    assert all(len(one) == 19 and one.replace(" ", "").isalnum() for one in groups)


def test_a_key_file_is_read_back() -> None:
    text = f"# Geheim\n\n{HUB.secret_text()}\n"
    assert read_pair(text) == HUB
    assert read_pair(text).address == HUB.address
    for bad in ("", "# nichts\n", text + text, HUB.secret_text()[:-1], "AGE-SECRET-KEY-1ABC",
                HUB.secret_text().replace("AGE-SECRET-KEY-1", "AGE-SECRET-KEY-1Q", 1)):  # fmt: skip
        with pytest.raises(BadKey):
            read_pair(bad)
    assert HUB.identity not in repr(HUB)


def test_a_signature_is_one_side_s_alone() -> None:
    data = b"x"
    assert HUB.address.signed(data, HUB.sign(data))
    assert not HUB.address.signed(data, STRANGER.sign(data))
    assert not HUB.address.signed(data, b"short")
