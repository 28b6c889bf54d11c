"""A table as a Parquet file. The library is the county's extra."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from edge.cadastre.tables import DataTable

_TYPES = {"text": pa.string(), "number": pa.float64(), "integer": pa.int64()}


def write_parquet(path: Path, table: DataTable) -> None:
    """Write ``table``; its columns carry their German names and units.

    :raises OSError: if it cannot be written.
    """
    schema = pa.schema(
        [
            pa.field(
                one.name,
                _TYPES[one.kind],
                metadata={"title": one.german, "unit": one.unit, "description": one.meaning},
            )
            for one in table.columns
        ],
        metadata={"title": table.title, "description": table.description},
    )
    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.columns)
    arrays = [pa.array(cells, field.type) for cells, field in zip(columns, schema, strict=True)]
    pq.write_table(pa.table(arrays, schema=schema), path)
