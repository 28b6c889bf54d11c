"""A feed of what hangs and what is on, as the village's app and paper read it.

Source: RSS 2.0 (rssboard.org), RFC 822 dates, XML 1.0 (2.2 characters).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from xml.etree import ElementTree as ET

TTL_MINUTES = 60


@dataclass(frozen=True, slots=True)
class Item:
    """One entry; ``guid`` stays as long as it is the same."""

    guid: str
    title: str
    text: str
    published_at: int


@dataclass(frozen=True, slots=True)
class Channel:
    """What the feed is called, and where people read the same."""

    title: str
    link: str
    text: str


def feed(channel: Channel, items: Iterable[Item], now_ms: int) -> bytes:
    """Return the feed as `application/rss+xml`."""
    root = ET.Element("rss", version="2.0")
    top = ET.SubElement(root, "channel")
    for name, words in (
        ("title", channel.title),
        ("link", channel.link),
        ("description", channel.text),
        ("language", "de"),
        ("lastBuildDate", _date(now_ms)),
        ("ttl", str(TTL_MINUTES)),
    ):
        ET.SubElement(top, name).text = _legal(words)
    for one in items:
        entry = ET.SubElement(top, "item")
        ET.SubElement(entry, "title").text = _legal(one.title)
        ET.SubElement(entry, "link").text = _legal(channel.link)
        # readers take it for HTML, whoever wrote it
        ET.SubElement(entry, "description").text = _html(one.text)
        ET.SubElement(entry, "guid", isPermaLink="false").text = _legal(one.guid)
        ET.SubElement(entry, "pubDate").text = _date(one.published_at)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, "unicode")}\n'.encode()


def _date(at_ms: int) -> str:
    return format_datetime(datetime.fromtimestamp(at_ms // 1000, UTC), usegmt=True)


def _html(text: str) -> str:
    return escape(_legal(text)).replace("\n", "<br>")


def _legal(text: str) -> str:
    """Return a text without what XML cannot hold, escaped or not."""
    return "".join(sign for sign in text if _is_legal(ord(sign)))


def _is_legal(sign: int) -> bool:
    return sign in (9, 10, 13) or 32 <= sign <= 0xD7FF or 0xE000 <= sign <= 0xFFFD or sign > 0xFFFF
