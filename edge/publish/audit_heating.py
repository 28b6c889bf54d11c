"""The auditor's rules for what makes the heat: numbers of generators by cell, carrier and kind.

A number says of a building what it has, not how much. So what counts is whom all numbers of all
releases together set apart: those with one history of cells, carriers and kinds. Each number and
each difference is of some of these sets, whole; where each has k buildings, none is of fewer.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from edge.publish.finding import Finding

_KIND = {
    "": "übrige und nicht bekannte", "boiler": "Heizkessel", "condensing": "Brennwertkessel",
    "heat_pump": "Wärmepumpe", "station": "Hausübergabestation", "stove": "Einzelofen",
    "storage_heater": "Nachtspeicherheizung", "other": "sonstige",
}  # fmt: skip


def told_by_counts(
    blocks: Mapping[int, int], told: Mapping[int, Sequence[tuple[int, str]]], k: int
) -> Iterator[Finding]:
    """Yield sets of too few buildings that numbers of all releases set apart.

    ``blocks``: the node of cells and carriers that a building came to, which those of one history
    share; ``told``: the releases in which its kind was told otherwise, and how.
    """
    alike = Counter((node, tuple(told.get(building, ()))) for building, node in blocks.items())
    least = min(alike.values(), default=k)
    if least < k:  # which ones is not said: a finding may be shown to anybody
        yield Finding("alle Ausgaben", f"Zahlen von Wärmeerzeugern heben {least} Gebäude heraus")


def audit_generators(
    connection: sqlite3.Connection, kinds: Mapping[tuple[str, str, str], int], k: int
) -> Iterator[Finding]:
    """Yield every row that is not the number of buildings of a cell, a carrier (in words), a kind.

    ``kinds``: how many there are.
    """
    left = {(cell, carrier, _KIND.get(kind, kind)): n for (cell, carrier, kind), n in kinds.items()}
    for cell, carrier, kind, count in connection.execute(
        "SELECT bereich, traeger, art, anzahl FROM erzeuger"
    ):
        where = f"erzeuger[bereich={cell}, traeger={carrier}, art={kind}]"
        right = left.pop((cell, carrier, kind), 0)
        if right < k:
            yield Finding(where, f"ruht auf {right} Gebäuden; nötig sind {k}")
        if count != right:
            yield Finding(f"{where}.anzahl", f"sagt {count}, es sind aber {right}")
    for cell, carrier, kind in sorted(left):
        yield Finding(f"erzeuger[bereich={cell}, traeger={carrier}, art={kind}]", "fehlt")
