"""Secrets that people know, as they are kept: argon2id over a keyed digest.

The key lies with the hub's other keys, apart from the database: who has a backup of the data alone
cannot try out twelve pictures. One check takes 19 MiB for its while; few run at once, so that the
web process of a Pi stays small, and nobody can make it busy for long.
"""

from __future__ import annotations

import ctypes
import hashlib
import hmac
import secrets
import threading
import unicodedata
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from edge.access.errors import Busy
from edge.store.setup import write_new

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY_BYTES = 32
# OWASP's smallest for argon2id: 60 ms on a desk computer, about half a second on a Pi 3.
MEMORY_KIB = 19 * 1024
PASSES = 2
AT_ONCE = 1
MAX_WAITING = 8  # a course's helpers who all sign in at two o'clock
WAIT_S = 10.0
Kind = Literal["password", "pictures"]


class Hasher:
    """Makes and compares what is kept of secrets. Threads may share one."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._argon2 = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1)
        self._turn = threading.BoundedSemaphore(AT_ONCE)
        self._room = threading.BoundedSemaphore(AT_ONCE + MAX_WAITING)
        self._nobodys = self.make(secrets.token_hex(), "password")

    @classmethod
    def of(cls, keys: Path) -> Hasher:
        """Return the hasher of a hub, whose key is made if absent."""
        return cls(access_key(keys))

    def make(self, secret: str, kind: Kind) -> str:
        """Return what is kept of a secret.

        :raises Busy: if too many wait.
        """
        with self._one():
            return self._argon2.hash(self._keyed(secret, kind))

    def fits(self, kept: str | None, secret: str, kind: Kind) -> bool:
        """Tell whether it is the secret. With nothing kept it takes as long and is not.

        :raises Busy: if too many wait.
        """
        with self._one(), suppress(VerificationError, InvalidHashError):
            return self._argon2.verify(kept or self._nobodys, self._keyed(secret, kind)) and (
                kept is not None
            )
        return False

    def mark(self, what: str) -> bytes:
        """Return what is kept of something that is only to be known again."""
        return hmac.digest(self._key, b"mark\0" + what.encode("utf-8", "replace"), "sha256")[:16]

    def _keyed(self, secret: str, kind: Kind) -> bytes:
        plain = unicodedata.normalize("NFC", secret).encode("utf-8", "replace")
        return hmac.digest(self._key, f"{kind}\0".encode() + plain, hashlib.sha256)

    @contextmanager
    def _one(self) -> Iterator[None]:
        if not self._room.acquire(blocking=False):
            raise Busy
        try:
            if not self._turn.acquire(timeout=WAIT_S):
                raise Busy
            try:
                yield
            finally:
                _give_back()
                self._turn.release()
        finally:
            self._room.release()


def _give_back() -> None:
    """Give freed memory back: glibc would keep the 19 MiB of a check for good."""
    with suppress(AttributeError):  # a C library that has no such call keeps nothing either
        ctypes.CDLL(None).malloc_trim(0)


def access_key(keys: Path) -> bytes:
    """Return the key of a hub's secrets, made if absent.

    :raises OSError: if it can neither be read nor made.
    """
    file = keys / "access.key"
    keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(FileExistsError):
        write_new(file, secrets.token_hex(KEY_BYTES).encode(), mode=0o600)
    return bytes.fromhex(file.read_text("ascii").strip())
