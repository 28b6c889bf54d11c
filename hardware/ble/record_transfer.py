"""The hub's side of reading stored records: nothing lost, nothing deleted before it is safe.

A transfer asks for the records from the last committed one on. Seeing that one again, unchanged,
proves that the device still counts on; else (a new battery, a cleared memory, another set of
numbers) all records are asked for, and the store knows those that it has. The device's own count
is compared at the end, so that a value which the host's queue lost is asked for again. Deleting
is asked for by number, after an unbroken transfer of everything, and never "all": a record that
was taken meanwhile has a higher number and stays.

A device that starts its numbers again while it keeps old records breaks the standard, by which
numbers are unique; it may hide new records until the old ones are gone.

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
    INCOMPLETE = "incomplete"  # the device counts, or announces, more than it sends
    REFUSED = "refused"  # the device said no, see ``result``
    TIMEOUT = "timeout"
    DROPPED = "dropped"
    ABORTED = "aborted"
    GARBLED = "garbled"  # the device answered what is no answer


HINTS = {
    Outcome.INCOMPLETE: "Das Gerät nennt mehr Werte, als es schickt. Näher an den Hub legen; "
    "die Werte bleiben im Gerät und werden beim nächsten Mal wieder geholt.",
    Outcome.REFUSED: "Das Gerät gibt seine Werte gerade nicht her. Messung beenden, dann noch "
    "einmal verbinden.",
    Outcome.TIMEOUT: "Das Gerät antwortet nicht mehr. Batterie prüfen und näher an den Hub legen.",
    Outcome.DROPPED: "Die Verbindung ist abgerissen. Näher an den Hub legen; was fehlt, wird beim "
    "nächsten Mal geholt.",
    Outcome.GARBLED: "Das Gerät hat etwas Unverständliches geantwortet. Aus- und einschalten, "
    "dann noch einmal verbinden.",
}


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


@dataclass(frozen=True, slots=True)
class _Entry:
    """One value of a round; a context has no mark, nor what cannot be read."""

    number: int  # that of its commit, 0 for what was durable before
    mark: Mark | None
    numbers: tuple[int, ...] = ()


class RecordTransfer:
    """One transfer over one connection.

    ``delete`` is asked for after everything is safe. It costs a transfer of all that the device
    holds: leave it off for one that finished without having ``deleted``.
    """

    def __init__(
        self,
        records: Records,
        position: Position,
        *,
        delete: bool = False,
        timeout_s: float = PROCEDURE_TIMEOUT_S,
    ) -> None:
        if records.numbers is None:
            position = Position()
        self._records = records
        self._start = position
        self._delete = delete and records.numbers is not None
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
        self._round: list[_Entry] = []
        self._whole = records.whole()
        self._awaited: set[int] = set()  # records of which a part is still to come

    @property
    def deadline(self) -> float | None:
        """When :meth:`tick` is due, unless something arrives before."""
        return self._deadline

    @property
    def position(self) -> Position:
        """Where a transfer would go on if the connection dropped now."""
        if self._records.numbers is None or not self._is_rising():
            return Position()
        safe = self._safe()
        marks = [entry.mark for entry in safe if entry.mark and self._is_fresh(entry.mark.sequence)]
        last = marks[-1] if marks else self._scope
        return Position(self._floor, last, self._base + self._fresh(safe))

    def start(self, now: float) -> list[Action]:
        """Begin. Notifications of the records and indications must be on already."""
        return self._report(now)

    def received(self, uuid: str, value: bytes, now: float) -> list[Action]:
        """Take a record or a context, at any time, even unasked for.

        None is left out but the very last committed one, and what is sent twice; beyond
        :data:`MAX_RECORDS` the transfer ends.
        """
        entry = self._entry(uuid, value)
        key = digest(uuid, value)
        if self._phase is _Phase.REPORTING:
            self._deadline = now + self._timeout_s
        self._round.append(entry)
        if entry.number <= len(self._numbers):
            return []
        if len(self._numbers) >= MAX_RECORDS:
            self._round.pop()
            return self._finish(Outcome.GARBLED)
        self._numbers[key] = entry.number
        self._open.add(entry.number)
        return [Commit(entry.number, uuid, value)]

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
        self._whole = self._records.whole()
        return self._ask(_Phase.REPORTING, Op.REPORT, self._scope, now)

    def _reported(self, result: int, now: float) -> list[Action]:
        if result in _UNFILTERED and self._scope is not None:
            return self._everything(now)
        if result not in (Result.SUCCESS, Result.NO_RECORDS_FOUND):
            return self._finish(Outcome.REFUSED, result)
        self._phase, self._deadline = _Phase.COMMITTING, None
        return [] if self._open else self._after_report(now)

    def _after_report(self, now: float) -> list[Action]:
        if self._scope is not None and self._scope not in (entry.mark for entry in self._round):
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
        if count > self._held() or self._awaited:
            return self._again(now)
        if self._delete and (self._floor is not None or self._base):
            return self._everything(now)  # to delete, everything must be in one transfer
        highest = self._deletable()
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

    def _safe(self) -> list[_Entry]:
        """Return the values up to the first that is not committed, or of which a part is missing.

        The latter is the last one: a transfer goes on with it, and all of it comes again.
        """
        safe = []
        for entry in self._round:
            if entry.number in self._open:
                break
            safe.append(entry)
            if self._awaited.intersection(entry.numbers):
                break
        return safe

    def _held(self) -> int:
        """Return how many of the records from ``_floor`` on are committed."""
        if self._records.numbers is None:
            return len({entry.number for entry in self._round})
        return self._base + self._fresh(self._round) + (self._floor is not None)

    def _fresh(self, entries: list[_Entry]) -> int:
        """Return how many records the entries hold behind the one the round began with."""
        if self._records.in_parts:
            return len({n for entry in entries for n in entry.numbers if self._is_fresh(n)})
        marks = {entry.mark for entry in entries if entry.mark is not None}
        return sum(self._is_fresh(mark.sequence) for mark in marks)

    def _is_fresh(self, sequence: int) -> bool:
        return self._scope is None or sequence > self._scope.sequence

    def _is_rising(self) -> bool:
        """Say whether the numbers of the round only rise, so that "from one on" means "after"."""
        numbers = (number for entry in self._round for number in entry.numbers)
        return all(one <= other for one, other in pairwise(numbers))

    def _deletable(self) -> int | None:
        """Return the number up to which everything is committed, if that is certain."""
        numbers = [number for entry in self._round for number in entry.numbers]
        if (
            not self._delete
            or not numbers
            or not self._is_rising()
            or self._open
            or numbers[-1] > LAST_SEQUENCE - WRAP_MARGIN
        ):
            return None
        return numbers[-1]

    def _verified(self, result: int = 0, *, deleted: bool = False) -> list[Action]:
        last = self.position.last
        self._floor = self._scope = last
        self._base, self._round = 0, []
        return self._finish(Outcome.DONE, result, deleted=deleted)

    def _entry(self, uuid: str, value: bytes) -> _Entry:
        key = digest(uuid, value)
        commit = self._numbers.get(key, len(self._numbers) + 1)
        records = self._records
        try:
            if uuid == records.context:
                self._awaited.discard(records.context_sequence(value))
                return _Entry(commit, None)
            numbers = (0,) if records.numbers is None else records.numbers(value)
            if self._whole(value):
                self._awaited.discard(numbers[-1])
            else:
                self._awaited.add(numbers[-1])
        except DecodeError:
            return _Entry(commit, None)
        mark = Mark(numbers[-1], key)
        if mark in (self._start.last, self._start.verified):
            commit = 0
        return _Entry(commit, mark, numbers)

    def _ask(self, phase: _Phase, op: Op, start: Mark | None, now: float) -> list[Action]:
        if start is None or self._records.numbers is None:
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
