"""Words in German and English, for plugins whose pages have no other language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

LANGUAGES: Final = ("de", "en")


def say(words: Mapping[str, tuple[str, str]], key: str, language: str) -> str:
    """Return the words of ``key``; any language but German is answered in English."""
    german, english = words[key]
    return german if language == "de" else english


def size(count: int, language: str) -> str:
    """Return a number of bytes as people read it."""
    if count < 1000:
        return f"{count} Byte"
    text = f"{count / 1000:.0f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"
    return text.replace(".", ",") if language == "de" else text
