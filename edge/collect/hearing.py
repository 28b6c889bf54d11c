"""What was heard lately: so that nothing is kept twice, and one telegram a quarter hour is enough.

Pure memory, bounded whatever is sent; time is an argument.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from enum import StrEnum

from hardware.wmbus.glance import Glance

# Anybody can send made-up addresses. The meter longest unheard is forgotten first: the worst of
# that is a telegram more than needed. At some 1 kB each this stays below 10 MB.
MOST_METERS = 10_000
REMEMBERED = 16  # telegrams of one meter: it sends every few seconds at the most
# Copies by repeaters and other receivers come within seconds. A meter without a counter may say
# the same again later and mean it: nothing has changed.
COPY_MS = 60_000
MOST_SHAPES = 8  # a meter has one to four; random lengths must not fill the memory
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
        :data:`COPY_MS`. Of each shape, the first in a stretch of ``keep_every_ms`` is fresh, at
        most :data:`MOST_SHAPES` of one meter; stretches begin at whole multiples since 1970. A
        clock that jumps begins a new one.
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
        stretch = wall_ms // self._keep_every_ms
        if memory.kept.get(seen.shape) == stretch:
            return Verdict.THINNED
        if seen.shape not in memory.kept and len(memory.kept) == MOST_SHAPES:
            oldest = min(memory.kept, key=memory.kept.__getitem__)
            if memory.kept[oldest] == stretch:
                return Verdict.THINNED
            del memory.kept[oldest]
        memory.kept[seen.shape] = stretch
        return Verdict.FRESH

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


class _Memory:
    """What is remembered of one meter."""

    __slots__ = ("digests", "kept")

    def __init__(self) -> None:
        self.digests: dict[bytes, int] = {}  # to the monotonic ms it counts from
        self.kept: dict[tuple[int, int], int] = {}  # shape to the stretch it was kept in
