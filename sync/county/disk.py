"""Files that are on the disk when the call returns."""

from __future__ import annotations

import os
from pathlib import Path

from hardware.durable import flush


def make_folder(path: Path, *, mode: int = 0o755) -> None:
    """Make the folder and its parents; each new one is on the disk before the next."""
    if path.is_dir():
        return
    make_folder(path.parent, mode=mode)
    path.mkdir(mode=mode, exist_ok=True)
    flush(path.parent)


def write(path: Path, data: bytes) -> None:
    """Put ``data`` into the file ``path``, whole or not at all.

    A racing writer of the same file is harmless: the last rename wins.
    """
    make_folder(path.parent)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    flush(path.parent)
