"""What is lost by faults in how communal heat is run, in village.db. Use `VillageStore`.

The newest verdict of each meter, as JSON of `edge.heat.faults.fault`: it is shown as it is, and
made anew from the readings whenever somebody looks for faults.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.store.connection import Connection


@dataclass(frozen=True, slots=True)
class KeptVerdict:
    """What was found of a meter, looked for at ``at`` (ms since 1970, UTC).

    ``text`` is JSON; empty where nothing could be looked for, and ``why`` then says so in German.
    """

    meter: str
    at: int
    text: str
    why: str = ""


class HeatFaults:
    """The part of village.db that keeps verdicts; use `VillageStore`.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def keep_verdicts(self, verdicts: list[KeptVerdict]) -> None:
        """Keep what was found of all meters, in the place of all that was."""
        with self.connection.transaction() as driver:
            driver.execute("DELETE FROM heat_verdict")
            driver.executemany(
                "INSERT INTO heat_verdict (meter, at, text, why) VALUES (?, ?, ?, ?)",
                [(one.meter, one.at, one.text, one.why) for one in verdicts],
            )

    def heat_verdicts(self) -> list[KeptVerdict]:
        """Return what is kept, by meter."""
        rows = self.connection.rows("SELECT meter, at, text, why FROM heat_verdict ORDER BY meter")
        return [KeptVerdict(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns


_V1 = (
    """
    CREATE TABLE heat_verdict (
      meter TEXT PRIMARY KEY,
      at INTEGER NOT NULL,
      text TEXT NOT NULL,
      why TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
)

MIGRATIONS = {"faults_0001_verdicts": _V1}
