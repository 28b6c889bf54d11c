"""What an answer says when a request cannot be met."""

from __future__ import annotations


class SensorThingsError(Exception):
    """A request that cannot be met; ``status`` is HTTP's, the message is for the asking program.

    ``position`` is the character, from 0, of the option or path at which it went wrong.
    """

    def __init__(self, message: str, *, status: int = 400, position: int | None = None) -> None:
        where = "" if position is None else f", at character {position}"
        super().__init__(message + where)
        self.status = status
        self.position = position


class NotFoundError(SensorThingsError):
    """There is no such resource."""

    def __init__(self, message: str) -> None:
        super().__init__(message, status=404)
