"""How long it takes to aggregate and check what a county may publish of its heat.

    python -m tests.benchmarks.heat_publication --buildings 100000

Blocks of 25 houses, street sections of 10 between them, five carriers; some large buildings. Prints
one JSON object: seconds of reading, of forming cells, of writing the file, of the auditor; the same
of a second release after a new year, when everything was estimated anew and some built and gone.
With `--no-heating` the shares are those of versions that told no generators.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.config import load
from edge.publish import build as build_module
from edge.publish.build_plan import build_plan
from edge.store.village import VillageStore
from edge.store.village_heat_runs import EstimateRow
from tests.peak import peak_kib

HEATINGS = ("condensing", "condensing", "boiler", "boiler", "heat_pump", "station", "")
CARRIERS = ("gas", "gas", "gas", "oil", "oil", "wood", "electricity", "district", "")


def furnish(village: VillageStore, count: int, rng: random.Random, *, heating: bool) -> None:
    """Write buildings and places as the cadastre's intake does, only quicker."""
    with village.connection.transaction() as driver:
        blocks, sections = count // 25 + 1, count // 10 + 1
        driver.executemany(
            "INSERT INTO heat_place (place, kind, name) VALUES (?, ?, ?)",
            [
                *((n + 1, "block", f"Block {n}") for n in range(blocks)),
                *((blocks + n + 1, "section", f"Straße {n}") for n in range(sections)),
            ],
        )
        driver.executemany(
            "INSERT INTO heat_fact (place, name, number, source, method, day, said_at)"
            " VALUES (?, ?, ?, 'x', 2, '2026-01-01', 1)",
            [
                *((n + 1, "hectares", 1.5) for n in range(blocks)),
                *((blocks + n + 1, "length", 120.0) for n in range(sections)),
            ],
        )
        driver.executemany(
            "INSERT INTO heat_building (building, ref, address_key, address, municipality, block,"
            " section, few, single, created_at) VALUES (?1, ?2, ?2, ?2, '', ?3, ?4, 0, 0, 1)",
            [
                (
                    *(n + 1, f"r{n}", n // 25 + 1),
                    blocks + 1 + min(sections - 1, n // 10 + rng.choice((0, 0, 0, 1, 2))),
                )
                for n in range(count)
            ],
        )
        for name, words in (
            ("carrier", CARRIERS),
            ("type", ("EFH", "EFH", "RH", "MFH")),
            ("heating", HEATINGS if heating else ()),
        ):
            if not words:
                continue
            driver.executemany(
                "INSERT INTO heat_fact (building, name, word, source, method, day, said_at)"
                " VALUES (?, ?, ?, 'x', 2, '2026-01-01', 1)",
                [(n + 1, name, word) for n in range(count) if (word := rng.choice(words))],
            )
        driver.executemany(
            "INSERT INTO heat_fact (building, name, number, source, method, day, said_at)"
            " VALUES (?, 'year_built', ?, 'x', 2, '2026-01-01', 1)",
            [(n + 1, float(rng.randint(1850, 2024))) for n in range(count)],
        )


def estimate(village: VillageStore, count: int, rng: random.Random) -> None:
    amounts = (
        rng.uniform(8, 45) if rng.random() < 0.9 else rng.lognormvariate(4.5, 0.7)
        for _ in range(count)
    )
    village.keep_run(
        1,
        "made up",
        (0, 0),
        [
            EstimateRow(n, 1000 * mwh, 1000 * mwh, 1000 * mwh, "typology")
            for n, mwh in enumerate(amounts, start=1)
        ],
        [],
    )


def measure(count: int, *, heating: bool = True) -> dict[str, float]:
    """Publish twice; return seconds and what came of it."""
    rng = random.Random(1)
    found: dict[str, float] = {"buildings": count}
    spent = {"check": 0.0}
    audit = build_module.audit

    def timed(*given: object, **named: object) -> object:
        begin = time.process_time()
        try:
            return audit(*given, **named)  # type: ignore[arg-type]
        finally:
            spent["check"] = time.process_time() - begin

    build_module.audit = timed  # type: ignore[assignment]
    try:
        with TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "hub.toml").write_text('[hub]\nname = "x"\nvillage = "y"\n')
            config = load(folder / "hub.toml")
            config.hub.state.mkdir()
            with VillageStore(config.hub.village_db) as village:
                furnish(village, count, rng, heating=heating)
            for year in (2026, 2027):
                with VillageStore(config.hub.village_db) as village:
                    estimate(village, count, rng)
                    if year == 2027:
                        with village.connection.transaction() as driver:
                            driver.execute(
                                "UPDATE heat_building SET gone_at = 1 WHERE building % 97 = 0"
                            )
                begin, cpu = time.perf_counter(), time.process_time()
                done = build_plan(config, config.hub.public, datetime(year, 6, 1, tzinfo=UTC))
                whole, cpu = time.perf_counter() - begin, time.process_time() - cpu
                found |= {
                    f"seconds_{year}": round(whole, 2),
                    f"cpu_seconds_{year}": round(cpu, 2),
                    f"check_cpu_seconds_{year}": round(spent["check"], 2),
                    f"shown_{year}": done.buildings,
                    f"waiting_{year}": done.waiting,
                    f"left_out_{year}": done.left_out,
                    f"blocks_{year}": done.published.rows.get("block", 0),
                    f"sections_{year}": done.published.rows.get("abschnitt", 0),
                    f"carriers_{year}": done.published.rows.get("traeger", 0),
                    f"generators_{year}": done.published.rows.get("erzeuger", 0),
                }
    finally:
        build_module.audit = audit
    found["peak_mb"] = round(peak_kib() / 1024)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--buildings", type=int, default=1000)
    parser.add_argument("--no-heating", action="store_true", help="nobody said what makes the heat")
    given = parser.parse_args()
    print(json.dumps(measure(given.buildings, heating=not given.no_heating), indent=1))  # noqa: T201
