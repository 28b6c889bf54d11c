"""What a scale is told of a body."""

from __future__ import annotations

from datetime import date

import pytest

from hardware.ble.control import Write
from hardware.ble.registry import decode
from hardware.ble.user_profile import (
    Sex,
    UserProfile,
    next_increment,
    read_profile,
    write_profile,
)

TODAY = date(2026, 3, 9)


def test_what_is_written_reads_back() -> None:
    writes = UserProfile(date(1948, 3, 9), Sex.FEMALE, 163).writes(TODAY)
    assert [one.uuid for one in writes] == ["2A85", "2A80", "2A8C", "2A8E"]
    found = [decode(one.uuid, one.value) for one in writes]
    assert found[0].flags["date_of_birth"] == "1948-03-09"
    assert float(found[1].records[0].value) == 78
    assert found[2].flags["gender"] == "female"
    assert float(found[3].records[0].value) == 163


def test_only_what_was_told_is_written() -> None:
    assert UserProfile().writes(TODAY) == []
    assert UserProfile(sex=Sex.MALE).writes(TODAY) == [Write("2A8C", b"\x00")]
    assert UserProfile(height_cm=250).writes(TODAY) == [Write("2A8E", b"\xfa\x00")]


@pytest.mark.parametrize(
    ("born", "age"), [((1948, 3, 10), 77), ((2026, 3, 9), 0), ((1772, 1, 1), 254)]
)
def test_the_age_is_that_of_the_last_birthday(born: tuple[int, int, int], age: int) -> None:
    assert UserProfile(date(*born)).writes(TODAY)[1].value == bytes((age,))


def test_nobody_is_like_that() -> None:
    for born in (date(2026, 3, 10), date(1771, 3, 9)):
        with pytest.raises(ValueError, match="old"):
            UserProfile(born).writes(TODAY)
    with pytest.raises(ValueError, match="early"):
        UserProfile(date(1581, 1, 1))
    for height in (49, 251):
        with pytest.raises(ValueError, match="height"):
            UserProfile(height_cm=height)


@pytest.mark.parametrize("profile", [UserProfile(), UserProfile(date(1950, 1, 2), Sex.MALE, 180)])
def test_a_profile_crosses_as_json(profile: UserProfile) -> None:
    assert read_profile(write_profile(profile)) == profile


def test_the_count_begins_anew_at_its_end() -> None:
    assert next_increment(0) == b"\x01\x00\x00\x00"
    assert next_increment(0xFFFF_FFFF) == bytes(4)
