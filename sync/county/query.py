"""Questions to the lake, as Daft data frames.

One machine answers them with Daft's native runner; `daft.set_runner_ray(address)` before the
first question lets a cluster answer the same code.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    import daft

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Found:
    """One reading in the lake. ``hub`` is its short id, ``epoch`` hex; times are UTC."""

    hub: str
    device: str
    quantity: str
    observed_at: datetime
    value: float
    time_quality: int
    epoch: str
    seq: int


def frame(lake: Path) -> daft.DataFrame:
    """Return all readings as a data frame; nothing is read before it is collected.

    Columns: hub, device, quantity, observed_at (UTC), value, time_quality, epoch, seq and
    month (202611), by which the lake is partitioned.
    """
    readings: daft.DataFrame = _daft().read_deltalake(str(lake))
    return readings


def find(lake: Path, *, device: str, observed_at_ms: int, quantity: str = "") -> list[Found]:
    """Return the readings of a device at one moment, or only that of ``quantity``.

    ``observed_at_ms`` is milliseconds since 1970, UTC. Ordered by quantity.
    """
    col, lit = _daft().col, _daft().lit
    moment = _EPOCH + timedelta(milliseconds=observed_at_ms)
    rows = frame(lake).where(
        (col("month") == moment.year * 100 + moment.month)
        & (col("device") == device)
        & (col("observed_at") == lit(moment))
    )
    if quantity:
        rows = rows.where(col("quantity") == quantity)
    return [_found(row) for row in rows.sort("quantity").to_pylist()]


def _found(row: dict[str, Any]) -> Found:
    return Found(
        hub=row["hub"],
        device=row["device"],
        quantity=row["quantity"],
        observed_at=row["observed_at"].astimezone(UTC),
        value=row["value"],
        time_quality=row["time_quality"],
        epoch=row["epoch"],
        seq=row["seq"],
    )


def _daft() -> Any:
    """Import Daft when it is needed: it is large, and most commands never ask the lake."""
    # Daft reads these on import and offers no other switch; nothing of ours calls home.
    os.environ["DAFT_ANALYTICS_ENABLED"] = "0"
    os.environ["DO_NOT_TRACK"] = "1"
    os.environ.setdefault("DAFT_PROGRESS_BAR", "0")
    import daft  # noqa: PLC0415 - see above

    return daft


def leave(code: int = 0) -> NoReturn:
    """End this process at once, after what it printed is out.

    Daft's background threads outlive the interpreter and may abort it while it cleans up; a
    process that asked the lake has nothing else to clean up.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
