"""Bundles in a folder: a USB stick, a share, whatever a person carries from place to place.

Layout, the same in every direction:

    DORFHUB/<hub>/<epoch>-<first>-<last>.dhb    bundles, written by the hub; with .age behind it,
                                                sealed to the county, as a bus brings them
    DORFHUB/<hub>/hub.keys                      how the hub changed its key
    DORFHUB/<hub>/<county>.got                  how far the hub has the county's streams
    DORFHUB/from/<county>/[<hub>/]<...>.dhb     the county's bundles, to all hubs or to one
    DORFHUB/receipts/<id>.receipt               who carried what
    DORFHUB/acks/<label>.ack                    acknowledgements, written by the county
    DORFHUB/acks/<label>.keys, .notice          how the county changed its key; what is wrong
    DORFHUB/acks/<label>.again                  which range the county asks for again
    DORFHUB/<hub>/<county>.answer               what the hub did about that

``<hub>`` is the first 16 hex digits of the hub's fingerprint. Names are hints; nothing in
them is believed.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
from collections.abc import Collection, Mapping, Sequence
from itertools import islice
from pathlib import Path

from hardware.durable import flush
from sync import again, carried, custody
from sync.bundle import Manifest
from sync.carrier import delivery
from sync.carrier.base import (
    MAX_BUNDLE_BYTES,
    MAX_MESSAGE_BYTES,
    CarrierError,
    Kind,
    Reason,
    Run,
    disk_error,
)
from sync.carrier.partial import PartialFile
from sync.errors import FormatError
from sync.got import SUFFIX as GOT_SUFFIX
from sync.identity import short_id
from sync.parcel import SUFFIX as SEALED
from sync.parcel import opened, unseal

ROOT = "DORFHUB"
KEYS = "hub.keys"
_ACKS = "acks"
_HUB = re.compile(r"[0-9a-f]{16}")
_BUNDLE = re.compile(r"([0-9a-f]{16})-(\d{1,16})-(\d{1,16})\.dhb(\.age)?")
_HEAD = 64 << 10  # where the names of a bundle's segments are
_CHUNK = 64 * 1024
# A hub writes a bundle a visit; a folder with more entries is not a stick of ours.
_MAX_ENTRIES = 100_000


class FolderCarrier:
    """The bundles of one hub below ``folder``. ``key`` opens those that were sealed to it."""

    def __init__(self, folder: Path, hub: str, key: str = "") -> None:
        self._folder = folder
        self._key = key
        self._bundles = folder / ROOT / hub

    def describe(self) -> str:
        """Name the folder."""
        return str(self._folder)

    @property
    def place(self) -> Path:
        """The folder of the hub's bundles."""
        return self._bundles

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
        sealed = source.name.endswith(SEALED)
        with PartialFile(into) as part:
            try:
                with source.open("rb") as file:
                    status = os.fstat(file.fileno())
                    if status.st_size > MAX_BUNDLE_BYTES:
                        raise _no_bundle(source)
                    # FAT tells times to two seconds: the beginning says which bundle it is
                    begins = hashlib.sha256(file.read(_HEAD)).hexdigest()
                    mark = f"{status.st_size} {status.st_mtime_ns} {begins} {source}"
                    if part.mark != mark or part.size > status.st_size:
                        part.restart(mark)
                    file.seek(part.size)
                    while data := file.read(_CHUNK):
                        part.append(data)
            except CarrierError:
                raise
            except OSError as error:
                raise disk_error(error, source, received=part.size) from error
            if not sealed:
                part.finish()
                return
            try:
                part.finish(lambda parcel, opened: unseal(parcel, self._key, opened))
            except FormatError as error:
                part.restart("")
                raise CarrierError(Reason.UNREADABLE, str(error), hint=error.hint) from error

    def discard_parcels(self, held: Mapping[str, int], bodies: Collection[bytes]) -> int:
        """Delete sealed parcels that hold one of these bodies; return how many.

        Of those only that hold nothing beyond ``held``, by epoch: the rest is to be read first.

        :raises CarrierError: if the medium fails or is read-only.
        """
        count = 0
        for run in self.runs() if bodies and self._key else ():
            file = self.file(run)
            if not file.name.endswith(SEALED) or run.last > held.get(run.epoch, 0):
                continue
            try:
                if file.stat().st_size > MAX_BUNDLE_BYTES:
                    continue  # nothing of ours
                if carried.holds(io.BytesIO(opened(file.read_bytes(), self._key)), bodies):
                    carried.discard(file)
                    count += 1
            except FormatError:
                continue  # damaged, or sealed to somebody else
            except OSError as error:
                raise disk_error(error, file) from error
        return count

    def acknowledge(self, ack: bytes, label: str) -> None:
        """Write the acknowledgement beside the bundles, whole and flushed to the medium."""
        self._leave(ack, label, "ack")

    def keys(self) -> bytes | None:
        """Read what the hub laid beside its bundles."""
        return self._beside(KEYS)

    def tell(self, kind: Kind, message: bytes, label: str) -> None:
        """Write the message beside the acknowledgements."""
        self._leave(message, label, kind.value)

    def _beside(self, name: str) -> bytes | None:
        return _read(self._bundles / name)

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
            flush(folder)
        except OSError as error:
            raise disk_error(error, folder / name) from error

    def got(self, county: bytes) -> bytes | None:
        """Read what the hub laid beside its bundles."""
        return self._beside(f"{short_id(county)}{GOT_SUFFIX}")

    def ask(self, request: bytes, label: str) -> None:
        """Lay a county's request for a range beside the acknowledgements; a newer replaces it."""
        try:
            (self._folder / ROOT).mkdir(exist_ok=True)
        except OSError as error:
            raise disk_error(error, self._folder) from error
        self._leave(request, label, again.ASKED.removeprefix("."))

    def asked(self, label: str) -> bytes | None:
        """Read the request that lies there."""
        return _read(self._folder / ROOT / _ACKS / f"{label}{again.ASKED}")

    def answer(self, county: bytes) -> bytes | None:
        """Read what the hub answered to a request."""
        return self._beside(f"{short_id(county)}{again.ANSWERED}")

    def settle(self, county: bytes, label: str) -> None:
        """Take a request and its answer away: the answer was heard."""
        for file in (
            self._folder / ROOT / _ACKS / f"{label}{again.ASKED}",
            self._bundles / f"{short_id(county)}{again.ANSWERED}",
        ):
            try:
                file.unlink(missing_ok=True)
            except OSError as error:
                raise disk_error(error, file) from error

    def deliver(self, manifest: Manifest, data: bytes, to: bytes) -> None:
        """Lay the bundle where the hub looks for it."""
        delivery.put_bundle(self._folder / ROOT, manifest, data, to)

    def receipts(self, after: int) -> custody.Batch | None:  # noqa: ARG002 - all lie there
        """Return all that lie there."""
        return custody.Batch(tuple(delivery.read_receipts(self._folder / ROOT)), 0)

    def hand_receipts(self, receipts: Sequence[bytes]) -> None:
        """Lay them there."""
        delivery.write_receipts(self._folder / ROOT, receipts)

    def close(self) -> None:
        """Nothing is held open."""


def _read(file: Path) -> bytes | None:
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_MESSAGE_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise disk_error(error, file) from error


def _no_bundle(file: Path) -> CarrierError:
    return CarrierError(Reason.TOO_LARGE, f"{file} is larger than any bundle")


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
