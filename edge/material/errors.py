"""Why a file is not taken. ``hint`` says, in German, what that means and what to do."""

from __future__ import annotations


class Refused(Exception):
    """The file cannot be taken as it is; ``code`` is short and stays the same over versions."""

    def __init__(self, code: str, hint: str) -> None:
        super().__init__(f"{code}: {hint}")
        self.code = code
        self.hint = hint


class MediumError(Exception):
    """The stick or the hub's own disk failed; ``code`` is `gone`, `full` or `broken`."""

    def __init__(self, code: str, hint: str) -> None:
        super().__init__(f"{code}: {hint}")
        self.code = code
        self.hint = hint
