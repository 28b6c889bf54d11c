"""Why somebody is not let in, or an account not changed; the hint says what to do."""

from __future__ import annotations


class AccessError(Exception):
    """What was asked for is not done. ``field`` is the field of the form that is wrong."""

    def __init__(self, message: str, *, hint: str, field: str = "") -> None:
        super().__init__(message)
        self.hint = hint
        self.field = field


class NotLetIn(AccessError):
    """What was shown opens nothing. It is not said what of it was wrong."""


class TooManyTries(AccessError):
    """After wrong tries one waits ``wait_s`` seconds."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"wait {wait_s} s", hint="")
        self.wait_s = wait_s


class Busy(Exception):
    """Too many sign in at this moment."""
