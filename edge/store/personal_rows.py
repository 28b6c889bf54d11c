"""What personal.db gives and takes, as frozen rows. Times are ms since 1970, UTC.

Their `repr` names no person and no value, so that a log line or a traceback cannot either.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hardware.reading import TimeQuality


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who takes part in care."""

    person: int
    name: str = field(repr=False)
    created_at: int


@dataclass(frozen=True, slots=True)
class Assignment:
    """Whose sensor it is; ``user_index`` None means whoever uses it."""

    device_id: str
    person: int
    user_index: int | None
    valid_from: int
    valid_until: int | None

    def holds_at(self, moment: int) -> bool:
        """Return whether the sensor was this person's at ``moment`` (ms since 1970, UTC)."""
        return self.valid_from <= moment and (self.valid_until is None or moment < self.valid_until)


@dataclass(frozen=True, slots=True)
class CareRow:
    """One blood pressure measurement; None where the device said nothing.

    ``status`` holds the bits of the Measurement Status field of 2A35.
    """

    observed_at: int
    device_id: str
    person: int
    time_quality: TimeQuality
    received_at: int
    journal_id: int
    systolic_mmhg: float | None = field(default=None, repr=False)
    diastolic_mmhg: float | None = field(default=None, repr=False)
    mean_mmhg: float | None = field(default=None, repr=False)
    pulse_per_min: float | None = field(default=None, repr=False)
    status: int | None = field(default=None, repr=False)
    user_index: int | None = None
