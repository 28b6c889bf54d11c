"""What `dorfhub meter decode --explain` prints: every byte of each line's telegrams."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence

import click

from hardware.errors import DecodeError, FrameError
from hardware.explain import (
    Explanation,
    Language,
    Tone,
    as_spans,
    explain,
    lines,
    phrase,
    say,
    skeleton,
)
from hardware.profiles import Registry
from hardware.wmbus.formats import FormatStore

Parse = Callable[[str], tuple[list[bytes], bytes | None]]

_COLOURS = {Tone.GOOD: "green", Tone.BAD: "red", Tone.SEALED: "cyan", Tone.OPEN: "yellow"}


class Explainer:
    """Explains one line after the other.

    ``how`` is `explain` (a table for people, with a profile to begin with), `json` (one object a
    line) or `toml` (the profile alone).
    """

    def __init__(self, how: str, language: Language, registry: Registry) -> None:
        self._how = how
        self._language = language
        self._registry = registry
        self._is_terminal = is_terminal()

    def line(self, parse: Parse, line: str, formats: FormatStore) -> bool:
        """Print what can be said about ``line``; tell whether `decode` gives its readings."""
        try:
            messages, key = parse(line)
        except (FrameError, DecodeError) as error:
            click.echo(f"{error}\n{error.hint}", err=True)
            return False
        found = explain(messages, key, formats, self._registry)
        if self._how == "json":
            click.echo(json.dumps(_json(found, self._language), ensure_ascii=False))
        elif self._how == "explain":
            for row in lines(found, self._language, self._paint):
                click.echo(row)
            click.echo()
        if self._how != "json":
            self._toml(found, messages, key)
        return found.error is None

    def _toml(self, found: Explanation, messages: Sequence[bytes], key: bytes | None) -> None:
        text = skeleton(found, messages, key, self._registry)
        if self._how == "toml":
            if text is None:
                click.echo(say(phrase("head.no_toml"), self._language), err=True)
            else:
                click.echo(text, nl=False)
            return
        if text is None:
            click.echo(say(phrase("head.no_toml"), self._language))
        else:
            click.echo(f"{say(phrase('head.toml'), self._language)}:\n\n{text}")

    def _paint(self, tone: Tone, line: str) -> str:
        """Return ``line`` in colour on a terminal; its mark says the same without."""
        colour = _COLOURS.get(tone)
        return click.style(line, fg=colour) if colour and self._is_terminal else line


def is_terminal() -> bool:
    """Tell whether somebody reads along."""
    return sys.stdout.isatty()


def _json(found: Explanation, language: Language) -> dict[str, object]:
    answer: dict[str, object] = {
        "profile": None if found.verdict.profile is None else found.verdict.profile.name,
        "why": [say(one, language) for one in found.verdict.why],
        "near": {name: [say(one, language) for one in said] for name, said in found.verdict.near},
        "spans": as_spans(found, language),
    }
    if found.error is not None:
        answer["error"] = type(found.error).__name__
        answer["message"] = str(found.error)
        answer["hint"] = found.error.hint
    return answer
