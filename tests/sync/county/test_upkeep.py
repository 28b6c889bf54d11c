"""Compaction, erasure and vacuum of the real lake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from sync.columns import Source
from sync.county import rows, upkeep
from sync.county.files import held_files
from sync.county.lake import Entry, Lake, Rewritten, Stream

T0 = 1_795_000_000_000
STREAMS = [Stream(f"{n:x}" * 16, "e" * 16) for n in range(4)]


def entry(seq: int, devices: str = "CAB") -> Entry:
    times = [T0 + seq * 900_000, T0 + seq * 900_000 + 5]
    return Entry(
        seq,
        rows.of(
            [
                Source(
                    f"mbus:{name}", times, [4, 2], {"energy": [seq + 0.5, None], "volume": [1, 2]}
                )
                for name in devices
            ]
        ),
    )


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "lake")
    lake.create()
    for seq in range(1, 6):
        lake.commit({stream: [entry(seq)] for stream in STREAMS})
    return lake


def content(lake: Lake) -> list[tuple[Any, ...]]:
    table = DeltaTable(lake.path).to_pyarrow_table()
    return sorted(tuple(row.values()) for row in table.to_pylist())


def data_files(lake: Lake) -> list[Path]:
    return sorted(Path(lake.path).rglob("*.parquet"))


def holding(lake: Lake, text: bytes) -> list[Path]:
    return [
        file for file in Path(lake.path).rglob("*") if file.is_file() and text in file.read_bytes()
    ]


def test_compaction_leaves_sorted_files_and_the_same_rows(lake: Lake) -> None:
    before, positions = content(lake), lake.positions(STREAMS)
    done = upkeep.compact(lake)
    assert (done.partitions, done.files_before, done.files_after) == (4, 20, 4)
    assert done.rows == len(before)
    assert content(lake) == before
    assert lake.positions(STREAMS) == positions
    files = held_files(lake.open())
    assert all(file.settled for file in files)
    for file in files:
        table = (
            DeltaTable(lake.path)
            .to_pyarrow_dataset()
            .to_table(filter=None, columns=["hub", "device", "quantity", "observed_at"])
        )
        rows_of_hub = [r for r in table.to_pylist() if r["hub"] == file.first_hub]
        keys = [tuple(row.values()) for row in rows_of_hub]
        assert keys == sorted(keys)
    assert upkeep.compact(lake) == upkeep.Compacted()


def test_a_little_news_waits_beside_much_that_is_sorted(lake: Lake) -> None:
    upkeep.compact(lake)
    lake.commit({STREAMS[0]: [entry(6)]})
    assert upkeep.compact(lake).partitions == 0
    assert upkeep.compact(lake, everything=True).partitions == 1


def test_files_are_cut(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "FILE_ROWS", 10)
    before = content(lake)
    assert upkeep.compact(lake).files_after == 4 * 5  # 45 rows each
    assert content(lake) == before


def test_a_commit_during_compaction_is_kept(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    real = upkeep._sorted

    def meanwhile(*arguments: Any) -> Any:
        parts = list(real(*arguments))
        if lake.positions(STREAMS)[STREAMS[1]] == 5:
            lake.commit({STREAMS[1]: [entry(6)]})
        return parts

    monkeypatch.setattr(upkeep, "_sorted", meanwhile)
    before = len(content(lake))
    assert upkeep.compact(lake).partitions == 4
    assert len(content(lake)) == before + 9
    assert lake.positions(STREAMS)[STREAMS[1]] == 6


def test_of_two_who_rewrite_the_same_files_one_is_refused(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An erasure while a compaction has the old rows in its hands."""
    real = upkeep._sorted
    done: list[Rewritten] = []

    def meanwhile(*arguments: Any) -> Any:
        parts = list(real(*arguments))
        if not done:
            done.append(lake.erase(STREAMS[0].hub, "mbus:A"))
        return parts

    monkeypatch.setattr(upkeep, "_sorted", meanwhile)
    compacted = upkeep.compact(lake)
    assert done[0].rows == 15
    assert compacted.partitions == 3  # the first was refused: its rows are no more what they were
    found = [row for row in content(lake) if row[0] == STREAMS[0].hub]
    assert {row[1] for row in found} == {"mbus:B", "mbus:C"}
    assert len(content(lake)) == 4 * 45 - 15


def test_erasing_a_series_rewrites_only_what_holds_it_and_leaves_no_byte(lake: Lake) -> None:
    lake.commit({Stream("f" * 16, "e" * 16): [entry(1, devices="AX")]})
    upkeep.compact(lake)
    others = [row for row in content(lake) if row[1] != "mbus:X"]
    kept = {file.path for file in held_files(lake.open())}
    done = lake.erase("f" * 16, "mbus:X")
    assert (done.rows, done.files) == (3, 1)
    assert len(kept & {file.path for file in held_files(lake.open())}) == 4
    assert content(lake) == others
    assert holding(lake, b"mbus:X")  # until the old files go
    assert upkeep.vacuum(lake, keep_hours=0) >= 1
    assert not holding(lake, b"mbus:X")
    assert content(lake) == others
    assert lake.erase("f" * 16, "mbus:X") == Rewritten()


def test_the_log_names_no_device(lake: Lake) -> None:
    upkeep.compact(lake)
    lake.open().create_checkpoint()
    assert not [f for f in holding(lake, b"mbus:") if "_delta_log" in f.parts]


def test_times_of_long_series_are_kept_as_steps(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    lake.create()
    times = [T0 + n * 900_000 for n in range(400)]
    source = Source("mbus:A", times, [4] * 400, {"energy": [n / 2 for n in range(400)]})
    lake.commit({STREAMS[0]: [Entry(1, rows.of([source]))]})
    before = content(lake)
    upkeep.compact(lake)
    (held,) = held_files(lake.open())
    column = pq.read_metadata(tmp_path / "lake" / held.path).row_group(0).column(3)
    assert (column.path_in_schema, "DELTA_BINARY_PACKED" in column.encodings) == (
        "observed_at",
        True,
    )
    assert content(lake) == before


def test_vacuum_leaves_what_is_young_or_used(lake: Lake) -> None:
    upkeep.compact(lake)
    orphan = Path(lake.path) / "month=202611" / "bucket=0" / "part-left.parquet"
    orphan.write_bytes(b"of a commit on its way")
    assert upkeep.vacuum(lake) == 0
    assert len(data_files(lake)) == 4 + 20 + 1
    assert upkeep.vacuum(lake, keep_hours=0) == 20
    assert orphan.exists()
    assert len(content(lake)) == 4 * 45


def test_rows_of_two_months_lie_apart(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    lake.create()
    ends = [1_796_083_199_999, 1_796_083_200_000]  # the last of November and the first of December
    source = Source("mbus:A", ends, [4, 4], {"energy": [1.0, 2.0]})
    lake.commit({STREAMS[0]: [Entry(1, rows.of([source]))]})
    table = DeltaTable(lake.path).to_pyarrow_table().sort_by("value")
    assert table["month"].to_pylist() == [202611, 202612]
