from __future__ import annotations

from dataclasses import replace

import pytest

from edge.village import market
from edge.village.market import Contact, Draft, checked, contact
from edge.village.words import Refused

DRAFT = Draft(kind="offer", category="farm", title=" Äpfel ", text="Boskoop")
DAY = 86_400_000


def refused(code: str, field: str, **changes: object) -> None:
    with pytest.raises(Refused) as error:
        checked(replace(DRAFT, **changes))  # type: ignore[arg-type]
    assert (error.value.code, error.value.field) == (code, field)


def test_an_entry_is_tidied_and_held_within_bounds() -> None:
    assert checked(DRAFT).title == "Äpfel"
    refused("empty", "title", title=" ")
    refused("long", "text", text="x" * 10_000)
    refused("reach", "text", text="Tel. 06403 123456")
    refused("reach", "title", title="an a@b.de")
    refused("choose", "kind", kind="sell")
    refused("choose", "category", category="")
    refused("choose", "reach", reach="mail")


def test_a_number_is_kept_only_where_it_is_wanted() -> None:
    assert contact("desk", "Erna", "06403 1234", agreed=True) is None
    assert contact("call", " Erna  Weber ", "06403 1234", agreed=False) == Contact(
        "Erna Weber", "06403 1234"
    )
    assert contact("public", "Оксана", "0170 1234567", agreed=True) == Contact(
        "Оксана", "0170 1234567"
    )


@pytest.mark.parametrize(
    ("reach", "name", "phone", "code", "field"),
    [
        ("call", "", "06403 1234", "empty", "name"),
        ("call", "Erna", " ", "empty", "phone"),
        ("call", "Erna", "ruf an", "phone", "phone"),
        ("call", "!!!", "06403 1234", "name", "name"),
        ("public", "Erna", "06403 1234", "agree", "agreed"),
    ],
)
def test_what_lacks_is_said(
    reach: market.Reach, name: str, phone: str, code: str, field: str
) -> None:
    with pytest.raises(Refused) as error:
        contact(reach, name, phone, agreed=False)
    assert (error.value.code, error.value.field) == (code, field)


def test_it_hangs_for_thirty_days_and_the_number_goes_two_weeks_later() -> None:
    ends = market.until(0)
    assert ends == 30 * DAY
    assert market.delete_after(ends) == 44 * DAY
    assert market.hangs("approved", ends, ends - 1)
    assert not market.hangs("approved", ends, ends)
    assert not market.hangs("proposed", ends, 0)
