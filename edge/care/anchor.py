"""Ends of the book of reads as somebody else noted them, and the book's chain without a word in it.

The chain shows whatever is changed in the middle of the book, but not that its end was cut off, nor
that all of it was written anew. Where number and digest of an entry are kept by somebody else, they
do: that entry must still be there. Erasures take contents, never digests, so they harm no anchor.

A copy of the chain holds numbers, moments and hashes alone: whoever keeps anchors can follow it and
learns of nobody. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import pairwise

from edge.care.audit import Line
from hardware.reading import TimeQuality

MAX_LINES = 2_000_000  # a read each minute for four years
_HEADER = "dorfhub-buch 1"
_HASH = r"([0-9a-f]{64})"
_ANCHOR = re.compile(rf"([1-9][0-9]{{0,17}}):{_HASH} (\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00)")
_LINE = re.compile(rf"([1-9][0-9]{{0,17}}) (-?[0-9]{{1,18}}) ([0-9]{{1,3}}) {_HASH} {_HASH}")


@dataclass(frozen=True, slots=True)
class Anchor:
    """The book's last entry was ``number`` with this digest, at ``at`` (ms since 1970, UTC)."""

    number: int
    digest: bytes
    at: int


class Doubt(StrEnum):
    """What does not agree with an anchor."""

    SHORTER = "shorter"  # the book ends before it
    OTHER = "other"  # under its number stands another entry, or none


class CopyError(ValueError):
    """A file is no list of anchors, or no copy of a chain; ``hint`` says so in German."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def doubts(
    anchors: Iterable[Anchor], last: int, digest_of: Callable[[int], bytes | None]
) -> list[tuple[Anchor, Doubt]]:
    """Return what of ``anchors`` a book denies whose last entry is ``last``, in their order."""
    found = []
    for anchor in anchors:
        if anchor.number > last:
            found.append((anchor, Doubt.SHORTER))
        elif digest_of(anchor.number) != anchor.digest:
            found.append((anchor, Doubt.OTHER))
    return found


def shrunk(told: Sequence[Anchor]) -> list[tuple[Anchor, Anchor]]:
    """Return (before, after) wherever a book that only grows was told shorter, or different.

    ``told`` is in the order in which one hub told it.
    """
    found = []
    for before, after in pairwise(told):
        is_other = after.number == before.number and after.digest != before.digest
        if after.number < before.number or is_other:
            found.append((before, after))
    return found


def write_anchors(anchors: Iterable[Anchor]) -> str:
    """Return anchors as lines for people and :func:`read_anchors`."""
    return "".join(
        f"{one.number}:{one.digest.hex()} {_moment(one.at).isoformat(timespec='seconds')}\n"
        for one in anchors
    )


def read_anchors(text: str) -> list[Anchor]:
    """Return the anchors of a file; of their moments the seconds.

    :raises CopyError: if it is none.
    """
    found = []
    for line in text.splitlines():
        if not line.strip():
            continue
        match = _ANCHOR.fullmatch(line.strip())
        if match is None:
            raise CopyError(
                f"no anchor: {line[:80]!r}",
                "Das ist keine Liste von Prüfwerten. Der Landkreis schreibt sie mit"
                " „dorfhub county audit HUB --to DATEI“.",
            )
        at = round(datetime.fromisoformat(match[3]).timestamp() * 1000)
        found.append(Anchor(int(match[1]), bytes.fromhex(match[2]), at))
    return found


def write_copy(lines: Iterable[Line]) -> Iterator[str]:
    """Yield the lines of a copy of a book's chain, each with its line feed."""
    yield f"{_HEADER}\n"
    for one in lines:
        yield (
            f"{one.number} {one.at} {int(one.quality)} {one.commitment.hex()} {one.digest.hex()}\n"
        )


def read_copy(lines: Iterable[str]) -> list[Line]:
    """Return the entries of a copy, without contents, for `edge.care.audit.check`.

    :raises CopyError: if it is none, or longer than :data:`MAX_LINES`.
    """
    found: list[Line] = []
    for number, line in enumerate(lines):
        if number == 0:
            if line.strip() != _HEADER:
                raise _no_copy("it does not begin as one")
            continue
        match = _LINE.fullmatch(line.rstrip("\n"))
        if match is None or not _is_quality(int(match[3])) or number > MAX_LINES:
            raise _no_copy(f"line {number + 1}")
        found.append(
            Line(
                number=int(match[1]),
                at=int(match[2]),
                quality=TimeQuality(int(match[3])),
                person=None,
                content=None,
                salt=None,
                commitment=bytes.fromhex(match[4]),
                digest=bytes.fromhex(match[5]),
                is_lost=True,
            )
        )
    return found


def _is_quality(number: int) -> bool:
    return number in {int(one) for one in TimeQuality}


def _no_copy(why: str) -> CopyError:
    return CopyError(
        f"no copy of a book: {why}",
        "Das ist keine Abschrift des Buchs. Im Dorf schreibt sie „dorfhub care audit copy DATEI“.",
    )


def _moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms // 1000, UTC)
