"""The county's lake: one Delta table of readings that each segment enters exactly once.

A stream's position lies in the table's own log, in the same commit as its rows. It is
read from, and the rows are written through, *one table handle*: the log refuses a commit
whose handle has not seen the newest position of a stream it moves. Positions given with
a fresh handle would be accepted blindly, and rows would enter twice.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from pyarrow import dataset

from sync.columns import Source
from sync.county.disk import flush
from sync.errors import SyncError

# A racing puller costs one attempt per commit of its own; sixteen of them in a row mean
# that something else is wrong.
_ATTEMPTS = 16
_PAUSE_S = 0.05

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
        pa.field("month", pa.int32(), nullable=False),  # 202611, UTC: the partition
    ]
)


class LakeError(SyncError):
    """The lake could not take a commit. Nothing of it is in the lake."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Whose numbers these are: a hub's id and the epoch of its database, both hex."""

    hub: str
    epoch: str

    @property
    def app_id(self) -> str:
        """The stream's name in the table's log."""
        return f"{self.hub}/{self.epoch}"


@dataclass(frozen=True, slots=True)
class Entry:
    """What one segment brings; ``readings`` is empty if it has none the lake can take."""

    seq: int
    readings: Sequence[Source] = ()


@dataclass(frozen=True, slots=True)
class Committed:
    """What one commit did. ``positions`` holds every stream asked for, moved or not."""

    version: int
    positions: Mapping[Stream, int]
    rows: int
    segments: int


class Lake:
    """The table in the folder ``path``. Any number of processes may use it at once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self) -> None:
        """Make the empty table; one that exists stays as it is."""
        DeltaTable.create(
            str(self.path),
            schema=READINGS,
            mode="ignore",
            partition_by=["month"],
            name="readings",
            description="Readings of village hubs; one row per device, quantity and time.",
        )

    def positions(self, streams: Sequence[Stream]) -> dict[Stream, int]:
        """Return the number of the last segment of each stream, 0 if it has none."""
        table = self._open()
        return {stream: _position(table, stream) for stream in streams}

    def rows(self) -> int:
        """Return how many readings there are; only the log is read."""
        return self._open().count()

    def commit(self, entries: Mapping[Stream, Sequence[Entry]]) -> Committed:
        """Take the segments of all streams in one commit and make it durable.

        Each stream's entries ascend without gaps. Those at or below its position are
        left out; if the first one left does not follow on the position, the stream
        waits: nothing of it is taken. A racing writer makes this look again.

        :raises LakeError: if the table is absent, damaged or does not take the commit.
        """
        for attempt in range(_ATTEMPTS):
            if attempt:
                time.sleep(_PAUSE_S * attempt)
            table = self._open()
            positions = {stream: _position(table, stream) for stream in entries}
            fresh = _fresh(entries, positions)
            if not fresh:
                return Committed(table.version(), positions, 0, 0)
            rows = pa.concat_tables(
                [READINGS.empty_table(), *_tables(fresh)]  # only sealed segments: no rows
            )
            moved = {stream: taken[-1].seq for stream, taken in fresh.items()}
            if not self._append(table, rows, {stream.app_id: seq for stream, seq in moved.items()}):
                continue  # another writer moved one of these streams: look again
            return Committed(
                version=table.version(),
                positions=positions | moved,
                rows=rows.num_rows,
                segments=sum(len(taken) for taken in fresh.values()),
            )
        raise LakeError(f"{_ATTEMPTS} attempts to commit were overtaken by other writers")

    def commit_late(self, stream: Stream, entries: Sequence[Entry]) -> tuple[int, list[int]]:
        """Take segments that :meth:`commit` took without readings; return rows and numbers.

        The numbers are those whose readings the lake has now, at last or already: each enters
        once, in whatever order they come. Those beyond the stream's position are left out, a
        commit will bring them; what was read is looked up through the handle that writes.

        :raises LakeError: as :meth:`commit`.
        """
        for attempt in range(_ATTEMPTS):
            if attempt:
                time.sleep(_PAUSE_S * attempt)
            table = self._open()
            position = _position(table, stream)
            passed = [entry for entry in entries if entry.seq <= position]
            present = _present(table, stream, [entry.seq for entry in passed])
            fresh = [entry for entry in passed if entry.seq not in present]
            numbers = [entry.seq for entry in passed]
            if not fresh:
                return 0, numbers
            rows = pa.concat_tables([READINGS.empty_table(), *_tables({stream: fresh})])
            names = [f"{stream.app_id}/{entry.seq}" for entry in fresh]
            if self._append(table, rows, dict.fromkeys(names, 1)):
                return int(rows.num_rows), numbers
        raise LakeError(f"{_ATTEMPTS} attempts to commit were overtaken by other writers")

    def withdraw(self, stream: Stream, after: int, into: Path) -> int:
        """Move the rows of the segments above ``after`` into the Parquet file ``into``.

        Return how many; the position stays. Where there are none, ``into`` is left alone.

        :raises LakeError: if the lake cannot be read or written; nothing is lost.
        """
        where = f"hub = '{stream.hub}' AND epoch = '{stream.epoch}' AND seq > {int(after)}"
        try:
            table = self._open()
            rows = table.to_pyarrow_table(
                filters=[
                    ("hub", "=", stream.hub),
                    ("epoch", "=", stream.epoch),
                    ("seq", ">", int(after)),
                ]
            )
            if not rows.num_rows:
                return 0
            pq.write_table(rows, into)
            flush(into)
            flush(into.parent)
            before = table.version()
            table.delete(where)
            _make_durable(self.path, before, table.version())
        except (OSError, DeltaError) as error:
            raise LakeError(f"the lake could not be written: {error}") from error
        return int(rows.num_rows)

    def _append(self, table: DeltaTable, rows: Any, transactions: Mapping[str, int]) -> bool:
        """Commit and make durable; False if another writer moved one of ``transactions``."""
        before = table.version()
        try:
            write_deltalake(
                table,
                rows,
                mode="append",
                commit_properties=CommitProperties(
                    app_transactions=[Transaction(name, at) for name, at in transactions.items()]
                ),
            )
        except CommitFailedError:
            return False
        except (OSError, DeltaError) as error:
            raise LakeError(f"the lake could not be written: {error}") from error
        _make_durable(self.path, before, table.version())
        return True

    def _open(self) -> DeltaTable:
        try:
            return DeltaTable(str(self.path))
        except TableNotFoundError as error:
            raise LakeError(f"there is no lake in {self.path}") from error


def _position(table: DeltaTable, stream: Stream) -> int:
    return table.transaction_version(stream.app_id) or 0


def _present(table: DeltaTable, stream: Stream, numbers: Sequence[int]) -> set[int]:
    """Return which of the segments have readings in the table, or had when they were read late."""
    field = dataset.field
    wanted = (
        (field("hub") == stream.hub)
        & (field("epoch") == stream.epoch)
        & field("seq").isin(list(numbers))
    )
    rows = table.to_pyarrow_dataset().to_table(columns=["seq"], filter=wanted)
    late = {n for n in numbers if table.transaction_version(f"{stream.app_id}/{n}") is not None}
    return late | set(rows.column("seq").unique().to_pylist())


def _fresh(
    entries: Mapping[Stream, Sequence[Entry]], positions: Mapping[Stream, int]
) -> dict[Stream, list[Entry]]:
    fresh = {}
    for stream, given in entries.items():
        taken = [entry for entry in given if entry.seq > positions[stream]]
        if not taken or taken[0].seq != positions[stream] + 1:
            continue
        if any(after.seq != before.seq + 1 for before, after in pairwise(taken)):
            raise ValueError(f"entries of {stream.app_id} have gaps")
        fresh[stream] = taken
    return fresh


def _tables(fresh: Mapping[Stream, Sequence[Entry]]) -> Iterator[Any]:
    for stream, taken in fresh.items():
        for entry in taken:
            if entry.readings:
                yield _table(stream, entry)


def _table(stream: Stream, entry: Entry) -> Any:
    """Return the rows of one segment; what has no value has no row."""
    devices: list[str] = []
    quantities: list[str] = []
    times: list[int] = []
    values: list[float] = []
    qualities: list[int] = []
    for source in entry.readings:
        for quantity, column in source.columns.items():
            present = [i for i, value in enumerate(column) if value is not None]
            devices += [source.device] * len(present)
            quantities += [quantity] * len(present)
            times += [source.times_ms[i] for i in present]
            qualities += [source.qualities[i] for i in present]
            values += [value for value in column if value is not None]
    count = len(values)
    return pa.table(
        [
            pa.repeat(pa.scalar(stream.hub), count),
            pa.array(devices, pa.string()),
            pa.array(quantities, pa.string()),
            pa.array(times, pa.timestamp("ms", tz="UTC")).cast(pa.timestamp("us", tz="UTC")),
            pa.array(values, pa.float64()),
            pa.array(qualities, pa.int16()),
            pa.repeat(pa.scalar(stream.epoch), count),
            pa.repeat(pa.scalar(entry.seq, pa.int64()), count),
            pa.array(map(_month, times), pa.int32()),
        ],
        schema=READINGS,
    )


def _month(moment_ms: int) -> int:
    moment = time.gmtime(moment_ms // 1000)
    return moment.tm_year * 100 + moment.tm_mon


def _make_durable(path: Path, before: int, after: int) -> None:
    """Flush the commits ``before`` + 1 to ``after`` and what they added to the disk.

    The table's own writer leaves its files to the operating system; whoever is told
    "received" may delete the original, so the disk must have it first.
    """
    log = path / "_delta_log"
    folders = {log}
    for version in range(before + 1, after + 1):
        entry = log / f"{version:020d}.json"
        for line in entry.read_text("utf-8").splitlines():
            added = json.loads(line).get("add")
            if added:
                file = path / unquote(added["path"])
                flush(file)
                folders |= {file.parent, path}
        flush(entry)
    for folder in folders:
        flush(folder)
