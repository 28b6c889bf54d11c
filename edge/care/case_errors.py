"""What may be wrong with what two sides of a consultation send each other. Pure."""

from __future__ import annotations


class CaseError(Exception):
    """Base; ``hint`` says what a person can do about it."""

    hint: str = "Bitte bei der anderen Seite anrufen."

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        if hint:
            self.hint = hint


class Damaged(CaseError):
    """The bytes are no letter, or were changed: set aside, never tried again."""

    hint = "Die Datei ist beschädigt oder verändert. Bitte noch einmal schicken lassen."


class NotForUs(CaseError):
    """It does not open with this key: it is for somebody else, or was changed."""

    hint = "Das ist nicht für diesen Schlüssel, oder es wurde unterwegs verändert."


class TooLarge(CaseError):
    """More than a case may hold."""

    hint = "Das ist zu groß. Bitte weniger oder kleinere Bilder nehmen."


class Unfit(CaseError):
    """What is to be sent is not as it must be."""
