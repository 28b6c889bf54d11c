"""Erasing one person at the village: what of theirs lies where, and taking it away for good.

Erased bytes are overwritten (``secure_delete``) and gone from the files after the write-ahead logs
were emptied, which is asked for here; somebody who reads for long can be in the way.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from edge.clock import Stamp
from edge.learning.signup import same_name
from edge.store.connection import Connection, Driver, Value
from edge.store.journal import Journal
from edge.store.personal import PersonalStore
from edge.store.personal_audit import erase_audit
from edge.store.personal_cases_steps import ERASED as CASES_ERASED
from edge.store.scale_users import ScaleUsers
from edge.store.village import VillageStore
from edge.store.village_alarms import BUTTON
from hardware.reading import TimeQuality

_PATIENCE_S = 10.0  # a page of the board is read in milliseconds
_PAUSE_S = 0.1
_NO_CLOCK = Stamp(0, "", 0, TimeQuality.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Belongings:
    """What says something of a person. ``sensors`` are theirs alone, ``shared`` others' as well.

    ``meters`` are their home's, as the journal names them, ``speakers`` as readings do;
    ``learners`` the names under which they signed up for courses, ``accounts`` the sign-in names
    that carry their name, ``volunteers`` those under which they help, ``trainers`` those under
    which they teach; ``loans`` what they borrow, ``entries`` what they wrote on the market board;
    ``awards`` certificates that name them, also where somebody else signed them up; ``contacts``
    who is around nobody else, and themselves where they are around others.
    """

    sensors: tuple[str, ...]
    shared: tuple[str, ...]
    meters: tuple[str, ...]
    readings: int
    speakers: tuple[str, ...] = ()
    learners: tuple[int, ...] = ()
    accounts: tuple[int, ...] = ()
    volunteers: tuple[int, ...] = ()
    loans: tuple[int, ...] = ()
    entries: tuple[int, ...] = ()
    trainers: tuple[int, ...] = ()
    awards: tuple[int, ...] = ()
    contacts: tuple[int, ...] = ()


def belongings(personal: PersonalStore, person: int) -> Belongings:
    """Return what there is of a person."""
    ever = personal.assignments_ever()
    theirs = {one.device_id for one in ever if one.person == person}
    others = {one.device_id for one in ever if one.person != person}
    rows = personal.connection.rows(
        "SELECT DISTINCT device FROM household_meter WHERE person = ?1 AND device NOT IN"
        " (SELECT device FROM household_meter WHERE person <> ?1)",
        (person,),
    )
    count = (
        personal.care_count(person)
        + personal.observation_count(person, None)
        + personal.household_count(person)
    )
    return Belongings(
        sensors=tuple(sorted(theirs - others)),
        shared=tuple(sorted(theirs & others)),
        meters=tuple(str(device) for (device,) in rows),
        readings=count,
        speakers=tuple(str(name) for (name,) in personal.connection.rows(_SPEAKERS, (person,))),
        learners=tuple(personal.learners_of(person)),
        accounts=tuple(personal.accounts_of(person)),
        volunteers=tuple(personal.volunteers_of_person(person)),
        loans=tuple(personal.loans_of_person(person)),
        entries=tuple(personal.entries_of(person)),
        trainers=tuple(personal.trainers_of(person)),
        awards=tuple(personal.awards_naming(person)),
        contacts=tuple(
            sorted({*personal.strangers_after(person), *personal.contacts_like(person)})
        ),
    )


def is_anybody(personal: PersonalStore, name: str) -> bool:
    """Tell whether something is here under a name of somebody who is not in care.

    An account, sign-ups, what they borrowed, wrote, earned or taught, or that they help others.
    """
    wanted = same_name(name)
    if not wanted:
        return False
    if personal.contacts_named(name):
        return True
    rows = personal.connection.rows(_NAMES)
    return any(same_name(str(found)) == wanted for (found,) in rows)


def open_series(village: VillageStore, found: Belongings) -> tuple[str, ...]:
    """Return the names under which the person's meters are among the village's own.

    Whoever declared one communal sent its readings out in the clear, with others in one segment.
    """
    return tuple(
        name
        for name in sorted({*found.meters, *found.speakers})
        if village.connection.row("SELECT 1 FROM device WHERE device_id = ?", (name,))
    )


def erase_from_journal(journal: Journal, found: Belongings) -> int:
    """Erase the bytes that the person's sensors and meters sent; return of how many entries.

    Of a shared sensor's, those that were decoded: whose the others are, nobody knows.
    """
    erased = journal.erase_decoded(found.shared)
    return erased + journal.erase_devices((*found.sensors, *found.meters))


def erase_from_village(driver: Driver, found: Belongings) -> None:
    """Take names and habits of the person's own sensors out of village.db, in a transaction."""
    for sensor in found.sensors:
        address = driver.execute(
            "SELECT b.address FROM ble_device AS b JOIN device AS d USING (device)"
            " WHERE d.device_id = ?",
            (sensor,),
        ).fetchall()
        driver.execute(
            "UPDATE device SET label = '', last_error = NULL, last_error_at = NULL"
            " WHERE device_id = ?",
            (sensor,),
        )
        driver.execute("DELETE FROM sensor_event WHERE device_id = ?", (sensor,))
        driver.execute("DELETE FROM hall_alarm WHERE source = ?", (f"{BUTTON}{sensor}",))
        for (one,) in address:
            driver.execute("UPDATE ble_device SET name = '' WHERE address = ?", (one,))
            driver.execute("DELETE FROM sensor_life WHERE address = ?", (one,))
            driver.execute("DELETE FROM sensor_position WHERE address = ?", (one,))
    for meter in found.meters:
        driver.execute("DELETE FROM admitted_meter WHERE device = ?", (meter,))
    for name in {*found.meters, *found.speakers}:
        for sql in _OPEN_SERIES:
            driver.execute(sql, (name,))
    for entry in found.entries:
        driver.execute("DELETE FROM market_entry WHERE entry = ?", (entry,))
    for loan in found.loans:  # what was said when it came back
        driver.execute("UPDATE loan SET remark = '' WHERE loan = ?", (loan,))
    # what pages and commands asked for names devices, and what was answered may name more
    driver.execute("DELETE FROM request WHERE state <> 'open'")


def forget_codes(scales: ScaleUsers, personal: PersonalStore, person: int) -> None:
    """Forget the codes by which the hub acts for a person on scales.

    Who has a whole scale has each of its users that nobody else has by number. A file that was set
    aside as spoiled is deleted: it may hold their code, and helps nobody.

    :raises StoreError: if the file with the codes cannot be read or written.
    """
    ever = personal.assignments_ever()
    others = {(one.device_id, one.user_index) for one in ever if one.person != person}
    known = {f"ble:{one.replace(':', '')}": one for one in scales.began()}
    for one in ever:
        address = known.get(one.device_id)
        if one.person != person or address is None:
            continue
        for user in scales.users(address):
            whole = one.user_index is None and (one.device_id, user.index) not in others
            if whole or user.index == one.user_index is not None:
                scales.forget(address, user.index)
    scales.aside.unlink(missing_ok=True)


def erase_from_personal(
    personal: PersonalStore, person: int, found: Belongings, stamp: Stamp = _NO_CLOCK
) -> dict[str, int]:
    """Erase everything of a person from personal.db, in one commit; the erasure is done then.

    First their key goes, so that older copies of the file tell nothing of them either. Return how
    many rows of which table were erased; of `care_audit`, how many entries were emptied.
    """
    for entry in found.entries:  # found by the name, which the key opens
        personal.forget_contact(entry)
    personal.unname_signer(person)  # likewise
    for contact in found.contacts:
        personal.forget_contact_person(contact, stamp.wall_ms)
    personal.destroy_key(person)
    gone = Counter[str](contact=len(found.contacts), market_contact=len(found.entries))
    with personal.connection.transaction() as driver:
        for sql, numbers in (
            ("UPDATE learner SET person = ? WHERE learner = ?", found.learners),
            ("UPDATE volunteer SET person = ? WHERE volunteer = ?", found.volunteers),
            ("UPDATE borrower SET person = ? WHERE loan = ?", found.loans),
        ):
            driver.executemany(sql, [(person, one) for one in numbers])
        driver.execute("UPDATE signup_change SET number = number + 1")
        driver.execute("UPDATE alert_life SET change = change + 1")  # the board looks anew
        gone["care_audit"] = erase_audit(driver, person, stamp)
        for statement, *parameters in _statements(person, found):
            done = driver.execute(str(statement), parameters)
            gone[str(statement).split()[2]] += max(0, done.rowcount)
        driver.execute("DELETE FROM erasing WHERE person = ?", (person,))
    return {table: count for table, count in sorted(gone.items()) if count}


def _statements(person: int, found: Belongings) -> Iterator[tuple[Value, ...]]:
    """Yield each statement that erases, with its parameters."""
    yield from (("DELETE FROM account_name WHERE account = ?", one) for one in found.accounts)
    yield from (("DELETE FROM award WHERE award = ?", one) for one in found.awards)
    yield from (("DELETE FROM trainer WHERE trainer = ?", one) for one in found.trainers)
    yield from ((sql, person) for sql in _PERSON)
    yield from ((sql, sensor) for sensor in found.sensors for sql in _SENSOR)
    for meter in found.meters:
        parts = meter.removeprefix("wmbus:").split("-")
        if len(parts) >= 2:
            yield _METER_KEY, parts[0], parts[1]


def empty_logs(
    personal: PersonalStore, village: VillageStore, journal: Journal
) -> list[Connection | Journal]:
    """Empty the write-ahead logs; return those of which a reader was in the way all the time."""
    stores: list[tuple[Connection | Journal, Callable[[], bool]]] = [
        (personal.connection, personal.checkpoint),
        (village.connection, village.checkpoint),
        (journal, journal.checkpoint),
    ]
    deadline = time.monotonic() + _PATIENCE_S
    while stores:
        stores = [(one, empty) for one, empty in stores if not empty()]
        if not stores or time.monotonic() > deadline:
            break
        time.sleep(_PAUSE_S)
    return [one for one, _ in stores]


_NAMES = " UNION ALL ".join(
    f"SELECT name FROM {table} WHERE name <> ''"  # noqa: S608  # constant text
    for table in (
        "account_name", "learner", "volunteer", "trainer", "borrower", "market_contact", "award"
    )
)  # fmt: skip
_SPEAKERS = (
    "SELECT DISTINCT d.device_id FROM household_device AS d JOIN household_meter AS m"
    " USING (household) WHERE m.person = ?1 AND d.device_id NOT IN (SELECT o.device_id"
    " FROM household_device AS o JOIN household_meter AS n USING (household) WHERE n.person <> ?1)"
)
_OF_DEVICE = "device IN (SELECT device FROM device WHERE device_id = ?)"
_OPEN_SERIES = (
    f"DELETE FROM placed_reading WHERE {_OF_DEVICE}",  # noqa: S608  # constant text
    f"DELETE FROM meter_reading WHERE {_OF_DEVICE}",  # noqa: S608
    (
        "DELETE FROM meter_value WHERE kind IN"  # noqa: S608
        f" (SELECT kind FROM meter_register WHERE {_OF_DEVICE})"
    ),
    f"DELETE FROM meter_register WHERE {_OF_DEVICE}",  # noqa: S608
    f"DELETE FROM meter_status WHERE {_OF_DEVICE}",  # noqa: S608
    "DELETE FROM meter_event WHERE device = ?",
    (
        "UPDATE device SET label = '', site_id = NULL, meter_id = NULL, last_reading_at = NULL,"
        " last_error = NULL, last_error_at = NULL WHERE device_id = ?"
    ),
)
_METER_KEY = "DELETE FROM meter_key WHERE identification = ?2 AND manufacturer IN ('', ?1)"
_OF_VOLUNTEER = "volunteer IN (SELECT volunteer FROM volunteer WHERE person = ?)"
_OF_ALERT = "alert IN (SELECT alert FROM alert WHERE person = ?)"
_PERSON = (
    f"DELETE FROM alert_message WHERE {_OF_ALERT}",  # noqa: S608  # constant text
    f"DELETE FROM alert_call WHERE {_OF_ALERT}",  # noqa: S608
    "DELETE FROM alert WHERE person = ?",
    "DELETE FROM care_plan WHERE person = ?",
    "DELETE FROM fhir_answer WHERE person = ?",
    "DELETE FROM alert_answer WHERE person = ?",
    "DELETE FROM care_state WHERE person = ?",
    "DELETE FROM placed_care WHERE person = ?",
    (
        "DELETE FROM placed_household WHERE device IN (SELECT d.device FROM household_device AS d"
        " JOIN household_meter AS m USING (household) WHERE m.person = ?)"
    ),
    (
        "DELETE FROM observation_value_sealed WHERE (observed_at, device_id, data_kind) IN"
        " (SELECT observed_at, device_id, data_kind FROM observation_sealed WHERE person = ?)"
    ),
    "DELETE FROM observation_sealed WHERE person = ?",
    "DELETE FROM care_reading_sealed WHERE person = ?",
    "DELETE FROM care_waiting WHERE person = ?",
    "DELETE FROM heat_room WHERE person = ?",
    "DELETE FROM heat_warning_sealed WHERE person = ?",
    (
        "DELETE FROM household_reading_sealed WHERE device IN (SELECT d.device"
        " FROM household_device AS d JOIN household_meter AS m USING (household)"
        " WHERE m.person = ?)"
    ),
    (
        "DELETE FROM household_value WHERE kind IN (SELECT r.kind FROM household_register AS r"
        " JOIN household_device AS d USING (device) JOIN household_meter AS m USING (household)"
        " WHERE m.person = ?)"
    ),
    (
        "DELETE FROM household_register WHERE device IN (SELECT d.device FROM household_device AS d"
        " JOIN household_meter AS m USING (household) WHERE m.person = ?)"
    ),
    (
        "DELETE FROM household_device WHERE household IN"
        " (SELECT household FROM household_meter WHERE person = ?)"
    ),
    "DELETE FROM household_meter WHERE person = ?",
    "DELETE FROM heat_home_fact_sealed WHERE person = ?",
    "DELETE FROM heat_home WHERE person = ?",
    "DELETE FROM heat_summed_sealed WHERE person = ?",
    (
        "DELETE FROM attendance WHERE enrolment IN (SELECT e.enrolment FROM enrolment AS e"
        " JOIN learner AS l USING (learner) WHERE l.person = ?)"
    ),
    "DELETE FROM enrolment WHERE learner IN (SELECT learner FROM learner WHERE person = ?)",
    "DELETE FROM award WHERE learner IN (SELECT learner FROM learner WHERE person = ?)",
    "DELETE FROM learning_progress WHERE learner IN (SELECT learner FROM learner WHERE person = ?)",
    "DELETE FROM learner WHERE person = ?",
    "DELETE FROM trainer WHERE person = ?",
    f"DELETE FROM held_qualification WHERE {_OF_VOLUNTEER}",  # noqa: S608  # constant text
    f"DELETE FROM duty WHERE {_OF_VOLUNTEER}",  # noqa: S608
    "DELETE FROM swap WHERE ?1 IN (SELECT person FROM volunteer WHERE volunteer IN (giver, taker))",
    f"DELETE FROM work WHERE {_OF_VOLUNTEER}",  # noqa: S608
    "DELETE FROM volunteer WHERE person = ?",
    "DELETE FROM borrower WHERE person = ?",
    "DELETE FROM circle WHERE person = ?",
    "DELETE FROM person_card WHERE person = ?",
    "DELETE FROM person_secret WHERE person = ?",
    *CASES_ERASED,
    "DELETE FROM assignment WHERE person = ?",
    "DELETE FROM consent WHERE person = ?",
    "DELETE FROM sent_body WHERE person = ?",
    "DELETE FROM person WHERE person = ?",
)
_SENSOR = (
    "DELETE FROM care_waiting WHERE device_id = ?",
    "DELETE FROM sensor_user WHERE device_id = ?",
    "DELETE FROM sensor_session WHERE device_id = ?",
    "DELETE FROM sensor_clock WHERE device_id = ?",
    "DELETE FROM sensor_counter WHERE device_id = ?",
    "DELETE FROM sensor_key WHERE device_id = ?",
    "DELETE FROM care_sensor WHERE device_id = ?",
)
