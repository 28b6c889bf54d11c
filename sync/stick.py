"""A hub's side of a folder that somebody carries: bundles out, acknowledgements in.

Layout below the folder: ``DORFHUB/<hub>/<epoch>-<first>-<last>.dhb`` and
``DORFHUB/acks/*.ack``, as `sync.carrier.folder` reads and writes it at the county.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hardware.durable import flush, read_back
from sync import again, bundle, carried, rotation, wire
from sync.again import Again
from sync.bundle import Manifest
from sync.carrier.delivery import FROM
from sync.carrier.folder import KEYS, ROOT
from sync.errors import CarrierError, FormatError
from sync.identity import short_id
from sync.outbox import Outbox, Unavailable
from sync.rotation import Rotation

ACKS = "acks"
_BUNDLE = re.compile(r"([0-9a-f]{16})-(\d{1,16})-(\d{1,16})" + re.escape(bundle.SUFFIX))
Reply = wire.Ack | wire.Notice | Again | tuple[Rotation, ...]
MAX_ACKS = 10_000  # one a hub and epoch lies there; a folder with more is no stick of ours
_SPAN = 1024  # segments of one file: a damaged one costs a weekend's copying, not a year's


@dataclass(frozen=True, slots=True)
class Exported:
    """A bundle that was written and read back."""

    path: Path
    first: int
    last: int
    size: int
    digest: bytes = b""


def export(
    outbox: Outbox,
    folder: Path,
    after: int,
    until: int | None = None,
    *,
    room: Callable[[], int] | None = None,
) -> Iterator[Exported]:
    """Write the segments above ``after`` as bundles; yield each once it was read back whole.

    A file appears whole under its name, or not at all. With ``until``, only up to that number; with
    ``room``, which says how many bytes there are now, only as long as there are.

    :raises CarrierError: if the medium is absent, full, read-only or gives other bytes back.
    """
    if not folder.is_dir():
        raise CarrierError(
            f"{folder} gibt es nicht", hint="Ist der Stick eingesteckt und eingehängt?"
        )
    position = outbox.position()
    after = max(after, position.first_seq - 1)
    last = position.last_seq if until is None else min(until, position.last_seq)
    target = folder / ROOT / short_id(outbox.hub)
    while after < last:
        manifest = _manifest(outbox, position.epoch, after, min(after + _SPAN, last))
        name = f"{position.epoch.hex()}-{manifest.first}-{manifest.last}{bundle.SUFFIX}"
        try:
            digest = None if room is None else _there(outbox, manifest, target / name)
            while room is not None and digest is None and manifest.size > room():
                if len(manifest.entries) == 1:
                    return
                last = after + len(manifest.entries) // 2  # what fits of the beginning
                manifest = _manifest(outbox, position.epoch, after, last)
                name = f"{position.epoch.hex()}-{manifest.first}-{manifest.last}{bundle.SUFFIX}"
                digest = _there(outbox, manifest, target / name)
            target.mkdir(parents=True, exist_ok=True)
            digest = digest or _write(outbox, manifest, target / name)
        except OSError as error:
            raise _medium(error, target / name) from error
        yield Exported(target / name, manifest.first, manifest.last, manifest.size, digest)
        after = manifest.last


def check(written: Sequence[Exported]) -> None:
    """Read everything back once more, from the medium itself, after the last byte was written.

    A counterfeit stick that has less room than it says gives each file back as long as it is
    the newest, and spoils it with the next.

    :raises CarrierError: if a file is not what was written.
    """
    for one in written:
        try:
            found = read_back(one.path)
        except OSError as error:
            raise _medium(error, one.path) from error
        if found != one.digest:
            raise _lies(one.path)


def inside(folder: Path, outbox: Outbox, after: int, until: int) -> set[tuple[int, int]]:
    """Return the numbers of our bundles on a medium that hold nothing but ``after`` to ``until``.

    :raises CarrierError: if the medium fails.
    """
    target = folder / ROOT / short_id(outbox.hub)
    epoch = outbox.position().epoch.hex()
    try:
        names = [path.name for path in target.iterdir()] if target.is_dir() else []
    except OSError as error:
        raise _medium(error, target) from error
    found = (_BUNDLE.fullmatch(name) for name in names)
    runs = {(int(one[2]), int(one[3])) for one in found if one is not None and one[1] == epoch}
    return {(first, last) for first, last in runs if after < first and last <= until}


def tidy(
    folder: Path,
    outbox: Outbox,
    acknowledged: int,
    written: Sequence[Exported] = (),
    *,
    keep: Collection[tuple[int, int]] = (),
) -> list[Manifest | None]:
    """Delete our bundles that the county acknowledged, or that are inside what was just written.

    Return what each was, None if it was damaged; its bytes are overwritten first. Other hubs' are
    left alone, and other epochs': the county may want them; so are those that it asked for again,
    from and to the numbers of ``keep``.

    :raises CarrierError: if the medium is read-only or fails.
    """
    target = folder / ROOT / short_id(outbox.hub)
    epoch = outbox.position().epoch.hex()
    fresh = {one.path.name for one in written}
    gone: list[Manifest | None] = []
    try:
        for path in list(target.iterdir()) if target.is_dir() else ():
            match = _BUNDLE.fullmatch(path.name)
            if match is None or match[1] != epoch or path.name in fresh:
                continue
            first, last = int(match[2]), int(match[3])
            newer = any(one.first <= first and last <= one.last for one in written)
            if (last <= acknowledged or newer) and (first, last) not in keep:
                gone.append(_manifest_of(path))
                carried.discard(path)
    except OSError as error:
        raise _medium(error, target) from error
    return gone


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
        again.ASKED: lambda data: again.decode(data, key_of),
    }
    order = list(decode)
    if not place.is_dir() and (folder / ROOT / FROM).is_dir():
        return  # a stick on its way out: the county has news, and got nothing yet
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


def _manifest_of(path: Path) -> Manifest | None:
    with contextlib.suppress(FormatError), path.open("rb") as stream:
        return bundle.Reader(stream).manifest
    return None


def _manifest(outbox: Outbox, epoch: bytes, after: int, until: int) -> Manifest:
    while True:
        try:
            return outbox.manifest(epoch, after, until)
        except Unavailable as error:
            if error.code != "size" or until - after == 1:
                raise
            until = (after + until) // 2


def _there(outbox: Outbox, manifest: Manifest, path: Path) -> bytes | None:
    """Return the digest of a bundle that lies there already just as it would be written."""
    if not path.is_file() or path.stat().st_size != manifest.size:
        return None
    wanted = hashlib.sha256()
    for piece in outbox.pieces(manifest, 0, manifest.size):
        wanted.update(piece)
    return wanted.digest() if read_back(path) == wanted.digest() else None


def _write(outbox: Outbox, manifest: Manifest, path: Path) -> bytes:
    part = path.with_name(f".{path.name}.part")
    try:
        written = hashlib.sha256()
        with part.open("wb") as file:
            for piece in outbox.pieces(manifest, 0, manifest.size):
                written.update(piece)
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        if read_back(part) != written.digest():
            raise _lies(path)
        part.replace(path)
        flush(path.parent)
        return written.digest()
    finally:
        with contextlib.suppress(OSError):  # a stick that is gone keeps its beginning
            part.unlink(missing_ok=True)


def _lies(path: Path) -> CarrierError:
    return CarrierError(
        f"{path}: {_LIES}",
        hint="Den Stick nicht mehr verwenden und einen anderen nehmen.",
        code="lies",
        said=_LIES,
    )


def _medium(error: OSError, path: Path) -> CarrierError:
    if isinstance(error, CarrierError):
        return error
    number = error.errno or 0
    message, hint = _WORDS.get(
        number,
        (f"geht nicht: {error.strerror or error}", "Den Stick prüfen oder einen anderen nehmen."),
    )
    code = _CODES.get(number, "unreadable")
    return CarrierError(f"{path}: {message}", hint=hint, code=code, said=message)


_CODES = {
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
    errno.EFBIG: "disk_full",
    errno.EROFS: "read_only",
    errno.EACCES: "read_only",
    errno.EPERM: "read_only",
    errno.ENOENT: "absent",
}
_LIES = "der Stick gibt andere Bytes zurück, als geschrieben wurden"
_FULL = ("der Stick ist voll", "Platz schaffen: alte Bundles unter DORFHUB löschen.")
_READ_ONLY = (
    "der Stick ist schreibgeschützt",
    "Den Schalter am Stick umlegen oder ihn beschreibbar einhängen.",
)
_WORDS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EROFS: _READ_ONLY,
    errno.EACCES: _READ_ONLY,
    errno.EPERM: _READ_ONLY,
    errno.ENOENT: ("ist nicht da", "Ist der Stick eingesteckt, und war er beim Landkreis?"),
    errno.EIO: ("der Stick gibt einen Fehler", "Einen anderen Stick nehmen."),
}
