"""What Datasette says in English: read from its own templates, scripts and code, as installed."""

from __future__ import annotations

import re
from functools import cache
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import datasette
from datasette.filters import Filters

UPSTREAM = Path(datasette.__file__).parent
SAID = ("title", "aria-label", "alt", "placeholder", "value", "label")
# Pages that only who runs the instance sees.
NOT_PUBLIC = re.compile(r"(debug|patterns|api_explorer|create_token|execute_write|allow_|_permi)")
SCRIPTS = ("table.js", "column-chooser.js", "mobile-column-actions.js", "navigation-search.js")
# What people of other tongues write the same way, and what is a name.
SAME = frozenset({"json", "csv", "sql", "datasette", "api", "link", "name", "in", "die", "like"})
# Words of Datasette that are German as well.
GERMAN = frozenset({"index", "script", "operation", "option", "array", "object", "url"})
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")
_JINJA = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
_LITERAL = re.compile(r"""(?:"([^"\\\n]{3,80})"|'([^'\\\n]{3,80})'|>([^<>$`{}\n]{3,80})<)""")


class Texts(HTMLParser):
    """What a reader sees or hears of a page, except where it says that it is in English."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0
        self._english = 0
        self._open: list[tuple[str, bool, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        silent = tag in ("script", "style", "pre", "code", "textarea")
        english = named.get("lang") == "en"
        if tag not in ("input", "link", "meta", "br", "hr", "img", "path", "circle", "rect"):
            self._open.append((tag, silent, english))
            self._silent += silent
            self._english += english
        if not self._silent and not self._english:
            hidden = named.get("type") in ("hidden", "text", "search", "checkbox")
            self.found += [
                str(named[name])
                for name in SAID
                if named.get(name)
                and not (name == "value" and (tag not in ("input", "button") or hidden))
            ]

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            name, silent, english = self._open.pop()
            self._silent -= silent
            self._english -= english
            if name == tag:
                break

    def handle_data(self, data: str) -> None:
        if not self._silent and not self._english:
            self.found.append(data)


def texts(page: str) -> list[str]:
    """Return the texts of a page in HTML, each with single spaces."""
    parser = Texts()
    parser.feed(page)
    parser.close()
    return [text for text in (" ".join(unescape(one).split()) for one in parser.found) if text]


@cache
def phrases() -> frozenset[str]:
    """Return what Datasette's public pages say, in small letters, without what is the same."""
    found: list[str] = []
    for file in (UPSTREAM / "templates").glob("*.html"):
        if not NOT_PUBLIC.search(file.name):
            for text in texts(_JINJA.sub("\x00", file.read_text("utf-8"))):
                found += text.split("\x00")
    found += [display for _, display, _ in Filters([]).lookups()]
    return frozenset(filter(None, (_plain(one) for one in found)))


@cache
def spoken_by_scripts() -> frozenset[str]:
    """Return what Datasette's scripts write into public pages, in small letters."""
    found: set[str] = set()
    for name in SCRIPTS:
        for match in _LITERAL.finditer((UPSTREAM / "static" / name).read_text("utf-8")):
            text = _plain(next(filter(None, match.groups())))
            if " " in text and text[0].isalpha() and not re.search(r"[=;#\[\]().]", text):
                found.add(text)
    return frozenset(found)


def untranslated(page: str) -> list[str]:
    """Return the texts of ``page`` in which English of Datasette stands."""
    wrong = []
    for text in texts(page):
        plain = _plain(text)
        if any(f" {one} " in f" {plain} " for one in _telling()):
            wrong.append(text)
    return wrong


@cache
def _telling() -> tuple[str, ...]:
    return tuple((phrases() - GERMAN) | spoken_by_scripts())


def _plain(text: str) -> str:
    words = [word.lower() for word in _WORD.findall(text.replace("\x00", " "))]
    said = " ".join(words)
    return "" if len(said) < 3 or set(words) <= SAME else said
