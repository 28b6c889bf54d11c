"""The four standard questions on a hundred million rows, beside DuckDB and Polars on its files.

    python -m tests.benchmarks.county_questions build FOLDER --rows 100000000
    python -m tests.benchmarks.county_questions ask FOLDER         # needs the extra `bench`

`build` commits a month of readings of 120 hubs, each shifted by its own number, and sorts them as
upkeep does. `ask` runs the questions several times with each engine in turn, each in a process
of its own, and stops if two answers differ in anything but a float's last bits. Printed are seconds
of the clock on the wall and processor seconds of all threads, the least of all runs.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from sync import columns
from sync.county import rows, upkeep
from sync.county.lake import Entry, Lake, Stream
from tests.benchmarks.village_month import readings

HUBS = 120
QUESTIONS = ("hubs", "hourly", "week", "top")
_MEASURED = {
    "energy_kwh": "energy",
    "volume_m3": "volume",
    "flow_temperature_degc": "flow_temperature",
    "return_temperature_degc": "return_temperature",
}
_WEEK = ("mbus:KAM-70000333-27-04", "2025-01-02", "2025-01-09")


def build(folder: Path, wanted: int) -> None:
    lake = Lake(folder)
    lake.create()
    parts = []
    sources = readings("month")
    for start in range(0, len(sources), 40):  # as many as one body holds
        found = rows.decode(columns.encode(sources[start : start + 40])).named(_MEASURED)
        if found is None:
            raise AssertionError("a quantity without a name")
        parts.append(found)
    whole = sum(len(part) for part in parts) * HUBS
    until = _cut(parts, wanted / whole)
    begun = time.perf_counter()
    for first in range(0, HUBS, 8):
        batch = {}
        for number in range(first, first + 8):
            hub = f"{number * 0x9E3779B97F4A7C15 % (1 << 64):016x}"
            batch[Stream(hub, "0" * 16)] = [
                Entry(seq, _moved(part, number, until)) for seq, part in enumerate(parts, 1)
            ]
        lake.commit(batch)
    done = time.perf_counter()
    upkeep.compact(lake, everything=True)
    upkeep.vacuum(lake, keep_hours=0)
    size = sum(file.stat().st_size for file in folder.rglob("*.parquet"))
    answer = {
        "rows": lake.rows(),
        "commit_s": round(done - begun, 1),
        "sort_s": round(time.perf_counter() - done, 1),
        "bytes_a_row": round(size / lake.rows(), 2),
        "files": len(lake.open().file_uris()),
    }
    sys.stdout.write(json.dumps(answer) + "\n")


def _cut(parts: list[rows.Rows], share: float) -> int:
    times = np.concatenate([part.at_ms for part in parts])
    return int(np.quantile(times, min(1.0, share)))


def _moved(part: rows.Rows, number: int, until: int) -> rows.Rows:
    kept = part.at_ms <= until
    counters = np.isin(
        part.quantity[kept], [part.quantities.index(n) for n in ("energy", "volume")]
    )
    shift = np.where(counters, float(number), 0.1 * (number % 7))
    return replace(
        part,
        device=part.device[kept],
        quantity=part.quantity[kept],
        at_ms=part.at_ms[kept] + number * 1000,
        quality=part.quality[kept],
        value=np.round(part.value[kept] + shift, 3),
    )


def daft_answers(folder: Path) -> dict[str, Callable[[], list[tuple[Any, ...]]]]:
    from sync.county import query, questions  # noqa: PLC0415 - one engine a process
    from sync.county.settings import Engine  # noqa: PLC0415

    query.use(Engine())
    device, begin, until = _WEEK
    week = questions.Asked(
        device=device,
        quantity="energy",
        begin=questions.moment(begin),
        until=questions.moment(until),
    )

    def run(name: str) -> Callable[[], list[tuple[Any, ...]]]:
        asked = week if name == "week" else questions.Asked()
        return lambda: [
            tuple(row.values())
            for row in questions.QUESTIONS[name](query.frame(folder), asked).to_pylist()
        ]

    return {name: run(name) for name in questions.QUESTIONS}


def duckdb_answers(folder: Path) -> dict[str, Callable[[], list[tuple[Any, ...]]]]:
    import duckdb  # noqa: PLC0415

    base = duckdb.connect()
    base.execute("SET TimeZone = 'UTC'")
    base.execute(
        f"CREATE VIEW readings AS SELECT * FROM read_parquet({_files(folder)!r},"
        " hive_partitioning = true)"
    )
    device, begin, until = _WEEK
    asked = {
        "hubs": "SELECT hub, quantity, count(*), min(observed_at), max(observed_at), sum(value),"
        " avg(value) FROM readings GROUP BY ALL ORDER BY 1, 2",
        "hourly": "SELECT date_trunc('hour', observed_at) AS h, quantity, count(*), min(value),"
        " avg(value), max(value) FROM readings GROUP BY ALL ORDER BY 1, 2",
        "week": "SELECT hub, observed_at, value, time_quality FROM readings"
        f" WHERE device = '{device}' AND quantity = 'energy' AND month = 202501"
        f" AND observed_at >= '{begin}' AND observed_at < '{until}' ORDER BY 1, 2",
        "top": "WITH used AS (SELECT date_trunc('day', observed_at) AS day, hub, device,"
        " max(value) - min(value) AS used FROM readings WHERE quantity = 'energy' GROUP BY ALL)"
        " SELECT day, row_number() OVER (PARTITION BY day ORDER BY used DESC, hub, device) AS n,"
        " hub, device, used FROM used QUALIFY n <= 20 ORDER BY 1, 2",
    }
    return {name: lambda text=text: base.execute(text).fetchall() for name, text in asked.items()}


def polars_answers(folder: Path) -> dict[str, Callable[[], list[tuple[Any, ...]]]]:
    import polars as pl  # noqa: PLC0415

    scan = pl.scan_parquet(_files(folder), hive_partitioning=True)
    col = pl.col
    device, begin, until = (_WEEK[0], *map(np.datetime64, _WEEK[1:]))
    first, last = (
        pl.lit(moment.astype("datetime64[us]").item()).dt.replace_time_zone("UTC")
        for moment in (begin, until)
    )
    used = (
        scan.filter(col("quantity") == "energy")
        .group_by(col("observed_at").dt.truncate("1d").alias("day"), "hub", "device")
        .agg((col("value").max() - col("value").min()).alias("used"))
        .sort(["day", "used", "hub", "device"], descending=[False, True, False, False])
        .with_columns(n=pl.int_range(1, pl.len() + 1).over("day"))
        .filter(col("n") <= 20)
        .select("day", "n", "hub", "device", "used")
    )
    asked = {
        "hubs": scan.group_by("hub", "quantity")
        .agg(
            pl.len(),
            col("observed_at").min().alias("first"),
            col("observed_at").max().alias("last"),
            col("value").sum().alias("sum"),
            col("value").mean().alias("mean"),
        )
        .sort("hub", "quantity"),
        "hourly": scan.group_by(col("observed_at").dt.truncate("1h").alias("hour"), "quantity")
        .agg(
            pl.len(),
            col("value").min().alias("low"),
            col("value").mean().alias("mean"),
            col("value").max().alias("high"),
        )
        .sort("hour", "quantity"),
        "week": scan.filter(
            (col("device") == device)
            & (col("quantity") == "energy")
            & (col("observed_at") >= first)
            & (col("observed_at") < last)
        )
        .select("hub", "observed_at", "value", "time_quality")
        .sort("hub", "observed_at"),
        "top": used,
    }
    return {
        name: lambda plan=plan: plan.collect(engine="streaming").rows()
        for name, plan in asked.items()
    }


ENGINES = {"daft": daft_answers, "duckdb": duckdb_answers, "polars": polars_answers}


def _files(folder: Path) -> list[str]:
    return Lake(folder).open().file_uris()


def run_one(folder: Path, engine: str, names: Sequence[str]) -> None:
    """Print a JSON line for each question: its seconds, processor seconds, and the answer."""
    asked = ENGINES[engine](folder)
    for name in names:
        wall, cpu = time.perf_counter(), time.process_time()
        answer = asked[name]()
        seconds = time.perf_counter() - wall, time.process_time() - cpu
        said = [[_plain(value) for value in row] for row in answer]
        sys.stdout.write(json.dumps([name, *seconds, said]) + "\n")
    sys.stdout.flush()
    from sync.county.query import leave  # noqa: PLC0415

    leave()


def _plain(value: object) -> object:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _same(rows_of_one: list[list[Any]], rows_of_other: list[list[Any]]) -> bool:
    def alike(one: Any, other: Any) -> bool:
        if isinstance(one, float):
            return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
        return bool(one == other)

    return len(rows_of_one) == len(rows_of_other) and all(
        len(one) == len(other) and all(map(alike, one, other))
        for one, other in zip(rows_of_one, rows_of_other, strict=True)
    )


def ask_all(folder: Path, engines: Sequence[str], names: Sequence[str], runs: int) -> None:
    first: dict[str, list[list[Any]]] = {}
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for _ in range(runs):
        for engine in engines:  # in turn: what else the machine does meets them all
            done = subprocess.run(
                [
                    *(sys.executable, "-m", __spec__.name, "one", str(folder)),
                    *("--engines", engine, "--questions", *names),
                ],
                capture_output=True,
                text=True,
                check=True,
            )
            for name, wall_s, cpu_s, answer in map(json.loads, done.stdout.splitlines()):
                if not _same(first.setdefault(name, answer), answer):
                    raise AssertionError(f"{engine} answers {name} differently")
                found.setdefault((name, engine), []).append((wall_s, cpu_s))
    for (name, engine), times in sorted(found.items()):
        answer = {
            "question": name,
            "engine": engine,
            "best_s": round(min(wall_s for wall_s, _ in times), 2),
            "best_cpu_s": round(min(cpu_s for _, cpu_s in times), 2),
            "rows": len(first[name]),
        }
        sys.stdout.write(json.dumps(answer) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["build", "ask", "one"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--engines", nargs="+", choices=list(ENGINES), default=list(ENGINES))
    parser.add_argument("--questions", nargs="+", choices=QUESTIONS, default=QUESTIONS)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    if asked.what == "build":
        build(asked.folder, asked.rows)
    elif asked.what == "ask":
        ask_all(asked.folder, asked.engines, asked.questions, asked.runs)
    else:
        run_one(asked.folder, asked.engines[0], asked.questions)


if __name__ == "__main__":
    main()
