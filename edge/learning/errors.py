"""What is wrong with what a person entered; ``hint`` says, in German, what to do."""

from __future__ import annotations


class LearningError(Exception):
    """Base; ``field`` names what was entered, so that a page can mark it."""

    def __init__(self, message: str, *, hint: str, field: str = "") -> None:
        super().__init__(message)
        self.hint = hint
        self.field = field


class Refused(LearningError):
    """What was entered cannot be taken as it is."""


class NoSuchTime(LearningError):
    """The clock on the wall never shows this time: it is skipped when summer time begins."""


class SlipUnreadable(LearningError):
    """This is no slip number, or a sign of it is mistyped."""
