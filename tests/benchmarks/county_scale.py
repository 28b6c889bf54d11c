"""The county's figures: verified rows a second, bytes a row, and how both grow.

    python -m tests.benchmarks.county_scale round --hubs 120 --meters 200 --pieces 1
    python -m tests.benchmarks.county_scale table --hubs 1 10 120 --meters 4 --days 365

`round` seals a day of every hub, then times what a pull round does with the bundles: manifest,
signatures, chain, rows, one commit of all positions. Beside it, in the same run, stand pyarrow's
plain write of the same rows and, of a share, rows built one by one from `sync.columns.decode`.
Rates are rows a second of processor time of all threads; `wall` is what a clock says. `table`
does it for each of ``--hubs`` over 1, 30 and 365 days. A row is one value.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sync import bundle, columns
from sync.county import upkeep
from sync.county.config import CountyConfig
from sync.county.intake import stage, verify
from sync.county.lake import Entry, Lake, Stream
from sync.segment import Segment
from tests.benchmarks.county_hubs import Village
from tests.benchmarks.village_month import T0, readings
from tests.peak import peak_kib

_FEW = 20  # segments of which rows are built one by one


def villages(hubs: int, meters: int) -> list[Village]:
    month = readings("month", meters=meters)
    return [Village(number, month, T0) for number in range(hubs)]


class Bench:
    """A lake and the folder of the bundles that reach it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lake = Lake(folder / "lake")
        self.lake.create()
        self.config = CountyConfig(folder / "county.toml", "Kreis", folder)
        self.rows = self.segments = self.travelled = 0
        self.verify_s = self.commit_s = 0.0  # processor time of all threads
        self.wall_s = 0.0

    def round(self, bundles: Sequence[tuple[Village, Path, int]]) -> None:
        """Do with one bundle of each hub what a pull does, in one commit."""
        wall, begun = time.perf_counter(), time.process_time()
        batch: dict[Stream, list[Entry]] = {}
        for village, file, position in bundles:
            stream = Stream(village.id, village.epoch.hex())
            segments = verify(
                file,
                hub=village.identity.name,
                epoch=stream.epoch,
                position=position,
                known=lambda seq: None,  # noqa: ARG005
            )
            batch.setdefault(stream, []).extend(stage(self.config, stream, segments, {}).entries)
            self.travelled += file.stat().st_size
        self.verify_s += time.process_time() - begun
        begun = time.process_time()
        done = self.lake.commit(batch)
        self.commit_s += time.process_time() - begun
        self.wall_s += time.perf_counter() - wall
        if len(done.positions) != len({v.id for v, _, _ in bundles}):
            raise AssertionError("a hub's position is missing")
        self.rows += done.rows
        self.segments += done.segments

    def bytes_a_row(self) -> float:
        files = self.lake.open().get_add_actions(flatten=True)
        return sum(pa.table(files)["size_bytes"].to_pylist()) / max(1, self.rows)


def bundles_of(
    folder: Path, hubs: Sequence[Village], day: int, pieces: int
) -> Iterator[tuple[Village, Path, int, list[Segment]]]:
    for village in hubs:
        position = village.seq
        segments = list(village.day(day, pieces=pieces))
        file = folder / f"{village.number}.dhb"
        file.write_bytes(bundle.pack(segments))
        yield village, file, position, segments


def one_body(
    folder: Path, hubs: Sequence[Village], day: int
) -> Iterator[tuple[Village, Path, int]]:
    """Write the same readings of every hub: sealing takes less time than reading then."""
    (first,) = hubs[0].day(day)
    span = first.header.first_ms, first.header.last_ms
    for village in hubs:
        made = first
        if village is not hubs[0]:
            made = village.take(first.body, first.header.count, *span)
        file = folder / f"{village.number}.dhb"
        file.write_bytes(bundle.pack([made]))
        yield village, file, made.header.seq - 1


def one_by_one(segments: Sequence[Segment]) -> float:
    """Return rows a second of building them as Python objects: how it was done before."""
    begun = time.process_time()
    count = 0
    for one in segments:
        for source in columns.decode(one.body):
            for column in source.columns.values():
                kept = [n for n, value in enumerate(column) if value is not None]
                pa.array([source.device] * len(kept))
                pa.array([source.times_ms[n] for n in kept], pa.timestamp("ms", tz="UTC"))
                pa.array([column[n] for n in kept], pa.float64())
                count += len(kept)
    return count / (time.process_time() - begun)


def measure_round(hubs: int, meters: int, pieces: int, days: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="county") as name:
        folder = Path(name)
        bench = Bench(folder)
        all_hubs = villages(hubs, meters)
        few: list[Segment] = []
        for day in range(days):
            made = list(bundles_of(folder, all_hubs, day, pieces))
            few = [segment for *_, segments in made for segment in segments][:_FEW]
            bench.round([(village, file, at) for village, file, at, _ in made])
        table = bench.lake.open().to_pyarrow_table()
        begun = time.process_time()
        pq.write_table(table, folder / "plain.parquet", compression="zstd")
        plain_s = time.process_time() - begun
        plain = (folder / "plain.parquet").stat().st_size / table.num_rows
        loose = bench.bytes_a_row()
        begun = time.process_time()
        upkeep.compact(bench.lake, everything=True)
        sort_s = time.process_time() - begun
        total_s = bench.verify_s + bench.commit_s
        return {
            "hubs": hubs,
            "days": days,
            "rows": bench.rows,
            "segments": bench.segments,
            "wall_rows_a_second": round(bench.rows / bench.wall_s),
            "rows_a_second": round(bench.rows / total_s),
            "verified_rows_a_second": round(bench.rows / bench.verify_s),
            "committed_rows_a_second": round(bench.rows / bench.commit_s),
            "pyarrow_plain_rows_a_second": round(table.num_rows / plain_s),
            "one_by_one_rows_a_second": round(one_by_one(few)),
            "bytes_a_row_on_the_line": round(bench.travelled / bench.rows, 3),
            "bytes_a_row_committed": round(loose, 2),
            "bytes_a_row_sorted": round(bench.bytes_a_row(), 2),
            "bytes_a_row_pyarrow_plain": round(plain, 2),
            "sorted_rows_a_second": round(bench.rows / sort_s),
            "peak_mb": peak_kib() * 1024 // 1_000_000,
        }


def measure_growth(
    counts: Sequence[int], meters: int, most_days: int
) -> Iterator[dict[str, object]]:
    """Yield processor seconds for each number of hubs and days; a round a day, upkeep a month."""
    for hubs in counts:
        with tempfile.TemporaryDirectory(prefix="county") as name:
            folder = Path(name)
            bench, all_hubs, compact_s = Bench(folder), villages(hubs, meters), 0.0
            for day in range(most_days):
                bench.round(list(one_body(folder, all_hubs, day)))
                if day + 1 in (1, 30, 365) or (day + 1) % 30 == 0:
                    begun = time.process_time()
                    upkeep.compact(bench.lake)
                    compact_s += time.process_time() - begun
                if day + 1 in (1, 30, 365):
                    yield {
                        "hubs": hubs,
                        "days": day + 1,
                        "rows": bench.rows,
                        "verify_s": round(bench.verify_s, 2),
                        "commit_s": round(bench.commit_s, 2),
                        "upkeep_s": round(compact_s, 2),
                        "files": len(bench.lake.open().file_uris()),
                    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["round", "table"])
    parser.add_argument("--hubs", type=int, nargs="+", default=[120])
    parser.add_argument("--meters", type=int, default=200)
    parser.add_argument("--pieces", type=int, default=1)
    parser.add_argument("--days", type=int, default=1)
    asked = parser.parse_args()
    if asked.what == "round":
        answers: Iterator[dict[str, object]] = iter(
            [measure_round(hubs, asked.meters, asked.pieces, asked.days) for hubs in asked.hubs]
        )
    else:
        answers = measure_growth(asked.hubs, asked.meters, asked.days)
    for answer in answers:
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
