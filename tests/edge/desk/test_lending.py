"""Lending as it goes: reserve, hand out, come back; locked, at once, beside courses, erased."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from edge.clock import FixedClock
from edge.desk.lending import LendingDesk
from edge.desk.lending_seal import KEEP_DAYS
from edge.learning.errors import Refused, SlipUnreadable
from edge.learning.moment import HOUR_MS, local_day
from edge.learning.slip import slip_of
from edge.lending.asset import Asset
from edge.lending.availability import Span, hours, whole_days
from edge.store.errors import Locked
from edge.store.personal_borrowers import NoSuchBorrower
from edge.store.village_lending import AssetEditedMeanwhile, JustTaken, NoSuchAsset, NoSuchLoan
from tests.edge.desk.conftest import NOW_MS, Hall, draft

TODAY = local_day(NOW_MS)
PEOPLE = 24


def desk(hall: Hall, days: float = 0) -> LendingDesk:
    clock = FixedClock(NOW_MS + round(days * 24 * HOUR_MS))
    return LendingDesk(hall.village, hall.vault, clock, hall.folder / "care.pub")


def beamer(hall: Hall) -> Asset:
    return desk(hall).add(
        Asset(kind="device", name="Beamer", shelf="Regal 2", parts="Kabel\nTasche")
    )


def room(hall: Hall) -> Asset:
    return desk(hall).add(Asset(kind="room", name="Saal", room_id="saal", buffer_minutes=15))


def days(first: int, last: int) -> Span:
    return whole_days(TODAY + timedelta(days=first), TODAY + timedelta(days=last))


def test_from_the_date_to_the_shelf(hall: Hall) -> None:
    one, other = beamer(hall), desk(hall).add(Asset(kind="device", name="Leinwand"))
    at = desk(hall)
    assert [choice.free for choice in at.choices("device", days(0, 6))] == [True, True]
    slip = at.reserve(one.asset, days(0, 6), "Erna Weber", phone="06031 1234")
    assert slip.fetch_until == days(0, 1).ends_at
    free, lent = at.choices("device", days(6, 7))
    assert (free.asset.name, free.free, lent.asset.name, lent.free) == (
        "Leinwand", True, "Beamer", False,
    )  # fmt: skip
    assert at.choices("room", hours(TODAY, time(14), time(15))) == []
    assert other.rev == 1
    (entry,) = at.board().to_hand_out
    assert (entry.name, entry.phone, entry.slip) == ("Erna Weber", "06031 1234", slip.number)
    out = at.hand_out(entry.loan.loan)
    assert at.hand_out(entry.loan.loan) == out
    assert at.my(slip.shown.lower()).loan.state == "out"
    with pytest.raises(Refused):
        at.cancel(slip.number)
    with pytest.raises(Refused):
        at.erase(slip.number)
    late = desk(hall, 9)
    (call,) = late.board().late
    assert (call.late_days, call.phone) == (3, "06031 1234")
    done = late.take_back(entry.loan.loan, "incomplete", "Kabel fehlt")
    assert (done.state, done.condition, done.remark) == ("back", "incomplete", "Kabel fehlt")
    assert late.take_back(entry.loan.loan, "good") == done
    board = late.board()
    assert (board.late, board.out, board.to_hand_out) == ((), (), ())
    assert late.history(one.asset)[0].name == "Erna Weber"


def test_a_double_click_is_one_loan(hall: Hall) -> None:
    one, at = beamer(hall), desk(hall)
    token = at.token()
    slips = {at.reserve(one.asset, days(1, 2), "Erna", token=token).number for _ in range(3)}
    assert slips == {slip_of(token)}
    assert len(hall.village.live_loans()) == 1


def test_many_want_it_in_the_same_second(hall: Hall) -> None:
    one = beamer(hall)
    gate = threading.Barrier(PEOPLE)

    def person(number: int) -> bool:
        at = desk(hall)
        gate.wait()
        try:
            at.reserve(one.asset, days(number % 3, 3), f"P {number}")
        except JustTaken:
            return False
        return True

    with ThreadPoolExecutor(PEOPLE) as pool:
        assert sum(pool.map(person, range(PEOPLE))) == 1
    (entry,) = [*desk(hall).board().to_hand_out, *desk(hall).board().to_come]
    assert entry.name.startswith("P ")


def test_a_room_and_its_courses_keep_out_of_each_others_way(hall: Hall) -> None:
    saal = room(hall)
    at = desk(hall)
    course = hall.published()  # Tuesdays from 6 October, 18:30 to 20:00
    tuesday = date(2026, 10, 6)
    for start, end in (((17), (19)), ((20), (21))):
        with pytest.raises(JustTaken):
            at.reserve(saal.asset, hours(tuesday, time(start), time(end)), "Chor")
    kept = at.reserve(saal.asset, hours(tuesday, time(20, 15), time(22)), "Chor")
    later = [
        replace(one, ends_at=one.ends_at + HOUR_MS) if one.session == 1 else one
        for one in course.sessions
    ]
    with pytest.raises(Refused) as refused:
        hall.courses.edit(replace(course, sessions=tuple(later)))
    assert "06.10.2026" in refused.value.hint
    assert hall.courses.edit(replace(course, note="Bitte Lesebrille mitbringen"))
    at.cancel(kept.number)
    hall.courses.move(course.course, lambda _: later)
    with pytest.raises(JustTaken):
        at.reserve(saal.asset, hours(tuesday, time(20, 30), time(22)), "Chor")
    hall.courses.cancel(course.course)
    assert at.reserve(saal.asset, hours(tuesday, time(18), time(22)), "Chor")


def test_a_draft_takes_no_room_until_it_is_published(hall: Hall) -> None:
    saal = room(hall)
    (made,) = hall.courses.create([draft()])
    desk(hall).reserve(saal.asset, hours(date(2026, 10, 6), time(19), time(20)), "Chor")
    with pytest.raises(Refused, match="lent"):
        hall.courses.publish(made.course)


def test_who_reserves_at_night_has_it_and_is_named_later(hall: Hall) -> None:
    one, at = beamer(hall), desk(hall)
    hall.lock()
    token = at.token()
    slip = at.reserve(one.asset, days(0, 2), "Erna Weber", token=token)
    assert at.reserve(one.asset, days(0, 2), "Erna Weber", token=token) == slip
    with pytest.raises(JustTaken):
        at.reserve(one.asset, days(2, 3), "Karl")
    with pytest.raises(Locked):
        at.my(slip.number)
    board = at.board()
    assert board.locked
    assert board.to_hand_out[0].name == ""
    raw = (hall.folder / "village.db").read_bytes() + (hall.folder / "village.db-wal").read_bytes()
    assert b"Erna" not in raw
    with pytest.raises(Locked):
        at.upkeep()
    hall.unlock()
    assert at.my(slip.number).loan == slip.loan
    assert at.board().to_hand_out[0].name == "Erna Weber"
    assert hall.village.sealed_borrowers() == []


def test_whoever_does_not_come_lets_others_have_it(hall: Hall) -> None:
    one = beamer(hall)
    desk(hall).reserve(one.asset, days(0, 6), "Erna")
    assert desk(hall, 1).upkeep() == (0, 0)
    assert desk(hall, 2).upkeep(clock_is_set=False) == (0, 0)
    assert desk(hall, 2).upkeep() == (1, 0)
    assert desk(hall, 2).reserve(one.asset, days(2, 3), "Karl")


def test_something_broken_is_taken_out_and_its_next_borrower_called(hall: Hall) -> None:
    one, at = beamer(hall), desk(hall)
    first = at.reserve(one.asset, days(0, 1), "Erna")
    at.reserve(one.asset, days(2, 3), "Karl", phone="06031 77")
    at.hand_out(first.loan.loan)
    at.take_back(first.loan.loan, "damaged", "Lampe durch", broken=True)
    board = at.board()
    assert [(e.name, e.danger) for e in board.endangered] == [("Karl", "broken")]
    assert board.broken[0].fault == "Lampe durch"
    assert at.choices("device", days(5, 6)) == []
    with pytest.raises(Refused, match="broken"):
        at.hand_out(board.endangered[0].loan.loan)
    with pytest.raises(Refused):
        at.reserve(one.asset, days(5, 6), "Lina")
    with pytest.raises(AssetEditedMeanwhile) as late:
        at.edit(replace(one, name="Projektor"))
    assert late.value.theirs.state == "broken"
    mended = at.edit(replace(late.value.theirs, state="ready"))
    assert mended.fault == ""
    at.hand_out(board.endangered[0].loan.loan)


def test_one_at_a_time_and_longer_if_nobody_waits(hall: Hall) -> None:
    one, at = beamer(hall), desk(hall)
    first = at.reserve(one.asset, days(0, 1), "Erna").loan
    second = at.reserve(one.asset, days(3, 4), "Karl").loan
    at.hand_out(first.loan)
    with pytest.raises(Refused):
        at.hand_out(second.loan)
    assert at.extend(first.loan, TODAY + timedelta(days=2)).ends_at == days(2, 2).ends_at
    with pytest.raises(JustTaken):
        at.extend(first.loan, TODAY + timedelta(days=3))
    with pytest.raises(Refused):
        at.extend(first.loan, TODAY - timedelta(days=3))
    soon = desk(hall, 3)
    assert [(e.name, e.danger) for e in soon.board().endangered] == [("Karl", "late")]
    with pytest.raises(Refused, match="is out"):
        soon.hand_out(second.loan)
    soon.take_back(first.loan, "good")
    assert soon.hand_out(second.loan).state == "out"
    assert soon.hand_out(second.loan).out_at == soon.now()
    with pytest.raises(Refused):
        at.take_back(soon.reserve(one.asset, days(9, 9), "Lina").loan.loan, "good")


def test_names_go_thirty_days_after_it_is_back(hall: Hall) -> None:
    one = beamer(hall)
    slip = desk(hall).reserve(one.asset, days(0, 1), "Erna Weber")
    desk(hall).hand_out(slip.loan.loan)
    assert desk(hall, 400).upkeep() == (0, 0)  # not while it is out
    desk(hall, 400).take_back(slip.loan.loan, "good")
    assert desk(hall, 400 + KEEP_DAYS - 1).upkeep() == (0, 0)
    assert desk(hall, 400 + KEEP_DAYS).upkeep() == (0, 1)
    with pytest.raises(NoSuchBorrower):
        desk(hall).my(slip.number)
    assert desk(hall).history(one.asset)[0].name == ""


def test_erasing_by_the_slip(hall: Hall) -> None:
    one, at = beamer(hall), desk(hall)
    slip = at.reserve(one.asset, days(1, 2), "Erna Weber")
    at.erase(slip.number)
    assert hall.village.live_loans() == []
    with pytest.raises(NoSuchBorrower):
        at.cancel(slip.number)
    with pytest.raises(SlipUnreadable):
        at.my("nichts")


def test_what_is_not_there(hall: Hall) -> None:
    at = desk(hall)
    with pytest.raises(NoSuchAsset):
        at.asset(99)
    with pytest.raises(NoSuchAsset):
        at.reserve(99, days(1, 2), "Erna")
    with pytest.raises(NoSuchLoan):
        at.hand_out(99)
    with pytest.raises(NoSuchLoan):
        hall.village.loan(99)
    with pytest.raises(Refused):
        at.add(Asset(kind="room", name="Keller", room_id="keller"))
    room(hall)
    with pytest.raises(Refused):
        room(hall)
    for name, phone in ((" ", ""), ("x" * 10_000, ""), ("Erna", "keins")):
        with pytest.raises(Refused):
            at.reserve(1, hours(TODAY + timedelta(days=1), time(9), time(10)), name, phone=phone)
    assert hall.village.live_loans() == []
