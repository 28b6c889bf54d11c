from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from sync.columns import Source
from sync.county import rows
from sync.county.lake import Entry, Lake, LakeError, Stream
from sync.county.parts import READINGS

A, B = Stream("a" * 16, "e" * 16), Stream("b" * 16, "e" * 16)
T0 = 1_795_000_000_000


def entry(seq: int, count: int = 2) -> Entry:
    times = [T0 + seq * 1000 + n for n in range(count)]
    columns = {"energy": [float(seq)] * count, "volume": [None] * count}
    return Entry(seq, rows.of([Source("mbus:A", times, [4] * count, columns)]))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "lake")
    lake.create()
    return lake


def seqs(lake: Lake) -> list[int]:
    table = DeltaTable(str(lake.path)).to_pyarrow_table()
    return sorted(table["seq"].to_pylist())


def test_rows_and_positions_enter_together(lake: Lake) -> None:
    done = lake.commit({A: [entry(1), entry(2)], B: [entry(1)]})
    assert (done.rows, done.segments, done.positions) == (6, 3, {A: 2, B: 1})
    assert lake.positions([A, B]) == {A: 2, B: 1}
    assert lake.rows() == 6


def test_the_same_segments_again_add_nothing(lake: Lake) -> None:
    lake.commit({A: [entry(1), entry(2)]})
    version = DeltaTable(str(lake.path)).version()
    done = lake.commit({A: [entry(1), entry(2)]})
    assert (done.rows, done.segments, done.positions) == (0, 0, {A: 2})
    assert DeltaTable(str(lake.path)).version() == version
    assert seqs(lake) == [1, 1, 2, 2]


def test_only_what_is_beyond_the_position_is_taken(lake: Lake) -> None:
    lake.commit({A: [entry(1), entry(2)]})
    assert lake.commit({A: [entry(2), entry(3)]}).segments == 1
    assert seqs(lake) == [1, 1, 2, 2, 3, 3]


def test_a_stream_with_a_gap_waits_and_the_others_do_not(lake: Lake) -> None:
    done = lake.commit({A: [entry(2)], B: [entry(1)]})
    assert done.positions == {A: 0, B: 1}
    assert lake.rows() == 2


def test_entries_with_holes_are_our_own_mistake(lake: Lake) -> None:
    with pytest.raises(ValueError, match="gaps"):
        lake.commit({A: [entry(1), entry(3)]})


def test_segments_without_readings_move_the_position(lake: Lake) -> None:
    done = lake.commit({A: [Entry(1), Entry(2)]})
    assert (done.rows, done.positions) == (0, {A: 2})
    assert lake.positions([A]) == {A: 2}
    assert lake.commit({A: [Entry(1), Entry(2), entry(3)]}).segments == 1
    assert seqs(lake) == [3, 3]


def test_a_writer_that_was_overtaken_looks_again(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process commits the same segments between our look and our write."""
    import sync.county.lake as module  # noqa: PLC0415

    real = module.Lake._write_parts
    calls = []

    def overtaken(*arguments: Any, **named: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            with monkeypatch.context() as patch:
                patch.setattr(module.Lake, "_write_parts", real)
                Lake(Path(lake.path)).commit({A: [entry(1), entry(2)]})
        return real(*arguments, **named)

    monkeypatch.setattr(module.Lake, "_write_parts", overtaken)
    done = lake.commit({A: [entry(1), entry(2), entry(3)]})
    assert (len(calls), done.segments, done.positions) == (2, 1, {A: 3})
    assert len(list(Path(lake.path).rglob("part-*.parquet"))) == 2  # none of the refused attempt
    assert seqs(lake) == [1, 1, 2, 2, 3, 3]


def test_writers_of_different_hubs_do_not_keep_each_other(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sync.county.lake as module  # noqa: PLC0415

    real = module.Lake._write_parts
    calls = []

    def beside(*arguments: Any, **named: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            Lake(Path(lake.path)).commit({B: [entry(1)]})
        return real(*arguments, **named)

    monkeypatch.setattr(module.Lake, "_write_parts", beside)
    assert lake.commit({A: [entry(1)]}).positions == {A: 1}
    assert lake.positions([A, B]) == {A: 1, B: 1}
    assert len(calls) == 2


def test_an_absent_lake_is_named(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="no lake"):
        Lake(tmp_path / "nowhere").commit({A: [entry(1)]})


def test_a_lake_of_another_version_is_named_and_left_alone(tmp_path: Path) -> None:
    DeltaTable.create(str(tmp_path), READINGS, partition_by=["month"])
    with pytest.raises(LakeError, match="another version"):
        Lake(tmp_path).commit({A: [entry(1)]})
    assert DeltaTable(str(tmp_path)).version() == 0


def test_times_are_kept_to_the_millisecond_and_partitioned_by_month(lake: Lake) -> None:
    lake.commit({A: [entry(1, count=1)]})
    table = DeltaTable(str(lake.path)).to_pyarrow_table()
    (moment,) = table["observed_at"].to_pylist()
    assert round(moment.timestamp() * 1000) == T0 + 1000
    assert (table["month"].to_pylist(), table["bucket"].to_pylist()) == ([202611], [10])


_RACER = """
import sys
from pathlib import Path
from sync.columns import Source
from sync.county import rows
from sync.county.lake import Entry, Lake, Stream

lake, stream, last = Lake(Path(sys.argv[1])), Stream(sys.argv[2], "e" * 16), int(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
for seq in range(1, last + 1):
    source = Source("mbus:A", [1_795_000_000_000 + seq], [4], {"energy": [float(seq)]})
    done = lake.commit({stream: [Entry(seq, rows.of([source]))]})
    assert done.positions[stream] >= seq
"""


def test_three_processes_race_over_the_same_segments(lake: Lake) -> None:
    last = 8
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(_RACER), str(lake.path), hub * 16, str(last)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for hub in ("a", "a", "b")
    ]
    for racer in racers:
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()
    for racer in racers:
        racer.communicate(timeout=120)
        assert racer.returncode == 0
    table = DeltaTable(str(lake.path)).to_pyarrow_table()
    rows = sorted(zip(table["hub"].to_pylist(), table["seq"].to_pylist(), strict=True))
    assert rows == [(hub * 16, seq) for hub in "ab" for seq in range(1, last + 1)]
