"""Text in a characteristic's value.

Source: GATT Specification Supplement, utf8s; Bluetooth Core 5.4, Vol 3 Part G, 3.3.3.5.2.
"""

from __future__ import annotations

from hardware.ble.cursor import Cursor
from hardware.errors import DecodeError


def read_text(cursor: Cursor) -> str:
    """Read the rest of the value as text, without the blanks and zeros that fill it up.

    :raises DecodeError: if it is no UTF-8, or holds what no screen can show: it is going to a
        terminal.
    """
    start = cursor.offset
    return text_of(cursor.rest(), start)


def text_of(raw: bytes, offset: int) -> str:
    """Return the text of ``raw``, which stands at ``offset``. :raises DecodeError: see above."""
    try:
        text = raw.rstrip(b"\0").decode()
    except UnicodeDecodeError as error:
        raise DecodeError("text is no UTF-8", offset=offset + error.start) from None
    text = text.strip()
    if not text.isprintable():
        raise DecodeError("text holds control characters", offset=offset)
    return text
