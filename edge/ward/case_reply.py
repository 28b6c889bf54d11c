"""What a practice answers as FHIR, put into the cases that it names. No Flask here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from edge.care.case_state import CaseState
from edge.care.people import Contact
from edge.fhir.answer import Reply
from edge.fhir.observation import Whose
from edge.fhir.record import Question
from edge.store.personal_cases_rows import StoredAnswer, StoredCase

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore

# what became of a question, where a Task says it without a word
_STATUS: Mapping[str, str] = MappingProxyType(
    {
        "rejected": "Die Praxis hat die Frage abgelehnt.",
        "failed": "Die Praxis konnte die Frage nicht bearbeiten.",
        "cancelled": "Die Praxis hat die Frage abgebrochen.",
        "completed": "Die Praxis meldet die Frage als erledigt, ohne Worte.",
        "entered-in-error": "Die Praxis nimmt ihre Antwort zurück: Sie war ein Irrtum.",
    }
)
# a case that left, as FHIR's Task calls it
_LEFT: Mapping[CaseState, str] = MappingProxyType(
    {
        CaseState.ON_ITS_WAY: "requested",
        CaseState.RECEIVED: "received",
        CaseState.ANSWERED: "completed",
    }
)
UNKNOWN_CASE = "an answer in FHIR to a case that is not here"


@dataclass(frozen=True, slots=True)
class Placed:
    """The numbers of the cases in which there is an answer now, and what belongs to none.

    ``astray`` are the cases and Tasks they name that are not here, each once.
    """

    cases: tuple[int, ...]
    astray: tuple[str, ...]


def questions(personal: PersonalStore, person: int, contact: int | None) -> list[Question]:
    """Return the cases about a person that reached the road, to one practice or (None) to any."""
    return [
        Question(one.id.hex(), _LEFT[one.state], one.made_at, one.changed_at)
        for one in personal.cases(person)
        if one.state in _LEFT and contact in {None, one.contact}
    ]


def place(  # noqa: PLR0917  # whose words about whom, and when they came
    personal: PersonalStore,
    sender: Contact,
    whose: Whose,
    person: int,
    replies: Iterable[Reply],
    now_ms: int,
) -> Placed:
    """Put replies into the cases that they name, in this thread's transaction.

    Only into a case that was sent to this very practice about this very person. A reply that
    names none is about nothing here, whatever else it refers to; one that names a case or a Task
    that is not here is noted with what came and was not taken, and is still among the practice's
    answers. Again, it changes nothing.
    """
    asked = {
        one.id.hex(): one
        for one in personal.cases(person)
        if one.contact == sender.contact and one.state is not CaseState.DRAFT
    }
    known = {whose.id("case", name): one for name, one in asked.items()}
    alerts = {
        whose.id("task", one.number) for one in personal.alerts(open_only=False, person=person)
    }
    placed: list[int] = []
    astray: list[str] = []
    for reply in replies:
        found = {
            *(asked[one] for one in reply.cases if one in asked),
            *(known[one] for one in reply.pointed if one in known),
        }
        placed += [one.number for one in found if _answered(personal, sender, one, reply, now_ms)]
        lost = [one for one in reply.cases if one not in asked]
        if not found and not lost and not alerts.intersection(reply.pointed):
            lost = list(reply.tasks)
        astray += lost
        for name in lost:
            digest = hashlib.sha256(f"{sender.contact}/{reply.key}/{name}".encode()).digest()
            personal.refuse_letter(digest, UNKNOWN_CASE, len(reply.text.encode()), now_ms)
    return Placed(tuple(sorted(set(placed))), tuple(dict.fromkeys(astray)))


def _answered(
    personal: PersonalStore, sender: Contact, found: StoredCase, reply: Reply, now_ms: int
) -> bool:
    """Put a reply into a case; False if it says only that the question was received."""
    text = reply.text or _STATUS.get(reply.status, "")
    if not text:
        personal.move_case(found.number, CaseState.RECEIVED, now_ms)
        return False
    said = f"{sender.contact}\x1f{reply.key}\x1f{reply.sent}\x1f{text}"
    id_ = hashlib.sha256(said.encode()).digest()[:16]
    at = _sent_at(reply.sent, now_ms)
    answer = StoredAnswer(0, now_ms, at, sender.name, text, is_fhir=True)
    personal.add_case_answer(found.number, answer, id_)
    return True


def _sent_at(text: str, now_ms: int) -> int:
    """Return when a reply was sent as it says; now, if it says no moment or a later one."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return now_ms
    if moment.tzinfo is None:
        return now_ms
    return min(round(moment.timestamp() * 1000), now_ms)
