"""What a file is, told from its bytes and never from its name; in a process with bounds.

:func:`ask` starts ``python -m edge.material.judge FILE``: a file made to hang or fill a reader
hangs that process, which the kernel ends. :func:`judge` is what it does.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from edge.material.errors import Refused
from edge.material.kinds import FORMATS, Format

CPU_S = 120  # a PDF of 1,500 pages takes 60 s on a Pi
BYTES_A_CPU_S = 20_000_000  # what a Pi reads and adds up of a large file
MEMORY_BYTES = 1_200_000_000
MAX_ANSWER = 16_000_000
HEAD_BYTES = 4096

# Where a format's mark stands and what it is.
_MARKS = (
    (0, b"%PDF-", "pdf"),
    (0, b"ZIM\x04", "zim"),
    (0, b"PK\x03\x04", "h5p"),
    (4, b"ftyp", "mp4"),
    (0, b"\x1aE\xdf\xa3", "webm"),
    (0, b"OggS", "ogg"),
    (0, b"fLaC", "flac"),
    (0, b"ID3", "mp3"),
    (0, b"WEBVTT", "vtt"),
    (0, b"\xef\xbb\xbfWEBVTT", "vtt"),
)
_PROGRAMS = (b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"#!")
_WEB = (b"<!doctype", b"<html", b"<head", b"<script", b"<svg", b"<?xml", b"<?php")


@dataclass(frozen=True, slots=True)
class Verdict:
    """A file that is taken. ``pages`` of a PDF, entries of a ZIM; 0 where there are none."""

    ending: str
    pages: int = 0
    duration_ms: int | None = None
    title: str = ""
    language: str = ""
    texts: tuple[str, ...] = ()

    @property
    def format(self) -> Format:
        """Return the format."""
        return FORMATS[self.ending]


def glance(head: bytes) -> str:
    """Return the ending of the format that a file's first 4 kB speak of.

    :raises Refused: if that is none of those that are taken.
    """
    for at, mark, ending in _MARKS:
        if head[at:].startswith(mark):
            return ending
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return "wav"
    if len(head) > 3 and head[0] == 0xFF and _is_mpeg(head):
        return "mp3"
    raise _stranger(head)


def _is_mpeg(head: bytes) -> bool:
    """Tell whether four bytes are the head of an MPEG audio frame of layer 3."""
    return head[1] & 0xE6 == 0xE2 and head[2] >> 4 not in (0, 15) and head[2] >> 2 & 3 != 3


def _stranger(head: bytes) -> Refused:
    """Return what a file is that is not taken, as far as a volunteer wants to know."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:512].lower()
    if head.startswith(_PROGRAMS):
        return Refused(
            "program",
            "Das ist ein Programm. Programme nimmt der Hub nie. Gehört die Datei nicht dem, der "
            "den Stick gebracht hat: vorsichtig sein.",
        )
    if head.startswith(bytes.fromhex("d0cf11e0a1b11ae1")) or start.startswith(b"{\\rtf"):
        return _office()
    if start.startswith(
        (b"<!doctype", b"<html", b"<head", b"<script", b"<svg", b"<?xml", b"<?php")
    ):
        return Refused(
            "web_page",
            "Das ist eine Internetseite oder etwas mit Programm darin. Bitte als PDF speichern "
            "(im Browser: Drucken, als PDF).",
        )
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG", b"GIF8")):
        return Refused("picture", "Einzelne Bilder nimmt der Hub nicht. Bitte als PDF speichern.")
    return Refused(
        "unknown",
        "Diese Art von Datei kennt der Hub nicht. Er nimmt PDF, Film (MP4, WebM), Ton (MP3, M4A, "
        "Ogg, WAV, FLAC), H5P, ZIM und Untertitel (VTT).",
    )


def _office() -> Refused:
    return Refused(
        "office",
        "Das ist eine Datei aus Word, Excel oder PowerPoint; darin können Makros stecken. Bitte "
        "als PDF speichern und die PDF-Datei bringen.",
    )


def judge(path: Path) -> Verdict:
    """Return what a file is, once it was read as far as its format goes.

    :raises Refused: if it is not taken.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        if not head:
            raise Refused("empty", "Diese Datei ist leer.")
        read = _READERS.get(glance(head), _tagged)
        return read(path, file, path.stat().st_size)


def _mp4(_: Path, file: BinaryIO, size: int) -> Verdict:
    from edge.material import media  # noqa: PLC0415 - each reader in a process of its own

    video, duration = media.mp4(file, size)
    return Verdict("mp4" if video else "m4a", duration_ms=duration)


def _webm(_: Path, file: BinaryIO, size: int) -> Verdict:
    from edge.material import media  # noqa: PLC0415

    video, duration = media.webm(file, size)
    if not video:
        raise Refused("unknown", "In dieser WebM-Datei ist kein Bild. Bitte als MP3 oder Ogg.")
    return Verdict("webm", duration_ms=duration)


def _wav(_: Path, file: BinaryIO, size: int) -> Verdict:
    from edge.material import media  # noqa: PLC0415

    return Verdict("wav", duration_ms=media.wave(file, size))


def _tagged(path: Path, file: BinaryIO, _: int) -> Verdict:
    from edge.material import media  # noqa: PLC0415

    file.seek(0)
    head = file.read(HEAD_BYTES)
    if media.ogg_picture(head):
        raise Refused("unknown", "Ogg-Filme nimmt der Hub nicht. Bitte als MP4 oder WebM.")
    return Verdict(glance(head), duration_ms=media.tagged(path))


def _zim(_: Path, file: BinaryIO, size: int) -> Verdict:
    from edge.material import zim  # noqa: PLC0415

    return Verdict("zim", pages=zim.check(file, size))


def _vtt(_: Path, file: BinaryIO, __: int) -> Verdict:
    from edge.material import captions  # noqa: PLC0415

    file.seek(0)
    captions.check(file.read(captions.MAX_BYTES + 1))
    return Verdict("vtt")


def _pdf(path: Path, _: BinaryIO, __: int) -> Verdict:
    from edge.material import pdf  # noqa: PLC0415

    document = pdf.read(path)
    return Verdict("pdf", document.pages, title=document.title, texts=document.texts)


def _h5p(path: Path, _: BinaryIO, __: int) -> Verdict:
    from edge.material import h5p  # noqa: PLC0415

    _refuse_office(path)
    package = h5p.check(path)
    return Verdict("h5p", title=package.title, language=package.language.replace("und", ""))


_READERS: Mapping[str, Callable[[Path, BinaryIO, int], Verdict]] = {
    "mp4": _mp4,
    "webm": _webm,
    "wav": _wav,
    "zim": _zim,
    "vtt": _vtt,
    "pdf": _pdf,
    "h5p": _h5p,
}


def _refuse_office(path: Path) -> None:
    import zipfile  # noqa: PLC0415 - for zip files alone

    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist()[:20_000])
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return  # the next look says what is wrong
    if any(name.endswith("vbaProject.bin") for name in names):
        raise Refused(
            "macros",
            "Das ist eine Office-Datei mit Makros. Makros sind Programme; solche Dateien nimmt der "
            "Hub nie. Bitte als PDF speichern.",
        )
    if "[Content_Types].xml" in names or "META-INF/manifest.xml" in names:
        raise _office()
    if "h5p.json" not in names:
        raise Refused(
            "archive", "Das ist ein gepacktes Archiv (ZIP). Bitte auspacken und einzeln bringen."
        )


def ask(path: Path) -> Verdict:
    """Return what a file is, judged in a process of its own.

    :raises Refused: if it is not taken, or could not be read within the bounds.
    """
    seconds = CPU_S + path.stat().st_size // BYTES_A_CPU_S
    command = [sys.executable, "-P", "-m", "edge.material.judge", str(path), str(seconds)]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=4 * seconds, check=False
        )
        answer = json.loads(done.stdout) if done.returncode == 0 else None
    except (subprocess.TimeoutExpired, ValueError):
        answer = None
    if answer is None:
        raise Refused(
            "too_hard",
            "Diese Datei ließ sich nicht in vertretbarer Zeit lesen: Sie ist beschädigt, viel zu "
            "verschachtelt oder ein Angriff.",
        )
    if "code" in answer:
        raise Refused(answer["code"], answer["hint"])
    return Verdict(**{**answer, "texts": tuple(answer["texts"])})


def _bounded(seconds: int) -> None:
    for what, bound in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (bound, bound))


def main(path: str, seconds: str) -> None:
    """Print what a file is as one JSON object."""
    _bounded(int(seconds))
    try:
        said = asdict(judge(Path(path)))
    except Refused as error:
        said = {"code": error.code, "hint": error.hint}
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:3])
