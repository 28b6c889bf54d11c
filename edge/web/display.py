"""How somebody wants to see the pages: language, size of letters, light or dark. Pure.

It travels in one cookie of the browser's session, holds nothing of a person, and goes with the
rest when somebody is done.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from edge.web.tongue import GERMAN, TONGUES, Tongue

COOKIE = "anzeige"
Size = Literal["normal", "gross", "riesig"]
Light = Literal["wie-geraet", "hell", "dunkel"]
SIZES: tuple[Size, ...] = ("normal", "gross", "riesig")
LIGHTS: tuple[Light, ...] = ("wie-geraet", "hell", "dunkel")
_SHAPE = re.compile(r"([a-z]+)\.([a-z]+)\.([a-z-]+)")


@dataclass(frozen=True, slots=True)
class Display:
    """What was chosen; the default is what nobody had to choose."""

    tongue: Tongue = GERMAN
    size: Size = "normal"
    light: Light = "wie-geraet"

    @property
    def larger(self) -> Size:
        """Return the next size; after the largest the first."""
        return SIZES[(SIZES.index(self.size) + 1) % len(SIZES)]

    def cookie(self) -> str:
        """Return the cookie's value."""
        return f"{self.tongue.key}.{self.size}.{self.light}"

    def changed(self, what: str, value: str) -> Display:
        """Return the display with one thing changed; itself if that is no choice there is."""
        if what == "sprache" and value in TONGUES:
            return replace(self, tongue=TONGUES[value])
        if what == "groesse" and value in SIZES:
            return replace(self, size=value)
        if what == "licht" and value in LIGHTS:
            return replace(self, light=value)
        return self


def display_of(cookie: str) -> Display:
    """Return what a cookie says; whatever is not understood counts as not chosen."""
    found = _SHAPE.fullmatch(cookie)
    if found is None:
        return Display()
    display = Display()
    for what, value in zip(("sprache", "groesse", "licht"), found.groups(), strict=True):
        display = display.changed(what, value)
    return display
