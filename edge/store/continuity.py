"""A meter's counters only ever grow: where they do not, it is noted beside the readings.

The readings stay as the meter gave them (whoever computes with them skips the step, see
:mod:`edge.publish.counter`); the note is for the person who has to look: a meter was exchanged, or
reset, or gives wrong numbers. Written in the transaction of the readings, so neither is without
the other.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Protocol

from edge.store.connection import Driver
from edge.store.village_rows import MeterRow

COUNTER_FELL = "counter_fell"
EXCHANGED = "meter_exchanged"
REPLAYED = "replay"  # an old telegram came once more
UNSEALED = "unsealed"  # a telegram that needed no key, of a meter that encrypts
STATUS = "status"  # a meter says something else of itself than before
RESTARTED = "counter_restarted"  # of telegrams, not of what is measured
KEPT_EVENTS = 10_000  # some events a year and meter; what is older nobody looks at
MAX_DETAIL_CHARACTERS = 500  # an event is shown to people, not archived


class Counters(Protocol):
    """A reading with a meter's two counters."""

    @property
    def observed_at(self) -> int: ...  # noqa: D102
    @property
    def device(self) -> int: ...  # noqa: D102
    @property
    def energy_kwh(self) -> float | None: ...  # noqa: D102
    @property
    def volume_m3(self) -> float | None: ...  # noqa: D102


# when a device was read last, and what its two counters said then or before, None if never
Known = tuple[int, float | None, float | None]
NOTHING: Known = (-1, None, None)
# a device's last reading, wherever it stands: a wrong clock may have put it elsewhere
NEWEST_READING = (
    "LEFT JOIN placed_reading AS p ON p.placed_at = d.last_reading_at AND p.device = d.device"
    " CROSS JOIN meter_reading AS r ON r.observed_at = coalesce(p.observed_at, d.last_reading_at)"
    " AND r.device = d.device"
)


@dataclass(frozen=True, slots=True)
class Fall:
    """A counter that said less than before."""

    at: int
    device: int
    words: str


def falls(rows: Sequence[Counters], known: dict[int, Known]) -> tuple[list[Fall], dict[int, Known]]:
    """Return each counter in ``rows`` that is below the device's reading before, and what is new.

    ``known`` is what devices said last; what is new of it counts once the rows are stored.
    Readings that come late (a history that a key opened) are compared among themselves.
    """
    found: list[Fall] = []
    last: dict[int, Known] = {}
    for row in sorted(rows, key=attrgetter("observed_at")):
        device, at = row.device, row.observed_at
        before, energy, volume = last.get(device) or known.get(device, NOTHING)
        now_energy, now_volume = row.energy_kwh, row.volume_m3
        if at > before:  # else known already, or older: nothing follows from it
            if now_energy is None:
                now_energy = energy
            elif energy is not None and now_energy < energy:
                found.append(Fall(at, device, _words("Energie", energy, now_energy, "kWh")))
            if now_volume is None:
                now_volume = volume
            elif volume is not None and now_volume < volume:
                found.append(Fall(at, device, _words("Volumen", volume, now_volume, "m³")))
        last[device] = (at, now_energy, now_volume)
    return found, {
        device: newest
        for device, newest in last.items()
        if newest[0] > known.get(device, NOTHING)[0]
    }


class Continuity:
    """What this process knows of the devices whose readings it writes; asks once for each."""

    def __init__(self) -> None:
        self._known: dict[int, Known] = {}

    def note(self, driver: Driver, rows: Sequence[MeterRow]) -> dict[int, Known]:
        """Note each counter in ``rows`` that fell; return what to :meth:`keep` after the commit."""
        unknown = {row.device for row in rows} - self._known.keys()
        if unknown:
            self._known.update(dict.fromkeys(unknown, NOTHING) | _newest(driver, unknown))
        found, new = falls(rows, self._known)
        for fall in found:
            add_event(driver, fall.at, _device_id(driver, fall.device), COUNTER_FELL, fall.words)
        return new

    def known(self, driver: Driver, device: int) -> Known:
        """Return what a device's counters said last."""
        if device not in self._known:
            return _newest(driver, {device}).get(device, NOTHING)
        return self._known[device]

    def keep(self, new: dict[int, Known]) -> None:
        """Take over what is new: its readings are on the disk."""
        self._known.update(new)


def note_exchange(driver: Driver, meter_id: str, device_id: str, at: int) -> None:
    """Note that another device than before speaks for a configured meter, if there was one."""
    before = driver.execute(
        "SELECT device_id FROM device WHERE meter_id = ? AND device_id <> ?"
        " ORDER BY device DESC LIMIT 1",
        (meter_id, device_id),
    ).fetchone()
    if before is not None:
        detail = f"Zähler {meter_id}: bisher {before[0]}, jetzt {device_id}"
        add_event(driver, at, device_id, EXCHANGED, detail)


def add_event(driver: Driver, at: int, device: str, kind: str, detail: str) -> int:
    """Note something about a meter and return the event's number; the oldest of many go."""
    cursor = driver.execute(
        "INSERT INTO meter_event (at, device, kind, detail) VALUES (?, ?, ?, ?)",
        (at, device, kind, detail[:MAX_DETAIL_CHARACTERS]),
    )
    number = int(cursor.lastrowid or 0)
    driver.execute("DELETE FROM meter_event WHERE event <= ?", (number - KEPT_EVENTS,))
    return number


def _newest(driver: Driver, devices: Collection[int]) -> dict[int, Known]:
    """Return what ``devices`` said last, in one question: a round has hundreds of them."""
    rows = driver.execute(
        "SELECT d.device, d.last_reading_at, r.energy_kwh, r.volume_m3 FROM device AS d "  # noqa: S608
        f"{NEWEST_READING} WHERE d.device IN (SELECT value FROM json_each(?))",
        (json.dumps(sorted(devices)),),
    ).fetchall()
    return {device: (at, energy, volume) for device, at, energy, volume in rows}


def _words(counter: str, before: float, now: float, unit: str) -> str:
    return f"{counter} fiel von {_number(before)} auf {_number(now)} {unit}"


def _device_id(driver: Driver, device: int) -> str:
    row = driver.execute("SELECT device_id FROM device WHERE device = ?", (device,)).fetchone()
    return "" if row is None else str(row[0])


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".").replace(".", ",")
