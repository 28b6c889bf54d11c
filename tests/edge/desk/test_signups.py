"""Signing up: who gets a seat, what a slip is good for, and what a locked hub does."""

from __future__ import annotations

import sqlite3
from datetime import time
from pathlib import Path

import pytest

from edge.desk.courses import shifted
from edge.desk.signups import CourseMoved
from edge.learning.errors import Refused, SlipUnreadable
from edge.learning.moment import HOUR_MS
from edge.store.errors import Locked
from edge.store.personal_signups import NoOffer, NoSuchSlip
from edge.store.village_courses import Seats
from hardware.reading import TimeQuality
from tests.edge.desk.conftest import Hall


def states(hall: Hall, course: int) -> list[tuple[str, int, str]]:
    return [(one.name, one.party, one.state) for one in hall.desk.line(course)]


def test_first_come_first_served(hall: Hall) -> None:
    course = hall.published().course
    first = hall.desk.signup(course, "Erna Weber", phone="06031 1234")
    second = hall.desk.signup(course, "Karl")
    third = hall.desk.signup(course, "Ümit Ö")
    assert (first.state, second.state, third.state) == ("confirmed", "confirmed", "waiting")
    assert (third.ahead, third.is_sure, third.title) == (0, True, "Sicher im Netz")
    assert third.places == ("Saal",) * 4
    assert hall.desk.free_seats(course) == 0
    assert hall.village.seats() == {course: Seats(2, waits=True)}
    hall.desk.cancel(first.shown.lower())  # as somebody types it
    offered = hall.desk.my(third.number)
    assert (offered.state, offered.offer) == ("offered", 1)
    assert offered.offer_until == hall.clock.wall_ms + 72 * HOUR_MS
    assert hall.desk.accept(third.number).state == "confirmed"
    assert hall.desk.accept(third.number).state == "confirmed"
    assert hall.desk.cancel(first.number).state == "cancelled"
    assert states(hall, course) == [
        ("Erna Weber", 1, "cancelled"),
        ("Karl", 1, "confirmed"),
        ("Ümit Ö", 1, "confirmed"),
    ]


def test_a_double_click_is_one_sign_up(hall: Hall) -> None:
    course = hall.published().course
    token = hall.desk.token()
    slips = {hall.desk.signup(course, "Erna", token=token).number for _ in range(3)}
    assert len(slips) == 1
    assert len(hall.desk.line(course)) == 1
    hall.desk.cancel(slips.pop())
    assert hall.desk.signup(course, "Erna", token=token).state == "cancelled"


def test_a_group_that_is_too_large_is_asked_before_others_pass(hall: Hall) -> None:
    course = hall.published().course
    one = hall.desk.signup(course, "Eins")
    two = hall.desk.signup(course, "Zwei")
    group = hall.desk.signup(course, "Drei zusammen", 2)
    single = hall.desk.signup(course, "Allein")
    hall.desk.cancel(one.number)
    asked = hall.desk.my(group.number)
    assert (asked.state, asked.offer, asked.party) == ("offered", 1, 2)
    assert hall.desk.my(single.number).state == "waiting"
    with pytest.raises(NoOffer):
        hall.desk.accept(single.number)
    assert hall.desk.let_pass(group.number).state == "waiting"
    assert hall.desk.my(single.number).state == "offered"
    assert hall.desk.my(group.number).ahead == 0
    hall.desk.accept(single.number)
    hall.desk.cancel(two.number)  # one seat again: it let one pass already
    assert hall.desk.my(group.number).state == "waiting"
    hall.desk.cancel(single.number)
    assert (hall.desk.my(group.number).state, hall.desk.my(group.number).offer) == ("offered", 2)
    with pytest.raises(NoOffer):
        hall.desk.let_pass(group.number)  # it is offered all that it wants


def test_a_group_may_become_smaller(hall: Hall) -> None:
    course = hall.published().course
    one = hall.desk.signup(course, "Eins")
    hall.desk.signup(course, "Zwei")
    group = hall.desk.signup(course, "Paar", 2)
    hall.desk.cancel(one.number)
    taken = hall.desk.accept(group.number)
    assert (taken.state, taken.party) == ("confirmed", 1)


def test_an_offer_ends_and_the_next_is_asked(hall: Hall) -> None:
    course = hall.published(seats=1).course
    first, second, third = (hall.desk.signup(course, name) for name in ("A", "B", "C"))
    hall.desk.cancel(first.number)
    hall.clock.advance(72 * HOUR_MS)
    with pytest.raises(NoOffer) as late:
        hall.desk.accept(second.number)
    assert "Frist" in late.value.hint
    assert {one.name for one in hall.desk.expire()} == {"B", "C"}
    assert hall.desk.my(third.number).state == "offered"
    again = hall.desk.my(second.number)
    assert (again.state, again.ahead) == ("waiting", 0)  # at the end, but not lost
    hall.desk.cancel(third.number)
    hall.clock.advance(72 * HOUR_MS)
    hall.desk.expire()
    assert hall.desk.my(second.number).state == "cancelled"
    assert hall.desk.expire() == []


def test_without_a_clock_nothing_is_offered_and_nothing_ends(hall: Hall) -> None:
    course = hall.published(seats=1).course
    first, second = (hall.desk.signup(course, name) for name in ("A", "B"))
    hall.clock.quality = TimeQuality.UNKNOWN
    hall.desk.cancel(first.number)
    assert hall.desk.my(second.number).state == "waiting"
    assert hall.desk.offer(course) == []
    assert hall.desk.expire() == []
    hall.clock.quality = TimeQuality.HELD
    assert [one.name for one in hall.desk.offer(course)] == ["B"]


def test_an_offer_never_lasts_longer_than_until_the_course_begins(hall: Hall) -> None:
    made = hall.published(seats=1)
    first, second = (hall.desk.signup(made.course, name) for name in ("A", "B"))
    assert made.first_at is not None
    hall.clock.wall_ms = made.first_at - HOUR_MS
    hall.desk.cancel(first.number)
    assert hall.desk.my(second.number).offer_until == made.first_at
    hall.clock.wall_ms = made.first_at
    with pytest.raises(Refused):
        hall.desk.signup(made.course, "Zu spät")
    hall.desk.expire()
    assert hall.desk.signup(made.course, "Am Tisch", channel="desk").state == "confirmed"


@pytest.mark.parametrize(
    "name",
    [
        "Nguyễn Thị Ánh",
        "Олександра Шевченко",
        "محمد الفارس",
        "नेहा शर्मा",
        "O’Brien-Şahin 3.",
        "李",
        "Jose\u0301",
    ],
)
def test_a_name_is_any_name(hall: Hall, name: str) -> None:
    course = hall.published().course
    hall.desk.signup(course, f"  {name} ")
    (one,) = hall.desk.line(course)
    assert one.name == name.replace("e\u0301", "é")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "x" * 10_000}, "name"),
        ({"name": " \u202e\u200b\n"}, "name"),
        ({"name": "!!!"}, "name"),
        ({"name": "A", "phone": "geheim"}, "phone"),
        ({"name": "A", "phone": "1" * 16}, "phone"),
        ({"name": "A", "phone": "9" * 10_000}, "phone"),
        ({"name": "A", "count": 5}, "party"),
        ({"name": "A", "count": 0}, "party"),
        ({"name": "A", "count": 3}, "party"),
        ({"name": "A", "age_band": "75"}, "age_band"),
        ({"name": "A", "gender": "x"}, "gender"),
        ({"name": "A", "token": "kurz"}, ""),
    ],
)
def test_what_cannot_be_taken_is_refused_kindly(
    hall: Hall, values: dict[str, object], field: str
) -> None:
    course = hall.published().course
    with pytest.raises(Refused) as refused:
        hall.desk.signup(course, **values)  # type: ignore[arg-type]
    assert refused.value.field == field
    assert refused.value.hint.endswith(".")
    assert len(refused.value.hint) < 200
    assert hall.desk.line(course) == []


def test_a_course_that_was_moved_is_shown_before_anybody_signs_up(hall: Hall) -> None:
    made = hall.published()
    before = hall.desk.signup(made.course, "Früh", seen_dates=made.dates_rev)
    moved = hall.courses.move(
        made.course, lambda all_: shifted(all_, start=time(17)), "Eine Stunde früher"
    )
    assert (moved.state, moved.dates_rev) == ("moved", made.dates_rev + 1)
    with pytest.raises(CourseMoved) as told:
        hall.desk.signup(made.course, "Spät", seen_dates=made.dates_rev)
    assert told.value.course == moved
    hall.desk.signup(made.course, "Spät", seen_dates=moved.dates_rev)
    shown = hall.desk.my(before.number)
    assert (shown.is_moved, shown.note) == (True, "Eine Stunde früher")
    assert not hall.desk.told(before.number).is_moved


def test_a_cancelled_course_takes_nobody_and_says_so(hall: Hall) -> None:
    made = hall.published()
    slip = hall.desk.signup(made.course, "Erna")
    hall.courses.cancel(made.course, "Der Referent ist krank")
    with pytest.raises(Refused):
        hall.desk.signup(made.course, "Karl")
    mine = hall.desk.my(slip.number)
    assert (mine.is_cancelled, mine.is_moved, mine.note) == (True, True, "Der Referent ist krank")


def test_a_slip_that_is_nobody_s(hall: Hall) -> None:
    with pytest.raises(NoSuchSlip):
        hall.desk.my("222 222 222")
    with pytest.raises(SlipUnreadable):
        hall.desk.my("https://example.org/x")


def test_a_locked_hub_receives_and_promises_nothing(hall: Hall) -> None:
    made = hall.published()
    early = hall.desk.signup(made.course, "Vor der Nacht")
    hall.vault.close()
    hall.lock()
    token = hall.desk.token()
    night = hall.desk.signup(made.course, "Nachts Gekommen", phone="0170 5550199", token=token)
    again = hall.desk.signup(made.course, "Nachts Gekommen", phone="0170 5550199", token=token)
    later = hall.desk.signup(made.course, "Noch später")
    assert night.state == "received"
    assert not night.is_sure
    assert night.number == again.number
    for ask in (hall.desk.my, hall.desk.cancel):
        with pytest.raises(Locked):
            ask(night.number)
    assert hall.desk.free_seats(made.course) == 1  # of the calendar, which says what it knew
    for file in hall.folder.iterdir():
        content = file.read_bytes() if file.is_file() else b""
        assert b"Nachts" not in content
        assert b"5550199" not in content
        assert night.number.encode() not in content
    hall.unlock()
    newest = hall.desk.signup(made.course, "Am Morgen")
    assert states(hall, made.course) == [
        ("Vor der Nacht", 1, "confirmed"),
        ("Nachts Gekommen", 1, "confirmed"),
        ("Noch später", 1, "waiting"),
        ("Am Morgen", 1, "waiting"),
    ]
    assert hall.desk.my(night.number).state == "confirmed"
    assert hall.desk.my(later.number).ahead == 0
    assert hall.desk.my(newest.number).ahead == 1
    assert hall.desk.my(early.number).state == "confirmed"
    assert hall.village.sealed_signups() == []


def test_a_move_while_it_was_locked_is_told(hall: Hall) -> None:
    made = hall.published()
    hall.vault.close()
    hall.lock()
    slip = hall.desk.signup(made.course, "Nachts")
    hall.courses.move(made.course, lambda all_: shifted(all_, days=1), "Mittwochs")
    hall.unlock()
    mine = hall.desk.my(slip.number)
    assert (mine.state, mine.is_moved, mine.note) == ("confirmed", True, "Mittwochs")


def test_what_another_key_sealed_is_kept(hall: Hall) -> None:
    made = hall.published()
    hall.village.seal_signup(b"x" * 16, b"no age file", 1)
    assert hall.desk.drain() == 0
    assert hall.desk.signup(made.course, "Erna").state == "confirmed"
    assert len(hall.village.sealed_signups()) == 1


def test_erasing_takes_all_of_somebody_and_gives_the_seat_on(hall: Hall) -> None:
    made = hall.published(seats=1)
    slip = hall.desk.signup(made.course, "Erna Eindeutig", phone="06031 99887766")
    other = hall.desk.signup(made.course, "Karl")
    assert hall.desk.erase(slip.number) == 1
    assert hall.desk.my(other.number).state == "offered"
    hall.vault.close()
    with pytest.raises(NoSuchSlip):
        hall.desk.my(slip.number)
    hall.village.checkpoint()
    for file in hall.folder.glob("*.db*"):
        assert b"Eindeutig" not in file.read_bytes()


def test_village_db_knows_no_name(hall: Hall, tmp_path: Path) -> None:
    made = hall.published()
    slip = hall.desk.signup(made.course, "Erna Eindeutig", phone="06031 99887766")
    hall.village.checkpoint()
    content = (tmp_path / "village.db").read_bytes()
    for secret in ("Eindeutig", "99887766", slip.number):
        assert secret.encode() not in content
    with sqlite3.connect(tmp_path / "village.db") as plain:
        assert plain.execute("SELECT taken FROM course_seats").fetchall() == [(1,)]
    plain.close()
