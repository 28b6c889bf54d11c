from __future__ import annotations

from email.utils import parsedate_to_datetime
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from edge.village.rss import Channel, Item, feed

CHANNEL = Channel("Neues", "http://hub.lan/termine", "Was los ist")
NOW = 1_795_447_440_000


def items(body: bytes) -> list[dict[str, str]]:
    root = ET.fromstring(body)  # noqa: S314  # our own
    assert root.tag == "rss"
    assert root.get("version") == "2.0"
    channel = root.find("channel")
    assert channel is not None
    assert [channel.findtext(name) for name in ("title", "link", "language")] == [
        "Neues", "http://hub.lan/termine", "de",
    ]  # fmt: skip
    return [{child.tag: child.text or "" for child in one} for one in channel.findall("item")]


def test_an_item_is_what_was_hung() -> None:
    (one,) = items(feed(CHANNEL, [Item("a-1", "Fest & Tanz", "Ab 15 Uhr.\nFür alle", NOW)], NOW))
    assert one["title"] == "Fest & Tanz"
    assert one["description"] == "Ab 15 Uhr.<br>Für alle"
    assert parsedate_to_datetime(one["pubDate"]).timestamp() * 1000 == NOW
    assert one["guid"] == "a-1"


def test_a_script_stays_words_for_readers_that_take_html() -> None:
    (one,) = items(feed(CHANNEL, [Item("a", "<b>", "<script>alert(1)</script>", NOW)], NOW))
    assert one["description"] == "&lt;script&gt;alert(1)&lt;/script&gt;"
    assert one["title"] == "<b>"


@given(st.text(st.characters(codec=None)), st.text())
def test_whatever_is_written_the_feed_is_well_formed(title: str, text: str) -> None:
    assert len(items(feed(CHANNEL, [Item(title, title, text, NOW)], NOW))) == 1


def test_nothing_hangs() -> None:
    assert items(feed(CHANNEL, [], NOW)) == []
