"""What is on the disk when the call returns."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import mmap
import os
import secrets
from pathlib import Path

_CHUNK = 256 << 10
_SECTOR = 512


def flush(path: Path) -> None:
    """Wait until the disk has the file or folder ``path``; a renamed file needs its folder's.

    :raises OSError: if the disk fails.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace_private(path: Path, text: str) -> None:
    """Replace a file as a whole by ``text``, on the disk and readable by the hub's user alone.

    The folder is made if it is absent. After a failure the old file is there as it was.

    :raises OSError: if it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    flush(path.parent)


def fresh_private(path: Path, data: bytes) -> Path:
    """Write ``data`` on the disk under a name of its own beside ``path``, for the hub's user alone.

    Who calls it links or renames it.

    :raises OSError: if it cannot be written; nothing is left then.
    """
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    return fresh


def create_private(path: Path, data: bytes) -> None:
    """Write a file that is not there yet, on the disk and for the hub's user alone.

    The folder is made if it is absent. Of several processes the first one's file stands.

    :raises OSError: if it cannot be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = fresh_private(path, data)
    try:
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)  # unlike rename, a link never replaces
    finally:
        fresh.unlink(missing_ok=True)
    flush(path.parent)


def read_back(path: Path) -> bytes:
    """Return the SHA-256 of a file as the medium gives it, past the kernel's copy of it.

    Where the file system cannot do that, the kernel is asked to forget its copy first.
    """
    digest = hashlib.sha256()
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECT)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        handle = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        with mmap.mmap(-1, _CHUNK) as page:  # aligned, as O_DIRECT wants it
            while count := os.readv(handle, [page]):
                digest.update(page[:count])
                if count % _SECTOR:
                    break  # the end; from here on a direct read is refused
    finally:
        os.close(handle)
    return digest.digest()
