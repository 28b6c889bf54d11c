"""Phrases to German or English. The words themselves stand in `words.toml`, and nowhere else."""

from __future__ import annotations

import tomllib
from enum import Enum
from functools import lru_cache
from importlib import resources

from hardware.explain.span import Phrase


class Language(Enum):
    """The place of a language in an entry of the word list."""

    DE = 0
    EN = 1


def say(words: Phrase, language: Language = Language.DE) -> str:
    """Return ``words`` in ``language``.

    :raises KeyError: if the word list has no such entry: our own mistake.
    """
    values = [say(one, language) if isinstance(one, Phrase) else one for one in words.values]
    return _entries()[words.key][language.value].format(*values)


def visible(words: str) -> str:
    """Return ``words`` with a dot for each sign that steers a terminal or breaks a line."""
    return "".join(sign if sign.isprintable() else "·" for sign in words)


@lru_cache(maxsize=1)
def _entries() -> dict[str, tuple[str, str]]:
    text = resources.files("hardware.explain").joinpath("words.toml").read_text(encoding="utf-8")
    return {key: (found[0], found[1]) for key, found in tomllib.loads(text).items()}
