"""Alerts in personal.db: what rules found, and who has it. Use `edge.store.personal.PersonalStore`.

The rules by which an alert climbs are `edge.care.ladder`'s; here each change is one commit with
what follows from it, so that of two people at the same second exactly one has it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from edge.care.finding import Finding
from edge.care.ladder.alert import Alert, Call
from edge.care.ladder.circle import Circle
from edge.care.ladder.life import Life, Now, begin, gap, go_on, made_up_ms
from edge.care.ladder.machine import Ladder, put_off
from edge.clock import Stamp
from edge.store.connection import Connection, Driver, Row
from edge.store.errors import StoreError
from edge.store.personal_observations import agrees
from hardware.reading import TimeQuality

MARK_MS = 30_000  # so old may the last look be on the card: one page, twice a minute
UNSET_MARK_MS = 4000  # while the clock is not set: what was not noted is lost with the current
JUMP_MS = 1000  # a wall clock that moved by less did not jump
SWEEP_MS = 60_000  # how often is looked whether somebody woke

CircleOf = Callable[[int | None, str], Circle]  # of a person, or of the hub, for a rule


class NoSuchAlert(StoreError):
    """There is no alert of this number, or it was erased with its person."""

    hint = "Diesen Alarm gibt es nicht (mehr). Bitte die Nummer in der Liste nachsehen."


@dataclass(frozen=True, slots=True)
class Answer:
    """An alert after somebody answered, and whether it is theirs: the first one wins."""

    alert: Alert
    won: bool


class Alerts:
    """The part of personal.db that keeps alerts; use :class:`edge.store.personal.PersonalStore`.

    ``by`` and ``to`` are numbers of contacts; ``by`` None is somebody at the terminal.

    :raises StoreError: or one of its kinds, from any method. No message names a person.
    """

    connection: Connection
    ladder: Ladder = Ladder()

    def take_findings(self, findings: Sequence[Finding], now: Stamp) -> None:
        """Raise, bundle and end alerts, in this thread's transaction if there is one.

        The same key of a person is the same alert as long as it lasts.
        """
        if not findings:
            return
        with self.connection.joined() as driver:
            moment = _look(driver, now)
            for finding in findings:
                self._take_finding(driver, finding, moment)

    def alerts(self, *, open_only: bool = True, person: int | None = None) -> list[Alert]:
        """Return alerts, of everybody or of one person, the most urgent first, then the oldest.

        What is over by itself is open until somebody has seen it.
        """
        rows = self.connection.rows(
            f"SELECT {_ALERT} FROM alert WHERE is_open >= ? AND (?2 IS NULL OR person = ?2)",  # noqa: S608
            (int(open_only), person),
        )
        found = [one for row in rows if (one := _alert(row)) is not None]
        return sorted(found, key=lambda one: (-one.urgency, one.raised_at, one.number))

    def alert(self, number: int) -> Alert:
        """Return one alert.

        :raises NoSuchAlert: if there is none of this number.
        """
        row = self.connection.row(f"SELECT {_ALERT} FROM alert WHERE alert = ?", (number,))  # noqa: S608
        found = _alert(row) if row else None
        if found is None:
            raise NoSuchAlert(f"there is no alert {number}")
        return found

    def unanswered_count(self) -> int:
        """Return how many alerts climb or stand at the top: somebody still has to answer."""
        return sum(one.is_unanswered for one in self.alerts())

    def cares_for_anybody(self) -> bool:
        """Tell whether anybody agreed to anything: else nobody misses a hub that is dead."""
        return self.connection.row("SELECT 1 FROM consent WHERE withdrawn_at IS NULL") is not None

    def alert_change(self) -> int:
        """Return a number that rises whenever an alert changed."""
        row = self.connection.row("SELECT change FROM alert_life")
        return int(str(row[0])) if row else 0

    def acknowledge(self, number: int, by: int | None, at: Stamp) -> Answer:
        """Let ``by`` have an alert; the first one wins, and keeps it.

        :raises NoSuchAlert: if there is none of this number.
        """
        with self.connection.joined() as driver:
            now = _look(driver, at)
            alert, won = self.ladder.acknowledge(_read(driver, number), by, now)
            _write(driver, alert)
        return Answer(alert, won)

    def hand_over(self, number: int, to: int, at: Stamp) -> Alert:
        """Hand an alert that somebody has to ``to``, who must acknowledge it.

        :raises NoSuchAlert: if there is none of this number.
        """
        with self.connection.joined() as driver:
            now = _look(driver, at)
            alert, calls = self.ladder.hand_over(_read(driver, number), to, now)
            _write(driver, alert, calls, at)
        return alert

    def cancel_alert(self, number: int, at: Stamp) -> Answer:
        """Note that the person says all is well; ``won`` tells if that ended it.

        :raises NoSuchAlert: if there is none of this number.
        """
        with self.connection.joined() as driver:
            now = _look(driver, at)
            before = _read(driver, number)
            alert, ended = self.ladder.cancel(before, now)
            _write(driver, alert)
            if alert != before and alert.person is not None:
                driver.execute(
                    "INSERT INTO alert_answer (person, at) VALUES (?, ?)", (alert.person, now.wall)
                )
        return Answer(alert, ended)

    def take_answers(self) -> list[tuple[int, int]]:
        """Return who said that all is well, and when, once; in the caller's transaction."""
        with self.connection.joined() as driver:
            rows = driver.execute("SELECT person, at FROM alert_answer ORDER BY answer").fetchall()
            if rows:
                driver.execute("DELETE FROM alert_answer")
        return [(int(str(person)), int(str(at))) for person, at in rows]

    def close_alert(self, number: int, by: int | None, outcome: str, at: Stamp) -> Alert:
        """Note how it ended.

        :raises NoSuchAlert: if there is none of this number.
        """
        with self.connection.joined() as driver:
            now = _look(driver, at)
            alert = self.ladder.close(_read(driver, number), by, outcome, now)
            _write(driver, alert)
        return alert

    def climb(self, at: Stamp, circle_of: CircleOf, *, sweep: bool = False) -> int:
        """Take every step that is due, each in a commit of its own; return how many.

        Whom to tell stands in the same commit (`new_calls`). ``sweep`` looks at all alerts: at
        those as well who were asleep when they were to be told.
        """
        life = self.look_at_clock(at)
        rows = self.connection.rows(
            "SELECT alert FROM alert WHERE is_open = 1 AND (due <= ? OR ?) ORDER BY due, alert",
            (life.lived, int(sweep)),
        )
        done = 0
        for (number,) in rows:
            with self.connection.transaction() as driver:
                before = _read(driver, int(str(number)))
                circle = circle_of(before.person, before.rule)
                alert, calls = self.ladder.step(before, circle, life.now)
                if alert != before:
                    _look(driver, at)  # what is set now is set before the next boot
                    _write(driver, alert, calls, at)
                    done += 1
        return done

    def look_at_clock(self, at: Stamp) -> Life:
        """Return how long the hub lived. It is noted if the clock jumped, or from time to time."""
        row = self.connection.row("SELECT life FROM alert_life")
        before = _life(row)
        after = begin(at) if before is None else go_on(before, at)
        if before is None or _is_news(before, after):
            with self.connection.transaction() as driver:
                _look(driver, at)
        return after

    def unwatched_ms(self, at: Stamp) -> tuple[Life | None, int | None]:
        """Return the last look, and how many ms ago that was; None if nobody knows."""
        before = _life(self.connection.row("SELECT life FROM alert_life"))
        return before, None if before is None else gap(before, at)

    def _take_finding(self, driver: Driver, finding: Finding, now: Now) -> None:
        lasting = _lasting(driver, finding.person, finding.key)
        if lasting is not None:
            _write(driver, self.ladder.found(lasting, finding, now))
        elif (alert := self.ladder.begin(finding, now)) is not None:
            _insert(driver, alert)

    def raise_hub_alert(self, finding: Finding, at: Stamp, *, again: bool = False) -> int:
        """Raise an alert of the hub itself and return its number, 0 if it lasts already.

        ``finding.person`` is nobody's and not kept. ``again``: what lasts learns what was found, as
        an alert of a person does.
        """
        with self.connection.joined() as driver:
            now = _look(driver, at)
            alert = self.ladder.begin(finding, now)
            lasting = _lasting(driver, None, finding.key)
            if lasting is not None and again:
                _write(driver, self.ladder.found(lasting, finding, now))
            if alert is None or lasting is not None:
                return 0
            return _insert(driver, replace(alert, person=None))


def forget_alerts(driver: Driver, person: int, gone: Collection[str] = ()) -> None:
    """Erase a person's alerts of kinds of data that they do not agree to (any more).

    The kinds are what a rule noted in the fact ``data_kind``, with blanks in between; what has none
    tells no value. ``gone`` are keys of open alerts that no rule stands behind any more.
    """
    rows = driver.execute(f"SELECT {_ALERT} FROM alert WHERE person = ?", (person,)).fetchall()  # noqa: S608
    for row in rows:
        alert = _alert(row)
        if alert is None:
            continue
        kinds = str(alert.facts.get("data_kind", "")).split()
        is_left = alert.is_open and alert.key in gone
        if is_left or not all(agrees(driver, person, kind) for kind in kinds):
            for table in ("alert_message", "alert_call", "alert"):
                driver.execute(f"DELETE FROM {table} WHERE alert = ?", (row[0],))  # noqa: S608
            _change(driver)


def _look(driver: Driver, at: Stamp) -> Now:
    """Note this moment in the caller's transaction and return it in the ladder's time."""
    before = _life(driver.execute("SELECT life FROM alert_life").fetchone())
    after = begin(at) if before is None else go_on(before, at)
    if after != before:
        driver.execute("UPDATE alert_life SET life = ?", (json.dumps(after.to_json()),))
    if before is not None and made_up_ms(before, after):
        _put_off(driver, before, after)
    return replace(after.now, wall=at.wall_ms, is_known=at.quality is not TimeQuality.UNKNOWN)


def _put_off(driver: Driver, before: Life, after: Life) -> None:
    rows = driver.execute(f"SELECT {_ALERT} FROM alert WHERE due IS NOT NULL").fetchall()  # noqa: S608
    for row in rows:
        alert = _alert(row)
        if alert is not None and (later := put_off(alert, before, after)) != alert:
            _write(driver, later)


def _is_news(before: Life, after: Life) -> bool:
    if (before.boot, before.quality) != (after.boot, after.quality):
        return True
    passed = after.lived - before.lived
    unset = after.quality is TimeQuality.UNKNOWN
    return (
        passed >= (UNSET_MARK_MS if unset else MARK_MS)
        or abs(after.wall - before.wall - passed) > JUMP_MS
    )


def _life(row: Row | None) -> Life | None:
    return None if row is None or row[0] is None else Life.from_json(json.loads(str(row[0])))


def _lasting(driver: Driver, person: int | None, key: str) -> Alert | None:
    """Return the open alert of that key whose trouble is not over."""
    rows = driver.execute(
        f"SELECT {_ALERT} FROM alert WHERE person IS ? AND is_open = 1 ORDER BY alert DESC",  # noqa: S608
        (person,),
    ).fetchall()
    found = (one for row in rows if (one := _alert(row)) is not None)
    return next((one for one in found if one.key == key and one.ended_at is None), None)


def _read(driver: Driver, number: int) -> Alert:
    row = driver.execute(f"SELECT {_ALERT} FROM alert WHERE alert = ?", (number,)).fetchone()  # noqa: S608
    found = _alert(row) if row else None
    if found is None:
        raise NoSuchAlert(f"there is no alert {number}")
    return found


def _insert(driver: Driver, alert: Alert) -> int:
    cursor = driver.execute(
        "INSERT INTO alert (person, change, is_open, raised_at, due, told)"
        " VALUES (?1, ?2, 1, ?3, ?4, CASE WHEN ?1 IS NULL THEN ?5 ELSE seal_text(?1, ?5) END)",
        (alert.person, _change(driver), alert.raised_at, alert.due, alert.to_json()),
    )
    return int(cursor.lastrowid or 0)


def _write(
    driver: Driver, alert: Alert, calls: Sequence[Call] = (), at: Stamp | None = None
) -> None:
    driver.execute(
        "UPDATE alert SET change = ?2, is_open = ?3, due = ?4, told ="
        " CASE WHEN person IS NULL THEN ?5 ELSE seal_text(person, ?5) END WHERE alert = ?1",
        (alert.number, _change(driver), int(alert.is_open), alert.due, alert.to_json()),
    )
    for call in calls:
        driver.execute(
            "INSERT INTO alert_call (alert, lap, rung, contact, called_at) VALUES (?, ?, ?, ?, ?)",
            (call.alert, call.lap, int(call.rung), call.contact, at.wall_ms if at else 0),
        )


def _change(driver: Driver) -> int:
    driver.execute("UPDATE alert_life SET change = change + 1")
    return int(driver.execute("SELECT change FROM alert_life").fetchone()[0])


def _alert(row: Row) -> Alert | None:
    """Read a row; None if its person was erased, in an old copy of the file."""
    number, person, text = row
    if text is None:
        return None
    return Alert.from_json(
        int(str(number)), None if person is None else int(str(person)), str(text)
    )


_ALERT = "alert, person, CASE WHEN person IS NULL THEN told ELSE open_text(person, told) END"
