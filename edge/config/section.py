"""A TOML file read key by key: every problem is collected, with the line it is on.

`tomllib` gives values without their places; the lines come from a scan of the text that
knows headers, keys and multi-line strings. Where the scan finds nothing, the header's line
or none is named: the message stays true, only less exact.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Key = tuple[str | int, ...]

# no two parts of these patterns match the same character, so that no line makes them slow
_HEADER = re.compile(r"\s*(?P<open>\[\[?)(?P<name>[^\[\]]+)\]\]?\s*(?:#.*)?$")
_ASSIGNMENT = re.compile(r"\s*(?P<key>[A-Za-z0-9_\-\"']+(?:\s*\.\s*[A-Za-z0-9_\-\"']+)*)\s*=")
_QUOTES = ('"""', "'''")
_SHOWN_CHARACTERS = 60  # a long value is cut: the message is read on a terminal


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. ``line`` counts from 1, None where it is not known."""

    line: int | None
    key: str
    message: str


class Problems:
    """What is wrong with one file, and where its keys stand."""

    def __init__(self, text: str) -> None:
        self.found: list[Problem] = []
        self._lines = key_lines(text)

    def knows(self, key: Key) -> bool:
        """Return whether the key is written in the file."""
        return key in self._lines

    def add(self, key: Key, message: str) -> None:
        """Note a problem with a key."""
        line = self._lines.get(key)
        if line is None:
            line = self._lines.get(key[:-1])
        self.found.append(Problem(line, _spell(key), message))


class Section:
    """One table of the file. Each getter returns a usable value and notes what was wrong.

    After the last getter, :meth:`finish` notes the keys that nobody asked for.
    """

    def __init__(self, values: Mapping[str, object], key: Key, problems: Problems) -> None:
        self.key = key
        self._values = values
        self._problems = problems
        self._asked: list[str] = []

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def problem(self, name: str, message: str) -> None:
        """Note a problem with one of this table's keys."""
        self._problems.add((*self.key, name), message)

    def text(self, name: str, default: str | None = None, *, longest: int = 200) -> str:
        """Return a text of 1 to ``longest`` characters without control characters."""
        value = self._take(name, default)
        if value is None:
            return default or ""
        if (
            isinstance(value, str)
            and value.strip()
            and len(value) <= longest
            and value.isprintable()
        ):
            return value
        self._wrong(name, value, f"ein Text von 1 bis {longest} Zeichen in Anführungszeichen")
        return default or ""

    def matching(self, name: str, pattern: str, allowed: str, default: str | None = None) -> str:
        """Return a text that ``pattern`` matches as a whole; ``allowed`` says it in words."""
        value = self._take(name, default)
        if isinstance(value, str) and re.fullmatch(pattern, value):
            return value
        if value is not None:
            self._wrong(name, value, allowed)
        return default or ""

    def choice(self, name: str, allowed: Sequence[str], default: str) -> str:
        """Return one of ``allowed``."""
        value = self._take(name, default)
        if isinstance(value, str) and value in allowed:
            return value
        self._wrong(name, value, " oder ".join(f'"{one}"' for one in allowed))
        return default

    def whole(self, name: str, default: int, lowest: int, highest: int) -> int:
        """Return a whole number from ``lowest`` to ``highest``."""
        value = self._take(name, default)
        if isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest:
            return value
        self._wrong(name, value, f"eine ganze Zahl von {lowest} bis {highest}")
        return default

    def number(self, name: str, default: float, lowest: float, highest: float) -> float:
        """Return a number from ``lowest`` to ``highest``."""
        value = self._take(name, default)
        if isinstance(value, int | float) and not isinstance(value, bool):
            number = float(value)
            if lowest <= number <= highest:
                return number
        self._wrong(name, value, f"eine Zahl von {lowest:g} bis {highest:g}")
        return default

    def flag(self, name: str, default: bool | None = None) -> bool:  # noqa: FBT001  # a default
        """Return true or false."""
        value = self._take(name, default)
        if isinstance(value, bool):
            return value
        if value is not None:
            self._wrong(name, value, "true oder false (ohne Anführungszeichen)")
        return bool(default)

    def texts(self, name: str, most: int = 20) -> tuple[str, ...]:
        """Return a list of at most ``most`` texts, empty if it is absent."""
        value = self._take(name, [])
        if (
            isinstance(value, list)
            and len(value) <= most
            and all(isinstance(one, str) and one.isprintable() and one for one in value)
        ):
            return tuple(value)
        self._wrong(name, value, f'eine Liste von Texten wie ["aplay", "alarm.wav"], bis zu {most}')
        return ()

    def path(self, name: str, folder: Path, default: Path | None = None) -> Path:
        """Return an absolute path; a relative one counts from ``folder``."""
        text = self.text(name, None if default is None else str(default), longest=4096)
        return (folder / Path(text).expanduser()).absolute() if text else folder.absolute()

    def parsed(self, name: str, parse: Callable[[str], str]) -> str:
        """Return what ``parse`` makes of a text; its ValueError says what is allowed."""
        text = self.text(name, longest=4096)
        if text:
            try:
                return parse(text)
            except ValueError as error:
                hint = getattr(error, "hint", "")
                self.problem(name, f"{error}; {hint}" if hint else str(error))
        return text

    def tables(self, name: str) -> list[Section]:
        """Return the tables written `[[name]]`."""
        value = self._take(name, [])
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            self._wrong(name, value, f"Abschnitte, die mit [[{name}]] beginnen")
            return []
        return [
            Section(one, (*self.key, name, index), self._problems)
            for index, one in enumerate(value)
        ]

    def table(self, name: str) -> Section:
        """Return the table written `[name]`, an empty one if it is absent."""
        value = self._take(name, {})
        if not isinstance(value, dict):
            self._wrong(name, value, f"ein Abschnitt, der mit [{name}] beginnt")
            value = {}
        return Section(value, (*self.key, name), self._problems)

    def optional(self, name: str) -> None:
        """Note a key that is allowed and was not asked for."""
        self._asked.append(name)

    def finish(self) -> None:
        """Note the keys that nobody asked for, with the nearest one that exists."""
        for name in self._values:
            if name not in self._asked:
                near = difflib.get_close_matches(name, self._asked, n=1)
                guess = f"; gemeint ist vielleicht {near[0]}" if near else ""
                allowed = ", ".join(sorted(self._asked))
                self.problem(name, f"diesen Eintrag gibt es nicht{guess} (erlaubt: {allowed})")

    def _take(self, name: str, default: object) -> object:
        self._asked.append(name)
        if name in self._values:
            return self._values[name]
        if default is None:
            self.problem(name, "dieser Eintrag fehlt")
        return default

    def _wrong(self, name: str, value: object, allowed: str) -> None:
        shown = repr(value) if not isinstance(value, bool) else str(value).lower()
        if len(shown) > _SHOWN_CHARACTERS:
            shown = shown[:_SHOWN_CHARACTERS] + "…"
        self.problem(name, f"{shown} geht nicht; erlaubt ist {allowed}")


def key_lines(text: str) -> dict[Key, int]:
    """Return the first line of every header and key, from 1; `[[a]]` counts its tables from 0."""
    lines: dict[Key, int] = {}
    for key, number in keys_by_line(text):
        lines.setdefault(key, number)
    return lines


def keys_by_line(text: str) -> Iterator[tuple[Key, int]]:
    """Yield every header and key with its line, in the file's order; repeated ones as well."""
    counts: dict[Key, int] = {}
    table: Key = ()
    inside = ""
    for number, line in enumerate(text.splitlines(), 1):
        if inside:
            if inside in line:
                inside = ""
            continue
        header = _HEADER.match(line)
        if header:
            table = _parts(header["name"])
            if header["open"] == "[[":
                count = counts.get(table, 0)
                counts[table] = count + 1
                table = (*table, count)
            yield table, number
            continue
        assignment = _ASSIGNMENT.match(line)
        if assignment:
            yield (*table, *_parts(assignment["key"])), number
        inside = next((quote for quote in _QUOTES if line.count(quote) == 1), "")


def _parts(name: str) -> Key:
    return tuple(part.strip().strip("\"'") for part in name.split("."))


def _spell(key: Key) -> str:
    """Spell a key as a person finds it: `[web] port`, `[[meters]] Nr. 2, address`."""
    *table, name = key
    if not table:
        return str(name)
    if isinstance(table[-1], int):
        return f"[[{'.'.join(map(str, table[:-1]))}]] Nr. {table[-1] + 1}, {name}"
    return f"[{'.'.join(map(str, table))}] {name}"
