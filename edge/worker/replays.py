"""Telegrams of yesterday that somebody sends again: told by the counter that the meter encrypts.

A meter's counter only grows. One that is lower than the highest known, though the telegram came
later, is a replay. What was kept for long and is read only now came earlier, and is none.

A counter may begin anew (a battery was changed): near zero, and growing for
:data:`RESTART_TELEGRAMS` telegrams. Those before the last of them stay kept as replays. From then
on old high numbers come back into reach of a replay: until the counter has passed where it stood,
it may not grow faster than a meter can count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from edge.store.continuity import REPLAYED, RESTARTED, UNSEALED
from edge.store.journal import Entry
from edge.store.village import VillageStore
from edge.store.village_rows import MeterCounter
from hardware.wmbus.counted import Count

HINT = (
    "Jemand sendet ein altes Telegramm dieses Zählers noch einmal; es wird nicht gezählt. Bleibt"
    " das so und kommen keine neuen Werte, bitte mit `dorfhub meter listen` nachsehen."
)
RESTART_TELEGRAMS = 3
# A session number has 16 counts a minute: four hours. A message counter has one a telegram.
NEAR_ZERO = 4096
FASTEST_PER_S = 1.0  # a meter that sends each second; more often none does for long
TOLD_EVERY_MS = 3_600_000

# kind of event: what a receiver counts it as, and what is said of it
_NOTED = {
    REPLAYED: (REPLAYED, "Ein altes Telegramm kam noch einmal und wurde nicht gezählt"),
    UNSEALED: (
        "plain",
        "Ein unverschlüsseltes Telegramm dieses Zählers, der verschlüsselt, wurde nicht gezählt",
    ),
}


class Replays:
    """What is known of meters' counters; asks village.db once, :meth:`save` gives back."""

    def __init__(self, village: VillageStore) -> None:
        self._village = village
        self._asked = False
        self._known: dict[tuple[str, str], MeterCounter] = {}
        self._changed: set[tuple[str, str]] = set()
        self._told: dict[tuple[str, str], int] = {}  # (device, kind) to when it was noted

    def accepts(self, entry: Entry, count: Count) -> bool:
        """Take the counter of an opened telegram in; False if the telegram is a replay."""
        if not self._asked:
            self._known = {(one.device, one.kind): one for one in self._village.meter_counters()}
            self._asked = True
        at, key = entry.received_at, (entry.device, count.kind)
        known = self._known.get(key)
        if known is None:
            new = MeterCounter(*key, count.number, at, entry.id)
            return self._take(key, new, is_accepted=True)
        if at <= known.heard_at and entry.id <= known.journal_id:
            return True  # it came earlier: nothing follows from it
        if count.number >= known.counter and not _leaps(known, count.number, at):
            new = replace(
                known,
                counter=count.number,
                heard_at=max(at, known.heard_at),
                journal_id=max(entry.id, known.journal_id),
                restart=None,
                restart_seen=0,
            )
            return self._take(key, new, is_accepted=True)
        return self._restarts(key, known, entry, count.number)

    def is_news(self, device: str, at: int, kind: str = REPLAYED) -> bool:
        """Tell whether a replay of ``device`` is to be noted now: once an hour."""
        told_at = self._told.get((device, kind))
        if told_at is not None and 0 <= at - told_at < TOLD_EVERY_MS:
            return False
        self._told[device, kind] = at
        return True

    def note(self, entries: Iterable[Entry], day: int, kind: str = REPLAYED) -> None:
        """Count replays (or :data:`UNSEALED` telegrams) at their receivers and note them."""
        counted, words = _NOTED[kind]
        for entry in entries:
            receiver = entry.source.removeprefix("receiver:")
            self._village.add_counts(receiver, day, {counted: 1})
            if self.is_news(entry.device, entry.received_at, kind):
                self._village.add_event(entry.received_at, entry.device, kind, words)

    def begin(self) -> None:
        """Forget what was not saved: its entries were not marked and come again."""
        if self._changed:
            self._asked = False
            self._changed.clear()

    def save(self) -> None:
        """Write what is new. Only once the entries are marked: none of them is judged again."""
        if self._changed:
            self._village.save_meter_counters([self._known[key] for key in sorted(self._changed)])
            self._changed.clear()

    def _restarts(
        self, key: tuple[str, str], known: MeterCounter, entry: Entry, number: int
    ) -> bool:
        """Take a counter in that is too low; True if it has begun anew."""
        newest = -1 if known.restart is None else known.restart
        if number >= min(NEAR_ZERO, known.counter // 2) or number <= newest:
            return False
        if known.restart_seen + 1 < RESTART_TELEGRAMS:
            new = replace(known, restart=number, restart_seen=known.restart_seen + 1)
            return self._take(key, new, is_accepted=False)
        at, before = entry.received_at, max(known.counter, known.before)
        new = MeterCounter(*key, number, at, entry.id, before=before)
        words = "Der Zähler zählt seine Telegramme wieder von vorn"
        self._village.add_event(at, entry.device, RESTARTED, words)
        return self._take(key, new, is_accepted=True)

    def _take(self, key: tuple[str, str], new: MeterCounter, *, is_accepted: bool) -> bool:
        self._known[key] = new
        self._changed.add(key)
        return is_accepted


def _leaps(known: MeterCounter, number: int, at: int) -> bool:
    """Tell whether a counter that began anew grew faster than a meter counts."""
    since_s = max(0, at - known.heard_at) / 1000
    return known.counter + NEAR_ZERO + since_s * FASTEST_PER_S < number <= known.before
