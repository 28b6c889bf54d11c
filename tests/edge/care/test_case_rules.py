"""States of a case, its consents, and clips without what they tell."""

from __future__ import annotations

import contextlib
import struct
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.care import case_clip, case_consent
from edge.care.case_errors import Damaged
from edge.care.case_state import WORDS, CaseState, after
from edge.care.consent import Consent
from tests.edge.care.clips import (
    CLIP,
    MAKER,
    MOMENT,
    PICTURES,
    PLACE,
    SOUND,
    box,
    clip,
    numbers,
    track,
)

S = CaseState


def test_every_state_has_its_word() -> None:
    assert set(WORDS) == set(CaseState)


def test_a_case_goes_forward_whatever_order_reports_come_in() -> None:
    for order in permutations((S.ON_ITS_WAY, S.RECEIVED, S.ANSWERED)):
        state: CaseState | None = S.SEALED
        for event in (*order, *order):
            assert state is not None
            state = after(state, event)
        assert state is S.ANSWERED


def test_a_draft_is_sealed_or_closed_and_nothing_becomes_one() -> None:
    assert after(S.DRAFT, S.SEALED) is S.SEALED
    assert after(S.DRAFT, S.CLOSED) is S.CLOSED
    assert {after(S.DRAFT, one) for one in (S.DRAFT, S.ON_ITS_WAY, S.RECEIVED, S.ANSWERED)} == {
        None
    }
    assert {after(one, S.DRAFT) for one in CaseState} == {None}


def test_an_answer_opens_a_closed_case() -> None:
    assert after(S.CLOSED, S.ANSWERED) is S.ANSWERED
    assert after(S.CLOSED, S.ON_ITS_WAY) is S.CLOSED
    assert after(S.ANSWERED, S.CLOSED) is S.CLOSED


def consent(purpose: str, kind: str, recipient: str, withdrawn: int | None = None) -> Consent:
    return Consent(1, 1, purpose, kind, recipient, "ja", 1, "mündlich", withdrawn)


def test_a_practice_is_asked_only_where_that_practice_was_agreed_to() -> None:
    may = [consent(case_consent.PURPOSE, case_consent.KIND, "contact:3")]
    assert case_consent.may_ask(may, 3)
    assert not case_consent.may_ask(may, 4)
    assert not case_consent.may_ask([consent("care", "case", "contact:3")], 3)
    assert not case_consent.may_ask([consent("consultation", "case", "contact:3", 5)], 3)
    assert "Praxis Grün" in case_consent.case_sentence("Praxis Grün")


def test_video_takes_its_own_consent() -> None:
    assert not case_consent.may_see_live([consent("consultation", "case", "hub")])
    assert case_consent.may_see_live([consent("consultation", "video", "hub")])
    assert "aufgezeichnet" in case_consent.video_sentence()


FTYP = box(b"ftyp", b"mp42", bytes(4), b"mp42isom")
NOTHING = b"".join(box(one, bytes(12)) for one in (b"stsc", b"stsz", b"stco"))
VIDEO = box(b"trak", box(b"mdia", box(b"hdlr", bytes(8), b"vide"),
            box(b"minf", box(b"stbl", NOTHING))))  # fmt: skip
MOOV = box(b"moov", VIDEO)


@pytest.mark.parametrize("notes", [b"meta", b"camm", b"text", b"tmcd"])
@pytest.mark.parametrize("wide", [False, True])
def test_a_clip_tells_nothing_besides_what_is_seen_and_heard(*, notes: bytes, wide: bool) -> None:
    said = clip(notes=notes, wide=wide)
    clean = case_clip.clean(said)
    for secret in (PLACE, MAKER, MAKER[:4], struct.pack(">I", MOMENT)):
        assert secret in said
        assert secret not in clean
    assert len(clean) == len(said)
    assert [clean.count(one) for one in (PICTURES, SOUND)] == [2, 1]
    assert clean.index(PICTURES) == said.index(PICTURES)
    assert clean.count(b"trak") == 2
    assert case_clip.clean(clean) == clean


def test_long_lengths_and_a_last_box_without_one_are_read() -> None:
    large = struct.pack(">I4sQ", 1, b"uuid", 16 + len(PLACE)) + PLACE
    last = struct.pack(">I4s", 0, b"mdat") + b"to the end"
    clean = case_clip.clean(FTYP + MOOV + large + last)
    assert PLACE not in clean
    assert clean.endswith(last[:8] + bytes(10))  # no picture points at it


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8\xff\xe0 a picture",
        FTYP,
        FTYP + box(b"moov", track(b"soun", NOTHING)),
        FTYP + MOOV[:-1],
        FTYP + MOOV + b"\0\0\0",
        FTYP + MOOV + struct.pack(">I4s", 1, b"mdat") + b"short",
        FTYP + MOOV + struct.pack(">I4s", 4, b"mdat"),
        FTYP + MOOV + struct.pack(">I4sQ", 1, b"mdat", 15),
        FTYP + box(b"moov", struct.pack(">I4s", 0, b"trak")),
        FTYP + box(b"moov", box(b"free") * 4001),
    ],
)
def test_what_is_no_clip_is_damaged(data: bytes) -> None:
    with pytest.raises(Damaged):
        case_clip.clean(data)


STSC, STSZ, STCO = (
    box(b"stsc", numbers(0, 1, 1, 1, 1)),
    box(b"stsz", numbers(0, 0, 1, 4)),
    box(b"stco", numbers(0, 1, 8)),
)


def with_tables(*tables: bytes) -> bytes:
    return FTYP + box(b"moov", track(b"vide", b"".join(tables)))


def test_sizes_that_are_alike_stand_once() -> None:
    data = with_tables(STSC, box(b"stsz", numbers(0, 4, 1)), STCO)
    assert len(case_clip.clean(data)) == len(data)


@pytest.mark.parametrize(
    "tables",
    [
        (STSC, STSZ),
        (STSZ, STCO),
        (STSC, STCO),
        (STSC, box(b"stsz", numbers(0, 0)), STCO),
        (STSC, box(b"stsz", numbers(0, 0, 0)), STCO),
        (STSC, box(b"stsz", numbers(0, 0, 1)), STCO),
        (STSC, STSZ, box(b"stco", numbers(0))),
        (STSC, STSZ, box(b"stco", numbers(0, 2, 8))),
        (STSC, STSZ, box(b"stco", numbers(0, 1, 1 << 31))),
        (box(b"stsc", numbers(0, 0)), STSZ, STCO),
        (box(b"stsc", numbers(0, 1, 2, 1, 1)), STSZ, STCO),
        (box(b"stsc", numbers(0, 2, 1, 1, 1, 9, 1, 1)), STSZ, STCO),
    ],
)
def test_tables_that_do_not_fit_together_are_damaged(tables: tuple[bytes, ...]) -> None:
    with pytest.raises(Damaged):
        case_clip.clean(with_tables(*tables))


def test_a_clip_in_fragments_is_taken_unless_something_else_is_in_it() -> None:
    moof = box(b"moof", box(b"mfhd", bytes(8)), box(b"traf", box(b"tfhd", bytes(8)),
               box(b"uuid", PLACE)))  # fmt: skip
    media = box(b"mdat", PICTURES)
    clean = case_clip.clean(FTYP + box(b"moov", VIDEO, box(b"mvex", box(b"trex"))) + moof + media)
    assert PLACE not in clean
    assert clean.endswith(media)
    with pytest.raises(Damaged) as caught:
        case_clip.clean(FTYP + box(b"moov", VIDEO, track(b"meta", b"")) + moof + media)
    assert "Ortsdaten" in caught.value.hint


def test_media_data_that_nothing_points_at_is_emptied() -> None:
    clean = case_clip.clean(CLIP + box(b"mdat", PLACE))
    assert clean.endswith(box(b"mdat", bytes(len(PLACE))))
    assert clean[: len(CLIP)] == case_clip.clean(CLIP)


def test_films_of_other_kinds_are_known() -> None:
    assert case_clip.is_other_film(b"\x1a\x45\xdf\xa3 a WebM")
    assert case_clip.is_other_film(b"RIFF\0\0\0\0AVI LIST")
    assert not case_clip.is_other_film(b"RIFF\0\0\0\0WEBPVP8 ")
    assert not case_clip.is_other_film(CLIP)


def test_boxes_within_boxes_end_somewhere() -> None:
    deep = b""
    for _ in range(50):
        deep = box(b"trak", deep)
    data = FTYP + box(b"moov", VIDEO, deep)
    assert len(case_clip.clean(data)) == len(data)


@given(st.integers(0, len(CLIP) - 1), st.integers(1, 255))
def test_a_changed_byte_gives_a_clip_or_their_own_error(place: int, flip: int) -> None:
    data = bytearray(CLIP)
    data[place] ^= flip
    with contextlib.suppress(Damaged):
        assert len(case_clip.clean(bytes(data))) == len(CLIP)


@given(st.integers(0, len(CLIP) - 1))
def test_a_clip_that_is_cut_is_damaged(end: int) -> None:
    with pytest.raises(Damaged):
        case_clip.clean(CLIP[:end])
