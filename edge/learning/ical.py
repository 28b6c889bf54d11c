"""A calendar as other programs read it: one event a session, times in UTC.

Source: RFC 5545 (3.1 folding, 3.3.11 text, 3.6.1 event), RFC 7986 (name, refresh).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

PRODUCT = "-//Dorfhub//Lernpunkt//DE"
REFRESH = "PT1H"
_FOLD = 75  # octets of a line, without its end


@dataclass(frozen=True, slots=True)
class Event:
    """One entry. ``uid`` stays, ``sequence`` grows with each change; times in ms since 1970."""

    uid: str
    sequence: int
    starts_at: int
    ends_at: int
    title: str
    text: str = ""
    place: str = ""
    is_cancelled: bool = False


def feed(name: str, events: Iterable[Event], now_ms: int) -> bytes:
    """Return a calendar of that name, as `text/calendar; charset=utf-8`."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        "METHOD:PUBLISH",
        f"NAME:{_text(name)}",
        f"X-WR-CALNAME:{_text(name)}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}",
    ]
    for one in events:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{_text(one.uid)}",
            f"DTSTAMP:{_time(now_ms)}",
            f"SEQUENCE:{one.sequence}",
            f"DTSTART:{_time(one.starts_at)}",
            f"DTEND:{_time(one.ends_at)}",
            f"SUMMARY:{_text(one.title)}",
            *([f"DESCRIPTION:{_text(one.text)}"] if one.text else []),
            *([f"LOCATION:{_text(one.place)}"] if one.place else []),
            f"STATUS:{'CANCELLED' if one.is_cancelled else 'CONFIRMED'}",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) for line in lines)


def _time(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms // 1000, UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    for sign, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(sign, written)
    return "".join(sign for sign in text if sign >= " " and sign != "\x7f")


def _folded(line: str) -> bytes:
    """Return a line in pieces of at most 75 octets, never within a character."""
    pieces: list[bytes] = []
    piece = b""
    for sign in line:
        octets = sign.encode("utf-8", "replace")
        if len(piece) + len(octets) > _FOLD - bool(pieces):
            pieces.append(piece)
            piece = b""
        piece += octets
    return b"\r\n ".join([*pieces, piece]) + b"\r\n"
