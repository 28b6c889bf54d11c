"""An explanation as a table for a terminal of 100 columns, and as a list of spans for tools."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator

from hardware.explain.context import amount
from hardware.explain.span import Phrase, Span, Text, Tone, phrase
from hardware.explain.telegram import Explanation
from hardware.explain.words import Language, say, visible

WIDTH = 100
_BYTES = 8  # shown in one line
_HEX = 3 * _BYTES - 1
_WHAT = 24
_INDENT = 2
_SAYS = WIDTH - 2 - 5 - 2 - _HEX - 2 - _WHAT - 2

Paint = Callable[[Tone, str], str]


def plain(_tone: Tone, line: str) -> str:
    """Return ``line`` as it is: for files and pipes."""
    return line


def lines(
    explanation: Explanation, language: Language = Language.DE, paint: Paint = plain
) -> Iterator[str]:
    """Yield the lines of the table. ``paint`` may colour a line by its tone, or leave it."""
    page = _Page(language, paint)
    count = len(explanation.telegrams)
    yield page.say("head.marks")
    for index, telegram in enumerate(explanation.telegrams, 1):
        if count > 1:
            yield ""
            yield f"== {page.say('head.telegram', index, count)} =="
        for text in telegram.texts:
            yield ""
            yield from page.table(text)
    yield ""
    yield from page.verdict(explanation)


def as_spans(explanation: Explanation, language: Language = Language.DE) -> list[dict[str, object]]:
    """Return every span of every text, outer ones before their parts.

    ``text`` counts the texts of all telegrams from 0, ``depth`` is 0 for the outermost spans.
    Offsets count within their text; ``base`` is where that text's first byte stood in the one
    before it.
    """
    found: list[dict[str, object]] = []
    texts = (
        (number, text)
        for number, telegram in enumerate(explanation.telegrams)
        for text in telegram.texts
    )
    for index, (number, text) in enumerate(texts):
        place: dict[str, object] = {
            "telegram": number,
            "text": index,
            "title": say(text.title, language),
            "base": text.base,
        }
        found += _flat(text, text.spans, place, 0, language)
    return found


def _flat(
    text: Text, spans: Iterable[Span], place: dict[str, object], depth: int, language: Language
) -> Iterator[dict[str, object]]:
    for span in spans:
        one: dict[str, object] = {
            **place,
            "depth": depth,
            "offset": span.start,
            "size": span.end - span.start,
            "hex": text.data[span.start : span.end].hex().upper(),
            "kind": span.what.key,
            "what": say(span.what, language),
            "says": [say(words, language) for words in span.says],
            "state": span.tone.value,
        }
        if span.record is not None:
            one["standard_name"] = span.record.name
        if span.readings:
            one["readings"] = [
                {"name": reading.name, "value": reading.value, "unit": reading.unit.value}
                for reading in span.readings
            ]
        yield one
        yield from _flat(text, span.parts, place, depth + 1, language)


class _Page:
    def __init__(self, language: Language, paint: Paint) -> None:
        self._language = language
        self._paint = paint

    def say(self, key: str, *values: str | int | Phrase) -> str:
        return say(phrase(key, *values), self._language)

    def table(self, text: Text) -> Iterator[str]:
        """Yield a text's title and its spans."""
        yield say(text.title, self._language)
        heads = [self.say(f"head.{key}") for key in ("offset", "bytes", "what", "says")]
        yield f"  {heads[0]:>5}  {heads[1]:<{_HEX}}  {heads[2]:<{_WHAT}}  {heads[3]}"
        yield "-" * WIDTH
        yield from self._spans(text, text.spans, 0)

    def _spans(self, text: Text, spans: Iterable[Span], depth: int) -> Iterator[str]:
        for span in spans:
            yield from self._span(text, span, depth)
            yield from self._spans(text, span.parts, depth + 1)

    def _span(self, text: Text, span: Span, depth: int) -> Iterator[str]:
        """Yield the lines of one span; the bytes of one with parts stand at its parts."""
        mark = self.say(f"mark.{span.tone.value}") if span.tone else " "
        indent = " " * (_INDENT * depth)
        what = _wrapped(say(span.what, self._language), _WHAT - len(indent))
        says = [line for words in span.says for line in _wrapped(say(words, self._language), _SAYS)]
        rows = [] if span.parts else list(_rows(text.data[span.start : span.end]))
        for index in range(max(len(rows), len(what), len(says), 1)):
            offset = f"{span.start + _BYTES * index:>5}" if index < max(len(rows), 1) else " " * 5
            digits = rows[index] if index < len(rows) else ""
            name = indent + what[index] if index < len(what) else ""
            meaning = says[index] if index < len(says) else ""
            line = f"{mark} {offset}  {digits:<{_HEX}}  {name:<{_WHAT}}  {meaning}".rstrip()
            yield self._paint(span.tone, line)

    def verdict(self, explanation: Explanation) -> Iterator[str]:
        """Yield which profile was taken, the status and the readings."""
        found = explanation.verdict
        yield from self._listed("head.profile", (say(one, self._language) for one in found.why))
        near = [
            f"{name}: {', '.join(say(one, self._language) for one in misses)}"
            for name, misses in found.near
        ]
        if near:
            yield from self._listed("head.near", near)
        if explanation.error is not None:
            error = explanation.error
            yield from self._listed("head.refused", [f"{type(error).__name__}: {error}"])
            if error.hint:
                yield from self._listed("head.hint", [error.hint])
            return
        last = explanation.meanings[-1]
        status = [last.status or self.say("head.no_status")]
        status += [
            self.say("flag", flag.name, phrase("either", flag.de, flag.en)) for flag in last.flags
        ]
        yield from self._listed("head.status", status)
        records = [record for one in explanation.meanings for record in one.records]
        values = [
            f"{record.name} = {amount(record.value, record.unit)}"
            + (f" ({self.say(record.mark.value)})" if record.mark else "")
            for record in records
        ]
        yield from self._listed("head.readings", values or [self.say("head.no_readings")])

    def _listed(self, key: str, rows: Iterable[str]) -> Iterator[str]:
        yield f"{self.say(key)}:"
        for row in rows:
            for index, line in enumerate(_wrapped(row, WIDTH - 4)):
                yield f"{'    ' if index else '  - '}{line}"


def _rows(data: bytes) -> Iterator[str]:
    for start in range(0, len(data), _BYTES):
        yield data[start : start + _BYTES].hex(" ").upper()


def _wrapped(words: str, width: int) -> list[str]:
    return textwrap.wrap(visible(words), width) or [""]
