"""The other direction of a carrier: what the county has for a hub, and receipts both ways."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from hardware.durable import flush
from sync import bundle, custody
from sync.bundle import Manifest
from sync.carrier.base import CarrierError, Reason, disk_error
from sync.identity import short_id

FROM = "from"  # below `DORFHUB`: what counties wrote
_BUNDLE = re.compile(r"([0-9a-f]{16})-(\d{1,16})-(\d{1,16})\.dhb")
_MAX_FILES = 10_000  # of one county on one medium; more is no stick of ours


@runtime_checkable
class Delivery(Protocol):
    """A carrier that brings something to a hub, too.

    :raises CarrierError: from any method.
    """

    def got(self, county: bytes) -> bytes | None:
        """Return the hub's signed word how far it has a county's streams (`sync.got`).

        None if nobody can say: a stick on its first way, or a hub too old to know.
        """

    def deliver(self, manifest: Manifest, data: bytes, to: bytes) -> None:
        """Hand over a bundle of the county's; ``to`` is a hub's name, empty for all hubs."""

    def receipts(self, after: int) -> custody.Batch | None:
        """Return receipts that lie or are told there, ``after`` a number that it gave; or None."""

    def hand_receipts(self, receipts: Sequence[bytes]) -> None:
        """Hand over signed receipts, at most `custody.MAX_BATCH`."""


def put_bundle(root: Path, manifest: Manifest, data: bytes, to: bytes) -> Path:
    """Put a county's bundle below ``root`` (`DORFHUB` on a medium); return its file.

    What it holds more of than an older one does takes that one's place.

    :raises CarrierError: if the medium is full, read-only or fails.
    """
    folder = place_of(root, manifest.hub, to)
    epoch = manifest.epoch.hex()
    file = folder / f"{epoch}-{manifest.first}-{manifest.last}{bundle.SUFFIX}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write(file, data)
        for old, first, last in bundles(folder, epoch):
            if old != file and manifest.first <= first and last <= manifest.last:
                old.unlink(missing_ok=True)
    except OSError as error:
        raise disk_error(error, file) from error
    return file


def place_of(root: Path, county: bytes, to: bytes) -> Path:
    """Return where a county's bundles lie: those to all hubs, or those ``to`` one."""
    folder = root / FROM / short_id(county)
    return folder / short_id(to) if to else folder


def bundles(folder: Path, epoch: str = "") -> Iterator[tuple[Path, int, int]]:
    """Yield the bundles in a folder with their first and last numbers, in order.

    :raises CarrierError: if it cannot be read; an absent one is empty.
    """
    found = []
    for name in _names(folder):
        match = _BUNDLE.fullmatch(name)
        if match and (not epoch or match[1] == epoch):
            found.append((match[1], int(match[2]), int(match[3]), folder / name))
    for _, first, last, file in sorted(found):
        yield file, first, last


def read_receipts(root: Path) -> list[bytes]:
    """Return the receipts on a medium, not yet verified.

    :raises CarrierError: if it cannot be read.
    """
    folder = root / custody.FOLDER
    found = []
    for name in _names(folder):
        if name.endswith(custody.SUFFIX) and not name.startswith("."):
            try:
                with (folder / name).open("rb") as file:
                    found.append(file.read(custody.MAX_RECEIPT + 1))
            except OSError as error:
                raise disk_error(error, folder / name) from error
    return found


def write_receipts(root: Path, receipts: Sequence[bytes]) -> None:
    """Lay receipts on a medium; those that lie there stay.

    :raises CarrierError: if the medium is full, read-only or fails.
    """
    folder = root / custody.FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = set(_names(folder))
        for raw in receipts:
            name = custody.decode(raw, verified=True).id + custody.SUFFIX
            if name not in there:
                write(folder / name, raw)
    except CarrierError:
        raise
    except OSError as error:
        raise disk_error(error, folder) from error


def write(file: Path, data: bytes) -> None:
    """Put ``data`` into a file on a medium, whole or not at all, and read it back.

    :raises CarrierError: if other bytes come back.
    :raises OSError: if the medium does not take it.
    """
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        with part.open("rb") as stream:
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            if stream.read() != data:
                raise CarrierError(Reason.UNREADABLE, f"{file} gives other bytes back")
        part.replace(file)
        flush(file.parent)
    finally:
        part.unlink(missing_ok=True)


def _names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise disk_error(error, folder) from error
    if len(names) > _MAX_FILES:
        raise CarrierError(Reason.TOO_LARGE, f"{folder} has more than {_MAX_FILES} entries")
    return names
