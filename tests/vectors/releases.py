"""Released open data for the test vectors, and what nobody may believe of it."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

from sync import events, open_data
from sync.events import Event
from sync.open_data import Part, Told, Withdrawn

T0 = 1_795_000_000_000
QUALITY = 4
FILE = b"SQLite format 3\0" + bytes(range(256)) * 4
CERTIFICATE = b'{"cube": "kommunale-waerme", "k": 1}\n'
PART = Part(
    cube="kommunale-waerme",
    number=12,
    digest=hashlib.sha256(FILE).digest(),
    size=len(FILE),
    certificate=CERTIFICATE,
    address="https://hub.example/daten/",
    publisher="Gemeinde Musterdorf",
    contact="daten@musterdorf.example",
    part=1,
    data=FILE,
    told_ms=T0,
)
LONG = open_data.PIECE + 10
LAST = dataclasses.replace(
    PART, size=LONG, part=2, data=bytes(10), address="", publisher="", contact=""
)
GONE = Withdrawn("kurse", 7, T0)


def body(told: Told) -> bytes:
    """Return what is told as its village tells it."""
    return events.encode([open_data.event_of(told, T0, QUALITY)])


def said(told: Told) -> dict[str, Any]:
    """Return what both readers say of it."""
    return dataclasses.asdict(told)


def to_read() -> list[tuple[str, bytes, str, Told]]:
    """Return files, their bytes, what is special and what they say."""
    event = open_data.event_of(PART, T0, QUALITY)
    later = dataclasses.replace(event, data={**event.data, "later": 1})
    more = [later, Event(T0, QUALITY, "open.later", {})]
    return [
        (
            "last.release",
            body(LAST),
            "the last of two pieces, and a village that says little",
            LAST,
        ),
        ("gone.release", body(GONE), "nothing of a cube is published any more", GONE),
        ("later.release", events.encode(more), "a field and a kind of a later version", PART),
    ]


def to_refuse() -> list[tuple[str, bytes, str]]:
    """Return files, their bytes and why nobody may believe them."""
    event = open_data.event_of(PART, T0, QUALITY)

    def wrong(**said: object) -> bytes:
        return events.encode([dataclasses.replace(event, data={**event.data, **said})])

    return [
        ("none.release", events.encode([Event(T0, QUALITY, "open.later", {})]), "no release"),
        ("two.release", events.encode([event, event]), "two releases"),
        ("cube.release", wrong(cube="../kurse"), "a cube that is no name"),
        ("number.release", wrong(number=0), "no number"),
        ("size.release", wrong(size=open_data.MAX_SIZE + 1), "too large a file"),
        ("short.release", wrong(data=FILE[:-1]), "a piece of another length than its file has"),
        ("beyond.release", wrong(part=2), "a piece after the last"),
        ("digest.release", wrong(digest=bytes(31)), "no SHA-256"),
        ("paper.release", wrong(certificate=bytes(open_data.MAX_CERTIFICATE + 1)), "a long paper"),
        ("words.release", wrong(publisher="a\nb"), "a text of two lines"),
    ]
