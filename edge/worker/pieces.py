"""Messages that meters send in several telegrams: their entries, until a message is whole."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from edge.store.journal import Entry
from hardware.errors import DecodeError, FrameError
from hardware.wmbus import link
from hardware.wmbus.fragments import Assembly, fragment_of
from hardware.wmbus.link import Checksums, LinkFrame

# A meter sends the fragments of one message within seconds; the next message's come minutes later.
TOGETHER_MS = 60_000
MOST_BEGUN = 256  # messages that are not whole, of 15 kB at most; the oldest goes first


@dataclass(frozen=True, slots=True)
class Piece:
    """One entry that holds a fragment.

    ``frame`` is the whole message if this entry made it whole; ``others`` are the ids of the
    entries with its other fragments.
    """

    frame: LinkFrame | None = None
    others: tuple[int, ...] = ()


@dataclass(slots=True)
class _Begun:
    at: int
    assembly: Assembly = field(default_factory=Assembly)
    ids: list[int] = field(default_factory=list)


class Pieces:
    """The messages of all meters that are not whole yet."""

    def __init__(self) -> None:
        self._begun: OrderedDict[tuple[str, str], _Begun] = OrderedDict()

    def __len__(self) -> int:
        return len(self._begun)

    def forget(self) -> None:
        """Forget all of them."""
        self._begun.clear()

    def add(self, entry: Entry, raw: bytes) -> Piece | None:
        """Take in what ``entry`` holds; None if it is no fragment.

        What is no fragment of the message begun begins a new one, if it can.

        :raises DecodeError: if it can be none of any message.
        """
        try:
            frame = link.parse(raw, Checksums.REMOVED)
        except FrameError:
            return None
        if fragment_of(frame) is None:
            return None
        key = entry.lane, entry.device
        begun = self._begun.pop(key, None)
        if begun is not None and abs(entry.received_at - begun.at) <= TOGETHER_MS:
            try:
                return self._put(key, begun, entry, frame)
            except DecodeError:
                pass
        return self._put(key, _Begun(entry.received_at), entry, frame)

    def _put(self, key: tuple[str, str], begun: _Begun, entry: Entry, frame: LinkFrame) -> Piece:
        whole = begun.assembly.add(frame)
        if whole is not None:
            return Piece(whole, tuple(begun.ids))
        begun.ids.append(entry.id)
        self._begun[key] = begun
        if len(self._begun) > MOST_BEGUN:
            self._begun.popitem(last=False)
        return Piece()
