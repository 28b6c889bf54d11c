"""What is to be written of a run of care entries."""

from __future__ import annotations

from dataclasses import dataclass, field

from edge.store.personal_rows import CareRow, Counter, Observation, Waiting


@dataclass(slots=True)
class Batch:
    """What is to be written of some entries, and how they are marked then, by id."""

    rows: list[CareRow] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    stored: list[int] = field(default_factory=list)
    bare: list[int] = field(default_factory=list)  # of those stored: bytes that may not be kept
    refused: dict[str, list[int]] = field(default_factory=dict)
    kept: dict[str, list[int]] = field(default_factory=dict)
    waiting: list[Waiting] = field(default_factory=list)
    settled: list[tuple[str, int]] = field(default_factory=list)
    counters: list[Counter] = field(default_factory=list)
    # for village.db: nobody's values, but what a volunteer must know of sensors
    calls: list[tuple[str, int]] = field(default_factory=list)
    batteries: dict[str, int] = field(default_factory=dict)
    # now, and when a value last counted
    restarted: dict[str, tuple[int, int]] = field(default_factory=dict)
