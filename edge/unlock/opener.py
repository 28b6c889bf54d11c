"""Opening and locking: what the commands, the worker and the pages share."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edge.unlock import memory, pin, tang, token
from edge.unlock.errors import (
    Damaged,
    DoesNotOpen,
    FactorAbsent,
    MustWait,
    NoPair,
    NotSetUp,
    UnlockError,
)
from edge.unlock.tries import Tries
from edge.unlock.wrapping import Factor, Record, from_text, unwrap

if TYPE_CHECKING:
    from edge.config import Config

RECORD = "unlock.json"
PLAIN = "personal.key"  # what `init` calls the key on the card, before any setting up
_TURN = threading.Lock()  # of one process: Argon2 takes 64 MiB


@dataclass(frozen=True, slots=True)
class Opener:
    """One hub's lock. ``places`` are the folders in which sticks appear."""

    record_path: Path
    tries_path: Path
    key_file: Path
    places: Sequence[Path]

    @classmethod
    def of(cls, config: Config) -> Opener:
        """Return the opener of a hub."""
        return cls(
            config.hub.keys / RECORD,
            config.hub.keys / "unlock.tries",
            config.personal.key_file,
            config.sync.sticks,
        )

    @property
    def is_set_up(self) -> bool:
        """Whether there is a record."""
        return self.record_path.exists()

    @property
    def is_locked(self) -> bool:
        """Whether the key is not there."""
        return not self.key_file.exists()

    @property
    def is_held(self) -> bool:
        """Whether somebody locked it by hand since the last start."""
        return self._held.exists()

    def record(self) -> Record:
        """Return what lies on the card.

        :raises NotSetUp: if there is nothing.
        :raises Damaged: if it cannot be read.
        """
        try:
            return from_text(self.record_path.read_text("utf-8"))
        except FileNotFoundError as error:
            raise NotSetUp(f"{self.record_path} is absent") from error
        except UnicodeDecodeError as error:
            raise Damaged(f"{self.record_path} is no text") from error

    def present(self, record: Record) -> tuple[dict[Factor, bytes], list[UnlockError]]:
        """Return what needs no person and is there, and why the rest is not."""
        found: dict[Factor, bytes] = {}
        missing: list[UnlockError] = []
        if "token" in record.marks:
            try:
                found["token"] = token.find(self.places, record)
            except UnlockError as error:
                missing.append(error)
        if "tang" in record.marks:
            try:
                found["tang"] = tang.decrypt(record.tang_jwe)
            except UnlockError as error:
                missing.append(error)
        return found, missing

    def without_person(self) -> bool:
        """Open with server and stick if both are there; return whether the key is there now.

        What somebody locked by hand stays locked.

        :raises UnlockError: if something is wrong; that a factor is absent is not.
        """
        if not self.is_locked:
            return True
        if self.is_held:
            return False
        record = self.record()
        found, missing = self.present(record)
        if len(found) < 2:
            for error in missing:
                if not isinstance(error, FactorAbsent):
                    raise error
            return False
        memory.put(self.key_file, unwrap(record, found))
        if self.is_held:  # somebody locked it meanwhile
            self.key_file.unlink(missing_ok=True)
            return False
        return True

    def with_pin(self, text: str, now_ms: int) -> None:
        """Open with a PIN and whatever else is there.

        A try counts only if it can be made: without stick and server nothing is compared.

        :raises MustWait: after too many wrong ones.
        :raises DoesNotOpen: if the PIN is wrong.
        :raises FactorAbsent: if neither stick nor server is there.
        :raises UnlockError: of another kind, if the record is damaged or another hub's.
        """
        record = self.record()
        if record.pin is None:
            raise NoPair("no PIN", hint="Eine PIN ist nicht eingerichtet.")
        tries = Tries(self.tries_path)
        if wait_s := tries.wait_s(now_ms):
            raise MustWait(wait_s)
        found, missing = self.present(record)
        if not found:
            raise FactorAbsent(
                "nothing beside the PIN is there",
                hint=" ".join(["Die PIN allein öffnet nicht.", *(one.hint for one in missing)]),
            )
        with _TURN, tries.one(now_ms):
            if not pin.is_pin(text):
                raise DoesNotOpen("no PIN", hint="Die PIN stimmt nicht.")
            secret = pin.secret_of(text, record.pin)
            factor, other = next(iter(found.items()))
            try:
                key = unwrap(record, {"pin": secret, factor: other})
            except DoesNotOpen as error:
                raise DoesNotOpen(str(error), hint="Die PIN stimmt nicht.") from None
        memory.put(self.key_file, key)
        self.release()

    def lock(self) -> None:
        """Remove the key, and stay locked until somebody opens or the hub starts anew.

        :raises NotSetUp: if it could not be opened again.
        """
        self.record()
        self._held.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._held.touch(mode=0o600)
        self.key_file.unlink(missing_ok=True)

    def release(self) -> None:
        """Let it be opened without a person again."""
        self._held.unlink(missing_ok=True)

    @property
    def _held(self) -> Path:
        return self.key_file.with_name(self.key_file.name + ".held")  # in memory: a start forgets
