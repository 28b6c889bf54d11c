"""Everything a store may raise, by what a person can do about it."""

from __future__ import annotations


class StoreError(Exception):
    """Base of every error of a store; ``hint`` says what a person can do about it."""

    hint: str = ""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        if hint:
            self.hint = hint


class StoreFull(StoreError):
    """The disk is full: nothing of this call was stored; what was acknowledged is still there."""

    hint = (
        "Der Speicher ist voll. Bitte Platz schaffen (alte Dateien löschen oder eine größere "
        "Karte einsetzen); der Hub macht danach von selbst weiter."
    )


class StoreBusy(StoreError):
    """Another process held the database for longer than the busy timeout. Try again."""

    hint = "Ein anderer Prozess schreibt gerade sehr lange. Bitte gleich noch einmal versuchen."


class Locked(StoreError):
    """The key file of personal.db is absent: people and care data cannot be opened now."""

    hint = (
        "Die persönlichen Daten sind gesperrt. Bitte die Schlüsseldatei bereitstellen "
        "(hub.toml, [personal] key_file); Messwerte werden bis dahin versiegelt aufbewahrt."
    )


class WrongStoreKey(StoreError):
    """The key file does not open this personal.db."""

    hint = (
        "Die Schlüsseldatei gehört nicht zu dieser personal.db. Bitte die richtige "
        "Schlüsseldatei bereitstellen; die Datenbank nicht löschen."
    )


class CareLaneClosed(StoreError):
    """A care entry came but no care public key is known, so it cannot be sealed."""

    hint = "Es fehlt keys/care.pub. Bitte `dorfhub init` ausführen."


class NewerStore(StoreError):
    """The database was written by a newer Dorfhub than this one."""

    hint = "Bitte Dorfhub aktualisieren; eine ältere Fassung darf diese Datenbank nicht ändern."
