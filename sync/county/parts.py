"""The lake's files: what columns they have, how they are encoded, in which partition a row lies.

A partition is one month of one sixteenth of the hubs: small enough to be sorted in memory, and
a commit of all hubs has sixteen files rather than one for each hub. Inside, upkeep sorts rows by
hub, device, quantity and time (see `sync.county.upkeep`), which is what makes them small.

The log's statistics name hubs and times, never a device: the log outlives what is erased.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from deltalake.transaction import AddAction

from sync.county.place import Place
from sync.county.rows import Rows

PARTITION = ("month", "bucket")
BUCKETS = 16  # by the first hex digit of the hub's id, which is a hash
READINGS = pa.schema(
    [
        pa.field("hub", pa.string(), nullable=False),
        pa.field("device", pa.string(), nullable=False),
        pa.field("quantity", pa.string(), nullable=False),
        pa.field("observed_at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("value", pa.float64(), nullable=False),
        pa.field("time_quality", pa.int16(), nullable=False),
        pa.field("epoch", pa.string(), nullable=False),
        pa.field("seq", pa.int64(), nullable=False),
        pa.field("month", pa.int32(), nullable=False),  # 202611, UTC
        pa.field("bucket", pa.int32(), nullable=False),
    ]
)
STORED = pa.schema([field for field in READINGS if field.name not in PARTITION])
NAMES = ("hub", "device", "quantity", "epoch")
# A device's rows then lie in one or two groups, and a reader skips the others.
ROW_GROUP = 1 << 17
# From some days of a series on, steps of time are smaller than times; the times of a single day,
# which its other quantities repeat, are not. Measured: 0.65 instead of 1.11 bytes, 1.06 of 0.72.
_LONG_RUN = 256
_ENCODING: Mapping[str, str] = {
    "observed_at": "PLAIN",
    "value": "BYTE_STREAM_SPLIT",
    "seq": "DELTA_BINARY_PACKED",
    "time_quality": "PLAIN",
}
# The bytes of floats, split into planes, are smaller and quicker than a dictionary of them.
_HOW: Mapping[str, object] = {
    "compression": "zstd",
    "row_group_size": ROW_GROUP,
    "use_dictionary": list(NAMES),
    "column_encoding": _ENCODING,
    "write_statistics": ["hub", "device", "quantity", "observed_at"],
    "store_schema": False,  # a reader shall see text, however we came by it
}
QUICK, SMALL = 1, 9  # of zstd: for a commit that a hub waits for; for what upkeep writes once
LOOSE, SETTLED = "part", "sorted"  # what files are called
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Piece:
    """The rows of one segment and where they come from."""

    hub: str
    epoch: str
    seq: int
    rows: Rows


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one partition, columns as in :data:`STORED`; ``settled`` if upkeep sorted them."""

    month: int
    bucket: int
    rows: pa.Table
    settled: bool = False
    run: int = 1  # how many rows follow each other of one series, on average

    def write(self, place: Place, *, level: int, news: bool = True) -> AddAction:
        """Write a file of it and return what the log has to say; ``news`` if the rows are new."""
        folder = f"month={self.month}/bucket={self.bucket}"
        name = SETTLED if self.settled else LOOSE
        how = dict(_HOW)
        if self.run >= _LONG_RUN:
            how["column_encoding"] = {**_ENCODING, "observed_at": "DELTA_BINARY_PACKED"}
        path, size = place.write(f"{folder}/{name}", self.rows, compression_level=level, **how)
        return AddAction(
            path=path,
            size=size,
            partition_values={"month": str(self.month), "bucket": str(self.bucket)},
            modification_time=int(datetime.now(UTC).timestamp() * 1000),
            data_change=news,
            stats=_stats(self.rows),
        )


def bucket_of(hub: str) -> int:
    """Return the partition's bucket of a hub, by its id in hex."""
    return int(hub[0], BUCKETS)


def month_of(moment_ms: int) -> int:
    """Return the partition's month of a time: 202611."""
    moment = _EPOCH + timedelta(milliseconds=moment_ms)
    return moment.year * 100 + moment.month


def parts_of(pieces: Iterable[Piece]) -> Iterator[Part]:
    """Yield the rows of many segments, one part for each partition they lie in."""
    buckets: dict[int, list[Piece]] = {}
    for piece in pieces:
        if len(piece.rows):
            buckets.setdefault(bucket_of(piece.hub), []).append(piece)
    for bucket, held in sorted(buckets.items()):
        rows = _table(held)
        months = _months(np.concatenate([piece.rows.at_ms for piece in held]))
        for month in np.unique(months):
            chosen = rows if (months == month).all() else rows.filter(pa.array(months == month))
            yield Part(int(month), bucket, chosen)


def _table(pieces: Sequence[Piece]) -> pa.Table:
    counts = [len(piece.rows) for piece in pieces]
    return pa.table(
        [
            _repeated([piece.hub for piece in pieces], counts),
            _named([(piece.rows.devices, piece.rows.device) for piece in pieces]),
            _named([(piece.rows.quantities, piece.rows.quantity) for piece in pieces]),
            _times(np.concatenate([piece.rows.at_ms for piece in pieces])),
            pa.array(np.concatenate([piece.rows.value for piece in pieces])),
            pa.array(np.concatenate([piece.rows.quality for piece in pieces])),
            _repeated([piece.epoch for piece in pieces], counts),
            pa.array(np.repeat(np.array([piece.seq for piece in pieces], np.int64), counts)),
        ],
        schema=pa.schema([_indexed(field) for field in STORED]),
    )


def _indexed(field: Any) -> Any:
    kind = pa.dictionary(pa.int32(), pa.string()) if field.name in NAMES else field.type
    return pa.field(field.name, kind, nullable=False)


def _named(columns: Sequence[tuple[tuple[str, ...], npt.NDArray[np.int32]]]) -> Any:
    """Return one column of names out of places in several lists of them."""
    places: dict[str, int] = {}
    known: dict[tuple[str, ...], npt.NDArray[np.int32]] = {}
    found = []
    for names, column in columns:
        if names not in known:
            known[names] = np.array(
                [places.setdefault(name, len(places)) for name in names], np.int32
            )
        found.append(known[names][column])
    return pa.DictionaryArray.from_arrays(np.concatenate(found), pa.array(places, pa.string()))


def _repeated(names: Sequence[str], counts: Sequence[int]) -> Any:
    places = {name: place for place, name in enumerate(dict.fromkeys(names))}
    column = np.repeat(np.array([places[name] for name in names], np.int32), counts)
    return pa.DictionaryArray.from_arrays(column, pa.array(places, pa.string()))


def _times(at_ms: npt.NDArray[np.int64]) -> Any:
    return pa.array(at_ms * 1000).view(pa.timestamp("us", tz="UTC"))


def _months(at_ms: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    first, last = month_of(int(at_ms.min())), month_of(int(at_ms.max()))
    if first == last:
        return np.full(len(at_ms), first)
    months = (at_ms // 86_400_000).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return (1970 + months // 12) * 100 + months % 12 + 1


def _stats(rows: pa.Table) -> str:
    """Return what the log says of a file: how many rows, and the bounds of each column.

    Every column needs some: deltalake's own reader takes one without bounds for one without rows.
    A device's are true of any text.
    """
    bounds = {name: _bounds(rows, name) for name in STORED.names}
    return json.dumps(
        {
            "numRecords": rows.num_rows,
            "minValues": {name: low for name, (low, _) in bounds.items()},
            "maxValues": {name: high for name, (_, high) in bounds.items()},
            "nullCount": dict.fromkeys(STORED.names, 0),
            "tightBounds": False,
        },
        ensure_ascii=False,
    )


def _bounds(rows: pa.Table, name: str) -> tuple[object, object]:
    if name == "device":
        return "", "\U0010ffff"
    column = rows[name]
    if name in NAMES:
        column = pa.chunked_array([chunk.dictionary for chunk in column.chunks])
    found = pc.min_max(column).as_py()
    low, high = found["min"], found["max"]
    if name == "observed_at":
        return _iso(low), _iso(high)
    if name == "value" and not (isfinite(low) and isfinite(high)):
        return -sys.float_info.max, sys.float_info.max
    return low, high


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"
