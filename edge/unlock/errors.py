"""What keeps the database's key from being opened, by what a person can do about it."""

from __future__ import annotations


class UnlockError(Exception):
    """Base of every error of this room; ``hint`` says what a person can do about it."""

    hint: str = ""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        if hint:
            self.hint = hint


class NotSetUp(UnlockError):
    """There is no record: the hub is opened by its key file alone."""

    hint = "Das Entsperren mit zwei von drei ist nicht eingerichtet: dorfhub unlock setup"


class Damaged(UnlockError):
    """The record is no record, or was changed after it was written."""

    hint = (
        "Die Datei keys/unlock.json ist beschädigt oder verändert. Bitte aus der Sicherung der "
        "Schlüssel zurückholen."
    )


class NoPair(UnlockError):
    """The record has no wrap for these two factors."""

    hint = "Diese beiden öffnen hier nicht zusammen: eins davon ist nicht eingerichtet."


class DoesNotOpen(UnlockError):
    """A secret is not the right one, or the wrap was changed: nobody can tell which."""

    hint = "Das passt nicht. Bitte PIN, Stick und Schlüsselserver prüfen."


class FactorAbsent(UnlockError):
    """A factor cannot be had now: no stick, no server."""


class WrongFactor(UnlockError):
    """What is there is another hub's stick or an older one."""


class MustWait(UnlockError):
    """Too many wrong PINs; ``wait_s`` is how long none is taken."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"no PIN is taken for {wait_s} s")
        self.wait_s = wait_s
        minutes = -(-wait_s // 60)
        self.hint = (
            "Zu viele falsche Versuche. Der nächste ist in "
            f"{'einer Minute' if minutes == 1 else f'{minutes} Minuten'} möglich."
        )


class Refused(UnlockError):
    """Setting up would leave something that does not hold."""
