"""What is free when: whole days, the clock, buffers, courses, what is late."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from edge.learning.course import Session
from edge.learning.errors import Refused
from edge.learning.moment import HOUR_MS, to_ms
from edge.lending.asset import Asset, Loan, cents_of, checked, condition_of, euros
from edge.lending.availability import (
    LATE_MS,
    MAX_AHEAD_DAYS,
    Span,
    Taken,
    collide,
    days_of,
    fetch_until,
    handed_out,
    hours,
    in_the_way,
    is_free,
    may_ask_for,
    not_fetched,
    taken,
    whole_days,
)
from edge.lending.month import weeks
from edge.lending.overdue import endangered, overdue

DAY = date(2026, 11, 23)
NOW = to_ms(DAY, time(10))
BEAMER = Asset(kind="device", name="Beamer", asset=1)
HALL = Asset(kind="room", name="Saal", asset=2, room_id="saal", buffer_minutes=15)


def day(number: int) -> date:
    return date(2026, 11, number)


def loan(first: int, last: int, **more: object) -> Loan:
    times = whole_days(day(first), day(last))
    made = Loan(7, 1, times.starts_at, times.ends_at, "reserved", NOW)
    return replace(made, **more)  # type: ignore[arg-type]


def at(number: int, start: str, end: str) -> Span:
    return hours(day(number), time.fromisoformat(start), time.fromisoformat(end))


def test_a_device_is_its_borrowers_until_the_last_day_is_over() -> None:
    mine = whole_days(day(23), day(25))
    assert days_of(mine) == (day(23), day(25))
    assert collide(mine, whole_days(day(25), day(26)))
    assert not collide(mine, whole_days(day(26), day(27)))
    assert mine.ends_at - mine.starts_at == 72 * HOUR_MS
    autumn = whole_days(date(2026, 10, 25), date(2026, 10, 25))
    assert autumn.ends_at - autumn.starts_at == 25 * HOUR_MS


def test_between_two_loans_of_a_room_lies_its_buffer() -> None:
    first, then = at(23, "14:00", "16:00"), at(23, "16:00", "17:00")
    assert not collide(first, then)
    assert collide(first, then, HALL.buffer_ms)
    assert collide(then, first, HALL.buffer_ms)
    assert not collide(first, at(23, "16:15", "17:00"), HALL.buffer_ms)
    course = Session(*_pair(at(23, "18:00", "20:00")))
    fallen = replace(course, cancelled=True)
    assert taken(HALL, [], [(3, fallen)], NOW) == []
    (lies,) = others = taken(HALL, [], [(3, course)], NOW)
    assert (lies.course, lies.loan) == (3, 0)
    assert in_the_way(HALL, at(23, "16:30", "17:50"), others) is lies
    assert is_free(HALL, at(23, "16:30", "17:45"), others)
    assert not is_free(replace(HALL, state="broken"), at(23, "16:30", "17:45"), others)


def test_what_is_late_is_not_promised_for_tomorrow() -> None:
    out = loan(20, 22, state="out", out_at=NOW - 72 * HOUR_MS)
    (one,) = taken(BEAMER, [out], (), NOW)
    assert one.span.ends_at == NOW + LATE_MS
    (key,) = taken(HALL, [out], (), NOW)
    assert key.span.ends_at == out.ends_at
    (due,) = taken(BEAMER, [loan(20, 24, state="out")], (), NOW)
    assert due.span.ends_at == whole_days(day(24), day(24)).ends_at
    assert taken(BEAMER, [replace(out, state="back")], (), NOW) == []


def test_what_may_be_asked_for() -> None:
    may_ask_for(BEAMER, whole_days(day(23), day(30)), NOW)
    may_ask_for(HALL, at(23, "10:00", "11:00"), NOW)
    for asset, times, field in (
        (BEAMER, whole_days(day(22), day(23)), "first"),
        (BEAMER, Span(NOW, NOW), "last"),
        (BEAMER, whole_days(day(23), date(2026, 12, 7)), "last"),
        (HALL, at(23, "09:00", "11:00"), "first"),
        (replace(BEAMER, state="broken"), whole_days(day(23), day(24)), ""),
    ):
        with pytest.raises(Refused) as refused:
            may_ask_for(asset, times, NOW)
        assert refused.value.field == field
        assert refused.value.hint
    far = date.fromordinal(DAY.toordinal() + MAX_AHEAD_DAYS)
    may_ask_for(BEAMER, whole_days(far, far), NOW)
    with pytest.raises(Refused, match="far ahead"):
        may_ask_for(
            BEAMER, whole_days(far, date.fromordinal(far.toordinal() + 1)), NOW - 24 * HOUR_MS
        )


def test_a_mistyped_year_is_refused() -> None:
    for ask in (
        lambda: whole_days(date(9999, 12, 30), date(9999, 12, 31)),
        lambda: whole_days(DAY, date(9999, 12, 31)),
        lambda: hours(date(1, 1, 1), time(1), time(2)),
    ):
        with pytest.raises(Refused, match="the year"):
            ask()


def test_a_reservation_waits_for_two_days() -> None:
    mine = loan(23, 29)
    assert fetch_until(BEAMER, mine) == whole_days(day(24), day(24)).ends_at
    assert fetch_until(BEAMER, loan(23, 23)) == loan(23, 23).ends_at
    assert fetch_until(HALL, mine) == mine.ends_at
    until = fetch_until(BEAMER, mine)
    assert not_fetched(BEAMER, [mine], until - 1) == []
    assert not_fetched(BEAMER, [mine, replace(mine, state="out")], until) == [mine]


def test_handing_out() -> None:
    mine = loan(25, 27)
    assert handed_out(BEAMER, mine, [], NOW) == Span(NOW, mine.ends_at)
    assert handed_out(BEAMER, loan(20, 27), [], NOW).starts_at == loan(20, 27).starts_at
    before = Taken(whole_days(day(24), day(24)), loan=9)
    with pytest.raises(Refused, match="lent until then"):
        handed_out(BEAMER, mine, [before], NOW)
    assert handed_out(HALL, mine, [before], NOW) == Span(mine.starts_at, mine.ends_at)
    with pytest.raises(Refused, match="is back"):
        handed_out(BEAMER, replace(mine, state="back"), [], NOW)
    with pytest.raises(Refused, match="broken"):
        handed_out(replace(BEAMER, state="broken"), mine, [], NOW)
    with pytest.raises(Refused, match="over"):
        handed_out(BEAMER, loan(20, 22), [], NOW)


def test_whom_to_call() -> None:
    late, later = loan(18, 20, state="out"), loan(19, 22, state="out", loan=8, asset=3)
    due = loan(20, 24, state="out", loan=9, asset=4)
    found = overdue([due, later, late], NOW)
    assert [(one.loan, one.days) for one in found] == [(late, 3), (later, 1)]
    today = loan(22, 23, state="out")
    (one,) = overdue([today], today.ends_at)
    assert one.days == 1
    assert overdue([replace(at_noon := today, ends_at=NOW)], NOW)[0].days == 0
    assert at_noon.state == "out"
    assets = {1: BEAMER, 3: replace(BEAMER, asset=3, state="broken"), 4: BEAMER}
    next_one = loan(24, 25, loan=10)
    soon_broken = loan(24, 25, loan=11, asset=3)
    far_broken = loan(1, 2, loan=12, asset=3, starts_at=NOW + 30 * 24 * HOUR_MS)
    far = loan(28, 29, loan=13)
    whole = endangered(assets, [far_broken, soon_broken, next_one, late, far], NOW)
    assert [(one.loan.loan, one.why) for one in whole] == [(10, "late"), (11, "broken")]


def test_an_assets_weeks() -> None:
    mine = taken(BEAMER, [loan(25, 26)], (), NOW)
    made = weeks(mine, day(25), DAY)
    assert len(made) == 5
    assert made[0][0].day == day(23)
    assert [one.day for one in made[0] if one.taken] == [day(25), day(26)]
    assert not made[0][0].is_past
    assert weeks(mine, day(20), DAY)[0][0].is_past


def test_an_asset_is_in_order() -> None:
    made = checked(replace(BEAMER, name="  Beamer  1 ", parts="Kabel \n Tasche", fault="x"))
    assert (made.name, made.parts, made.fault) == ("Beamer 1", "Kabel\nTasche", "")
    broken = checked(replace(BEAMER, state="broken", fault=" Lampe "))
    assert broken.fault == "Lampe"
    for change, field in (
        ({"kind": "person"}, "kind"),
        ({"longest_days": 0}, "longest_days"),
        ({"deposit_cents": -1}, "deposit_cents"),
        ({"buffer_minutes": 2000}, "buffer_minutes"),
        ({"room_id": "saal"}, "room_id"),
        ({"name": " "}, "name"),
        ({"name": "x" * 10_000}, "name"),
    ):
        with pytest.raises(Refused) as refused:
            checked(replace(BEAMER, **change))  # type: ignore[arg-type]
        assert refused.value.field == field


def test_amounts_and_conditions() -> None:
    assert [cents_of(one) for one in ("", "20", "12,5", "12.50 €")] == [0, 2000, 1250, 1250]
    assert euros(1250) == "12,50 €"
    for wrong in ("-1", "viel", "1,234", "²"):
        with pytest.raises(Refused):
            cents_of(wrong)
    assert condition_of("damaged") == "damaged"
    with pytest.raises(Refused):
        condition_of("verschenkt")


def _pair(times: Span) -> tuple[int, int]:
    return times.starts_at, times.ends_at
