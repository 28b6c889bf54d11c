"""What was heard lately: so that nothing is kept twice, and one telegram a quarter hour is enough.

Pure memory, bounded whatever is sent; time is an argument.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from enum import StrEnum

from hardware.wmbus.fragments import MOST_FRAGMENTS
from hardware.wmbus.glance import Glance

# Anybody can send made-up addresses. The meter longest unheard is forgotten first: the worst of
# that is a telegram more than needed. At some 1 kB each this stays below 10 MB.
MOST_METERS = 10_000
REMEMBERED = 16  # telegrams of one meter: it sends every few seconds at the most
# Copies by repeaters and other receivers come within seconds. A meter without a counter may say
# the same again later and mean it: nothing has changed.
COPY_MS = 60_000
MOST_SHAPES = 8  # a meter has one to four; random lengths must not fill the memory
# A meter may send two kinds of telegram of one shape in turns, and always the same one first in a
# stretch: in every fourth one more is kept, each second time the second, else another.
ONE_MORE_EVERY = 4
_OTHERS = range(3, 9)
_DIGEST = 8  # bytes: two of sixteen telegrams of one meter are never alike by chance


class Verdict(StrEnum):
    """What to do with a telegram."""

    FRESH = "fresh"
    DUPLICATE = "duplicate"
    THINNED = "thinned"


class Hearing:
    """The memory of one street. ``keep_every_ms`` 0 keeps all that is no copy."""

    def __init__(self, keep_every_ms: int) -> None:
        self._keep_every_ms = keep_every_ms
        self._meters: OrderedDict[str, _Memory] = OrderedDict()

    def __len__(self) -> int:
        return len(self._meters)

    def judge(self, seen: Glance, wall_ms: int, monotonic_ms: int) -> Verdict:
        """Take one telegram in and say what it is.

        One that carries a counter is a duplicate as long as it is remembered, any other for
        :data:`COPY_MS`. Of each shape, the first in a stretch of ``keep_every_ms`` is fresh and,
        in each :data:`ONE_MORE_EVERY`-th stretch, one more, at most :data:`MOST_SHAPES` shapes of
        one meter; stretches begin at whole multiples since 1970. A clock that jumps begins a new
        one. Of a message in fragments, those that follow a fresh
        one, number by number, are fresh with it.
        """
        memory = self._memory(seen.device)
        digest = hashlib.blake2b(seen.same, digest_size=_DIGEST).digest()
        before_ms = memory.digests.pop(digest, None)
        if before_ms is not None and (seen.is_counted or monotonic_ms - before_ms < COPY_MS):
            memory.digests[digest] = before_ms
            return Verdict.DUPLICATE
        memory.digests[digest] = monotonic_ms
        if len(memory.digests) > REMEMBERED:
            del memory.digests[next(iter(memory.digests))]
        if not self._keep_every_ms:
            return Verdict.FRESH
        if seen.fragment > 1:
            return memory.goes_on(seen.fragment)
        if seen.fragment:
            memory.part = 0
        return memory.thin(seen, wall_ms // self._keep_every_ms)

    def lost(self, seen: Glance) -> None:
        """Say that a fresh telegram could not be kept: the next of its shape is to be."""
        memory = self._meters.get(seen.device)
        if memory is not None:
            memory.kept.pop(seen.shape, None)

    def _memory(self, device: str) -> _Memory:
        memory = self._meters.get(device)
        if memory is None:
            memory = self._meters[device] = _Memory()
            if len(self._meters) > MOST_METERS:
                self._meters.popitem(last=False)
        else:
            self._meters.move_to_end(device)
        return memory


def _one_more(stretch: int) -> int:
    """Return which telegram of a stretch is kept beside the first one, 0 for none."""
    turn, rest = divmod(stretch, ONE_MORE_EVERY)
    if rest != ONE_MORE_EVERY - 1:
        return 0
    return 2 if turn % 2 else _OTHERS[turn // 2 % len(_OTHERS)]


class _Memory:
    """What is remembered of one meter."""

    __slots__ = ("digests", "kept", "part")

    def __init__(self) -> None:
        self.digests: dict[bytes, int] = {}  # to the monotonic ms it counts from
        # shape to the stretch it was kept in, and how many of it came since
        self.kept: dict[tuple[int, int], tuple[int, int]] = {}
        self.part = 0  # the number of the fragment kept last, of a message that may go on

    def goes_on(self, fragment: int) -> Verdict:
        """Tell whether ``fragment`` belongs to the message that is being kept."""
        if not self.part or fragment != self.part + 1 or fragment > MOST_FRAGMENTS:
            self.part = 0
            return Verdict.THINNED
        self.part = fragment
        return Verdict.FRESH

    def thin(self, seen: Glance, stretch: int) -> Verdict:
        """Tell whether a telegram that is no copy is to be kept of ``stretch``."""
        known, number = self.kept.get(seen.shape, (stretch, 0))
        if number and known == stretch:
            self.kept[seen.shape] = stretch, number + 1
            if number + 1 != _one_more(stretch):
                return Verdict.THINNED
            self.part = seen.fragment or self.part
            return Verdict.FRESH
        if seen.shape not in self.kept and len(self.kept) == MOST_SHAPES:
            oldest = min(self.kept, key=self.kept.__getitem__)
            if self.kept[oldest][0] == stretch:
                return Verdict.THINNED
            del self.kept[oldest]
        self.kept[seen.shape] = stretch, 1
        self.part = seen.fragment or self.part
        return Verdict.FRESH
