"""Consultations on the roads to and from the county: sealed parts into segments, answers back.

A part is the body of one segment, class ``care``, schema ``case/1``: an event list with one event
``case.part`` whose ``sealed`` is the part as the practice opens it (`edge.care.case_letter`). The
county keeps it closed and hands it on. An answer comes in the county's stream as ``case.answer``
and waits, sealed, until personal.db is unlocked.

Each step may be repeated: a part that was sealed into two segments, and an answer that came twice,
change nothing for who opens them.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.care.case_consent import KIND
from edge.care.people import recipient_of
from edge.clock import Stamp
from edge.store.connection import Connection, Driver
from edge.store.errors import StoreError
from edge.store.personal import PersonalStore
from edge.store.personal_cases_rows import StoredCase
from edge.store.personal_cases_steps import take_part
from edge.store.personal_sent import WITH, note_sent
from edge.ward.case_intake import may_leave, take_in
from sync import erasing, events
from sync.errors import FormatError
from sync.events import Event
from sync.outbox import Outbox
from sync.segment import Segment, StreamClass

SCHEMA = "case/1"
PART = "case.part"
MAX_WAITING = 200  # answers that wait while personal.db is locked; more is somebody's rubbish


@dataclass(frozen=True, slots=True)
class Moved:
    """What one look did: parts put into segments, answers taken in."""

    parts: int = 0
    answers: int = 0


def move(outbox: Outbox, village: Connection, personal: PersonalStore, stamp: Stamp) -> Moved:
    """Put what is sealed into segments, and take in what came.

    :raises StoreError: if a database fails; what was done stays done.
    """
    return Moved(_send(outbox, personal, stamp), collect(village, personal, stamp.wall_ms))


def collect(village: Connection, personal: PersonalStore, now_ms: int) -> int:
    """Take the answers that wait into the cases; return how many there were."""
    count = 0
    for number, sealed in village.rows("SELECT number, sealed FROM case_answer_in ORDER BY number"):
        take_in(personal, bytes(sealed), now_ms)  # type: ignore[arg-type]  # STRICT columns
        with village.transaction() as driver:
            driver.execute("DELETE FROM case_answer_in WHERE number = ?", (number,))
        count += 1
    return count


def put_answer(driver: Driver, sealed: bytes, now_ms: int) -> None:
    """Let an answer wait, within a transaction of village.db; of too many the oldest go."""
    driver.execute(
        "INSERT INTO case_answer_in (received_at, sealed) VALUES (?, ?)", (now_ms, sealed)
    )
    driver.execute(
        "DELETE FROM case_answer_in WHERE number <= (SELECT max(number) FROM case_answer_in) - ?",
        (MAX_WAITING,),
    )


def body_of(sealed: bytes, made_at: int) -> bytes:
    """Return the body of a part: always the same, so that an erasure names it by its hash."""
    return events.encode([Event(made_at, 0, PART, {"sealed": sealed})])


def note_bodies(personal: PersonalStore, person: int) -> None:
    """Note every body that may hold a part of a person's cases, for an order to erase."""
    for one in personal.cases(person):
        found = personal.case_parts(one.number)
        if found is not None:
            bodies = [erasing.body_id(body_of(part, one.made_at)) for part in found[1]]
            personal.note_bodies(person, bodies)


def note_values(personal: PersonalStore) -> None:
    """Note what values went along in the cases that left before anybody noted it."""
    people = personal.sent_plainly(KIND)
    for one in (case for person in people for case in personal.cases(person)):
        found = personal.case_parts(one.number) if one.kinds and one.days else None
        if found is not None:
            bodies = [erasing.body_id(body_of(part, one.made_at)) for part in found[1]]
            personal.note_kinds(one.person, bodies, _kinds_in(one))


def _kinds_in(case: StoredCase) -> tuple[str, ...]:
    """Return what is in a case's parts, as `note_sent` calls it."""
    practice = recipient_of(case.contact)
    return (
        f"{KIND}:{practice}",
        *(f"{WITH}:{kind}:{practice}" for kind in case.kinds if case.days),
    )


def part_in(segment: Segment) -> bytes | None:
    """Return the sealed part that a verified segment holds; most hold none."""
    header = segment.header
    if header.stream is not StreamClass.CARE or header.schema != SCHEMA or segment.erased:
        return None
    try:
        found = events.decode(segment.body)
    except FormatError:
        return None
    sealed = found[0].data.get("sealed") if len(found) == 1 and found[0].kind == PART else None
    return sealed if type(sealed) is bytes else None


def _send(outbox: Outbox, personal: PersonalStore, stamp: Stamp) -> int:
    made = 0
    for number, part in personal.parts_to_take():
        try:
            case = personal.case(number)
        except StoreError:  # erased at this moment
            continue
        if not may_leave(personal, case):
            personal.withhold_case(number, stamp.wall_ms)
            continue
        made += _send_part(outbox, personal, case, part, stamp)
    return made


def _send_part(
    outbox: Outbox, personal: PersonalStore, case: StoredCase, part: int, stamp: Stamp
) -> bool:
    found = personal.case_parts(case.number)
    if found is None:
        return False
    body = body_of(found[1][part - 1], case.made_at)
    digest = erasing.body_id(body)
    kinds = _kinds_in(case)
    with personal.connection.transaction() as driver:
        # before it can be in a segment: an erasure must know of it whenever a stop comes
        if not note_sent(driver, digest, case.person, kinds):
            return False
    with personal.connection.transaction() as driver:
        if not (note_sent(driver, digest, case.person, kinds) and may_leave(personal, case)):
            return False
        if take_part(driver, case.number, part, stamp.wall_ms) is None:
            return False
        outbox.write(
            StreamClass.CARE,
            SCHEMA,
            body,
            count=1,
            span_ms=(case.made_at, case.made_at),
            stamp=stamp,
            do=_nothing_more,
        )
    return True


def _nothing_more(_driver: Driver, _seq: int) -> None:
    """Do nothing besides: what was taken is noted in personal.db."""
