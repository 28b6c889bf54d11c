"""What comes back to a case, on whatever road, and whether a case may leave."""

from __future__ import annotations

import hashlib
from enum import Enum
from typing import TYPE_CHECKING

from edge.care import case, case_letter
from edge.care.case import Case
from edge.care.case_consent import may_ask
from edge.care.case_errors import CaseError, NotForUs
from edge.care.case_key import KeyPair
from edge.care.case_state import CaseState
from edge.care.permission import may_read
from edge.store.personal_cases_rows import StoredAnswer, StoredCase
from edge.store.personal_circle import NoSuchContact

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore


class Took(Enum):
    """What became of what came in."""

    NEW = "new"
    KNOWN = "known"
    REFUSED = "refused"


def pair_of(personal: PersonalStore) -> KeyPair:
    """Return the hub's keys for consultations."""
    return personal.case_pair(personal.care_identity())


def may_leave(personal: PersonalStore, found: StoredCase) -> bool:
    """Tell whether a sealed case may leave the village now, as its person agreed.

    The values that are sealed in it are the practice's to read, or nothing of it goes.
    """
    if not is_agreed(personal, found):
        return False
    if not (found.kinds and found.days):
        return True
    try:
        practice = personal.contact(found.contact)
    except NoSuchContact:
        return False
    consents = personal.consents(found.person)
    return all(may_read(consents, practice, kind) for kind in found.kinds)


def is_agreed(personal: PersonalStore, found: StoredCase) -> bool:
    """Tell whether the person agrees that this practice is asked about them."""
    return personal.is_here(found.person) and may_ask(
        personal.consents(found.person), found.contact
    )


def take_in(personal: PersonalStore, sealed: bytes, now_ms: int) -> Took:
    """Take in one sealed part, on whatever road it came; again, it changes nothing.

    What is not for this hub, was changed, or is by somebody else than the practice that was asked
    is refused: why is noted, what it says is not kept.
    """
    pair = pair_of(personal)
    try:
        part = case_letter.open_part(sealed, pair)
        known = personal.case_of_id(part.case)
        if known is None:
            raise NotForUs("an answer to a case that is not here")
        found, address = known
        if part.sender != address.verify_key:
            raise NotForUs("it is not signed by the practice that was asked")
        letter = case_letter.gather([part])
        if isinstance(letter, Case):
            raise NotForUs("a question, not an answer")
    except CaseError as error:
        digest = hashlib.sha256(sealed).digest()
        personal.refuse_letter(digest, str(error), len(sealed), now_ms)
        return Took.REFUSED
    if isinstance(letter, case.Receipt):
        before = found.state
        new = personal.move_case(found.number, CaseState.RECEIVED, now_ms)
        return Took.KNOWN if new is before else Took.NEW
    answer = StoredAnswer(0, now_ms, letter.at, letter.sender, letter.text)
    return Took.NEW if personal.add_case_answer(found.number, answer, letter.id) else Took.KNOWN
