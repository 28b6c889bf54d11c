"""Villages that the real builder publishes, and all that an attacker then has: files, and a map.

Whoever attacks knows which building stands where and under which carrier it counts (the ledger's
cells), kept every file, and has HiGHS. Amounts are what is attacked.
"""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from scipy.optimize import linprog

from edge.config import Config, load
from edge.publish.build_plan import build_plan
from edge.publish.share import Part
from edge.store.village import VillageStore
from edge.store.village_heat_runs import EstimateRow
from tests.made_plan import later, village

WITHIN = 0.15


def hub(folder: Path) -> Config:
    (folder / "hub.toml").write_text('[hub]\nname = "x"\nvillage = "y"\n')
    config = load(folder / "hub.toml")
    config.hub.state.mkdir()
    return config


def tell(config: Config, parts: Sequence[Part], year: int) -> None:
    """Let the cadastre be as ``parts`` are; addresses are words that are easily found."""
    with VillageStore(config.hub.village_db) as village_db:
        with village_db.connection.transaction() as driver:
            for kind, places in (
                ("block", {one.block for one in parts}),
                ("section", {one.section for one in parts}),
            ):
                driver.executemany(
                    "INSERT OR IGNORE INTO heat_place (place, kind, name, geometry)"
                    " VALUES (?, ?, ?, ?)",
                    [
                        (one, kind, f"{kind} {one}", outline(one, kind))
                        for one in sorted(places - {0})
                    ],
                )
            driver.executemany(
                "INSERT OR IGNORE INTO heat_building (building, ref, address_key, address,"
                " municipality, block, section, few, single, created_at, geometry)"
                " VALUES (?1, ?2, ?2, ?2, '', ?3, ?4, 0, 0, 1, ?5)",
                [
                    (
                        *(one.building, address(one.building)),
                        *(one.block or None, one.section or None, stands(one)),
                    )
                    for one in parts
                ],
            )
            here = ",".join(str(one.building) for one in parts)
            driver.execute(
                f"UPDATE heat_building SET gone_at = 2 WHERE building NOT IN ({here})"  # noqa: S608
            )
            driver.executemany(
                "INSERT INTO heat_fact (building, name, word, source, method, day, said_at)"
                " VALUES (?, ?, ?, 'x', 2, ?, 1)",
                [
                    (one.building, name, word, f"{year}-01-01")
                    for one in parts
                    for name, word in (("carrier", one.carrier), ("heating", one.heating))
                    if word
                ],
            )
        rows = [EstimateRow(one.building, one.kwh, one.kwh, one.kwh, "typology") for one in parts]
        village_db.keep_run(1, "made up", (0, 0), rows, [])


def address(building: int) -> str:
    return f"Kanarienweg {building}x"


def outline(place: int, kind: str) -> str | None:
    """Return where a block or a section lies, seven digits; every ninth has no outline."""
    if place % 9 == 0:
        return None
    west, south = _corner(place)
    east, north = round(west + 0.0012345, 7), round(south + 0.0006789, 7)
    if kind == "section":
        return json.dumps({"type": "LineString", "coordinates": [[west, south], [east, north]]})
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return json.dumps({"type": "Polygon", "coordinates": [ring]})


def stands(one: Part) -> str:
    """Return where a building stands: somewhere in its block."""
    west, south = _corner(one.block or one.section)
    at = [west + one.building % 7 * 0.0001713, south + one.building % 5 * 0.0001291]
    return json.dumps({"type": "Point", "coordinates": [round(x, 7) for x in at]})


def _corner(place: int) -> tuple[float, float]:
    return round(8.6 + place % 50 * 0.0013157, 7), round(50.5 + place // 50 % 99 * 0.0007331, 7)


@dataclass(frozen=True, slots=True)
class Seen:
    """One release: its file, and what the attacker knows of who is in it, under what, with kWh."""

    path: Path
    shown: dict[int, tuple[str, str, str, int]]  # block, section, carrier; kWh is the truth


def publish(config: Config, rng: random.Random, houses: int, releases: int) -> list[Seen]:
    """Publish a village year after year; return what was released, the files kept aside."""
    parts, found = village(rng, houses), []
    kept = config.hub.state / "kept"
    kept.mkdir()
    for number in range(releases):
        tell(config, parts, 2000 + number)
        done = build_plan(config, config.hub.public, datetime(2000 + number, 6, 1, tzinfo=UTC))
        if done.published.outcome == "published" and done.published.release is not None:
            path = kept / f"{number}.db"
            shutil.copy(done.published.release.path, path)
            found.append(Seen(path, ledger(config)))
        parts = later(rng, parts)
    return found


def ledger(config: Config) -> dict[int, tuple[str, str, str, int]]:
    with VillageStore(config.hub.village_db) as village_db:
        return {
            one.building: (one.block, one.section, one.carrier, one.kwh)
            for one in village_db.released()
            if one.block or one.section
        }


def rows_of(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


WORDS = {
    "": "übrige und nicht bekannte", "gas": "Erdgas", "oil": "Heizöl", "wood": "Holz",
    "electricity": "Strom", "district": "Wärmenetz",
}  # fmt: skip


def narrow(  # noqa: C901 - one linear program, from file to answer
    seen: Seen, which: Sequence[int], *, within: float = WITHIN
) -> list[int]:
    """Return which of these buildings the printed numbers of one file tell to ``within``."""
    names = sorted(seen.shown)
    members: dict[tuple[str, str], list[int]] = {}
    for number, one in enumerate(names):
        block, section, carrier, _ = seen.shown[one]
        for key in ((block, "*"), (block, WORDS[carrier]), (section, "§")):
            if key[0]:
                members.setdefault(key, []).append(number)
    printed: dict[tuple[str, str], object] = {}
    for table, word in (("block", "*"), ("abschnitt", "§")):
        for cell, mwh in rows_of(seen.path, f"SELECT bereich, waerme_mwh FROM {table}"):  # noqa: S608
            printed[str(cell), word] = mwh
    upper, right = [], []
    for cell, word, mwh, percent in rows_of(
        seen.path, "SELECT bereich, traeger, waerme_mwh, anteil_prozent FROM traeger"
    ):
        printed[str(cell), str(word)] = mwh
        part, whole = members[str(cell), str(word)], members[str(cell), "*"]
        for off, sign in ((0.5, 1), (-0.5, -1)):
            line = np.zeros(len(names))
            line[whole] -= float(str(percent)) + off
            line[part] += 100
            upper.append(sign * line)
            right.append(0.0)
    for key, mwh in printed.items():
        line = np.zeros(len(names))
        line[members[key]] = 1
        upper += [line, -line]
        right += [1000 * float(str(mwh)) + 500, 500 - 1000 * float(str(mwh))]
    found = []
    for one in which:
        truth = seen.shown[one][3]
        aim = np.zeros(len(names))
        aim[names.index(one)] = -1
        most = linprog(aim, A_ub=np.array(upper), b_ub=right, bounds=(0, None), method="highs")
        assert most.status in {0, 3}, most.message
        if most.status == 0 and -most.fun <= truth * (1 + within):
            found.append(one)
    return found


def largest(seen: Seen, count: int) -> list[int]:
    return sorted(seen.shown, key=lambda one: -seen.shown[one][3])[:count]
