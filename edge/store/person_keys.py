"""A key for each person, beside personal.db: who is erased is erased from every copy of it.

`person-keys.db` is encrypted as personal.db is, with the same raw key. It is never in a backup that
has generations (see `sync.backup`): there is one copy of it, and the next one replaces it. A key
that was destroyed is not made again; an old personal.db then tells nothing of that person.
"""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from edge.store.connection import Connection, Value
from edge.store.errors import StoreError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

NAME = "person-keys.db"
_KEY_BYTES, _NONCE_BYTES = 32, 12

Cells = tuple[Value, ...]


class FunctionHost(Protocol):
    """A driver that takes functions for its SQL."""

    def create_function(self, name: str, narg: int, func: Callable[..., Value], /) -> None:
        """Let SQL call ``func``; ``narg`` -1 takes any number of arguments."""


class PersonKeys:
    """The people's keys, and the functions by which SQL seals and opens what is theirs.

    Threads may share one; several processes may open the file.

    :raises StoreError: or one of its kinds, from any method.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._known: dict[int, ChaCha20Poly1305 | None] = {}
        self._last: tuple[int, bytes, Cells | None] = (0, b"", None)
        connection.migrate("person-keys", MIGRATIONS)

    def install(self, host: FunctionHost) -> None:
        """Give a connection `seal_text`, `open_text`, `seal_cells` and `open_cell`.

        The first argument is always the person; what is opened is NULL if their key is destroyed.
        """
        host.create_function("seal_text", 2, self._seal_text)
        host.create_function("open_text", 2, self._open_text)
        host.create_function("seal_cells", -1, self._seal_cells)
        host.create_function("open_cell", 3, self._open_cell)

    def seal(self, person: int, data: bytes) -> bytes:
        """Return bytes sealed with a person's key, made if they have none yet."""
        return self._seal(person, data)

    def open(self, person: int, sealed: bytes) -> bytes | None:
        """Return what :meth:`seal` sealed; None if the person's key is destroyed."""
        return self._open(person, sealed)

    def destroy(self, person: int) -> None:
        """Destroy a person's key for good: nothing opens what it sealed, wherever that is."""
        with self._connection.transaction() as driver:
            driver.execute(
                "INSERT INTO person_key (person, key) VALUES (?, NULL)"
                " ON CONFLICT (person) DO UPDATE SET key = NULL",
                (person,),
            )
        with self._lock:
            self._known[person] = None
            self._last = (0, b"", None)
        self._connection.checkpoint()

    def check(self, personal: Connection) -> None:
        """Refuse a personal.db with somebody who has no key here, as if the keys were older.

        :raises StoreError: then.
        """
        # in this order: whoever is added meanwhile has a key before they are there
        people = set(personal.rows("SELECT person FROM person"))
        if not people <= set(self._connection.rows("SELECT person FROM person_key")):
            raise StoreError(f"{NAME} is absent, older, or of another personal.db", hint=_HINT)

    def opened(self, person: int, sealed: bytes) -> bytes | None:
        """Return what was sealed with a person's key; None if that is not so or it is gone."""
        try:
            return self._open(person, sealed)
        except (StoreError, ValueError):
            return None

    def newest(self) -> int:
        """Return the highest number that anybody ever had here, also who is erased; 0 if nobody."""
        row = self._connection.row("SELECT coalesce(max(person), 0) FROM person_key")
        return int(str(row[0])) if row else 0

    def checkpoint(self) -> bool:
        """Empty the write-ahead log; a destroyed key is gone from the files after True."""
        return self._connection.checkpoint()

    def copy_to(self, path: Path) -> None:
        """Copy the file, encrypted as it is; ``path`` must not exist."""
        self._connection.copy_to(path)

    def close(self) -> None:
        """Close the file. Closing twice does nothing."""
        self._connection.close()

    def _seal_text(self, person: int, text: str) -> str:
        return base64.b64encode(self._seal(person, text.encode())).decode()

    def _open_text(self, person: int, sealed: str) -> str | None:
        data = self._open(person, base64.b64decode(sealed))
        return None if data is None else data.decode()

    def _seal_cells(self, person: int, *cells: Value) -> bytes:
        return self._seal(person, json.dumps(cells, separators=(",", ":")).encode())

    def _open_cell(self, person: int, sealed: bytes, place: int) -> Value:
        last_person, last, cells = self._last  # a row's cells are asked for one after another
        if last_person != person or last != sealed:
            data = self._open(person, sealed)
            cells = None if data is None else tuple(json.loads(data))
            self._last = (person, sealed, cells)
        return None if cells is None else cells[place]

    def _seal(self, person: int, data: bytes) -> bytes:
        key = self._key(person) or self._make(person)
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + key.encrypt(nonce, data, _whose(person))

    def _open(self, person: int, sealed: bytes) -> bytes | None:
        key = self._key(person)
        if key is None:
            return None
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - there with the key

        try:
            return key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _whose(person))
        except InvalidTag as error:
            raise StoreError(f"{NAME} does not belong to this personal.db", hint=_HINT) from error

    def _key(self, person: int) -> ChaCha20Poly1305 | None:
        with self._lock:
            if person in self._known:
                return self._known[person]
        row = self._connection.row("SELECT key FROM person_key WHERE person = ?", (person,))
        if row is None:
            return None
        # 7 MB, of which a process that only signs people up needs nothing
        from cryptography.hazmat.primitives.ciphers.aead import (  # noqa: PLC0415
            ChaCha20Poly1305,
        )

        found = ChaCha20Poly1305(row[0]) if isinstance(row[0], bytes) else None
        with self._lock:
            self._known[person] = found
        return found

    def _make(self, person: int) -> ChaCha20Poly1305:
        with self._connection.transaction() as driver:
            driver.execute(
                "INSERT INTO person_key (person, key) VALUES (?, ?) ON CONFLICT DO NOTHING",
                (person, os.urandom(_KEY_BYTES)),
            )
        made = self._key(person)
        if made is None:
            raise StoreError("this person was erased", hint="Die Person wurde gelöscht.")
        return made


def _whose(person: int) -> bytes:
    return b"person %d" % person


_HINT = f"Bitte {NAME} neben personal.db zurückholen: aus dem Ordner keys/ der neuesten Sicherung."
_V1 = (
    (
        "CREATE TABLE person_key (person INTEGER PRIMARY KEY,"
        " key BLOB CHECK (length(key) = 32)) STRICT"
    ),
)
MIGRATIONS: dict[str, Sequence[str]] = {"person_keys_0001": _V1}
