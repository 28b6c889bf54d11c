"""Who may use the officials' pages: names and passwords, kept as scrypt hashes in one file.

A file and not the ledger: whoever may change it administers the county's machine.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from werkzeug.security import check_password_hash, generate_password_hash

from sync.county import disk
from sync.errors import SyncError

MIN_LENGTH = 12
MAX_LENGTH = 200
_SIZE_LIMIT = 1 << 20
# Guessing at one password a few seconds, whoever guesses: what is typed by people stays quick.
_FREE_FAILURES = 5
_WAIT_S = 30.0
_HASH = "scrypt:32768:8:1"
_NOBODY = generate_password_hash(secrets.token_hex(16), method=_HASH)


class OfficialError(SyncError):
    """A name or password cannot be used."""


class Officials:
    """The names and passwords in ``file``. Read anew for each login: changes hold at once."""

    def __init__(self, file: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._file = file
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._closed_until = 0.0

    def names(self) -> list[str]:
        """Return who may log in."""
        return sorted(self._read())

    def set(self, name: str, password: str) -> None:
        """Let ``name`` in with ``password``; one that is known gets a new one.

        :raises OfficialError: if either cannot be used.
        """
        name = name.strip()
        if not 0 < len(name) <= 60 or not name.isprintable():
            raise OfficialError("a name has 1 to 60 characters")
        if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
            raise OfficialError(
                f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters",
                hint=f"Mindestens {MIN_LENGTH} Zeichen, zum Beispiel vier Wörter.",
            )
        self._write(
            {**self._read(), name: generate_password_hash(password, method=_HASH, salt_length=16)}
        )

    def remove(self, name: str) -> None:
        """Let ``name`` in no more; who is logged in is out at once.

        :raises OfficialError: if there is none of that name.
        """
        known = self._read()
        if name not in known:
            raise OfficialError(f"nobody is called {name}", hint="Ohne NAME zeigt es alle Namen.")
        self._write({one: kept for one, kept in known.items() if one != name})

    def admit(self, name: str, password: str) -> str | None:
        """Return the mark of a session, None for a wrong name or password or after many of them."""
        with self._lock:
            if self._clock() < self._closed_until:
                return None
            kept = self._read().get(name.strip())
            right = check_password_hash(kept or _NOBODY, password[:MAX_LENGTH])
            if kept is None or not right:
                self._failures += 1
                if self._failures >= _FREE_FAILURES:
                    self._closed_until = self._clock() + _WAIT_S
                return None
            self._failures = 0
            return _mark(kept)

    def still(self, name: str, mark: str) -> bool:
        """Tell if a session of ``name`` holds: not after its password changed."""
        kept = self._read().get(name)
        return kept is not None and hmac.compare_digest(_mark(kept), mark)

    def waiting_s(self) -> float:
        """Return for how long nobody is let in because of wrong passwords."""
        return max(0.0, self._closed_until - self._clock())

    def _read(self) -> Mapping[str, str]:
        try:
            with self._file.open("rb") as file:
                read = json.loads(file.read(_SIZE_LIMIT))
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise OfficialError(f"{self._file} is damaged") from error
        if not isinstance(read, dict) or not all(isinstance(one, str) for one in read.values()):
            raise OfficialError(f"{self._file} is damaged")
        return read

    def _write(self, known: Mapping[str, str]) -> None:
        disk.write(self._file, json.dumps(known, ensure_ascii=False, indent=1).encode())
        self._file.chmod(0o600)


def session_key(file: Path) -> bytes:
    """Return the key that signs sessions, made at the first call (mode 0600)."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        key = secrets.token_bytes(32)
        disk.write(file, key)
        file.chmod(0o600)
        return key


def _mark(kept: str) -> str:
    return hashlib.sha256(kept.encode()).hexdigest()[:32]
