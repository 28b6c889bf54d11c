"""A case from the question to the answer, and all that must not happen on the way."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from edge.care import case, case_letter
from edge.care.case_consent import PURPOSE
from edge.care.case_errors import CaseError, Damaged, TooLarge
from edge.care.case_key import BadKey, new_pair
from edge.care.case_state import CaseState
from edge.care.consent import CARE, HUB
from edge.care.kinds import WEIGHT
from edge.store.erasure import belongings, erase_from_personal
from edge.store.errors import Locked, StoreError
from edge.store.personal_cases_rows import CaseMoved, NoSuchCase
from edge.ward import case_picture
from edge.ward.case import NotAgreed, NotReady
from edge.ward.case_intake import Took
from edge.ward.reading import NotAllowed
from tests.edge.care.clips import CLIP, PLACE
from tests.edge.ward.case_desk import ERNA, NOON, QUESTION, SYSTOLIC, CaseDesk, picture


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[CaseDesk]:
    made = CaseDesk(tmp_path)
    yield made
    made.vault.close()


def state(ward: CaseDesk, number: int) -> CaseState:
    return ward.desk.opened(number).case.state


def test_a_question_travels_sealed_and_its_answer_comes_back(ward: CaseDesk) -> None:
    number = ward.draft()
    ward.desk.add_file(number, picture())
    ward.desk.add_file(number, CLIP)
    ward.seal(number)
    assert state(ward, number) is CaseState.SEALED
    packet = ward.desk.packet(number)
    assert state(ward, number) is CaseState.ON_ITS_WAY
    asked = ward.read(packet)
    assert (asked.question, asked.about, asked.village) == (QUESTION, "E. K., 84", "Holzheim")
    assert [(one.value, one.unit) for one in asked.values] == [(SYSTOLIC, "mm[Hg]")]
    assert [one.name for one in asked.files] == ["Bild-1.jpg", "Film-2.mp4"]
    assert PLACE not in asked.files[1].data
    assert ward.desk.take_packet(ward.receipt(asked)) == [Took.NEW]
    assert state(ward, number) is CaseState.RECEIVED
    answer = ward.answer(asked)
    assert ward.desk.take_packet(answer) == [Took.NEW]
    opened = ward.desk.opened(number)
    assert opened.case.state is CaseState.ANSWERED
    assert [(one.text, one.seen) for one in opened.answers] == [("Kühlen.", False)]
    ward.desk.seen(number)
    assert ward.desk.opened(number).answers[0].seen
    # played back, late, twice
    assert ward.desk.take_packet(answer) == [Took.KNOWN]
    assert ward.desk.take_packet(ward.receipt(asked)) == [Took.KNOWN]
    assert len(ward.desk.opened(number).answers) == 1
    ward.desk.close(number)
    assert ward.desk.take_packet(answer) == [Took.KNOWN]
    assert state(ward, number) is CaseState.CLOSED
    assert ward.desk.take_packet(ward.answer(asked, "Noch etwas.")) == [Took.NEW]
    assert state(ward, number) is CaseState.ANSWERED


def test_what_goes_along_stands_in_the_book(ward: CaseDesk) -> None:
    number = ward.draft()
    ward.seal(number)
    with ward.open() as personal:
        (line,) = personal.audit_lines(ward.erna)
    assert f"contact:{ward.doctor}" in (line.content or "")
    assert "Frage an die Praxis" in (line.content or "")


@pytest.mark.parametrize("how", ["changed", "other practice", "other hub", "other case", "own"])
def test_what_is_not_from_the_practice_that_was_asked_is_refused(ward: CaseDesk, how: str) -> None:
    number = ward.draft()
    ward.seal(number)
    asked = ward.read(ward.desk.packet(number))
    if how == "changed":
        recipient, (part,) = case_letter.unpack(ward.answer(asked))
        bad = bytearray(part)
        bad[-1] ^= 1
        packet = case_letter.pack(recipient, [bytes(bad)])
    elif how == "other practice":
        packet = ward.answer(asked, by=new_pair(b"x" * 32))
    elif how == "other hub":
        to = new_pair(b"y" * 32).address
        made = case.encode(case.Answer(asked.id, asked.id, NOON, "", "x"))
        packet = case_letter.pack(to.recipient, case_letter.seal(made, asked.id, ward.practice, to))
    elif how == "other case":
        other = case.Case(bytes(16), NOON, "", "", "?", asked.reply_to)
        packet = ward.answer(other)
    else:
        packet = ward.back(asked, asked)
    for _ in range(2):
        assert ward.desk.take_packet(packet) == [Took.REFUSED]
    assert state(ward, number) is CaseState.ON_ITS_WAY
    assert not ward.desk.opened(number).answers
    with ward.open() as personal:
        assert len(personal.refused_letters()) == 1
        personal.forget_refused()
        assert not personal.refused_letters()


def test_rubbish_fills_no_card(ward: CaseDesk) -> None:
    with ward.open() as personal:
        for n in range(60):
            personal.refuse_letter(bytes((n,)) * 32, "x", 1, n)
        assert [one.at for one in personal.refused_letters()] == list(range(59, 9, -1))
    with pytest.raises(Damaged):
        ward.desk.take_packet(b"rubbish")


def test_without_consent_nothing_is_sealed(ward: CaseDesk) -> None:
    number = ward.draft()
    ward.withdraw(purpose=PURPOSE)
    with pytest.raises(NotAgreed):
        ward.seal(number)
    ward.agree(PURPOSE, "case", f"contact:{ward.nurse}")  # another's is not this one's
    with pytest.raises(NotAgreed):
        ward.seal(number)
    assert state(ward, number) is CaseState.DRAFT


def test_values_go_along_only_as_far_as_the_practice_may_read_them(ward: CaseDesk) -> None:
    number = ward.draft()
    ward.withdraw(purpose=CARE, recipient=f"contact:{ward.doctor}")
    with pytest.raises(NotAllowed):
        ward.seal(number)
    now = ward.desk.opened(number).case
    ward.desk.change(number, now.changed_at, about="", question="?", kinds=[WEIGHT], days=7)
    with pytest.raises(NotAllowed):
        ward.seal(number)
    now = ward.desk.opened(number).case
    ward.desk.change(number, now.changed_at, about="", question="?")
    ward.seal(number)
    assert not ward.read(ward.desk.packet(number)).values


@pytest.mark.parametrize("recipient", ["practice", "hub"])
def test_values_that_a_practice_may_no_longer_read_stop_what_was_sealed(
    ward: CaseDesk, recipient: str
) -> None:
    number = ward.draft()
    ward.seal(number)
    to = HUB if recipient == "hub" else f"contact:{ward.doctor}"
    ward.withdraw(purpose=CARE, recipient=to)
    with pytest.raises(NotAgreed):
        ward.desk.packet(number)
    assert state(ward, number) is CaseState.CLOSED
    plain = ward.desk.draft(ward.erna, ward.doctor, about="", question="Ohne Werte?")
    ward.seal(plain)
    assert ward.desk.packet(plain)  # what has none along still may go


def test_a_consent_that_is_taken_back_stops_what_was_sealed(ward: CaseDesk) -> None:
    number = ward.draft()
    ward.seal(number)
    ward.withdraw(purpose=PURPOSE)
    with pytest.raises(NotAgreed):
        ward.desk.packet(number)
    assert state(ward, number) is CaseState.CLOSED
    ward.agree(PURPOSE, "case", f"contact:{ward.doctor}")
    with pytest.raises(NotReady):
        ward.desk.packet(number)


def test_a_key_that_nobody_compared_seals_nothing(ward: CaseDesk) -> None:
    number = ward.draft()
    ward.desk.note_practice(ward.doctor, str(ward.practice.address), compared=False)
    with pytest.raises(NotReady):
        ward.seal(number)
    with pytest.raises(BadKey):
        ward.desk.note_practice(ward.doctor, "age1xyz", compared=True)
    with pytest.raises(NotReady):  # our own, copied from the wrong page
        ward.desk.note_practice(ward.doctor, str(ward.desk.address()), compared=True)
    with pytest.raises(NotReady):
        ward.desk.note_practice(ward.nurse, str(ward.practice.address), compared=True)


def test_two_who_edit_one_draft_are_told(ward: CaseDesk) -> None:
    number = ward.draft()
    seen = ward.desk.opened(number).case.changed_at
    ward.desk.change(number, seen, about="", question="Die erste.")
    with pytest.raises(CaseMoved):
        ward.desk.change(number, seen, about="", question="Die zweite.")
    with pytest.raises(CaseMoved):
        ward.desk.seal(number, seen)
    assert ward.desk.opened(number).case.question == "Die erste."
    ward.seal(number)
    with pytest.raises(CaseMoved):
        ward.seal(number)
    for late in (
        lambda: ward.desk.add_file(number, picture()),
        lambda: ward.desk.remove_file(number, 1),
        lambda: ward.desk.discard(number),
    ):
        with pytest.raises(CaseMoved):
            late()


def test_what_does_not_fit_is_said(ward: CaseDesk) -> None:
    with pytest.raises(NotReady):
        ward.draft("x" * 4001)
    with pytest.raises(NotReady):
        ward.desk.draft(99, ward.doctor, about="", question="?")
    with pytest.raises(NotReady):
        ward.desk.draft(ward.erna, ward.nurse, about="", question="?")
    number = ward.draft("   ")
    with pytest.raises(NotReady):
        ward.seal(number)
    for _ in range(19):
        ward.draft()
    with pytest.raises(StoreError):
        ward.draft()
    ward.desk.discard(number)
    with pytest.raises(NoSuchCase):
        ward.desk.opened(number)


def test_while_the_people_are_locked_nothing_is_there(ward: CaseDesk) -> None:
    ward.key_file.unlink()
    with pytest.raises(Locked):
        ward.desk.cases()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_tells_nothing_but_what_is_seen(kind: str) -> None:
    raw = picture((3000, 1500), kind)
    made = case_picture.redrawn(raw)
    assert b"Kanarienweg" in raw
    assert b"Kanarienweg" not in made
    with Image.open(io.BytesIO(made)) as shown:
        assert not shown.getexif()
        assert (shown.format, max(shown.size)) == ("JPEG", 1600)
        assert shown.height > shown.width  # it was on its side
    with Image.open(io.BytesIO(case_picture.redrawn(made))) as again:
        assert again.size == shown.size


def test_what_is_shown_through_is_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(out, "PNG")
    with Image.open(io.BytesIO(case_picture.redrawn(out.getvalue()))) as shown:
        assert shown.getpixel((1, 1)) == (255, 255, 255)


def test_hostile_pictures_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    good = picture()
    for bad in (b"", b"GIF89a", b"%!PS", good[:100], good[:-300], b"<svg/>"):
        with pytest.raises(Damaged):
            case_picture.redrawn(bad)
    with pytest.raises(TooLarge):
        case_picture.redrawn(good + bytes(case_picture.MAX_UPLOAD))
    monkeypatch.setattr(case_picture, "MAX_PIXELS", 100)
    with pytest.raises(TooLarge):
        case_picture.redrawn(good)
    monkeypatch.setattr(case_picture, "can_draw", lambda: False)
    with pytest.raises(CaseError) as caught:
        case_picture.redrawn(good)
    assert "paper" in caught.value.hint


def test_pictures_are_bounded(ward: CaseDesk) -> None:
    number = ward.draft()
    with pytest.raises(TooLarge):
        ward.desk.add_file(number, CLIP + bytes(case.MAX_FILE))
    for _ in range(8):
        ward.desk.add_file(number, picture())
    with pytest.raises(StoreError):
        ward.desk.add_file(number, picture())
    (first, *rest) = ward.desk.opened(number).files
    shown = ward.desk.file(number, first.file)
    assert shown is not None
    assert shown.data[:2] == b"\xff\xd8"
    ward.desk.remove_file(number, first.file)
    assert [one.file for one in ward.desk.opened(number).files] == [one.file for one in rest]
    assert ward.desk.file(number, first.file) is None


def test_a_large_case_goes_in_parts_and_a_stop_leaves_it_as_it_was(ward: CaseDesk) -> None:
    number = ward.draft()
    filler = CLIP + (1 << 20).to_bytes(4, "big") + b"free" + bytes((1 << 20) - 8)
    for _ in range(2):
        ward.desk.add_file(number, filler)
    ward.seal(number)
    _, parts = case_letter.unpack(ward.desk.packet(number))
    assert len(parts) == 9
    again = CaseDesk.__new__(CaseDesk)  # a new process over the same file
    again.__dict__.update(ward.__dict__)
    assert len(ward.read(ward.desk.packet(number)).files) == 2


def test_an_erased_person_s_cases_are_gone_from_every_copy(ward: CaseDesk, tmp_path: Path) -> None:
    number = ward.draft()
    ward.desk.add_file(number, picture())
    ward.seal(number)
    asked = ward.read(ward.desk.packet(number))
    ward.desk.take_packet(ward.answer(asked, "Kühlen, Frau Kanarienvogel."))
    with ward.open() as personal:
        personal.copy_to(tmp_path / "old.db", tmp_path / "old-keys.db")
        erase_from_personal(personal, ward.erna, belongings(personal, ward.erna))
        for table in ("care_case", "case_file", "case_letter", "case_answer"):
            assert not personal.connection.rows(f"SELECT 1 FROM {table}")  # noqa: S608
    assert ward.desk.take_packet(ward.answer(asked)) == [Took.REFUSED]  # and nothing of it is kept
    ward.vault.close()
    (tmp_path / "personal.db").write_bytes((tmp_path / "old.db").read_bytes())
    old = ward.desk.opened(number)
    assert old.case.question == ""
    assert not old.answers
    assert not old.files
    assert ERNA not in repr(old)


def test_a_film_of_another_kind_is_refused_with_what_to_do(ward: CaseDesk) -> None:
    number = ward.draft()
    with pytest.raises(Damaged) as caught:
        ward.desk.add_file(number, b"\x1a\x45\xdf\xa3 WebM")
    assert "als MP4 aufnehmen" in caught.value.hint
