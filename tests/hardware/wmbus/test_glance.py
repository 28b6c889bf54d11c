from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hardware.wmbus.glance import Glance, device_name, glance, wireless_address
from hardware.wmbus.link import LinkFrame, address_header

ADDRESS = bytes.fromhex("2D2C998734761B04")
SHORT = "7A 2A 00"  # CI, access number, status; the configuration follows


def look(payload: str) -> Glance:
    return glance(LinkFrame(0x44, ADDRESS, bytes.fromhex(payload)))


def test_a_meter_has_one_name_everywhere() -> None:
    assert device_name(address_header(ADDRESS)) == "wmbus:KAM-76348799-1B-04"
    assert wireless_address("wmbus:KAM-76348799-1B-04") == "KAM-76348799"
    found = look(SHORT + "0000 0406 00000000")
    assert (found.device, found.header.medium) == ("wmbus:KAM-76348799-1B-04", "heat")


def test_plain_telegrams() -> None:
    found = look(SHORT + "0000 0406 00000000")
    assert (found.encryption, found.access_number, found.is_counted) == ("none", 0x2A, False)
    assert found.shape == (0x7A, 8 + 11)
    bare = look("78 0406 00000000")
    assert (bare.encryption, bare.access_number, bare.is_counted) == ("none", None, False)
    long = look("72 99873476 2D2C 1B 04 07 00 0000 0406 00000000")
    assert (long.encryption, long.access_number) == ("none", 0x07)


def test_encryption_of_the_transport_layer() -> None:
    assert look(SHORT + "1005" + "00" * 16).encryption == "aes-cbc-iv"
    assert look(SHORT + "0005").encryption == "none"  # no block of it
    assert look(SHORT + "1007 10" + "00" * 16).encryption == "aes-cbc-no-iv"
    assert look(SHORT + "000D 00" + "00" * 16).encryption == "mode-13"
    for unnamed in ("000E", "001F", "1010"):  # not for nothing: what they hide is not open
        assert look(SHORT + unnamed + "00" * 16).encryption == "unknown"
    assert look(SHORT + "00E0").encryption == "none"  # bits beside the mode
    assert look("72 99873476 2D2C 1B 04 07 00 1005" + "00" * 16).encryption == "aes-cbc-iv"


def test_a_session_says_nothing_behind_it() -> None:
    sealed = look("8D 20 5F 01020320 AABB 7A 01 00 1005 00")
    assert (sealed.encryption, sealed.access_number, sealed.is_counted) == (
        "ell-aes-ctr",
        0x5F,
        True,
    )
    open_ = look("8D 20 5F 01020300 AABB 7A 01 00 0000 00")
    assert (open_.encryption, open_.access_number, open_.is_counted) == ("none", 0x01, False)
    far = look("8F 20 5F 2D2C998734761B04 01020320 AABB 00")
    assert (far.encryption, far.access_number) == ("ell-aes-ctr", 0x5F)


def test_a_link_layer_without_a_session() -> None:
    found = look("8C 20 5F 78 0406 00000000")
    assert (found.encryption, found.access_number, found.is_counted) == ("none", 0x5F, False)
    far = look("8E 20 5F 2D2C998734761B04 7A 2B 00 1005" + "00" * 16)
    assert (far.encryption, far.access_number) == ("aes-cbc-iv", 0x2B)


def test_a_message_counter_makes_a_telegram_one_of_its_kind() -> None:
    counted = look("90 0F 002C 25 B3000000 1234567812345678" + SHORT + "1007 10" + "00" * 16)
    assert (counted.encryption, counted.is_counted) == ("aes-cbc-no-iv", True)
    uncounted = look("90 03 0020 25" + SHORT + "0000")
    assert (uncounted.access_number, uncounted.is_counted) == (0x2A, False)


def test_the_first_fragment_shows_its_encryption_and_no_other_does() -> None:
    first = look("90 02 0140" + SHORT + "1007 10" + "00" * 16)
    assert (first.fragment, first.access_number) == (1, 0x2A)
    assert first.encryption == "aes-cbc-no-iv"
    for flags in ("0240", "0200"):  # one more follows, or none
        later = look("90 02" + flags + SHORT + "1007 10" + "00" * 16)
        assert (later.fragment, later.encryption, later.access_number) == (2, "fragment", None)
    whole = look("90 02 0100" + SHORT + "0000 0406 00000000")
    assert (whole.fragment, whole.encryption) == (0, "none")


def test_copies_of_a_repeater_are_the_same() -> None:
    for first, repeated, other in (
        ("8C 20 5F 78 01", "8C 32 5F 78 01", "8C 20 60 78 01"),
        (SHORT + "1005", SHORT + "1305", SHORT + "2005"),
        ("72 99873476 2D2C 1B 04 07 00 0000", "72 99873476 2D2C 1B 04 07 00 0100", "78"),
    ):
        assert look(first).same == look(repeated).same
        assert look(first).same != look(other).same
    nobody_s = look("78 0406 00000000")
    assert nobody_s.same == ADDRESS + bytes.fromhex("78 0406 00000000")


def test_what_ends_too_early_is_told_as_far_as_it_goes() -> None:
    whole = bytes.fromhex(
        "8E 20 5F 2D2C998734761B04 90 0F 002C 25 B3000000 1234567812345678"
        + SHORT
        + "1007 10"
        + "00" * 16
    )
    for end in range(1, len(whole) + 1):
        found = glance(LinkFrame(0x44, ADDRESS, whole[:end]))
        assert found.shape == (0x8E, 8 + end)
        assert found.is_counted == (end >= 15)
        assert found.encryption == ("aes-cbc-no-iv" if end >= 33 else "none")


@given(payload=st.binary(min_size=1, max_size=60), address=st.binary(min_size=8, max_size=8))
def test_nothing_is_raised_and_only_hops_are_lost(payload: bytes, address: bytes) -> None:
    found = glance(LinkFrame(0x44, address, payload))
    assert len(found.same) == 8 + len(payload)
    assert sum(a != b for a, b in zip(address + payload, found.same, strict=True)) <= 2
    assert found.device.isascii()
    assert found.encryption


@given(
    first=st.sampled_from([0x72, 0x7A, 0x8C, 0x8D, 0x8E, 0x8F, 0x90]), rest=st.binary(max_size=60)
)
def test_headers_of_all_kinds_raise_nothing(first: int, rest: bytes) -> None:
    assert glance(LinkFrame(0x44, ADDRESS, bytes((first,)) + rest)).shape == (first, 9 + len(rest))
