"""What is lost by faults in how communal heat is run, in village.db. Use `VillageStore`.

The newest verdict of each meter, as JSON of `edge.heat.faults.fault`: it is shown as it is, and
made anew from the readings each morning, or whenever somebody looks for faults. Of each fault is
kept when it was found first and last, and since when it is not found any more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edge.store.connection import Connection

ENDED_KEPT_MS = 400 * 86_400_000


@dataclass(frozen=True, slots=True)
class KeptVerdict:
    """What was found of a meter, looked for at ``at`` (ms since 1970, UTC).

    ``text`` is JSON; empty where nothing could be looked for, and ``why`` then says so in German.
    With both, looking failed at ``at`` as ``why`` says, and ``text`` is what was found before.
    """

    meter: str
    at: int
    text: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class KeptFault:
    """A fault of a meter, by its kind: found first, found last, not found any more (or None).

    ms since 1970, UTC. Found again later it is another one.
    """

    meter: str
    kind: str
    first_at: int
    last_at: int
    ended_at: int | None


class HeatFaults:
    """The part of village.db that keeps verdicts; use `VillageStore`.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def keep_verdicts(self, verdicts: list[KeptVerdict]) -> None:
        """Keep what was found of all meters, in the place of all that was.

        A fault that is not found any more ended, one that cannot be judged now goes on. The same
        again changes nothing.
        """
        with self.connection.transaction() as driver:
            driver.execute("DELETE FROM heat_verdict")
            driver.executemany(
                "INSERT INTO heat_verdict (meter, at, text, why) VALUES (?, ?, ?, ?)",
                [(one.meter, one.at, one.text, one.why) for one in verdicts],
            )
            known = {
                (str(meter), str(kind)): int(str(number))
                for number, meter, kind in driver.execute(
                    "SELECT number, meter, kind FROM heat_fault WHERE ended_at IS NULL"
                )
            }
            unsure = {one.meter for one in verdicts if one.why or not one.text}
            held = {key for key in known if key[0] in unsure}
            for one in verdicts:
                if one.meter in unsure:
                    continue
                verdict: Mapping[str, Any] = json.loads(one.text)
                held |= {(one.meter, each["kind"]) for each in verdict["unjudged"]}
                for kind in {each["kind"] for each in verdict["faults"]}:
                    held.add((one.meter, kind))
                    driver.execute(
                        "INSERT INTO heat_fault (number, meter, kind, first_at, last_at)"
                        " VALUES (?1, ?2, ?3, ?4, ?4) ON CONFLICT (number) DO UPDATE"
                        " SET last_at = max(last_at, excluded.last_at)",
                        (known.get((one.meter, kind)), one.meter, kind, one.at),
                    )
            at = max((one.at for one in verdicts), default=0)
            driver.executemany(
                "UPDATE heat_fault SET ended_at = max(last_at, ?) WHERE number = ?",
                [(at, number) for key, number in known.items() if key not in held],
            )
            driver.execute("DELETE FROM heat_fault WHERE ended_at < ?", (at - ENDED_KEPT_MS,))

    def heat_verdicts(self) -> list[KeptVerdict]:
        """Return what is kept, by meter."""
        rows = self.connection.rows("SELECT meter, at, text, why FROM heat_verdict ORDER BY meter")
        return [KeptVerdict(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def heat_faults(self) -> list[KeptFault]:
        """Return all faults that are kept, the newest first."""
        rows = self.connection.rows(
            "SELECT meter, kind, first_at, last_at, ended_at FROM heat_fault"
            " ORDER BY coalesce(ended_at, last_at) DESC, meter, kind"
        )
        return [KeptFault(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns


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

_V2 = (
    """
    CREATE TABLE heat_fault (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      meter TEXT NOT NULL,
      kind TEXT NOT NULL,
      first_at INTEGER NOT NULL,
      last_at INTEGER NOT NULL CHECK (last_at >= first_at),
      ended_at INTEGER CHECK (ended_at >= last_at)
    ) STRICT
    """,
    "CREATE UNIQUE INDEX heat_fault_once ON heat_fault (meter, kind) WHERE ended_at IS NULL",
)

MIGRATIONS = {"faults_0001_verdicts": _V1, "faults_0002_findings": _V2}
