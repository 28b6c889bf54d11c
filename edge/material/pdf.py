"""PDF files: every object looked at for what acts by itself, and the text of each page.

Runs in the judge's process (:mod:`edge.material.judge`), which has bounds on time and memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject

from edge.material.errors import Refused

MAX_PAGES = 3000
MAX_OBJECTS = 500_000
MAX_PAGE_CHARACTERS = 20_000
MAX_CHARACTERS = 3_000_000  # a book of 1,500 pages
_MOST_NESTED = 60
_CHUNK = 1 << 20

# What starts something when the document is opened, a page is turned or a place is pressed.
_ACTIONS = {
    "/JavaScript": "script",
    "/Launch": "launch",
    "/SubmitForm": "script",
    "/ImportData": "script",
    "/Rendition": "embedded",
    "/Movie": "embedded",
    "/Sound": "embedded",
    "/RichMediaExecute": "embedded",
    "/GoToE": "embedded",
}
_KEYS = {
    "/JS": "script",
    "/JavaScript": "script",
    "/Launch": "launch",
    "/EmbeddedFile": "embedded",
    "/EmbeddedFiles": "embedded",
    "/RichMedia": "embedded",
    "/RichMediaContent": "embedded",
    "/XFA": "script",
}
_HINTS = {
    "script": "Diese PDF-Datei bringt ein kleines Programm (JavaScript) mit. Solche Dateien nimmt "
    "der Hub nicht. Meist hilft: die Datei öffnen und als neue PDF-Datei „drucken“.",
    "launch": "Diese PDF-Datei will ein anderes Programm starten. Solche Dateien nimmt der Hub "
    "nicht. Bitte vorsichtig sein: Das ist bei Schadprogrammen üblich.",
    "embedded": "In dieser PDF-Datei stecken andere Dateien. Solche nimmt der Hub nicht. Meist "
    "hilft: die Datei öffnen und als neue PDF-Datei „drucken“.",
}
_RAW = re.compile(rb"/(JavaScript|Launch|EmbeddedFile|XFA|RichMedia)(?![A-Za-z])")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Document:
    """What is known of a PDF; ``texts`` has one text a page, empty where it is a picture."""

    pages: int
    title: str
    texts: tuple[str, ...]


def read(path: Path) -> Document:
    """Return what is in a PDF file.

    :raises Refused: if it is damaged, encrypted, or acts by itself.
    """
    with path.open("rb") as file:
        _scan(file)
    try:
        with PdfReader(path) as reader:
            if reader.is_encrypted and not reader.decrypt(""):
                raise Refused(
                    "encrypted",
                    "Diese PDF-Datei ist mit einem Kennwort verschlossen. Bitte ohne Kennwort "
                    "speichern.",
                )
            _walk(reader)
            count = len(reader.pages)
            if not count:
                raise _broken()
            if count > MAX_PAGES:
                raise Refused(
                    "too_large", f"Diese PDF-Datei hat mehr als {MAX_PAGES} Seiten. Bitte teilen."
                )
            title = str(reader.metadata.title or "") if reader.metadata else ""
            return Document(count, " ".join(title.split())[:200], tuple(_texts(reader)))
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise _broken() from error
    except (RecursionError, AssertionError, NotImplementedError, OverflowError) as error:
        raise _broken() from error


def _scan(file: BinaryIO) -> None:
    """Look at the bytes as they stand: earlier revisions, and objects that no table names."""
    rest = b""
    while piece := file.read(_CHUNK):
        data = rest + piece
        plain = _ESCAPE.sub(lambda found: bytes((int(found[1], 16),)), data)
        for view in (data, plain):
            if found := _RAW.search(view):
                raise _refused("/" + found[1].decode())
        rest = data[-64:]


def _refused(name: str) -> Refused:
    code = _KEYS.get(name) or _ACTIONS.get(name) or "script"
    return Refused(f"pdf_{code}", _HINTS[code])


def _walk(reader: PdfReader) -> None:
    numbers = set(reader.xref_objStm)
    for generation in reader.xref.values():
        numbers |= set(generation)
    if len(numbers) > MAX_OBJECTS:
        raise Refused("too_large", "Diese PDF-Datei ist zu verschachtelt. Bitte neu speichern.")
    _look(reader.trailer, 0)
    generations = {n: g for g, known in reader.xref.items() for n in known}
    for number in sorted(numbers):
        found = reader.get_object(IndirectObject(number, generations.get(number, 0), reader))
        _look(found, 0)


def _look(value: Any, depth: int) -> None:
    """Refuse what is an action or holds one; references are looked at by themselves."""
    if depth > _MOST_NESTED:
        raise _broken()
    if isinstance(value, DictionaryObject | StreamObject):
        kind = value.raw_get("/S") if "/S" in value else None
        kind = kind.get_object() if isinstance(kind, IndirectObject) else kind
        if str(kind) in _ACTIONS:
            raise _refused(str(kind))
        for key, inner in value.items():
            if key in _KEYS:
                raise _refused(key)
            if not isinstance(inner, IndirectObject):
                _look(inner, depth + 1)
    elif isinstance(value, ArrayObject):
        for inner in value:
            if not isinstance(inner, IndirectObject):
                _look(inner, depth + 1)


def _texts(reader: PdfReader) -> Iterator[str]:
    """Yield the text of each page; one that cannot be read is empty, and no reason to refuse."""
    left = MAX_CHARACTERS
    for page in reader.pages:
        text = ""
        if left > 0:
            try:
                text = _tidy(page.extract_text() or "")
            except MemoryError:
                raise
            except Exception:  # noqa: BLE001 - whatever a strange font makes of it
                text = ""
        text = text[: min(MAX_PAGE_CHARACTERS, max(left, 0))]
        left -= len(text)
        yield text


def _tidy(text: str) -> str:
    """Return paragraphs: lines that were only broken for the paper run on."""
    lines = [
        " ".join("".join(c if c.isprintable() else " " for c in line).split())
        for line in text.split("\n")
    ]
    paragraphs: list[str] = []
    longest = max((len(line) for line in lines), default=0)
    begun = ""
    for line in lines:
        if not line:
            paragraphs.append(begun)
            begun = ""
            continue
        if begun.endswith("-") and line[:1].islower():
            begun = begun[:-1] + line
        else:
            begun = f"{begun} {line}".strip()
        if len(line) < 0.6 * longest:
            paragraphs.append(begun)
            begun = ""
    paragraphs.append(begun)
    return "\n".join(one for one in paragraphs if one)


def _broken() -> Refused:
    return Refused(
        "damaged",
        "Diese PDF-Datei ist beschädigt oder nicht vollständig. Bitte noch einmal holen oder neu "
        "speichern.",
    )
