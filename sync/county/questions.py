"""The four standard questions: each a data frame of the lake's readings, ordered, ready to collect.

Written once for both runners; sums of floats may differ in the last bits between them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sync.errors import SyncError

if TYPE_CHECKING:
    import daft

TOP = 20


class AskedWrong(SyncError):
    """A question lacks something, or names what there is not."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What narrows a question: only what is given. Times are UTC, ``until`` exclusive."""

    hub: str = ""
    device: str = ""
    quantity: str = ""
    begin: datetime | None = None
    until: datetime | None = None


def hubs(readings: daft.DataFrame, asked: Asked) -> daft.DataFrame:
    """For each hub and quantity: how many readings, from when to when, sum and mean."""
    col = _daft().col
    return (
        _narrow(readings, asked)
        .groupby("hub", "quantity")
        .agg(
            col("value").count().alias("rows"),
            col("observed_at").min().alias("first"),
            col("observed_at").max().alias("last"),
            col("value").sum().alias("sum"),
            col("value").mean().alias("mean"),
        )
        .sort(["hub", "quantity"])
    )


def hourly(readings: daft.DataFrame, asked: Asked) -> daft.DataFrame:
    """For each hour and quantity of the county: how many readings, lowest, mean, highest."""
    col = _daft().col
    return (
        _narrow(readings, asked)
        .with_column("hour", _truncated("1 hour"))
        .groupby("hour", "quantity")
        .agg(
            col("value").count().alias("rows"),
            col("value").min().alias("lowest"),
            col("value").mean().alias("mean"),
            col("value").max().alias("highest"),
        )
        .sort(["hour", "quantity"])
    )


def week(readings: daft.DataFrame, asked: Asked) -> daft.DataFrame:
    """One series, seven days from ``begin`` on unless ``until`` says otherwise.

    :raises AskedWrong: without ``device``, ``quantity`` and ``begin``.
    """
    if not (asked.device and asked.quantity and asked.begin):
        raise AskedWrong(
            "a week needs a device, a quantity and a day to begin with",
            hint="--device, --quantity und --from angeben.",
        )
    until = asked.until or asked.begin + timedelta(days=7)
    narrowed = Asked(asked.hub, asked.device, asked.quantity, asked.begin, until)
    return (
        _narrow(readings, narrowed)
        .select("hub", "observed_at", "value", "time_quality")
        .sort(["hub", "observed_at"])
    )


def top(readings: daft.DataFrame, asked: Asked) -> daft.DataFrame:
    """For each day the twenty devices whose counter went on most: `energy` unless asked otherwise.

    A counter's day is its highest reading less its lowest.
    """
    daft = _daft()
    col = daft.col
    counter = Asked(asked.hub, asked.device, asked.quantity or "energy", asked.begin, asked.until)
    used = (
        _narrow(readings, counter)
        .with_column("day", _truncated("1 day"))
        .groupby("day", "hub", "device")
        .agg(col("value").min().alias("low"), col("value").max().alias("high"))
        .with_column("used", col("high") - col("low"))
    )
    order = (
        daft.Window()
        .partition_by("day")
        .order_by("used", "hub", "device", desc=[True, False, False])
    )
    return (
        used.with_column("place", daft.functions.row_number().over(order))
        .where(col("place") <= TOP)
        .select("day", "place", "hub", "device", "used")
        .sort(["day", "place"])
    )


Question = Callable[["daft.DataFrame", Asked], "daft.DataFrame"]
QUESTIONS: Mapping[str, Question] = {"hubs": hubs, "hourly": hourly, "week": week, "top": top}


def moment(text: str) -> datetime:
    """Return the time that ISO 8601 says, UTC where it names no zone.

    :raises AskedWrong: if it is none.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise AskedWrong(f"{text} is no date", hint="Zum Beispiel 2026-11-23.") from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _narrow(readings: daft.DataFrame, asked: Asked) -> daft.DataFrame:
    daft = _daft()
    col = daft.col
    for name in ("hub", "device", "quantity"):
        if value := getattr(asked, name):
            readings = readings.where(col(name) == value)
    if asked.hub:
        readings = readings.where(col("bucket") == int(asked.hub[0], 16))
    if asked.begin is not None:
        readings = readings.where(
            (col("observed_at") >= daft.lit(asked.begin)) & (col("month") >= _month(asked.begin))
        )
    if asked.until is not None:
        readings = readings.where(
            (col("observed_at") < daft.lit(asked.until)) & (col("month") <= _month(asked.until))
        )
    return readings


def _month(at: datetime) -> int:
    return at.year * 100 + at.month


def _truncated(interval: str) -> Any:
    daft = _daft()
    return daft.functions.date_trunc(interval, daft.col("observed_at"))


def _daft() -> Any:
    import daft  # noqa: PLC0415 - large

    return daft
