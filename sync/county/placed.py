"""The lake's readings where they belong: a hub's later word on what it measured without a clock.

A placement is a fact of its own, a row with the quantity `placed_ms`: the reading of this hub and
device that stands at ``observed_at`` was taken at ``value`` (ms since 1970, UTC). Its
``time_quality`` is that of the time by which it was placed, negative, so that the log's bounds
tell which partitions have placements: all others are read as they are. What it places lies in the
same partition, since both stand at the same wrong time. The rows themselves stay as they came.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from edge.clock import EARLIEST_MS, to_datetime
from sync.county import query
from sync.county.intake import END_MS, FIRST_MS
from sync.county.lake import Lake
from sync.county.parts import READINGS, month_of
from sync.county.place import Place
from sync.county.query import Found
from sync.timekeeper import PLACED_COLUMN

if TYPE_CHECKING:
    import daft

_MOMENT = ("hub", "device", "observed_at")
_EARLIEST = to_datetime(EARLIEST_MS)
_AHEAD = timedelta(days=1)  # what is further ahead was measured by a wrong clock


@dataclass(frozen=True, slots=True)
class _Partition:
    month: int
    bucket: int


def frame(place: Place | Path, now: datetime) -> daft.DataFrame:
    """Return all readings, each at the time that is known of it now.

    Columns as :func:`sync.county.query.frame`. What was placed has the quality of that. Of several
    placements the newest counts; one to a time that no reading may have is none. What was measured
    by an unset clock at a time before there was this program, or after ``now``, is left out as long
    as nothing places it.

    :raises LakeError: if there is no lake, or it cannot be reached.
    """
    if isinstance(place, Path):
        place = Place.of(place)
    readings = query.frame(place)
    chosen = _partitions(place, now)
    if not chosen:
        return readings
    daft = query.loaded()
    col: Any = daft.col
    there = reduce(
        or_, ((col("month") == one.month) & (col("bucket") == one.bucket) for one in chosen)
    )
    rows = _placed(readings.where(there), now)
    return readings.where(~there).concat(rows)


def find(
    place: Place | Path, now: datetime, *, device: str, observed_at_ms: int, quantity: str = ""
) -> list[Found]:
    """Return the readings of a device at one moment, or only that of ``quantity``.

    Those that were taken then; where there is none, those that say so by a wrong clock.

    :raises LakeError: if there is no lake, or it cannot be reached.
    """
    asked = {"device": device, "quantity": quantity}
    found = query.find(lambda: frame(place, now), observed_at_ms=observed_at_ms, **asked)
    if found:
        return found
    raw = query.find(lambda: query.frame(place), observed_at_ms=observed_at_ms, **asked)
    return [one for one in raw if one.quantity != PLACED_COLUMN]


def _partitions(place: Place, now: datetime) -> list[_Partition]:
    """Return where placements lie, and where readings of an impossible time do."""
    log = pa.table(Lake(place).open().get_add_actions(flatten=True))
    first, last = month_of(EARLIEST_MS), (now + _AHEAD).year * 100 + (now + _AHEAD).month
    found = {
        _Partition(month, bucket)
        for month, bucket, least in zip(
            *(
                log[name].to_pylist()
                for name in ("partition.month", "partition.bucket", "min.time_quality")
            ),
            strict=True,
        )
        if least < 0 or (least == 0 and not first <= month < last)
    }
    return sorted(found, key=lambda one: (one.month, one.bucket))


def _placed(readings: daft.DataFrame, now: datetime) -> daft.DataFrame:
    daft = query.loaded()
    col: Any = daft.col
    # what no reading's time may be is no placement's either: one hub's would end all questions
    possible = (col("value") >= FIRST_MS) & (col("value") < END_MS)
    facts = readings.where((col("quantity") == PLACED_COLUMN) & possible)
    newest = facts.groupby(*_MOMENT, "epoch").agg(col("seq").max())
    said = facts.join(newest, on=[*_MOMENT, "epoch", "seq"])
    # a hub that began a new stream tells of readings that its earlier one holds
    said = said.groupby(*_MOMENT).agg(
        col("value").max().alias("placed_ms"), col("time_quality").min().alias("known")
    )
    moment = (col("placed_ms") * 1000).cast(daft.DataType.int64())
    moment = moment.cast(daft.DataType.timestamp("us", "UTC"))
    coalesce: Any = daft.functions.coalesce
    rows = readings.where(col("quantity") != PLACED_COLUMN)
    rows = rows.join(said, on=list(_MOMENT), how="left").with_columns(
        {
            "observed_at": coalesce(moment, col("observed_at")),
            "time_quality": coalesce(
                (col("known") * -1).cast(daft.DataType.int16()), col("time_quality")
            ),
        }
    )
    at = col("observed_at")
    possible = (at >= daft.lit(_EARLIEST)) & (at <= daft.lit(now + _AHEAD))
    month = (at.year() * 100 + at.month()).cast(daft.DataType.int32())
    rows = rows.where((col("time_quality") != 0) | possible).with_column("month", month)
    return rows.select(*READINGS.names)
