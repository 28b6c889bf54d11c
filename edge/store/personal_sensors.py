"""Sensors in personal.db: whose they are, who uses them, and what waits to be somebody's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from edge.care.contact_clock import ContactClock
from edge.store.connection import Connection, Driver, Row
from edge.store.errors import StoreError
from edge.store.personal_rows import Assignment, Waiting
from hardware.reading import TimeQuality


class Sensors:
    """The part of personal.db that says whose sensor, and whose value, it is; use `PersonalStore`.

    Times are milliseconds since 1970, UTC, and always arguments.

    :raises StoreError: or one of its kinds, from any method. No message names a person.
    """

    connection: Connection

    def assign(self, device_id: str, person: int, at: int, user_index: int | None = None) -> None:
        """Say whose sensor it is from now on; an earlier assignment ends.

        With ``user_index`` only that user's. Values come to the person once :meth:`confirm` said
        so; those that name no user, of a sensor that nobody else uses, come at once.
        """
        with self.connection.transaction() as driver:
            driver.execute(
                "UPDATE assignment SET valid_until = ? WHERE device_id = ?"
                " AND user_index IS ? AND valid_until IS NULL",
                (at, device_id, user_index),
            )
            driver.execute(
                "INSERT INTO assignment (device_id, person, user_index, valid_from)"
                " VALUES (?, ?, ?, ?)",
                (device_id, person, user_index, at),
            )
            turn(driver)

    def confirm(
        self, device_id: str, person: int, how: str, at: int, user_index: int | None = None
    ) -> None:
        """Note that a person said, having measured, that the assignment is right.

        Without ``user_index``: that all values are theirs that no other user is assigned to.

        :raises StoreError: if there is no such assignment now.
        """
        with self.connection.transaction() as driver:
            done = driver.execute(
                "UPDATE assignment SET confirmed_at = ?, confirmed_how = ? WHERE device_id = ?"
                " AND user_index IS ? AND person = ? AND valid_until IS NULL",
                (at, how, device_id, user_index, person),
            ).rowcount
            if not done:
                raise StoreError(
                    "there is no such assignment to confirm",
                    hint="Diese Zuordnung gibt es nicht. Zuerst: dorfhub care assign SENSOR PERSON"
                    " (mit --user-index, wenn es eine Taste ist).",
                )
            turn(driver)

    def distrust_users(self) -> None:
        """Take back what was confirmed of sensors with users: nobody knows who they are now.

        Not that of blood pressure monitors: no number of theirs is given away behind the hub's
        back.
        """
        with self.connection.transaction() as driver:
            driver.execute(
                "UPDATE assignment SET confirmed_at = NULL, confirmed_how = NULL"
                " WHERE confirmed_at IS NOT NULL AND (user_index IS NOT NULL"
                " OR device_id IN (SELECT device_id FROM sensor_user)"
                " OR device_id IN (SELECT device_id FROM care_sensor WHERE several_users))"
                " AND device_id NOT IN (SELECT device_id FROM care_reading)"
            )
            turn(driver)

    def end_assignment(self, device_id: str, at: int, user_index: int | None = None) -> bool:
        """Say that it is nobody's from now on; True if it was somebody's."""
        with self.connection.transaction() as driver:
            done = driver.execute(
                "UPDATE assignment SET valid_until = max(?, valid_from) WHERE device_id = ?"
                " AND user_index IS ? AND valid_until IS NULL",
                (at, device_id, user_index),
            ).rowcount
            turn(driver)
            return done > 0

    def end_assignments(self, device_id: str, at: int) -> bool:
        """Say that a device was unpaired, and is nobody's from then on; True if it was somebody's.

        Whose it became after that, it stays.
        """
        with self.connection.transaction() as driver:
            done = driver.execute(
                "UPDATE assignment SET valid_until = ? WHERE device_id = ?"
                " AND valid_until IS NULL AND valid_from <= ?",
                (at, device_id, at),
            ).rowcount
            if done:
                turn(driver)
            return done > 0

    def assignments(self) -> list[Assignment]:
        """Return the assignments that hold now, by sensor."""
        return self._assignments("WHERE valid_until IS NULL ORDER BY device_id, user_index")

    def assignments_ever(self) -> list[Assignment]:
        """Return all assignments, ended ones too, by sensor, user and time."""
        return self._assignments("ORDER BY device_id, user_index, valid_from, rowid")

    def care_turn(self) -> int:
        """Return another number whenever somebody said whose a sensor or a value is."""
        row = self.connection.row("SELECT number FROM care_turn")
        return int(str(row[0])) if row else 0

    def note_users(
        self, seen: Mapping[str, Iterable[int]], announced: Iterable[str], at: int
    ) -> None:
        """Note users that sensors' values named, and sensors that say they tell users apart."""
        users = [(device, user, at) for device, named in seen.items() for user in named]
        with self.connection.transaction() as driver:
            driver.executemany(
                "INSERT INTO sensor_user VALUES (?, ?, ?) ON CONFLICT DO NOTHING", users
            )
            driver.executemany(
                "INSERT INTO care_sensor (device_id, several_users) VALUES (?, 1)"
                " ON CONFLICT (device_id) DO UPDATE SET several_users = 1",
                [(device,) for device in announced],
            )

    def sensor_users(self) -> dict[str, frozenset[int]]:
        """Return the users that each sensor's values named so far."""
        found: dict[str, set[int]] = {}
        for device, user in self.connection.rows("SELECT device_id, user_index FROM sensor_user"):
            found.setdefault(str(device), set()).add(int(str(user)))
        return {device: frozenset(users) for device, users in found.items()}

    def announced_several(self) -> frozenset[str]:
        """Return the sensors that say of themselves that they tell users apart."""
        rows = self.connection.rows("SELECT device_id FROM care_sensor WHERE several_users")
        return frozenset(str(row[0]) for row in rows)

    def add_session(self, device_id: str, started_at: int) -> None:
        """Note when a continuous monitor's session started; the same again changes nothing."""
        with self.connection.transaction() as driver:
            driver.execute(
                "INSERT INTO sensor_session VALUES (?, ?) ON CONFLICT DO NOTHING",
                (device_id, started_at),
            )

    def add_clock(self, device_id: str, clock: ContactClock) -> None:
        """Note what a sensor's clock showed at a contact, and once it was set, that it was."""
        with self.connection.transaction() as driver:
            driver.execute(
                "INSERT INTO sensor_clock VALUES (?, ?, ?, ?) ON CONFLICT (device_id, at)"
                " DO UPDATE SET was_set = max(was_set, excluded.was_set)",
                (device_id, clock.at, clock.shown, clock.was_set),
            )

    def clocks(self, device_id: str) -> list[ContactClock]:
        """Return what a sensor's clock showed at each contact, the oldest first."""
        rows = self.connection.rows(
            "SELECT at, shown, was_set FROM sensor_clock WHERE device_id = ? ORDER BY at",
            (device_id,),
        )
        return [
            ContactClock(int(str(at)), None if shown is None else str(shown), bool(was_set))
            for at, shown, was_set in rows
        ]

    def sessions(self, device_id: str) -> list[int]:
        """Return when a continuous monitor's sessions started, the oldest first."""
        rows = self.connection.rows(
            "SELECT started_at FROM sensor_session WHERE device_id = ? ORDER BY started_at",
            (device_id,),
        )
        return [int(str(row[0])) for row in rows]

    def add_waiting(self, values: Sequence[Waiting]) -> None:
        """Note values that wait for somebody to say whose they are; their number is ignored."""
        if not values:
            return
        with self.connection.transaction() as driver:
            driver.executemany(
                "INSERT INTO care_waiting (device_id, received_at, data_kind, observed_at,"
                " time_quality, user_index) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                [
                    (
                        one.device_id,
                        one.received_at,
                        one.data_kind,
                        one.observed_at,
                        int(one.time_quality),
                        one.user_index,
                    )
                    for one in values
                ],
            )

    def waiting(self) -> list[Waiting]:
        """Return the values that wait, by sensor, user and time."""
        rows = self.connection.rows(
            "SELECT number, device_id, received_at, data_kind, observed_at, time_quality,"
            " user_index, person, said_at FROM care_waiting"
            " ORDER BY device_id, user_index, observed_at"
        )
        return [_waiting(row) for row in rows]

    def claim(self, numbers: Sequence[int], person: int | None, how: str, at: int) -> int:
        """Note whose waiting values these are, None for nobody's here; return how many there were.

        They come to the person, or are erased, when the worker next looks.
        """
        with self.connection.transaction() as driver:
            done = driver.executemany(
                "UPDATE care_waiting SET person = ?, said_at = ?, said_how = ? WHERE number = ?",
                [(person, at, how, number) for number in numbers],
            ).rowcount
            if done:
                turn(driver)
            return done

    def settle_waiting(self, settled: Sequence[tuple[str, int]]) -> None:
        """Forget values that wait no longer, by (sensor, time of arrival)."""
        if not settled:
            return
        with self.connection.transaction() as driver:
            driver.executemany(
                "DELETE FROM care_waiting WHERE device_id = ? AND received_at = ?", settled
            )

    def _assignments(self, which: str) -> list[Assignment]:
        rows = self.connection.rows(f"SELECT {_ASSIGNMENT} FROM assignment {which}")  # noqa: S608
        return [Assignment(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns


_ASSIGNMENT = "device_id, person, user_index, valid_from, valid_until, confirmed_at, confirmed_how"


def turn(driver: Driver) -> None:
    """Say within a transaction that what waits should be looked at again."""
    driver.execute("UPDATE care_turn SET number = number + 1")


def _waiting(row: Row) -> Waiting:
    values = list(row)
    values[5] = TimeQuality(int(str(values[5])))
    return Waiting(*values)  # type: ignore[arg-type]  # STRICT columns
