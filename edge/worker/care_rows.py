"""Decoded measurements as rows of personal.db."""

from __future__ import annotations

from collections.abc import Sequence

from edge.store.journal import Entry
from edge.store.personal_rows import CareRow, Number, Observation
from hardware.ble.measurement import Measurement
from hardware.reading import Quantity, Record, TimeQuality

ADVERT = "advert"
PRESSURES = ("2A35", "2B34")  # what measures, not what the cuff shows on the way

_NEUTRAL = frozenset(
    {"packet_id", "frame_counter", "encrypted", "encryption_counter", "trigger_based"}
)
_STATUS_BITS = {
    "body_movement": 0x01,
    "cuff_too_loose": 0x02,
    "irregular_pulse": 0x04,
    "improper_position": 0x20,
}
_PULSE_RANGE = {"within": 0x00, "above": 0x08, "below": 0x10, "reserved": 0x18}


def care_row(
    entry: Entry, person: int, measurement: Measurement, observed_at: int, quality: TimeQuality
) -> CareRow:
    """Return the row of a finished blood pressure measurement."""
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
    return CareRow(
        observed_at=observed_at,
        device_id=entry.device,
        person=person,
        time_quality=quality,
        received_at=entry.received_at,
        journal_id=entry.id,
        status=pressure_status(measurement),
        user_index=user_of(measurement),
        **numbers,
    )


def observation(  # noqa: PLR0917  # what a row is made of
    entry: Entry,
    person: int,
    source: str,
    kind: str,
    measurement: Measurement,
    records: Sequence[Record],
    observed_at: int,
    quality: TimeQuality,
) -> Observation:
    """Return the row of a measurement of one kind; ``records`` are those of that kind.

    An advertisement may hold several kinds: the row has only this one's flags.
    """
    flags = dict(measurement.flags)
    if source == ADVERT:  # its words may tell of another kind than this one
        own = _NEUTRAL | {record.name for record in records}
        flags = {name: value for name, value in flags.items() if name in own}
    if measurement.timestamp is not None and quality is not TimeQuality.DEVICE:
        flags["device_time"] = measurement.timestamp  # moved or not believed, and not lost
    return Observation(
        observed_at=observed_at,
        device_id=entry.device,
        data_kind=kind,
        person=person,
        time_quality=quality,
        received_at=entry.received_at,
        journal_id=entry.id,
        source=source,
        sequence=sequence_of(measurement),
        user_index=user_of(measurement),
        flags=flags,
        values=tuple(
            Number(
                record.quantity.value,
                float(record.value),
                "" if record.name == record.quantity.value else record.name,
            )
            for record in records
        ),
    )


def user_of(measurement: Measurement) -> int | None:
    """Return the device's user that a measurement names."""
    return _number(measurement, "user_id")


def tells_users_apart(measurement: Measurement) -> bool:
    """Tell whether a device says that it knows several users, or that it does not know this one."""
    flags = measurement.flags
    return flags.get("multiple_users_supported") is True or flags.get("user_id") == "unknown"


def sequence_of(measurement: Measurement) -> int | None:
    """Return the device's own number of a measurement."""
    for name in ("sequence_number", "encryption_counter", "packet_id", "frame_counter"):
        found = _number(measurement, name)
        if found is not None:
            return found
    return None


def pressure_status(measurement: Measurement) -> int | None:
    """Return the bits of the Measurement Status field, None if the value has none."""
    flags = measurement.flags
    if "pulse_rate_range" not in flags:
        return None
    bits = sum(bit for name, bit in _STATUS_BITS.items() if flags.get(name) is True)
    return bits | _PULSE_RANGE[str(flags["pulse_rate_range"])]


def _number(measurement: Measurement, name: str) -> int | None:
    found = measurement.flags.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) else None
