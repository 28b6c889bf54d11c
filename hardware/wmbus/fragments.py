"""A message that one meter sends in several telegrams, put together again.

Each telegram has its own link layer and one fragment; the first one alone has the transport layer's
header, and what authenticates the message stands in the first or the last. What comes of them is
the one frame that the message would be if frames could be as long, to be read like any other: its
length and its code are checked there.

Source: EN 13757-7:2018, clause 6.3 and annex A.
"""

from __future__ import annotations

from typing import NamedTuple

from hardware.errors import DecodeError, Unsupported
from hardware.wmbus import afl
from hardware.wmbus.afl import Authentication, FragmentMissing
from hardware.wmbus.layers import EXTENSIONS
from hardware.wmbus.link import LINK_SIZE, LinkFrame

# Fragments of one message: some 15 kB, more than a meter's memory of two years needs.
MOST_FRAGMENTS = 64
_LONGEST_CODE = 16  # of a CMAC
_OTHER_MESSAGE = "Die Telegramme verschiedener Nachrichten in getrennte Zeilen schreiben."


class Fragment(NamedTuple):
    """What the layer says that begins at ``start`` of the payload, and the ``data`` behind it."""

    frame: LinkFrame
    start: int
    said: Authentication
    data: bytes


def fragment_of(frame: LinkFrame) -> Fragment | None:
    """Return the fragment in ``frame``, None if it holds a whole message or nothing known."""
    found = _layer(frame)
    return found if found is not None and found.said.is_part else None


def vouching(frame: LinkFrame) -> Authentication:
    """Return what authenticates the message in ``frame``, nothing if it is not open to view."""
    found = _layer(frame)
    return afl.NOTHING if found is None else found.said


class Assembly:
    """Fragments of one message, in whatever order they come.

    The same fragment again, as a repeater sends it, changes nothing. Another one under the same
    number, or of another meter, is none of the message.
    """

    def __init__(self) -> None:
        self._parts: dict[int, Fragment] = {}
        self._last: int | None = None  # the number of the last fragment
        self._done: dict[int, Fragment] = {}  # of the message that was whole before

    def add(self, frame: LinkFrame) -> LinkFrame | None:
        """Take a telegram in; return the whole message's frame if it is now whole.

        :raises FragmentMissing: if ``frame`` is not open to view.
        :raises Unsupported: if nothing in the message says that the fragments belong together.
        :raises DecodeError: if ``frame`` is no fragment of the message begun.
        """
        found = fragment_of(frame)
        if found is None:
            raise FragmentMissing("a fragment within a session", offset=LINK_SIZE)
        number = found.said.fragment
        if not self._parts and _same(self._done.get(number), found):
            return None
        self._check(found)
        self._parts[number] = found
        if not found.said.more:
            self._last = number
        if self._last is None or len(self._parts) < self._last:
            return None
        whole = _joined([self._parts[part] for part in sorted(self._parts)])
        self._done, self._parts, self._last = self._parts, {}, None
        return whole

    def finish(self) -> None:
        """Say that no more telegrams come.

        :raises FragmentMissing: if a message that was begun is not whole.
        """
        if not self._parts:
            return
        last = self._last or max(self._parts) + 1
        missing = [str(part) for part in range(1, last + 1) if part not in self._parts]
        words = f"fragment {missing[0]}" if len(missing) == 1 else f"fragments {', '.join(missing)}"
        behind = "" if self._last else " and perhaps more"
        raise FragmentMissing(f"{words}{behind} of a message missing", offset=LINK_SIZE)

    def _check(self, found: Fragment) -> None:
        number, offset = found.said.fragment, LINK_SIZE + found.start
        if not 0 < number <= MOST_FRAGMENTS or not found.data:
            raise DecodeError(f"fragment {number} is none of a message", offset=offset)
        for other in self._parts.values():
            if other.frame.address != found.frame.address:
                raise DecodeError(
                    "the fragments are of several meters", offset=offset, hint=_OTHER_MESSAGE
                )
        known = self._parts.get(number)
        ends_early = not found.said.more and max(self._parts, default=0) > number
        goes_on = self._last is not None and number > self._last
        if (known is not None and not _same(known, found)) or ends_early or goes_on:
            raise DecodeError(
                f"fragment {number} is of another message", offset=offset, hint=_OTHER_MESSAGE
            )


def _same(known: Fragment | None, found: Fragment) -> bool:
    return known is not None and known[2:] == found[2:]


def _joined(parts: list[Fragment]) -> LinkFrame:
    """Return the frame that ``parts``, all of them and in order, make."""
    fields: list[bytes] = []
    for index in range(5):
        said = {part.said[index] for part in parts} - {b""}
        if len(said) > 1:
            raise DecodeError(
                "the fragments are of several messages", offset=LINK_SIZE, hint=_OTHER_MESSAGE
            )
        fields.append(bytes(said.pop()) if said else b"")
    control, key, counter, code, length = fields
    if len(code) > _LONGEST_CODE:
        raise DecodeError(f"an authentication code of {len(code)} bytes", offset=LINK_SIZE)
    if not code and not length:
        raise Unsupported("nothing tells that the fragments are one message", offset=LINK_SIZE)
    first = parts[0].frame
    layer = afl.encode(Authentication(control, key, counter, code, length))
    data = b"".join([part.data for part in parts])
    return LinkFrame(first.control, first.address, first.payload[: parts[0].start] + layer + data)


def _layer(frame: LinkFrame) -> Fragment | None:
    """Return what the authentication layer says, None if there is none to be read."""
    payload = frame.payload
    start = 0
    extension = EXTENSIONS.get(payload[0])
    if extension is not None:
        if extension.session:  # what a session encrypts is not looked into
            return None
        start = 1 + extension.size
    if payload[start : start + 1] != bytes((afl.CI,)) or len(payload) < start + 2:
        return None
    end = start + 2 + payload[start + 1]
    layer = payload[start + 2 : end]
    if len(layer) < payload[start + 1]:
        return None
    try:
        said = afl.parse(layer, offset=LINK_SIZE + start)
    except DecodeError:
        return None
    return Fragment(frame, start, said, payload[end:])
