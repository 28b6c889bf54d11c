"""Observations for the test vectors: one of each thing that a column can say."""

from __future__ import annotations

from typing import Any

from edge.store.personal_rows import Number, Observation
from hardware.reading import TimeQuality
from sync import columns, observations
from sync.columns import Source

T0 = 1_795_000_000_000
SCALE = "ble:C0112233AABB"
ROOM = "ble:A4C138112233"
OBSERVED = [
    Observation(
        T0 - 86_400_000, SCALE, "weight", 3, TimeQuality.DEVICE, T0, 0, "2A9D", user_index=1,
        flags={"success": True, "user_id": 1, "bmi": "nan"},
        values=(Number("body_weight", 71.35), Number("body_height", 1.68)),
    ),
    Observation(
        T0, SCALE, "weight", 3, TimeQuality.HELD, T0, 0, "2A9D",
        flags={"success": False, "user_id": "unknown", "device_time": "2020-01-01T00:03:00"},
    ),
    Observation(
        T0 + 1000, "ble:D0", "heart_rate", 3, TimeQuality.SYNCHRONISED, T0 + 1000, 0, "2A37",
        flags={"contact": True},
        values=(
            Number("heart_rate", 64.0), Number("rr_interval", 0.9375), Number("rr_interval", 0.95),
        ),
    ),
    Observation(
        T0 + 2000, "ble:D1", "exercise", 3, TimeQuality.SYNCHRONISED, T0 + 2000, 0, "2A5B",
        values=(Number("cadence", -0.0), Number("cadence", 0.1 + 0.2, "Kurbel links ä")),
    ),
    *(
        Observation(
            T0 + n * 600_000, ROOM, kind, 3, TimeQuality.SYNCHRONISED, T0 + n * 600_000, 0,
            "advert", sequence=250 + n,
            flags={"packet_id": 250 + n, "trigger_based": False}, values=values,
        )
        for n in range(3)
        for kind, values in (
            ("home_activity", (Number("motion", float(n % 2)),)),
            (
                "room_climate",
                (Number("air_temperature", 25.06 + n), Number("relative_humidity", 50.55)),
            ),
        )
    ),
]  # fmt: skip


def body() -> bytes:
    return columns.encode(observations.to_sources(OBSERVED))


def said(found: list[Observation]) -> list[dict[str, Any]]:
    """Return observations as the page tells of them, in the order of sources and times."""
    return [
        {
            "device": one.device_id,
            "kind": one.data_kind,
            "origin": one.source,
            "at": one.observed_at,
            "quality": int(one.time_quality),
            "person": one.person,
            "received_at": one.received_at,
            "sequence": one.sequence,
            "user_index": one.user_index,
            "flags": dict(sorted(one.flags.items())),
            "values": [[number.quantity, number.name, number.value] for number in one.values],
        }
        for one in found
    ]


def to_refuse() -> list[tuple[str, bytes, str]]:
    """Return files, their bytes and why nobody reads observations in them."""
    whole = {"person": [3.0], "received_at": [float(T0)]}
    cases: list[tuple[str, str, dict[str, list[float | None]], str]] = [
        ("two-words", "ble:D0 weight", {**whole}, "a source of two words"),
        ("four-words", "ble:D0 weight 2A9D x", {**whole}, "a source of four words"),
        ("nobodys", "ble:D0 weight 2A9D", {"received_at": [1.0]}, "nobody's"),
        ("not-received", "ble:D0 weight 2A9D", {"person": [3.0]}, "never received"),
        ("half-person", "ble:D0 weight 2A9D", {**whole, "person": [3.5]}, "half a person"),
        ("half-number", "ble:D0 weight 2A9D", {**whole, "number a": [0.5]}, "no whole number"),
        ("large-number", "ble:D0 weight 2A9D", {**whole, "number a": [2.0**53]}, "2^53"),
        ("no-number", "ble:D0 weight 2A9D", {**whole, "sequence": [float("nan")]}, "no number"),
    ]
    return [
        (f"{name}.observations", columns.encode([Source(device, [T0], [4], cells)]), why)
        for name, device, cells, why in cases
    ]
