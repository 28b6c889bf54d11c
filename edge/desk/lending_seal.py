"""Who borrows while `personal.db` is locked: sealed to the care key, stored once it is open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from edge.learning.moment import HOUR_MS
from edge.learning.signup import Applicant
from edge.lending.asset import Loan
from edge.store.errors import CareLaneClosed
from edge.store.personal_borrowers import add_borrower
from edge.store.village import VillageStore

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore

KEEP_DAYS = 30  # after it is back: a part that lacks, a deposit that was forgotten


def seal(care_public: Path, who: Applicant, token: str) -> bytes:
    """Return a borrower, sealed to the care key.

    :raises CareLaneClosed: if there is no key.
    """
    import pyrage  # noqa: PLC0415 - only while personal.db is locked

    content = json.dumps({"name": who.name, "phone": who.phone, "token": token}).encode()
    try:
        recipient = care_public.read_text(encoding="ascii").strip()
        key = pyrage.x25519.Recipient.from_str(recipient)
    except (OSError, ValueError, pyrage.RecipientError) as error:
        raise CareLaneClosed("no care public key is known") from error
    return bytes(pyrage.encrypt(content, [key]))


def drain(village: VillageStore, personal: PersonalStore) -> None:
    """Store the borrowers that were sealed. One that does not open is kept; its loan counts."""
    waits = village.sealed_borrowers()
    if not waits:
        return
    import pyrage  # noqa: PLC0415 - only after personal.db was locked

    identity = [pyrage.x25519.Identity.from_str(personal.care_identity())]
    for number, sealed in waits:
        try:
            content = json.loads(pyrage.decrypt(sealed, identity))
        except pyrage.DecryptError:
            continue  # sealed to another key
        loan = village.loan(number)
        who = Applicant(content["name"], content["phone"])
        with personal.connection.transaction() as driver:
            add_borrower(
                driver,
                number,
                who,
                content["token"],
                at=loan.made_at,
                delete_after=delete_after(loan),
            )
        village.remove_sealed_borrower(number)


def delete_after(loan: Loan) -> int:
    """Return when the name of whoever had a loan is deleted; not while it is out."""
    return max(loan.back_at or loan.ends_at, loan.made_at) + KEEP_DAYS * 24 * HOUR_MS
