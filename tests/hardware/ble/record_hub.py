"""A hub that is given a device's records and may lose its power at any step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from hardware.ble.clock import DateTime
from hardware.ble.control import Commit, Write
from hardware.ble.glucose import Glucose, encode_glucose
from hardware.ble.medfloat import MedFloat
from hardware.ble.record_transfer import (
    CONTROL_POINT,
    Finish,
    Outcome,
    RecordTransfer,
)
from hardware.ble.records import GLUCOSE, Position, digest
from hardware.sim.record_store import RecordStore, Stored


def record(sequence: int, *, context: bool = False, mantissa: int = 100) -> Stored:
    value = encode_glucose(
        Glucose(
            sequence,
            DateTime(2026, 3, 1 + sequence % 28, 8, 0, sequence % 60),
            concentration=MedFloat(mantissa, -5),
            sample=0x11,
            context_follows=context,
        )
    )
    values: tuple[tuple[str, bytes], ...] = (("2A18", value),)
    if context:
        values += (("2A34", bytes((2,)) + sequence.to_bytes(2, "little") + b"\x01"),)
    return Stored(sequence, values)


@dataclass
class Hub:
    """Commits late and out of step, and keeps what is durable over drops."""

    store: RecordStore
    rng: Random
    delete: bool = True
    journal: dict[bytes, int] = field(default_factory=dict)
    position: Position = field(default_factory=Position)
    lose: Callable[[], bool] = lambda: False
    between: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.store.on_delete = self.must_be_safe

    def must_be_safe(self, gone: Stored) -> None:
        for uuid, value in gone.values:
            assert digest(uuid, value) in self.journal, f"record {gone.sequence} deleted too early"

    def session(self, drop_at: int = -1, records: object = GLUCOSE) -> Finish:
        """Run one connection; at step ``drop_at`` it breaks, and what is under way is lost."""
        transfer = RecordTransfer(records, self.position, delete=self.delete)
        pending: list[Commit] = []
        todo = transfer.start(0.0)
        step = 0
        while True:
            for action in todo:
                if isinstance(action, Write):
                    assert action.uuid == CONTROL_POINT
                    self.store.written(action.value)
                elif isinstance(action, Commit):
                    pending.append(action)
                else:
                    self.position = action.position
                    self.store.disconnect()
                    return action
            if step == drop_at:
                todo = transfer.dropped()
                pending = []
                continue
            step += 1
            self.between()
            todo = self.step(transfer, pending)

    def step(self, transfer: RecordTransfer, pending: list[Commit]) -> list:
        if pending and self.rng.random() < 0.5:
            commit = pending.pop(0)
            self.journal.setdefault(digest(commit.uuid, commit.value), len(self.journal))
            actions = transfer.committed(commit.number, 1.0)
            self.position = transfer.position
            return actions
        message = self.store.next_message()
        if message is None:
            assert pending, "nothing is under way and nothing ends"
            return []
        uuid, value = message
        if uuid == CONTROL_POINT:
            return transfer.indicated(value, 1.0)
        return [] if self.lose() else transfer.received(uuid, value, 1.0)

    def until_done(self, sessions: int = 8) -> Finish:
        for _ in range(sessions):
            finish = self.session()
            if finish.outcome is Outcome.DONE:
                return finish
        raise AssertionError(f"no end after {sessions} sessions: {finish}")


def keys(records: list[Stored]) -> set[bytes]:
    return {digest(uuid, value) for each in records for uuid, value in each.values}
