"""Bundles that lie somewhere on their way, and what was erased meanwhile."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO

from hardware.durable import flush
from sync import bundle, erasing
from sync.bundle import Manifest
from sync.carrier.base import disk_error
from sync.errors import FormatError
from sync.segment import Segment

_CHUNK = 1 << 20


def purge(folder: Path, bodies: Collection[bytes]) -> Iterator[tuple[Manifest, Path]]:
    """Take these bodies out of the bundles in a folder; yield what each was, and its file.

    The old bytes are overwritten where they lie; on a medium with wear levelling that is a hope,
    not a promise. A file that is no whole bundle is left: nobody can take it for one.

    :raises CarrierError: if the medium fails or is read-only.
    """
    if not bodies or not folder.is_dir():
        return
    for file in sorted(folder.glob(f"*{bundle.SUFFIX}")):
        try:
            with file.open("rb") as stream:
                reader = bundle.Reader(stream)
                segments = list(reader)
        except FormatError:
            continue
        except OSError as error:
            raise disk_error(error, file) from error
        fresh = list(erasing.without(segments, bodies))
        if fresh != segments:
            try:
                _replace(file, fresh)
            except OSError as error:
                raise disk_error(error, file) from error
            yield reader.manifest, file


def holds(stream: BinaryIO, bodies: Collection[bytes]) -> bool:
    """Tell if a bundle has such a body, or cannot be taken apart.

    :raises OSError: whatever the stream raises.
    """
    try:
        return any(
            not one.erased and erasing.body_id(one.body) in bodies for one in bundle.Reader(stream)
        )
    except FormatError:
        return True


def overwrite(file: Path) -> None:
    """Overwrite a file's bytes where they lie; the file stays, with zeros in it.

    :raises OSError: if the medium does not take it.
    """
    left = file.stat().st_size
    with file.open("r+b") as stream:
        while left:
            left -= stream.write(bytes(min(left, _CHUNK)))
        stream.flush()
        os.fsync(stream.fileno())


def discard(file: Path) -> None:
    """Overwrite a file and delete it; an absent one is gone already.

    :raises OSError: if the medium does not take it.
    """
    try:
        overwrite(file)
    except FileNotFoundError:
        return
    file.unlink(missing_ok=True)


def _replace(file: Path, segments: list[Segment]) -> None:
    part = file.with_name(f".{file.name}.part")
    try:
        with part.open("wb") as stream:
            stream.write(bundle.pack(segments))
            stream.flush()
            os.fsync(stream.fileno())
        overwrite(file)
        part.replace(file)
        flush(file.parent)
    finally:
        part.unlink(missing_ok=True)
