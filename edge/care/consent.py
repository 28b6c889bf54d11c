"""Consent: a person's own sentence, for one purpose, one kind of data and one recipient.

Nothing of a person is processed without an active consent, and a withdrawal counts from the
moment it is given.

Source: GDPR Art. 6(1)(a), Art. 7(3), Art. 9(2)(a).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

CARE = "care"
BLOOD_PRESSURE = "blood_pressure"
HEAT_CADASTRE = "heat_cadastre"
HEAT = "heat"
HEAT_BILLS = "heat_bills"  # what somebody says of their home: bills, boiler; no meter of theirs
HEAT_SUMS = "heat_sums"  # that what they say of it may go into a sum of households
HUB = "hub"  # the recipient of what stays in the village
COUNTY = "county"  # the recipient of what leaves it, sealed


@dataclass(frozen=True, slots=True)
class Consent:
    """One consent. ``sentence`` is what the person agreed to, ``given_how`` how it was said.

    ``recipient`` is `HUB`, `COUNTY`, or a contact (`edge.care.people.recipient_of`). ``version``
    counts the person's consents for the same purpose, kind and recipient, from 1 on.
    ``recorded_by`` is the account that wrote it down, None for a command. ``given_at`` and
    ``withdrawn_at`` are ms since 1970, UTC.
    """

    consent: int
    person: int
    purpose: str
    data_kind: str
    recipient: str
    sentence: str
    given_at: int
    given_how: str
    withdrawn_at: int | None = None
    version: int = 1
    withdrawn_how: str = ""
    recorded_by: int | None = None


def active(
    consents: Iterable[Consent], at: int, purpose: str, data_kind: str, recipient: str = HUB
) -> Consent | None:
    """Return the consent that holds at ``at`` for exactly this use, the newest if several do.

    ``consents`` are one person's. A consent holds from ``given_at`` up to, and not including,
    ``withdrawn_at``.
    """
    holding = [
        consent
        for consent in consents
        if (consent.purpose, consent.data_kind, consent.recipient)
        == (purpose, data_kind, recipient)
        and consent.given_at <= at
        and (consent.withdrawn_at is None or at < consent.withdrawn_at)
    ]
    return max(holding, key=lambda consent: (consent.given_at, consent.consent), default=None)


def standing(
    consents: Iterable[Consent], purpose: str, data_kind: str, recipient: str = HUB
) -> Consent | None:
    """Return the newest consent for exactly this use that was never withdrawn.

    For what is decided while clocks may be wrong: neither does a clock that is behind take back a
    consent, nor one that is ahead keep up one that was withdrawn.
    """
    holding = [
        consent
        for consent in consents
        if (consent.purpose, consent.data_kind, consent.recipient)
        == (purpose, data_kind, recipient)
        and consent.withdrawn_at is None
    ]
    return max(holding, key=lambda consent: (consent.given_at, consent.consent), default=None)
