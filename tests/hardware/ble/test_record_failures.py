"""What else may happen while records are read: time, refusals, garbage, too much."""

from __future__ import annotations

import pytest

from hardware.ble.control import Commit, Write
from hardware.ble.racp import Op, Result, encode_count, encode_result
from hardware.ble.record_transfer import (
    CONTROL_POINT,
    HINTS,
    MAX_RECORDS,
    Outcome,
    RecordTransfer,
)
from hardware.ble.records import GLUCOSE, Position
from tests.hardware.ble.record_hub import record


def test_timeouts_and_their_renewal() -> None:
    transfer = RecordTransfer(GLUCOSE, Position(), timeout_s=30)
    assert transfer.tick(99.0) == []
    transfer.start(100.0)
    assert transfer.deadline == 130.0
    assert transfer.tick(129.9) == []
    [commit] = transfer.received("2A18", record(1).values[0][1], 120.0)
    assert transfer.tick(130.0) == []
    [finish] = transfer.tick(150.0)
    assert finish.outcome is Outcome.TIMEOUT
    assert finish.position == Position()
    assert transfer.deadline is None
    transfer.committed(commit.number, 151.0)
    assert transfer.position.since == 1
    assert transfer.tick(999.0) == []


def test_waiting_for_our_own_disk_is_no_timeout() -> None:
    transfer = RecordTransfer(GLUCOSE, Position())
    transfer.start(0.0)
    transfer.received("2A18", record(1).values[0][1], 0.0)
    assert transfer.indicated(encode_result(Op.REPORT, Result.SUCCESS), 1.0) == []
    assert transfer.deadline is None


def test_refusals_garbage_and_aborting() -> None:
    def begun() -> RecordTransfer:
        transfer = RecordTransfer(GLUCOSE, Position())
        transfer.start(0.0)
        return transfer

    [finish] = begun().indicated(encode_result(Op.REPORT, Result.SERVER_BUSY), 1.0)
    assert (finish.outcome, finish.result) == (Outcome.REFUSED, Result.SERVER_BUSY)
    [finish] = begun().indicated(encode_result(Op.REPORT, Result.OPERATOR_NOT_SUPPORTED), 1.0)
    assert finish.outcome is Outcome.REFUSED
    [finish] = begun().refused(0x80)
    assert (finish.outcome, finish.result) == (Outcome.REFUSED, 0x80)
    [finish] = begun().indicated(b"\x06", 1.0)
    assert finish.outcome is Outcome.GARBLED
    transfer = begun()
    assert transfer.indicated(encode_count(3), 1.0) == []  # nobody asked
    [write] = transfer.abort(2.0)
    assert write == Write(CONTROL_POINT, b"\x03\x00")
    assert transfer.indicated(encode_result(Op.REPORT, Result.SUCCESS), 3.0) == []
    [finish] = transfer.indicated(encode_result(Op.ABORT, Result.SUCCESS), 3.0)
    assert finish.outcome is Outcome.ABORTED
    assert transfer.abort(4.0) == transfer.dropped() == []
    [finish] = RecordTransfer(GLUCOSE, Position()).abort(0.0)
    assert finish.outcome is Outcome.ABORTED


def test_a_record_after_the_end_is_still_kept() -> None:
    transfer = RecordTransfer(GLUCOSE, Position())
    transfer.start(0.0)
    transfer.dropped()
    value = record(1).values[0][1]
    assert transfer.received("2A18", value, 1.0) == [Commit(1, "2A18", value)]
    assert transfer.received("2A18", value, 1.0) == []


def test_the_number_of_values_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_RECORDS == 65_536
    monkeypatch.setattr("hardware.ble.record_transfer.MAX_RECORDS", 2)
    transfer = RecordTransfer(GLUCOSE, Position())
    transfer.start(0.0)
    for n in range(2):
        assert isinstance(transfer.received("2A18", record(n).values[0][1], 0.0)[0], Commit)
    [finish] = transfer.received("2A18", record(2).values[0][1], 0.0)
    assert finish.outcome is Outcome.GARBLED


def test_each_failure_says_what_to_do() -> None:
    assert set(HINTS) == set(Outcome) - {Outcome.DONE, Outcome.ABORTED}
    assert all(hint.endswith(".") for hint in HINTS.values())
