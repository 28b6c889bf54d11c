"""What practices answered as FHIR, in personal.db. Use `edge.store.personal.PersonalStore`.

An answer is kept whole, as it came, sealed with the key of the person it is about.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from edge.store.connection import Connection, Driver


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer; ``content`` is its JSON text. ``received_at`` is ms since 1970, UTC."""

    answer: int
    contact: int
    received_at: int
    content: str = field(repr=False)


class FhirAnswers:
    """The part of personal.db about practices' answers; use `PersonalStore`.

    :raises StoreError: or one of its kinds, from any method. No message names a person.
    """

    connection: Connection

    def keep_fhir_answer_within(
        self, driver: Driver, person: int, contact: int, content: str, at: int
    ) -> bool:
        """Keep an answer in the caller's transaction; False if the same is there already."""
        digest = hashlib.sha256(content.encode()).digest()
        cursor = driver.execute(
            "INSERT INTO fhir_answer (person, contact, received_at, digest, content)"
            " VALUES (?1, ?2, ?3, ?4, seal_text(?1, ?5)) ON CONFLICT DO NOTHING",
            (person, contact, at, digest, content),
        )
        return cursor.rowcount == 1

    def fhir_answers(self, person: int) -> list[KeptAnswer]:
        """Return what practices answered about a person, the newest first."""
        rows = self.connection.rows(
            "SELECT answer, contact, received_at, open_text(person, content) FROM fhir_answer"
            " WHERE person = ? ORDER BY received_at DESC, answer DESC",
            (person,),
        )
        return [
            KeptAnswer(int(str(number)), int(str(contact)), int(str(at)), str(content))
            for number, contact, at, content in rows
            if content is not None  # of somebody who was erased, in an older copy
        ]
