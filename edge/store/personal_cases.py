"""Consultations in personal.db: what is asked, what of it travels, what came back.

What is asked and answered is sealed with the person's own key, as values are. Use
`edge.store.personal.PersonalStore`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace

from edge.care.case_key import SEED_BYTES, Address, KeyPair, read_address
from edge.care.case_state import CaseState
from edge.store.connection import Connection, Driver, Row
from edge.store.errors import StoreError
from edge.store.person_keys import PersonKeys
from edge.store.personal_cases_rows import (
    CaseMoved,
    NoSuchCase,
    Refused,
    StoredAnswer,
    StoredCase,
    StoredFile,
    StoredPractice,
)
from edge.store.personal_cases_steps import move

MAX_REFUSED = 50  # somebody who sends rubbish fills no card
_FHIR = "fhir"  # by what an answer came that is not signed
MAX_OPEN = 20  # cases of one person that are not closed; more is a mistake


class CaseStore:
    """The part of personal.db about consultations.

    :raises StoreError: or one of its kinds, from any method. No message names anybody.
    """

    connection: Connection
    _people: PersonKeys

    def case_pair(self, identity: str) -> KeyPair:
        """Return the hub's keys for consultations; ``identity`` is its care identity.

        The key that signs is made at the first call. A secret: it never leaves this database.
        """
        with self.connection.transaction() as driver:
            driver.execute(
                "INSERT INTO case_key (one, seed) VALUES (1, ?) ON CONFLICT DO NOTHING",
                (os.urandom(SEED_BYTES),),
            )
            (seed,) = driver.execute("SELECT seed FROM case_key").fetchone()
        return KeyPair(identity, seed)

    def put_practice(self, contact: int, address: Address, at: int, *, compared: bool) -> None:
        """Note a practice's address in place of an earlier one."""
        with self.connection.transaction() as driver:
            driver.execute(
                "INSERT OR REPLACE INTO case_practice (contact, address, noted_at, compared_at)"
                " VALUES (?, ?, ?, ?)",
                (contact, str(address), at, at if compared else None),
            )

    def practice(self, contact: int) -> StoredPractice | None:
        """Return a practice's address, None if it is not known."""
        return next((one for one in self.practices() if one.contact == contact), None)

    def practices(self) -> list[StoredPractice]:
        """Return all addresses that are known, by contact."""
        rows = self.connection.rows(
            "SELECT contact, address, compared_at IS NOT NULL FROM case_practice ORDER BY contact"
        )
        return [
            StoredPractice(int(str(contact)), read_address(str(address)), bool(compared))
            for contact, address, compared in rows
        ]

    def add_case(self, case: StoredCase) -> int:
        """Keep a draft and return its number.

        :raises StoreError: if the person has too many that are open.
        """
        with self.connection.transaction() as driver:
            (count,) = driver.execute(
                "SELECT count(*) FROM care_case WHERE person = ? AND state <> 'closed'",
                (case.person,),
            ).fetchone()
            if count >= MAX_OPEN:
                raise StoreError(
                    "too many open cases",
                    hint=f"Für diese Person sind schon {MAX_OPEN} Fälle offen. Bitte zuerst "
                    "welche abschließen.",
                )
            row = driver.execute(
                "INSERT INTO care_case (id, person, contact, state, account, made_at, changed_at,"
                " sealed) VALUES (?, ?, ?, 'draft', ?, ?, ?, ?)",
                (
                    *(case.id, case.person, case.contact, case.account),
                    *(case.made_at, case.made_at, self._asked(case)),
                ),
            )
            return int(row.lastrowid or 0)

    def change_case(self, case: StoredCase, at: int) -> None:
        """Write a draft anew.

        :raises CaseMoved: if it is none any more, or somebody else changed it meanwhile.
        """
        with self.connection.transaction() as driver:
            done = driver.execute(
                "UPDATE care_case SET sealed = ?, contact = ?, changed_at = ? WHERE number = ?"
                " AND state = 'draft' AND changed_at = ?",
                (
                    *(self._asked(case), case.contact, max(at, case.changed_at + 1)),
                    *(case.number, case.changed_at),
                ),
            )
            if not done.rowcount:
                raise CaseMoved(f"case {case.number} was changed")

    def remove_draft(self, number: int) -> None:
        """Delete a draft with its pictures.

        :raises CaseMoved: if it is none any more.
        """
        with self.connection.transaction() as driver:
            if not driver.execute(
                "DELETE FROM care_case WHERE number = ? AND state = 'draft'", (number,)
            ).rowcount:
                raise CaseMoved(f"case {number} is no draft")

    def cases(self, person: int | None = None) -> list[StoredCase]:
        """Return all cases, or one person's, the newest first."""
        rows = self.connection.rows(
            f"SELECT {_CASE} FROM care_case WHERE person = coalesce(?, person)"  # noqa: S608
            " ORDER BY number DESC",
            (person,),
        )
        return [self._case(row) for row in rows]

    def case(self, number: int) -> StoredCase:
        """Return a case.

        :raises NoSuchCase: if there is none of that number.
        """
        row = self.connection.row(
            f"SELECT {_CASE} FROM care_case WHERE number = ?",  # noqa: S608
            (number,),
        )
        if row is None:
            raise NoSuchCase(f"no case {number}")
        return self._case(row)

    def add_case_file(
        self, number: int, name: str, media_type: str, data: bytes, most: tuple[int, int]
    ) -> int:
        """Keep a picture or clip of a draft; ``most`` is how many, and bytes of all together.

        :raises CaseMoved: if it is no draft any more.
        :raises StoreError: if it is too many, or too much.
        """
        with self.connection.transaction() as driver:
            person = self._draft_of(driver, number)
            count, size = driver.execute(
                "SELECT count(*), coalesce(sum(size), 0) FROM case_file WHERE number = ?",
                (number,),
            ).fetchone()
            if count >= most[0] or size + len(data) > most[1]:
                raise StoreError(
                    "too many or too large files",
                    hint=f"Mehr als {most[0]} Bilder oder {most[1] >> 20} MB passen nicht in einen "
                    "Fall. Bitte zuerst eines herausnehmen.",
                )
            head = json.dumps([name, media_type]).encode()
            sealed = self._people.seal(person, len(head).to_bytes(2, "big") + head + data)
            row = driver.execute(
                "INSERT INTO case_file (number, size, sealed) VALUES (?, ?, ?)",
                (number, len(data), sealed),
            )
            return int(row.lastrowid or 0)

    def remove_case_file(self, number: int, file: int) -> None:
        """Take a picture out of a draft; one that is gone is no error.

        :raises CaseMoved: if it is no draft any more.
        """
        with self.connection.transaction() as driver:
            self._draft_of(driver, number)
            driver.execute("DELETE FROM case_file WHERE number = ? AND file = ?", (number, file))

    def case_files(self, number: int) -> list[tuple[StoredFile, bytes]]:
        """Return the pictures and clips of a case with their bytes, as they were added."""
        rows = self.connection.rows(
            "SELECT f.file, c.person, f.sealed FROM case_file AS f JOIN care_case AS c"
            " USING (number) WHERE f.number = ? ORDER BY f.file",
            (number,),
        )
        found = []
        for file, person, sealed in rows:
            raw = self._people.open(int(str(person)), sealed)  # type: ignore[arg-type]
            if raw is None:
                continue
            end = 2 + int.from_bytes(raw[:2], "big")
            name, media_type = json.loads(raw[2:end])
            data = raw[end:]
            found.append((StoredFile(int(str(file)), name, media_type, len(data)), data))
        return found

    def seal_case(
        self, case: StoredCase, parts: Sequence[bytes], address: Address, at: int
    ) -> None:
        """Turn a draft into what travels, as a whole or not at all.

        :raises CaseMoved: if it is no draft any more, or was changed since ``case`` was read.
        """
        with self.connection.transaction() as driver:
            done = driver.execute(
                "UPDATE care_case SET state = 'sealed', changed_at = ?, address = ?"
                " WHERE number = ? AND state = 'draft' AND changed_at = ?",
                (max(at, case.changed_at + 1), str(address), case.number, case.changed_at),
            )
            if not done.rowcount:
                raise CaseMoved(f"case {case.number} was changed")
            driver.executemany(
                "INSERT INTO case_letter (number, part, sealed) VALUES (?, ?, ?)",
                [(case.number, n, one) for n, one in enumerate(parts, 1)],
            )

    def case_parts(self, number: int) -> tuple[Address, list[bytes]] | None:
        """Return whom a case is sealed to and its sealed parts; None if nothing of it travels."""
        row = self.connection.row("SELECT address FROM care_case WHERE number = ?", (number,))
        rows = self.connection.rows(
            "SELECT sealed FROM case_letter WHERE number = ? ORDER BY part", (number,)
        )
        if row is None or not rows:
            return None
        return read_address(str(row[0])), [sealed for (sealed,) in rows]  # type: ignore[misc]

    def parts_to_take(self) -> list[tuple[int, int]]:
        """Return the parts (case, part) that are in no segment yet, in order."""
        rows = self.connection.rows(
            "SELECT number, part FROM case_letter JOIN care_case USING (number)"
            " WHERE taken_at IS NULL AND state <> 'closed' ORDER BY number, part"
        )
        return [(int(str(number)), int(str(part))) for number, part in rows]

    def withhold_case(self, number: int, at: int) -> None:
        """Close a case of which nothing more may leave; what did not leave yet is deleted."""
        with self.connection.transaction() as driver:
            driver.execute(
                "DELETE FROM case_letter WHERE number = ? AND taken_at IS NULL", (number,)
            )
            driver.execute(
                "UPDATE care_case SET state = 'closed', changed_at = max(?, changed_at + 1)"
                " WHERE number = ?",
                (at, number),
            )

    def move_case(self, number: int, event: CaseState, at: int) -> CaseState:
        """Note what was reported of a case; return where it stands then.

        :raises NoSuchCase: if it is gone.
        :raises CaseMoved: if that cannot become of it.
        """
        with self.connection.joined() as driver:
            return move(driver, number, event, at)

    def add_case_answer(self, number: int, answer: StoredAnswer, id_: bytes) -> bool:
        """Keep an answer to a case and note the state; False if it was there.

        In this thread's transaction if there is one.
        """
        with self.connection.joined() as driver:
            row = driver.execute(
                "SELECT person FROM care_case WHERE number = ?", (number,)
            ).fetchone()
            if row is None:
                raise NoSuchCase(f"no case {number}")
            words = json.dumps(
                [answer.at, answer.sender, answer.text, *([_FHIR] if answer.is_fhir else ())]
            ).encode()
            new = driver.execute(
                "INSERT INTO case_answer (number, id, received_at, sealed) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (number, id_, answer.received_at, self._people.seal(row[0], words)),
            ).rowcount
            if new:
                move(driver, number, CaseState.ANSWERED, answer.received_at)
            return bool(new)

    def case_answers(self, number: int) -> list[StoredAnswer]:
        """Return the answers to a case, as they came."""
        rows = self.connection.rows(
            "SELECT a.answer, a.received_at, a.seen_at IS NOT NULL, c.person, a.sealed"
            " FROM case_answer AS a JOIN care_case AS c USING (number) WHERE number = ?"
            " ORDER BY a.answer",
            (number,),
        )
        found = []
        for answer, received_at, seen, person, sealed in rows:
            raw = self._people.open(int(str(person)), sealed)  # type: ignore[arg-type]
            if raw is not None:
                at, sender, text, *road = json.loads(raw)
                found.append(
                    StoredAnswer(
                        int(str(answer)),
                        int(str(received_at)),
                        at,
                        sender,
                        text,
                        seen=bool(seen),
                        is_fhir=road == [_FHIR],
                    )
                )
        return found

    def see_answers(self, number: int, at: int) -> None:
        """Note that somebody read the answers to a case."""
        with self.connection.transaction() as driver:
            driver.execute(
                "UPDATE case_answer SET seen_at = ? WHERE number = ? AND seen_at IS NULL",
                (at, number),
            )

    def unseen_answers(self) -> Mapping[int, int]:
        """Return how many answers nobody read yet, by case."""
        rows = self.connection.rows(
            "SELECT number, count(*) FROM case_answer WHERE seen_at IS NULL GROUP BY number"
        )
        return {int(str(number)): int(str(count)) for number, count in rows}

    def case_of_id(self, id_: bytes) -> tuple[StoredCase, Address] | None:
        """Return the case that an answer names, and the address that it was sealed to."""
        row = self.connection.row(
            f"SELECT {_CASE}, address FROM care_case WHERE id = ? AND address <> ''",  # noqa: S608
            (id_,),
        )
        return None if row is None else (self._case(row[:-1]), read_address(str(row[-1])))

    def refuse_letter(self, digest: bytes, why: str, size: int, at: int) -> None:
        """Note what was not taken; the same again changes nothing, the oldest go."""
        with self.connection.joined() as driver:
            driver.execute(
                "INSERT INTO case_refused (digest, why, size, at) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (digest, why, size, at),
            )
            driver.execute(
                "DELETE FROM case_refused WHERE digest NOT IN"
                " (SELECT digest FROM case_refused ORDER BY at DESC, digest LIMIT ?)",
                (MAX_REFUSED,),
            )

    def refused_letters(self) -> list[Refused]:
        """Return what was not taken, the newest first."""
        rows = self.connection.rows(
            "SELECT digest, why, size, at FROM case_refused ORDER BY at DESC, digest"
        )
        return [Refused(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def forget_refused(self) -> None:
        """Forget what was not taken."""
        with self.connection.transaction() as driver:
            driver.execute("DELETE FROM case_refused")

    def _draft_of(self, driver: Driver, number: int) -> int:
        row = driver.execute(
            "SELECT person FROM care_case WHERE number = ? AND state = 'draft'", (number,)
        ).fetchone()
        if row is None:
            raise CaseMoved(f"case {number} is no draft")
        return int(row[0])

    def _asked(self, case: StoredCase) -> bytes:
        words = json.dumps([case.about, case.question, list(case.kinds), case.days])
        return self._people.seal(case.person, words.encode())

    def _case(self, row: Row) -> StoredCase:
        *plain, sealed = row
        found = StoredCase(*plain)  # type: ignore[arg-type]  # STRICT columns
        raw = self._people.open(found.person, sealed)  # type: ignore[arg-type]
        about, question, kinds, days = ("", "", [], 0) if raw is None else json.loads(raw)
        return replace(
            found,
            state=CaseState(found.state),
            about=about,
            question=question,
            kinds=tuple(kinds),
            days=days,
        )


_CASE = "number, id, person, contact, state, made_at, changed_at, account, sealed"
