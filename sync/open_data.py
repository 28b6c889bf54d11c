"""A village's released open data as events of its stream: what they say, and reading them. Pure.

What travels is the file that the village's own auditor passed, in pieces, and its certificate, as
both lie in the village's public folder; or that nothing of a cube is published any more. See
docs/bundle-format.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sync import events
from sync.errors import FormatError
from sync.events import Event
from sync.segment import Segment, StreamClass

SCHEMA = "open-data/1"
RELEASE = "open.release"
WITHDRAWN = "open.withdrawn"

PIECE = 768 << 10  # of a file in one segment: also what cannot be packed then fits
MAX_SIZE = 16 << 20  # of a file: a village's have some megabytes
MAX_CERTIFICATE = 4096  # one has some 600 bytes
MAX_WORDS = 200
DIGEST_SIZE = 32
_CUBE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_MAX_CUBE = 64
_MAX_NUMBER = 1 << 53
_MAX_AT = 253_402_300_799_999  # the last millisecond of the year 9999: later is no date


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a released file, ``part`` (from 1) of ``parts``; every piece says all the rest.

    ``number`` counts the cube's releases, ``digest`` is the file's SHA-256. ``address`` is where
    the village itself serves it, ``publisher`` and ``contact`` (an address of mail) are whom its
    own catalogue names; empty if it says nothing. ``told_ms`` is when it was told.
    """

    cube: str
    number: int
    digest: bytes
    size: int
    certificate: bytes
    address: str
    publisher: str
    contact: str
    part: int
    data: bytes
    told_ms: int = 0

    @property
    def parts(self) -> int:
        """How many pieces the file has."""
        return pieces(self.size)


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Nothing of a cube is published any more. ``number``: the last release that was told."""

    cube: str
    number: int
    told_ms: int = 0


Told = Part | Withdrawn


def pieces(size: int) -> int:
    """Return how many pieces a file of ``size`` bytes travels in."""
    return -(-size // PIECE)


def event_of(told: Told, at_ms: int, quality: int) -> Event:
    """Return what is told as the one event of a segment.

    :raises ValueError: if a reader would not take it.
    """
    if isinstance(told, Withdrawn):
        data: dict[str, object] = {"cube": told.cube, "number": told.number}
        event = Event(at_ms, quality, WITHDRAWN, data)
    else:
        data = {
            "cube": told.cube,
            "number": told.number,
            "digest": told.digest,
            "size": told.size,
            "certificate": told.certificate,
            "address": told.address,
            "publisher": told.publisher,
            "contact": told.contact,
            "part": told.part,
            "data": told.data,
        }
        event = Event(at_ms, quality, RELEASE, data)
    _told(event)
    return event


def told_in(segment: Segment) -> Told | None:
    """Return what a verified segment tells; most tell nothing of open data."""
    header = segment.header
    if header.stream is not StreamClass.EVENT or header.schema != SCHEMA or segment.erased:
        return None
    try:
        return decode(segment.body)
    except FormatError:  # a later version: whoever reads it then takes it then
        return None


def decode(body: bytes) -> Told:
    """Return what a body tells.

    :raises FormatError: if it tells nothing, or what nobody may believe.
    """
    found = [one for one in events.decode(body) if one.kind in {RELEASE, WITHDRAWN}]
    if len(found) != 1:
        raise FormatError("no release, or several")
    try:
        return _told(found[0])
    except FormatError:
        raise
    except ValueError as error:
        raise FormatError(str(error)) from error


def _told(event: Event) -> Told:
    data = event.data
    cube = data.get("cube")
    if type(cube) is not str or len(cube) > _MAX_CUBE or not _CUBE.fullmatch(cube):
        raise ValueError("no cube's name")
    if not 0 <= event.at_ms <= _MAX_AT:
        raise ValueError("its time is no date")
    number = _number(data, "number", _MAX_NUMBER)
    if event.kind == WITHDRAWN:
        return Withdrawn(cube, number, event.at_ms)
    size = _number(data, "size", MAX_SIZE)
    part = _number(data, "part", pieces(size))
    piece = _octets(data, "data", PIECE)
    if len(piece) != min(PIECE, size - (part - 1) * PIECE):
        raise ValueError("a piece of another length")
    digest = _octets(data, "digest", DIGEST_SIZE)
    if len(digest) != DIGEST_SIZE:
        raise ValueError("no digest")
    return Part(
        cube,
        number,
        digest,
        size,
        _octets(data, "certificate", MAX_CERTIFICATE),
        _words(data, "address"),
        _words(data, "publisher"),
        _words(data, "contact"),
        part,
        piece,
        event.at_ms,
    )


def _number(data: Mapping[str, object], name: str, most: int) -> int:
    value = data.get(name)
    if type(value) is not int or not 1 <= value <= most:
        raise ValueError(f"{name} is no number from 1 to {most}")
    return value


def _octets(data: Mapping[str, object], name: str, most: int) -> bytes:
    value = data.get(name)
    if type(value) is not bytes or not 0 < len(value) <= most:
        raise ValueError(f"{name} has not 1 to {most} bytes")
    return value


def _words(data: Mapping[str, object], name: str) -> str:
    value = data.get(name)
    if type(value) is not str or len(value) > MAX_WORDS or not value.isprintable():
        raise ValueError(f"{name} is no text of at most {MAX_WORDS} characters")
    return value
