"""Bundles in a folder: a USB stick, a share, whatever a person carries from place to place.

Layout, the same in every direction:

    DORFHUB/<hub>/<epoch>-<first>-<last>.dhb    bundles, written by the hub
    DORFHUB/<hub>/hub.keys                      how the hub changed its key
    DORFHUB/acks/<label>.ack                    acknowledgements, written by the county
    DORFHUB/acks/<label>.keys, .notice          how the county changed its key; what is wrong

``<hub>`` is the first 16 hex digits of the hub's fingerprint. Names are hints; nothing in
them is believed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from sync.carrier.base import (
    MAX_MESSAGE_BYTES,
    CarrierError,
    Kind,
    Reason,
    Run,
    disk_error,
)
from sync.carrier.partial import PartialFile

ROOT = "DORFHUB"
KEYS = "hub.keys"
_ACKS = "acks"
_HUB = re.compile(r"[0-9a-f]{16}")
_BUNDLE = re.compile(r"([0-9a-f]{16})-(\d{1,16})-(\d{1,16})\.dhb")
_CHUNK = 64 * 1024
# A hub writes a bundle a visit; a folder with more entries is not a stick of ours.
_MAX_ENTRIES = 100_000


class FolderCarrier:
    """The bundles of one hub below ``folder``."""

    def __init__(self, folder: Path, hub: str) -> None:
        self._folder = folder
        self._bundles = folder / ROOT / hub

    def describe(self) -> str:
        """Name the folder."""
        return str(self._folder)

    def head(self, nonce: bytes) -> bytes | None:  # noqa: ARG002 - nobody is there to use it
        """Nobody can answer from a stick."""
        return None

    def runs(self) -> Sequence[Run]:
        """List the bundles by name; what only looks like one is left out."""
        found = set()
        for name in _names(self._bundles):
            match = _BUNDLE.fullmatch(name)
            if match and 0 < int(match[2]) <= int(match[3]):
                found.add(Run(match[1], int(match[2]), int(match[3])))
        return sorted(found, key=lambda run: (run.epoch, run.first, run.last))

    def file(self, run: Run) -> Path:
        """Return the file of a run.

        :raises CarrierError: if there is none.
        """
        for name in _names(self._bundles):
            match = _BUNDLE.fullmatch(name)
            if match and Run(match[1], int(match[2]), int(match[3])) == run:
                return self._bundles / name
        raise CarrierError(
            Reason.ABSENT, f"{self._bundles} has no bundle {run.epoch}, {run.first} to {run.last}"
        )

    def fetch(self, epoch: str, after: int, until: int, into: Path) -> None:
        """Copy the bundle; a beginning of the same file is continued."""
        source = self.file(Run(epoch, after + 1, until))
        with PartialFile(into) as part:
            try:
                with source.open("rb") as file:
                    status = os.fstat(file.fileno())
                    mark = f"{status.st_size} {status.st_mtime_ns} {source}"
                    if part.mark != mark or part.size > status.st_size:
                        part.restart(mark)
                    file.seek(part.size)
                    while data := file.read(_CHUNK):
                        part.append(data)
            except CarrierError:
                raise
            except OSError as error:
                raise disk_error(error, source, received=part.size) from error
            part.finish()

    def acknowledge(self, ack: bytes, label: str) -> None:
        """Write the acknowledgement beside the bundles, whole and flushed to the medium."""
        self._leave(ack, label, "ack")

    def keys(self) -> bytes | None:
        """Read what the hub laid beside its bundles."""
        file = self._bundles / KEYS
        try:
            with file.open("rb") as stream:
                return stream.read(MAX_MESSAGE_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise disk_error(error, file) from error

    def tell(self, kind: Kind, message: bytes, label: str) -> None:
        """Write the message beside the acknowledgements."""
        self._leave(message, label, kind.value)

    def _leave(self, message: bytes, label: str, suffix: str) -> None:
        folder = self._folder / ROOT / _ACKS
        name = f"{label}.{suffix}"
        part = folder / f".{label}.{os.getpid()}.part"
        try:
            folder.mkdir(exist_ok=True)
            with part.open("wb") as file:
                file.write(message)
                file.flush()
                os.fsync(file.fileno())
            part.replace(folder / name)
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise disk_error(error, folder / name) from error

    def close(self) -> None:
        """Nothing is held open."""


def hubs_in(folder: Path) -> list[str]:
    """Return the ids of the hubs that have a folder on the stick.

    :raises CarrierError: if there is no such folder, or it cannot be read.
    """
    return sorted(
        name
        for name in _names(folder / ROOT)
        if _HUB.fullmatch(name) and (folder / ROOT / name).is_dir()
    )


def _names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in islice(entries, _MAX_ENTRIES + 1)]
    except OSError as error:
        raise disk_error(error, folder) from error
    if len(names) > _MAX_ENTRIES:
        raise CarrierError(Reason.TOO_LARGE, f"{folder} has more than {_MAX_ENTRIES} entries")
    return sorted(names)
