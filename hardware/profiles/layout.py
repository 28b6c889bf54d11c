"""The manufacturer's own bytes: fields in their places, laid out by a profile.

A layout is tried only on bytes that it fits, and gives its values only if all that can be checked
is right: lengths, constants, decimal digits, days that exist, ranges, counters that only rise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from hardware.errors import DecodeError
from hardware.mbus.header import Header
from hardware.profiles.field import Field, Known, Place, Value
from hardware.profiles.filters import FILTERS, Sent
from hardware.reading import Quantity, Record, Unit

TELEGRAM = "telegram"


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold of the number in one place.

    It is one of ``values``, lies between ``least`` and ``most``, has a bit of ``any_of``; or it
    counts the data's length: then it is that plus ``counts``. What is None does not matter.
    """

    place: Place
    values: frozenset[int] | None = None
    least: int | None = None
    most: int | None = None
    any_of: int | None = None
    counts: int | None = None

    def holds(self, data: bytes) -> bool:
        """Tell whether it holds of ``data``, which may end in front of the place."""
        start = _start(self.place, data, 0)
        raw = data[max(start, 0) : start + self.place.size]
        if start < 0 or len(raw) < self.place.size:
            return False
        number = self.place.number(raw)
        return (
            (self.values is None or number in self.values)
            and (self.least is None or number >= self.least)
            and (self.most is None or number <= self.most)
            and (self.any_of is None or bool(number & self.any_of))
            and (self.counts is None or number == len(data) + self.counts)
        )


@dataclass(frozen=True, slots=True)
class Tags:
    """Data that name themselves: a byte, and what it marks, one after another from ``start`` on.

    ``sizes`` are the marked bytes by tag; one in ``stops`` ends the walk, or the ``tail``: so many
    bytes at the end that are no such data.
    """

    start: int
    sizes: dict[int, int]
    stops: frozenset[int] = frozenset()
    tail: int = 0

    def walk(self, data: bytes) -> dict[int, int]:
        """Return where the data of each tag begin, the first of two alike.

        :raises DecodeError: if a tag is unknown or the data end within what it marks.
        """
        found: dict[int, int] = {}
        at, end = self.start, len(data) - self.tail
        while at < end and data[at] not in self.stops:
            tag = data[at]
            if tag not in self.sizes:
                raise DecodeError(f"the tag {tag:02X} is unknown", offset=at)
            found.setdefault(tag, at + 1)
            at += 1 + self.sizes[tag]
        if at > end:
            raise DecodeError("data end within what a tag marks", offset=len(data))
        return found


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes ``start`` to ``end`` of own data and what they are.

    ``record`` is None where they give none: then ``note`` names what stands there, and is empty
    where nobody knows. What follows from other fields has no bytes and stands at the end.
    """

    start: int
    end: int
    record: Record | None
    note: str


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the values stand in a manufacturer's own bytes.

    ``source`` is `telegram` for all that follows a CI field of ``cis``, or the standard name of
    the record whose bytes they are. ``versions`` and ``media`` (codes; None is any), ``lengths``,
    ``at_least`` and ``when`` tell which of several layouts fits; ``checks`` must hold then.
    ``filter`` names what makes the data plain. ``ascending`` are fields of which none may be
    lower than the one in front of it.
    """

    source: str
    fields: tuple[Field, ...]
    cis: frozenset[int] = frozenset()
    versions: frozenset[int] | None = None
    media: frozenset[int] | None = None
    lengths: frozenset[int] | None = None
    at_least: int = 0
    when: tuple[Condition, ...] = ()
    checks: tuple[Condition, ...] = ()
    conditions: dict[int, Condition] = field(default_factory=dict)  # by a field's index
    filter: str = ""
    tags: Tags | None = None
    ascending: tuple[str, ...] = ()

    def fits(self, sent: Sent, data: bytes) -> bool:
        """Tell whether ``data`` may be of this layout; ``source`` is the caller's business."""
        return (
            (self.source != TELEGRAM or sent.ci in self.cis)
            and self._is_for(sent.header)
            and (self.lengths is None or len(data) in self.lengths)
            and len(data) >= self.at_least
            and all(condition.holds(data) for condition in self.when)
        )

    def read(self, data: bytes, sent: Sent) -> tuple[Record, ...]:
        """Return the values in ``data``, which fit.

        :raises DecodeError: if they are not of this layout.
        :raises KeyRequired: if they are scrambled with a key that is not published.
        """
        return tuple(record for _, _, record, _ in self._walk(data, sent) if record is not None)

    def spans(self, data: bytes, sent: Sent) -> tuple[Span, ...]:
        """Return all bytes of ``data`` in order, then what follows from them; errors as above."""
        found = sorted(
            (Span(*one) for one in self._walk(data, sent) if one[0] < one[1]),
            key=lambda span: (span.start, span.end),
        )
        derived = [Span(*one) for one in self._walk(data, sent) if one[0] == one[1]]
        spans: list[Span] = []
        at = 0
        for span in found:
            if span.start > at:
                spans.append(Span(at, span.start, None, ""))
            spans.append(span)
            at = max(at, span.end)
        if at < len(data):
            spans.append(Span(at, len(data), None, ""))
        return (*spans, *derived)

    def _is_for(self, header: Header) -> bool:
        return (self.versions is None or header.version in self.versions) and (
            self.media is None or header.medium_code in self.media
        )

    def _walk(self, data: bytes, sent: Sent) -> list[tuple[int, int, Record | None, str]]:
        if self.filter:
            data = FILTERS[self.filter](data, sent)
        for check in self.checks:
            if not check.holds(data):
                raise DecodeError(
                    "the data are not laid out as this model's", offset=check.place.at
                )
        known: Known = {}
        found = list(self._fields(data, known))
        self._rises(known)
        return found

    def _fields(self, data: bytes, known: Known) -> Iterator[tuple[int, int, Record | None, str]]:
        tags = self.tags.walk(data) if self.tags else {}
        behind = 0
        for index, one in enumerate(self.fields):
            condition = self.conditions.get(index)
            if condition is not None and not condition.holds(data):
                continue
            start = end = len(data)
            if one.place is not None:
                if one.place.tag is not None and one.place.tag not in tags:
                    continue
                base = 0 if one.place.tag is None else tags[one.place.tag]
                start = base + _start(one.place, data, behind)
                end = behind = start + one.place.size
                if start < 0 or end > len(data):
                    raise DecodeError(f"data end within {one.name}", offset=len(data))
            value = one.read(data[start:end], known)
            record = None
            if value is not None:
                known[one.name] = value
                record = _record(one, value, known)
            yield start, end, record, one.name

    def _rises(self, known: Known) -> None:
        before: Fraction | None = None
        for name in self.ascending:
            value = known.get(name)
            if not isinstance(value, Fraction):
                continue
            if before is not None and value < before:
                raise DecodeError(f"{name} is lower than what it counted on from")
            before = value


def _start(place: Place, data: bytes, behind: int) -> int:
    if place.at is None:
        return behind
    return place.at if place.at >= 0 else len(data) + place.at


def _record(one: Field, value: Value, known: Known) -> Record | None:
    name = one.full_name(known)
    if one.hidden or name is None:
        return None
    if isinstance(value, str):
        return Record(one.quantity, value, Unit.TEXT, one.register, name)
    if isinstance(value, Fraction):
        return Record(one.quantity, float(value), one.unit, one.register, name)
    is_timed = isinstance(value, datetime)
    unit, quantity = (Unit.DATETIME, Quantity.DATETIME) if is_timed else (Unit.DATE, Quantity.DATE)
    return Record(quantity, value.isoformat(), unit, one.register, name)
