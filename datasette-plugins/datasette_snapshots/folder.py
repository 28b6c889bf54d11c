"""The folder: `NAME.current` is a text file that holds the file name of NAME's snapshot.

Whoever publishes writes a new, complete SQLite file under a new name and then replaces the pointer
by a rename. A snapshot never changes once a pointer named it, and stays at least for one poll and
the grace time after no pointer names it any more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

SUFFIX = ".current"
# Each is a database that is kept open, with a connection for every SQL thread.
MAX_SNAPSHOTS = 100
MAX_POINTER = 255  # one file name on any file system in use

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}\.(?:db|sqlite|sqlite3)")


class PointerError(ValueError):
    """A pointer names no snapshot that may be served; the message says why."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is to be served under ``name``.

    ``path`` is a plain file of the folder, never a link to elsewhere.
    """

    name: str
    path: Path


def read_folder(folder: Path) -> tuple[dict[str, Snapshot], dict[str, str]]:
    """Return the snapshots to serve by name, and for every pointer left out, why.

    A folder that does not exist (yet) holds none.

    :raises OSError: if the folder is there but cannot be read.
    """
    found: dict[str, Snapshot] = {}
    problems: dict[str, str] = {}
    try:
        pointers = sorted(path for path in folder.iterdir() if path.suffix == SUFFIX)
    except FileNotFoundError:
        return found, problems
    for pointer in pointers:
        name = pointer.name.removesuffix(SUFFIX)
        if name.startswith("."):
            continue  # a pointer that is being written
        if len(found) >= MAX_SNAPSHOTS:
            problems[name] = f"there are more than {MAX_SNAPSHOTS} snapshots"
            continue
        try:
            found[name] = Snapshot(name, _target(pointer, name))
        except (PointerError, OSError) as error:
            problems[name] = str(error)
    return found, problems


def _target(pointer: Path, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise PointerError("the pointer's name is no name for a database")
    if pointer.is_symlink():
        raise PointerError("the pointer is a link")
    with pointer.open("rb") as file:
        content = file.read(MAX_POINTER + 1)
    target = content.decode("ascii", "replace").strip()
    if not _FILE.fullmatch(target):
        raise PointerError("the pointer names no database file of its own folder")
    path = pointer.with_name(target)
    if path.is_symlink() or not path.is_file():
        raise PointerError(f"{target} is no file of this folder")
    return path
