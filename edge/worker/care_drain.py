"""The care drain: sealed journal entries become care readings, if their person agreed.

It runs in the worker while personal.db is unlocked. A reading is committed to personal.db
before its journal entry is marked; a crash between the two repeats the reading, which the
store recognises and leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from edge.care.consent import BLOOD_PRESSURE, CARE, active
from edge.clock import EARLIEST_MS, LATEST_MS, to_ms
from edge.store.journal import Entry, Journal, State
from edge.store.personal import PersonalStore
from edge.store.personal_rows import Assignment, CareRow
from edge.worker.opener import DoesNotOpen, Opener
from hardware.ble import decode
from hardware.ble.measurement import Measurement
from hardware.errors import DecodeError
from hardware.reading import Quantity, TimeQuality

BATCH = 100  # entries opened before one commit: 0.1 s of work, a few kB of clear text in memory
UNASSIGNED_DAYS = 30  # a sensor that nobody claims that long is nobody's business
EARLY_MS = 10 * 60_000  # a device's clock may be this far ahead of the hub's
LATE_MS = 400 * 86_400_000  # a cuff keeps its last readings for a year at most

_DAY_MS = 86_400_000
_STATUS_BITS = {
    "body_movement": 0x01,
    "cuff_too_loose": 0x02,
    "irregular_pulse": 0x04,
    "improper_position": 0x20,
}
_PULSE_RANGE = {"within": 0x00, "above": 0x08, "below": 0x10, "reserved": 0x18}


@dataclass(frozen=True, slots=True)
class Drained:
    """How many entries of the care lane went where; nothing about whose they are."""

    stored: int = 0
    refused: int = 0  # no consent, or nobody's sensor for too long; their bytes are erased
    waiting: int = 0  # no assignment yet
    quarantined: int = 0


@dataclass(slots=True)
class _Batch:
    rows: list[CareRow] = field(default_factory=list)
    stored: list[int] = field(default_factory=list)
    no_consent: list[int] = field(default_factory=list)
    too_old: list[int] = field(default_factory=list)
    waiting: int = 0
    quarantined: list[tuple[int, str]] = field(default_factory=list)


def drain(
    journal: Journal, personal: PersonalStore, now_ms: int, zone: tzinfo | None = None
) -> Drained:
    """Work through all new entries of the care lane and return the counts.

    ``zone`` is the time zone that sensors' clocks show, None for the system's.

    :raises StoreError: if a store fails; what was done before stays done.
    """
    opener = Opener(personal.care_identity())
    total = Drained()
    after = 0
    while entries := journal.pending("care", BATCH, after=after, kind="ble:*"):
        after = entries[-1].id
        batch = _sort(entries, personal, opener, now_ms, zone)
        personal.add_care_round(batch.rows)
        journal.mark(batch.stored, State.DECODED)
        for entry_id, message in batch.quarantined:
            journal.mark([entry_id], State.QUARANTINED, message)
        journal.refuse(batch.no_consent, "no consent")
        journal.refuse(batch.too_old, "no assignment")
        total = Drained(
            total.stored + len(batch.stored),
            total.refused + len(batch.no_consent) + len(batch.too_old),
            total.waiting + batch.waiting,
            total.quarantined + len(batch.quarantined),
        )
    return total


def _sort(
    entries: Sequence[Entry],
    personal: PersonalStore,
    opener: Callable[[bytes], bytes],
    now_ms: int,
    zone: tzinfo | None,
) -> _Batch:
    batch = _Batch()
    assignments: dict[str, list[Assignment]] = {}
    for assignment in personal.assignments_ever():
        assignments.setdefault(assignment.device_id, []).append(assignment)
    for entry in entries:
        owners = assignments.get(entry.device)
        if not owners:  # nobody's sensor: not even opened
            _wait(batch, entry, now_ms)
            continue
        try:
            measurement = decode(entry.kind.removeprefix("ble:"), opener(entry.payload))
        except (DecodeError, DoesNotOpen) as error:
            # only the error's name: the decoder's words may quote a value
            batch.quarantined.append((entry.id, type(error).__name__))
            continue
        observed_at, quality = observed(entry, measurement.timestamp, zone)
        moment = None if quality is TimeQuality.UNKNOWN else observed_at
        owner = _owner(owners, _user(measurement), moment)
        if owner is None:
            _wait(batch, entry, now_ms)
        elif not active(personal.consents(owner), now_ms, CARE, BLOOD_PRESSURE):
            batch.no_consent.append(entry.id)
        else:
            row = _row(entry, owner, measurement, observed_at, quality)
            if row is not None:
                batch.rows.append(row)
            batch.stored.append(entry.id)
    return batch


def _wait(batch: _Batch, entry: Entry, now_ms: int) -> None:
    if now_ms - entry.received_at > UNASSIGNED_DAYS * _DAY_MS and entry.received_at >= EARLIEST_MS:
        batch.too_old.append(entry.id)
    else:
        batch.waiting += 1


def _owner(assignments: Sequence[Assignment], user: int | None, moment: int | None) -> int | None:
    """Return whose measurement it is: who had that user's button then, else the whole sensor.

    A sensor that changes hands still delivers its former owner's readings. What was measured
    before anybody had it is the first owner's: it was stored before the sensor was assigned.
    Where nobody knows the ``moment`` (None), it is the present owner's.
    """
    asked = [one for one in assignments if one.user_index is None or one.user_index == user]
    if moment is None:
        held = [one for one in asked if one.valid_until is None]
    else:
        held = [one for one in asked if one.holds_at(moment)]
        first = min((one.valid_from for one in asked), default=moment)
        if moment < first:
            held = [one for one in asked if one.valid_from == first]
    specific = [one for one in held if one.user_index is not None]
    return next((one.person for one in reversed([*held, *specific])), None)


def _user(measurement: Measurement) -> int | None:
    user = measurement.flags.get("user_id")
    return user if isinstance(user, int) else None


def _row(
    entry: Entry, person: int, measurement: Measurement, observed_at: int, quality: TimeQuality
) -> CareRow | None:
    """Return the row of a finished measurement; None for a value that is none (cuff, feature)."""
    values = {record.quantity: record.value for record in measurement.records}
    numbers = {
        column: float(values[quantity]) if quantity in values else None
        for column, quantity in (
            ("systolic_mmhg", Quantity.BLOOD_PRESSURE_SYSTOLIC),
            ("diastolic_mmhg", Quantity.BLOOD_PRESSURE_DIASTOLIC),
            ("mean_mmhg", Quantity.BLOOD_PRESSURE_MEAN),
            ("pulse_per_min", Quantity.PULSE_RATE),
        )
    }
    if measurement.device != "blood_pressure_measurement":
        return None
    return CareRow(
        observed_at=observed_at,
        device_id=entry.device,
        person=person,
        time_quality=quality,
        received_at=entry.received_at,
        journal_id=entry.id,
        status=_status(measurement),
        user_index=_user(measurement),
        **numbers,
    )


def _status(measurement: Measurement) -> int | None:
    flags = measurement.flags
    if "pulse_rate_range" not in flags:
        return None
    bits = sum(bit for name, bit in _STATUS_BITS.items() if flags.get(name) is True)
    return bits | _PULSE_RANGE[str(flags["pulse_rate_range"])]


def observed(entry: Entry, timestamp: str | None, zone: tzinfo | None) -> tuple[int, TimeQuality]:
    """Return when a measurement was taken, and how far that may be believed.

    The device's own time where it gave a plausible one: not in the hub's future and not
    older than a cuff's memory; if the hub does not know the time itself, any sound year.
    Otherwise the moment it was received.
    """
    if timestamp is not None:
        local = datetime.fromisoformat(timestamp)
        moment = local.replace(tzinfo=zone) if zone else local.astimezone()
        device_ms = to_ms(moment)
        if entry.time_quality is TimeQuality.UNKNOWN:
            plausible = EARLIEST_MS <= device_ms < LATEST_MS
        else:
            plausible = -LATE_MS <= device_ms - entry.received_at <= EARLY_MS
        if plausible:
            return device_ms, TimeQuality.DEVICE
    return entry.received_at, entry.time_quality
