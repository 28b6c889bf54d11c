"""The bytes of a consultation: back as they were, or one of their own errors."""

from __future__ import annotations

import contextlib
import hashlib
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.care import case
from edge.care.case import Answer, Attachment, Case, CaseValue, Receipt
from edge.care.case_errors import CaseError, Damaged, TooLarge, Unfit

ID = bytes(range(16))
VALUES = (CaseValue(1_790_000_000_000, "blood_pressure", "systolic", 131.0, "mm[Hg]"),)
FILES = (Attachment("Bild-1.jpg", "image/jpeg", b"\xff\xd8bild"),)
ASKED = Case(ID, 5, "Holzheim", "Frau W., 1941", "Ist das rot?", "adresse", VALUES, FILES)
LETTERS = (
    ASKED,
    Case(ID, 5, "", "", "?", ""),
    Answer(ID, ID[::-1], 7, "Praxis Dr. Grün", "Kühlen.\nMorgen wieder messen."),
    Receipt(ID, 8, "Praxis"),
)
HEAD = {
    "kind": "case", "case": ID.hex(), "at": 5, "village": "H", "about": "", "question": "?",
    "reply_to": "", "values": [], "files": [],
}  # fmt: skip


def raw(head: object, rest: bytes = b"") -> bytes:
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    return case.MAGIC + struct.pack(">I", len(text)) + text + rest


@pytest.mark.parametrize("letter", LETTERS)
def test_what_was_written_is_read_back(letter: case.Letter) -> None:
    data = case.encode(letter)
    read = case.decode(data)
    if isinstance(read, Case):
        assert (read.values, read.files) == (tuple(letter.values), tuple(letter.files))  # type: ignore[union-attr]
    assert read == letter
    assert case.encode(read) == data


@given(st.text(max_size=300), st.text(max_size=300), st.floats(-1e11, 1e11), st.binary(min_size=1))
def test_any_words_and_numbers_come_back_or_are_refused(
    about: str, question: str, value: float, data: bytes
) -> None:
    letter = Case(
        ID, 0, "D", about, question, "a", (CaseValue(1, "k", "q", value, "u"),),
        (Attachment("a.mp4", "video/mp4", data),),
    )  # fmt: skip
    try:
        assert case.decode(case.encode(letter)) == letter
    except (Unfit, UnicodeEncodeError):
        assert not question or len(about) > case.MAX_ABOUT


@pytest.mark.parametrize("letter", LETTERS)
def test_every_cut_is_noticed(letter: case.Letter) -> None:
    data = case.encode(letter)
    for end in range(len(data)):
        with pytest.raises(Damaged):
            case.decode(data[:end])
    with pytest.raises(Damaged):
        case.decode(data + b"\0")


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_gives_a_case_or_their_own_error(place: int, flip: int) -> None:
    data = bytearray(case.encode(ASKED))
    data[place % len(data)] ^= flip
    with contextlib.suppress(CaseError):
        case.decode(bytes(data))


@given(st.binary(max_size=400))
def test_rubbish_is_damaged(data: bytes) -> None:
    with pytest.raises(Damaged):
        case.decode(data)
    with pytest.raises(Damaged):
        case.decode(case.MAGIC + data)


DIGEST = hashlib.sha256(b"x").hexdigest()


@pytest.mark.parametrize(
    ("change", "rest"),
    [
        ({"kind": "letter"}, b""),
        ({"kind": 1}, b""),
        ({"case": "00"}, b""),
        ({"case": 5}, b""),
        ({"at": -1}, b""),
        ({"at": True}, b""),
        ({"at": 1 << 53}, b""),
        ({"question": ""}, b""),
        ({"question": "x" * 4001}, b""),
        ({"question": "\ud800"}, b""),
        ({"about": None}, b""),
        ({"more": 1}, b""),
        ({"values": {}}, b""),
        ({"values": [[]] * 2001}, b""),
        ({"values": [5]}, b""),
        ({"values": [[1, "k", "q", 2.0]]}, b""),
        ({"values": [[1, "k", "q", True, "u"]]}, b""),
        ({"values": [[1, "k", "q", 1e12, "u"]]}, b""),
        ({"values": [[1, "k", "q\n", 1.0, "u"]]}, b""),
        ({"values": [[1.5, "k", "q", 1.0, "u"]]}, b""),
        ({"files": [["a.jpg", "image/jpeg", 1]]}, b"x"),
        ({"files": [["a.jpg", "image/jpeg", 1, DIGEST]] * 9}, b"x" * 9),
        ({"files": [["../a.jpg", "image/jpeg", 1, DIGEST]]}, b"x"),
        ({"files": [[".a", "image/jpeg", 1, DIGEST]]}, b"x"),
        ({"files": [["", "image/jpeg", 1, DIGEST]]}, b"x"),
        ({"files": [["a.svg", "image/svg+xml", 1, DIGEST]]}, b"x"),
        ({"files": [["a.jpg", ["image/jpeg"], 1, DIGEST]]}, b"x"),
        ({"files": [["a.jpg", "image/jpeg", 0, DIGEST]]}, b""),
        ({"files": [["a.jpg", "image/jpeg", 1, "00"]]}, b"x"),
        ({"files": [["a.jpg", "image/jpeg", 1, DIGEST]]}, b"y"),
        ({"files": [["a.jpg", "image/jpeg", 1, DIGEST]]}, b"xx"),
    ],
)
def test_what_is_not_as_it_should_be_is_damaged(change: dict[str, object], rest: bytes) -> None:
    case.decode(raw(HEAD))
    with pytest.raises(Damaged):
        case.decode(raw({**HEAD, **change}, rest))


def test_a_field_that_lacks_is_damaged() -> None:
    for name in HEAD:
        with pytest.raises(Damaged):
            case.decode(raw({key: one for key, one in HEAD.items() if key != name}))


@pytest.mark.parametrize("head", [b"[]", b"{", b"\xff", b"NaN", b'{"at":NaN}', b"[" * 100_000])
def test_a_head_that_is_no_object_is_damaged(head: bytes) -> None:
    with pytest.raises(Damaged):
        case.decode(raw(head))


def test_only_a_case_has_attachments() -> None:
    for letter in LETTERS[2:]:
        with pytest.raises(Damaged):
            case.decode(case.encode(letter) + b"x")
    with pytest.raises(Damaged):
        case.decode(raw({"kind": "note", "case": ID.hex()}))


def test_more_than_a_reader_takes_is_not_written() -> None:
    big = Attachment("a.mp4", "video/mp4", bytes(case.MAX_FILE))
    for files in ((big, big, big), (Attachment("a.mp4", "video/mp4", bytes(case.MAX_FILE + 1)),)):
        with pytest.raises(TooLarge):
            case.encode(Case(ID, 5, "", "", "?", "", (), files))
    with pytest.raises(TooLarge):
        case.encode(Case(ID, 5, "", "", "?", "", (), FILES * 9))
    with pytest.raises(Unfit):
        case.encode(Answer(ID, ID, 1, "", ""))
    with pytest.raises(Damaged):
        case.decode(bytes(case.MAX_CASE + 1))


def test_nobody_is_named_by_a_repr() -> None:
    told = repr(ASKED) + repr(LETTERS[2]) + repr(LETTERS[3])
    assert not any(word in told for word in ("Frau W", "rot", "131", "Praxis", "Kühlen", "Bild"))
