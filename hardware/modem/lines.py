"""What a modem writes, cut into lines: answers, prompts and what it says unasked.

Source: ITU-T V.250, 5.7 (results in lines); 3GPP TS 27.005, 3.4 (messages unasked), 3.5.1 (prompt).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

MOST_LINE_BYTES = 2048  # the longest PDU has 352 digits; what is longer is noise
_FINAL = re.compile(r"OK|ERROR|\+CM[ES] ERROR: ?(?P<code>[0-9]+)|\+CM[ES] ERROR: .*")
_UNASKED = re.compile(r"(\+CMTI|\+CMT|\+CDSI?|RING|\+CRING|\^|\+CUSD|\+CTZV|\+CIEV)")
_WITH_BODY = re.compile(r"\+CMT:.*|\+CDS: *[0-9]+")  # a report in text mode is one line


class Kind(StrEnum):
    """What a line is."""

    ANSWER = "answer"  # a line of information before the end
    OK = "ok"
    ERROR = "error"
    PROMPT = "prompt"  # the modem waits for a message's text
    UNASKED = "unasked"


@dataclass(frozen=True, slots=True)
class Line:
    """One line. ``body`` is the line after it, of what brings a message."""

    kind: Kind
    text: str
    body: str = ""


class Lines:
    """Turns bytes into lines. Feed as they come, in pieces of any size."""

    def __init__(self) -> None:
        self._rest = b""
        self._head = ""

    def feed(self, data: bytes) -> list[Line]:
        """Take ``data`` and return the lines that are whole by now."""
        self._rest += data
        found: list[Line] = []
        while (cut := re.search(rb"[\r\n]", self._rest)) is not None:
            line, self._rest = self._rest[: cut.start()], self._rest[cut.end() :]
            self._take(line, found)
        if self._rest.lstrip() in (b">", b"> "):
            if self._rest.endswith(b"> "):
                self._rest = b""
                found.append(Line(Kind.PROMPT, ">"))
        elif len(self._rest) > MOST_LINE_BYTES:
            self._rest = b""
        return found

    def _take(self, line: bytes, found: list[Line]) -> None:
        text = line.decode("latin-1").strip()
        if not text:
            return
        if self._head:
            head, self._head = self._head, ""
            found.append(Line(Kind.UNASKED, head, text))
        elif _WITH_BODY.fullmatch(text):
            self._head = text
        elif _FINAL.fullmatch(text):
            found.append(Line(Kind.OK if text == "OK" else Kind.ERROR, text))
        elif _UNASKED.match(text):
            found.append(Line(Kind.UNASKED, text))
        else:
            found.append(Line(Kind.ANSWER, text))


def error_of(text: str) -> tuple[str, int | None]:
    """Return the kind (`CME`, `CMS` or empty) and the number of an error's line."""
    found = _FINAL.fullmatch(text)
    kind = text[1:4] if text.startswith("+") else ""
    code = found["code"] if found else None
    return kind, None if code is None else int(code)
