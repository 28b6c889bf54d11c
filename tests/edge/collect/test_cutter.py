from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.collect.cutter import DAMAGED_LIMIT, Cutter
from hardware.mbus.frame import encode_long, encode_short

FIRST, SECOND = (encode_long(0x08, 1, 0x72, bytes((number,)) * 20) for number in (1, 2))
DAMAGED = FIRST[:10] + b"\xff" + FIRST[11:]


def _cut(pieces: list[bytes], *, keep_damaged: bool) -> list[bytes]:
    cutter = Cutter(keep_damaged=keep_damaged)
    found = [raw for piece in pieces for raw in cutter.feed(piece)]
    return found + cutter.silence()


@given(
    telegrams=st.lists(
        st.binary(max_size=60).map(lambda payload: encode_long(0x08, 1, 0x72, payload)), max_size=6
    ),
    cuts=st.lists(st.integers(0, 400), max_size=6),
)
def test_telegrams_come_out_however_they_are_cut(telegrams: list[bytes], cuts: list[int]) -> None:
    data = b"".join(telegrams)
    places = sorted({min(place, len(data)) for place in cuts})
    pieces = [
        data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)
    ]
    assert _cut(pieces, keep_damaged=True) == telegrams


def test_damage_is_kept_for_quarantine_only_where_that_is_wanted() -> None:
    assert _cut([FIRST, DAMAGED, SECOND], keep_damaged=True) == [FIRST, DAMAGED, SECOND]
    assert _cut([FIRST, DAMAGED, SECOND], keep_damaged=False) == [FIRST, SECOND]


def test_a_telegram_that_is_cut_off_is_damage_and_the_next_one_is_whole() -> None:
    assert _cut([FIRST[:12], SECOND], keep_damaged=True) == [FIRST[:12], SECOND]
    assert _cut([FIRST, SECOND[:12]], keep_damaged=True) == [FIRST, SECOND[:12]]


def test_what_a_conversation_has_beside_telegrams_is_left_out() -> None:
    assert _cut([b"\xe5", encode_short(0x7B, 1), FIRST], keep_damaged=True) == [FIRST]


def test_noise_is_counted() -> None:
    cutter = Cutter(keep_damaged=False)
    for _ in range(3):
        assert cutter.feed(b"\x00\x01\x02") == []
        cutter.silence()
    assert cutter.damaged == 3


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_any_bytes_give_bounded_pieces(pieces: list[bytes]) -> None:
    for keep_damaged in (True, False):
        found = _cut(pieces, keep_damaged=keep_damaged)
        assert all(len(raw) <= DAMAGED_LIMIT for raw in found)
