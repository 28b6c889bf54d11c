"""Stores against models: whatever is repeated, cut or interleaved, everything is there once."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.clock import Stamp
from edge.store.journal import Arrival, Journal, State
from edge.store.personal import PersonalStore
from edge.store.personal_rows import CareRow
from edge.store.village import VillageStore
from edge.store.village_rows import MeterRow
from hardware.reading import TimeQuality

FEW = settings(max_examples=40, deadline=None)  # every example writes a durable database

quality = st.sampled_from(TimeQuality)
number = st.none() | st.floats(allow_nan=False, allow_infinity=False)
wall = st.integers(0, 6) | st.integers(-(2**62), 2**62)


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


arrival = st.builds(
    Arrival,
    lane=st.just("village"),
    source=st.just("x"),
    device=st.sampled_from("ab"),
    kind=st.just("mbus"),
    key=st.integers(0, 12).map(lambda n: bytes([n])),
    payload=st.binary(max_size=20),
    stamp=st.builds(
        Stamp,
        wall_ms=st.integers(0, 4),
        boot_id=st.just("boot"),
        monotonic_ns=st.integers(0, 2**62),
        quality=quality,
    ),
)


@FEW
@given(st.lists(st.lists(arrival, max_size=6), max_size=8), st.data())
def test_a_journal_keeps_the_first_of_each_key(
    batches: list[list[Arrival]], data: st.DataObject
) -> None:
    first: dict[bytes, Arrival] = {}
    ids: dict[bytes, int] = {}
    marked: dict[int, State] = {}
    with folder() as path:
        for batch in batches:
            with Journal(path / "journal.db") as journal:  # a restart between any two commits
                for one, given_id in zip(batch, journal.append_many(batch), strict=True):
                    assert ids.setdefault(one.key, given_id) == given_id
                    first.setdefault(one.key, one)
                if ids and data.draw(st.booleans()):
                    chosen = data.draw(st.sampled_from(sorted(ids.values())))
                    state = data.draw(st.sampled_from([State.DECODED, State.QUARANTINED]))
                    journal.mark([chosen], state)
                    marked[chosen] = state
        with Journal(path / "journal.db") as journal:
            pending = {entry.id for entry in journal.pending("village", 999)}
            times = set()
            for key, entry_id in ids.items():
                entry = journal.entry(entry_id)
                assert entry is not None
                assert entry.payload == first[key].payload
                assert entry.state is marked.get(entry_id, State.NEW)
                assert (entry_id in pending) is (entry.state is State.NEW)
                assert 0 <= entry.received_at - first[key].stamp.wall_ms < len(ids)
                times.add((entry.device, entry.received_at))
            assert len(times) == len(ids)
            assert sum(journal.counts().values()) == len(ids)


reading = st.builds(
    MeterRow,
    observed_at=wall,
    device=st.integers(1, 3),
    time_quality=quality,
    journal_id=st.integers(0, 2**40),
    energy_kwh=number,
    volume_m3=number,
    power_kw=number,
    volume_flow_m3_h=number,
    flow_temperature_degc=number,
    return_temperature_degc=number,
    temperature_difference_k=number,
)


@FEW
@given(st.lists(st.lists(reading, max_size=8), max_size=6))
def test_rounds_partition_the_readings(batches: list[list[MeterRow]]) -> None:
    kept: dict[tuple[int, int], MeterRow] = {}
    with folder() as path, VillageStore(path / "village.db") as village:
        for name in "abc":
            village.device(name)
        for batch in batches:
            new = {(row.observed_at, row.device) for row in batch} - set(kept)
            assert bool(village.add_round(batch)) is bool(new)
            for row in batch:
                kept.setdefault((row.observed_at, row.device), row)
            assert village.add_round(batch) == 0
        rounds = village.rounds_after(0)
        assert [one.round for one in rounds] == list(range(1, len(rounds) + 1))
        found = [row for one in rounds for row in village.rows_of(one)]
        assert len(found) == sum(one.row_count for one in rounds) == len(kept)
        assert {(row.observed_at, row.device): row for row in found} == kept
        for device in (1, 2, 3):
            series = sorted(
                (row for row in kept.values() if row.device == device),
                key=lambda row: row.observed_at,
            )
            assert village.series(device, -(2**62)) == [
                row for row in series if row.observed_at < 2**62
            ]
            assert [row for row in village.latest() if row.device == device] == series[-1:]


care = st.builds(
    CareRow,
    observed_at=st.integers(0, 3),
    device_id=st.sampled_from(["ble:a", "ble:b"]),
    person=st.just(1),
    time_quality=quality,
    received_at=st.integers(0, 2**40),
    journal_id=st.integers(0, 2**40),
    systolic_mmhg=st.sampled_from([None, 121.0, 122.0]),
    pulse_per_min=st.sampled_from([None, 66.0]),
    user_index=st.sampled_from([None, 1]),
)


@settings(FEW, max_examples=25)
@given(st.lists(st.lists(care, max_size=6), max_size=4))
def test_no_care_reading_is_lost_or_doubled(batches: list[list[CareRow]]) -> None:
    """Handing the same batches over again, as after a crash, changes nothing."""
    with folder() as path:
        (path / "key").write_text("5a" * 32)
        with PersonalStore.open(path / "personal.db", path / "key") as personal:
            personal.add_person("Erna", 0)
            for batch in batches:
                personal.add_care_round(batch)
            kept = personal.care_rows(1, 0)
            for batch in batches:
                assert personal.add_care_round(batch) == 0
            assert personal.care_rows(1, 0) == kept
            contents = {replace(row, observed_at=0, journal_id=0, received_at=0) for row in kept}
            sent = {
                replace(row, observed_at=0, journal_id=0, received_at=0)
                for batch in batches
                for row in batch
            }
            without_quality = {replace(row, time_quality=TimeQuality.UNKNOWN) for row in contents}
            assert without_quality == {
                replace(row, time_quality=TimeQuality.UNKNOWN) for row in sent
            }
