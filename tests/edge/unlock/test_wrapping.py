from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.unlock.errors import Damaged, DoesNotOpen, NoPair, UnlockError, WrongFactor
from edge.unlock.wrapping import (
    PAIRS,
    Factor,
    PinCost,
    Record,
    from_text,
    pair_name,
    to_text,
    unwrap,
    wrap,
)

KEY = bytes(range(32))
SECRETS: dict[Factor, bytes] = {"tang": b"t" * 32, "pin": b"p" * 32, "token": b"s" * 32}
NONCES = {pair_name(*pair): bytes([n]) * 12 for n, pair in enumerate(PAIRS)}
RECORD = wrap(
    Record(b"x" * 32, pin=PinCost(b"y" * 16, 64, 1), tang_url="http://t", tang_jwe="a.b"),
    KEY,
    SECRETS,
    NONCES,
)


def two(pair: Sequence[Factor]) -> dict[Factor, bytes]:
    return {one: SECRETS[one] for one in pair}


@pytest.mark.parametrize("pair", PAIRS)
def test_each_pair_opens_in_either_order_after_reading_back(pair: tuple[Factor, Factor]) -> None:
    record = from_text(to_text(RECORD))
    assert record == RECORD
    assert unwrap(record, two(pair)) == KEY
    assert unwrap(record, two(pair[::-1])) == KEY


@pytest.mark.parametrize("count", [0, 1, 3])
def test_one_or_three_are_no_pair(count: int) -> None:
    with pytest.raises(NoPair):
        unwrap(RECORD, dict(list(SECRETS.items())[:count]))


def test_wrong_secrets_are_told_apart() -> None:
    with pytest.raises(WrongFactor, match="token"):
        unwrap(RECORD, {"token": bytes(32), "pin": SECRETS["pin"]})
    with pytest.raises(WrongFactor, match="tang"):
        unwrap(RECORD, {"tang": bytes(32), "pin": SECRETS["pin"]})
    with pytest.raises(DoesNotOpen):
        unwrap(RECORD, {"token": SECRETS["token"], "pin": bytes(32)})


def test_nothing_kept_tells_whether_a_pin_is_right() -> None:
    assert set(RECORD.marks) == {"tang", "token"}


def test_a_wrap_under_another_pairs_name_does_not_open() -> None:
    swapped = replace(RECORD, wraps={**RECORD.wraps, "tang+pin": RECORD.wraps["pin+token"]})
    with pytest.raises(DoesNotOpen):
        unwrap(swapped, two(("tang", "pin")))


def test_a_missing_pair_is_told() -> None:
    with pytest.raises(NoPair):
        unwrap(wrap(Record(b"x" * 32), KEY, two(("tang", "pin")), NONCES), two(("pin", "token")))
    with pytest.raises(NoPair):
        pair_name("pin", "pin")


@pytest.mark.parametrize(
    "change",
    [
        {"tang_url": "http://other"},
        {"tang_jwe": "c.d"},
        {"pin": None},
        {"wraps": {"pin+token": RECORD.wraps["pin+token"]}},
        {"marks": {}},
        {"seal": bytes(32)},
    ],
)
def test_a_changed_record_is_told_once_it_is_open(change: dict[str, Any]) -> None:
    with pytest.raises(Damaged):
        unwrap(replace(RECORD, **change), two(("pin", "token")))


def test_a_changed_salt_opens_nothing() -> None:
    with pytest.raises(UnlockError):
        unwrap(replace(RECORD, salt=b"z" * 32), two(("pin", "token")))


def changed(**fields: object) -> str:
    return json.dumps({**json.loads(to_text(RECORD)), **fields})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "[" * 50_000,
        "x" * 70_000,
        changed(format=2),
        changed(salt="00"),
        changed(wraps={}),
        changed(wraps={"pin+pin": "00" * 60}),
        changed(wraps={"tang+pin": "00" * 59}),
        changed(marks={"tang": "00"}),
        changed(pin={"salt": "00" * 16, "memory_kib": 1 << 30, "passes": 1}),
        changed(pin={"salt": "00" * 16, "memory_kib": 64, "passes": 1000}),
        changed(pin={"salt": "00", "memory_kib": 64, "passes": 1}),
        changed(pin=3),
    ],
)
def test_what_is_no_record_is_damaged(text: str) -> None:
    with pytest.raises(Damaged):
        from_text(text)


@given(st.data())
def test_any_one_changed_character_never_gives_another_key(data: st.DataObject) -> None:
    text = to_text(RECORD)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(min_codepoint=32, max_codepoint=126))
    try:
        key = unwrap(
            from_text(text[:at] + other + text[at + 1 :]),
            two(data.draw(st.sampled_from(PAIRS))),
        )
    except UnlockError:
        return
    assert key == KEY


def test_sizes_are_looked_at() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        wrap(RECORD, KEY[:-1], SECRETS, NONCES)
    with pytest.raises(ValueError, match="32 bytes"):
        wrap(RECORD, KEY, {**SECRETS, "pin": b""}, NONCES)
