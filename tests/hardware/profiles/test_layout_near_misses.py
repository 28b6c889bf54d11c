"""Telegrams that are nearly right: whatever they give, it is a reading or one of our errors."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, datetime
from random import Random

import pytest

from hardware.errors import DecodeError, FrameError
from hardware.mbus.telegram import is_wireless
from hardware.profiles import Interpreted, Profile, interpret, shipped
from hardware.reading import Unit
from hardware.wmbus.formats import FormatStore
from hardware.wmbus.telegram import decode

LAID_OUT = [profile for profile in shipped().profiles.values() if profile.layouts]
TRIES = 100
FORMATS = FormatStore()


def meaning(raw: bytes) -> Interpreted | None:
    try:
        telegram = decode([raw], None, FORMATS, is_own=shipped().is_own)
        return interpret(telegram, shipped())
    except (DecodeError, FrameError):
        return None


def frames(profile: Profile) -> Iterator[bytes]:
    for example in profile.examples:
        if is_wireless(example.messages[0]) and example.key is None:
            yield example.messages[0]


def looks_right(found: Interpreted) -> None:
    for record in found.records:
        if isinstance(record.value, str):
            assert record.unit in (Unit.TEXT, Unit.DATE, Unit.DATETIME)
        else:
            assert math.isfinite(record.value)
        if record.unit is Unit.DATE:
            date.fromisoformat(str(record.value))
        if record.unit is Unit.DATETIME:
            datetime.fromisoformat(str(record.value))


def with_length(raw: bytes) -> bytes:
    return bytes((len(raw) - 1,)) + raw[1:]


@pytest.mark.parametrize("profile", LAID_OUT, ids=lambda one: one.name)
def test_cut_anywhere(profile: Profile) -> None:
    for raw in frames(profile):
        for end in range(1, len(raw)):
            assert meaning(raw[:end]) is None, "the length field tells"
            if (found := meaning(with_length(raw[:end]))) is not None:
                looks_right(found)


@pytest.mark.parametrize("profile", LAID_OUT, ids=lambda one: one.name)
def test_one_byte_changed(profile: Profile) -> None:
    rng = Random(profile.name)
    for raw in frames(profile):
        for at in range(1, len(raw)):
            for change in (1 << rng.randrange(8), 0xFF):
                near = raw[:at] + bytes((raw[at] ^ change,)) + raw[at + 1 :]
                if (found := meaning(near)) is not None:
                    looks_right(found)


# Allocators that only hold numbers and one date, and no check beyond it: half of all random bytes
# name a day that exists.
WEAK = 0.75


@pytest.mark.parametrize("profile", LAID_OUT, ids=lambda one: one.name)
def test_random_bytes_of_the_right_model(profile: Profile) -> None:
    rng = Random(profile.name)
    for raw in frames(profile):
        start = {0x7A: 15, 0x78: 11, 0x8C: 18}.get(raw[10], 11)
        read = 0
        for _ in range(TRIES):
            found = meaning(raw[:start] + rng.randbytes(len(raw) - start))
            if found is not None:
                looks_right(found)
                read += found.telegram.own is not None
        assert read <= WEAK * TRIES
