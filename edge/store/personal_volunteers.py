"""Volunteers, their qualifications and who does which shift, in personal.db.

Use `edge.store.personal.PersonalStore`. Each step of the rota is one ``BEGIN IMMEDIATE``: whoever
is first has the shift, and nobody is off before somebody else is on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from edge.learning.errors import Refused
from edge.learning.signup import Applicant, same_name
from edge.store.connection import Connection, Driver, Row
from edge.store.errors import StoreError
from edge.volunteers.qualification import Held
from edge.volunteers.rota import Duty


class NoSuchVolunteer(StoreError):
    """There is no volunteer of that number."""

    hint = "Diese Person steht nicht (mehr) bei den Ehrenamtlichen."


@dataclass(frozen=True, slots=True)
class Volunteer:
    """Somebody of the rota. ``account`` is what they sign in with, None: nothing yet.

    ``coordinates``: may put others in and confirm hours.
    """

    volunteer: int
    name: str
    phone: str | None
    account: int | None
    coordinates: bool
    delete_after: int


@dataclass(frozen=True, slots=True)
class Swap:
    """A shift that went from one to another."""

    shift: int
    giver: int
    taker: int
    at: int


@dataclass(frozen=True, slots=True)
class OnShift:
    """What is known when somebody is put on a shift: its duties, all that is held, and theirs."""

    duties: tuple[Duty, ...]
    held: tuple[Held, ...]
    mine: tuple[int, ...]  # shifts that the volunteer does


Check = Callable[[OnShift], None]


class Volunteers:
    """The part of personal.db about volunteers; use :class:`edge.store.personal.PersonalStore`.

    :raises StoreError: or one of its kinds, from any method. No message names a person.
    """

    connection: Connection

    def add_volunteer(
        self, who: Applicant, at: int, delete_after: int, account: int | None = None
    ) -> int:
        """Keep a volunteer and return the number; the same account again gives the same one."""
        with self.connection.transaction() as driver:
            if account is not None:
                row = driver.execute(
                    "SELECT volunteer FROM volunteer WHERE account = ?", (account,)
                ).fetchone()
                if row:
                    return int(row[0])
            cursor = driver.execute(
                "INSERT INTO volunteer (name, same_name, phone, account, created_at, delete_after)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (who.name, same_name(who.name), who.phone, account, at, delete_after),
            )
            return int(cursor.lastrowid or 0)

    def volunteers(self) -> list[Volunteer]:
        """Return everybody, by name."""
        rows = self.connection.rows(f"{_VOLUNTEERS} ORDER BY same_name, volunteer")
        return [_volunteer(row) for row in rows]

    def volunteer(self, number: int) -> Volunteer:
        """Return a volunteer.

        :raises NoSuchVolunteer: if there is none of that number.
        """
        rows = self.connection.rows(f"{_VOLUNTEERS} WHERE volunteer = ?", (number,))
        if not rows:
            raise NoSuchVolunteer(f"no volunteer {number}")
        return _volunteer(rows[0])

    def volunteer_of_account(self, account: int) -> Volunteer | None:
        """Return who signs in with an account."""
        rows = self.connection.rows(f"{_VOLUNTEERS} WHERE account = ?", (account,))
        return _volunteer(rows[0]) if rows else None

    def link_account(self, volunteer: int, account: int | None) -> None:
        """Note with which account a volunteer signs in.

        :raises Refused: if the account, or the volunteer, is somebody's already.
        """
        with self.connection.transaction() as driver:
            other = driver.execute(
                "SELECT 1 FROM volunteer WHERE (account = ?1 AND volunteer <> ?2)"
                " OR (volunteer = ?2 AND account IS NOT NULL AND account <> ?1)",
                (account, volunteer),
            ).fetchone()
            if other:
                raise Refused(
                    "another account",
                    hint="Dieser Name gehört schon zu einem anderen Zugang. Bitte die "
                    "Koordination fragen.",
                )
            driver.execute(
                "UPDATE volunteer SET account = ? WHERE volunteer = ?", (account, volunteer)
            )

    def change_volunteer(self, volunteer: int, who: Applicant, *, coordinates: bool) -> None:
        """Change name, telephone number and whether somebody coordinates."""
        with self.connection.transaction() as driver:
            driver.execute(
                "UPDATE volunteer SET name = ?, same_name = ?, phone = ?, coordinates = ?"
                " WHERE volunteer = ?",
                (who.name, same_name(who.name), who.phone, int(coordinates), volunteer),
            )

    def hold(self, held: Held, at: int) -> None:
        """Note what somebody is qualified for, in the place of what was noted before."""
        until = None if held.valid_until is None else held.valid_until.isoformat()
        with self.connection.transaction() as driver:
            driver.execute(
                "INSERT INTO held_qualification (volunteer, qualification_id, valid_until,"
                " noted_at) VALUES (?, ?, ?, ?) ON CONFLICT (volunteer, qualification_id)"
                " DO UPDATE SET valid_until = excluded.valid_until, noted_at = excluded.noted_at",
                (held.volunteer, held.qualification_id, until, at),
            )

    def drop_held(self, volunteer: int, qualification_id: str) -> None:
        """Forget a qualification of somebody."""
        with self.connection.transaction() as driver:
            driver.execute(
                "DELETE FROM held_qualification WHERE volunteer = ? AND qualification_id = ?",
                (volunteer, qualification_id),
            )

    def held(self) -> list[Held]:
        """Return what everybody is qualified for, expired or not."""
        return [_held(row) for row in self.connection.rows(_HELD)]

    def duties(self) -> list[Duty]:
        """Return who does which shift, in the order they said so."""
        rows = self.connection.rows(f"{_DUTIES} ORDER BY duty")
        return [Duty(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def put_on(
        self,
        shift: int,
        volunteer: int,
        check: Check,
        *,
        at: int,
        delete_after: int,
        takes: int | None = None,
    ) -> bool:
        """Put a volunteer on a shift, in the place of ``takes`` if somebody is given.

        ``check`` raises if it may not be. False if they are on it already.

        :raises NoSuchVolunteer: if there is no such volunteer.
        """
        with self.connection.transaction() as driver:
            found = driver.execute(
                "UPDATE volunteer SET delete_after = max(delete_after, ?) WHERE volunteer = ?",
                (delete_after, volunteer),
            )
            if not found.rowcount:
                raise NoSuchVolunteer(f"no volunteer {volunteer}")
            known = _on_shift(driver, shift, volunteer)
            if any(one.volunteer == volunteer for one in known.duties):
                return False
            check(known)
            if takes is not None:
                _take_off(driver, shift, takes)
                driver.execute(
                    "INSERT INTO swap (shift, giver, taker, at) VALUES (?, ?, ?, ?)",
                    (shift, takes, volunteer, at),
                )
            driver.execute(
                "INSERT INTO duty (shift, volunteer, made_at) VALUES (?, ?, ?)",
                (shift, volunteer, at),
            )
            return True

    def take_off(self, shift: int, volunteer: int, check: Check) -> bool:
        """Take a volunteer off a shift, if ``check`` does not object; False if they were not on."""
        with self.connection.transaction() as driver:
            known = _on_shift(driver, shift, volunteer)
            if all(one.volunteer != volunteer for one in known.duties):
                return False
            check(known)
            return _take_off(driver, shift, volunteer)

    def offer_duty(self, shift: int, volunteer: int, check: Check, offered_at: int | None) -> None:
        """Ask the others to take somebody's shift; None: no longer."""
        with self.connection.transaction() as driver:
            check(_on_shift(driver, shift, volunteer))
            driver.execute(
                "UPDATE duty SET offered_at = CASE WHEN ?1 IS NULL THEN NULL"
                " ELSE coalesce(offered_at, ?1) END WHERE shift = ?2 AND volunteer = ?3",
                (offered_at, shift, volunteer),
            )

    def swaps(self) -> list[Swap]:
        """Return which shifts went from whom to whom, the newest first."""
        rows = self.connection.rows("SELECT shift, giver, taker, at FROM swap ORDER BY swap DESC")
        return [Swap(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def forget_duties(self, shifts: Sequence[int]) -> None:
        """Delete who did shifts of long ago; confirmed hours stay."""
        with self.connection.transaction() as driver:
            for shift in shifts:
                driver.execute("DELETE FROM duty WHERE shift = ?", (shift,))
                driver.execute("DELETE FROM swap WHERE shift = ?", (shift,))

    def forget_volunteers(self, now_ms: int) -> int:
        """Delete volunteers whose time is up, with all that is theirs; return how many."""
        with self.connection.transaction() as driver:
            count = driver.execute(
                "DELETE FROM volunteer WHERE delete_after <= ?", (now_ms,)
            ).rowcount
        if count:
            self.connection.checkpoint()  # the old pages are still in the write-ahead log
        return count

    def erase_volunteer(self, volunteer: int) -> None:
        """Erase a volunteer with duties, qualifications and hours.

        :raises NoSuchVolunteer: if there is none of that number.
        """
        with self.connection.transaction() as driver:
            gone = driver.execute("DELETE FROM volunteer WHERE volunteer = ?", (volunteer,))
            if not gone.rowcount:
                raise NoSuchVolunteer(f"no volunteer {volunteer}")
        self.connection.checkpoint()

    def volunteers_of_person(self, person: int) -> list[int]:
        """Return the volunteers that are a person of care's: said to be, or of the same name."""
        row = self.connection.row(
            "SELECT open_text(person, name) FROM person WHERE person = ?", (person,)
        )
        rows = self.connection.rows(
            "SELECT volunteer FROM volunteer WHERE person = ?1 OR (person IS NULL"
            " AND same_name = ?2 AND same_name <> '') ORDER BY volunteer",
            (person, same_name(str(row[0])) if row else ""),
        )
        return [int(str(volunteer)) for (volunteer,) in rows]


def _on_shift(driver: Driver, shift: int, volunteer: int) -> OnShift:
    duties = driver.execute(f"{_DUTIES} WHERE shift = ? ORDER BY duty", (shift,)).fetchall()
    mine = driver.execute("SELECT shift FROM duty WHERE volunteer = ?", (volunteer,)).fetchall()
    held = driver.execute(_HELD).fetchall()
    return OnShift(
        tuple(Duty(*row) for row in duties),
        tuple(_held(row) for row in held),
        tuple(int(number) for (number,) in mine),
    )


def _take_off(driver: Driver, shift: int, volunteer: int) -> bool:
    gone = driver.execute("DELETE FROM duty WHERE shift = ? AND volunteer = ?", (shift, volunteer))
    return gone.rowcount == 1


def _volunteer(row: Row) -> Volunteer:
    number, name, phone, account, coordinates, until = row
    return Volunteer(number, name, phone, account, bool(coordinates), until)  # type: ignore[arg-type]  # STRICT


def _held(row: Row) -> Held:
    volunteer, qualification, until = row
    day = None if until is None else date.fromisoformat(str(until))
    return Held(int(str(volunteer)), str(qualification), day)


_VOLUNTEERS = "SELECT volunteer, name, phone, account, coordinates, delete_after FROM volunteer"
_DUTIES = "SELECT duty, shift, volunteer, made_at, offered_at FROM duty"
_HELD = (
    "SELECT volunteer, qualification_id, valid_until FROM held_qualification"
    " ORDER BY volunteer, qualification_id"
)
