"""The folder of releases: `<name>-v<number>.db`, its certificate `.json`, and `<name>.current`.

`<name>.current` holds the file name of the release to serve. Every step is a rename of a complete
file, so that a reader, or a power cut, meets the old state or the new one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge.publish.certificate import Certificate, read_certificate
from edge.publish.errors import SnapshotUnreadable
from hardware.durable import flush

# Earlier releases stay as permalinks and as the auditor's input. At one release every quarter of an
# hour this is six hours of them; a village's file has some megabytes.
KEEP = 24

_FILE = re.compile(r"(?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)-v(?P<number>\d{6,12})\.db")
_MAX_POINTER = 255  # one file name


@dataclass(frozen=True, slots=True)
class Release:
    """One release of the cube ``name``."""

    folder: Path
    name: str
    number: int

    @property
    def path(self) -> Path:
        """The snapshot."""
        return self.folder / f"{self.name}-v{self.number:06d}.db"

    @property
    def certificate_path(self) -> Path:
        """Its certificate."""
        return self.path.with_suffix(".json")

    def certificate(self) -> Certificate:
        """Read its certificate.

        :raises SnapshotUnreadable: if it is absent or not well-formed.
        """
        return read_certificate(self.certificate_path)


def release_of(path: Path) -> Release | None:
    """Return the release that ``path`` is the snapshot of, None if it has no release's name."""
    match = _FILE.fullmatch(path.name)
    return Release(path.parent, match["name"], int(match["number"])) if match else None


def releases(folder: Path, name: str) -> list[Release]:
    """Return every release of a cube, oldest first. A folder that is absent holds none."""
    found = []
    for path in folder.glob(f"{name}-v*.db"):
        release = release_of(path)
        if release and release.name == name:
            found.append(release)
    return sorted(found, key=lambda release: release.number)


def current(folder: Path, name: str) -> Release | None:
    """Return the release that is served, None if there is none or its file is gone."""
    try:
        with (folder / f"{name}.current").open("rb") as file:
            target = file.read(_MAX_POINTER).decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    match = _FILE.fullmatch(target)
    if match is None or match["name"] != name:
        return None
    release = Release(folder, name, int(match["number"]))
    return release if release.path.is_file() else None


def publish(folder: Path, name: str, built: Path, certificate: Certificate) -> Release:
    """Make the complete file ``built``, which lies in ``folder``, the release that is served."""
    papers = [release_of(path.with_suffix(".db")) for path in folder.glob(f"{name}-v*.json")]
    known = [*releases(folder, name), *(one for one in papers if one and one.name == name)]
    release = Release(folder, name, max((one.number for one in known), default=0) + 1)
    _place(release.certificate_path, certificate.to_json().encode())
    built.replace(release.path)
    _place(folder / f"{name}.current", f"{release.path.name}\n".encode("ascii"))
    for one in known:
        if not one.path.exists():
            one.certificate_path.unlink(missing_ok=True)
    return release


def unpublish(folder: Path, name: str) -> None:
    """Serve nothing of a cube any more. No number is given twice: the certificate keeps it."""
    served = current(folder, name)
    (folder / f"{name}.current").unlink(missing_ok=True)
    if served is not None:
        served.path.unlink(missing_ok=True)
    flush(folder)


def withdraw(folder: Path, name: str, *, unless: Callable[[Certificate], bool]) -> list[Release]:
    """Remove earlier releases: the oldest beyond :data:`KEEP`, and all that fail ``unless``.

    The current one stays: it is replaced, and removed the next time.
    """
    gone = []
    served = current(folder, name)
    earlier = [release for release in releases(folder, name) if release != served]
    for number, release in enumerate(reversed(earlier), start=2):
        try:
            keep = number <= KEEP and unless(release.certificate())
        except SnapshotUnreadable:
            keep = False
        if not keep:
            release.path.unlink(missing_ok=True)
            release.certificate_path.unlink(missing_ok=True)
            gone.append(release)
    return gone


def _place(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    flush(path.parent)
