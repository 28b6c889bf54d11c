"""What is wrong with a rule set or a plan, and whose fault that is: whoever wrote it."""

from __future__ import annotations


class RuleError(ValueError):
    """A rule set or plan that says nothing sound; ``hint`` tells its author, in German, what."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint
