"""Once the hub knows the time: tell what its boot counts from, and place what came before.

The county hears of both as events and facts of the hub's stream. Nothing that was signed changes:
what stood at a wrong time stands there still, and beside it is said where it belongs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from edge.clock import Stamp
from edge.store.connection import Driver
from edge.store.journal import Journal
from edge.store.village import VillageStore
from edge.store.village_time import Offset, Placement, note_offset, note_placed
from hardware.reading import TimeQuality
from sync import columns
from sync.chain import clock_state
from sync.columns import Source
from sync.events import Event
from sync.outbox import Outbox
from sync.segment import StreamClass

SCHEMA = "clock/1"
OFFSET = "clock.offset"
PLACED_SCHEMA = "placed/1"
PLACED_COLUMN = "placed_ms"
STEP_MS = 1000  # a clock that is set by less was right before, for a reading a minute
_KNOWN = (TimeQuality.HELD, TimeQuality.SYNCHRONISED)


@dataclass(frozen=True, slots=True)
class Kept:
    """What one look did."""

    offset: bool = False
    placed: int = 0


@dataclass(frozen=True, slots=True)
class Timekeeper:
    """Looks whether the time is known. ``open_journal`` is called only if there is work."""

    village: VillageStore
    outbox: Outbox
    open_journal: Callable[[], Journal]

    def step(self, stamp: Stamp) -> Kept:
        """Note the boot's offset if it is news, and place what can be placed.

        :raises StoreError: if a database fails; call again later.
        """
        if stamp.quality not in _KNOWN:
            return Kept()
        now = Offset(
            stamp.boot_id,
            stamp.wall_ms - stamp.monotonic_ns // 1_000_000,
            stamp.quality,
            stamp.wall_ms,
        )
        before = self.village.offset(stamp.boot_id)
        if before is not None and not _is_news(before, now):
            return Kept()
        told = Event(
            stamp.wall_ms,
            int(stamp.quality),
            OFFSET,
            {
                "boot": clock_state(stamp).boot_id,
                "offset_ms": now.offset_ms,
                "quality": int(now.quality),
            },
        )
        placed = self._place(now, stamp)  # first: after a stop in between it is done again
        self.outbox.say(SCHEMA, [told], stamp, lambda driver, _: note_offset(driver, now))
        return Kept(offset=True, placed=placed)

    def _place(self, offset: Offset, stamp: Stamp) -> int:
        total = 0
        with self.open_journal() as journal:
            while batch := self.village.unplaced(journal, offset):
                self._tell(batch, offset, stamp)
                total += len(batch)
        return total

    def _tell(self, batch: Sequence[Placement], offset: Offset, stamp: Stamp) -> None:
        def do(driver: Driver, _: int) -> None:
            note_placed(driver, batch, stamp.wall_ms)

        times = [one.observed_at for one in batch]
        self.outbox.write(
            StreamClass.VILLAGE,
            PLACED_SCHEMA,
            columns.encode(_sources(batch, int(offset.quality))),
            count=len(batch),
            span_ms=(min(times), max(times)),
            stamp=stamp,
            do=do,
        )


def _is_news(before: Offset, now: Offset) -> bool:
    if now.quality < before.quality:
        return False
    return abs(now.offset_ms - before.offset_ms) > STEP_MS


def _sources(batch: Sequence[Placement], quality: int) -> list[Source]:
    ordered = sorted(batch, key=lambda one: (one.device_id, one.observed_at))
    found = []
    for device_id, group in groupby(ordered, key=lambda one: one.device_id):
        mine = list(group)
        found.append(
            Source(
                device_id,
                [one.observed_at for one in mine],
                [quality] * len(mine),
                {PLACED_COLUMN: [float(one.placed_at) for one in mine]},
            )
        )
    return found
