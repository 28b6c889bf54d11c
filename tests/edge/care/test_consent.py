from __future__ import annotations

from dataclasses import replace

import pytest

from edge.care.consent import BLOOD_PRESSURE, CARE, HUB, Consent, active, standing

GIVEN = Consent(1, 7, CARE, BLOOD_PRESSURE, HUB, "Ja.", 100, "Papier")


@pytest.mark.parametrize(
    ("at", "withdrawn_at", "holds"),
    [
        (99, None, False),
        (100, None, True),
        (10**15, None, True),
        (149, 150, True),
        (150, 150, False),
        (100, 100, False),
    ],
)
def test_it_holds_from_when_it_was_given_until_it_is_withdrawn(
    at: int, withdrawn_at: int | None, *, holds: bool
) -> None:
    consent = replace(GIVEN, withdrawn_at=withdrawn_at)
    assert active([consent], at, CARE, BLOOD_PRESSURE) == (consent if holds else None)


@pytest.mark.parametrize(
    "other", [{"purpose": "research"}, {"data_kind": "weight"}, {"recipient": "county"}]
)
def test_it_holds_for_exactly_its_use(other: dict[str, str]) -> None:
    assert active([replace(GIVEN, **other)], 200, CARE, BLOOD_PRESSURE) is None  # type: ignore[arg-type]


def test_a_new_consent_holds_after_a_withdrawal() -> None:
    withdrawn = replace(GIVEN, withdrawn_at=150)
    again = replace(GIVEN, consent=2, given_at=160)
    assert active([again, withdrawn], 155, CARE, BLOOD_PRESSURE) is None
    assert active([again, withdrawn], 160, CARE, BLOOD_PRESSURE) == again


def test_of_several_the_newest_counts() -> None:
    newer = replace(GIVEN, consent=2, sentence="Ja, auch so.")
    assert active([newer, GIVEN], 200, CARE, BLOOD_PRESSURE) == newer
    assert active([], 200, CARE, BLOOD_PRESSURE) is None


def test_what_stands_does_not_ask_the_clock() -> None:
    given = replace(GIVEN, given_at=10**15)
    withdrawn = replace(GIVEN, consent=2, withdrawn_at=10**15)
    assert standing([given, withdrawn], CARE, BLOOD_PRESSURE) == given
    assert standing([withdrawn], CARE, BLOOD_PRESSURE) is None
    assert standing([given], CARE, BLOOD_PRESSURE, "county") is None
