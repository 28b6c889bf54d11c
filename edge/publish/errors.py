"""What publishing may raise, by whose fault it is."""

from __future__ import annotations

from collections.abc import Mapping


class PublishError(Exception):
    """Base; ``hint`` says what a person can do about it."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class CubeError(PublishError):
    """A cube's declaration is not well-formed: our own file is wrong."""


class UnsupportedCube(PublishError):
    """The auditor knows no rules for this kind of cube, so it passes nothing of it."""


class SnapshotUnreadable(PublishError):
    """A snapshot or its certificate cannot be read as such."""


class SourceUnreadable(PublishError):
    """The village's readings cannot be read."""


class NothingEstimated(PublishError):
    """The heat cadastre has no estimate yet."""


class AuditFailed(PublishError):
    """The auditor refused what was built: nothing was published.

    ``findings`` are its sentences, each with the table and cell it is about.
    """

    def __init__(self, findings: tuple[str, ...], told: tuple[str, ...] = ()) -> None:
        super().__init__(f"the auditor refused the snapshot: {'; '.join(told or findings[:1])}")
        self.findings = findings

    @classmethod
    def of(cls, refused: Mapping[str, tuple[str, ...]]) -> AuditFailed:
        """Return one error for several cubes; its message tells the first finding of each."""
        each = [[f"{cube}: {one}" for one in findings] for cube, findings in refused.items()]
        return cls(tuple(one for of in each for one in of), tuple(of[0] for of in each))
