"""The files that a state of the lake consists of, and their rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable
from pyarrow import dataset

from sync.county.parts import NAMES, SETTLED, STORED


@dataclass(frozen=True, slots=True)
class Held:
    """One file: where it is, how large, and which hubs it may have rows of."""

    path: str
    size: int
    rows: int
    month: int
    bucket: int
    first_hub: str
    last_hub: str

    @property
    def settled(self) -> bool:
        """Tell if upkeep has sorted its rows."""
        return self.path.rsplit("/", 1)[-1].startswith(SETTLED)


def held_files(table: DeltaTable) -> list[Held]:
    """Return the files of the table; only the log is read."""
    found = pa.table(table.get_add_actions(flatten=True)).to_pylist()
    return [
        Held(
            path=row["path"],
            size=row["size_bytes"],
            rows=row["num_records"],
            month=row["partition.month"],
            bucket=row["partition.bucket"],
            first_hub=row["min.hub"],
            last_hub=row["max.hub"],
        )
        for row in found
    ]


def read_rows(files: Any, held: Held, where: dataset.Expression | None = None) -> pa.Table:
    """Return the rows of a file, or those ``where``; names come as places in lists of names."""
    return pq.read_table(
        unquote(held.path),
        filesystem=files,
        filters=where,
        read_dictionary=list(NAMES),
        columns=STORED.names,
        partitioning=None,
    )
