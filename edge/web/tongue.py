"""The languages of the pages: one reviewed file each, and which of them is spoken right now.

The German of code and templates is the key. `translations/NAME.po` holds what others read; a
comment `checked_by: NAME` at an entry says which person who speaks the language has read it.
A request sets the tongue (:func:`speaking`); outside of one everything is German.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).with_name("translations")
CHECKED = "checked_by:"


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language of the pages. ``code`` is what `lang` says, ``name`` what its speakers say."""

    key: str
    code: str
    name: str
    direction: str = "ltr"

    @property
    def is_german(self) -> bool:
        """Whether German words of people need no mark beside it."""
        return self.code.startswith("de")


GERMAN = Tongue("de", "de", "Deutsch")
EASY = Tongue("leicht", "de-simple", "Leichte Sprache")
TONGUES = {
    one.key: one
    for one in (
        GERMAN,
        Tongue("en", "en", "English"),
        Tongue("uk", "uk", "Українська"),
        Tongue("tr", "tr", "Türkçe"),
        Tongue("ar", "ar", "العربية", "rtl"),
        EASY,
    )
}

_spoken: ContextVar[Tongue] = ContextVar("tongue", default=GERMAN)


def spoken() -> Tongue:
    """Return the tongue of this request."""
    return _spoken.get()


@contextmanager
def speaking(tongue: Tongue) -> Iterator[None]:
    """Speak another tongue for a while."""
    token = _spoken.set(tongue)
    try:
        yield
    finally:
        _spoken.reset(token)


def speak(tongue: Tongue) -> None:
    """Speak a tongue from now on, in this context."""
    _spoken.set(tongue)


def say(text: str, /, **parts: object) -> str:
    """Return ``text`` in the tongue of this request, with ``{name}`` filled in."""
    said = _translations(_spoken.get().key).gettext(text) if text else ""
    return said.format(**parts) if parts else said


def say_count(one: str, many: str, count: int, /, **parts: object) -> str:
    """Return the form that fits ``count``, which fills ``{count}``."""
    said = _translations(_spoken.get().key).ngettext(one, many, count)
    return said.format(count=count, **parts)


def later(text: str) -> str:
    """Mark a text that is written down here and said later."""
    return text


@cache
def catalogue(key: str) -> Catalog:
    """Return the reviewed file of a tongue other than German."""
    return _read(key)


def with_unchecked(key: str) -> bool:
    """Return whether a tongue has entries that nobody who speaks it has read yet."""
    return key != GERMAN.key and _spoken_file(key).with_unchecked


def _read(key: str) -> Catalog:
    with (FOLDER / f"{key}.po").open("rb") as file:
        return read_po(file, locale="de" if key == EASY.key else key, abort_invalid=True)


def unchecked(key: str) -> list[Message]:
    """Return the entries that nobody who speaks the language has read yet."""
    return [one for one in catalogue(key) if one.id and not _checked(one)]


def _checked(message: Message) -> bool:
    return any(line.strip().startswith(CHECKED) for line in message.user_comments)


@dataclass(frozen=True, slots=True)
class _SpokenFile:
    """What pages need of a file; the entries themselves would be a megabyte a tongue."""

    translations: gettext.NullTranslations
    with_unchecked: bool


def _translations(key: str) -> gettext.NullTranslations:
    return _GERMAN if key == GERMAN.key else _spoken_file(key).translations


@cache
def _spoken_file(key: str) -> _SpokenFile:
    entries, compiled = _read(key), io.BytesIO()
    write_mo(compiled, entries)
    compiled.seek(0)
    found = gettext.GNUTranslations(compiled)
    found.add_fallback(_GERMAN)
    return _SpokenFile(found, any(one.id and not _checked(one) for one in entries))


class _German(gettext.NullTranslations):
    """The keys themselves."""


_GERMAN = _German()
