"""A device's users behind its User Control Point, without a radio.

Source: Bluetooth User Data Service 1.1, User Control Point, Database Change Increment.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hardware.ble.user_control import MAX_CONSENT_CODE, Answered, Op, Result, encode_answer


@dataclass(slots=True)
class UserStore:
    """The users: index to consent code, how often each one's data changed, and the data.

    After ``tries`` wrong codes in a row the device is locked and answers "operation failed" to
    every code, the right one too, until somebody takes its batteries out. 0: it never is.
    ``deleted`` are users who were deleted by a hub; who kept something of theirs drops it.
    """

    capacity: int = 4
    codes: dict[int, int] = field(default_factory=dict)
    changes: dict[int, int] = field(default_factory=dict)
    data: dict[int, dict[str, bytes]] = field(default_factory=dict)
    current: int | None = None
    tries: int = 0
    wrong: int = 0
    asked: list[tuple[int, int]] = field(default_factory=list)  # every index and code tried
    deleted: list[int] = field(default_factory=list)

    def written(self, value: bytes) -> bytes:
        """Take a request and return the indication that answers it."""
        op = value[0]
        if op == Op.REGISTER:
            return self._register(op, int.from_bytes(value[1:3], "little"))
        if op == Op.CONSENT:
            return self._consent(op, value[1], int.from_bytes(value[2:4], "little"))
        if op == Op.DELETE_DATA:
            if self.current is None:
                return encode_answer(Answered(op, Result.NOT_AUTHORIZED))
            self.deleted.append(self.current)
            self.delete(self.current)
            return encode_answer(Answered(op, Result.SUCCESS))
        return encode_answer(Answered(op, Result.OP_CODE_NOT_SUPPORTED))

    def increment(self) -> bytes | None:
        """Return the Database Change Increment, or ``None`` without a consent."""
        if self.current is None:
            return None
        return self.changes[self.current].to_bytes(4, "little")

    def write(self, uuid: str, value: bytes) -> bool:
        """Take data of the current user; False without a consent."""
        if self.current is None:
            return False
        self.data.setdefault(self.current, {})[uuid] = value
        return True

    def count(self, value: bytes) -> bool:
        """Take a collector's count of changes; False without a consent."""
        if self.current is None:
            return False
        self.changes[self.current] = int.from_bytes(value, "little")
        return True

    def delete(self, index: int) -> None:
        """Forget a user, as a hub or a person at the device wants it."""
        self.codes.pop(index, None)
        self.changes.pop(index, None)
        self.data.pop(index, None)
        if self.current == index:
            self.current = None

    def unlock(self) -> None:
        """Take the batteries out."""
        self.wrong = 0

    def disconnect(self) -> None:
        """Forget the consent."""
        self.current = None

    def _consent(self, op: int, index: int, code: int) -> bytes:
        self.asked.append((index, code))
        if self.tries and self.wrong >= self.tries:
            return encode_answer(Answered(op, Result.OPERATION_FAILED))
        if self.codes.get(index) != code:
            self.wrong += 1
            self.current = None
            return encode_answer(Answered(op, Result.NOT_AUTHORIZED))
        self.current, self.wrong = index, 0
        return encode_answer(Answered(op, Result.SUCCESS))

    def _register(self, op: int, code: int) -> bytes:
        if code > MAX_CONSENT_CODE:
            return encode_answer(Answered(op, Result.INVALID_PARAMETER))
        if len(self.codes) >= self.capacity:
            return encode_answer(Answered(op, Result.OPERATION_FAILED))
        index = next(number for number in range(256) if number not in self.codes)
        self.codes[index] = code
        self.changes[index] = 0
        return encode_answer(Answered(op, Result.SUCCESS, bytes((index,))))
