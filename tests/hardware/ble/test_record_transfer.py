"""The hub's side of reading stored records, against a device that can break off anywhere."""

from __future__ import annotations

from itertools import count
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.ble.control import Write
from hardware.ble.medfloat import MedFloat
from hardware.ble.oximeter import Oximetry, encode_spot_check
from hardware.ble.pressure_record import Segment, encode_segment
from hardware.ble.racp import Op, Operator, Result, encode_count, encode_request, encode_result
from hardware.ble.record_transfer import (
    CONTROL_POINT,
    Finish,
    Outcome,
    RecordTransfer,
)
from hardware.ble.records import CGM, GLUCOSE, OXIMETER, PRESSURE, Mark, Position, digest
from hardware.sim.record_store import RecordStore, Stored
from tests.hardware.ble.record_hub import Hub, keys, record


@pytest.mark.parametrize("delete", [True, False])
@pytest.mark.parametrize("contexts", [True, False])
def test_a_drop_at_every_step_loses_and_doubles_nothing(*, delete: bool, contexts: bool) -> None:
    drop, finished = 0, False
    while not finished:
        records = [record(n, context=contexts and n % 2 == 0) for n in range(3, 12)]
        hub = Hub(RecordStore(list(records)), Random(drop), delete=delete)
        finished = hub.session(drop).outcome is Outcome.DONE  # the drop came too late
        finish = hub.until_done()
        assert set(hub.journal) == keys(records)
        assert hub.store.records == ([] if delete else records)
        assert finish.position.since == 0
        again = hub.until_done()
        assert again.outcome is Outcome.DONE
        assert len(hub.journal) == len(keys(records))
        drop += 1
    assert drop > 20


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    first=st.sampled_from([0, 7, 65_000, 65_530]),
    stored=st.integers(0, 12),
    drops=st.lists(st.integers(0, 40), max_size=5),
    delete=st.booleans(),
    filters=st.booleans(),
    counts=st.booleans(),
    deletes=st.booleans(),
    restart=st.booleans(),
)
def test_any_order_of_events(
    *,
    seed: int,
    first: int,
    stored: int,
    drops: list[int],
    delete: bool,
    filters: bool,
    counts: bool,
    deletes: bool,
    restart: bool,
) -> None:
    """Values lost in the host's queue, records taken meanwhile, numbers that start again."""
    rng = Random(seed)
    everything: list[Stored] = []
    store = RecordStore([], filters=filters, counts=counts, deletes=deletes)
    number = first

    def take() -> None:
        nonlocal number
        fresh = record(number % 65_536, context=rng.random() < 0.3, mantissa=rng.randrange(2000))
        everything.append(fresh)
        store.records.append(fresh)
        number += 1

    for _ in range(stored):
        take()
    hub = Hub(store, rng, delete=delete)
    hub.between = lambda: take() if rng.random() < 0.02 and len(everything) < 30 else None
    # a device that cannot count cannot show that a value was lost on the way
    hub.lose = lambda: counts and rng.random() < 0.05
    for drop in drops:
        hub.session(drop)
        if restart and rng.random() < 0.3:
            number = rng.randrange(5)
            store.records.clear()  # a new battery, a cleared memory
    hub.lose = lambda: False
    hub.between = lambda: None
    hub.until_done()
    if not restart:
        assert set(hub.journal) == keys(everything)
    assert keys(store.records) <= set(hub.journal)


def test_a_record_taken_at_any_step_stays_until_it_is_committed() -> None:
    moment, taken = 0, True
    while taken:
        records = [record(n) for n in range(1, 5)]
        hub = Hub(RecordStore(list(records)), Random(1))
        late = record(5)
        steps = count()

        def between(hub: Hub = hub, late: Stored = late, at: int = moment) -> None:
            if next(steps) == at:  # noqa: B023  # called within this turn
                hub.store.records.append(late)

        hub.between = between
        hub.session()
        taken = next(steps) > moment
        hub.until_done()
        assert set(hub.journal) == keys([*records, late] if taken else records)
        moment += 1
    assert moment > 10


def test_a_record_notified_while_counting_is_not_deleted_before_it_is_committed() -> None:
    transfer = RecordTransfer(GLUCOSE, Position(), delete=True)
    transfer.start(0.0)
    [commit] = transfer.received("2A18", record(1).values[0][1], 0.0)
    assert transfer.committed(commit.number, 0.0) == []
    [count] = transfer.indicated(encode_result(Op.REPORT, Result.SUCCESS), 0.0)
    assert count == Write(CONTROL_POINT, encode_request(Op.COUNT, Operator.ALL))
    [late] = transfer.received("2A18", record(2).values[0][1], 0.0)
    [finish] = transfer.indicated(encode_count(2), 0.0)
    assert isinstance(finish, Finish)
    assert not finish.deleted
    assert finish.position.last == Mark(1, digest("2A18", record(1).values[0][1]))
    assert transfer.committed(late.number, 0.0) == []


def test_resumes_at_the_last_record() -> None:
    records = [record(n) for n in range(10)]
    hub = Hub(RecordStore(list(records)), Random(3), delete=False)
    hub.session(14)
    position = hub.position
    assert position.last is not None
    assert 0 < position.last.sequence < 9
    assert position.since == position.last.sequence + 1
    transfer = RecordTransfer(GLUCOSE, position)
    assert transfer.start(0.0) == [
        Write(
            CONTROL_POINT,
            encode_request(Op.REPORT, Operator.AT_LEAST, 1, (position.last.sequence,)),
        )
    ]
    hub.until_done()
    assert set(hub.journal) == keys(records)


def test_numbers_that_started_again_are_seen() -> None:
    hub = Hub(RecordStore([record(n) for n in range(5)]), Random(1), delete=False)
    hub.until_done()
    fresh = [record(n, mantissa=55) for n in range(8)]  # number 4 says something else now
    hub.store.records = list(fresh)
    hub.until_done()
    assert keys(fresh) <= set(hub.journal)


def test_what_the_host_lost_is_asked_for_again_and_then_reported() -> None:
    records = [record(n) for n in range(5)]
    hub = Hub(RecordStore(list(records)), Random(1))
    heard = iter([False, True] + [False] * 50)
    hub.lose = lambda: next(heard)
    assert hub.session().outcome is Outcome.DONE
    assert set(hub.journal) == keys(records)

    hub = Hub(RecordStore(list(records)), Random(1))
    always = records[1].values[0][1]
    store_next = hub.store.next_message

    class Deaf(RecordStore):
        def next_message(self) -> tuple[str, bytes] | None:
            message = store_next()
            return self.next_message() if message and message[1] == always else message

    deaf = Deaf()
    deaf.written = hub.store.written  # type: ignore[method-assign]
    finish = Hub(deaf, Random(1)).session()
    assert finish.outcome is Outcome.INCOMPLETE
    assert finish.position == Position()
    assert hub.store.records == records


def test_nothing_is_deleted_whose_context_is_missing_or_that_nobody_can_read() -> None:
    for odd in (
        Stored(2, (record(2, context=True).values[0],)),
        Stored(2, (("2A18", b"\x00"),)),
        Stored(2, (record(2, context=True).values[0], ("2A34", b"\x00"))),
    ):
        records = [record(1), odd, record(3)]
        hub = Hub(RecordStore(list(records)), Random(1))
        hub.session()
        assert hub.store.records == records
        assert set(hub.journal) == keys(records)


@pytest.mark.parametrize("sequence", [65_279, 65_280, 65_535])
def test_near_the_highest_number_nothing_is_deleted(sequence: int) -> None:
    hub = Hub(RecordStore([record(sequence)]), Random(1))
    assert hub.until_done().deleted is (sequence == 65_279)
    hub.store.records.append(record(0))
    hub.until_done()
    assert keys([record(0)]) <= set(hub.journal)


def test_unsorted_numbers_are_not_deleted() -> None:
    hub = Hub(RecordStore([record(9), record(2)]), Random(1))
    assert not hub.until_done().deleted


def test_a_device_that_cannot_delete_keeps_its_records() -> None:
    hub = Hub(RecordStore([record(1)], deletes=False), Random(1))
    finish = hub.until_done()
    assert (finish.deleted, finish.result) == (False, Result.OP_CODE_NOT_SUPPORTED)


def test_a_device_that_cannot_count_proves_nothing() -> None:
    hub = Hub(RecordStore([record(1)], counts=False), Random(1))
    finish = hub.until_done()
    assert not finish.deleted
    assert finish.position.verified is None
    assert finish.position.since == 1


def test_an_oximeter_is_read_whole_and_never_emptied() -> None:
    values = [
        Stored(n, (("2A5E", encode_spot_check(Oximetry((MedFloat(90 + n, 0), MedFloat(60, 0))))),))
        for n in range(4)
    ]
    hub = Hub(RecordStore(list(values), filters=False), Random(1))
    finish = hub.session(records=OXIMETER)
    assert (finish.outcome, finish.records, finish.deleted) == (Outcome.DONE, 4, False)
    assert finish.position == Position()
    assert hub.store.records == values


def in_segments(sequence: int) -> Stored:
    payload = bytes((0x00, 100 + sequence, 0, 80, 0, 90, 0))
    return Stored(
        sequence,
        tuple(
            (
                "2B36",
                encode_segment(
                    Segment(n == 0, n == 2, n, sequence, "2A35", payload[3 * n : 3 * n + 3])
                ),
            )
            for n in range(3)
        ),
    )


def test_records_in_several_values() -> None:
    for drop in range(40):
        records = [in_segments(n) for n in range(4)]
        hub = Hub(RecordStore(list(records)), Random(drop))
        hub.session(drop, records=PRESSURE)
        for _ in range(3):
            finish = hub.session(records=PRESSURE)
        assert finish.outcome is Outcome.DONE
        assert hub.store.records == []
        assert set(hub.journal) == keys(records)


@pytest.mark.parametrize("lost", range(12))
def test_a_segment_that_the_host_lost_is_asked_for_again(lost: int) -> None:
    records = [in_segments(n) for n in range(4)]
    hub = Hub(RecordStore(list(records)), Random(1))
    heard = count()
    hub.lose = lambda: next(heard) == lost
    assert hub.session(records=PRESSURE).deleted
    assert set(hub.journal) == keys(records)


def test_other_profiles_number_their_records() -> None:
    assert CGM.numbers is not None
    assert CGM.numbers(bytes.fromhex("06000c10050006000c100600")) == (5, 6)
    assert PRESSURE.numbers is not None
    assert PRESSURE.numbers(bytes.fromhex("030500352a00")) == (5,)
    assert CGM.whole()(b"")
