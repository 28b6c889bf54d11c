"""What lies on a stick: looked at with bounds, links never followed, nothing written."""

from __future__ import annotations

import itertools
import os
import stat
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from edge.material import captions, pack
from edge.material.errors import Refused
from edge.material.judge import HEAD_BYTES, glance
from edge.material.names import shown_name
from edge.material.pack import About
from edge.material.shelf import gone

MAX_DEPTH = 6
MAX_ENTRIES = 20_000  # a stick with more is somebody's whole disk
MAX_FILES = 500  # shown; more nobody ticks
MAX_FILE_BYTES = 64_000_000_000  # the whole of Wikipedia with pictures
_MAX_PLACES = 64  # what is mounted in one folder
_SKIPPED = frozenset(("dorfhub", "system volume information", "$recycle.bin", "lost+found"))


@dataclass(frozen=True, slots=True)
class Offer:
    """One file on a stick. ``ending`` is the format its first bytes speak of; ``refused`` why not.

    ``path`` counts from the stick's folder and is a file's own name, bytes and all; ``name`` is
    what people are shown.
    """

    path: str
    name: str
    size: int
    ending: str = ""
    refused: str = ""
    about: About | None = None
    captions: tuple[tuple[str, str], ...] = ()  # path and language


@dataclass(frozen=True, slots=True)
class Found:
    """What a stick offers. ``more`` if there is more than is looked at."""

    offers: tuple[Offer, ...]
    more: bool
    problem: str = ""


def sticks(places: Sequence[Path]) -> list[Path]:
    """Return the folders of sticks that are plugged in: what is mounted up to two levels below.

    A folder counts if something is mounted there, or if it has files of its own.
    """
    found: dict[Path, None] = {}
    for place in places:
        if _is_stick(place, place):
            found[place] = None
        for first in _folders(place):
            below = [first] if _is_stick(first, place) else _folders(first)
            found.update((one, None) for one in below if _is_stick(one, place))
    return list(found)


def _is_stick(folder: Path, place: Path) -> bool:
    try:
        if folder != place and folder.is_mount():
            return True
        with os.scandir(folder) as entries:
            return any(one.is_file(follow_symlinks=False) for one in entries)
    except OSError:
        return False


def _folders(place: Path) -> list[Path]:
    try:
        with os.scandir(place) as entries:
            found = [Path(one.path) for one in entries if one.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return sorted(found)[:_MAX_PLACES]


def look(folder: Path) -> Found:
    """Return what a stick offers.

    :raises MediumError: if the stick is gone.
    """
    files, more = _files(folder)
    said, problem = _packs(folder, files)
    tracks = _tracks(files)
    offers = []
    for path, size in files:
        if PurePosixPath(path).name.lower() == pack.NAME or path.lower().endswith(".vtt"):
            continue
        offer = replace(_offer(folder, path, size), about=said.get(path))
        offers.append(replace(offer, captions=_captions_of(path, offer.about, tracks, files)))
    return Found(tuple(offers[:MAX_FILES]), more or len(offers) > MAX_FILES, problem)


def open_file(folder: Path, path: str) -> tuple[BinaryIO, int]:
    """Open a file of a stick without following a link anywhere on the way; its size too.

    :raises MediumError: if it is gone, a link, or no plain file.
    """
    *folders, name = PurePosixPath(path).parts or ("",)
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        for one in folders:
            handle = _next(handle, one, os.O_DIRECTORY)
        handle = _next(handle, name, os.O_NONBLOCK)
    except OSError as error:
        raise gone() from error
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        raise gone()
    return os.fdopen(handle, "rb", buffering=0), status.st_size


def _next(handle: int, name: str, more: int) -> int:
    """Open a name of an open folder, and close the folder."""
    try:
        if name in ("..", ".", "/"):
            raise OSError(f"{name} is no name")
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | more, dir_fd=handle)
    finally:
        os.close(handle)


def _files(folder: Path) -> tuple[list[tuple[str, int]], bool]:
    """Return path and size of plain files, in the order of their names, within the bounds."""
    found: list[tuple[str, int]] = []
    waiting = [(folder, "")]
    left, more = MAX_ENTRIES, False
    while waiting and left > 0:
        place, prefix = waiting.pop()
        try:
            with os.scandir(place) as scan:
                entries = list(itertools.islice(scan, left + 1))
            left -= len(entries)
            for one in sorted(entries, key=lambda each: each.name, reverse=True):
                if one.name.startswith(".") or one.name.casefold() in _SKIPPED:
                    continue
                if one.is_file(follow_symlinks=False):
                    size = one.stat(follow_symlinks=False).st_size
                    found.append((prefix + one.name, size))
                elif one.is_dir(follow_symlinks=False) and prefix.count("/") < MAX_DEPTH:
                    waiting.append((Path(one.path), f"{prefix}{one.name}/"))
                else:
                    more = more or one.is_dir(follow_symlinks=False)
        except OSError as error:
            if place == folder or not folder.exists():
                raise gone() from error
            more = True  # a damaged folder keeps the others from nobody
    return sorted(found), more or left <= 0


def _offer(folder: Path, path: str, size: int) -> Offer:
    name = shown_name(PurePosixPath(path).name)
    if size > MAX_FILE_BYTES:
        return Offer(path, name, size, refused="Diese Datei ist zu groß für den Hub.")
    file, _ = open_file(folder, path)
    try:
        with file:
            head = file.read(HEAD_BYTES)
        ending = glance(head) if head else ""
    except Refused as error:
        return Offer(path, name, size, refused=error.hint)
    except OSError as error:
        raise gone() from error
    if not ending:
        return Offer(path, name, size, refused="Diese Datei ist leer.")
    return Offer(path, name, size, ending)


def _packs(folder: Path, files: Sequence[tuple[str, int]]) -> tuple[dict[str, About], str]:
    """Return what manifests say of files, by path; and what is wrong with one of them."""
    said: dict[str, About] = {}
    problem = ""
    names = {unicodedata.normalize("NFC", path): path for path, _ in files}
    for path, _ in files:
        at = PurePosixPath(path)
        if at.name.lower() != pack.NAME:
            continue
        file, _ = open_file(folder, path)
        try:
            with file:
                found = pack.read(file.read(pack.MAX_BYTES + 1))
        except Refused as error:
            problem = error.hint
            continue
        except OSError as error:
            raise gone() from error
        for name, about in found.items():
            wanted = unicodedata.normalize("NFC", str(at.parent / name))
            if wanted not in names:
                problem = f"In material.toml steht {shown_name(name)}, aber die Datei fehlt."
                continue
            tracks = [
                names[one]
                for track in about.captions
                if (one := unicodedata.normalize("NFC", str(at.parent / track))) in names
            ]
            said[names[wanted]] = replace(about, captions=tuple(tracks))
    return said, problem


def _tracks(files: Sequence[tuple[str, int]]) -> Mapping[tuple[str, str], list[tuple[str, str]]]:
    """Return captions by the folder and name they are for."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for path, size in files:
        at = PurePosixPath(path)
        stem, language = captions.beside(at.name)
        if stem and size <= captions.MAX_BYTES:
            found.setdefault((str(at.parent), stem.casefold()), []).append((path, language))
    return found


def _captions_of(
    path: str,
    about: About | None,
    tracks: Mapping[tuple[str, str], list[tuple[str, str]]],
    files: Sequence[tuple[str, int]],
) -> tuple[tuple[str, str], ...]:
    if about is not None and about.captions:
        known = {one for one, _ in files}
        return tuple(
            (one, captions.beside(PurePosixPath(one).name)[1])
            for one in about.captions
            if one in known
        )
    at = PurePosixPath(path)
    return tuple(tracks.get((str(at.parent), at.stem.casefold()), ()))
