"""Everything the sync floor may raise, by whose fault it is."""

from __future__ import annotations


class SyncError(Exception):
    """Base of every error this floor raises; ``hint`` says what a person can do about it."""

    hint: str = ""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        if hint:
            self.hint = hint


class FormatError(SyncError, ValueError):
    """The peer's bytes break the format. Quarantine them; never retry the same bytes.

    ``offset`` counts bytes from the start of what was being read; ``seq`` is the number of
    the segment, where one was reached.
    """

    def __init__(
        self, message: str, *, offset: int | None = None, seq: int | None = None, hint: str = ""
    ) -> None:
        where = "" if seq is None else f" in segment {seq}"
        where += "" if offset is None else f" at byte {offset}"
        super().__init__(message + where, hint=hint)
        self.message = message
        self.offset = offset
        self.seq = seq


class VersionError(FormatError):
    """A newer program wrote these bytes. They are not broken: keep them, or ask again later."""

    hint = "Bitte Dorfhub aktualisieren; bis dahin geht nichts verloren."


class SignatureError(FormatError):
    """A signature does not belong to the key and the bytes that it came with."""


class ReplayError(SignatureError):
    """A signature that holds, on an answer to another question: an old one was played back."""


class KeyConflict(SyncError):
    """Two changes of one key: two hold it, or a chain of keys does not go on from ours."""


class ChainError(FormatError):
    """Segments do not follow one another: a gap, another epoch, or another hash."""


class IdentityError(SyncError):
    """The hub's own key file cannot be used."""


class CarrierError(SyncError, OSError):
    """The road failed: no answer, cut, unplugged, full. Retry with backoff.

    ``code`` is the reason for programs, ``said`` the message without its place, for a board.
    """

    def __init__(self, message: str, *, hint: str = "", code: str = "", said: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code
        self.said = said


class Refused(SyncError):
    """The other side answered, and said no; ``hint`` is what it says a person should do."""
