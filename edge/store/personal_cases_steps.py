"""Steps of a case within somebody else's transaction of personal.db."""

from __future__ import annotations

from edge.care.case_state import CaseState, after
from edge.store.connection import Driver
from edge.store.personal_cases_rows import CaseMoved, NoSuchCase


def take_part(driver: Driver, number: int, part: int, at: int) -> bytes | None:
    """Return a part for a segment and note that it is in one; None if it is or may not be.

    Within a transaction of personal.db that ends after the segment is on the disk: a stop in
    between seals it once more, which changes nothing for who opens it.
    """
    row = driver.execute(
        "SELECT l.sealed FROM case_letter AS l JOIN care_case AS c USING (number)"
        " WHERE l.number = ? AND l.part = ? AND l.taken_at IS NULL AND c.state <> 'closed'",
        (number, part),
    ).fetchone()
    if row is None:
        return None
    driver.execute(
        "UPDATE case_letter SET taken_at = ? WHERE number = ? AND part = ?", (at, number, part)
    )
    left = driver.execute(
        "SELECT 1 FROM case_letter WHERE number = ? AND taken_at IS NULL", (number,)
    ).fetchone()
    if left is None:
        move(driver, number, CaseState.ON_ITS_WAY, at)
    return bytes(row[0])


def move(driver: Driver, number: int, event: CaseState, at: int) -> CaseState:
    """Note what was reported of a case; return where it stands then.

    :raises NoSuchCase: if it is gone.
    :raises CaseMoved: if that cannot become of it.
    """
    row = driver.execute("SELECT state FROM care_case WHERE number = ?", (number,)).fetchone()
    if row is None:
        raise NoSuchCase(f"no case {number}")
    state = CaseState(row[0])
    new = after(state, event)
    if new is None:
        raise CaseMoved(f"a case that is {state} cannot become {event}")
    if new is not state:
        driver.execute(
            "UPDATE care_case SET state = ?, changed_at = max(?, changed_at + 1) WHERE number = ?",
            (new.value, at, number),
        )
    return new


_OF_PERSON = "number IN (SELECT number FROM care_case WHERE person = ?)"
ERASED = (
    f"DELETE FROM case_file WHERE {_OF_PERSON}",  # noqa: S608  # constant text
    f"DELETE FROM case_letter WHERE {_OF_PERSON}",  # noqa: S608
    f"DELETE FROM case_answer WHERE {_OF_PERSON}",  # noqa: S608
    "DELETE FROM care_case WHERE person = ?",
)
