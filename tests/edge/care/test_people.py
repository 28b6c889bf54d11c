"""Who is around a person, and who may read what."""

from __future__ import annotations

import pytest

from edge.care.consent import BLOOD_PRESSURE, CARE, HUB, Consent
from edge.care.kinds import BUTTON, KINDS, WEIGHT
from edge.care.people import (
    DAY_MINUTES,
    OWNER,
    Contact,
    ContactRole,
    Member,
    QuietHours,
    can_be_rung,
    contact_of,
    moved,
    recipient_of,
)
from edge.care.permission import READABLE, may_read, readable

NURSE = Contact(7, "Anna", ContactRole.NURSE)
HELPER = Contact(8, "Bernd", ContactRole.RESPONDER)


def consent(kind: str, recipient: str = HUB, **more: int) -> Consent:
    return Consent(1, 1, CARE, kind, recipient, "Ja.", 0, "mündlich", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("hours", "quiet", "loud"),
    [
        (QuietHours(1320, 420), (1320, 1439, 0, 419), (420, 1319)),
        (QuietHours(780, 900), (780, 899), (779, 900)),
        (QuietHours(0, 1439), (0, 1438), (1439,)),
    ],
)
def test_quiet_hours(hours: QuietHours, quiet: tuple[int, ...], loud: tuple[int, ...]) -> None:
    assert all(hours.holds_at(one) for one in quiet)
    assert not any(hours.holds_at(one) for one in loud)


@pytest.mark.parametrize("pair", [(-1, 5), (5, DAY_MINUTES), (DAY_MINUTES, 5), (5, 5)])
def test_hours_that_are_none_are_refused(pair: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="minute"):
        QuietHours(*pair)


def test_a_recipient_names_its_contact_and_nothing_else_does() -> None:
    assert contact_of(recipient_of(12)) == 12
    for other in ("hub", "county", "contact:", "contact:x", "contact:1 ", "contact:²", "CONTACT:1"):
        assert contact_of(other) is None
    assert contact_of("contact:" + "9" * 19) is None
    assert NURSE.recipient == "contact:7"
    assert "Anna" not in repr(NURSE)
    assert repr(OWNER) == "OWNER"


def test_a_contact_is_moved_and_the_others_close_up() -> None:
    circle = [
        Member(1, Contact(n, "", ContactRole.RELATIVE), position, 0)
        for position, n in enumerate((5, 3, 9), 1)
    ]
    assert moved(reversed(circle), 9, 1) == (9, 5, 3)
    assert moved(circle, 5, 99) == (3, 9, 5)
    assert moved(circle, 3, -4) == (3, 5, 9)
    assert moved(circle, 4, 1) == (5, 3, 9)


def test_neither_role_nor_consent_is_enough_alone() -> None:
    both = [consent(BLOOD_PRESSURE), consent(BLOOD_PRESSURE, NURSE.recipient)]
    assert may_read(both, NURSE, BLOOD_PRESSURE)
    assert not may_read(both, NURSE, WEIGHT)
    assert not may_read(both[:1], NURSE, BLOOD_PRESSURE)
    assert not may_read(both[1:], NURSE, BLOOD_PRESSURE)
    named = [*both, consent(BLOOD_PRESSURE, HELPER.recipient)]
    assert not may_read(named, HELPER, BLOOD_PRESSURE)  # no role that reads it
    other = [consent(BLOOD_PRESSURE), consent(BLOOD_PRESSURE, recipient_of(70))]
    assert not may_read(other, NURSE, BLOOD_PRESSURE)


def test_what_was_withdrawn_counts_no_more_whatever_the_clock_said() -> None:
    far = 1 << 60
    agreed = [consent(BUTTON), consent(BUTTON, HELPER.recipient)]
    assert may_read(agreed, HELPER, BUTTON)
    for gone in (
        [agreed[0], consent(BUTTON, HELPER.recipient, withdrawn_at=far)],
        [consent(BUTTON, withdrawn_at=far), agreed[1]],
    ):
        assert not may_read(gone, HELPER, BUTTON)


def test_a_person_reads_what_is_theirs() -> None:
    assert all(may_read((), OWNER, kind) for kind in KINDS)
    assert readable((), OWNER) == KINDS


def test_every_role_says_what_it_may_read() -> None:
    assert set(READABLE) == set(ContactRole)
    everything = [consent(kind, to) for kind in KINDS for to in (HUB, "contact:1")]
    for role, kinds in READABLE.items():
        found = readable(iter(everything), Contact(1, "", role))
        assert set(found) == kinds
    assert readable(everything, Contact(1, "", ContactRole.NURSE), (WEIGHT, "nothing")) == (WEIGHT,)


@pytest.mark.parametrize(
    ("phone", "can"),
    [
        ("0171 2345678", True),
        ("+49 6402 1234-5", True),
        ("frag Uwe", False),
        ("+49 (0)170 1234567", False),
        ("", False),
    ],
)
def test_a_number_that_can_be_rung(phone: str, *, can: bool) -> None:
    assert can_be_rung(phone) is can
