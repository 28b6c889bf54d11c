"""`material.toml`: what the county, or whoever packs a stick, says of the files beside it.

version = 1
source = "Landkreis Gießen"          # for all that say nothing else

[[material]]
file = "Notruf-Karte.pdf"            # beside this file, or below it
sha256 = "…"                         # may be left out; if it is there, it must be right
language = "de"
licence = "CC-BY-4.0"
subject = "gesundheit"
captions = ["Notruf.de.vtt"]
title = { de = "Notruf-Karte", uk = "Картка екстрених викликів" }
summary = { de = "Wen man wann anruft." }
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from edge.material.errors import Refused
from edge.material.kinds import LANGUAGES, LICENCES, SUBJECTS, UNKNOWN

NAME = "material.toml"
MAX_BYTES = 500_000
MAX_ENTRIES = 1000
MAX_TITLE, MAX_TEXT, MAX_SOURCE = 120, 1000, 200
PAGES = ("de", "de-simple", "en", "uk", "tr", "ar")  # languages that titles are kept in
_VERSION = 1


@dataclass(frozen=True, slots=True)
class About:
    """What somebody said of a file. Empty is what nobody said."""

    titles: Mapping[str, str] = field(default_factory=dict)
    summaries: Mapping[str, str] = field(default_factory=dict)
    language: str = ""
    licence: str = UNKNOWN
    subject: str = ""
    source: str = ""
    sha256: str = ""
    captions: tuple[str, ...] = ()


def read(data: bytes) -> dict[str, About]:
    """Return what is said of which file, named as it stands there.

    :raises Refused: with what is wrong in it.
    """
    if len(data) > MAX_BYTES:
        raise _wrong(f"Sie ist größer als {MAX_BYTES} Bytes.")
    try:
        found = tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise _wrong(str(error)[:200]) from None
    if found.get("version") != _VERSION:
        raise _wrong(f"version muss {_VERSION} sein.")
    entries = found.get("material")
    if not isinstance(entries, list) or len(entries) > MAX_ENTRIES:
        raise _wrong(f"Erwartet werden bis zu {MAX_ENTRIES} Abschnitte [[material]].")
    source = line(found.get("source"), MAX_SOURCE)
    made: dict[str, About] = {}
    for number, one in enumerate(entries, 1):
        if not isinstance(one, dict):
            raise _wrong(f"[[material]] Nr. {number} ist kein Abschnitt.")
        name = _name(one.get("file"), number)
        if name in made:
            raise _wrong(f"{name} steht zweimal darin.")
        made[name] = _about(one, number, source)
    return made


def _about(one: Mapping[str, object], number: int, source: str) -> About:
    language, licence = str(one.get("language") or ""), str(one.get("licence") or UNKNOWN)
    subject, digest = str(one.get("subject") or ""), str(one.get("sha256") or "").lower()
    captions = one.get("captions") or []
    for what, value, allowed in (
        ("language", language, ("", *LANGUAGES)),
        ("licence", licence, tuple(LICENCES)),
        ("subject", subject, ("", *SUBJECTS)),
    ):
        if value not in allowed:
            raise _wrong(f"Nr. {number}: {what} = {value[:40]!r} gibt es nicht.")
    if digest and not (len(digest) == 64 and all(c in "0123456789abcdef" for c in digest)):
        raise _wrong(f"Nr. {number}: sha256 sind 64 Zeichen aus 0-9 und a-f.")
    if not isinstance(captions, list) or len(captions) > len(LANGUAGES):
        raise _wrong(f"Nr. {number}: captions ist eine Liste von Dateien.")
    return About(
        titles=_texts(one.get("title"), MAX_TITLE),
        summaries=_texts(one.get("summary"), MAX_TEXT),
        language=language,
        licence=licence,
        subject=subject,
        source=line(one.get("source"), MAX_SOURCE) or source,
        sha256=digest,
        captions=tuple(_name(file, number) for file in captions),
    )


def _name(value: object, number: int) -> str:
    path = PurePosixPath(str(value or ""))
    if not path.parts or path.is_absolute() or ".." in path.parts or "\\" in str(value):
        raise _wrong(f"Nr. {number}: file muss eine Datei im selben Ordner sein.")
    return unicodedata.normalize("NFC", str(path))


def _texts(value: object, longest: int) -> dict[str, str]:
    if isinstance(value, str):
        value = {"de": value}
    if not isinstance(value, dict):
        return {}
    return {key: text for key in PAGES if (text := line(value.get(key), longest))}


def line(value: object, longest: int) -> str:
    """Return one printable line, cut to ``longest`` characters; empty if it is no text."""
    if not isinstance(value, str):
        return ""
    text = unicodedata.normalize("NFC", value)
    kept = "".join(c if not unicodedata.category(c).startswith("C") else " " for c in text)
    return " ".join(kept.split())[:longest].rstrip()


def _wrong(what: str) -> Refused:
    return Refused("manifest", f"Mit material.toml auf dem Stick stimmt etwas nicht: {what}")
