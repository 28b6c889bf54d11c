"""A copy of the cadastre to try a table on: what the real run would say, with nothing written.

Only the cadastre's tables and the list of households' meters are copied, so that nobody waits for
the lock and no copy of readings lies about. It is gone with the folder.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.store.village import VillageStore

_TABLES = (  # what triggers look into comes first, but for the meters that they would refuse
    "heat_import", "heat_place", "heat_building", "heat_fact", "heat_group", "heat_group_member",
    "heat_year", "heat_meter", "heat_street", "admitted_meter",
)  # fmt: skip


@contextmanager
def rehearsal(village: VillageStore) -> Iterator[VillageStore]:
    """Open a copy of the cadastre."""
    with (
        tempfile.TemporaryDirectory(prefix="dorfhub-") as folder,
        VillageStore(Path(folder) / "village.db") as copy,
    ):
        with copy.connection.transaction() as driver:
            driver.execute("PRAGMA defer_foreign_keys = ON")  # a place's parent may come later
            for table in _TABLES:
                rows = village.connection.rows(f"SELECT * FROM {table}")  # noqa: S608  # constant
                if rows:
                    marks = ", ".join("?" * len(rows[0]))
                    driver.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608
        yield copy
