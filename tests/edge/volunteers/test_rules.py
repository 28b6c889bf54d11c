"""Qualifications that end, shifts with gaps, swaps, hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from edge.learning.errors import Refused
from edge.learning.moment import HOUR_MS, to_ms
from edge.learning.series import Series
from edge.volunteers import hours, qualification, rota
from edge.volunteers.hours import Work
from edge.volunteers.qualification import JULEICA, Held, Qualification
from edge.volunteers.rota import LEAVE_DAYS, Duty, Shift

DAY = date(2026, 11, 23)
NOW = to_ms(DAY, time(10))
KARL, LINA, OTTO = 1, 2, 3
CAFE = Shift(
    task="Ausgabe", place="Küche", shift=5, needed=2,
    starts_at=to_ms(date(2026, 12, 7), time(14)), ends_at=to_ms(date(2026, 12, 7), time(17)),
)  # fmt: skip
CAMP = replace(CAFE, qualification="juleica")


def until(volunteer: int, day: date | None) -> Held:
    return Held(volunteer, "juleica", day)


def on(*volunteers: int, offered: int = 0) -> list[Duty]:
    return [
        Duty(at, 5, one, NOW, NOW if one == offered else None) for at, one in enumerate(volunteers)
    ]


def test_a_qualification_is_said_two_months_before_it_ends() -> None:
    assert qualification.state(until(1, None), DAY) == "valid"
    assert qualification.state(until(1, DAY), DAY) == "soon"
    assert qualification.state(until(1, date(2027, 1, 23)), DAY) == "soon"
    assert qualification.state(until(1, date(2027, 1, 24)), DAY) == "valid"
    assert qualification.state(until(1, date(2026, 11, 22)), DAY) == "expired"
    assert qualification.months_later(date(2026, 12, 31), 2) == date(2027, 2, 28)
    assert qualification.ends(JULEICA, date(2024, 2, 29)) == date(2027, 2, 28)
    assert qualification.ends(Qualification("eh", "Erste Hilfe"), DAY) is None
    due = [until(3, date(2026, 12, 1)), until(2, date(2026, 1, 1)), until(1, None)]
    assert qualification.to_renew(due, DAY) == [due[1], due[0]]


def test_kinds_of_qualifications_are_in_order() -> None:
    assert qualification.checked(Qualification(" eh ", " Erste  Hilfe ", 24)).name == "Erste Hilfe"
    for wrong in (Qualification("x", "X", -1), Qualification("x", ""), Qualification("", "X")):
        with pytest.raises(Refused):
            qualification.checked(wrong)


def test_who_is_not_qualified_that_day_leaves_a_gap() -> None:
    held = [until(KARL, date(2026, 12, 6)), until(LINA, date(2026, 12, 7))]
    found = rota.standing(CAMP, on(KARL, LINA), held)
    assert (found.missing, found.uncounted) == (1, {KARL})
    assert rota.standing(CAFE, on(KARL, LINA), held).missing == 0
    assert rota.standing(replace(CAMP, cancelled=True), [], held).missing == 0
    assert rota.standing(CAFE, [Duty(1, 6, KARL, NOW)], []).duties == ()
    other = [Held(KARL, "erste-hilfe", None)]
    assert rota.standing(CAMP, on(KARL), other).uncounted == {KARL}


def test_gaps_stand_first_then_what_is_offered() -> None:
    full = rota.standing(CAFE, on(KARL, LINA), [])
    offered = rota.standing(CAFE, on(KARL, LINA, offered=KARL), [])
    gap = rota.standing(replace(CAFE, starts_at=CAFE.starts_at + 1), on(KARL), [])
    fallen = rota.standing(replace(CAFE, cancelled=True), on(KARL, offered=KARL), [])
    assert rota.gaps_first([full, fallen, offered, gap]) == [gap, offered, full, fallen]


def sign_up(found: rota.Standing, who: int, *mine: Shift, **more: object) -> None:
    held = [until(LINA, date(2030, 1, 1))]
    rota.may_sign_up(found, who, held, mine, more.pop("now", NOW), **more)  # type: ignore[arg-type]


def test_who_may_do_a_shift() -> None:
    one = rota.standing(CAFE, on(KARL), [])
    sign_up(one, LINA)
    sign_up(rota.standing(CAMP, on(KARL), []), LINA)
    nearby = replace(CAFE, shift=6, starts_at=CAFE.ends_at, ends_at=CAFE.ends_at + HOUR_MS)
    sign_up(one, LINA, nearby)
    clash = replace(nearby, starts_at=CAFE.ends_at - 1)
    sign_up(one, LINA, replace(clash, cancelled=True))
    full = rota.standing(CAFE, on(KARL, OTTO), [])
    sign_up(full, LINA, at_desk=True, now=CAFE.ends_at)
    for found, who, mine, more, why in (
        (rota.standing(replace(CAFE, cancelled=True), [], []), LINA, (), {}, "cancelled"),
        (one, LINA, (), {"now": CAFE.ends_at}, "over"),
        (one, KARL, (), {}, "on it"),
        (rota.standing(CAMP, [], []), OTTO, (), {}, "not qualified"),
        (one, LINA, (clash,), {}, "busy"),
        (full, LINA, (), {}, "full"),
    ):
        with pytest.raises(Refused, match=why):
            sign_up(found, who, *mine, **more)


def test_a_shift_is_taken_only_while_it_is_offered() -> None:
    offered = rota.standing(CAFE, on(KARL, OTTO, offered=KARL), [])
    assert [one.volunteer for one in offered.offered] == [KARL]
    sign_up(offered, LINA, takes=KARL)
    for giver in (OTTO, LINA):
        with pytest.raises(Refused, match="not offered"):
            sign_up(offered, LINA, takes=giver)


def test_leaving_late_means_offering() -> None:
    found = rota.standing(CAFE, on(KARL), [])
    early = CAFE.starts_at - LEAVE_DAYS * 24 * HOUR_MS
    assert rota.may_leave(found, KARL, early).volunteer == KARL
    with pytest.raises(Refused, match="too late") as refused:
        rota.may_leave(found, KARL, early + 1)
    assert "abgeben" in refused.value.hint
    assert rota.may_leave(
        rota.standing(replace(CAFE, cancelled=True), on(KARL), []), KARL, early + 1
    )
    with pytest.raises(Refused, match="not on it"):
        rota.may_leave(found, LINA, early)
    assert rota.may_offer(found, KARL, early + 1).volunteer == KARL
    with pytest.raises(Refused, match="over"):
        rota.may_offer(found, KARL, CAFE.ends_at)
    with pytest.raises(Refused, match="over"):
        rota.may_offer(rota.standing(replace(CAFE, cancelled=True), on(KARL), []), KARL, NOW)


def test_a_shift_is_in_order() -> None:
    assert rota.checked(replace(CAFE, task="  Kaffee  kochen ")).task == "Kaffee kochen"
    for change in (
        {"needed": 0}, {"needed": 51}, {"ends_at": CAFE.starts_at}, {"task": ""},
        {"ends_at": CAFE.starts_at + 25 * HOUR_MS}, {"place": " "}, {"note": "x" * 10_000},
    ):  # fmt: skip
        with pytest.raises(Refused):
            rota.checked(replace(CAFE, **change))  # type: ignore[arg-type]


def test_a_mistyped_year_is_refused() -> None:
    assert (
        rota.times(DAY, time(22), time(2))[1] - rota.times(DAY, time(22), time(2))[0] == 4 * HOUR_MS
    )
    for ask in (
        lambda: rota.times(date(9999, 12, 31), time(22), time(2)),
        lambda: qualification.ends(JULEICA, date(9999, 1, 1)),
    ):
        with pytest.raises(Refused, match="the year"):
            ask()


def test_a_series_keeps_the_time_on_the_wall() -> None:
    series = Series(date(2026, 10, 19), time(14), time(17), 3)
    made = rota.repeated(CAFE, series, "abc", [date(2026, 10, 26)])
    assert [one.series for one in made] == ["abc"] * 3
    assert [one.shift for one in made] == [0] * 3
    assert made[0].starts_at == to_ms(date(2026, 10, 19), time(14))
    assert made[1].starts_at == to_ms(date(2026, 11, 2), time(14))


def work(day: date, minutes: int, task: str = "Ausgabe", who: int = KARL) -> Work:
    return Work(0, who, day, minutes, task, 0, "Lina", NOW)


def test_hours_are_summed_by_year() -> None:
    done = [
        work(date(2026, 12, 31), 180), work(date(2026, 12, 31), 30, "Putzen"),
        work(date(2025, 5, 1), 60), work(date(2026, 1, 1), 0), work(DAY, 60, who=LINA),
    ]  # fmt: skip
    this, last = hours.thanks(done, KARL)
    assert (this.year, this.minutes, this.days) == (2026, 210, 1)
    assert this.tasks == (("Ausgabe", 180), ("Putzen", 30))
    assert (last.year, last.minutes) == (2025, 60)
    assert hours.thanks(done, OTTO) == []


def test_how_hours_are_written_and_read() -> None:
    told = {"2": 120, "1,5": 90, "2:30": 150, " 0.25 ": 15, "0": 0}
    assert {text: hours.minutes_of(text) for text in told} == told
    for wrong in ("", "viel", "-1", "2:60", "2:5", "a:30", "1:2:3", "1.2.3", "²", "1234567", "."):
        with pytest.raises(Refused):
            hours.minutes_of(wrong)
    assert [hours.shown(one) for one in (0, 45, 120, 150)] == [
        "0 Std.", "45 Min.", "2 Std.", "2 Std. 30 Min.",
    ]  # fmt: skip
    assert hours.length(CAFE) == 180
    assert hours.checked(90, " Putzen ") == (90, "Putzen")
    for minutes, task in ((-1, "x"), (1441, "x"), (1, "")):
        with pytest.raises(Refused):
            hours.checked(minutes, task)


def test_nobody_confirms_their_own_hours() -> None:
    hours.may_confirm(KARL, LINA)
    hours.may_confirm(KARL, None)
    with pytest.raises(Refused):
        hours.may_confirm(KARL, KARL)
