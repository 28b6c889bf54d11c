"""Names of files that other people gave, made fit to be shown, kept and compared. Pure."""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath

MAX_NAME = 120
_FORBIDDEN = frozenset('/\\<>:"|?*\x7f')


def shown_name(name: str) -> str:
    """Return one printable line of at most 120 characters that names no folder.

    Marks that change the direction of writing go: `gpj.exe` must not read `exe.jpg`.
    """
    text = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    text = text.replace("?", "_")  # also what was no letter of any alphabet
    kept = "".join(
        " " if one.isspace() else one
        for one in text
        if one.isspace()
        or (one not in _FORBIDDEN and not unicodedata.category(one).startswith("C"))
    )
    kept = " ".join(kept.split()).lstrip(".")
    if len(kept) > MAX_NAME:
        ending = PurePosixPath(kept).suffix[:12]
        kept = kept[: MAX_NAME - len(ending)].rstrip() + ending
    return kept or "ohne Namen"


def title_of(name: str) -> str:
    """Return a title made of a file's name: without ending, underscores as spaces."""
    stem = PurePosixPath(shown_name(name)).stem
    words = " ".join(stem.replace("_", " ").split()).strip(" -.")
    return words[:1].upper() + words[1:] if words else "Ohne Titel"
