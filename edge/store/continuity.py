"""A meter's counters only ever grow: where they do not, it is noted beside the readings.

The readings stay as the meter gave them (whoever computes with them skips the step, see
:mod:`edge.publish.counter`); the note is for the person who has to look: a meter was exchanged, or
reset, or gives wrong numbers. Written in the transaction of the readings, so neither is without
the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from edge.store.connection import Driver
from edge.store.village_rows import MeterRow

COUNTER_FELL = "counter_fell"
EXCHANGED = "meter_exchanged"
KEPT_EVENTS = 10_000  # some events a year and meter; what is older nobody looks at
MAX_DETAIL_CHARACTERS = 500  # an event is shown to people, not archived

_COUNTERS = (("energy_kwh", "Energie", "kWh"), ("volume_m3", "Volumen", "m³"))


def note_falls(driver: Driver, rows: Sequence[MeterRow]) -> None:
    """Note each counter in ``rows`` that is below the device's reading before.

    Readings that come late (a history that a key opened) are compared among themselves.
    """
    last: dict[int, tuple[int, dict[str, float]]] = {}
    for row in sorted(rows, key=attrgetter("observed_at")):
        at, values = last.get(row.device) or _newest(driver, row.device)
        if row.observed_at <= at:  # known already, or older than what is: nothing follows from it
            last[row.device] = (row.observed_at, _values(row))
            continue
        now = _values(row)
        for column, word, unit in _COUNTERS:
            if column in now and now[column] < values.get(column, now[column]):
                detail = (
                    f"{word} fiel von {_number(values[column])} auf {_number(now[column])} {unit}"
                )
                add_event(
                    driver, row.observed_at, _device_id(driver, row.device), COUNTER_FELL, detail
                )
        last[row.device] = (row.observed_at, {**values, **now})


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


def _newest(driver: Driver, device: int) -> tuple[int, dict[str, float]]:
    row = driver.execute(
        "SELECT r.observed_at, r.energy_kwh, r.volume_m3 FROM device AS d JOIN meter_reading AS r"
        " ON r.observed_at = d.last_reading_at AND r.device = d.device WHERE d.device = ?",
        (device,),
    ).fetchone()
    if row is None:
        return -1, {}
    values = {name: value for (name, _, _), value in zip(_COUNTERS, row[1:], strict=True)}
    return int(row[0]), {name: float(v) for name, v in values.items() if v is not None}


def _values(row: MeterRow) -> dict[str, float]:
    found = {"energy_kwh": row.energy_kwh, "volume_m3": row.volume_m3}
    return {name: value for name, value in found.items() if value is not None}


def _device_id(driver: Driver, device: int) -> str:
    row = driver.execute("SELECT device_id FROM device WHERE device = ?", (device,)).fetchone()
    return "" if row is None else str(row[0])


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".").replace(".", ",")
