"""What a course holds, and what it must not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from edge.learning.course import (
    MAX_SESSIONS,
    Course,
    DigComp,
    Season,
    Session,
    Text,
    checked,
    copied,
    differences,
    edited,
    publishable,
    units,
)
from edge.learning.errors import Refused
from edge.learning.moment import HOUR_MS, span, to_local

DAY = date(2026, 10, 6)
BEGIN, END = span(DAY, time(18, 30), time(20, 0))
PLAIN = Course(season_id="a", texts={"de": Text("Kurs")}, area=5, sessions=(Session(BEGIN, END),))


def test_texts_are_tidied() -> None:
    dirty = Course(
        season_id="a",
        texts={"de": Text(" Ein\tKurs\u202e ", "Zeile 1 \r\n\n zwei\x00"), "uk": Text("Курс")},
        access="ohne  Stufen",
    )
    made = checked(dirty)
    assert made.text("de") == Text("Ein Kurs", "Zeile 1\n\nzwei")
    assert made.text("uk").title == "Курс"
    assert made.text("tr").title == made.title == "Ein Kurs"
    assert made.access == "ohne Stufen"
    assert (made.first_at, made.last_at, made.minutes) == (None, None, 0)
    assert replace(made, texts={}).title == ""


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"texts": {}}, "title.de"),
        ({"texts": {"de": Text(" ")}}, "title.de"),
        ({"texts": {"de": Text("x" * 10_000)}}, "title.de"),
        ({"texts": {"de": Text("A", "x" * 10_000)}}, "summary.de"),
        ({"texts": {"de": Text("A"), "xx": Text("B")}}, ""),
        ({"kind": "party"}, "kind"),
        ({"state": "gone"}, "state"),
        ({"area": 8}, "area"),
        ({"languages": ("Deutsch",)}, "languages"),
        ({"digcomp": (DigComp(6),)}, "digcomp"),
        ({"digcomp": (DigComp(1, "x" * 41),)}, "digcomp"),
        ({"seats": -1}, "seats"),
        ({"seats": 1001}, "seats"),
        ({"seats": 5, "minimum": 6}, "minimum"),
        ({"cost_cents": -1}, "cost_cents"),
        ({"texts": {"de": Text("Kurs", "Infos: 06031 123456")}}, "summary.de"),
        ({"texts": {"de": Text("Kurs", "erna@example.org")}}, "summary.de"),
        ({"announced_as": "Frau K. (+49 170 5550199)"}, "announced_as"),
        ({"sessions": (Session(BEGIN, END, place="Tel. 0170/5550199"),)}, "place"),
        ({"sessions": (Session(BEGIN, BEGIN),)}, "sessions"),
        ({"sessions": (Session(BEGIN, BEGIN + 25 * HOUR_MS),)}, "sessions"),
        ({"sessions": (Session(BEGIN, END, break_minutes=90),)}, "sessions"),
        ({"sessions": (Session(BEGIN, END),) * (MAX_SESSIONS + 1)}, "sessions"),
    ],
)
def test_what_is_not_in_order_is_named(changes: dict[str, object], field: str) -> None:
    with pytest.raises(Refused) as refused:
        checked(replace(PLAIN, **changes))  # type: ignore[arg-type]
    assert refused.value.field == field
    assert refused.value.hint


def test_dates_and_prices_are_no_telephone_numbers() -> None:
    words = "Am 05.10.2026 um 09:30, Raum 0.14, 12,50 Euro, Windows 11, 24/7, 1990-2020"
    assert checked(replace(PLAIN, texts={"de": Text("Kurs", words)})).text("de").summary == words


def test_what_is_in_order_stays_as_it_is() -> None:
    full = replace(
        PLAIN, digcomp=(DigComp(1, "basic"), DigComp(5)), languages=("de", "uk"), seats=9
    )
    assert checked(full) == full


def test_only_whole_courses_are_published() -> None:
    publishable(PLAIN)
    publishable(replace(PLAIN, kind="stop", area=0))
    for changes in ({"sessions": ()}, {"area": 0}):
        with pytest.raises(Refused):
            publishable(replace(PLAIN, **changes))  # type: ignore[arg-type]


def test_revisions_tell_what_changed() -> None:
    renamed = edited(PLAIN, replace(PLAIN, texts={"de": Text("Anders")}))
    assert (renamed.rev, renamed.dates_rev) == (1, 0)
    moved = edited(renamed, replace(renamed, sessions=(Session(BEGIN + 1, END),)))
    assert (moved.rev, moved.dates_rev) == (2, 1)
    off = edited(moved, replace(moved, state="cancelled"))
    assert off.dates_rev == 2
    assert edited(off, replace(off, state="cancelled", note="x")).dates_rev == 2
    assert differences(PLAIN, replace(renamed, note="x")) == ["texts", "note"]


def test_units_are_of_taught_minutes() -> None:
    held = Session(BEGIN, END, break_minutes=15)
    assert held.minutes == 75
    assert replace(held, cancelled=True).minutes == 0
    assert units(75) == 1.67
    assert replace(PLAIN, sessions=(held, replace(held, cancelled=True))).minutes == 75


def test_last_year_s_course_keeps_its_day_and_time() -> None:
    old = Season("a", "Herbst 2026", date(2026, 8, 31), date(2027, 1, 31))
    new = Season("b", "Herbst 2027", date(2027, 8, 30), date(2028, 1, 30))
    last = span(date(2026, 10, 27), time(18, 30), time(20, 0))  # in winter time
    course = replace(
        PLAIN, course=7, course_id="x", state="moved", note="!", rev=4, dates_rev=2,
        sessions=(Session(BEGIN, END, session=3, cancelled=True), Session(*last)),
    )  # fmt: skip
    made = copied(course, new, old)
    assert [f"{to_local(one.starts_at):%a %d.%m.%Y %H:%M}" for one in made.sessions] == [
        "Tue 05.10.2027 18:30",
        "Tue 26.10.2027 18:30",
    ]
    assert (made.state, made.course, made.rev, made.note) == ("draft", 0, 0, "")
    assert not any(one.cancelled or one.session for one in made.sessions)
    assert len(copied(course, new, old, [date(2027, 10, 5)]).sessions) == 1
