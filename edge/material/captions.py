"""Captions (WebVTT) of films and recordings. Pure.

Source: W3C WebVTT: The Web Video Text Tracks Format.
"""

from __future__ import annotations

import re

from edge.material.errors import Refused

MAX_BYTES = 2_000_000  # a film of ten hours has 500 kB
MAX_CUES = 20_000
_TIME = r"(?:\d{2,}:)?[0-5]\d:[0-5]\d\.\d{3}"
_CUE = re.compile(rf"\s*({_TIME})[ \t]+-->[ \t]+({_TIME})(?:[ \t]+[^<>]*)?\s*")
_NAME = re.compile(
    r"^(?P<stem>.+?)(?:[._-](?P<language>[a-z]{2,3}(?:-simple)?))?\.vtt$", re.IGNORECASE
)


def check(data: bytes) -> int:
    """Return how many cues captions hold.

    :raises Refused: if it is no WebVTT; styles of its own are refused as well.
    """
    if len(data) > MAX_BYTES:
        raise Refused("too_large", "Diese Untertitel sind zu lang: höchstens 2 MB.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _wrong() from None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not re.fullmatch(r"WEBVTT(?:[ \t].*)?", lines[0]):
        raise _wrong()
    if any(line.strip() == "STYLE" for line in lines):
        raise Refused(
            "style", "Diese Untertitel bringen eigene Schriften mit. Bitte ohne STYLE speichern."
        )
    cues = sum(1 for line in lines if _CUE.fullmatch(line))
    if any("-->" in line and not _CUE.fullmatch(line) for line in lines) or not cues:
        raise _wrong()
    if cues > MAX_CUES:
        raise Refused("too_large", "Diese Untertitel haben zu viele Zeilen.")
    return cues


def beside(name: str) -> tuple[str, str]:
    """Return which file captions of that name are for, without its ending, and their language.

    `film.de.vtt` is for `film`, in German; `film.vtt` names no language.
    """
    found = _NAME.match(name)
    if found is None:
        return "", ""
    return found["stem"], (found["language"] or "").lower()


def _wrong() -> Refused:
    return Refused(
        "damaged",
        "Das sind keine Untertitel im Format WebVTT (.vtt, UTF-8). Viele Programme können "
        "Untertitel so speichern.",
    )
