"""The folder of what was made: `DATABASE/DIGEST/FILE`, each build whole or not there at all.

A build is made in a folder whose name begins with a dot and renamed when it is complete. Builds
that a newer one took the place of stay for the grace time, so that going back costs nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LIST = "files.json"


@dataclass(frozen=True, slots=True)
class File:
    """One file of a build, with its SHA-256."""

    path: Path
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class TableFiles:
    """What was made of a table; its files begin with ``stem``."""

    name: str
    stem: str
    title: str
    rows: int


@dataclass(frozen=True, slots=True)
class Build:
    """All files of a snapshot, by name."""

    files: Mapping[str, File]
    tables: tuple[TableFiles, ...]
    parquet: bool


def begin(folder: Path, digest: str) -> Path:
    """Return a new empty folder to make a build in; what a killed process left there goes."""
    beside = folder / f".{digest}.part"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    return beside


def finish(folder: Path, digest: str, beside: Path, grace_s: float) -> Build:
    """Put a complete build in its place, and remove those that were replaced long enough ago."""
    place = folder / digest
    shutil.rmtree(place, ignore_errors=True)
    beside.rename(place)
    _sync(folder)
    clean(folder, digest, grace_s, time.time())
    return read(folder, digest) or Build({}, (), parquet=False)


def read(folder: Path, digest: str) -> Build | None:
    """Return a build, None if there is none or it is not whole."""
    place = folder / digest
    try:
        said = json.loads((place / LIST).read_text("utf-8"))
        files = {
            str(one["name"]): File(place / str(one["name"]), int(one["size"]), str(one["sha256"]))
            for one in said["files"]
        }
        tables = tuple(TableFiles(**one) for one in said["tables"])
        whole = all(file.path.stat().st_size == file.size for file in files.values())
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Build(files, tables, parquet=bool(said.get("parquet"))) if whole else None


def clean(folder: Path, keep: str, grace_s: float, now_s: float) -> None:
    """Remove builds but ``keep`` that were seen replaced ``grace_s`` ago or longer.

    An empty ``keep`` is none of them; a folder without any goes too.
    """
    for other in folder.iterdir():
        if other.name == keep or not other.is_dir():
            continue
        mark = other / ".replaced"
        try:
            if mark.stat().st_mtime + grace_s > now_s:
                continue
        except FileNotFoundError:
            mark.touch()
            os.utime(mark, (now_s, now_s))
            if grace_s > 0:
                continue
        shutil.rmtree(other, ignore_errors=True)
    if keep:
        (folder / keep / ".replaced").unlink(missing_ok=True)
    elif not any(folder.iterdir()):
        folder.rmdir()


def places(folder: Path) -> list[Path]:
    """Return the folders of all databases that something was made of."""
    return sorted(one for one in folder.iterdir() if one.is_dir()) if folder.is_dir() else []


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
