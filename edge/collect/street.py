"""Everything that the receivers hear: who may stay, what is kept, what is only counted.

Receivers' threads call :meth:`Street.hear`, which never waits for a store; one thread writes what
is kept into the journal, in batches, and who was heard into village.db. The gate is closed by
default: a meter that is neither one of hub.toml's nor admitted leaves no byte of its telegrams.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice

from edge.clock import Clock, Stamp
from edge.collect.hearing import Hearing, Verdict
from edge.collect.patient import Patient
from edge.config import Config
from edge.config.communal import Communal
from edge.process.heartbeat import Part
from edge.process.log import Log
from edge.process.words import said
from edge.store.errors import CareLaneClosed, StoreError
from edge.store.journal import Arrival, Journal, Lane, entry_key
from edge.store.village import VillageStore
from edge.store.village_rows import HeardMeter
from hardware.errors import FrameError, TransportError
from hardware.receiver import Heard
from hardware.wmbus import link
from hardware.wmbus.glance import SENDS, Glance, glance
from hardware.wmbus.link import Checksums

KIND = "wmbus"
DAY_MS = 86_400_000

# What waits for a slow or full card: some 2 MB, and minutes of thousands of meters. A radio cannot
# be told to wait, so what comes beyond that is lost, counted and told.
MOST_WAITING = 4096
BATCH = 512  # telegrams in one commit: some 0.1 s of the write lock on a card
# Radio is not acknowledged: a power cut costs what came within this time, and the meter's next
# telegram is kept in its stead. A commit for each telegram would write twice as much to the card.
BATCH_S = 10.0
TICK_S = 0.25
ADMITTED_S = 0.5  # so that a withdrawal counts within a second
# Signs of life of 300 meters are 60 kB: each half minute they would be most of what is written. A
# meter heard for the first time is told sooner, to whoever has just set up a receiver.
FLUSH_S = 300.0
NEWS_S = 20.0
MOST_SIGNS = 10_000  # meters between two flushes; as many as village.db lists
LONGEST_PAUSE_S = 15.0
MOST_PARTS = 16  # a heartbeat has room for 64 parts, and others want to be told as well

_TOO_SLOW = "Der Speicher ist zu langsam für das, was gehört wird: Telegramme gehen verloren."
CHECKSUMS = {
    "checked": Checksums.REMOVED,
    "present": Checksums.PRESENT,
    "stripped": Checksums.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A telegram on its way to the journal, and which receiver counts it."""

    receiver: str
    seen: Glance
    arrival: Arrival


class Street(Patient):
    """The way from receivers to the journal. :meth:`start` it before the receivers.

    Counters by receiver and kind: ``heard`` are whole telegrams of meters; each is also one of
    ``kept``, ``duplicate``, ``thinned``, ``not_admitted``, ``ambiguous`` (one of several
    meters that hub.toml may mean), ``overflow`` or ``unsealed`` (no care
    public key). ``bad_frame`` and ``no_meter`` (a gateway's, say) are not heard. The rest are the
    receivers' own, see :class:`hardware.receiver.Damage`.
    """

    def __init__(  # noqa: PLR0917  # the seams that its caller owns
        self,
        config: Config,
        journal: Journal,
        village: VillageStore,
        clock: Clock,
        stop: threading.Event,
        log: Log,
        rng: random.Random,
    ) -> None:
        super().__init__("street", stop, log, rng, longest_pause_s=LONGEST_PAUSE_S)
        self._journal = journal
        self._village = village
        self._clock = clock
        self._keep_every_ms = round(config.wireless.keep_every_s * 1000)
        self._meters = tuple(meter for meter in config.meters if meter.wireless)
        self._lock = threading.Lock()  # of all that follows
        self._hearing = Hearing(self._keep_every_ms)
        self._communal = Communal(self._meters)
        self._has_history = False  # who was heard before the start is known
        self._admitted: frozenset[str] = frozenset()
        self._waiting: deque[_Waiting] = deque()
        self._signs: dict[str, HeardMeter] = {}
        self._totals: dict[str, Counter[str]] = {}
        self._saved: dict[str, Counter[str]] = {}  # of the totals, what village.db has
        self._present: set[str] = set()  # ids of configured meters that were heard since the start
        self._failure = ""
        self._overflow_told = 0
        self._due_admitted_s = self._due_batch_s = 0.0
        self._listed: set[str] = set()  # meters whose sign stood in village.db since the start
        self._flushed_s = time.monotonic()

    def hear(self, receiver: str, heard: Heard) -> None:
        """Take one telegram from a receiver; returns at once, whatever the stores do."""
        try:
            frame = link.parse(heard.telegram, CHECKSUMS[heard.crc])
        except FrameError:
            self.count(receiver, "bad_frame")
            return
        if frame.control not in SENDS:
            self.count(receiver, "no_meter")
            return
        stamp = self._clock.stamp()
        seen = glance(frame)
        with self._lock:
            verdict = self._hearing.judge(seen, stamp.wall_ms, stamp.monotonic_ns // 1_000_000)
            if verdict is not Verdict.DUPLICATE:
                self._sign(seen, heard.rssi_dbm, stamp)
            told = self._take(receiver, seen, frame.raw, stamp, verdict)
            counts = self._counter(receiver)
            counts["heard"] += 1
            counts[told] += 1

    def count(self, receiver: str, kind: str, number: int = 1) -> None:
        """Count something that happened at a receiver."""
        with self._lock:
            self._counter(receiver)[kind] += number

    def counts(self, receiver: str) -> Mapping[str, int]:
        """Return a receiver's counters since the start."""
        with self._lock:
            return dict(self._totals.get(receiver, {}))

    def status(self) -> tuple[Part, ...]:
        """Return one part for the way to the stores, and one a configured meter.

        Of more than :data:`MOST_PARTS` meters one part tells how many were heard.
        """
        if self.bug is not None:
            store = Part("street", "failed", said(self.bug))
        else:
            failure = self._failure
            if not failure and len(self._waiting) >= MOST_WAITING:
                failure = _TOO_SLOW
            store = Part("street", "degraded" if failure else "ok", failure)
        with self._lock:
            present = set(self._present)
            unsure = {one.meter_id for one in self._meters if self._communal.rivals(one)}
        if len(self._meters) > MOST_PARTS:
            told = f"{len(present)} von {len(self._meters)} Zählern gehört"
            return store, Part("meters", "ok" if present else "waiting", told)
        return store, *(_part(one.meter_id, present, unsure) for one in self._meters)

    def _lane(self, seen: Glance) -> Lane | None:
        """Return where a meter's telegrams may go; None, nowhere, for all that nobody let in."""
        self._communal.hear(seen.device)
        meter = self._communal.meter(seen.device)
        if meter is not None:
            self._present.add(meter.meter_id)
            return "village"
        return "care" if seen.device in self._admitted else None

    def _take(self, receiver: str, seen: Glance, raw: bytes, stamp: Stamp, verdict: Verdict) -> str:
        """Let a telegram wait for the journal if it is to be kept; return how it is counted."""
        lane = self._lane(seen)
        if verdict is Verdict.DUPLICATE:
            return "duplicate"
        if lane is None:
            self._hearing.lost(seen)  # once it is let in, its next telegram is kept
            return "not_admitted" if self._communal.candidate(seen.device) is None else "ambiguous"
        if verdict is Verdict.THINNED:
            return "thinned"
        if len(self._waiting) >= MOST_WAITING:
            self._hearing.lost(seen)
            return "overflow"
        key = entry_key(KIND, seen.same, self._stretch(seen, stamp))
        source = f"receiver:{receiver}"
        arrival = Arrival(lane, source, seen.device, KIND, key, raw, stamp)
        self._waiting.append(_Waiting(receiver, seen, arrival))
        return "kept"

    def _stretch(self, seen: Glance, stamp: Stamp) -> int:
        """Return what tells two equal telegrams apart: nothing if the meter counts its own."""
        if seen.is_counted:
            return 0
        return stamp.wall_ms // max(self._keep_every_ms, 60_000)

    def _sign(self, seen: Glance, rssi_dbm: float | None, stamp: Stamp) -> None:
        known = self._signs.get(seen.device)
        if known is not None:
            self._signs[seen.device] = replace(
                known,
                encryption=known.encryption if seen.fragment > 1 else seen.encryption,
                last_heard_at=stamp.wall_ms,
                telegrams=known.telegrams + 1,
                last_rssi_dbm=known.last_rssi_dbm if rssi_dbm is None else rssi_dbm,
            )
        elif len(self._signs) < MOST_SIGNS:
            header = seen.header
            self._signs[seen.device] = HeardMeter(
                seen.device,
                header.manufacturer or "",
                header.identification or "",
                header.version or 0,
                header.medium or "",
                seen.encryption,
                stamp.wall_ms,
                stamp.wall_ms,
                1,
                rssi_dbm,
            )

    def _counter(self, receiver: str) -> Counter[str]:
        counter = self._totals.get(receiver)
        if counter is None:
            counter = self._totals[receiver] = Counter()
        return counter

    def _work(self) -> None:
        while not self._stop.wait(TICK_S):
            now_s = time.monotonic()
            if now_s >= self._due_admitted_s:
                self._read_admitted()
                self._due_admitted_s = now_s + ADMITTED_S
            if now_s >= self._due_batch_s or len(self._waiting) >= BATCH:
                self._write()
                self._due_batch_s = now_s + BATCH_S
            if now_s - self._flushed_s >= min(FLUSH_S, NEWS_S if self._has_news() else FLUSH_S):
                self._flush()
                self._flushed_s = now_s
            self._worked()
            self._failure = ""

    def _run(self) -> None:
        super()._run()
        if self.bug is None:
            with suppress(StoreError):  # as often as it was told, it cannot be kept
                self._read_admitted()
                self._write()
                self._flush()

    def _down(self, error: TransportError | StoreError) -> None:
        self._failure = said(error)
        # what was let in before is not let in as long as nobody can say whether it still is
        self._due_admitted_s = 0.0

    def _read_admitted(self) -> None:
        admitted = self._village.admitted_meters()
        heard = [] if self._has_history else self._village.heard_meters()
        with self._lock:
            self._admitted = admitted
            for one in heard:
                self._communal.hear(one.device)
        self._has_history = True

    def _write(self) -> None:
        """Write all that waits. What cannot be written now goes on waiting."""
        while True:
            with self._lock:
                batch = list(islice(self._waiting, BATCH))
                lost = sum(counts["overflow"] for counts in self._totals.values())
            if lost > self._overflow_told:
                self._log.error("street-overflow", telegrams=lost, hint=_TOO_SLOW)
            self._overflow_told = lost
            if not batch:
                return
            self._append(batch)
            with self._lock:
                for _ in batch:
                    self._waiting.popleft()

    def _append(self, batch: list[_Waiting]) -> None:
        # consent may have been withdrawn while a telegram waited, or another meter was heard that
        # has the same number
        with self._lock:
            unsure = [
                one
                for one in batch
                if one.arrival.lane == "village" and self._communal.meter(one.seen.device) is None
            ]
        village = [one for one in batch if one.arrival.lane == "village" and one not in unsure]
        care = [one for one in batch if one.arrival.lane == "care"]
        allowed = [one for one in care if one.seen.device in self._admitted]
        unsealed: list[_Waiting] = []
        try:
            self._journal.append_many([one.arrival for one in (*village, *allowed)])
        except CareLaneClosed:
            unsealed = allowed
            self._journal.append_many([one.arrival for one in village])
        with self._lock:
            dismissed = [one for one in care if one.seen.device not in self._admitted]
            for kind, those in (
                ("not_admitted", dismissed),
                ("unsealed", unsealed),
                ("ambiguous", unsure),
            ):
                for one in those:
                    counts = self._counter(one.receiver)
                    counts["kept"] -= 1
                    counts[kind] += 1

    def _has_news(self) -> bool:
        with self._lock:
            return not self._signs.keys() <= self._listed

    def _flush(self) -> None:
        """Write signs of life and counters; what cannot be written now is added to what comes."""
        with self._lock:
            signs, self._signs = self._signs, {}
            totals = {receiver: Counter(counts) for receiver, counts in self._totals.items()}
        try:
            self._village.note_heard(list(signs.values()))
        except StoreError:
            with self._lock:
                for device, sign in signs.items():
                    newer = self._signs.get(device)
                    self._signs[device] = sign if newer is None else _joined(sign, newer)
            raise
        if len(self._listed) > MOST_SIGNS:
            self._listed.clear()
        self._listed |= signs.keys()
        day = self._clock.stamp().wall_ms // DAY_MS
        for receiver, counts in totals.items():
            saved = self._saved.get(receiver, Counter())
            fresh = {kind: number - saved[kind] for kind, number in counts.items()}
            if any(fresh.values()):
                self._village.add_counts(receiver, day, fresh)
                self._saved[receiver] = counts


def _part(meter_id: str, present: set[str], unsure: set[str]) -> Part:
    if meter_id in unsure:
        return Part(meter_id, "degraded", "mehrere Zähler haben diese Nummer")
    if meter_id in present:
        return Part(meter_id, "ok")
    return Part(meter_id, "waiting", "noch nicht gehört")


def _joined(earlier: HeardMeter, later: HeardMeter) -> HeardMeter:
    return replace(
        later,
        first_heard_at=earlier.first_heard_at,
        telegrams=earlier.telegrams + later.telegrams,
        last_rssi_dbm=earlier.last_rssi_dbm if later.last_rssi_dbm is None else later.last_rssi_dbm,
    )
