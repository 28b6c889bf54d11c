"""Which releases of open data the county was told, in village.db. Use `edge.store.village`."""

from __future__ import annotations

from dataclasses import dataclass

from edge.store.connection import Connection, Driver


@dataclass(frozen=True, slots=True)
class ToldRelease:
    """What was told last of a cube. An empty ``digest``: that nothing of it is published any more.

    ``declaration`` is its certificate's, ``size`` the bytes that travelled, ``at`` when (ms).
    """

    number: int
    digest: bytes
    declaration: str
    size: int
    at: int


def note_release(driver: Driver, cube: str, told: ToldRelease) -> None:
    """Note what was told of a cube, instead of what was told before."""
    driver.execute(
        "INSERT OR REPLACE INTO open_data_told (cube, number, digest, declaration, size, at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (cube, told.number, told.digest, told.declaration, told.size, told.at),
    )


def told_releases(connection: Connection) -> dict[str, ToldRelease]:
    """Return what was told last, by cube."""
    rows = connection.rows(
        "SELECT cube, number, digest, declaration, size, at FROM open_data_told ORDER BY cube"
    )
    return {str(cube): ToldRelease(*told) for cube, *told in rows}  # type: ignore[arg-type]  # STRICT


_V1 = (
    """
    CREATE TABLE open_data_told (
      cube TEXT PRIMARY KEY NOT NULL,
      number INTEGER NOT NULL,
      digest BLOB NOT NULL,
      declaration TEXT NOT NULL,
      size INTEGER NOT NULL,
      at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
)

MIGRATIONS = {"open_0001_told": _V1}
