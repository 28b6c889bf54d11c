"""What people agreed to, in personal.db. Use `edge.store.personal.PersonalStore`."""

from __future__ import annotations

from edge.care.consent import HEAT_CADASTRE, HEAT_SUMS, HUB, Consent
from edge.store.connection import Connection
from edge.store.errors import StoreError
from edge.store.personal_alerts import forget_alerts
from edge.store.personal_circle import NoSuchContact, still_there
from edge.store.personal_heat import forget_heat
from edge.store.personal_homes import AGREED, forget_homes
from edge.store.personal_rules import forget_rules

MAX_SENTENCE_CHARACTERS = 4000  # a page: longer is not read before it is agreed to


class Consents:
    """The part of personal.db about consents; use `PersonalStore`.

    :raises StoreError: or one of its kinds, from any method. No message names a person.
    """

    connection: Connection

    def give_consent(
        self,
        person: int,
        *,
        purpose: str,
        data_kind: str,
        sentence: str,
        given_how: str,
        at: int,
        recipient: str = HUB,
        recorded_by: int | None = None,
    ) -> int:
        """Record a consent and return its number; earlier ones for the same use stay as they were.

        :raises StoreError: if the sentence is empty or longer than a page, or if the recipient is a
            contact that is gone.
        """
        if not sentence.strip() or len(sentence) > MAX_SENTENCE_CHARACTERS:
            raise StoreError(
                f"a consent's sentence has 1 to {MAX_SENTENCE_CHARACTERS} characters",
                hint=f"Die Einwilligung hat 1 bis {MAX_SENTENCE_CHARACTERS} Zeichen.",
            )
        with self.connection.transaction() as driver:
            if not still_there(driver, recipient):
                raise NoSuchContact(f"nobody is {recipient}")
            cursor = driver.execute(
                "INSERT INTO consent (person, purpose, data_kind, recipient, sentence, given_at,"
                " given_how, recorded_by) VALUES (?1, ?2, ?3, ?4, seal_text(?1, ?5), ?6,"
                " seal_text(?1, ?7), ?8)",
                (
                    *(person, purpose, data_kind, recipient, sentence.strip(), at, given_how),
                    recorded_by,
                ),
            )
            return int(cursor.lastrowid or 0)

    def withdraw_consent(
        self,
        person: int,
        at: int,
        *,
        purpose: str | None = None,
        data_kind: str | None = None,
        recipient: str | None = None,
        how: str = "",
    ) -> int:
        """Withdraw a person's consents, all or those of one purpose, kind or recipient.

        That to sums of households goes with that to what somebody says of their home.

        Return how many. What was worked out from a kind goes with its consent: warnings of heat,
        alerts; and so does what somebody said of their own home's heat.
        """
        with self.connection.transaction() as driver:
            cursor = driver.execute(
                "UPDATE consent SET withdrawn_at = max(?1, given_at),"
                " withdrawn_how = seal_text(person, ?6) WHERE person = ?2"
                " AND withdrawn_at IS NULL AND purpose = coalesce(?3, purpose)"
                " AND data_kind = coalesce(?4, data_kind) AND recipient = coalesce(?5, recipient)",
                (at, person, purpose, data_kind, recipient, how),
            )
            sums = driver.execute(
                "UPDATE consent SET withdrawn_at = max(?1, given_at),"  # noqa: S608
                " withdrawn_how = seal_text(person, ?3) WHERE person = ?2"
                f" AND withdrawn_at IS NULL AND purpose = '{HEAT_CADASTRE}'"
                f" AND data_kind = '{HEAT_SUMS}' AND NOT {AGREED.format('?2')}",
                (at, person, how),
            )
            forget_heat(driver, person)
            forget_homes(driver, person)
            forget_alerts(driver, person, forget_rules(driver, person))
            return cursor.rowcount + sums.rowcount

    def consents(self, person: int) -> list[Consent]:
        """Return all of a person's consents, withdrawn ones too, oldest first."""
        rows = self.connection.rows(
            "SELECT consent, person, purpose, data_kind, recipient,"
            " coalesce(open_text(person, sentence), ''), given_at,"
            " coalesce(open_text(person, given_how), ''), withdrawn_at,"
            " row_number() OVER (PARTITION BY purpose, data_kind, recipient ORDER BY consent),"
            " CASE WHEN withdrawn_how IS NULL THEN ''"
            " ELSE coalesce(open_text(person, withdrawn_how), '') END, recorded_by"
            " FROM consent WHERE person = ? ORDER BY given_at, consent",
            (person,),
        )
        return [Consent(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns
