"""Files that a volunteer's browser sends piece by piece, each small enough for a form's bounds."""

from __future__ import annotations

import hashlib
import os
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from edge.desk.materials import Staged
from edge.material.errors import MediumError
from edge.material.names import shown_name
from edge.material.shelf import Shelf, full, own_disk, require_same
from hardware.durable import read_back

MAX_UPLOADS = 4  # at once: as many volunteers as sit at the desk
IDLE_S = 600  # a laptop that was closed
PIECE_BYTES = 128 * 1024  # below what the pages take as one form


class UploadLost(Exception):
    """There is no such upload (any more); the browser begins anew."""


@dataclass(slots=True)
class _Upload:
    part: Path
    name: str
    size: int
    seen_s: float
    have: int = 0
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)


class Uploads:
    """The uploads of one process; threads may share it."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._lock = threading.Lock()
        self._open: dict[str, _Upload] = {}

    def begin(self, name: str, size: int) -> str:
        """Begin an upload and return its key.

        :raises MediumError: if there is no room for it, or too many are open.
        """
        with self._lock:
            self._forget_idle()
            room = self._shelf.room() - sum(one.size - one.have for one in self._open.values())
            if size > room:  # what others have begun is promised to them
                raise full(size, room)
            if len(self._open) >= MAX_UPLOADS:
                raise MediumError(
                    "busy", "Gerade laden schon mehrere etwas hoch. Bitte gleich noch einmal."
                )
            key = uuid.uuid4().hex
            with own_disk():
                self._shelf.staging.mkdir(parents=True, exist_ok=True)
                part = self._shelf.staging / f"{key}.teil"
                part.touch()
            self._open[key] = _Upload(part, shown_name(name), size, time.monotonic())
        return key

    def add(self, key: str, at: int, piece: bytes) -> int:
        """Add a piece that begins at ``at``; return how many bytes there are. Twice is once.

        :raises UploadLost: if there is no such upload, or it got longer than it said.
        :raises MediumError: if the disk is full.
        """
        with self._lock:
            upload = self._of(key)
            if at != upload.have:
                return upload.have
            if at + len(piece) > upload.size:
                raise UploadLost(key)
            if (room := self._shelf.room()) < len(piece):  # something else took it meanwhile
                self._drop(key)
                raise full(upload.size - upload.have, room)
            with own_disk(), upload.part.open("ab") as file:
                file.write(piece)
            upload.digest.update(piece)
            upload.have += len(piece)
            upload.seen_s = time.monotonic()
            return upload.have

    def finish(self, key: str) -> Staged:
        """Return the whole file, read back from the disk.

        :raises UploadLost: if there is none, or something of it is missing.
        :raises MediumError: if the disk gives other bytes back.
        """
        with self._lock:
            upload = self._of(key)
            if upload.have != upload.size:
                raise UploadLost(key)
            del self._open[key]
        try:
            with own_disk():
                handle = os.open(upload.part, os.O_RDONLY)
                try:
                    os.fsync(handle)
                finally:
                    os.close(handle)
                require_same(read_back(upload.part), upload.digest.digest())
        except MediumError:
            upload.part.unlink(missing_ok=True)
            raise
        return Staged(upload.part, upload.digest.hexdigest(), upload.name, upload.size)

    def _of(self, key: str) -> _Upload:
        self._forget_idle()
        if key not in self._open:
            raise UploadLost(key)
        return self._open[key]

    def _forget_idle(self) -> None:
        for key, upload in list(self._open.items()):
            if time.monotonic() - upload.seen_s > IDLE_S:
                self._drop(key)

    def _drop(self, key: str) -> None:
        self._open.pop(key).part.unlink(missing_ok=True)
