"""What somebody else may have written on a medium: whether to touch it, how much to read.

A stick of another file system than FAT can hold links that lead into this machine's own folders,
and pipes that are read for ever. None of ours has such: one entry of that kind, and the whole
medium is left alone.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from sync.carrier.base import CarrierError, Reason, disk_error
from sync.carrier.folder import ROOT

_DEPTH = 4  # `from/<county>/<hub>/<file>` is the deepest that anything of ours lies
_MAX_ENTRIES = 200_000  # twice what the largest folder of a medium of ours may have


def require_plain(folder: Path) -> None:
    """Return if all below ``folder``'s `DORFHUB` are plain files and folders; an absent one is.

    :raises CarrierError: naming what is neither, or if the medium cannot be read.
    """
    root = folder / ROOT
    try:
        _look(root, root.lstat(), 0, [0])
    except FileNotFoundError:
        return
    except CarrierError:
        raise
    except OSError as error:
        raise disk_error(error, root) from error


def read_plain(file: Path, limit: int) -> bytes:
    """Return the bytes of a plain file.

    :raises CarrierError: if it is a link or none, or has more than ``limit`` bytes.
    :raises OSError: if it cannot be read.
    """
    # a pipe is opened without waiting for somebody to write into it
    handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise _strange(file)
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise too_large(file, limit)
    return data


def too_large(file: Path, limit: int) -> CarrierError:
    """Return what is said of a file that nothing of ours is as large as."""
    return CarrierError(
        Reason.TOO_LARGE,
        f"{file} has more than {limit} bytes: nothing of ours is as large",
        hint="Die Datei ist nicht von Dorfhub und darf gelöscht werden.",
    )


def _look(path: Path, status: os.stat_result, depth: int, count: list[int]) -> None:
    if stat.S_ISREG(status.st_mode):
        return
    if not stat.S_ISDIR(status.st_mode):
        raise _strange(path)
    if depth == _DEPTH:
        return
    with os.scandir(path) as entries:
        for entry in entries:
            count[0] += 1
            if count[0] > _MAX_ENTRIES:
                raise CarrierError(
                    Reason.TOO_LARGE, f"{path} has more entries than a medium of ours"
                )
            if not entry.is_file(follow_symlinks=False):
                below = path / entry.name
                _look(below, entry.stat(follow_symlinks=False), depth + 1, count)


def _strange(path: Path) -> CarrierError:
    error = CarrierError(
        Reason.UNREADABLE,
        f"{path} ist eine Verknüpfung oder keine gewöhnliche Datei",
        hint="Damit wird nichts gelesen und nichts beschrieben. Einen anderen Stick nehmen.",
    )
    error.code = "link"
    error.said = _SAID
    return error


_SAID = "auf dem Stick liegt eine Verknüpfung, wie sie von uns nicht stammt"
