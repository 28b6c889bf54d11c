"""What a check found: where, which rule, and what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much it weighs."""

    ERROR = "error"  # no such resource may be sent or taken
    WARNING = "warning"  # allowed, but somebody may stumble over it
    UNCHECKED = "unchecked"  # what would be needed to judge it is not here


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong, or was not looked at.

    ``path`` is the element's in this instance (``Observation.component[1].code``), ``rule`` one of
    ``cardinality``, ``element``, ``type``, ``value``, ``fixed``, ``pattern``, ``slice``,
    ``binding``, ``reference``, ``ucum``, ``profile``, ``json``, ``narrative`` or an invariant's
    key (``obs-6``), ``message`` what is wrong and ``hint`` what to do, both in German.
    """

    path: str
    rule: str
    message: str
    hint: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        return f"{self.path}: {self.message} [{self.rule}] {self.hint}".rstrip()


class FhirError(Exception):
    """Something is no resource that may be used; ``issues`` say what is wrong with it."""

    def __init__(self, message: str, hint: str, issues: Iterable[Issue] = ()) -> None:
        super().__init__(message)
        self.hint = hint
        self.issues = tuple(issues)


def errors(issues: Iterable[Issue]) -> list[Issue]:
    """Return those for which a resource is refused."""
    return [issue for issue in issues if issue.severity is Severity.ERROR]
