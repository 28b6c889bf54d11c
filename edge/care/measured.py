"""One number of one person, as the rules of care read it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from hardware.reading import TimeQuality


@dataclass(frozen=True, slots=True)
class Measured:
    """A value that was kept under a consent.

    ``value`` is in the canonical unit of ``quantity`` (`hardware.quantity.Quantity`), times are ms
    since 1970, UTC: ``observed_at`` when it was measured, ``received_at`` when the hub had it.
    ``data_kind`` is of `edge.care.kinds`.
    """

    person: int
    observed_at: int
    received_at: int
    data_kind: str
    quantity: str
    value: float
    device_id: str
    time_quality: TimeQuality
