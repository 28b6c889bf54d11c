"""What of a page is read aloud: its heading and its main part, in the order of the page. Pure.

Left out: what is hidden, drawn or marked `data-stumm`, the inside of `details`, choices of a
list, and what stands in fields: nobody's input is spoken. `lang` says in which voice.
"""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser

MAX_CHARACTERS = 6000  # eight minutes; who listens longer wants a book
LONGEST_PIECE = 280  # the first sound comes as soon as the first piece is spoken
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "button",
        "caption",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "label",
        "legend",
        "li",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tr",
        "ul",
        "form",
    ]
)
_SILENT = frozenset(
    ("script", "style", "svg", "template", "select", "textarea", "audio", "video", "canvas", "nav")
)
_EMPTY = frozenset(
    (
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
    )
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A few sentences in one language."""

    lang: str
    text: str


def pieces(html: str) -> tuple[Piece, ...]:
    """Return what of a page is read, cut where sentences end."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.end_block()
    found: list[Piece] = []
    left = MAX_CHARACTERS
    for lang, block in reader.blocks:
        for text in _cut(block[:left]):
            before = found[-1] if found else None
            if (
                before is not None
                and before.lang == lang
                and len(before.text) + len(text) < LONGEST_PIECE
            ):
                found[-1] = Piece(lang, f"{before.text}\n{text}")
            else:
                found.append(Piece(lang, text))
        left -= len(block)
        if left <= 0:
            break
    return tuple(found)


def _cut(text: str) -> list[str]:
    """Cut a text after sentences, and where one is too long, after words."""
    cut = []
    while len(text) > LONGEST_PIECE:
        window = text[:LONGEST_PIECE]
        at = max(window.rfind(end) for end in (". ", "! ", "? ", "; ", "؟ ", "، "))
        at = at + 1 if at > LONGEST_PIECE // 3 else window.rfind(" ")
        at = at if at > 0 else LONGEST_PIECE
        cut.append(text[:at].strip())
        text = text[at:].strip()
    return [*cut, text] if text else cut


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[tuple[str, str]] = []
        self._open: list[tuple[str, str, bool, bool]] = []  # tag, language, silent, within main
        self._text: list[str] = []
        self._lang = "de"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _EMPTY:
            if tag == "br":
                self._text.append(" ")
            return
        given = dict(attrs)
        _, lang, silent, inside = self._open[-1] if self._open else ("", "de", False, False)
        lang = given.get("lang") or lang
        inside = inside or tag in {"main", "h1"}
        silent = silent or tag in _SILENT or "hidden" in given or "data-stumm" in given
        silent = silent or given.get("aria-hidden") == "true"
        if self._open and self._open[-1][0] == "details" and tag != "summary":
            silent = True
        if tag in _BLOCKS or lang != self._lang:
            self.end_block()
        if tag in {"td", "th"} and "".join(self._text).strip():
            self._text.append(", ")
        self._open.append((tag, lang, silent, inside))

    def handle_endtag(self, tag: str) -> None:
        at = next((n for n in range(len(self._open) - 1, -1, -1) if self._open[n][0] == tag), None)
        if at is None:
            return
        lang = self._open[at][1]
        del self._open[at:]
        outer = self._open[-1][1] if self._open else "de"
        if tag in _BLOCKS or lang != outer:
            self.end_block()

    def handle_data(self, data: str) -> None:
        if not self._open:
            return
        _, lang, silent, inside = self._open[-1]
        if silent or not inside:
            return
        self._lang = lang
        self._text.append(data)

    def end_block(self) -> None:
        """Close what is one breath."""
        text = " ".join("".join(self._text).split())
        self._text.clear()
        if any(one.isalnum() for one in text):
            if text[-1] not in ".!?:;,…؟":
                text += "."
            self.blocks.append((self._lang, text))
