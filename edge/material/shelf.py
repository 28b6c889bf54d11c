"""The shelf: files kept by the SHA-256 of what is in them, below one folder.

``ab/abcdef….pdf``: the same file is there once, whatever it was called. A file appears whole, read
back from the disk, or not at all.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from edge.config import Config
from edge.material.errors import MediumError
from hardware.durable import flush, read_back

_CHUNK = 1 << 20
_NAME = re.compile(r"([0-9a-f]{64})\.([a-z0-9]{2,4})")
_STAGING = "eingang"
_UNPACKED = "ausgepackt"

Progress = Callable[[int], None]


class Shelf:
    """The files of one hub. ``keep_free`` bytes of the disk are left to the databases."""

    def __init__(self, folder: Path, keep_free: int) -> None:
        self.folder = folder
        self._keep_free = keep_free

    def path(self, digest: str, ending: str) -> Path:
        """Return where a file is, or would be."""
        if not _NAME.fullmatch(f"{digest}.{ending}"):
            raise ValueError(f"{digest}.{ending} is no name of the shelf")
        return self.folder / digest[:2] / f"{digest}.{ending}"

    def unpacked(self, digest: str) -> Path:
        """Return where an exercise is unpacked."""
        return self.folder / _UNPACKED / self.path(digest, "h5p").stem

    @property
    def staging(self) -> Path:
        """Return the folder of what has only begun."""
        return self.folder / _STAGING

    def room(self) -> int:
        """Return how many bytes may be taken in."""
        self.folder.mkdir(parents=True, exist_ok=True)
        there = os.statvfs(self.folder)
        return there.f_bavail * there.f_frsize - self._keep_free

    def stage(self, source: BinaryIO, name: str, size: int, progress: Progress) -> tuple[Path, str]:
        """Copy what ``source`` gives beside the shelf; return where it is and its SHA-256.

        On return the disk gave the same bytes back that the source gave.

        :raises MediumError: if the source is gone, or the hub's disk is full or lies.
        """
        self._require(size)
        self.staging.mkdir(parents=True, exist_ok=True)
        part = self.staging / name
        digest = hashlib.sha256()
        try:
            with own_disk(), part.open("wb") as file:
                for piece in _pieces(source):
                    self._require(len(piece))  # others write as well
                    digest.update(piece)
                    file.write(piece)
                    progress(len(piece))
                file.flush()
                os.fsync(file.fileno())
            with own_disk():
                found = read_back(part)
            require_same(found, digest.digest())
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        return part, digest.hexdigest()

    def put(self, part: Path, digest: str, ending: str) -> Path:
        """Move a staged file to its place.

        :raises MediumError: if the disk fails.
        """
        place = self.path(digest, ending)
        with own_disk():
            place.parent.mkdir(parents=True, exist_ok=True)
            part.replace(place)
            place.chmod(0o640)
            flush(place.parent)
        return place

    def check(self, digest: str, ending: str) -> bool:
        """Tell whether a file is there and still what it was."""
        try:
            return read_back(self.path(digest, ending)).hex() == digest
        except OSError:
            return False

    def remove(self, digest: str, ending: str) -> None:
        """Delete a file, and what was unpacked of it."""
        import shutil  # noqa: PLC0415 - seldom

        self.path(digest, ending).unlink(missing_ok=True)
        if ending == "h5p":
            shutil.rmtree(self.unpacked(digest), ignore_errors=True)

    def held(self) -> Iterator[tuple[str, str]]:
        """Yield digest and ending of every file that is there."""
        for path in sorted(self.folder.glob("[0-9a-f][0-9a-f]/*")):
            if found := _NAME.fullmatch(path.name):
                yield found[1], found[2]

    def clean(self, older_s: float = 21_600.0) -> int:
        """Delete what was begun and not touched for so long; return how many files that were."""
        count = 0
        for path in self.staging.glob("*"):
            with contextlib.suppress(OSError):
                if path.stat().st_mtime <= time.time() - older_s:
                    path.unlink()
                    count += 1
        return count

    def _require(self, size: int) -> None:
        with own_disk():
            room = self.room()
        if size > room:
            raise full(size, room)


def shelf_of(config: Config) -> Shelf:
    """Return the shelf of a hub."""
    return Shelf(config.materials_folder, config.materials.keep_free_mb * 1_000_000)


def require_same(found: bytes, wanted: bytes) -> None:
    """Refuse a disk that gives other bytes back.

    :raises MediumError: if they differ.
    """
    if found != wanted:
        raise MediumError("broken", "Der Speicher des Hubs gibt andere Daten zurück.")


def full(size: int, room: int) -> MediumError:
    """Return what to say when a file does not fit."""
    from edge.material.kinds import size_words  # noqa: PLC0415 - seldom

    there = size_words(max(room, 0)) if room > 0 else "kein Platz"
    return MediumError(
        "full",
        f"Der Speicher des Hubs ist zu voll: Gebraucht werden {size_words(size)}, frei ist "
        f"{there}. Bitte Material löschen, das niemand mehr braucht.",
    )


def _pieces(source: BinaryIO) -> Iterator[bytes]:
    while True:
        try:
            piece = source.read(_CHUNK)
        except OSError as error:
            raise gone() from error
        if not piece:
            return
        yield piece


def gone() -> MediumError:
    """Return what to say when the stick was pulled out too early."""
    return MediumError(
        "gone",
        "Der Stick wurde herausgezogen, bevor alles kopiert war. Bitte wieder einstecken und noch "
        "einmal beginnen; was schon da ist, wird nicht doppelt kopiert.",
    )


@contextlib.contextmanager
def own_disk() -> Iterator[None]:
    """Let an error of the hub's own disk be one that says so."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise full(0, 0) from error
        hint = f"Der Speicher des Hubs gibt einen Fehler: {error.strerror}."
        raise MediumError("broken", hint) from error
