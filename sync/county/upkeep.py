"""The lake's upkeep: sort what commits left behind into few small files, delete what is replaced.

A commit of a pull round holds a few rows of each series, which neither compress nor can be found
quickly. :func:`compact` merges them, partition by partition, with what was sorted before. One
partition at a time is in memory: a month of 120 hubs with 200 meters is some 4 million rows in
each of sixteen, about half a gigabyte while they are sorted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from sync.county.files import Held, held_files, read_rows
from sync.county.lake import Lake, LakeError
from sync.county.parts import STORED, Part

# Some 3 MB: erasing a series rewrites a file or two of each month, not the month.
FILE_ROWS = 1 << 20
# Sorted rows are written again once what came since is a quarter of them: each row is written
# a handful of times in its month, however often a county pulls.
_SHARE = 4
# More small files than this slow every question, however few their rows.
_MANY_FILES = 64
# Readers that opened the table before a file was replaced still read it.
KEEP_HOURS = 48
# Younger files may belong to a commit that is on its way.
_SURE_HOURS = 24


@dataclass(frozen=True, slots=True)
class Compacted:
    """What one run did."""

    partitions: int = 0
    files_before: int = 0
    files_after: int = 0
    rows: int = 0


def compact(lake: Lake, *, everything: bool = False) -> Compacted:
    """Sort the partitions that have gathered enough loose files, or all that have any.

    A partition that somebody else rewrites meanwhile is left for the next run.

    :raises LakeError: if the lake cannot be read or written; nothing is lost.
    """
    done = Compacted()
    table = lake.open()
    for files in _partitions(table):
        if not _worth_it(files, everything=everything):
            continue
        try:
            parts = list(_sorted(lake, files))
        except (OSError, DeltaError) as error:
            raise LakeError(f"the lake could not be read: {error}") from error
        if lake.replace(table, files, parts):
            done = Compacted(
                done.partitions + 1,
                done.files_before + len(files),
                done.files_after + len(parts),
                done.rows + sum(file.rows for file in files),
            )
        table = lake.open()
    return done


def vacuum(lake: Lake, *, keep_hours: int = KEEP_HOURS) -> int:
    """Delete files that were replaced ``keep_hours`` ago or earlier; return how many.

    From a day on, those of commits that never came about, too. 0 is for erasure: who reads the
    table at that moment is told that a file is missing, and asks again (`sync.county.query.ask`).

    :raises LakeError: if the lake cannot be written.
    """
    try:
        gone = lake.open().vacuum(
            retention_hours=keep_hours,
            dry_run=False,
            enforce_retention_duration=False,
            full=keep_hours >= _SURE_HOURS,
        )
    except (OSError, DeltaError) as error:
        raise LakeError(f"the lake could not be written: {error}") from error
    return len(gone)


def _partitions(table: DeltaTable) -> list[list[Held]]:
    def place(file: Held) -> tuple[int, int]:
        return file.month, file.bucket

    return [list(files) for _, files in groupby(sorted(held_files(table), key=place), place)]


def _worth_it(files: Sequence[Held], *, everything: bool) -> bool:
    loose = [file for file in files if not file.settled]
    if not loose:
        return False
    rows = sum(file.rows for file in loose)
    return everything or len(loose) > _MANY_FILES or rows * _SHARE >= sum(f.rows for f in files)


def _sorted(lake: Lake, files: Sequence[Held]) -> Iterator[Part]:
    system = lake.place.files()
    month, bucket = files[0].month, files[0].bucket
    rows = pa.concat_tables([read_rows(system, file) for file in files]).unify_dictionaries()
    rows = rows.combine_chunks()
    order, series = _order(rows)
    rows = rows.take(pa.array(order))
    for start in range(0, rows.num_rows, FILE_ROWS):
        part = rows.slice(start, FILE_ROWS).select(STORED.names)
        yield Part(month, bucket, part, settled=True, run=rows.num_rows // series)


def _order(rows: pa.Table) -> tuple[npt.NDArray[np.int64], int]:
    """Return the rows' places by hub, device, quantity and time, and how many series they are."""
    key = np.zeros(rows.num_rows, np.int64)
    for name in ("hub", "device", "quantity"):
        column = rows[name].chunk(0)
        names = np.array(column.dictionary.to_pylist(), object)
        rank = np.empty(len(names), np.int64)
        rank[np.argsort(names)] = np.arange(len(names))
        key = key * len(names) + rank[column.indices.to_numpy(zero_copy_only=False)]
    times = rows["observed_at"].chunk(0).cast(pa.int64()).to_numpy(zero_copy_only=False)
    order = np.lexsort((times, key))
    return order, int(np.count_nonzero(np.diff(key[order]))) + 1
