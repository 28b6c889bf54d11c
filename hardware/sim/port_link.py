"""A name for a pseudo-terminal: a symbolic link that two devices never take from one another."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from hardware.errors import TransportError

_PTY_FOLDER = "/dev/pts/"


class LinkInUse(TransportError):
    """The link is that of a pseudo-terminal somebody holds: another device may live behind it."""


def point(link: Path, target: str) -> None:
    """Make ``link`` point to ``target``, replacing a stale link but never a file or a live one.

    :raises LinkInUse: if ``link`` leads to a pseudo-terminal that somebody holds.
    :raises OSError: if it cannot be made.
    """
    with _folder_locked(link.parent):
        old = _target(link)
        if old is None and link.exists():
            raise FileExistsError(errno.EEXIST, "a file of this name exists", str(link))
        if old is not None and old != target and _is_held(old):
            raise LinkInUse(
                f"{link} is in use: it leads to {old}, which another process holds",
                hint=f"Den anderen Simulator beenden oder einen anderen Namen wählen. Läuft "
                f"keiner: rm {link}",
            )
        beside = link.with_name(f".{link.name}.{os.getpid()}")
        beside.unlink(missing_ok=True)
        beside.symlink_to(target)
        beside.replace(link)


def unpoint(link: Path, target: str) -> None:
    """Remove ``link`` if it still points to ``target``; else it is somebody else's."""
    with contextlib.suppress(OSError), _folder_locked(link.parent):
        if _target(link) == target:
            link.unlink()


@contextlib.contextmanager
def _folder_locked(folder: Path) -> Iterator[None]:
    """Let no two devices look at the links of a folder and change them at the same moment."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _target(link: Path) -> str | None:
    """Return where ``link`` points, None if it is no symbolic link."""
    return str(link.readlink()) if link.is_symlink() else None


def _is_held(port: str) -> bool:
    """Tell if a pseudo-terminal is alive: its name is gone once its master side is closed."""
    return port.startswith(_PTY_FOLDER) and Path(port).exists()
