"""The hub's side of reading stored records: nothing lost, nothing deleted before it is safe.

A transfer asks for the records from the last committed one on. Seeing that one again, unchanged,
proves that the device still counts on; else (a new battery, a cleared memory, another set of
numbers) all records are asked for, and the store knows those that it has. The device's own count
is compared at the end, so that a value which the host's queue lost is asked for again. Deleting
is asked for by number, after an unbroken transfer of everything, and never "all": a record that
was taken meanwhile has a higher number and stays.

Source: Bluetooth Glucose Profile 1.0.1, 4.4 (procedures, timeout); Glucose Service 1.0.1, 3.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from itertools import pairwise

from hardware.ble.control import PROCEDURE_TIMEOUT_S, Commit, Write
from hardware.ble.racp import Op, Operator, Result, encode_request, read_answer
from hardware.ble.records import (
    LAST_SEQUENCE,
    SEQUENCE_FILTER,
    Mark,
    Position,
    Records,
    digest,
)
from hardware.errors import DecodeError

CONTROL_POINT = "2A52"
MAX_RECORDS = 65_536  # as many as there are numbers
# Numbers this near to their end may start again between our count and our deletion.
WRAP_MARGIN = 256

_UNFILTERED = {
    Result.INVALID_OPERATOR,
    Result.OPERATOR_NOT_SUPPORTED,
    Result.INVALID_OPERAND,
    Result.OPERAND_NOT_SUPPORTED,
}


class Outcome(StrEnum):
    """How a transfer ended."""

    DONE = "done"
    INCOMPLETE = "incomplete"  # the device counts more than it sends
    REFUSED = "refused"  # the device said no, see ``result``
    TIMEOUT = "timeout"
    DROPPED = "dropped"
    ABORTED = "aborted"
    GARBLED = "garbled"  # the device answered what is no answer


@dataclass(frozen=True, slots=True)
class Finish:
    """The transfer is over; after a timeout the connection is to be closed.

    ``position`` is where the next one goes on. ``records`` counts the values handed over,
    ``deleted`` says that the device deleted what is committed.
    """

    outcome: Outcome
    position: Position
    records: int
    deleted: bool = False
    result: int = 0


Action = Write | Commit | Finish


class _Phase(Enum):
    IDLE = 0
    REPORTING = 1
    COMMITTING = 2
    COUNTING = 3
    DELETING = 4
    ABORTING = 5
    OVER = 6


class RecordTransfer:
    """One transfer over one connection. ``delete`` is asked for after everything is safe."""

    def __init__(
        self,
        records: Records,
        position: Position,
        *,
        delete: bool = False,
        timeout_s: float = PROCEDURE_TIMEOUT_S,
    ) -> None:
        if records.sequence is None:
            position = Position()
        self._records = records
        self._start = position
        self._delete = delete and records.sequence is not None
        self._timeout_s = timeout_s
        self._phase = _Phase.IDLE
        self._deadline: float | None = None
        self._numbers: dict[bytes, int] = {}  # digest of each value handed over
        self._open: set[int] = set()  # numbers not yet committed
        # the round: one report, from `_scope` on, of what lies behind `_floor`
        self._floor = position.verified
        self._scope = position.last
        self._base = position.since
        if self._scope is not None and self._scope.sequence > LAST_SEQUENCE - WRAP_MARGIN:
            self._floor = self._scope = None  # what comes after the highest number is the lowest
            self._base = 0
        self._repeated = False
        self._round: list[tuple[int, Mark | None]] = []
        self._awaited: set[int] = set()  # records whose context is still to come
        self._unreadable = False

    @property
    def deadline(self) -> float | None:
        """When :meth:`tick` is due, unless something arrives before."""
        return self._deadline

    @property
    def position(self) -> Position:
        """Where a transfer would go on if the connection dropped now."""
        if self._records.sequence is None:
            return Position()
        last = self._scope
        fresh = set()
        for number, mark in self._round:
            if number in self._open:
                break
            if mark is not None and self._is_fresh(mark):
                fresh.add(mark.sequence)
                last = mark
        return Position(self._floor, last, self._base + len(fresh))

    def start(self, now: float) -> list[Action]:
        """Begin. Notifications of the records and indications must be on already."""
        return self._report(now)

    def received(self, uuid: str, value: bytes, now: float) -> list[Action]:
        """Take a record or a context, at any time, even unasked for.

        None is left out but the very last committed one, and what is sent twice; beyond
        :data:`MAX_RECORDS` the transfer ends.
        """
        mark = self._mark(uuid, value)
        key = digest(uuid, value)
        if self._phase is _Phase.REPORTING:
            self._deadline = now + self._timeout_s
        known = mark is not None and mark in (self._start.last, self._start.verified)
        number = 0 if known else self._numbers.get(key)
        if number is not None:
            self._round.append((number, mark))
            return []
        if len(self._numbers) >= MAX_RECORDS:
            return self._finish(Outcome.GARBLED)
        number = len(self._numbers) + 1
        self._numbers[key] = number
        self._open.add(number)
        self._round.append((number, mark))
        return [Commit(number, uuid, value)]

    def committed(self, number: int, now: float) -> list[Action]:
        """Say that the value of ``number`` is durable."""
        self._open.discard(number)
        if self._phase is _Phase.COMMITTING and not self._open:
            return self._after_report(now)
        return []

    def indicated(self, value: bytes, now: float) -> list[Action]:
        """Take an indication of the control point. One that answers another request is ignored."""
        try:
            answer = read_answer(value)
        except DecodeError:
            return self._finish(Outcome.GARBLED)
        asked = {
            _Phase.REPORTING: Op.REPORT,
            _Phase.COUNTING: Op.COUNT,
            _Phase.DELETING: Op.DELETE,
            _Phase.ABORTING: Op.ABORT,
        }.get(self._phase)
        if answer.request != asked:
            return []
        if self._phase is _Phase.REPORTING:
            return self._reported(answer.result, now)
        if self._phase is _Phase.COUNTING:
            return self._counted(answer.count, now)
        if self._phase is _Phase.DELETING:
            return self._verified(answer.result, deleted=_gone(answer.result))
        return self._finish(Outcome.ABORTED, answer.result)

    def abort(self, now: float) -> list[Action]:
        """Ask the device to stop; what was received stays."""
        if self._phase in (_Phase.IDLE, _Phase.OVER):
            return self._finish(Outcome.ABORTED)
        return self._write(_Phase.ABORTING, encode_request(Op.ABORT), now)

    def tick(self, now: float) -> list[Action]:
        """Say what time it is."""
        if self._deadline is None or now < self._deadline:
            return []
        return self._finish(Outcome.TIMEOUT)

    def refused(self, code: int) -> list[Action]:
        """Say that the device refused a write with an ATT error."""
        return self._finish(Outcome.REFUSED, code)

    def dropped(self) -> list[Action]:
        """Say that the connection is gone. Commits that are under way may still be reported."""
        return self._finish(Outcome.DROPPED)

    def _report(self, now: float) -> list[Action]:
        self._round = []
        self._awaited = set()
        return self._ask(_Phase.REPORTING, Op.REPORT, self._scope, now)

    def _reported(self, result: int, now: float) -> list[Action]:
        if result in _UNFILTERED and self._scope is not None:
            return self._everything(now)
        if result not in (Result.SUCCESS, Result.NO_RECORDS_FOUND):
            return self._finish(Outcome.REFUSED, result)
        self._phase, self._deadline = _Phase.COMMITTING, None
        return [] if self._open else self._after_report(now)

    def _after_report(self, now: float) -> list[Action]:
        if self._scope is not None and self._scope not in (mark for _, mark in self._round):
            return self._everything(now)
        return self._ask(_Phase.COUNTING, Op.COUNT, self._floor, now)

    def _everything(self, now: float) -> list[Action]:
        """Ask for all records: numbers may have started again, so that no mark holds."""
        self._floor = self._scope = None
        self._base = 0
        return self._report(now)

    def _counted(self, count: int | None, now: float) -> list[Action]:
        if count is None:
            return self._finish(Outcome.DONE)  # it does not count: nothing is proven
        if count > self._held():
            return self._again(now)
        if self._delete and (self._floor is not None or self._base):
            return self._everything(now)  # to delete, everything must be in one transfer
        highest = self._deletable(count)
        if highest is None:
            return self._verified()
        request = encode_request(Op.DELETE, Operator.AT_MOST, SEQUENCE_FILTER, (highest,))
        return self._write(_Phase.DELETING, request, now)

    def _again(self, now: float) -> list[Action]:
        """Ask once more for what was not counted yet, then give up: it is on the device still."""
        self._scope, self._base, self._round = self._floor, 0, []
        if self._repeated:
            return self._finish(Outcome.INCOMPLETE)
        self._repeated = True
        return self._report(now)

    def _held(self) -> int:
        """Return how many of the records from ``_floor`` on are committed."""
        if self._records.sequence is None:
            return len({number for number, _ in self._round})
        fresh = {mark.sequence for _, mark in self._round if mark and self._is_fresh(mark)}
        return self._base + len(fresh) + (self._floor is not None)

    def _is_fresh(self, mark: Mark) -> bool:
        return self._scope is None or mark.sequence > self._scope.sequence

    def _deletable(self, count: int) -> int | None:
        """Return the number up to which everything is committed, if that is certain."""
        sequences = [mark.sequence for _, mark in self._round if mark is not None]
        rising = all(one <= other for one, other in pairwise(sequences))
        if (
            not self._delete
            or not sequences
            or not rising
            or self._open
            or self._unreadable
            or self._awaited
            or count != len(set(sequences))
            or sequences[-1] > LAST_SEQUENCE - WRAP_MARGIN
        ):
            return None
        return sequences[-1]

    def _verified(self, result: int = 0, *, deleted: bool = False) -> list[Action]:
        last = self.position.last
        self._floor = self._scope = last
        self._base, self._round = 0, []
        return self._finish(Outcome.DONE, result, deleted=deleted)

    def _mark(self, uuid: str, value: bytes) -> Mark | None:
        """Return a record's mark; a context has none, nor what cannot be read."""
        records = self._records
        try:
            if uuid == records.context:
                self._awaited.discard(records.context_sequence(value))
                return None
            sequence = 0 if records.sequence is None else records.sequence(value)
            if records.context_follows(value):
                self._awaited.add(sequence)
        except DecodeError:
            self._unreadable = True
            return None
        return Mark(sequence, digest(uuid, value))

    def _ask(self, phase: _Phase, op: Op, start: Mark | None, now: float) -> list[Action]:
        if start is None or self._records.sequence is None:
            request = encode_request(op, Operator.ALL)
        else:
            request = encode_request(op, Operator.AT_LEAST, SEQUENCE_FILTER, (start.sequence,))
        return self._write(phase, request, now)

    def _write(self, phase: _Phase, request: bytes, now: float) -> list[Action]:
        self._phase, self._deadline = phase, now + self._timeout_s
        return [Write(CONTROL_POINT, request)]

    def _finish(self, outcome: Outcome, result: int = 0, *, deleted: bool = False) -> list[Action]:
        if self._phase is _Phase.OVER:
            return []
        self._phase, self._deadline = _Phase.OVER, None
        return [Finish(outcome, self.position, len(self._numbers), deleted, result)]


def _gone(result: int) -> bool:
    return result in (Result.SUCCESS, Result.NO_RECORDS_FOUND)
