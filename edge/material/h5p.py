"""H5P packages (exercises): a zip file whose every name and byte is looked at before it is used.

What is inside is other people's program. It is unpacked beside the shelf, and shown in a frame
whose page has no origin (:mod:`edge.web.exercise`): it reaches neither cookies nor our pages.

Source: the H5P package definition (h5p.json, content/content.json, libraries with library.json).
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from edge.material.errors import Refused

MAX_FILES = 8000
MAX_BYTES = 1_000_000_000  # unpacked
MAX_JSON_BYTES = 8_000_000
MAX_RATIO = 200  # text packs ten to twenty times; a bomb a thousand
_SMALL = 1_000_000  # below, no ratio is asked
_CHUNK = 1 << 18
_MOST_DEEP = 20
_LONGEST = 200

# What exercises are made of. Programs stand in libraries alone.
CONTENT = frozenset(
    (
        *("json", "txt", "csv", "md", "pdf", "vtt", "webvtt", "gltf", "glb"),
        *("png", "jpg", "jpeg", "gif", "bmp", "webp", "svg"),
        *("woff", "woff2", "ttf", "otf", "eot"),
        *("webm", "mp4", "ogg", "ogv", "oga", "mp3", "m4a", "wav"),
    )
)
LIBRARY = CONTENT | frozenset(("js", "css", "map", "textile"))
TYPES: Mapping[str, str] = {
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "bmp": "image/bmp",
    "webp": "image/webp",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "ttf": "font/ttf",
    "otf": "font/otf",
    "webm": "video/webm",
    "mp4": "video/mp4",
    "ogv": "video/ogg",
    "ogg": "audio/ogg",
    "oga": "audio/ogg",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "wav": "audio/wav",
    "vtt": "text/vtt",
    "webvtt": "text/vtt",
    "txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class Package:
    """What h5p.json says."""

    title: str
    language: str
    library: str


def check(path: Path) -> Package:
    """Return what a package is, once all of it was read.

    :raises Refused: if anything in it is not as it must be.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(archive)
            names = {one.filename for one in members}
            about = _json(archive, names, "h5p.json")
            _json(archive, names, "content/content.json")
            library = _library(about)
            folder = _folder_of(about, library)
            if f"{folder}/library.json" not in names:
                raise Refused(
                    "h5p_libraries",
                    f"In dieser H5P-Datei fehlt ihr Programm ({library}). Bitte so speichern, dass "
                    "alles darin ist: in Lumi „mit Bibliotheken“, in Moodle „herunterladen“.",
                )
            for one in members:
                _read_through(archive, one)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _broken() from error
    title = " ".join(str(about.get("title") or "").split())[:200]
    return Package(title, str(about.get("language") or "").lower()[:20], library)


def unpack(path: Path, folder: Path) -> None:
    """Unpack a checked package to ``folder``, whole or not at all.

    :raises Refused: if it is not what was checked.
    :raises OSError: if the disk fails.
    """
    part = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(part, ignore_errors=True)
    try:
        with zipfile.ZipFile(path) as archive:
            for one in _members(archive):
                target = part / one.filename
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(one) as source, target.open("xb") as file:
                    shutil.copyfileobj(source, file, _CHUNK)
        if not folder.exists():
            part.rename(folder)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise _broken() from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the files of an archive, folders left out.

    :raises Refused: if a name, a size or a kind is not one that may be.
    """
    found, seen, total = [], set(), 0
    entries = archive.infolist()
    if len(entries) > MAX_FILES:
        raise Refused("h5p_bomb", f"In dieser H5P-Datei sind mehr als {MAX_FILES} Dateien.")
    for one in entries:
        if one.is_dir():
            _require_name(one.filename.rstrip("/"))
            continue
        _require_name(one.filename)
        kind = stat.S_IFMT(one.external_attr >> 16)
        if kind not in (0, stat.S_IFREG) or one.flag_bits & 0x1:
            raise Refused(
                "h5p_link", "In dieser H5P-Datei sind Verweise oder verschlüsselte Dateien."
            )
        if one.filename.casefold() in seen:
            raise Refused("h5p_names", "In dieser H5P-Datei gibt es einen Namen zweimal.")
        seen.add(one.filename.casefold())
        total += one.file_size
        bomb = one.file_size > _SMALL and one.file_size > MAX_RATIO * max(one.compress_size, 1)
        if total > MAX_BYTES or bomb:
            raise Refused(
                "h5p_bomb",
                "Diese H5P-Datei würde ausgepackt riesig. So etwas soll Rechner lahmlegen.",
            )
        _require_kind(one.filename)
        found.append(one)
    return found


def _require_name(name: str) -> None:
    parts = PurePosixPath(name).parts
    if (
        not name
        or not name.isprintable()
        or name != "/".join(parts)
        or "\\" in name
        or ":" in name
        or name.startswith(("/", "~"))
        or any(part in (".", "..") or part.startswith(".") for part in parts)
        or len(parts) > _MOST_DEEP
        or len(name) > _LONGEST
    ):
        raise Refused(
            "h5p_names",
            "In dieser H5P-Datei führt ein Name aus ihrem Ordner hinaus. Das ist ein Angriff oder "
            "ein Fehler des Programms, das sie gespeichert hat.",
        )


def _require_kind(name: str) -> None:
    path = PurePosixPath(name)
    ending = path.suffix.removeprefix(".").lower()
    inside = path.parts[0] == "content"
    plain = not ending and path.name.upper() in {"LICENSE", "README", "COPYING", "CHANGELOG"}
    if ending not in (CONTENT if inside else LIBRARY) and not (plain and not inside):
        raise Refused(
            "h5p_kind",
            f"In dieser H5P-Datei ist etwas, das nicht hineingehört: {path.name[:60]}. Erlaubt "
            "sind Bilder, Ton, Film, Text; Programme nur in Bibliotheken; kein HTML.",
        )


def _read_through(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Read a file to its end: its checksum and its true size."""
    left = member.file_size
    with archive.open(member) as file:
        while piece := file.read(_CHUNK):
            left -= len(piece)
            if left < 0:
                raise Refused("h5p_bomb", "In dieser H5P-Datei ist mehr, als sie sagt.")


def _json(archive: zipfile.ZipFile, names: set[str], name: str) -> dict[str, Any]:
    if name not in names:
        raise Refused("h5p_missing", f"Das ist keine H5P-Datei: {name} fehlt darin.")
    if archive.getinfo(name).file_size > MAX_JSON_BYTES:
        raise Refused("h5p_bomb", f"In dieser H5P-Datei ist {name} zu groß.")
    try:
        found = json.loads(archive.read(name))
    except (ValueError, RecursionError):
        raise _broken() from None
    if not isinstance(found, dict):
        raise _broken()
    return found


def _library(about: Mapping[str, Any]) -> str:
    name = about.get("mainLibrary")
    if not isinstance(name, str) or not name.replace(".", "").replace("_", "").isalnum():
        raise _broken()
    return name


def _folder_of(about: Mapping[str, Any], library: str) -> str:
    for one in about.get("preloadedDependencies") or ():
        if isinstance(one, dict) and one.get("machineName") == library:
            major, minor = one.get("majorVersion"), one.get("minorVersion")
            if str(major).isdecimal() and str(minor).isdecimal():
                return f"{library}-{major}.{minor}"
    raise _broken()


def _broken() -> Refused:
    return Refused(
        "damaged",
        "Diese H5P-Datei ist beschädigt oder nicht vollständig. Bitte noch einmal speichern.",
    )
