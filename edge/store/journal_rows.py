"""What the journal tells of its entries without their bytes. Times are ms since 1970, UTC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Kept:
    """Quarantined entries of one device with one message."""

    lane: Literal["village", "care"]
    device: str
    message: str
    count: int
    first_at: int
    last_at: int
