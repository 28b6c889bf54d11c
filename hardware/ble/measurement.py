"""What a decoded characteristic value says."""

from __future__ import annotations

from dataclasses import dataclass, field

from hardware.reading import Record


@dataclass(frozen=True, slots=True)
class Measurement:
    """One characteristic value, decoded.

    ``device`` is the profile's name for it (``blood_pressure_measurement``). ``records``
    hold finite numbers in canonical units; a field the device marked as not a number is
    absent there and named in ``flags`` (``blood_pressure_mean: "nan"``).
    ``timestamp`` is the device's own clock, ISO 8601 without offset, ``None`` if the value
    carries none or one whose year, month or day the device does not know.
    """

    device: str
    records: tuple[Record, ...] = ()
    flags: dict[str, bool | int | str] = field(default_factory=dict)
    timestamp: str | None = None
