"""The feed is read by another's parser as it was meant."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from edge.learning.ical import Event, feed

NOW = 1_790_000_000_000
plain = st.text(
    st.characters(blacklist_categories=("Cc", "Cs"), blacklist_characters="\u2028\u2029\x85"),
    max_size=200,
)


@given(plain, plain, plain)
def test_every_text_comes_out_as_it_went_in(title: str, text: str, place: str) -> None:
    event = Event("a@dorfhub", 3, NOW, NOW + 5_400_000, title, f"{text}\n{text}", place)
    raw = feed("Kurse; in, Dorf", [event], NOW)
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    raw.decode()
    calendar = Calendar.from_ical(raw)
    assert b"\r\nNAME:Kurse\\; in\\, Dorf\r\n" in raw
    (read,) = calendar.walk("VEVENT")
    assert read["SUMMARY"] == title
    assert read["DESCRIPTION"] == f"{text}\n{text}"
    assert read.get("LOCATION", "") == place
    assert read["DTSTART"].dt == datetime.fromtimestamp(NOW / 1000, UTC)
    assert (read["UID"], read["SEQUENCE"], read["STATUS"]) == ("a@dorfhub", 3, "CONFIRMED")


def test_a_cancelled_session_says_so() -> None:
    raw = feed("x", [Event("a", 0, NOW, NOW + 1000, "t\x00\x7f", is_cancelled=True)], NOW)
    (read,) = Calendar.from_ical(raw).walk("VEVENT")
    assert (read["STATUS"], read["SUMMARY"]) == ("CANCELLED", "t")
    assert "DESCRIPTION" not in read
