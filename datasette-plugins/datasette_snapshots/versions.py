"""The versions of a database in the folder, and what is known of each file.

A version is a plain file `NAME-vNNNNNN.db` whose number is not above that of the one being served:
what lies there above it was not published yet, or was taken back.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
import stat
import threading
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

KEEP = 1024  # files of which the sum is remembered
MAX_CERTIFICATE = 64 * 1024  # one has some 600 bytes
# What of the file beside a version is repeated. It may say more that is nobody's business.
CERTIFIED = ("auditor", "cube", "version", "period", "k", "p_percent")

_CHUNK = 1 << 20
_FILE = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9_-]{0,99})-v(?P<number>\d{6,12})\.db")

State = tuple[int, ...]
Check = Callable[[sqlite3.Connection], None]


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a file's content: ``sha256`` of ``size`` bytes, written at ``written_s``.

    ``certificate`` is what a certificate beside it says, empty without one of this very content.
    """

    file: str
    number: int
    written_s: float
    size: int
    sha256: str
    certificate: Mapping[str, object] = field(default_factory=dict)


def number_of(name: str, file: str) -> int | None:
    """Return which version of ``name`` a file's name says, None if it is no such name."""
    match = _FILE.fullmatch(file)
    if match is None or match["name"] != name:
        return None
    number = int(match["number"])
    return number if number and f"{number:06d}" == match["number"] else None


def files_of(folder: Path, name: str, current: int) -> list[tuple[int, str]]:
    """Return number and file of all versions up to ``current``, the newest first.

    :raises OSError: if the folder cannot be read.
    """
    found = []
    for path in folder.iterdir():
        number = number_of(name, path.name)
        if number is not None and number <= current:
            found.append((number, path.name))
    return sorted(found, reverse=True)


class Files:
    """Opens versions. Each file's sum is read once for as long as the file stays the same.

    Used from several threads.
    """

    def __init__(self) -> None:
        self._sums: dict[Path, tuple[State, str]] = {}
        self._lock = threading.Lock()
        self.read = 0  # how many files were read as a whole

    def open(self, path: Path, number: int, check: Check) -> tuple[Version, BinaryIO]:
        """Return a version and its file, open; what is read later is what was looked at here.

        ``check`` is given a connection to the file and raises `sqlite3.Error` to refuse it.

        :raises OSError: if there is no such plain file, or it is being replaced.
        :raises sqlite3.Error: if it is no database, or one that ``check`` refuses.
        """
        # a pipe with this name must not make anybody wait
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        found = os.fstat(opened)
        if not stat.S_ISREG(found.st_mode):
            os.close(opened)
            raise OSError(f"{path.name} is no plain file")
        file = os.fdopen(opened, "rb")
        try:
            sha256 = self._sum(path, file, _state(found))
            _checked(path, check)
            _same(path, _state(found))
            certificate = _certificate(path, sha256)
        except BaseException:
            file.close()
            raise
        version = Version(path.name, number, found.st_mtime, found.st_size, sha256, certificate)
        return version, file

    def look(self, path: Path, number: int, check: Check) -> Version:
        """Return a version; as :meth:`open` otherwise."""
        version, file = self.open(path, number, check)
        file.close()
        return version

    def _sum(self, path: Path, file: BinaryIO, state: State) -> str:
        with self._lock:  # two who ask at once read it once
            known = self._sums.get(path)
            if known and known[0] == state:
                return known[1]
            self.read += 1
            made = hashlib.sha256()
            while chunk := file.read(_CHUNK):
                made.update(chunk)
            file.seek(0)
            while len(self._sums) >= KEEP:
                del self._sums[next(iter(self._sums))]
            self._sums[path] = (state, made.hexdigest())
            return made.hexdigest()


def _same(path: Path, state: State) -> None:
    if _state(path.lstat()) != state:
        raise OSError(f"{path.name} is being replaced")


def _checked(path: Path, check: Check) -> None:
    address = f"file:{quote(str(path))}?immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        check(connection)


def _state(found: os.stat_result) -> State:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _certificate(path: Path, sha256: str) -> Mapping[str, object]:
    with suppress(OSError, ValueError, RecursionError):
        with path.with_suffix(".json").open("rb") as file:
            said = json.loads(file.read(MAX_CERTIFICATE))
        if isinstance(said, dict) and said.get("sha256") == sha256:
            return {
                key: said[key] for key in CERTIFIED if isinstance(said.get(key), str | int | float)
            }
    return {}
