from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.learning.course import Course, Session, Text
from edge.learning.errors import Refused
from edge.learning.moment import span
from edge.learning.signup import Applicant, applicant, may_sign_up, party, same_name

BEGIN, END = span(date(2026, 10, 6), time(18, 30), time(20, 0))
OPEN = Course(
    season_id="a",
    texts={"de": Text("Kurs")},
    state="published",
    seats=3,
    sessions=(Session(BEGIN, END),),
)


def test_what_was_not_said_stays_unsaid() -> None:
    assert applicant(" Erna  Weber ") == Applicant("Erna Weber")
    assert applicant("A", " +49 6031/12-34 (5) ", age_band="65-", gender="w") == Applicant(
        "A", "+49 6031/12-34 (5)", "65-", "w"
    )
    assert applicant("A", age_band="", gender="") == Applicant("A")


def test_spellings_of_a_name_are_one() -> None:
    assert same_name("ERNA  Weber") == same_name("Erna Weber")
    assert same_name("Jose\u0301") == same_name("José")
    assert same_name("Erna Weber") != same_name("Ema Weber")


@pytest.mark.parametrize("phone", ["12", "1" * 16, "06031 1234x", "٠٦٠٣١٢٣", "12;DROP"])
def test_a_phone_number_has_digits(phone: str) -> None:
    with pytest.raises(Refused) as error:
        applicant("A", phone)
    assert error.value.field == "phone"


@pytest.mark.parametrize(
    ("changes", "count", "now", "at_desk", "why"),
    [
        ({"state": "draft"}, 1, 0, False, "gibt es noch nicht"),
        ({"state": "cancelled"}, 1, 0, False, "fällt aus"),
        ({"seats": 0}, 1, 0, False, "einfach kommen"),
        ({}, 4, 0, False, "3 Plätze"),
        ({"sessions": ()}, 1, 0, False, "kein Termin"),
        ({}, 1, END, True, "vorbei"),
        ({}, 1, BEGIN, False, "angefangen"),
    ],
)
def test_why_nobody_may_sign_up(
    changes: dict[str, object], count: int, now: int, at_desk: object, why: str
) -> None:
    with pytest.raises(Refused) as error:
        may_sign_up(replace(OPEN, **changes), count, now, at_desk=bool(at_desk))  # type: ignore[arg-type]
    assert why in error.value.hint


def test_who_may() -> None:
    may_sign_up(OPEN, party(3), BEGIN - 1)
    may_sign_up(replace(OPEN, state="moved"), 1, BEGIN, at_desk=True)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "!!!"}, "name"),
        ({"name": "\u200d"}, "name"),
        ({"name": "\ufdd0\uffff"}, "name"),
        ({"name": "x" * 10_000}, "name"),
        ({"name": "A", "age_band": "75"}, "age_band"),
        ({"name": "A", "gender": "x"}, "gender"),
    ],
)
def test_what_is_no_name_or_no_choice(values: dict[str, str], field: str) -> None:
    with pytest.raises(Refused) as error:
        applicant(**values)  # type: ignore[arg-type]
    assert error.value.field == field


@pytest.mark.parametrize("count", [-1, 0, 5, 10**9])
def test_a_party_is_one_to_four(count: int) -> None:
    with pytest.raises(Refused):
        party(count)


@given(st.text(min_size=1, max_size=120))
def test_a_name_is_kept_tidy_or_refused(name: str) -> None:
    with contextlib.suppress(Refused):
        kept = applicant(name).name
        assert 1 <= len(kept) <= 120
        assert applicant(kept).name == kept
        assert "\u202e" not in kept
        assert "\n" not in kept


def test_letters_that_this_python_does_not_know_yet_are_letters() -> None:
    for name in ("\U00010d50\U00010d51", "نام\u200cخانوادگی", "\ue000"):
        assert applicant(name).name == name
