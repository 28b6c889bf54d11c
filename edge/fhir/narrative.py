"""The text of a resource for people: a piece of XHTML that can do nothing. Pure.

Source: FHIR R4, 2.4.0 Narrative (txt-1, txt-2).
"""

from __future__ import annotations

from html.parser import HTMLParser

_ELEMENTS = frozenset(
    """
    div p br hr h1 h2 h3 h4 h5 h6 b i em strong small big tt pre code q blockquote cite span sub sup
    var samp kbd dfn abbr acronym address ul ol li dl dt dd table caption thead tbody tfoot tr th td
    col colgroup a img bdo del ins area map s u
    """.split()  # noqa: SIM905  # a table
)
_EMPTY = frozenset({"br", "hr", "img", "col", "area"})
_ATTRIBUTES = frozenset(
    """
    abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char
    charoff charset cite class colspan compact coords dir frame headers height href hreflang hspace
    id lang longdesc name nowrap rel rev rowspan rules scope shape span src start style summary
    tabindex title type usemap valign value vlink vspace width xml:lang xmlns
    """.split()  # noqa: SIM905  # a table
)
_NAMESPACE = "http://www.w3.org/1999/xhtml"


def wrong(text: str) -> str | None:
    """Return in German what is wrong with a narrative's ``div``, None if nothing is."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    if reader.found is None and (reader.open or not reader.has_root):
        return "ist nicht abgeschlossen"
    if reader.found is None and not reader.has_text:
        return "sagt nichts"
    return reader.found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.found: str | None = None
        self.has_root = self.has_text = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self.open:
            if self.has_root or tag != "div" or dict(attrs).get("xmlns") != _NAMESPACE:
                self._refuse(f'muss genau ein <div xmlns="{_NAMESPACE}"> sein')
            self.has_root = True
        if tag not in _ELEMENTS:
            self._refuse(f"darf kein <{tag}> enthalten")
        for name, value in attrs:
            if name not in _ATTRIBUTES or (value or "").strip().lower().startswith("javascript:"):
                self._refuse(f"darf kein Attribut {name} so enthalten")
        if tag == "img":
            self.has_text = True
        if tag not in _EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _EMPTY:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in _EMPTY:
            return
        if not self.open or self.open.pop() != tag:
            self._refuse(f"schließt </{tag}> an falscher Stelle")

    def handle_data(self, data: str) -> None:
        if not data.strip():
            return
        if not self.open:
            self._refuse("hat Text außerhalb des <div>")
        self.has_text = True

    def handle_decl(self, decl: str) -> None:
        self._refuse(f"darf keine Deklaration enthalten ({decl[:20]})")

    def handle_pi(self, data: str) -> None:
        self._refuse(f"darf keine Anweisung enthalten ({data[:20]})")

    def _refuse(self, words: str) -> None:
        self.found = self.found or words
