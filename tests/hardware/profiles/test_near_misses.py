"""Telegrams that are nearly a profile's own are read, or refused by our own errors."""

from __future__ import annotations

import math
import random

import pytest

from hardware.errors import DecodeError, FrameError
from hardware.mbus.telegram import decode as decode_wired
from hardware.mbus.telegram import is_wireless
from hardware.profiles import Profile, interpret, shipped
from hardware.reading import Record
from hardware.wmbus.formats import FormatStore
from hardware.wmbus.telegram import decode as decode_wireless

ROUNDS = 25


def damaged(raw: bytes, rng: random.Random) -> bytes:
    """Return ``raw`` with some bytes changed or missing, its length and checksum made to fit."""
    found = bytearray(raw)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(8, len(found))
        if rng.random() < 0.2:
            del found[at]
        else:
            found[at] = rng.randrange(256)
    if is_wireless(bytes(found)):
        found[0] = len(found) - 1
    else:
        found[1] = found[2] = len(found) - 6
        found[-2:] = bytes((sum(found[4:-2]) & 0xFF, 0x16))
    return bytes(found)


def read(raw: bytes, key: bytes | None) -> tuple[Record, ...]:
    registry = shipped()
    if is_wireless(raw):
        telegram = decode_wireless([raw], key, FormatStore(), is_own=registry.is_own)
    else:
        telegram = decode_wired(raw)
    return interpret(telegram, registry).records


@pytest.mark.parametrize("profile", shipped().profiles.values(), ids=lambda one: one.name)
def test_near_misses_are_read_or_refused(profile: Profile) -> None:
    rng = random.Random(profile.name)
    for example in profile.examples:
        for _ in range(ROUNDS):
            raw = damaged(example.messages[0], rng)
            try:
                records = read(raw, example.key)
            except (FrameError, DecodeError):
                continue
            for record in records:
                assert isinstance(record.value, str) or math.isfinite(record.value), raw.hex()
                assert record.name
