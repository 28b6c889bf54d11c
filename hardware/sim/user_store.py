"""A device's users behind its User Control Point, without a radio.

Source: Bluetooth User Data Service 1.1, User Control Point, Database Change Increment.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hardware.ble.user_control import MAX_CONSENT_CODE, Answered, Op, Result, encode_answer


@dataclass(slots=True)
class UserStore:
    """The users: index to consent code, and how often each one's data changed."""

    capacity: int = 4
    codes: dict[int, int] = field(default_factory=dict)
    changes: dict[int, int] = field(default_factory=dict)
    current: int | None = None

    def written(self, value: bytes) -> bytes:
        """Take a request and return the indication that answers it."""
        op = value[0]
        if op == Op.REGISTER:
            return self._register(op, int.from_bytes(value[1:3], "little"))
        if op == Op.CONSENT:
            index, code = value[1], int.from_bytes(value[2:4], "little")
            if self.codes.get(index) != code:
                return encode_answer(Answered(op, Result.NOT_AUTHORIZED))
            self.current = index
            return encode_answer(Answered(op, Result.SUCCESS))
        return encode_answer(Answered(op, Result.OP_CODE_NOT_SUPPORTED))

    def increment(self) -> bytes | None:
        """Return the Database Change Increment, or ``None`` without a consent."""
        if self.current is None:
            return None
        return self.changes[self.current].to_bytes(4, "little")

    def disconnect(self) -> None:
        """Forget the consent."""
        self.current = None

    def _register(self, op: int, code: int) -> bytes:
        if code > MAX_CONSENT_CODE:
            return encode_answer(Answered(op, Result.INVALID_PARAMETER))
        if len(self.codes) >= self.capacity:
            return encode_answer(Answered(op, Result.OPERATION_FAILED))
        index = next(number for number in range(256) if number not in self.codes)
        self.codes[index] = code
        self.changes[index] = 0
        return encode_answer(Answered(op, Result.SUCCESS, bytes((index,))))
