"""What of the board may be open data: builder's and auditor's rules, each its own."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge.publish.audit_board import reaches
from edge.publish.audit_parts import reaches as reaches_far
from edge.village.open_data import tells_of_somebody


@pytest.mark.parametrize(
    "text",
    [
        "Tel. 72 15", "Telefon: 7215", "ruf 9", "Handy: 0151", "Mobil 77", "Fon 12", "TEL.72",
        "erna(at)example.org", "erna [AT] example.org", "Meldet euch: 72 15 30", "72-15-30",
        "35305 Grünberg", "72/15/30", "7215-33-44", "Fest 2026 2027",
    ],
)  # fmt: skip
def test_a_short_number_or_an_address_is_refused_by_both(text: str) -> None:
    assert tells_of_somebody(text)
    assert reaches(text)


@pytest.mark.parametrize(
    "text",
    [
        "Am 23.11.2026 im Saal", "2026-11-23", "Am 23.11.2026 18 Uhr", "23. 11. 2026 um 18.30 Uhr",
        "am 5. Dezember 2026 18 Uhr", "von 14 - 16 Uhr", "2026-11-23 19:30", "Hauptstraße 4",
        "Beitrag 12,50 Euro", "Kinder von 3-12", "Ruft laut!", "Rufen Sie um 3",
        "5.12.2026 14:30-17:00", "Seit 1998", "",
    ],
)  # fmt: skip
def test_a_date_or_a_time_is_no_number(text: str) -> None:
    assert not tells_of_somebody(text)
    assert not reaches(text)


_PIECES = st.sampled_from(
    [*"0123456789", *" /-.:,+()", "2026", "20", "19", "11", "Uhr", " Uhr", "Nov", "Mai ", "Dez.",
     "Tel", "ruf", "(at)", "[AT]", "@", "x", "23.11.2026", "2026-11-23", "18:30", "\u0663", "\n"]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=14).map("".join))
@example("72 15 30")
def test_what_the_auditor_refuses_the_builder_leaves_out(text: str) -> None:
    if reaches(text) or reaches_far(text):
        assert tells_of_somebody(text), "one such notice would stop the whole board"
