"""A hub's side of a folder that somebody carries: bundles out, acknowledgements in.

Layout below the folder: ``DORFHUB/<hub>/<epoch>-<first>-<last>.dhb`` and
``DORFHUB/acks/*.ack``, as `sync.carrier.folder` reads and writes it at the county.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sync import bundle, rotation, wire
from sync.bundle import Manifest
from sync.carrier.folder import KEYS, ROOT
from sync.errors import CarrierError, FormatError
from sync.identity import short_id
from sync.outbox import Outbox, Unavailable
from sync.rotation import Rotation

ACKS = "acks"
Reply = wire.Ack | wire.Notice | tuple[Rotation, ...]
MAX_ACKS = 10_000  # one a hub and epoch lies there; a folder with more is no stick of ours
_SPAN = 1024  # segments of one file: a damaged one costs a weekend's copying, not a year's
_CHUNK = 256 << 10


@dataclass(frozen=True, slots=True)
class Exported:
    """A bundle that was written and read back."""

    path: Path
    first: int
    last: int
    size: int


def export(outbox: Outbox, folder: Path, after: int) -> Iterator[Exported]:
    """Write the segments above ``after`` as bundles; yield each once it was read back whole.

    A file appears whole under its name, or not at all.

    :raises CarrierError: if the medium is absent, full, read-only or gives other bytes back.
    """
    if not folder.is_dir():
        raise CarrierError(
            f"{folder} gibt es nicht", hint="Ist der Stick eingesteckt und eingehängt?"
        )
    position = outbox.position()
    after = max(after, position.first_seq - 1)
    target = folder / ROOT / short_id(outbox.hub)
    while after < position.last_seq:
        manifest = _manifest(outbox, position.epoch, after, min(after + _SPAN, position.last_seq))
        name = f"{position.epoch.hex()}-{manifest.first}-{manifest.last}{bundle.SUFFIX}"
        try:
            target.mkdir(parents=True, exist_ok=True)
            _write(outbox, manifest, target / name)
        except OSError as error:
            raise _medium(error, target / name) from error
        yield Exported(target / name, manifest.first, manifest.last, manifest.size)
        after = manifest.last


def write_keys(folder: Path, chain: Sequence[Rotation]) -> None:
    """Lay beside the bundles how the hub changed its key, whole or not at all.

    :raises CarrierError: if the medium is full, read-only or fails.
    """
    target = folder / ROOT / short_id(chain[0].name) / KEYS
    part = target.with_name(f".{KEYS}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(rotation.encode(chain))
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except OSError as error:
        raise _medium(error, target) from error
    finally:
        part.unlink(missing_ok=True)


def replies(
    folder: Path, key_of: wire.KeyOf | None = None
) -> Iterator[tuple[Path, Reply | FormatError]]:
    """Yield what counties left in the folder: changes of keys first, then the rest.

    Not yet checked against what we know; ``key_of`` says which key a county signs with, and is
    asked only after what came before was dealt with.

    :raises CarrierError: if the medium cannot be read.
    """
    place = folder / ROOT / ACKS
    decode: dict[str, Callable[[bytes], Reply]] = {
        rotation.SUFFIX: rotation.decode,
        ".ack": lambda data: wire.decode_ack(data, key_of),
        ".notice": lambda data: wire.decode_notice(data, key_of),
    }
    order = list(decode)
    try:
        paths = sorted(
            (path for path in place.iterdir() if path.suffix in decode),
            key=lambda path: (order.index(path.suffix), path.name),
        )
        for path in paths[:MAX_ACKS]:
            with path.open("rb") as file:
                data = file.read(wire.MAX_MESSAGE + 1)
            try:
                yield path, decode[path.suffix](data)
            except FormatError as error:
                yield path, error
    except OSError as error:
        raise _medium(error, place) from error


def _manifest(outbox: Outbox, epoch: bytes, after: int, until: int) -> Manifest:
    while True:
        try:
            return outbox.manifest(epoch, after, until)
        except Unavailable as error:
            if error.code != "size" or until - after == 1:
                raise
            until = (after + until) // 2


def _write(outbox: Outbox, manifest: Manifest, path: Path) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        written = hashlib.sha256()
        with part.open("wb") as file:
            for piece in outbox.pieces(manifest, 0, manifest.size):
                written.update(piece)
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        if _read_back(part) != written.digest():
            raise CarrierError(
                f"{path}: der Stick gibt andere Bytes zurück, als geschrieben wurden",
                hint="Den Stick nicht mehr verwenden und einen anderen nehmen.",
            )
        part.replace(path)
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    finally:
        part.unlink(missing_ok=True)


def _read_back(path: Path) -> bytes:
    """Return the SHA-256 of a file, read from the medium where the kernel lets go of its copy."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while data := file.read(_CHUNK):
            digest.update(data)
    return digest.digest()


def _medium(error: OSError, path: Path) -> CarrierError:
    if isinstance(error, CarrierError):
        return error
    message, hint = _WORDS.get(
        error.errno or 0,
        (f"geht nicht: {error.strerror or error}", "Den Stick prüfen oder einen anderen nehmen."),
    )
    return CarrierError(f"{path}: {message}", hint=hint)


_FULL = ("der Stick ist voll", "Platz schaffen: alte Bundles unter DORFHUB löschen.")
_READ_ONLY = (
    "der Stick ist schreibgeschützt",
    "Den Schalter am Stick umlegen oder ihn beschreibbar einhängen.",
)
_WORDS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EROFS: _READ_ONLY,
    errno.EACCES: _READ_ONLY,
    errno.EPERM: _READ_ONLY,
    errno.ENOENT: ("ist nicht da", "Ist der Stick eingesteckt, und war er beim Landkreis?"),
    errno.EIO: ("der Stick gibt einen Fehler", "Einen anderen Stick nehmen."),
}
