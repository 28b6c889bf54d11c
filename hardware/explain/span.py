"""What an explanation is made of: stretches of bytes, each with its name and its meaning.

Words are not chosen here: a :class:`Phrase` names an entry of `words.py` and what stands in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from hardware.reading import Record


class Tone(StrEnum):
    """How a stretch of bytes is to be looked at."""

    PLAIN = ""
    GOOD = "good"  # checked, and right
    BAD = "bad"  # checked, and wrong
    SEALED = "sealed"  # encrypted
    OPEN = "not_explained"  # nothing here knows what it is


@dataclass(frozen=True, slots=True)
class Phrase:
    """An entry of the word list and what is put in its places, phrases among it."""

    key: str
    values: tuple[str | int | Phrase, ...] = ()


def phrase(key: str, *values: str | int | Phrase) -> Phrase:
    """Return a phrase; shorter to write."""
    return Phrase(key, values)


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes ``start`` to before ``end`` of their text.

    ``parts``, if any, lie one behind the other from ``start`` to ``end``. ``record`` is what a
    data record says by the standard and ``readings`` what its profile makes of it, none if it
    leaves it out; there are none of both where the bytes hold no value, or where the telegram as
    a whole is refused.
    """

    start: int
    end: int
    what: Phrase
    says: tuple[Phrase, ...] = ()
    parts: tuple[Span, ...] = ()
    tone: Tone = Tone.PLAIN
    record: Record | None = None
    readings: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """Bytes and the spans that cover every one of them exactly once, in order.

    The first text of a telegram are its bytes as they came. A further one is what became of a
    part of the text before it (checksums removed, decrypted, made whole); ``base`` is where its
    first byte stood there, None if its bytes stood nowhere.
    """

    title: Phrase
    data: bytes
    spans: tuple[Span, ...]
    base: int | None = None


class Tiles:
    """Lays span behind span from ``at`` to ``end`` of ``data``; nothing overlaps, nothing is left.

    What is asked for beyond the end is cut off at the end.
    """

    def __init__(self, data: bytes, at: int = 0, end: int | None = None) -> None:
        self.data = data
        self.at = at
        self.end = len(data) if end is None else end
        self._spans: list[Span] = []

    @property
    def left(self) -> int:
        """Bytes that no span covers yet."""
        return self.end - self.at

    def peek(self, size: int) -> bytes:
        """Return the next ``size`` bytes, or as many as there are."""
        return self.data[self.at : min(self.at + size, self.end)]

    def add(
        self,
        size: int,
        what: Phrase,
        *says: Phrase,
        tone: Tone = Tone.PLAIN,
        parts: Iterable[Span] = (),
    ) -> None:
        """Cover the next ``size`` bytes; no bytes are no span."""
        end = min(self.at + size, self.end)
        if end > self.at:
            self._spans.append(Span(self.at, end, what, says, tuple(parts), tone))
        self.at = end

    def put(self, span: Span) -> None:
        """Lay down ``span``, which begins here."""
        self._spans.append(span)
        self.at = span.end

    def rest(self, *reason: Phrase) -> None:
        """Cover all that is left as not explained."""
        self.add(self.left, phrase("open"), *reason, tone=Tone.OPEN)

    def done(self) -> tuple[Span, ...]:
        """Return the spans."""
        return tuple(self._spans)


def leaves(spans: Iterable[Span]) -> list[Span]:
    """Return the innermost spans, in order."""
    found: list[Span] = []
    for span in spans:
        found += leaves(span.parts) if span.parts else [span]
    return found


def readings(spans: Iterable[Span]) -> list[Record]:
    """Return what the records among ``spans`` give, in order."""
    found: list[Record] = []
    for span in spans:
        found += span.readings
        found += readings(span.parts)
    return found
