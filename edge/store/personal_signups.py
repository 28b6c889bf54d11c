"""Who signed up for which course, in personal.db. Use `edge.store.personal.PersonalStore`.

Each step is one ``BEGIN IMMEDIATE``: the write lock is taken before the line is read, so that
sixty people who want two seats in the same second stand in one line. What the course is now is read
within it, by the caller's ``course``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, fields

from edge.learning import waiting
from edge.learning.course import OPEN, Course
from edge.learning.errors import Refused
from edge.learning.signup import Applicant, Channel, State, same_name
from edge.learning.slip import slip_of
from edge.learning.waiting import Place
from edge.store.connection import Connection, Driver, Row
from edge.store.errors import StoreError

MAX_LINE = 500  # parties of one course; more is a script at the terminal
_ATTEMPTS = 20  # 17^8 numbers: a second attempt is needed once in a million


class NoSuchSlip(StoreError):
    """There is no sign-up with this slip number."""

    hint = (
        "Zu dieser Zettelnummer gibt es keine Anmeldung (mehr). Bitte die Nummer vergleichen oder "
        "am Tisch fragen."
    )


class NoOffer(StoreError):
    """Nothing is offered to this slip now."""

    hint = "Für diesen Zettel ist gerade kein Platz angeboten; vielleicht ist die Frist vorbei."


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A party's sign-up. ``slip`` and ``name`` are empty once they were deleted.

    ``offer`` seats are offered until ``offer_until``; ``dates_rev`` is the course's when the party
    signed up or was last told.
    """

    enrolment: int
    course: int
    learner: int
    slip: str
    party: int
    state: State
    queue: int
    offer: int
    offer_until: int | None
    passed: int
    missed: int
    channel: Channel
    dates_rev: int
    created_at: int
    changed_at: int
    name: str
    phone: str | None
    age_band: str | None
    gender: str | None

    @property
    def place(self) -> Place:
        """Return where the party stands in the line."""
        return Place(
            self.enrolment,
            self.party,
            self.state,
            self.queue,
            self.offer,
            self.offer_until,
            self.passed,
            self.missed,
        )


@dataclass(frozen=True, slots=True)
class Form:
    """What was sent: ``token`` is the form's, which makes one sign-up however often it is sent.

    ``card_hash`` is of a card that was shown: its owner signs up, if it is their name.
    """

    token: str
    who: Applicant
    party: int
    channel: Channel
    card_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A sign-up as it stands, with all that changed in its line; ``change`` numbers it.

    ``before`` and ``after``: how many seats are taken, and whether anybody waits; ``ahead``: how
    many parties wait before this one.
    """

    enrolment: Enrolment
    changed: tuple[Enrolment, ...]
    change: int
    before: tuple[int, bool]
    after: tuple[int, bool]
    ahead: int


class Signups:
    """The part of personal.db about sign-ups; use :class:`edge.store.personal.PersonalStore`.

    :raises StoreError: or one of its kinds, from any method. No message names a person.
    """

    connection: Connection

    def enrol(
        self,
        form: Form,
        course: Callable[[], Course],
        check: Callable[[Course], None],
        *,
        now_ms: int,
        delete_after: int,
        offers: bool = True,
    ) -> Outcome:
        """Put a party into the line and give it a seat if it is its turn.

        ``check`` raises if nobody may sign up for the course as it is now. The same token again
        gives the same sign-up.

        :raises Refused: if the line is as long as a line may be.
        """
        with self.connection.transaction() as driver:
            known = driver.execute(
                "SELECT enrolment, course FROM enrolment WHERE token = ?", (form.token,)
            ).fetchone()
            if known:
                line = _line(driver, int(known[1]))
                return _outcome(driver, int(known[0]), line, ())
            current = course()
            check(current)
            line = _line(driver, current.course)
            last = max((one.queue for one in line), default=0)
            if sum(one.state in _LIVE for one in line) >= MAX_LINE:
                raise Refused(
                    "the line is full",
                    hint="Für diesen Kurs stehen schon sehr viele auf der Warteliste. Bitte am "
                    "Tisch fragen.",
                )
            learner = _learner(driver, form, now_ms, delete_after)
            number = _insert(driver, form, current, learner=learner, queue=last + 1, now_ms=now_ms)
            places = [one.place for one in line]
            places.append(Place(number, form.party, "waiting", last + 1))
            moved = _settle(driver, current, places, now_ms, here=number, offers=offers)
            return _outcome(driver, number, line, moved)

    def step(
        self,
        slip: str,
        course: Callable[[int], Course],
        change: Callable[[Enrolment], Place],
        *,
        now_ms: int,
        offers: bool = True,
    ) -> Outcome:
        """Let ``change`` move one party in its line, and give out what is free then.

        :raises NoSuchSlip: if the slip is nobody's.
        """
        with self.connection.transaction() as driver:
            found = _find(driver, slip)
            current = course(found.course)
            line = _line(driver, found.course)
            place = change(found)
            _write(driver, [place], now_ms)
            places = [place if one.enrolment == place.enrolment else one.place for one in line]
            moved = _settle(driver, current, places, now_ms, offers=offers)
            return _outcome(driver, found.enrolment, line, moved)

    def expire(self, course: Callable[[int], Course], *, now_ms: int) -> list[Outcome]:
        """End the offers whose time is up and offer the seats to who is next."""
        rows = self.connection.rows(
            "SELECT DISTINCT course FROM enrolment WHERE state = 'offered' AND offer_until <= ?",
            (now_ms,),
        )
        done = []
        for (number,) in rows:
            with self.connection.transaction() as driver:
                line = _line(driver, int(str(number)))
                late = [
                    one
                    for one in line
                    if one.state == "offered" and (one.offer_until or 0) <= now_ms
                ]
                last = max((one.queue for one in line), default=0)
                ended: dict[int, Place] = {}
                for one in sorted(late, key=lambda each: each.queue):
                    place = waiting.missed(one.place, last)
                    ended[one.enrolment] = place
                    last = max(last, place.queue)
                if not ended:
                    continue  # another process was faster
                _write(driver, ended.values(), now_ms)
                places = [ended.get(one.enrolment, one.place) for one in line]
                moved = _settle(driver, course(int(str(number))), places, now_ms)
                done.append(_outcome(driver, min(ended), line, moved | set(ended)))
        return done

    def settle(self, course: Callable[[], Course], *, now_ms: int) -> list[Enrolment]:
        """Offer what is free, after a course got larger; return who changed."""
        with self.connection.transaction() as driver:
            current = course()
            places = [one.place for one in _line(driver, current.course)]
            moved = _settle(driver, current, places, now_ms)
            if not moved:
                return []
            _turn(driver)
            return [one for one in _line(driver, current.course) if one.enrolment in moved]

    def slip(self, slip: str) -> tuple[Enrolment, int]:
        """Return a slip's sign-up and how many parties wait before it.

        :raises NoSuchSlip: if there is none.
        """
        with self.connection.transaction() as driver:  # both from one moment
            found = _find(driver, slip)
            line = [one.place for one in _line(driver, found.course)]
        return found, waiting.ahead(line, found.place)

    def line(self, course: int) -> list[Enrolment]:
        """Return everybody who signed up for a course, cancelled ones too, in their order."""
        rows = self.connection.rows(_BY_COURSE, (course,))
        return [_row(row) for row in rows]

    def taken(self, course: int) -> tuple[int, bool]:
        """Return how many seats of a course are given or held, and whether anybody waits."""
        return _taken(self.line(course))

    def same_name(self, name: str) -> list[Enrolment]:
        """Return the sign-ups under a name, however it is spelt."""
        rows = self.connection.rows(
            f"{SELECT} WHERE l.same_name = ? ORDER BY e.enrolment", (same_name(name),)
        )
        return [_row(row) for row in rows]

    def told(self, slip: str, dates_rev: int) -> None:
        """Note that a party knows when and where the course is now."""
        with self.connection.transaction() as driver:
            driver.execute("UPDATE enrolment SET dates_rev = ? WHERE slip = ?", (dates_rev, slip))

    def give_card(self, slip: str, card_hash: bytes) -> None:
        """Give whoever signed up with this slip a card; an earlier one is worth nothing then.

        :raises NoSuchSlip: if there is no such slip.
        """
        with self.connection.transaction() as driver:
            found = _find(driver, slip)
            driver.execute("UPDATE learner SET card_hash = NULL WHERE card_hash = ?", (card_hash,))
            driver.execute(
                "UPDATE learner SET card_hash = ? WHERE learner = ?", (card_hash, found.learner)
            )

    def of_card(self, card_hash: bytes) -> list[Enrolment]:
        """Return all sign-ups of a card's owner."""
        rows = self.connection.rows(
            f"{SELECT} WHERE l.card_hash = ? ORDER BY e.enrolment", (card_hash,)
        )
        return [_row(row) for row in rows]

    def finish(self, courses: Iterable[int], now_ms: int) -> int:
        """Close the lines of courses that are over; return how many parties that moved."""
        moved = 0
        with self.connection.transaction() as driver:
            for course in courses:
                moved += driver.execute(
                    "UPDATE enrolment SET state = CASE state WHEN 'confirmed' THEN 'done'"
                    " ELSE 'cancelled' END, offer = 0, offer_until = NULL, changed_at = ?"
                    " WHERE course = ? AND state IN ('confirmed', 'waiting', 'offered')",
                    (now_ms, course),
                ).rowcount
            if moved:
                _turn(driver)
        return moved


def _learner(driver: Driver, form: Form, now_ms: int, delete_after: int) -> int:
    """Return whose sign-up it is: the card's owner's if it is their name, else somebody new.

    Who signs a neighbour up, or finds another's card on the screen, is not that card's owner; and a
    card that was taken back meanwhile is nobody's.
    """
    who = form.who
    if form.card_hash is not None:
        row = driver.execute(
            "SELECT learner FROM learner WHERE card_hash = ? AND same_name = ?",
            (form.card_hash, same_name(who.name)),
        ).fetchone()
        if row:
            driver.execute(
                "UPDATE learner SET delete_after = max(delete_after, ?),"
                " phone = coalesce(?, phone), age_band = coalesce(?, age_band),"
                " gender = coalesce(?, gender) WHERE learner = ?",
                (delete_after, who.phone, who.age_band, who.gender, row[0]),
            )
            return int(row[0])
    cursor = driver.execute(
        "INSERT INTO learner (name, same_name, phone, age_band, gender, created_at, delete_after)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            *(who.name, same_name(who.name), who.phone, who.age_band, who.gender),
            *(now_ms, delete_after),
        ),
    )
    return int(cursor.lastrowid or 0)


def _insert(
    driver: Driver, form: Form, course: Course, *, learner: int, queue: int, now_ms: int
) -> int:
    for attempt in range(_ATTEMPTS):
        slip = slip_of(form.token, attempt)
        if not driver.execute("SELECT 1 FROM enrolment WHERE slip = ?", (slip,)).fetchone():
            break
    else:
        raise StoreError("no free slip number was found")
    cursor = driver.execute(
        "INSERT INTO enrolment (course, learner, slip, token, party, state, queue, channel,"
        " dates_rev, created_at, changed_at) VALUES (?, ?, ?, ?, ?, 'waiting', ?, ?, ?, ?, ?)",
        (
            *(course.course, learner, slip, form.token, form.party, queue, form.channel),
            *(course.dates_rev, now_ms, now_ms),
        ),
    )
    return int(cursor.lastrowid or 0)


def _settle(
    driver: Driver,
    course: Course,
    places: Sequence[Place],
    now_ms: int,
    *,
    here: int | None = None,
    offers: bool = True,
) -> set[int]:
    """Give out what is free; return whose place that changed."""
    if course.state not in OPEN:
        return set()
    changed = waiting.settled(
        places,
        course.seats,
        now_ms=now_ms,
        first_at=course.first_at if course.first_at is not None else now_ms,
        here=here,
        offers=offers,
    )
    _write(driver, changed, now_ms)
    return {one.enrolment for one in changed}


def _write(driver: Driver, places: Iterable[Place], now_ms: int) -> None:
    driver.executemany(
        "UPDATE enrolment SET party = ?, state = ?, queue = ?, offer = ?, offer_until = ?,"
        " passed = ?, missed = ?, changed_at = ? WHERE enrolment = ?",
        [
            (
                *(one.party, one.state, one.queue, one.offer, one.offer_until, one.passed),
                *(one.missed, now_ms, one.enrolment),
            )
            for one in places
        ],
    )


def _outcome(
    driver: Driver, number: int, before: Sequence[Enrolment], moved: Collection[int]
) -> Outcome:
    row = driver.execute(f"{SELECT} WHERE e.enrolment = ?", (number,)).fetchone()
    mine = _row(row)
    line = _line(driver, mine.course)
    if list(before) == line:
        turn = int(driver.execute("SELECT number FROM signup_change").fetchone()[0])
    else:
        turn = _turn(driver)
    return Outcome(
        enrolment=mine,
        changed=tuple(one for one in line if one.enrolment in moved),
        change=turn,
        before=_taken(before),
        after=_taken(line),
        ahead=sum(one.state == "waiting" and one.queue < mine.queue for one in line),
    )


def _taken(line: Sequence[Enrolment]) -> tuple[int, bool]:
    held = [one for one in line if one.state in waiting.HOLDS_SEAT]
    seats = sum(one.offer if one.state == "offered" else one.party for one in held)
    return seats, any(one.state == "waiting" for one in line)


def _turn(driver: Driver) -> int:
    row = driver.execute("UPDATE signup_change SET number = number + 1 RETURNING number")
    return int(row.fetchone()[0])


def _find(driver: Driver, slip: str) -> Enrolment:
    row = driver.execute(f"{SELECT} WHERE e.slip = ?", (slip,)).fetchone()
    if row is None:
        raise NoSuchSlip("no such slip")
    return _row(row)


def _line(driver: Driver, course: int) -> list[Enrolment]:
    return [_row(row) for row in driver.execute(_BY_COURSE, (course,)).fetchall()]


def _row(row: Row) -> Enrolment:
    return Enrolment(*row)  # type: ignore[arg-type]  # STRICT columns


_LIVE = frozenset(("confirmed", "waiting", "offered"))
_OF_LEARNER = ("name", "phone", "age_band", "gender")
_COLUMNS = ", ".join(
    "coalesce(e.slip, '')"
    if one.name == "slip"
    else f"{'l' if one.name in _OF_LEARNER else 'e'}.{one.name}"
    for one in fields(Enrolment)
)
SELECT = f"SELECT {_COLUMNS} FROM enrolment AS e JOIN learner AS l USING (learner)"  # noqa: S608
_BY_COURSE = f"{SELECT} WHERE e.course = ? ORDER BY e.queue"
