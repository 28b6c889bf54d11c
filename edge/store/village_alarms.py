"""What the board shows of alarms, in village.db: that somebody is needed, never whose alarm it is.

It stands here, and not in personal.db, so that it can be shown while that is locked. The collector
writes calls of buttons, the worker what of alerts may be shown.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass

from edge.store.connection import Connection, Driver

BUTTON = "button:"
ALERT = "alert:"

_V1 = (
    # `place` is the name that volunteers gave to a sensor, empty if nothing may be said
    """
    CREATE TABLE hall_alarm (
      source TEXT PRIMARY KEY,
      kind TEXT NOT NULL CHECK (kind IN ('button', 'help', 'rescue', 'test')),
      place TEXT NOT NULL,
      since INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
)
MIGRATIONS = {"alarms_0001_hall": _V1}


@dataclass(frozen=True, slots=True)
class HallAlarm:
    """One line on the board. ``since`` is ms since 1970, UTC.

    ``kind``: `button` (somebody pressed one), `help` (somebody is needed), `rescue` (nobody
    answered), `test`.
    """

    source: str
    kind: str
    place: str
    since: int


class HallAlarms:
    """The part of village.db about alarms on the board; use `VillageStore`.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def hall_alarms(self) -> list[HallAlarm]:
        """Return what is shown, the newest first."""
        rows = self.connection.rows(
            "SELECT source, kind, place, since FROM hall_alarm ORDER BY since DESC, source"
        )
        return [HallAlarm(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def show_alarm(self, alarm: HallAlarm) -> None:
        """Show an alarm; of a source that is shown already, in its place."""
        with self.connection.joined() as driver:
            show(driver, alarm)

    def show_late_call(self, alarm: HallAlarm) -> None:
        """Show a call that was found only now, unless a later one of its button is shown."""
        with self.connection.joined() as driver:
            driver.execute(f"{_SHOW} WHERE excluded.since > since", astuple(alarm))

    def hide_alarms(self, alarms: Collection[HallAlarm]) -> int:
        """Take these alarms down; return how many there were.

        One of the same source that began at another time stays: nobody has seen to that.
        """
        with self.connection.transaction() as driver:
            return sum(_hide(driver, one) for one in alarms)

    def show_alerts(self, alerts: Sequence[HallAlarm], answered: Collection[HallAlarm]) -> None:
        """Show these alerts and no others. ``answered`` are calls that somebody answered.

        A button that was pressed again meanwhile stays.
        """
        there = self.hall_alarms()
        mine = [one for one in there if one.source.startswith(ALERT)]
        gone = [one for one in there if one in answered]
        if not gone and sorted(mine, key=astuple) == sorted(alerts, key=astuple):
            return  # each second: the card is not written to
        with self.connection.transaction() as driver:
            driver.execute("DELETE FROM hall_alarm WHERE source GLOB 'alert:*'")
            for one in gone:
                _hide(driver, one)
            for alert in alerts:
                show(driver, alert)


def show(driver: Driver, alarm: HallAlarm) -> None:
    """Show an alarm within a commit of somebody else; see `HallAlarms.show_alarm`."""
    driver.execute(_SHOW, astuple(alarm))


def _hide(driver: Driver, alarm: HallAlarm) -> int:
    done = driver.execute(
        "DELETE FROM hall_alarm WHERE source = ? AND since = ?", (alarm.source, alarm.since)
    )
    return int(done.rowcount)


_SHOW = (
    "INSERT INTO hall_alarm (source, kind, place, since) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (source) DO UPDATE SET kind = excluded.kind, place = excluded.place,"
    " since = excluded.since"
)
