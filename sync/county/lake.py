"""The county's lake: one Delta table of readings that each segment enters exactly once.

A stream's position lies in the table's own log, in the same commit as its rows. It is
read from, and the rows are written through, *one table handle*: the log refuses a commit
whose handle has not seen the newest position of a stream it moves. Positions given with
a fresh handle would be accepted blindly, and rows would enter twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction
from pyarrow import dataset

from hardware.durable import flush
from sync.county.files import Held, held_files, read_rows
from sync.county.parts import PARTITION, QUICK, READINGS, SMALL, Part, Piece, bucket_of, parts_of
from sync.county.place import Place
from sync.county.rows import Rows
from sync.errors import SyncError

# A racing puller costs one attempt per commit of its own; sixteen of them in a row mean
# that something else is wrong.
_ATTEMPTS = 16
_PAUSE_S = 0.05
_WRITERS = 2  # files that are compressed at once; each holds one partition's rows
# Who rewrites files counts here, so that of two who read the same files one is refused.
REWRITES = "rewrites"
# Each opening reads the commits since the last checkpoint; a checkpoint costs one of them.
_CHECKPOINT = 20
# How often the log's next number is tried for: each other writer's commit takes one.
_RETRIES = 100


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
    """What one segment brings; ``readings`` is None if it has none the lake can take."""

    seq: int
    readings: Rows | None = None


# Says where else the bodies of a stream's segments, from one number to another, came: number to
# other streams' segments.
Twins = Callable[[Stream, int, int], Mapping[int, Collection[tuple[Stream, int]]]]


@dataclass(frozen=True, slots=True)
class Committed:
    """What one commit did. ``positions`` holds every stream asked for, moved or not."""

    version: int
    positions: Mapping[Stream, int]
    rows: int
    segments: int


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What a rewrite did: rows taken out, files replaced and the bytes they had."""

    rows: int = 0
    files: int = 0
    size: int = 0


class Lake:
    """The table at ``place``, or in that folder. Any number of processes may use it at once."""

    def __init__(self, place: Path | Place) -> None:
        self.place = Place.of(place) if isinstance(place, Path) else place

    @property
    def path(self) -> str:
        """The place as a URI or path, as other programs want it."""
        return self.place.uri

    def create(self) -> None:
        """Make the empty table; one that exists stays as it is.

        :raises LakeError: if the place cannot be reached or written.
        """
        try:
            DeltaTable.create(
                self.place.uri,
                schema=READINGS,
                mode="ignore",
                partition_by=list(PARTITION),
                name="readings",
                description="Readings of village hubs; one row per device, quantity and time.",
                storage_options=dict(self.place.options) or None,
                configuration={"delta.checkpointInterval": str(_CHECKPOINT)},
            )
        except (OSError, DeltaError) as error:
            raise LakeError(f"the lake could not be made: {error}") from error

    def positions(self, streams: Sequence[Stream]) -> dict[Stream, int]:
        """Return the number of the last segment of each stream, 0 if it has none."""
        table = self.open()
        return {stream: _position(table, stream) for stream in streams}

    def rows(self) -> int:
        """Return how many readings there are; only the log is read."""
        return self.open().count()

    def commit(
        self, entries: Mapping[Stream, Sequence[Entry]], twins: Twins | None = None
    ) -> Committed:
        """Take the segments of all streams in one commit and make it durable.

        Each stream's entries ascend without gaps. Those at or below its position are
        left out; if the first one left does not follow on the position, the stream
        waits: nothing of it is taken. A racing writer makes this look again.
        Of a segment whose twin the lake holds, or this commit brings, only the number is taken;
        ``twins`` is asked before each attempt, so that what a racing writer noted is seen.

        :raises LakeError: if the table is absent, damaged or does not take the commit.
        """
        for attempt in range(_ATTEMPTS):
            if attempt:
                time.sleep(_PAUSE_S * attempt)
            table = self.open()
            positions = {stream: _position(table, stream) for stream in entries}
            fresh = _fresh(entries, positions)
            if not fresh:
                return Committed(table.version(), positions, 0, 0)
            if twins is not None:
                fresh = _once(table, fresh, twins)
            pieces = _pieces(fresh)
            moved = {stream: taken[-1].seq for stream, taken in fresh.items()}
            named = {stream.app_id: seq for stream, seq in moved.items()}
            if not self._append(table, pieces, named):
                continue  # another writer moved one of these streams: look again
            return Committed(
                version=table.version(),
                positions=positions | moved,
                rows=sum(len(piece.rows) for piece in pieces),
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
            table = self.open()
            position = _position(table, stream)
            passed = [entry for entry in entries if entry.seq <= position]
            present = _present(table, stream, [entry.seq for entry in passed])
            fresh = [entry for entry in passed if entry.seq not in present]
            numbers = [entry.seq for entry in passed]
            if not fresh:
                return 0, numbers
            pieces = _pieces({stream: fresh})
            names = [f"{stream.app_id}/{entry.seq}" for entry in fresh]
            if self._append(table, pieces, dict.fromkeys(names, 1)):
                return sum(len(piece.rows) for piece in pieces), numbers
        raise LakeError(f"{_ATTEMPTS} attempts to commit were overtaken by other writers")

    def withdraw(self, stream: Stream, after: int, into: Path, keep: Collection[int] = ()) -> int:
        """Move the rows of the segments above ``after`` into the Parquet file ``into``.

        Those in ``keep`` stay. Return how many; the position stays. Where there are none,
        ``into`` is left alone.

        :raises LakeError: if the lake cannot be read or written; nothing is lost.
        """
        field = dataset.field
        where = (
            (field("hub") == stream.hub)
            & (field("epoch") == stream.epoch)
            & (field("seq") > int(after))
            & ~field("seq").isin(list(keep))
        )
        return self._take_out(stream.hub, where, into).rows

    def erase(self, hub: str, device: str) -> Rewritten:
        """Take every row of one device of a hub out; only files that hold it are rewritten.

        The old files are there until :func:`sync.county.upkeep.vacuum`.

        :raises LakeError: if the lake cannot be read or written.
        """
        where = (dataset.field("hub") == hub) & (dataset.field("device") == device)
        return self._take_out(hub, where, None)

    def replace(self, table: DeltaTable, old: Sequence[Held], parts: Sequence[Part]) -> bool:
        """Put ``parts`` in the place of files that ``table`` named; False if another did so first.

        :raises LakeError: if the lake cannot be written.
        """
        gone = [
            RemoveAction(
                path=file.path,
                data_change=False,
                deletion_timestamp=time.time_ns() // 1_000_000,
                size=file.size,
                partition_values={"month": str(file.month), "bucket": str(file.bucket)},
            )
            for file in old
        ]
        count = table.transaction_version(REWRITES) or 0
        return self._write(table, parts, {REWRITES: count + 1}, gone)

    def open(self) -> DeltaTable:
        """Return a handle to the table as it is now.

        :raises LakeError: if there is none, or it cannot be reached.
        """
        try:
            table = self.place.table()
        except TableNotFoundError as error:
            raise LakeError(f"there is no lake in {self.place.uri}") from error
        except (OSError, DeltaError) as error:
            raise LakeError(f"the lake could not be read: {error}") from error
        if table.metadata().partition_columns != list(PARTITION):
            raise LakeError(
                f"the lake in {self.place.uri} is of another version",
                hint="Beiseitelegen, mit „dorfhub county upkeep --create“ neu anlegen und abrufen.",
            )
        return table

    def _take_out(self, hub: str, where: dataset.Expression, into: Path | None) -> Rewritten:
        """Rewrite the files of a hub that hold rows ``where``; those rows go ``into`` a file."""
        for attempt in range(_ATTEMPTS):
            if attempt:
                time.sleep(_PAUSE_S * attempt)
            table = self.open()
            try:
                taken, old, kept = self._sift(table, hub, where)
                if not old:
                    return Rewritten()
                if into is not None:
                    pq.write_table(taken, into)
                    flush(into)
                    flush(into.parent)
            except (OSError, DeltaError) as error:
                raise LakeError(f"the lake could not be read: {error}") from error
            if self.replace(table, old, kept):
                return Rewritten(taken.num_rows, len(old), sum(file.size for file in old))
        raise LakeError(f"{_ATTEMPTS} attempts to rewrite were overtaken by other writers")

    def _sift(
        self, table: DeltaTable, hub: str, where: dataset.Expression
    ) -> tuple[pa.Table, list[Held], list[Part]]:
        files = self.place.files()
        taken, old, kept = [], [], []
        for file in held_files(table):
            if file.bucket != bucket_of(hub) or not file.first_hub <= hub <= file.last_hub:
                continue
            found = read_rows(files, file, where)
            if not found.num_rows:
                continue
            taken.append(found)
            old.append(file)
            rest = read_rows(files, file, ~where)
            if rest.num_rows:
                kept.append(Part(file.month, file.bucket, rest, settled=file.settled))
        return pa.concat_tables(taken) if taken else READINGS.empty_table(), old, kept

    def _append(
        self, table: DeltaTable, pieces: Sequence[Piece], transactions: Mapping[str, int]
    ) -> bool:
        """Commit and make durable; False if another writer moved one of ``transactions``."""
        return self._write(table, list(parts_of(pieces)), transactions, [])

    def _write(
        self,
        table: DeltaTable,
        parts: Sequence[Part],
        transactions: Mapping[str, int],
        gone: Sequence[RemoveAction],
    ) -> bool:
        before = table.version()
        added: list[AddAction] = []
        try:
            added = self._write_parts(parts, news=not gone)
            table.create_write_transaction(
                [*gone, *added],
                "append",
                READINGS,
                list(PARTITION),
                commit_properties=CommitProperties(
                    app_transactions=[Transaction(name, at) for name, at in transactions.items()],
                    max_commit_retries=_RETRIES,
                ),
            )
            table.update_incremental()
        except CommitFailedError:
            self.place.remove([one.path for one in added])
            return False
        except (OSError, DeltaError) as error:
            raise LakeError(f"the lake could not be written: {error}") from error
        folders = [one.path.rsplit("/", 1)[0] for one in added]
        self.place.make_durable(before, table.version(), folders)
        return True

    def _write_parts(self, parts: Sequence[Part], *, news: bool) -> list[AddAction]:
        level = QUICK if news else SMALL
        if len(parts) < 2:
            return [part.write(self.place, level=level, news=news) for part in parts]
        with ThreadPoolExecutor(_WRITERS, thread_name_prefix="lake") as pool:
            return list(
                pool.map(lambda part: part.write(self.place, level=level, news=news), parts)
            )


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


def _once(
    table: DeltaTable, fresh: Mapping[Stream, Sequence[Entry]], twins: Twins
) -> dict[Stream, list[Entry]]:
    """Take the readings from what has a twin in the table, or before it in this commit."""
    brought: set[tuple[Stream, int]] = set()
    found: dict[Stream, list[Entry]] = {}
    for stream, given in fresh.items():
        others = twins(stream, given[0].seq - 1, given[-1].seq)
        found[stream] = []
        for one in given:
            held = one.readings is not None and any(
                (other, seq) in brought or seq <= _position(table, other)
                for other, seq in others.get(one.seq, ())
            )
            found[stream].append(replace(one, readings=None) if held else one)
            brought.add((stream, one.seq))
    return found


def _pieces(fresh: Mapping[Stream, Sequence[Entry]]) -> list[Piece]:
    return [
        Piece(stream.hub, stream.epoch, entry.seq, entry.readings)
        for stream, taken in fresh.items()
        for entry in taken
        if entry.readings is not None
    ]
