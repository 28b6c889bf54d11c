"""Where the opened key lies: a file system that is memory, so that a power cut forgets it."""

from __future__ import annotations

import os
import re
from pathlib import Path

from edge.unlock.errors import Refused

_MEMORY = frozenset(("tmpfs", "ramfs"))
_MOUNTS = Path("/proc/self/mountinfo")


def is_memory(folder: Path) -> bool:
    """Tell whether a folder, or the nearest one above that exists, is in memory."""
    while not folder.exists():
        folder = folder.parent
    device = folder.stat().st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    try:
        lines = _MOUNTS.read_text("utf-8", "replace").splitlines()
    except OSError:
        return False
    for line in lines:
        left, _, right = line.partition(" - ")
        if left.split()[2] == wanted:
            return right.split()[0] in _MEMORY
    return False


def put(key_file: Path, key: bytes) -> None:
    """Put the key where the hub looks for it: whole or not at all, for the hub's user alone.

    :raises Refused: if that place is no memory.
    """
    if not is_memory(key_file.parent):
        raise Refused(
            f"{key_file.parent} is no memory",
            hint="Der geöffnete Schlüssel darf nicht auf der Karte liegen. Bitte in hub.toml "
            '[personal] key_file = "/run/dorfhub/personal.key" setzen.',
        )
    key_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = key_file.with_name(f".{key_file.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key.hex() + "\n")
    fresh.replace(key_file)


def read(key_file: Path) -> bytes | None:
    """Return the key of a file of 64 hex digits; None if it holds none.

    :raises OSError: if it cannot be read.
    """
    text = key_file.read_text("ascii", "replace").strip()
    return bytes.fromhex(text) if re.fullmatch("[0-9a-fA-F]{64}", text) else None
