"""Words in German and English, for plugins whose pages have no other language."""

from __future__ import annotations

from collections.abc import Mapping


def say(words: Mapping[str, tuple[str, str]], key: str, language: str) -> str:
    """Return the words of ``key``; any language but German is answered in English."""
    german, english = words[key]
    return german if language == "de" else english
