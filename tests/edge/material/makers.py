"""Real small files of every kind, and hostile ones, made here: nothing binary is carried along."""

from __future__ import annotations

import hashlib
import io
import json
import math
import shutil
import struct
import subprocess
import wave
import zipfile
from collections.abc import Mapping
from pathlib import Path

from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

TALE = ("Backhaus Holzheim", "Jeden ersten Samstag wird gebacken. Bitte Teig mitbringen.")


def wav(seconds: float = 2.0, rate: int = 8000, pitch_hz: float = 330.0) -> bytes:
    """A tone."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(
            b"".join(
                struct.pack("<h", round(8000 * math.sin(2 * math.pi * pitch_hz * n / rate)))
                for n in range(int(seconds * rate))
            )
        )
    return made.getvalue()


def pdf(*pages: str, title: str = "Backhaus", change: object = None) -> bytes:
    """A PDF whose pages say their text; ``change`` may change the writer before it is written."""
    writer = PdfWriter()
    for text in pages or TALE:
        page = writer.add_blank_page(420, 595)
        font = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
                NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
            }
        )
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): writer._add_object(font)})}
        )
        content = DecodedStreamObject()
        lines = b"".join(f"({line}) Tj 0 -28 Td ".encode("cp1252") for line in text.split("\n"))
        content.set_data(b"BT /F1 22 Tf 40 520 Td " + lines + b"ET")
        page[NameObject("/Contents")] = writer._add_object(content)
    writer.add_metadata({"/Title": title})
    if callable(change):
        change(writer)
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def with_script(writer: PdfWriter) -> None:
    action = {
        NameObject("/S"): NameObject("/JavaScript"),
        NameObject("/JS"): TextStringObject("x()"),
    }
    writer._root_object[NameObject("/OpenAction")] = DictionaryObject(action)


def with_launch(writer: PdfWriter) -> None:
    writer._root_object[NameObject("/OpenAction")] = writer._add_object(
        DictionaryObject(
            {
                NameObject("/S"): NameObject("/Launch"),
                NameObject("/F"): TextStringObject("cmd.exe"),
            }
        )
    )


def with_attachment(writer: PdfWriter) -> None:
    writer.add_attachment("rechnung.exe", b"MZ\x90\0")


def with_key_script(writer: PdfWriter) -> None:
    """A script behind a key press in a form, deep in an annotation."""
    action = DictionaryObject(
        {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("x()")}
    )
    widget = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Widget"),
            NameObject("/Rect"): ArrayObject([FloatObject(n) for n in (0, 0, 10, 10)]),
            NameObject("/AA"): DictionaryObject({NameObject("/K"): action}),
        }
    )
    page = writer.pages[0]
    page[NameObject("/Annots")] = ArrayObject([writer._add_object(widget)])


def with_link(writer: PdfWriter) -> None:
    """A link to a page: harmless."""
    link = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Link"),
            NameObject("/Rect"): ArrayObject([NumberObject(n) for n in (0, 0, 10, 10)]),
            NameObject("/A"): DictionaryObject(
                {
                    NameObject("/S"): NameObject("/URI"),
                    NameObject("/URI"): TextStringObject("https://example.org/"),
                }
            ),
        }
    )
    writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(link)])


def locked_pdf() -> bytes:
    return pdf(change=lambda writer: writer.encrypt("geheim"))


VTT = """WEBVTT

00:00.000 --> 00:01.000
Guten Tag

2
00:00:01.000 --> 00:00:02.000 align:start
Hier ist das Backhaus.
"""

LIBRARY_JS = """
window.H5P = window.H5P || {};
H5P.Begruessung = function (params, id) {
  this.attach = function ($container) {
    var box = document.createElement('div');
    box.id = 'gruss';
    box.textContent = params.text;
    var button = document.createElement('button');
    button.textContent = 'Antworten';
    button.onclick = function () { box.textContent = params.answer; };
    $container.append(box);
    $container.append(button);
    try { box.dataset.cookie = document.cookie || 'leer'; }
    catch (error) { box.dataset.cookie = 'verboten'; }
    try { box.dataset.storage = String(window.localStorage.length); }
    catch (error) { box.dataset.storage = 'verboten'; }
    try { box.dataset.parent = parent.document.title; }
    catch (error) { box.dataset.parent = 'verboten'; }
    fetch(params.home, {credentials: 'include'})
      .then(function (r) { return r.text(); })
      .then(function (t) { box.dataset.page = t.slice(0, 20); })
      .catch(function () { box.dataset.page = 'verboten'; });
  };
};
H5P.Begruessung.prototype = Object.create(H5P.EventDispatcher.prototype);
"""


def h5p_files(text: str = "Wie heißt unser Backhaus?") -> dict[str, bytes]:
    """The files of a package with a library of its own."""
    library = {
        "title": "Begrüßung", "machineName": "H5P.Begruessung", "majorVersion": 1,
        "minorVersion": 0, "patchVersion": 1, "runnable": 1, "license": "MIT",
        "preloadedJs": [{"path": "gruss.js"}], "preloadedCss": [{"path": "gruss.css"}],
    }  # fmt: skip
    about = {
        "title": "Übung Backhaus", "language": "de", "mainLibrary": "H5P.Begruessung",
        "embedTypes": ["div"], "license": "CC BY",
        "preloadedDependencies": [
            {"machineName": "H5P.Begruessung", "majorVersion": "1", "minorVersion": "0"}
        ],
    }  # fmt: skip
    content = {"text": text, "answer": "Richtig: Altes Backhaus", "home": "http://hub.lan/"}
    return {
        "h5p.json": json.dumps(about).encode(),
        "content/content.json": json.dumps(content).encode(),
        "H5P.Begruessung-1.0/library.json": json.dumps(library).encode(),
        "H5P.Begruessung-1.0/gruss.js": LIBRARY_JS.encode(),
        "H5P.Begruessung-1.0/gruss.css": b"#gruss { font-size: 2rem; }",
    }


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def h5p(**more: bytes) -> bytes:
    return zipped({**h5p_files(), **more})


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def mp4_shell(*, picture: bool = True, duration_s: int = 3) -> bytes:
    """An MP4's skeleton: all boxes, no picture in them."""
    mvhd = box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, duration_s * 1000) + bytes(80))
    handler = box(b"hdlr", bytes(8) + (b"vide" if picture else b"soun") + bytes(13))
    trak = box(b"trak", box(b"mdia", handler))
    return (
        box(b"ftyp", b"isom\0\0\2\0isomiso2") + box(b"moov", mvhd + trak) + box(b"mdat", b"\0" * 64)
    )


def zim(entries: int = 1) -> bytes:
    """A ZIM's header and checksum, with nothing to read."""
    body_end = 200
    head = struct.pack(
        "<4sHH16sIIQQQQIIQ",
        b"ZIM\x04", 6, 1, bytes(16), entries, entries, 80, (1 << 64) - 1, 100, 80, 0, 0, body_end,
    )  # fmt: skip
    data = head + bytes(body_end - len(head))
    return data + hashlib.md5(data, usedforsecurity=False).digest()


def film(folder: Path, seconds: int = 4, ending: str = "mp4") -> Path | None:
    """A real film with sound by Debian's ffmpeg; None where it is not installed."""
    program = shutil.which("ffmpeg")
    if program is None:
        return None
    made = folder / f"film.{ending}"
    codec = ["-c:v", "libvpx", "-c:a", "libvorbis"] if ending == "webm" else ["-c:v", "libx264"]
    subprocess.run(
        [
            program, "-v", "error", "-f", "lavfi", "-i", f"testsrc=d={seconds}:s=160x120:r=10",
            "-f", "lavfi", "-i", f"sine=d={seconds}", *codec, "-pix_fmt", "yuv420p", "-y", made,
        ],
        check=True, timeout=120,
    )  # fmt: skip
    return made
