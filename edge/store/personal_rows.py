"""What personal.db gives and takes, as frozen rows. Times are ms since 1970, UTC.

Their `repr` names no person and no value, so that a log line or a traceback cannot either.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Literal

from hardware.reading import TimeQuality


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who takes part in care."""

    person: int
    name: str = field(repr=False)
    created_at: int


@dataclass(frozen=True, slots=True)
class Assignment:
    """Whose sensor it is; ``user_index`` None means whoever uses it.

    ``confirmed_at`` is when a person said that it is so, having measured; None if not yet.
    """

    device_id: str
    person: int
    user_index: int | None
    valid_from: int
    valid_until: int | None
    confirmed_at: int | None = None
    confirmed_how: str | None = None

    def holds_at(self, moment: int) -> bool:
        """Return whether the sensor was this person's at ``moment`` (ms since 1970, UTC)."""
        return self.valid_from <= moment and (self.valid_until is None or moment < self.valid_until)


@dataclass(frozen=True, slots=True)
class Household:
    """Whose home a meter heard by radio measures. ``device`` is its name in the journal.

    It is theirs while ``added_at <= moment < removed_at``, and only as long as they agree.
    """

    household: int
    device: str
    person: int
    added_at: int
    removed_at: int | None


@dataclass(frozen=True, slots=True)
class HouseholdRow:
    """One household meter's values of one moment; None where the meter said nothing.

    Storage 0, tariff 0, subunit 0, instantaneous, in the unit of each name.
    """

    observed_at: int
    device: int
    time_quality: TimeQuality
    journal_id: int
    energy_kwh: float | None = field(default=None, repr=False)
    volume_m3: float | None = field(default=None, repr=False)
    power_kw: float | None = field(default=None, repr=False)
    volume_flow_m3_h: float | None = field(default=None, repr=False)
    flow_temperature_degc: float | None = field(default=None, repr=False)
    return_temperature_degc: float | None = field(default=None, repr=False)
    temperature_difference_k: float | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class MeterKey:
    """A meter's key. ``manufacturer`` is empty where the supplier did not name it.

    ``state``: None until the worker looked at what waited for the key, then `unused`, `opens` or
    `wrong`, since ``state_at``.
    """

    number: int
    manufacturer: str
    identification: str
    key: bytes = field(repr=False)
    source: str
    imported_at: int
    state: Literal["unused", "opens", "wrong"] | None
    state_at: int | None

    @property
    def fingerprint(self) -> str:
        """Four hex digits by which two people can tell whether they have the same key."""
        return _fingerprint(self.key)


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


@dataclass(frozen=True, slots=True)
class Number:
    """One number of an observation, in the unit of its quantity."""

    quantity: str
    value: float = field(repr=False)
    name: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """What a sensor measured of one kind at one moment.

    ``source`` is the characteristic (`2A18`) or `advert`; ``sequence`` the device's own number of
    the measurement, if it has one; ``flags`` what else it says, as the decoder names it.
    """

    observed_at: int
    device_id: str
    data_kind: str
    person: int
    time_quality: TimeQuality
    received_at: int
    journal_id: int
    source: str
    sequence: int | None = None
    user_index: int | None = None
    flags: dict[str, bool | int | str] = field(default_factory=dict, repr=False)
    values: tuple[Number, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A value that waits, sealed in the journal, until somebody says whose it is.

    ``number`` is what a person names it by, ``user_index`` the sensor's user that it names.
    ``person`` is whose it is as somebody said at ``said_at``: None then, if it is nobody's here.
    """

    number: int
    device_id: str
    received_at: int
    data_kind: str
    observed_at: int
    time_quality: TimeQuality
    user_index: int | None = None
    person: int | None = None
    said_at: int | None = None


@dataclass(frozen=True, slots=True)
class SensorKey:
    """The key with which a sensor encrypts what it advertises. ``state`` as in `MeterKey`."""

    number: int
    device_id: str
    key: bytes = field(repr=False)
    source: str
    imported_at: int
    state: Literal["unused", "opens", "wrong"] | None
    state_at: int | None

    @property
    def fingerprint(self) -> str:
        """Four hex digits by which two people can tell whether they have the same key."""
        return _fingerprint(self.key)


@dataclass(frozen=True, slots=True)
class Counter:
    """The last number that a sensor counted its advertisements with.

    ``authentic`` if the encryption covers it, so that nobody else can have sent a new one.
    """

    device_id: str
    authentic: bool
    number: int
    heard_at: int


@dataclass(frozen=True, slots=True)
class HeatWarning:
    """It is, or was, too warm where a sensor hangs. Times are of its values, not of the hub's look.

    ``change`` is another, higher number whenever ``level`` changed; levels are
    `edge.care.heat.Level`, ``worst`` the highest there was. The room was as warm as that from
    ``warm_since`` on, and ``since`` that is a warning. ``temperature`` and ``felt`` are the last
    ones, of ``last_at``. ``ended_how``: `cooler`, `silent` (no values for a day) or `returned`
    (the sensor is no longer this person's).
    """

    warning: int
    change: int
    device_id: str
    person: int
    level: int
    worst: int
    warm_since: int
    since: int
    level_since: int
    last_at: int
    temperature: float = field(repr=False)
    felt: float = field(repr=False)
    most_felt: float = field(repr=False)
    ended_at: int | None = None
    ended_how: Literal["cooler", "silent", "returned"] | None = None


def _fingerprint(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:4].upper()
