"""How far a search on a bus is, for whoever waits for it."""

from __future__ import annotations

import sys
import time

import click

from hardware.mbus.probe import Found, Survey

TOLD_EVERY_S = 5.0  # on a stream that is no terminal


class Progress:
    """What is going on, on standard error: one line that changes, or one every few seconds."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._baud = ""
        self._told_s = time.monotonic()
        self._known = 0
        self._width = 0

    def at(self, baud: int | None) -> None:
        """Say at which speed the search goes on."""
        self._baud = "" if baud is None else f"{baud} Bd: "
        self._known = 0

    def __call__(self, survey: Survey) -> None:
        """Tell who was found since the last call, and how far it is."""
        for found in survey.found[self._known :]:
            self.say(f"gefunden: {_name(found)}")
        self._known = len(survey.found)
        now_s = time.monotonic()
        if self._terminal or now_s - self._told_s >= TOLD_EVERY_S:
            self._told_s = now_s
            state = (
                f"{survey.share:4.0%}, {survey.asked} Fragen, {len(survey.found)} gefunden, "
                f"jetzt bei {survey.where}"
            )
            self._write(state, stays=not self._terminal)

    def say(self, words: str) -> None:
        """Write a line that stays."""
        self._write(words, stays=True)

    def end(self) -> None:
        """Take away the line that changes."""
        if self._width:
            click.echo("\r" + " " * self._width + "\r", nl=False, err=True)

    def _write(self, words: str, *, stays: bool) -> None:
        text = self._baud + words
        start = "\r" if self._terminal else ""
        click.echo(start + text.ljust(self._width), nl=stays, err=True)
        self._width = 0 if stays else len(text)


def _name(found: Found) -> str:
    if found.secondary is not None:
        return found.secondary.text
    return f"Primäradresse {found.primary}"
