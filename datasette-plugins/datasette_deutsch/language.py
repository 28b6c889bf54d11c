"""Which language a page is in: what its address says, then the browser if asked, then the house."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from datasette_deutsch.catalogue import CatalogueError, languages, load

PARAMETER = "_lang"  # Datasette takes no name that begins with a line for a filter
DEFAULT = "de"
MAX_WISHES = 20  # languages of one browser that are looked at


class SettingsError(ValueError):
    """The plugin's settings cannot be used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Settings:
    """``language`` is the house's; the browser is asked for another only if ``negotiate``.

    ``column_titles`` puts a column's short description over it instead of its technical name.
    """

    language: str = DEFAULT
    negotiate: bool = False
    column_titles: bool = True
    format_numbers: bool = True


def read_settings(found: Mapping[str, object]) -> Settings:
    """Return the settings that Datasette's configuration holds.

    :raises SettingsError: if one is unknown or of another kind.
    """
    known = {"language", "negotiate", "column_titles", "format_numbers"}
    unknown = found.keys() - known
    if unknown:
        raise SettingsError(f"no such setting: {', '.join(sorted(unknown))}")
    language = found.get("language", DEFAULT)
    if not isinstance(language, str):
        raise SettingsError("language is a text such as `de`")
    try:
        load(language)
    except CatalogueError as error:
        raise SettingsError(str(error)) from error
    switches = {}
    for name in ("negotiate", "column_titles", "format_numbers"):
        if name in found:
            if not isinstance(found[name], bool):
                raise SettingsError(f"{name} is true or false")
            switches[name] = bool(found[name])
    return Settings(language, **switches)


def choose(settings: Settings, asked: str | None, accepts: str | None) -> str:
    """Return the language of a page: ``asked`` by its address, ``accepts`` the browser's header."""
    have = languages()
    if asked in have:
        return str(asked)
    if settings.negotiate:
        for wish in _wishes(accepts or ""):
            if wish in have:
                return wish
    return settings.language


def _wishes(header: str) -> list[str]:
    """Return the languages of an `Accept-Language`, best first, without their country.

    Source: RFC 9110, 12.5.4.
    """
    found = []
    for place, part in enumerate(header.split(",")[:MAX_WISHES]):
        name, _, weight = part.strip().partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            continue
        if quality > 0 and name:
            found.append((-quality, place, name.split("-")[0].lower()))
    return [name for _, _, name in sorted(found)]
