"""What the pages say: one file `catalogues/LANGUAGE.toml` per language, keyed by the English text.

`[texts]` holds sentences, `[plurals."{n} rows"]` the forms of a number (named by Unicode's plural
rules: `one`, `few`, `other`), `[messages]` what Datasette's own code says in English, where `{}`
stands for any text that is taken over. What a catalogue lacks stays English.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal

SUFFIX = ".toml"
SOURCE = "en"  # the language of the keys

_LANGUAGE = re.compile(r"[a-z]{2,3}")
_GAP = "{}"

# Of a page of 1,000 rows most numbers come again on the next: a third of a megabyte.
NUMBERS = 4096


class CatalogueError(ValueError):
    """A catalogue cannot be read; the message names the file and says why."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The words of one language. All lookups fall back to the English key."""

    language: str
    texts: dict[str, str] = field(default_factory=dict)
    plurals: dict[str, dict[str, str]] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)

    @property
    def locale(self) -> Locale:
        """Return Unicode's rules for numbers and plurals of this language."""
        return Locale.parse(self.language)

    @property
    def direction(self) -> str:
        """Return `ltr` or `rtl`, as HTML's attribute `dir` wants it."""
        return str(self.locale.text_direction)

    def text(self, key: str, **values: object) -> str:
        """Return ``key`` in this language, its named gaps filled with ``values``."""
        found = self.texts.get(key, key)
        return found.format_map(values) if values else found

    def counted(self, one: str, other: str, number: int, **values: object) -> str:
        """Return how this language says ``number`` of something; ``other`` is the key."""
        english = {"one": one, "other": other}
        forms = self.plurals.get(other, english)
        form = self.locale.plural_form(number)
        chosen = forms.get(str(form), forms["other"])
        return chosen.format_map({"n": self.number(number), **values})

    def number(self, value: float) -> str:
        """Return ``value`` with this language's marks, to at most six places after the mark."""
        return _number(value or 0, self.language)  # -0.0 is nobody's number

    def message(self, english: str) -> str | None:
        """Return what Datasette's own code says in ``english``, or None if nobody translated it."""
        said = " ".join(english.split())
        if said in self.messages:
            return self.messages[said]
        for pattern, translated in self.messages.items():
            if _GAP in pattern:
                parts = "(.*)".join(re.escape(part) for part in pattern.split(_GAP))
                match = re.fullmatch(parts, said)
                if match:
                    return translated.format(*match.groups())
        return None


@lru_cache(maxsize=NUMBERS)
def _number(value: float, language: str) -> str:
    return format_decimal(value, format="#,##0.######", locale=Locale.parse(language))


@cache
def languages() -> tuple[str, ...]:
    """Return the languages that have a catalogue, and English, in the order of the alphabet."""
    names = {file.name.removesuffix(SUFFIX) for file in _folder().iterdir()}
    return tuple(sorted({SOURCE} | {name for name in names if _LANGUAGE.fullmatch(name)}))


@cache
def load(language: str) -> Catalogue:
    """Return the catalogue of ``language``; English needs no file.

    :raises CatalogueError: if there is none, or it is no catalogue.
    """
    if not _LANGUAGE.fullmatch(language):
        raise CatalogueError(f"{language!r} is no language: two or three small letters")
    try:
        Locale.parse(language)
    except (UnknownLocaleError, ValueError) as error:
        raise CatalogueError(f"{language}: {error}") from error
    file = _folder() / f"{language}{SUFFIX}"
    try:
        return parse(language, file.read_text("utf-8"))
    except FileNotFoundError as error:
        if language == SOURCE:
            return Catalogue(language)
        raise CatalogueError(f"{language}: there is no catalogue {file.name}") from error


def parse(language: str, text: str) -> Catalogue:
    """Return the catalogue that ``text``, a TOML file, holds.

    :raises CatalogueError: if it is none.
    """
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"{language}: {error}") from error
    unknown = found.keys() - {"texts", "plurals", "messages"}
    if unknown:
        raise CatalogueError(f"{language}: no such part of a catalogue: {sorted(unknown)}")
    texts, messages = found.get("texts", {}), found.get("messages", {})
    plurals = found.get("plurals", {})
    if not all(isinstance(one, str) for part in (texts, messages) for one in part.values()):
        raise CatalogueError(f"{language}: texts and messages are strings")
    for key, forms in plurals.items():
        if not isinstance(forms, dict) or not isinstance(forms.get("other"), str):
            raise CatalogueError(f"{language}: {key!r} lacks the form `other`")
    return Catalogue(language, texts, plurals, messages)


def _folder() -> Traversable:
    return files("datasette_deutsch") / "catalogues"
