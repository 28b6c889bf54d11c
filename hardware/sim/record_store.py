"""A device's stored records behind its Record Access Control Point, without a radio.

It answers as the standard says, one message at a time, so that a connection can break between
any two. What it cannot do is switched off one by one.

Source: Bluetooth Glucose Service 1.0.1, 3.4.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hardware.ble.racp import Op, Operator, Result, encode_count, encode_result

CONTROL_POINT = "2A52"
_FILTERED = {Operator.AT_MOST, Operator.AT_LEAST}


@dataclass(frozen=True, slots=True)
class Stored:
    """One record: its number and the values that are notified for it, in order."""

    sequence: int
    values: tuple[tuple[str, bytes], ...]


@dataclass(slots=True)
class RecordStore:
    """The store. ``on_delete`` is called with each record before it is gone."""

    records: list[Stored] = field(default_factory=list)
    filters: bool = True
    counts: bool = True
    deletes: bool = True
    on_delete: Callable[[Stored], None] = lambda _record: None
    _outbox: deque[tuple[str, bytes]] = field(default_factory=deque)

    def written(self, value: bytes) -> None:
        """Take a request; the answer is fetched with :meth:`next_message`."""
        op, operator, operand = value[0], value[1], value[2:]
        if op == Op.ABORT:
            self._outbox.clear()
            self._answer(op, Result.SUCCESS)
        elif op not in self._served():
            self._answer(op, Result.OP_CODE_NOT_SUPPORTED)
        elif operator != Operator.ALL and not (self.filters and operator in _FILTERED):
            self._answer(op, Result.OPERATOR_NOT_SUPPORTED)
        else:
            self._serve(op, self._chosen(operator, operand))

    def next_message(self) -> tuple[str, bytes] | None:
        """Return the next notification, or the control point's indication, with its UUID."""
        return self._outbox.popleft() if self._outbox else None

    def disconnect(self) -> None:
        """Forget what was not sent."""
        self._outbox.clear()

    def _served(self) -> set[int]:
        able = {Op.REPORT: True, Op.COUNT: self.counts, Op.DELETE: self.deletes}
        return {op for op, can in able.items() if can}

    def _chosen(self, operator: int, operand: bytes) -> list[Stored]:
        if operator == Operator.ALL:
            return list(self.records)
        bound = int.from_bytes(operand[1:3], "little")
        if operator == Operator.AT_LEAST:
            return [record for record in self.records if record.sequence >= bound]
        return [record for record in self.records if record.sequence <= bound]

    def _serve(self, op: int, chosen: Sequence[Stored]) -> None:
        if op == Op.COUNT:
            self._outbox.append((CONTROL_POINT, encode_count(len(chosen))))
            return
        if not chosen:
            self._answer(op, Result.NO_RECORDS_FOUND)
            return
        for record in chosen:
            if op == Op.DELETE:
                self.on_delete(record)
                self.records.remove(record)
            else:
                self._outbox.extend(record.values)
        self._answer(op, Result.SUCCESS)

    def _answer(self, op: int, result: Result) -> None:
        self._outbox.append((CONTROL_POINT, encode_result(op, result)))
