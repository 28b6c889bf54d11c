from __future__ import annotations

from datetime import date, time

import pytest

from edge.learning.errors import NoSuchTime
from edge.learning.moment import local_day, to_local, to_ms
from edge.village.notice import (
    MAX_DAYS,
    Draft,
    Times,
    checked,
    drafted,
    hangs,
    is_over,
    open_to_all,
    reason,
)
from edge.village.words import MAX_TEXT, Refused

NOW = to_ms(date(2026, 11, 23), time(16))
DAY = 86_400_000


def said(**times: object) -> Draft:
    return drafted("Fest", "", "", Times(**times), NOW)  # type: ignore[arg-type]


def refused(code: str, field: str, **times: object) -> None:
    with pytest.raises(Refused) as error:
        said(**times)
    assert (error.value.code, error.value.field) == (code, field)
    assert error.value.hint


def test_what_says_no_time_hangs_from_now_for_two_weeks() -> None:
    draft = said()
    assert draft.event is None
    assert draft.shown_from == NOW
    assert to_local(draft.shown_until).isoformat() == "2026-12-07T00:00:00+01:00"


def test_it_hangs_through_its_last_day() -> None:
    draft = said(shown_from=date(2026, 12, 1), shown_until=date(2026, 12, 1))
    assert draft.shown_until - draft.shown_from == DAY


def test_an_event_hangs_until_it_is_over() -> None:
    once = said(day=date(2026, 12, 5), start=time(14), end=time(17))
    assert once.event is not None
    assert once.shown_until == once.event.ends_at
    weekly = said(day=date(2026, 12, 5), start=time(14), repeat="week", until=date(2026, 12, 26))
    assert local_day(weekly.shown_until) == date(2026, 12, 26)
    assert to_local(weekly.shown_until).time() == time(15)  # an hour, where no end is said


def test_an_event_may_last_some_days() -> None:
    fair = said(day=date(2026, 12, 5), start=time(10), last=date(2026, 12, 6), end=time(18))
    assert fair.event is not None
    assert to_local(fair.event.ends_at).isoformat() == "2026-12-06T18:00:00+01:00"
    same = said(day=date(2026, 12, 5), start=time(10), last=date(2026, 12, 5), end=time(18))
    assert same.event is not None
    assert local_day(same.event.ends_at) == date(2026, 12, 5)


def test_what_is_wrong_is_said_where_it_is() -> None:
    refused("no-day", "day", start=time(14))
    refused("no-time", "start", day=date(2026, 12, 5))
    refused("day", "day", day=date(2026, 11, 1), start=time(14))
    refused("day", "day", day=date(2028, 12, 5), start=time(14))
    refused("past", "day", day=date(2026, 11, 22), start=time(14))
    refused("past", "shown_until", shown_from=date(2026, 11, 1), shown_until=date(2026, 11, 2))
    refused("order", "shown_until", shown_from=date(2026, 12, 2), shown_until=date(2026, 12, 1))
    refused("far", "shown_until", shown_until=date(2028, 1, 1))
    refused("lasts", "last", day=date(2026, 12, 5), start=time(10), last=date(2026, 12, 25))
    refused("until", "until", day=date(2026, 12, 5), start=time(14), repeat="week")
    refused(
        "order", "until",
        day=date(2026, 12, 5), start=time(14), repeat="week", until=date(2026, 12, 5),
    )  # fmt: skip
    refused("repeat", "repeat", day=date(2026, 12, 5), start=time(14), repeat="daily")
    with pytest.raises(NoSuchTime):
        said(day=date(2027, 3, 28), start=time(2, 30))


def test_words_are_tidied_and_bounded() -> None:
    draft = drafted("  Kaffee \u202e und\tKuchen ", "Ab 15 Uhr.\r\n\r\nFür alle. ", " Saal ",
                    Times(), NOW)  # fmt: skip
    assert (draft.title, draft.text, draft.place) == (
        "Kaffee und Kuchen", "Ab 15 Uhr.\n\nFür alle.", "Saal",
    )  # fmt: skip
    for title in ("", "   ", "\u200b"):
        with pytest.raises(Refused) as error:
            drafted(title, "", "", Times(), NOW)
        assert (error.value.code, error.value.field) == ("empty", "title")
    with pytest.raises(Refused) as error:
        drafted("Fest", "x" * 10_000, "", Times(), NOW)
    assert (error.value.code, error.value.field, error.value.bound) == ("long", "text", MAX_TEXT)


@pytest.mark.parametrize(
    ("field", "words"),
    [("title", "Ruf 06403 123456"), ("text", "an erna@example.org"), ("place", "+49 171 1234567")],
)
def test_nobodys_number_hangs_for_all(field: str, words: str) -> None:
    values = {"title": "Fest", "text": "", "place": "", field: words}
    draft = Draft(**values, shown_from=NOW, shown_until=NOW + DAY)  # type: ignore[arg-type]
    checked(draft, NOW)  # a volunteer may say that it is an office's
    with pytest.raises(Refused) as error:
        open_to_all(draft)
    assert (error.value.code, error.value.field) == ("reach", field)
    open_to_all(Draft(title="Am 24.12.2026 um 17:30", shown_from=NOW, shown_until=NOW + DAY))


def test_a_notice_is_seen_while_it_hangs() -> None:
    assert hangs("approved", NOW, NOW + 1, NOW)
    assert hangs("approved", NOW, None, NOW + 1)
    assert not hangs("approved", NOW + 1, None, NOW)
    assert not hangs("approved", NOW - 2, NOW, NOW)
    assert not hangs("proposed", NOW, None, NOW)
    assert not hangs("declined", NOW, None, NOW)


def test_an_event_is_over_after_its_last_time() -> None:
    event = said(day=date(2026, 12, 5), start=time(14)).event
    assert event is not None
    assert not is_over(event, event.ends_at - 1)
    assert is_over(event, event.ends_at)
    assert not is_over(None, NOW + MAX_DAYS * DAY)


def test_declining_needs_a_reason() -> None:
    assert reason(" Zu spät ") == "Zu spät"
    with pytest.raises(Refused) as error:
        reason("  ")
    assert error.value.code == "empty"
