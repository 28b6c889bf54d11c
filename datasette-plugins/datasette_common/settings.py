"""A plugin's configuration, read once and whole: what is misspelt must not be ignored."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from string import Formatter
from typing import TYPE_CHECKING, Self, TypeVar

from datasette.utils import StartupError

if TYPE_CHECKING:  # Datasette loads its plugins while it is being imported itself
    from datasette.app import Datasette

MAX_SECTIONS = 100  # of one kind: each is asked by itself
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")

Scalar = str | int | float | None
_T = TypeVar("_T")


class SettingsError(ValueError):
    """The plugin's configuration is wrong; the message names the key."""


class Section:
    """A mapping of the configuration that knows where it stands, and which keys were read."""

    def __init__(self, raw: object, where: str) -> None:
        if not isinstance(raw, Mapping):
            raise SettingsError(f"{where} must be a mapping")
        self._raw = dict(raw)
        self.where = where
        self._read: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._raw

    def names(self) -> list[str]:
        """Return the keys that stand there."""
        return [str(key) for key in self._raw]

    def raw(self, key: str, default: object = None) -> object:
        """Return what stands there."""
        self._read.add(key)
        return self._raw.get(key, default)

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text.

        :raises SettingsError: if it is missing or no text.
        """
        value = self.raw(key, default)
        if not isinstance(value, str) or not value:
            raise SettingsError(f"{self.where}.{key} must be a text")
        return value

    def maybe(self, key: str) -> str | None:
        """Return a text, or None where there is none."""
        return self.text(key) if key in self else None

    def whole(self, key: str, default: int, least: int, most: int) -> int:
        """Return a whole number between the bounds."""
        value = self.raw(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise SettingsError(f"{self.where}.{key} must be a whole number, {least} to {most}")
        return value

    def section(self, key: str) -> Self:
        """Return a mapping."""
        return type(self)(self.raw(key, {}), f"{self.where}.{key}")

    def sections(self, key: str) -> dict[str, Self]:
        """Return named mappings, at most :data:`MAX_SECTIONS`."""
        raw = self.raw(key, {})
        if not isinstance(raw, Mapping) or len(raw) > MAX_SECTIONS:
            raise SettingsError(f"{self.where}.{key} must be a mapping of at most {MAX_SECTIONS}")
        for name in raw:
            if not KEY.fullmatch(str(name)):
                raise SettingsError(
                    f"{self.where}.{key}: {name!r} is no key (letters, digits, _.-)"
                )
        return {str(n): type(self)(body, f"{self.where}.{key}.{n}") for n, body in raw.items()}

    def where_equal(self) -> tuple[tuple[str, Scalar], ...]:
        """Return `where`: columns and the values that they must have."""
        raw = self.raw("where", {})
        if not isinstance(raw, Mapping) or not all(
            isinstance(value, str | int | float) for value in raw.values()
        ):
            raise SettingsError(f"{self.where}.where must give a value for each column")
        return tuple((str(column), value) for column, value in raw.items())

    def done(self) -> None:
        """Refuse what nobody has read: a misspelt key must not be ignored."""
        unknown = sorted(str(key) for key in self._raw.keys() - self._read)
        if unknown:
            raise SettingsError(f"{self.where} has an unknown key: {', '.join(unknown)}")


def pieces(text: str, where: str) -> list[tuple[str, str | None]]:
    """Return a template's texts, each with the column behind it, if one is.

    `{column}` stands for a column; `{{` and `}}` are braces.

    :raises SettingsError: if it is no such text.
    """
    try:
        found = list(Formatter().parse(text))
    except ValueError as error:
        raise SettingsError(f"{where}: {error}") from error
    for _, column, spec, conversion in found:
        if column is not None and (not column or spec or conversion):
            raise SettingsError(f"{where}: a column stands in braces, by its name alone")
    return [(literal, column) for literal, column, _, _ in found]


def services(
    raw: object, plugin: str, named: re.Pattern[str], read: Callable[[object], _T]
) -> dict[str, _T]:
    """Read a plugin's service, under "", and those beside it (`services`) under their names.

    ``named`` is what they may be called.

    :raises SettingsError: if one is not whole.
    """
    if not isinstance(raw, Mapping) or "services" not in raw:
        return {"": read(raw)}
    beside = Section(raw, plugin).sections("services")
    own = {name: value for name, value in raw.items() if name != "services"}
    for name in beside:
        if not named.fullmatch(name):
            raise SettingsError(f"{plugin}.services: {name!r} is no name (a-z, 0-9, -)")
    return {"": read(own)} | {name: read(raw["services"][name]) for name in beside}


def configured(datasette: Datasette, plugin: str, read: Callable[[object], _T]) -> _T | None:
    """Return what ``read`` makes of a plugin's configuration; None where there is none.

    :raises StartupError: if it is wrong: that must not be found by who asks.
    """
    raw = datasette.plugin_config(plugin)
    if raw is None:
        return None
    try:
        return read(raw)
    except SettingsError as error:
        raise StartupError(str(error)) from error
